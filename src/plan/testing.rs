//! Small households for the tests of this stage.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Decided, Filing, Income, Mode, Plan, PlanAccount, PlanLot, Problem, Security, TaxSettings, WashSales, solve,
};
use crate::model::{Limit, LotId, LotOrigin, Measure, PastTrade, Reaction, Side, Symbol, Target, TaxTreatment};
use crate::tax::FilingStatus;
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// A problem that can be changed in words.
pub(crate) struct Household {
    pub problem: Problem,
}

/// Returns whole dollars.
pub(crate) fn dollars(amount: i64) -> Money {
    Money(Decimal::from(amount))
}

fn betas(pairs: &[(&str, f64)]) -> BTreeMap<Symbol, f64> {
    pairs.iter().map(|(symbol, beta)| (Symbol::new(symbol), *beta)).collect()
}

impl Household {
    fn empty(kind: TaxTreatment) -> Self {
        let rate = |percent| Decimal::new(percent, 2);
        let account = PlanAccount {
            id: "A".into(),
            kind,
            cash: Money::ZERO,
            flow: Money::ZERO,
            reserve: Money::ZERO,
            menu: None,
            neutral: None,
            do_not_buy: vec![],
            do_not_sell: vec![],
            increment: Decimal::ONE,
        };
        Household {
            problem: Problem {
                as_of: "2026-06-30".parse().unwrap(),
                accounts: vec![account],
                securities: BTreeMap::new(),
                lots: vec![],
                fixed: vec![],
                limits: vec![],
                targets: vec![],
                buyable: vec![],
                tax: TaxSettings {
                    short_rate: rate(37),
                    long_rate: rate(15),
                    ordinary_rate: rate(37),
                    loss_limit: dollars(3000),
                    realised_short: Money::ZERO,
                    realised_long: Money::ZERO,
                    carry_short: Money::ZERO,
                    carry_long: Money::ZERO,
                    filing: None,
                    deferral_weight: 1.0,
                },
                trades: vec![],
                identities: BTreeMap::new(),
                average_cost: BTreeSet::new(),
                wash_sales: WashSales::Block,
                caps_after_costs: true,
                whole_shares: true,
                near_long_term_days: 0,
                set_aside_tax: false,
                kept_for_tax: Money::ZERO,
                ticket: Money::ZERO,
                mode: Mode::Lexicographic,
                sleeves: BTreeSet::new(),
                trim_order: BTreeMap::new(),
                route: None,
                neutral: None,
                elsewhere: BTreeMap::new(),
                in_dollars: BTreeSet::new(),
                decided: Decided::default(),
            },
        }
    }

    /// One IRA: symbol, price, shares.
    pub fn ira(lots: &[(&str, i64, i64)]) -> Self {
        let mut home = Self::empty(TaxTreatment::Traditional);
        for (symbol, price, shares) in lots {
            home.lot(symbol, *price, *shares, *price);
        }
        home
    }

    /// One taxable account, bought in 2020: symbol, price, shares, basis per share.
    pub fn taxable(lots: &[(&str, i64, i64, i64)]) -> Self {
        let mut home = Self::empty(TaxTreatment::Taxable);
        for (symbol, price, shares, basis) in lots {
            home.lot(symbol, *price, *shares, *basis);
        }
        home
    }

    /// One more lot, with its basis per share.
    pub fn lot(&mut self, symbol: &str, price: i64, shares: i64, basis: i64) {
        self.price(symbol, price);
        self.problem.lots.push(PlanLot {
            id: LotId::new(self.problem.lots.len()),
            origin: LotOrigin { own: format!("L{}", self.problem.lots.len() + 1), ..LotOrigin::default() },
            account: "A".into(),
            symbol: Symbol::new(symbol),
            quantity: Shares(Decimal::from(shares)),
            basis: Some(dollars(basis * shares)),
            acquired: Some("2020-01-02".parse().unwrap()),
            term: None,
            locked: None,
            unlocks: None,
        });
    }

    pub fn price(&mut self, symbol: &str, price: i64) {
        self.problem.securities.insert(
            Symbol::new(symbol),
            Security {
                price: Price(Decimal::from(price)),
                half_spread_bps: Decimal::ZERO,
                identity: symbol.to_owned(),
            },
        );
    }

    pub fn with_cash(mut self, cash: i64) -> Self {
        self.problem.accounts[0].cash = dollars(cash);
        self
    }

    pub fn limit(&mut self, id: &str, measure: Measure) {
        self.problem.limits.retain(|limit| limit.id != id);
        self.problem.limits.push(Limit { id: id.into(), kind: "test", measure, origin: "test".into() });
    }

    pub fn cap(&mut self, id: &str, coefficients: &[(&str, f64)], cap: f64, trigger: f64) {
        let (cap, trigger) = (Weight(cap), Weight(trigger));
        self.limit(id, Measure::ExposureCap { coefficients: betas(coefficients), cap, trigger });
    }

    pub fn floor(&mut self, id: &str, coefficients: &[(&str, f64)], floor: f64) {
        self.limit(id, Measure::ExposureFloor { coefficients: betas(coefficients), floor: Weight(floor) });
    }

    pub fn buy_cap(&mut self, id: &str, symbols: &[&str], cap: f64) {
        let symbols = symbols.iter().map(|symbol| Symbol::new(symbol)).collect();
        self.limit(id, Measure::BuyCap { symbols, cap: Weight(cap) });
    }

    /// A sale of the day before: a route is under way.
    pub fn sold_yesterday(&mut self, symbol: &str) {
        self.problem.trades.push(PastTrade {
            date: self.problem.as_of.pred_opt().unwrap(),
            account: "A".to_owned(),
            symbol: Symbol::new(symbol),
            side: Side::Sell,
            quantity: Shares(Decimal::ONE),
            gain: None,
            outside: false,
            place: None,
            details: Default::default(),
        });
    }

    /// A single filer with some taxable income in 2026, and as much of magi with the standard deduction.
    pub fn single(&mut self, income: i64) {
        self.problem.tax.filing = Some(Filing {
            status: FilingStatus::Single,
            state_short: Decimal::ZERO,
            state_long: Decimal::ZERO,
            years: [(2026, Income { taxable: dollars(income), magi: None })].into(),
        });
    }

    /// A target for a symbol at 100 dollars unless it has a price.
    pub fn target(&mut self, symbol: &str, weight: f64) {
        let symbol = Symbol::new(symbol);
        if !self.problem.securities.contains_key(&symbol) {
            self.price(symbol.as_str(), 100);
        }
        self.problem.buyable.push(symbol.clone());
        self.problem.targets.push(Target {
            id: format!("sleeve.{symbol}"),
            symbol,
            weight: Weight(weight),
            reaction: Reaction::Fill,
            origin: "test".into(),
        });
    }

    /// Solves, insists on a verified plan, and asks what stops it.
    pub fn plan(&self) -> Plan {
        let mut plan = solve(&self.problem).unwrap();
        assert_eq!(super::verify(&self.problem, &plan), []);
        plan.binding = super::what_stops(&self.problem, &plan);
        plan
    }

    pub fn sold(&self, plan: &Plan, symbol: &str) -> String {
        let sum: Shares = plan.sells.iter().filter(|s| s.symbol.as_str() == symbol).map(|s| s.quantity).sum();
        sum.text()
    }

    pub fn bought(&self, plan: &Plan, symbol: &str) -> String {
        let sum: Shares = plan.buys.iter().filter(|s| s.symbol.as_str() == symbol).map(|s| s.quantity).sum();
        sum.text()
    }
}
