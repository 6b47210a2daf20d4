//! `[market]`: of which exchange advances and declines are counted. Counts of two exchanges look alike, and mean other things.

use super::layouts::Input;
use super::special::Breadth;
use super::{names, special};
use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::Sink;

/// The keys of `[market]`.
pub const PARAMS: &[Param] = &[Param::with_default(
    "advances-of",
    Kind::Choice(&["nyse", "nasdaq"]),
    "\"nyse\"",
    "Of which exchange advances and declines are. Files that say they are of another are not used; one that says nothing is taken for it, and told of.",
)];

/// An exchange whose advances and declines are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exchange {
    /// The New York Stock Exchange.
    #[default]
    Nyse,
    /// Nasdaq.
    Nasdaq,
}

/// Reads `[market]`. Every problem is pushed to the sink.
pub fn configure(document: &Document, sink: &mut Sink) -> Exchange {
    let none = Table::default();
    let place = document.root.get("market").map(|node| node.key_place.clone());
    let fields = Fields::new(document.root.table("market").unwrap_or(&none), "market", place, PARAMS, sink);
    match fields.text("advances-of").as_deref() {
        Some("nasdaq") => Exchange::Nasdaq,
        _ => Exchange::Nyse,
    }
}

impl Exchange {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Exchange::Nyse => "NYSE",
            Exchange::Nasdaq => "Nasdaq",
        }
    }

    /// Returns the exchange that a name says, in a word of its own.
    pub fn said_by(name: &str) -> Option<Exchange> {
        let lower = name.to_lowercase();
        lower.split(|c: char| !c.is_ascii_alphabetic()).find_map(|word| match word {
            "nyse" => Some(Exchange::Nyse),
            "nasdaq" | "nasd" => Some(Exchange::Nasdaq),
            _ => None,
        })
    }

    /// Returns the exchange of a table of counts: what the name of a column or of the file says, else the table of Nasdaq
    /// Trader, which says it nowhere but is like no other.
    pub fn of_table(input: &Input<'_>, column: usize) -> Option<Exchange> {
        let head = input.head.names.get(column).and_then(|name| Exchange::said_by(name));
        let ticker = || {
            let name = names::symbol_hint(input.stem())?;
            special::meaning(&name).map(|_| special::exchange(&name))
        };
        let of_file = || Exchange::said_by(input.stem()).or_else(ticker);
        head.or_else(of_file).or_else(|| is_nasdaq_trader(input).then_some(Exchange::Nasdaq))
    }
}

/// Returns whether a table is that of Nasdaq Trader: `daily2026.csv`, with days such as `8/20/2026 0:00:00`.
fn is_nasdaq_trader(input: &Input<'_>) -> bool {
    let year = input.stem().strip_prefix("daily").unwrap_or_default();
    let is_named = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let day = || input.rows().next().map(|row| super::text::cells(row.text, input.head.delimiter));
    let at_midnight = || day().is_some_and(|cells| cells.first().is_some_and(|cell| cell.ends_with(" 0:00:00")));
    input.head.has(&["advances", "declines"]) && (is_named || at_midnight())
}

/// Returns whether a kind of breadth is counted on an exchange, and not over the stocks of an index.
pub fn is_counted(kind: Breadth) -> bool {
    !matches!(kind, Breadth::PercentAbove(_))
}
