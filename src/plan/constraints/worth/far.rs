//! What is far over: of what is above twice its cap a dollar may cost twice as much.

use std::collections::BTreeMap;

use super::Worth;
use crate::model::{Measure, Side, Symbol, Term};
use crate::plan::ground::{Ground, HALF, Trade, beta};
use crate::plan::route::year::{Step, Year};

/// Times a cap from which on what is over it is far over, and times what a dollar may cost then.
pub(super) const TWICE: f64 = 2.0;

/// What is far over, in basis points of gain.
#[derive(Clone, Debug, Default)]
pub(in crate::plan) struct Far {
    /// Dear gains that may be realised for it.
    pub gains: f64,
    /// The same with all of each symbol at its largest gain.
    pub most: f64,
    /// Those of this year's earlier runs that were.
    pub earlier: f64,
    /// Symbols that are far over, or were.
    symbols: Vec<usize>,
}

/// One cap, and what it has of the symbols that it is far exceeded by.
struct FarCap<'p> {
    coefficients: &'p BTreeMap<Symbol, f64>,
    instead: f64,
    /// Basis points above twice the cap, less what can be sold of what is not dear.
    rest: f64,
}

impl FarCap<'_> {
    /// The share of a symbol, net of what is bought instead; none where less than half of it counts.
    fn share(&self, symbol: &Symbol) -> Option<f64> {
        let share = beta(self.coefficients, symbol);
        (share >= HALF).then_some(share - self.instead).filter(|net| *net > 0.0)
    }
}

impl Far {
    /// What is not dear goes first, and of the rest what has the least gain: so what is left to be sold for it at a later run is
    /// what was announced.
    pub fn new(worth: &Worth, ground: &Ground<'_>, years: &[i32]) -> Far {
        let first = |year: &i32| Year::new(&ground.problem.tax, *year).steps().first().copied();
        let steps: Vec<Step> = years.iter().filter_map(first).collect();
        // Dear in every year, held long enough: what is dear from some bracket on only has room of its own each year.
        let is_dear = |trade: &Trade| {
            steps.iter().all(|step| {
                trade.gain.is_some_and(|(_, gain)| worth.is_over(&worth.sale(trade, true, gain), step.short, step.long))
            })
        };
        let name = |symbol: usize| ground.symbols.get(symbol).copied();
        let sales = || ground.trades.iter().filter(|trade| trade.side == Side::Sell && trade.most > 0.0);
        let mut caps: Vec<FarCap<'_>> = Vec::new();
        for limit in &ground.problem.limits {
            let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { continue };
            let instead = ground.problem.neutral.as_ref().map_or(0.0, |neutral| beta(coefficients, neutral));
            let mut own =
                FarCap { coefficients, instead, rest: ground.exposure(coefficients) - TWICE * 10_000.0 * cap.0 };
            let not_dear = sales().filter(|trade| !is_dear(trade));
            let shares = not_dear.filter_map(|trade| Some(own.share(name(trade.symbol)?)? * trade.most));
            own.rest -= shares.sum::<f64>();
            caps.push(own);
        }
        // Of several caps that by which most of it is far over.
        let of_symbol = |symbol: &Symbol| {
            let shares = caps.iter().enumerate().filter_map(|(index, cap)| Some((index, cap.share(symbol)?, cap.rest)));
            let found = shares.max_by(|one, other| (one.2 / one.1).total_cmp(&(other.2 / other.1)));
            found.map(|(index, share, _)| (index, share))
        };
        let mut far = Far::default();
        let mut dear: Vec<(f64, usize, f64, &Trade)> = Vec::new();
        for trade in sales().filter(|trade| is_dear(trade)) {
            let Some((cap, share)) = name(trade.symbol).and_then(of_symbol) else { continue };
            let gain = trade.gain.map_or(0.0, |(_, gain)| gain);
            let costs_twice = steps
                .iter()
                .all(|step| worth.is_over_times(TWICE, &worth.sale(trade, true, gain), step.short, step.long));
            if !costs_twice {
                dear.push((gain, cap, share, trade));
            }
        }
        dear.sort_by(|one, other| one.0.total_cmp(&other.0));
        let largest = |symbol: usize| {
            let own = sales().filter(|trade| trade.symbol == symbol).filter_map(|trade| trade.gain);
            own.map(|(_, gain)| gain).fold(0.0, f64::max)
        };
        let mut rests: Vec<f64> = caps.iter().map(|cap| cap.rest.max(0.0)).collect();
        for (gain, cap, share, trade) in dear {
            let Some(rest) = rests.get_mut(cap).filter(|rest| **rest > 0.0) else { continue };
            let sold = trade.most.min(*rest / share);
            *rest -= share * sold;
            far.gains += gain * sold;
            far.most += largest(trade.symbol) * sold;
            far.symbols.push(trade.symbol);
        }
        // What was sold before today for the same; below twice the cap it was not.
        let mut sold: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for earlier in &worth.earlier {
            let over = |times: f64| {
                steps.first().is_some_and(|step| worth.is_over_times(times, &earlier.sale, step.short, step.long))
            };
            let Some((cap, share)) = of_symbol(&earlier.symbol).filter(|_| over(1.0) && !over(TWICE)) else { continue };
            let known = sold.entry(cap).or_default();
            *known = (known.0 + earlier.gain, known.1 + share * earlier.value);
        }
        for (cap, (gain, value)) in sold {
            let rest = caps.get(cap).map_or(0.0, |cap| cap.rest.min(0.0));
            far.earlier += gain * (1.0 + rest / value).max(0.0);
        }
        far
    }

    /// Whether a sale that is dear may be made for what is far over: one that costs at most twice as much.
    pub fn allows(&self, worth: &Worth, trade: &Trade, term: Term, short: f64, long: f64) -> bool {
        let gain = trade.gain.map_or(0.0, |(_, gain)| gain);
        let sale = worth.sale(trade, term == Term::Long, gain);
        self.symbols.contains(&trade.symbol) && !worth.is_over_times(TWICE, &sale, short, long)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol, Term};
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};
    use crate::units::{Decimal, Price, Shares, Weight};

    /// 900 of 1,000 shares are one stock, in two lots; a tenth may be. 15% of a gain of 99 is 14.85 cents a dollar, of 90 13.5.
    fn concentrated(most: f64) -> Household {
        let lots = [("NVDA", 100, 500, 1), ("NVDA", 100, 400, 10), ("AGG", 100, 100, 100)];
        let mut home = Household::taxable(&lots);
        home.price("BIL", 100);
        home.problem.neutral = Some(Symbol::new("BIL"));
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.limit("worth", Measure::Worth(Weight(most)));
        home.problem.tax.ordinary_rate = Decimal::new(10, 2);
        home
    }

    /// 80,000 are above the cap, and 70,000 above twice of it. Nothing costs more than 15 cents, all more than 10, and more
    /// than twice 6 cents; twice 7 are enough for the one lot.
    #[test]
    fn what_is_above_twice_its_cap_may_cost_twice_as_much() {
        for (most, sold) in [(0.15, "800"), (0.10, "700"), (0.07, "400"), (0.06, "0")] {
            let mut home = concentrated(most);
            assert_eq!(home.sold(&home.plan(), "NVDA"), sold, "{most}");
            home.problem.route = None;
            assert_eq!(home.sold(&home.plan(), "NVDA"), sold, "{most} in one run");
        }
    }

    /// 300 shares without a gain bring it nearer to twice the cap.
    #[test]
    fn what_is_not_dear_goes_first() {
        let mut home = concentrated(0.10);
        home.problem.lots[0].quantity = Shares(Decimal::from(200));
        home.problem.lots[0].basis = home.problem.lots[0].basis.map(|_| dollars(200));
        home.lot("NVDA", 100, 300, 100);
        // 900 once more: 300 are free, and 400 of the others bring it to 200.
        assert_eq!(home.sold(&home.plan(), "NVDA"), "700");
    }

    /// What is left to be sold when some is sold already is what was announced then. And a loss of 4,500 shelters 45 more of the
    /// lot that gains 99, before and after.
    #[test]
    fn the_order_of_weeks_decides_nothing() {
        for (carried, sold) in [(0, [700, 400, 0]), (4_500, [745, 445, 45])] {
            for (week, before) in [0, 300, 700].into_iter().enumerate() {
                let mut home = concentrated(0.10);
                home.problem.tax.carry_long = dollars(carried);
                if before > 0 {
                    let of_first = before.min(400);
                    home.problem.lots[1].quantity -= Shares(Decimal::from(of_first));
                    home.problem.lots[1].basis = Some(dollars(10 * (400 - of_first)));
                    home.problem.lots[0].quantity -= Shares(Decimal::from(before - of_first));
                    home.problem.lots[0].basis = Some(dollars(500 - (before - of_first)));
                    home.lot("BIL", 100, before, 100);
                    home.problem.lots.retain(|lot| lot.quantity.is_positive());
                    for (shares, gain) in [(of_first, 90), (before - of_first, 99)].into_iter().filter(|own| own.0 > 0)
                    {
                        home.sold_yesterday("NVDA");
                        let sale = home.problem.trades.last_mut().unwrap();
                        (sale.quantity, sale.gain) = (Shares(Decimal::from(shares)), Some(dollars(shares * gain)));
                        (sale.details.price, sale.details.term) = (Some(Price(Decimal::ONE_HUNDRED)), Some(Term::Long));
                        home.problem.tax.realised_long += dollars(shares * gain);
                    }
                }
                assert_eq!(home.sold(&home.plan(), "NVDA"), sold[week].to_string(), "{carried}, {before}");
            }
        }
    }

    /// MSFT is over its cap by 2,000, and not far: for that 13.5 cents are too much still, whatever NVDA may cost.
    #[test]
    fn what_is_near_its_cap_costs_no_more_for_it() {
        let mut home = concentrated(0.10);
        home.problem.lots[0].quantity = Shares(Decimal::from(380));
        home.problem.lots[0].basis = Some(dollars(380));
        home.lot("MSFT", 100, 120, 10);
        home.cap("msft", &[("MSFT", 1.0)], 0.10, 0.0);
        let plan = home.plan();
        assert_eq!(["NVDA", "MSFT"].map(|symbol| home.sold(&plan, symbol)), ["580", "0"].map(str::to_owned));
    }
}
