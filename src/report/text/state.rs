//! The state of things: what is owned against its limits, and what the market says.

use std::collections::BTreeMap;

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::explain;
use crate::model::Subject;
use crate::proposal::Proposal;
use crate::report::page::Page;
use crate::report::plain;
use crate::rules::Verdict;
use crate::units::{Money, Weight};

/// Writes what is owned.
pub(super) fn owned(page: &mut Page, proposal: &Proposal) {
    let exposure = &proposal.exposure;
    page.heading("WHAT YOU OWN", "");
    let benchmark = if exposure.benchmark.symbol.is_empty() { "benchmark" } else { &exposure.benchmark.symbol };
    let mut rows = vec![vec![String::new(), "you".to_owned(), benchmark.to_owned(), "limit".to_owned(), String::new()]];
    let capped = proposal.verdicts.iter().filter_map(|verdict| Some((verdict.capped_theme()?, verdict)));
    let mut themes: Vec<(&str, &Verdict)> = capped.collect();
    themes.sort_by(|a, b| measured(b.1).total_cmp(&measured(a.1)));
    for (id, verdict) in themes {
        rows.push(owned_row(proposal, verdict, id));
        if let Some(theme) = exposure.themes.get(id) {
            rows.push(plain_row("  through funds", Some(theme.through_funds), None));
        }
    }
    let mut issuers: Vec<&Verdict> = proposal
        .verdicts
        .iter()
        .filter(|verdict| verdict.is_cap() && matches!(verdict.subject, Subject::Issuer { .. }))
        .collect();
    issuers.sort_by(|a, b| measured(b).total_cmp(&measured(a)));
    for (index, verdict) in issuers.iter().enumerate().filter(|(index, verdict)| *index == 0 || verdict.fired) {
        let label =
            if index == 0 { format!("largest issuer, {}", verdict.subject) } else { verdict.subject.to_string() };
        rows.push(owned_row(proposal, verdict, &label));
    }
    let mut sectors: Vec<_> = exposure.sectors.iter().collect();
    sectors.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(b.0)));
    for (sector, weight) in sectors.into_iter().take(5) {
        match proposal.cap_on(|about| *about == Subject::Sector(*sector)) {
            Some(verdict) => rows.push(owned_row(proposal, verdict, sector.id())),
            None => rows.push(plain_row(sector.id(), Some(*weight), exposure.benchmark.sectors.get(sector).copied())),
        }
    }
    let count = |hhi: f64| if hhi > 0.0 { format!("{:.1}", 1.0 / hhi) } else { "-".to_owned() };
    rows.push(vec![
        "effective number of issuers".to_owned(),
        count(exposure.hhi_issuers),
        exposure.benchmark.effective_issuers.map_or_else(String::new, |n| format!("{n:.1}")),
        String::new(),
        String::new(),
    ]);
    rows.push(plain_row("cash", exposure.cash.share_of(exposure.value), None));
    // What stands behind a row goes below it where there is no room, and the columns stay.
    let (rows, notes): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|mut row| (row.drain(..4).collect(), row.concat())).unzip();
    page.remarked(2, "<>>>", &rows, &notes);
    let blind = match proposal.without_value() {
        0 => String::new(),
        count => format!("; {} without a value in no figure", counted(count, "holding", "holdings")),
    };
    let opaque = match exposure.opaque() {
        0 => String::new(),
        count => format!("; of {} not every name is known", counted(count, "holding", "holdings")),
    };
    let known = Weight(exposure.coverage).percent();
    page.sentence(2, &format!("known by name or fund: {known} of value{opaque}{blind}"));
    for doubt in explain::doubts(proposal) {
        page.sentence(2, &doubt);
    }
    for unknown in exposure.unknown.iter().filter(|c| c.weight.0 >= 0.0005).take(MOST_ROWS) {
        let text = format!(
            "unknown: {} ({}); classify it under [instruments.{}]",
            unknown.label,
            unknown.value.dollars(),
            crate::exposure::toml_key(&unknown.label)
        );
        page.sentence(2, &text);
    }
}

fn measured(verdict: &Verdict) -> f64 {
    verdict.measured.map_or(0.0, |weight| weight.0)
}

fn owned_row(proposal: &Proposal, verdict: &Verdict, label: &str) -> Vec<String> {
    let over = verdict.over().unwrap_or(0.0);
    let note = if over > 0.0005 {
        let dollars = Money::from_f64(over * proposal.exposure.value.to_f64()).whole_dollars();
        let tail = if verdict.fired { "" } else { " (left alone)" };
        format!("over by {:.1} points, {dollars}{tail}", over * 100.0)
    } else {
        verdict.doubt().unwrap_or_default()
    };
    vec![
        label.to_owned(),
        verdict.measured.map_or_else(String::new, Weight::percent),
        verdict.benchmark.map_or_else(String::new, Weight::percent),
        verdict.bound.map_or_else(String::new, Weight::percent),
        note,
    ]
}

fn plain_row(label: &str, you: Option<Weight>, benchmark: Option<f64>) -> Vec<String> {
    vec![
        label.to_owned(),
        you.map_or_else(String::new, Weight::percent),
        benchmark.map_or_else(String::new, |weight| Weight(weight).percent()),
        String::new(),
        String::new(),
    ]
}

/// Writes what the market says.
pub(super) fn market(page: &mut Page, proposal: &Proposal) {
    let strength = &proposal.strength;
    if !strength.data {
        page.heading("WHAT THE MARKET SAYS", "rotation is off: there is no breadth data");
        if proposal.has_market {
            page.sentence(2, "the market files say nothing about this day; only the static limits act");
        } else {
            let own = proposal.files.iter().filter(|file| file.role == "holdings" && file.name() != "-");
            let names: Vec<&str> = own.map(|file| file.name()).collect();
            let names = names.join(" ");
            let names = if names.is_empty() || names.chars().count() > 160 { "FILE" } else { &names };
            // Not wrapped: it is to be copied.
            page.text.push_str(&plain(&format!("  next: broaden advise {names} --market FOLDER-WITH-DAILY-PRICES")));
            page.text.push('\n');
        }
        return;
    }
    let before = strength.previous.map_or_else(String::new, |(date, value)| format!(" (was {value:.2} on {date})"));
    page.heading("WHAT THE MARKET SAYS", &format!("strength {:.2}{before}", strength.value.0));
    let mut rows = Vec::new();
    for part in strength.parts.iter().filter(|part| part.weight > 0.0) {
        let name = part.reading.id.strip_prefix("signals.").unwrap_or(&part.reading.id).to_owned();
        let stale = if part.reading.stale { "stale" } else { "" };
        rows.push(match (part.reading.value, part.ramp) {
            (Some(value), Some(ends)) => vec![
                name,
                format!("{value:.2}{}", if part.unit == "%" { "%" } else { "" }),
                ramp(ends, part.score),
                format!("{:.2} x {:.2} = {:.2}", part.score, part.weight, part.contribution),
                part.reading.as_of.map_or_else(String::new, |date| date.to_string()),
                stale.to_owned(),
            ],
            _ => {
                let why = part.reading.note.clone().unwrap_or_default();
                let blank = String::new;
                vec![name, "unknown".to_owned(), why, blank(), blank(), blank()]
            }
        });
    }
    page.table(2, "<><>><", &rows);
    if let Some(score) = strength.score {
        page.line(format!(
            "  score {score:.2} x {:.2} (brakes) = {:.2}",
            strength.multiplier,
            score * strength.multiplier
        ));
    }
    let reasons = strength.brake.reasons.join("; ");
    let nearest = strength
        .brakes
        .iter()
        .filter_map(|brake| Some((brake.nearness?, brake)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, brake)| {
            let name = brake.reading.id.strip_prefix("brakes.").unwrap_or(&brake.reading.id);
            nearest_brake(name, brake.reading.value, &brake.distance)
        });
    let colon = if reasons.is_empty() { "" } else { ": " };
    let blind = strength.brakes.iter().filter(|brake| brake.reading.value.is_none()).count();
    let blind = if blind > 0 { format!("; {blind} of {} without data", strength.brakes.len()) } else { String::new() };
    page.sentence(
        2,
        &format!("brakes: {}{colon}{reasons}{blind}{}", strength.brake.level.word(), nearest.unwrap_or_default()),
    );
    if let Some(why) = &strength.frozen {
        page.sentence(2, &format!("frozen: {why}"));
    }
    let sleeves: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.is_sleeve()).collect();
    let inside: Vec<String> = sleeves.iter().filter(|v| v.bound.is_some()).map(|v| v.subject.to_string()).collect();
    // By reason, so that one reason for all is said once.
    let mut outside: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for verdict in sleeves.iter().filter(|verdict| verdict.bound.is_none()) {
        outside.entry(verdict.evidence.trim_start_matches("out: ")).or_default().push(verdict.subject.to_string());
    }
    let outside: Vec<String> = outside.iter().map(|(why, names)| format!("{} {why}", names.join(" "))).collect();
    let list = |names: String| if names.is_empty() { "none".to_owned() } else { names };
    page.sentence(2, &format!("sleeves in: {}", list(inside.join(" "))));
    if !outside.is_empty() {
        page.sentence(2, &format!("out: {}", outside.join(", ")));
    }
}

/// Draws `40 ----o---- 70`: where the value lies on its ramp.
pub(in crate::report) fn ramp((low, high): (f64, f64), score: f64) -> String {
    let at = (score.clamp(0.0, 1.0) * 14.0).round() as usize;
    let bar: String = (0..15).map(|index| if index == at { 'o' } else { '-' }).collect();
    format!("{low} {bar} {high}")
}

/// Says which brake is nearest; one that has come to its stop has no distance left.
fn nearest_brake(name: &str, value: Option<f64>, distance: &str) -> String {
    let value = value.map_or_else(String::new, |value| format!(" {value:.2}"));
    let comma = if distance.is_empty() { "" } else { ", " };
    format!("; nearest: {name}{value}{comma}{distance}")
}

#[cfg(test)]
mod tests {
    use super::nearest_brake;

    #[test]
    fn a_brake_at_its_stop_has_no_distance() {
        assert_eq!(
            nearest_brake("sahm", Some(0.1), "0.20pp from caution"),
            "; nearest: sahm 0.10, 0.20pp from caution"
        );
        assert_eq!(nearest_brake("sahm", Some(1.3), ""), "; nearest: sahm 1.30");
    }
}
