//! Yahoo's chart answer (JSON with `timestamp` and `indicators`), as a fetch saves it.

use serde_json::Value;

use super::Layout;
use crate::diagnostics::Sink;
use crate::market::cells::{self, NONE};
use crate::market::pieces::{Bars, Basis};

/// Yahoo's chart JSON.
pub const LAYOUT: Layout = Layout {
    id: "yahoo-chart",
    doc: "The JSON of Yahoo's chart address: time stamps, closes and adjusted closes of one symbol. Days without a close \
          (the unfinished one) are left out.",
    recognises: |input| {
        input.text.source.text.trim_start().starts_with('{') && parse(&input.text.source.text).is_some()
    },
    read: |input, pieces, _: &mut Sink| {
        if let Some((name, rows, adjusted)) = parse(&input.text.source.text) {
            let mut bars = Bars::new(&name, if adjusted { Basis::Unadjusted } else { Basis::Unknown }, input);
            for (date, close, adjusted) in rows {
                bars.dates.push(date);
                bars.close.push(close);
                bars.adjusted.push(adjusted);
            }
            pieces.add_bars(bars);
        }
    },
};

type Rows = Vec<(chrono::NaiveDate, i64, i64)>;

fn parse(content: &str) -> Option<(String, Rows, bool)> {
    let root: Value = serde_json::from_str(content).ok()?;
    let result = root.pointer("/chart/result/0")?;
    let name = result.pointer("/meta/symbol")?.as_str()?.to_owned();
    let offset = result.pointer("/meta/gmtoffset").and_then(Value::as_i64).unwrap_or(0);
    let stamps = result.get("timestamp")?.as_array()?;
    let closes = result.pointer("/indicators/quote/0/close")?.as_array()?;
    let adjusted = result.pointer("/indicators/adjclose/0/adjclose").and_then(Value::as_array);
    let price = |value: Option<&Value>| {
        let text = value.filter(|value| value.is_number()).map(Value::to_string)?;
        cells::close(text.as_bytes()).filter(|close| *close != NONE)
    };
    let mut rows: Rows = Vec::new();
    for (index, stamp) in stamps.iter().enumerate() {
        let time = chrono::DateTime::from_timestamp(stamp.as_i64()?.checked_add(offset)?, 0)?;
        let Some(close) = price(closes.get(index)) else { continue };
        let date = time.date_naive();
        if rows.last().is_none_or(|(last, _, _)| *last < date) {
            rows.push((date, close, price(adjusted.and_then(|list| list.get(index))).unwrap_or(NONE)));
        }
    }
    Some((name, rows, adjusted.is_some()))
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    #[test]
    fn a_chart_answer_is_read_without_its_unfinished_day() {
        let content = r#"{"chart": {"result": [{"meta": {"symbol": "SPY", "gmtoffset": -14400}, "timestamp": [1777555800, 1777642200],
            "indicators": {"quote": [{"close": [718.66, null]}], "adjclose": [{"adjclose": [717.5, null]}]}}], "error": null}}"#;
        let (market, _) = market(&[("spy.json", content)]);
        let (date, price) = market.price(&Symbol::new("SPY"), "2026-05-05".parse().unwrap()).unwrap();
        assert_eq!((date.to_string(), price.to_string()), ("2026-04-30".to_owned(), "718.66".to_owned()));
        assert_eq!(market.returns(&Symbol::new("SPY")).unwrap().values, [7_175_000_000_000]);
    }
}
