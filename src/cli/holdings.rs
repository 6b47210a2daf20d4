//! `broaden holdings`: what the files say.

use std::io::{self, Write};

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::model::{Account, Portfolio, Position};
use broaden::units::{Money, Price, Shares};
use broaden::{holdings, pipeline};

use super::exit::Status;
use super::inputs::{Common, gather};
use super::ui::Ui;

/// Show what the files say is owned
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    /// As JSON, with every field of the files
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&args.common.paths, &args.common.options, &mut sink)?;
    let setup = pipeline::configure(&inputs, &mut sink);
    let portfolio = &setup.portfolio;
    if args.json {
        ui.answer_json(&holdings::json::View::new(portfolio, &sink.items))?;
    } else if !sink.has_errors() {
        ui.answer_with(|out| write(portfolio, out))?;
    }
    ui.diagnostics(&sink.items);
    // The process ends here: giving back the memory of fifty thousand positions one by one would only take time.
    std::mem::forget(setup);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

const COLUMNS: usize = 6;
const HEADINGS: [&str; COLUMNS] = ["", "quantity", "price", "value", "cost", "lots"];

/// Writes a table per account. A table library, or a text per cell, takes longer for fifty thousand rows than reading them
/// does; so the rows are gone through once for the widths and once to be written, and none is kept.
fn write(portfolio: &Portfolio, out: &mut dyn Write) -> io::Result<()> {
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        writeln!(out, "{}, {} ({}, {as_of})", account.label(), account.kind.id(), account.broker)?;
        let mut widths = [0; COLUMNS];
        rows(account, |row| {
            for (widest, cell) in widths.iter_mut().zip(row.cells()) {
                *widest = width(cell).max(*widest);
            }
            Ok(())
        })?;
        let mut line = String::new();
        rows(account, |row| {
            line.clear();
            row.align(&widths, &mut line);
            out.write_all(line.as_bytes())
        })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The cells of one row, in one text that is used again for the next.
#[derive(Default)]
struct Row {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
}

impl Row {
    fn clear(&mut self) -> &mut Self {
        self.text.clear();
        self.ends.clear();
        self
    }

    /// Adds a cell.
    fn cell(&mut self, write: impl FnOnce(&mut String)) -> &mut Self {
        write(&mut self.text);
        self.ends.push(self.text.len());
        self
    }

    /// Adds a cell for something that may be unknown.
    fn known<T>(&mut self, value: Option<T>, write: impl FnOnce(T, &mut String)) -> &mut Self {
        self.cell(|text| match value {
            Some(value) => write(value, text),
            None => text.push('-'),
        })
    }

    /// Returns the cells.
    fn cells(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        })
    }

    /// Writes the cells as a line, the first to the left and the others to the right.
    fn align(&self, widths: &[usize], line: &mut String) {
        for (column, (cell, widest)) in self.cells().zip(widths).enumerate() {
            let space = widest.saturating_sub(width(cell));
            let (before, after) = if column == 0 { (0, space) } else { (space, 0) };
            spaces(line, before + 1);
            match cell.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                true => line.push_str(cell),
                false => line.extend(cell.chars().map(|c| if c.is_control() { ' ' } else { c })),
            }
            spaces(line, after + 1);
        }
        line.truncate(line.trim_end_matches(' ').len());
        line.push('\n');
    }
}

fn width(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

fn spaces(line: &mut String, count: usize) {
    const SPACES: &str = "                                ";
    match SPACES.get(..count) {
        Some(spaces) => line.push_str(spaces),
        None => line.extend(std::iter::repeat_n(' ', count)),
    }
}

/// Hands on the rows of an account's table, headings first.
fn rows(account: &Account, mut each: impl FnMut(&Row) -> io::Result<()>) -> io::Result<()> {
    let mut row = Row::default();
    for heading in HEADINGS {
        row.cell(|text| text.push_str(heading));
    }
    each(&row)?;
    for position in &account.positions {
        each(holding(position, row.clear()))?;
    }
    for (currency, cash) in &account.cash {
        each(amount(&format!("cash {currency}"), *cash, row.clear()))?;
    }
    for (label, printed) in [("pending", account.pending), ("total as printed", account.reported_total)] {
        if let Some(printed) = printed {
            each(amount(label, printed, row.clear()))?;
        }
    }
    Ok(())
}

fn holding<'r>(position: &Position, row: &'r mut Row) -> &'r Row {
    row.cell(|text| text.push_str(position.label_text()))
        .known(position.quantity, Shares::write_text)
        .known(position.price, Price::write_dollars)
        .known(position.value, Money::write_dollars)
        .known(position.cost_basis, Money::write_dollars)
        .known(Some(position.lots.len()).filter(|lots| *lots > 0), |lots, text| text.push_str(&lots.to_string()))
}

/// A row that has an amount only.
fn amount<'r>(label: &str, amount: Money, row: &'r mut Row) -> &'r Row {
    row.cell(|text| text.push_str(label));
    (0..2).for_each(|_| _ = row.cell(|_| {}));
    row.cell(|text| amount.write_dollars(text));
    (0..2).for_each(|_| _ = row.cell(|_| {}));
    row
}
