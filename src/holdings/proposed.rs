//! `orders.csv` as broaden wrote it: what it proposed, and so nothing that is held. It may lie in the folder of a household
//! until it is recorded.

use super::input::Input;
use super::report::Report;
use super::{Detection, Found, ReaderEntry};

/// What the reader does.
pub const DOC: &str = "Knows the orders that broaden proposed (`advise -o orders.csv`). Nothing in them is held, so none of it is read;\n\
`broaden record orders.csv` adds what was done of them to trades.csv.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "orders",
    broker: "orders that broaden proposed (orders.csv)",
    doc: DOC,
    download: "",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["account"], &["side"], &["symbol"], &["quantity"], &["limit"], &["reasons"], &["repays"]];

fn detect(input: &Input<'_>) -> Detection {
    if input.has(NEEDS) { Detection::Only } else { Detection::No }
}

fn read(_: &Input<'_>, _: &mut Report) -> Found {
    Found { role: "orders", ..Found::default() }
}
