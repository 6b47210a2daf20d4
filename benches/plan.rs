//! How long a plan takes: `cargo bench --bench plan`.

#[path = "../examples/support/large.rs"]
mod large;
#[path = "../examples/support/random.rs"]
#[expect(dead_code, reason = "shared with examples; only the dice are thrown here")]
mod random;

use std::hint::black_box;
use std::time::Instant;

use broaden::plan::{Problem, solve};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn plans(criterion: &mut Criterion) {
    let cases: [(&str, Problem); 8] = [
        ("family, 30 lots, 10 symbols, 10 funds", large::family(30, 10)),
        ("family, 200 lots, 40 symbols, 10 funds", large::family(200, 40)),
        ("family, 1,000 lots, 50 symbols, 10 funds", large::family(1_000, 50)),
        ("drifted account, 1,000 lots, 50 tickers", large::drifted_account(1_000, 50)),
        ("drifted account, 5,000 lots, 500 tickers", large::drifted_account(5_000, 500)),
        ("drifted account, 10,000 lots, 50 tickers", large::drifted_account(10_000, 50)),
        ("drifted account, 1,000 lots, 500 tickers", large::drifted_account(1_000, 500)),
        ("drifted account, 10,000 lots, 500 tickers", large::drifted_account(10_000, 500)),
    ];
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    for (name, problem) in &cases {
        group.bench_function(*name, |bencher| bencher.iter(|| solve(problem)));
    }
    group.finish();
    plans_at_once(criterion);
}

/// Plans per second with as many at once as there are cores.
fn plans_at_once(criterion: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let problem = large::family(200, 40);
    let mut group = criterion.benchmark_group("plans at once");
    group.sample_size(10).throughput(Throughput::Elements(cores as u64));
    group.bench_function("family, 200 lots, 40 symbols, 10 funds, one per core", |bencher| {
        bencher.iter_custom(|rounds| {
            let started = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..cores {
                    scope.spawn(|| (0..rounds).for_each(|_| drop(black_box(solve(&problem)))));
                }
            });
            started.elapsed()
        });
    });
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
