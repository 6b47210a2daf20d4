//! How long a backtest of fixed shares takes, 20 assets over 1,000 days and restored every month: `cargo bench --bench backtest`.

use broaden::backtest::{Ground, Spec, Strategy, weights};
use broaden::diagnostics::{Sink, Source};
use broaden::market;
use broaden::model::RawFile;
use broaden::pipeline::{self, Inputs};
use broaden::units::Money;
use chrono::{Datelike, NaiveDate};
use criterion::{Criterion, criterion_group, criterion_main};

const ASSETS: usize = 20;
const DAYS: usize = 1_000;

/// Weekdays with prices by chance.
fn prices() -> String {
    let mut x = 1_u64;
    let mut next = move || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (x >> 11) as f64 / 2_f64.powi(53) - 0.5
    };
    let names: Vec<String> = (0..ASSETS).map(|asset| format!("A{asset:02}")).collect();
    let mut text = format!("date,{}\n", names.join(","));
    let mut now = [100.0; ASSETS];
    let days = NaiveDate::from_ymd_opt(2021, 1, 4).unwrap_or_default().iter_days();
    for day in days.filter(|day| day.weekday().number_from_monday() < 6).take(DAYS) {
        now.iter_mut().for_each(|price| *price *= 1.0004 + 0.04 * next());
        let cells: Vec<String> = now.iter().map(|price| format!("{price:.4}")).collect();
        text += &format!("{day},{}\n", cells.join(","));
    }
    text
}

fn backtests(criterion: &mut Criterion) {
    let config = "[tax]\nshort-rate = 0\nlong-rate = 0\nordinary-rate = 0\n[trading]\nhalf-spread-bps = 0\nwhole-shares = false\nincrement = 0.000001\n";
    let inputs = Inputs {
        market: vec![RawFile::new("prices.csv", prices().into_bytes())],
        config: Some(Source::file("broaden.toml", config)),
        ..Inputs::default()
    };
    let setup = pipeline::configure(&inputs, &mut Sink::default());
    let market = market::load_with(&inputs.market, &setup.given, &mut Sink::default());
    let shares: Vec<String> = (0..ASSETS).map(|asset| format!("5% A{asset:02}")).collect();
    let spec = Spec { start: Some(shares.join(", ")), cash: Money(100_000_000.into()), lag: 0, ..Spec::default() };

    let mut group = criterion.benchmark_group("backtest");
    group.sample_size(20);
    group.bench_function("prices laid out and run", |bencher| {
        bencher.iter(|| {
            let ground = Ground::new(&spec, &setup, &market, &mut Sink::default());
            ground.map(|ground| {
                let fixed = Strategy::Fixed(weights(&ground.start));
                ground.course(&setup, &fixed, &ground.start).values.len()
            })
        });
    });
    if let Some(ground) = Ground::new(&spec, &setup, &market, &mut Sink::default()) {
        let fixed = Strategy::Fixed(weights(&ground.start));
        let climate = ground.shared.climate(&setup, ground.span.first, ground.span.last);
        group.bench_function("run", |bencher| {
            bencher.iter(|| ground.course_in(&setup, &climate, &fixed, &ground.start).values.len());
        });
    }
    group.finish();
}

criterion_group!(benches, backtests);
criterion_main!(benches);
