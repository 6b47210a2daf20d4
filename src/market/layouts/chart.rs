//! Yahoo's chart answer (JSON with `timestamp` and `indicators`), as a fetch saves it.

use chrono::NaiveDate;
use serde_json::Value;

use super::{Layout, is_weekday};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::cells::{self, NONE};
use crate::market::pieces::{Bars, Basis, is_sparse};
use crate::market::{BAD_ROWS, REFUSED};

/// Yahoo's chart JSON.
pub const LAYOUT: Layout = Layout {
    id: "yahoo-chart",
    doc: "The JSON of Yahoo's chart address: time stamps, closes and adjusted closes of one symbol. Days without a close \
          and the running one, which is stamped with the time of its last trade, are left out; weekly bars and other \
          currencies than the dollar are refused.",
    recognises: |input| {
        input.text.source.text.trim_start().starts_with('{') && parse(&input.text.source.text).is_some()
    },
    read: |input, pieces, sink: &mut Sink| {
        let place = Place::whole(&input.text.source);
        let Some(Chart { name, rows, adjusted, running, refused }) = parse(&input.text.source.text) else { return };
        if let Some(why) = refused {
            sink.push(Diagnostic::warning(REFUSED, format!("closes of {name} are not used: {why}")).at(place));
            return;
        }
        let mut bars = Bars::new(&name, if adjusted { Basis::Unadjusted } else { Basis::Unknown }, input);
        for (date, close, adjusted) in rows.into_iter().filter(|(date, ..)| is_weekday(*date)) {
            bars.dates.push(date);
            bars.close.push(close);
            bars.adjusted.push(adjusted);
        }
        if let Some(day) = running {
            let message = format!("the row of {day} was taken during the session and is left out");
            sink.push(Diagnostic::note(BAD_ROWS, message).at(place));
        }
        if is_sparse(&bars.dates) {
            sink.push(super::bars::weekly(input));
            return;
        }
        pieces.add_bars(bars);
    },
};

struct Chart {
    name: String,
    rows: Vec<(NaiveDate, i64, i64)>,
    adjusted: bool,
    /// A day that was not over.
    running: Option<NaiveDate>,
    /// Why nothing of it is used.
    refused: Option<String>,
}

/// Reads the answer. Days that are over are stamped with the opening of the session; the running one with the time of
/// its last trade, which lies before the end of the session that `currentTradingPeriod` gives.
fn parse(content: &str) -> Option<Chart> {
    let root: Value = serde_json::from_str(content).ok()?;
    let result = root.pointer("/chart/result/0")?;
    let number = |path: &str| result.pointer(path).and_then(Value::as_i64);
    let word = |path: &str| result.pointer(path).and_then(Value::as_str);
    let name = word("/meta/symbol")?.to_owned();
    let offset = number("/meta/gmtoffset").unwrap_or(0);
    let stamps = result.get("timestamp")?.as_array()?;
    let closes = result.pointer("/indicators/quote/0/close")?.as_array()?;
    let adjusted = result.pointer("/indicators/adjclose/0/adjclose").and_then(Value::as_array);
    let price = |value: Option<&Value>| {
        let text = value.filter(|value| value.is_number()).map(Value::to_string)?;
        cells::close(text.as_bytes()).filter(|close| *close != NONE)
    };
    let mut rows: Vec<(NaiveDate, i64, i64)> = Vec::new();
    let mut times: Vec<i64> = Vec::new();
    for (index, stamp) in stamps.iter().enumerate() {
        let stamp = stamp.as_i64()?;
        let time = chrono::DateTime::from_timestamp(stamp.checked_add(offset)?, 0)?;
        let Some(close) = price(closes.get(index)) else { continue };
        let date = time.date_naive();
        if rows.last().is_none_or(|(last, _, _)| *last < date) {
            rows.push((date, close, price(adjusted.and_then(|list| list.get(index))).unwrap_or(NONE)));
            times.push(stamp);
        }
    }
    // Summer time moves the opening by an hour of universal time, so the minutes of the hour are compared.
    let odd = match times.as_slice() {
        [first, .., last] => last.rem_euclid(3600) != first.rem_euclid(3600),
        _ => false,
    };
    let (last, start, end) = (
        times.last().copied(),
        number("/meta/currentTradingPeriod/regular/start"),
        number("/meta/currentTradingPeriod/regular/end"),
    );
    let open = match (last, start, end, number("/meta/regularMarketTime")) {
        (Some(last), Some(start), Some(end), Some(now)) => last >= start && now < end,
        _ => false,
    };
    let running = if odd || open { rows.pop().map(|(date, ..)| date) } else { None };
    let refused = match (word("/meta/currency"), word("/meta/dataGranularity")) {
        (Some(currency), _) if currency != "USD" => Some(format!("they are in {currency}, not in US dollars")),
        (_, Some(interval)) if interval != "1d" => Some(format!("they are bars of {interval}, not of a day")),
        _ => None,
    };
    Some(Chart { name, rows, adjusted: adjusted.is_some(), running, refused })
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

    #[test]
    fn the_running_session_is_no_close() {
        // 14:30 of three days, and 15:45 of a fourth.
        let odd = r#"{"chart": {"result": [{"meta": {"symbol": "SPY", "gmtoffset": -18000},
            "timestamp": [1763994600, 1764081000, 1764167400, 1764344700],
            "indicators": {"quote": [{"close": [700, 701, 702, 650]}]}}], "error": null}}"#;
        let last = |content: &str| {
            let (market, _) = market(&[("spy.json", content)]);
            market.last_session().map(|day| day.to_string())
        };
        assert_eq!(last(odd).as_deref(), Some("2025-11-26"));
        let open = odd.replace("1764344700", "1764340200").replace(
            r#""gmtoffset": -18000"#,
            r#""gmtoffset": -18000, "regularMarketTime": 1764345000,
            "currentTradingPeriod": {"regular": {"start": 1764340200, "end": 1764363600}}"#,
        );
        assert_eq!(last(&open).as_deref(), Some("2025-11-26"));
        assert_eq!(last(&open.replace("1764345000", "1764363600")).as_deref(), Some("2025-11-28"), "it is over");
        for meta in [r#""gmtoffset": 0, "currency": "GBp""#, r#""gmtoffset": 0, "dataGranularity": "1wk""#] {
            let (market, codes) = market(&[("spy.json", &odd.replace(r#""gmtoffset": -18000"#, meta))]);
            assert!(market.is_empty() && codes == ["warning market-refused"], "{codes:?}");
        }
    }
}
