//! What would make the plan wrong, in dollars.

use crate::explain::brief::{Place, Section};
use crate::model::Term;
use crate::plan::Outcome;
use crate::proposal::Proposal;
use crate::tax::break_even;
use crate::trades::Taxed;
use crate::units::{Decimal, Money, Weight};

/// The years and the yearly growth that the break-even is stated for, where no sale says those of the config.
const HORIZON: (f64, f64) = (10.0, 0.06);
/// Gains that may move more than their own tax.
const LARGE: Money = Money(Decimal::from_parts(10_000, 0, 0, false, 0));
/// The lead of what is sold over what is bought for which the regret is stated.
const LEAD: f64 = 0.1;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    Section::new("wrong", "What would make this plan wrong", Place::Appendix).words(wrong(proposal)).if_any()
}

/// Returns what would make the plan wrong, in dollars.
fn wrong(proposal: &Proposal) -> Vec<String> {
    let outcome = &proposal.plan.outcome;
    let mut lines: Vec<String> = Vec::new();
    if proposal.trades.is_empty() {
        lines.push("it does nothing; it is wrong if what is over its limits falls before the next run".to_owned());
    } else {
        let regret = Money::from_f64(outcome.sold.to_f64() * LEAD).whole_dollars();
        lines.push(format!(
            "if what is sold ({}) goes on to beat what is bought or kept in cash by 10%, {regret} is missed",
            outcome.sold.whole_dollars()
        ));
        lines.push(format!(
            "if it is reversed: about {} is lost, the tax and twice the spread",
            proposal.reversal_cost().dollars()
        ));
    }
    let gain: Money = proposal.trades.iter().filter_map(|trade| trade.lot.as_ref()?.gain).sum();
    let taxed: Money = proposal
        .trades
        .iter()
        .filter(|trade| trade.lot.as_ref().is_some_and(|lot| lot.gain.is_some()))
        .map(|t| t.value)
        .sum();
    let assumed = proposal.trades.iter().find_map(|trade| trade.lot.as_ref()?.worth.as_ref());
    let (years, growth) = assumed.map_or(HORIZON, |worth| (worth.years, worth.growth));
    if gain.is_positive() && outcome.tax.is_positive() && taxed.is_positive() {
        let (share, rate) = (gain.to_f64() / taxed.to_f64(), outcome.tax.to_f64() / gain.to_f64());
        // After a year every gain is long-term.
        let later = if years >= 1.0 { rate_if_long(proposal) } else { rate };
        if let Some(even) = break_even(share, rate, later, years, growth) {
            lines.push(format!(
                "to make up for its tax over {years} years at {} growth, what is bought must do better by {:.2}% a year if \
                 the gain would be taxed later anyway, by {:.2}% if never",
                Weight(growth).percent(),
                even.if_taxed_later * 100.0,
                even.if_never_taxed * 100.0
            ));
        }
    }
    let realised: Money =
        proposal.plan.route.iter().flat_map(|route| route.years.values()).map(|own| own.short + own.long).sum();
    if proposal.problem.tax.filing.is_some() && realised > LARGE {
        lines.push(format!(
            "if gains of {} cost more than their tax: they count to what is taxed of Social Security, to Medicare premiums and to \
             credits for health insurance, and none of that is in the figures",
            realised.whole_dollars()
        ));
    }
    let near = proposal.strength.brakes.iter().filter(|brake| brake.nearness.is_some());
    if let Some(brake) = near.min_by(|a, b| a.nearness.unwrap_or(0.0).total_cmp(&b.nearness.unwrap_or(0.0))) {
        lines.push(format!("if the economy turns: {} is {}", brake.reading.id, brake.distance));
    }
    for part in proposal.strength.parts.iter().filter(|part| part.weight > 0.0 && !part.distance.is_empty()) {
        lines.push(format!("if the advance narrows again: {} is {}", part.reading.id, part.distance));
    }
    let unknown = 1.0 - proposal.exposure.coverage;
    if unknown > 0.0005 {
        lines.push(format!("if what is not known ({:.1}% of the value) is tech", unknown * 100.0));
    }
    lines
}
/// The rate of what the plan realises if all of it were long-term.
fn rate_if_long(proposal: &Proposal) -> f64 {
    let outcome = &proposal.plan.outcome;
    let realised_long = outcome.realised_short + outcome.realised_long;
    let all_long = Outcome { realised_long, ..Outcome::default() };
    Taxed::of(&proposal.problem, &all_long).on_sold(Term::Long, realised_long)
}
