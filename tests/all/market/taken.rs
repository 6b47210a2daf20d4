//! What a market file is taken for: one case of every kind of mistake, with the right answer.

use broaden::config::Document;
use broaden::diagnostics::{Sink, Source};
use broaden::market::{self, Market};
use broaden::model::{RawFile, Symbol};
use broaden::signals;

use super::synthetic::weekdays;

/// A table of so many weekdays from 2018-01-01 whose cells a function gives.
fn table(head: &str, days: usize, cells: impl Fn(usize) -> String) -> String {
    let rows = weekdays(days).into_iter().enumerate().map(|(row, day)| format!("{day},{}\n", cells(row)));
    format!("{head}\n{}", rows.collect::<String>())
}

fn load(files: &[(&str, String)]) -> (Market, Vec<&'static str>) {
    let raw: Vec<RawFile> = files.iter().map(|(name, text)| RawFile::new(*name, text.clone().into_bytes())).collect();
    let mut sink = Sink::default();
    let market = market::load(&raw, &mut sink);
    (market, sink.items.iter().map(|item| item.code.id).collect())
}

/// Value and note of a signal or brake of the defaults.
fn reading(files: &[(&str, String)], id: &str) -> (Option<f64>, String) {
    let (market, _) = load(files);
    let document = Document::load(Some(Source::file("broaden.toml", "")), &[], &mut Sink::default());
    let setup = signals::configure(&document, &mut Sink::default());
    let last = market.last_session().unwrap();
    let history = signals::history(&setup, &market, last);
    let signal = setup.signals.iter().position(|entry| entry.id.ends_with(id));
    let reading = match signal {
        Some(index) => history.reading(&setup.signals[index], index),
        None => {
            let index = setup.brakes.iter().position(|entry| entry.id.ends_with(id)).unwrap();
            setup.brakes[index].reading(&history.brakes[index])
        }
    };
    (reading.value, reading.note.unwrap_or_default())
}

fn spy(days: usize) -> (&'static str, String) {
    ("SPY.csv", table("Date,Close", days, |row| format!("{}", 700 + row % 3)))
}

fn ready() -> (&'static str, String) {
    ("S5TH.csv", table("Date,Close", 230, |_| "64.65".to_owned()))
}

#[test]
fn no_small_table_replaces_a_ready_made_series() {
    let indices: Vec<String> = ["CPC", "CPCS", "MOVE", "SKEW", "GVZ", "OVX", "EVZ", "DXY", "SPX", "RUT", "NDX"]
        .iter()
        .map(|name| format!("${name}.csv"))
        .collect();
    let closes = table("Date,Close", 230, |row| format!("{}", 50 + row));
    let mut folder: Vec<(&str, String)> = indices.iter().map(|name| (name.as_str(), closes.clone())).collect();
    for head in ["date,KO", "Date,Fear_Greed", "DATE,SP500", "date,us_ppi_yoy", "Date,Total_Return", "Date,MMTH"] {
        folder.push(("x.csv", table(head, 230, |row| format!("{}", 60 + row))));
        folder.push(ready());
        assert_eq!(reading(&folder, "breadth-200").0, Some(64.65), "{head}");
        folder.truncate(indices.len());
    }
}

#[test]
fn a_long_panel_is_used_and_a_stale_or_short_one_is_not_and_both_are_said() {
    let head = format!("date,{}", (0..60).map(|n| format!("S{n}")).collect::<Vec<_>>().join(","));
    let cells = |row: usize| (0..60).map(|n| format!("{:.2}", 50 + n + row % (7 + n))).collect::<Vec<_>>().join(",");
    let (value, note) = reading(&[("stocks.csv", table(&head, 230, cells)), ready()], "breadth-200");
    assert!(
        value.is_some_and(|value| value != 64.65) && note == "counted over stocks.csv; S5TH.csv not used",
        "{note}"
    );
    let (value, note) = reading(&[("stocks.csv", table(&head, 210, cells)), ready()], "breadth-200");
    assert_eq!(value, Some(64.65));
    assert_eq!(note, "from S5TH.csv to 2018-11-16; stocks.csv ended 2018-10-19, not used");
    let (value, note) = reading(&[("stocks.csv", table(&head, 210, cells)), spy(230)], "breadth-200");
    assert_eq!((value, note.as_str()), (None, "stocks.csv gives no value after 2018-10-19"));
}

#[test]
fn the_ticker_of_a_name_decides() {
    let up = |row: usize| format!("{}", 1000 + row % 7 * 50);
    let down = |row: usize| format!("{}", 1000 + row % 5 * 60);
    let mut files = vec![
        ("NYSE_Advancing_Stocks_$NSHU.csv", table("Time,Last", 100, up)),
        ("NYSE_Declining_Stocks_$NSHD.csv", table("Time,Last", 100, down)),
    ];
    let right = reading(&files, "ad-line").0;
    assert!(right.is_some());
    files.push(("NYSE_Advancing_Volume_$NVLU.csv", table("Time,Last", 100, |row| format!("{}.5", 3000 + row))));
    files.push(("NASD_Advancing_Stocks_$QSHU.csv", table("Time,Last", 100, |row| format!("{}", 2000 + row % 3))));
    assert_eq!(reading(&files, "ad-line").0, right);
    let vix = ("VIX_History.csv", table("DATE,CLOSE", 30, |_| "15".to_owned()));
    let oil = ("Crude_Oil_VIX_$OVX.csv", table("Time,Last", 30, |_| "96".to_owned()));
    assert_eq!(reading(&[spy(30), vix, oil], "vix").0, Some(15.0));
    let other =
        ("Nasdaq 100 Stocks Above 200-Day Average Historical Data.csv", table("Date,Price", 5, |_| "91.5".to_owned()));
    let (market, codes) = load(&[other]);
    assert!(market.is_empty() && codes == ["market-no-symbol"], "{codes:?}");
}

#[test]
fn counts_beside_each_other_are_no_universe() {
    let pair = table("Date,ADVN,DECN", 100, |row| format!("{},{}", 1500 + row % 7 * 50, 1200 + row % 5 * 60));
    let three = table("Date,ADVN,DECN,UNCH", 100, |row| {
        format!("{},{},{}", 1500 + row % 7 * 50, 1200 + row % 5 * 60, 90 + row % 3)
    });
    let right = reading(&[("ad.csv", pair)], "ad-line").0;
    assert!(right.is_some());
    assert_eq!(reading(&[("ad.csv", three)], "ad-line").0, right);
}

#[test]
fn columns_of_bars_are_no_stocks() {
    let bars = table("Date,Open,High,Low,Closing Price,Volume", 230, |row| {
        format!("{},{},{},{},{}", 700 + row, 701 + row, 699 + row, 700 + row, 1000 + row)
    });
    assert!(reading(&[("SPY.csv", bars.clone())], "spy-trend").0.is_some());
    assert_eq!(reading(&[("SPY.csv", bars)], "breadth-200").0, None);
    let head: Vec<String> =
        (0..60).flat_map(|n| ["Open", "Close", "Volume"].map(|field| format!("S{n}.{field}"))).collect();
    // Every open falls and every close rises.
    let cells =
        |row: usize| (0..60).map(|n| format!("{},{},1000", 900 + n - row, 50 + n + row)).collect::<Vec<_>>().join(",");
    let wide = table(&format!("date,{}", head.join(",")), 230, cells);
    assert_eq!(reading(&[("stocks.csv", wide)], "breadth-200").0, Some(100.0));
}

#[test]
fn what_a_series_cannot_be_is_refused_with_the_reason() {
    let fraction = table("date,pct_above_ma200", 6, |_| "0.6465".to_owned());
    let months = |value: &str| (1..13).map(|month| format!("2018-{month:02}-01,{value}\n")).collect::<String>();
    let cases = [
        ("b.csv", fraction, "market-impossible"),
        ("VIXCLS.csv", format!("observation_date,VIXCLS\n{}", months("40")), "market-weekly"),
        ("VIXCLS.csv", table("observation_date,VIXCLS", 9, |_| "700".to_owned()), "market-impossible"),
        ("UNRATE.csv", format!("observation_date,UNRATE\n{}", months("0.04")), "market-impossible"),
        ("CPIAUCSL.csv", format!("observation_date,CPIAUCSL\n{}", months("3.1")), "market-impossible"),
        ("PAYEMS.csv", format!("observation_date,PAYEMS\n{}", months("158000000")), "market-impossible"),
        ("UNRATE.csv", table("observation_date,UNRATE", 9, |_| "4".to_owned()), "market-weekly"),
        ("f.csv", format!("date,SPY,RSP\n{}", months("700,200")), "market-weekly"),
        ("SPY.csv", "Date,Open,High,Low,Close,Volume\n".to_owned(), "market-unrecognised"),
        ("SPY.csv", "Date,Open,High,Low,Close,Volume\nsoon,1,1,1,1,1\n".to_owned(), "market-unrecognised"),
    ];
    for (name, content, code) in cases {
        let (market, codes) = load(&[(name, content.clone())]);
        assert!(codes.contains(&code) && market.is_empty(), "{content} {codes:?}");
    }
}

#[test]
fn years_of_two_digits_and_commas_in_dates_are_read() {
    let days = weekdays(12);
    let short: String = days.iter().map(|day| format!("{}, 700, 700, 700, 700\n", day.format("%m/%d/%y"))).collect();
    let long: String = days.iter().map(|day| format!("\"{}\",700,200\n", day.format("%b %d, %Y"))).collect();
    for (name, content) in
        [("SPY.csv", format!("Date, Open, High, Low, Close\n{short}")), ("f.csv", format!("Date,SPY,RSP\n{long}"))]
    {
        let (market, codes) = load(&[(name, content)]);
        assert_eq!(market.sessions(), days, "{codes:?}");
    }
}

#[test]
fn a_slip_in_a_year_does_not_move_the_day_of_the_answer() {
    let content =
        table("date,SPY,RSP,IWM", 80, |row| format!("{},200,250", 700 + row % 9)) + "2062-11-20,700,200,250\n";
    let (market, codes) = load(&[("f.csv", content)]);
    assert_eq!(market.last_session(), weekdays(80).last().copied());
    assert!(codes.contains(&"market-bad-rows"));
}

#[test]
fn long_tables_of_adjusted_closes_keep_their_tickers() {
    for symbol in ["ticker", "tic", "Name", "stock"] {
        let (market, _) = load(&[("KO.csv", table(&format!("date,{symbol},Adj Close"), 5, |_| "AAPL,200".to_owned()))]);
        assert!(market.closes(&Symbol::new("AAPL")).is_some(), "{symbol}");
    }
}
