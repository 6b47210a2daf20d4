//! What to do, by account: the trades with their lots, limit prices and reasons, and what must not be bought after.

use super::label::Label;
use crate::explain::{reasons, words};
use crate::model::{Side, Symbol};
use crate::proposal::Proposal;
use crate::trades::{self, LotSale, Trade, has_tax_by_lot};
use crate::units::{Money, Shares};

/// The section.
pub(super) struct Orders {
    /// What all of it comes to, or why there is nothing to do.
    pub summary: Label,
    pub accounts: Vec<AccountOrders>,
    /// What the tax per dollar of the lots is not.
    pub netting: Option<String>,
    pub stops: Vec<Stop>,
}

/// One account's trades, sells first.
pub(in crate::report) struct AccountOrders {
    pub label: Label,
    pub kind: &'static str,
    /// Whether sales are taxed, so that the lot matters.
    pub taxed: bool,
    pub sold: String,
    pub bought: String,
    pub cash_after: Option<String>,
    pub orders: Vec<Order>,
}

/// An order as a broker takes it: one symbol, one quantity, with the lots that are named when it is placed.
pub(in crate::report) struct Order {
    pub sell: bool,
    pub verb: &'static str,
    pub quantity: String,
    pub symbol: Label,
    pub value: String,
    pub price: String,
    pub hint: String,
    /// What to do where no price is known.
    pub unpriced: Option<Label>,
    pub lines: Vec<Line>,
    /// Why, in sentences.
    pub reasons: Vec<Label>,
    /// The rules that ask for it.
    pub rules: Vec<Rule>,
}

/// A line of the proposal: a lot to sell, or a purchase.
pub(in crate::report) struct Line {
    /// The name by which it is decided.
    pub id: Label,
    pub quantity: String,
    pub value: String,
    /// Which lot, and what it realises.
    pub lot: Option<Label>,
    /// What the lot costs in tax, and what the next one would.
    pub cost: Option<Label>,
}

/// A rule that asks for an order.
pub(in crate::report) struct Rule {
    pub id: Label,
    /// Its row in the table of rules.
    pub row: Option<usize>,
}

/// A symbol that must not be bought for a while.
pub(in crate::report) struct Stop {
    pub symbol: Label,
    pub also: Vec<Label>,
    pub instead: Option<Label>,
    pub until: String,
}

impl Orders {
    pub fn new(proposal: &Proposal) -> Orders {
        let netting = has_tax_by_lot(&proposal.trades).then(|| words::sentence(trades::note(&proposal.problem)));
        let said: Vec<String> = match proposal.trades.is_empty() {
            true => std::iter::once(words::summary(proposal)).chain(words::why_nothing(proposal)).collect(),
            false => std::iter::once(words::summary(proposal)).chain(words::exact_tax(proposal)).collect(),
        };
        let summary = said.iter().map(|words| words::sentence(words) + ".").collect::<Vec<_>>().join(" ");
        Orders { summary: Label::words(summary), accounts: accounts(proposal), netting, stops: stops(proposal) }
    }
}

/// Returns the accounts with trades, in their order, sells before buys.
pub(in crate::report) fn accounts(proposal: &Proposal) -> Vec<AccountOrders> {
    let mut keys: Vec<&str> = proposal.trades.iter().map(|trade| trade.account.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().map(|key| account(proposal, key)).collect()
}

fn account(proposal: &Proposal, key: &str) -> AccountOrders {
    let settings = proposal.problem.accounts.iter().find(|account| account.id == key);
    let taxed = settings.is_none_or(|account| account.kind.is_taxable());
    let mut trades: Vec<&Trade> = proposal.trades.iter().filter(|trade| trade.account == key).collect();
    trades.sort_by(|a, b| (a.side, &a.symbol).cmp(&(b.side, &b.symbol)));
    let sum = |side| trades.iter().filter(|trade| trade.side == side).map(|trade| trade.value).sum::<Money>().dollars();
    let orders = trades.chunk_by(|a, b| (a.side, &a.symbol) == (b.side, &b.symbol));
    let orders = orders.filter_map(|trades| order(proposal, trades, taxed));
    AccountOrders {
        label: Label::name(key),
        kind: settings.map_or("", |account| account.kind.id()),
        taxed,
        sold: sum(Side::Sell),
        bought: sum(Side::Buy),
        cash_after: proposal.plan.outcome.cash.get(key).map(|cash| cash.dollars()),
        orders: orders.collect(),
    }
}

/// The order of all trades of a symbol on one side.
fn order(proposal: &Proposal, trades: &[&Trade], taxed: bool) -> Option<Order> {
    let first = trades.first()?;
    let mut reasons: Vec<String> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for trade in trades {
        let own = reasons::sentences(proposal, trade).into_iter().filter(|words| !reasons.contains(words));
        reasons = reasons.iter().cloned().chain(own).collect();
        let own = trade.reasons().map(|reason| reason.id.as_str()).filter(|id| !ids.contains(id));
        ids = ids.iter().copied().chain(own).collect();
    }
    let rule =
        |id: &str| Rule { id: Label::name(id), row: proposal.verdicts.iter().position(|verdict| verdict.id == id) };
    let line = |trade: &&Trade| Line {
        id: Label::name(&trade.id),
        quantity: trade.amount(),
        value: trade.value.dollars(),
        lot: trade.lot.as_ref().map(|lot| lot_words(lot, &trade.symbol, taxed)),
        cost: trade.lot.as_ref().and_then(|lot| cost_words(lot, &trade.account)),
    };
    let sell = first.side == Side::Sell;
    Some(Order {
        sell,
        verb: if sell { "Sell" } else { "Buy" },
        quantity: if first.in_dollars {
            format!("{} of", first.amount())
        } else {
            trades.iter().map(|trade| trade.quantity).sum::<Shares>().text()
        },
        symbol: Label::name(&first.symbol),
        value: trades.iter().map(|trade| trade.value).sum::<Money>().dollars(),
        price: first.price_words(first.price),
        hint: first.price_words(first.limit_hint),
        unpriced: first.in_dollars.then(|| Label::words(words::unpriced(&first.symbol))),
        lines: trades.iter().map(line).collect(),
        reasons: reasons.into_iter().map(Label::words).collect(),
        rules: ids.into_iter().map(rule).collect(),
    })
}

/// Returns `bought 2026-02-11 (lot NVDA #1.2 A7), short-term loss $311.00`.
pub(super) fn lot_words(lot: &LotSale, symbol: &Symbol, taxed: bool) -> Label {
    let opened = lot.opened.map_or_else(|| "bought on an unknown date".to_owned(), |date| format!("bought {date}"));
    let result = match lot.gain {
        _ if !taxed => "any lot will do: no tax on a sale in this account".to_owned(),
        Some(gain) => {
            let word = if gain.is_negative() { "loss" } else { "gain" };
            format!("{}-term {word} {}", lot.term.id(), gain.abs().dollars())
        }
        None => "gain unknown: the file has no cost basis".to_owned(),
    };
    let id = lot.origin.words(symbol);
    Label::words(format!("{opened} (lot {}), {result}", Label::name(id)))
}

/// Says what the lot costs per dollar sold, and what the next one would.
fn cost_words(lot: &LotSale, account: &str) -> Option<Label> {
    let cents = |cost: Option<f64>| match cost {
        None => "no tax, or an unknown one".to_owned(),
        Some(cost) if cost.abs() < 0.0005 => "no tax".to_owned(),
        Some(cost) if cost < 0.0 => format!("less than nothing: its loss saves {:.1} cents", -cost * 100.0),
        Some(cost) => format!("{:.1} cents of tax", cost * 100.0),
    };
    let next = lot.next_best.as_ref().map_or_else(String::new, |next| {
        let opened = next.opened.map_or_else(|| "of unknown date".to_owned(), |date| format!("of {date}"));
        let place = if next.account == account { String::new() } else { format!(" in {}", Label::name(&next.account)) };
        format!("; the next lot, {opened}{place}, {}", cents(next.cost_per_dollar))
    });
    let repaid = lot.worth.as_ref().map(|worth| format!(", {}", worth.words())).unwrap_or_default();
    lot.cost_per_dollar
        .map(|cost| Label::words(format!("a dollar sold of it costs {}{repaid}{next}", cents(Some(cost)))))
}

pub(in crate::report) fn stops(proposal: &Proposal) -> Vec<Stop> {
    let stop = |stop: &crate::trades::DoNotBuy| Stop {
        symbol: Label::name(&stop.symbol),
        also: stop.also.iter().map(Label::name).collect(),
        instead: stop.instead.as_ref().map(Label::name),
        until: stop.until.to_string(),
    };
    proposal.do_not_buy.iter().map(stop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LotId, LotOrigin, Term};
    use crate::trades::NextBest;

    fn lot(gain: Option<&str>, cost: Option<f64>) -> LotSale {
        LotSale {
            worth: None,
            lot: LotId::new(7),
            origin: LotOrigin { position: 1, lot: Some(2), own: "A7".to_owned(), ..LotOrigin::default() },
            opened: None,
            term: Term::Short,
            gain: gain.map(|gain| Money(gain.parse().unwrap())),
            cost_per_dollar: cost,
            next_best: Some(NextBest {
                lot: LotId::new(2),
                origin: LotOrigin::default(),
                account: "b".to_owned(),
                opened: "2020-05-04".parse().ok(),
                cost_per_dollar: Some(0.14),
            }),
        }
    }

    #[test]
    fn a_lot_says_what_it_realises() {
        let words = |lot: &LotSale, taxed| lot_words(lot, &Symbol::new("NVDA"), taxed).to_string();
        assert_eq!(
            words(&lot(Some("-311"), None), true),
            "bought on an unknown date (lot NVDA #1.2 A7), short-term loss $311.00"
        );
        assert!(words(&lot(None, None), true).ends_with("gain unknown: the file has no cost basis"));
        assert!(words(&lot(Some("5"), None), false).ends_with("any lot will do: no tax on a sale in this account"));
    }

    #[test]
    fn a_lot_says_what_it_costs_beside_the_next() {
        let words = |cost, account| cost_words(&lot(None, cost), account).map(|label| label.to_string());
        assert_eq!(
            words(Some(-0.05), "a").unwrap(),
            "a dollar sold of it costs less than nothing: its loss saves 5.0 cents; the next lot, of 2020-05-04 in b, \
             14.0 cents of tax"
        );
        assert_eq!(
            words(Some(0.0), "b").unwrap(),
            "a dollar sold of it costs no tax; the next lot, of 2020-05-04, 14.0 cents of tax"
        );
        assert_eq!(words(None, "a"), None);
    }
}
