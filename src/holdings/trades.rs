//! `trades.csv`: trades already made, which wash sales and the year's gains need.

use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{BAD_DATE, BAD_TRADE, Detection, Found, ReaderEntry, dates};
use chrono::NaiveDate;

use crate::diagnostics::{Diagnostic, Severity};
use crate::model::{PastTrade, Side, Symbol, Term, TradeDetails};
use crate::units::{Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads trades already made: `date,account,side,symbol,quantity,price,lot,term,gain,outside,proposed`, columns in any\n\
order.\n\
`side` is buy or sell (reinvest and vest count as buys). `gain` is the realised gain of a sale, negative for a loss,\n\
empty when unknown. `outside` is yes for a trade in an account that is not in the files (a spouse's, another\n\
broker's): it matters for wash sales all the same. `lot` is the day on which what was sold was bought, `term` short\n\
or long: a gain with its term counts to the tax year. `proposed` is the day of the proposal that it carries out, and uses\n\
the turnover of that week. `broaden record` adds rows.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "trades",
    broker: "trades already made (trades.csv)",
    doc: DOC,
    download: "",
    needs: NEEDS,
    detect,
    read,
};

/// The columns of a new file.
pub const HEADER: [&str; 11] =
    ["date", "account", "side", "symbol", "quantity", "price", "lot", "term", "gain", "outside", "proposed"];

pub const SIDE: &[&str] = &["side", "action"];
pub const GAIN: &[&str] = &["gain", "realised gain", "realized gain"];
const NEEDS: &[&[&str]] = &[&["date"], &["symbol"], SIDE, &["quantity"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(
        input.headers.iter().any(|names| {
            names.has(NEEDS) && names.width() <= 12 && names.find(&["account", "gain", "outside"]).is_some()
        }),
    )
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found { role: "trades", ..Found::default() };
    let mut header: Option<Columns> = None;
    for row in table.rows().filter(|row| !row.is_blank() && !row.text(0).starts_with('#')) {
        let Some(names) = &header else {
            let names = Columns::of(&row);
            if names.has(NEEDS) {
                header = Some(names);
            } else {
                report.skipped(&row, "it stands before the header");
            }
            continue;
        };
        let quantity_column = names.find(&["quantity"]);
        if !report.fits(
            &row,
            names.width(),
            &[names.find(&["date"]), names.find(&["symbol"]), names.find(SIDE), quantity_column],
        ) {
            continue;
        }
        let Some(date) = dates::leading(row.get(names.find(&["date"]))) else {
            let place = names.find(&["date"]).map_or_else(|| row.place(), |column| row.cell_place(column));
            report.push(
                Diagnostic::error(BAD_DATE, "the trade has no date").at(place).hint("write a date such as 2026-11-20"),
            );
            continue;
        };
        let side = match row.get(names.find(SIDE)).to_lowercase().as_str() {
            "buy" | "bought" | "b" | "reinvest" | "reinvestment" | "drip" | "vest" => Side::Buy,
            "sell" | "sold" | "s" => Side::Sell,
            other => {
                let place = names.find(SIDE).map_or_else(|| row.place(), |column| row.cell_place(column));
                report.push(
                    Diagnostic::error(BAD_TRADE, format!("`{other}` is not a side of a trade"))
                        .at(place)
                        .hint("write buy or sell"),
                );
                continue;
            }
        };
        let (symbol, quantity) = (row.get(names.find(&["symbol"])), row.amount(quantity_column, report));
        let Some(quantity) = quantity.filter(|quantity| !quantity.is_zero() && !symbol.is_empty()) else {
            report.push(
                Diagnostic::error(BAD_TRADE, "the trade has no symbol or no quantity")
                    .at(row.place())
                    .hint("fill in both"),
            );
            continue;
        };
        found.trades.push(PastTrade {
            date,
            account: row.get(names.find(&["account"])).to_owned(),
            symbol: Symbol::new(symbol),
            side,
            quantity: Shares(quantity.abs()),
            gain: row.amount(names.find(GAIN), report).map(Money),
            outside: matches!(
                row.get(names.find(&["outside"])).to_lowercase().as_str(),
                "yes" | "true" | "1" | "x" | "y"
            ),
            place: Some(row.place()),
            details: TradeDetails {
                price: row.amount(names.find(&["price"]), report).map(Price),
                // The name of a lot, as some write, is no day either; the rest of the row stands.
                opened: opened(&row, names.find(&["lot", "opened"])).unwrap_or_else(|problem| {
                    report.push(Diagnostic { severity: Severity::Warning, ..*problem });
                    None
                }),
                term: term(row.get(names.find(&["term"]))),
                proposed: dates::leading(row.get(names.find(&["proposed"]))),
            },
        });
    }
    found
}

/// Returns the day on which what was sold was bought.
///
/// # Errors
/// When what stands there is no day.
pub fn opened(row: &Row<'_>, column: Option<usize>) -> Result<Option<NaiveDate>, Box<Diagnostic>> {
    let Some(column) = column.filter(|column| !row.is_null(Some(*column))) else { return Ok(None) };
    dates::leading(row.text(column)).map(Some).ok_or_else(|| {
        let problem = Diagnostic::error(BAD_DATE, format!("`{}` is not a date", row.text(column)));
        let hint = "write the day on which it was bought, or nothing where it is not known";
        Box::new(problem.at(row.cell_place(column)).hint(hint))
    })
}

/// Returns how long something was held, as a file says it.
pub fn term(text: &str) -> Option<Term> {
    match text.trim().to_lowercase().as_str() {
        "short" | "short-term" | "st" => Some(Term::Short),
        "long" | "long-term" | "lt" => Some(Term::Long),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, portfolio};
    use crate::model::Side;

    #[test]
    fn trades_are_read_in_any_column_order() {
        let (portfolio, _) = portfolio(&[
            "symbol,side,quantity,date,account,gain,outside\nbrk/b,SELL,5,2026-11-01,...417,-120.50,\nVOO,reinvest,0.2,2026-11-02,wife,,yes\n",
        ]);
        assert_eq!(portfolio.trades.len(), 2);
        assert_eq!((portfolio.trades[0].symbol.as_str(), portfolio.trades[0].side), ("BRK.B", Side::Sell));
        assert_eq!(portfolio.trades[0].gain.unwrap().dollars(), "-$120.50");
        assert!(portfolio.trades[1].outside && portfolio.trades[1].gain.is_none());
        assert_eq!(portfolio.files[0].role, "trades");
    }

    #[test]
    fn mistakes_are_named() {
        let head = "date,account,symbol,side,quantity,gain\n";
        assert_eq!(errors(&format!("{head}soon,a,VOO,buy,1,\n")), ["bad-date"]);
        assert_eq!(errors(&format!("{head}2026-11-01,a,VOO,hold,1,\n")), ["bad-trade"]);
        assert_eq!(errors(&format!("{head}2026-11-01,a,VOO,buy,,\n")), ["bad-trade"]);
    }
}
