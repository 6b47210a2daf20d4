//! Wealthfront: open lots.

use super::generic::{self, ImportMapping};
use super::{Detection, ReaderEntry};

/// What the reader does.
pub const DOC: &str = "Reads the open lots of Wealthfront: each row is a lot with its day and total cost, and the lots of a symbol make its\n\
position. A line above the table names the account.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "wealthfront-lots",
    broker: "Wealthfront open lots",
    doc: DOC,
    download: "the account > Documents > Tax lots > Open lots (CSV)",
    needs: NEEDS,
    detect: |input| Detection::when(input.has(NEEDS)),
    read: |input, report| generic::read(input, &ImportMapping::known("wealthfront", "open-lots", COLUMNS), report),
};

const NEEDS: &[&[&str]] = &[&["symbol"], &["display_name"], &["date"], &["cost"], &["quantity"], &["value"], &["gain"]];
const COLUMNS: &[(&str, &str)] = &[
    ("symbol", "symbol"),
    ("name", "display_name"),
    ("opened", "date"),
    ("cost", "cost"),
    ("quantity", "quantity"),
    ("value", "value"),
    ("gain", "gain"),
];

#[cfg(test)]
mod tests {
    use crate::holdings::testing::one;

    #[test]
    fn the_lots_of_a_symbol_make_its_position() {
        let account = one("Individual Investment Account\nsymbol,display_name,date,cost,quantity,value,gain\n\
            VTI,Vanguard Total Stock Market ETF,1/5/2024,2000.00,10,3000.00,1000.00\nVTI,Vanguard Total Stock Market ETF,2/3/2026,1400.00,5,1500.00,100.00\n\
            VEA,Vanguard FTSE Developed Markets ETF,1/5/2024,400.00,10,500.00,100.00\n");
        assert_eq!(
            (account.label().as_str(), account.broker.as_str()),
            ("Individual Investment Account", "wealthfront")
        );
        let told: Vec<_> = account
            .positions
            .iter()
            .map(|held| {
                (held.label(), held.quantity.unwrap().text(), held.cost_basis.unwrap().dollars(), held.lots.len())
            })
            .collect();
        let row = |label: &str, quantity: &str, cost: &str, lots| {
            (label.to_owned(), quantity.to_owned(), cost.to_owned(), lots)
        };
        assert_eq!(told, [row("VTI", "15", "$3,400.00", 2), row("VEA", "10", "$400.00", 1)]);
        assert_eq!(account.positions[0].lots[1].opened.unwrap().to_string(), "2026-02-03");
    }
}
