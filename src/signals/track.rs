//! What a signal sees, and what it gives back.

use chrono::NaiveDate;

use super::{breadth, trend};
use crate::market::Market;

/// What a signal sees: the market, and the sessions up to the as-of date.
pub struct Context<'a> {
    /// The files.
    pub market: &'a Market,
    /// Ascending, none after the as-of date.
    pub sessions: &'a [NaiveDate],
    /// Counts the panel up to the as-of date.
    pub counter: &'a breadth::Counter<'a>,
}

impl Context<'_> {
    /// Returns the last session.
    pub fn until(&self) -> NaiveDate {
        self.sessions.last().copied().unwrap_or(NaiveDate::MIN)
    }

    /// Puts dated values beside the sessions; sessions without one get `None`. Dates are ascending.
    pub fn align<T: Copy>(&self, days: impl Iterator<Item = (NaiveDate, Option<T>)>) -> Vec<Option<T>> {
        let mut days = days.peekable();
        let value = |session: &NaiveDate| {
            while days.next_if(|(day, _)| day < session).is_some() {}
            days.next_if(|(day, _)| day == session).and_then(|(_, value)| value)
        };
        self.sessions.iter().map(value).collect()
    }
}

/// The values of a signal, one per session.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// `None` on sessions without a value of their own.
    pub values: Vec<Option<f64>>,
    /// Empty where coverage means nothing.
    pub coverage: Vec<Option<f64>>,
    /// Sessions on which the value may count; empty when all may.
    pub counts: Vec<bool>,
    /// Files and series used.
    pub inputs: Vec<String>,
    /// About the last session.
    pub note: Option<String>,
}

impl Track {
    /// Returns a track without values, and why.
    pub fn nothing(why: impl Into<String>) -> Track {
        Track { note: Some(why.into()), ..Track::default() }
    }

    /// Returns a track of dated values.
    pub fn of(context: &Context<'_>, days: impl Iterator<Item = (NaiveDate, Option<f64>)>) -> Track {
        Track { values: context.align(days), ..Track::default() }
    }

    /// Returns a track of a trend: its shape goes into the note, and with `sustained` only sustained days count.
    pub(super) fn trend(
        context: &Context<'_>,
        days: &[NaiveDate],
        values: &[Option<f64>],
        shapes: &[Option<trend::Shape>],
        sustained: Option<usize>,
    ) -> Track {
        let mut track = Track::of(context, days.iter().copied().zip(values.iter().copied()));
        if let Some(shape) = shapes.last().copied().flatten() {
            let cross = if shape.cross { "above" } else { "below" };
            let word = if shape.sustained { "sustained" } else { "not sustained" };
            track.note = Some(format!(
                "{word}: {:.0}% of 20 days above its 50-day mean, 20-day mean {cross} the 50-day",
                100.0 * shape.persistence
            ));
        }
        if let Some(confirm) = sustained {
            let readings: Vec<Option<f64>> =
                shapes.iter().map(|shape| shape.map(|shape| f64::from(u8::from(shape.sustained)))).collect();
            let gate = trend::Hysteresis { enter: 1.0, leave: 0.0, confirm_enter: confirm, confirm_leave: confirm };
            let on = gate.run(&readings);
            let mut held = false;
            let by_session = context.align(days.iter().copied().zip(on.into_iter().map(Some)));
            track.counts = by_session
                .into_iter()
                .map(|state| {
                    held = state.unwrap_or(held);
                    held
                })
                .collect();
            if !track.counts.last().copied().unwrap_or(false) {
                track.add_note("does not count until it is sustained");
            }
        }
        track
    }

    pub(super) fn add_note(&mut self, text: &str) {
        self.note = Some(match self.note.take() {
            Some(note) => format!("{note}; {text}"),
            None => text.to_owned(),
        });
    }
}
