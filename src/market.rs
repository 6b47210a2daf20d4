//! Prices, breadth and macro series from the user's market folder, whatever vendor they come from.
//!
//! In go files as they are; out comes one [`Market`] that knows no vendor: closes as traded and closes with dividends
//! by symbol, the panel whose breadth is counted, who was a member when, macro series with their release dates, and
//! ready-made breadth. Each file is recognised by content ([`layouts`]); its name is only a hint for the symbol where
//! the content has none.
//!
//! What a session is: a row of the panel on which the reference fund (SPY) traded, where the files have that fund;
//! else a weekday row that is not a copy of the one before. No calendar is guessed, nothing is filled forward.
//!
//! What the universe is: the stocks of the wide files with fifty or more of them, else all one-symbol stock files and
//! smaller tables together. Fewer than fifty are prices of holdings, and are counted only where a signal says
//! `source = "panel"`. Funds and indices never count as stocks.

mod assemble;
pub mod cells;
mod commas;
pub mod dates;
pub mod exchange;
pub mod facts;
pub(crate) mod halves;
pub mod jumps;
pub mod layouts;
pub mod macros;
mod names;
pub mod pieces;
pub mod rates;
mod ready;
pub mod special;
pub(crate) mod text;
mod universe;
pub mod wanted;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::diagnostics::{Diagnostic, Place, Sink, Source};
use crate::model::{InputFile, RawFile, Symbol};
use crate::units::Price;

use cells::NONE;
pub use macros::MacroSeries;
pub use special::Breadth;

crate::codes! {
    UNRECOGNISED "market-unrecognised" "The file is not in a layout of market data that broaden knows, so nothing of it is used. A first line such as `date,SPY,RSP` or `Date,Open,High,Low,Close,Volume` is understood.";
    REFUSED "market-refused" "The file holds what a web site sends instead of data: a login page, a demand for an API key, a message about limits. Download it again.";
    UNREADABLE "market-unreadable" "The file cannot be decoded: damaged gzip, a zip archive, or not text.";
    NOT_MARKET "market-not-market" "The file is known, but holds no market data: fund holdings, dividends or facts about companies.";
    BAD_ROWS "market-bad-rows" "Rows without a readable date are left out. After the data they are footers; inside it they are holes.";
    BAD_CELLS "market-bad-cells" "Cells that are neither numbers nor blank are read as missing, never as zero.";
    DUPLICATES "market-duplicates" "A day or column occurs more than once in a file. Copies that say the same are merged; closes that disagree are not used.";
    NON_SESSIONS "market-non-sessions" "Rows on days without trading (weekends, holidays copied from the day before) are left out.";
    AMBIGUOUS_DATES "market-ambiguous-dates" "No row of the file tells day from month. It is read as month/day/year, the habit of American vendors.";
    NO_SYMBOL "market-no-symbol" "Neither the content nor the file's name says whose prices or which series it holds. Name it after the symbol, like SPY.csv.";
    WEEKLY "market-weekly" "The rows do not come as often as the series does: weekly or monthly bars where daily ones are needed, or a series of FRED saved at another frequency. The file is not used.";
    IMPOSSIBLE "market-impossible" "Values lie outside what the series can be, so they are in another unit or of another series: a percentage given as a fraction, an index as a yearly change, volumes as counts. They are not used.";
    OTHER_MARKET "market-other-market" "The name of the file or of a column says that the breadth in it is of another market (the Nasdaq, another index), so it is not taken for that of the NYSE or the S&P 500.";
    EXCHANGE "market-exchange" "Nothing in the file says of which exchange its advances and declines are, so they are taken for those of `advances-of` under [market] in the config: the NYSE, unless it says otherwise. `nyse` or `nasdaq` in the name of the file says it.";
    NO_UNIVERSE "market-no-universe" "A table of fifty names or more is not counted for breadth, because they are not stocks of this market: coins, or shares of another exchange.";
    LATE_ROWS "market-late-rows" "Rows of a day whose session was not over when the program ran, or that lies in the future: a price of the running session is no close, and a day to come is a mistyped one. They are left out.";
    DISAGREE "market-disagree" "Two files give different closes for the same symbol and day, as happens when a split or dividend falls between two downloads. The file that reaches furthest is used alone.";
    ADJUSTED_ONLY "market-adjusted-only" "Only dividend-adjusted closes are there. They are right for returns; as prices they are right on the last days only.";
    UNADJUSTED_ONLY "market-unadjusted-only" "No file says that its closes contain the dividends, so the others serve for returns, and ratios may drift with the difference of the yields. `adj` in the file's name or a first line `# adjusted closes` says it.";
    SPLIT "market-split" "The vendor prints closes as traded. Where its adjusted closes show a split, earlier closes were divided by it, so that the split is not read as a crash.";
    SPLIT_QUESTION "market-split-question" "A close changes within a day as a split would change it, and nothing says whether it was one. Closes before that day are not used until `[splits]` of the config answers; `broaden explain splits` says how.";
    LOOKS_ADJUSTED "market-looks-adjusted" "The panel seems to contain dividends. Breadth on such closes is 2 to 4 points too high; thresholds do not carry over.";
    SURVIVORSHIP "market-survivorship" "Every stock of the panel is still there and no membership file says who was a member when, so the past looks better than it was.";
    SMALL_UNIVERSE "market-small-universe" "Breadth is counted over a short list of stocks. It says how those do, not how broad the market's advance is.";
    GAP "market-gap" "Rows are missing from the panel for more than ten days. Averages and changes across the gap mean little.";
}

/// Closes of one symbol: only days that have one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Closes {
    /// Ascending.
    pub dates: Vec<NaiveDate>,
    /// Whole numbers of [`cells::SCALE`], beside `dates`.
    pub values: Vec<i64>,
}

impl Closes {
    /// Returns the close of a day.
    pub fn at(&self, date: NaiveDate) -> Option<i64> {
        self.dates.binary_search(&date).ok().and_then(|index| self.values.get(index)).copied()
    }
    /// Returns the last close on or before a day.
    pub fn on_or_before(&self, date: NaiveDate) -> Option<(NaiveDate, i64)> {
        let index = self.dates.partition_point(|day| *day <= date).checked_sub(1)?;
        Some((*self.dates.get(index)?, *self.values.get(index)?))
    }
}

/// A ready-made series of breadth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Where it comes from.
    pub files: Vec<String>,
    /// Ascending.
    pub dates: Vec<NaiveDate>,
    /// Beside `dates`.
    pub values: Vec<f64>,
}

impl Series {
    /// Returns the value of a day.
    pub fn at(&self, date: NaiveDate) -> Option<f64> {
        self.dates.binary_search(&date).ok().and_then(|index| self.values.get(index)).copied()
    }
}

/// One stock of the panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its ticker.
    pub symbol: Symbol,
    /// Scaled closes, one per session; [`cells::NONE`] where there is none.
    pub closes: Vec<i64>,
}

/// The closes that breadth is counted over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Ascending; a row each.
    pub sessions: Vec<NaiveDate>,
    /// In ticker order.
    pub columns: Vec<Column>,
    /// Where it comes from.
    pub files: Vec<String>,
}

/// Who was in the index when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members {
    /// Intervals `start <= day < end` by ticker; no end while still a member.
    pub intervals: BTreeMap<Symbol, Vec<(NaiveDate, Option<NaiveDate>)>>,
}

impl Members {
    fn new(mut intervals: BTreeMap<Symbol, Vec<(NaiveDate, Option<NaiveDate>)>>) -> Members {
        intervals.values_mut().for_each(|list| list.sort_unstable());
        Members { intervals }
    }
    /// Returns whether a ticker was a member on a day.
    pub fn contains(&self, symbol: &Symbol, day: NaiveDate) -> bool {
        self.intervals.get(symbol).is_some_and(|list| list.iter().any(|interval| covers(interval, day)))
    }
    /// Returns how many members the index had on a day, with or without closes.
    pub fn count(&self, day: NaiveDate) -> usize {
        self.intervals.values().filter(|list| list.iter().any(|interval| covers(interval, day))).count()
    }
}

fn covers((start, end): &(NaiveDate, Option<NaiveDate>), day: NaiveDate) -> bool {
    *start <= day && end.is_none_or(|end| day < end)
}

/// Everything the market files say.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// What was read.
    pub files: Vec<InputFile>,
    closes: BTreeMap<Symbol, Closes>,
    adjusted: BTreeMap<Symbol, Closes>,
    panel: Option<Panel>,
    members: Option<Members>,
    macros: BTreeMap<String, MacroSeries>,
    breadth: BTreeMap<Breadth, Series>,
    facts: BTreeMap<Symbol, facts::Facts>,
    /// Which files the closes of a symbol come from.
    files_of: BTreeMap<Symbol, Vec<String>>,
    sessions: Vec<NaiveDate>,
}

/// The fund whose trading days are the sessions.
pub const REFERENCE_FUND: &str = "SPY";

impl Market {
    /// Returns whether there is no data at all.
    pub fn is_empty(&self) -> bool {
        self.closes.is_empty()
            && self.adjusted.is_empty()
            && self.panel.is_none()
            && self.macros.is_empty()
            && self.breadth.is_empty()
    }

    /// Returns the days of trading the files know of, ascending: the days of the reference fund and of the panel;
    /// without the fund those of ready-made breadth after the panel's last too.
    pub fn sessions(&self) -> &[NaiveDate] {
        &self.sessions
    }

    /// Returns the last day of trading in the files.
    pub fn last_session(&self) -> Option<NaiveDate> {
        self.sessions.last().copied()
    }

    /// Returns the close of a symbol as traded, in decimals, on a day or the last one before it. Where only closes
    /// with dividends are there, those.
    pub fn price(&self, symbol: &Symbol, on_or_before: NaiveDate) -> Option<(NaiveDate, Price)> {
        let quoted = |closes: &Closes| closes.on_or_before(on_or_before);
        let (date, close) = self.closes.get(symbol).and_then(quoted).or_else(|| {
            let in_panel = self.panel.as_ref().and_then(|panel| panel.on_or_before(symbol, on_or_before));
            in_panel.or_else(|| self.adjusted.get(symbol).and_then(quoted))
        })?;
        Some((date, cells::to_price(close)))
    }

    /// Returns the closes of a symbol as traded, where one-symbol or fund files have them; else those with dividends.
    pub fn closes(&self, symbol: &Symbol) -> Option<&Closes> {
        self.closes.get(symbol).or_else(|| self.adjusted.get(symbol))
    }

    /// Returns the closes of a symbol for returns and ratios: with dividends where the files have them.
    pub fn returns(&self, symbol: &Symbol) -> Option<&Closes> {
        self.adjusted.get(symbol).or_else(|| self.closes.get(symbol))
    }

    /// Returns the files that the closes of a symbol come from.
    pub fn files_of(&self, symbol: &Symbol) -> &[String] {
        self.files_of.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// Returns every file that something was taken from as prices or as a series, with what that is.
    pub fn taken(&self) -> BTreeMap<&str, Vec<String>> {
        let mut taken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (symbol, files) in &self.files_of {
            files.iter().for_each(|file| taken.entry(file).or_default().push(symbol.to_string()));
        }
        for (id, series) in &self.macros {
            series.vintages.iter().for_each(|vintage| taken.entry(&vintage.file).or_default().push(id.clone()));
        }
        for (kind, series) in &self.breadth {
            series.files.iter().for_each(|file| taken.entry(file).or_default().push(kind.name()));
        }
        taken
    }

    /// Returns whether the closes for returns contain the dividends.
    pub fn has_dividends(&self, symbol: &Symbol) -> bool {
        self.adjusted.contains_key(symbol)
    }

    /// Returns the panel that breadth is counted over.
    pub fn panel(&self) -> Option<&Panel> {
        self.panel.as_ref()
    }

    /// Returns who was a member when.
    pub fn members(&self) -> Option<&Members> {
        self.members.as_ref()
    }

    /// Returns a macro series by its FRED id.
    pub fn macro_series(&self, id: &str) -> Option<&MacroSeries> {
        self.macros.get(&macros::canonical(id))
    }

    /// Returns a ready-made breadth series.
    pub fn breadth(&self, kind: Breadth) -> Option<&Series> {
        self.breadth.get(&kind)
    }

    /// Returns the fundamentals of companies.
    pub fn facts(&self) -> &BTreeMap<Symbol, facts::Facts> {
        &self.facts
    }

    fn decide_sessions(&mut self) {
        let fund = self.returns(&Symbol::new(REFERENCE_FUND)).map(|closes| closes.dates.clone()).unwrap_or_default();
        let mut sessions = fund;
        if let Some(panel) = self.panel.as_ref().filter(|panel| panel.is_universe() || sessions.is_empty()) {
            sessions.extend(&panel.sessions);
        }
        if self.returns(&Symbol::new(REFERENCE_FUND)).is_none() {
            let last = sessions.last().copied().unwrap_or(NaiveDate::MIN);
            let ready = self.breadth.values().flat_map(|series| series.dates.iter().copied());
            sessions.extend(ready.filter(|day| *day > last));
        }
        if sessions.is_empty() {
            let all = self.closes.values().chain(self.adjusted.values());
            sessions.extend(all.flat_map(|closes| closes.dates.iter().copied()));
        }
        sessions.sort_unstable();
        sessions.dedup();
        self.sessions = sessions;
    }
}

impl Panel {
    /// Returns whether it has enough names to stand for the market. A smaller one is counted only where a signal says
    /// `source = "panel"`.
    pub fn is_universe(&self) -> bool {
        self.columns.len() >= universe::SMALLEST
    }

    /// Returns the last close of a stock on or before a day.
    pub(crate) fn on_or_before(&self, symbol: &Symbol, day: NaiveDate) -> Option<(NaiveDate, i64)> {
        let column = self.columns.get(self.columns.binary_search_by(|column| column.symbol.cmp(symbol)).ok()?)?;
        let rows = self.sessions.partition_point(|session| *session <= day);
        let index = column.closes.get(..rows)?.iter().rposition(|close| *close != NONE)?;
        Some((*self.sessions.get(index)?, *column.closes.get(index)?))
    }
}

/// Reads market files, each recognised by content. Problems are pushed to the sink; a file that cannot be used is
/// reported and left out.
pub fn load(files: &[RawFile], sink: &mut Sink) -> Market {
    load_with(files, &Given::default(), sink)
}

/// What is told of the files beside what they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// The answers of `[splits]`.
    pub splits: jumps::Splits,
    /// `[market]`: of which exchange advances and declines are counted.
    pub advances: exchange::Exchange,
    /// The last day whose session is over; absent where nobody says.
    pub until: Option<NaiveDate>,
}

impl From<jumps::Splits> for Given {
    fn from(splits: jumps::Splits) -> Given {
        Given { splits, ..Given::default() }
    }
}

/// As [`load`], with what is told of the files.
pub fn load_with(files: &[RawFile], given: &Given, sink: &mut Sink) -> Market {
    let mut ordered: Vec<&RawFile> = files.iter().collect();
    ordered.sort_by(|a, b| a.name.cmp(&b.name));
    let mut pieces = pieces::Pieces { advances: given.advances, ..pieces::Pieces::default() };
    let mut inputs = Vec::new();
    for file in ordered {
        match text::decode(file) {
            Ok(text) => layouts::read(&text, &mut pieces, sink),
            Err(reason) => sink.push(
                Diagnostic::warning(UNREADABLE, reason.to_string())
                    .at(Place::whole(&Source::file(file.name.clone(), "")))
                    .hint("the file is not used"),
            ),
        }
        inputs.push(InputFile::new(file, "market"));
    }
    let mut market = assemble::assemble(pieces, given, sink);
    market.files = inputs;
    market
}

#[cfg(test)]
mod tests {
    use super::layouts::testing::market;
    use super::*;

    #[test]
    fn prices_are_those_of_the_day_or_the_last_before() {
        let (market, _) = market(&[("funds.csv", "date,SPY,KRE\n2020-01-02,300.25,\n2020-01-03,301,50\n")]);
        let price = |symbol: &str, day: &str| {
            market.price(&Symbol::new(symbol), day.parse().unwrap()).map(|(date, price)| format!("{date} {price}"))
        };
        assert_eq!(price("SPY", "2020-01-02").as_deref(), Some("2020-01-02 300.25"));
        assert_eq!(price("SPY", "2020-01-05").as_deref(), Some("2020-01-03 301"));
        assert_eq!(price("KRE", "2020-01-02"), None);
        assert_eq!(price("XYZ", "2020-01-05"), None);
        assert_eq!(market.last_session().map(|d| d.to_string()).as_deref(), Some("2020-01-03"));
    }

    #[test]
    fn unreadable_files_are_reported_and_the_rest_is_read() {
        let good = RawFile::new("b.csv", b"date,SPY\n2020-01-02,300\n".to_vec());
        let bad = RawFile::new("a.csv.gz", vec![0x1f, 0x8b, 0, 0]);
        let mut sink = Sink::default();
        let market = load(&[bad, good], &mut sink);
        assert!(!market.is_empty() && market.files.len() == 2);
        assert!(sink.items.iter().any(|item| item.code == UNREADABLE));
    }

    #[test]
    fn no_files_make_an_empty_market() {
        let market = load(&[], &mut Sink::default());
        assert!(market.is_empty() && market.last_session().is_none());
    }
}
