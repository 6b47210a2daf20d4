//! The plan that does nothing, which is always allowed and always shown.

use crate::explain::brief::{Place, Section};
use crate::proposal::Proposal;
use crate::units::Weight;

/// The fall of what the leading cap measures for which doing nothing is compared with the plan.
const FALL: f64 = 0.2;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    Some(Section::new("nothing", "Doing nothing", Place::After).aside(nothing(proposal)))
}

/// Says what doing nothing means, as the end of a sentence that begins with it.
fn nothing(proposal: &Proposal) -> String {
    let stressed = proposal.leading_cap().and_then(|cap| Some((cap, proposal.stress(&cap.id, FALL)?)));
    let Some((cap, (now, after))) = stressed else {
        return match proposal.trades.is_empty() {
            true => "is the plan: everything stays as it is".to_owned(),
            false => "leaves everything as it is; no cap measures what a fall would cost".to_owned(),
        };
    };
    let weight = |weights: &std::collections::BTreeMap<String, f64>| {
        Weight(weights.get(&cap.id).copied().unwrap_or_default()).percent()
    };
    let (subject, plan) = (&cap.subject, &proposal.plan);
    let is_lower = after < now;
    let (now, before) = (now.whole_dollars(), weight(&plan.nothing.weights));
    if proposal.trades.is_empty() {
        return format!("is the plan: {subject} stays at {before}, and a 20% fall of all of it would cost {now}");
    }
    let (after, changed) = (after.whole_dollars(), weight(&plan.outcome.weights));
    if (&before, &now) == (&changed, &after) {
        return format!("leaves {subject} at {before}, as the plan does: a 20% fall of all of it would cost {now}");
    }
    if !is_lower {
        return format!(
            "leaves {subject} at {before}; the plan does not lower it: a 20% fall of all of it would cost {now}"
        );
    }
    format!(
        "leaves {subject} at {before} instead of {changed}: a 20% fall of all of it would cost {now} instead of {after}"
    )
}
