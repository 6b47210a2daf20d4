//! FRED, the Federal Reserve Bank of St. Louis: the CSV behind its graphs. No key; two requests a second at most.

use std::time::Duration;

use broaden::market::wanted::Thing;

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "fred",
    usual: true,
    offers: |thing| matches!(thing, Thing::Series(_)),
    path: |thing, from, _| {
        let Thing::Series(id) = thing else { return String::new() };
        format!("/graph/fredgraph.csv?id={id}&cosd={from}")
    },
    adapt: super::as_it_is,
    key: None,
    pause: Duration::from_millis(500),
};
