//! How long it takes to measure 1,000 positions with three holdings files of 3,000 lines: `cargo bench --bench exposure`.

use broaden::config::Document;
use broaden::diagnostics::Sink;
use broaden::exposure::measure;
use broaden::model::{Account, AssetKind, Portfolio, Position, RawFile, Symbol};
use broaden::reference::Registry;
use broaden::units::Money;
use criterion::{Criterion, criterion_group, criterion_main};

const FUNDS: [&str; 3] = ["SPY", "QQQ", "IWV"];
const LINES: usize = 3_000;
const POSITIONS: usize = 1_000;

/// A holdings file in the layout of SSGA: first every stock of the table, then names nobody knows.
fn file(fund: &str, stocks: &[&Symbol]) -> RawFile {
    let mut text = format!(
        "Fund Name:,Large,,\nTicker Symbol:,{fund},,\nHoldings:,As of 04-Sep-2026,,\nName,Ticker,Weight,Sector\n"
    );
    for line in 0..LINES {
        let ticker = stocks.get(line).map_or_else(|| format!("S{line:04}"), |symbol| symbol.to_string());
        text += &format!("Stock {line},{ticker},0.0333,Energy\n");
    }
    RawFile::new(format!("{fund}.csv"), text.into_bytes())
}

fn exposures(criterion: &mut Criterion) {
    let bundled = Registry::bundled();
    let is_fund = |symbol: &Symbol| bundled.get(symbol).is_some_and(|instrument| instrument.kind.is_fund());
    let (funds, stocks): (Vec<&Symbol>, Vec<&Symbol>) =
        bundled.symbols().into_iter().partition(|symbol| is_fund(symbol));
    let files = FUNDS.map(|fund| file(fund, &stocks));
    // The three funds, every fifth position another fund, the rest stocks.
    let others = funds.iter().step_by(3).take(POSITIONS / 5).chain(stocks.iter());
    let held = FUNDS.map(Symbol::new).into_iter().chain(others.map(|symbol| (*symbol).clone())).take(POSITIONS);
    let mut account = Account::new("schwab", "positions");
    for symbol in held {
        let kind = if is_fund(&symbol) { AssetKind::Etf } else { AssetKind::Equity };
        let mut position = Position::new(kind, symbol.as_str());
        position.canonical = Some(symbol);
        position.value = Some(Money(1_000.into()));
        account.positions.push(position);
    }
    let household = Portfolio { accounts: vec![account], ..Portfolio::default() };
    let (document, benchmark) = (Document::defaults(), Symbol::new("SPY"));

    let mut group = criterion.benchmark_group("exposure");
    group.sample_size(20);
    group.bench_function("files read", |bencher| {
        bencher.iter(|| Registry::load(&document, &files, None, &mut Sink::default()));
    });
    group.bench_function("files read and 1,000 positions measured", |bencher| {
        bencher.iter(|| {
            let registry = Registry::load(&document, &files, None, &mut Sink::default());
            measure(&household, &registry, &benchmark)
        });
    });
    group.finish();
}

criterion_group!(benches, exposures);
criterion_main!(benches);
