//! The orders as a table: a line for each lot and purchase, with what it costs, why it is there, and whether the last change
//! made it another.

use std::collections::BTreeMap;

use askama::Template;

use crate::decisions::DecidedLine;

use crate::model::Side;
use crate::proposal::Proposal;
use crate::report::html::label::Label;
use crate::report::html::orders::{Stop, lot_words, stops};
use crate::trades::{Reason, Trade};
use crate::units::{Decimal, Shares};

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
    /// `accept`, `reject` or `later`, where it is decided.
    choice: &'static str,
    /// What was proposed, where another number is decided.
    proposed: Option<String>,
    symbol: Label,
    value: String,
    price: String,
    lot: Option<Label>,
    tax: Label,
    reasons: Vec<Because>,
    /// What the last change did to it.
    change: Option<Label>,
}

struct Because {
    id: Label,
    words: Label,
    also: bool,
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
        choice: line.choice.id(),
        proposed: Some(line.proposed.text()),
        symbol: Label::name(&line.symbol),
        value: "\u{2013}".to_owned(),
        price: String::new(),
        lot: None,
        tax: Label::figure("\u{2013}"),
        reasons: Vec::new(),
        change: None,
    }
}

fn side(trade: &Trade) -> &'static str {
    if trade.side == Side::Sell { "Sell" } else { "Buy" }
}

fn named(trade: &Trade) -> String {
    format!("{} {} {} in {}", side(trade).to_lowercase(), trade.quantity.text(), trade.symbol, trade.account)
}

fn change(now: &Trade, before: Option<&Trade>) -> Option<Label> {
    match before {
        None => Some(Label::words("new")),
        Some(before) if before.quantity != now.quantity => {
            Some(Label::words(format!("was {}", before.quantity.text())))
        }
        Some(_) => None,
    }
}

fn line(proposal: &Proposal, trade: &Trade, decided: Option<&DecidedLine>, change: Option<Label>) -> Line {
    let taxed = proposal.problem.accounts.iter().any(|own| own.id == trade.account && own.kind.is_taxable());
    let (deciding, others) = proposal.reasons(trade);
    let because = |also| {
        move |reason: &Reason| {
            let subject =
                proposal.verdicts.iter().find(|verdict| verdict.id == reason.id).map(|found| found.subject.to_string());
            let subject = subject.map_or_else(String::new, |subject| format!("{subject}: "));
            Because { id: Label::name(&reason.id), words: Label::words(subject + &reason.evidence), also }
        }
    };
    let reasons = deciding.into_iter().map(because(false)).chain(others.into_iter().map(because(true))).collect();
    Line {
        id: Label::words(&trade.id),
        verb: side(trade),
        quantity: plain_number(trade.quantity),
        choice: decided.map_or("", |line| line.choice.id()),
        proposed: decided.filter(|line| line.proposed != trade.quantity).map(|line| line.proposed.text()),
        symbol: Label::name(&trade.symbol),
        value: trade.value.dollars(),
        price: trade.limit_hint.dollars(),
        lot: trade.lot.as_ref().map(|lot| lot_words(lot, &trade.symbol, taxed)),
        tax: Label::figure(tax(trade, taxed)),
        reasons,
        change,
    }
}

/// The tax of a sale by itself, at the marginal rate of its class, before netting.
fn tax(trade: &Trade, taxed: bool) -> String {
    match (&trade.lot, taxed) {
        (None, _) | (Some(_), false) => "none".to_owned(),
        (Some(lot), true) => match lot.cost_per_dollar {
            None => "unknown".to_owned(),
            Some(cost) => trade.value.times(Decimal::from_f64_retain(cost).unwrap_or_default()).dollars(),
        },
    }
}

/// A number as a field of a form takes it.
fn plain_number(quantity: Shares) -> String {
    quantity.decimal().normalize().to_string()
}
