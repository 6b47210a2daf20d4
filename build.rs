//! What `broaden --version` prints: the version, with the commit that a release is built from.
//!
//! A package says it itself; a clone is asked with git, where there is one. Debug builds do without: every commit would
//! compile them anew. Without a commit the version stands alone.

use std::path::Path;
use std::process::Command;

const PACKAGED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let told = match packaged().or_else(cloned) {
        Some(commit) => format!("{version} (commit {})", commit.chars().take(12).collect::<String>()),
        None => version,
    };
    println!("cargo:rustc-env=BROADEN_VERSION={told}");
}

/// The commit that `cargo package` wrote into the package.
fn packaged() -> Option<String> {
    let text = std::fs::read_to_string(PACKAGED).ok()?;
    println!("cargo:rerun-if-changed={PACKAGED}");
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).and_then(commit)
}

/// The commit of a clone; not that of another repository in which the sources happen to lie.
fn cloned() -> Option<String> {
    if std::env::var("PROFILE").ok()? != "release" || !Path::new(".git").exists() {
        return None;
    }
    // Git notes there whatever moves the head: a commit, a checkout, a merge.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if !Path::new(&log).exists() {
        return None;
    }
    println!("cargo:rerun-if-changed={log}");
    git(&["rev-parse", "HEAD"]).as_deref().and_then(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// What has the form of a commit.
fn commit(text: &str) -> Option<String> {
    (text.len() >= 12 && text.chars().all(|c| c.is_ascii_hexdigit())).then(|| text.to_owned())
}
