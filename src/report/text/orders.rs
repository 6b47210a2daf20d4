//! What to do: the orders of each account with their reasons, and what must not be bought afterwards.

use std::collections::BTreeMap;

use crate::diagnostics::counted;
use crate::explain;
use crate::model::{Side, TaxTreatment, Term};
use crate::proposal::Proposal;
use crate::report::page::Page;
use crate::trades::{BEFORE_NETTING, Trade, has_tax_by_lot};
use crate::units::Decimal;

/// Writes the section.
pub(super) fn write(page: &mut Page, proposal: &Proposal) {
    let outcome = &proposal.plan.outcome;
    if proposal.trades.is_empty() {
        page.heading("WHAT TO DO", "nothing");
        let hold = explain::limits_hold(proposal);
        let why = if outcome.excess.values().any(|excess| excess.is_positive()) {
            "what is over its limit cannot be sold under the limits on actions; see below".to_owned()
        } else if outcome.gaps.values().any(|gap| gap.is_positive()) {
            format!("{hold}; what sleeves are short of is below the smallest order, or there is no cash for it")
        } else if proposal.strength.data {
            format!("{hold}, and no fund that rotation would buy is below its band")
        } else {
            format!("{hold}, so nothing is sold; rotation is off, so nothing is bought")
        };
        page.sentence(2, &why);
        let blind = proposal.without_value();
        if blind > 0 {
            let holdings = counted(blind, "holding", "holdings");
            let text = format!("this says nothing of the {holdings} without a value; see below");
            page.sentence(2, &text);
        }
        unsold(page, proposal);
        return;
    }
    let aside = format!(
        "{}, sells {}, buys {}, tax {}, cost {}",
        proposal.counted_orders(),
        outcome.sold.whole_dollars(),
        outcome.bought.whole_dollars(),
        outcome.tax.dollars(),
        proposal.booked_cost().dollars()
    );
    page.heading("WHAT TO DO", &aside);
    if let Some(words) = exact_tax(proposal) {
        page.sentence(2, &words);
    }
    let mut by_account: BTreeMap<&str, Vec<&Trade>> = BTreeMap::new();
    for trade in &proposal.trades {
        by_account.entry(&trade.account).or_default().push(trade);
    }
    for (account, trades) in by_account {
        let kind = proposal.problem.accounts.iter().find(|a| a.id == account).map_or(TaxTreatment::Taxable, |a| a.kind);
        page.line(format!("  {account}, {}", kind.id()));
        let rows: Vec<Vec<String>> = trades.iter().map(|trade| row(trade)).collect();
        let mut above: Option<&Trade> = None;
        for (line, trade) in page.layout("<>>>><", &rows).into_iter().zip(trades) {
            page.line(format!("    {line}"));
            // Lots of one symbol are sold for the same reasons, which are said once.
            let said = above.is_some_and(|above| (above.side, &above.symbol) == (trade.side, &trade.symbol));
            if !said {
                page.sentence(8, &reasons(trade));
            }
            if let Some(cost) = lot_cost(proposal, trade) {
                page.sentence(8, &cost);
            }
            above = Some(trade);
        }
        if let Some(cash) = outcome.cash.get(account) {
            page.line(format!("    cash after: {}", cash.dollars()));
        }
    }
    unsold(page, proposal);
    for overshot in explain::overshot(proposal) {
        page.sentence(2, &overshot.text());
    }
    after(page, proposal);
}

/// Says why the obvious is not sold.
fn unsold(page: &mut Page, proposal: &Proposal) {
    for words in explain::unsold(proposal) {
        page.sentence(2, &words);
    }
}

fn after(page: &mut Page, proposal: &Proposal) {
    let mut by_day: BTreeMap<chrono::NaiveDate, Vec<String>> = BTreeMap::new();
    for stop in &proposal.do_not_buy {
        let also: Vec<String> = stop.also.iter().map(ToString::to_string).collect();
        let also = if also.is_empty() { String::new() } else { format!(" (nor {})", also.join(", ")) };
        let instead = stop.instead.as_ref().map(|other| format!(" ({other} may stand in)")).unwrap_or_default();
        by_day.entry(stop.until).or_default().push(format!("{}{also}{instead}", stop.symbol));
    }
    for (until, symbols) in by_day {
        let its = if symbols.len() == 1 { "its" } else { "their" };
        let text = format!(
            "do not buy {} anywhere until {until} (wash sale); turn off {its} dividend reinvestment",
            symbols.join(", ")
        );
        page.sentence(2, &text);
    }
    if has_tax_by_lot(&proposal.trades) {
        page.sentence(2, BEFORE_NETTING);
    }
    let average =
        |trade: &Trade| proposal.problem.average_cost.contains(&(trade.account.clone(), trade.symbol.clone()));
    let dated = |trade: &Trade| {
        trade.lot.as_ref().is_some_and(|lot| lot.gain.is_some() && lot.opened.is_some()) && !average(trade)
    };
    if proposal.trades.iter().any(|trade| trade.side == Side::Sell && average(trade)) {
        page.sentence(2, "shares at average cost are sold oldest first; there are no lots to choose");
    }
    if proposal.trades.iter().any(dated) {
        page.sentence(2, "when selling, choose \"specific identification\" and the lots named above");
    }
}

/// Returns the tax of the plan at the flat rates and by the federal tables; `None` where they say the same.
fn exact_tax(proposal: &Proposal) -> Option<String> {
    let tax = proposal.exact_tax.as_ref().filter(|tax| tax.planned != tax.exact)?;
    let rate = |rate: Decimal| format!("{}%", (rate * Decimal::ONE_HUNDRED).normalize());
    let both = |(short, long)| format!("{} short-term and {} long-term", rate(short), rate(long));
    let again = tax.first_rates.map(|first| format!("; planned again, since {} was far off", both(first)));
    Some(format!(
        "tax at {}: {}; by the {} federal tables ({}): {}{}",
        both(tax.rates),
        tax.planned.dollars(),
        tax.year,
        tax.source,
        tax.exact.dollars(),
        again.unwrap_or_default()
    ))
}

fn row(trade: &Trade) -> Vec<String> {
    let verb = if trade.side == Side::Sell { "sell" } else { "buy" };
    let lot = trade.lot.as_ref().map(|lot| {
        let opened = lot.opened.map_or_else(|| "of unknown date".to_owned(), |date| date.to_string());
        match lot.gain {
            Some(gain) => {
                let term = if lot.term == Term::Long { "long" } else { "short" };
                let word = if gain.is_negative() { "loss" } else { "gain" };
                format!("lot {opened}  {term}-term {word} {}", gain.abs().whole_dollars())
            }
            None if lot.opened.is_some() => format!("lot {opened}"),
            None => String::new(),
        }
    });
    vec![
        verb.to_owned(),
        trade.quantity.text(),
        trade.symbol.to_string(),
        trade.price.dollars(),
        trade.value.dollars(),
        lot.unwrap_or_default(),
    ]
}

/// Says which rules ask for the trade.
fn reasons(trade: &Trade) -> String {
    let reasons: Vec<String> =
        trade.reasons().take(3).map(|reason| format!("{} {}", reason.id, reason.brief)).collect();
    reasons.join(", ")
}

/// Says what the lot of a sale costs per dollar sold, and what the next one would.
fn lot_cost(proposal: &Proposal, trade: &Trade) -> Option<String> {
    let lot = trade.lot.as_ref()?;
    let cents = |account: &str, cost: Option<f64>| {
        let taxable = proposal.problem.accounts.iter().any(|a| a.id == account && a.kind.is_taxable());
        match cost {
            None if taxable => "unknown, as its cost is".to_owned(),
            None => "none".to_owned(),
            // No minus before a zero.
            Some(cost) => format!("{:.1} cents", (cost * 1000.0).round() / 10.0 + 0.0),
        }
    };
    let next = lot.next_best.as_ref().map(|next| {
        let opened = next.opened.map_or_else(|| "of unknown date".to_owned(), |date| date.to_string());
        let place = if next.account == trade.account { String::new() } else { format!(" in {}", next.account) };
        format!("; next lot ({opened}{place}): {}", cents(&next.account, next.cost_per_dollar))
    });
    let repaid = lot.worth.as_ref().map(|worth| format!(", {}", worth.words())).unwrap_or_default();
    let own = cents(&trade.account, lot.cost_per_dollar);
    Some(format!("tax per dollar sold: {own}{repaid}{}", next.unwrap_or_default()))
}
