//! Active share: half the sum of absolute differences between the household's issuers and the benchmark's.
//!
//! `0.5 * sum |e_i - b_i|` over the union of issuers, cash and other things being lines of their own (Cremers and
//! Petajisto, 2009). What a fund does not name is compared exactly with the same rest of the benchmark (VOO against
//! SPY); rests of different funds may or may not overlap, so the figure is an interval: the high end takes them as
//! apart, the low end as overlapping within a sector as far as they can.

use std::collections::BTreeMap;

/// What active share is, for `broaden explain active-share`.
pub const DOC: &str = "\
Active share is half the sum of absolute differences between the household's weights and the benchmark's, issuer by
issuer after look-through: 0 for the index itself, 1 for nothing in common (Cremers and Petajisto, 2009). Cash and
bonds are differences too.

What a fund does not name is compared exactly with the same rest of the benchmark (VOO beside SPY). Rests of different
funds may overlap or not, so the figure is then an interval: the high end takes them as apart, the low end as
overlapping within a sector as far as they can.";

use crate::model::{Sector, Symbol};
use crate::reference::{Composition, Registry};

/// The lowest and the highest active share that what is known allows; equal when everything is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ActiveShare {
    /// Unnamed rests overlap as far as they can.
    pub low: f64,
    /// Unnamed rests do not overlap.
    pub high: f64,
}

/// What a sector's differences are made of, after equal things are taken off.
#[derive(Default)]
struct Side {
    named: f64,
    unnamed: f64,
}

/// Compares what the household is made of with the benchmark. `other` is cash and derivatives outside funds.
pub(crate) fn share(own: &Composition, other: f64, registry: &Registry, benchmark: &Symbol) -> ActiveShare {
    let Some(index) = registry.composition(benchmark) else { return ActiveShare { low: 0.0, high: 1.0 } };
    let mut over: BTreeMap<Option<Sector>, Side> = BTreeMap::new();
    let mut under: BTreeMap<Option<Sector>, Side> = BTreeMap::new();
    let mut distance = (other - index.cash).abs() + (own.non_equity - index.non_equity).abs();
    let mut compare = |sector: Option<Sector>, named: bool, difference: f64| {
        distance += difference.abs();
        let side = if difference > 0.0 { &mut over } else { &mut under };
        let side = side.entry(sector).or_default();
        *(if named { &mut side.named } else { &mut side.unnamed }) += difference.abs();
    };
    for issuer in union(&own.issuers, &index.issuers) {
        compare(registry.issuer_sector(issuer), true, at(&own.issuers, issuer) - at(&index.issuers, issuer));
    }
    for rest in union(&own.unnamed, &index.unnamed) {
        compare(rest.1, false, at(&own.unnamed, rest) - at(&index.unnamed, rest));
    }
    // Named can meet unnamed and unnamed can meet unnamed, but two different names never meet: a maximum flow.
    let mut overlap = 0.0;
    for (sector, side) in &over {
        if let Some(counter) = under.get(sector) {
            let flows = [side.named + side.unnamed, counter.named + counter.unnamed, side.unnamed + counter.unnamed];
            overlap += flows.into_iter().fold(f64::INFINITY, f64::min);
        }
    }
    // What is not even known by sector can meet anything that is left.
    for (wild, others) in [(&over, &under), (&under, &over)] {
        let left: f64 = others.values().map(|side| side.named + side.unnamed).sum::<f64>() - overlap;
        let unknown = wild.get(&None).map_or(0.0, |side| side.unnamed);
        let met = others.get(&None).map_or(0.0, |side| side.named + side.unnamed).min(unknown);
        overlap += (unknown - met).min(left).max(0.0);
    }
    let high = 0.5 * distance;
    ActiveShare { low: (high - overlap).max(0.0), high }
}

fn union<'a, K: Ord>(one: &'a BTreeMap<K, f64>, other: &'a BTreeMap<K, f64>) -> impl Iterator<Item = &'a K> {
    one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)))
}

fn at<K: Ord>(map: &BTreeMap<K, f64>, key: &K) -> f64 {
    map.get(key).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::{Sink, Source};

    fn registry(text: &str) -> Registry {
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut Sink::default());
        Registry::load(&document, &[], None, &mut Sink::default())
    }

    fn of(registry: &Registry, own: &str) -> ActiveShare {
        share(&registry.look_through(&Symbol::new(own)), 0.0, registry, &Symbol::new("SPY"))
    }

    #[test]
    fn a_fund_of_the_same_index_is_not_active() {
        let share = of(&registry(""), "VOO");
        assert!(share.high < 1e-9 && share.low < 1e-9, "{share:?}");
    }

    #[test]
    fn one_stock_is_all_active_but_its_own_weight() {
        let registry = registry("");
        let weight = registry.issuer_fraction(&Symbol::new("SPY"), "NVDA");
        let share = of(&registry, "NVDA");
        assert!((share.high - (1.0 - weight)).abs() < 1e-9, "{share:?}");
    }

    #[test]
    fn a_fund_nobody_knows_may_be_anything() {
        let share = of(&registry(""), "ZZZFX");
        assert!((share.high - 1.0).abs() < 1e-9 && share.low.abs() < 1e-9, "{share:?}");
    }

    #[test]
    fn unnamed_rests_of_a_sector_may_overlap() {
        let registry = registry(
            "[instruments.SPY]\nsectors = { energy = 0.5, utilities = 0.5 }\nholdings = { XOM = 0.2 }\n\
             [instruments.MINE]\nsectors = { energy = 1.0 }\n",
        );
        // SPY is 20% XOM, a rest of 30% energy and 50% utilities; mine is a rest of 100% energy. Apart: everything
        // differs. Overlapping: 20% with XOM and 30% with the rest, which leaves 50% of energy against utilities.
        let share = of(&registry, "MINE");
        assert!((share.high - 1.0).abs() < 1e-9 && (share.low - 0.5).abs() < 1e-9, "{share:?}");
    }
}
