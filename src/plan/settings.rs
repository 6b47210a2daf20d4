//! The `[tax]` and `[trading]` sections of the config.

use chrono::{Datelike, NaiveDate};

use super::{Mode, TaxSettings, WashSales};
use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::model::Symbol;
use crate::tax::{FilingStatus, GainIncome, Rates, brackets, federal_tax, marginal_rates, net};
use crate::units::{Decimal, Money};

crate::codes! {
    NO_TAX_TABLE "no-tax-table" "There are no federal tax tables for the year of the plan. broaden does not guess: give flat rates with `short-rate` and `long-rate` under [tax].";
    TAX_RATES_ASSUMED "tax-rates-assumed" "No tax rates are configured, so the rates of a high-income household are assumed. Give `short-rate` and `long-rate`, or `filing` and `taxable-income`, under [tax].";
    HALF_A_PROFILE "half-a-tax-profile" "`filing` and `taxable-income` belong together: one alone does not give a tax rate.";
}

/// The keys of `[tax]`.
pub const TAX_PARAMS: &[Param] = &[
    Param::optional("short-rate", Kind::Weight, "Marginal rate on net short-term gain: federal + state + NIIT."),
    Param::optional("long-rate", Kind::Weight, "Marginal rate on net long-term gain: federal + state + NIIT."),
    Param::optional("ordinary-rate", Kind::Weight, "What a dollar of loss against ordinary income saves."),
    Param::optional(
        "filing",
        Kind::Choice(&["single", "joint", "separate", "head-of-household"]),
        "Filing status; with taxable-income, the federal tables give the rates.",
    ),
    Param::optional(
        "taxable-income",
        Kind::Money,
        "Ordinary taxable income without gains, after deductions, in dollars.",
    ),
    Param::optional("magi", Kind::Money, "Modified adjusted gross income, in dollars; decides the 3.8% NIIT."),
    Param::with_default("state-short-rate", Kind::Weight, "0", "State rate on short-term gain, added to the tables."),
    Param::with_default("state-long-rate", Kind::Weight, "0", "State rate on long-term gain, added to the tables."),
    Param::with_default("realised-short", Kind::SignedMoney, "0", "Net short-term gain of this year so far."),
    Param::with_default("realised-long", Kind::SignedMoney, "0", "Net long-term gain of this year so far."),
    Param::with_default("carry-short", Kind::Money, "0", "Short-term loss carried forward, as a positive amount."),
    Param::with_default("carry-long", Kind::Money, "0", "Long-term loss carried forward, as a positive amount."),
];

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
    Param::with_default("ticket", Kind::Money, "0", "Cost per order, in dollars."),
    Param::with_default(
        "half-spread-bps",
        Kind::Number(0.0, 1_000.0),
        "1",
        "Half of the bid-ask spread, in basis points of the price.",
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
    Param::with_default("do-not-sell", Kind::Symbols, "[]", "Never sold, in any account."),
    Param::with_default("do-not-buy", Kind::Symbols, "[]", "Never bought, in any account."),
];

/// Who one is to the tax tables.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxProfile {
    /// Filing status.
    pub filing: FilingStatus,
    /// Ordinary taxable income without gains.
    pub taxable_income: Money,
    /// Modified adjusted gross income without gains; `None` means taxable income plus the standard deduction.
    pub magi: Option<Money>,
    /// Where the status stands in the config.
    place: Option<Place>,
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
    /// Where `min-trade` comes from, in words.
    pub min_trade_origin: String,
    /// Cost per order.
    pub ticket: Money,
    /// Half of the bid-ask spread, in basis points of the price.
    pub half_spread_bps: Decimal,
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
    /// Never sold, each with its place.
    pub do_not_sell: Vec<(Symbol, Place)>,
    /// Never bought, each with its place.
    pub do_not_buy: Vec<(Symbol, Place)>,
}

/// Both sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Flat rates as far as the config gives them, and what was realised before.
    flat: TaxSettings,
    given: (Option<Decimal>, Option<Decimal>, Option<Decimal>),
    /// For the tables.
    pub profile: Option<TaxProfile>,
    state: (Decimal, Decimal),
    /// How orders may look.
    pub trading: TradingSettings,
}

impl Settings {
    /// Returns the flat rates for plans of a day: what the config gives, else from the federal tables, else assumed with a
    /// warning.
    pub fn tax(&self, as_of: NaiveDate, sink: &mut Sink) -> TaxSettings {
        let mut tax = self.flat.clone();
        let (short, long, ordinary) = self.given;
        if let Some(profile) = &self.profile {
            tax.loss_limit = profile.filing.loss_limit();
        }
        let tables = match &self.profile {
            Some(profile) if short.is_none() || long.is_none() => {
                let magi = profile.magi.or_else(|| {
                    let tables = brackets(as_of.year(), profile.filing).ok()?;
                    Some(profile.taxable_income + Money(Decimal::from(tables.standard_deduction)))
                });
                match marginal_rates(as_of.year(), profile.filing, profile.taxable_income, magi.unwrap_or_default()) {
                    Ok((short, long, ordinary)) => {
                        let (state_short, state_long) = self.state;
                        Some((short + state_short, long + state_long, ordinary + state_short))
                    }
                    Err(error) => {
                        let mut problem = Diagnostic::error(NO_TAX_TABLE, error.to_string())
                            .hint("[tax] short-rate and long-rate, for example \"37%\" and \"18.8%\"");
                        if let Some(place) = &profile.place {
                            problem = problem.at(place.clone());
                        }
                        sink.push(problem);
                        None
                    }
                }
            }
            _ => None,
        };
        if self.profile.is_none() && (short.is_none() || long.is_none()) {
            sink.push(
                Diagnostic::warning(
                    TAX_RATES_ASSUMED,
                    "no tax rates are configured; 37% short-term and 20% long-term are assumed",
                )
                .hint("set [tax] short-rate and long-rate, or filing and taxable-income"),
            );
        }
        let (table_short, table_long, table_ordinary) =
            tables.unwrap_or((Decimal::new(37, 2), Decimal::new(20, 2), Decimal::new(37, 2)));
        tax.short_rate = short.unwrap_or(table_short);
        tax.long_rate = long.unwrap_or(table_long);
        tax.ordinary_rate = ordinary.unwrap_or(if tables.is_some() { table_ordinary } else { tax.short_rate });
        tax
    }
}

impl Settings {
    /// Returns the incremental tax of some realised gain with brackets, stacking and NIIT, plus the state's flat rates: to
    /// be shown beside the tax that the plan was made with. `None` without a filing status and income, or for a year
    /// without tables.
    pub fn exact_tax(&self, as_of: NaiveDate, short: Money, long: Money) -> Option<Money> {
        let profile = self.profile.as_ref()?;
        let deduction = brackets(as_of.year(), profile.filing).ok()?.standard_deduction;
        let magi = profile.magi.unwrap_or(profile.taxable_income + Money(Decimal::from(deduction)));
        let (state_short, state_long) = self.state;
        let state = Rates {
            short: state_short,
            long: state_long,
            ordinary: state_short,
            loss_limit: profile.filing.loss_limit(),
        };
        let year = |net_short: Money, net_long: Money| -> Option<Money> {
            let netted = net(net_short, net_long, &state);
            let gains = netted.taxable_short + netted.taxable_long - netted.ordinary_offset;
            let ordinary_taxable = profile.taxable_income;
            let income = GainIncome { ordinary_taxable, net_short, net_long, magi: magi + gains };
            Some(federal_tax(as_of.year(), profile.filing, &income).ok()?.total() + netted.tax)
        };
        let before_short = self.flat.realised_short - self.flat.carry_short;
        let before_long = self.flat.realised_long - self.flat.carry_long;
        Some((year(before_short + short, before_long + long)? - year(before_short, before_long)?).to_cents())
    }
}

/// Reads `[tax]` and `[trading]`. Problems go to the sink; what is wrong falls back to its default.
pub fn settings(document: &Document, sink: &mut Sink) -> Settings {
    let empty = Table::default();
    let place = |name: &str| document.root.get(name).map(|node| node.key_place.clone());
    let tax_place = place("tax");
    let tax = Fields::new(document.root.table("tax").unwrap_or(&empty), "tax", tax_place, TAX_PARAMS, sink);
    let rate = |name: &str| tax.weight(name).map(|weight| super::outcome::decimal(weight.0));
    let given = (rate("short-rate"), rate("long-rate"), rate("ordinary-rate"));
    let state = (rate("state-short-rate").unwrap_or_default(), rate("state-long-rate").unwrap_or_default());
    let money = |name: &str| tax.money(name).unwrap_or_default();
    let flat = TaxSettings {
        short_rate: Decimal::ZERO,
        long_rate: Decimal::ZERO,
        ordinary_rate: Decimal::ZERO,
        loss_limit: FilingStatus::Single.loss_limit(),
        realised_short: money("realised-short"),
        realised_long: money("realised-long"),
        carry_short: money("carry-short"),
        carry_long: money("carry-long"),
    };
    let filing = tax.text("filing").and_then(|id| FilingStatus::from_id(&id));
    let income = tax.money("taxable-income");
    let magi = tax.money("magi");
    let filing_place = tax.place("filing");
    let half = (tax.is_given("filing") != tax.is_given("taxable-income"))
        .then(|| tax.place(if filing.is_some() { "filing" } else { "taxable-income" }));
    if let Some(place) = half {
        let mut problem =
            Diagnostic::error(HALF_A_PROFILE, "`filing` and `taxable-income` are needed together for the tax tables")
                .hint("give both, or short-rate and long-rate");
        if let Some(place) = place {
            problem = problem.at(place);
        }
        sink.push(problem);
    }
    let profile = filing.zip(income).map(|(filing, taxable_income)| TaxProfile {
        filing,
        taxable_income,
        magi,
        place: filing_place,
    });
    let trading = trading(document.root.table("trading").unwrap_or(&empty), place("trading"), sink);
    Settings { flat, given, profile, state, trading }
}

fn trading(table: &Table, place: Option<Place>, sink: &mut Sink) -> TradingSettings {
    let fields = Fields::new(table, "trading", place, TRADING_PARAMS, sink);
    let number = |name: &str| super::outcome::decimal(fields.number(name).unwrap_or_default());
    let count = |name: &str| fields.integer(name).and_then(|value| u32::try_from(value).ok());
    let increment = number("increment");
    TradingSettings {
        whole_shares: fields.flag("whole-shares").unwrap_or(true),
        increment: if increment > Decimal::ZERO { increment } else { Decimal::new(1, 3) },
        min_trade: fields.money("min-trade").unwrap_or_default(),
        min_trade_origin: fields.origin("min-trade"),
        ticket: fields.money("ticket").unwrap_or_default(),
        half_spread_bps: number("half-spread-bps"),
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;

    fn read(text: &str, day: &str) -> (TaxSettings, Settings, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let settings = settings(&document, &mut sink);
        let tax = settings.tax(day.parse().unwrap(), &mut sink);
        (tax, settings, sink.items.iter().map(|item| item.code.id.to_owned()).collect())
    }

    #[test]
    fn flat_rates_are_taken_as_given() {
        let (tax, _, problems) =
            read("[tax]\nshort-rate = \"40.8%\"\nlong-rate = 0.238\nordinary-rate = \"37%\"", "2026-06-30");
        assert_eq!((tax.short_rate, tax.long_rate), (Decimal::new(408, 3), Decimal::new(238, 3)));
        assert_eq!(tax.ordinary_rate, Decimal::new(37, 2));
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn the_tables_give_rates_from_status_and_income() {
        let text = "[tax]\nfiling = \"joint\"\ntaxable-income = 310000\nstate-long-rate = \"5%\"";
        let (tax, _, problems) = read(text, "2026-06-30");
        // 24% bracket and 15% zone, 342,200 of MAGI is above 250,000: 3.8% more.
        assert_eq!((tax.short_rate, tax.long_rate), (Decimal::new(278, 3), Decimal::new(238, 3)));
        assert_eq!(problems, [""; 0]);
        assert_eq!(read(text, "2027-06-30").2, ["no-tax-table"]);
    }

    #[test]
    fn the_exact_tax_knows_brackets_and_stacking() {
        let text = "[tax]\nfiling = \"single\"\ntaxable-income = 40000";
        let (_, settings, _) = read(text, "2026-06-30");
        let dollars = |amount: i64| Money(Decimal::from(amount));
        let day = "2026-06-30".parse().unwrap();
        // 9,450 of the gain is in the 0% zone, 10,550 at 15%; with 10,000 short-term on top nothing is left at 0%.
        assert_eq!(settings.exact_tax(day, Money::ZERO, dollars(20_000)), Some(Money(Decimal::new(158_250, 2))));
        assert_eq!(settings.exact_tax(day, dollars(10_000), dollars(20_000)), Some(dollars(4_200)));
        assert_eq!(read("", "2026-06-30").1.exact_tax(day, dollars(1), dollars(1)), None);
    }

    #[test]
    fn no_rates_are_assumed_silently() {
        assert_eq!(read("", "2026-06-30").2, ["tax-rates-assumed"]);
        assert_eq!(read("[tax]\nfiling = \"single\"", "2026-06-30").2, ["half-a-tax-profile", "tax-rates-assumed"]);
    }

    #[test]
    fn the_template_holds_the_defaults() {
        let (_, template, _) = read("", "2026-06-30");
        let bare = super::trading(&Table::default(), None, &mut Sink::default());
        assert_eq!(
            TradingSettings { min_trade_origin: String::new(), max_trades_origin: String::new(), ..bare },
            TradingSettings { min_trade_origin: String::new(), max_trades_origin: String::new(), ..template.trading }
        );
    }

    #[test]
    fn orders_are_read() {
        let (_, settings, problems) = read(
            "[trading]\nmin-trade = 100\nwash-sale = \"warn\"\nmode = \"priced\"\ndo-not-sell = [\"brk-b\"]",
            "2026-06-30",
        );
        assert_eq!(settings.trading.min_trade, Money(Decimal::from(100)));
        assert_eq!(settings.trading.wash_sales, WashSales::Warn);
        assert_eq!(settings.trading.mode, Mode::Priced { cap: Decimal::new(1, 1), target: Decimal::new(2, 2) });
        assert_eq!(settings.trading.do_not_sell[0].0, Symbol::new("BRK.B"));
        assert_eq!(problems, ["tax-rates-assumed"]);
    }
}
