//! Explanations: of words (kinds, diagnostics) and of a proposal's tickers and rules.

pub mod what_if;

use crate::config::{Fallback, Param};
use crate::diagnostics::{Code, nearest};
use crate::model::{Side, Symbol};
use crate::proposal::Proposal;
use crate::{config, exposure, holdings, market, plan, reference, rules, signals};

/// A word that can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word.
    pub name: String,
    /// `signal`, `brake`, `limit`, `diagnostic`, ...
    pub group: &'static str,
    /// Its explanation.
    pub text: String,
}

/// Returns every word that can be explained without a portfolio, by group and name.
pub fn topics() -> Vec<Topic> {
    let mut list = Vec::new();
    let mut add = |name: &str, group, doc: &str, params: &[Param]| {
        list.push(Topic { name: name.to_owned(), group, text: format!("{}\n{}", doc.trim_end(), keys(params)) });
    };
    for kind in rules::RULES {
        add(kind.kind, "limit", kind.doc, kind.params);
    }
    add("sleeve", "limit", rules::sleeves::DOC, rules::sleeves::SLEEVE_PARAMS);
    for kind in signals::SIGNALS {
        add(kind.kind, "signal", kind.doc, kind.params);
    }
    for kind in signals::BRAKES {
        add(kind.kind, "brake", kind.doc, kind.params);
    }
    for (name, doc) in exposure::DOCS.iter().chain(reference::DOCS) {
        add(name, "measure", doc, &[]);
    }
    add("rotation", "rotation rule", rules::strength::DOC, rules::strength::PARAMS);
    add("driver", "rotation rule", signals::drivers::DOC, signals::drivers::PARAMS);
    add("gate", "rotation rule", rules::gates::DOC, &[]);
    add("screen", "measure", signals::screen::DOC, signals::screen::PARAMS);
    for constraint in plan::CONSTRAINTS {
        add(constraint.kind, "plan measure", constraint.doc, &[]);
    }
    add("tax", "section", "What a sale costs.", plan::TAX_PARAMS);
    add("trading", "section", "How orders may look.", plan::TRADING_PARAMS);
    add("accounts", "section", "What the files do not say about an account.", holdings::ACCOUNT_PARAMS);
    add("import", "section", "Which column of an unknown file is what.", holdings::IMPORT_PARAMS);
    for reader in holdings::READERS {
        add(reader.id, "file format", reader.doc, &[]);
    }
    for code in codes() {
        add(code.id, "diagnostic", code.explanation, &[]);
    }
    list.sort_by(|a, b| (a.group, &a.name).cmp(&(b.group, &b.name)));
    list.dedup();
    list
}

/// Returns the diagnostics of every stage.
pub fn codes() -> Vec<Code> {
    [
        config::CODES,
        holdings::CODES,
        market::CODES,
        reference::CODES,
        exposure::CODES,
        signals::CODES,
        rules::CODES,
        plan::CODES,
    ]
    .concat()
}

/// Returns the topics of a name, or the nearest name.
pub fn find(name: &str) -> Result<Vec<Topic>, Option<String>> {
    let all = topics();
    let found: Vec<Topic> = all.iter().filter(|topic| topic.name.eq_ignore_ascii_case(name)).cloned().collect();
    if found.is_empty() {
        return Err(nearest(name, all.iter().map(|topic| topic.name.as_str())).map(str::to_owned));
    }
    Ok(found)
}

/// Returns the keys of a table with meaning and default.
fn keys(params: &[Param]) -> String {
    let mut text = String::new();
    for param in params {
        let default = match param.fallback {
            Fallback::Required => "required".to_owned(),
            Fallback::Optional => "optional".to_owned(),
            Fallback::Value(value) => format!("default {value}"),
        };
        text.push_str(&format!("\n  {} ({default})\n      {}", param.name, param.doc));
    }
    if text.is_empty() { text } else { format!("\nKeys:{text}\n") }
}

/// Returns what the proposal knows of a ticker or of the id of a rule; `None` when it is neither.
pub fn in_proposal(proposal: &Proposal, name: &str) -> Option<String> {
    let symbol = Symbol::new(name);
    let mut lines = Vec::new();
    for verdict in proposal.verdicts.iter().filter(|v| v.id == name || v.id.strip_prefix("limits.") == Some(name)) {
        lines.push(format!("{}: {} (from {})", verdict.id, verdict.evidence, verdict.origin));
        if let Some(reason) = &verdict.reason {
            lines.push(format!("  your reason: {reason}"));
        }
    }
    if let Some(value) = proposal.problem.lots.iter().find(|lot| lot.symbol == symbol).map(|lot| &lot.symbol) {
        lines.extend(ticker(proposal, value));
    } else if proposal.plan.buys.iter().any(|buy| buy.symbol == symbol) {
        lines.extend(ticker(proposal, &symbol));
    }
    lines.extend(consequences(proposal, name));
    (!lines.is_empty()).then(|| lines.join("\n") + "\n")
}

/// Returns what solving again says of a limit or target: what it changed, what the next point costs, what stands in
/// the way of keeping it.
fn consequences(proposal: &Proposal, name: &str) -> Vec<String> {
    let problem = &proposal.problem;
    let ids = problem.limits.iter().map(|limit| &limit.id).chain(problem.targets.iter().map(|target| &target.id));
    let Some(id) = ids.into_iter().find(|id| *id == name || id.strip_prefix("limits.") == Some(name)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    match what_if::leave_one_out(problem, &proposal.plan, id) {
        Some(difference) => {
            let sales: Vec<String> = difference.fewer_sales.iter().map(|sale| sale.symbol.to_string()).collect();
            let buys: Vec<String> = difference.fewer_buys.iter().map(|buy| buy.symbol.to_string()).collect();
            lines.push(format!(
                "  without it {} sold and tax is {}; sold less or not at all: {}; bought less or not at all: {}",
                more_or_less(difference.sold),
                lower_or_higher(difference.tax),
                unique(sales),
                unique(buys)
            ));
        }
        None => lines.push("  without it the plan is the same".to_owned()),
    }
    if let Some(bound) = proposal.verdicts.iter().find(|verdict| verdict.id == *id).and_then(|verdict| verdict.bound)
        && let Some(rungs) = what_if::ladder(problem, id, &what_if::rungs_around(bound))
    {
        lines.push("  what a point of this cap costs (each line solved again):".to_owned());
        for rung in rungs {
            let step = rung.marginal.map_or_else(String::new, |cost| format!(", {} for this point", cost.dollars()));
            let left = if rung.excess.is_positive() {
                format!(", {} still over", rung.excess.dollars())
            } else {
                String::new()
            };
            lines.push(format!("    {:>6}  tax {}{step}{left}", rung.cap.percent(), rung.tax.dollars()));
        }
    }
    let set = what_if::conflict(problem, &proposal.plan, id);
    if !set.is_empty() {
        lines.push(format!("  these cannot hold together: {}", set.join(", ")));
    }
    lines
}

/// Says what a difference `with - without` means for the plan without.
fn more_or_less(difference: crate::units::Money) -> String {
    let word = if difference.is_negative() { "more" } else { "less" };
    if difference.is_zero() { "as much is".to_owned() } else { format!("{} {word} is", difference.abs().dollars()) }
}

fn lower_or_higher(difference: crate::units::Money) -> String {
    let word = if difference.is_negative() { "higher" } else { "lower" };
    if difference.is_zero() { "the same".to_owned() } else { format!("{} {word}", difference.abs().dollars()) }
}

fn unique(mut names: Vec<String>) -> String {
    names.sort();
    names.dedup();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Returns the explanation of the plan as a whole: what bound it, and what it would be under other circumstances.
pub fn whole(proposal: &Proposal) -> String {
    let plan = &proposal.plan;
    let mut lines = vec![format!("plan of {}: {} trades", proposal.as_of, proposal.trades.len())];
    let summary = |name: &str, outcome: &crate::plan::Outcome| {
        format!(
            "  {name:28} sells {:>14}  tax {:>12}  over limits {:>14}  short of targets {:>12}",
            outcome.sold.dollars(),
            outcome.tax.dollars(),
            outcome.levels.excess.dollars(),
            outcome.levels.gaps.dollars()
        )
    };
    lines.push(summary("this plan", &plan.outcome));
    lines.push(summary("doing nothing", &plan.nothing));
    if let Some(other) = what_if::without_tax(&proposal.problem) {
        lines.push(summary("if gains were not taxed", &other.outcome));
    }
    if let Some(other) = what_if::sheltered_only(&proposal.problem) {
        lines.push(summary("only accounts without tax", &other.outcome));
    }
    if !plan.binding.is_empty() {
        lines.push(format!("what stops it from doing more: {}", plan.binding.join(", ")));
    }
    lines.push(format!("making it and undoing it would cost about {}", proposal.reversal_cost().dollars()));
    lines.push("what each rule that fired changed:".to_owned());
    for verdict in proposal.verdicts.iter().filter(|verdict| verdict.fired) {
        lines.push(format!("{}: {}", verdict.id, verdict.evidence));
        lines.extend(match what_if::leave_one_out(&proposal.problem, plan, &verdict.id) {
            Some(difference) => {
                let (sold, tax) = (more_or_less(difference.sold), lower_or_higher(difference.tax));
                vec![format!("  without it {sold} sold and tax is {tax}")]
            }
            None => vec!["  without it the plan is the same".to_owned()],
        });
    }
    lines.join("\n") + "\n"
}

fn ticker(proposal: &Proposal, symbol: &Symbol) -> Vec<String> {
    let mut lines = vec![format!("{symbol}")];
    for verdict in &proposal.verdicts {
        let share = verdict.limits.iter().find_map(|limit| match &limit.measure {
            crate::model::Measure::ExposureCap { coefficients, .. } => coefficients.get(symbol),
            _ => None,
        });
        if let Some(share) = share {
            lines.push(format!(
                "  counts {:.1}% of each dollar to {}: {}",
                share * 100.0,
                verdict.id,
                verdict.evidence
            ));
        }
    }
    for lot in proposal.problem.lots.iter().filter(|lot| lot.symbol == *symbol) {
        let opened = lot.acquired.map_or_else(|| "unknown date".to_owned(), |date| date.to_string());
        let sold = proposal.plan.sells.iter().find(|sale| sale.lot == lot.id).map(|sale| sale.quantity.text());
        let cost = match crate::trades::cost_per_dollar(&proposal.problem, lot) {
            Some(cost) => format!("{:.1} cents of tax per dollar", cost * 100.0),
            None => "no tax on a sale, or basis unknown".to_owned(),
        };
        let what = match (&lot.locked, sold) {
            (Some(why), _) => format!("not for sale: {why}"),
            (None, Some(quantity)) => format!("the plan sells {quantity}"),
            (None, None) => "kept".to_owned(),
        };
        lines.push(format!("  lot of {} in {}, {opened}: {cost}; {what}", lot.quantity.text(), lot.account));
    }
    for trade in proposal.trades.iter().filter(|trade| trade.symbol == *symbol) {
        let verb = if trade.side == Side::Sell { "sell" } else { "buy" };
        lines.push(format!("  {verb} {} in {}", trade.quantity.text(), trade.account));
        lines.extend(trade.reasons().map(|reason| format!("    because {} {}", reason.id, reason.evidence)));
    }
    lines
}
