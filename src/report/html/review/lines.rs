//! The orders as a table: a line for each lot and purchase, with what it costs, why it is there, and whether the last change
//! made it another.

use std::collections::BTreeMap;

use askama::Template;

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
    quantity: String,
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
        let had: Option<BTreeMap<String, &Trade>> =
            before.map(|(trades, _)| trades.iter().map(|trade| (key(trade), trade)).collect());
        let mut accounts: Vec<Account> = Vec::new();
        for trade in &proposal.trades {
            let change = had.as_ref().and_then(|had| change(trade, had.get(&key(trade)).copied()));
            let line = line(proposal, trade, change);
            let label = Label::name(&trade.account);
            match accounts.last_mut() {
                Some(last) if last.label == label => last.lines.push(line),
                _ => {
                    let kind = proposal.problem.accounts.iter().find(|account| account.id == trade.account);
                    accounts.push(Account { label, kind: kind.map_or("", |own| own.kind.id()), lines: vec![line] });
                }
            }
        }
        let stay: Vec<String> = proposal.trades.iter().map(key).collect();
        let gone = had.iter().flatten().filter(|(key, _)| !stay.contains(key));
        let gone: Vec<Label> = gone.map(|(_, trade)| Label::words(named(trade))).collect();
        let changed = accounts.iter().flat_map(|account| &account.lines).filter(|line| line.change.is_some()).count();
        let cause = before.map(|(_, cause)| Label::words(cause));
        Lines { accounts, changed: changed + gone.len(), gone, cause, stops: stops(proposal) }
    }
}

/// What a line is called, whatever plan it stands in.
fn key(trade: &Trade) -> String {
    let lot = trade.lot.as_ref().map(|lot| lot.origin.words(&trade.symbol)).unwrap_or_default();
    format!("{} {} {} {lot}", trade.account, side(trade), trade.symbol)
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

fn line(proposal: &Proposal, trade: &Trade, change: Option<Label>) -> Line {
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
        id: Label::words(key(trade)),
        verb: side(trade),
        quantity: plain_number(trade.quantity),
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
