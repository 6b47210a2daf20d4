//! Writing `trades.csv`: what is recorded is added at the end, nothing that is there is changed, and a trade that is there
//! already is not added again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::read_as;
use super::trades::{GAIN, HEADER, READER, SIDE};
use crate::diagnostics::Sink;
use crate::diagnostics::text::neutral;
use crate::model::{PastTrade, RawFile, Side};
use crate::units::{Price, Shares};

/// `trades.csv` with more trades.
#[derive(Debug)]
pub struct Appended {
    /// The whole text.
    pub text: String,
    /// Trades that are new.
    pub added: usize,
    /// Trades that were there already.
    pub known: usize,
    /// Trades that carry out a proposal and are there already on another day, with that day: they are not added.
    pub on_another_day: Vec<(PastTrade, NaiveDate)>,
}

/// Columns at the head of [`HEADER`] without which a table is no list of trades.
const NEEDED: usize = 5;

/// Account, symbol, side and shares.
type What = (String, String, Side, String);

/// What makes two rows one trade. A row without a price, or without the day of its lot, is known by the rest.
fn key(trade: &PastTrade) -> (String, What) {
    (trade.date.to_string(), what(trade))
}

fn what(trade: &PastTrade) -> What {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let account = letters(&trade.account);
    let tail = account.get(account.len().saturating_sub(4)..).unwrap_or(&account).to_owned();
    let shares = trade.quantity.decimal().normalize().to_string();
    (tail, trade.symbol.to_string(), trade.side, shares)
}

fn is_same(one: &PastTrade, other: &PastTrade) -> bool {
    let agree = |one: Option<String>, other: Option<String>| one.is_none() || other.is_none() || one == other;
    let price = |own: &PastTrade| own.details.price.map(|price| price.decimal().round_dp(2).normalize().to_string());
    let lot = |own: &PastTrade| own.details.opened.map(|day| day.to_string());
    agree(price(one), price(other)) && agree(lot(one), lot(other))
}

/// Which trades of a file are to be added.
pub(super) struct Fresh {
    /// Places of those that are new.
    pub new: Vec<usize>,
    /// Those that are there on another day, with that day.
    on_another_day: Vec<(PastTrade, NaiveDate)>,
}

/// Tells what is there already from what is new. Each row there stands for one trade: two equal trades of a file are two, and
/// recorded again they are the same two.
pub(super) fn fresh(known: &[PastTrade], trades: &[PastTrade]) -> Fresh {
    let mut left: BTreeMap<_, Vec<&PastTrade>> = BTreeMap::new();
    known.iter().for_each(|trade| left.entry(key(trade)).or_default().push(trade));
    let mut new = Vec::new();
    for (at, trade) in trades.iter().enumerate() {
        let alike = left.entry(key(trade)).or_default();
        match alike.iter().position(|other| is_same(trade, other)) {
            Some(place) => drop(alike.remove(place)),
            None => new.push((at, trade)),
        }
    }
    // A row is what a trade of this file is, or else what the same order is that was recorded on another day.
    let mut rest: Vec<&PastTrade> = left.into_values().flatten().collect();
    let mut on_another_day = Vec::new();
    new.retain(|(_, trade)| {
        let is_again = |other: &&PastTrade| {
            let proposed = trade.details.proposed;
            proposed.is_some()
                && proposed == other.details.proposed
                && what(trade) == what(other)
                && is_same(trade, other)
        };
        let Some(place) = rest.iter().position(is_again) else { return true };
        on_another_day.push(((*trade).clone(), rest.remove(place).date));
        false
    });
    Fresh { new: new.into_iter().map(|(at, _)| at).collect(), on_another_day }
}

/// Adds trades to the text of a `trades.csv` (empty for a new one), whose trades are `known`. `None` when the file is laid out
/// in a way to which no row can be added: what is written is read again, and must say what was there and what is new.
pub fn append(old: &str, known: &[PastTrade], trades: &[PastTrade]) -> Option<Appended> {
    let Fresh { new, on_another_day } = fresh(known, trades);
    let added: Vec<&PastTrade> = new.into_iter().filter_map(|at| trades.get(at)).collect();
    let mut text = widened(old, &lacks(old, &added));
    if text.trim().is_empty() {
        text = format!("{}\n", HEADER.join(","));
    } else if !text.ends_with('\n') {
        text.push('\n');
    }
    let columns = columns(&text);
    added.iter().for_each(|trade| text += &line(trade, &columns));
    let known = trades.len() - added.len() - on_another_day.len();
    let text = if added.is_empty() { old.to_owned() } else { text };
    let found = Appended { text, added: added.len(), known, on_another_day };
    let read = |text: &str, more: &[&PastTrade]| {
        let own = read_as(READER.id, &RawFile::new("trades.csv", text.as_bytes()), &mut Sink::default()).trades;
        let mut keys: Vec<_> = own.iter().chain(more.iter().copied()).map(key).collect();
        keys.sort();
        keys
    };
    (found.added == 0 || read(&found.text, &[]) == read(old, &added)).then_some(found)
}

/// The columns of a file, in their order; those of a new one.
fn columns(old: &str) -> Vec<String> {
    let header = old.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    match header.map(|header| header.trim_start_matches('\u{feff}')) {
        Some(header) => header.split(',').map(|name| name.trim().trim_matches('"').to_lowercase()).collect(),
        None => HEADER.map(str::to_owned).to_vec(),
    }
}

/// Returns the columns that a list of trades lacks for what is known of some: a sale without its price and gain is no tax that is
/// due, and one without its term another.
fn lacks(old: &str, trades: &[&PastTrade]) -> Vec<&'static str> {
    let columns = columns(old);
    let is_there = |name: &str| {
        let names = [SIDE, GAIN].into_iter().find(|names| names.contains(&name));
        columns.iter().any(|own| own == name || names.is_some_and(|names| names.contains(&own.as_str())))
    };
    let is_known = |name: &str| trades.iter().any(|trade| !cell(trade, name).is_empty());
    HEADER.into_iter().skip(NEEDED).filter(|name| !is_there(name) && is_known(name)).collect()
}

/// The text with more columns at the end, which are empty in the rows that are there.
fn widened(old: &str, more: &[&str]) -> String {
    let mut header = true;
    let widen = |line: &str| {
        let text = line.trim_end_matches(['\n', '\r']);
        if more.is_empty() || text.trim().is_empty() || text.starts_with('#') {
            return line.to_owned();
        }
        let names = if std::mem::take(&mut header) { more.join(",") } else { ",".repeat(more.len() - 1) };
        format!("{text},{names}{}", line.get(text.len()..).unwrap_or_default())
    };
    old.split_inclusive('\n').map(widen).collect()
}

fn cell(trade: &PastTrade, name: &str) -> String {
    match name {
        "date" => trade.date.to_string(),
        // A name from a file may be a formula to a spreadsheet; how the account is found does not go by signs.
        "account" => neutral(&trade.account),
        "side" | "action" => if trade.side == Side::Buy { "buy" } else { "sell" }.to_owned(),
        "symbol" => trade.symbol.to_string(),
        "quantity" => number(trade.quantity),
        "price" => trade.details.price.map(|price: Price| price.decimal().normalize().to_string()).unwrap_or_default(),
        "lot" => trade.details.opened.map(|day| day.to_string()).unwrap_or_default(),
        "term" => trade.details.term.map(|term| term.id().to_owned()).unwrap_or_default(),
        "gain" | "realised gain" | "realized gain" => {
            trade.gain.map(|gain| format!("{:.2}", gain.decimal())).unwrap_or_default()
        }
        "proposed" => trade.details.proposed.map(|day| day.to_string()).unwrap_or_default(),
        "outside" => if trade.outside { "yes" } else { "" }.to_owned(),
        _ => String::new(),
    }
}

fn line(trade: &PastTrade, columns: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(columns.iter().map(|name| cell(trade, name)));
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn number(shares: Shares) -> String {
    shares.decimal().normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::testing::portfolio;

    /// Two equal purchases are two rows; recorded again they add nothing, and a third one adds one.
    #[test]
    fn what_is_there_is_kept_and_not_added_again() {
        let own = "date,account,side,symbol,quantity,price,lot,term,gain,outside,proposed\n2026-11-02,...417,buy,VTI,5,300,,,,,\n";
        let (read, _) = portfolio(&[own]);
        let one = read.trades[0].clone();
        let first = append("", &[], &[one.clone(), one.clone()]).unwrap();
        assert_eq!((first.added, first.known), (2, 0));
        assert_eq!(first.text.lines().next(), own.lines().next());
        let (read, _) = portfolio(&[&first.text]);
        assert_eq!(read.trades.len(), 2);
        let again = append(&first.text, &read.trades, &[one.clone(), one.clone()]).unwrap();
        assert_eq!((again.added, again.known, again.text == first.text), (0, 2, true));
        // An earlier one may come later.
        let mut earlier = one.clone();
        earlier.date = earlier.date.pred_opt().unwrap();
        assert_eq!(append(&first.text, &read.trades, &[earlier]).unwrap().added, 1);
        let third = append(&first.text, &read.trades, &[one.clone(), one.clone(), one.clone()]).unwrap();
        assert_eq!((third.added, third.known), (1, 2));
        assert!(third.text.starts_with(&first.text));
    }

    /// What carries out the same line of the same proposal is one trade, whatever day it is given.
    #[test]
    fn an_order_is_not_recorded_on_two_days() {
        let own = "date,account,side,symbol,quantity,price,lot,term,gain,outside,proposed\n2026-11-23,...417,buy,VTI,5,300,,,,,2026-11-20\n";
        let (read, _) = portfolio(&[own]);
        let mut later = read.trades[0].clone();
        later.date = "2026-11-24".parse().unwrap();
        let found = append(own, &read.trades, &[later.clone(), later.clone()]).unwrap();
        assert_eq!((found.added, found.known), (1, 0));
        assert_eq!(found.on_another_day, [(later.clone(), read.trades[0].date)]);
        // That of the next proposal is another.
        later.details.proposed = Some("2026-11-24".parse().unwrap());
        assert_eq!(append(own, &read.trades, &[later]).unwrap().added, 1);
    }

    #[test]
    fn rows_keep_to_the_columns_of_an_older_file() {
        let own = "symbol,side,quantity,date,account\nVTI,buy,5,2026-11-02,...417";
        let (read, _) = portfolio(&[&own.replace(",account\n", ",account,gain\n").replace("...417", "...417,")]);
        let mut other = read.trades[0].clone();
        other.quantity = crate::units::Shares(crate::units::Decimal::TWO);
        assert_eq!(append(own, &read.trades, &[other]).unwrap().text, format!("{own}\nVTI,buy,2,2026-11-02,...417\n"));
    }

    /// The tax that is due, and what a loss may not be replaced by, are told by what the hint of a report leaves out.
    #[test]
    fn a_file_gets_the_columns_that_a_sale_needs() {
        let full = "date,account,side,symbol,quantity,price,lot,term,gain\n2026-11-27,...417,sell,NVDA,30,170,2026-11-05,short,-90.50\n";
        let sale = portfolio(&[full]).0.trades.remove(0);
        for header in ["date,account,symbol,action,quantity", "date,account,symbol,action,quantity,realised gain"] {
            let cells = header.split(',').count() - 5;
            let old = format!("# mine\n{header}\r\n2026-11-02,...417,VTI,buy,5{}\r\n", ",".repeat(cells));
            let known = portfolio(&[&old]).0.trades;
            let found = append(&old, &known, std::slice::from_ref(&sale)).unwrap();
            let (read, sink) = portfolio(&[&found.text]);
            assert_eq!((read.trades.len(), sink.has_errors()), (2, false), "{}", found.text);
            assert_eq!(read.trades[0].symbol, known[0].symbol);
            assert_eq!((&read.trades[1].details, read.trades[1].gain), (&sale.details, sale.gain), "{}", found.text);
            let again = append(&found.text, &read.trades, std::slice::from_ref(&sale)).unwrap();
            assert_eq!((again.added, again.text), (0, found.text));
        }
    }

    /// A row in columns, or with marks between them, that are not those of the file would be another trade, or none.
    #[test]
    fn a_layout_that_no_row_can_be_added_to_is_known() {
        let (read, _) = portfolio(&["date,account,side,symbol,quantity,gain\n2026-11-02,...417,buy,VTI,5,\n"]);
        let one = &read.trades;
        for old in [
            "date;account;side;symbol;quantity;gain\n2026-11-01;...417;buy;VTI;2;\n",
            "date\taccount\tside\tsymbol\tquantity\tgain\n2026-11-01\t...417\tbuy\tVTI\t2\t\n",
            "date,account,side,symbol\n",
            "a note of mine\n\ndate,account,side,symbol,quantity,gain\n",
        ] {
            assert!(append(old, &[], one).is_none(), "{old}");
            assert!(append(old, one, one).is_some_and(|found| found.text == old), "{old}");
        }
        let marked = "\u{feff}date,account,side,symbol,quantity,gain\r\n2026-11-01,...417,buy,VTI,2,\r\n";
        let found = append(marked, &[], one).unwrap();
        assert_eq!(found.text, format!("{marked}2026-11-02,...417,buy,VTI,5,\n"));
    }
}
