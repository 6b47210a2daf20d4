//! The program as a user runs it, without colour.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The demo household, as one names it from the folder of the repository.
pub const DEMO: &str = "portfolios/demo";

/// A cap on tech and nothing else, without cost, at rates that are easily reckoned with.
pub const ONLY_TECH: &str = r#"
[route]
horizon = "this-run"
[tax]
short-rate = "37%"
long-rate = "15%"
[trading]
half-spread-bps = 0
min-trade = 0
set-aside-tax = false
[limits.tech]
base = "50%"
trigger = "0%"
[limits.mag7]
enabled = false
[limits.issuer]
enabled = false
[limits.sector]
enabled = false
[limits.turnover]
max = "100%"
"#;

/// Copies the demo household, to be changed.
pub fn copy_demo(to: &Path) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEMO);
    for part in ["", "market"] {
        fs::create_dir_all(to.join(part)).unwrap();
        for entry in fs::read_dir(demo.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// What a run came to.
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub said: String,
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("broaden").unwrap();
    let output =
        command.current_dir(folder).args(arguments).env("NO_COLOR", "1").env_remove("COLUMNS").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), out: text(output.stdout), said: text(output.stderr) }
}

/// Runs the program in the folder of the repository.
pub fn run(arguments: &[&str]) -> Ran {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

impl Ran {
    /// Checks that all went well.
    #[track_caller]
    pub fn done(self) -> Ran {
        assert_eq!(self.status, Some(0), "{}", self.said);
        self
    }

    /// Checks that there is no answer, and returns what was said.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!((self.status, self.out.as_str()), (Some(2), ""), "{}", self.said);
        self.said
    }

    /// Returns the answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let found = serde_json::from_str(&self.out);
        assert!(found.is_ok(), "{}", self.said);
        found.unwrap()
    }
}

/// Returns the cents of an amount in JSON.
pub fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Checks that a text has all of some parts.
#[track_caller]
pub fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
