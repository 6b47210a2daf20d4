//! What the market says, in full: for `broaden signals`.

use chrono::NaiveDate;

use super::text::ramp;
use crate::rules::strength::Strength;
use crate::signals::Reading;

/// Returns the signals, brakes and strength of a day as text.
pub fn render(strength: &Strength, as_of: NaiveDate) -> String {
    let mut text = format!("strength {:.2} as of {as_of}", strength.value.0);
    if let Some((date, value)) = strength.previous {
        text.push_str(&format!(", was {value:.2} on {date}"));
    }
    text.push('\n');
    if !strength.data {
        text.push_str("  no market data: rotation is off\n");
        return text;
    }
    if let Some(why) = &strength.frozen {
        text.push_str(&format!("  frozen: {why}\n"));
    }
    text.push_str("\nsignals\n");
    for part in &strength.parts {
        let drawn = part.ramp.map_or_else(|| "for information".to_owned(), |ends| ramp(ends, part.score));
        let adds = match part.ramp {
            Some(_) => format!("{:.2} x {:.2} adds {:.2}", part.score, part.weight, part.contribution),
            None => String::new(),
        };
        let row = format!(
            "  {:22} {:>11}  {drawn:28} {adds:24} {}",
            name(&part.reading),
            value(&part.reading, part.unit),
            part.distance
        );
        text.push_str(row.trim_end());
        text.push_str(&remarks(&part.reading));
    }
    if let Some(score) = strength.score {
        text.push_str(&format!(
            "  score {score:.3} x {:.2} for brakes: the strength goes to {:.3}\n",
            strength.multiplier, strength.target
        ));
    }
    let reasons = strength.brake.reasons.join("; ");
    text.push_str(&format!("\nbrakes: {} {reasons}\n", strength.brake.level.word()));
    for brake in &strength.brakes {
        let row = format!(
            "  {:22} {:>11}  {:8} {}",
            name(&brake.reading),
            value(&brake.reading, brake.unit),
            brake.state.word(),
            brake.distance
        );
        text.push_str(row.trim_end());
        text.push_str(&remarks(&brake.reading));
    }
    text.push_str(&format!("\nstrength over the last sessions  {}\n", sparkline(&strength.path)));
    text
}

fn name(reading: &Reading) -> &str {
    reading.id.split_once('.').map_or(reading.id.as_str(), |(_, name)| name)
}

fn value(reading: &Reading, unit: &str) -> String {
    reading.value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2} {unit}").trim_end().to_owned())
}

/// Says of which day the value is, how much of the universe it covers, and what else a reader should know.
fn remarks(reading: &Reading) -> String {
    let mut words = Vec::new();
    words.extend(reading.as_of.map(|date| date.to_string()));
    words.extend(reading.coverage.map(|share| format!("coverage {:.0}%", share * 100.0)));
    words.extend(reading.stale.then(|| "stale".to_owned()));
    words.extend(reading.note.clone());
    if words.is_empty() { "\n".to_owned() } else { format!("  ({})\n", words.join("; ")) }
}

/// Draws the last year of the strength in eighths.
fn sparkline(path: &[(NaiveDate, f64)]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let recent = path.len().saturating_sub(252);
    let chosen = path.iter().skip(recent).step_by(5);
    chosen
        .map(|(_, value)| {
            let level = (value.clamp(0.0, 1.0) * 7.0).round() as usize;
            LEVELS.get(level).copied().unwrap_or('█')
        })
        .collect()
}
