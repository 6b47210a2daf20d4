//! `broaden` reads what you own, measures how much of it is really tech, reads how broad the market's advance is,
//! applies your rotation rules, and proposes lot-level, whole-share trades, with the reason, tax and cost of each.
//!
//! # One way through the house
//!
//! ```text
//! holdings -> exposure -> signals -> rules -> household -> plan -> trades -> decisions -> explain -> report
//! (below all of them: units, diagnostics, model, config, market, reference)
//! ```
//!
//! Each stage takes plain data by reference and returns plain data. A file imports only layers below its own;
//! `tests/all/architecture.rs` enforces it.
//!
//! ```
//! use broaden::diagnostics::Sink;
//! use broaden::model::RawFile;
//! use broaden::{pipeline, report};
//!
//! let text = "[[account]]\nname = 'Individual'\nkind = 'taxable'\ncash = 1000\nas-of = 2026-11-20\n";
//! let holdings = vec![RawFile::new("holdings.toml", text.as_bytes())];
//! let mut sink = Sink::default();
//! let proposal = pipeline::advise(&pipeline::Inputs { holdings, ..Default::default() }, &mut sink).ok_or("no answer")?;
//! let report = report::text::render(&proposal, report::Options { width: 80, colour: false });
//! // No file has a price of the fund that takes the cash.
//! assert!(report.contains("$1,000.00") && proposal.trades.iter().all(|trade| trade.in_dollars));
//! # Ok::<(), &str>(())
//! ```
//!
//! # The rooms
//!
//! | room | what happens there |
//! |---|---|
//! | [`units`] | money, prices, shares and weights: how they are read, counted and printed |
//! | [`diagnostics`] | what went wrong, where, and what to do; what may be shown of a foreign text |
//! | [`model`] | the words of the program as types: lot, account, portfolio, limit |
//! | [`config`] | `broaden.toml`: defaults, the user's file and `--set`, every value with its place |
//! | [`tax`] | holding periods, netting, federal tables, wash sales |
//! | [`market`] | prices, breadth and macro series, whatever vendor they come from |
//! | [`mod@reference`] | what each instrument is: sector, issuer, themes, what funds hold |
//! | [`holdings`] | every broker's export as accounts of positions and lots |
//! | [`exposure`] | how much of the household is what, through funds too |
//! | [`signals`] | signals and brakes, each a pure function of history up to a date |
//! | [`rules`] | each limit and sleeve of the config becomes a verdict with its evidence |
//! | [`household`] | who may trade what, at which price, basis and reserve |
//! | [`plan`] | which lots to sell and what to buy, and the independent check of it |
//! | [`trades`] | the plan's numbers as orders that a person can place, each with its reason |
//! | [`decisions`] | which of those lines a person accepts, rejects or puts off, and what that costs |
//! | [`proposal`] | everything a run found, as plain data |
//! | [`explain`] | sentences and what-ifs, from the proposal |
//! | [`report`] | the proposal as text, Markdown, HTML, JSON, CSV and tickets |
//! | [`pipeline`] | the only caller: files in, a proposal out |
//! | [`backtest`] | the same stages day after day over the past, after tax, and how far to trust what they find |
//!
//! # One word for one thing
//!
//! * **Lot**: shares of one purchase in one account. **Position**: the lots of one instrument in one account. **Portfolio**:
//!   all accounts of the files. **Household**: the portfolio with its settings and what is asked of this run.
//! * **Issuer**: who is behind an instrument. **Identity**: what counts as the same in a wash sale. **Theme**: a set of
//!   issuers, such as tech. **Sleeve**: what is bought instead.
//! * **Limit**: an entry of `[limits]`. **Measure**: what it measures. **Verdict**: a limit held against a household.
//!   **Bound**: a verdict as a row of the program. **Excess**: dollars above a cap; **gap**: dollars below a sleeve's target.
//! * **Strength**: how far the market's advance allows rotation, from 0 to 1. **Signal**: adds to it; **brake**: takes from it.
//! * **Turnover**: dollars sold over the value of the household: one-way, purchases do not count.
//! * **Level**: one aim of the plan; an earlier one is never given up for a later one.
//! * **Plan**: numbers of shares. **Trade**: one line of it. **Proposal**: the whole answer of a run. **Report**: its text.
//!
//! # Invariants
//!
//! * The library never prints, never reads the clock, never opens the network, never exits.
//! * No stage after [`holdings`] knows a broker; no stage after [`market`] knows a vendor.
//! * Money, prices and shares are decimals. Binary floats live only inside signals, exposure weights and the linear
//!   program; what is printed is recomputed from decimals after rounding.
//! * A trade cannot exist without a reason. A verdict that did not fire is kept, with its distance to firing.
//! * Same inputs, same bytes out: inputs are sorted canonically, ties are broken by a documented order, no wall-clock
//!   limit decides an answer.
//! * Unknown is not zero: a missing basis, price or sector is reported and handled by a stated rule.
//! * Doing nothing is always an allowed plan, and is always shown for comparison.

#[cfg(test)]
extern crate self as broaden;

pub mod backtest;
pub mod compare;
pub mod config;
pub mod decisions;
pub mod diagnostics;
pub mod explain;
pub mod exposure;
pub mod holdings;
pub mod household;
pub mod market;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod proposal;
pub mod reference;
pub mod report;
pub mod rules;
pub mod signals;
pub mod tax;
pub mod trades;
pub mod units;
