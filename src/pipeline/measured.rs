//! The first half of the way, for `broaden exposure`: what is owned, after the deposits and withdrawals of `[accounts]`,
//! beside the caps on it.

use std::collections::BTreeMap;

use super::{Inputs, Weather, as_of, check_date, strength_of, tickers, verdicts};
use crate::diagnostics::Sink;
use crate::exposure;
use crate::household::{self, Answered, Flows, Household, Setup, in_scope, why_outside};
use crate::market;
use crate::model::{Position, Subject};
use crate::report::exposure::{LeftOut, Measured, MeasuredAccount};
use crate::units::{Money, Weight};

/// Measures the household. `None` when something stops the run; the sink then says what.
pub fn measured(inputs: &Inputs, setup: &Setup, sink: &mut Sink) -> Option<Measured> {
    let market = market::load_with(&inputs.market, &setup.given, sink);
    if sink.has_errors() {
        return None;
    }
    let mut portfolio = setup.portfolio.clone();
    let as_of = as_of(inputs, &portfolio, sink);
    household::fill_prices(&mut portfolio, &market, as_of, sink);
    household::value_in_dollars(&mut portfolio, &market, as_of, sink);
    let portfolio = &portfolio;
    check_date(as_of, portfolio, sink);
    let (registry, benchmark) = (&setup.registry, &setup.household.benchmark);
    let asked = Answered::default();
    let flows = Flows::new(portfolio, setup, &asked);
    flows.check(portfolio, setup, sink);
    let scope = in_scope(&flows.applied(portfolio), setup);
    let household = exposure::measure(&scope, registry, benchmark);
    exposure::check(&household, Some(as_of), sink);
    exposure::check_benchmark(&household, &setup.document, sink);
    tickers::check(setup, &market, &household, sink);
    exposure::check_overrides(&household, &scope, registry, &setup.document, sink);
    let weather = Weather::of(setup, &market, as_of, strength_of(setup, &market, as_of));
    let pool = Household::new(portfolio, setup, &market, as_of, (&asked, &flows), &BTreeMap::new());
    let verdicts = verdicts(setup, &market, as_of, &household, &weather, &pool);
    let caps: Vec<_> =
        verdicts.into_iter().filter(|verdict| !verdict.is_target() && verdict.measured.is_some()).collect();
    let of_position =
        caps.iter().filter(|cap| cap.is_cap() && matches!(cap.subject, Subject::Issuer { .. } | Subject::Symbol(_)));
    let position_cap = of_position.filter_map(|cap| cap.bound).fold(Weight(0.0), |least, bound| match least.0 > 0.0 {
        true => Weight(least.0.min(bound.0)),
        false => bound,
    });
    let winners = exposure::winners(&household, position_cap, &market, as_of);
    let by_account = exposure::by_account(&scope, registry, benchmark);
    let accounts = scope.accounts.iter().zip(by_account);
    Some(Measured {
        version: env!("CARGO_PKG_VERSION"),
        as_of,
        accounts: accounts
            .map(|(account, exposure)| MeasuredAccount { label: account.label(), kind: account.kind, exposure })
            .collect(),
        left_out: portfolio
            .accounts
            .iter()
            .filter_map(|account| {
                let why = why_outside(account, setup)?.to_owned();
                let positions = account.positions.iter().filter_map(Position::base_value).sum::<Money>();
                let value = || positions + account.cash_in("USD").unwrap_or_default();
                Some(LeftOut { label: account.label(), why, value: (account.base_currency == "USD").then(value) })
            })
            .collect(),
        flows: pool.flows(),
        themes: registry.themes(),
        caps,
        winners,
        diagnostics: sink.items.clone(),
        household,
    })
}
