//! One holding in several rows of an account: two downloads in one file, transactions, or lots at the price that was paid.
//!
//! A broker may split a holding (cash and margin, lots), and then the rows have one price and differ in something. Two
//! downloads in one file have the header twice; two days or purchases have two prices.

use std::collections::{HashMap, HashSet};

use super::generic;
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{DUPLICATE_ACCOUNT, Found, REFUSED, REPEATED_ROW};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Position};

/// Fewest names that any table may have in a row that is a header.
const NAMES: usize = 3;

/// Looks at what was read of a file. `by_names` says that it is of no broker, so that nothing else tells what its prices
/// are.
pub fn check(found: &Found, input: &Input<'_>, by_names: bool, report: &mut Report) {
    for account in &found.accounts {
        check_account(account, input, by_names, report);
    }
}

fn check_account(account: &Account, input: &Input<'_>, by_names: bool, report: &mut Report) {
    let mut seen: HashMap<String, &Position> = HashMap::new();
    let mut headers: Option<Vec<usize>> = None;
    for position in account.positions.iter().filter(|position| position.lots.len() > 1) {
        let headers = headers.get_or_insert_with(|| headers_of(input));
        if let Some(problem) = same_lots(account, position, headers) {
            report.push(problem);
            return;
        }
    }
    let named = |position: &&Position| {
        let contract = position.kind != AssetKind::Option || position.canonical.is_some();
        let called = position.symbol.is_some() || !position.name.is_empty();
        !position.kind.is_cash() && called && contract
    };
    for position in account.positions.iter().filter(named) {
        let held = position.held_in.map_or("", |held| held.word());
        let key = format!("{} {} {} {held}", position.label(), position.kind.id(), position.currency);
        let Some(first) = seen.get(&key).copied() else {
            seen.insert(key, position);
            continue;
        };
        let (Some(one), Some(two)) = (&first.place, &position.place) else { continue };
        let headers = headers.get_or_insert_with(|| headers_of(input));
        let between = headers.iter().any(|start| (one.span().start..two.span().start).contains(start));
        if let Some(problem) = problem(account, (first, one), (position, two), between, by_names) {
            let is_error = problem.severity == crate::diagnostics::Severity::Error;
            report.push(problem);
            // One row tells of all of them.
            if is_error {
                return;
            }
        }
    }
}

/// Says that a lot stands again below another header.
fn same_lots(account: &Account, position: &Position, headers: &[usize]) -> Option<Diagnostic> {
    // Of a file without a second header nothing is below one.
    if headers.len() < 2 {
        return None;
    }
    let mut seen: HashMap<_, &Place> = HashMap::new();
    position.lots.iter().find_map(|lot| {
        let place = lot.place.as_ref()?;
        let first = *seen.entry((lot.opened, lot.quantity, lot.cost_basis)).or_insert(place);
        let between = headers.iter().any(|start| (first.span().start..place.span().start).contains(start));
        between.then(|| twice(&account.label(), &position.label()).at(place.clone()).with(first.clone(), "also here"))
    })
}

fn twice(account: &str, symbol: &str) -> Diagnostic {
    let message = format!("{account}: {symbol} stands below two headers, so the file is two downloads in one");
    Diagnostic::error(DUPLICATE_ACCOUNT, message)
        .hint("keep the newer of the two in the file; counting both would double the account")
}

fn problem(
    account: &Account,
    (first, one): (&Position, &Place),
    (second, two): (&Position, &Place),
    between: bool,
    by_names: bool,
) -> Option<Diagnostic> {
    let (label, symbol) = (account.label(), second.label());
    let prices = first.price.zip(second.price).filter(|(a, b)| a != b);
    let signs = first.quantity.zip(second.quantity).is_some_and(|(a, b)| a.is_negative() != b.is_negative());
    let same = first.quantity == second.quantity && first.value == second.value && first.quantity.is_some();
    let problem = match prices {
        _ if between => twice(&label, &symbol),
        Some((a, b)) if by_names => {
            let message = format!("{symbol} has two prices, {} and {}", a.dollars(), b.dollars());
            Diagnostic::error(REFUSED, message).hint(
                "rows of several days or purchases are no list of what is held: keep one day; call what was paid `Cost per share`",
            )
        }
        _ if signs && by_names => {
            let message = format!("{symbol} is held and owed at once, so the rows are purchases and sales");
            Diagnostic::error(REFUSED, message).hint("give a table with one row for each holding")
        }
        Some((a, b)) => {
            let message = format!("{label}: {symbol} stands twice, at {} and at {}", a.dollars(), b.dollars());
            Diagnostic::warning(REPEATED_ROW, message).hint("both rows count; are they of one day?")
        }
        // A plan has the same fund of several sources.
        None if same && second.symbol.is_some() && first.lots.is_empty() && second.lots.is_empty() => {
            let message = format!("{label}: {symbol} stands twice with the same shares, and both rows count");
            Diagnostic::warning(REPEATED_ROW, message).hint("if it is held once, take one of the rows out")
        }
        None => return None,
    };
    Some(problem.at(two.clone()).with(one.clone(), "also here"))
}

/// Returns where the headers of a text begin.
fn headers_of(input: &Input<'_>) -> Vec<usize> {
    let table = input.table(&mut Report::default());
    let is_header = |names: &Columns| names.names().filter(|name| generic::is_plain(name)).count() >= NAMES;
    // A broker's own words are known as a header by their second time.
    let mut seen: HashSet<String> = HashSet::new();
    let mut again = |row: &Row<'_>| {
        let text = row.joined();
        !text.bytes().any(|byte| byte.is_ascii_digit()) && !seen.insert(text)
    };
    let headers = table.rows().filter(|row| !row.is_data() && row.filled(NAMES) == NAMES);
    let headers = headers.filter(|row| again(row) || is_header(&Columns::of(row)));
    headers.map(|row| row.place().span().start).collect()
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::errors;

    #[test]
    fn two_downloads_in_one_file_are_not_added_up() {
        let vanguard = "Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,\n\
            11112222,VANGUARD TOTAL STOCK MARKET ETF,VTI,10,300,3000,\n";
        let m1 = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\nVTI,V,10,200,2000,3000\n";
        let fidelity = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type\n\
            Z1,Individual,VTI,VANGUARD TOTAL STOCK MARKET ETF,10,$300.00,$3000.00,$2000.00,Cash,\n";
        let empower = "Account,Ticker,Name,Shares,Price,Change,1 Day %,1 Day $,Value\nIRA,VTI,V,10,300,0,0,0,3000\n";
        let own = "Symbol,Shares,Price,Value\nVTI,10,300,3000\n";
        let plan =
            "Plan Number,Plan Name,Fund Name,Shares,Price,Total Value\n001234,PLAN,Target 2050 Trust,10,300,3000\n";
        let morgan = "Asset Class,Description,Ticker,CUSIP,Quantity,Base CCY,Value\nEquity,V,VTI,922908769,10,USD,3000\nFOOTNOTES\n";
        let degiro = "Produkt,Symbol/ISIN,Anzahl,Schlusskurs,Wert,,Wert in USD\nAMAZON.COM INC,US0231351067,10,300,USD,3000,3000\n";
        for text in [vanguard, m1, fidelity, empower, own, plan, morgan, degiro] {
            assert_eq!(errors(text), [""; 0], "{text}");
            assert_eq!(errors(&format!("{text}\n{text}")), ["duplicate-account"], "{text}");
            let newer = text.replace("3000", "3100").replace("300,", "310,").replace("300.00", "310.00");
            assert_eq!(errors(&format!("{text}\n{newer}")), ["duplicate-account"], "{text}");
        }
        let yahoo = "Symbol,Current Price,Date,Time,Change,Open,High,Low,Volume,Trade Date,Purchase Price,Quantity,Commission,High Limit,Low Limit,Comment\n\
            AAPL,200,2026/11/20,16:00 EDT,,,,,,20240105,150,10,,,,\n";
        assert_eq!((errors(yahoo).len(), errors(&yahoo.repeat(2))), (0, vec!["duplicate-account"]));
    }

    #[test]
    fn rows_of_one_holding_at_two_prices_are_purchases_or_days() {
        for text in [
            "Ticker,Shares,Price\nAAPL,10,150\nAAPL,5,200\n",
            "Ticker,Shares,Price,Value,As Of\nVTI,10,300,3000,2026-11-20\nVTI,10,299,2990,2026-11-19\n",
            "Symbol,Shares,Price,Value\nVTI,10,300,3000\nVTI,-5,300,-1500\n",
            "Ticker,Shares,Price,Type\nVTI,10,300,B\nBND,5,70,S\n",
        ] {
            assert_eq!(errors(text), ["refused-file"], "{text}");
        }
        // One price and other shares are two parts of a holding, the same shares may be one part twice.
        assert_eq!(errors("Ticker,Shares,Price\nAAPL,10,150\nAAPL,5,150\n"), [""; 0]);
        assert_eq!(errors("Ticker,Shares,Price\nAAPL,10,150\nAAPL,10,150\n"), ["repeated-row"]);
        let options = "Symbol,Type,Shares,Price,Value\nAAPL,Stock,10,200,2000\nAAPL,Call,1,5,500\nAAPL,Put,-1,4,-400\n";
        assert_eq!(errors(options), [""; 0]);
        assert_eq!(errors("Account,Ticker,Shares,Price\nIRA,AAPL,10,150\nJoint,AAPL,10,151\n"), [""; 0]);
    }
}
