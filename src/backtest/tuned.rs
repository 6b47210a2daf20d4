//! A tuning as text and JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::signed;
use super::text::table;
use super::tune::{Trial, Tuning};
use crate::diagnostics::counted;
use crate::report::wrapped;
use crate::units::Weight;

/// Most rows of the table; the JSON has all.
const ROWS: usize = 12;

/// Draws the tuning.
pub fn render(tuning: &Tuning, width: usize) -> String {
    let mut out = String::new();
    let (from, to) = tuning.span;
    let count = counted(tuning.trials.len(), "setting", "settings");
    let _ = writeln!(out, "TUNE  {count}, {from} to {to}, hypothetical\n");
    let _ = writeln!(out, "  {}\n", plain(tuning));
    let heads = ["", "after tax, a year", "a year", "volatility", "deepest fall", "sold a year", "orders"];
    let mut rows = vec![heads.map(str::to_owned).to_vec(), row("as it is", &tuning.now)];
    let mut order: Vec<&Trial> = tuning.trials.iter().collect();
    order.sort_by(|a, b| b.after_tax.total_cmp(&a.after_tax).then_with(|| a.at.cmp(&b.at)));
    rows.extend(order.iter().take(ROWS).map(|trial| row(&words(tuning, trial), trial)));
    if let Some(worst) = order.get(ROWS..).and_then(<[_]>::last) {
        rows.push(row(&format!("worst: {}", words(tuning, worst)), worst));
    }
    table(&mut out, &rows);
    if let [first, second] = tuning.axes.as_slice() {
        let _ = writeln!(out, "\nHEAT MAP  growth a year after tax, {} down, {} across", first.key, second.key);
        let mut rows = vec![std::iter::once(String::new()).chain(second.values.iter().cloned()).collect::<Vec<_>>()];
        for (index, value) in first.values.iter().enumerate() {
            let own = tuning.trials.iter().filter(|trial| trial.at.first() == Some(&index));
            rows.push(std::iter::once(value.clone()).chain(own.map(|trial| heat(tuning, trial))).collect());
        }
        table(&mut out, &rows);
    }
    out.push_str("\nHOW FAR TO TRUST THE BEST  in months, against the config as it is\n");
    let trust = &tuning.trust;
    let points = |fraction: &f64| format!("{:+.2}", 100.0 * fraction);
    let list = |all: &[f64]| all.iter().map(points).collect::<Vec<_>>().join(", ");
    match trust.cross {
        Some(cross) => {
            let _ = writeln!(
                out,
                "  probability of overfitting (CSCV)   {:.2}; what was best in half of the months lost to the config as it is in the other half with {:.2}",
                cross.overfit, cross.loss
            );
        }
        None => out.push_str("  probability of overfitting (CSCV)   unknown: too few months or settings\n"),
    }
    let _ = writeln!(
        out,
        "  deflated Sharpe ratio               {:.2} after {}; {:.2} if nothing else had been tried",
        trust.deflated,
        counted(tuning.tried, "trial", "trials"),
        trust.plain
    );
    let _ = writeln!(
        out,
        "  walk-forward, points a year         {}; ten months are left out before each stretch",
        if trust.forward.is_empty() { "unknown: too few months".to_owned() } else { list(&trust.forward) }
    );
    let _ = writeln!(out, "  the best in five stretches          {}", list(&trust.folds));
    if let Some(beside) = trust.beside {
        let _ = writeln!(out, "  the settings one step beside it     {} points a year after tax", points(&beside));
    }
    let _ = writeln!(out, "  years that so many trials need      {:.1}", trust.least_years);
    out.push_str("\nMAY IT REPLACE WHAT YOU HAVE?\n");
    if trust.objections.is_empty() {
        out.push_str("  It is not worse on any held-out measure. `--apply` writes it.\n");
    } else {
        trust.objections.iter().for_each(|why| {
            let _ = writeln!(out, "  no: {why}");
        });
    }
    out.push_str("\n  Hypothetical; of today's funds, tables and survivors; what was good in the past need not be good in the future.\n");
    wrapped(&out, width.max(100), 2)
}

/// Says in a sentence what was found.
pub fn plain(tuning: &Tuning) -> String {
    let (best, trust) = (tuning.best(), &tuning.trust);
    let lead = 100.0 * (best.after_tax - tuning.now.after_tax);
    let count = counted(tuning.trials.len(), "setting", "settings");
    let what = words(tuning, best);
    if lead <= 0.0 {
        return format!(
            "Of {count} none grew more after tax than the config as it is ({} a year).",
            signed(tuning.now.after_tax)
        );
    }
    if trust.objections.is_empty() {
        format!(
            "Of {count} the best, {what}, grew {lead:.2} points a year more after tax than the config as it is, and held in every stretch it was not chosen on."
        )
    } else if trust.deflated < 0.95 || trust.cross.is_none_or(|cross| cross.overfit >= 0.5) {
        format!(
            "Of {count} the best, {what}, is no better than luck: its {lead:.2} points a year are what trying so many brings by itself."
        )
    } else {
        format!(
            "Of {count} the best, {what}, grew {lead:.2} points a year more after tax, but not on every held-out measure."
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
        format!("{:+.2}%", 100.0 * trial.after_tax),
        format!("{:+.2}%", 100.0 * trial.figures.cagr),
        Weight(trial.figures.volatility).percent(),
        Weight(trial.figures.drawdown).percent(),
        Weight(trial.turnover).percent(),
        trial.orders.to_string(),
    ]
}

/// A cell of the map, with a mark of how it stands between the worst and the best.
fn heat(tuning: &Tuning, trial: &Trial) -> String {
    let all = || tuning.trials.iter().map(|trial| trial.after_tax);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let place = if high > low { (trial.after_tax - low) / (high - low) } else { 0.5 };
    let mark = match () {
        () if place >= 0.9 => "#",
        () if place >= 0.6 => "+",
        () if place >= 0.3 => "-",
        () => ".",
    };
    format!("{:.2}%{mark}", 100.0 * trial.after_tax)
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
        "trials_so_far": tuning.tried,
        "plainly": plain(tuning),
        "as_it_is": trial(&tuning.now),
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
