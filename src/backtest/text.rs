//! A backtest as text.

use std::fmt::Write;

use chrono::NaiveDate;

use super::figures::is_short;
use super::{Report, Row, signed};
use crate::diagnostics::counted;
use crate::report::wrapped;
use crate::rules::strength::Turns;
use crate::units::{Money, Weight};

/// Draws the report.
pub fn render(report: &Report, width: usize) -> String {
    let mut out = format!("BACKTEST  {}\n\n", lead(report));
    table(&mut out, &risks(report));
    out.push_str("\nAFTER TAX\n");
    table(&mut out, &taxed(report));
    out.push('\n');
    for row in &report.rows {
        let _ = writeln!(out, "  {:<11} {}", row.name, row.about);
    }
    out.push_str("\nREAD WITH CARE\n");
    verdict(report).iter().for_each(|sentence| {
        let _ = writeln!(out, "  {sentence}");
    });
    let _ = writeln!(out, "\nSTATE  {}", states(report).join("\n  "));
    out.push_str("\nYEAR BY YEAR\n");
    table(&mut out, &yearly(report));
    out.push_str("\nWHAT THIS IS\n");
    cautions(report).iter().for_each(|caution| {
        let _ = writeln!(out, "  {caution}");
    });
    wrapped(&out, width.max(100), 2)
}

/// From when to when.
pub(super) fn lead(report: &Report) -> String {
    let days = (report.to - report.from).num_days();
    let long = match is_short(report.from, report.to) {
        true => counted(days, "day", "days"),
        false => format!("{:.1} years", days as f64 / 365.25),
    };
    let rows = report.rows.len();
    let part = if rows < report.all { format!("{rows} of {} rows, interrupted, ", report.all) } else { String::new() };
    format!("{part}{} to {} ({long}), hypothetical", report.from, report.to)
}

fn headed(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    std::iter::once(heads.iter().map(|head| (*head).to_owned()).collect()).chain(rows).collect()
}

/// What growth is of: a year, or the whole span where that is less.
pub(super) fn of_what((from, to): (NaiveDate, NaiveDate)) -> &'static str {
    if is_short(from, to) { "in all" } else { "a year" }
}

/// Says of a span of less than a year what its growth is.
pub(super) fn short((from, to): (NaiveDate, NaiveDate)) -> Option<String> {
    let days = (to - from).num_days();
    is_short(from, to).then(|| {
        let (days, verb) = (counted(days, "day", "days"), if days == 1 { "is" } else { "are" });
        format!("{days} {verb} less than a year: growth is that of all of it, and is not made into a year's.")
    })
}

/// Returns the table of returns and risk.
pub(super) fn risks(report: &Report) -> Vec<Vec<String>> {
    let of = of_what((report.from, report.to));
    let sold = format!("sold {of}");
    let heads = ["", of, "volatility", "deepest fall", "worst year", &sold, "orders", "tech"];
    headed(&heads, report.rows.iter().map(risk))
}

/// Returns the table of tax and costs.
pub(super) fn taxed(report: &Report) -> Vec<Vec<String>> {
    let all_sold = format!("all sold, {}", of_what((report.from, report.to)));
    let heads = ["", "tax", "costs", "at the end", "less tax owed", "all sold", &all_sold];
    headed(&heads, report.rows.iter().map(money))
}

/// Returns how the market was, as the rules saw it.
pub(super) fn states(report: &Report) -> Vec<String> {
    let [none, caution, stop] = report.states.map(|share| Weight(share).percent());
    let mean = report.strength;
    let first = format!("mean strength {mean:.2}; no brake {none}, caution {caution}, stop {stop} of the sessions");
    std::iter::once(first).chain(report.turns.as_ref().map(Turns::words)).collect()
}

/// Returns what everybody should know who reads it.
pub(super) fn cautions(report: &Report) -> Vec<String> {
    let tried = counted(report.tried, "variant", "variants");
    let last = format!("{tried} tried so far; the more are tried, the luckier the best of them.");
    report.caveats.iter().cloned().chain([last]).collect()
}

fn risk(row: &Row) -> Vec<String> {
    let (figures, course) = (&row.figures, &row.course);
    vec![
        row.name.clone(),
        signed(figures.cagr),
        Weight(figures.volatility).percent(),
        Weight(figures.drawdown).percent(),
        figures.worst_year.map_or_else(String::new, |(year, change)| format!("{} {year}", signed(change))),
        Weight(course.turnover()).percent(),
        course.orders.len().to_string(),
        Weight(course.mean_tech()).percent(),
    ]
}

fn money(row: &Row) -> Vec<String> {
    let course = &row.course;
    let taxes: Money = course.taxes.values().copied().sum();
    vec![
        row.name.clone(),
        taxes.whole_dollars(),
        course.costs.whole_dollars(),
        course.values.last().copied().unwrap_or_default().whole_dollars(),
        course.kept().whole_dollars(),
        course.liquidated().whole_dollars(),
        signed(row.course.after_tax()),
    ]
}

/// Says plainly how the rules did beside the others.
pub(super) fn verdict(report: &Report) -> Vec<String> {
    let named = |name: &str| report.rows.iter().find(|row| row.name == name);
    let Some(rules) = named("rules") else { return Vec::new() };
    let span = (report.from, report.to);
    let mut said: Vec<String> = short(span).into_iter().collect();
    let of = of_what(span);
    for (name, words) in
        [("SPY", "SPY alone"), ("hold", "doing nothing"), ("strength 0", "the same rules without rotation")]
    {
        let Some(other) = named(name) else { continue };
        let (own, its) = (rules.course.after_tax(), other.course.after_tax());
        let verb = if own < its - 5e-5 {
            "fell behind"
        } else if own > its + 5e-5 {
            "came out ahead of"
        } else {
            "did the same as"
        };
        said.push(format!("After all tax the rules {verb} {words}: {} {of} against {}.", signed(own), signed(its)));
    }
    if let Some(twin) = named("free twin") {
        let took = 100.0 * (twin.course.after_tax() - rules.course.after_tax());
        said.push(format!(
            "Tax and costs took {took:.1} points {of} from the rules, measured by a twin that pays none; both are sold at the end."
        ));
    }
    said
}

/// Returns the table of the years.
pub(super) fn yearly(report: &Report) -> Vec<Vec<String>> {
    let heads: Vec<&str> = std::iter::once("year").chain(report.rows.iter().map(|row| row.name.as_str())).collect();
    let years = report.rows.first().map(|row| row.figures.years.as_slice()).unwrap_or_default();
    let line = |(year, _): &(i32, f64)| {
        let own = |row: &Row| {
            let found = row.figures.years.iter().find(|(own, _)| own == year);
            found.map_or_else(String::new, |(_, change)| signed(*change))
        };
        std::iter::once(year.to_string()).chain(report.rows.iter().map(own)).collect()
    };
    headed(&heads, years.iter().map(line))
}

/// Writes rows in columns, the first to the left and the others to the right.
pub(super) fn table(out: &mut String, rows: &[Vec<String>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = if index == 0 { write!(line, " {cell:<width$}") } else { write!(line, "  {cell:>width$}") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
