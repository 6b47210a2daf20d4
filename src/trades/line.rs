//! Names for the lines of a proposal, so that one can be accepted or rejected: `sell-NVDA-417-2026-03-03`, `buy-XLI-417`.
//!
//! A name says the side, the ticker, the account (by the end of its number, else by its name) and, of a sale, the day the
//! lot was bought. It depends on no quantity and no price, so the same line has the same name in the plan that is made
//! around decisions, and in next week's.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::{LotId, Side, Symbol};
use crate::plan::{PlanLot, Problem};

/// Something that can be decided: the sale of a lot, or a purchase in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub id: String,
    /// The name of its order: all lots of a symbol in an account. That of a purchase is its own.
    pub order: String,
    /// Key of the account.
    pub account: String,
    /// Buy or sell.
    pub side: Side,
    /// What.
    pub symbol: Symbol,
    /// The lot of a sale.
    pub lot: Option<LotId>,
}

/// Returns everything that a plan of a problem could name, in the order of the accounts, sales first.
pub fn lines(problem: &Problem) -> Vec<Line> {
    let accounts = names(problem);
    let order = |side: &str, symbol: &Symbol, account: &str| {
        format!("{side}-{symbol}-{}", accounts.get(account).map_or("", String::as_str))
    };
    let mut found = Vec::new();
    let mut lots: Vec<&PlanLot> = problem.lots.iter().collect();
    lots.sort_by(|a, b| (&a.account, &a.symbol, a.acquired, a.id).cmp(&(&b.account, &b.symbol, b.acquired, b.id)));
    let day = |lot: &PlanLot| lot.acquired.map_or_else(|| "undated".to_owned(), |day| day.to_string());
    for own in lots.chunk_by(|a, b| (&a.account, &a.symbol, a.acquired) == (&b.account, &b.symbol, b.acquired)) {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for lot in own {
            let order = order("sell", &lot.symbol, &lot.account);
            let mut id = format!("{order}-{}", day(lot));
            // Lots of one day differ in what the file calls them and in what a share of them cost.
            if own.len() > 1 {
                id = format!("{id}-{}", mark(lot));
            }
            let times = known.entry(id.clone()).or_default();
            *times += 1;
            if *times > 1 {
                id = format!("{id}-{times}");
            }
            let (account, symbol) = (lot.account.clone(), lot.symbol.clone());
            found.push(Line { id, order, account, side: Side::Sell, symbol, lot: Some(lot.id) });
        }
    }
    for account in &problem.accounts {
        let mut bought: Vec<&Symbol> = problem.buyable.iter().chain(problem.neutral_in(account)).collect();
        bought.sort();
        bought.dedup();
        for symbol in &bought {
            let id = order("buy", symbol, &account.id);
            let (account, symbol) = (account.id.clone(), (*symbol).clone());
            found.push(Line { order: id.clone(), id, account, side: Side::Buy, symbol, lot: None });
        }
    }
    found
}

/// Short names of the accounts: the digits that a label begins with, else its words; two of one name are told apart by a
/// digest of the whole label.
fn names(problem: &Problem) -> BTreeMap<&str, String> {
    let short = |label: &str| {
        let digits: String = label.trim_start_matches('.').chars().take_while(char::is_ascii_alphanumeric).collect();
        match label.starts_with("...") && !digits.is_empty() {
            true => digits,
            false => slug(label),
        }
    };
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    problem.accounts.iter().for_each(|own| *times.entry(short(&own.id)).or_default() += 1);
    let name = |label: &str| {
        let short = short(label);
        match times.get(&short) {
            Some(1) if !short.is_empty() => short,
            _ => format!("{short}{}{}", if short.is_empty() { "" } else { "-" }, digest(label)),
        }
    };
    problem.accounts.iter().map(|own| (own.id.as_str(), name(&own.id))).collect()
}

fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-").chars().take(24).collect()
}

fn mark(lot: &PlanLot) -> String {
    let cost = lot.basis.and_then(|basis| basis.decimal().checked_div(lot.quantity.decimal()));
    let cost = cost.map_or_else(String::new, |cost| cost.round_dp(2).normalize().to_string());
    digest(&format!("{}/{cost}/{}", lot.origin.own, lot.origin.is_pledged))
}

/// Four digits that tell texts apart.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LotId;
    use crate::plan::testing::{Household, dollars};
    use crate::units::{Decimal, Shares};

    fn ids(problem: &Problem) -> Vec<String> {
        lines(problem).into_iter().map(|line| line.id).collect()
    }

    #[test]
    fn a_name_says_side_ticker_account_and_day_and_changes_with_no_quantity() {
        let mut home = Household::taxable(&[("NVDA", 100, 10, 40), ("AGG", 100, 30, 120)]);
        home.problem.accounts[0].id = "...417 Individual".to_owned();
        home.problem.lots.iter_mut().for_each(|lot| lot.account = "...417 Individual".to_owned());
        home.problem.lots[0].acquired = "2020-01-02".parse().ok();
        home.problem.lots[1].acquired = None;
        home.problem.buyable = vec![Symbol::new("AGG")];
        let before = ids(&home.problem);
        assert_eq!(before, ["sell-AGG-417-undated", "sell-NVDA-417-2020-01-02", "buy-AGG-417"]);
        home.problem.lots[0].quantity = Shares(Decimal::ONE);
        assert_eq!(ids(&home.problem), before);
    }

    /// Two lots of one day are told apart by their cost; what is equal in all is counted.
    #[test]
    fn no_two_lines_have_one_name() {
        let mut home = Household::taxable(&[("NVDA", 100, 10, 40)]);
        for (place, basis) in [400, 500, 500].into_iter().enumerate() {
            let mut lot = home.problem.lots[0].clone();
            (lot.id, lot.basis) = (LotId::new(10 + place), Some(dollars(basis)));
            home.problem.lots.push(lot);
        }
        let mut other = home.problem.accounts[0].clone();
        other.id = "a".to_owned();
        home.problem.accounts.push(other);
        home.problem.buyable = vec![Symbol::new("NVDA")];
        let mut found = ids(&home.problem);
        let all = found.len();
        found.sort();
        found.dedup();
        assert_eq!((found.len(), all), (6, 6), "{found:?}");
        assert!(found.iter().any(|id| id.ends_with("-2")), "{found:?}");
    }
}
