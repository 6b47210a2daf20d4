//! One symbol's daily bars: Yahoo, yfinance, Stooq, Investing.com, TradingView, Barchart, Nasdaq, Alpha Vantage,
//! Tiingo, EODHD, Cboe, Google Finance.

use chrono::NaiveDate;

use super::{Input, Layout, Row, is_weekday, splits};
use crate::diagnostics::{Diagnostic, Place, Sink, counted};
use crate::market::cells::{self, NONE};
use crate::market::names::{self, symbol_hint};
use crate::market::pieces::{Bars, Basis, Pieces, is_sparse};
use crate::market::{BAD_CELLS, DUPLICATES, NO_SYMBOL, NON_SESSIONS, REFUSED, WEEKLY, special};
use crate::reference;

/// Columns that hold the close, best first.
pub const CLOSE: [&str; 19] = [
    "close",
    "closelast",
    "closingprice",
    "closeprice",
    "last",
    "lastprice",
    "pxlast",
    "latest",
    "price",
    "zamkniecie",
    "schlusskurs",
    "schluss",
    "zuletzt",
    "dernier",
    "cierre",
    "ultimo",
    "settle",
    "nav",
    "value",
];
/// Columns that hold the close adjusted for dividends.
pub const ADJUSTED: [&str; 4] = ["adjclose", "adjustedclose", "closeadj", "adjustedclosingprice"];
/// Columns that only files of bars have.
const MARKS: [&str; 16] = [
    "open",
    "high",
    "low",
    "volume",
    "vol",
    "otwarcie",
    "change",
    "adjclose",
    "adjustedclose",
    "closelast",
    "eroffnung",
    "hoch",
    "volumen",
    "ouverture",
    "apertura",
    "massimo",
];

/// Bars of one symbol.
pub const LAYOUT: Layout = Layout {
    id: "daily-bars",
    doc: "One symbol per file, `Date,Open,High,Low,Close,Volume` in the spelling of any vendor. The symbol is a column \
          or the file's name (`SPY.csv`).",
    recognises: |input| {
        let head = &input.head;
        head.date.is_some()
            && head.column(&CLOSE).or(head.column(&ADJUSTED)).is_some()
            // `Date,Close` is enough, and what stands beside a close is no ticker; `Date,Value` may be any series.
            && (head.column(&MARKS).is_some()
                || head.column(&["close", "closingprice", "closeprice", "adjclose", "pxlast", "lastprice"]).is_some()
                || head.keys.len() == 2 && (head.column(&CLOSE) != head.column(&["value"]) || is_quoted(input.stem())))
    },
    read,
};

/// Returns whether a name is that of something with a ticker, so that its `Value` is a close.
fn is_quoted(stem: &str) -> bool {
    symbol_hint(stem).is_some_and(|name| special::meaning(&name).is_some() || reference::is_listed(&name))
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let rows = input.dated(sink);
    match symbol_hint(input.stem()) {
        Some(name) => read_symbol(input, &rows, &name, pieces, sink),
        None => sink.push(no_symbol(input)),
    }
}

/// Reads the rows of one symbol by the file's header.
pub fn read_symbol(input: &Input<'_>, rows: &[Row<'_>], name: &str, pieces: &mut Pieces, sink: &mut Sink) {
    let head = &input.head;
    let close = head.column(&CLOSE);
    let adjusted = head.column(&ADJUSTED);
    // Stooq's closes are adjusted: its Polish header and that of its bulk files are like no other, its English one is
    // known by the file's name only.
    let stooq = head.has(&["zamkniecie"]) || head.has(&["per", "openint"]) || names::is_stooq(input.stem());
    let basis = match () {
        // Beside adjusted closes the others are not, whatever the file is called (`daily_adjusted_SPY`).
        () if adjusted.is_some() => Basis::Unadjusted,
        // yfinance's history carries the dividends beside closes that already contain them.
        () if stooq || head.has(&["dividends"]) => Basis::Adjusted,
        () => Basis::said_by(&input.text.comments(), input.stem()),
    };
    if let Some(currency) = foreign(head.column(&["currency"]), rows) {
        let message = format!("closes of {name} are not used: they are in {currency}, not in US dollars");
        sink.push(Diagnostic::warning(REFUSED, message).at(Place::whole(&input.text.source)));
        return;
    }
    let mut bars = Bars::new(name, basis, input);
    fill(input, rows, close, adjusted, &mut bars, sink);
    match head.column(&["splitfactor", "splitcoefficient"]) {
        Some(column) => splits::by_factors(rows, column, &mut bars),
        None => splits::by_adjusted(&mut bars, sink),
    }
    pieces.add_bars(bars);
}

/// Returns the first currency of some rows that is not the dollar.
fn foreign<'a>(column: Option<usize>, rows: &'a [Row<'_>]) -> Option<&'a str> {
    let cells = rows.iter().map(|row| column.map_or("", |column| row.cell(column)));
    cells.into_iter().find(|cell| !cell.is_empty() && !cell.eq_ignore_ascii_case("USD"))
}

/// Returns the report of a file that does not say whose prices it holds.
pub fn no_symbol(input: &Input<'_>) -> Diagnostic {
    Diagnostic::warning(NO_SYMBOL, "neither the content nor the name of this file says whose prices it holds")
        .at(Place::whole(&input.text.source))
        .hint("name it after its symbol, for example SPY.csv")
}

/// Returns the report of rows that are not sessions.
pub fn weekly(input: &Input<'_>) -> Diagnostic {
    Diagnostic::warning(WEEKLY, "weekly or monthly bars: averages over sessions need daily ones; not used")
        .at(Place::whole(&input.text.source))
        .hint("download the daily history")
}

/// Two downloads of the same close differ by float noise of a few parts in 10^7 only.
fn differ(a: i64, b: i64) -> bool {
    a.abs_diff(b) > a.max(b).unsigned_abs() / 1_000_000
}

/// Copies the rows into dates and closes; same days are merged, weekends left out, weekly bars refused.
pub fn fill(
    input: &Input<'_>,
    rows: &[Row<'_>],
    close: Option<usize>,
    adjusted: Option<usize>,
    bars: &mut Bars,
    sink: &mut Sink,
) {
    let source = &input.text.source;
    let (mut bad, mut weekend): (Option<usize>, Option<NaiveDate>) = (None, None);
    let mut repeats: (usize, Option<NaiveDate>) = (0, None);
    let mut kept = NONE;
    for row in rows {
        if !is_weekday(row.stamp.date) {
            weekend.get_or_insert(row.stamp.date);
            continue;
        }
        let mut read = |column: Option<usize>| match column {
            Some(column) => cells::close(row.cell(column).as_bytes()).unwrap_or_else(|| {
                bad.get_or_insert(row.line);
                NONE
            }),
            None => NONE,
        };
        let (close, adjusted) = (read(close), read(adjusted));
        if close == NONE && adjusted == NONE {
            continue;
        }
        if bars.dates.last() == Some(&row.stamp.date) {
            repeats.0 += 1;
            if differ(kept, close) {
                repeats.1.get_or_insert(row.stamp.date);
                if let (Some(close), Some(adjusted)) = (bars.close.last_mut(), bars.adjusted.last_mut()) {
                    (*close, *adjusted) = (NONE, NONE);
                }
            }
            continue;
        }
        kept = close;
        bars.dates.push(row.stamp.date);
        bars.close.push(close);
        bars.adjusted.push(adjusted);
    }
    if let Some(line) = bad {
        let message = "cells of this file are not prices and are read as missing, the first in this line";
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(source, line)));
    }
    if let Some(date) = weekend {
        let message = format!("rows on a Saturday or Sunday left out, the first {date}");
        sink.push(Diagnostic::note(NON_SESSIONS, message).at(Place::whole(source)));
    }
    match repeats {
        (0, _) => {}
        (count, None) => {
            let message = format!(
                "merged: {}",
                counted(count, "repeated row that says the same", "repeated rows that say the same")
            );
            sink.push(Diagnostic::note(DUPLICATES, message).at(Place::whole(source)));
        }
        (_, Some(date)) => {
            let message = format!("days occur twice with different closes, first {date}; those closes are not used");
            sink.push(Diagnostic::warning(DUPLICATES, message).at(Place::whole(source)));
        }
    }
    if is_sparse(&bars.dates) {
        sink.push(weekly(input));
        (bars.dates, bars.close, bars.adjusted) = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    /// The same two days as each vendor writes them.
    #[test]
    fn every_vendor_is_understood() {
        let files = [
            "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-02,1,1,1,10.5,10,5\n2020-01-03,1,1,1,11,10.6,5\n",
            "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n2020-01-02 00:00:00-05:00,1,1,1,10.5,5,0.0,0.0\n2020-01-03 00:00:00-05:00,1,1,1,11,5,0.0,0.0\n",
            "\r\nData,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\r\n2020-01-02,1,1,1,10.5,5\r\n2020-01-03,1,1,1,11,5\r\n",
            "\u{feff}\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"]\n\"01/13/2020\",\"12\",\"1\",\"1\",\"1\",\"\",\"+0.1%\"\n\"01/03/2020\",\"11\",\"1\",\"1\",\"1\",\"3.33B\",\"0%\"\n\"01/02/2020\",\"10.5\",\"1\",\"1\",\"1\",\"\",\"0%\"\n",
            "Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen\n2020-01-02,1,1,1,10.5,5\n2020-01-03,1,1,1,11,5\n",
            "time,open,high,low,close,Volume,Volume MA\n1577975400,1,1,1,10.5,5,\n1578061800,1,1,1,11,5,\n",
            "Time,Open,High,Low,Latest,Change,%Change,Volume\n2020-01-03,1,1,1,11,0.5,+1.75%,\"1,195\"\n2020-01-02,1,1,1,10.5,0,0%,\"1,000\"\n\"Downloaded from Barchart.com as of 01-05-2020 08:09am CDT\"\n",
            "Date,Close/Last,Volume,Open,High,Low\r\n01/13/2020,$12,1,$1,$1,$1\r\n01/03/2020,$11.00,1,$1,$1,$1\r\n01/02/2020,$10.50,1,$1,$1,$1\r\n",
            "timestamp,open,high,low,close,volume\r\n2020-01-03,1,1,1,11.0000,5\r\n2020-01-02,1,1,1,10.5000,5\r\n",
            ",Date,Open,High,Low,Close,Adjusted_close,Volume\r\n0,2020-01-02,1,1,1,10.5,10,5\r\n1,2020-01-03,1,1,1,11,10.6,5\r\n141778\r\n",
            "DATE,OPEN,HIGH,LOW,CLOSE\n01/02/2020,1,1,1,10.500000\n01/03/2020,1,1,1,11.000000\n01/13/2020,1,1,1,12\n",
            "Date,Close\n1/2/2020 16:00:00,10.5\n1/3/2020 16:00:00,11\n1/13/2020 16:00:00,12\n",
            "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n2020-01-02,21,1,1,1,1,10,1,1,1,1,0.0,1.0\n2020-01-03,11,1,1,1,1,10.6,1,1,1,1,0.0,2.0\n",
        ];
        for content in files {
            let (market, codes) = market(&[("XLI.csv", content)]);
            let at = |day: &str| market.price(&Symbol::new("XLI"), day.parse().unwrap()).map(|(_, p)| p.to_string());
            assert_eq!(at("2020-01-02").as_deref(), Some("10.5"), "{content}\n{codes:?}");
            assert_eq!(at("2020-01-05").as_deref(), Some("11"), "{content}");
            assert!(!codes.iter().any(|code| code.starts_with("error")), "{content}\n{codes:?}");
        }
    }

    /// As German, French, Spanish and Italian sites and spreadsheets write them: decimal commas, days first, or days counted
    /// from 1899. A comma that may be of thousands is read as such only where nothing is decimal.
    #[test]
    fn bars_of_other_languages_and_of_spreadsheets_are_read() {
        for content in [
            "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n27.11.2026;1,0;1,0;1,0;1.687,85;3\n26.11.2026;1,0;1,0;1,0;1.686,000;3\n",
            "\u{feff}\"Datum\",\"Zuletzt\",\"Eröffn.\",\"Hoch\",\"Tief\",\"Vol.\",\"+/- %\"\n\"27.11.2026\",\"1.687,85\",\"1,0\",\"1,0\",\"1,0\",\"3,33M\",\"0,37%\"\n\"26.11.2026\",\"1.686,00\",\"1,0\",\"1,0\",\"1,0\",\"\",\"0,37%\"\n",
            "Date;Dernier;Ouverture\n27/11/2026;1687,85;1,0\n26/11/2026;1686,00;1,0\n",
            "Fecha;Cierre;Apertura\n27/11/2026;1687,85;1,0\n26/11/2026;1686;1,0\n",
            "Data;Ultimo;Apertura;Massimo\n27.11.2026;1.687,85;1,0;1,0\n26.11.2026;1.686;1,0;1,0\n",
            "Date,Close\n46353,1687.85\n46352,1686\n",
            "Datum;Schluss\n46353;1687,85\n46352;1686,00\n",
            "date;SPY\n46352,6667;1686\n46353,6667;1687,85\n",
        ] {
            let (market, codes) = market(&[("SPY.csv", content)]);
            let at = |day: &str| market.price(&Symbol::new("SPY"), day.parse().unwrap()).map(|(_, p)| p.to_string());
            assert_eq!(at("2026-11-26").as_deref(), Some("1686"), "{content}\n{codes:?}");
            assert_eq!(at("2026-11-27").as_deref(), Some("1687.85"), "{content}\n{codes:?}");
            assert!(codes.iter().all(|code| code == "note market-unadjusted-only"), "{content} {codes:?}");
        }
    }

    /// The vendor's file name or columns say whether closes contain the dividends.
    #[test]
    fn adjusted_and_unadjusted_closes_are_told_apart() {
        let head = "Date,Open,High,Low,Close,Volume\n2020-01-02,1,1,1,10.5,5\n";
        let alpha = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n2020-01-02,1,1,1,10.5,9,5,0,1\n";
        let history =
            "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n2020-01-02 00:00:00-05:00,1,1,1,10.5,5,0.0,0.0\n";
        let bulk = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nXLI.US,D,20200102,000000,1,1,1,10.5,5,0\n";
        for (name, content, adjusted) in [
            ("XLI.csv", head, None),
            ("xli_us_d.csv", head, Some("10.5")),
            ("xli.us.txt", bulk, Some("10.5")),
            ("XLI_adj.csv", head, Some("10.5")),
            ("daily_adjusted_XLI.csv", alpha, Some("9")),
            ("XLI.csv", history, Some("10.5")),
        ] {
            let (market, codes) = market(&[(name, content)]);
            let xli = Symbol::new("XLI");
            assert_eq!(market.has_dividends(&xli), adjusted.is_some(), "{name} {codes:?}");
            let returns = market.returns(&xli).unwrap().values[0];
            assert_eq!(cells_text(returns), adjusted.unwrap_or("10.5"), "{name}");
            assert_eq!(cells_text(market.closes(&xli).unwrap().values[0]), "10.5", "{name}");
        }
    }

    fn cells_text(close: i64) -> String {
        crate::market::cells::to_price(close).to_string()
    }

    #[test]
    fn the_same_day_a_dozen_times_is_one_day() {
        let row = "2020-01-02 14:30:00,1,1,1,10.500000915527344,5\n".repeat(11);
        let noisy = "2020-01-02 14:30:00,1,1,1,10.50000091552735,5\n2020-01-03 14:30:00,1,1,1,11,5\n";
        let (read, codes) = market(&[("XLI.csv", &format!("Datetime,Open,High,Low,Close,Volume\n{row}{noisy}"))]);
        assert_eq!(read.closes(&Symbol::new("XLI")).unwrap().values.len(), 2);
        assert!(codes.contains(&"note market-duplicates".to_owned()), "{codes:?}");
    }

    #[test]
    fn weekly_bars_and_disagreeing_days_are_not_used() {
        let head = "Date,Open,High,Low,Close,Adj Close,Volume\n";
        let row = |date: &str, close: &str| format!("{date},1,1,1,{close},{close},5\n");
        let weekly: String =
            ["01-06", "01-13", "01-20", "01-27", "02-03"].map(|d| row(&format!("2020-{d}"), "10")).concat();
        let (read, codes) = market(&[("SPY.csv", &format!("{head}{weekly}"))]);
        assert!(codes.contains(&"warning market-weekly".to_owned()) && read.is_empty(), "{codes:?}");
        let twice = format!("{head}{}{}{}", row("2020-01-02", "10"), row("2020-01-03", "11"), row("2020-01-03", "12"));
        let (read, codes) = market(&[("SPY.csv", &twice)]);
        assert!(codes.contains(&"warning market-duplicates".to_owned()), "{codes:?}");
        assert_eq!(read.price(&Symbol::new("SPY"), "2020-01-05".parse().unwrap()).unwrap().1.to_string(), "10");
    }

    #[test]
    fn closes_in_another_currency_are_refused_and_a_value_with_a_ticker_is_a_close() {
        let rows = "Date,Close,Currency\n2020-01-02,10.5,EUR\n2020-01-03,11,EUR\n";
        let (euros, codes) = market(&[("SPY.csv", rows)]);
        assert!(euros.is_empty() && codes == ["warning market-refused"], "{codes:?}");
        assert!(!market(&[("SPY.csv", &rows.replace("EUR", "USD"))]).0.is_empty());
        let (values, _) =
            market(&[("S5TH.csv", "Date,Value\n2020-01-02,55\n"), ("SPY.csv", "Date,Value\n2020-01-02,300\n")]);
        assert!(values.breadth(crate::market::Breadth::PercentAbove(200)).is_some());
        assert!(values.closes(&Symbol::new("SPY")).is_some());
    }

    #[test]
    fn an_unfinished_last_row_is_left_out() {
        let content = "Date,Open,High,Low,Close,Volume\n2020-01-02 16:00:00,1,1,1,10,5\n2020-01-03 16:00:00,1,1,1,11,5\n2020-01-06 11:45:00,1,1,1,9,5\n";
        let (read, _) = market(&[("SPY.csv", content)]);
        assert_eq!(read.price(&Symbol::new("SPY"), "2020-01-07".parse().unwrap()).unwrap().1.to_string(), "11");
    }

    #[test]
    fn a_file_without_a_symbol_is_reported() {
        let content = "Date,Open,High,Low,Close,Volume\n2020-01-02,1,1,1,10,5\n";
        assert_eq!(market(&[("my prices.csv", content)]).1, ["warning market-no-symbol"]);
    }
}
