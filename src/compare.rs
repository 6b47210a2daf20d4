//! What changed since an earlier proposal and why, by asking again: each change of the inputs is undone alone, and an
//! order that then is as it was before has its reason.
//!
//! What is owned cannot be undone from a proposal; it accounts for what is left when everything else is undone.

mod done;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::decisions::{self, Decisions};
use crate::diagnostics::{Diagnostic, Place, Sink, Source};
use crate::household::WhatIf;
use crate::model::{RawFile, Side, Symbol};
use crate::proposal::{Asked, Cause, LotChange, OrderChange, Proposal, SCHEMA, Since, Snapshot, TradeShot};
use crate::units::{Decimal, NumberStyle, Price, Shares, parse_number};

crate::codes! {
    NO_PROPOSAL "not-a-proposal" "The file of `--diff` is not a proposal that broaden wrote: give the JSON of an earlier run, `advise ... -o previous.json`.";
}

/// What a run was asked, files aside: what is changed to ask again.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// `limits.tech.min=0.25`, one per `--set`.
    pub overrides: Vec<String>,
    /// `limits.tech`, one per `--without`.
    pub without: Vec<String>,
    /// What is asked for this run only.
    pub what_if: WhatIf,
    /// What is decided about the lines.
    pub decisions: Decisions,
    /// The day of the answer.
    pub as_of: Option<NaiveDate>,
}

/// How a run is repeated.
pub struct Rerun<'a> {
    /// What this run was asked.
    pub question: Question,
    /// The keys of its config, as proposals show them (accounts masked) and in full.
    pub keys: Vec<(String, String)>,
    /// Answers another question from the same files; `None` where that gives no plan.
    pub again: &'a dyn Fn(&Question) -> Option<Proposal>,
}

/// Most values of the config that are undone one by one; more are undone together.
const MOST_ALONE: usize = 24;

/// Reads an earlier proposal. What is none is an error.
pub fn read(file: &RawFile, sink: &mut Sink) -> Option<Snapshot> {
    let text = String::from_utf8_lossy(file.bytes());
    let source = Source::file(file.name.clone(), text.clone());
    let problem = |message: String, place: Place| {
        Diagnostic::error(NO_PROPOSAL, message)
            .at(place)
            .hint("give the JSON that `broaden advise ... -o NAME.json` wrote")
    };
    match serde_json::from_str::<Snapshot>(&text) {
        Ok(found) if (1..=SCHEMA).contains(&found.schema) => {
            let Some((message, part)) = odd(&found) else { return Some(found) };
            let line = text.lines().position(|line| line.contains(&part)).map_or(1, |index| index + 1);
            sink.push(problem(format!("{} is not a proposal: {message}", file.name), Place::line(&source, line)));
        }
        Ok(found) => {
            let message = format!("{} has schema {}, and this program reads 1 to {SCHEMA}", file.name, found.schema);
            sink.push(problem(message, Place::whole(&source)));
        }
        Err(error) => {
            let message = format!("{} is not a proposal: {error}", file.name);
            sink.push(problem(message, Place::line(&source, error.line())));
        }
    }
    None
}

/// Returns what no proposal says, and a part of the line that says it: amounts that are none, orders of nothing.
fn odd(found: &Snapshot) -> Option<(String, String)> {
    let number = |text: &str| parse_number(text, NumberStyle::Point).ok().flatten();
    let quoted = |key: &str, text: &str| format!("\"{key}\": \"{text}\"");
    if found.as_of.parse::<chrono::NaiveDate>().is_err() {
        return Some((format!("`{}` is no day", found.as_of), quoted("as_of", &found.as_of)));
    }
    for trade in &found.trades {
        let symbol = &trade.symbol;
        if let Some(text) = trade.value.as_ref().filter(|text| number(text).is_none()) {
            return Some((format!("an order of {symbol} for `{text}` dollars"), quoted("value", text)));
        }
        if let Some(text) = trade.quantity.as_ref()
            && number(text).is_none_or(|shares| shares <= Decimal::ZERO)
        {
            return Some((format!("an order of `{text}` shares of {symbol}"), quoted("quantity", text)));
        }
        if !["sell", "buy"].contains(&trade.side.as_str()) {
            return Some((format!("`{}` is no side of an order", trade.side), quoted("side", &trade.side)));
        }
    }
    for (symbol, text) in &found.prices {
        if number(text).is_none_or(|price| price < Decimal::ZERO) {
            return Some((format!("`{text}` is no price of {symbol}"), quoted(symbol, text)));
        }
    }
    for account in &found.accounts {
        if let Some(text) = account.cash.as_ref().filter(|text| number(text).is_none()) {
            return Some((format!("`{text}` is no amount of cash"), quoted("cash", text)));
        }
        for position in account.positions.iter().flatten() {
            if let Some(text) = position.quantity.as_ref().filter(|text| number(text).is_none()) {
                let symbol = &position.symbol;
                return Some((format!("`{text}` is no number of shares of {symbol}"), quoted("quantity", text)));
            }
        }
    }
    None
}

/// Orders by account, side and symbol: shares by lot.
type Orders = BTreeMap<(String, Side, String), BTreeMap<String, Decimal>>;

fn orders(trades: &[TradeShot]) -> Orders {
    let mut all = Orders::new();
    for trade in trades {
        let side = if trade.side == "sell" { Side::Sell } else { Side::Buy };
        // What is ordered in dollars is compared in dollars.
        let amount = trade.quantity.as_ref().or(trade.value.as_ref());
        let amount = amount.and_then(|text| parse_number(text, NumberStyle::Point).ok().flatten()).unwrap_or_default();
        // The id of a lot may change with the file it comes from; its day does not.
        let lot = trade.lot.as_ref().map(|lot| lot.opened.clone().unwrap_or_else(|| lot.id.clone()));
        let lots = all.entry((trade.account.clone(), side, trade.symbol.clone())).or_default();
        *lots.entry(lot.unwrap_or_default()).or_default() += amount;
    }
    all
}

/// One change of the inputs, undone: what it is called, and the question without it.
struct Undone {
    name: String,
    /// It undoes several changes that are tried alone too.
    several: bool,
    question: Question,
}

/// What came of undoing one change, for one order.
struct Tried<'a> {
    name: &'a str,
    several: bool,
    /// The order is as it was before.
    restored: bool,
}

/// Returns why an order changed: the changes each of which explains it alone; else the smallest group that does; else,
/// if only undoing everything does, all of them, each once. `None` when not even that does.
fn reasons(tried: &[Tried<'_>], all_restore: bool) -> Option<Vec<String>> {
    let names = |several: bool, restored: bool| -> Vec<String> {
        let fit = tried.iter().filter(|one| one.several == several && (one.restored || !restored));
        fit.map(|one| one.name.to_owned()).collect()
    };
    let (alone, grouped) = (names(false, true), names(true, true));
    match () {
        () if !alone.is_empty() => Some(alone),
        () if !grouped.is_empty() => Some(grouped),
        () if !all_restore || tried.is_empty() => None,
        () => Some(vec![format!("only together: {}", names(false, false).join("; "))]),
    }
}

/// Compares a proposal with an earlier one.
pub fn compare(rerun: &Rerun<'_>, name: &str, before: &Snapshot, proposal: &Proposal) -> Since {
    let now = Snapshot::of(proposal);
    let (then, today) = (orders(&before.trades), orders(&now.trades));
    let keys: BTreeSet<_> = then.keys().chain(today.keys()).cloned().collect();
    let changed: Vec<_> = keys.iter().filter(|key| then.get(*key) != today.get(*key)).cloned().collect();
    let causes = causes(before, &now);
    let mut notes = Vec::new();
    if before.config.is_none() || before.accounts.iter().any(|account| account.positions.is_none()) {
        notes.push(format!(
            "{name} was written by broaden {}, which did not keep config, prices and holdings: what it lacks is not compared",
            before.version
        ));
    }
    let tried: Vec<(Undone, Option<Orders>)> = if changed.is_empty() {
        Vec::new()
    } else {
        let run = |undone: Undone| {
            let found = again(rerun, &undone.question);
            (undone, found)
        };
        undone(rerun, before, &now).into_iter().map(run).collect()
    };
    let together = (!changed.is_empty()).then(|| again(rerun, &all_undone(rerun, before, &now))).flatten();
    let order = |key: &(String, Side, String)| {
        let (old, new) = (then.get(key), today.get(key));
        let restored = |found: &Option<Orders>| found.as_ref().is_some_and(|orders| orders.get(key) == old);
        let tried: Vec<Tried<'_>> = tried
            .iter()
            .map(|(undone, found)| Tried { name: &undone.name, several: undone.several, restored: restored(found) })
            .collect();
        let because = reasons(&tried, restored(&together)).unwrap_or_else(|| vec![rest(&causes, key)]);
        OrderChange {
            account: key.0.clone(),
            side: key.1,
            symbol: key.2.clone(),
            before: old.map(total),
            after: new.map(total),
            lots: if old.is_some() && new.is_some() { lots(old, new) } else { Vec::new() },
            because,
        }
    };
    Since {
        name: name.to_owned(),
        as_of: before.as_of.clone(),
        same: keys.len() - changed.len(),
        orders: changed.iter().map(order).collect(),
        causes,
        done: done::done(before, proposal),
        drift: done::drift(before, proposal),
        notes,
    }
}

/// Says what is left when everything that can be undone is undone.
fn rest(causes: &[Cause], (account, _, symbol): &(String, Side, String)) -> String {
    let held: Vec<&Cause> = causes.iter().filter(|cause| cause.kind == "holdings").collect();
    let own: Vec<String> = held
        .iter()
        .filter(|cause| cause.subject.contains(&format!("{symbol} in {account}")))
        .map(|c| c.words())
        .collect();
    match (own.is_empty(), held.is_empty()) {
        (false, _) => format!("what is owned: {}", own.join("; ")),
        (true, false) => "what is owned changed (see below)".to_owned(),
        (true, true) if causes.iter().any(|cause| cause.kind == "program") => "another version of broaden".to_owned(),
        (true, true) => "lots, costs, market or trades files that changed; the proposals do not hold them".to_owned(),
    }
}

fn total(lots: &BTreeMap<String, Decimal>) -> String {
    Shares(lots.values().copied().sum()).text()
}

fn lots(old: Option<&BTreeMap<String, Decimal>>, new: Option<&BTreeMap<String, Decimal>>) -> Vec<LotChange> {
    let names: BTreeSet<&String> =
        old.into_iter().chain(new).flat_map(BTreeMap::keys).filter(|n| !n.is_empty()).collect();
    let of = |lots: Option<&BTreeMap<String, Decimal>>, name: &String| {
        lots.and_then(|lots| lots.get(name)).copied().unwrap_or_default()
    };
    names
        .into_iter()
        .filter(|name| of(old, name) != of(new, name))
        .map(|name| LotChange {
            lot: name.clone(),
            before: Shares(of(old, name)).text(),
            after: Shares(of(new, name)).text(),
        })
        .collect()
}

/// Runs again; `None` where that gives no plan.
fn again(rerun: &Rerun<'_>, question: &Question) -> Option<Orders> {
    let proposal = (rerun.again)(question)?;
    Some(orders(&Snapshot::of(&proposal).trades))
}

/// Returns the question with each change undone alone.
fn undone(rerun: &Rerun<'_>, before: &Snapshot, now: &Snapshot) -> Vec<Undone> {
    let (mut list, own) = (Vec::new(), &rerun.question);
    let changes = config_changes(before, now);
    if changes.len() <= MOST_ALONE {
        for (key, old, new) in &changes {
            let mut other = own.clone();
            undo_key(&mut other, rerun, before, (key, old.as_deref()));
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
            let name = format!("{key} {} -> {}", value(old), value(new));
            list.push(Undone { name, several: false, question: other });
        }
    }
    if changes.len() > MOST_ALONE || changes.len() > 1 {
        let mut other = own.clone();
        changes.iter().for_each(|(key, old, _)| undo_key(&mut other, rerun, before, (key, old.as_deref())));
        let name = format!("{} values of the config together", changes.len());
        list.push(Undone { name, several: changes.len() <= MOST_ALONE, question: other });
    }
    if questions(before) != questions(now) {
        let question =
            Question { what_if: earlier_questions(before, own), decisions: earlier_decisions(before), ..own.clone() };
        list.push(Undone { name: asked_change(before, now), several: false, question });
    }
    if before.as_of != now.as_of {
        let question = Question { as_of: before.as_of.parse().ok(), ..own.clone() };
        let (old, new) = (before.strength.value, now.strength.value);
        let moved = if old == new { String::new() } else { format!(" (rotation strength {old:.2} -> {new:.2})") };
        let name = format!("the day {} -> {} and its market{moved}", before.as_of, now.as_of);
        list.push(Undone { name, several: false, question });
    }
    if changed_prices(before, now).next().is_some() {
        let mut other = own.clone();
        other.what_if.prices = prices(before);
        list.push(Undone { name: "prices".to_owned(), several: false, question: other });
    }
    list
}

/// Returns the question with everything undone that can be.
fn all_undone(rerun: &Rerun<'_>, before: &Snapshot, now: &Snapshot) -> Question {
    let mut other = rerun.question.clone();
    for (key, old, _) in config_changes(before, now) {
        undo_key(&mut other, rerun, before, (&key, old.as_deref()));
    }
    other.what_if = earlier_questions(before, &rerun.question);
    other.decisions = earlier_decisions(before);
    other.what_if.prices = prices(before);
    other.as_of = before.as_of.parse().ok();
    other
}

/// A value of the config: its key, its value before, its value now.
type Change = (String, Option<String>, Option<String>);

fn config_changes(before: &Snapshot, now: &Snapshot) -> Vec<Change> {
    let values = now.config.iter().flatten().map(|(key, value)| (key.clone(), value.value.clone())).collect();
    differences(before, &values)
}

fn differences(before: &Snapshot, now: &BTreeMap<String, String>) -> Vec<Change> {
    let Some(old) = &before.config else { return Vec::new() };
    let keys: BTreeSet<&String> = old.keys().chain(now.keys()).collect();
    keys.into_iter()
        .map(|key| (key.clone(), old.get(key).map(|value| value.value.clone()), now.get(key).cloned()))
        .filter(|(_, old, new)| old != new)
        .collect()
}

/// Sets a value of the config back, or takes it out. One that was set for this run only is not set: a default that is stated
/// may mean another thing than one that is not.
fn undo_key(question: &mut Question, rerun: &Rerun<'_>, before: &Snapshot, (masked, old): (&str, Option<&str>)) {
    // Keys of accounts are masked in proposals; the config has them in full.
    let key = rerun.keys.iter().find(|(shown, _)| shown == masked).map_or(masked, |(_, key)| key.as_str());
    let sets = |text: &str| text.split_once('=').is_some_and(|(own, _)| own.trim() == key);
    let was_set = before.asked.iter().any(|asked| asked.option == "--set" && sets(&asked.value));
    if !was_set && question.overrides.iter().any(|text| sets(text)) {
        question.overrides.retain(|text| !sets(text));
        return;
    }
    match old {
        Some(old) => question.overrides.push(format!("{key}={old}")),
        None => question.without.push(key.to_owned()),
    }
}

/// Returns the options that are questions: those of the config are compared as its values.
fn questions(snapshot: &Snapshot) -> Vec<Asked> {
    let asked = snapshot.asked.iter().filter(|asked| !matches!(asked.option.as_str(), "--set" | "--without"));
    asked.map(|asked| Asked { option: asked.option.clone(), value: asked.value.clone() }).collect()
}

/// Returns what an earlier run had decided.
fn earlier_decisions(before: &Snapshot) -> Decisions {
    let asked = questions(before);
    let values = |option: &str| -> Vec<String> {
        asked.iter().filter(|one| one.option == option).map(|one| one.value.clone()).collect()
    };
    let options = decisions::Options {
        accept: values("--accept"),
        reject: values("--reject"),
        later: values("--later"),
        quantity: values("--quantity"),
    };
    options.decisions(&mut Sink::default())
}

/// Says which options differ: `asked now: --keep NVDA, asked before: --only roth`.
fn asked_change(before: &Snapshot, now: &Snapshot) -> String {
    let (old, new) = (questions(before), questions(now));
    let gone = old.iter().filter(|asked| !new.contains(asked)).map(|asked| format!("asked before: {}", asked.text()));
    let come = new.iter().filter(|asked| !old.contains(asked)).map(|asked| format!("asked now: {}", asked.text()));
    come.chain(gone).collect::<Vec<_>>().join(", ")
}

fn earlier_questions(before: &Snapshot, own: &Question) -> WhatIf {
    WhatIf { prices: own.what_if.prices.clone(), ..WhatIf::of(&questions(before)) }
}

fn prices(snapshot: &Snapshot) -> BTreeMap<Symbol, Price> {
    let price = |text: &String| parse_number(text, NumberStyle::Point).ok().flatten().map(Price);
    snapshot.prices.iter().filter_map(|(symbol, text)| Some((Symbol::new(symbol), price(text)?))).collect()
}

/// Returns the symbols that have another price now, with both.
fn changed_prices<'a>(
    before: &'a Snapshot,
    now: &'a Snapshot,
) -> impl Iterator<Item = (&'a String, &'a String, &'a String)> {
    now.prices.iter().filter_map(|(symbol, new)| {
        let old = before.prices.get(symbol)?;
        (old != new).then_some((symbol, old, new))
    })
}

/// Lists what is different in the inputs.
fn causes(before: &Snapshot, now: &Snapshot) -> Vec<Cause> {
    let mut list = Vec::new();
    let mut add = |kind, subject: String, before: Option<String>, after: Option<String>, origin: Option<String>| {
        if before != after {
            list.push(Cause { kind, subject, before, after, origin });
        }
    };
    add("program", "broaden".to_owned(), Some(before.version.clone()), Some(now.version.clone()), None);
    add("day", "as of".to_owned(), Some(before.as_of.clone()), Some(now.as_of.clone()), None);
    let (old, new) = (questions(before), questions(now));
    for asked in old.iter().filter(|asked| !new.contains(asked)) {
        add("option", asked.option.clone(), Some(asked.value.clone()), None, None);
    }
    for asked in new.iter().filter(|asked| !old.contains(asked)) {
        add("option", asked.option.clone(), None, Some(asked.value.clone()), None);
    }
    for (key, old, new) in config_changes(before, now) {
        let origin = now.config.as_ref().and_then(|config| config.get(&key)).map(|value| value.origin.clone());
        add("config", key, old, new, origin);
    }
    holdings(before, now, &mut add);
    let mut moved: Vec<_> = changed_prices(before, now).collect();
    let size = |old: &str, new: &str| {
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        (number(new) / number(old) - 1.0).abs()
    };
    moved.sort_by(|a, b| size(b.1, b.2).total_cmp(&size(a.1, a.2)).then(a.0.cmp(b.0)));
    for (symbol, old, new) in moved {
        add("price", symbol.clone(), Some(old.clone()), Some(new.clone()), None);
    }
    let (old, new) = (&before.strength, &now.strength);
    let number = |value: f64| Some(format!("{value:.2}"));
    add("signal", "rotation strength".to_owned(), number(old.value), number(new.value), None);
    add("signal", "brakes".to_owned(), Some(old.brake.clone()), Some(new.brake.clone()), None);
    for part in new.parts.iter().filter(|part| part.weight > 0.0) {
        let earlier = old.parts.iter().find(|earlier| earlier.id == part.id).and_then(|earlier| earlier.value);
        add("signal", part.id.clone(), earlier.and_then(number), part.value.and_then(number), None);
    }
    list
}

/// Lists the holdings and the cash that are different.
fn holdings(
    before: &Snapshot,
    now: &Snapshot,
    add: &mut impl FnMut(&'static str, String, Option<String>, Option<String>, Option<String>),
) {
    let shares = |snapshot: &Snapshot| -> BTreeMap<(String, String), Decimal> {
        let mut all = BTreeMap::new();
        for account in &snapshot.accounts {
            for position in account.positions.iter().flatten() {
                let quantity = position.quantity.as_deref().and_then(|text| text.parse::<Decimal>().ok());
                *all.entry((account.id.clone(), position.symbol.clone())).or_default() += quantity.unwrap_or_default();
            }
        }
        all
    };
    if before.accounts.iter().any(|account| account.positions.is_none()) {
        return;
    }
    let (old, new) = (shares(before), shares(now));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let text = |shares: Option<&Decimal>| shares.map(|shares| Shares(*shares).text());
        add("holdings", format!("{} in {}", key.1, key.0), text(old.get(key)), text(new.get(key)), None);
    }
    let cash = |snapshot: &Snapshot| -> BTreeMap<String, Option<String>> {
        snapshot.accounts.iter().map(|account| (account.id.clone(), account.cash.clone())).collect()
    };
    let (old, new) = (cash(before), cash(now));
    for account in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let of = |all: &BTreeMap<String, Option<String>>| all.get(account).cloned().flatten();
        add("holdings", format!("cash in {account}"), of(&old), of(&new), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_explains_an_order_alone_hides_its_group() {
        let because = |restored: [bool; 4], all: bool| {
            let names = ["limits.tech.max", "tax.long-rate", "2 values together", "prices"];
            let tried: Vec<Tried<'_>> = names
                .iter()
                .zip(restored)
                .map(|(name, restored)| Tried { name, several: name.starts_with('2'), restored })
                .collect();
            reasons(&tried, all)
        };
        assert_eq!(because([true, false, true, false], true), Some(vec!["limits.tech.max".to_owned()]));
        assert_eq!(because([false, false, true, false], true), Some(vec!["2 values together".to_owned()]));
        let together = "only together: limits.tech.max; tax.long-rate; prices".to_owned();
        assert_eq!(because([false; 4], true), Some(vec![together]));
        assert_eq!(because([false; 4], false), None);
    }
}
