//! All brakes together, and their memory.

use super::Rotation;
use crate::signals::{History, Level, SignalSetup, Vote};

/// What all brakes together say on a session, before confirmation and release.
pub(super) fn combined(setup: &SignalSetup, history: &History, session: usize) -> Level {
    let (mut stops, mut lead, mut on, mut worst) = (0, false, 0, Level::None);
    for (entry, track) in setup.brakes.iter().zip(&history.brakes) {
        let level = track.days.get(session).map_or(Level::None, |day| day.level);
        on += usize::from(level > Level::None);
        worst = worst.max(level);
        if level == Level::Stop && entry.vote != Vote::Caution {
            stops += 1;
            lead |= entry.vote == Vote::Lead;
        }
    }
    if stops >= 2 || lead && on >= 2 { Level::Stop } else { worst.min(Level::Caution) }
}

/// The combined brake with its memory: a stop holds at once, a caution after some sessions, and both let go only
/// after some sessions without.
#[derive(Default)]
pub(super) struct BrakeMachine {
    pub(super) level: Level,
    pub(super) rising: usize,
    /// Sessions in a row below the level, and the worst seen among them.
    pub(super) clear: (usize, Level),
}

impl BrakeMachine {
    pub(super) fn step(&mut self, rotation: &Rotation, raw: Level) -> Level {
        self.rising = if raw > Level::None { self.rising + 1 } else { 0 };
        if raw >= self.level {
            self.clear = (0, Level::None);
            if raw == Level::Stop || self.rising >= rotation.caution_confirm {
                self.level = raw;
            }
        } else {
            self.clear = (self.clear.0 + 1, self.clear.1.max(raw));
            if self.clear.0 >= rotation.release {
                self.level = self.clear.1;
                self.clear = (0, Level::None);
            }
        }
        self.level
    }
}
