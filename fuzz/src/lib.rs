//! What every fuzz target checks: reading arbitrary bytes neither panics nor hangs, what is read can be shown, and what
//! is imported reads back the same.

#[path = "../../examples/support/whole.rs"]
#[allow(dead_code, reason = "the engine damages the texts")]
mod whole;

use broaden::diagnostics::{Sink, render};
use broaden::holdings::{self, json};
use broaden::model::{Portfolio, RawFile};

fn file(bytes: &[u8]) -> RawFile {
    RawFile::new("fuzz", bytes.to_vec())
}

fn show(portfolio: &Portfolio, sink: &Sink) {
    let _ = json::view(portfolio, &sink.items).to_string();
    for item in &sink.items {
        let _ = render(item, false);
    }
}

/// Detection and whatever reader it chooses.
pub fn any(bytes: &[u8]) {
    let _ = holdings::recognise(&file(bytes));
    let mut sink = Sink::default();
    let portfolio = holdings::read(&[file(bytes)], &[], &mut sink);
    show(&portfolio, &sink);
    if sink.has_errors() || portfolio.accounts.is_empty() {
        return;
    }
    let text = holdings::to_toml(&portfolio);
    let mut again = Sink::default();
    let second = holdings::read(&[file(text.as_bytes())], &[], &mut again);
    assert!(!again.has_errors(), "{text}");
    assert_eq!(holdings::to_toml(&second), text);
}

/// One reader, without detection.
pub fn reader(id: &str, bytes: &[u8]) {
    let mut sink = Sink::default();
    let portfolio = holdings::read_as(id, &file(bytes), &mut sink);
    show(&portfolio, &sink);
}

/// A whole household: it is refused, or its plan passes the independent checker and what the files alone say.
pub fn household(bytes: &[u8]) {
    if let whole::Outcome::Broken(words) = whole::advise(bytes) {
        panic!("{words:?}");
    }
}
