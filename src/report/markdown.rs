//! The report as Markdown: the text report's content in tables, for notes and issue trackers.

use super::{Options, sentence};
use crate::diagnostics::counted;
use crate::explain;
use crate::model::Side;
use crate::proposal::{DISCLAIMER, Flow, Proposal, Since};
use crate::trades::{BEFORE_NETTING, DoNotBuy, LotSale, has_tax_by_lot};
use crate::units::Weight;

/// Returns the report.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let outcome = &proposal.plan.outcome;
    let mut text = format!("# Proposal of {}\n\n{DISCLAIMER}\n\n", proposal.as_of);
    text.push_str(&format!(
        "Value {}. Strength {:.2}. Sells {}, buys {}, tax {}, trading cost {}.\n\n",
        proposal.exposure.value.dollars(),
        proposal.strength.value.0,
        outcome.sold.dollars(),
        outcome.bought.dollars(),
        outcome.tax.dollars(),
        proposal.booked_cost().dollars()
    ));
    if !proposal.asked.is_empty() {
        let asked: Vec<String> = proposal.asked.iter().map(|asked| escape(&asked.text())).collect();
        text.push_str(&format!("What if, for this run only: {}\n\n", asked.join(", ")));
    }
    if let Some(words) = Flow::words(&proposal.flows()) {
        text.push_str(&format!("{}.\n\n", escape(&sentence(&words))));
    }
    if let Some(since) = &proposal.since {
        text.push_str(&changes(since));
    }
    let orders = if proposal.trades.is_empty() { "None".to_owned() } else { proposal.counted_orders() };
    text.push_str(&format!("## Trades\n\n{orders}.\n\n"));
    text.push_str("| account | side | shares | symbol | price | value | lot | gain | tax before netting | why |\n");
    text.push_str("|---|---|---:|---|---:|---:|---|---:|---|---|\n");
    for trade in &proposal.trades {
        let side = if trade.side == Side::Sell { "sell" } else { "buy" };
        let opened = trade.lot.as_ref().and_then(|lot| lot.opened).map(|date| date.to_string()).unwrap_or_default();
        let gain = trade.lot.as_ref().and_then(|lot| lot.gain).map(|gain| gain.dollars()).unwrap_or_default();
        let tax = trade.lot.as_ref().map(tax_words).unwrap_or_default();
        let why: Vec<String> = trade.reasons().map(|reason| format!("{}: {}", reason.id, reason.evidence)).collect();
        row(
            &mut text,
            &[
                &trade.account,
                side,
                &trade.quantity.text(),
                trade.symbol.as_str(),
                &trade.price.dollars(),
                &trade.value.dollars(),
                &opened,
                &gain,
                &tax,
                &why.join("; "),
            ],
        );
    }
    if has_tax_by_lot(&proposal.trades) {
        text.push_str(&format!("\n{}.\n", escape(&sentence(BEFORE_NETTING))));
    }
    let left = explain::left(proposal);
    if !left.is_empty() {
        text.push_str("\n## What was left\n\n");
        let stopped = explain::stopped(proposal, proposal.plan.binding.len());
        left.iter().chain(&stopped).for_each(|words| text.push_str(&format!("- {}\n", escape(words))));
    }
    let doubts = explain::doubts(proposal);
    if !doubts.is_empty() {
        text.push_str("\n## What may be broken\n\n");
        doubts.iter().for_each(|words| text.push_str(&format!("- {}\n", escape(words))));
    }
    let unsold = explain::unsold(proposal);
    if !unsold.is_empty() {
        text.push_str("\n## What is not sold\n\n");
        unsold.iter().for_each(|words| text.push_str(&format!("- {}\n", escape(words))));
    }
    let overshot = explain::overshot(proposal);
    if !overshot.is_empty() {
        text.push_str("\n## Bought beyond its target\n\n");
        overshot.iter().for_each(|sleeve| text.push_str(&format!("- {}\n", escape(&sleeve.text()))));
    }
    if !proposal.do_not_buy.is_empty() {
        text.push_str("\n## Do not buy, in any account (wash sale)\n\n");
        proposal.do_not_buy.iter().for_each(|stop| text.push_str(&format!("- {}\n", escape(&stop_words(stop)))));
    }
    text.push_str(&format!("\nDoing nothing {}.\n", escape(&explain::nothing(proposal))));
    text.push_str(
        "\n## Rules\n\n| rule | fired | measured | bound | benchmark | evidence |\n|---|---|---:|---:|---:|---|\n",
    );
    let percent = |weight: Option<Weight>| weight.map(Weight::percent).unwrap_or_default();
    for verdict in &proposal.verdicts {
        let fired = if verdict.fired { "yes" } else { "no" };
        let (measured, bound) = (percent(verdict.measured), percent(verdict.bound));
        row(&mut text, &[&verdict.id, fired, &measured, &bound, &percent(verdict.benchmark), &verdict.evidence]);
    }
    text
}

/// Says what the lot costs in tax per dollar sold, and what repays it.
fn tax_words(lot: &LotSale) -> String {
    let cost = lot.cost_per_dollar.map(|cost| format!("{:.1} cents a dollar", (cost * 1000.0).round() / 10.0 + 0.0));
    let repaid = lot.worth.as_ref().map(|worth| format!(", {}", worth.words()));
    cost.map(|cost| cost + &repaid.unwrap_or_default()).unwrap_or_default()
}

/// Returns `NVDA (nor NVDL) until 2026-12-21; SMH may stand in`.
fn stop_words(stop: &DoNotBuy) -> String {
    let also: Vec<String> = stop.also.iter().map(ToString::to_string).collect();
    let also = if also.is_empty() { String::new() } else { format!(" (nor {})", also.join(", ")) };
    let instead = stop.instead.as_ref().map(|other| format!("; {other} may stand in")).unwrap_or_default();
    format!("{}{also} until {}{instead}", stop.symbol, stop.until)
}

/// Returns what changed since an earlier proposal.
fn changes(since: &Since) -> String {
    let mut text =
        format!("## Since {}\n\nThe same: {}.\n\n", escape(&since.as_of), counted(since.same, "order", "orders"));
    if !since.orders.is_empty() {
        text.push_str("| account | side | symbol | before | now | because |\n|---|---|---|---:|---:|---|\n");
    }
    for order in &since.orders {
        let side = if order.side == Side::Sell { "sell" } else { "buy" };
        let shares = |shares: &Option<String>| shares.clone().unwrap_or_else(|| "none".to_owned());
        let (before, after) = (shares(&order.before), shares(&order.after));
        row(&mut text, &[&order.account, side, &order.symbol, &before, &after, &order.because.join("; ")]);
    }
    text + "\n"
}

fn row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        text.push_str("| ");
        text.push_str(&escape(cell));
        text.push(' ');
    }
    text.push_str("|\n");
}

/// Keeps text from becoming markup, a link or a new row.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in super::plain(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}
