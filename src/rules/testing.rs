//! A small household for the tests of this stage.

use std::collections::BTreeMap;

use super::gates::Gate;
use super::strength::Strength;
use super::{Context, Verdict, configure, verdicts};
use crate::config::Document;
use crate::diagnostics::{Sink, Source};
use crate::exposure;
use crate::model::{Account, AssetKind, Measure, Portfolio, Position, Symbol};
use crate::reference::Registry;
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// Holdings at 100 dollars a share, and what rotation and the market say.
pub(crate) struct House {
    portfolio: Portfolio,
    pub strength: Strength,
    pub weekly: BTreeMap<Symbol, Vec<f64>>,
    pub closed: BTreeMap<Symbol, String>,
    /// Fund and what stands in for it.
    pub stand_ins: BTreeMap<Symbol, Symbol>,
    /// What was sold before, as the context has it.
    pub sold: BTreeMap<Symbol, Vec<(chrono::NaiveDate, Money)>>,
    /// What leaves, and what of it must be raised.
    pub withdrawals: (Money, Money),
    /// The smallest order, where what may be sold is less.
    pub smallest_sale: Option<Money>,
}

impl House {
    /// Symbols with the shares held, and cash in dollars.
    pub fn new(holdings: &[(&str, i64)], cash: i64) -> House {
        let mut account = Account::new("test", "test");
        account.cash.push(("USD".to_owned(), Money(Decimal::from(cash))));
        for (symbol, shares) in holdings {
            let mut position = Position::new(AssetKind::Equity, *symbol);
            position.canonical = Some(Symbol::new(symbol));
            position.quantity = Some(Shares(Decimal::from(*shares)));
            position.price = Some(Price(Decimal::ONE_HUNDRED));
            position.value = Some(Money(Decimal::from(100 * shares)));
            account.positions.push(position);
        }
        House {
            portfolio: Portfolio { accounts: vec![account], ..Portfolio::default() },
            strength: Strength::without_data(),
            weekly: BTreeMap::new(),
            closed: BTreeMap::new(),
            stand_ins: BTreeMap::new(),
            sold: BTreeMap::new(),
            withdrawals: (Money::ZERO, Money::ZERO),
            smallest_sale: None,
        }
    }

    /// With a rotation strength.
    pub fn at(mut self, strength: f64) -> House {
        self.strength = Strength { value: Weight(strength), frozen: None, data: true, ..Strength::without_data() };
        self
    }

    /// Returns the verdicts whose ids begin with a word, under a config beside the defaults. Every gate is open, and every
    /// sleeve has a price.
    pub fn verdicts(&self, config: &str, id: &str) -> Vec<Verdict> {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
        let registry = Registry::bundled();
        let drivers = crate::signals::configure(&document, &mut sink).drivers;
        let rules = configure(&document, &registry, &drivers, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let exposure = exposure::measure(&self.portfolio, &registry, &Symbol::new("SPY"));
        let positions = self.portfolio.accounts.iter().flat_map(|account| &account.positions);
        let held: BTreeMap<Symbol, Money> =
            positions.filter_map(|position| Some((position.canonical.clone()?, position.value?))).collect();
        let sleeves = rules.sleeves.sleeves.iter().map(|sleeve| sleeve.symbol.clone());
        let mut symbols: Vec<Symbol> =
            held.keys().cloned().chain(sleeves).chain(self.stand_ins.values().cloned()).collect();
        symbols.sort();
        symbols.dedup();
        let gates = super::sleeves::gates(&rules.sleeves, |_| Gate {
            open: true,
            since: None,
            as_of: None,
            value_vs_sma200: None,
            momentum_126_vs_spy: None,
            z126: None,
            asked: 0,
            reason: String::new(),
        });
        let context = Context {
            exposure: &exposure,
            registry: &registry,
            strength: &self.strength,
            gates: &gates,
            tilts: &BTreeMap::new(),
            deposits: Money::ZERO,
            withdrawals: self.withdrawals.0,
            to_raise: self.withdrawals.1,
            smallest_sale: &|_| self.smallest_sale,
            unwinding: None,
            held: &held,
            priced: &|symbol| symbols.contains(symbol),
            symbols: &symbols,
            weekly: &|symbol, _| self.weekly.get(symbol).cloned(),
            closed: &self.closed,
            stand_ins: &self.stand_ins,
            sold: &self.sold,
        };
        verdicts(&rules, &context).into_iter().filter(|verdict| verdict.id.starts_with(id)).collect()
    }

    /// Returns the one verdict of `[limits.t]`.
    pub fn verdict(&self, config: &str) -> Verdict {
        let mut found = self.verdicts(&format!("[limits.t]\n{config}"), "limits.t");
        found.retain(|verdict| verdict.id == "limits.t" || verdict.id.starts_with("limits.t."));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

/// Returns the cap that a verdict asks the plan to keep.
pub(crate) fn cap_of(verdict: &Verdict) -> f64 {
    let caps = verdict.limits.iter().find_map(|limit| match &limit.measure {
        Measure::ExposureCap { cap, .. } | Measure::RiskCap { cap, .. } | Measure::BuyCap { cap, .. } => Some(cap.0),
        _ => None,
    });
    caps.unwrap_or(f64::NAN)
}
