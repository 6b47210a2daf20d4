//! The `[tax]` and `[trading]` sections of the config.

mod exact;
mod route;
mod trading;

use chrono::{Datelike, NaiveDate};

use super::{Filing, Income, TaxSettings};
use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::tax::{FilingStatus, brackets, deferral_weight, marginal_rates, newest_brackets, table_year};
use crate::units::{Decimal, Money};

pub use exact::ExactTax;
pub use route::{ROUTE_PARAMS, RouteSettings};
pub use trading::{Blackout, TRADING_PARAMS, TradingSettings};

crate::codes! {
    OLD_TAX_TABLE "old-tax-table" "There are no federal tax tables for the year of the plan yet, so those of the newest year are used. Brackets rise with prices: the true tax is usually a little less.";
    REALISED_YEAR "realised-year" "`realised-short` and `realised-long` are what was realised in one tax year, and only that year's tax counts them. What was lost beyond the limit of an earlier year belongs into `carry-short` and `carry-long`.";
    NO_TAX_TABLE "no-tax-table" "There are no federal tax tables for the year of the plan, which lies before the first that broaden has. It does not guess: give flat rates with `short-rate` and `long-rate` under [tax].";
    TAX_RATES_ASSUMED "tax-rates-assumed" "A tax rate is not configured, so that of a high-income household is assumed: 37% short-term, 20% long-term. Give `short-rate` and `long-rate`, or `filing` and `taxable-income`, under [tax].";
    SWAPPED_RATES "swapped-rates" "`short-rate` is below `long-rate`. Gains of a year or less are taxed as ordinary income, which is never less than what is due after more than a year: the two were probably swapped. They are taken as they are.";
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
        Kind::SignedMoney,
        "Ordinary taxable income without gains, after deductions, in dollars; below zero where these are larger.",
    ),
    Param::optional(
        "magi",
        Kind::Money,
        "Modified adjusted gross income without this year's gains, in dollars; decides the 3.8% NIIT.",
    ),
    Param::with_default("state-short-rate", Kind::Weight, "0", "State rate on short-term gain, added to the tables."),
    Param::with_default("state-long-rate", Kind::Weight, "0", "State rate on long-term gain, added to the tables."),
    Param::with_default("realised-short", Kind::SignedMoney, "0", "Net short-term gain of this year so far."),
    Param::optional(
        "realised-year",
        Kind::Integer(1990, 2100),
        "The tax year of realised-short and realised-long; in another year they are not counted.",
    ),
    Param::with_default("realised-long", Kind::SignedMoney, "0", "Net long-term gain of this year so far."),
    Param::with_default("carry-short", Kind::Money, "0", "Short-term loss carried forward, as a positive amount."),
    Param::with_default("carry-long", Kind::Money, "0", "Long-term loss carried forward, as a positive amount."),
    Param::with_default(
        "paid",
        Kind::Money,
        "0",
        "Tax on recorded sales that is paid already, as in estimated payments: it no longer stays in cash.",
    ),
    Param::optional("budget", Kind::Yearly, "Most tax on gains in a calendar year: \"$10,000 a year\". Hard."),
    Param::optional("gain-budget", Kind::Yearly, "Most net gain in a calendar year: \"$40,000 a year\". Hard."),
    Param::with_default(
        "horizon-years",
        Kind::Number(0.1, 100.0),
        "10",
        "Years the money would stay invested: what a trim must earn to repay its tax is reckoned over them.",
    ),
    Param::with_default("growth", Kind::Weight, "0.06", "Yearly growth assumed over the horizon."),
    Param::optional(
        "p-never-taxed",
        Kind::Weight,
        "How likely the gain would never be taxed otherwise: left to heirs, or given to charity. Where it is given, a route \
         counts of the tax only what paying it now costs against paying it after `horizon-years`: 44% of it at 0%, all of it at \
         100%. Where it is not, all of it.",
    ),
];

/// How a tax paid now is weighed against one paid later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    /// Years the money stays invested.
    pub years: f64,
    /// Yearly growth, a fraction.
    pub growth: f64,
    /// How likely the gain would never be taxed otherwise.
    pub never_taxed: f64,
}

/// The rates with what they must stay below; the tables' highest and a state's together stay below 100%.
const RATES: &[(&str, f64)] = &[
    ("short-rate", 1.0),
    ("long-rate", 1.0),
    ("ordinary-rate", 1.0),
    ("state-short-rate", 0.5),
    ("state-long-rate", 0.5),
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
    /// What else is income of the year of the plan: what this run takes out of accounts that were never taxed.
    more: Money,
    /// Where the status stands in the config.
    place: Option<Place>,
}

impl TaxProfile {
    /// Returns ordinary taxable income and modified adjusted gross income of the year of the plan, without gains.
    fn of_this_year(&self, standard_deduction: u32) -> (Money, Money) {
        let magi = self.magi.unwrap_or(self.taxable_income + Money(Decimal::from(standard_deduction)));
        (self.taxable_income + self.more, magi + self.more)
    }
}

/// Most dollars of a calendar year, and where that is written.
pub type Budget = (Money, String);

/// The sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Flat rates as far as the config gives them, and what was realised before.
    flat: TaxSettings,
    given: (Option<Decimal>, Option<Decimal>, Option<Decimal>),
    /// The year of what was realised, and where it or the amounts stand.
    realised: (Option<i32>, Option<Place>),
    /// For the tables.
    pub profile: Option<TaxProfile>,
    state: (Decimal, Decimal),
    /// For the break-even of a trim.
    pub horizon: Horizon,
    /// How orders may look.
    pub trading: TradingSettings,
    /// How far the plan looks ahead.
    pub route: RouteSettings,
    /// Tax on recorded sales that is paid already.
    pub tax_paid: Money,
    /// Most tax, and most net gain, of a calendar year, each with where it is written.
    pub budgets: (Option<Budget>, Option<Budget>),
}

impl Settings {
    /// Returns the flat rates for plans of a day: what the config gives, else from the federal tables, else assumed with a
    /// warning.
    pub fn tax(&self, as_of: NaiveDate, sink: &mut Sink) -> TaxSettings {
        let mut tax = self.flat.clone();
        (tax.realised_short, tax.realised_long) = self.realised(as_of);
        self.check_years(as_of, sink);
        let (short, long, ordinary) = self.given;
        if let Some(profile) = &self.profile {
            tax.loss_limit = profile.filing.loss_limit();
        }
        let tables = self.profile.as_ref().filter(|_| short.is_none() || long.is_none()).map(|profile| {
            let newest = newest_brackets(as_of.year(), profile.filing);
            let (income, magi) = profile.of_this_year(newest.standard_deduction);
            // The next dollar comes on top of what is realised already.
            let zero = Money::ZERO;
            let (short, long) = (tax.realised_short - tax.carry_short, tax.realised_long - tax.carry_long);
            let gained = (short + long).max(zero);
            let of_short = if long.is_negative() { gained } else { short.max(zero) };
            let year = table_year(as_of.year());
            let rates = |income, magi| marginal_rates(year, profile.filing, income, magi).unwrap_or_default();
            let (on_short, _, ordinary) = rates(income + of_short, magi + gained);
            let (_, on_long, _) = rates(income + gained, magi + gained);
            let (state_short, state_long) = self.state;
            (on_short + state_short, on_long + state_long, ordinary + state_short)
        });
        if short.is_none()
            && long.is_none()
            && let Some(profile) = &self.profile
        {
            let (state_short, state_long) = self.state;
            let income = |more: Money| Income {
                taxable: profile.taxable_income + more,
                magi: profile.magi.map(|magi| magi + more),
            };
            let years = [(as_of.year(), income(profile.more)), (as_of.year() + 1, income(Money::ZERO))].into();
            tax.filing = Some(Filing { status: profile.filing, state_short, state_long, years });
        }
        let assumed = match (short, long) {
            (None, None) => {
                Some(("no tax rates are", "37% short-term and 20% long-term are", "short-rate and long-rate"))
            }
            (None, Some(_)) => Some(("no `short-rate` is", "37% short-term is", "short-rate")),
            (Some(_), None) => Some(("no `long-rate` is", "20% long-term is", "long-rate")),
            (Some(_), Some(_)) => None,
        };
        if let Some((missing, rates, keys)) = assumed.filter(|_| self.profile.is_none()) {
            let message = format!("{missing} configured; {rates} assumed");
            let hint = format!("set [tax] {keys}, or filing and taxable-income");
            sink.push(Diagnostic::warning(TAX_RATES_ASSUMED, message).hint(hint));
        }
        let (table_short, table_long, table_ordinary) =
            tables.unwrap_or((Decimal::new(37, 2), Decimal::new(20, 2), Decimal::new(37, 2)));
        tax.short_rate = short.unwrap_or(table_short);
        tax.long_rate = long.unwrap_or(table_long);
        tax.ordinary_rate = ordinary.unwrap_or(if tables.is_some() { table_ordinary } else { tax.short_rate });
        tax
    }

    /// Returns the settings of a run that takes something out of accounts that were never taxed: it is income of its year.
    pub fn with_income(mut self, more: Money) -> Settings {
        if let Some(profile) = &mut self.profile {
            profile.more = more;
        }
        self
    }

    /// Returns what the config says was realised in the year of a day, and carried into it. The rates are none.
    pub fn at_start(&self, day: NaiveDate) -> TaxSettings {
        let (realised_short, realised_long) = self.realised(day);
        let loss_limit = self.profile.as_ref().map_or(self.flat.loss_limit, |profile| profile.filing.loss_limit());
        TaxSettings { realised_short, realised_long, loss_limit, ..self.flat.clone() }
    }

    /// Returns the settings with other amounts realised in a year, and carried into it.
    pub fn carried(&self, tax: &TaxSettings, year: i32) -> Settings {
        let flat = TaxSettings {
            realised_short: tax.realised_short,
            realised_long: tax.realised_long,
            carry_short: tax.carry_short,
            carry_long: tax.carry_long,
            ..self.flat.clone()
        };
        Settings { flat, realised: (Some(year), self.realised.1.clone()), ..self.clone() }
    }

    /// Returns what was realised in the tax year of a day: short-term, long-term.
    fn realised(&self, as_of: NaiveDate) -> (Money, Money) {
        match self.realised.0 {
            Some(year) if year != as_of.year() => (Money::ZERO, Money::ZERO),
            _ => (self.flat.realised_short, self.flat.realised_long),
        }
    }

    /// Says which year is meant where the config does not, or means another, and where a year has no tables yet.
    fn check_years(&self, as_of: NaiveDate, sink: &mut Sink) {
        let year = as_of.year();
        let at = |problem: Diagnostic, place: &Option<Place>| place.clone().into_iter().fold(problem, Diagnostic::at);
        let (of, place) = &self.realised;
        let is_zero = self.flat.realised_short.is_zero() && self.flat.realised_long.is_zero();
        match of {
            Some(of) if *of != year && !is_zero => {
                let message = format!("what was realised is of {of}, and the plan is of {year}: it is not counted");
                let problem = Diagnostic::warning(REALISED_YEAR, message);
                let hint = "put this year's gains into realised-short and realised-long, and losses left from earlier years into carry-short and carry-long";
                sink.push(at(problem.hint(hint), place));
            }
            None if !is_zero => {
                let message = format!("`realised-short` and `realised-long` are taken as of {year}");
                let problem = Diagnostic::note(REALISED_YEAR, message);
                sink.push(at(problem.hint(format!("`realised-year = {year}` under [tax] says so")), place));
            }
            _ => {}
        }
        if let (Some(profile), Err(error)) = (&self.profile, brackets(table_year(year), FilingStatus::Single)) {
            let problem = Diagnostic::error(NO_TAX_TABLE, error.to_string());
            let hint = "[tax] short-rate and long-rate, for example \"37%\" and \"18.8%\"";
            sink.push(at(problem.hint(hint), &profile.place));
        }
        let tables = table_year(year);
        if let Some(profile) = self.profile.as_ref().filter(|_| tables != year) {
            let message = format!("there are no federal tables of {year} yet: those of {tables} are used");
            let problem = Diagnostic::warning(OLD_TAX_TABLE, message);
            sink.push(at(problem.hint("[tax] short-rate and long-rate, if you know them"), &profile.place));
        }
    }
}

/// Reads `[tax]` and `[trading]`. Problems go to the sink; what is wrong falls back to its default.
pub fn settings(document: &Document, sink: &mut Sink) -> Settings {
    let empty = Table::default();
    let place = |name: &str| document.root.get(name).map(|node| node.key_place.clone());
    let tax_place = place("tax");
    let mut tax = Fields::new(document.root.table("tax").unwrap_or(&empty), "tax", tax_place, TAX_PARAMS, sink);
    for (name, most) in RATES {
        if tax.weight(name).is_some_and(|rate| rate.0 >= *most) {
            let message = format!("`{name}` must be below {:.0}%", most * 100.0);
            tax.reject(name, message, "a rate is a share of the gain: 37% is \"37%\" or 0.37");
        }
    }
    check_against_each_other(&mut tax);
    let rate = |name: &str| tax.weight(name).map(|weight| super::outcome::decimal(weight.0));
    let given = (rate("short-rate"), rate("long-rate"), rate("ordinary-rate"));
    let state = (rate("state-short-rate").unwrap_or_default(), rate("state-long-rate").unwrap_or_default());
    let money = |name: &str| tax.money(name).unwrap_or_default();
    let horizon = Horizon {
        years: tax.number("horizon-years").unwrap_or(10.0),
        growth: tax.weight("growth").map_or(0.06, |weight| weight.0),
        never_taxed: tax.weight("p-never-taxed").map_or(0.0, |weight| weight.0),
    };
    let weighs = tax.is_given("p-never-taxed");
    let flat = TaxSettings {
        short_rate: Decimal::ZERO,
        long_rate: Decimal::ZERO,
        ordinary_rate: Decimal::ZERO,
        loss_limit: FilingStatus::Single.loss_limit(),
        realised_short: money("realised-short"),
        realised_long: money("realised-long"),
        carry_short: money("carry-short"),
        carry_long: money("carry-long"),
        filing: None,
        deferral_weight: if weighs {
            deferral_weight(1.0, 1.0, horizon.years, horizon.growth, horizon.never_taxed)
        } else {
            1.0
        },
    };
    let budget = |name: &str| tax.yearly(name).map(|most| (most, tax.origin(name)));
    let budgets = (budget("budget"), budget("gain-budget"));
    let tax_paid = tax.money("paid").unwrap_or_default();
    let filing = tax.text("filing").and_then(|id| FilingStatus::from_id(&id));
    let income = tax.money("taxable-income");
    let magi = tax.money("magi");
    let filing_place = tax.place("filing");
    let realised = ["realised-year", "realised-long", "realised-short"].into_iter().find(|key| tax.is_given(key));
    let realised_year = tax.integer("realised-year").and_then(|year| i32::try_from(year).ok());
    let realised = (realised_year, realised.and_then(|key| tax.place(key)));
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
        more: Money::ZERO,
        place: filing_place,
    });
    let trading = trading::trading(document.root.table("trading").unwrap_or(&empty), place("trading"), sink);
    let route = route::route(document.root.table("route").unwrap_or(&empty), place("route"), sink);
    Settings { flat, given, realised, profile, state, horizon, trading, route, tax_paid, budgets }
}

/// Reports values that cannot be, or hardly can, beside each other: deductions only lower what is taxable (26 U.S.C. 63), and
/// gains of a year or less have no rates of their own (26 U.S.C. 1(h)).
fn check_against_each_other(tax: &mut Fields<'_>) {
    if let (Some(income), Some(magi)) = (tax.money("taxable-income"), tax.money("magi"))
        && income.is_positive()
        && magi < income
    {
        let (magi, income) = (magi.dollars(), income.dollars());
        let message = format!(
            "`magi` is {magi}, less than the {income} of `taxable-income`, which is what deductions leave of it"
        );
        tax.reject_together(
            &["magi", "taxable-income"],
            message,
            "both are without gains: magi is line 11 of form 1040, taxable-income is line 15",
        );
    }
    if let (Some(short), Some(long)) = (tax.weight("short-rate"), tax.weight("long-rate"))
        && short.0 < long.0
    {
        let message = format!("`short-rate` is {}, below `long-rate` with {}", short.percent(), long.percent());
        let mut problem = Diagnostic::warning(SWAPPED_RATES, message)
            .hint("swap them if they were mixed up: short-rate is for what is held a year or less");
        problem.place = tax.place_of_any(&["short-rate", "long-rate"]);
        tax.sink().push(problem);
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
        let (next, _, problems) = read(text, "2027-06-30");
        assert_eq!((next.short_rate, next.long_rate), (tax.short_rate, tax.long_rate));
        assert_eq!(problems, ["old-tax-table"]);
        assert_eq!(read(text, "2023-06-30").2, ["no-tax-table"]);
    }

    #[test]
    fn what_was_realised_counts_in_its_own_year() {
        let text = "[tax]\nshort-rate = 0.3\nlong-rate = 0.2\nrealised-long = -50000\n";
        let dated = format!("{text}realised-year = 2026\n");
        let found = |text: &str, day: &str| {
            let (tax, _, problems) = read(text, day);
            (tax.realised_long.dollars(), problems)
        };
        let note = vec!["realised-year".to_owned()];
        assert_eq!(found(&dated, "2026-11-30"), ("-$50,000.00".to_owned(), vec![]));
        assert_eq!(found(&dated, "2027-01-05"), ("$0.00".to_owned(), note.clone()));
        assert_eq!(found(text, "2027-01-05"), ("-$50,000.00".to_owned(), note));
    }

    #[test]
    fn a_rate_of_everything_is_refused() {
        assert_eq!(read("[tax]\nshort-rate = \"100%\"\nlong-rate = \"15%\"", "2026-06-30").2, ["impossible-value"]);
        // A plain 1 is all, and said to be.
        let plain = read("[tax]\nshort-rate = 1\nlong-rate = \"15%\"", "2026-06-30").2;
        assert_eq!(plain, ["plain-one", "impossible-value"]);
        assert_eq!(read("[tax]\nshort-rate = \"140%\"\nlong-rate = \"15%\"", "2026-06-30").2[0], "impossible-value");
        let state = "[tax]\nfiling = \"single\"\ntaxable-income = 1000000\nstate-short-rate = \"60%\"";
        assert_eq!(read(state, "2026-06-30").2, ["impossible-value"]);
    }

    /// Of $310,000 that is taxable at least as much was income; at $34,220 a digit is missing.
    #[test]
    fn a_profile_that_cannot_be_is_refused_and_swapped_rates_are_said() {
        let profile = |income: &str, magi: &str| {
            read(&format!("[tax]\nfiling = \"joint\"\ntaxable-income = {income}\nmagi = {magi}"), "2026-06-30").2
        };
        assert_eq!(profile("310000", "34220"), ["impossible-value"]);
        for (income, magi) in [("310000", "310000"), ("310000", "342200"), ("0", "0"), ("-5000", "0")] {
            assert_eq!(profile(income, magi), [""; 0], "{income} {magi}");
        }
        let said = |text: &str| {
            let mut sink = Sink::default();
            let document = Document::load(Some(Source::file("c.toml", text)), &[], &mut sink);
            settings(&document, &mut sink).tax("2026-06-30".parse().unwrap(), &mut sink);
            let line = |item: &Diagnostic| {
                format!("{} {}", item.place.as_ref().map_or_else(String::new, Place::locator), item.message)
            };
            sink.items.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            said("[tax]\nfiling = \"single\"\ntaxable-income = 310000\nmagi = 34220"),
            [
                "c.toml:4:8 `magi` is $34,220.00, less than the $310,000.00 of `taxable-income`, which is what deductions leave of it"
            ]
        );
        assert_eq!(
            said("[tax]\nshort-rate = \"18.8%\"\nlong-rate = 0.37"),
            ["c.toml:2:14 `short-rate` is 18.8%, below `long-rate` with 37.0%"]
        );
        assert_eq!(said("[tax]\nshort-rate = 0.2\nlong-rate = 0.2"), [""; 0]);
        // One that is given is not said to be missing.
        assert_eq!(said("[tax]\nlong-rate = 0.15"), [" no `short-rate` is configured; 37% short-term is assumed"]);
        assert_eq!(said("[tax]\nshort-rate = 0.3"), [" no `long-rate` is configured; 20% long-term is assumed"]);
        assert_eq!(said(""), [" no tax rates are configured; 37% short-term and 20% long-term are assumed"]);
    }

    #[test]
    fn no_rates_are_assumed_silently() {
        assert_eq!(read("", "2026-06-30").2, ["tax-rates-assumed"]);
        assert_eq!(read("[tax]\nfiling = \"single\"", "2026-06-30").2, ["half-a-tax-profile", "tax-rates-assumed"]);
    }
}
