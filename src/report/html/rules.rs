//! Every rule, fired or not, with its measure, bound and origin; what was left alone; and the method in words.

use super::label::Label;
use crate::diagnostics::counted;
use crate::plan::{Mode, Plan, WashSales};
use crate::proposal::Proposal;
use crate::rules::Verdict;
use crate::units::{Decimal, Money, Weight};

/// The section.
pub(super) struct Rules {
    pub rows: Vec<RuleRow>,
    pub fired: usize,
    pub settings: Vec<String>,
    pub docs: Vec<(&'static str, &'static str)>,
    pub universe: Vec<(Label, Option<Label>)>,
}

/// One rule.
pub(super) struct RuleRow {
    /// The number that reasons link to: its place among the verdicts.
    pub index: usize,
    pub id: Label,
    pub kind: &'static str,
    pub fired: bool,
    /// Whether it stops the plan from doing more.
    pub binds: bool,
    pub measured: String,
    pub bound: String,
    pub evidence: Label,
    pub origin: Label,
    pub reason: Option<Label>,
}

impl Rules {
    pub fn new(proposal: &Proposal) -> Rules {
        let mut order: Vec<(usize, &Verdict)> = proposal.verdicts.iter().enumerate().collect();
        // What fired first, then the nearest to firing.
        // A buy cap is no distance from a trade: it only ever forbids one.
        order.sort_by(|(_, a), (_, b)| b.fired.cmp(&a.fired).then_with(|| b.nearness().total_cmp(&a.nearness())));
        let rows: Vec<RuleRow> =
            order.into_iter().map(|(index, verdict)| row(&proposal.plan, index, verdict)).collect();
        let sleeves = proposal.verdicts.iter().filter(|verdict| verdict.is_sleeve());
        Rules {
            fired: rows.iter().filter(|row| row.fired).count(),
            rows,
            settings: settings(proposal),
            docs: docs(&proposal.verdicts),
            universe: sleeves
                .map(|v| (Label::name(v.subject.to_string()), v.reason.as_ref().map(Label::words)))
                .collect(),
        }
    }
}

fn row(plan: &Plan, index: usize, verdict: &Verdict) -> RuleRow {
    let percent = |weight: Option<Weight>| weight.map_or_else(|| "\u{2013}".to_owned(), Weight::percent);
    RuleRow {
        index,
        id: Label::name(&verdict.id),
        kind: verdict.kind.kind,
        fired: verdict.fired,
        binds: plan.binding.contains(&verdict.id),
        measured: percent(verdict.measured),
        bound: percent(verdict.bound),
        evidence: Label::words(&verdict.evidence),
        origin: Label::name(&verdict.origin),
        reason: verdict.reason.as_ref().map(Label::words),
    }
}

/// Says how this run treated tax, wash sales and shares.
fn settings(proposal: &Proposal) -> Vec<String> {
    let problem = &proposal.problem;
    let tax = &problem.tax;
    let percent = |rate: Decimal| Weight(Money(rate).to_f64()).percent();
    let mut list = vec![
        format!(
            "Tax rates: {} on net short-term gain, {} on net long-term gain, {} saved per dollar of net loss against \
             ordinary income (at most {} a year).",
            percent(tax.short_rate),
            percent(tax.long_rate),
            percent(tax.ordinary_rate),
            tax.loss_limit.dollars()
        ),
        format!(
            "Realised earlier this year: short {}, long {}; losses carried forward: short {}, long {}. Tax of the plan is \
             the tax of the year with the plan minus the tax without it.",
            tax.realised_short.dollars(),
            tax.realised_long.dollars(),
            tax.carry_short.dollars(),
            tax.carry_long.dollars()
        ),
        match problem.wash_sales {
            WashSales::Block => {
                "Wash sales: a lot at a loss is not sold while a replacement lies within 30 days before \
                                 or after, in any account of the household."
            }
            WashSales::Warn => {
                "Wash sales: lots at a loss may be sold although a replacement lies within 30 days; what \
                                is then disallowed is shown."
            }
        }
        .to_owned(),
        if problem.whole_shares {
            "Shares: whole, or in the steps the account allows."
        } else {
            "Shares: fractions to a thousandth."
        }
        .to_owned(),
    ];
    if problem.near_long_term_days > 0 {
        list.push(format!(
            "A lot with a gain that turns long-term within {} is not sold.",
            counted(problem.near_long_term_days, "day", "days")
        ));
    }
    if problem.set_aside_tax {
        list.push("The tax of the plan stays in cash in the taxable accounts.".to_owned());
    }
    if problem.ticket.is_positive() {
        list.push(format!("Each trade costs {} besides half the bid-ask spread.", problem.ticket.dollars()));
    } else {
        list.push("Each trade costs half the bid-ask spread assumed for its symbol.".to_owned());
    }
    list.push(match &problem.mode {
        Mode::Lexicographic => "The plan is the best one in this order: no cash shortfall; least excess over caps; \
                                smallest gaps of sleeves to what they are brought to, then the largest gap; least tax above zero and trading cost; \
                                least turnover; least tax with its sign. An earlier aim is never traded for a later one."
            .to_owned(),
        Mode::Priced { cap, target } => format!(
            "The plan weighs a dollar of excess over a cap as ${} and a dollar missing from a target as ${}, against a \
             dollar of tax and cost.",
            cap.normalize(),
            target.normalize()
        ),
    });
    list
}

/// Returns the texts of the kinds of rules in this run, in id order, as `broaden explain KIND` prints them.
fn docs(verdicts: &[Verdict]) -> Vec<(&'static str, &'static str)> {
    let mut list: Vec<(&str, &str)> = verdicts.iter().map(|verdict| (verdict.kind.kind, verdict.kind.doc)).collect();
    list.sort_unstable();
    list.dedup();
    list
}
