//! Yahoo's chart JSON: closes adjusted for splits, and with dividends. No key; unofficial, under Yahoo's terms.

use std::time::Duration;

use broaden::market::wanted::Thing;
use chrono::{NaiveDate, NaiveTime};

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "yahoo",
    usual: true,
    offers: |thing| matches!(thing, Thing::Closes(_)),
    path: |thing, from, to| {
        let Thing::Closes(symbol) = thing else { return String::new() };
        let seconds = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp();
        let symbol = symbol.as_str().replace(['.', '/'], "-");
        let (from, to) = (seconds(from), seconds(to) + 86_400);
        format!("/v8/finance/chart/{symbol}?period1={from}&period2={to}&interval=1d&events=div,splits")
    },
    adapt: super::as_it_is,
    key: None,
    pause: Duration::from_secs(1),
};
