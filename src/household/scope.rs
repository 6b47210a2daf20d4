//! Which accounts are in the figures.

use super::Setup;
use crate::model::{Account, Portfolio};

/// Returns why an account is in no figure, if it is not: the config says so, or its money is not in dollars.
pub(crate) fn why_outside(account: &Account, setup: &Setup) -> Option<&'static str> {
    if setup.accounts.iter().any(|settings| settings.out_of_scope && settings.matches(account)) {
        Some("out of scope in [accounts]: in no figure")
    } else {
        (account.base_currency != "USD").then_some("not in US dollars: in no figure")
    }
}

/// Returns the portfolio without the accounts that are in no figure.
pub fn in_scope(portfolio: &Portfolio, setup: &Setup) -> Portfolio {
    let outside = |account: &Account| why_outside(account, setup).is_some();
    let accounts = portfolio.accounts.iter().filter(|account| !outside(account)).cloned().collect();
    Portfolio { accounts, ..portfolio.clone() }
}
