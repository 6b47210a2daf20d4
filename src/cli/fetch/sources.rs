//! Where things are fetched from. A source is a leaf with its address and what it offers; the first that offers a thing is
//! asked, the next where it fails.

mod breadth;
mod cboe;
mod fred;
mod nasdaq;
mod yahoo;

use std::time::Duration;

use broaden::config::fetch::Addresses;
use broaden::market::wanted::Thing;
use chrono::NaiveDate;

/// One source.
pub struct Source {
    /// The key of `[fetch]` that holds its address.
    pub id: &'static str,
    /// Whether it has a thing.
    pub offers: fn(&Thing) -> bool,
    /// The path and query below its address, for rows from one day to another.
    pub path: fn(&Thing, NaiveDate, NaiveDate) -> String,
    /// Its answer as a file that the reader of market files knows, or why it is no data.
    pub adapt: fn(&str) -> Result<String, String>,
    /// The time between two requests.
    pub pause: Duration,
}

/// Every source, in the order asked.
pub const SOURCES: &[&Source] = &[&cboe::SOURCE, &fred::SOURCE, &yahoo::SOURCE, &nasdaq::SOURCE, &breadth::SOURCE];

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
