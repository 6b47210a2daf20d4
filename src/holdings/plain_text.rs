//! Plain-text accounting: the holdings reports of beancount and the balances of hledger as CSV.

use super::generic::{self, ImportMapping};
use super::input::Input;
use super::report::Report;
use super::{Detection, Found, ReaderEntry, TOTAL_GAP};
use crate::diagnostics::Diagnostic;
use crate::units::{Decimal, Money, Shares};

/// What the reader of beancount does.
pub const BEANCOUNT_DOC: &str = "Reads the holdings report of beancount as CSV (`bean-report FILE holdings -f csv`): its column Currency is the\n\
commodity that is held, Cost Currency the money. Commodities that are currencies are cash.";
/// What the reader of hledger does.
pub const HLEDGER_DOC: &str = "Reads the balances of hledger as CSV, one commodity a row (`hledger balance assets -O csv --layout bare`). They have no\n\
prices: the market files give them. Commodities that are currencies are cash, and the total row is left out.";

/// beancount.
pub const BEANCOUNT: ReaderEntry = ReaderEntry {
    id: "beancount",
    broker: "beancount holdings",
    doc: BEANCOUNT_DOC,
    download: "",
    needs: BEANCOUNT_NEEDS,
    detect: |input| Detection::when(input.has(BEANCOUNT_NEEDS)),
    read: |input, report| {
        generic::read(input, &ImportMapping::known("beancount", "holdings", BEANCOUNT_COLUMNS), report)
    },
};

/// hledger.
pub const HLEDGER: ReaderEntry = ReaderEntry {
    id: "hledger",
    broker: "hledger balances",
    doc: HLEDGER_DOC,
    download: "",
    needs: HLEDGER_NEEDS,
    detect: |input| Detection::when(input.has(HLEDGER_NEEDS)),
    read: hledger,
};

fn hledger(input: &Input<'_>, report: &mut Report) -> Found {
    let found = generic::read(input, &ImportMapping::known("hledger", "balances", HLEDGER_COLUMNS), report);
    let table = input.table(&mut Report::default());
    for row in table.rows().filter(|row| row.text(0).to_lowercase().starts_with("total")) {
        let (commodity, total) = (row.text(1), row.quiet(Some(2)).unwrap_or_default());
        let shares = found.accounts.iter().flat_map(|account| &account.positions);
        let shares = shares.filter(|held| held.symbol.as_deref() == Some(commodity)).filter_map(|held| held.quantity);
        let cash = found.accounts.iter().filter_map(|account| account.cash_in(commodity));
        let sum: Decimal = shares.map(Shares::decimal).chain(cash.map(Money::decimal)).sum();
        // A tree counts what is below an account with it.
        if sum != total {
            let message = format!("the total of {commodity} is {total}, and the rows add up to {sum}");
            report.push(
                Diagnostic::error(TOTAL_GAP, message)
                    .at(row.place())
                    .hint("run `hledger balance assets -O csv --layout bare --flat`, which counts nothing twice"),
            );
        }
    }
    found
}

const BEANCOUNT_NEEDS: &[&[&str]] =
    &[&["account"], &["units"], &["currency"], &["cost currency"], &["average cost"], &["price"], &["market value"]];
const BEANCOUNT_COLUMNS: &[(&str, &str)] = &[
    ("account", "account"),
    ("quantity", "units"),
    ("symbol", "currency"),
    ("currency", "cost currency"),
    ("cost-per-share", "average cost"),
    ("price", "price"),
    ("value", "market value"),
];
const HLEDGER_NEEDS: &[&[&str]] = &[&["account"], &["commodity"], &["balance"]];
const HLEDGER_COLUMNS: &[(&str, &str)] = &[("account", "account"), ("symbol", "commodity"), ("quantity", "balance")];

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, portfolio};

    #[test]
    fn commodities_are_holdings_and_currencies_cash() {
        let (read, sink) = portfolio(&[
            "Account,Units,Currency,Cost Currency,Average Cost,Price,Book Value,Market Value\n\
            Assets:US:Roth,10.00,VTI,USD,200.00,300.00,2000.00,3000.00\nAssets:US:Roth,500.25,USD,USD,,,500.25,500.25\n",
        ]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        assert_eq!(
            (account.label().as_str(), account.kind.id(), account.broker.as_str()),
            ("Assets:US:Roth", "roth", "beancount")
        );
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$2,000.00");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$500.25");
    }

    #[test]
    fn balances_are_holdings_without_prices_and_the_total_is_none() {
        let (read, sink) = portfolio(&["\"account\",\"commodity\",\"balance\"\n\"assets:ira\",\"VTI\",\"10\"\n\
            \"assets:ira\",\"USD\",\"500.25\"\n\"Total:\",\"VTI\",\"10\"\n\"Total:\",\"USD\",\"500.25\"\n"]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        assert_eq!((read.accounts.len(), account.positions.len(), account.kind.id()), (1, 1, "traditional"));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$500.25");
        assert_eq!(errors("account,commodity,balance\na,VTI,many\n"), ["bad-number"]);
        let tree = "account,commodity,balance\nassets,VTI,10\nassets:ira,VTI,10\nTotal:,VTI,10\n";
        assert_eq!(errors(tree), ["total-gap"]);
    }
}
