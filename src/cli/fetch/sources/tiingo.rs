//! Tiingo: closes as traded, with the factor of each split, and closes with dividends. The free key gives the whole
//! history of 500 symbols a month, and 50 requests an hour.

use std::time::Duration;

use broaden::market::wanted::Thing;

use super::{Key, Sending, Source};

/// The source.
pub const SOURCE: Source = Source {
    id: "tiingo",
    usual: true,
    offers: |thing| matches!(thing, Thing::Closes(_)),
    path: |thing, from, to| {
        let Thing::Closes(symbol) = thing else { return String::new() };
        let symbol = symbol.as_str().replace(['.', '/'], "-");
        format!("/tiingo/daily/{symbol}/prices?startDate={from}&endDate={to}&format=csv")
    },
    adapt: super::as_it_is,
    key: Some(Key {
        variable: "BROADEN_TIINGO_KEY",
        file: "tiingo-key-file",
        send: Sending::Header("Authorization", "Token "),
    }),
    pause: Duration::from_secs(1),
};
