//! Every verb on a disk that fails once: it gives the answer that it gives on a whole one, or says that it could not and
//! leaves every file of the user's as it was.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Parser as _;

use super::{Disk, Faulty};
use crate::cli::exit::Status;
use crate::cli::ui::{Colour, Ui};
use crate::cli::{Cli, run_with};

/// What is written into a text.
#[derive(Clone, Default)]
struct Heard(Rc<RefCell<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Heard {
    /// What was said, with the folder under a name that is always the same, and without the times of a run.
    fn text(&self, folder: &Path) -> String {
        let text = String::from_utf8(self.0.borrow().clone()).unwrap();
        text.replace(&folder.display().to_string(), "FOLDER")
    }
}

const HOLDINGS: &str = "[[account]]\nname = \"Individual\"\nid = \"Z98765432\"\nkind = \"taxable\"\ncash = 1000\nas-of = \
                        2026-11-20\n[[account.position]]\nsymbol = \"NVDA\"\nprice = 180\nlot = [{ opened = 2024-01-10, \
                        quantity = 100, cost-basis = \"3000\" }]\n";
const ORDERS: &str = "account,side,symbol,quantity,price,opened,cost,as-of\n...5432 Individual,sell,NVDA,2,180,2024-01-10,60,2026-11-20\n";
const TRADES: &str =
    "date,account,side,symbol,quantity,price,lot,term,gain,outside\n2026-11-02,...5432,buy,VTI,5,300,,,,\n";
const BOOK: &str = "{\"id\": \"a\", \"config\": \"house/broaden.toml\", \"account\": [{\"name\": \"A\", \"kind\": \"roth\", \"cash\": \
                    \"5\", \"as-of\": \"2026-11-20\"}]}\n";

/// A household, what there is beside it, and what a verb writes over.
fn lay(folder: &Path) {
    for name in ["house/market", "out", "new/market", "book/one", "book/market"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let prices = "Date,Close\n2026-11-19,700\n2026-11-20,701\n";
    for (name, text) in [
        ("house/holdings.toml", HOLDINGS),
        ("house/trades.csv", TRADES),
        ("house/broaden.toml", "[limits.issuer]\nmax = \"9%\"\n[fetch]\nfred = \"http://127.0.0.1:1\"\n"),
        ("house/market/SPY.csv", prices),
        ("house/market/UNRATE.csv", "# fetched by broaden from fred\nobservation_date,UNRATE\n2026-01-01,4.4\n"),
        ("new/market/README.md", "mine"),
        ("book/one/holdings.toml", HOLDINGS),
        ("book/broaden.toml", "[limits.issuer]\nmax = \"8%\"\n"),
        ("book/market/SPY.csv", prices),
        ("book.jsonl", BOOK),
        ("orders.csv", ORDERS),
        ("decisions.toml", "reject = [\"sell-NVDA-5432\"]\n"),
        ("out/a.html", "OLD"),
        ("out/b.json", "OLD"),
        ("out/h.csv", "OLD"),
        ("out/p.toml", "OLD"),
        ("out/page.html", "OLD"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Every file below a folder, but for what is staged and what a record or a fetch says of its own time.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                let text = fs::read_to_string(&path).unwrap().replace(&folder.display().to_string(), "FOLDER");
                // A record is named after its digest, which has the names of the files in it.
                let name = path.strip_prefix(folder).unwrap().to_owned();
                let is_record = name.starts_with("records");
                found.insert(
                    if is_record { PathBuf::from("records") } else { name },
                    if is_record { String::new() } else { text },
                );
            }
        }
    }
    found
}

/// Runs a verb on a disk of which one operation fails. Returns how it ended, what it answered, and what was said.
fn run(folder: &Path, arguments: &[&str], disk: &Rc<Faulty>) -> (Status, String, String) {
    let place = |argument: &&str| match argument.strip_prefix('@') {
        Some(name) => folder.join(name).display().to_string(),
        None => (*argument).to_owned(),
    };
    let words = ["broaden".to_owned()].into_iter().chain(arguments.iter().map(place));
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
    let (out, err) = (Heard::default(), Heard::default());
    let disk: Rc<dyn Disk> = Rc::<Faulty>::clone(disk);
    let mut ui = Ui::new(Colour::Never);
    (ui.disk, ui.out, ui.err) = (disk, Box::new(out.clone()), Box::new(err.clone()));
    let status = run_with(cli.verb, &mut ui);
    (status, out.text(folder), err.text(folder))
}

const CAPS: &str = "--vary=limits.issuer.max=[\"8%\",\"9%\"]";

const VERBS: &[&[&str]] = &[
    &["advise", "@house", "-o", "@out/a.html", "-o", "@out/b.json", "--decisions", "@decisions.toml", "--json"],
    &["advise", "@house", "--record", "@records", "--format", "csv"],
    &["check", "@house"],
    &["holdings", "@house", "--json"],
    &["exposure", "@house", "--json"],
    &["signals", "@house", "--history", "@out/h.csv"],
    &["market", "@house"],
    &["explain", "NVDA", "@house"],
    &["import", "@house", "-o", "@out/p.toml"],
    &["init", "@new"],
    &["config", "list", "@house"],
    &["config", "path", "@house"],
    &["record", "@orders.csv", "@house"],
    &["batch", "@book", "-o", "@out/book.jsonl", "--html", "@out/page.html", "--threads", "1"],
    &["batch", "@book.jsonl", "--threads", "1", "--config", "@house/broaden.toml"],
    &[
        "backtest",
        "@house",
        "--start=100% SPY",
        "-o",
        "@out/a.html",
        "--values",
        "@out/v.csv",
        "--orders",
        "@out/o.csv",
    ],
    &["tune", "@house", "--start=100% SPY", CAPS, "--threads=1", "-o", "@out/b.json", "--resume", "@out/r.jsonl"],
    &["tune", "@house", "--start=100% SPY", CAPS, "--threads=1", "--apply", "--anyway", "--json"],
    &["tune", "@house", "--today", CAPS],
    &["fetch", "@house", "--offline"],
    &["setup", "@house"],
];

#[test]
fn every_verb_answers_as_on_a_whole_disk_or_says_that_it_could_not() {
    for arguments in VERBS {
        let whole = tempfile::tempdir().unwrap();
        lay(whole.path());
        let (status, answer, said) = run(whole.path(), arguments, &Rc::new(Faulty::after(usize::MAX)));
        let expected = contents(whole.path());
        // Nobody is asked without a terminal, and most that a market folder takes is missing.
        let fails = arguments[0] == "setup" || arguments[0] == "fetch";
        assert_eq!(status == Status::CouldNot, fails, "{arguments:?}: {said}");
        let is_failed = |text: &String| text.contains("\"status\":\"failed\"") && text.contains("missing-file");

        for count in 0.. {
            let folder = tempfile::tempdir().unwrap();
            lay(folder.path());
            let before = contents(folder.path());
            let disk = Rc::new(Faulty::after(count));
            let (ended, answered, said) = run(folder.path(), arguments, &disk);
            let after = contents(folder.path());
            if !disk.has_failed() {
                assert!(count > 0, "{arguments:?} does nothing with the disk");
                break;
            }

            let case = format!("{arguments:?}, operation {count}: {ended:?}\n{said}");
            if ended == status && status != Status::CouldNot {
                assert_eq!(answered, answer, "{case}");
                assert_eq!(after, expected, "{case}");
            } else if arguments[0] == "batch" && ended == Status::No {
                // A household that could not be read has a line that says so.
                assert!(after.values().chain([&answered]).any(is_failed), "{case}: {answered}");
            } else {
                assert_eq!(ended, Status::CouldNot, "{case}");
                assert!(said.contains("error"), "{case}");
                for (name, text) in &before {
                    assert_eq!(after.get(name), Some(text), "{case}: {}", name.display());
                }
            }
        }
    }
}
