//! Words that can be explained without a household: kinds of rules and signals, sections, formats, words of the report,
//! diagnostics.

use crate::config::{Fallback, Param};
use crate::diagnostics::{Code, nearest};
use crate::{exposure, holdings, market, plan, reference, rules, signals};

/// A word that can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word.
    pub name: String,
    /// `signal`, `brake`, `limit`, `diagnostic`, ...
    pub group: &'static str,
    /// Its explanation.
    pub text: String,
}

/// Returns every word that can be explained without a portfolio, by group and name. The diagnostics are those of the
/// caller, since stages above this one have some too.
pub fn topics(codes: &[Code]) -> Vec<Topic> {
    let mut list = Vec::new();
    let mut add = |name: &str, group, doc: &str, params: &[Param]| {
        list.push(Topic { name: name.to_owned(), group, text: format!("{}\n{}", doc.trim_end(), keys(params)) });
    };
    for kind in rules::RULES.iter().chain([&&rules::sleeves::KIND, &&rules::buy_back::KIND]) {
        add(kind.kind, "limit", kind.doc, kind.params);
    }
    for kind in signals::SIGNALS {
        add(kind.kind, "signal", kind.doc, kind.params);
    }
    for kind in signals::BRAKES {
        add(kind.kind, "brake", kind.doc, kind.params);
    }
    for (name, doc) in exposure::DOCS.iter().chain(reference::DOCS) {
        add(name, "measure", doc, &[]);
    }
    add("rotation", "rotation rule", rules::strength::DOC, rules::strength::PARAMS);
    add("driver", "rotation rule", signals::drivers::DOC, signals::drivers::PARAMS);
    add("gate", "rotation rule", rules::gates::DOC, &[]);
    add("screen", "measure", signals::screen::DOC, signals::screen::PARAMS);
    for constraint in plan::CONSTRAINTS {
        add(constraint.kind, "plan measure", constraint.doc, &[]);
    }
    add("tax", "section", "What a sale costs.", plan::TAX_PARAMS);
    add("route", "section", "How far the plan looks ahead.", plan::ROUTE_PARAMS);
    add("trading", "section", "How orders may look.", plan::TRADING_PARAMS);
    add("accounts", "section", "What the files do not say about an account.", holdings::ACCOUNT_PARAMS);
    add("import", "section", "Which column of an unknown file is what.", holdings::IMPORT_PARAMS);
    for reader in holdings::READERS {
        let way = if reader.download.is_empty() { String::new() } else { format!("\nDownload: {}.", reader.download) };
        add(reader.id, "file format", &(reader.doc.to_owned() + &way), &[]);
    }
    for layout in market::layouts::LAYOUTS {
        add(layout.id, "market file", layout.doc, &[]);
    }
    for format in reference::files::FORMATS {
        add(format.id, "fund file", format.doc, &[]);
    }
    add("splits", "section", market::jumps::DOC, &[]);
    add("market", "section", "What the market files do not say.", market::exchange::PARAMS);
    for (word, doc) in super::glossary::WORDS {
        add(word, "report word", doc, &[]);
    }
    for code in codes {
        add(code.id, "diagnostic", code.explanation, &[]);
    }
    list.sort_by(|a, b| (a.group, &a.name).cmp(&(b.group, &b.name)));
    list.dedup();
    list
}

/// Returns the topics of a name, or the nearest name.
pub fn find(name: &str, codes: &[Code]) -> Result<Vec<Topic>, Option<String>> {
    let all = topics(codes);
    let mut found: Vec<Topic> = all.iter().filter(|topic| topic.name.eq_ignore_ascii_case(name)).cloned().collect();
    if found.is_empty() {
        // A broker's name means its files: `fidelity`, `schwab`, `morgan`.
        let of_broker = holdings::READERS.iter().filter(|reader| {
            let mut words = reader.broker.split(' ').chain(reader.id.split('-').take(1));
            words.any(|word| word.eq_ignore_ascii_case(name) && name.len() > 3)
        });
        let ids: Vec<&str> = of_broker.map(|reader| reader.id).collect();
        found.extend(
            all.iter().filter(|topic| topic.group == "file format" && ids.contains(&topic.name.as_str())).cloned(),
        );
    }
    if found.is_empty() {
        return Err(nearest(name, all.iter().map(|topic| topic.name.as_str())).map(str::to_owned));
    }
    Ok(found)
}

/// Returns the keys of a table with meaning and default.
fn keys(params: &[Param]) -> String {
    let mut text = String::new();
    for param in params {
        let default = match param.fallback {
            Fallback::Required => "required".to_owned(),
            Fallback::Optional => "optional".to_owned(),
            Fallback::Value(value) => format!("default {value}"),
        };
        text.push_str(&format!("\n  {} ({default})\n      {}", param.name, param.doc));
    }
    if text.is_empty() { text } else { format!("\nKeys:{text}\n") }
}
