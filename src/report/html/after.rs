//! What the plan costs and leaves: tax by lot, limits still broken, doing nothing, reversing.

use super::label::Label;
use super::ladder::Ladder;
use super::orders::lot_words;
use super::picture::Gain;
use crate::explain;
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Weight};

/// The section.
pub(super) struct After {
    pub lots: Vec<LotTax>,
    pub short: String,
    pub long: String,
    pub rates: String,
    pub tax: String,
    pub left: Vec<Label>,
    pub binding: Vec<Label>,
    /// Lots and symbols that could not be traded, and why.
    pub untraded: Vec<(Label, Label)>,
    pub nothing: Label,
    /// Sleeves that the smallest order brings above their target.
    pub overshot: Vec<Label>,
    pub reversal: Option<String>,
    pub ladder: Option<Ladder>,
    pub wrong: Vec<Label>,
}

/// One lot sold in a taxable account.
pub(super) struct LotTax {
    pub name: Label,
    pub words: Label,
    pub value: String,
    pub gain: String,
    /// Tax per dollar sold, in cents.
    pub cents: String,
    pub picture: Option<Gain>,
}

impl After {
    pub fn new(proposal: &Proposal) -> After {
        let outcome = &proposal.plan.outcome;
        let tax = &proposal.problem.tax;
        let percent = |rate: Decimal| Weight(Money(rate).to_f64()).percent();
        After {
            lots: lots(proposal),
            short: outcome.realised_short.dollars(),
            long: outcome.realised_long.dollars(),
            rates: format!("{} short-term, {} long-term", percent(tax.short_rate), percent(tax.long_rate)),
            tax: super::orders::tax_words(outcome.tax),
            left: explain::left(proposal).into_iter().map(Label::words).collect(),
            binding: proposal.plan.binding.iter().map(Label::name).collect(),
            untraded: untraded(proposal),
            nothing: Label::words(explain::nothing(proposal)),
            overshot: explain::overshot(proposal).iter().map(|sleeve| Label::words(sleeve.text())).collect(),
            ladder: Ladder::new(proposal),
            wrong: explain::wrong(proposal).into_iter().skip(1).map(|line| Label::words(line.trim())).collect(),
            reversal: (!proposal.trades.is_empty()).then(|| proposal.reversal_cost().dollars()),
        }
    }
}

fn lots(proposal: &Proposal) -> Vec<LotTax> {
    let taxable = |key: &str| proposal.problem.accounts.iter().any(|a| a.id == key && a.kind.is_taxable());
    let sold: Vec<_> = proposal
        .trades
        .iter()
        .filter(|trade| taxable(&trade.account))
        .filter_map(|trade| Some((trade, trade.lot.as_ref()?)))
        .collect();
    let gains = sold.iter().filter_map(|(_, lot)| Some(lot.gain?.to_f64()));
    let range = gains.fold((0.0_f64, 0.0_f64), |(least, most), gain| (least.min(gain), most.max(gain)));
    let row = |(trade, lot): &(&crate::trades::Trade, &crate::trades::LotSale)| {
        let name = format!("{} {}", trade.quantity.text(), Label::name(&trade.symbol));
        let picture = lot.gain.map(|gain| {
            let word = if gain.is_negative() { "loss" } else { "gain" };
            Gain::new(format!("{name}: {}-term {word} {}", lot.term.id(), gain.abs().dollars()), gain.to_f64(), range)
        });
        LotTax {
            name: Label::words(name),
            words: lot_words(lot, &trade.symbol, true),
            value: trade.value.dollars(),
            gain: lot.gain.map_or_else(|| "unknown".to_owned(), Money::dollars),
            cents: lot
                .cost_per_dollar
                .map_or_else(|| "unknown".to_owned(), |cost| format!("{:.1}\u{a2}", cost * 100.0)),
            picture,
        }
    };
    sold.iter().map(row).collect()
}

/// Returns why a lot was not for sale, by symbol and date, and why a symbol could not be bought.
fn untraded(proposal: &Proposal) -> Vec<(Label, Label)> {
    let plan = &proposal.plan;
    let held_back = proposal.problem.lots.iter().filter_map(|lot| Some((lot, plan.held_back.get(&lot.id)?)));
    let lots = held_back.map(|(lot, why)| {
        let opened = lot.acquired.map_or_else(|| "of unknown date".to_owned(), |date| format!("of {date}"));
        let (symbol, account) = (Label::name(&lot.symbol), Label::name(&lot.account));
        (Label::words(format!("{} {symbol} {opened} in {account}", lot.quantity.text())), Label::words(why))
    });
    let symbols = plan.not_bought.iter().map(|(symbol, why)| (Label::name(symbol), Label::words(why)));
    lots.chain(symbols).collect()
}
