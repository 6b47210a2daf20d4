//! What a plan leaves undone: cash that is short, limits that stay exceeded, sleeves that stay short, and what stops the
//! plan from doing more about them.

use super::MOST_ROWS;
use crate::explain::brief::{Place, Section};
use crate::model::{Limit, Measure, Reaction, Symbol};
use crate::plan::PlanAccount;
use crate::proposal::Proposal;
use crate::units::{Decimal, Money};

/// What whole shares cannot reach is not worth a line.
const WORTH: Money = Money(Decimal::from_parts(5, 0, 0, false, 1));

/// Idle cash of more than this part of the household is worth a warning.
const IDLE: f64 = 0.02;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let stopped = stopped(proposal, MOST_ROWS);
    Section::new("left", "What was left", Place::After).words(left(proposal)).words(stopped).if_any()
}

/// Says how much cash lies idle after the plan beyond what must stay, and why; `None` where that is little.
pub fn idle_cash(proposal: &Proposal) -> Option<String> {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let free = |account: &PlanAccount| {
        let cash = plan.outcome.cash.get(&account.id).copied().unwrap_or_default();
        (cash - account.reserve).max(Money::ZERO)
    };
    let idle = |is_taxable: bool| {
        problem.accounts.iter().filter(|account| account.kind.is_taxable() == is_taxable).map(free).sum::<Money>()
    };
    let aside = if problem.set_aside_tax { plan.outcome.tax.max(Money::ZERO) } else { Money::ZERO };
    let all = idle(false) + (idle(true) - aside).max(Money::ZERO);
    let weight = all.share_of(plan.outcome.value)?;
    if weight.0 <= IDLE {
        return None;
    }
    // Where most of it lies in an account that may buy nothing of what is wanted, that is why.
    let most = problem.accounts.iter().max_by_key(|account| free(account));
    let closed =
        most.filter(|account| free(account) + free(account) > all).and_then(|account| off_menu(proposal, account));
    let bought = problem.targets.iter().any(|target| target.reaction == Reaction::Fill);
    let short = plan.outcome.gaps.values().any(|gap| gap.is_positive());
    let why = match (bought, short) {
        _ if problem.buyable.is_empty() => {
            "nothing is to be bought: no sleeve is below its band, and no fund takes what sleeves do not".to_owned()
        }
        _ if closed.is_some() => closed.unwrap_or_default(),
        (_, true) => unbought(proposal),
        _ => "every fund that is bought has reached its target, and none takes the rest".to_owned(),
    };
    Some(format!("{} of cash, {}, lies idle after the plan: {why}", all.whole_dollars(), weight.percent()))
}

/// Says that nothing that is wanted is on the menu of an account, and what to do.
fn off_menu(proposal: &Proposal, account: &PlanAccount) -> Option<String> {
    let menu = account.menu.as_ref().filter(|menu| !menu.is_empty())?;
    let problem = &proposal.problem;
    let mut wanted = problem.buyable.iter().chain(problem.neutral_in(account));
    if wanted.any(|symbol| menu.contains(symbol)) {
        return None;
    }
    let id = &account.id;
    Some(format!("no fund on the menu of {id} takes it; name one there: `neutral` under [accounts.{id:?}]"))
}

/// Says why sleeves stay short while there is cash.
fn unbought(proposal: &Proposal) -> String {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let adds = |symbol: &Symbol| Some(adds_to(proposal, symbol)).filter(|caps| !caps.is_empty());
    let short =
        problem.targets.iter().filter(|own| plan.outcome.gaps.get(&own.id).is_some_and(|gap| gap.is_positive()));
    let mut why = short.filter_map(|own| {
        let barred = plan.not_bought.get(&own.symbol).cloned();
        let why = barred.or_else(|| adds(&own.symbol).map(|caps| format!("it would add to {}", caps.join(", "))))?;
        Some(format!("sleeves are short, and {} is not bought: {why}", own.symbol))
    });
    let sleeve = why.next().unwrap_or_else(|| {
        "what sleeves are short of is below the smallest order, or may not be bought in its account".to_owned()
    });
    let neutral = problem.neutral.as_ref().and_then(|neutral| {
        Some(format!("; {neutral}, which takes the rest, would add to {}", adds(neutral)?.join(", ")))
    });
    format!("{sleeve}{}", neutral.unwrap_or_default())
}

/// Returns a sentence, without a full stop, for each thing that is left; none where everything is reached.
pub fn left(proposal: &Proposal) -> Vec<String> {
    let outcome = &proposal.plan.outcome;
    let mut lines = Vec::new();
    if outcome.levels.cash_shortfall.is_positive() {
        let short = outcome.levels.cash_shortfall.dollars();
        lines.push(format!("CASH IS SHORT by {short}: a withdrawal, a reserve or the tax set aside is not covered"));
    }
    for (id, excess) in outcome.excess.iter().filter(|(_, excess)| **excess > WORTH) {
        let points = excess.share_of(outcome.value).map_or(0.0, |weight| weight.0 * 100.0);
        // Less than a tenth of a point is not called none.
        let points = if points >= 0.05 { format!("{points:.1} points, ") } else { String::new() };
        lines.push(format!(
            "{} is still over its limit by {points}{} ({id})",
            subject(proposal, id),
            excess.whole_dollars()
        ));
    }
    for (id, gap) in outcome.gaps.iter().filter(|(_, gap)| **gap > WORTH) {
        let target = proposal.problem.targets.iter().find(|target| target.id == *id);
        let blocking = target.map_or_else(Vec::new, |target| adds_to(proposal, &target.symbol));
        let why = if blocking.is_empty() {
            String::new()
        } else {
            format!(": buying it would add to {}", blocking.join(", "))
        };
        let name = subject(proposal, id);
        lines.push(format!("{name} is still short by {} of what it is brought to{why} ({id})", gap.whole_dollars()));
    }
    lines
}

/// Returns what a rule is about, as a person would say it.
fn subject(proposal: &Proposal, id: &str) -> String {
    let found = proposal.verdicts.iter().find(|verdict| verdict.id == id).map(|verdict| &verdict.subject);
    found.map_or_else(|| id.to_owned(), ToString::to_string)
}

/// Returns the limits that stop the plan from doing more about what is left, at most so many, as one sentence; `None`
/// where nothing is left or no single limit stops it.
pub fn stopped(proposal: &Proposal, most: usize) -> Option<String> {
    let binding = &proposal.plan.binding;
    if binding.is_empty() || left(proposal).is_empty() {
        return None;
    }
    let shown: Vec<&str> = binding.iter().take(most).map(String::as_str).collect();
    let rest = binding.len() - shown.len();
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    Some(format!("what stops the plan: {}{rest}", shown.join(", ")))
}

/// Returns the caps that stay exceeded and to which buying a symbol would add.
fn adds_to(proposal: &Proposal, symbol: &Symbol) -> Vec<String> {
    let exceeded = |id: &str| proposal.plan.outcome.excess.get(id).is_some_and(|excess| excess.is_positive());
    let adds = |limit: &&Limit| match &limit.measure {
        Measure::ExposureCap { coefficients, .. } => coefficients.get(symbol).is_some_and(|share| *share > 0.0),
        _ => false,
    };
    let limits = proposal.problem.limits.iter().filter(|limit| exceeded(&limit.id)).filter(adds);
    limits.map(|limit| subject(proposal, &limit.id)).collect()
}
