//! Who gets how much of what rotation buys.

use std::collections::BTreeMap;

use super::settings::{Sleeve, Sleeves};
use crate::model::Symbol;
use crate::rules::Context;

/// Returns the target weight of each sleeve as if it took part, and what the closed ones leave.
pub(super) fn targets(
    sleeves: &Sleeves,
    total: f64,
    context: &Context<'_>,
    closed: impl Fn(&Symbol) -> bool,
) -> (BTreeMap<Symbol, f64>, f64) {
    let tilt = |sleeve: &Sleeve| context.tilts.get(&sleeve.symbol).map_or(1.0, |tilt| tilt.multiplier);
    let trend = |sleeve: &Sleeve| context.gates.get(&sleeve.symbol).and_then(|gate| gate.z126);
    let parts: Vec<Part<'_>> = (sleeves.sleeves.iter())
        .map(|sleeve| {
            let share = sleeve.share * tilt(sleeve);
            let trend = sleeves.by_trend.then(|| trend(sleeve).unwrap_or(0.0).max(0.0));
            Part { sleeve, share, trend, open: !closed(&sleeve.symbol) }
        })
        .collect();
    divide(&parts, total)
}

/// A sleeve in the division.
struct Part<'a> {
    sleeve: &'a Sleeve,
    share: f64,
    /// Its trend, where participants divide by it.
    trend: Option<f64>,
    open: bool,
}

fn divide(parts: &[Part<'_>], total: f64) -> (BTreeMap<Symbol, f64>, f64) {
    let shares: f64 = parts.iter().map(|part| part.share).sum();
    let plain = |part: &Part<'_>| if shares > 0.0 { total * part.share / shares } else { 0.0 };
    // Participants divide their own pool by trend; the closed ones' part stays theirs.
    let pool: f64 = parts.iter().filter(|part| part.open).map(plain).sum();
    let pull = |part: &Part<'_>| part.trend.map_or(0.0, |trend| part.share * trend);
    let pulls: f64 = parts.iter().filter(|part| part.open).map(pull).sum();
    let wanted = |part: &Part<'_>| if part.open && pulls > 0.0 { pool * pull(part) / pulls } else { plain(part) };
    let mut targets: BTreeMap<Symbol, f64> =
        parts.iter().map(|part| (part.sleeve.symbol.clone(), wanted(part).min(part.sleeve.max.0))).collect();
    let mut groups: BTreeMap<&str, Vec<&Part<'_>>> = BTreeMap::new();
    for part in parts.iter().filter(|part| part.open) {
        if let Some(group) = &part.sleeve.group {
            groups.entry(group).or_default().push(part);
        }
    }
    for members in groups.values() {
        let most = members.iter().map(|part| part.sleeve.max.0).fold(0.0, f64::max);
        let sum: f64 = members.iter().filter_map(|part| targets.get(&part.sleeve.symbol)).sum();
        if sum > most {
            for part in members {
                if let Some(target) = targets.get_mut(&part.sleeve.symbol) {
                    *target *= most / sum;
                }
            }
        }
    }
    let left = parts.iter().filter(|part| !part.open).filter_map(|part| targets.get(&part.sleeve.symbol));
    let unused = left.sum();
    (targets, unused)
}

#[cfg(test)]
mod tests {
    use super::super::stand_in;
    use super::*;
    use crate::units::Weight;

    fn sleeve(symbol: &str, max: f64, group: Option<&str>) -> Sleeve {
        Sleeve {
            max: Weight(max),
            share: 1.0,
            group: group.map(str::to_owned),
            ..stand_in(&Symbol::new(symbol), "", "")
        }
    }

    fn found(parts: &[Part<'_>], total: f64) -> (Vec<f64>, f64) {
        let (targets, unused) = divide(parts, total);
        let round = |value: f64| (value * 1e9).round() / 1e9;
        (parts.iter().map(|part| round(targets[&part.sleeve.symbol])).collect(), round(unused))
    }

    #[test]
    fn closed_sleeves_keep_their_part_and_shares_are_tilted() {
        let (a, b, c) = (sleeve("A", 1.0, None), sleeve("B", 1.0, None), sleeve("C", 0.05, None));
        let part = |sleeve, share, open| Part { sleeve, share, trend: None, open };
        let parts = [part(&a, 1.0, true), part(&b, 1.5, false), part(&c, 1.5, true)];
        // 20% in parts of 1, 1.5 and 1.5: 5, 7.5 and 7.5, the last at most 5.
        assert_eq!(found(&parts, 0.20), (vec![0.05, 0.075, 0.05], 0.075));
    }

    #[test]
    fn a_group_shares_its_largest_maximum() {
        let (kre, xlf) = (sleeve("KRE", 0.08, Some("banks")), sleeve("XLF", 0.08, Some("banks")));
        let part = |sleeve, open| Part { sleeve, share: 1.0, trend: None, open };
        assert_eq!(found(&[part(&kre, true), part(&xlf, true)], 0.20).0, [0.04, 0.04]);
        assert_eq!(found(&[part(&kre, false), part(&xlf, true)], 0.12), (vec![0.06, 0.06], 0.06));
    }

    #[test]
    fn by_trend_the_participants_divide_what_is_theirs() {
        let (a, b, c) = (sleeve("A", 1.0, None), sleeve("B", 1.0, None), sleeve("C", 1.0, None));
        let part = |sleeve, trend, open| Part { sleeve, share: 1.0, trend: Some(trend), open };
        let parts = [part(&a, 2.0, true), part(&b, 1.0, true), part(&c, 5.0, false)];
        assert_eq!(found(&parts, 0.18), (vec![0.08, 0.04, 0.06], 0.06));
        let flat = [part(&a, 0.0, true), part(&b, 0.0, true)];
        assert_eq!(found(&flat, 0.10).0, [0.05, 0.05], "without a trend, by share");
    }
}
