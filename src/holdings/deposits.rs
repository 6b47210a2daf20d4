//! Money at a bank that a broker lists as a position under a number of its own: at a price of exactly one it is cash.

use super::report::Report;
use super::{CASH_BY_NAME, kinds};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, AssetKind, Position};
use crate::reference;
use crate::units::Decimal;

/// Takes positions at a price of exactly one that are called after a deposit, a sweep or a money fund as cash, and says so.
pub fn take(account: &mut Account, report: &mut Report) {
    let label = account.label();
    for position in account.positions.iter_mut().filter(|position| is_at_one(position)) {
        if kinds::is_kept(position.symbol.as_deref().unwrap_or_default(), &position.name) {
            position.kind = AssetKind::MoneyMarket;
            let message = format!("{label}: `{}` at a price of exactly 1 is taken as cash", called(position));
            let note = Diagnostic::note(CASH_BY_NAME, message);
            let hint = "if it is none, say its kind in a column, or give the account in TOML with `kind`";
            report.push(position.place.iter().fold(note, |note, place| note.at(place.clone())).hint(hint));
        }
    }
}

/// Asks of positions at a price of exactly one whether they are cash, where neither symbol nor name says what they are.
pub fn ask(account: &Account, report: &mut Report) {
    let label = account.label();
    for position in account.positions.iter().filter(|position| is_at_one(position)) {
        if position.kind != AssetKind::Other || kinds::is_company(&position.name) || kinds::is_fund(&position.name) {
            continue;
        }
        let value = position.value.unwrap_or_default().dollars();
        let message = format!(
            "{label}: is `{}` at a price of exactly 1, {value}, cash? It counts as a holding that is not sold",
            called(position)
        );
        let warning = Diagnostic::warning(CASH_BY_NAME, message);
        let hint = "if it is cash, name it `Cash` or `Bank deposit` in the file";
        report.push(position.place.iter().fold(warning, |warning, place| warning.at(place.clone())).hint(hint));
    }
}

/// Returns whether a position that is neither cash nor known by its ticker costs exactly one.
fn is_at_one(position: &Position) -> bool {
    let open = matches!(position.kind, AssetKind::Other | AssetKind::MutualFund | AssetKind::Equity);
    let known = position.symbol.as_deref().is_some_and(reference::is_listed)
        || position.canonical.as_ref().is_some_and(|ticker| reference::is_listed(ticker.as_str()));
    let held = position.quantity.is_some_and(|held| !held.is_zero() && !held.is_negative());
    let one = position.price.is_some_and(|price| price.decimal() == Decimal::ONE);
    open && !known && held && one && position.contradiction().is_none()
}

fn called(position: &Position) -> String {
    if position.name.is_empty() { position.label() } else { position.name.clone() }
}

#[cfg(test)]
mod tests {
    use crate::diagnostics::Severity;
    use crate::holdings::testing::{one, portfolio, problems};

    const HEAD: &str = "Symbol,Name,Shares,Price,Value\nVTI,Vanguard Total Stock Market ETF,100,300,30000\n";

    fn cash_of(text: &str) -> (String, Vec<Severity>) {
        let (read, sink) = portfolio(&[text]);
        let funds = read.accounts.iter().flat_map(|own| &own.positions).filter(|held| held.kind.is_cash());
        let cash = read.accounts.iter().filter_map(|own| own.cash_in("USD"));
        let sum = funds.filter_map(|held| held.value).chain(cash).sum::<crate::units::Money>();
        let told = sink.items.iter().filter(|item| item.code.id == "cash-by-name").map(|item| item.severity);
        (sum.dollars(), told.collect())
    }

    /// A withdrawal sold stock beside $20,000 at the bank.
    #[test]
    fn what_is_called_after_a_deposit_is_cash_at_a_price_of_one() {
        let merrill = "Exported on: 11/19/2026 03:29 PM ET\n\n\"IRA-Edge 7AA-11B22\",\"Account Value\"\n\"IRA-Edge 7AA-11B22\",\"$50,000.00\"\n\
             \"Positions\",\"Quantity\",\"Price\",\"Value\",\"Total client investment\"\n\
             \"VTI VANGUARD TOTAL STOCK MARKET ETF\",\"100\",\"$300.00\",\"$30,000.00\",\"$20,000.00\"\n\
             \"990286916 NAME\",\"20,000\",\"$1.00 11/19/2026\",\"$20,000.00\",\"--\"\n";
        for name in ["BANK OF AMERICA, NA RASP", "PREFERRED DEPOSIT", "INSURED SAVINGS", "BOFA GOVERNMENT RESERVES"] {
            assert_eq!(
                cash_of(&merrill.replace("NAME", name)),
                ("$20,000.00".to_owned(), vec![Severity::Note]),
                "{name}"
            );
            let plain = format!("{HEAD}990286916,\"{name}\",20000,1.00,20000\n");
            assert_eq!(cash_of(&plain).0, "$20,000.00", "{name}");
        }
    }

    #[test]
    fn what_says_nothing_is_asked_about_and_what_is_known_is_not() {
        let asked = format!("{HEAD}990286916,PREFERRED XYZ,20000,1.00,20000\n");
        assert_eq!(problems(&[&asked]), ["cash-by-name"]);
        assert_eq!(cash_of(&asked).0, "$0.00");
        for row in [
            "FRCB,First Republic Bank,100,1.00,100",
            ",Stable Value Fund,100,1.00,100",
            "990286916,BANK OF X,100,1.01,101",
        ] {
            assert_eq!(cash_of(&format!("{HEAD}{row}\n")), ("$0.00".to_owned(), vec![]), "{row}");
        }
        assert_eq!(one(&format!("{HEAD}FRCB,First Republic Bank,100,1.00,100\n")).positions.len(), 2);
    }
}
