//! A cap on an exposure after look-through: a theme, a sector, an issuer, a position.

use crate::model::{Measure, Side, Symbol};
use crate::plan::draft::{Bound, Draft};
use crate::plan::ground::{beta, is_active};

/// Printed by `broaden explain exposure-cap`.
pub const DOC: &str = "\
Caps the weight of an exposure: dollars of exposure per dollar held, funds looked through, at most the cap times the
portfolio value after trading costs. E' <= cap * V' + v, with the excess v no larger than it is without trades.
A cap that is broken by more than its trigger is active: its excess is brought down first, before anything else but
cash, and what contributes to it may be sold. A cap that is kept, or broken by less than its trigger, is never made
worse. While it is broken, a route buys nothing that has more of it than the cap allows. What cannot be repaired within
the hard limits is reported in dollars.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::ExposureCap { coefficients, cap, trigger } = measure else { return };
    let exposure = draft.ground.exposure(coefficients);
    let most = 10_000.0 * cap.0;
    let terms = draft.exposure_terms(coefficients);
    if exposure > most + 1e-9 && draft.ground.problem.route.is_some() {
        // On a route what is sold of one bank would pay for a fund of banks, to be sold later for the same cap.
        let id = draft.ground.problem.limits.get(limit).map_or("", |limit| limit.id.as_str());
        let why = format!("{id} is exceeded, and it has more of that than the cap allows");
        let problem = draft.ground.problem;
        // What takes the rest is chosen by who owns it: a fund of the index for one stock is still nearer to the cap.
        let is_about = |symbol: &Symbol| beta(coefficients, symbol) > cap.0 && !problem.is_neutral(symbol);
        draft.close(&why, |trade, symbol| trade.side == Side::Buy && is_about(symbol));
    }
    draft.bound(Bound {
        limit,
        terms,
        cost: if draft.ground.problem.caps_after_costs { cap.0 } else { 0.0 },
        constant: exposure,
        most,
        worst: (exposure - most).max(0.0),
        counted: is_active(exposure, cap.0, trigger.0),
        state: true,
    });
}

#[cfg(test)]
mod tests {
    use crate::diagnostics::{Place, Source};
    use crate::model::{Measure, Symbol};
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Blackout, Problem, Route};
    use crate::units::Weight;

    #[test]
    fn a_broken_cap_is_repaired_and_a_kept_one_left_alone() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "100");
        assert_eq!(plan.outcome.excess["tech"], dollars(0));
        home.cap("tech", &[("NVDA", 1.0)], 0.50, 0.0);
        assert!(home.plan().sells.is_empty());
    }

    /// XLF has its target of 10% and the cash for it. While JPM is over its cap on financials it is not bought.
    #[test]
    fn what_a_broken_cap_is_about_is_not_bought() {
        let bought = |cap: f64| {
            let mut home = Household::taxable(&[("JPM", 100, 20, 150), ("AGG", 100, 60, 100)]);
            home.cap("financials", &[("JPM", 1.0), ("XLF", 1.0)], cap, 0.0);
            home.price("XLF", 50);
            home.target("XLF", 0.10);
            home.problem.accounts[0].cash = dollars(2_000);
            home.problem.route = Some(Route::default());
            let plan = home.plan();
            (home.bought(&plan, "XLF"), plan.not_bought.len())
        };
        assert_eq!([bought(0.15), bought(0.40)], [("0".to_owned(), 1), ("20".to_owned(), 0)]);
    }

    /// What is locked for three weeks is sold when the lock ends, and the route says until when it waits.
    #[test]
    fn a_lock_with_an_end_is_waited_for() {
        let way = |unlocks: Option<&str>| {
            let mut home = Household::taxable(&[("PLTR", 100, 500, 90), ("AGG", 100, 500, 100)]);
            home.cap("issuer", &[("PLTR", 1.0)], 0.40, 0.0);
            home.problem.lots[0].locked = Some("locked".to_owned());
            home.problem.lots[0].unlocks = unlocks.map(|day| day.parse().unwrap());
            home.problem.route = Some(Route::default());
            let plan = home.plan();
            assert_eq!(home.sold(&plan, "PLTR"), "0");
            let waits = plan.route.map(|route| route.waits).unwrap_or_default();
            waits.into_iter().map(|wait| wait.until.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(way(None), Vec::<String>::new());
        // Runs are a week apart from the thirtieth of June.
        assert_eq!(way(Some("2026-07-21")), ["2026-07-21"]);
        assert_eq!(way(Some("2026-07-22")), ["2026-07-28"]);
    }

    /// 100 shares are too many, and a run may sell 20: two runs before a blackout of six weeks, and three after it.
    #[test]
    fn a_blackout_to_come_is_known_to_the_route() {
        let mut home = Household::ira(&[("PLTR", 100, 500), ("AGG", 100, 500)]);
        home.cap("issuer", &[("PLTR", 1.0)], 0.40, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.02)));
        let window = |from: &str, to: &str| {
            let place = Place::whole(&Source::file("broaden.toml", ""));
            vec![Blackout { symbol: Symbol::new("PLTR"), from: from.parse().unwrap(), to: to.parse().unwrap(), place }]
        };
        let ends = |from: &str, to: &str| {
            let route = Some(Route { blackouts: window(from, to), ..Route::default() });
            let way = Household { problem: Problem { route, ..home.problem.clone() } }.plan().route.unwrap();
            way.done_by.unwrap().to_string()
        };
        assert_eq!(ends("2026-07-10", "2026-08-20"), "2026-09-08");
        assert_eq!(ends("2026-08-10", "2026-08-20"), "2026-07-28");
        // What whole shares leave of a run waits for the end of it too.
        let mut dear = Household::ira(&[("PLTR", 300, 167), ("AGG", 100, 499)]);
        dear.problem.limits = home.problem.limits.clone();
        dear.problem.route = Some(Route { blackouts: window("2026-07-07", "2026-08-20"), ..Route::default() });
        let plan = dear.plan();
        assert_eq!((dear.sold(&plan, "PLTR").as_str(), plan.notes.as_slice()), ("6", [].as_slice()));
        // The days themselves are closed.
        assert_eq!(ends("2026-07-07", "2026-07-07"), "2026-08-04");
    }

    /// What is locked for good after all (it was rejected, or is not to be traded) is not sold when another lock ends.
    #[test]
    fn a_lock_for_good_has_no_end() {
        let mut lot = Household::taxable(&[("PLTR", 100, 500, 90)]).problem.lots.remove(0);
        (lot.locked, lot.unlocks) = (Some("locked until 2026-07-21".to_owned()), "2026-07-21".parse().ok());
        lot.lock("you rejected its sale");
        assert_eq!((lot.locked.as_deref(), lot.unlocks), (Some("locked until 2026-07-21"), None));
    }

    #[test]
    fn inside_its_trigger_a_cap_does_not_act() {
        let mut home = Household::ira(&[("NVDA", 100, 404), ("AGG", 100, 596)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.005);
        assert!(home.plan().sells.is_empty());
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.003);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "4");
    }
}
