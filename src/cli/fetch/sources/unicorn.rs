//! Unicorn's counts of the NYSE from March 1965 to February 2020, when they ended: for the past alone, so only where the
//! config asks for it. Its certificate was not kept up either; a mirror can stand in for it.

use std::time::Duration;

use broaden::market::Breadth;
use broaden::market::wanted::Thing;

use super::Source;

/// The source.
pub const SOURCE: Source = Source {
    id: "unicorn",
    usual: false,
    offers: |thing| file(thing).is_some(),
    path: |thing, _, _| file(thing).map_or_else(String::new, |file| format!("/advdec/NYSE_{file}.csv")),
    adapt: super::as_it_is,
    key: None,
    pause: Duration::from_millis(500),
};

fn file(thing: &Thing) -> Option<&'static str> {
    match thing {
        Thing::Ready(Breadth::Advances) => Some("advn"),
        Thing::Ready(Breadth::Declines) => Some("decln"),
        _ => None,
    }
}
