//! Interactive Brokers: the activity statement as CSV, with or without lots.
//!
//! Column 1 is a section, column 2 says what a row is (Header, Data, Total, SubTotal, Notes); a section may have
//! several headers. The checksums are the net asset value, and the total of each category in its own currency.

use std::collections::BTreeMap;

use super::draft;
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, REFUSED, ReaderEntry, TOTAL_GAP, dates, kinds, lots};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Lot, Term};
use crate::units::{Decimal, Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the activity statement of Interactive Brokers (CSV, in English), with or without lots.\n\
Summary rows are the positions, Lot rows their lots. Cash is kept per currency (Ending Cash). Values in other\n\
currencies are converted at the rates the statement prints. The sum is compared with the net asset value, less what is\n\
due and not yet paid, and with the totals of each category.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "ibkr-statement",
    broker: "Interactive Brokers activity statement",
    doc: DOC,
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let rows = input.head.rows().filter(|row| matches!(row.text(1), "Header" | "Data")).count();
    Detection::when(rows >= 4 && rows * 2 >= input.head.rows().filter(|row| !row.is_blank()).count())
}

/// What the statement says about an instrument.
#[derive(Default)]
struct Instrument {
    isin: Option<String>,
    name: String,
    kind: Option<AssetKind>,
}

#[derive(Default)]
struct Statement {
    rates: BTreeMap<String, Decimal>,
    instruments: BTreeMap<String, Instrument>,
    total: Option<(Money, Place)>,
    /// Dividends and interest that are due: part of the net asset value, and neither a position nor cash.
    due: Money,
    /// The totals printed per category and currency.
    totals: BTreeMap<(String, String), Vec<(Money, Place)>>,
    /// What the rows of each add up to.
    sums: BTreeMap<(String, String), Money>,
    /// Where the position of a symbol is.
    held: BTreeMap<String, usize>,
    english: bool,
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("ibkr", "activity-statement");
    account.cash_per_currency = true;
    account.place = table.row(0).map(|row| row.place());
    let mut statement = Statement::default();
    let mut header = Columns::default();
    for row in table.rows().filter(|row| !row.is_blank()) {
        let (section, word) = (row.text(0), row.text(1));
        match word {
            "Header" => header = Columns::of(&row),
            "Data" => data(section, &row, &header, &mut account, &mut statement, report),
            "Total" if section.ends_with("Open Positions") => category_total(&row, &header, &mut statement, report),
            "Total" | "SubTotal" | "Notes" | "Trailer" | "" => {}
            _ => report.skipped(&row, "it is not a row of a statement"),
        }
    }
    if !statement.english {
        report.push(
            Diagnostic::error(REFUSED, "the statement is not in English, so its sections are not known")
                .at(Place::whole(input.source))
                .hint("set the language of statements to English in Client Portal and download it again"),
        );
    }
    settle(&mut account, statement, report);
    Found { accounts: vec![account], ..Found::default() }
}

fn data(
    section: &str,
    row: &Row<'_>,
    header: &Columns,
    account: &mut Account,
    statement: &mut Statement,
    report: &mut Report,
) {
    let (field, value) = (row.text(2), row.text(3));
    match section {
        "Statement" if field == "Period" => {
            statement.english = true;
            let when = dates::find(value);
            account.as_of = when.as_ref().map(|when| when.date);
            account.as_of_text = when.map(|when| when.text);
        }
        "Account Information" => match field {
            "Account" => account.id = Some(value.split_whitespace().next().unwrap_or("").to_owned()),
            "Account Type" => account.name = Some(value.to_owned()),
            "Base Currency" => account.base_currency = value.to_owned(),
            _ => {}
        },
        "Net Asset Value" if field == "Total" => {
            let total = row.number(header.find(&["current total"]), report).map(Money);
            statement.total = total.map(|total| (total, row.place())).or(statement.total.take());
        }
        "Net Asset Value" if field.contains("Accrual") => {
            statement.due += Money(row.number(header.find(&["current total"]), report).unwrap_or_default());
        }
        "Cash Report" if field == "Ending Cash" && value.len() == 3 => {
            if let Some(amount) = row.number(header.find(&["total"]), report) {
                account.cash.push((value.to_owned(), Money(amount)));
            }
        }
        "Base Currency Exchange Rate" => {
            if let Some(rate) = row.number(Some(3), report) {
                statement.rates.insert(field.to_owned(), rate);
            }
        }
        "Financial Instrument Information" => {
            let symbols = row.get(header.find(&["symbol"]));
            let isin = row.get(header.find(&["security id"])).to_owned();
            for symbol in symbols.split(',').map(str::trim) {
                let instrument = Instrument {
                    isin: kinds::is_isin(&isin).then(|| isin.clone()),
                    name: row.get(header.find(&["description"])).to_owned(),
                    kind: kinds::from_word(row.get(header.find(&["type"]))),
                };
                statement.instruments.insert(symbol.to_owned(), instrument);
            }
        }
        _ if header.find(&["datadiscriminator"]).is_some() && section.ends_with("Open Positions") => {
            holding(row, header, account, statement, report);
        }
        _ => {}
    }
}

/// Keeps the total of a category in a currency.
fn category_total(row: &Row<'_>, header: &Columns, statement: &mut Statement, report: &mut Report) {
    let (category, currency) = (row.get(header.find(&["asset category"])), row.get(header.find(&["currency"])));
    // Cost, value and gain, in this order; in statements with lots they stand one column to the left of their names.
    let from = header.find(&["symbol"]).unwrap_or(row.len());
    let value = (from..row.len()).filter(|column| !row.is_null(Some(*column))).nth(1);
    if let Some(total) = row.number(value, report).filter(|_| !currency.is_empty()) {
        let key = (category.to_owned(), currency.to_owned());
        statement.totals.entry(key).or_default().push((Money(total), row.place()));
    }
}

fn holding(row: &Row<'_>, header: &Columns, account: &mut Account, statement: &mut Statement, report: &mut Report) {
    let column = |name: &str| header.find(&[name]);
    if !report.fits_exactly(row, header.width()) {
        return;
    }
    let symbol = row.get(column("symbol"));
    match row.get(column("datadiscriminator")) {
        "Summary" => {
            let category = row.get(column("asset category"));
            let said = match category {
                "Stocks" => None,
                other if other.contains("Option") => Some(AssetKind::Option),
                other if other.contains("Bond") || other.contains("Bill") => Some(AssetKind::Bond),
                other if other.contains("Fund") => Some(AssetKind::MutualFund),
                other if other.contains("Crypto") => Some(AssetKind::Crypto),
                _ => Some(AssetKind::Other),
            };
            let mut position = draft::identify(symbol, "", said);
            position.symbol = Some(symbol.into());
            position.quantity = row.number(column("quantity"), report).map(Shares);
            position.price = row.number(column("close price"), report).map(Price);
            position.value = row.number(column("value"), report).map(Money);
            position.cost_basis = row.number(column("cost basis"), report).map(Money);
            position.currency = row.get(column("currency")).into();
            let multiplier = row.number(column("mult"), report).and_then(|mult| u32::try_from(mult).ok());
            position.details.multiplier = multiplier.filter(|mult| (2..=1_000_000).contains(mult));
            position.place = Some(row.place());
            statement.held.extend(position.symbol.clone().map(|symbol| (symbol, account.positions.len())));
            let sum = statement.sums.entry((category.to_owned(), position.currency.to_string())).or_default();
            *sum += position.value.unwrap_or_default();
            account.positions.push(position);
        }
        "Lot" => {
            let Some(quantity) = row.number(column("quantity"), report) else {
                report.skipped(row, "it has no quantity");
                return;
            };
            let opened = row.get(column("open"));
            let mut lot = Lot::new(opened.replace(", ", " "), Shares(quantity));
            lot.opened = dates::leading(opened);
            let vesting = opened.split_once("Vesting:").and_then(|(_, day)| dates::leading(day.trim_end_matches(')')));
            lot.locked_until = vesting;
            lot.cost_basis = row.number(column("cost basis"), report).map(Money);
            lot.term = term(row.get(column("code")));
            lot.place = Some(row.place());
            // Lots may stand below a total; the symbol says whose they are.
            let held = statement.held.get(symbol);
            match held.and_then(|index| account.positions.get_mut(*index)) {
                Some(position) => position.lots.push(lot),
                None => report.skipped(row, "it is a lot without a position above it"),
            }
        }
        other => report.skipped(row, format!("`{other}` rows are not known")),
    }
}

fn term(codes: &str) -> Option<Term> {
    codes.split(';').find_map(|code| match code.trim() {
        "ST" => Some(Term::Short),
        "LT" => Some(Term::Long),
        _ => None,
    })
}

/// Adds what the later sections say, converts to the base currency and compares with the net asset value.
fn settle(account: &mut Account, statement: Statement, report: &mut Report) {
    let base = account.base_currency.clone();
    account.cash.sort_by_key(|(currency, _)| *currency != base);
    let rate =
        |currency: &str| if currency == base { Some(Decimal::ONE) } else { statement.rates.get(currency).copied() };
    for position in &mut account.positions {
        if let Some(instrument) = position.symbol.as_ref().and_then(|symbol| statement.instruments.get(symbol.as_str()))
        {
            position.details.isin = instrument.isin.as_deref().map(Box::from);
            position.name = instrument.name.as_str().into();
            if position.kind == AssetKind::Equity || position.kind == AssetKind::Etf {
                position.kind = instrument.kind.unwrap_or(position.kind);
            }
        }
        draft::complete(position, report);
        position.details.value_base =
            position.value.zip(rate(&position.currency)).map(|(value, rate)| value.times(rate));
        lots::check(position, report);
    }
    check_categories(&statement, account.positions.len(), report);
    let Some((total, place)) = statement.total else { return };
    account.reported_total = Some(total);
    let positions: Option<Money> =
        account.positions.iter().try_fold(Money::ZERO, |sum, position| Some(sum + position.details.value_base?));
    let cash: Option<Money> =
        account.cash.iter().try_fold(Money::ZERO, |sum, (currency, amount)| Some(sum + amount.times(rate(currency)?)));
    if let (Some(positions), Some(cash)) = (positions, cash) {
        draft::compare(account, total, positions + cash + statement.due, Some(place), report);
    }
}

/// A category has a total in its own currency, and others beside it in the base currency that look alike: one of them
/// must be the sum of the rows.
fn check_categories(statement: &Statement, rows: usize, report: &mut Report) {
    for ((category, currency), sum) in &statement.sums {
        let Some(totals) = statement.totals.get(&(category.clone(), currency.clone())) else { continue };
        let agrees = |total: Money| draft::agree(total, *sum, rows);
        if let Some((total, place)) = totals.first().filter(|_| !totals.iter().any(|(total, _)| agrees(*total))) {
            let message = format!(
                "{category} in {currency}: the total row says {}, the rows add up to {}; {} are unexplained",
                total.to_cents(),
                sum.to_cents(),
                (*total - *sum).to_cents()
            );
            report.push(
                Diagnostic::warning(TOTAL_GAP, message)
                    .at(place.clone())
                    .hint("a row is missing or changed; download the statement again"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    const HEAD: &str = "Statement,Header,Field Name,Field Value\nStatement,Data,Period,\"July 25, 2023\"\n\
        Account Information,Header,Field Name,Field Value\nAccount Information,Data,Account,U1234567\n\
        Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Open,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
        Open Positions,Data,Summary,Stocks,USD,XYZ,-,5,1,10,50,20,100,50,\n";

    #[test]
    fn lots_may_follow_a_total_and_vest_later() {
        let account = one(&format!(
            "{HEAD}Open Positions,Total,,Stocks,USD,,,,,50,,100,50,\n\
             Open Positions,Data,Lot,Stocks,USD,XYZ,2024-11-28 (Vesting: 2025-11-28),5,,10,50,20,100,50,Un;ST\n"
        ));
        let lot = &account.positions[0].lots[0];
        assert_eq!(lot.opened.unwrap().to_string(), "2024-11-28");
        assert_eq!(lot.locked_until.unwrap().to_string(), "2025-11-28");
        assert_eq!(lot.term.unwrap().id(), "short");
    }

    #[test]
    fn the_total_of_a_category_is_a_checksum() {
        let total = |value: &str| format!("{HEAD}Open Positions,Total,,Stocks,USD,,,,,50,,{value},50,\n");
        assert_eq!(errors(&total("100")), [""; 0]);
        assert_eq!(errors(&total("120")), ["total-gap"]);
    }

    #[test]
    fn another_language_is_refused() {
        assert_eq!(
            errors(&HEAD.replace("Period", "Período").replace("Open Positions", "Posiciones abiertas")),
            ["refused-file"]
        );
    }
}
