//! What a plan leaves undone: cash that is short, limits that stay exceeded, sleeves that stay short, and what stops the
//! plan from doing more about them.

use chrono::{Datelike, Days, Months};

use super::MOST_ROWS;
use crate::explain::brief::{Place, Section};
use crate::explain::what_if::CENT;
use crate::explain::words;
use crate::model::{Limit, Measure, Reaction, Symbol};
use crate::plan::{Cadence, Outcome, PlanAccount};
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Shares};

/// What whole shares cannot reach is not worth a line.
const WORTH: Money = Money(Decimal::from_parts(5, 0, 0, false, 1));

/// Idle cash of more than this part of the household is worth a warning.
const IDLE: f64 = 0.02;

/// The key of the fund that takes the rest.
const NEUTRAL: &str = "sleeves.neutral";

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let stopped = stopped(proposal, MOST_ROWS);
    let left = Section::new("left", "What was left", Place::After).words(left(proposal)).words(stopped);
    left.words(inside_triggers(proposal)).if_any()
}

/// Says of each cap that is exceeded by too little to act.
fn inside_triggers(proposal: &Proposal) -> Vec<String> {
    let over = proposal.plan.outcome.excess.iter().filter(|(id, over)| **over > WORTH && !proposal.acts(id));
    over.map(|(id, over)| {
        let name = words::subject(proposal, id);
        format!("{name} is over its limit by {}, too little to sell anything for it ({id})", over.whole_dollars())
    })
    .collect()
}

/// Says how much cash lies idle after the plan beyond what must stay, and why; `None` where that is little.
pub fn idle_cash(proposal: &Proposal) -> Option<String> {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let free = |account: &PlanAccount| unspent(proposal, account);
    let idle = |is_taxable: bool| {
        problem.accounts.iter().filter(|account| account.kind.is_taxable() == is_taxable).map(free).sum::<Money>()
    };
    let aside = if problem.set_aside_tax { plan.outcome.tax.max(Money::ZERO) } else { Money::ZERO };
    let all = idle(false) + (idle(true) - aside).max(Money::ZERO);
    let weight = all.share_of(plan.outcome.value)?;
    if weight.0 <= IDLE {
        // Little or not, what is sold where nothing can be bought for it is not invested by any later run.
        let sells = |own: &&PlanAccount| plan.sells.iter().any(|sale| sale.account == own.id);
        let sold = |own: &PlanAccount| Some((free(own), off_menu(proposal, own).filter(|_| free(own) > WORTH)?));
        let (cash, why) = problem.accounts.iter().filter(sells).find_map(sold)?;
        return Some(format!("{} of cash from sales lies idle after the plan: {why}", cash.whole_dollars()));
    }
    // Where most of it lies in an account that may buy nothing of what is wanted, that is why.
    let most = problem.accounts.iter().max_by_key(|account| free(account));
    let closed =
        most.filter(|account| free(account) + free(account) > all).and_then(|account| off_menu(proposal, account));
    let bought = problem.targets.iter().any(|target| target.reaction == Reaction::Fill);
    let short = plan.outcome.gaps.values().any(|gap| gap.is_positive());
    let is_wanted =
        problem.neutral.is_none() && proposal.config.iter().any(|own| own.key == NEUTRAL && own.value.contains("cash"));
    let neutral = rest_unbought(proposal);
    let why = match (bought, short) {
        _ if is_wanted && !short => format!("it stays in cash, as {NEUTRAL} says"),
        _ if !bought && neutral.is_some() => neutral.unwrap_or_default(),
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
    let mut why = problem.targets.iter().filter_map(|own| {
        let gap = plan.outcome.gaps.get(&own.id).filter(|gap| gap.is_positive())?;
        Some(format!(
            "sleeves are short, and {} is not bought: {}",
            own.symbol,
            why_short(proposal, &own.symbol, *gap)?
        ))
    });
    let sleeve = why.next().unwrap_or_else(|| "what sleeves are short of may not be bought in its account".to_owned());
    let neutral = rest_unbought(proposal).map(|neutral| format!("; {neutral}"));
    format!("{sleeve}{}", neutral.unwrap_or_default())
}

/// Says which caps keep what takes the rest from being bought.
fn rest_unbought(proposal: &Proposal) -> Option<String> {
    let neutral = proposal.problem.neutral.as_ref()?;
    let why = no_room(proposal, neutral)?;
    Some(format!(
        "{neutral}, which takes the rest, is not bought: {why}; a fund with less of it may follow in {NEUTRAL}"
    ))
}

/// Returns a sentence, without a full stop, for each thing that is left; none where everything is reached.
pub fn left(proposal: &Proposal) -> Vec<String> {
    let outcome = &proposal.plan.outcome;
    let mut lines = Vec::new();
    if outcome.levels.cash_shortfall.is_positive() {
        let short = outcome.levels.cash_shortfall.dollars();
        lines.push(format!("CASH IS SHORT by {short}: a withdrawal, a reserve or the tax set aside is not covered"));
    }
    for (id, excess) in outcome.excess.iter().filter(|(id, excess)| **excess > WORTH && proposal.acts(id)) {
        let points = excess.share_of(outcome.value).map_or(0.0, |weight| weight.0 * 100.0);
        // Less than a tenth of a point is not called none.
        let points = if points >= 0.05 { format!("{points:.1} points, ") } else { String::new() };
        lines.push(format!(
            "{} is still over its limit by {points}{} ({id})",
            words::subject(proposal, id),
            excess.whole_dollars()
        ));
    }
    for (id, gap) in outcome.gaps.iter().filter(|(_, gap)| **gap > WORTH) {
        let target = proposal.problem.targets.iter().find(|target| target.id == *id);
        let why = target.and_then(|target| why_short(proposal, &target.symbol, *gap));
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let name = words::subject(proposal, id);
        lines.push(format!("{name} is still short by {} of what it is brought to{why} ({id})", gap.whole_dollars()));
    }
    lines
}

/// Returns the limits that stop the plan from doing more about what is left, at most so many, as one sentence; `None`
/// where nothing is left or no single limit stops it.
pub fn stopped(proposal: &Proposal, most: usize) -> Option<String> {
    let binding = &proposal.plan.binding;
    if binding.is_empty() || left(proposal).is_empty() {
        return None;
    }
    let shown: Vec<String> = binding.iter().take(most).map(|id| words::limit_of(proposal, id)).collect();
    let rest = binding.len() - shown.len();
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    Some(format!("what stops the plan: {}{rest}{}", shown.join(", "), used(proposal).unwrap_or_default()))
}

/// Says how much of what may be sold recorded trades have used, and when there is all of it again.
fn used(proposal: &Proposal) -> Option<String> {
    let is_turnover = |limit: &&Limit| matches!(limit.measure, Measure::Turnover(_));
    let turnover = proposal.problem.limits.iter().find(is_turnover)?;
    let route = proposal.problem.route.as_ref().filter(|route| route.used_turnover.is_positive())?;
    if !proposal.plan.binding.contains(&turnover.id) {
        return None;
    }
    let day = proposal.as_of;
    let (period, next) = match route.cadence {
        Cadence::Weekly => {
            ("week", day.checked_add_days(Days::new(7 - u64::from(day.weekday().num_days_from_monday())))?)
        }
        Cadence::Monthly => ("month", day.with_day(1)?.checked_add_months(Months::new(1))?),
    };
    let sold = route.used_turnover.whole_dollars();
    Some(format!("; {sold} of it was sold earlier this {period}, and from {next} on there is all of it again"))
}

/// Returns why no more of a symbol is bought although it is short, where one thing alone explains it.
fn why_short(proposal: &Proposal, symbol: &Symbol, gap: Money) -> Option<String> {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let barred = plan.not_bought.get(symbol).cloned();
    barred.or_else(|| no_room(proposal, symbol)).or_else(|| {
        let price = problem.securities.get(symbol)?.price;
        let may_buy = |own: &&PlanAccount| {
            own.menu.as_ref().is_none_or(|menu| menu.contains(symbol)) && !own.do_not_buy.contains(symbol)
        };
        let steps = problem.accounts.iter().filter(may_buy).map(|own| (price * Shares(own.increment), own));
        let steps: Vec<(Money, &PlanAccount)> = steps.collect();
        let owing = problem.accounts.iter().find(|own| own.cash.is_negative() && steps.is_empty());
        if let Some(own) = owing {
            return Some(format!("nothing is bought in {} before its margin debit is repaid", own.id));
        }
        let least = steps.iter().map(|(step, _)| *step).min()?;
        let smallest = problem.limits.iter().filter_map(|limit| match limit.measure {
            Measure::MinTrade(least) => Some(least),
            _ => None,
        });
        let smallest = smallest.max().unwrap_or_default();
        // More of an order that is placed is no order of its own.
        let is_placed = |own: &PlanAccount| plan.buys.iter().any(|buy| buy.symbol == *symbol && buy.account == own.id);
        let order = |(step, own): &(Money, &PlanAccount)| {
            let count = smallest.decimal().checked_div(step.decimal()).unwrap_or_default().ceil().max(Decimal::ONE);
            if is_placed(own) { *step } else { step.times(count) }
        };
        let paid = steps.iter().filter(|option| free(proposal, option.1) >= order(option)).map(order).min();
        match paid {
            _ if gap < least => Some("it is less than a share".to_owned()),
            None => Some("no cash is left for it in this run".to_owned()),
            Some(order) if gap < order => Some("it is less than the smallest order".to_owned()),
            Some(_) => {
                floor(proposal, symbol).map(|floor| format!("{} leaves no room for it", words::limit(proposal, floor)))
            }
        }
    })
}

/// Returns the floor that stops the plan, or its route, and that a symbol has less of than it asks for.
fn floor<'p>(proposal: &'p Proposal, symbol: &Symbol) -> Option<&'p Limit> {
    let plan = &proposal.plan;
    let is_met = |id: &String| plan.binding.contains(id) || plan.route.iter().any(|way| way.forced_by.contains(id));
    let stops = proposal.problem.limits.iter().filter(|limit| is_met(&limit.id));
    let is_floor = |limit: &&Limit| match &limit.measure {
        Measure::ExposureFloor { coefficients, floor } => {
            coefficients.get(symbol).copied().unwrap_or_default() < floor.0
        }
        _ => false,
    };
    stops.into_iter().find(is_floor)
}

/// Returns the cash of an account after the plan beyond what must stay.
fn unspent(proposal: &Proposal, account: &PlanAccount) -> Money {
    let cash = proposal.plan.outcome.cash.get(&account.id).copied().unwrap_or_default();
    // What repays a margin debit is spent.
    (cash - account.reserve.max(Money::ZERO)).max(Money::ZERO)
}

/// Returns what of it may be spent: the tax that is set aside may not.
fn free(proposal: &Proposal, account: &PlanAccount) -> Money {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let own = unspent(proposal, account);
    if !(account.kind.is_taxable() && problem.set_aside_tax) {
        return own;
    }
    let taxable = problem.accounts.iter().filter(|account| account.kind.is_taxable());
    let all: Money = taxable.map(|account| unspent(proposal, account)).sum();
    own.min((all - plan.outcome.tax.max(Money::ZERO)).max(Money::ZERO))
}

/// Returns the caps that have no room for one more step of a symbol, in words: those that stay exceeded may grow to what
/// they were, and the others to their bound.
fn no_room(proposal: &Proposal, symbol: &Symbol) -> Option<String> {
    let (plan, problem) = (&proposal.plan, &proposal.problem);
    let increments = problem.accounts.iter().map(|own| own.increment);
    let step = problem.securities.get(symbol)?.price * Shares(increments.min()?);
    let dollars = |weight: f64| plan.outcome.value.times(Decimal::from_f64_retain(weight).unwrap_or_default());
    let full = |limit: &&Limit| {
        let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { return false };
        let share = coefficients.get(symbol).copied().filter(|share| *share > 0.0);
        let added = share.map(|share| step.times(Decimal::from_f64_retain(share).unwrap_or_default()));
        let of = |outcome: &Outcome| outcome.excess.get(&limit.id).copied().unwrap_or_default();
        let over = of(&plan.outcome);
        let adds_little = problem.is_neutral(symbol) && share.is_some_and(|share| problem.adds_little(share, *cap));
        if adds_little {
            return false;
        }
        let room = match over.is_positive() {
            true => of(&plan.nothing) - over,
            false => dollars(cap.0) - dollars(plan.outcome.weights.get(&limit.id).copied().unwrap_or_default()),
        };
        added.is_some_and(|added| added > room + CENT)
    };
    let caps: Vec<String> =
        problem.limits.iter().filter(full).map(|limit| words::subject(proposal, &limit.id)).collect();
    (!caps.is_empty()).then(|| format!("more of it would add to {}", caps.join(", ")))
}
