//! A backtest as JSON.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::text::verdict;
use super::{Report, Row};

/// Returns the report as JSON, with the value of each row at the end of every month; the CSV has every day.
pub fn render(report: &Report) -> Value {
    json!({
        "hypothetical": true,
        "from": report.from.to_string(),
        "to": report.to.to_string(),
        "of_less_than_a_year": super::figures::is_short(report.from, report.to),
        "variants_tried": report.tried,
        "mean_strength": report.strength,
        "sessions_without_brake": report.states[0],
        "sessions_at_caution": report.states[1],
        "sessions_at_stop": report.states[2],
        "strength_changes": report.turns.map(|turns| turns.changes),
        "strength_turns": report.turns.map(|turns| turns.turns),
        "rows": report.rows.iter().map(row).collect::<Vec<_>>(),
        "verdict": verdict(report),
        "caveats": report.caveats,
    })
}

fn row(row: &Row) -> Value {
    let course = &row.course;
    let months = |days: &[NaiveDate]| -> Vec<usize> {
        let month = |day: &NaiveDate| day.format("%Y-%m").to_string();
        let ends = days.windows(2).enumerate();
        let ends = ends.filter(|(_, pair)| matches!(pair, [one, next] if month(one) != month(next)));
        ends.map(|(index, _)| index).chain(days.len().checked_sub(1)).collect()
    };
    let at = |index: &usize| {
        Some(json!({
            "day": course.days.get(*index)?.to_string(),
            "value": course.values.get(*index)?.to_cents().to_string(),
            "tech": course.tech.get(*index)?,
        }))
    };
    json!({
        "name": row.name,
        "about": row.about,
        "figures": row.figures,
        "turnover_a_year": course.turnover(),
        "decisions": course.decisions,
        "orders": course.orders.len(),
        "mean_tech": course.mean_tech(),
        "costs": course.costs.to_cents().to_string(),
        "tax_paid": course.tax_paid.to_cents().to_string(),
        "tax_owed": course.owed.to_cents().to_string(),
        "tax_by_year": course.taxes.iter().map(|(year, tax)| (year.to_string(), Value::from(tax.to_cents().to_string()))).collect::<serde_json::Map<_, _>>(),
        "losses_disallowed": course.disallowed.to_cents().to_string(),
        "value_at_end": course.values.last().map(|value| value.to_cents().to_string()),
        "kept_after_tax": course.kept().to_cents().to_string(),
        "sold_after_tax": course.liquidated().to_cents().to_string(),
        "months": months(&course.days).iter().filter_map(at).collect::<Vec<_>>(),
    })
}
