//! The orders as a table: a line for each lot and purchase, with what it costs, why it is there, and whether the last change
//! made it another.

use std::collections::BTreeMap;

use askama::Template;

use crate::decisions::DecidedLine;
use crate::explain::{self, reasons};
use crate::model::Side;
use crate::plan::term_of;
use crate::proposal::Proposal;
use crate::report::html::label::Label;
use crate::report::html::orders::{Stop, lot_words, stops};
use crate::trades::{self, LotSale, Taxed, Trade};
use crate::units::{Decimal, Money, Shares};

/// The table.
#[derive(Template)]
#[template(path = "review/lines.html")]
pub(super) struct Lines {
    accounts: Vec<Account>,
    /// Lines that the last change took away, and what was changed.
    gone: Vec<Label>,
    cause: Option<Label>,
    changed: usize,
    stops: Vec<Stop>,
    unsold: Vec<Unsold>,
}

/// What a reader would have sold and the plan does not, with the lots that may be sold all the same.
struct Unsold {
    words: Label,
    ids: Label,
    lots: Vec<Kept>,
    /// Lots that are not shown.
    more: usize,
}

/// A lot that is kept, and may be asked for.
struct Kept {
    id: Label,
    symbol: Label,
    shares: String,
    account: Label,
    lot: Label,
    value: String,
    tax: Label,
}

struct Account {
    label: Label,
    kind: &'static str,
    lines: Vec<Line>,
}

/// One line to decide.
struct Line {
    id: Label,
    verb: &'static str,
    /// Shares of the plan; nothing for a line that is not done.
    quantity: String,
    /// The same in words, with `of` where it is of dollars.
    amount: String,
    /// What is counted.
    unit: &'static str,
    /// `accept`, `reject` or `later`, where it is decided.
    choice: &'static str,
    /// What was proposed, where another number is decided.
    proposed: Option<String>,
    symbol: Label,
    value: String,
    price: String,
    lot: Option<Label>,
    tax: Label,
    /// Why, in sentences, and the names that `explain` knows.
    reasons: Vec<Label>,
    ids: Label,
    /// What the last change did to it.
    change: Option<Label>,
}

impl Lines {
    pub fn new(proposal: &Proposal, before: Option<(&[Trade], &str)>) -> Lines {
        let had: Option<BTreeMap<&str, &Trade>> =
            before.map(|(trades, _)| trades.iter().map(|trade| (trade.id.as_str(), trade)).collect());
        let decided = || proposal.decided.iter().flat_map(|decided| &decided.lines);
        let mut accounts: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
        for trade in &proposal.trades {
            let change = had.as_ref().and_then(|had| change(trade, had.get(trade.id.as_str()).copied()));
            let own = decided().find(|line| line.id == trade.id);
            accounts.entry(&trade.account).or_default().push(line(proposal, trade, own, change));
        }
        let stays = |id: &str| proposal.trades.iter().any(|trade| trade.id == id);
        // What was decided against is still there to be decided otherwise.
        for line in decided().filter(|line| !stays(&line.id)) {
            accounts.entry(&line.account).or_default().push(undone(line));
        }
        let is_decided = |id: &str| decided().any(|line| line.id == id);
        let gone = had.iter().flatten().filter(|(id, _)| !stays(id) && !is_decided(id));
        let gone: Vec<Label> = gone.map(|(_, trade)| Label::words(named(trade))).collect();
        let changed = accounts.values().flatten().filter(|line| line.change.is_some()).count();
        let account = |(key, lines): (&str, Vec<Line>)| {
            let own = proposal.problem.accounts.iter().find(|account| account.id == key);
            Account { label: Label::name(key), kind: own.map_or("", |own| own.kind.id()), lines }
        };
        Lines {
            changed: changed + gone.len(),
            gone,
            cause: before.map(|(_, cause)| Label::words(cause)),
            stops: stops(proposal),
            unsold: unsold(proposal),
            accounts: accounts.into_iter().map(account).collect(),
        }
    }
}

/// A line that is not done, because of a decision.
fn undone(line: &DecidedLine) -> Line {
    Line {
        id: Label::words(&line.id),
        verb: if line.side == Side::Sell { "Sell" } else { "Buy" },
        quantity: String::new(),
        amount: "none of".to_owned(),
        unit: "shares",
        choice: line.choice.id(),
        proposed: Some(proposed(line)),
        symbol: Label::name(&line.symbol),
        value: "\u{2013}".to_owned(),
        price: String::new(),
        lot: None,
        tax: Label::figure("\u{2013}"),
        reasons: Vec::new(),
        ids: Label::default(),
        change: None,
    }
}

fn proposed(line: &DecidedLine) -> String {
    if line.proposed.is_zero() { "not proposed".to_owned() } else { format!("{} proposed", line.proposed.text()) }
}

fn side(trade: &Trade) -> &'static str {
    if trade.side == Side::Sell { "Sell" } else { "Buy" }
}

fn named(trade: &Trade) -> String {
    format!("{} {} in {}", side(trade).to_lowercase(), trade.words(), trade.account)
}

fn change(now: &Trade, before: Option<&Trade>) -> Option<Label> {
    match before {
        None => Some(Label::words("new")),
        Some(before) if before.quantity != now.quantity => Some(Label::words(format!("was {}", before.amount()))),
        Some(_) => None,
    }
}

fn line(proposal: &Proposal, trade: &Trade, decided: Option<&DecidedLine>, change: Option<Label>) -> Line {
    let taxed = proposal.problem.accounts.iter().any(|own| own.id == trade.account && own.kind.is_taxable());
    let ids = trade.reasons().map(|reason| reason.id.clone()).collect::<Vec<_>>().join(", ");
    Line {
        id: Label::words(&trade.id),
        verb: side(trade),
        quantity: plain_number(trade.quantity),
        amount: if trade.in_dollars { format!("{} of", trade.amount()) } else { plain_number(trade.quantity) },
        unit: if trade.in_dollars { "dollars" } else { "shares" },
        choice: decided.map_or("", |line| line.choice.id()),
        proposed: decided.filter(|line| line.proposed != trade.quantity).map(proposed),
        symbol: Label::name(&trade.symbol),
        value: trade.value.dollars(),
        price: trade.price_words(trade.limit_hint),
        lot: trade.lot.as_ref().map(|lot| lot_words(lot, &trade.symbol, taxed)),
        tax: Label::figure(tax(trade, taxed)),
        reasons: reasons::sentences(proposal, trade).into_iter().map(Label::words).collect(),
        ids: Label::words(ids),
        change,
    }
}

/// Most lots of one holding that is not sold.
const MOST_LOTS: usize = 12;

fn unsold(proposal: &Proposal) -> Vec<Unsold> {
    let taxed = Taxed::of(&proposal.problem, &proposal.plan.outcome);
    let found = explain::unsold(proposal).into_iter().map(|one| {
        let lots: Vec<Kept> = one.lines.iter().filter_map(|line| kept(proposal, &taxed, line)).collect();
        let more = lots.len().saturating_sub(MOST_LOTS);
        let lots = lots.into_iter().take(MOST_LOTS).collect();
        Unsold { words: Label::words(one.words), ids: Label::words(one.limits.join(", ")), lots, more }
    });
    found.collect()
}

/// The lot of a line as a sale of all of it.
fn kept(proposal: &Proposal, taxed: &Taxed<'_>, line: &trades::Line) -> Option<Kept> {
    let problem = &proposal.problem;
    let lot = problem.lots.iter().find(|lot| Some(lot.id) == line.lot)?;
    let is_taxed = problem.accounts.iter().any(|own| own.id == line.account && own.kind.is_taxable());
    let value = problem.securities.get(&lot.symbol)?.price * lot.quantity;
    let cost_per_dollar = taxed.per_dollar(lot);
    let gain = lot.basis.map(|basis| value - basis);
    let sale = LotSale {
        lot: lot.id,
        origin: lot.origin.clone(),
        opened: lot.acquired,
        term: term_of(lot, problem.as_of, gain.is_none_or(|gain| !gain.is_negative())),
        gain,
        cost_per_dollar,
        worth: None,
        next_best: None,
    };
    Some(Kept {
        id: Label::words(&line.id),
        symbol: Label::name(&lot.symbol),
        shares: lot.quantity.text(),
        account: Label::name(&line.account),
        lot: lot_words(&sale, &lot.symbol, is_taxed),
        value: value.dollars(),
        tax: Label::figure(tax_of(value, &sale, is_taxed)),
    })
}

/// The tax of a sale by itself, at the marginal rate of its class, before netting.
fn tax(trade: &Trade, taxed: bool) -> String {
    trade.lot.as_ref().map_or_else(|| "none".to_owned(), |lot| tax_of(trade.value, lot, taxed))
}

fn tax_of(value: Money, lot: &LotSale, taxed: bool) -> String {
    match lot.cost_per_dollar {
        _ if !taxed => "none".to_owned(),
        None => "unknown".to_owned(),
        Some(cost) => value.times(Decimal::from_f64_retain(cost).unwrap_or_default()).dollars(),
    }
}

/// A number as a field of a form takes it.
fn plain_number(quantity: Shares) -> String {
    quantity.decimal().normalize().to_string()
}
