//! A ticket per account, as plain text to place orders from: what must be known before, sells with their lots, then buys, then
//! what must wait.
//!
//! Sales of several lots of one symbol are one order with its lots below it: a broker takes the lots by specific
//! identification (Reg. 1.1012-1(c)), at the latest by settlement.

use super::html::orders::{self, AccountOrders, Line, Order};
use super::{Options, plain};
use crate::explain::brief::{Block, brief};
use crate::explain::words;
use crate::proposal::{DISCLAIMER, Proposal};

/// Columns of a line that is wrapped.
const WIDTH: usize = 88;

/// Returns the tickets.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let mut text = format!("Order tickets of {}, broaden {}\n{DISCLAIMER}\n", proposal.as_of, proposal.version);
    let accounts = orders::accounts(proposal);
    warnings(&mut text, proposal);
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

/// Writes what every report leads with: who works from the ticket may have no other.
fn warnings(text: &mut String, proposal: &Proposal) {
    let Some(section) = brief(proposal).into_iter().find(|section| section.id == "warnings") else { return };
    text.push_str(&format!("\n{}\n", section.title.to_uppercase()));
    for block in &section.blocks {
        if let Block::Words(words) = block {
            sentence(text, 4, words);
        }
    }
}

fn ticket(text: &mut String, proposal: &Proposal, account: &AccountOrders, key: &str) {
    text.push_str(&format!("\n{}\n{}, {}\n", "=".repeat(WIDTH), account.label, account.kind));
    let flow = proposal.flows().into_iter().find(|flow| flow.account == key).map(|flow| flow.amount);
    let (sells, buys): (Vec<&Order>, Vec<&Order>) = account.orders.iter().partition(|order| order.sell);
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
            placed(text, order, "SELL");
            order.lines.iter().for_each(|line| sentence(text, 8, &lot_line(line)));
            reasons(text, order);
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
            placed(text, order, "BUY");
            reasons(text, order);
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

/// Writes what is typed at the broker's.
fn placed(text: &mut String, order: &Order, verb: &str) {
    let Order { quantity, symbol, hint, price, value, .. } = order;
    if let Some(words) = &order.unpriced {
        text.push_str(&format!("    [ ] {verb} {quantity} {symbol}   {value}\n"));
        sentence(text, 8, &words.to_string());
        return;
    }
    text.push_str(&format!("    [ ] {verb} {quantity} {symbol}   limit about {hint} (price used {price})   {value}\n"));
}

fn lot_line(line: &Line) -> String {
    let lot = line.lot.as_ref().map_or_else(|| "any lot".to_owned(), ToString::to_string);
    let shares = if line.quantity == "1" { "share" } else { "shares" };
    format!("{} {shares} {lot}", line.quantity)
}

/// Writes why, once per order.
fn reasons(text: &mut String, order: &Order) {
    order.reasons.iter().for_each(|words| sentence(text, 8, &words.to_string()));
    let ids: Vec<String> = order.rules.iter().map(|rule| rule.id.to_string()).collect();
    sentence(text, 8, &format!("({})", ids.join(", ")));
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
