//! Which holdings may be sold at all: those that a broken limit asks for, or one that was broken before a route began.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Months;

use super::{Ground, MOSTLY_OTHER, NOT_ASKED, beta, is_active};
use crate::model::{Limit, Measure, PastTrade, Reaction, Side, Symbol, Target};
use crate::plan::risk as risks;

/// What of a holding must be of what is over, where a sale must earn its tax.
pub(in crate::plan) const HALF: f64 = 0.5;
/// Dollars below a target that are nothing.
const MISSING: f64 = 1.0;

/// The symbols that may be sold; when cash must be raised everything else may too.
#[derive(Default)]
pub(in crate::plan) struct Universe<'a> {
    any: BTreeSet<&'a Symbol>,
    /// Of these only lots that are not taxed.
    free: BTreeSet<&'a Symbol>,
    /// Of these too: they have some of what is over a limit, and more of other things.
    mostly_other: BTreeSet<&'a Symbol>,
    /// Of all these those that no limit asks for any more.
    pub paying: BTreeSet<&'a Symbol>,
}

/// What limits that are over, or were, say of a symbol.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    /// The largest that it has in one of them.
    most: f64,
    /// Whether selling it lowers one.
    lowers: bool,
    /// Whether one is over still.
    is_asked: bool,
}

impl Universe<'_> {
    /// Returns why a lot may not be sold, if it may not.
    pub fn forbids(&self, symbol: &Symbol, is_free: bool) -> Option<&'static str> {
        let allows =
            self.any.contains(symbol) || is_free && (self.free.contains(symbol) || self.mostly_other.contains(symbol));
        (!allows).then_some(if self.mostly_other.contains(symbol) { MOSTLY_OTHER } else { NOT_ASKED })
    }
}

impl<'a> Ground<'a> {
    /// What limits and targets ask to be sold: never the neutral fund.
    pub(in crate::plan) fn universe(&self) -> Universe<'a> {
        let must_earn = self.problem.limits.iter().any(|limit| matches!(limit.measure, Measure::Worth(_)));
        let mut universe = Universe::default();
        for (symbol, share) in self.over() {
            if !share.is_asked {
                let is_wanted =
                    self.problem.targets.iter().any(|own| own.symbol == *symbol && own.reaction == Reaction::Fill);
                if is_wanted || self.problem.sleeves.contains(symbol) {
                    continue;
                }
                universe.paying.insert(symbol);
            }
            match share.most >= HALF || !must_earn {
                true => universe.any.insert(symbol),
                false if share.lowers => universe.mostly_other.insert(symbol),
                // Nobody asks for the sale of what has less of it than what is bought instead.
                false => universe.free.insert(symbol),
            };
        }
        for symbols in [&mut universe.any, &mut universe.free, &mut universe.mostly_other] {
            symbols.retain(|symbol| !self.problem.is_neutral(symbol));
        }
        universe
    }

    /// The symbols that may be sold: contributors to a cap that is broken by more than its trigger, or was before a route that
    /// is under way sold. Without this a plan that minimises tax would harvest losses nobody asked for.
    fn over(&self) -> BTreeMap<&'a Symbol, Share> {
        let is_under_way = self.is_under_way();
        let own = |symbol: &Symbol| {
            self.symbols.binary_search(&symbol).ok().and_then(|index| self.symbols.get(index).copied())
        };
        let mut over: BTreeMap<&'a Symbol, Share> = BTreeMap::new();
        let mut add = |symbol: &Symbol, share: Share| {
            if let Some(symbol) = own(symbol) {
                let known = over.entry(symbol).or_default();
                *known = Share {
                    most: known.most.max(share.most),
                    lowers: known.lowers || share.lowers,
                    is_asked: known.is_asked || share.is_asked,
                };
            }
        };
        for limit in &self.problem.limits {
            if let Measure::RiskCap { risk, returns, cap, trigger } = &limit.measure {
                let (now, slopes) = risks::slope(*risk, returns, &self.holdings());
                if is_active(now, cap.0, trigger.0) {
                    // What does not lose in today's worst scenarios may in those that are the worst after the first sales.
                    let moves =
                        |symbol: &Symbol| returns.get(symbol).is_some_and(|moves| moves.iter().any(|r| *r < 0.0));
                    // Of a risk nobody has a share.
                    let all = Share { most: 1.0, lowers: true, is_asked: true };
                    slopes.keys().filter(|symbol| moves(symbol)).for_each(|symbol| add(symbol, all));
                }
            }
            if let Measure::ExposureCap { coefficients, cap, trigger } = &limit.measure {
                let has_begun = is_under_way && is_active(self.exposure_before(coefficients), cap.0, trigger.0);
                let is_asked = is_active(self.exposure(coefficients), cap.0, trigger.0);
                if !has_begun && !is_asked {
                    continue;
                }
                let instead = self.problem.neutral.as_ref().map_or(0.0, |neutral| beta(coefficients, neutral));
                let contributors = coefficients.iter().filter(|(_, share)| **share > 0.0);
                contributors
                    .for_each(|(symbol, most)| add(symbol, Share { most: *most, lowers: *most > instead, is_asked }));
            }
        }
        over
    }

    /// Whether a route may have begun that has not ended: its first sales bring the household inside some of its limits, and
    /// those for the others, and those that pay for its targets, come after, of whatever costs least, as it was announced.
    fn is_under_way(&self) -> bool {
        let problem = self.problem;
        let misses = |target: &Target| {
            let held = self.symbols.binary_search(&&target.symbol).ok().and_then(|index| self.held.get(index));
            let wished = 10_000.0 * target.weight.0 - MISSING * self.scale;
            target.reaction == Reaction::Fill && held.copied().unwrap_or(0.0) < wished
        };
        let is_over = |limit: &Limit| match &limit.measure {
            Measure::ExposureCap { coefficients, cap, trigger } => {
                is_active(self.exposure(coefficients), cap.0, trigger.0)
            }
            _ => false,
        };
        problem.route.is_some() && (problem.targets.iter().any(misses) || problem.limits.iter().any(is_over))
    }

    /// The exposure before the trades of a year that are on record, at today's prices.
    fn exposure_before(&self, coefficients: &BTreeMap<Symbol, f64>) -> f64 {
        let problem = self.problem;
        let undone = |trade: &PastTrade| {
            let price = problem.securities.get(&trade.symbol).map(|own| own.price).or(trade.details.price)?;
            let value = self.scale * (price * trade.quantity).to_f64() * beta(coefficients, &trade.symbol);
            Some(if trade.side == Side::Sell { value } else { -value })
        };
        let since = problem.as_of.checked_sub_months(Months::new(12)).unwrap_or(problem.as_of);
        let own = problem.trades.iter().filter(|own| !own.outside && since < own.date && own.date <= problem.as_of);
        self.exposure(coefficients) + own.filter_map(undone).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::Route;
    use crate::plan::testing::Household;
    use crate::units::{Decimal, Shares, Weight};

    /// A cap of 50% that is kept, and a target of 20% that misses all of it.
    fn inside_its_cap() -> Household {
        let mut home = Household::taxable(&[
            ("NVDA", 100, 450, 50),
            ("MSFT", 100, 30, 150),
            ("AAPL", 100, 20, 60),
            ("AGG", 100, 500, 100),
        ]);
        home.cap("tech", &[("NVDA", 1.0), ("MSFT", 1.0), ("AAPL", 1.0)], 0.50, 0.0);
        home.target("XLI", 0.20);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home
    }

    #[test]
    fn what_is_inside_its_limits_is_not_sold_for_a_target() {
        assert_eq!(inside_its_cap().plan().sells, []);
    }

    /// 30 shares of MSFT at a loss, 20 of AAPL with the smaller gain, which was not begun, and the rest of NVDA: what the first
    /// run announced.
    #[test]
    fn a_route_that_is_under_way_goes_on_to_its_targets() {
        let mut home = inside_its_cap();
        home.sold_yesterday("NVDA");
        let plan = home.plan();
        let sold = ["MSFT", "NVDA", "AAPL"].map(|symbol| home.sold(&plan, symbol));
        assert_eq!((sold, home.bought(&plan, "XLI")), (["30", "150", "20"].map(str::to_owned), "200".to_owned()));
        home.problem.trades[0].outside = true;
        assert_eq!(home.plan().sells, []);
    }

    /// MSFT is a sleeve: what rotation bought pays for no other. 180 of NVDA instead of 30 of it.
    #[test]
    fn a_sleeve_is_not_sold_for_another() {
        let mut home = inside_its_cap();
        home.sold_yesterday("NVDA");
        home.problem.sleeves.insert(Symbol::new("MSFT"));
        let plan = home.plan();
        let sold = ["MSFT", "NVDA", "AAPL"].map(|symbol| home.sold(&plan, symbol));
        assert_eq!(sold, ["0", "180", "20"].map(str::to_owned));
    }

    /// QQQ is 60% tech and 40% of the seven, which alone are over. Its gain is taxed, and it is sold only if tech was over too
    /// before NVDA was sold: 34,000 of 45,000 now, and 50,000 before the sale of 160 shares. A sale of one says that it was not.
    #[test]
    fn what_a_route_may_sell_it_may_sell_to_its_end() {
        for (sold, may_go) in [(160, true), (1, false)] {
            let mut home =
                Household::taxable(&[("NVDA", 100, 100, 100), ("QQQ", 100, 400, 90), ("AGG", 100, 500, 100)]);
            home.cap("tech", &[("NVDA", 1.0), ("QQQ", 0.6)], 0.45, 0.0);
            home.cap("seven", &[("NVDA", 1.0), ("QQQ", 0.4)], 0.10, 0.0);
            home.limit("worth", Measure::Worth(Weight(0.25)));
            home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
            home.sold_yesterday("NVDA");
            home.problem.trades[0].quantity = Shares(Decimal::from(sold));
            // 26,000 of the seven, and 10,000 allowed: NVDA goes, and 6,000 are 15,000 of QQQ.
            let plan = home.plan();
            let trades = ["NVDA", "QQQ"].map(|symbol| home.sold(&plan, symbol));
            assert_eq!(trades, ["100", if may_go { "150" } else { "0" }].map(str::to_owned), "{sold}");
        }
    }

    /// QQQ was sold free of tax for the seven, and tech never was over: what is taxed of it stays, though a target misses money.
    #[test]
    fn what_was_sold_for_one_limit_is_not_sold_for_another() {
        let mut home = Household::taxable(&[("QQQ", 100, 600, 90), ("AGG", 100, 400, 100)]);
        home.cap("tech", &[("QQQ", 0.6)], 0.45, 0.0);
        home.cap("seven", &[("QQQ", 0.4)], 0.20, 0.0);
        home.limit("worth", Measure::Worth(Weight(0.25)));
        home.target("XLI", 0.05);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.sold_yesterday("QQQ");
        assert_eq!(home.plan().sells, []);
    }
}
