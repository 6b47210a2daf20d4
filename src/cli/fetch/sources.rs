//! Where things are fetched from. A source is a leaf with its address and what it offers; the first that offers a thing is
//! asked, the next where it fails.

mod alphavantage;
mod breadth;
mod cboe;
mod fred;
mod nasdaq;
mod tiingo;
mod unicorn;
mod yahoo;

use std::time::Duration;

use broaden::config::fetch::Addresses;
use broaden::market::wanted::Thing;
use chrono::NaiveDate;

/// One source.
pub struct Source {
    /// The key of `[fetch]` that holds its address.
    pub id: &'static str,
    /// Whether it is asked without the config naming it.
    pub usual: bool,
    /// Whether it has a thing.
    pub offers: fn(&Thing) -> bool,
    /// The path and query below its address, for rows from one day to another.
    pub path: fn(&Thing, NaiveDate, NaiveDate) -> String,
    /// Its answer as a file that the reader of market files knows, or why it is no data.
    pub adapt: fn(&str) -> Result<String, String>,
    /// What it wants to be asked with; one without a key at hand is not asked.
    pub key: Option<Key>,
    /// The time between two requests.
    pub pause: Duration,
}

/// A key that only the user has.
pub struct Key {
    /// The variable of the environment that holds it.
    pub variable: &'static str,
    /// The key of `[fetch]` that names a file with it.
    pub file: &'static str,
    /// How it is sent.
    pub send: Sending,
}

/// How a key is sent.
#[derive(Clone, Copy)]
pub enum Sending {
    /// In a header, after some words.
    Header(&'static str, &'static str),
    /// In the query.
    Query(&'static str),
}

/// Every source, in the order asked.
pub const SOURCES: &[&Source] = &[
    &cboe::SOURCE,
    &fred::SOURCE,
    &tiingo::SOURCE,
    &yahoo::SOURCE,
    &nasdaq::SOURCE,
    &alphavantage::SOURCE,
    &breadth::SOURCE,
    &unicorn::SOURCE,
];

impl Source {
    /// Returns the address of a request.
    pub fn address(&self, addresses: &Addresses, thing: &Thing, from: NaiveDate, to: NaiveDate) -> String {
        let base = addresses.of(self.id).trim_end_matches('/');
        format!("{base}{}", (self.path)(thing, from, to))
    }
}

/// The answer is a file as it is.
fn as_it_is(body: &str) -> Result<String, String> {
    Ok(body.to_owned())
}
