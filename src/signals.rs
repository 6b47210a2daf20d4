//! What the market says: signals, brakes and sleeve gates, each a pure function of history up to a date.

use chrono::NaiveDate;

/// What a signal or brake read on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// As in the config: `signals.breadth-200`.
    pub id: String,
    /// The leaf: `pct-above-ma`.
    pub kind: &'static str,
    /// `None` when the data do not give one; `note` says why.
    pub value: Option<f64>,
    /// The day the value is of.
    pub as_of: Option<NaiveDate>,
    /// Share of the universe with data, where that means something.
    pub coverage: Option<f64>,
    /// Older than it should be on the as-of date.
    pub stale: bool,
    /// Files and series used.
    pub inputs: Vec<String>,
    /// What else a reader should know: imputed months, revised data, why there is no value.
    pub note: Option<String>,
}
