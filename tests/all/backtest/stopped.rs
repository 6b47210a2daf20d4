//! A tuning from files, stopped and gone on with; what Ctrl-C leaves of a long run; and what is written.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{PLAIN, WITHOUT_ROUTE, wandering};
use crate::program::{Ran, run_in, says};

const BEGUN: [&str; 8] =
    ["house", "--start", "70% QQQ, 30% SPY", "--from", "2019-01-02", "--vary", "@vary.txt", "--threads=1"];

fn house() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("house/market")).unwrap();
    for (name, text) in wandering("2020-06-30") {
        fs::write(folder.path().join("house/market").join(name), text).unwrap();
    }
    fs::write(folder.path().join("house/broaden.toml"), format!("# mine\n{PLAIN}{WITHOUT_ROUTE}")).unwrap();
    let vary = "# what to try\nlimits.tech.base=30%..50%/10%\n\nrotation.step=[0.1,0.5]\n";
    fs::write(folder.path().join("vary.txt"), vary).unwrap();
    folder
}

fn tune(folder: &Path, more: &[&str]) -> Ran {
    run_in(folder, &[&["tune"], &BEGUN[..], more].concat())
}

/// Three of six settings are finished and a line is torn: the run goes on with the other three, and every byte of its answer
/// is that of a run that was never stopped.
#[test]
fn a_stopped_tuning_is_gone_on_with() {
    let folder = house();
    let path = |name: &str| folder.path().join(name);
    let whole = tune(folder.path(), &["-o", "whole.html", "-o", "whole.json"]).done();
    let kept = tune(folder.path(), &["--resume", "done.jsonl"]).done();
    assert_eq!(kept.out, whole.out);
    let text = fs::read_to_string(path("done.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 8, "the head, the config as it is, and six settings");
    let half: String = text.split_inclusive('\n').take(5).collect();
    fs::write(path("done.jsonl"), format!("{half}{{\"at\":[2,")).unwrap();
    let again = tune(folder.path(), &["--resume", "done.jsonl", "-o", "again.html", "-o", "again.json"]).done();
    assert_eq!(again.out, whole.out);
    assert_eq!(fs::read_to_string(path("done.jsonl")).unwrap(), text);
    for end in ["html", "json"] {
        let bytes = |name: &str| fs::read(path(&format!("{name}.{end}"))).unwrap();
        assert_eq!(bytes("again"), bytes("whole"));
    }
    let page = fs::read_to_string(path("whole.html")).unwrap();
    assert_eq!(page.matches("class=\"shade\"").count(), 6, "a cell of the heat map for each setting");

    let said = tune(folder.path(), &["--resume", "done.jsonl", "--lag", "2"]).refused();
    assert!(said.contains("done.jsonl is of a tuning of other files, options, values"), "{said}");
    assert_eq!(fs::read_to_string(path("done.jsonl")).unwrap(), text);
}

#[test]
fn what_cannot_be_is_said_before_the_first_hour() {
    let folder = house();
    fs::write(folder.path().join("vary.txt"), "limits.tech.base=30%..50%/10%\nrotation.step\n").unwrap();
    let said = tune(folder.path(), &[]).refused();
    assert!(said.contains("error[tune-vary]") && said.contains("vary.txt:2:1"), "{said}");
    let said = tune(folder.path(), &["-o", "a.pdf"]).refused();
    assert!(said.contains("a.pdf: the end of the name picks the format: html, json, txt"), "{said}");
    let said = tune(folder.path(), &["--resume", "vary.txt"]).refused();
    assert!(said.contains("vary.txt is one of the files that are read"), "{said}");
}

/// Starts the program, waits for something, and sends it a Ctrl-C.
#[cfg(unix)]
fn interrupted(folder: &Path, arguments: &[&str], wait: impl Fn()) -> Ran {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("broaden"));
    command.current_dir(folder).args(arguments).env("NO_COLOR", "1").env_remove("COLUMNS");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), out: text(output.stdout), said: text(output.stderr) }
}

/// Ctrl-C in a tuning of hours: the table of what is finished, said to be a part, and nothing of it is applied.
#[cfg(unix)]
#[test]
fn ctrl_c_tells_what_is_finished() {
    let folder = house();
    fs::write(folder.path().join("vary.txt"), "limits.tech.base=30%..50%/10%\nrotation.step=0.01..1/0.01\n").unwrap();
    let before = fs::read(folder.path().join("house/broaden.toml")).unwrap();
    let (kept, limit) = (folder.path().join("done.jsonl"), Instant::now() + Duration::from_secs(120));
    let finished = || fs::read_to_string(&kept).unwrap_or_default().matches("\n{\"at\":[").count();
    let long = [&["tune"], &BEGUN[..], &["--resume", "done.jsonl", "-o", "a.html", "--apply", "--anyway"]].concat();
    let ran = interrupted(folder.path(), &long, || {
        while finished() < 4 && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let settings = finished() - 1;
    assert_eq!(ran.status, Some(130), "{}", ran.said);
    says(&ran.out, &[&format!("TUNE  {settings} of 300 settings, interrupted, "), "HEAT MAP"]);
    says(&ran.out, &[&format!("no: only {settings} of 300 settings are finished")]);
    says(&ran.said, &["interrupted: the same command goes on from done.jsonl; no other file is written"]);
    assert!(!folder.path().join("a.html").exists());
    assert_eq!(fs::read(folder.path().join("house/broaden.toml")).unwrap(), before);

    let ran = interrupted(folder.path(), &long, || {
        while finished() < settings + 3 && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    says(&ran.out, &[&format!("{} of 300 settings, interrupted", finished() - 1)]);
}

/// The rows of a backtest that are finished are told too. How fast they are is measured first.
#[cfg(unix)]
#[test]
fn ctrl_c_in_a_backtest_tells_the_rows_that_are_finished() {
    let folder = house();
    let whole = [&["backtest"], &BEGUN[..5]].concat();
    let begun = Instant::now();
    let all = run_in(folder.path(), &whole).done();
    let mut delay = begun.elapsed() / 2;
    assert!(!all.out.contains("interrupted"), "{}", all.out);
    let more = [&whole[..], &["-o", "a.html"]].concat();
    // Other work makes it slower or faster.
    for _ in 0..12 {
        let ran = interrupted(folder.path(), &more, || std::thread::sleep(delay));
        if ran.status == Some(130) && ran.out.contains(" of 8 rows, interrupted, 2019-01-02 to ") {
            says(&ran.said, &["interrupted: no file is written"]);
            return;
        }
        delay = if ran.status == Some(130) { delay * 3 / 2 } else { delay * 3 / 5 };
    }
    panic!("no part of it in twelve runs, the last after {delay:?}");
}

/// A tuning plans as `advise` and `backtest` do. Each run alone is something else: it says so first, what it makes, and that
/// nothing is applied from it.
#[test]
fn a_tuning_plans_as_advice_does() {
    let folder = house();
    let config = format!("# mine\n{PLAIN}[rotation]\nconfirm = 1\n[limits.turnover]\nmax = 0.1\n");
    fs::write(folder.path().join("house/broaden.toml"), config).unwrap();
    let begun = ["house", "--start", "70% QQQ, 30% SPY", "--from", "2019-09-03", "--to", "2020-01-31", "--json"];
    let vary = ["--vary", "limits.tech.base=[\"30%\"]"];
    let figures = |value: &serde_json::Value| value["figures"].clone();
    let rules = figures(&run_in(folder.path(), &[&["backtest"], &begun[..]].concat()).done().json()["rows"][0]);
    let tuned = run_in(folder.path(), &[&["tune"], &begun[..], &vary].concat()).done().json();
    assert_eq!(figures(&tuned["as_it_is"]), rules);
    assert!(tuned["as_it_is_advised"].is_null(), "{tuned}");
    let alone = run_in(folder.path(), &[&["tune"], &begun[..], &vary, &["--alone"]].concat()).done().json();
    assert_eq!(figures(&alone["as_it_is_advised"]), rules);
    assert_ne!(figures(&alone["as_it_is"]), rules);
    let text = run_in(folder.path(), &[&["tune"], &begun[..7], &vary, &["--alone"]].concat()).done().out;
    says(&text, &["Each run is planned alone", "  as it is, as advised  "]);
    let said = run_in(folder.path(), &[&["tune"], &begun[..7], &vary, &["--alone", "--apply"]].concat()).refused();
    says(&said, &["'--alone' cannot be used with '--apply'"]);
}

/// Nothing is written that does not pass, unless it is asked for; then everything else of the config stays.
#[test]
fn a_setting_is_written_only_when_nothing_speaks_against_it() {
    let folder = house();
    let config = || fs::read_to_string(folder.path().join("house/broaden.toml")).unwrap();
    let before = config();
    // What is tried beside another config is not written into this one.
    for other in [["--set", "rotation.step=0.5"], ["--without", "brakes"]] {
        let said = tune(folder.path(), &[&["--apply"], &other[..]].concat()).refused();
        says(&said, &["--set and --without", "write them into broaden.toml first"]);
        assert_eq!(config(), before);
    }
    let ran = tune(folder.path(), &["--apply"]);
    assert_eq!((ran.status, config()), (Some(1), before.clone()), "{}", ran.said);
    assert!(ran.said.contains("is as it was"), "{}", ran.said);
    tune(folder.path(), &["--apply", "--anyway"]).done();
    let after = config();
    assert!(
        after.starts_with("# mine\n[tax]\n")
            && after.contains("[limits.tech]\nbase = \"")
            && after.len() > before.len()
    );
}

/// A few weeks are no year, and a ticker that means nothing is told of the past too.
#[test]
fn a_short_past_is_not_made_a_year_and_a_misspelt_ticker_is_told() {
    let folder = house();
    let short = ["backtest", "house", "--start", "70% QQQ, 30% SPY", "--from", "2019-09-03", "--to", "2019-09-06"];
    let ran = run_in(folder.path(), &[&short[..], &["--set", "limits.issuer.except=[\"NVIDA\"]"]].concat()).done();
    says(&ran.said, &["warning[unmatched-entry]: `NVIDA` in `except` of [limits.issuer]", "did you mean `NVDA`?"]);
    says(&ran.out, &["(3 days), hypothetical", "3 days are less than a year", "all sold, in all", "sold in all"]);
    let figures = ran.out.split("WHAT THIS IS").next().unwrap();
    let rest = figures.replace("less than a year", "").replace("into a year's", "");
    assert!(!rest.contains("a year"), "{rest}");
    let json = run_in(folder.path(), &[&short[..], &["--json"]].concat()).done().json();
    let figures = &json["rows"][0]["figures"];
    assert_eq!(json["of_less_than_a_year"], true);
    // The growth of the span is that of its one calendar year.
    let (all, year) = (figures["cagr"].as_f64().unwrap(), figures["years"][0][1].as_f64().unwrap());
    assert!((all - year).abs() < 1e-12, "{figures}");
}
