//! Alpha Vantage: the last hundred closes, as traded. The free key gives 25 requests a day; a refusal is a message at 200,
//! with the key in it.

use std::time::Duration;

use broaden::market::wanted::Thing;

use super::{Key, Sending, Source};

/// The source.
pub const SOURCE: Source = Source {
    id: "alphavantage",
    usual: true,
    offers: |thing| matches!(thing, Thing::Closes(_)),
    path: |thing, _, _| {
        let Thing::Closes(symbol) = thing else { return String::new() };
        let symbol = symbol.as_str().replace(['.', '/'], "-");
        format!("/query?function=TIME_SERIES_DAILY&symbol={symbol}&outputsize=compact&datatype=csv")
    },
    adapt: super::as_it_is,
    key: Some(Key {
        variable: "BROADEN_ALPHAVANTAGE_KEY",
        file: "alphavantage-key-file",
        send: Sending::Query("apikey"),
    }),
    pause: Duration::from_millis(1200),
};
