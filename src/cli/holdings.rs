//! `broaden holdings`: what the files say.

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::units::Money;
use broaden::{holdings, pipeline};
use comfy_table::{CellAlignment, Table, presets::NOTHING};

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
        let value = holdings::json::view(&portfolio, &sink.items);
        ui.answer(&format!("{}\n", serde_json::to_string_pretty(&value)?))?;
    } else if !sink.has_errors() {
        ui.answer(&table(&portfolio))?;
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

fn table(portfolio: &broaden::model::Portfolio) -> String {
    let mut text = String::new();
    let unknown = || "-".to_owned();
    for account in &portfolio.accounts {
        let as_of = account.as_of.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        text.push_str(&format!("{}, {} ({}, {as_of})\n", account.label(), account.kind.id(), account.broker));
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["", "quantity", "price", "value", "cost", "lots"]);
        for position in &account.positions {
            table.add_row([
                position.label(),
                position.quantity.map_or_else(unknown, |quantity| quantity.text()),
                position.price.map_or_else(unknown, |price| price.dollars()),
                position.value.map_or_else(unknown, Money::dollars),
                position.cost_basis.map_or_else(unknown, Money::dollars),
                if position.lots.is_empty() { unknown() } else { position.lots.len().to_string() },
            ]);
        }
        for (currency, amount) in &account.cash {
            table.add_row([
                format!("cash {currency}"),
                String::new(),
                String::new(),
                amount.dollars(),
                String::new(),
                String::new(),
            ]);
        }
        for (label, amount) in [("pending", account.pending), ("total as printed", account.reported_total)] {
            if let Some(amount) = amount {
                table.add_row([
                    label.to_owned(),
                    String::new(),
                    String::new(),
                    amount.dollars(),
                    String::new(),
                    String::new(),
                ]);
            }
        }
        for index in 1..6 {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.to_string().lines() {
            let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}
