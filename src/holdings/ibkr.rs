//! Interactive Brokers: the activity statement as CSV, with or without lots.
//!
//! Column 1 is a section, column 2 says what a row is (Header, Data, Total, SubTotal, Notes); a section may have
//! several headers. The checksums are the net asset value, and the total of each category in its own currency.

pub mod analyst;

use std::collections::BTreeMap;

use super::draft;
use super::identity;
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, NO_CASH, REFUSED, ReaderEntry, TOTAL_GAP, dates, kinds, lots};
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
    download: "Performance & Reports > Statements > Activity > CSV",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let introduced = input.head.rows().any(|row| row.text(0) == "Introduction");
    Detection::when(!introduced && has_sections(input))
}

/// Whether most rows say of which section they are and what they are in it.
fn has_sections(input: &Input<'_>) -> bool {
    let rows = input.head.rows().filter(|row| matches!(row.text(1), "Header" | "Data")).count();
    rows >= 4 && rows * 2 >= input.head.rows().filter(|row| !row.is_blank()).count()
}

/// Names of sections in the languages that a statement may be set to.
const LANGUAGES: &[(&[&str], &str)] = &[
    (
        &["Offene Positionen", "Offene Position", "Nettovermögenswert", "Barmittelbericht", "Kontoinformationen"],
        "German",
    ),
    (&["Positions ouvertes", "Valeur liquidative", "Valeur Liquidative", "Informations du compte"], "French"),
    (&["Posiciones abiertas", "Valor liquidativo", "Información de la cuenta"], "Spanish"),
    (&["Posizioni aperte", "Valore patrimoniale netto", "Informazioni sul conto"], "Italian"),
];

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
    /// Cash of all currencies in the base currency, for statements without a cash report.
    net_cash: Option<Money>,
    /// Dividends and interest that are due: part of the net asset value, and neither a position nor cash.
    due: Money,
    /// The totals printed per category and currency.
    totals: BTreeMap<(String, String), Vec<(Money, Place)>>,
    /// What the rows of each add up to.
    sums: BTreeMap<(String, String), Money>,
    /// Where the position of an account and symbol is.
    held: BTreeMap<(String, String), usize>,
    /// The account of each position, in a statement of several.
    owners: Vec<String>,
    /// There is a section with cash.
    cash_report: bool,
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
    let language = table.rows().find_map(|row| {
        let (_, language) = LANGUAGES.iter().find(|(sections, _)| sections.contains(&row.text(0)))?;
        Some(*language)
    });
    if language.is_some() || !statement.english {
        let what = language.map_or_else(|| "not in English".to_owned(), |language| format!("in {language}"));
        report.push(
            Diagnostic::error(REFUSED, format!("the statement is {what}, so its sections are not known"))
                .at(Place::whole(input.source))
                .hint("set the language of statements to English in Client Portal and download it again"),
        );
    }
    let owners = std::mem::take(&mut statement.owners);
    settle(&mut account, statement, report);
    Found { accounts: by_owner(account, owners), ..Found::default() }
}

/// A consolidated statement says of each position whose it is; what it says of all accounts stays in one of its own.
fn by_owner(whole: Account, owners: Vec<String>) -> Vec<Account> {
    if owners.iter().all(|owner| owner.is_empty() || Some(owner) == whole.id.as_ref()) {
        return vec![whole];
    }
    let mut accounts: Vec<Account> = Vec::new();
    let mut rest = Account { positions: Vec::new(), ..whole.clone() };
    for (position, owner) in whole.positions.into_iter().zip(owners) {
        let index = accounts.iter().position(|account| account.id.as_ref() == Some(&owner)).unwrap_or_else(|| {
            let (id, cash, reported_total) = (Some(owner), Vec::new(), None);
            accounts.push(Account { id, cash, reported_total, place: position.place.clone(), ..rest.clone() });
            accounts.len() - 1
        });
        accounts.get_mut(index).into_iter().for_each(|account| account.positions.push(position.clone()));
    }
    rest.reported_total = None;
    if !rest.cash.is_empty() {
        accounts.push(rest);
    }
    accounts
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
        "Net Asset Value" if field == "Cash" => {
            statement.net_cash = row.number(header.find(&["current total"]), report).map(Money);
        }
        "Forex Balances" if value.len() == 3 || row.text(4).len() == 3 => {
            let code = row.get(header.find(&["description"]));
            if let Some(rate) = row.number(header.find(&["close price"]), report) {
                statement.rates.entry(code.to_owned()).or_insert(rate);
            }
        }
        "Net Asset Value" if field.contains("Accrual") => {
            statement.due += Money(row.number(header.find(&["current total"]), report).unwrap_or_default());
        }
        // Where no currency has a row of its own.
        "Cash Report" if field == "Ending Cash" && value == "Base Currency Summary" => {
            let amount = row.number(header.find(&["total"]), report).map(Money);
            statement.net_cash = statement.net_cash.or(amount);
        }
        "Cash Report" if field == "Ending Cash" && value.len() == 3 => {
            statement.cash_report = true;
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
    let (symbol, owner) = (row.get(column("symbol")), row.get(column("account")));
    match row.get(column("datadiscriminator")) {
        "Summary" => {
            let category = row.get(column("asset category"));
            let said = match category {
                // Funds that are traded like stocks are called so too.
                other if other.starts_with("Stocks") => Some(kinds::security(symbol, "")),
                other if other.contains("Option") => Some(AssetKind::Option),
                other if other.contains("Bond") || other.contains("Bill") => Some(AssetKind::Bond),
                other if other.contains("Fund") => Some(AssetKind::MutualFund),
                other if other.contains("Crypto") => Some(AssetKind::Crypto),
                _ => Some(AssetKind::Other),
            };
            let mut position = identity::identify(symbol, "", said);
            position.symbol = Some(symbol.into());
            position.quantity = row.number(column("quantity"), report).map(Shares);
            position.price = row.number(column("close price"), report).map(Price);
            position.value = row.number(column("value"), report).map(Money);
            position.cost_basis = row.number(column("cost basis"), report).map(Money);
            position.currency = row.get(column("currency")).into();
            let multiplier = row.number(column("mult"), report).and_then(|mult| u32::try_from(mult).ok());
            position.details.multiplier = multiplier.filter(|mult| (2..=1_000_000).contains(mult));
            position.place = Some(row.place());
            statement.held.insert((owner.to_owned(), symbol.to_owned()), account.positions.len());
            statement.owners.push(owner.to_owned());
            let sum = statement.sums.entry((category.to_owned(), position.currency.to_string())).or_default();
            *sum += position.value.unwrap_or_default();
            if category.starts_with("Future") || category.starts_with("CFD") {
                draft::without_notional(&mut position, report);
            }
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
            let held = statement.held.get(&(owner.to_owned(), symbol.to_owned()));
            match held.and_then(|index| account.positions.get_mut(*index)) {
                Some(position) => position.lots.push(lot),
                None => report.push(lots::orphan(row)),
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
    match statement.net_cash.filter(|_| !statement.cash_report) {
        Some(cash) if !cash.is_zero() => account.cash.push((base.clone(), cash)),
        Some(_) => {}
        None if statement.cash_report || !statement.english => {}
        None => {
            let warning = Diagnostic::warning(NO_CASH, "the statement has no section with cash; its cash is not known");
            let warning = warning.hint("add the Cash Report to the statement's sections and download it again");
            report.push(account.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
        }
    }
    account.cash.sort_by_key(|(currency, _)| *currency != base);
    let rate =
        |currency: &str| if currency == base { Some(Decimal::ONE) } else { statement.rates.get(currency).copied() };
    for position in &mut account.positions {
        if let Some(instrument) = position.symbol.as_ref().and_then(|symbol| statement.instruments.get(symbol.as_str()))
        {
            position.details.isin = instrument.isin.as_deref().map(Box::from);
            position.name = instrument.name.as_str().into();
            if matches!(position.kind, AssetKind::Equity | AssetKind::Etf) {
                let named = || kinds::security(position.symbol.as_deref().unwrap_or_default(), &instrument.name);
                position.kind = instrument.kind.unwrap_or_else(named);
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
    match positions.zip(cash) {
        Some((positions, cash)) => {
            draft::compare(account, total, positions + cash + statement.due, Some(place), report);
        }
        None => report.push(
            Diagnostic::warning(
                TOTAL_GAP,
                format!("the total of {} cannot be checked: a rate to {base} is not in the file", total.to_cents()),
            )
            .at(place)
            .hint("the file may be cut off, or its section of exchange rates was left out"),
        ),
    }
}

/// A category has a total in its own currency, and others beside it in the base currency that look alike: one of them
/// must be the sum of the rows.
fn check_categories(statement: &Statement, rows: usize, report: &mut Report) {
    let summed = |category: &String| statement.sums.keys().any(|(other, _)| other == category);
    for ((category, _), totals) in statement.totals.iter().filter(|((category, _), _)| !summed(category)) {
        if let Some((total, place)) = totals.iter().find(|(total, _)| !total.is_zero() && !category.is_empty()) {
            let message = format!("{category}: the total row says {}, and there are no rows", total.to_cents());
            let warning = Diagnostic::warning(TOTAL_GAP, message).at(place.clone());
            report.push(warning.hint("the rows were left out or filtered; download the statement again"));
        }
    }
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
        Cash Report,Header,Currency Summary,Currency,Total\nCash Report,Data,Ending Cash,USD,0\n\
        Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Open,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
        Open Positions,Data,Summary,Stocks,USD,XYZ,-,5,1,10,50,20,100,50,\n";

    #[test]
    fn cash_may_stand_in_the_base_currency_alone() {
        let account = one(
            "Statement,Header,Field Name,Field Value\nStatement,Data,BrokerName,Interactive Brokers LLC\n\
            Statement,Data,Title,Activity Statement\nStatement,Data,Period,\"November 20, 2026\"\n\
            Account Information,Header,Field Name,Field Value\nAccount Information,Data,Account,U1234567\nAccount Information,Data,Base Currency,USD\n\
            Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
            Open Positions,Data,Summary,Stocks,USD,AAPL,10,1,150,1500,200,2000,500,\n\
            Cash Report,Header,Currency Summary,Currency,Total\nCash Report,Data,Ending Cash,Base Currency Summary,3000\n",
        );
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$3,000.00");
    }

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

    const START: &str = "Statement,Header,Field Name,Field Value\nStatement,Data,Title,Activity Statement\n\
        Statement,Data,Period,\"November 20, 2026\"\nAccount Information,Header,Field Name,Field Value\n\
        Account Information,Data,Account,U1234567\nAccount Information,Data,Base Currency,USD\n";

    #[test]
    fn the_net_asset_value_has_the_cash_of_a_statement_without_a_cash_report() {
        let worth = "Net Asset Value,Header,Asset Class,Prior Total,Current Long,Current Short,Current Total,Change\n\
            Net Asset Value,Data,Cash ,-2000,0,-6000,-6000,0\nNet Asset Value,Data,Total,28000,30000,-6000,24000,0\n";
        let held = "Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
            Open Positions,Data,Summary,\"Stocks - Held with Interactive Brokers (U.K.) Limited\",USD,VTI,100,1,200,20000,300,30000,10000,\n";
        let account = one(&format!("{START}{worth}{held}"));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "-$6,000.00");
        assert_eq!(account.positions[0].kind, crate::model::AssetKind::Etf);
        assert_eq!(errors(&format!("{START}{held}")), ["no-cash"]);
        // Cut off inside the positions.
        assert_eq!(
            errors(&format!("{START}{worth}{}", held.split_once("Open Positions,Data").unwrap().0)),
            ["total-gap"]
        );
        // A company may be called like cash.
        let account = one(&format!("{START}{worth}{}", held.replace("VTI", "CASH")));
        assert_eq!(account.positions[0].kind, crate::model::AssetKind::Equity);
    }

    #[test]
    fn a_consolidated_statement_has_the_accounts_that_it_names() {
        let (read, _) = crate::holdings::testing::portfolio(&[&format!(
            "{START}Open Positions,Header,DataDiscriminator,Asset Category,Currency,Account,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
             Open Positions,Data,Summary,Stocks,USD,U1111111,VTI,100,1,200,20000,300,30000,10000,\n\
             Open Positions,Data,Summary,Stocks,USD,U2222222,VTI,50,1,200,10000,300,15000,5000,\n\
             Cash Report,Header,Currency Summary,Currency,Total,Securities,Futures\nCash Report,Data,Ending Cash,USD,100,100,0\n"
        )]);
        let held: Vec<_> = read
            .accounts
            .iter()
            .map(|account| (account.label(), account.positions.len(), account.cash.len()))
            .collect();
        assert_eq!(held, [("...1111".to_owned(), 1, 0), ("...2222".to_owned(), 1, 0), ("...4567".to_owned(), 0, 1)]);
    }

    #[test]
    fn a_statement_in_another_language_is_refused_by_its_name() {
        let text = format!(
            "{START}Offene Positionen,Header,DataDiscriminator,Vermögenswertkategorie,Währung,Symbol\n\
            Offene Positionen,Data,Summary,Aktien,USD,VTI\nNettovermögenswert,Data,Total,1\n"
        );
        let (_, sink) = crate::holdings::testing::portfolio(&[&text]);
        assert!(
            sink.items.iter().any(|item| item.message == "the statement is in German, so its sections are not known")
        );
    }

    #[test]
    fn what_a_future_is_on_is_not_owned() {
        let row = "Open Positions,Data,Summary,Futures,USD,ESZ6,-,1,50,5000,250000,5100,255000,5000,\n";
        let (read, sink) = crate::holdings::testing::portfolio(&[&format!("{HEAD}{row}")]);
        assert_eq!(read.accounts[0].positions[1].value.unwrap().dollars(), "$0.00");
        let warning = sink.items.iter().find(|item| item.code.id == "skipped-row").unwrap();
        assert!(warning.message.contains("$255,000.00"), "{}", warning.message);
    }

    #[test]
    fn lots_without_their_position_are_not_left_out_in_silence() {
        let lot = "Open Positions,Data,Lot,Stocks,USD,VTI,\"2023-07-07, 15:39:46\",10,,200,2000,300,3000,1000,LT\n";
        assert_eq!(errors(&format!("{HEAD}{lot}")), ["lots-unplaced"]);
    }

    #[test]
    fn a_total_without_its_rows_is_named() {
        let empty = HEAD.rsplit_once("Open Positions,Data").unwrap().0;
        assert_eq!(
            errors(&format!("{empty}Open Positions,Total,,Stocks,USD,,,,,,20000,,30000,10000,\n")).first(),
            Some(&"total-gap")
        );
    }

    #[test]
    fn rates_stand_among_the_forex_balances_too() {
        let (read, _) = crate::holdings::testing::portfolio(&[&format!(
            "{START}Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
             Open Positions,Data,Summary,Stocks,GBP,SHEL,100,1,20,2000,25,2500,500,\n\
             Forex Balances,Header,Asset Category,Currency,Description,Quantity,Cost Price,Cost Basis in USD,Close Price,Value in USD,Unrealized P/L in USD,Code\n\
             Forex Balances,Data,Forex,USD,GBP,100,1.3,-130,1.34,134,4,\n"
        )]);
        assert_eq!(read.accounts[0].positions[0].base_value().unwrap().dollars(), "$3,350.00");
    }
}
