//! What the plan would have traded and could not: lots of what stays over its limit, funds that stay short.

use crate::explain::brief::{Place, Section};
use crate::explain::words;
use crate::model::{Measure, Symbol};
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let (problem, plan) = (&proposal.problem, &proposal.plan);
    let open = |id: &String| plan.outcome.excess.get(id).is_some_and(|over| over.is_positive());
    let over = |symbol: &Symbol| {
        let limits = proposal.verdicts.iter().flat_map(|verdict| &verdict.limits);
        limits.filter(|limit| open(&limit.id)).any(|limit| match &limit.measure {
            // What has less of it than what its proceeds buy would only add to it.
            Measure::ExposureCap { coefficients, .. } => {
                let share = |symbol: &Symbol| coefficients.get(symbol).copied().unwrap_or(0.0);
                share(symbol) > problem.neutral.as_ref().map_or(0.0, share)
            }
            Measure::RiskCap { .. } => true,
            _ => false,
        })
    };
    let lots = problem.lots.iter().filter(|lot| over(&lot.symbol)).filter_map(|lot| {
        let why = plan.held_back.get(&lot.id)?;
        let (shares, day) = (lot.quantity.text(), words::of_day(lot.acquired));
        Some(format!("{shares} {} {day} in {}: {why}", lot.symbol, lot.account))
    });
    let short = |symbol: &&Symbol| {
        let own = problem.targets.iter().filter(|target| target.symbol == **symbol);
        own.into_iter().any(|target| plan.outcome.gaps.get(&target.id).is_some_and(|gap| gap.is_positive()))
    };
    let bought = plan.not_bought.iter().filter(|(symbol, _)| short(symbol));
    let bought = bought.map(|(symbol, why)| format!("{symbol}: {why}"));
    Section::new("untraded", "What could not be traded", Place::After).words(lots.chain(bought)).if_any()
}
