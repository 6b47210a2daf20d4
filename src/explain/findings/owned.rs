//! What is owned, against its limits and the benchmark.

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section, Table};
use crate::model::Subject;
use crate::proposal::Proposal;
use crate::rules::Verdict;
use crate::units::{Money, Weight};

/// Most sectors that are shown.
const SECTORS: usize = 5;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let exposure = &proposal.exposure;
    let benchmark = if exposure.benchmark.symbol.is_empty() { "benchmark" } else { &exposure.benchmark.symbol };
    let mut table = Table::new("<>>>", &["", "you", benchmark, "limit"]);
    let capped = proposal.verdicts.iter().filter_map(|verdict| Some((verdict.capped_theme()?, verdict)));
    let mut themes: Vec<(&str, &Verdict)> = capped.collect();
    themes.sort_by(|a, b| measured(b.1).total_cmp(&measured(a.1)));
    for (id, verdict) in themes {
        limited(&mut table, proposal, verdict, id);
        if let Some(theme) = exposure.themes.get(id) {
            plain(&mut table, "  through funds", Some(theme.through_funds), None);
        }
    }
    let is_issuer = |verdict: &&Verdict| verdict.is_cap() && matches!(verdict.subject, Subject::Issuer { .. });
    let mut issuers: Vec<&Verdict> = proposal.verdicts.iter().filter(is_issuer).collect();
    issuers.sort_by(|a, b| measured(b).total_cmp(&measured(a)));
    for (index, verdict) in issuers.iter().enumerate().filter(|(index, verdict)| *index == 0 || verdict.fired) {
        let largest = if index == 0 { "largest issuer, " } else { "" };
        limited(&mut table, proposal, verdict, &format!("{largest}{}", verdict.subject));
    }
    let mut sectors: Vec<_> = exposure.sectors.iter().collect();
    sectors.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(b.0)));
    for (sector, weight) in sectors.into_iter().take(SECTORS) {
        match proposal.cap_on(|about| *about == Subject::Sector(*sector)) {
            Some(verdict) => limited(&mut table, proposal, verdict, sector.id()),
            None => plain(&mut table, sector.id(), Some(*weight), exposure.benchmark.sectors.get(sector).copied()),
        }
    }
    let count = |hhi: f64| if hhi > 0.0 { format!("{:.1}", 1.0 / hhi) } else { "-".to_owned() };
    table.row([
        "effective number of issuers".to_owned(),
        count(exposure.hhi_issuers),
        exposure.benchmark.effective_issuers.map_or_else(String::new, |n| format!("{n:.1}")),
        String::new(),
    ]);
    plain(&mut table, "cash", exposure.cash.share_of(exposure.value), None);
    Some(Section::new("owned", "What you own", Place::State).table(table).words(unknown(proposal)))
}

/// Says what is not known, and what to do about it.
fn unknown(proposal: &Proposal) -> Vec<String> {
    let exposure = &proposal.exposure;
    let blind = match proposal.without_value() {
        0 => String::new(),
        count => format!("; {} without a value in no figure", counted(count, "holding", "holdings")),
    };
    let opaque = match exposure.opaque() {
        0 => String::new(),
        count => format!("; of {} not every name is known", counted(count, "holding", "holdings")),
    };
    let known = format!("known by name or fund: {} of value{opaque}{blind}", Weight(exposure.coverage).percent());
    let parts = exposure.unknown.iter().filter(|part| part.weight.0 >= 0.0005).take(MOST_ROWS);
    let parts = parts.map(|part| {
        let (label, value) = (&part.label, part.value.dollars());
        format!("unknown: {label} ({value}); classify it under [instruments.{}]", crate::exposure::toml_key(label))
    });
    std::iter::once(known).chain(parts).collect()
}

fn measured(verdict: &Verdict) -> f64 {
    verdict.measured.map_or(0.0, |weight| weight.0)
}

/// Adds what a limit is about.
fn limited(table: &mut Table, proposal: &Proposal, verdict: &Verdict, label: &str) {
    let percent = |weight: Option<Weight>| weight.map_or_else(String::new, Weight::percent);
    let cells = [percent(verdict.measured), percent(verdict.benchmark), percent(verdict.bound)];
    let row = table.row(std::iter::once(label.to_owned()).chain(cells));
    let over = verdict.over().unwrap_or(0.0);
    if over > 0.0005 {
        let dollars = Money::from_f64(over * proposal.exposure.value.to_f64()).whole_dollars();
        let tail = if verdict.fired { "" } else { " (left alone)" };
        row.aside = format!("over by {:.1} points, {dollars}{tail}", over * 100.0);
    } else {
        row.aside = verdict.doubt().unwrap_or_default();
    }
}

/// Adds what has no limit.
fn plain(table: &mut Table, label: &str, you: Option<Weight>, benchmark: Option<f64>) {
    table.row([
        label.to_owned(),
        you.map_or_else(String::new, Weight::percent),
        benchmark.map_or_else(String::new, |weight| Weight(weight).percent()),
        String::new(),
    ]);
}
