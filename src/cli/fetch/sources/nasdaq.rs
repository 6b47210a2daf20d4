//! Nasdaq's quote JSON: closes adjusted for splits, without dividends. No key; undocumented, under Nasdaq's terms.

use std::time::Duration;

use broaden::market::special;
use broaden::market::wanted::Thing;
use serde_json::Value;

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "nasdaq",
    usual: true,
    offers: |thing| matches!(thing, Thing::Closes(_)),
    path: |thing, from, to| {
        let Thing::Closes(symbol) = thing else { return String::new() };
        let class = if special::is_fund(symbol.as_str()) { "etf" } else { "stocks" };
        format!("/api/quote/{symbol}/historical?assetclass={class}&fromdate={from}&todate={to}&limit=9999")
    },
    adapt,
    key: None,
    pause: Duration::from_secs(1),
};

fn adapt(body: &str) -> Result<String, String> {
    let no_data = || "the answer is no table of closes".to_owned();
    let root: Value = serde_json::from_str(body).map_err(|_| no_data())?;
    let rows = root.pointer("/data/tradesTable/rows").and_then(Value::as_array).ok_or_else(no_data)?;
    let mut csv = String::from("Date,Close/Last\n");
    for row in rows {
        let word = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().replace(',', "");
        csv.push_str(&format!("{},{}\n", word("date"), word("close")));
    }
    Ok(csv)
}
