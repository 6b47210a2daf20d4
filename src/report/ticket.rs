//! A ticket per account, as plain text to place orders from: sells with their lots, then buys, then what must wait.
//!
//! Sales of several lots of one symbol are one order with its lots below it: a broker takes the lots by specific
//! identification (Reg. 1.1012-1(c)), at the latest by settlement.

use super::html::label::Label;
use super::html::orders::{self, AccountOrders, Order};
use super::{Options, plain};
use crate::explain::words;
use crate::model::{Side, Symbol};
use crate::proposal::{DISCLAIMER, Proposal};
use crate::trades::Trade;
use crate::units::{Money, Price, Shares};

/// Columns of a line that is wrapped.
const WIDTH: usize = 88;

/// Returns the tickets.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let mut text = format!("Order tickets of {}, broaden {}\n{DISCLAIMER}\n", proposal.as_of, proposal.version);
    let accounts = orders::accounts(proposal);
    if accounts.is_empty() {
        text.push_str("\nNothing to do:\n");
        words::why_nothing(proposal).iter().for_each(|words| sentence(&mut text, 4, words));
    }
    let mut keys: Vec<&str> = proposal.trades.iter().map(|trade| trade.account.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    for (account, key) in accounts.iter().zip(keys) {
        ticket(&mut text, proposal, account, key);
    }
    text
}

fn ticket(text: &mut String, proposal: &Proposal, account: &AccountOrders, key: &str) {
    text.push_str(&format!("\n{}\n{}, {}\n", "=".repeat(WIDTH), account.label, account.kind));
    let flow = proposal.flows().into_iter().find(|flow| flow.account == key).map(|flow| flow.amount);
    let trades: Vec<&Trade> = proposal.trades.iter().filter(|trade| trade.account == key).collect();
    let (sells, buys) = (combined(&trades, Side::Sell), combined(&trades, Side::Buy));
    let mut step = 0;
    if let Some(deposit) = flow.filter(|flow| flow.is_positive()) {
        step += 1;
        text.push_str(&format!(
            "\n{step}. DEPOSIT {} first: the purchases and the cash below count on it.\n",
            deposit.dollars()
        ));
    }
    if !sells.is_empty() {
        step += 1;
        let lots = if account.taxed { " Choose \"specific identification\" and these lots." } else { "" };
        text.push_str(&format!("\n{step}. SELL, {} in all.{lots}\n", account.sold));
        for order in &sells {
            order.write(text, "SELL");
            for lot in account.orders.iter().filter(|line| line.sell && line.symbol == order.symbol) {
                sentence(text, 8, &lot_line(lot));
            }
            reasons(text, account, order, true);
        }
    }
    if !sells.is_empty() && !buys.is_empty() {
        step += 1;
        text.push_str(&format!("\n{step}. WAIT until the sells are filled.\n"));
        let settle = "Stocks and funds that trade on an exchange settle on the next business day, mutual funds later. In a \
                      cash account, do not sell again what was bought with money that has not settled.";
        sentence(text, 4, settle);
    }
    if !buys.is_empty() {
        step += 1;
        text.push_str(&format!("\n{step}. BUY, {} in all.\n", account.bought));
        for order in &buys {
            order.write(text, "BUY");
            reasons(text, account, order, false);
        }
    }
    if let Some(withdrawal) = flow.filter(|flow| flow.is_negative()) {
        step += 1;
        let when = if sells.is_empty() { "" } else { " once the sells have settled" };
        let amount = withdrawal.abs().dollars();
        text.push_str(&format!("\n{step}. WITHDRAW {amount}{when}: the cash below is after it.\n"));
    }
    if let Some(cash) = &account.cash_after {
        text.push_str(&format!("\ncash after, at the prices used: {cash}\n"));
    }
    if !proposal.do_not_buy.is_empty() {
        text.push_str("\nDO NOT BUY, in any account of the household (wash sale); turn off dividend reinvestment:\n");
    }
    for stop in &proposal.do_not_buy {
        sentence(text, 4, &format!("[ ] {}", words::stop(stop)));
    }
}

/// An order as a broker takes it: one symbol, one quantity.
struct Combined {
    symbol: Label,
    quantity: Shares,
    price: Price,
    hint: Price,
    value: Money,
}

impl Combined {
    fn write(&self, text: &mut String, verb: &str) {
        let line = format!(
            "[ ] {verb} {} {}   limit about {} (price used {})   {}",
            self.quantity.text(),
            self.symbol,
            self.hint.dollars(),
            self.price.dollars(),
            self.value.dollars()
        );
        text.push_str(&format!("    {line}\n"));
    }
}

fn combined(trades: &[&Trade], side: Side) -> Vec<Combined> {
    let mut orders: std::collections::BTreeMap<&Symbol, Combined> = std::collections::BTreeMap::new();
    for trade in trades.iter().filter(|trade| trade.side == side) {
        let order = orders.entry(&trade.symbol).or_insert_with(|| Combined {
            symbol: Label::name(&trade.symbol),
            quantity: Shares::ZERO,
            price: trade.price,
            hint: trade.limit_hint,
            value: Money::ZERO,
        });
        order.quantity += trade.quantity;
        order.value += trade.value;
    }
    orders.into_values().collect()
}

fn lot_line(order: &Order) -> String {
    let lot = order.lot.as_ref().map_or_else(|| "any lot".to_owned(), ToString::to_string);
    let shares = if order.quantity == "1" { "share" } else { "shares" };
    format!("{} {shares} {lot}", order.quantity)
}

/// Writes why, once per order.
fn reasons(text: &mut String, account: &AccountOrders, order: &Combined, sell: bool) {
    let Some(line) = account.orders.iter().find(|line| line.sell == sell && line.symbol == order.symbol) else {
        return;
    };
    for because in &line.reasons {
        let word = if because.also { "also serves: " } else { "" };
        sentence(text, 8, &format!("{word}{} ({})", because.evidence, because.id));
    }
}

/// Wraps a sentence to the width, indented.
fn sentence(text: &mut String, indent: usize, words: &str) {
    let mut line = String::new();
    for word in plain(words).split_whitespace().map(|word| word.chars().take(WIDTH).collect::<String>()) {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&format!("{:indent$}{line}\n", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    text.push_str(&format!("{:indent$}{line}\n", ""));
}
