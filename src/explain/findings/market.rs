//! What the market says: the strength of the rotation, its signals, its brakes and its sleeves.

use std::collections::BTreeMap;

use crate::explain::brief::{Block, Place, Section, Table};
use crate::explain::words;
use crate::proposal::Proposal;
use crate::rules::Verdict;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let strength = &proposal.strength;
    let mut section = Section::new("market", "What the market says", Place::State);
    if !strength.data {
        section = section.aside("rotation is off: there is no breadth data");
        if proposal.has_market {
            let words = "the market files say nothing about this day; only the static limits act";
            return Some(section.words([words.to_owned()]));
        }
        section.blocks.push(Block::Verbatim(next(proposal)));
        return Some(section);
    }
    let before = strength.previous.map_or_else(String::new, |(date, value)| format!(" (was {value:.2} on {date})"));
    section = section.aside(format!("strength {:.2}{before}", strength.value.0)).table(signals(proposal));
    let score = strength.score.map(|score| {
        let product = score * strength.multiplier;
        format!("score {score:.2} x {:.2} (brakes) = {product:.2}", strength.multiplier)
    });
    let frozen = strength.frozen.as_ref().map(|why| format!("frozen: {why}"));
    let turns = strength.turns().map(|turns| turns.words());
    Some(section.words(score).words([brakes(proposal)]).words(frozen).words(turns).words(sleeves(proposal)))
}

/// Returns the command that reads a market as well: the paths as they were given.
fn next(proposal: &Proposal) -> String {
    let own = proposal.files.iter().filter(|file| ["holdings", "lots", "trades"].contains(&file.role));
    let names: Vec<&str> = own.map(|file| file.name()).filter(|name| *name != "-").collect();
    let names = names.join(" ");
    let names = if names.is_empty() || names.chars().count() > 160 { "PATH" } else { &names };
    format!("next: broaden advise {names} --market FOLDER-WITH-DAILY-PRICES")
}

fn signals(proposal: &Proposal) -> Table {
    let mut table = Table::new("<><><<", &[]);
    for part in proposal.strength.parts.iter().filter(|part| part.weight > 0.0) {
        let name = part.reading.id.strip_prefix("signals.").unwrap_or(&part.reading.id).to_owned();
        let stale = if part.reading.stale { "stale" } else { "" };
        match (part.reading.value, part.ramp) {
            (Some(value), Some(ends)) => table.row([
                name,
                words::with_unit(value, part.unit),
                ramp(ends, part.score),
                format!("{:.2} x {:.2} = {:.2}", part.score, proposal.strength.weight_of(part), part.contribution),
                part.reading.as_of.map_or_else(String::new, |date| date.to_string()),
                stale.to_owned(),
            ]),
            _ => {
                let why = part.reading.note.clone().unwrap_or_default();
                let blank = String::new;
                table.row([name, "unknown".to_owned(), why, blank(), blank(), blank()])
            }
        };
    }
    table
}

/// Draws `40 ----o---- 70`: where the value lies on its ramp.
pub fn ramp((low, high): (f64, f64), score: f64) -> String {
    let at = (score.clamp(0.0, 1.0) * 14.0).round() as usize;
    let bar: String = (0..15).map(|index| if index == at { 'o' } else { '-' }).collect();
    format!("{low} {bar} {high}")
}

fn brakes(proposal: &Proposal) -> String {
    let strength = &proposal.strength;
    let reasons = strength.brake.reasons.join("; ");
    let known = strength.brakes.iter().filter_map(|brake| Some((brake.nearness?, brake)));
    let nearest = known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, brake)| {
        let name = brake.reading.id.strip_prefix("brakes.").unwrap_or(&brake.reading.id);
        nearest_brake(name, brake.reading.value, &brake.distance)
    });
    let colon = if reasons.is_empty() { "" } else { ": " };
    let blind = strength.brakes.iter().filter(|brake| brake.reading.value.is_none()).count();
    let blind = if blind > 0 { format!("; {blind} of {} without data", strength.brakes.len()) } else { String::new() };
    format!("brakes: {}{colon}{reasons}{blind}{}", strength.brake.level.word(), nearest.unwrap_or_default())
}

/// Says which brake is nearest; one that has come to its stop has no distance left.
fn nearest_brake(name: &str, value: Option<f64>, distance: &str) -> String {
    let value = value.map_or_else(String::new, |value| format!(" {value:.2}"));
    let comma = if distance.is_empty() { "" } else { ", " };
    format!("; nearest: {name}{value}{comma}{distance}")
}

fn sleeves(proposal: &Proposal) -> Vec<String> {
    let sleeves: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.is_sleeve()).collect();
    let inside = sleeves.iter().filter(|verdict| verdict.bound.is_some());
    let inside: Vec<String> = inside.map(|verdict| verdict.subject.to_string()).collect();
    // By reason, so that one reason for all is said once.
    let mut outside: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for verdict in sleeves.iter().filter(|verdict| verdict.bound.is_none()) {
        outside.entry(verdict.evidence.trim_start_matches("out: ")).or_default().push(verdict.subject.to_string());
    }
    let outside: Vec<String> = outside.iter().map(|(why, names)| format!("{} {why}", names.join(" "))).collect();
    let inside = if inside.is_empty() { "none".to_owned() } else { inside.join(" ") };
    let outside = (!outside.is_empty()).then(|| format!("out: {}", outside.join(", ")));
    std::iter::once(format!("sleeves in: {inside}")).chain(outside).collect()
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
