//! The rules that matter most, as sliders: each with its range, today's value, and the words of the config that a place of it
//! stands for.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use crate::model::AssetKind;
use crate::proposal::{ConfigValue, Proposal};
use crate::report::html::label::Label;
use crate::units::Money;

/// What a place on a slider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percent of the household: `"45%"`.
    Percent,
    /// Points above the benchmark's own weight: `"benchmark + 8"`.
    Points,
    /// Months from the day of the answer, each meaning its last day.
    Months,
    /// One of the choices, by its place among them.
    Choice,
}

/// A rule with a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Its key in the config.
    pub key: String,
    /// What it is.
    pub name: &'static str,
    /// What a place is.
    pub unit: Unit,
    /// The lowest place.
    pub low: f64,
    /// The highest place.
    pub high: f64,
    /// How far apart places are.
    pub step: f64,
    /// Where it stands in this run; where the config says nothing, what the plan took.
    pub place: f64,
    /// What there is to choose from, where it is no range.
    pub choices: Vec<String>,
    /// Keys that would mean something else beside a value of its own, with what they are: a slider moves one rule alone.
    pub beside: Vec<(String, String)>,
    /// The day of the answer, from which months count.
    day: NaiveDate,
    /// The benchmark's own weight in percent, where points are above it.
    benchmark: Option<f64>,
}

impl Threshold {
    /// Returns the value of a place as the config writes it.
    pub fn toml(&self, place: f64) -> String {
        match self.unit {
            Unit::Percent => format!("\"{}%\"", number(place)),
            Unit::Points if place == 0.0 => "\"benchmark\"".to_owned(),
            Unit::Points => format!("\"benchmark {} {}\"", if place < 0.0 { "-" } else { "+" }, number(place.abs())),
            Unit::Months => format!("\"{}\"", self.date(place)),
            Unit::Choice => format!("{:?}", self.choice(place)),
        }
    }

    /// Returns a place in words.
    pub fn words(&self, place: f64) -> String {
        match (self.unit, self.benchmark) {
            (Unit::Percent, _) => format!("{}%", number(place)),
            (Unit::Points, benchmark) => {
                let side = if place < 0.0 { "below" } else { "above" };
                let all =
                    benchmark.map_or_else(String::new, |own| format!("{:.1}%, ", (own + place).clamp(0.0, 100.0)));
                format!("{all}{} points {side} the benchmark", number(place.abs()))
            }
            (Unit::Months, _) => self.date(place).to_string(),
            (Unit::Choice, _) => self.choice(place).to_owned(),
        }
    }

    /// Returns whether a slider can stand there.
    pub fn holds(&self, place: f64) -> bool {
        let is_one = self.unit != Unit::Choice || place.fract() == 0.0;
        place.is_finite() && is_one && (self.low..=self.high).contains(&place)
    }

    /// The choice at a place.
    fn choice(&self, place: f64) -> &str {
        self.choices.get(place.max(0.0) as usize).map_or("", String::as_str)
    }

    /// Returns the name of the rule, which `explain` knows.
    pub(super) fn why(&self) -> Label {
        Label::name(self.key.rsplit_once('.').map_or(self.key.as_str(), |(table, _)| table))
    }

    /// Returns the ends of the slider and today's place, in short.
    pub(super) fn ends(&self) -> [String; 3] {
        [self.low, self.place, self.high].map(|place| match self.unit {
            Unit::Points => format!("{}{}", if place < 0.0 { "\u{2212}" } else { "+" }, number(place.abs())),
            Unit::Percent | Unit::Months | Unit::Choice => self.words(place),
        })
    }

    /// The last day of a month so many months on.
    fn date(&self, months: f64) -> NaiveDate {
        let first = self.day.with_day(1).unwrap_or(self.day);
        // A slider ends after ten years.
        let months = Months::new(months.clamp(0.0, 120.0) as u32 + 1);
        first.checked_add_months(months).and_then(|next| next.pred_opt()).unwrap_or(self.day)
    }
}

/// A number without digits that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How a bound or weight is written.
enum Written {
    Percent(f64),
    Points(f64),
}

/// Reads a value as the config prints it: `"45%"`, `0.45`, `"benchmark + 8"`.
fn written(value: &str) -> Option<Written> {
    let text = value.trim_matches('"').trim();
    if let Some(more) = text.strip_prefix("benchmark") {
        let compact: String = more.chars().filter(|c| !c.is_whitespace() && *c != '%').collect();
        let compact = compact.trim_end_matches("points");
        return if compact.is_empty() { Some(Written::Points(0.0)) } else { compact.parse().ok().map(Written::Points) };
    }
    match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().ok().map(Written::Percent),
        None => text.parse::<f64>().ok().map(|fraction| Written::Percent(fraction * 100.0)),
    }
}

/// Returns the sliders of a plan: those whose rule is in force.
pub fn thresholds(proposal: &Proposal) -> Vec<Threshold> {
    let config: BTreeMap<&str, &ConfigValue> =
        proposal.config.iter().map(|value| (value.key.as_str(), value)).collect();
    let told = |key: &str| config.get(key).map(|found| found.value.as_str());
    // What the file says itself needs no saying again.
    let usual = |key: &str| config.get(key).filter(|found| found.origin == "default").map(|found| found.value.clone());
    let percent = |key: &str| match written(told(key)?)? {
        Written::Percent(percent) => Some(percent),
        Written::Points(_) => None,
    };
    let of_kind = |kind: &str| {
        let verdict = proposal.verdicts.iter().find(|verdict| verdict.kind.kind == kind)?;
        // `limits.issuer.NVDA` is of `[limits.issuer]`.
        verdict
            .id
            .match_indices('.')
            .nth(1)
            .map_or(Some(verdict.id.as_str()), |(end, _)| verdict.id.get(..end))
            .map(str::to_owned)
    };
    let one = |key: String, name, unit, (low, high, step): (f64, f64, f64), place: f64| Threshold {
        key,
        name,
        unit,
        low: low.min(place),
        high: high.max(place),
        step,
        place,
        choices: Vec::new(),
        beside: Vec::new(),
        day: proposal.as_of,
        benchmark: None,
    };
    let mut list = Vec::new();
    if let Some(cap) = proposal.leading_cap().filter(|cap| cap.kind.kind == "theme-cap") {
        let benchmark = cap.benchmark.map(|weight| weight.0 * 100.0);
        let (base, min) = (format!("{}.base", cap.id), format!("{}.min", cap.id));
        let floor = percent(&format!("{}.floor", cap.id)).unwrap_or(0.0);
        let (at, least) = (told(&base).and_then(written), told(&min).or_else(|| told(&base)).and_then(written));
        let ends = |written: &Option<Written>| match written {
            Some(Written::Points(points)) => {
                let own = benchmark.unwrap_or(50.0);
                Some((Unit::Points, (floor - own).max(-30.0).ceil(), (100.0 - own).min(30.0).floor(), *points))
            }
            Some(Written::Percent(percent)) => Some((Unit::Percent, floor, 100.0, *percent)),
            None => None,
        };
        if let (Some((unit, low, high, place)), Some((unit_least, low_least, _, place_least))) =
            (ends(&at), ends(&least))
        {
            // One cannot pass the other.
            let same = unit == unit_least;
            let base_low = if same { place_least } else { low };
            let base = one(base, "Tech cap at strength 0", unit, (base_low, high, 0.5), place);
            list.push(Threshold { benchmark, ..base });
            let least_high = if same { place } else { high };
            let min = one(min, "Tech cap at full strength", unit_least, (low_least, least_high, 0.5), place_least);
            list.push(Threshold { benchmark, ..min });
        }
    }
    if let Some(issuer) = of_kind("issuer-cap") {
        let (max, above) = (format!("{issuer}.max"), format!("{issuer}.above-benchmark"));
        let beside = usual(&above).map(|value| (above, value));
        list.extend(percent(&max).map(|place| Threshold {
            beside: beside.into_iter().collect(),
            ..one(max, "Most of one issuer", Unit::Percent, (1.0, 30.0, 0.5), place)
        }));
    }
    if let Some(turnover) = of_kind("turnover") {
        let max = format!("{turnover}.max");
        list.extend(percent(&max).map(|place| one(max, "Most sold in a run", Unit::Percent, (0.5, 50.0, 0.5), place)));
    }
    if let Some(route) = &proposal.plan.route {
        let (price, by) = ("route.price-of-waiting".to_owned(), "route.by".to_owned());
        let place = percent(&price).unwrap_or(route.wait_price * 100.0);
        let place = (place * 2.0).round() / 2.0;
        list.push(one(price, "Price of waiting a year", Unit::Percent, (0.0, 20.0, 0.5), place));
        let months = |day: NaiveDate| {
            12 * (day.year() - proposal.as_of.year()) + day.month() as i32 - proposal.as_of.month() as i32
        };
        list.push(one(
            by,
            "Inside every limit by",
            Unit::Months,
            (0.0, 36.0, 1.0),
            f64::from(months(route.by).clamp(0, 120)),
        ));
    }
    let choices = funds(proposal);
    if choices.len() > 1 {
        let last = (choices.len() - 1) as f64;
        let key = "sleeves.neutral".to_owned();
        let fund = one(key, "Fund that takes the rest", Unit::Choice, (0.0, last, 1.0), 0.0);
        list.push(Threshold { choices, ..fund });
    }
    list
}

/// Most funds to choose from.
const MOST_FUNDS: usize = 12;

/// Returns the fund that takes what goes to no other, and those of the household that could, the largest first; none where
/// the fund that is named has no price.
fn funds(proposal: &Proposal) -> Vec<String> {
    let Some(now) = &proposal.problem.neutral else { return Vec::new() };
    let mut held: BTreeMap<&str, Money> = BTreeMap::new();
    for position in proposal.portfolio.accounts.iter().flat_map(|account| &account.positions) {
        let is_fund = matches!(position.kind, AssetKind::Etf | AssetKind::MutualFund) && !position.core;
        let symbol = position.canonical.as_ref().filter(|symbol| proposal.problem.securities.contains_key(*symbol));
        if let (true, Some(symbol), Some(value)) = (is_fund, symbol, position.value) {
            *held.entry(symbol.as_str()).or_default() += value;
        }
    }
    let mut held: Vec<(&str, Money)> = held.into_iter().collect();
    held.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let others = held.into_iter().map(|(symbol, _)| symbol).filter(|symbol| *symbol != now.as_str());
    std::iter::once(now.as_str()).chain(others).map(str::to_owned).take(MOST_FUNDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(unit: Unit) -> Threshold {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
        Threshold {
            key: "limits.tech.base".to_owned(),
            name: "",
            unit,
            low: -5.0,
            high: 30.0,
            step: 0.5,
            place: 8.0,
            choices: vec!["RSP".to_owned(), "VTI".to_owned()],
            beside: Vec::new(),
            day,
            benchmark: Some(52.9),
        }
    }

    #[test]
    fn a_place_is_written_as_the_config_has_it() {
        let points = threshold(Unit::Points);
        assert_eq!(
            [8.0, 0.0, -2.5].map(|place| points.toml(place)),
            ["\"benchmark + 8\"", "\"benchmark\"", "\"benchmark - 2.5\""]
        );
        assert_eq!(points.words(8.0), "60.9%, 8 points above the benchmark");
        assert_eq!(threshold(Unit::Percent).toml(12.5), "\"12.5%\"");
        assert_eq!(points.ends(), ["\u{2212}5", "+8", "+30"]);
        let months = threshold(Unit::Months);
        assert_eq!([0.0, 2.0, 3.0].map(|place| months.words(place)), ["2026-11-30", "2027-01-31", "2027-02-28"]);
        assert!(points.holds(-5.0) && !points.holds(-5.5) && !points.holds(f64::NAN));
        let fund = threshold(Unit::Choice);
        assert_eq!((fund.toml(1.0), fund.words(0.0)), ("\"VTI\"".to_owned(), "RSP".to_owned()));
        assert!(fund.holds(1.0) && !fund.holds(0.5));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let read = |text: &str| match written(text) {
            Some(Written::Percent(percent)) => format!("{percent:.1}%"),
            Some(Written::Points(points)) => format!("{points:+.1}"),
            None => "none".to_owned(),
        };
        let texts = ["\"45%\"", "0.45", "\"benchmark + 8\"", "\"benchmark - 2.5%\"", "\"benchmark\"", "\"x\""];
        assert_eq!(texts.map(read), ["45.0%", "45.0%", "+8.0", "-2.5", "+0.0", "none"]);
    }
}
