//! The fundamentals screen for individual names: pass, fail or unknown per test, with the reason.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::Sink;
use crate::market::Market;
use crate::market::facts::{Fact, Facts};
use crate::model::Symbol;

/// What `broaden explain screen` prints.
pub const DOC: &str = "\
Six questions about a company, each answered with pass, fail or unknown; the score is the share passed of all six.

  cash        free cash flow of the last year above 0
  debt        net debt at most 3 times EBITDA and interest covered at least 4 times; for financials instead equity to
              assets of at least 5% and a return on equity above 8%
  growth      earnings expected to grow: the estimate against 90 days ago, else the growth of next year's
  revisions   (up - down) / (up + down) of the estimates at least 0
  visibility  standard deviation of the estimates at most 25% of their mean
  value       forward P/E at most 1.2 times the median of its sector in the file

A missing field is unknown, never a pass. Figures count from `available_at`, from 60 days after the quarter they are
of, or from a date in the name of the file. The screen orders trims at equal cost (what fails goes first) and ranks
the stocks of `[screen] stocks`; it forces nothing. It reads your own csv (columns by name), Finviz exports, and
quarterly tables.";

/// Keys of `[screen]`.
pub const PARAMS: &[Param] =
    &[Param::with_default("stocks", Kind::Symbols, "[]", "Stocks to be ranked, as `broaden signals` shows them.")];

/// Reads `[screen]`: the stocks to be ranked.
pub fn configure(document: &Document, sink: &mut Sink) -> Vec<Symbol> {
    let none = Table::default();
    let table = document.root.table("screen").unwrap_or(&none);
    let place = document.root.get("screen").map(|node| node.key_place.clone());
    let fields = Fields::new(table, "screen", place, PARAMS, sink);
    fields.symbols("stocks").unwrap_or_default().into_iter().map(|(symbol, _)| symbol).collect()
}

/// What a test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The condition holds.
    Pass,
    /// It does not.
    Fail,
    /// The file does not say.
    Unknown,
}

/// One test of a verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// `cash`, `debt`, `growth`, `revisions`, `visibility` or `value`.
    pub name: &'static str,
    /// What it says.
    pub outcome: Outcome,
    /// The figures, or what is missing.
    pub reason: String,
}

/// What the screen says about a company.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// All six, in the order of the documentation.
    pub tests: Vec<Test>,
    /// Share of the six that passed; unknown is not a pass.
    pub score: f64,
    /// The newest figure used.
    pub as_of: Option<NaiveDate>,
}

impl Verdict {
    /// Returns the place in the order of trims at equal cost: 100 when nothing is known, lower the more tests fail.
    pub fn trim_rank(&self) -> u8 {
        let count = |wanted| self.tests.iter().filter(|test| test.outcome == wanted).count();
        let points = 100 + 10 * count(Outcome::Pass) - 10 * count(Outcome::Fail).min(9);
        u8::try_from(points).unwrap_or(u8::MAX)
    }
}

/// The companies known from fundamentals files.
#[derive(Clone, Copy, Debug)]
pub struct Screen<'a> {
    companies: &'a BTreeMap<Symbol, Facts>,
}

/// Fewest companies of a sector whose median is a measure.
const SMALLEST_SECTOR: usize = 5;

impl<'a> Screen<'a> {
    /// Returns the screen of the companies that the files have figures of.
    pub fn new(market: &'a Market) -> Screen<'a> {
        Screen { companies: market.facts() }
    }

    /// Returns whether no file has figures.
    pub fn is_empty(&self) -> bool {
        self.companies.is_empty()
    }

    /// Returns what the screen says about a company, from what was known on a day; `None` when no file has it.
    pub fn verdict(&self, symbol: &Symbol, as_of: NaiveDate) -> Option<Verdict> {
        let facts = self.companies.get(symbol)?;
        let median = facts.sector().and_then(|sector| self.median_pe(sector, as_of));
        let fact = |fact| facts.get(fact, as_of);
        let tests = vec![
            cash(&fact),
            debt(&fact, facts.is_financial()),
            growth(&fact),
            revisions(&fact),
            visibility(&fact),
            value(&fact, median),
        ];
        let passed = tests.iter().filter(|test| test.outcome == Outcome::Pass).count();
        Some(Verdict { score: passed as f64 / tests.len() as f64, tests, as_of: facts.newest(as_of) })
    }

    /// Returns stocks with their verdicts, the best first: by score, then fewest failures, then symbol. Those that no
    /// file has come last.
    pub fn rank(&self, symbols: &[Symbol], as_of: NaiveDate) -> Vec<(Symbol, Option<Verdict>)> {
        let mut ranked: Vec<(Symbol, Option<Verdict>)> =
            symbols.iter().map(|symbol| (symbol.clone(), self.verdict(symbol, as_of))).collect();
        let key = |verdict: &Option<Verdict>| verdict.as_ref().map(|v| ((v.score * 1e6) as i64, v.trim_rank()));
        ranked.sort_by(|(a, x), (b, y)| key(y).cmp(&key(x)).then_with(|| a.cmp(b)));
        ranked.dedup();
        ranked
    }

    fn median_pe(&self, sector: &str, as_of: NaiveDate) -> Option<f64> {
        let mut ratios: Vec<f64> = self
            .companies
            .values()
            .filter(|facts| facts.sector() == Some(sector))
            .filter_map(|facts| facts.get(Fact::ForwardPe, as_of).filter(|pe| *pe > 0.0))
            .collect();
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len() / 2;
        if ratios.len() < SMALLEST_SECTOR {
            return None;
        }
        match (ratios.len() % 2, middle.checked_sub(1).and_then(|below| ratios.get(below)), ratios.get(middle)) {
            (0, Some(below), Some(above)) => Some((below + above) / 2.0),
            (_, _, above) => above.copied(),
        }
    }
}

fn test(name: &'static str, found: Option<(bool, String)>, missing: &str) -> Test {
    match found {
        Some((true, reason)) => Test { name, outcome: Outcome::Pass, reason },
        Some((false, reason)) => Test { name, outcome: Outcome::Fail, reason },
        None => Test { name, outcome: Outcome::Unknown, reason: format!("no {missing}") },
    }
}

type Lookup<'a> = dyn Fn(Fact) -> Option<f64> + 'a;

fn cash(fact: &Lookup<'_>) -> Test {
    let found = fact(Fact::FreeCashFlow).map(|flow| (flow > 0.0, format!("free cash flow {}", millions(flow))));
    // A price over a cash flow has the sign of the flow.
    let by_price = || fact(Fact::PriceToCashFlow).filter(|ratio| *ratio != 0.0);
    let found =
        found.or_else(|| by_price().map(|ratio| (ratio > 0.0, format!("price {ratio:.1} times free cash flow"))));
    test("cash", found, "free cash flow of four quarters")
}

fn debt(fact: &Lookup<'_>, financial: bool) -> Test {
    if financial {
        let equity = fact(Fact::Equity).zip(fact(Fact::Assets)).filter(|(_, assets)| *assets > 0.0);
        let share = equity.map(|(equity, assets)| equity / assets);
        let profit = fact(Fact::NetIncome).zip(fact(Fact::Equity)).filter(|(_, equity)| *equity > 0.0);
        let found = share.zip(profit.map(|(income, equity)| income / equity)).map(|(share, roe)| {
            let reason = format!("equity {:.1}% of assets, return on equity {:.1}%", 100.0 * share, 100.0 * roe);
            (share >= 0.05 && roe > 0.08, reason)
        });
        return test("debt", found, "assets, equity and income of a financial company");
    }
    let net = fact(Fact::NetDebt).zip(fact(Fact::Ebitda)).map(|(debt, ebitda)| match () {
        () if debt <= 0.0 => (true, "no net debt".to_owned()),
        () if ebitda <= 0.0 => (false, "debt and no EBITDA".to_owned()),
        () => (debt / ebitda <= 3.0, format!("net debt {:.1} times EBITDA", debt / ebitda)),
    });
    // Net debt is at most the whole debt, so little debt passes; much of it says nothing.
    let whole = fact(Fact::TotalDebt).zip(fact(Fact::Ebitda)).filter(|(debt, ebitda)| *debt <= 3.0 * ebitda);
    let multiple =
        net.or_else(|| whole.map(|(debt, ebitda)| (true, format!("debt {:.1} times EBITDA", debt / ebitda))));
    let cover = fact(Fact::Ebit).zip(fact(Fact::Interest)).map(|(ebit, interest)| match () {
        () if interest <= 0.0 => (true, "no interest".to_owned()),
        () => (ebit / interest >= 4.0, format!("interest covered {:.1} times", ebit / interest)),
    });
    let found = match (multiple, cover) {
        (Some((low, debt)), Some((covered, interest))) => Some((low && covered, format!("{debt}, {interest}"))),
        // One failure is enough; one pass is not.
        (Some((false, reason)), None) | (None, Some((false, reason))) => Some((false, reason)),
        _ => None,
    };
    test("debt", found, "net debt, EBITDA, EBIT and interest together")
}

fn growth(fact: &Lookup<'_>) -> Test {
    let estimates = fact(Fact::ForwardEps).zip(fact(Fact::ForwardEpsBefore));
    let found = estimates
        .map(|(now, before)| (now > before, format!("forward earnings {now:.2}, 90 days ago {before:.2}")))
        .or_else(|| {
            fact(Fact::EpsGrowth).map(|growth| (growth > 0.0, format!("earnings expected to change by {growth:.1}%")))
        });
    test("growth", found, "forward earnings")
}

fn revisions(fact: &Lookup<'_>) -> Test {
    let found = fact(Fact::RevisionsUp).zip(fact(Fact::RevisionsDown)).filter(|(up, down)| up + down > 0.0);
    let found = found.map(|(up, down)| (up >= down, format!("{up:.0} estimates up, {down:.0} down")));
    test("revisions", found, "revisions of estimates")
}

fn visibility(fact: &Lookup<'_>) -> Test {
    let found = fact(Fact::EpsDeviation).zip(fact(Fact::ForwardEps)).filter(|(_, mean)| *mean != 0.0);
    let found = found.map(|(deviation, mean)| {
        let dispersion = deviation / mean.abs();
        (dispersion <= 0.25, format!("estimates spread by {:.0}%", 100.0 * dispersion))
    });
    test("visibility", found, "spread of estimates")
}

fn value(fact: &Lookup<'_>, median: Option<f64>) -> Test {
    let found = fact(Fact::ForwardPe).zip(median).map(|(pe, median)| {
        (pe > 0.0 && pe <= 1.2 * median, format!("forward P/E {pe:.1}, median of its sector {median:.1}"))
    });
    test("value", found, "forward P/E and a sector of at least five")
}

fn millions(dollars: f64) -> String {
    format!("{:.0} million", dollars / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(csv: &str, symbol: &str) -> Verdict {
        let (market, codes) = crate::market::layouts::testing::market(&[("f.csv", csv)]);
        assert!(codes.is_empty(), "{codes:?}");
        Screen::new(&market).verdict(&Symbol::new(symbol), "2026-11-20".parse().unwrap()).unwrap()
    }

    fn outcomes(verdict: &Verdict) -> Vec<Outcome> {
        verdict.tests.iter().map(|test| test.outcome).collect()
    }

    #[test]
    fn all_six_tests_pass_fail_or_are_unknown() {
        use Outcome::{Fail, Pass, Unknown};
        let head = "symbol,sector,free_cash_flow,net_debt,ebitda,ebit,interest,forward_eps,forward_eps_90d,eps_stdev,revisions_up,revisions_down,forward_pe";
        let good = "AAA,Industrials,5000000,300,100,80,20,2.2,2.0,0.5,3,1,12";
        let bad = "BBB,Industrials,-1,301,100,79,20,2.0,2.0,0.6,1,3,15";
        let rest = "CCC,Industrials,,,,,,,,,,,10\nDDD,Industrials,,,,,,,,,,,12\nEEE,Industrials,,,,,,,,,,,9";
        let csv = format!("{head}\n{good}\n{bad}\n{rest}\n");
        // The median P/E of 9, 10, 12, 12, 15 is 12, so 14.4 is the most.
        let found = verdict(&csv, "AAA");
        assert_eq!((outcomes(&found), found.score), (vec![Pass; 6], 1.0));
        assert_eq!(outcomes(&verdict(&csv, "BBB")), [Fail; 6]);
        // At equal cost the one that fails is sold before the unknown, and that before the one that passes.
        let ranks = ["BBB", "AAA"].map(|symbol| verdict(&csv, symbol).trim_rank());
        assert_eq!(ranks, [40, 160]);
        let (market, _) = crate::market::layouts::testing::market(&[("f.csv", &csv)]);
        let list = ["XYZ", "BBB", "CCC", "AAA"].map(Symbol::new);
        let ranked = Screen::new(&market).rank(&list, "2026-11-20".parse().unwrap());
        let order: Vec<&str> = ranked.iter().map(|(symbol, _)| symbol.as_str()).collect();
        assert_eq!(order, ["AAA", "CCC", "BBB", "XYZ"]);
        assert_eq!(outcomes(&verdict(&csv, "CCC")), [Unknown, Unknown, Unknown, Unknown, Unknown, Pass]);
        assert!((verdict(&csv, "CCC").score - 1.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn financials_are_judged_by_equity_and_return() {
        let csv = "symbol,sector,equity,assets,net income\nJPM,Financials,80,1000,9\nBAC,Financials,80,1000,6\n";
        assert_eq!(verdict(csv, "JPM").tests[1].outcome, Outcome::Pass);
        assert_eq!(verdict(csv, "BAC").tests[1].outcome, Outcome::Fail);
    }

    #[test]
    fn vendors_ratios_serve_where_they_settle_it() {
        let csv = "symbol,P/FCF,total debt,ebitda,ebit,interest\nAAA,25.5,300,100,80,20\nBBB,-4,301,100,80,20\n";
        let (good, bad) = (verdict(csv, "AAA"), verdict(csv, "BBB"));
        assert_eq!((good.tests[0].outcome, good.tests[1].outcome), (Outcome::Pass, Outcome::Pass));
        assert_eq!((bad.tests[0].outcome, bad.tests[1].outcome), (Outcome::Fail, Outcome::Unknown));
    }

    #[test]
    fn half_of_the_debt_figures_can_fail_but_not_pass() {
        let csv = "symbol,net debt,ebitda\nAAA,500,100\nBBB,100,100\n";
        assert_eq!(verdict(csv, "AAA").tests[1].outcome, Outcome::Fail);
        assert_eq!(verdict(csv, "BBB").tests[1].outcome, Outcome::Unknown);
    }
}
