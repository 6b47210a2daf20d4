//! A backtest as CSV: the value of every row on every day, and every order of every row. The first line is a remark that
//! says what it is.

use std::fmt::Write;

use super::Report;
use crate::diagnostics::counted;
use crate::diagnostics::text::plain;
use crate::model::Side;

fn remark(report: &Report) -> String {
    format!("# hypothetical; of what still exists; {} tried so far\n", counted(report.tried, "variant", "variants"))
}

/// Returns one line per day, a column per row of the comparison, and the tech weight of the first.
pub fn values(report: &Report) -> String {
    let mut out = remark(report) + "date";
    report.rows.iter().for_each(|row| {
        let _ = write!(out, ",{}", row.name);
    });
    out.push_str(",tech of rules\n");
    let Some(first) = report.rows.first() else { return out };
    for (index, day) in first.course.days.iter().enumerate() {
        let _ = write!(out, "{day}");
        for row in &report.rows {
            let value = row.course.values.get(index).map(|value| value.to_cents().to_string());
            let _ = write!(out, ",{}", value.unwrap_or_default());
        }
        let _ = writeln!(out, ",{:.6}", first.course.tech.get(index).copied().unwrap_or(0.0));
    }
    out
}

/// Returns one line per order of every row that trades.
pub fn orders(report: &Report) -> String {
    let mut out = remark(report) + "row,date,account,side,symbol,shares,price,value,gain,reason\n";
    for row in &report.rows {
        for order in &row.course.orders {
            let side = if order.side == Side::Sell { "sell" } else { "buy" };
            let gain = order.gain.map_or_else(String::new, |gain| gain.to_cents().to_string());
            let value = (order.price * order.quantity).to_cents();
            let _ = writeln!(
                out,
                "{},{},{},{side},{},{},{},{value},{gain},{}",
                row.name,
                order.day,
                quoted(&order.account),
                quoted(order.symbol.as_str()),
                order.quantity.decimal().normalize(),
                order.price.decimal().normalize(),
                quoted(&order.reason)
            );
        }
    }
    out
}

/// A cell of foreign text: plain, quoted, and no formula.
fn quoted(text: &str) -> String {
    let text = plain(text).replace('"', "\"\"");
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{text}\"")
}
