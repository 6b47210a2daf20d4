//! `broaden holdings`: what the files say.

use std::io::{self, Write};

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::model::{Portfolio, Position};
use broaden::units::{Money, Shares};
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
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

type Row = [String; 6];

/// Writes a table per account.
fn write(portfolio: &Portfolio, out: &mut dyn Write) -> io::Result<()> {
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        writeln!(out, "{}, {} ({}, {as_of})", account.label(), account.kind.id(), account.broker)?;
        let mut rows = vec![["", "quantity", "price", "value", "cost", "lots"].map(str::to_owned)];
        rows.extend(account.positions.iter().map(holding));
        let base = &account.base_currency;
        rows.extend(account.cash.iter().map(|(currency, cash)| amount(&format!("cash {currency}"), *cash, currency)));
        let printed = [("pending", account.pending), ("total as printed", account.reported_total)];
        rows.extend(printed.iter().filter_map(|(label, printed)| Some(amount(label, (*printed)?, base))));
        let mut widths = [0; 6];
        for row in &rows {
            widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.chars().count().max(*width));
        }
        for row in &rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let side = if column == 0 { format!(" {cell:<width$} ") } else { format!(" {cell:>width$} ") };
                line.push_str(&side);
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn holding(position: &Position) -> Row {
    let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        position.label().chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        known(position.quantity.map(Shares::text)),
        known(position.price.map(|price| in_currency(price.dollars(), &position.currency))),
        known(position.value.map(|value| in_currency(value.dollars(), &position.currency))),
        known(position.cost_basis.map(|cost| in_currency(cost.dollars(), &position.currency))),
        known(Some(position.lots.len()).filter(|lots| *lots > 0).map(|lots| lots.to_string())),
    ]
}

/// Returns an amount that was written as dollars in the currency that it is in.
fn in_currency(dollars: String, currency: &str) -> String {
    if currency == "USD" { dollars } else { format!("{} {currency}", dollars.replacen('$', "", 1)) }
}

/// Returns a row that has an amount only.
fn amount(label: &str, amount: Money, currency: &str) -> Row {
    let mut row = Row::default();
    let [first, _, _, value, ..] = &mut row;
    (*first, *value) = (label.to_owned(), in_currency(amount.dollars(), currency));
    row
}
