//! The wire types of the proposal: what is printed, and what `schema/proposal.json` is made from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::decided::DecidedWire;
use super::route::{DeadlineWire, RouteWire};
use crate::explain::brief::Section;

/// A broaden proposal.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) struct ProposalWire {
    /// Version of this format.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    pub disclaimer: String,
    /// The day the answer is for.
    pub as_of: String,
    /// Digest of the effective config.
    pub config_sha256: String,
    /// Every effective value of the config, by its dotted path.
    pub config: BTreeMap<String, ConfigWire>,
    /// What was asked for this run only: `--keep NVDA`, `--set limits.turnover.max=10%`.
    pub asked: Vec<AskedWire>,
    pub inputs: Vec<InputWire>,
    pub accounts: Vec<AccountWire>,
    /// Deposits and withdrawals: every figure but those of `accounts` is after them.
    pub flows: Vec<super::flows::FlowWire>,
    /// Price used of every symbol that is held or may be bought.
    pub prices: BTreeMap<String, String>,
    pub exposure: ExposureWire,
    pub strength: StrengthWire,
    /// Every rule's finding, fired or not.
    pub verdicts: Vec<VerdictWire>,
    pub trades: Vec<TradeWire>,
    /// Not to be bought before the date, in any account.
    pub do_not_buy: Vec<DoNotBuyWire>,
    /// Null without a filing status and income, or for a year without tables.
    pub exact_tax: Option<ExactTaxWire>,
    /// Withdrawals that are income, from traditional accounts, 401(k)s and HSAs; null where there are none.
    pub distributions: Option<super::flows::DistributionsWire>,
    /// What decisions about the lines came to; null where there were none.
    pub decided: Option<DecidedWire>,
    /// Shown and counted, never traded.
    pub excluded: Vec<ExcludedWire>,
    pub plan: PlanWire,
    /// What the plan would be under other circumstances, in fractions of shares.
    pub what_if: WhatIfWire,
    /// The report in words and figures, as the other formats draw it.
    pub brief: Vec<Section>,
    /// What changed since the proposal of `--diff`.
    pub since: Option<SinceWire>,
    pub diagnostics: Vec<DiagnosticWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct InputWire {
    pub name: String,
    pub sha256: String,
    pub role: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct AccountWire {
    /// Key used by the trades.
    pub id: String,
    pub kind: String,
    /// `config`, `name` or `assumed`.
    pub kind_from: String,
    pub broker: String,
    pub as_of: Option<String>,
    pub reported_total: Option<String>,
    /// In dollars, as the file says it: before deposits and withdrawals.
    pub cash: Option<String>,
    pub positions: Vec<PositionWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PositionWire {
    /// Ticker, or the name where there is none.
    pub symbol: String,
    pub quantity: Option<String>,
    pub price: Option<String>,
    pub value: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ConfigWire {
    /// As TOML.
    pub value: String,
    /// `broaden.toml:14`, `--set` or `default`.
    pub origin: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct AskedWire {
    pub option: String,
    /// Account numbers are masked.
    pub value: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExposureWire {
    pub value: String,
    pub cash: String,
    pub coverage: f64,
    pub unclassified: f64,
    pub non_equity: f64,
    pub effective_lines: Option<f64>,
    pub effective_issuers: Option<f64>,
    pub sectors: BTreeMap<String, f64>,
    pub themes: BTreeMap<String, ThemeWire>,
    pub issuers: Vec<IssuerWire>,
    pub unknown: Vec<ContributionWire>,
    pub benchmark: BenchmarkWire,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ThemeWire {
    pub weight: f64,
    /// The lowest it can be, given what is not known.
    pub low: f64,
    /// The highest it can be, given what is not known.
    pub high: f64,
    pub through_funds: f64,
    pub contributions: Vec<ContributionWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ContributionWire {
    pub label: String,
    pub value: String,
    /// Share of the position's dollars that count.
    pub fraction: f64,
    pub weight: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct IssuerWire {
    pub issuer: String,
    pub name: String,
    pub weight: f64,
    pub through_funds: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BenchmarkWire {
    pub symbol: String,
    pub as_of: Option<String>,
    pub sectors: BTreeMap<String, f64>,
    pub themes: BTreeMap<String, f64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StrengthWire {
    /// 0 to 1.
    pub value: f64,
    /// False when there is no market data: the strength is then 0.
    pub data: bool,
    pub score: Option<f64>,
    pub target: f64,
    pub multiplier: f64,
    /// `none`, `caution` or `stop`.
    pub brake: String,
    pub brake_reasons: Vec<String>,
    pub frozen: Option<String>,
    /// How often the strength changed, on the sessions with a score.
    pub changes: Option<usize>,
    /// How often it changed its direction.
    pub turns: Option<usize>,
    pub parts: Vec<PartWire>,
    pub brakes: Vec<BrakeWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BrakeWire {
    pub id: String,
    pub kind: String,
    pub value: Option<f64>,
    pub as_of: Option<String>,
    pub stale: bool,
    pub note: Option<String>,
    /// `none`, `caution` or `stop`, as this brake alone sees it.
    pub state: String,
    pub caution: Option<f64>,
    pub stop: Option<f64>,
    pub distance: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PartWire {
    pub id: String,
    pub kind: String,
    pub value: Option<f64>,
    pub as_of: Option<String>,
    pub coverage: Option<f64>,
    pub stale: bool,
    pub note: Option<String>,
    /// Values of score 0 and 1; null for signals without a weight.
    pub ramp: Option<[f64; 2]>,
    pub score: f64,
    pub weight: f64,
    pub contribution: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct VerdictWire {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub fired: bool,
    /// Of a cap: `holds`, `broken`, or `may-be-broken` where what is not known may be beyond the bound.
    pub state: Option<String>,
    pub measured: Option<f64>,
    /// The lowest that what is measured can be, where not all of it is known.
    pub low: Option<f64>,
    /// The highest.
    pub high: Option<f64>,
    pub bound: Option<f64>,
    pub benchmark: Option<f64>,
    pub evidence: String,
    pub origin: String,
    pub reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TradeWire {
    /// Its name, by which it can be accepted or rejected.
    pub id: String,
    pub account: String,
    /// `sell` or `buy`.
    pub side: String,
    pub symbol: String,
    /// Shares; null where no price is known: the order is one of `value` dollars.
    pub quantity: Option<String>,
    pub price: Option<String>,
    pub value: String,
    pub limit_hint: Option<String>,
    pub lot: Option<LotWire>,
    /// Never empty.
    pub reasons: Vec<ReasonWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LotWire {
    pub id: String,
    pub opened: Option<String>,
    /// `short` or `long`.
    pub term: String,
    pub gain: Option<String>,
    /// Tax per dollar sold of this lot, before gains and losses are netted: the lines need not add up to the tax of the plan.
    /// Null where sales are not taxed.
    pub cost_per_dollar: Option<f64>,
    /// When the sale repays its tax; null without a taxed gain.
    pub worth: Option<WorthWire>,
    pub next_best: Option<NextBestWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WorthWire {
    /// Rate times gain, before netting.
    pub tax: String,
    /// What of it is lost by paying now rather than at the end of the horizon.
    pub deferral_cost: String,
    pub years: f64,
    pub growth: f64,
    /// Extra return a year that repays the tax, if the gain would be taxed at the end anyway.
    pub break_even_if_taxed_later: f64,
    /// The same, if it never would be.
    pub break_even_if_never_taxed: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct NextBestWire {
    pub lot: String,
    pub account: String,
    pub opened: Option<String>,
    /// Before netting, as above.
    pub cost_per_dollar: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ReasonWire {
    pub id: String,
    /// Whether the trade is made for it: of a limit, whether the plan without it sells another number of these shares. What the
    /// trade only serves besides is false.
    pub decides: bool,
    pub evidence: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DoNotBuyWire {
    pub symbol: String,
    pub also: Vec<String>,
    pub until: String,
    /// A fund for the same purpose that may be bought at once.
    pub instead: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExactTaxWire {
    /// By the flat rates the plan was made with.
    pub planned: String,
    /// By the federal tables, with stacking and NIIT, plus the state's flat rates.
    pub exact: String,
    pub year: i32,
    pub source: String,
    pub short_rate: String,
    pub long_rate: String,
    /// The short and long rate of the first plan, when they were so far off that it was made again.
    pub first_rates: Option<[String; 2]>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExcludedWire {
    pub account: String,
    pub label: String,
    pub value: Option<String>,
    pub why: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PlanWire {
    pub solver: String,
    /// What the trades do.
    pub outcome: OutcomeWire,
    /// What doing nothing does.
    pub nothing: OutcomeWire,
    /// The continuous optimum, which no whole-share plan can beat.
    pub bound: Option<LevelsWire>,
    /// Sleeves that the smallest order, a share or `min-trade`, brings above what they are brought to.
    pub overshot: Vec<OvershotWire>,
    pub binding: Vec<String>,
    pub notes: Vec<String>,
    /// What making the plan and undoing it would cost.
    pub reversal_cost: String,
    /// The way over the coming runs, of which the trades are the first slice; null for the plan of a single run.
    pub route: Option<RouteWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct OvershotWire {
    /// As in `gaps`: `sleeves.XLB`.
    pub id: String,
    /// What it is short of before the plan.
    pub short: String,
    pub bought: String,
    /// What is bought beyond that.
    pub over: String,
    /// All of it in words, with the reason.
    pub text: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WhatIfWire {
    /// The plan itself, which the others are compared with; null where no program could be solved.
    pub fractions: Option<AlternativeWire>,
    /// `all-now`: what may be sold in one run without turnover limit or budgets; `sheltered-only`: only accounts without tax
    /// are traded; `untaxed`: gains cost nothing.
    pub alternatives: BTreeMap<String, AlternativeWire>,
    /// The whole way, done by another day: this run, each end of January before the plan's own day, and that day.
    pub deadlines: Vec<DeadlineWire>,
    /// Tax for each point of a cap, from the highest down, by the id of the cap.
    pub ladders: BTreeMap<String, Vec<RungWire>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct AlternativeWire {
    pub sold: String,
    pub bought: String,
    pub tax: String,
    pub levels: LevelsWire,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RungWire {
    pub cap: f64,
    /// Tax of the plan with that cap.
    pub tax: String,
    /// Tax of the last point; null on the first.
    pub marginal: Option<String>,
    /// Dollars that stay above the cap.
    pub excess: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct OutcomeWire {
    pub levels: LevelsWire,
    pub realised_short: String,
    pub realised_long: String,
    /// Tax with the trades minus tax without.
    pub tax: String,
    pub trading_cost: String,
    pub sold: String,
    pub bought: String,
    pub value: String,
    pub cash: BTreeMap<String, String>,
    pub weights: BTreeMap<String, f64>,
    pub excess: BTreeMap<String, String>,
    /// Dollars missing to what each sleeve is brought to (`[sleeves] return-to`), by its id; its target may be more.
    pub gaps: BTreeMap<String, String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LevelsWire {
    pub cash_shortfall: String,
    pub excess: String,
    /// Sum of what sleeves miss to what they are brought to (`[sleeves] return-to`).
    pub gaps: String,
    pub largest_gap: String,
    pub cost: String,
    pub turnover: String,
    pub signed_tax: String,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct DiagnosticWire {
    /// `error`, `warning` or `note`.
    pub severity: String,
    pub code: String,
    pub message: String,
    /// `file:line:column`.
    pub place: Option<String>,
    pub hint: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SinceWire {
    /// The file of the earlier proposal.
    pub name: String,
    pub as_of: String,
    /// Orders that are the same in both.
    pub same: usize,
    /// Orders that appeared, disappeared or changed.
    pub orders: Vec<OrderChangeWire>,
    /// What is different in the inputs.
    pub causes: Vec<CauseWire>,
    /// What recorded trades did of the earlier orders, and what else they did; empty where none is recorded since.
    pub done: Vec<DoneOrderWire>,
    /// Caps whose weight is not where the earlier plan meant to leave it.
    pub drift: Vec<DriftWire>,
    pub notes: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DoneOrderWire {
    pub account: String,
    /// `sell` or `buy`.
    pub side: String,
    pub symbol: String,
    /// Shares that were proposed, 0 for what was not.
    pub proposed: String,
    /// Shares that were traded.
    pub done: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DriftWire {
    /// The limit.
    pub id: String,
    pub planned: f64,
    pub now: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct OrderChangeWire {
    pub account: String,
    /// `sell` or `buy`.
    pub side: String,
    pub symbol: String,
    /// Shares before; null when the order is new.
    pub before: Option<String>,
    /// Shares now; null when the order is gone.
    pub after: Option<String>,
    /// Lots that are sold differently.
    pub lots: Vec<LotChangeWire>,
    /// Why, in words.
    pub because: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LotChangeWire {
    pub lot: String,
    pub before: String,
    pub after: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct CauseWire {
    /// `program`, `day`, `option`, `config`, `holdings`, `price` or `signal`.
    pub kind: String,
    pub subject: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub origin: Option<String>,
}
