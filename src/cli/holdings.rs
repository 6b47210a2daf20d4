//! `broaden holdings`: what the files say.

use std::io::{self, Write};

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::model::{Account, Portfolio, Position};
use broaden::units::{Money, Price, Shares};
use broaden::{holdings, pipeline};
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

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
const CASH: &str = "cash ";

/// What a table shows in one place.
#[derive(Clone, Copy)]
enum Cell<'a> {
    Empty,
    Unknown,
    Text(&'a str),
    /// Cash in a currency.
    Cash(&'a str),
    Count(usize),
    Shares(Shares),
    Price(Price),
    Money(Money),
}

type Row<'a> = [Cell<'a>; COLUMNS];

impl Cell<'_> {
    fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Cell::Unknown, cell)
    }

    fn width(&self) -> usize {
        match self {
            Cell::Empty => 0,
            Cell::Unknown => 1,
            Cell::Text(text) if text.is_ascii() => text.len(),
            Cell::Text(text) => text.chars().count(),
            Cell::Cash(currency) => CASH.len() + Cell::Text(currency).width(),
            Cell::Count(count) => count.checked_ilog10().map_or(1, |digits| digits as usize + 1),
            Cell::Shares(shares) => shares.text_width(),
            Cell::Price(price) => price.dollars_width(),
            Cell::Money(money) => money.dollars_width(),
        }
    }

    /// Writes it to the left.
    fn write(&self, line: &mut Vec<u8>) {
        match self {
            Cell::Empty => {}
            Cell::Unknown => line.push(b'-'),
            Cell::Text(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                line.extend_from_slice(text.as_bytes())
            }
            Cell::Text(text) => {
                let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                line.extend_from_slice(printable.as_bytes());
            }
            Cell::Cash(currency) => {
                line.extend_from_slice(CASH.as_bytes());
                Cell::Text(currency).write(line);
            }
            Cell::Count(count) => line.extend_from_slice(count.to_string().as_bytes()),
            Cell::Shares(_) | Cell::Price(_) | Cell::Money(_) => self.write_right(line, 0),
        }
    }

    /// Writes it to the right of so many characters.
    fn write_right(&self, line: &mut Vec<u8>, width: usize) {
        match self {
            Cell::Shares(shares) => shares.write_text(line, width),
            Cell::Price(price) => price.write_dollars(line, width),
            Cell::Money(money) => money.write_dollars(line, width),
            _ => {
                spaces(line, width.saturating_sub(self.width()));
                self.write(line);
            }
        }
    }
}

/// Writes a table per account. A table library, or a text per cell, takes longer for fifty thousand rows than reading them
/// does; so the rows are gone through once for the widths and once to be written, those of a long table on all cores.
fn write(portfolio: &Portfolio, out: &mut dyn Write) -> io::Result<()> {
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        writeln!(out, "{}, {} ({}, {as_of})", account.label(), account.kind.id(), account.broker)?;
        let head = [["", "quantity", "price", "value", "cost", "lots"].map(Cell::Text)];
        let foot: Vec<Row<'_>> = amounts(account).collect();
        let mut widths = [0; COLUMNS];
        let below = blocks(&account.positions, |positions| widest(positions.iter().map(holding)));
        for widest in below.into_iter().chain([widest(head), widest(foot.iter().copied())]) {
            widths = std::array::from_fn(|column| widths.get(column).max(widest.get(column)).copied().unwrap_or(0));
        }
        out.write_all(&lines(head, &widths))?;
        let text = |positions: &[Position]| lines(positions.iter().map(holding), &widths);
        let (first, rest) = account.positions.split_at(account.positions.len().min(BLOCK));
        let mut ready = vec![text(first)];
        // Some at a time, so that the whole is never in memory; while they are written the next are made.
        for positions in rest.chunks(4 * BLOCK) {
            let mut next = Vec::new();
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| next = blocks(positions, text));
                ready.iter().try_for_each(|text| out.write_all(text))
            })?;
            ready = next;
        }
        ready.iter().try_for_each(|text| out.write_all(text))?;
        out.write_all(&lines(foot, &widths))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Rows that one core takes at a time.
const BLOCK: usize = 1024;

/// Makes something of the positions, block by block, on all cores where there are many.
fn blocks<T: Send>(positions: &[Position], make: impl Fn(&[Position]) -> T + Sync + Send) -> Vec<T> {
    if positions.len() <= BLOCK {
        return vec![make(positions)];
    }
    positions.par_chunks(BLOCK).map(make).collect()
}

/// Returns the width of each column.
fn widest<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> [usize; COLUMNS] {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(&row) {
            *widest = cell.width().max(*widest);
        }
    }
    widths
}

/// Returns the rows as lines.
fn lines<'a>(rows: impl IntoIterator<Item = Row<'a>>, widths: &[usize; COLUMNS]) -> Vec<u8> {
    let mut text = Vec::with_capacity(BLOCK * widths.iter().map(|width| width + 2).sum::<usize>());
    rows.into_iter().for_each(|row| align(&row, widths, &mut text));
    text
}

/// Writes cells as a line, the first to the left and the others to the right.
fn align(row: &Row<'_>, widths: &[usize; COLUMNS], line: &mut Vec<u8>) {
    for (column, (cell, widest)) in row.iter().zip(widths).enumerate() {
        spaces(line, 1);
        if column == 0 {
            cell.write(line);
            spaces(line, widest.saturating_sub(cell.width()));
        } else {
            cell.write_right(line, *widest);
        }
        spaces(line, 1);
    }
    while line.last() == Some(&b' ') {
        line.pop();
    }
    line.push(b'\n');
}

fn spaces(line: &mut Vec<u8>, count: usize) {
    line.resize(line.len() + count, b' ');
}

/// Returns the rows below the positions.
fn amounts(account: &Account) -> impl Iterator<Item = Row<'_>> {
    let cash = account.cash.iter().map(|(currency, cash)| amount(Cell::Cash(currency), *cash));
    let printed = [("pending", account.pending), ("total as printed", account.reported_total)];
    cash.chain(printed.into_iter().filter_map(|(label, printed)| Some(amount(Cell::Text(label), printed?))))
}

fn holding(position: &Position) -> Row<'_> {
    [
        Cell::Text(position.label_text()),
        Cell::of(position.quantity, Cell::Shares),
        Cell::of(position.price, Cell::Price),
        Cell::of(position.value, Cell::Money),
        Cell::of(position.cost_basis, Cell::Money),
        Cell::of(Some(position.lots.len()).filter(|lots| *lots > 0), Cell::Count),
    ]
}

/// A row that has an amount only.
fn amount(label: Cell<'_>, amount: Money) -> Row<'_> {
    [label, Cell::Empty, Cell::Empty, Cell::Money(amount), Cell::Empty, Cell::Empty]
}
