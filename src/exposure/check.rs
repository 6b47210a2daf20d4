//! What a reader of the figures must know: positions without a value, low coverage, old fund data.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Contribution, Exposure, FULL_COVERAGE};
use crate::config::{Bound, Document, IMPOSSIBLE_VALUE, NodeValue, Table, UNMATCHED};
use crate::diagnostics::{Diagnostic, Sink, nearest};
use crate::model::{Portfolio, Symbol};
use crate::reference::{Registry, STALE_AFTER_DAYS, TECH_BROAD};
use crate::units::{Money, Weight};

crate::codes! {
    LOW_COVERAGE "low-coverage" "Less than 95% of the value is known by name or fund, so tech is an interval. The positions that hide most are listed, with the lines of broaden.toml that would classify them.";
    UNVALUED "unvalued-position" "The position has no value in the household's currency: no price, or a currency without a rate. It is in no figure, and the value of the household is too low by it.";
    TOO_LITTLE_VALUED "too-little-valued" "More than a tenth of what is held has no value (by cost where the files say it, else by count), so every weight is of the rest alone. No order is proposed on it: what looks too large may be half as large. Give an export that prints the prices, a market file with the closes, or leave the account out of scope in [accounts].";
    FUND_DATA_AGED "fund-data-aged" "The contents of funds are looked up in data of this age. The weights inside an index fund move slowly, but they move: hand in the issuer's holdings file of your largest funds for exact ones.";
    NO_BENCHMARK "unknown-benchmark" "The benchmark is not a known instrument, so nothing can be shown beside the household's figures, and caps that are relative to it do not hold.";
}

/// Reports what a reader of the figures must know: positions without a value, low coverage, old fund data.
pub fn check(exposure: &Exposure, as_of: Option<NaiveDate>, sink: &mut Sink) {
    for label in &exposure.unvalued {
        let problem = Diagnostic::warning(UNVALUED, format!("{label} has no value in the household's currency"));
        sink.push(
            problem.hint("it is in no figure; give an export that prints its price, or a market file with its closes"),
        );
    }
    if exposure.coverage < FULL_COVERAGE && exposure.interval(TECH_BROAD).is_some() {
        let largest: Vec<String> =
            exposure.unknown.iter().take(3).map(|one| format!("{} ({})", one.label, one.amount().dollars())).collect();
        let message = format!(
            "only {} of the value is known by name or fund; unknown: {}",
            Weight(exposure.coverage).percent(),
            largest.join(", ")
        );
        let lines = exposure.unknown.first().map(Contribution::config_lines).unwrap_or_default();
        sink.push(
            Diagnostic::warning(LOW_COVERAGE, message).hint(format!("in broaden.toml: {}", lines.replace('\n', " "))),
        );
    }
    if let (Some(data), Some(today)) = (exposure.as_of, as_of) {
        let age = (today - data).num_days();
        if age > STALE_AFTER_DAYS {
            let message = format!("what your funds hold is looked up in data of {data} or later, {age} days old");
            let hint = "for exact figures add the issuer's holdings file of your largest funds";
            sink.push(Diagnostic::note(FUND_DATA_AGED, message).hint(hint));
        }
    }
}

/// Reports a benchmark that is not known, with the caps that are then off, and caps so far below one that is that nothing
/// would be left of them.
pub fn check_benchmark(exposure: &Exposure, document: &Document, sink: &mut Sink) {
    let benchmark = &exposure.benchmark;
    let mut relative = Vec::new();
    for (name, _, limit) in document.root.table("limits").into_iter().flat_map(Table::tables) {
        for (key, node) in &limit.entries {
            let Some(Bound::Benchmark(more)) = Bound::of(node) else { continue };
            relative.push(format!("`{key}` of [limits.{name}]"));
            let theme = match limit.get("theme").map(|node| &node.value) {
                Some(NodeValue::Text(theme)) => benchmark.themes.get(theme),
                _ => None,
            };
            if let Some(own) = theme.filter(|own| more.0 < 0.0 && **own + more.0 <= 0.0) {
                let message = format!(
                    "`{key}` of [limits.{name}] is {:.1} points below what {} has of it, and that is {}: nothing may be held",
                    -100.0 * more.0,
                    benchmark.symbol,
                    Weight(*own).percent()
                );
                let hint = "take fewer points, or a weight such as \"5%\"";
                sink.push(Diagnostic::error(IMPOSSIBLE_VALUE, message).at(node.place.clone()).hint(hint));
            }
        }
        if limit.get("above-benchmark").is_some() {
            relative.push(format!("`above-benchmark` of [limits.{name}]"));
        }
    }
    if benchmark.sectors.is_empty() {
        let off = if relative.is_empty() {
            String::new()
        } else {
            format!(", so what is relative to it does not hold: {}", relative.join(", "))
        };
        let problem =
            Diagnostic::warning(NO_BENCHMARK, format!("the benchmark `{}` is not known{off}", benchmark.symbol));
        let node = document.root.table("household").and_then(|table| table.get("benchmark"));
        let problem = node.map(|node| node.place.clone()).into_iter().fold(problem, Diagnostic::at);
        sink.push(problem.hint("the usual one is benchmark = \"SPY\" under [household]"));
    }
}

/// Part of what is held that may have no value before no order is proposed.
const MOST_UNVALUED: f64 = 0.1;

/// Returns the problem of a household of which too much has no value to advise on the rest: by cost where it is known of
/// all of that, else by count.
pub fn too_little_valued(exposure: &Exposure, portfolio: &Portfolio) -> Option<Diagnostic> {
    let positions = || portfolio.accounts.iter().flat_map(|account| &account.positions);
    let count = exposure.unvalued.len();
    let without: BTreeSet<&String> = exposure.unvalued.iter().collect();
    let costs: Option<Vec<Money>> = positions()
        .filter(|position| without.contains(&position.label()))
        .map(|position| position.cost_basis)
        .collect();
    let cost: Money = costs.filter(|costs| costs.len() == count).unwrap_or_default().into_iter().sum();
    let (share, words) = match cost.share_of(exposure.value + cost).filter(|_| cost.is_positive()) {
        Some(share) => (share.0, format!("{} of what is held, by cost,", share.percent())),
        None => {
            let all = positions().count().max(count).max(1);
            (count as f64 / all as f64, format!("{count} of {all} positions"))
        }
    };
    (share > MOST_UNVALUED).then(|| {
        let verb = if words.starts_with("1 of") || cost.is_positive() { "has" } else { "have" };
        let message = format!("{words} {verb} no value, so no order is proposed");
        Diagnostic::warning(TOO_LITTLE_VALUED, message)
            .hint("give an export or a market file with their prices; the weights are of what is valued")
    })
}

/// Reports entries of `[instruments]` that concern nothing: neither held, nor inside a held fund, nor the benchmark.
pub fn check_overrides(
    exposure: &Exposure,
    portfolio: &Portfolio,
    registry: &Registry,
    document: &Document,
    sink: &mut Sink,
) {
    let positions = || portfolio.accounts.iter().flat_map(|account| &account.positions);
    let held: BTreeSet<Symbol> = positions().filter_map(|position| registry.resolve(position)).collect();
    for (id, node, _) in document.root.table("instruments").into_iter().flat_map(Table::tables) {
        let symbol = Symbol::new(id);
        let issuer = registry.issuer(&symbol);
        let inside = exposure.issuers.iter().any(|known| known.issuer == issuer);
        if held.contains(&symbol) || inside || exposure.benchmark.symbol == symbol.as_str() {
            continue;
        }
        let labels: Vec<String> = positions().map(crate::model::Position::label).collect();
        let problem = Diagnostic::warning(UNMATCHED, format!("nothing you hold is [instruments.{id}]"))
            .at(node.key_place.clone());
        sink.push(match nearest(id, labels.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("write it as the broker's file does: the ticker, else the name of the fund in quotes"),
        });
    }
}
