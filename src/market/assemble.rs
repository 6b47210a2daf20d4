//! From what the layouts found to one market: files of the same thing joined, sessions decided, closes told apart by
//! their basis.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::cells::{self, NONE};
use super::layouts::WideFile;
use super::macros::MacroSeries;
use super::pieces::{Bars, Basis, Pieces};
use super::{ADJUSTED_ONLY, Closes, DISAGREE, Given, Market, Members, NO_UNIVERSE, jumps, ready, special, universe};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::model::Symbol;

/// Puts the pieces together.
pub fn assemble(mut pieces: Pieces, given: &Given, sink: &mut Sink) -> Market {
    let mut market = Market::default();
    let splits = &given.splits;
    if let Some(until) = given.until {
        pieces.leave_out_after(until);
    }
    let Pieces { wide, bars, members, macros, breadth, facts, problems, advances: _ } = pieces;
    problems.into_iter().for_each(|problem| sink.push(problem));
    market.facts = facts;
    if !members.is_empty() {
        market.members = Some(Members::new(members));
    }
    for (id, vintages) in macros {
        let series = MacroSeries::new(&id, vintages);
        if let Some(message) = series.disagreement() {
            let hint = "remove the one that is of another series or an older save";
            sink.push(Diagnostic::warning(DISAGREE, message).hint(hint));
        }
        market.macros.insert(id, series);
    }
    let mut stocks: Vec<WideFile> = Vec::new();
    let mut quotes = Quotes::default();
    for file in wide {
        sink.items.extend(split_funds(file, &mut stocks, &mut quotes));
    }
    // A small table of stocks is the prices of someone's holdings.
    let few: Vec<WideFile> = stocks.extract_if(.., |file| file.columns.len() < universe::SMALLEST).collect();
    for file in &few {
        quotes.add_all(file.columns.clone(), &file.sessions, file.basis, &file.name, &file.place);
    }
    for bars in bars {
        quotes.add(bars);
    }
    let indices = std::mem::take(&mut quotes.indices);
    quotes.settle(&mut market, sink);
    let mut asked = jumps::Asked::default();
    asked.settle_closes(&mut market, splits, sink);
    market.panel = universe::panel(stocks, few, &market, &indices, sink);
    asked.settle_panel(&mut market, splits);
    asked.report(sink);
    if let Some(panel) = &mut market.panel {
        universe::drop_holidays(panel, market.closes.get(&Symbol::new("SPY")), sink);
        universe::check(panel, market.members.as_ref(), sink);
    }
    market.breadth = ready::series(breadth, market.returns(&Symbol::new(super::REFERENCE_FUND)), sink);
    market.decide_sessions();
    market
}

/// Takes the funds out of a wide file. A file with many funds has no stocks: its rest are funds that are not known. One
/// of mostly names with a part behind a point or a dash is of another exchange (`BP.L`) or of coins (`BTC-USD`): of the
/// stocks of this market one in fifty has a class. That is returned.
fn split_funds(file: WideFile, stocks: &mut Vec<WideFile>, quotes: &mut Quotes) -> Option<Diagnostic> {
    let count = |is: fn(&str) -> bool| file.columns.keys().filter(|symbol| is(symbol.as_str())).count();
    let abroad = count(|name| name.contains(['.', '-'])) * 2 > file.columns.len();
    let all = abroad || count(special::is_fund) * 3 > file.columns.len();
    let told = (abroad && file.columns.len() >= universe::SMALLEST).then(|| {
        let first = file.columns.keys().next().map(ToString::to_string).unwrap_or_default();
        let message =
            format!("{} is not counted for breadth: names such as {first} are no stocks of this market", file.name);
        let problem = Diagnostic::warning(NO_UNIVERSE, message);
        file.place.clone().into_iter().fold(problem, Diagnostic::at)
    });
    let WideFile { name, basis, sessions, columns, others: not_stocks, place } = file;
    let is_stock = |symbol: &Symbol| {
        let word = symbol.as_str();
        special::meaning(word).is_none() && !all && !special::is_fund(word) && !not_stocks.contains(symbol)
    };
    let (rest, others): (Columns, Columns) = columns.into_iter().partition(|(symbol, _)| is_stock(symbol));
    quotes.indices.extend(not_stocks.into_iter().chain(all.then(|| others.keys().cloned()).into_iter().flatten()));
    quotes.add_all(others, &sessions, basis, &name, &place);
    if !rest.is_empty() {
        stocks.push(WideFile { name, basis, sessions, columns: rest, others: BTreeSet::new(), place });
    }
    told
}

/// Closes by ticker, one per row.
type Columns = BTreeMap<Symbol, Vec<i64>>;

/// Closes by symbol and basis, as each file has them.
#[derive(Default)]
struct Quotes {
    close: BTreeMap<Symbol, Vec<(Bars, Closes)>>,
    adjusted: BTreeMap<Symbol, Vec<(Bars, Closes)>>,
    /// Symbols that are certainly no stocks.
    indices: BTreeSet<Symbol>,
}

impl Quotes {
    /// Adds columns of a wide file.
    fn add_all(&mut self, columns: Columns, sessions: &[NaiveDate], basis: Basis, file: &str, place: &Option<Place>) {
        for (symbol, column) in columns {
            let present = || sessions.iter().zip(&column).filter(|(_, close)| **close != NONE);
            self.add(Bars {
                name: symbol.to_string(),
                basis,
                file: file.to_owned(),
                dates: present().map(|(date, _)| *date).collect(),
                close: present().map(|(_, close)| *close).collect(),
                place: place.clone(),
                ..Bars::default()
            });
        }
    }

    fn add(&mut self, mut bars: Bars) {
        let symbol = Symbol::new(bars.name.trim_start_matches('$'));
        if bars.name.starts_with(['$', '^']) || bars.fetched {
            self.indices.insert(symbol.clone());
        }
        let (dates, close, adjusted) =
            (std::mem::take(&mut bars.dates), std::mem::take(&mut bars.close), std::mem::take(&mut bars.adjusted));
        let closes = |values: Vec<i64>| {
            let present = || dates.iter().zip(&values).filter(|(_, close)| **close != NONE);
            Closes {
                dates: present().map(|(date, _)| *date).collect(),
                values: present().map(|(_, close)| *close).collect(),
            }
        };
        let (close, adjusted) = (closes(close), closes(adjusted));
        let target = if bars.basis == Basis::Adjusted { &mut self.adjusted } else { &mut self.close };
        if !close.dates.is_empty() {
            target.entry(symbol.clone()).or_default().push((bars.clone(), close));
        }
        if !adjusted.dates.is_empty() {
            self.adjusted.entry(symbol).or_default().push((bars, adjusted));
        }
    }

    fn settle(self, market: &mut Market, sink: &mut Sink) {
        let mut disagreements = BTreeMap::new();
        for (map, into) in [(self.close, &mut market.closes), (self.adjusted, &mut market.adjusted)] {
            for (symbol, files) in map {
                let names = market.files_of.entry(symbol.clone()).or_default();
                names.extend(files.iter().map(|(bars, _)| bars.file.clone()));
                names.sort();
                names.dedup();
                let joined = join_closes(&symbol, files, &mut disagreements);
                into.insert(symbol, joined);
            }
        }
        for ((newer, older), (place, list)) in disagreements {
            let Some((symbol, date)) = list.first() else { continue };
            let others = if list.len() > 1 { format!(" and {} more", list.len() - 1) } else { String::new() };
            let message = format!(
                "{symbol}{others} differ between {newer} and {older}, first on {date}; the first, which is newer, is used alone"
            );
            let mut diagnostic = Diagnostic::warning(DISAGREE, message);
            diagnostic.place = place;
            let hint = "a split or dividend between two downloads changes old closes; remove the older file";
            sink.push(diagnostic.hint(hint));
        }
        let list = |symbols: Vec<&Symbol>| {
            let names: Vec<&str> = symbols.iter().take(5).map(|symbol| symbol.as_str()).collect();
            format!("{}{}", names.join(", "), if symbols.len() > 5 { ", ..." } else { "" })
        };
        let only: Vec<&Symbol> = market.adjusted.keys().filter(|symbol| !market.closes.contains_key(*symbol)).collect();
        if !only.is_empty() {
            let message = format!(
                "closes of {} contain dividends; they also serve as prices, which are only right on the last days",
                list(only)
            );
            sink.push(Diagnostic::note(ADJUSTED_ONLY, message).hint("add a file of closes as traded"));
        }
        let fund = |symbol: &&Symbol| special::is_fund(symbol.as_str()) && !market.adjusted.contains_key(*symbol);
        let plain: Vec<&Symbol> = market.closes.keys().filter(fund).collect();
        if !plain.is_empty() {
            let message = format!(
                "no closes of {} that are known to contain dividends; returns and ratios use the others",
                list(plain)
            );
            sink.push(
                Diagnostic::note(super::UNADJUSTED_ONLY, message)
                    .hint("add a file of adjusted closes (`adj` in its name)"),
            );
        }
    }
}

/// By newer and older file: where the older one is, and which symbols differ from which day on.
type Disagreements = BTreeMap<(String, String), (Option<Place>, Vec<(Symbol, NaiveDate)>)>;

/// Joins the files of one symbol. Where they disagree the one that reaches furthest is right, and the others are not
/// used at all: a split or dividend between two saves would else look like a crash.
fn join_closes(symbol: &Symbol, mut files: Vec<(Bars, Closes)>, disagreements: &mut Disagreements) -> Closes {
    files.sort_by(|(a, x), (b, y)| (x.dates.last(), &a.file).cmp(&(y.dates.last(), &b.file)).reverse());
    let mut files = files.into_iter();
    let Some((first, mut joined)) = files.next() else { return Closes::default() };
    for (bars, closes) in files {
        let differ =
            |(date, close): &(&NaiveDate, &i64)| joined.at(**date).is_some_and(|other| cells::differ(**close, other));
        if let Some((date, _)) = closes.dates.iter().zip(&closes.values).find(differ) {
            let files = (first.file.clone(), bars.file.clone());
            let entry = disagreements.entry(files).or_insert_with(|| (bars.place.clone(), Vec::new()));
            entry.1.push((symbol.clone(), *date));
            continue;
        }
        let mut all: BTreeMap<NaiveDate, i64> = closes.dates.into_iter().zip(closes.values).collect();
        all.extend(joined.dates.iter().copied().zip(joined.values.iter().copied()));
        joined = Closes { dates: all.keys().copied().collect(), values: all.values().copied().collect() };
    }
    joined
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    /// A panel of `names` stocks over `rows` weekdays whose closes a function gives.
    fn table(names: usize, rows: usize, close: impl Fn(usize, usize) -> String) -> String {
        let mut text = String::from("date");
        (0..names).for_each(|n| text += &format!(",S{n}"));
        let days = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap().iter_days();
        for (row, day) in days.filter(|d| super::super::layouts::is_weekday(*d)).take(rows).enumerate() {
            text += &format!("\n{day}");
            (0..names).for_each(|n| text += &format!(",{}", close(n, row)));
        }
        text
    }

    fn says(codes: &[String], code: &str) -> bool {
        codes.iter().any(|found| found.ends_with(code))
    }

    #[test]
    fn funds_never_count_as_stocks() {
        let content = "date,AAA,SPY,BBB\n2020-01-02,1,300,2\n2020-01-03,1,301,3\n";
        let (market, _) = market(&[("all.csv", content)]);
        let names: Vec<&str> = market.panel().unwrap().columns.iter().map(|c| c.symbol.as_str()).collect();
        assert_eq!(names, ["AAA", "BBB"]);
        assert!(market.price(&Symbol::new("SPY"), "2020-01-03".parse().unwrap()).is_some());
    }

    #[test]
    fn fifty_names_that_are_no_stocks_of_this_market_are_no_universe() {
        let names = |name: fn(usize) -> String| (0..60).map(|n| format!(",{}", name(n))).collect::<String>();
        let days = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"];
        let content = |head: String, close: fn(usize, usize) -> String| {
            let cells = |row: usize| (0..60).map(|n| format!(",{}", close(n, row))).collect::<String>();
            let rows = days.iter().enumerate().map(|(row, day)| format!("{day}{}\n", cells(row)));
            format!("date{head}\n{}", rows.collect::<String>())
        };
        let close: fn(usize, usize) -> String = |n, row| format!("{}.5", 10 + n + row);
        let stock: fn(usize) -> String = |n| format!("S{n}");
        for (name, content, code) in [
            ("lse.csv", content(names(|n| format!("L{n}.L")), close), "market-no-universe"),
            ("coins.csv", content(names(|n| format!("C{n}-USD")), close), "market-no-universe"),
            ("sp500_volume.csv", content(names(stock), close), "market-impossible"),
            (
                "stocks.csv",
                content(names(stock), |n, row| format!("{}", 1_000_000 + n * 77 + row)),
                "market-impossible",
            ),
        ] {
            let (market, codes) = market(&[(name, &content)]);
            assert!(
                says(&codes, code) && !market.panel().is_some_and(crate::market::Panel::is_universe),
                "{name} {codes:?}"
            );
        }
        // Countries' funds, of which not one is in a list of the usual ones.
        let countries =
            "EWJ EWZ INDA EWA EWC EWG EWH EWI EWK EWL EWM EWN EWO EWP EWQ EWS EWT EWU EWW EWX EWY EZA EZU FXI";
        let odd: Vec<String> = (0..36).map(|n| format!("X{n}")).collect();
        let head = countries.split(' ').map(str::to_owned).chain(odd).map(|name| format!(",{name}")).collect();
        let (funds, _) = market(&[("countries.csv", &content(head, close))]);
        assert!(!funds.panel().is_some_and(crate::market::Panel::is_universe));
        let (stocks, codes) = market(&[("stocks.csv", &content(names(stock), close))]);
        assert!(stocks.panel().is_some_and(crate::market::Panel::is_universe), "{codes:?}");
    }

    #[test]
    fn of_two_saves_of_a_panel_a_stock_that_differs_is_of_the_newer_alone() {
        // Closes of 10, 11, ... on the first day, one more on each; the first stock is at a part of it.
        let table = |days: [(&str, usize); 2], factor: f64| {
            let head: String = (0..60).map(|n| format!(",S{n}")).collect();
            let close = |n: usize, row: usize| (10 + n + row) as f64 * if n == 0 { factor } else { 1.0 };
            let cells = |row: usize| (0..60).map(|n| format!(",{}", close(n, row))).collect::<String>();
            format!("date{head}\n{}", days.map(|(day, row)| format!("{day}{}\n", cells(row))).concat())
        };
        let [one, two, three] = [("2020-01-02", 0), ("2020-01-03", 1), ("2020-01-06", 2)];
        let (market, codes) = market(&[("old.csv", &table([one, two], 1.0)), ("new.csv", &table([two, three], 0.5))]);
        assert!(says(&codes, "market-disagree"), "{codes:?}");
        let panel = market.panel().unwrap();
        let closes =
            |at: usize| panel.columns[at].closes.iter().map(|close| super::cells::to_f64(*close)).collect::<Vec<_>>();
        assert_eq!(closes(0), [0.0, 5.5, 6.0]);
        assert_eq!(closes(1), [11.0, 12.0, 13.0]);
    }

    #[test]
    fn funds_with_one_kind_of_closes_serve_for_both_and_say_so() {
        let content = "date,SPY,RSP\n2020-01-02,300,1\n";
        assert!(says(&market(&[("funds.csv", content)]).1, "market-unadjusted-only"));
        let (adjusted, codes) = market(&[("funds-adjusted.csv", content)]);
        assert!(
            says(&codes, "market-adjusted-only")
                && adjusted.price(&Symbol::new("SPY"), "2020-01-02".parse().unwrap()).is_some()
        );
        let both = market(&[("funds.csv", content), ("f.csv", &format!("# adjusted closes\n{content}"))]).1;
        assert!(!says(&both, "adjusted-only"), "{both:?}");
    }

    #[test]
    fn days_without_the_reference_fund_are_no_sessions() {
        let stocks = table(60, 5, |name, row| format!("{}", 10 + name + row * row));
        let funds = "date,SPY,RSP\n2020-01-02,300,1\n2020-01-03,301,1\n2020-01-07,302,1\n";
        let (market, codes) = market(&[("s.csv", &stocks), ("f.csv", funds)]);
        // The first is New Year's Day, before the fund's first, so it stays; of the others the sixth of January goes.
        assert_eq!(market.panel().unwrap().sessions.len(), 4);
        assert!(says(&codes, "market-non-sessions"));
    }

    #[test]
    fn a_copied_row_is_no_session() {
        let content = table(25, 10, |name, row| format!("{}", 10 + name + if row == 5 { 4 } else { row }));
        let (market, codes) = market(&[("s.csv", &content)]);
        assert_eq!(market.panel().unwrap().sessions.len(), 9);
        assert!(says(&codes, "market-non-sessions"));
    }

    #[test]
    fn closes_off_the_cent_in_the_past_only_are_called_adjusted() {
        let rows = 200;
        let adjusted = table(60, rows, |name, row| {
            let dividends = 0.99_f64.powi(((rows - 1 - row) / 60) as i32);
            format!("{:.4}", (10.0 + name as f64 + row as f64 * 0.03) * dividends)
        });
        assert!(says(&market(&[("s.csv", &adjusted)]).1, "market-looks-adjusted"));
        let plain = table(60, rows, |name, row| format!("{:.2}", 10.0 + name as f64 + row as f64 * 0.03));
        assert!(!says(&market(&[("s.csv", &plain)]).1, "market-looks-adjusted"));
        assert!(says(&market(&[("adj.csv", &plain)]).1, "market-looks-adjusted"));
    }

    #[test]
    fn what_weakens_breadth_is_said() {
        let many = table(60, 600, |name, row| format!("{}.5", 10 + name + row));
        assert!(says(&market(&[("s.csv", &many)]).1, "market-survivorship"));
        // A blank in the last row and a stock that is gone do not make the list one of its time.
        let gone = table(60, 600, |name, row| {
            let blank = name == 0 && row == 599 || name == 1 && row > 500;
            if blank { String::new() } else { format!("{}.5", 10 + name + row) }
        });
        assert!(says(&market(&[("s.csv", &gone)]).1, "market-survivorship"));
        let real =
            table(
                60,
                600,
                |name, row| {
                    if name < 5 && row > 100 * name { String::new() } else { format!("{}.5", 10 + name + row) }
                },
            );
        assert!(!says(&market(&[("s.csv", &real)]).1, "market-survivorship"));
        let members = |count: usize, end: &str| {
            let rows: String = (0..count).map(|n| format!("S{n},2000-01-01,{end}\n")).collect();
            market(&[("s.csv", &many), ("m.csv", &format!("ticker,start_date,end_date\n{rows}"))]).1
        };
        assert!(says(&members(30, ""), "market-small-universe") && !says(&members(60, ""), "market-small-universe"));
        assert!(says(&members(60, "2021-06-30"), "market-small-universe"));
        let gap: String = table(60, 40, |name, row| format!("{}.5", 10 + name + row))
            .lines()
            .enumerate()
            .filter(|(line, _)| !(10..25).contains(line))
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        assert!(says(&market(&[("s.csv", &gap)]).1, "market-gap"));
    }

    #[test]
    fn files_of_the_same_fund_join_or_the_newer_holds() {
        let old = "date,SPY\n2020-01-02,300\n2020-01-03,301\n";
        let agree = "date,SPY\n2020-01-03,301\n2020-01-06,302\n";
        let split = "date,SPY\n2020-01-03,150.5\n2020-01-06,151\n";
        let spy = Symbol::new("SPY");
        let (joined, codes) = market(&[("a.csv", old), ("b.csv", agree)]);
        assert_eq!(joined.closes(&spy).unwrap().values.len(), 3, "{codes:?}");
        let (newer, codes) = market(&[("a.csv", old), ("b.csv", split)]);
        assert!(says(&codes, "market-disagree"));
        assert_eq!(newer.closes(&spy).unwrap().values.len(), 2);
    }

    #[test]
    fn prices_of_holdings_do_not_join_the_universe() {
        let panel = table(60, 3, |name, row| format!("{}", 10 + name + row));
        let (market, _) = market(&[("panel.csv", &panel), ("mine.csv", "date,NVDA,SPY\n2020-01-02,50,300\n")]);
        assert_eq!(market.panel().unwrap().columns.len(), 60);
        assert!(market.price(&Symbol::new("NVDA"), "2020-01-02".parse().unwrap()).is_some());
    }

    #[test]
    fn a_folder_of_stocks_is_a_universe_and_a_few_files_are_not() {
        let file = |n: usize| {
            let rows = format!("2020-01-02,1,1,1,{n}.5,1,1\n2020-01-03,1,1,1,{n}.6,1,1\n");
            (format!("T{n}.csv"), format!("Date,Open,High,Low,Close,Adj Close,Volume\n{rows}"))
        };
        let files: Vec<(String, String)> = (0..50).map(file).collect();
        let mut named: Vec<(&str, &str)> = files.iter().map(|(n, c)| (n.as_str(), c.as_str())).collect();
        assert!(market(&named).0.panel().unwrap().is_universe());
        // Those that were fetched are what somebody holds.
        let fetched: Vec<(String, String)> = files
            .iter()
            .map(|(name, text)| (name.clone(), format!("# fetched by broaden from yahoo\n{text}")))
            .collect();
        let held: Vec<(&str, &str)> = fetched.iter().map(|(n, c)| (n.as_str(), c.as_str())).collect();
        assert!(market(&held).0.panel().is_none());
        named.pop();
        named.push(("$MOVE.csv", "Date,Close\n2020-01-02,90\n2020-01-03,91\n"));
        assert!(!market(&named).0.panel().unwrap().is_universe(), "an index is no stock");
    }

    #[test]
    fn two_ready_made_series_that_differ_are_not_joined() {
        let up = |value: f64| format!("Date,Price\n2020-01-02,{value}\n2020-01-03,60\n");
        let older = "Date,Price\n2020-01-01,50\n2020-01-02,70\n";
        let (found, codes) = market(&[("$S5TH.csv", &up(55.0)), ("S5TH_2020.csv", older)]);
        assert!(says(&codes, "market-disagree"), "{codes:?}");
        let series = found.breadth(crate::market::Breadth::PercentAbove(200)).unwrap();
        assert_eq!(series.values, [55.0, 60.0]);
        let (joined, codes) = market(&[("$S5TH.csv", &up(70.0)), ("S5TH_2020.csv", older)]);
        assert!(!says(&codes, "market-disagree"));
        assert_eq!(joined.breadth(crate::market::Breadth::PercentAbove(200)).unwrap().values, [50.0, 70.0, 60.0]);
    }
}
