//! What was published and what can be counted again, as `examples/verify.rs` holds it for anybody.

#[path = "../../examples/support/published.rs"]
mod figures;

use std::fs;
use std::path::Path;

use figures::{breadth, federal};

#[test]
fn federal_tables_are_as_published() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/published/federal.csv")).unwrap();
    let compared = federal(&text);
    assert_eq!(compared.different, [""; 0]);
    assert_eq!(compared.equal, 252);
    // Another figure is found, in the tax and in that on 100 dollars more.
    let other = federal(&text.replace("ordinary,2026,single,12400,1240,12", "ordinary,2026,single,12400,1241,12"));
    assert_eq!(other.different.len(), 2);
}

#[test]
fn breadth_is_what_can_be_counted_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let history = folder.path().join("history.csv");
    let demo = crate::program::DEMO;
    crate::program::run(&["signals", demo, "--history", &history.display().to_string()]).done();
    let closes = Path::new(env!("CARGO_MANIFEST_DIR")).join(demo).join("market/stocks.csv");
    let (closes, history) = (fs::read_to_string(closes).unwrap(), fs::read_to_string(history).unwrap());
    let compared = breadth(&closes, &history);
    assert_eq!(compared.different, [""; 0]);
    assert!(compared.equal >= 590, "{}", compared.equal);
    // One advance more on the last day is found.
    let row = history.lines().last().unwrap();
    let cells: Vec<&str> = row.splitn(3, ',').collect();
    let more = format!("{},{},{}", cells[0], cells[1].parse::<u32>().unwrap() + 1, cells[2]);
    assert_eq!(breadth(&closes, &history.replace(row, &more)).different.len(), 1);
}
