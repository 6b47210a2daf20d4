//! Which holdings may be sold at all: those that a broken limit asks for, and what a route that is under way has begun.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ground, MOSTLY_OTHER, NOT_ASKED, beta, is_active};
use crate::model::{Measure, PastTrade, Reaction, Side, Symbol, Target};
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
        let sold = self.under_way();
        let over = self.over(&sold);
        let must_earn = self.problem.limits.iter().any(|limit| matches!(limit.measure, Measure::Worth(_)));
        let mut universe = Universe { any: sold, ..Universe::default() };
        for (symbol, (share, lowers)) in over {
            match share >= HALF || !must_earn {
                true => universe.any.insert(symbol),
                false if lowers => universe.mostly_other.insert(symbol),
                // Nobody asks for the sale of what has less of it than what is bought instead.
                false => universe.free.insert(symbol),
            };
        }
        for symbols in [&mut universe.any, &mut universe.free, &mut universe.mostly_other] {
            symbols.retain(|symbol| !self.problem.is_neutral(symbol));
        }
        universe
    }

    /// The symbols that may be sold: contributors to a cap that is broken by more than its trigger, or for which a route that
    /// is under way sold, with the largest share that they have in one, and whether selling them lowers one. Without this a
    /// plan that minimises tax would harvest losses nobody asked for.
    fn over(&self, sold: &BTreeSet<&Symbol>) -> BTreeMap<&'a Symbol, (f64, bool)> {
        let own = |symbol: &Symbol| {
            self.symbols.binary_search(&symbol).ok().and_then(|index| self.symbols.get(index).copied())
        };
        let mut over: BTreeMap<&'a Symbol, (f64, bool)> = BTreeMap::new();
        let mut add = |symbol: &Symbol, share: f64, lowers: bool| {
            if let Some(symbol) = own(symbol) {
                let known = over.entry(symbol).or_default();
                *known = (known.0.max(share), known.1 || lowers);
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
                    slopes.keys().filter(|symbol| moves(symbol)).for_each(|symbol| add(symbol, 1.0, true));
                }
            }
            if let Measure::ExposureCap { coefficients, cap, trigger } = &limit.measure {
                let has_begun = sold.iter().any(|symbol| beta(coefficients, symbol) > cap.0);
                if !has_begun && !is_active(self.exposure(coefficients), cap.0, trigger.0) {
                    continue;
                }
                let instead = self.problem.neutral.as_ref().map_or(0.0, |neutral| beta(coefficients, neutral));
                let contributors = coefficients.iter().filter(|(_, share)| **share > 0.0);
                contributors.for_each(|(symbol, share)| add(symbol, *share, *share > instead));
            }
        }
        over
    }

    /// What a route has been selling while its targets still miss something: its first sales bring the household inside its
    /// limits, and those that pay for the targets come after, of whatever costs least, as it was announced.
    fn under_way(&self) -> BTreeSet<&'a Symbol> {
        let problem = self.problem;
        let own = |symbol: &Symbol| {
            self.symbols.binary_search(&symbol).ok().and_then(|index| self.symbols.get(index).copied())
        };
        let misses = |target: &Target| {
            let held = self.symbols.binary_search(&&target.symbol).ok().and_then(|index| self.held.get(index));
            let wished = 10_000.0 * target.weight.0 - MISSING * self.scale;
            target.reaction == Reaction::Fill && held.copied().unwrap_or(0.0) < wished
        };
        if problem.route.is_none() || !problem.targets.iter().any(misses) {
            return BTreeSet::new();
        }
        let sold = |trade: &&PastTrade| trade.side == Side::Sell && !trade.outside && trade.date <= problem.as_of;
        problem.trades.iter().filter(sold).filter_map(|trade| own(&trade.symbol)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::Route;
    use crate::plan::testing::Household;

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
}
