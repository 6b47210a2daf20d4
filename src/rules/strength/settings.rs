//! The settings of `[rotation]`.

use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::Sink;

/// Keys of `[rotation]`.
pub const PARAMS: &[Param] = &[
    Param::with_default("enabled", Kind::Flag, "true", "`false` keeps the strength at 0."),
    Param::with_default(
        "cadence",
        Kind::Choice(&["daily", "weekly", "monthly"]),
        "\"weekly\"",
        "When the strength may change.",
    ),
    Param::with_default("step", Kind::Number(0.0, 1.0), "0.25", "Largest change of the strength in one step."),
    Param::with_default(
        "deadband",
        Kind::Number(0.0, 1.0),
        "0.05",
        "Differences up to this are left alone, unless the target is 0: that is reached.",
    ),
    Param::with_default(
        "confirm",
        Kind::Integer(1, 52),
        "2",
        "Runs in a row that must ask for more before the strength rises.",
    ),
    Param::with_default(
        "spacing",
        Kind::Integer(1, 250),
        "5",
        "Sessions between two steps, a calendar week counting as five.",
    ),
    Param::with_default("min-weight", Kind::Weight, "\"60%\"", "Part of the signals' weight that must have data."),
    Param::with_default("caution", Kind::Number(0.0, 1.0), "0.5", "Multiplier of the score at caution."),
    Param::with_default(
        "on-stop",
        Kind::Choice(&["freeze", "glide", "exit"]),
        "\"freeze\"",
        "What a stop does to the strength.",
    ),
    Param::with_default(
        "symmetric",
        Kind::Flag,
        "false",
        "What rotation sold is bought back as the strength falls; `broaden explain buy-back`.",
    ),
    Param::with_default("caution-confirm", Kind::Integer(1, 60), "2", "Sessions in a row before a caution holds."),
    Param::with_default("release", Kind::Integer(1, 250), "20", "Clear sessions in a row before a brake lets go."),
];

/// When the strength may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Each session.
    Daily,
    /// Fridays; a week without a Friday session on the next session.
    Weekly,
    /// The first session of each month.
    Monthly,
}

/// What a stop does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStop {
    /// The strength stays, and nothing is traded for rotation.
    Freeze,
    /// Down to 0 by steps.
    Glide,
    /// To 0 at once.
    Exit,
}

/// The settings of `[rotation]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// Off keeps the strength at 0.
    pub enabled: bool,
    /// When the strength may change.
    pub cadence: Cadence,
    /// Largest change in one step.
    pub step: f64,
    /// Differences up to this are left alone.
    pub deadband: f64,
    /// Runs in a row before a rise.
    pub confirm: usize,
    /// Sessions between steps.
    pub spacing: usize,
    /// Weight that must have data.
    pub min_weight: f64,
    /// Multiplier at caution.
    pub caution: f64,
    /// What a stop does.
    pub on_stop: OnStop,
    /// What was sold is bought back when the strength falls.
    pub symmetric: bool,
    /// Sessions before a caution holds.
    pub caution_confirm: usize,
    /// Clear sessions before a brake lets go.
    pub release: usize,
    /// Where the cadence comes from, in words.
    pub origin: String,
}

impl Default for Rotation {
    fn default() -> Self {
        Rotation {
            enabled: true,
            cadence: Cadence::Weekly,
            step: 0.25,
            deadband: 0.05,
            confirm: 2,
            spacing: 5,
            min_weight: 0.6,
            caution: 0.5,
            on_stop: OnStop::Freeze,
            symmetric: false,
            caution_confirm: 2,
            release: 20,
            origin: "default".to_owned(),
        }
    }
}

/// Reads `[rotation]`. Problems are pushed to the sink; what is wrong keeps its default.
pub fn configure(document: &Document, sink: &mut Sink) -> Rotation {
    let empty = Table::default();
    let table = document.root.table("rotation").unwrap_or(&empty);
    let place = document.root.get("rotation").map(|node| node.key_place.clone());
    let fields = Fields::new(table, "rotation", place, PARAMS, sink);
    let usual = Rotation::default();
    let whole = |name: &str, usual: usize| fields.integer(name).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual);
    Rotation {
        enabled: fields.flag("enabled").unwrap_or(usual.enabled),
        cadence: match fields.text("cadence").as_deref() {
            Some("daily") => Cadence::Daily,
            Some("monthly") => Cadence::Monthly,
            _ => Cadence::Weekly,
        },
        step: fields.number("step").unwrap_or(usual.step),
        deadband: fields.number("deadband").unwrap_or(usual.deadband),
        confirm: whole("confirm", usual.confirm),
        spacing: whole("spacing", usual.spacing),
        min_weight: fields.weight("min-weight").map_or(usual.min_weight, |weight| weight.0),
        caution: fields.number("caution").unwrap_or(usual.caution),
        on_stop: match fields.text("on-stop").as_deref() {
            Some("glide") => OnStop::Glide,
            Some("exit") => OnStop::Exit,
            _ => OnStop::Freeze,
        },
        symmetric: fields.flag("symmetric").unwrap_or(usual.symmetric),
        caution_confirm: whole("caution-confirm", usual.caution_confirm),
        release: whole("release", usual.release),
        origin: fields.origin("cadence"),
    }
}
