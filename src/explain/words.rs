//! The words that every format uses, each said in one place.

use chrono::NaiveDate;

use super::findings::doubt::limits_hold;
use super::findings::left;
use crate::diagnostics::counted;
use crate::exposure::TOO_LITTLE_VALUED;
use crate::model::{Limit, Measure, Side, Symbol, Term};
use crate::proposal::Proposal;
use crate::trades::{DoNotBuy, LotSale, Trade};
use crate::units::{Decimal, Money};

/// Returns the verb of an order.
pub fn verb(side: Side) -> &'static str {
    match side {
        Side::Sell => "sell",
        Side::Buy => "buy",
    }
}

/// Returns what a rule is about, as a person would say it.
pub fn subject(proposal: &Proposal, id: &str) -> String {
    let found = proposal.verdicts.iter().find(|verdict| verdict.id == id).map(|verdict| &verdict.subject);
    found.map_or_else(|| id.to_owned(), ToString::to_string)
}

/// Returns the same with the name of the limit after it: `the most to be sold in a run (limits.turnover)`.
pub fn limit_of(proposal: &Proposal, id: &str) -> String {
    let found = proposal.problem.limits.iter().find(|limit| limit.id == id);
    found.map_or_else(|| id.to_owned(), |own| format!("{} ({id})", limit(proposal, own)))
}

/// Returns what a limit allows, as a person would say it: `the most to be sold in a run`.
pub fn limit(proposal: &Proposal, limit: &Limit) -> String {
    let of = || subject(proposal, &limit.id);
    match &limit.measure {
        Measure::Turnover(_) => "the most to be sold in a run".to_owned(),
        Measure::GainBudget(_) => "the budget of gains".to_owned(),
        Measure::TaxBudget(_) => "the budget of tax".to_owned(),
        Measure::Worth(_) => "the most that a sale may cost".to_owned(),
        Measure::MinTrade(_) => "the smallest order".to_owned(),
        Measure::MaxTrades(_) => "the most orders in a run".to_owned(),
        Measure::BuyOnly => "the rule that nothing is sold".to_owned(),
        // A floor belongs to the rule of a cap.
        Measure::ExposureFloor { .. } => {
            let rule = limit.id.rsplit_once('.').map_or(limit.id.as_str(), |(rule, _)| rule);
            format!("the floor of {}", subject(proposal, rule))
        }
        Measure::ExposureCap { .. } | Measure::RiskCap { .. } | Measure::BuyCap { .. } => {
            format!("the limit on {}", of())
        }
        Measure::DoNotSell(_) | Measure::DoNotBuy(_) => of(),
    }
}

/// Returns the day of a lot: `2025-12-11`, or `of unknown date`.
pub fn day(opened: Option<NaiveDate>) -> String {
    opened.map_or_else(|| "of unknown date".to_owned(), |date| date.to_string())
}

/// Returns the same after a noun: `of 2025-12-11`.
pub fn of_day(opened: Option<NaiveDate>) -> String {
    opened.map_or_else(|| day(None), |date| format!("of {date}"))
}

/// Returns tax per dollar in cents, without a minus before a zero: `10.0 cents`.
pub fn cents(cost: f64) -> String {
    format!("{:.1} cents", (cost * 1000.0).round() / 10.0 + 0.0)
}

/// Returns a number with its unit: `80.65%`, `0.37`.
pub fn with_unit(value: f64, unit: &str) -> String {
    format!("{value:.2}{}", if unit == "%" { "%" } else { "" })
}

/// Returns `tax $1,204.80`, or what a loss saves.
pub fn tax(tax: Money) -> String {
    if tax.is_negative() { format!("tax saved {}", tax.abs().dollars()) } else { format!("tax {}", tax.dollars()) }
}

/// Returns what a sale realises: `long-term gain $116`; `None` where no gain is known or taxed.
pub fn realised(lot: &LotSale, amount: fn(Money) -> String) -> Option<String> {
    let gain = lot.gain?;
    let term = if lot.term == Term::Long { "long" } else { "short" };
    let word = if gain.is_negative() { "loss" } else { "gain" };
    Some(format!("{term}-term {word} {}", amount(gain.abs())))
}

/// Says what the lot of a sale costs per dollar sold, what repays it, and what the next lot would cost.
pub fn lot_cost(proposal: &Proposal, trade: &Trade) -> Option<String> {
    let lot = trade.lot.as_ref()?;
    let said = |account: &str, cost: Option<f64>| {
        let taxable = proposal.problem.accounts.iter().any(|a| a.id == account && a.kind.is_taxable());
        match cost {
            None if taxable => "unknown, as its cost is".to_owned(),
            None => "none".to_owned(),
            Some(cost) => cents(cost),
        }
    };
    let next = lot.next_best.as_ref().map(|next| {
        let place = if next.account == trade.account { String::new() } else { format!(" in {}", next.account) };
        format!("; next lot ({}{place}): {}", day(next.opened), said(&next.account, next.cost_per_dollar))
    });
    let repaid = lot.worth.as_ref().map(|worth| format!(", {}", worth.words())).unwrap_or_default();
    let own = said(&trade.account, lot.cost_per_dollar);
    Some(format!("tax per dollar sold: {own}{repaid}{}", next.unwrap_or_default()))
}

/// Returns what must not be bought: `NVDA (nor NVDL) until 2026-12-21; SMH may stand in`.
pub fn stop(stop: &DoNotBuy) -> String {
    let also: Vec<String> = stop.also.iter().map(ToString::to_string).collect();
    let also = if also.is_empty() { String::new() } else { format!(" (nor {})", also.join(", ")) };
    let instead = stop.instead.as_ref().map(|other| format!("; {other} may stand in")).unwrap_or_default();
    format!("{}{also} until {}{instead}", stop.symbol, stop.until)
}

/// Says what to do with an order of what has no price.
pub fn unpriced(symbol: &Symbol) -> String {
    format!(
        "{symbol} has no price in your files: divide the dollars by its price when you buy, or get one into the market folder \
         with `broaden fetch` and run again"
    )
}

/// Returns what all orders come to, or that there are none.
pub fn summary(proposal: &Proposal) -> String {
    let outcome = &proposal.plan.outcome;
    if proposal.trades.is_empty() {
        return "nothing".to_owned();
    }
    format!(
        "{}, sells {}, buys {}, {}, cost {}",
        proposal.counted_orders(),
        outcome.sold.whole_dollars(),
        outcome.bought.whole_dollars(),
        tax(outcome.tax),
        proposal.booked_cost().dollars()
    )
}

/// Says why nothing is to be done.
pub fn why_nothing(proposal: &Proposal) -> Vec<String> {
    let outcome = &proposal.plan.outcome;
    let hold = limits_hold(proposal);
    let unvalued = proposal.diagnostics.iter().find(|item| item.code == TOO_LITTLE_VALUED);
    let why = if let Some(unvalued) = unvalued {
        unvalued.message.clone()
    } else if outcome.excess.values().any(|excess| excess.is_positive()) {
        let later = proposal.plan.route.iter().flat_map(|route| route.stages.iter().skip(1));
        let next = later.filter(|stage| stage.sold > Money(Decimal::ONE)).map(|stage| stage.first).min();
        match left::stopped(proposal, 2) {
            _ if next.is_some() => {
                let day = next.map_or_else(String::new, |day| day.to_string());
                format!("what is over its limit is sold from {day} on; the route says why")
            }
            Some(stops) => format!("what is over its limit is not sold; {stops}"),
            None => "what is over its limit cannot be sold under the limits on actions; see what was left".to_owned(),
        }
    } else if outcome.gaps.values().any(|gap| gap.is_positive()) {
        match left::idle_cash(proposal) {
            Some(_) => format!("{hold}; what sleeves are short of is below the smallest order, or may not be bought"),
            None => {
                format!("{hold}; what sleeves are short of is below the smallest order, or there is no cash for it")
            }
        }
    } else if proposal.strength.data {
        format!("{hold}, and no fund that rotation would buy is below its band")
    } else {
        format!("{hold}, so nothing is sold; rotation is off, so nothing is bought")
    };
    let blind = Some(proposal.without_value()).filter(|count| *count > 0).map(|count| {
        format!("this says nothing of the {} without a value, in no figure", counted(count, "holding", "holdings"))
    });
    std::iter::once(why).chain(blind).collect()
}

/// Returns the tax of the plan at the flat rates and by the federal tables; `None` where they say the same.
pub fn exact_tax(proposal: &Proposal) -> Option<String> {
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

/// Makes words that begin small the beginning of a sentence.
pub fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
