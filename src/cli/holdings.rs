//! `broaden holdings`: what the files say.

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
        ui.answer(&text(portfolio))?;
    }
    ui.diagnostics(&sink.items);
    // The process ends here: giving back the memory of fifty thousand positions one by one would only take time.
    std::mem::forget(setup);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

const HEADINGS: [&str; COLUMNS] = ["", "quantity", "price", "value", "cost", "lots"];
const COLUMNS: usize = 6;

fn text(portfolio: &Portfolio) -> String {
    let mut text = String::new();
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        text.push_str(&format!("{}, {} ({}, {as_of})\n", account.label(), account.kind.id(), account.broker));
        grid(account).write(&mut text);
        text.push('\n');
    }
    text
}

/// The cells of a table, row by row in one text. A table library, or a text per cell, takes longer for fifty thousand
/// rows than reading them does.
struct Grid {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
}

impl Grid {
    /// Adds a cell.
    fn cell(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// Adds a cell for something that may be unknown.
    fn known<T>(&mut self, value: Option<T>, write: impl FnOnce(T, &mut String)) {
        self.cell(|text| match value {
            Some(value) => write(value, text),
            None => text.push('-'),
        });
    }

    /// Adds a row that has an amount only.
    fn amount(&mut self, label: &str, amount: Money) {
        self.cell(|text| text.push_str(label));
        (0..2).for_each(|_| self.cell(|_| {}));
        self.cell(|text| amount.write_dollars(text));
        (0..2).for_each(|_| self.cell(|_| {}));
    }

    /// Returns the cells, each with the number of its column and its width.
    fn cells(&self) -> impl Iterator<Item = (usize, &str, usize)> {
        let mut start = 0;
        self.ends.iter().enumerate().map(move |(index, end)| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (index % COLUMNS, cell, if cell.is_ascii() { cell.len() } else { cell.chars().count() })
        })
    }

    /// Writes the table, the first column to the left and the others to the right.
    fn write(&self, out: &mut String) {
        let mut widths = [0; COLUMNS];
        for (column, _, width) in self.cells() {
            if let Some(widest) = widths.get_mut(column) {
                *widest = width.max(*widest);
            }
        }
        let line: usize = widths.iter().map(|width| width + 2).sum();
        out.reserve(line * self.ends.len() / COLUMNS);
        for (column, cell, width) in self.cells() {
            let space = widths.get(column).map_or(0, |widest| widest - width);
            let (before, after) = if column == 0 { (0, space) } else { (space, 0) };
            spaces(out, before + 1);
            match cell.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                true => out.push_str(cell),
                false => out.extend(cell.chars().map(|c| if c.is_control() { ' ' } else { c })),
            }
            spaces(out, after + 1);
            if column + 1 == COLUMNS {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
            }
        }
    }
}

fn spaces(out: &mut String, count: usize) {
    const SPACES: &str = "                                ";
    match SPACES.get(..count) {
        Some(spaces) => out.push_str(spaces),
        None => out.extend(std::iter::repeat_n(' ', count)),
    }
}

fn grid(account: &Account) -> Grid {
    // Enough for most tables, so that they are not moved while they grow.
    let mut grid = Grid {
        text: String::with_capacity(account.positions.len() * 64),
        ends: Vec::with_capacity((account.positions.len() + 4) * COLUMNS),
    };
    for heading in HEADINGS {
        grid.cell(|text| text.push_str(heading));
    }
    for position in &account.positions {
        row(position, &mut grid);
    }
    for (currency, cash) in &account.cash {
        grid.amount(&format!("cash {currency}"), *cash);
    }
    for (label, printed) in [("pending", account.pending), ("total as printed", account.reported_total)] {
        if let Some(printed) = printed {
            grid.amount(label, printed);
        }
    }
    grid
}

fn row(position: &Position, grid: &mut Grid) {
    grid.cell(|text| text.push_str(position.label_text()));
    grid.known(position.quantity, Shares::write_text);
    grid.known(position.price, Price::write_dollars);
    grid.known(position.value, Money::write_dollars);
    grid.known(position.cost_basis, Money::write_dollars);
    let lots = Some(position.lots.len()).filter(|lots| *lots > 0);
    grid.known(lots, |lots, text| text.push_str(&lots.to_string()));
}
