//! Every section of `broaden.toml` with the stage whose keys it has.

use crate::config::{Document, Fallback, Form, HOUSEHOLD_PARAMS, Param, schema};
use crate::explain;
use crate::proposal::Proposal;
use crate::{holdings, market, plan, reference, rules, signals};

/// Returns what the proposal knows of a name, and what a key of the config means, whether it is set or not; `None` when it is
/// neither.
pub fn explained(proposal: &Proposal, name: &str) -> Option<String> {
    let value = |key: &str| proposal.config.iter().find(|value| value.key == key);
    let kind = |table: &str| value(&format!("{table}.kind")).map(|value| value.value.trim_matches('"').to_owned());
    let meaning = key(name, &kind).map(|param| {
        let holds = if value(name).is_none() { format!("\n  {}", unset(&param)) } else { String::new() };
        format!("{name}: {}{holds}\n", param.doc)
    });
    match (explain::in_proposal(proposal, name), meaning) {
        (None, None) => None,
        (known, meaning) => Some(known.unwrap_or_default() + &meaning.unwrap_or_default()),
    }
}

/// Returns what a key of the config means to whoever has no household at hand, with its default.
pub fn explained_key(name: &str) -> Option<String> {
    let defaults = Document::defaults().entries();
    let value = |key: &str| defaults.iter().find(|(own, ..)| own == key).map(|(_, value, _)| value.as_str());
    let kind = |table: &str| value(&format!("{table}.kind")).map(|kind| kind.trim_matches('"').to_owned());
    let param = key(name, &kind)?;
    let default = value(name).map_or_else(|| unset(&param), |value| format!("its default is {value}"));
    Some(format!("{name} (config key)\n\n{}\n{default}\n", param.doc))
}

/// Says what holds where a key is not set.
fn unset(param: &Param) -> String {
    match param.fallback {
        Fallback::Value(default) => format!("it is not set; its default is {default}"),
        Fallback::Optional => "it is not set, and has no default".to_owned(),
        Fallback::Required => "it is not set; a table of its kind needs it".to_owned(),
    }
}

/// Returns the key of a dotted path: `route.by`, `limits.tech.floor`. Of which kind a table is the config says, else its name.
fn key(path: &str, kind: &dyn Fn(&str) -> Option<String>) -> Option<Param> {
    let (table, last) = path.rsplit_once('.')?;
    let (section, name) = table.split_once('.').map_or((table, None), |(section, name)| (section, Some(name)));
    let form = sections().into_iter().find(|(own, _)| *own == section)?.1;
    let params = match (form, name) {
        (Form::Keys(params), None) | (Form::Named(params, _), Some(_)) => params,
        (Form::Kinds(kinds), Some(name)) => {
            let kind = kind(table).unwrap_or_else(|| name.to_owned());
            kinds.into_iter().find(|(own, ..)| *own == kind)?.2
        }
        _ => return None,
    };
    params.iter().find(|param| param.name == last).copied()
}

/// Returns the JSON Schema of `broaden.toml`, for editors: made from the same keys that the config is read with.
pub fn config_schema() -> String {
    schema(&sections())
}

/// Returns every section with what it holds.
pub(super) fn sections() -> Vec<(&'static str, Form)> {
    let limits = rules::RULES.iter().map(|kind| (kind.kind, kind.doc, kind.params));
    let weighed = signals::SIGNALS.iter().map(|kind| (kind.kind, kind.doc, kind.params));
    let brakes = signals::BRAKES.iter().map(|kind| (kind.kind, kind.doc, kind.params));
    vec![
        ("household", Form::Keys(HOUSEHOLD_PARAMS)),
        ("accounts", Form::Named(holdings::ACCOUNT_PARAMS, true)),
        ("tax", Form::Keys(plan::TAX_PARAMS)),
        ("signals", Form::Kinds(weighed.collect())),
        ("brakes", Form::Kinds(brakes.collect())),
        ("drivers", Form::Named(signals::drivers::PARAMS, false)),
        ("rotation", Form::Keys(rules::strength::PARAMS)),
        ("screen", Form::Keys(signals::screen::PARAMS)),
        ("fetch", Form::Keys(crate::config::fetch::PARAMS)),
        (
            "splits",
            Form::Own(serde_json::json!({
                "type": "object",
                "description": market::jumps::DOC,
                "additionalProperties": { "type": ["string", "array"], "items": { "type": "string" } },
            })),
        ),
        ("market", Form::Keys(market::exchange::PARAMS)),
        ("limits", Form::Kinds(limits.collect())),
        ("sleeves", Form::Keys(rules::sleeves::PARAMS)),
        ("sleeve", Form::Named(rules::sleeves::SLEEVE_PARAMS, false)),
        ("route", Form::Keys(plan::ROUTE_PARAMS)),
        ("trading", Form::Keys(plan::TRADING_PARAMS)),
        ("themes", Form::Named(reference::THEME_PARAMS, false)),
        ("instruments", Form::Named(reference::INSTRUMENT_PARAMS, false)),
        ("import", Form::Named(holdings::IMPORT_PARAMS, true)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of every form of section, set by default or not.
    #[test]
    fn each_key_is_explained() {
        for (name, parts) in [
            ("route.by", ["route.by (config key)", "it is not set, and has no default"]),
            ("tax.growth", ["Yearly growth assumed", "its default is "]),
            ("limits.tech.base", ["limits.tech.base (config key)", "its default is \"benchmark"]),
            ("limits.turnover.max", ["limits.turnover.max (config key)", "its default is \""]),
            (
                "accounts.\"...417\".menu",
                ["accounts.\"...417\".menu (config key)", "it is not set, and has no default"],
            ),
            ("sleeve.XLI.substitute", ["wash sale", "its default is \"VIS\""]),
        ] {
            let text = explained_key(name).unwrap_or_else(|| panic!("{name}"));
            assert!(parts.iter().all(|part| text.contains(part)), "{name}: {text}");
        }
        for name in ["route", "route.bye", "nothing.by", "limits.of-mine.max", ""] {
            assert_eq!(explained_key(name), None, "{name}");
        }
    }
}
