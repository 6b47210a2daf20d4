//! A backtest as text.

use std::fmt::Write;

use super::{Report, Row, signed};
use crate::diagnostics::counted;
use crate::report::wrapped;
use crate::units::{Money, Weight};

/// Draws the report.
pub fn render(report: &Report, width: usize) -> String {
    let mut out = String::new();
    let years = (report.to - report.from).num_days() as f64 / 365.25;
    let _ = writeln!(out, "BACKTEST  {} to {} ({years:.1} years), hypothetical\n", report.from, report.to);
    let heads = ["", "a year", "volatility", "deepest fall", "worst year", "sold a year", "orders", "tech"];
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(report.rows.iter().map(risk));
    table(&mut out, &rows);
    out.push_str("\nAFTER TAX\n");
    let heads = ["", "tax", "costs", "at the end", "less tax owed", "all sold", "all sold, a year"];
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(report.rows.iter().map(money));
    table(&mut out, &rows);
    out.push('\n');
    for row in &report.rows {
        let _ = writeln!(out, "  {:<11} {}", row.name, row.about);
    }
    out.push_str("\nREAD WITH CARE\n");
    for sentence in verdict(report) {
        let _ = writeln!(out, "  {sentence}");
    }
    let [none, caution, stop] = report.states.map(|share| Weight(share).percent());
    let _ = writeln!(
        out,
        "\nSTATE  mean strength {:.2}; no brake {none}, caution {caution}, stop {stop} of the sessions",
        report.strength
    );
    if let Some(turns) = &report.turns {
        let _ = writeln!(out, "  {}", turns.words());
    }
    out.push_str("\nYEAR BY YEAR\n");
    yearly(&mut out, report);
    out.push_str("\nWHAT THIS IS\n");
    for caveat in &report.caveats {
        let _ = writeln!(out, "  {caveat}");
    }
    let _ = writeln!(
        out,
        "  {} tried so far; the more are tried, the luckier the best of them.",
        counted(report.tried, "variant", "variants")
    );
    wrapped(&out, width.max(100), 2)
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
    let mut said = Vec::new();
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
        said.push(format!("After all tax the rules {verb} {words}: {} a year against {}.", signed(own), signed(its)));
    }
    if let Some(twin) = named("free twin") {
        let took = twin.figures.cagr - rules.figures.cagr;
        said.push(format!(
            "Tax and costs took {} a year from the rules, measured by a twin that pays none.",
            Weight(took).percent()
        ));
    }
    said
}

fn yearly(out: &mut String, report: &Report) {
    let mut rows =
        vec![std::iter::once("year".to_owned()).chain(report.rows.iter().map(|row| row.name.clone())).collect()];
    let years = report.rows.first().map(|row| row.figures.years.clone()).unwrap_or_default();
    for (year, _) in years {
        let own = |row: &Row| {
            let found = row.figures.years.iter().find(|(own, _)| *own == year);
            found.map_or_else(String::new, |(_, change)| signed(*change))
        };
        rows.push(std::iter::once(year.to_string()).chain(report.rows.iter().map(own)).collect());
    }
    table(out, &rows);
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
