//! An account of a file that is the sum of the others: `All accounts` above or below the accounts themselves. Counted
//! beside them it doubles the household.

use std::collections::BTreeMap;

use super::report::Report;
use super::{DUPLICATE_ACCOUNT, Found};
use crate::diagnostics::Diagnostic;
use crate::model::Account;
use crate::units::{Decimal, Money};

/// What people call all their accounts together.
const WHOLE: &[&str] = &[
    "all",
    "total",
    "totals",
    "combined",
    "consolidated",
    "household",
    "overall",
    "everything",
    "aggregate",
    "aggregated",
    "summary",
    "together",
    "family",
];
/// What may stand beside that.
const BESIDE: &[&str] = &[
    "accounts",
    "account",
    "holdings",
    "positions",
    "portfolio",
    "portfolios",
    "assets",
    "investments",
    "view",
    "my",
    "our",
];

/// Takes out the account that holds what all others of the file hold together, and warns of what may be one.
pub fn check(found: &mut Found, report: &mut Report) {
    if found.accounts.len() < 2 || found.own {
        return;
    }
    let held: Vec<BTreeMap<String, Decimal>> = found.accounts.iter().map(held).collect();
    let mut all = BTreeMap::<&str, Decimal>::new();
    for (label, amount) in held.iter().flatten() {
        let sum = all.entry(label).or_default();
        *sum = sum.saturating_add(*amount);
    }
    // A sum is rounded once where its parts are rounded each.
    let tolerance = Decimal::new(1, 3).saturating_mul(Decimal::from(held.len()));
    let is_sum = |own: &BTreeMap<String, Decimal>| {
        own.len() == all.len()
            && own.iter().all(|(label, amount)| {
                let twice = amount.saturating_mul(Decimal::TWO);
                all.get(label.as_str()).is_some_and(|sum| (*sum - twice).abs() <= tolerance)
            })
    };
    // Two people may have as many shares of one fund each.
    let told = |own: &BTreeMap<String, Decimal>| own.len() > 1 || held.len() > 2 && !own.is_empty();
    let whole = held.iter().position(|own| told(own) && is_sum(own));
    let named = found.accounts.iter().position(is_named);
    if whole.is_none() {
        groups(&found.accounts, &held, report);
    }
    let (Some(at), others) = (whole.or(named), found.accounts.len() - 1) else { return };
    let Some(account) = found.accounts.get(at) else { return };
    let label = account.label();
    let (named, held) = (is_named(account), held.get(at).map_or(0, BTreeMap::len));
    let cash = |accounts: &mut dyn Iterator<Item = &Account>| -> Money {
        accounts.flat_map(|account| &account.cash).map(|(_, amount)| *amount).sum()
    };
    let own_cash = cash(&mut std::iter::once(account));
    let total = cash(&mut found.accounts.iter());
    // The cash may stand in one of the two alone.
    let cash_agrees = own_cash.is_zero() || (total - own_cash - own_cash).abs() <= Money(Decimal::ONE);
    let sure = whole.is_some() && cash_agrees && (named || held > 1 && others > 1);
    let place = account.place.clone();
    let at_place = |problem: Diagnostic| place.iter().fold(problem, |problem, place| problem.at(place.clone()));
    if sure {
        let message = format!(
            "`{label}` holds what the other {} together, so it is their sum and does not count",
            if others == 1 { "account holds".to_owned() } else { format!("{others} accounts hold") }
        );
        report.push(
            at_place(Diagnostic::warning(DUPLICATE_ACCOUNT, message))
                .hint("leave it out of the file; an account of its own goes into a file of its own"),
        );
        found.accounts.remove(at);
        found.index.clear();
        return;
    }
    let message = match whole {
        Some(_) => format!("`{label}` holds what the rest of the file holds together; both are counted"),
        None => format!("`{label}` is called after all accounts, and is counted beside the others of the file"),
    };
    report.push(
        at_place(Diagnostic::warning(DUPLICATE_ACCOUNT, message))
            .hint("if it is their sum, leave it out of the file: it doubles what they hold"),
    );
}

/// More accounts than these are no household's, and are not compared.
const MOST_ACCOUNTS: usize = 100;

/// Warns of an account that holds what several accounts right below or above it hold together: `Taxable` above two
/// brokerages.
fn groups(accounts: &[Account], held: &[BTreeMap<String, Decimal>], report: &mut Report) {
    if accounts.len() > MOST_ACCOUNTS {
        return;
    }
    let tolerance = Decimal::new(1, 2);
    for (at, (account, own)) in accounts.iter().zip(held).enumerate().filter(|(_, (_, own))| own.len() > 1) {
        let below = held.iter().skip(at + 1).collect::<Vec<_>>();
        let above = held.iter().take(at).rev().collect::<Vec<_>>();
        let is_sum = |others: &[&BTreeMap<String, Decimal>]| {
            let mut sum = BTreeMap::<&str, Decimal>::new();
            others.iter().enumerate().any(|(count, other)| {
                for (label, amount) in *other {
                    let all = sum.entry(label).or_default();
                    *all = all.saturating_add(*amount);
                }
                let same = |(label, amount): (&String, &Decimal)| {
                    sum.get(label.as_str()).is_some_and(|all| (*all - *amount).abs() <= tolerance)
                };
                count > 0 && sum.len() == own.len() && own.iter().all(same)
            })
        };
        if is_sum(&below) || is_sum(&above) {
            let message =
                format!("`{}` holds what several accounts beside it hold together; all are counted", account.label());
            let warning = Diagnostic::warning(DUPLICATE_ACCOUNT, message)
                .hint("if it is their sum, leave it out of the file: it doubles what they hold");
            report.push(account.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
        }
    }
}

/// Returns what an account holds, by label, in shares, or in money where there are none.
fn held(account: &Account) -> BTreeMap<String, Decimal> {
    let mut all = BTreeMap::new();
    for position in account.positions.iter().filter(|position| !position.kind.is_cash()) {
        let ticker = position.canonical.as_ref().map_or_else(|| position.label(), ToString::to_string);
        let amount = position.quantity.map(|shares| shares.decimal());
        let amount = amount.or(position.value.map(|value| value.decimal())).unwrap_or_default();
        let sum: &mut Decimal = all.entry(ticker).or_default();
        *sum = sum.saturating_add(amount);
    }
    all
}

/// Returns whether an account is called after all of them.
fn is_named(account: &Account) -> bool {
    let Some(name) = account.name.as_deref().filter(|_| account.tail().is_none()) else { return false };
    let words: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    words.iter().any(|word| is(WHOLE, word)) && words.iter().all(|word| is(WHOLE, word) || is(BESIDE, word))
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    fn told(text: &str) -> (Vec<String>, Vec<&'static str>) {
        let (read, sink) = portfolio(&[text]);
        let warned = sink.items.iter().filter(|item| item.code.id == "duplicate-account");
        (read.accounts.iter().map(|account| account.label()).collect(), warned.map(|item| item.code.id).collect())
    }

    #[test]
    fn an_account_that_is_the_sum_of_the_others_does_not_count() {
        let head = "Symbol,Shares,Price,Value\n";
        let two = format!("Brokerage\n{head}VTI,10,300,3000\nBND,5,70,350\n\nRoth IRA\n{head}VTI,5,300,1500\n");
        let all = format!("{head}VTI,15,300,4500\nBND,5,70,350\nTotal,,,4850\n");
        let expected = (vec!["Brokerage".to_owned(), "Roth IRA".to_owned()], vec!["duplicate-account"]);
        for text in [
            format!("All Accounts\n{all}\n{two}"),
            format!("{all}\n{two}"),
            format!("{two}\nHousehold\n{all}"),
            "Account,Symbol,Shares,Price\nAll,VTI,15,300\nAll,BND,5,70\nBrokerage,VTI,10,300\nBrokerage,BND,5,70\nRoth IRA,VTI,5,300\n"
                .to_owned(),
        ] {
            assert_eq!(told(&text), expected, "{text}");
        }
        // Of another day the sum is another, and of one holding it may be chance: both are told.
        let older =
            format!("All Accounts\n{}\n{two}", all.replace("15,300,4500", "14,300,4200").replace("4850", "4550"));
        assert_eq!((told(&older).0.len(), told(&older).1.len()), (3, 1));
        let single = "Account,Symbol,Shares,Price\nAnn,VTI,15,300\nBrokerage,VTI,10,300\nRoth IRA,VTI,5,300\n";
        assert_eq!((told(single).0.len(), told(single).1.len()), (3, 1));
        // The sum of some of them.
        let group = "Account,Symbol,Shares,Price\nTaxable,VTI,10,300\nTaxable,BND,5,70\nBrokerage A,VTI,6,300\nBrokerage B,VTI,4,300\n\
            Brokerage B,BND,5,70\nRoth IRA,VTI,5,300\n";
        assert_eq!((told(group).0.len(), told(group).1.len()), (4, 1));
        // Accounts that are none.
        assert_eq!(told(&two).1.len(), 0);
    }
}
