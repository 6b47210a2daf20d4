//! Limits on the state, held after every stage: no excess grows from one stage to the next, but by what purchases of
//! the neutral fund add where it has little of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Builder, Sale};
use crate::model::{Measure, Side};
use crate::plan::draft::Bound;

impl Builder<'_, '_> {
    pub(super) fn limits(&mut self) {
        let draft = self.draft;
        let problem = draft.ground.problem;
        let powers: Vec<f64> = (0..draft.ground.accounts.len()).map(|account| draft.power(account)).collect();
        for bound in &draft.bounds {
            let measure = problem.limits.get(bound.limit).map(|limit| &limit.measure);
            if matches!(measure, Some(Measure::Turnover(_) | Measure::GainBudget(_) | Measure::Worth(_))) {
                continue;
            }
            if bound.worst > 0.0 || draft.reach(bound, &powers) >= bound.most - 1e-6 {
                self.limit(bound);
            }
        }
    }

    /// What a dollar of each symbol has of what a bound bounds.
    pub(super) fn shares(&self, bound: &Bound) -> Vec<f64> {
        let mut shares = vec![0.0; self.draft.ground.symbols.len()];
        for (trade, value) in &bound.terms {
            let Some(trade) = self.draft.ground.trades.get(*trade) else { continue };
            if let Some(share) = shares.get_mut(trade.symbol) {
                *share = if trade.side == Side::Buy { *value } else { -value };
            }
        }
        shares
    }

    fn limit(&mut self, bound: &Bound) {
        let shares = self.shares(bound);
        let changes = self.changes(|symbol| shares.get(symbol).copied().unwrap_or(0.0));
        let stages = self.program.stages.len();
        let room = bound.most - bound.constant;
        let harmless: BTreeMap<usize, f64> = self.draft.harmless(bound).into_iter().collect();
        let cures = self.draft.cures(bound, self.last_day());
        let incurable = cures.as_ref().map_or(0.0, |(left, _)| *left);
        // What cures nothing takes no sale's place: at the next run all would be asked for again.
        let is_cure = |symbol: usize| cures.as_ref().is_none_or(|(_, own)| own.contains_key(&symbol));
        let mut before: Option<usize> = None;
        for stage in 0..stages {
            let until = changes.iter().filter(|(_, own, _)| *own <= stage).map(|(column, _, value)| (*column, *value));
            let mut terms: Vec<(usize, f64)> = until.collect();
            if let Some(more) = self.added(&harmless, stage) {
                terms.push((more, -1.0));
                self.overs.push((more, stage));
            }
            if !bound.counted {
                let most = room + bound.worst;
                self.program.model.row(f64::NEG_INFINITY, most, Some(bound.limit), terms);
                continue;
            }
            let over = self.program.model.column(incurable, bound.worst);
            self.program.model.high.push(over);
            terms.push((over, -1.0));
            self.program.model.row(f64::NEG_INFINITY, room, Some(bound.limit), terms);
            if let Some(before) = before {
                self.program.model.row(f64::NEG_INFINITY, 0.0, None, [(over, 1.0), (before, -1.0)]);
            }
            before = Some(over);
            self.overs.push((over, stage));
        }
        if bound.counted {
            // What would still have to be sold for it at the end, and what even that would not cure. What has less of it than
            // the neutral fund is not sold for its sake.
            let intended = self.neutral.and_then(|neutral| shares.get(neutral)).copied().unwrap_or(0.0);
            let cannot = self.program.model.column(incurable, f64::INFINITY);
            let curable = self.is_curable(&shares, intended, room);
            let counts = |value: &f64| curable || !(-intended..=0.0).contains(value);
            // What is sold for cash alone is whatever costs least, and no limit asks for more of it.
            let unasked: BTreeSet<usize> = self.unasked().iter().map(|sale| sale.column).collect();
            let is_trace = |sale: &Sale| !self.group(sale.group).is_some_and(|group| is_cure(group.symbol));
            let traces = self.program.sales.iter().filter(|sale| is_trace(sale));
            let traces: BTreeSet<usize> = traces.map(|sale| sale.column).collect();
            let counted = changes
                .iter()
                .filter(|(column, _, value)| counts(value) && !unasked.contains(column) && !traces.contains(column));
            let mut terms: Vec<(usize, f64)> = counted.map(|(column, _, value)| (*column, *value)).collect();
            for (symbol, column) in &self.program.unsold {
                let share = shares.get(*symbol).copied().unwrap_or(0.0);
                if share > intended && is_cure(*symbol) {
                    terms.push((*column, -share));
                }
            }
            terms.push((cannot, -1.0));
            // Nothing is sold for what the neutral fund has of it before the cash is invested; then as much as can be.
            if let Some(added) = self.added(&harmless, stages) {
                terms.push((added, -1.0));
                self.program.added.push((added, 1.0));
            }
            let row = self.program.model.row(f64::NEG_INFINITY, room, None, terms);
            if room < 0.0 {
                self.program.model.basics.push((row, cannot));
            }
            self.program.cannot.push((bound.limit, cannot));
        }
    }

    /// At the end of the route a floor has the room that it would have with every target filled: what the neutral fund has of it
    /// more than a target is no reason to buy it in the place of that target.
    pub(super) fn floors(&mut self) {
        let draft = self.draft;
        let Some(neutral) = self.neutral else { return };
        let is_floor = |bound: &&Bound| {
            let measure = draft.ground.problem.limits.get(bound.limit).map(|limit| &limit.measure);
            matches!(measure, Some(Measure::ExposureFloor { .. }))
        };
        let floors: Vec<&Bound> = draft.bounds.iter().filter(is_floor).collect();
        let asked = if floors.is_empty() { 0.0 } else { self.program.asked.now(&BTreeMap::new()) };
        // One that is farther away than all that must be sold stops nothing.
        let floors: Vec<&Bound> = floors.into_iter().filter(|bound| bound.most - bound.constant < asked).collect();
        if !floors.is_empty() {
            self.no_more_than_asked(neutral);
        }
        for bound in floors {
            // Of a floor, what is bought lowers the sum that is bounded.
            let shares = self.shares(bound);
            let share = |symbol: usize| shares.get(symbol).copied().unwrap_or(0.0);
            let gaps: Vec<(usize, f64, f64)> = (self.program.gaps.iter())
                .filter(|(symbol, _)| self.is_bought(*symbol))
                .map(|(symbol, gap)| (*gap, (share(*symbol) - share(neutral)).max(0.0), self.missing(*symbol)))
                .filter(|(_, more, _)| *more > 0.0)
                .collect();
            if gaps.is_empty() {
                continue;
            }
            let terms = self.changes(share).into_iter().map(|(column, _, value)| (column, value));
            let terms: Vec<(usize, f64)> = terms.chain(gaps.iter().map(|(gap, more, _)| (*gap, *more))).collect();
            // To do nothing stays allowed.
            let now: f64 = gaps.iter().map(|(_, more, missing)| more * missing).sum();
            let most = (bound.most - bound.constant).max(now);
            self.program.model.row(f64::NEG_INFINITY, most, Some(bound.limit), terms);
        }
    }

    fn is_bought(&self, symbol: usize) -> bool {
        let trade = |column: &super::Purchase| self.draft.ground.trades.get(column.trade);
        self.program.purchases.iter().filter_map(trade).any(|trade| trade.symbol == symbol)
    }

    /// What a target misses before any run.
    fn missing(&self, symbol: usize) -> f64 {
        let held = self.draft.ground.held.get(symbol).copied().unwrap_or(0.0);
        (10_000.0 * self.wished.get(&symbol).copied().unwrap_or(0.0) - held).max(0.0)
    }

    /// A column for at most what harmless purchases up to a stage add to what a cap is exceeded by; none without such.
    fn added(&mut self, harmless: &BTreeMap<usize, f64>, until: usize) -> Option<usize> {
        let bought = self.program.purchases.iter().filter(|own| own.stage <= until);
        let bought = bought.filter_map(|own| Some((own.column, -harmless.get(&own.trade)?)));
        let mut terms: Vec<(usize, f64)> = bought.collect();
        if terms.is_empty() {
            return None;
        }
        let added = self.program.model.column(0.0, f64::INFINITY);
        terms.push((added, 1.0));
        self.program.model.row(f64::NEG_INFINITY, 0.0, None, terms);
        Some(added)
    }

    /// What is bought has some of what a floor keeps, and so every sale makes room for more of what is over: where a sale must
    /// earn its tax, no holding is sold below every cap that asks for it only for that.
    fn no_more_than_asked(&mut self, neutral: usize) {
        let draft = self.draft;
        let is_risk = |bound: &&Bound| {
            let measure = draft.ground.problem.limits.get(bound.limit).map(|limit| &limit.measure);
            matches!(measure, Some(Measure::RiskCap { .. }))
        };
        // Of a risk nobody has a share, and for cash that is owed anything may go.
        let counted: Vec<&Bound> = draft.bounds.iter().filter(|bound| bound.counted).collect();
        if !self.must_earn || draft.ground.must_raise_cash() || counted.iter().any(is_risk) {
            return;
        }
        let power: f64 = (0..draft.ground.accounts.len()).map(|account| draft.power(account)).sum();
        let mut most: BTreeMap<usize, f64> = BTreeMap::new();
        for bound in counted {
            let shares = self.shares(bound);
            let intended = shares.get(neutral).copied().unwrap_or(0.0).max(0.0);
            for (symbol, share) in shares.iter().enumerate().filter(|(_, share)| **share > intended) {
                let asked = (bound.constant - bound.most + intended * power).max(0.0) / (share - intended);
                let known = most.entry(symbol).or_default();
                *known = known.max(asked);
            }
        }
        for (symbol, most) in most {
            let of_symbol = |index: usize| self.group(index).filter(|group| group.symbol == symbol);
            let sold = self.program.sold(|sale| f64::from(u8::from(of_symbol(sale.group).is_some())));
            let free = self.program.groups.iter().filter(|group| group.symbol == symbol && !group.taxed);
            let free: f64 = free.map(|group| group.value).sum();
            if !sold.is_empty() {
                self.program.model.row(f64::NEG_INFINITY, most.max(free), None, sold);
            }
        }
    }

    /// Whether a cap can be met when all is sold that has more of it than the neutral fund. Where it cannot, the rest is not
    /// chased with what has less: such sales lower it by the little that they have, and nobody asks for them.
    fn is_curable(&self, shares: &[f64], intended: f64, room: f64) -> bool {
        let share = |symbol: usize| shares.get(symbol).copied().unwrap_or(0.0);
        let bought = self.program.purchases.iter().filter_map(|own| self.draft.ground.trades.get(own.trade));
        let least = bought.map(|trade| share(trade.symbol)).fold(0.0, f64::min);
        let over = self.program.unsold.iter().filter(|(symbol, _)| share(*symbol) > intended);
        let most = |column: usize| self.program.model.columns.get(column).map_or(0.0, |column| column.hi);
        -over.map(|(symbol, column)| (share(*symbol) - least) * most(*column)).sum::<f64>() <= room
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    /// 500 of 10,000 may be sold in a run, all of AAPL, which is at a loss; the fund has 0.2% of NVDA, which is sold later. The
    /// cash is invested at once and adds $1 to what NVDA is over. A fund that has a tenth as much of it as
    /// the cap allows waits.
    #[test]
    fn cash_does_not_wait_for_the_last_cap() {
        let bought = |share: f64| {
            let mut home = Household::taxable(&[("AAPL", 100, 20, 110), ("NVDA", 100, 20, 10), ("AGG", 100, 60, 100)]);
            home.cap("aapl", &[("AAPL", 1.0), ("RSP", 0.002)], 0.10, 0.0);
            home.cap("nvda", &[("NVDA", 1.0), ("RSP", share)], 0.10, 0.0);
            home.limit("turnover", Measure::Turnover(Weight(0.05)));
            home.price("RSP", 100);
            home.problem.neutral = Some(Symbol::new("RSP"));
            home.problem.route = Some(Route::default());
            let plan = home.plan();
            assert_eq!((home.sold(&plan, "AAPL"), home.sold(&plan, "NVDA")), ("5".to_owned(), "0".to_owned()));
            home.bought(&plan, "RSP")
        };
        assert_eq!([bought(0.002), bought(0.01), bought(0.10)], ["5", "0", "0"]);
    }

    /// AAPL goes from 80,000 as far as the floor of 25,000 lets it, with the 16% that RSP has: all of what it comes to in RSP would
    /// be 654 shares. XLI has none of it, and is bought all the same: 80,000 - S + 0.16 (S - 5,000) = 25,000, 645 shares.
    #[test]
    fn the_neutral_fund_is_not_bought_in_the_place_of_a_target() {
        let mut home = Household::taxable(&[("AAPL", 100, 800, 100), ("AGG", 100, 200, 100)]);
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.floor("tech", &[("AAPL", 1.0), ("RSP", 0.16)], 0.25);
        home.price("RSP", 100);
        home.target("XLI", 0.05);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "AAPL"), home.bought(&plan, "XLI")), ("645".to_owned(), "50".to_owned()));
    }

    /// CRM may not be sold and is 15,180 over its cap, of which VOO has 0.3%: all of VOO, taxed, would take 180 off it. Tech is
    /// 5,000 over, and that is 100 shares of VOO, half of which is tech. In an IRA all of it would be free, and for nothing.
    #[test]
    fn a_trace_of_what_is_kept_sells_no_fund() {
        for is_taxed in [true, false] {
            let lots = [("CRM", 100, 250, 50), ("VOO", 100, 600, 50), ("AGG", 100, 150, 100)];
            let mut home = if is_taxed {
                Household::taxable(&lots)
            } else {
                Household::ira(&lots.map(|own| (own.0, own.1, own.2)))
            };
            home.price("BIL", 100);
            home.problem.neutral = Some(Symbol::new("BIL"));
            home.cap("crm", &[("CRM", 1.0), ("VOO", 0.003)], 0.10, 0.0);
            home.cap("tech", &[("CRM", 1.0), ("VOO", 0.5)], 0.50, 0.0);
            home.limit("kept", Measure::DoNotSell(vec![Symbol::new("CRM")]));
            home.limit("worth", Measure::Worth(Weight(0.25)));
            assert_eq!(home.sold(&home.plan(), "VOO"), "100", "in one run");
            home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
            let plan = home.plan();
            let way = plan.route.as_ref().unwrap();
            assert_eq!((home.sold(&plan, "VOO").as_str(), way.to_sell), ("100", dollars(10_000)));
            assert_eq!(way.cannot["crm"], dollars(15_150));
            // What half of it or more is of what is over cures it.
            home.cap("crm", &[("CRM", 1.0), ("VOO", 0.5)], 0.45, 0.0);
            assert_eq!(home.sold(&home.plan(), "VOO"), "200");
        }
    }

    /// A fifth of RSP is tech, of which 30% must stay: of AAPL 300 + 0.2 * (what is sold of it and of BRK) may go, which is 417
    /// shares with the 170 of BRK that its own cap asks for. All of BRK would make room for 25 more. The loss goes first.
    #[test]
    fn nothing_is_sold_below_its_caps_to_stay_above_a_floor() {
        let mut home = Household::taxable(&[
            ("AAPL", 100, 600, 10),
            ("BRK", 100, 240, 10),
            ("BRK", 100, 30, 105),
            ("AGG", 100, 130, 100),
        ]);
        home.price("RSP", 100);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.cap("brk", &[("BRK", 1.0)], 0.10, 0.0);
        home.floor("core", &[("AAPL", 1.0), ("RSP", 0.2)], 0.30);
        home.limit("worth", Measure::Worth(Weight(0.25)));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        assert_eq!(["AAPL", "BRK"].map(|own| home.sold(&plan, own)), ["417", "170"].map(str::to_owned));
        assert!(plan.sells.iter().any(|sale| sale.lot == crate::model::LotId::new(2) && sale.quantity.text() == "30"));
    }
}
