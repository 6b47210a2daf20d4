//! Hostile files, links, pipes and names: nothing of the user's is lost, nothing leaks, nothing is quietly wrong. What the
//! disk itself may do is tested beside it, in `src/cli/faults.rs`.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;

use assert_cmd::cargo::CommandCargoExt;
use tempfile::TempDir;

use crate::program::{DEMO, copy_demo, run, run_in};

/// Two accounts that together break no rule, in the program's own format.
const HOLDINGS: &str = r#"
[[account]]
name = "Individual"
id = "Z98765432"
kind = "taxable"
cash = 1000
as-of = 2026-11-20
[[account.position]]
symbol = "BND"
price = 74
lot = [{ opened = 2020-01-10, quantity = 500, cost-basis = "37000" }]
"#;

fn demo() -> TempDir {
    let folder = TempDir::new().unwrap();
    copy_demo(folder.path());
    folder
}

/// Every file below a folder, with its bytes.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(contents(&path)) } else { found.push((path.clone(), fs::read(&path).unwrap())) }
    }
    found.sort();
    found
}

#[test]
fn no_verb_writes_over_a_file_of_a_household_or_where_the_next_run_reads() {
    let house = demo();
    let elsewhere = TempDir::new().unwrap();
    let before = contents(house.path());
    let holdings: Vec<String> = before.iter().map(|(path, _)| path.display().to_string()).collect();
    let hard = elsewhere.path().join("hard.csv");
    fs::hard_link(&before[0].0, &hard).unwrap();
    fs::create_dir(house.path().join("market/sub")).unwrap();
    fs::create_dir(house.path().join("funds")).unwrap();
    let house_path = house.path().to_str().unwrap().to_owned();
    let mut targets: Vec<String> = holdings;
    targets.extend(
        ["x.toml", "h.csv", "market/sub/h.csv", "funds/m.csv", "broaden.toml"]
            .map(|name| format!("{house_path}/{name}")),
    );
    targets.push(hard.display().to_string());
    #[cfg(unix)]
    {
        let link = elsewhere.path().join("link.csv");
        std::os::unix::fs::symlink(&before[0].0, &link).unwrap();
        targets.push(link.display().to_string());
    }
    for target in &targets {
        for verb in [&["signals", &house_path, "--history", target][..], &["import", &house_path, "-o", target]] {
            let said = run(verb).refused();
            assert!(said.contains("not overwritten") || said.contains("write it elsewhere"), "{verb:?}: {said}");
        }
    }
    for target in targets.iter().filter(|target| target.ends_with(".csv")) {
        let said = run(&["advise", &house_path, "-o", target]).refused();
        assert!(said.contains("not overwritten") || said.contains("write it elsewhere"), "{target}: {said}");
    }
    for records in ["market/new", "market/sub", "funds"] {
        let said = run(&["advise", &house_path, "--record", &format!("{house_path}/{records}")]).refused();
        assert!(said.contains("would be read by the next run"), "{said}");
    }
    assert_eq!(contents(house.path()), before);
}

/// Also where its household is not named: a market folder is all that is.
#[test]
fn a_config_is_never_the_place_of_an_answer() {
    let house = demo();
    let before = contents(house.path());
    let said = run_in(house.path(), &["signals", "market", "--history", "broaden.toml"]).refused();
    assert!(said.contains("is a config"), "{said}");
    assert_eq!(contents(house.path()), before);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_does_not_hide_an_input() {
    use std::os::unix::ffi::OsStrExt;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"b\xff.toml"));
    fs::write(&path, HOLDINGS).unwrap();
    let output = std::process::Command::cargo_bin("broaden")
        .unwrap()
        .arg("import")
        .arg(&path)
        .arg("-o")
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(&path).unwrap(), HOLDINGS.as_bytes());
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_written_into_and_modes_and_links_stay() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("holdings.toml"), HOLDINGS).unwrap();
    let import =
        |target: &Path| run(&["import", at("holdings.toml").to_str().unwrap(), "-o", target.to_str().unwrap()]);
    // A pipe.
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let reader = {
        let pipe = at("pipe");
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    import(&at("pipe")).done();
    assert!(reader.join().unwrap().contains("BND"));
    assert!(fs::metadata(at("pipe")).unwrap().file_type().is_fifo());
    // A link to a stream, and the streams themselves.
    symlink("/proc/self/fd/1", at("out")).unwrap();
    for target in [&at("out"), Path::new("/dev/stdout"), Path::new("-")] {
        assert!(import(target).done().out.contains("BND"), "{target:?}");
    }
    assert!(fs::symlink_metadata(at("out")).unwrap().is_symlink());
    import(Path::new("/dev/null")).done();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    // A file keeps its mode, a link leads where it led, and one to nothing is refused.
    fs::write(at("old.toml"), "old").unwrap();
    fs::set_permissions(at("old.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("old.toml", at("link.toml")).unwrap();
    import(&at("link.toml")).done();
    assert!(fs::symlink_metadata(at("link.toml")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("old.toml")).unwrap().contains("BND"));
    assert_eq!(fs::metadata(at("old.toml")).unwrap().permissions().mode() & 0o777, 0o640);
    symlink("nowhere", at("lost.toml")).unwrap();
    assert!(import(&at("lost.toml")).refused().contains("a link to nothing"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_set_of_files_is_replaced_as_a_whole_or_not_at_all() {
    let house = demo();
    let out = TempDir::new().unwrap();
    let path = |name: &str| out.path().join(name).display().to_string();
    fs::write(path("a.html"), "OLD").unwrap();
    let house = house.path().to_str().unwrap();
    run(&["advise", house, "-o", &path("a.html"), "-o", "/proc/x.csv"]).refused();
    assert_eq!(fs::read_to_string(path("a.html")).unwrap(), "OLD");
    // Standard output is full.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = std::process::Command::cargo_bin("broaden")
        .unwrap()
        .args(["advise", house, "-o", &path("a.html")])
        .stdout(full)
        .status();
    assert_eq!(status.unwrap().code(), Some(2));
    assert_eq!(contents(out.path()), [(out.path().join("a.html"), b"OLD".to_vec())]);
    let twice = run(&["advise", house, "-o", &path("a.html"), "-o", &path("../"), "--strict"]);
    assert_eq!(twice.status, Some(2));
    let twice = run(&["advise", house, "-o", &path("b.json"), "-o", &path("./b.json")]).refused();
    assert!(twice.contains("written twice"), "{twice}");
}

#[test]
fn a_file_or_config_that_cannot_be_read_is_an_error_in_every_verb() {
    let house = demo();
    let at = |name: &str| house.path().join(name);
    fs::remove_file(at("market/stocks.csv")).unwrap();
    // A folder in its place cannot be read as a file; neither can a link to nothing.
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", at("market/stocks.csv")).unwrap();
    #[cfg(not(unix))]
    return;
    for verb in ["signals", "advise", "check", "exposure", "explain", "holdings", "import"] {
        let said = run_in(house.path(), &[verb, "."]).refused();
        assert!(said.contains("could not read") && said.contains("stocks.csv"), "{verb}: {said}");
    }
    fs::remove_file(at("market/stocks.csv")).unwrap();
    fs::write(at("broaden.toml"), b"[tax]\n# \xff\n").unwrap();
    for verb in [&["signals", "."][..], &["exposure", "."], &["config", "list", "."], &["config", "path", "."]] {
        let said = run_in(house.path(), verb).refused();
        assert!(said.contains("broaden.toml is not UTF-8"), "{verb:?}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_and_devices_are_refused_at_once() {
    let house = demo();
    let at = |name: &str| house.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(at("market/pipe.csv")).status().unwrap().success());
    let said = run_in(house.path(), &["signals", "."]).refused();
    assert!(said.contains("pipe.csv is not a file"), "{said}");
    for path in ["/dev/zero", "/dev/stdin"] {
        let said = run(&["holdings", path]).refused();
        assert!(said.contains("is not a file") && said.contains("read as `-`"), "{said}");
        run(&["advise", "--replay", path]).refused();
    }
}

#[test]
fn a_config_is_refused_by_its_size() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [("c.toml", 2 << 20), ("h.toml", (4 << 20) + 1)] {
        fs::File::create(folder.path().join(name)).unwrap().set_len(bytes).unwrap();
    }
    let said = run_in(folder.path(), &["config", "list", "--config", "c.toml"]).refused();
    assert!(said.contains("error[too-large]"), "{said}");
    let said = run_in(folder.path(), &["holdings", "h.toml"]).refused();
    assert!(said.contains("error[too-large]"), "{said}");
}

/// Each was compared with all before it: a megabyte of unknown keys took a minute.
#[test]
fn many_problems_of_one_kind_are_counted() {
    let folder = TempDir::new().unwrap();
    let keys: String = (0..60_000).map(|index| format!("k{index}=1\n")).collect();
    fs::write(folder.path().join("k.toml"), format!("[[account]]\nname=\"x\"\n{keys}")).unwrap();
    let said = run_in(folder.path(), &["holdings", "--no-config", "k.toml"]).refused();
    assert!(said.contains("error[unknown-key]"), "{said}");
    let keys: String = (0..5_000).map(|index| format!("k{index}=1\n")).collect();
    fs::write(folder.path().join("c.toml"), format!("[tax]\n{keys}")).unwrap();
    let ran = run_in(folder.path(), &["config", "list", "--config", "c.toml"]);
    assert!(ran.said.contains("and 4988 more"), "{:?} {}", ran.status, ran.said);
    // Each of as many accounts of one name was given another mark.
    fs::write(folder.path().join("a.toml"), "[[account]]\nname=\"x\"\n".repeat(10_000)).unwrap();
    let begun = std::time::Instant::now();
    run_in(folder.path(), &["advise", "--no-config", "a.toml"]);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    // The line of each value was counted from the beginning of the file.
    let values: String = (0..40_000).map(|index| format!("[limits.x{index}]\na=1\n")).collect();
    fs::write(folder.path().join("c.toml"), &values).unwrap();
    let ran = run_in(folder.path(), &["config", "list", "--config", "c.toml"]);
    assert!(ran.out.contains("limits.x39999.a = 1  # c.toml:80000"), "{:?} {}", ran.status, ran.said);
    let inline: Vec<String> = (0..60_000).map(|index| format!("k{index}=1")).collect();
    fs::write(folder.path().join("c.toml"), format!("tax = {{ {} }}", inline.join(", "))).unwrap();
    let ran = run_in(folder.path(), &["config", "list", "--config", "c.toml"]);
    assert!(ran.said.contains("and 59988 more"), "{:?} {}", ran.status, ran.said);
}

#[cfg(unix)]
#[test]
fn a_config_found_upward_is_the_users_own_or_not_used() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("desk")).unwrap();
    fs::create_dir_all(at("statements")).unwrap();
    fs::write(at("statements/holdings.toml"), HOLDINGS).unwrap();
    fs::write(at("broaden.toml"), "[tax]\nshort-rate = \"11%\"\nlong-rate = \"11%\"\n").unwrap();
    let advise = |format: &str| run_in(&at("desk"), &["advise", "../statements/holdings.toml", "--format", format]);
    for format in ["text", "csv", "md", "ticket", "ibkr", "html", "json"] {
        let ran = advise(format).done();
        assert!(ran.said.contains("note[config-used]") && ran.said.contains("broaden.toml"), "{format}: {}", ran.said);
    }
    fs::set_permissions(at("broaden.toml"), fs::Permissions::from_mode(0o666)).unwrap();
    let ran = advise("json").done();
    assert!(ran.said.contains("warning[config-not-trusted]") && !ran.out.contains("11%"), "{}", ran.said);
    // Nor are lines of a file that a link leads to printed.
    fs::rename(at("broaden.toml"), at("secret")).unwrap();
    fs::write(at("secret"), "root:secret:0").unwrap();
    symlink("secret", at("broaden.toml")).unwrap();
    let ran = advise("text").done();
    assert!(ran.said.contains("warning[config-not-trusted]") && !ran.said.contains("root:"), "{}", ran.said);
}

#[cfg(unix)]
#[test]
fn the_status_is_that_of_the_run_whoever_stops_listening() {
    use std::process::{Command, Stdio};
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a.json");
    for (arguments, status) in [(&["--strict", "--as-of", "2026-12-20"][..], 1), (&["--exit-code"], 3)] {
        let mut command = Command::cargo_bin("broaden").unwrap();
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["advise", DEMO, "-o"]).arg(&out).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(status), "{arguments:?}");
        assert!(fs::read_to_string(&out).unwrap().contains("\"version\""));
    }
}

/// As under a limit of processes: whatever thread is asked for is refused.
#[cfg(target_os = "linux")]
#[test]
fn where_no_thread_is_to_be_had_every_verb_answers_or_says_so() {
    use std::process::Command;
    let house = demo();
    let line = r#"{"id": "a", "account": [{"name": "A", "kind": "roth", "cash": "100.00", "as-of": "2026-11-20"}]}"#;
    fs::write(house.path().join("book.jsonl"), format!("{line}\n").repeat(3)).unwrap();
    // More than a megabyte, which was read by many.
    let row =
        "Z98765432,ROTH IRA,VTI,VANGUARD TOTAL,1,$10.00,$0.00,$10.00,$0.00,0.00%,+$1.00,+1.00%,1%,$9.00,$9.00,Cash,\n";
    let head = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,Today's \
                Gain/Loss Dollar,Today's Gain/Loss Percent,Total Gain/Loss Dollar,Total Gain/Loss Percent,Percent Of \
                Account,Cost Basis Total,Average Cost Basis,Type,\n";
    fs::create_dir(house.path().join("elsewhere")).unwrap();
    fs::write(house.path().join("elsewhere/big.csv"), head.to_owned() + &row.repeat(12_000)).unwrap();
    let program = Command::cargo_bin("broaden").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("strace");
        let refused =
            ["-f", "-qq", "-e", "trace=clone,clone3", "-e", "inject=clone,clone3:error=EAGAIN", "-o", "/dev/null"];
        command.args(refused).arg(program.get_program()).args(arguments).current_dir(house.path()).output()
    };
    if run(&["--version"]).is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "strace is not installed");
        return;
    }
    for (arguments, status) in [
        (&["holdings", "--no-config", "elsewhere/big.csv"][..], 0),
        (&["advise", "."], 0),
        (&["advise", ".", "--json"], 0),
        (&["explain", "NVDA", "."], 0),
        (&["batch", "book.jsonl"], 0),
        (&["tune", ".", "--vary", "limits.issuer.max=7%..8%/1%", "--from", "2026-11-10"], 0),
        (&["backtest", ".", "--from", "2026-11-10"], 0),
        (&["fetch", ".", "--only", "SPY"], 2),
        (&["review", "."], 2),
    ] {
        let ran = run(arguments).unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(
            ran.status.code() == Some(status) && !said.contains("panicked at"),
            "{arguments:?} {}: {said}",
            ran.status
        );
        assert!(status == 0 || said.contains("thread"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_damaged_copy_is_replaced_and_a_damaged_record_is_written_beside() {
    let folder = TempDir::new().unwrap();
    let records = folder.path().join("records");
    let record = || run(&["advise", DEMO, "--record", records.to_str().unwrap()]).done().said;
    record();
    let copies = contents(&records.join("inputs"));
    fs::write(&copies[0].0, "").unwrap();
    let said = record();
    assert!(said.contains("holds this run already") || said.contains("recorded in"), "{said}");
    assert_eq!(contents(&records.join("inputs")), copies);
    let place = fs::read_dir(&records)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| !path.ends_with("inputs"))
        .unwrap();
    run(&["advise", "--replay", place.to_str().unwrap()]).done();
    fs::write(place.join("proposal.json"), "{}").unwrap();
    let said = record();
    assert!(said.contains("is damaged") && said.contains("-2;"), "{said}");
    let beside = format!("{}-2", place.display());
    run(&["advise", "--replay", &beside]).done();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (path, _) in contents(&records).into_iter().filter(|(path, _)| !path.starts_with(&place)) {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hostile_record_forges_no_line_and_opens_no_pipe() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    run(&["advise", DEMO, "--record", folder.path().to_str().unwrap()]).done();
    let place = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| !path.ends_with("inputs"))
        .unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let text = fs::read_to_string(place.join("run.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = [
        "x\u{1b}]0;pwn\u{7}\nreplayed: the same proposal, byte for byte".to_owned(),
        at("pipe").display().to_string(),
        "/dev/zero".to_owned(),
    ];
    for (index, name) in names.iter().enumerate() {
        json["inputs"][index]["name"] = name.as_str().into();
    }
    fs::write(place.join("run.json"), json.to_string()).unwrap();
    let ran = run(&["advise", "--replay", place.to_str().unwrap()]);
    assert!(!ran.said.contains(['\u{1b}', '\u{7}']), "{:?}", ran.said);
    assert!(!ran.said.lines().any(|line| line.starts_with("replayed: the same")), "{}", ran.said);
}

/// One number in the shapes that brokers print, wherever a file or an option may bring it: no verb and no format shows it.
#[test]
fn an_account_number_is_shown_by_no_verb_and_no_format() {
    for (number, digits) in [
        ("Z98765432", "9876543"),
        ("7AA-98B76", "7AA-98"),
        ("9876-5432", "9876-5"),
        ("98_765_432", "98_76"),
        ("W-9876-5432-10", "W-98"),
    ] {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        let name = format!("Individual {number}");
        fs::write(at("holdings.toml"), HOLDINGS.replace("Individual", &name).replace("Z98765432", number)).unwrap();
        let row = format!("\"{number}\",\"Account\",\"AAPL\",\"Apple\",\"{number}\",\"$10.00\",\"$100.00\"\n");
        fs::create_dir(at("statements")).unwrap();
        let export = at("statements").join(format!("{number}_20260101_20260904.csv"));
        fs::write(
            &export,
            format!("Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value\n{row}"),
        )
        .unwrap();
        fs::write(at("broaden.toml"), format!("[accounts.\"{}0\"]\nkind = \"roth\"\n", &number[..number.len() - 1]))
            .unwrap();
        fs::create_dir(at("market")).unwrap();
        fs::write(at("market/odd.json"), format!("{{\"account\":\"{number}\",\"token\":1}}")).unwrap();
        let export = export.display().to_string();
        let mut runs: Vec<Vec<&str>> = ["text", "json", "html", "csv", "md", "ticket", "ibkr"]
            .map(|format| vec!["advise", ".", "--format", format])
            .to_vec();
        runs.extend([
            vec!["check", "."],
            vec!["holdings", "."],
            vec!["holdings", ".", "--json"],
            vec!["exposure", "."],
        ]);
        runs.extend([
            vec!["exposure", ".", "--json"],
            vec!["explain", "."],
            vec!["signals", "."],
            vec!["config", "list", "."],
        ]);
        runs.extend([
            vec!["holdings", &export],
            vec!["holdings", &export, "--json"],
            vec!["advise", &export, "--json"],
        ]);
        runs.push(vec!["advise", ".", "--set", "nonsense", "--without", "limits.none"]);
        // Where it stands in the wrong place: as a key with mistakes, as an amount, as the heading of a column.
        let key = format!("[accounts.\"{number}0\"]\nkind = \"{number}\"\nnickname = 1\n");
        fs::write(at("statements/wrong.toml"), key).unwrap();
        fs::write(at("statements/wrong.csv"), format!("Ticker,Shares,Price,{number}\nVTI,{number},1,1\n")).unwrap();
        let wrong = at("statements/wrong.csv").display().to_string();
        runs.extend([
            vec!["advise", ".", "--json", "--config", "statements/wrong.toml"],
            vec!["check", ".", "--config", "statements/wrong.toml"],
            vec!["holdings", &wrong],
            vec!["holdings", &wrong, "--json"],
        ]);
        for arguments in runs {
            let ran = run_in(folder.path(), &arguments);
            // The end is shown, so what must not stand anywhere is the beginning.
            for text in [&ran.out, &ran.said] {
                assert!(!text.contains(digits), "{number} {arguments:?}:\n{}\n{}", ran.out, ran.said);
            }
        }
    }
}

#[test]
fn the_folder_one_is_in_is_the_household() {
    let house = demo();
    fs::write(house.path().join("broaden.toml"), "").unwrap();
    for verb in ["advise", "exposure", "holdings", "import", "signals", "explain"] {
        let (here, named) = (run_in(house.path(), &[verb]).done(), run_in(house.path(), &[verb, "."]).done());
        assert_eq!((here.out, here.said), (named.out, named.said), "{verb}");
    }
    let (here, named) = (run_in(house.path(), &["check"]), run_in(house.path(), &["check", "."]));
    assert_eq!((here.status, here.said), (named.status, named.said));
    let nowhere = TempDir::new().unwrap();
    for verb in ["advise", "exposure", "holdings", "import", "check"] {
        assert!(run_in(nowhere.path(), &[verb]).refused().contains("no PATH is given"), "{verb}");
    }
}

#[test]
fn two_verbs_do_not_answer_of_two_days_without_saying_so() {
    let house = demo();
    let same = run_in(house.path(), &["signals", "."]).done();
    assert!(!same.said.contains("two-days"), "{}", same.said);
    fs::write(house.path().join("later.toml"), HOLDINGS.replace("2026-11-20", "2026-11-25")).unwrap();
    let apart = run_in(house.path(), &["signals", "."]).done();
    assert!(apart.said.contains("note[two-days]") && apart.said.contains("--as-of 2026-11-25"), "{}", apart.said);
}
