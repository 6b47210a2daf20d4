//! What a reader of the figures must know: positions without a value, low coverage, old fund data.

use chrono::NaiveDate;

use super::{Contribution, Exposure, FULL_COVERAGE};
use crate::diagnostics::{Diagnostic, Sink};
use crate::reference::STALE_AFTER_DAYS;
use crate::units::Weight;

crate::codes! {
    LOW_COVERAGE "low-coverage" "Less than 95% of the value is known by name or fund, so tech is an interval. The positions that hide most are listed, with the lines of broaden.toml that would classify them.";
    UNVALUED "unvalued-position" "The position has no value in the household's currency: no price, or a currency without a rate. It is in no figure, and the value of the household is too low by it.";
    FUND_DATA_AGED "fund-data-aged" "The contents of funds are looked up in data of this age. The weights inside an index fund move slowly, but they move: hand in the issuer's holdings file of your largest funds for exact ones.";
    NO_BENCHMARK "unknown-benchmark" "The benchmark is not a known instrument, so nothing can be shown beside the household's figures.";
}

/// Reports what a reader of the figures must know: positions without a value, low coverage, old fund data.
pub fn check(exposure: &Exposure, as_of: Option<NaiveDate>, sink: &mut Sink) {
    for label in &exposure.unvalued {
        let problem = Diagnostic::warning(UNVALUED, format!("{label} has no value in the household's currency"));
        sink.push(problem.hint("it is in no figure; give the file that has its price or rate"));
    }
    if exposure.benchmark.sectors.is_empty() {
        let problem =
            Diagnostic::warning(NO_BENCHMARK, format!("the benchmark `{}` is not known", exposure.benchmark.symbol));
        sink.push(problem.hint("the usual one is benchmark = \"SPY\" under [household]"));
    }
    if exposure.value.is_positive() && exposure.coverage < FULL_COVERAGE {
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
