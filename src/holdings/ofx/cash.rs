//! The cash of an OFX statement, which may be the sweep fund among its positions.

use super::amount;
use super::markup::Node;
use crate::diagnostics::Diagnostic;
use crate::holdings::report::Report;
use crate::holdings::{CASH_TWICE, NO_CASH, draft, totals};
use crate::model::Account;
use crate::units::{Decimal, Money};

/// Adds the cash of a statement to its account, of which the positions are complete.
///
/// By the standard the available cash includes what is in sweep funds (OFX 2.2, 13.9.2.7), and many brokers list the fund
/// as a position too. Where the account's total is printed, it decides.
pub fn settle(statement: &Node<'_, '_>, account: &mut Account, report: &mut Report) {
    let balances = statement.find("INVBAL");
    let plan = statement.find("INV401KBAL");
    let of = |node: &Option<Node<'_, '_>>, tag: &str, report: &mut Report| {
        node.as_ref().and_then(|node| amount(node, tag, report)).map(Money)
    };
    let available = of(&balances, "AVAILCASH", report)
        .or_else(|| of(&plan, "CASHBAL", report))
        .or_else(|| named(&balances, report));
    let margin = of(&balances, "MARGINBALANCE", report);
    // What is owed may be printed as negative cash as well.
    let owed = margin.filter(|margin| margin.is_negative() && available != Some(*margin)).unwrap_or_default();
    account.reported_total = of(&plan, "TOTAL", report);
    let Some(available) = available.or(margin.map(|margin| Money(margin.decimal().max(Decimal::ZERO)))) else {
        missing(statement, account, &balances, report);
        return;
    };
    let funds = || account.positions.iter().filter(|position| position.kind.is_cash());
    let fund: Money = funds().filter_map(|position| position.value).sum();
    let positions: Money =
        account.positions.iter().filter_map(|position| position.details.value_base.or(position.value)).sum();
    let (apart, beyond) = (available + owed, available - fund + owed);
    let fits = |total: &Money, cash: Money| draft::agree(*total, positions + cash, account.positions.len());
    let readings = [apart, beyond, owed];
    let totals: Vec<Money> = account.reported_total.into_iter().chain(printed(&balances, report)).collect();
    let told =
        totals.iter().find_map(|total| readings.iter().find(|cash| fits(total, **cash)).map(|cash| (*total, *cash)));
    let cash = match told {
        Some((total, cash)) => {
            account.reported_total = Some(total);
            cash
        }
        None if fund.is_zero() || available.is_zero() || available.is_negative() => apart,
        None if available == fund => owed,
        None => {
            let names: Vec<String> = funds().map(|position| position.label()).collect();
            let counted = Money(available.decimal().max(fund.decimal()));
            let message = format!(
                "{}: the available cash of {} may be what is in {}, {}, or come on top: {} counts",
                account.label(),
                available.dollars(),
                names.join(" and "),
                fund.dollars(),
                counted.dollars()
            );
            let warning = Diagnostic::warning(CASH_TWICE, message)
                .hint("compare with the broker's page; its CSV of positions leaves no doubt");
            report.push(match &balances {
                Some(balances) => warning.at(balances.place()),
                None => warning,
            });
            counted - fund + owed
        }
    };
    account.cash.push((account.base_currency.clone(), cash));
}

/// Returns the cash among the balances that a broker adds to the standard's, where one of them is plainly that.
fn named(balances: &Option<Node<'_, '_>>, report: &mut Report) -> Option<Money> {
    let mut found: Vec<Money> = Vec::new();
    for balance in balances.iter().flat_map(|balances| balances.all(&["BAL"]).collect::<Vec<_>>()) {
        let names = [balance.value("NAME"), balance.value("DESC")];
        let cash = |name: &str| {
            let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            words.iter().any(|word| word == "cash") && words.iter().all(|word| CASH_WORDS.contains(&word.as_str()))
        };
        let dollars = !balance.value("BALTYPE").eq_ignore_ascii_case("PERCENT");
        if dollars && names.iter().any(|name| cash(name)) {
            found.extend(amount(&balance, "VALUE", report).map(Money));
        }
    }
    found.dedup();
    // Of two the one may be a part of the other.
    found.first().copied().filter(|_| found.len() == 1)
}

/// Words of the name of a balance that is cash and nothing else: no buying power, no account of cash beside one on margin.
const CASH_WORDS: &[&str] =
    &["cash", "balance", "available", "total", "net", "uninvested", "settled", "core", "and", "sweep", "usd", ""];

/// Warns of a statement that says nothing of cash. A plan has none unless it says so, and a total that its holdings make up
/// leaves none.
fn missing(statement: &Node<'_, '_>, account: &mut Account, balances: &Option<Node<'_, '_>>, report: &mut Report) {
    let held: Money =
        account.positions.iter().filter_map(|position| position.details.value_base.or(position.value)).sum();
    let totals: Vec<Money> = account.reported_total.into_iter().chain(printed(balances, report)).collect();
    if let Some(total) = totals.first() {
        account.reported_total = Some(*total);
    }
    let whole = totals.iter().any(|total| draft::agree(*total, held, account.positions.len()));
    if whole || statement.find("INV401K").is_some() || statement.find("INV401KBAL").is_some() {
        return;
    }
    let message = format!("{}: the statement says nothing of cash", account.label());
    let place = balances.as_ref().map_or_else(|| statement.place(), Node::place);
    report.push(
        Diagnostic::warning(NO_CASH, message)
            .at(place)
            .hint("what is there or owed is missing from every figure; the broker's CSV of positions may have it"),
    );
}

/// Returns the totals among the balances that a broker adds to the standard's.
fn printed(balances: &Option<Node<'_, '_>>, report: &mut Report) -> Vec<Money> {
    let mut found = Vec::new();
    for balance in balances.iter().flat_map(|balances| balances.all(&["BAL"]).collect::<Vec<_>>()) {
        let names = [balance.value("NAME"), balance.value("DESC")];
        if names.iter().any(|name| totals::says_total(name))
            && !balance.value("BALTYPE").eq_ignore_ascii_case("PERCENT")
        {
            found.extend(amount(&balance, "VALUE", report).map(Money));
        }
    }
    found
}
