//! Every test of the program as a whole, in one binary: a test is linked once, not once a file.

mod advice;
mod again;
mod architecture;
mod backtest;
mod browser;
mod check;
mod damaged;
mod decisions;
mod errors;
mod explain;
mod exposure;
mod faults;
mod fetch;
mod first;
mod flows;
mod golden;
mod holdings;
mod household;
mod html;
mod html_sample;
mod kills;
mod layouts;
mod market;
mod narrow;
mod plan;
mod program;
mod promises;
#[cfg(all(unix, feature = "review"))]
mod review;
mod schema;
mod unknown;
mod usage;
mod wash;
mod weeks;
mod what_if;
mod withdrawal;
