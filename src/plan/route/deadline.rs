//! The day by which limits are met, where none is given.

use chrono::{Datelike, NaiveDate};

use super::Route;
use super::levels::Aim;
use super::program::{Owed, Program};
use super::search::Candidate;
use crate::model::Measure;
use crate::plan::draft::Draft;

/// What one more year must save to be worth it, in basis points of the household: absolute, so that planning again does
/// not push the day away.
const WORTH: f64 = 5.0;
/// Years after the coming 31 January that are chosen unasked, and where a budget of a year forces more.
pub const LAST_OWN_YEAR: i32 = 1;
const FORCED_YEARS: i32 = 9;
/// Basis points that bring a limit or target no closer.
const CLOSER: f64 = 1e-3;

/// The levels up to the cost with their values.
type Values = Vec<(Aim, f64)>;

/// Returns the coming 31 January, or that of some years later.
pub fn end_of_tax_year(as_of: NaiveDate, years: i32) -> NaiveDate {
    let this = i32::from((as_of.month(), as_of.day()) > (1, 31));
    NaiveDate::from_ymd_opt(as_of.year() + this + years, 1, 31).unwrap_or(as_of).max(as_of)
}

/// Returns the program until the first 31 January after which one more year brings limits and targets no closer and saves
/// less than it is worth. At most three tax years; more only while a budget keeps them from being met.
pub(super) fn choose(draft: &Draft<'_>, route: &Route, owed: Owed) -> Candidate {
    let problem = draft.ground.problem;
    let as_of = problem.as_of;
    let until = |years: i32| Candidate::new(Program::new(draft, route, end_of_tax_year(as_of, years), owed));
    let has_budget =
        problem.limits.iter().any(|limit| matches!(limit.measure, Measure::GainBudget(_) | Measure::TaxBudget(_)));
    let mut candidate = until(0);
    for years in 1..=FORCED_YEARS {
        let Some(own) = values(&mut candidate) else { break };
        let nothing_to_do = is_met(&own) && candidate.program.sales.is_empty();
        if nothing_to_do || years > LAST_OWN_YEAR && (!has_budget || is_met(&own)) {
            break;
        }
        let mut longer = until(years);
        // At flat rates a year more opens no bracket, and the programs without their choices show what it is worth.
        let is_flat = problem.tax.filing.is_none() && years <= LAST_OWN_YEAR;
        if is_flat && !bound(&candidate).zip(bound(&longer)).is_some_and(|(own, longer)| is_worth(&own, &longer)) {
            break;
        }
        // Only routes that save what a year must are looked for: most often the first program shows that there is none.
        let wanted: Vec<f64> =
            own.iter().map(|(aim, value)| if *aim == Aim::Cost { value - WORTH } else { *value }).collect();
        if !longer.searched_below(&wanted) || !values(&mut longer).is_some_and(|longer| is_worth(&own, &longer)) {
            break;
        }
        candidate = longer;
    }
    candidate
}

/// Values of the best route at the levels up to the cost.
fn values(candidate: &mut Candidate) -> Option<Values> {
    let best = candidate.searched().best.as_ref()?.values.clone();
    Some(named(candidate, &best))
}

/// Values that no route is better than.
fn bound(candidate: &Candidate) -> Option<Values> {
    Some(named(candidate, &candidate.least()?))
}

fn named(candidate: &Candidate, values: &[f64]) -> Values {
    let levels = candidate.program.levels.iter().map(|level| level.aim).filter(|aim| *aim <= Aim::Cost);
    levels.zip(values.iter().copied()).collect()
}

/// Whether one more year brings limits or targets closer, or saves what it must.
fn is_worth(values: &[(Aim, f64)], found: &[(Aim, f64)]) -> bool {
    let early = |aim: Aim| aim < Aim::Cost && !matches!(aim, Aim::Earned | Aim::Kept | Aim::LargestGap | Aim::Added);
    let nearer = values.iter().zip(found).any(|((aim, one), (_, two))| early(*aim) && *two < one - CLOSER);
    let cost = |values: &[(Aim, f64)]| values.last().map_or(0.0, |(_, cost)| *cost);
    nearer || cost(values) - cost(found) > WORTH
}

fn is_met(values: &[(Aim, f64)]) -> bool {
    let is_other = |aim: Aim| {
        aim >= Aim::Cost
            || matches!(aim, Aim::LargestGap | Aim::Unasked | Aim::Overrun | Aim::Added | Aim::Earned | Aim::Kept)
    };
    values.iter().all(|(aim, value)| is_other(*aim) || *value <= 1e-6)
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Filing, Income, Route};
    use crate::tax::FilingStatus;
    use crate::units::Decimal;

    /// 51,000 of MSFT must be sold, with a gain of 55 cents a dollar: 28,000. Income of 90,000 leaves 8,900 a year untaxed
    /// (joint, 2026: up to 98,900), and 4,000 of losses are realised. Two years shelter 21,800 and cost 15% of the rest, $937;
    /// a third shelters it all, while 11,400 wait a year at 2%. What the losses would have saved at 12% is the tax: 3,000 of
    /// them this year, and 1,000 in the next.
    fn home() -> Household {
        let mut home = Household::taxable(&[("MSFT", 200, 370, 90), ("VTV", 50, 3_125, 50)]);
        home.cap("msft", &[("MSFT", 1.0)], 0.10, 0.10);
        let income = Income { taxable: dollars(90_000), magi: None };
        home.problem.tax.filing = Some(Filing {
            status: FilingStatus::Joint,
            state_short: Decimal::ZERO,
            state_long: Decimal::ZERO,
            years: [(2026, income)].into(),
        });
        home.problem.tax.realised_long = dollars(-4_000);
        home.problem.route = Some(Route::default());
        home
    }

    #[test]
    fn a_year_that_saves_more_than_waiting_costs_is_taken() {
        let route = home().plan().route.unwrap();
        assert_eq!(route.by.to_string(), "2028-01-31");
        assert_eq!([2026, 2027, 2028].map(|year| route.years[&year].tax.dollars()), ["$360.00", "$120.00", "$0.00"]);
    }

    /// Where the money is needed in two years, and taxed then at the latest, paying at once costs 1 - 1.06^-2 = 11% of the tax:
    /// $103 of the $937, and a third year is not worth the wait.
    #[test]
    fn a_tax_that_comes_soon_anyway_is_no_reason_to_wait() {
        let mut home = home();
        home.problem.tax.deferral_weight = crate::tax::deferral_weight(1.0, 1.0, 2.0, 0.06, 0.0);
        assert_eq!(home.plan().route.unwrap().by.to_string(), "2027-01-31");
    }
}
