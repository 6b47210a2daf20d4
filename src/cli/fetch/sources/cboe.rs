//! Cboe: the whole history of the VIX as one CSV. No key.

use std::time::Duration;

use broaden::market::wanted::Thing;

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "cboe",
    usual: true,
    offers: |thing| *thing == Thing::Series("VIXCLS".to_owned()),
    path: |_, _, _| "/api/global/us_indices/daily_prices/VIX_History.csv".to_owned(),
    adapt: super::as_it_is,
    key: None,
    pause: Duration::from_millis(500),
};
