//! A tuning as text and JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::signed;
use super::text::{self, table};
use super::tune::{Trial, Tuning};
use crate::diagnostics::counted;
use crate::report::wrapped;
use crate::units::Weight;

/// Most rows of the table; the JSON has all.
const ROWS: usize = 12;

/// Draws the tuning. Tables keep their columns, however wide they are.
pub fn render(tuning: &Tuning, width: usize) -> String {
    let prose = |text: &str| wrapped(text, width.max(100), 2);
    let mut out = format!("TUNE  {}\n\n", lead(tuning));
    let words = std::iter::once(plain(tuning)).chain(text::short(tuning.span)).chain(alone(tuning));
    words.for_each(|text| out.push_str(&prose(&format!("  {text}"))));
    out.push('\n');
    table(&mut out, &settings(tuning));
    if let Some((title, map)) = heat_map(tuning) {
        let _ = writeln!(out, "\nHEAT MAP  {title}");
        let line = |row: Vec<(String, Option<f64>)>| row.into_iter().map(|(text, place)| text + mark(place)).collect();
        table(&mut out, &map.into_iter().map(line).collect::<Vec<_>>());
    }
    out.push_str("\nHOW FAR TO TRUST THE BEST  in months, against the config as it is\n");
    for (name, words) in trusted(tuning) {
        let words = wrapped(&words, width.max(100) - NAMES - 3, 0);
        for (index, line) in words.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            let _ = writeln!(out, "  {name:<NAMES$} {line}");
        }
    }
    out.push_str("\nMAY IT REPLACE WHAT YOU HAVE?\n");
    verdict(tuning).iter().for_each(|why| out.push_str(&prose(&format!("  {why}"))));
    out + "\n" + &prose(&format!("  {HYPOTHETICAL}"))
}

/// The width of what is measured of trust.
const NAMES: usize = 35;

/// What everybody should know who reads it.
pub(super) const HYPOTHETICAL: &str =
    "Hypothetical; of today's funds, tables and survivors; what was good in the past need not be good in the future.";

/// How many, and from when to when.
pub(super) fn lead(tuning: &Tuning) -> String {
    let (from, to) = tuning.span;
    let settings = counted(tuning.all, "setting", "settings");
    let finished = tuning.trials.len();
    let settings = if finished < tuning.all { format!("{finished} of {settings}, interrupted") } else { settings };
    let settings = match tuning.different {
        different if different == finished => settings,
        1 => format!("{settings} (all do the same)"),
        different => format!("{settings} ({different} of them differ)"),
    };
    format!("{settings}, {from} to {to}, hypothetical")
}

/// Says how runs were planned where it was not as `advise` plans, and what that makes.
pub(super) fn alone(tuning: &Tuning) -> Option<String> {
    let advised = tuning.advised.as_ref()?;
    let points = 100.0 * (tuning.now.after_tax - advised.after_tax);
    Some(format!(
        "Each run is planned alone, which is faster and not what `advise` does: the config as it is comes to {} {} after tax so, and to {} planned as `advise` plans ({points:+.2} points). Look at what is best once more without --alone.",
        exactly(tuning.now.after_tax),
        text::of_what(tuning.span),
        exactly(advised.after_tax)
    ))
}

/// Returns a fraction in percent with a sign and hundredths.
fn exactly(fraction: f64) -> String {
    format!("{:+.2}%", 100.0 * fraction)
}

/// Returns the table of the best settings, and the worst.
pub(super) fn settings(tuning: &Tuning) -> Vec<Vec<String>> {
    let of = text::of_what(tuning.span);
    let after_tax = format!("after tax, {of}");
    let sold = format!("sold {of}");
    let heads = ["", &after_tax, of, "volatility", "deepest fall", &sold, "orders"];
    let mut rows = vec![heads.map(str::to_owned).to_vec(), row("as it is", &tuning.now)];
    rows.extend(tuning.advised.iter().map(|trial| row("as it is, as advised", trial)));
    let mut order: Vec<&Trial> = tuning.trials.iter().collect();
    order.sort_by(|a, b| b.after_tax.total_cmp(&a.after_tax).then_with(|| a.at.cmp(&b.at)));
    rows.extend(order.iter().take(ROWS).map(|trial| row(&words(tuning, trial), trial)));
    if let Some(worst) = order.get(ROWS..).and_then(<[_]>::last) {
        rows.push(row(&format!("worst: {}", words(tuning, worst)), worst));
    }
    rows
}

/// A cell of the map, and where it stands between the worst (0) and the best (1).
pub(super) type Heat = (String, Option<f64>);

/// Returns the map of two keys: what it shows, and its rows with their heads.
pub(super) fn heat_map(tuning: &Tuning) -> Option<(String, Vec<Vec<Heat>>)> {
    let [first, second] = tuning.axes.as_slice() else { return None };
    let head = |text: &String| (text.clone(), None);
    let all = || tuning.trials.iter().map(|trial| trial.after_tax);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let heat = |trial: &Trial| {
        let place = if high > low { (trial.after_tax - low) / (high - low) } else { 0.5 };
        (format!("{:.2}%", 100.0 * trial.after_tax), Some(place))
    };
    let mut rows: Vec<Vec<Heat>> =
        vec![std::iter::once(head(&String::new())).chain(second.values.iter().map(head)).collect()];
    for (index, value) in first.values.iter().enumerate() {
        let own = |other: usize| tuning.trials.iter().find(|trial| trial.at == [index, other]);
        let cells = (0..second.values.len()).map(|other| own(other).map_or_else(|| head(&String::new()), heat));
        rows.push(std::iter::once(head(value)).chain(cells).collect());
    }
    Some((format!("growth {} after tax, {} down, {} across", text::of_what(tuning.span), first.key, second.key), rows))
}

/// How a cell is marked where there are no colours.
fn mark(place: Option<f64>) -> &'static str {
    match place {
        None => "",
        Some(place) if place >= 0.9 => "#",
        Some(place) if place >= 0.6 => "+",
        Some(place) if place >= 0.3 => "-",
        Some(_) => ".",
    }
}

/// Returns each measure of trust with its words.
pub(super) fn trusted(tuning: &Tuning) -> Vec<(&'static str, String)> {
    let trust = &tuning.trust;
    let points = |fraction: &f64| format!("{:+.2}", 100.0 * fraction);
    let list = |all: &[f64]| all.iter().map(points).collect::<Vec<_>>().join(", ");
    let cross = match trust.cross {
        Some(cross) => format!(
            "{:.2}; what was best in half of the months lost to the config as it is in the other half with {:.2}",
            cross.overfit, cross.loss
        ),
        None => "unknown: too few months or different settings".to_owned(),
    };
    let trials = counted(tuning.tried, "trial", "trials");
    let deflated = format!("{:.2} after {trials}; {:.2} if nothing else had been tried", trust.deflated, trust.plain);
    let forward = if trust.forward.is_empty() { "unknown: too few months".to_owned() } else { list(&trust.forward) };
    let mut found = vec![
        ("probability of overfitting (CSCV)", cross),
        ("deflated Sharpe ratio", deflated),
        ("walk-forward, points a year", format!("{forward}; ten months are left out before each stretch")),
        ("the best in five stretches", list(&trust.folds)),
    ];
    found.extend(trust.beside.map(|beside| {
        (
            "the settings one step beside it",
            format!("{} points {} after tax", points(&beside), text::of_what(tuning.span)),
        )
    }));
    found.push(("years that so many trials need", format!("{:.1}", trust.least_years)));
    found
}

/// Returns whether the best may replace the config as it is, and why not.
pub(super) fn verdict(tuning: &Tuning) -> Vec<String> {
    let objections = &tuning.trust.objections;
    if objections.is_empty() {
        return vec!["Nothing here speaks against it. `--apply` writes it.".to_owned()];
    }
    objections.iter().map(|why| format!("no: {why}")).collect()
}

/// Says in a sentence what was found.
pub fn plain(tuning: &Tuning) -> String {
    let (best, trust, of) = (tuning.best(), &tuning.trust, text::of_what(tuning.span));
    let lead = 100.0 * (best.after_tax - tuning.now.after_tax);
    let count = counted(tuning.trials.len(), "setting", "settings");
    let what = words(tuning, best);
    if lead <= 0.0 {
        return format!(
            "Of {count} none grew more after tax than the config as it is ({} {of}).",
            signed(tuning.now.after_tax)
        );
    }
    if trust.objections.is_empty() {
        format!(
            "Of {count} the best, {what}, grew {lead:.2} points {of} more after tax than the config as it is, did no worse in any stretch of time, and settings chosen on the past kept their lead."
        )
    } else if trust.deflated < 0.5 && tuning.tried > 1 {
        // Its ratio is below what the best of so many is expected to have without any merit.
        format!(
            "Of {count} the best, {what}, is no better than luck: its {lead:.2} points {of} are what trying so many brings by itself."
        )
    } else if trust.deflated < 0.95 || trust.cross.is_none_or(|cross| cross.overfit >= 0.5) {
        format!(
            "Of {count} the best, {what}, grew {lead:.2} points {of} more after tax, and is not shown to be more than luck."
        )
    } else {
        format!(
            "Of {count} the best, {what}, grew {lead:.2} points {of} more after tax, but not on every held-out measure."
        )
    }
}

/// The values of a setting: `25%, [35, 65]`.
fn words(tuning: &Tuning, trial: &Trial) -> String {
    tuning.settings(trial).into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(", ")
}

fn row(name: &str, trial: &Trial) -> Vec<String> {
    vec![
        name.to_owned(),
        exactly(trial.after_tax),
        exactly(trial.figures.cagr),
        Weight(trial.figures.volatility).percent(),
        Weight(trial.figures.drawdown).percent(),
        Weight(trial.turnover).percent(),
        trial.orders.to_string(),
    ]
}

/// Returns the tuning as JSON.
pub fn json(tuning: &Tuning) -> Value {
    let trial = |own: &Trial| {
        let set: serde_json::Map<String, Value> =
            tuning.settings(own).into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        json!({
            "set": set,
            "after_tax": own.after_tax,
            "figures": own.figures,
            "turnover_a_year": own.turnover,
            "orders": own.orders,
        })
    };
    let trust = &tuning.trust;
    json!({
        "hypothetical": true,
        "from": tuning.span.0.to_string(),
        "to": tuning.span.1.to_string(),
        "of_less_than_a_year": super::figures::is_short(tuning.span.0, tuning.span.1),
        "trials_so_far": tuning.tried,
        "caution": HYPOTHETICAL,
        "plainly": plain(tuning),
        "as_it_is": trial(&tuning.now),
        "as_it_is_advised": tuning.advised.as_ref().map(trial),
        "settings": tuning.all,
        "settings_that_differ": tuning.different,
        "interrupted": tuning.trials.len() < tuning.all,
        "best": trial(tuning.best()),
        "trials": tuning.trials.iter().map(trial).collect::<Vec<_>>(),
        "probability_of_overfitting": trust.cross.map(|cross| cross.overfit),
        "probability_of_loss": trust.cross.map(|cross| cross.loss),
        "deflated_sharpe": trust.deflated,
        "undeflated_sharpe": trust.plain,
        "least_years": trust.least_years,
        "walk_forward": trust.forward,
        "stretches": trust.folds,
        "beside": trust.beside,
        "objections": trust.objections,
    })
}
