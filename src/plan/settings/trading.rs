//! The `[trading]` section of the config: how orders may look, and what is never traded.

use chrono::NaiveDate;

use super::super::{Mode, WashSales};
use crate::config::{Fields, Kind, Node, NodeValue, Param, Table};
use crate::diagnostics::{Place, Sink};
use crate::model::Symbol;
use crate::units::{Decimal, Money, Weight};

/// The keys of `[trading]`.
pub const TRADING_PARAMS: &[Param] = &[
    Param::with_default("whole-shares", Kind::Flag, "true", "Trade whole shares only."),
    Param::with_default(
        "increment",
        Kind::Number(0.000_001, 1.0),
        "0.001",
        "Smallest share step where fractions trade.",
    ),
    Param::with_default("min-trade", Kind::Money, "500", "Smallest order, in dollars."),
    Param::with_default(
        "min-trade-share",
        Kind::Weight,
        "\"0%\"",
        "Smallest order as a share of the portfolio; the larger of both holds.",
    ),
    Param::with_default("ticket", Kind::Money, "0", "Cost per order, in dollars."),
    Param::with_default(
        "half-spread-bps",
        Kind::Number(0.0, 1_000.0),
        "1",
        "Half of the bid-ask spread, in basis points of the price.",
    ),
    Param::optional(
        "spreads",
        Kind::Table,
        "Half-spreads by ticker, in basis points: { KRE = 3 }. Mutual funds have none.",
    ),
    Param::with_default("max-trades", Kind::Integer(0, 10_000), "40", "Most orders of a run."),
    Param::with_default(
        "near-long-term-days",
        Kind::Integer(0, 366),
        "45",
        "A gain that turns long-term within this many days is not sold; 0 turns it off.",
    ),
    Param::with_default("set-aside-tax", Kind::Flag, "true", "Keep the plan's tax in cash in the taxable accounts."),
    Param::with_default("wash-sale", Kind::Choice(&["block", "warn"]), "\"block\"", "What to do about wash sales."),
    Param::with_default(
        "mode",
        Kind::Choice(&["levels", "priced"]),
        "\"levels\"",
        "`levels`: one goal after the other; `priced`: excess and gaps have prices against tax and cost.",
    ),
    Param::with_default("price-of-excess", Kind::Number(0.0, 100.0), "0.10", "Priced mode: per dollar above a cap."),
    Param::with_default("price-of-gap", Kind::Number(0.0, 100.0), "0.02", "Priced mode: per dollar below a target."),
    Param::with_default(
        "buy-only",
        Kind::Flag,
        "false",
        "Sell nothing: deposits and idle cash fill what the sleeves are short of.",
    ),
    Param::with_default("do-not-sell", Kind::Symbols, "[]", "Never sold, in any account."),
    Param::with_default("do-not-buy", Kind::Symbols, "[]", "Never bought, in any account."),
    Param::with_default(
        "restricted",
        Kind::Symbols,
        "[]",
        "Neither bought nor sold, whatever else is asked: an employer's restricted list.",
    ),
    Param::optional(
        "blackout",
        Kind::Table,
        "Neither bought nor sold from one day to another, both included: { ACME = [\"2026-12-15\", \"2027-02-05\"] }; more windows are more pairs.",
    ),
    Param::with_default(
        "employer-stock",
        Kind::Symbols,
        "[]",
        "Stock of a company that pays your salary; its weight is noted, since your income depends on it too.",
    ),
];

/// Days on which a symbol is neither bought nor sold.
#[derive(Clone, Debug, PartialEq)]
pub struct Blackout {
    /// What.
    pub symbol: Symbol,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Where it is written.
    pub place: Place,
}

impl Blackout {
    /// Returns whether a day lies in the window, both ends included.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// How orders may look.
#[derive(Clone, Debug, PartialEq)]
pub struct TradingSettings {
    /// Whole shares only.
    pub whole_shares: bool,
    /// Smallest share step where fractions trade.
    pub increment: Decimal,
    /// Smallest order.
    pub min_trade: Money,
    /// Smallest order as a share of the portfolio.
    pub min_trade_share: Weight,
    /// Where `min-trade` comes from, in words.
    pub min_trade_origin: String,
    /// Cost per order.
    pub ticket: Money,
    /// Half of the bid-ask spread, in basis points of the price.
    pub half_spread_bps: Decimal,
    /// The same by ticker, where it is another.
    pub spreads: Vec<(Symbol, Decimal)>,
    /// Most orders.
    pub max_trades: u32,
    /// Where `max-trades` comes from, in words.
    pub max_trades_origin: String,
    /// Days before a gain turns long-term in which it is not sold.
    pub near_long_term_days: u32,
    /// Whether the plan's tax stays in cash.
    pub set_aside_tax: bool,
    /// Wash-sale handling.
    pub wash_sales: WashSales,
    /// Weighing of the levels.
    pub mode: Mode,
    /// Nothing is sold.
    pub buy_only: bool,
    /// Where `buy-only` comes from, in words.
    pub buy_only_origin: String,
    /// Never sold, each with its place.
    pub do_not_sell: Vec<(Symbol, Place)>,
    /// Never bought, each with its place.
    pub do_not_buy: Vec<(Symbol, Place)>,
    /// Neither bought nor sold, each with its place.
    pub restricted: Vec<(Symbol, Place)>,
    /// Neither bought nor sold on the days of a window.
    pub blackouts: Vec<Blackout>,
    /// Stock of whoever pays the salary, each with its place.
    pub employer_stock: Vec<(Symbol, Place)>,
}

pub(super) fn trading(table: &Table, place: Option<Place>, sink: &mut Sink) -> TradingSettings {
    let mut fields = Fields::new(table, "trading", place, TRADING_PARAMS, sink);
    let blackouts = blackouts(&mut fields);
    let spreads = spreads(&mut fields);
    let number = |name: &str| super::super::outcome::decimal(fields.number(name).unwrap_or_default());
    let count = |name: &str| fields.integer(name).and_then(|value| u32::try_from(value).ok());
    let increment = number("increment");
    TradingSettings {
        whole_shares: fields.flag("whole-shares").unwrap_or(true),
        increment: if increment > Decimal::ZERO { increment } else { Decimal::new(1, 3) },
        min_trade: fields.money("min-trade").unwrap_or_default(),
        min_trade_share: fields.weight("min-trade-share").unwrap_or_default(),
        min_trade_origin: fields.origin("min-trade"),
        ticket: fields.money("ticket").unwrap_or_default(),
        half_spread_bps: number("half-spread-bps"),
        spreads,
        max_trades: count("max-trades").unwrap_or(u32::MAX),
        max_trades_origin: fields.origin("max-trades"),
        near_long_term_days: count("near-long-term-days").unwrap_or(0),
        set_aside_tax: fields.flag("set-aside-tax").unwrap_or(true),
        wash_sales: match fields.text("wash-sale").as_deref() {
            Some("warn") => WashSales::Warn,
            _ => WashSales::Block,
        },
        mode: match fields.text("mode").as_deref() {
            Some("priced") => Mode::Priced { cap: number("price-of-excess"), target: number("price-of-gap") },
            _ => Mode::Lexicographic,
        },
        do_not_sell: fields.symbols("do-not-sell").unwrap_or_default(),
        do_not_buy: fields.symbols("do-not-buy").unwrap_or_default(),
        buy_only: fields.flag("buy-only").unwrap_or(false),
        buy_only_origin: fields.origin("buy-only"),
        restricted: fields.symbols("restricted").unwrap_or_default(),
        blackouts,
        employer_stock: fields.symbols("employer-stock").unwrap_or_default(),
    }
}

/// Reads `spreads`: basis points by ticker.
fn spreads(fields: &mut Fields<'_>) -> Vec<(Symbol, Decimal)> {
    let Some((table, _)) = fields.table("spreads") else { return Vec::new() };
    let mut found = Vec::new();
    for (name, node) in &table.entries {
        let number = match &node.value {
            NodeValue::Number(text) => text.parse::<Decimal>().ok(),
            _ => None,
        };
        match number.filter(|bps| (Decimal::ZERO..=Decimal::ONE_THOUSAND).contains(bps)) {
            Some(bps) => found.push((Symbol::new(name), bps)),
            None => fields.reject(
                "spreads",
                format!("the spread of {name} is not a number from 0 to 1000"),
                "basis points: 1 is a hundredth of a percent",
            ),
        }
    }
    found
}

/// Reads `blackout`: pairs of days by ticker. What is no pair of days in order is an error.
fn blackouts(fields: &mut Fields<'_>) -> Vec<Blackout> {
    let Some((table, _)) = fields.table("blackout") else { return Vec::new() };
    let day = |node: &Node| match &node.value {
        NodeValue::Text(text) | NodeValue::Date(text) => NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok(),
        _ => None,
    };
    let mut found = Vec::new();
    for (name, node) in &table.entries {
        let days: Vec<Option<NaiveDate>> = match &node.value {
            NodeValue::List(items) => items.iter().map(day).collect(),
            _ => vec![None],
        };
        let pairs: Vec<_> = days.chunks(2).collect();
        for pair in &pairs {
            match pair {
                [Some(from), Some(to)] if from <= to => {
                    let (symbol, place) = (Symbol::new(name), node.key_place.clone());
                    found.push(Blackout { symbol, from: *from, to: *to, place });
                }
                [Some(from), Some(to)] => {
                    let message = format!("the blackout of {name} ends on {to}, before it begins on {from}");
                    fields.reject("blackout", message, "write the first day, then the last");
                }
                _ => fields.reject(
                    "blackout",
                    format!("the blackout of {name} is not a pair of days"),
                    "write [\"2026-12-15\", \"2027-02-05\"], the first and the last day",
                ),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::Source;

    fn read(text: &str) -> (TradingSettings, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let empty = Table::default();
        let settings = trading(document.root.table("trading").unwrap_or(&empty), None, &mut sink);
        (settings, sink.items.iter().map(|item| format!("{} {}", item.code.id, item.message)).collect())
    }

    #[test]
    fn the_template_holds_the_defaults() {
        let bare = trading(&Table::default(), None, &mut Sink::default());
        let template = read("").0;
        assert_eq!(
            bare,
            TradingSettings {
                min_trade_origin: bare.min_trade_origin.clone(),
                max_trades_origin: bare.max_trades_origin.clone(),
                buy_only_origin: bare.buy_only_origin.clone(),
                ..template
            }
        );
    }

    #[test]
    fn orders_are_read() {
        let (settings, problems) = read(
            "[trading]\nmin-trade = 100\nwash-sale = \"warn\"\nmode = \"priced\"\ndo-not-sell = [\"brk-b\"]\nbuy-only = true",
        );
        assert_eq!(settings.min_trade, Money(Decimal::from(100)));
        assert_eq!(settings.wash_sales, WashSales::Warn);
        assert_eq!(settings.mode, Mode::Priced { cap: Decimal::new(1, 1), target: Decimal::new(2, 2) });
        assert_eq!(settings.do_not_sell[0].0, Symbol::new("BRK.B"));
        assert!(settings.buy_only);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn spreads_are_numbers_by_ticker() {
        let (settings, problems) = read("[trading]\nspreads = { kre = 3.5, XLI = 0 }");
        assert_eq!(problems, [""; 0]);
        let pairs: Vec<_> = settings.spreads.iter().map(|(symbol, bps)| (symbol.as_str(), bps.to_string())).collect();
        assert_eq!(pairs, [("XLI", "0".to_owned()), ("KRE", "3.5".to_owned())]);
        for wrong in ["-1", "1001", "\"wide\""] {
            let (settings, problems) = read(&format!("[trading]\nspreads = {{ A = {wrong} }}"));
            assert!(settings.spreads.is_empty());
            assert_eq!(problems, ["impossible-value the spread of A is not a number from 0 to 1000"]);
        }
    }

    #[test]
    fn a_blackout_is_pairs_of_days_in_order() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (settings, problems) =
            read("[trading.blackout]\nacme = [\"2026-12-15\", 2027-02-05, \"2027-03-15\", \"2027-05-05\"]");
        assert_eq!(problems, [""; 0]);
        assert_eq!(settings.blackouts.len(), 2);
        let window = &settings.blackouts[0];
        assert_eq!(window.symbol, Symbol::new("ACME"));
        for (date, inside) in [("2026-12-14", false), ("2026-12-15", true), ("2027-02-05", true), ("2027-02-06", false)]
        {
            assert_eq!(window.covers(day(date)), inside, "{date}");
        }
        for (days, why) in [
            ("[\"2026-12-15\"]", "the blackout of A is not a pair of days"),
            ("\"2026-12-15\"", "the blackout of A is not a pair of days"),
            ("[\"2026-12-15\", \"soon\"]", "the blackout of A is not a pair of days"),
            (
                "[\"2026-12-15\", \"2026-12-14\"]",
                "the blackout of A ends on 2026-12-14, before it begins on 2026-12-15",
            ),
        ] {
            let (settings, problems) = read(&format!("[trading]\nblackout = {{ A = {days} }}"));
            assert!(settings.blackouts.is_empty());
            assert_eq!(problems, [format!("impossible-value {why}")], "{days}");
        }
    }
}
