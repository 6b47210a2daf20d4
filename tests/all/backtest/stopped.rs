//! A tuning from files, stopped and gone on with; and what is written of it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{PLAIN, WITHOUT_ROUTE, wandering};
use crate::program::{Ran, run_in};

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
    assert_eq!(text.lines().count(), 7);
    let half: String = text.split_inclusive('\n').take(4).collect();
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

/// Nothing is written that does not pass, unless it is asked for; then everything else of the config stays.
#[test]
fn a_setting_is_written_only_when_nothing_speaks_against_it() {
    let folder = house();
    let config = || fs::read_to_string(folder.path().join("house/broaden.toml")).unwrap();
    let before = config();
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
