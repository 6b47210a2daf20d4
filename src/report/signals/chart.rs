//! The strength over time, drawn with characters.

use chrono::{Datelike, NaiveDate};

use crate::report::Options;
use crate::report::page::Page;
use crate::rules::strength::Strength;
use crate::signals::Level;

/// Quarters that a terminal shows.
pub(super) const RECENT: usize = 12;
/// Sessions of a year, and between two characters of the sparkline.
const YEAR: usize = 252;
const EVERY: usize = 5;

/// Draws the last year of the strength in eighths, in so many characters at most.
pub(super) fn sparkline(path: &[(NaiveDate, f64)], most: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let chosen = path.iter().skip(path.len().saturating_sub(YEAR)).step_by(EVERY.max(YEAR.div_ceil(most.max(1))));
    let drawn = |(_, value): &(NaiveDate, f64)| {
        let level = (value.clamp(0.0, 1.0) * 7.0).round() as usize;
        LEVELS.get(level).copied().unwrap_or('█')
    };
    chosen.map(drawn).collect()
}

/// One quarter of the history.
struct Quarter {
    name: String,
    /// At its end.
    strength: f64,
    /// Sessions with a caution, with a stop, and all.
    cautions: usize,
    stops: usize,
    sessions: usize,
}

/// Returns one row per quarter: the strength at its end as a bar, and how many sessions the brakes were on.
pub fn chart(strength: &Strength, last: Option<usize>, width: usize) -> String {
    let mut quarters: Vec<Quarter> = Vec::new();
    for ((day, value), level) in strength.path.iter().zip(&strength.levels) {
        let name = format!("{}-Q{}", day.year(), day.month0() / 3 + 1);
        if quarters.last().is_none_or(|quarter| quarter.name != name) {
            quarters.push(Quarter { name, strength: 0.0, cautions: 0, stops: 0, sessions: 0 });
        }
        if let Some(quarter) = quarters.last_mut() {
            quarter.strength = *value;
            quarter.sessions += 1;
            quarter.cautions += usize::from(*level == Level::Caution);
            quarter.stops += usize::from(*level == Level::Stop);
        }
    }
    let skipped = last.map_or(0, |last| quarters.len().saturating_sub(last));
    let bar = width.saturating_sub(54).clamp(10, 40);
    let mut page = Page { text: String::from("\n"), options: Options { width, colour: false } };
    page.line("quarter  at its end; brakes: sessions at caution, at stop");
    for quarter in quarters.iter().skip(skipped) {
        let filled = (quarter.strength.clamp(0.0, 1.0) * bar as f64).round() as usize;
        let on = |count: usize, word: &str| match count {
            0 => String::new(),
            count => format!("  {word} {count} of {}", quarter.sessions),
        };
        let line = format!(
            "{}  {:.2} {}{}{}{}",
            quarter.name,
            quarter.strength,
            "█".repeat(filled),
            "·".repeat(bar - filled),
            on(quarter.cautions, "caution"),
            on(quarter.stops, "stop")
        );
        page.line(line);
    }
    page.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_shows_its_end_and_its_brakes() {
        let days = ["2020-03-30", "2020-03-31", "2020-04-01"].map(|day| day.parse::<NaiveDate>().unwrap());
        let mut strength = Strength::without_data();
        strength.path = days.into_iter().zip([0.25, 0.5, 0.5]).collect();
        strength.levels = vec![Level::None, Level::Caution, Level::Stop];
        let text = chart(&strength, None, 64);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines, ["2020-Q1  0.50 █████·····  caution 1 of 2", "2020-Q2  0.50 █████·····  stop 1 of 1"]);
        assert_eq!(chart(&strength, Some(1), 64).lines().count(), 3);
        assert_eq!(sparkline(&strength.path, 80), "▃");
    }
}
