//! The order of files, rows and columns changes nothing, and no bytes make the reader panic.

use broaden::diagnostics::Sink;
use broaden::market;
use broaden::model::RawFile;
use broaden::rules::strength::history_csv;
use proptest::prelude::*;

use super::synthetic::{EVERYTHING, Files, configure, files, load};

fn csv(files: &Files) -> String {
    let (setup, rotation) = configure(EVERYTHING);
    let market = load(files);
    history_csv(&market, &setup, &rotation, market.last_session().unwrap()).0
}

/// Rows and columns of every file in another order, the date still first.
fn shuffled(files: &Files) -> Files {
    let turn = |content: &str| {
        let mut lines = content.lines();
        let head = lines.next().unwrap();
        let mut rows: Vec<&str> = lines.collect();
        rows.reverse();
        let swap = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[1..].reverse();
            format!("{}\r\n", cells.join(","))
        };
        std::iter::once(head).chain(rows).map(swap).collect::<String>()
    };
    files.iter().rev().map(|(name, content)| (name.clone(), turn(content))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_files_rows_and_columns_changes_nothing(seed in any::<u64>()) {
        let all = files(seed, 260);
        prop_assert_eq!(csv(&all), csv(&shuffled(&all)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        market::load(&[RawFile::new("SPY.csv", bytes)], &mut Sink::default());
    }

    #[test]
    fn no_table_panics(
        head in "(date|Date|ticker|Price|series|observation_date|<TICKER>),[A-Za-z_,\"%$ ]{0,40}",
        rows in proptest::collection::vec("[0-9]{4}-[01][0-9]-[0-3][0-9],[-0-9.,\"a-z$%/: ]{0,30}", 0..12),
        name in "[A-Za-z0-9_.$-]{0,12}",
    ) {
        let text = format!("{head}\n{}\n", rows.join("\n"));
        let files = [RawFile::new(name, text.into_bytes())];
        let market = market::load(&files, &mut Sink::default());
        if let Some(last) = market.last_session() {
            let (setup, rotation) = configure("");
            history_csv(&market, &setup, &rotation, last);
        }
    }
}
