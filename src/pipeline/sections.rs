//! Every section of `broaden.toml` with the stage whose keys it has.

use crate::config::{Form, HOUSEHOLD_PARAMS, schema};
use crate::{holdings, market, plan, reference, rules, signals};

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
