//! `broaden review`: the page shows what `advise` says, a browser can use it by hand and by keyboard, and strangers get nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what helps a test may fail it, and a skipped test says so"
)]

mod attacks;
mod chrome;
mod decide;
mod killed;
mod page;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A household of its own, served.
struct Review {
    child: Child,
    household: tempfile::TempDir,
    host: String,
    token: String,
    cookie: String,
}

impl Review {
    /// Serves a copy of the demo.
    fn of_the_demo() -> Review {
        let household = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("portfolios/demo"), household.path());
        Review::of(household)
    }

    fn of(household: tempfile::TempDir) -> Review {
        Review::reading(household, ".", Stdio::null())
    }

    fn reading(household: tempfile::TempDir, path: &str, input: impl Into<Stdio>) -> Review {
        let mut child = Command::new(env!("CARGO_BIN_EXE_broaden"))
            .args(["review", path])
            .current_dir(household.path())
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let (host, token) = address.trim().strip_prefix("http://").unwrap().split_once("/?token=").unwrap();
        let (host, token) = (host.to_owned(), token.to_owned());
        assert!(host.starts_with("127.0.0.1:") && token.len() == 64, "{address}");
        let mut review = Review { child, household, host, token, cookie: String::new() };
        let entered = review.send(&format!("GET /?token={} HTTP/1.1\r\nhost: {}\r\n\r\n", review.token, review.host));
        assert!(entered.starts_with("HTTP/1.1 303 "), "{entered}");
        let cookie = entered.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        review.cookie = cookie.split(';').next().unwrap().to_owned();
        review
    }

    fn address(&self) -> String {
        format!("http://{}/?token={}", self.host, self.token)
    }

    fn folder(&self) -> &Path {
        self.household.path()
    }

    /// Sends bytes as they are and returns the answer, however the connection ends.
    fn send(&self, text: &str) -> String {
        self.send_bytes(text.as_bytes())
    }

    fn send_bytes(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // Who is refused early is not read to the end.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks as the page does.
    fn ask(&self, what: &str, body: &str) -> (u16, String) {
        let (host, cookie, length) = (&self.host, &self.cookie, body.len());
        let head = format!(
            "POST /{what} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        answer(&self.send(&(head + body)))
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (host, cookie) = (&self.host, &self.cookie);
        answer(&self.send(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n")))
    }

    /// What `advise` says of the same household.
    fn advise(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_broaden"));
        let output =
            command.args(["advise", ".", "--json"]).args(arguments).current_dir(self.folder()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Review {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(text: &str) -> (u16, String) {
    let status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target: PathBuf = to.join(path.file_name().unwrap());
        if path.is_dir() && path.ends_with("market") {
            std::fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else if path.is_file() {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// What the engine says and what the page is given are one: the same bytes as `advise --json` with the same thresholds.
#[test]
fn the_plan_of_the_page_is_that_of_advise() {
    let review = Review::of_the_demo();
    assert_eq!(review.get("/proposal.json").1, review.advise(&[]));
    let (status, text) = review.ask("plan", r#"{"set": {"limits.turnover.max": 10, "limits.tech.base": 5}}"#);
    assert_eq!(status, 200, "{text}");
    let set = ["--set=limits.tech.base=\"benchmark + 5\"", "--set=limits.turnover.max=\"10%\""];
    assert_eq!(review.get("/proposal.json").1, review.advise(&set));
    // The words for a name are those of `explain`.
    let (_, why) = review.ask("why", r#"{"name": "limits.issuer.NVDA"}"#);
    assert!(why.contains("NVDA") && why.contains("limit"), "{why}");
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    let review = Review::of_the_demo();
    let before = review.get("/proposal.json").1;
    for (body, status) in [
        (r#"{"set": {"limits.tech.base": 1e9}}"#, 400),
        (r#"{"set": {"tax.long-rate": 1}}"#, 400),
        (r#"{"set": {"limits.tech.base": null}}"#, 400),
        (r#"{"unset": {}}"#, 400),
        ("[", 400),
        ("", 400),
    ] {
        assert_eq!(review.ask("plan", body).0, status, "{body}");
    }
    assert_eq!(review.get("/proposal.json").1, before);
}

/// Names from files are text on the page, whatever they hold.
#[test]
fn hostile_names_stay_text() {
    let household = tempfile::tempdir().unwrap();
    let text = "[[account]]\nname = '<img src=x onerror=alert(1)>\"\u{202e}'\nkind = 'taxable'\ncash = 1000\nas-of = 2026-11-20\n";
    std::fs::write(household.path().join("holdings.toml"), text).unwrap();
    std::fs::write(household.path().join("broaden.toml"), "[household]\n").unwrap();
    let review = Review::of(household);
    let (status, page) = review.get("/");
    assert!(status == 200 && !page.contains("<img") && !page.contains('\u{202e}'), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    let (status, why) = review.ask("why", r#"{"name": "<img src=x>"}"#);
    assert!(status == 200 && why.contains("Nothing is known"), "{why}");
}
