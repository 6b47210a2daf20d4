//! `broaden holdings`: what the files say.

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::model::{Account, Portfolio, Position};
use broaden::units::Money;
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
    let portfolio = pipeline::portfolio(&setup);
    if args.json {
        let mut text = serde_json::to_string_pretty(&holdings::json::View::new(&portfolio, &sink.items))?;
        text.push('\n');
        ui.answer(&text)?;
    } else if !sink.has_errors() {
        ui.answer(&text(&portfolio))?;
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

const HEADINGS: [&str; 6] = ["", "quantity", "price", "value", "cost", "lots"];

fn text(portfolio: &Portfolio) -> String {
    let mut text = String::new();
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        text.push_str(&format!("{}, {} ({}, {as_of})\n", account.label(), account.kind.id(), account.broker));
        aligned(&rows(account), &mut text);
        text.push('\n');
    }
    text
}

fn rows(account: &Account) -> Vec<[String; 6]> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(account.positions.iter().map(row));
    let mut amount = |label: String, amount: Money| {
        rows.push([label, String::new(), String::new(), amount.dollars(), String::new(), String::new()]);
    };
    for (currency, cash) in &account.cash {
        amount(format!("cash {currency}"), *cash);
    }
    for (label, printed) in [("pending", account.pending), ("total as printed", account.reported_total)] {
        if let Some(printed) = printed {
            amount(label.to_owned(), printed);
        }
    }
    rows
}

fn row(position: &Position) -> [String; 6] {
    let unknown = || "-".to_owned();
    [
        position.label(),
        position.quantity.map_or_else(unknown, |quantity| quantity.text()),
        position.price.map_or_else(unknown, |price| price.dollars()),
        position.value.map_or_else(unknown, Money::dollars),
        position.cost_basis.map_or_else(unknown, Money::dollars),
        if position.lots.is_empty() { unknown() } else { position.lots.len().to_string() },
    ]
}

/// Writes the first column to the left and the others to the right. A table library takes four times as long for fifty
/// thousand rows as reading them does.
fn aligned(rows: &[[String; 6]], text: &mut String) {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let line = text.len();
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count());
            let (before, after) = if index == 0 { ("", space.as_str()) } else { (space.as_str(), "") };
            text.extend([" ", before]);
            text.extend(cell.chars().map(|c| if c.is_control() { ' ' } else { c }));
            text.extend([after, " "]);
        }
        let end = text.trim_end().len();
        text.truncate(end.max(line));
        text.push('\n');
    }
}
