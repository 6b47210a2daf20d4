//! What was decided about the lines, what that costs, and which other lines changed because of it.

use super::asked::change;
use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section, Table};
use crate::proposal::Proposal;
use crate::trades;
use crate::units::{Money, Shares};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let decided = proposal.decided.as_ref()?;
    let mut lines = Table::new("<<>>", &["", "line", "proposed", "now"]);
    for line in &decided.lines {
        let amount = |shares| proposal.amount(&line.symbol, shares);
        let (proposed, now) = (amount(line.proposed), amount(line.now));
        lines.row([line.choice.done().to_owned(), line.id.clone(), proposed, now]);
    }
    let mut changed = Table::new("<<>>", &["", "line", "proposed", "now"]);
    changed.caption = match decided.changed.is_empty() {
        true => String::new(),
        false => "other lines that changed because of it".to_owned(),
    };
    let all = trades::lines(&proposal.problem);
    for (index, line) in decided.changed.iter().enumerate() {
        let word = change(line.before, line.after);
        let own = all.iter().find(|own| own.id == line.id);
        let amount = |shares: Shares| own.map_or_else(|| shares.text(), |own| proposal.amount(&own.symbol, shares));
        let row = changed.row([word.to_owned(), line.id.clone(), amount(line.before), amount(line.after)]);
        // Said once for lines that changed for the same reasons.
        if decided.changed.get(index + 1).is_none_or(|next| next.because != line.because) {
            row.notes.push(format!("because of {}", line.because.join(", ")));
        }
    }
    let passed = decided.passed.iter().map(|words| format!("beyond your limit, as you decided: {words}"));
    let of = |choice| decided.lines.iter().filter(|line| line.choice == choice).count();
    let counts = crate::decisions::Choice::ALL.map(|choice| (of(choice), choice.done()));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, done)| format!("{count} {done}")).collect();
    let others = counted(decided.changed.len(), "other line changed", "other lines changed");
    let aside = format!("{}; {others}", counts.join(", "));
    let section = Section::new("decided", "Your decisions", Place::Answer).aside(aside);
    Some(section.table(lines).words(passed).table(costs(proposal)?).table(changed))
}

/// What the plan does as proposed and as decided.
fn costs(proposal: &Proposal) -> Option<Table> {
    let decided = proposal.decided.as_ref()?;
    let (before, after) = (&decided.before, &proposal.plan.outcome);
    let mut table = Table::new("<>>>", &["", "as proposed", "as decided", "more"]);
    table.caption = "what it costs".to_owned();
    let mut row = |name: &str, before: Money, after: Money| {
        table.row([name.to_owned(), before.dollars(), after.dollars(), (after - before).dollars()]);
    };
    row("tax of this run", before.tax, after.tax);
    if let (Some(tax), Some(route)) = (decided.route_tax, &proposal.plan.route) {
        row("tax of the whole route", tax, route.tax);
    }
    row("trading cost", before.trading_cost, after.trading_cost);
    row("sold", before.sold, after.sold);
    row("bought", before.bought, after.bought);
    row("cash after", before.cash.values().copied().sum(), after.cash.values().copied().sum());
    row("furthest over after", before.furthest_over(), after.furthest_over());
    row("sleeves short after", before.levels.gaps, after.levels.gaps);
    for (id, over) in &after.excess {
        let was = before.excess.get(id).copied().unwrap_or_default();
        if was.to_cents() != over.to_cents() {
            row(&format!("over {id} after"), was, *over);
        }
    }
    if let (Some(runs), Some(route)) = (decided.route_runs, &proposal.plan.route) {
        let more = route.runs as i64 - runs as i64;
        table.row(["runs until it is done".to_owned(), runs.to_string(), route.runs.to_string(), more.to_string()]);
    }
    Some(table)
}
