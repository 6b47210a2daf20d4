//! United States capital gains: holding period, netting, federal tables, wash sales, and when a trim is worth its tax.
//!
//! Facts and formulas only; nothing here knows a plan. Money is decimal. Sources are named beside each rule.

mod break_even;
mod federal;
mod holding;
mod netting;
mod wash;

pub use break_even::{BreakEven, break_even, deferral_weight};
pub use federal::{
    Brackets, FederalTax, FilingStatus, GainIncome, RATE_BOUNDS, UnknownYear, YEARS, brackets, federal_tax,
    federal_tax_by, marginal_rates, newest_brackets, table_year,
};
pub use holding::{days_until_long, long_from, term_on};
pub use netting::{Netting, Rates, net};
pub(crate) use wash::in_window as in_wash_window;
pub use wash::{LossSale, Purchase, WashMatch, WashResult, do_not_buy_until, match_wash_sales};
