//! Every verb that writes is killed at any time: each file is the old one or the new one, whole, and the next run completes
//! what was begun. `BROADEN_KILLS=500 cargo test kills -- --ignored --nocapture` kills as often as it is told to.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;

use crate::fetch::{Server, chart, household, ok, weekdays};
use crate::program::copy_demo;

const HOLDINGS: &str = "[[account]]\nname = \"Individual\"\nid = \"Z98765432\"\nkind = \"taxable\"\ncash = 1000\n\
                        as-of = 2026-11-20\n[[account.position]]\nsymbol = \"NVDA\"\nprice = 180\nlot = [{ opened = \
                        2024-01-10, quantity = 100, cost-basis = \"3000\" }]\n";

const TRADES: &str =
    "date,account,side,symbol,quantity,price,lot,term,gain,outside\n2026-11-02,...5432,buy,VTI,5,300,,,,\n";
const ORDERS: &str = "account,side,symbol,quantity,price,opened,cost,as-of\n\
                      ...5432 Individual,sell,NVDA,2,180,2024-01-10,60,2026-11-20\n";

fn book_line(number: u32) -> String {
    format!(
        "{{\"id\": \"h{number}\", \"account\": [{{\"name\": \"A\", \"kind\": \"roth\", \"cash\": \"{number}00.00\", \
         \"as-of\": \"2026-11-20\"}}]}}\n"
    )
}

/// How many verbs are killed.
const VERBS: usize = 9;

/// A verb that writes into a folder of its own.
struct Verb {
    name: &'static str,
    arguments: Vec<String>,
}

/// Every file below a folder by its path there, but for what is staged, which is counted.
pub fn contents(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>, staged: &mut usize) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with('.') {
            *staged += 1;
        } else if path.is_dir() {
            contents(&path, found, staged);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn command(verb: &Verb, folder: &Path) -> Command {
    let mut command = Command::cargo_bin("broaden").unwrap();
    command.current_dir(folder).args(&verb.arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The next of a sequence of numbers that can be had again.
pub fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// The time of a fetch stands in its manifest, and from what day on it asked.
fn timeless(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) -> BTreeMap<PathBuf, String> {
    let text = |bytes: &Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let is_same = |line: &&str| !line.starts_with("time = ") && !line.starts_with("address = ");
        text.lines().filter(is_same).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), text(bytes))).collect()
}

/// What came of killing a verb.
struct Killed {
    name: &'static str,
    /// Runs that were over before.
    over: usize,
    /// Runs that left something staged.
    left: usize,
}

/// Kills each verb so many times.
fn kill(times: usize) -> Vec<Killed> {
    let server = Server::start();
    let days = weekdays(50);
    server.says("/yahoo/", &[ok(&chart(&days, |row| 700.0 + row as f64))]);
    server.says("/fred/", &[ok("observation_date,UNRATE\n2026-01-01,4.4\n2026-02-01,4.5\n")]);
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let verbs: [Verb; VERBS] = [
        Verb { name: "import", arguments: text(&["import", "house", "-o", "out/a.toml"]) },
        Verb {
            name: "advise",
            arguments: text(&["advise", "house", "-o", "out/a.html", "-o", "out/b.json", "-o", "out/c.csv"]),
        },
        Verb { name: "history", arguments: text(&["signals", "house", "--history", "out/h.csv"]) },
        Verb { name: "record", arguments: text(&["advise", "house", "--record", "records"]) },
        Verb { name: "init", arguments: text(&["init", "new"]) },
        Verb { name: "trades", arguments: text(&["record", "orders.csv", "house"]) },
        Verb { name: "batch", arguments: text(&["batch", "book.jsonl", "-o", "out/book.jsonl", "--resume"]) },
        Verb {
            name: "config",
            arguments: text(&[
                "tune",
                "past",
                "--vary",
                "limits.issuer.max=8%..9%/1%",
                "--from",
                "2026-10-01",
                "--apply",
                "--anyway",
            ]),
        },
        Verb { name: "fetch", arguments: text(&["fetch", "market", "--only", "SPY", "--only", "UNRATE"]) },
    ];
    let lay = |folder: &Path| {
        for name in ["house/market", "out", "new", "market"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join("house/holdings.toml"), HOLDINGS).unwrap();
        fs::write(folder.join("house/market/SPY.csv"), "Date,Close\n2026-11-19,700\n2026-11-20,701\n").unwrap();
        fs::write(folder.join("house/trades.csv"), TRADES).unwrap();
        copy_demo(&folder.join("past"));
        fs::write(folder.join("orders.csv"), ORDERS).unwrap();
        fs::write(folder.join("book.jsonl"), (1..21).map(book_line).collect::<String>()).unwrap();
        fs::copy(household(&server).path().join("broaden.toml"), folder.join("market/broaden.toml")).unwrap();
        for name in ["a.toml", "a.html", "b.json", "h.csv"] {
            fs::write(folder.join("out").join(name), "OLD").unwrap();
        }
    };
    let mut seed = 88_172_645_463_325_252_u64;
    let mut killed = Vec::new();
    for verb in &verbs {
        let (mut over, mut left) = (0, 0);
        // What it comes to, and how long that takes.
        let whole = tempfile::tempdir().unwrap();
        lay(whole.path());
        let begun = Instant::now();
        assert!(command(verb, whole.path()).status().unwrap().success(), "{}", verb.name);
        let lasts = begun.elapsed();
        let mut files = BTreeMap::new();
        contents(whole.path(), &mut files, &mut 0);
        let expected = timeless(&files, whole.path());
        for round in 0..times {
            let folder = tempfile::tempdir().unwrap();
            lay(folder.path());
            let mut before = BTreeMap::new();
            contents(folder.path(), &mut before, &mut 0);
            let before = timeless(&before, folder.path());
            let mut child = command(verb, folder.path()).spawn().unwrap();
            random(&mut seed);
            // Half at any time, half just when something is being written.
            if round % 2 == 0 {
                std::thread::sleep(lasts.mul_f64((seed % 1000) as f64 / 900.0));
            } else {
                let begun = Instant::now();
                let staged = || {
                    let mut count = 0;
                    contents(folder.path(), &mut BTreeMap::new(), &mut count);
                    count > 0
                };
                while !staged() && begun.elapsed() < 2 * lasts {
                    std::thread::sleep(Duration::from_micros(50));
                }
                std::thread::sleep(Duration::from_micros(seed % 3000));
            }
            over += usize::from(child.try_wait().unwrap().is_some());
            let _ = child.kill();
            child.wait().unwrap();
            let (mut files, mut staged) = (BTreeMap::new(), 0);
            contents(folder.path(), &mut files, &mut staged);
            left += usize::from(staged > 0);
            let after = timeless(&files, folder.path());
            let names: BTreeSet<&PathBuf> = after.keys().chain(before.keys()).collect();
            for name in names {
                let now = after.get(name);
                // A file that grows line by line is the beginning of what it comes to.
                let grows = name.ends_with("book.jsonl")
                    && now.zip(expected.get(name)).is_some_and(|(now, all)| all.starts_with(now));
                assert!(
                    grows || now == before.get(name) || now == expected.get(name) || name.ends_with("fetched.toml"),
                    "{} {round}: {} is half of something",
                    verb.name,
                    name.display()
                );
                if name.ends_with("fetched.toml") {
                    assert!(now.is_none_or(|text| text.parse::<toml::Table>().is_ok()), "{}", verb.name);
                }
            }
            // The folder is readable, and the next run completes it. A config that is there is whole, and stays.
            if !(verb.name == "init" && after.contains_key(Path::new("new/broaden.toml"))) {
                assert!(command(verb, folder.path()).status().unwrap().success(), "{} {round}", verb.name);
            }
            let mut files = BTreeMap::new();
            contents(folder.path(), &mut files, &mut 0);
            assert_eq!(timeless(&files, folder.path()), expected, "{} {round}", verb.name);
        }
        killed.push(Killed { name: verb.name, over, left });
    }
    killed
}

#[test]
fn a_killed_run_leaves_whole_files_and_the_next_completes_them() {
    kill(3);
}

/// `BROADEN_KILLS` runs, over all verbs.
#[test]
#[ignore = "kills for as long as it is told to"]
fn kills_for_long() {
    let times: usize = std::env::var("BROADEN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    let each = times.div_ceil(VERBS);
    for Killed { name, over, left } in kill(each) {
        println!(
            "{name}: {each} runs killed, {over} of them were over before, {left} left something staged; all completed by the next"
        );
    }
}
