//! The rows that exposure is measured over: every valued position, and the cash of each account.

use std::borrow::Cow;

use crate::model::{Account, AssetKind, Portfolio, Position, Symbol};
use crate::reference::{Composition, InstrumentKind, MOST_OF_A_FUND, Registry};
use crate::units::Money;

/// How a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LineKind {
    /// Stocks, funds, bonds and the rest.
    Invested,
    /// Cash, money funds, pending money.
    Cash,
    /// Options: in the value, in no sector.
    Derivative,
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub account: usize,
    /// `None` for the account's own cash.
    pub position: Option<usize>,
    pub label: String,
    /// The instrument of the registry it is.
    pub symbol: Option<Symbol>,
    pub value: Money,
    pub kind: LineKind,
    pub through_fund: bool,
    asset: AssetKind,
}

impl Line {
    /// Returns what a dollar of the row is made of.
    pub(crate) fn parts<'a>(&self, registry: &'a Registry) -> Cow<'a, Composition> {
        if let Some(parts) = self.symbol.as_ref().and_then(|symbol| registry.composition(symbol)) {
            return Cow::Borrowed(parts);
        }
        Cow::Owned(match self.asset {
            AssetKind::Bond | AssetKind::Crypto => Composition { non_equity: 1.0, ..Composition::default() },
            // A stock of an unknown sector still is one issuer.
            AssetKind::Equity => registry.stranger(&self.label),
            AssetKind::Etf | AssetKind::MutualFund => {
                Composition { anonymous: MOST_OF_A_FUND, ..registry.unknown_parts(&self.label) }
            }
            _ => registry.unknown_parts(&self.label),
        })
    }
}

/// Returns the rows of the household or of one account, and what has no value in the base currency.
pub(crate) fn collect(portfolio: &Portfolio, registry: &Registry, only: Option<usize>) -> (Vec<Line>, Vec<String>) {
    let mut lines = Vec::new();
    let mut unvalued = Vec::new();
    let household = common_base(portfolio);
    for (index, account) in portfolio.accounts.iter().enumerate() {
        if only.is_some_and(|wanted| wanted != index) {
            continue;
        }
        let base = base_currency(account);
        // Accounts in different currencies can only be added when the files give a rate; they give one per account.
        let comparable = household.is_none_or(|common| common == base) || only.is_some();
        for (currency, amount) in &account.cash {
            match comparable && currency == base {
                true => lines.push(cash(index, *amount)),
                false if amount.is_zero() => {}
                false => unvalued.push(format!("{currency} cash in {}", account.label())),
            }
        }
        if let Some(pending) = account.pending.filter(|_| comparable) {
            lines.push(cash(index, pending));
        }
        for (at, position) in account.positions.iter().enumerate() {
            let own = if position.currency == base { position.value } else { None };
            match position.details.value_base.or(own).filter(|_| comparable) {
                Some(value) => lines.push(line(index, at, position, value, registry)),
                None => unvalued.push(position.label()),
            }
        }
    }
    (lines, unvalued)
}

fn cash(account: usize, value: Money) -> Line {
    Line {
        account,
        position: None,
        label: "cash".to_owned(),
        symbol: None,
        value,
        kind: LineKind::Cash,
        through_fund: false,
        asset: AssetKind::Cash,
    }
}

fn line(account: usize, at: usize, position: &Position, value: Money, registry: &Registry) -> Line {
    let looked_up = matches!(
        position.kind,
        AssetKind::Equity | AssetKind::Etf | AssetKind::MutualFund | AssetKind::Other | AssetKind::MoneyMarket
    );
    let symbol = if looked_up { registry.resolve(position) } else { None };
    let instrument = symbol.as_ref().and_then(|symbol| registry.get(symbol)).map(|instrument| instrument.kind);
    let kind = match (position.kind, instrument) {
        (AssetKind::Option, _) => LineKind::Derivative,
        (AssetKind::Cash | AssetKind::MoneyMarket, _) | (_, Some(InstrumentKind::MoneyMarket)) => LineKind::Cash,
        _ => LineKind::Invested,
    };
    let wrapper = matches!(position.kind, AssetKind::Etf | AssetKind::MutualFund);
    Line {
        account,
        position: Some(at),
        label: position.label(),
        symbol,
        value,
        kind,
        through_fund: instrument.map_or(wrapper, InstrumentKind::is_fund),
        asset: position.kind,
    }
}

/// The first cash row is the base currency, unless no position is in it or converted into it.
pub(crate) fn base_currency(account: &Account) -> &str {
    let first = account.cash.first().map_or("USD", |(currency, _)| currency.as_str());
    let used = |position: &Position| position.currency == first || position.details.value_base.is_some();
    if account.positions.is_empty() || account.positions.iter().any(used) { first } else { "USD" }
}

/// The currency of the household: the one all accounts share, else dollars.
pub(crate) fn common_base(portfolio: &Portfolio) -> Option<&str> {
    let mut bases = portfolio.accounts.iter().map(base_currency);
    let first = bases.next()?;
    Some(if bases.all(|base| base == first) { first } else { "USD" })
}
