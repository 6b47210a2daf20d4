//! `broaden.toml`: defaults, the user's file and `--set` merged key by key, every value with its place.
//!
//! The defaults are the template that `broaden init` writes, so the two cannot differ. Each stage reads its own
//! sections with [`Fields`] and declares every key once as a [`Param`], from which the checks, the documentation of
//! `broaden explain KIND`, and the JSON schema are made.

pub mod fetch;
mod fields;
mod household;
mod schema;
mod tree;

pub use fields::{Bound, Fallback, Fields, Kind, Param};
pub use household::{Household, PARAMS as HOUSEHOLD_PARAMS, household};
pub use schema::{Form, KindOfTable, schema};
pub(crate) use tree::parse;
pub use tree::{Document, Node, NodeValue, Table};

crate::codes! {
    SYNTAX "config-syntax" "The TOML text cannot be read. The caret shows where reading stopped; compare with the template that `broaden init` writes.";
    UNKNOWN_KEY "unknown-key" "The key is not one that broaden knows, so it would have no effect. Keys are listed by `broaden explain KIND` and in the template.";
    WRONG_TYPE "wrong-type" "The value has another type than the key takes. Weights are written \"45%\" or 0.45, dates as \"2026-11-20\", symbols as text.";
    IMPOSSIBLE_VALUE "impossible-value" "The value has the right type but lies outside what can be meant.";
    PLAIN_ONE "plain-one" "A plain 1 for a weight is 100%, as 0.45 is 45%, and may have been meant as one percent. Write \"1%\" or \"100%\".";
    MISSING_KEY "missing-key" "A key without which the table means nothing is not given.";
    UNKNOWN_KIND "unknown-kind" "The `kind` of a table names the code that implements it, and there is no such kind. `broaden config schema` lists them.";
    UNKNOWN_OVERRIDE "unknown-override" "`--set` and `--without` take the path of a config key or table, like `limits.tech.min`.";
    OWN_BASE "own-base" "A default that belongs to the default of another key is left out where that key is yours: a cap that is no longer relative to the benchmark does not tighten with the rotation unless the file says how far (`min`) and when (`full`). All else that is not in the file is at its default.";
    UNMATCHED "unmatched-entry" "An entry of the config matches nothing in the files: a ticker nobody holds, an account that is not there. It is often a typo.";
}

/// The template that `broaden init` writes, which is also every default.
/// One part per stage, so that a stage's keys and their defaults live together.
pub const TEMPLATE: &str = concat!(
    include_str!("config/template/household.toml"),
    include_str!("config/template/accounts.toml"),
    include_str!("config/template/tax.toml"),
    include_str!("config/template/signals.toml"),
    include_str!("config/template/brakes.toml"),
    include_str!("config/template/rotation.toml"),
    include_str!("config/template/limits.toml"),
    include_str!("config/template/drivers.toml"),
    include_str!("config/template/sleeves.toml"),
    include_str!("config/template/route.toml"),
    include_str!("config/template/trading.toml"),
    include_str!("config/template/themes.toml"),
    include_str!("config/template/instruments.toml")
);
