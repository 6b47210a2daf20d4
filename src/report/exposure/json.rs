//! The exposure as JSON: money as text, weights as numbers, missing as null, ids as in the config.
//!
//! The wire types below are the schema (`schema/exposure.json`, kept equal by a test).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::json::{DiagnosticWire, FlowWire, diagnostic, flow, fractions, money};
use super::{Measured, label};
use crate::exposure::{Contribution, Exposure};
use crate::proposal::{DISCLAIMER, cut as fraction};
use crate::units::Money;

/// Returns the exposure as indented JSON with a final line break.
pub fn render(measured: &Measured) -> String {
    let mut text = serde_json::to_string_pretty(&wire(measured)).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the JSON Schema.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(ExposureReport)).unwrap_or_default();
    text.push('\n');
    text
}

/// What a household is made of, by `broaden exposure --json`.
#[derive(Serialize, JsonSchema)]
struct ExposureReport {
    /// Version of this format.
    schema: u32,
    /// Version of the program.
    version: String,
    disclaimer: String,
    /// The day the answer is for.
    as_of: String,
    /// What each theme counts, in one line.
    themes: BTreeMap<String, String>,
    household: Measures,
    accounts: Vec<AccountWire>,
    /// Accounts that are in no figure.
    left_out: Vec<LeftOutWire>,
    /// Deposits and withdrawals of `[accounts]`: every figure is after them.
    flows: Vec<FlowWire>,
    benchmark: BenchmarkWire,
    /// Caps on what is owned.
    caps: Vec<CapWire>,
    /// Stocks held with at least 3%, highest score first.
    winners: Vec<WinnerWire>,
    diagnostics: Vec<DiagnosticWire>,
}

#[derive(Serialize, JsonSchema)]
struct AccountWire {
    id: String,
    /// `taxable`, `traditional`, `roth`, `hsa` or `401k`.
    kind: String,
    measures: Measures,
}

#[derive(Serialize, JsonSchema)]
struct LeftOutWire {
    account: String,
    why: String,
    /// In dollars; null when unknown.
    value: Option<String>,
}

/// The figures of the household or of one account. Weights are fractions of `value`.
#[derive(Serialize, JsonSchema)]
struct Measures {
    /// All valued positions, cash, money funds and pending money.
    value: String,
    cash: String,
    /// Cash, also that inside funds.
    cash_weight: f64,
    /// 1 less `unclassified`.
    coverage: f64,
    /// What nothing is known about.
    unclassified: f64,
    /// Bonds, commodities and the like.
    non_equity: f64,
    /// Options at market value; in no sector.
    derivatives: f64,
    /// Exposure beyond the value, from leveraged funds; negative for inverse ones.
    leverage: f64,
    /// Lines sold short: zero or below. Weights are of the net value, so others can be above 1.
    short: f64,
    /// By GICS sector id. With cash, unclassified, non-equity and derivatives, less leverage, they add up to 1.
    sectors: BTreeMap<String, SectorWire>,
    themes: BTreeMap<String, ThemeWire>,
    /// Largest first.
    issuers: Vec<IssuerWire>,
    /// Instruments without cash, largest first.
    lines: Vec<LineWire>,
    concentration: ConcentrationWire,
    stress: Vec<StressWire>,
    /// Rules of funds; they bind no household.
    fund_rules: Vec<FundRuleWire>,
    /// Positions with an unknown part, largest first.
    unknown: Vec<UnknownWire>,
    /// Positions without a value in the base currency: in no figure.
    unvalued: Vec<String>,
    /// Date of the oldest fund data a figure rests on.
    fund_data_as_of: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SectorWire {
    weight: f64,
    benchmark: f64,
    /// `weight` less `benchmark`.
    active: f64,
}

#[derive(Serialize, JsonSchema)]
struct ThemeWire {
    /// What is known.
    weight: f64,
    through_funds: f64,
    /// The lowest it can be, given what is not known.
    low: f64,
    /// The highest it can be.
    high: f64,
    benchmark: Option<f64>,
    /// Largest first; their weights add up to `weight`.
    contributions: Vec<ContributionWire>,
}

#[derive(Serialize, JsonSchema)]
struct ContributionWire {
    account: String,
    label: String,
    /// Value of the position.
    value: String,
    /// Share of the position's dollars that count.
    fraction: f64,
    /// Share of the household or account that it adds.
    weight: f64,
    through_fund: bool,
}

#[derive(Serialize, JsonSchema)]
struct IssuerWire {
    issuer: String,
    name: String,
    weight: f64,
    through_funds: f64,
    /// 0 where the benchmark does not name it; null when its constituents are not known.
    benchmark: Option<f64>,
    active: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct LineWire {
    label: String,
    value: String,
    weight: f64,
    fund: bool,
}

#[derive(Serialize, JsonSchema)]
struct ConcentrationWire {
    /// Sum of squared weights by line, cash included.
    hhi_lines: f64,
    /// The same over what is invested.
    hhi_invested: f64,
    /// By issuer after look-through.
    hhi_issuers: f64,
    /// 1 / `hhi_lines`; null for an empty household.
    effective_lines: Option<f64>,
    /// 1 / `hhi_issuers`; null when no issuer is known.
    effective_issuers: Option<f64>,
    benchmark_effective_issuers: Option<f64>,
    top_1_issuers: f64,
    top_5_issuers: f64,
    top_10_issuers: f64,
    top_5_lines: f64,
    active_share_low: f64,
    active_share_high: f64,
}

#[derive(Serialize, JsonSchema)]
struct StressWire {
    id: String,
    assumes: String,
    /// As a fraction of the value.
    change: f64,
    dollars: String,
}

#[derive(Serialize, JsonSchema)]
struct FundRuleWire {
    id: String,
    name: String,
    largest: f64,
    largest_at_most: Option<f64>,
    /// Issuers above 5%, together.
    large_together: f64,
    large_together_at_most: f64,
    holds: bool,
}

#[derive(Serialize, JsonSchema)]
struct UnknownWire {
    account: String,
    label: String,
    value: String,
    /// The part of the value nothing is known about.
    hidden: String,
    /// Lines of broaden.toml that would classify it.
    config: String,
}

#[derive(Serialize, JsonSchema)]
struct BenchmarkWire {
    symbol: String,
    as_of: Option<String>,
    sectors: BTreeMap<String, f64>,
    themes: BTreeMap<String, f64>,
    issuers: BTreeMap<String, f64>,
}

#[derive(Serialize, JsonSchema)]
struct CapWire {
    id: String,
    kind: String,
    subject: String,
    measured: Option<f64>,
    cap: Option<f64>,
    benchmark: Option<f64>,
    /// Weight above the cap, 0 when kept.
    over: f64,
    over_dollars: String,
    evidence: String,
    origin: String,
}

#[derive(Serialize, JsonSchema)]
struct WinnerWire {
    label: String,
    weight: f64,
    /// 0 to 1.
    score: f64,
    /// The share of the score that could be computed.
    known: f64,
    extreme: bool,
    /// 12-month return less the benchmark's.
    excess_return: Option<f64>,
    /// Price over its 200-day average, less 1.
    stretch: Option<f64>,
}

fn wire(measured: &Measured) -> ExposureReport {
    let benchmark = &measured.household.benchmark;
    ExposureReport {
        schema: 1,
        version: measured.version.to_owned(),
        disclaimer: DISCLAIMER.to_owned(),
        as_of: measured.as_of.to_string(),
        themes: measured.themes.iter().cloned().collect(),
        household: measures(measured, &measured.household),
        accounts: measured
            .accounts
            .iter()
            .map(|account| AccountWire {
                id: account.label.clone(),
                kind: account.kind.id().to_owned(),
                measures: measures(measured, &account.exposure),
            })
            .collect(),
        left_out: measured
            .left_out
            .iter()
            .map(|out| LeftOutWire { account: out.label.clone(), why: out.why.clone(), value: out.value.map(money) })
            .collect(),
        flows: measured.flows.iter().map(flow).collect(),
        benchmark: BenchmarkWire {
            symbol: benchmark.symbol.clone(),
            as_of: benchmark.as_of.map(|date| date.to_string()),
            sectors: fractions(benchmark.sectors.iter().map(|(sector, weight)| (sector.id(), *weight))),
            themes: fractions(benchmark.themes.iter().map(|(id, weight)| (id, *weight))),
            issuers: fractions(benchmark.issuers.iter().map(|(id, weight)| (id, *weight))),
        },
        caps: measured.caps.iter().map(|verdict| cap(measured, verdict)).collect(),
        winners: measured
            .winners
            .iter()
            .map(|line| WinnerWire {
                label: line.label.clone(),
                weight: fraction(line.weight.0),
                score: fraction(line.winner.score),
                known: fraction(line.winner.known),
                extreme: line.winner.extreme,
                excess_return: line.excess_return.map(fraction),
                stretch: line.stretch.map(fraction),
            })
            .collect(),
        diagnostics: measured.diagnostics.iter().map(diagnostic).collect(),
    }
}

fn cap(measured: &Measured, verdict: &crate::rules::Verdict) -> CapWire {
    let over = verdict.over().unwrap_or(0.0).max(0.0);
    CapWire {
        id: verdict.id.clone(),
        kind: verdict.kind.to_string(),
        subject: verdict.subject.to_string(),
        measured: verdict.measured.map(|weight| fraction(weight.0)),
        cap: verdict.bound.map(|weight| fraction(weight.0)),
        benchmark: verdict.benchmark.map(|weight| fraction(weight.0)),
        over: fraction(over),
        over_dollars: money(Money::from_f64(over * measured.household.value.to_f64())),
        evidence: verdict.evidence.clone(),
        origin: verdict.origin.clone(),
    }
}

fn measures(measured: &Measured, exposure: &Exposure) -> Measures {
    Measures {
        value: money(exposure.value),
        cash: money(exposure.cash),
        cash_weight: fraction(exposure.cash_weight.0),
        coverage: fraction(exposure.coverage),
        unclassified: fraction(exposure.unclassified.0),
        non_equity: fraction(exposure.non_equity.0),
        derivatives: fraction(exposure.derivatives.0),
        leverage: fraction(exposure.leverage.0),
        short: fraction(exposure.short.0),
        sectors: sectors(exposure),
        themes: exposure
            .themes
            .iter()
            .map(|(id, theme)| {
                let wire = ThemeWire {
                    weight: fraction(theme.weight.0),
                    through_funds: fraction(theme.through_funds.0),
                    low: fraction(theme.low.0),
                    high: fraction(theme.high.0),
                    benchmark: exposure.benchmark.themes.get(id).copied().map(fraction),
                    contributions: theme.contributions.iter().map(|part| contribution(measured, part)).collect(),
                };
                (id.clone(), wire)
            })
            .collect(),
        issuers: issuers(exposure),
        lines: exposure
            .lines
            .iter()
            .map(|line| LineWire {
                label: line.label.clone(),
                value: money(line.value),
                weight: fraction(line.weight.0),
                fund: line.through_fund,
            })
            .collect(),
        concentration: concentration(exposure),
        stress: exposure
            .stress()
            .into_iter()
            .map(|line| StressWire {
                id: line.scenario.id.to_owned(),
                assumes: line.scenario.assumes.to_owned(),
                change: fraction(line.change.0),
                dollars: money(line.dollars),
            })
            .collect(),
        fund_rules: exposure
            .diversification()
            .into_iter()
            .map(|line| FundRuleWire {
                id: line.rule.id.to_owned(),
                name: line.rule.name.to_owned(),
                largest: fraction(line.largest.0),
                largest_at_most: line.rule.largest,
                large_together: fraction(line.large_together.0),
                large_together_at_most: line.rule.large_together,
                holds: line.holds,
            })
            .collect(),
        unknown: exposure
            .unknown
            .iter()
            .map(|part| UnknownWire {
                account: label(measured, part.account).to_owned(),
                label: part.label.clone(),
                value: money(part.value),
                hidden: money(part.amount()),
                config: part.config_lines(),
            })
            .collect(),
        unvalued: exposure.unvalued.clone(),
        fund_data_as_of: exposure.as_of.map(|date| date.to_string()),
    }
}

fn sectors(exposure: &Exposure) -> BTreeMap<String, SectorWire> {
    let benchmark = |sector| exposure.benchmark.sectors.get(sector).copied().unwrap_or(0.0);
    let weight = |sector| exposure.sectors.get(sector).map_or(0.0, |weight| weight.0);
    exposure
        .active_sectors()
        .iter()
        .map(|(sector, active)| {
            let wire = SectorWire {
                weight: fraction(weight(sector)),
                benchmark: fraction(benchmark(sector)),
                active: fraction(active.0),
            };
            (sector.id().to_owned(), wire)
        })
        .collect()
}

fn issuers(exposure: &Exposure) -> Vec<IssuerWire> {
    let known = !exposure.benchmark.issuers.is_empty();
    exposure
        .issuers
        .iter()
        .map(|issuer| {
            let other = exposure.benchmark.issuers.get(&issuer.issuer).copied().or(known.then_some(0.0));
            IssuerWire {
                issuer: issuer.issuer.clone(),
                name: issuer.name.clone(),
                weight: fraction(issuer.weight.0),
                through_funds: fraction(issuer.through_funds.0),
                benchmark: other.map(fraction),
                active: other.map(|other| fraction(issuer.weight.0 - other)),
            }
        })
        .collect()
}

fn concentration(exposure: &Exposure) -> ConcentrationWire {
    ConcentrationWire {
        hhi_lines: fraction(exposure.hhi_lines),
        hhi_invested: fraction(exposure.hhi_invested),
        hhi_issuers: fraction(exposure.hhi_issuers),
        effective_lines: exposure.effective_lines().map(fraction),
        effective_issuers: exposure.effective_issuers().map(fraction),
        benchmark_effective_issuers: exposure.benchmark.effective_issuers.map(fraction),
        top_1_issuers: fraction(exposure.top_issuers(1).0),
        top_5_issuers: fraction(exposure.top_issuers(5).0),
        top_10_issuers: fraction(exposure.top_issuers(10).0),
        top_5_lines: fraction(exposure.top_lines(5).0),
        active_share_low: fraction(exposure.active_share.low),
        active_share_high: fraction(exposure.active_share.high),
    }
}

fn contribution(measured: &Measured, part: &Contribution) -> ContributionWire {
    ContributionWire {
        account: label(measured, part.account).to_owned(),
        label: part.label.clone(),
        value: money(part.value),
        fraction: fraction(part.fraction),
        weight: fraction(part.weight.0),
        through_fund: part.through_fund,
    }
}
