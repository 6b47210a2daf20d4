//! A backtest and a tuning as pages: their tables and sentences are those of the text, with pictures.

use askama::Template;

use super::picture::{Picture, Scale, draw};
use super::tune::Tuning;
use super::{Report, Row, text, tuned};
use crate::diagnostics::text::plain;

/// The page: no script, no network, every text escaped.
#[derive(Template)]
#[template(path = "backtest/page.html")]
struct Page {
    title: String,
    lead: Vec<String>,
    parts: Vec<Part>,
}

/// A part of it.
#[derive(Default)]
struct Part {
    heading: String,
    picture: Option<Picture>,
    table: Vec<Vec<Cell>>,
    lines: Vec<String>,
}

/// A cell of a table; the shade of a map is a share of the colour.
struct Cell {
    text: String,
    shade: Option<String>,
}

fn part(heading: &str) -> Part {
    Part { heading: heading.to_owned(), ..Part::default() }
}

fn cells(rows: Vec<Vec<String>>) -> Vec<Vec<Cell>> {
    let cell = |text: String| Cell { text: plain(&text), shade: None };
    rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
}

/// Returns the page of a backtest.
pub(super) fn backtest(report: &Report) -> String {
    let days = report.rows.first().map(|row| row.course.days.as_slice()).unwrap_or_default();
    let pictured = |heading: &str, scale, of: &dyn Fn(&Row) -> Vec<f64>| {
        let lines = report.rows.iter().map(|row| (row.name.clone(), of(row)));
        Part { picture: draw(heading, scale, days, lines), ..part(heading) }
    };
    let about = report.rows.iter().map(|row| format!("{}: {}", row.name, row.about)).collect();
    let page = Page {
        title: format!("Backtest, {}", text::lead(report)),
        lead: text::verdict(report),
        parts: vec![
            Part { table: cells(text::risks(report)), lines: about, ..part("Growth and risk") },
            Part { table: cells(text::taxed(report)), ..part("After tax") },
            pictured("Value at each close", Scale::Growth, &|row| super::course::floats(&row.course.values)),
            pictured("Fall from the highest value before", Scale::Percent, &|row| row.course.falls()),
            pictured("Part that is tech", Scale::Percent, &|row| row.course.tech.clone()),
            Part { table: cells(text::yearly(report)), ..part("Year by year") },
            Part { lines: text::states(report), ..part("State of the market, as the rules saw it") },
            Part { lines: text::cautions(report), ..part("What this is") },
        ],
    };
    // Writing to memory does not fail.
    page.render().unwrap_or_default()
}

/// Returns the page of a tuning.
pub(super) fn tuning(tuning: &Tuning) -> String {
    let heat = |(text, place): (String, Option<f64>)| {
        let shade = place.map(|place| format!("{:.0}%", 70.0 * place));
        Cell { text: plain(&text), shade }
    };
    let map = tuned::heat_map(tuning).map(|(title, rows)| Part {
        table: rows.into_iter().map(|row| row.into_iter().map(heat).collect()).collect(),
        ..part(&format!("Heat map: {}", plain(&title)))
    });
    let trust = tuned::trusted(tuning).into_iter().map(|(name, words)| vec![name.to_owned(), words]);
    let trust = std::iter::once(vec![String::new(), "in months, against the config as it is".to_owned()]).chain(trust);
    let parts = [Part { table: cells(tuned::settings(tuning)), ..part("Settings, the best first") }];
    let last = [
        Part { table: cells(trust.collect()), ..part("How far to trust the best") },
        Part { lines: tuned::verdict(tuning), ..part("May it replace what you have?") },
    ];
    let page = Page {
        title: format!("Tuning, {}", tuned::lead(tuning)),
        lead: std::iter::once(plain(&tuned::plain(tuning)))
            .chain(text::short(tuning.span))
            .chain(tuned::alone(tuning))
            .chain([tuned::HYPOTHETICAL.to_owned()])
            .collect(),
        parts: parts.into_iter().chain(map).chain(last).collect(),
    };
    page.render().unwrap_or_default()
}
