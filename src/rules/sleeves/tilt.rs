//! Sensitivities: how what changed in the economy moves a sleeve's share.

use std::collections::BTreeMap;

use super::settings::{Sleeve, Stance};
use crate::signals::drivers::DriverReading;

/// Bounds of the multiplier: no view of the economy more than halves a share or adds half to it.
const BOUNDS: (f64, f64) = (0.5, 1.5);
/// What `fed-stance` makes of an effect that it favours, and of one that it does not.
const FAVOURED: f64 = 1.5;
const UNFAVOURED: f64 = 0.5;

/// What one driver does to a sleeve.
#[derive(Clone, Debug, PartialEq)]
pub struct TiltPart {
    /// What it read.
    pub driver: DriverReading,
    /// As configured.
    pub sensitivity: f64,
    /// What it adds to the multiplier; `None` when the driver has no reading.
    pub effect: Option<f64>,
}

/// What the economy does to the share of a sleeve.
#[derive(Clone, Debug, PartialEq)]
pub struct Tilt {
    /// The share is multiplied by this.
    pub multiplier: f64,
    /// By driver.
    pub parts: Vec<TiltPart>,
}

impl Default for Tilt {
    fn default() -> Self {
        Tilt { multiplier: 1.0, parts: Vec::new() }
    }
}

impl Tilt {
    /// Returns the tilt of a sleeve: `1 + sum(sensitivity * reading * stance)`, within its bounds.
    pub(super) fn of(sleeve: &Sleeve, stance: Stance, readings: &BTreeMap<String, DriverReading>) -> Tilt {
        let part = |(name, sensitivity): (&String, &f64)| {
            let driver = readings.get(name)?.clone();
            let effect = driver.reading.map(|reading| {
                let plain = sensitivity * reading;
                plain * if driver.fed { scale(stance, plain) } else { 1.0 }
            });
            Some(TiltPart { driver, sensitivity: *sensitivity, effect })
        };
        let parts: Vec<TiltPart> = sleeve.sensitivity.iter().filter_map(part).collect();
        let sum: f64 = parts.iter().filter_map(|part| part.effect).sum();
        Tilt { multiplier: (1.0 + sum).clamp(BOUNDS.0, BOUNDS.1), parts }
    }

    /// Says what it is made of: `share x1.10: curve +0.40 adds +0.10, credit unknown`. Empty when no driver has a
    /// reading.
    pub fn words(&self) -> String {
        if self.parts.iter().all(|part| part.effect.is_none()) {
            return String::new();
        }
        let part = |part: &TiltPart| match (part.effect, part.driver.reading) {
            (Some(effect), Some(reading)) => format!("{} {reading:+.2} adds {effect:+.2}", part.driver.name),
            _ => format!("{} unknown", part.driver.name),
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        format!("share x{:.2}: {}", self.multiplier, parts.join(", "))
    }
}

/// An easing central bank helps what it moves up and softens what it moves down; a hiking one the other way round.
fn scale(stance: Stance, effect: f64) -> f64 {
    match (stance, effect >= 0.0) {
        (Stance::Hold, _) => 1.0,
        (Stance::Easing, true) | (Stance::Hiking, false) => FAVOURED,
        (Stance::Easing, false) | (Stance::Hiking, true) => UNFAVOURED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Symbol;
    use crate::units::Weight;

    fn tilt(stance: Stance, list: &[(&str, f64, Option<f64>, bool)]) -> Tilt {
        let reading = |(name, _, reading, fed): &(&str, f64, Option<f64>, bool)| {
            let (name, series) = ((*name).to_owned(), String::new());
            let reading = DriverReading {
                name: name.clone(),
                series,
                value: None,
                as_of: None,
                change: None,
                reading: *reading,
                fed: *fed,
                note: None,
            };
            (name, reading)
        };
        let sleeve = Sleeve {
            symbol: Symbol::new("KRE"),
            max: Weight(0.08),
            share: 1.0,
            group: None,
            substitute: None,
            sensitivity: list.iter().map(|(name, sensitivity, ..)| ((*name).to_owned(), *sensitivity)).collect(),
            reason: None,
            origin: String::new(),
            place: None,
        };
        Tilt::of(&sleeve, stance, &list.iter().map(reading).collect())
    }

    #[test]
    fn effects_add_up_and_the_stance_scales_those_of_the_central_bank() {
        let parts = [("credit", -0.25, Some(0.4), true), ("curve", 0.25, Some(0.4), true), ("oil", 0.2, None, false)];
        // Hold: 1 - 0.10 + 0.10. Easing: 1 - 0.05 + 0.15. Hiking: 1 - 0.15 + 0.05.
        for (stance, multiplier) in [(Stance::Hold, 1.0), (Stance::Easing, 1.1), (Stance::Hiking, 0.9)] {
            assert!((tilt(stance, &parts).multiplier - multiplier).abs() < 1e-12, "{stance:?}");
        }
        let words = tilt(Stance::Hold, &parts).words();
        assert_eq!(words, "share x1.00: credit +0.40 adds -0.10, curve +0.40 adds +0.10, oil unknown");
        let inflation = [("inflation", 0.25, Some(1.0), false)];
        assert_eq!(tilt(Stance::Hiking, &inflation).multiplier, 1.25, "not the central bank's");
        assert_eq!(tilt(Stance::Hold, &[]).words(), "");
    }

    #[test]
    fn no_view_moves_a_share_by_more_than_half() {
        let strong = [("a", 1.0, Some(1.0), true), ("b", 1.0, Some(1.0), true)];
        assert_eq!(tilt(Stance::Easing, &strong).multiplier, 1.5);
        let weak = [("a", -1.0, Some(1.0), true), ("b", 1.0, Some(-1.0), true)];
        assert_eq!(tilt(Stance::Easing, &weak).multiplier, 0.5);
    }
}
