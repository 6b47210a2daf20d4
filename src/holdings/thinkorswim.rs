//! thinkorswim: the Position Statement, grouped by underlying, with customised columns.

use super::draft;
use super::identity;
use super::input::Input;
use super::options;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, REFUSED, ReaderEntry, TOTAL_GAP, dates};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Position};
use crate::units::{Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the Position Statement of thinkorswim. Rows without a quantity are subtotals of the legs below them and\n\
name their underlying. Cost is quantity times trade price (times the multiplier for options).";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "thinkorswim",
    broker: "thinkorswim Position Statement",
    doc: DOC,
    download: "Monitor > Activity and Positions > Position Statement > Export to file",
    needs: NEEDS,
    detect,
    read,
};

const QUANTITY: &[&str] = &["qty", "quantity"];
const VALUE: &[&str] = &["net liq", "market value"];
const NEEDS: &[&[&str]] = &[&["instrument"], QUANTITY];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.begins("Position Statement for"))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("thinkorswim", "position-statement");
    let mut header: Option<Columns> = None;
    let mut underlying = Underlying::default();
    let mut total_place: Option<Place> = None;
    // The first position of the group.
    let mut since = 0;
    for row in table.rows().filter(|row| !row.is_blank()) {
        let first = row.text(0).to_owned();
        if let Some(rest) = first.strip_prefix("Position Statement for ") {
            title(&mut account, rest, &row);
            continue;
        }
        if let Some(names) = Columns::of_if(&row, "instrument").filter(|names| names.has(NEEDS)) {
            if let Some(names) = &header {
                underlying.end(&account, names.find(VALUE), report);
            }
            header = Some(names);
            continue;
        }
        let Some(names) = &header else { continue };
        if row.is_cut(names.width()) {
            report.fits(&row, names.width(), &[]);
            continue;
        }
        let value = names.find(VALUE);
        match first.to_lowercase().as_str() {
            "cash & sweep vehicle" => {
                let column = value.filter(|column| !row.is_null(Some(*column))).or(Some(1));
                account.cash.extend(row.number(column, report).map(|cash| ("USD".to_owned(), Money(cash))));
            }
            "subtotals" | "subtotals:" => {
                underlying.end(&account, value, report);
                subtotal(account.positions.get(since..).unwrap_or_default(), value, &row, report);
                since = account.positions.len();
            }
            "overall totals" | "overall totals:" => {
                account.reported_total = row.number(value, report).map(Money);
                total_place = Some(row.place());
            }
            _ if row.only().is_some() => {}
            _ => {
                let quantity = names.find(QUANTITY);
                let words: Vec<&str> = first.split_whitespace().collect();
                let leg = words.first().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
                    && words.len() >= 6;
                if row.is_null(quantity) {
                    underlying.end(&account, value, report);
                    underlying = Underlying { name: first, row: Some(row), since: account.positions.len() };
                    continue;
                }
                if !leg && first != underlying.name {
                    underlying.end(&account, value, report);
                }
                if leg && underlying.row.is_none() {
                    report.push(
                        Diagnostic::error(
                            REFUSED,
                            "the option is not below a row of what it is on, which its own does not say",
                        )
                        .at(row.place())
                        .hint("the rows were sorted; export the statement grouped by symbol, as it is at first"),
                    );
                    continue;
                }
                if report.fits(&row, names.width(), &[quantity, names.find(&["trade price"]), value]) {
                    let symbol = if leg { format!("{} {first}", underlying.name) } else { first };
                    account.positions.push(position(&symbol, leg, &row, names, report));
                }
            }
        }
    }
    if let Some(names) = &header {
        underlying.end(&account, names.find(VALUE), report);
    }
    draft::close(&mut account, total_place, report);
    Found { accounts: vec![account], ..Found::default() }
}

/// What the legs of options are on: a row without a quantity names it above them and has their sum.
#[derive(Default)]
struct Underlying<'t> {
    name: String,
    row: Option<Row<'t>>,
    /// The first position below it.
    since: usize,
}

impl Underlying<'_> {
    /// Ends its group: its value is the sum of the legs.
    fn end(&mut self, account: &Account, value: Option<usize>, report: &mut Report) {
        if let Some(row) = self.row.take().filter(|row| !row.is_null(value)) {
            subtotal(account.positions.get(self.since..).unwrap_or_default(), value, &row, report);
        }
        self.name.clear();
    }
}

/// The subtotal of a group is the sum of its legs.
fn subtotal(group: &[Position], value: Option<usize>, row: &Row<'_>, report: &mut Report) {
    let sum = group.iter().try_fold(Money::ZERO, |sum, position| Some(sum + position.value?));
    let (Some(printed), Some(sum)) = (row.number(value, report).map(Money), sum) else { return };
    if !draft::agree(printed, sum, group.len()) {
        let message = format!(
            "the subtotal says {}, the rows of the group add up to {}; {} are unexplained",
            printed.dollars(),
            sum.dollars(),
            (printed - sum).dollars()
        );
        report.push(
            Diagnostic::warning(TOTAL_GAP, message)
                .at(row.place())
                .hint("a row is missing or changed; export the statement again"),
        );
    }
}

/// `12345678SCHW (Individual) on 9/29/26 22:14:27`.
fn title(account: &mut Account, text: &str, row: &Row<'_>) {
    let (who, when) = text.rsplit_once(" on ").unwrap_or((text, ""));
    let (id, name) = who.split_once('(').unwrap_or((who, ""));
    account.id = Some(id.trim().to_owned());
    account.name = Some(name.trim_end_matches([')', ' ']).to_owned()).filter(|name| !name.is_empty());
    let when = dates::find(when);
    account.as_of = when.as_ref().map(|when| when.date);
    account.as_of_text = when.map(|when| when.text);
    account.place = Some(row.place());
}

fn position(symbol: &str, leg: bool, row: &Row<'_>, names: &Columns, report: &mut Report) -> Position {
    let contract = if leg { options::parse(symbol) } else { None };
    let mut position = identity::identify(symbol, "", leg.then_some(AssetKind::Option));
    if let Some(contract) = &contract {
        let side = if contract.call { 'C' } else { 'P' };
        position.symbol = Some(format!("{} {} {} {side}", contract.underlying, contract.expiry, contract.strike));
        position.details.multiplier = symbol
            .split_whitespace()
            .nth(1)
            .and_then(|units| units.parse().ok())
            .filter(|units| (1..=1_000_000).contains(units));
    }
    if symbol.starts_with('/') {
        position.kind = AssetKind::Other;
    }
    position.quantity = row.number(names.find(QUANTITY), report).map(Shares);
    position.price = row.number(names.find(&["mark"]), report).map(Price);
    position.value = row.number(names.find(VALUE), report).map(Money);
    let paid = row.number(names.find(&["trade price"]), report).map(Price);
    position.cost_basis =
        position.quantity.zip(paid).map(|(quantity, paid)| (quantity * paid).times(position.unit_factor()));
    position.place = Some(row.place());
    position
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    #[test]
    fn customised_columns_cash_and_totals_are_read() {
        let account = one(
            "Position Statement for 12345678SCHW (Joint) on 9/29/26 22:14:27\n\nEquities and Equity Options\n\
             Instrument,P/L Open,P/L Open,Qty,Net Liq,Trade Price,Mark\n\
             MSFT,,,,$100.00,,\n100 17 JUN 27 480 CALL,1,1,-3,($300.00),2.00,1.00\nMSFT,1,1,+4,$400.00,50.00,100.00\nSubtotals,,,,$100.00,,\n\
             Cash & Sweep Vehicle,,,,\"$1,000.00\",,\nOVERALL TOTALS,,,,\"$1,100.00\",,\n",
        );
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$1,000.00");
        assert_eq!(account.positions.len(), 2);
        assert_eq!(account.positions[0].symbol.as_deref(), Some("MSFT 2027-06-17 480 C"));
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "-$600.00");
    }

    /// Sorted rows would put an option on another stock.
    #[test]
    fn an_option_away_from_its_underlying_is_not_read() {
        let text = |rows: &str| {
            format!(
                "Position Statement for 12345678SCHW (Joint) on 9/29/26 22:14:27\n\nAll\n\
                 Instrument,Qty,Trade Price,Mark,Net Liq\n{rows}"
            )
        };
        let (leg, own, other, head) = (
            "100 17 JUN 27 480 CALL,-3,2.00,1.00,($300.00)\n",
            "MSFT,+4,50.00,100.00,$400.00\n",
            "AAPL,+2,50.00,250.00,$500.00\n",
            "MSFT,,,,$100.00\n",
        );
        assert_eq!(errors(&text(&[head, leg, own, other].concat())), [""; 0]);
        assert_eq!(errors(&text(&[head, own, leg, other].concat())), [""; 0]);
        assert_eq!(errors(&text(&[leg, own, other].concat())), ["refused-file"]);
        assert_eq!(errors(&text(&[other, leg, own, head].concat())), ["refused-file", "total-gap"]);
        assert!(errors(&text(&[head, own, other, leg].concat())).contains(&"refused-file"));
        assert_eq!(errors(&text(&["AAPL,,,,$500.00\n", other, leg, head, own].concat())), ["total-gap", "total-gap"]);
    }

    #[test]
    fn the_subtotal_of_a_group_is_a_checksum() {
        let text = |subtotal: &str| {
            format!(
                "Position Statement for 12345678SCHW (Joint) on 9/29/26 22:14:27\n\nTech\n\
                 Instrument,Qty,Mark,Net Liq\nMSFT,+4,100.00,$400.00\nSubtotals,,,{subtotal}\n"
            )
        };
        assert_eq!(errors(&text("$400.00")), [""; 0]);
        assert_eq!(errors(&text("$500.00")), ["total-gap"]);
        // Cut off in the middle of a row.
        assert_eq!(errors(text("$400.00").split(",100.00").next().unwrap()), ["short-row"]);
        // And of a number, which would be another one.
        assert_eq!(errors(text("$400.00").split("00\nSub").next().unwrap()), ["short-row"]);
        assert_eq!(errors(text("$400.00").split("400.00\nSub").next().unwrap()), ["short-row"]);
        assert_eq!(errors(text("$400.00").split("SFT").next().unwrap()), ["short-row"]);
    }
}
