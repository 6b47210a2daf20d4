//! What the plan costs: tax by lot, and the price ladder.

use super::label::Label;
use super::ladder::Ladder;
use super::orders::lot_words;
use super::picture::Gain;
use crate::explain::words;
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Weight};

/// The section.
pub(super) struct After {
    pub lots: Vec<LotTax>,
    pub short: String,
    pub long: String,
    pub rates: String,
    pub tax: String,
    pub ladder: Option<Ladder>,
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
            tax: words::tax(outcome.tax),
            ladder: Ladder::new(proposal),
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
        let name = format!("{} {}", trade.amount(), Label::name(&trade.symbol));
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
