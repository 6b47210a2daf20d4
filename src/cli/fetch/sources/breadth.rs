//! The daily table of tradermonty/market-breadth-analysis: the part of about 500 large US stocks above their 200-day
//! average, as a fraction. It is written twice a day, so that the row of today may be unfinished; it is left out.

use std::time::Duration;

use broaden::market::Breadth;
use broaden::market::wanted::Thing;

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "breadth",
    usual: true,
    offers: |thing| *thing == Thing::Ready(Breadth::PercentAbove(200)),
    path: |_, _, _| String::new(),
    adapt: super::as_it_is,
    key: None,
    pause: Duration::from_millis(500),
};
