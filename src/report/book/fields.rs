//! Which fields of a proposal are wanted: paths with slashes, through lists and maps, as in `plan/outcome/tax,trades/symbol`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diagnostics::nearest;
use crate::report::json::schema;

/// A tree of names; what has no names below it is wanted whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, Fields>);

impl Fields {
    /// Reads a list of paths, each of which the schema of the proposal must have.
    ///
    /// # Errors
    /// What is wrong with the first path that it does not have, in words.
    pub fn parse(text: &str) -> Result<Fields, String> {
        let schema: Value = serde_json::from_str(&schema()).unwrap_or_default();
        let mut fields = Fields::default();
        for path in text.split(',').map(str::trim).filter(|path| !path.is_empty()) {
            let mut known = &schema;
            for name in path.split('/') {
                known = step(&schema, known, name).map_err(|names| {
                    let near = nearest(name, names.iter().map(String::as_str));
                    let hint = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if names.is_empty() => "it has no fields there".to_owned(),
                        None => format!("there it has {}", names.join(", ")),
                    };
                    format!("the JSON of a proposal has no `{name}` of `{path}`; {hint}")
                })?;
            }
            fields.add(&path.split('/').collect::<Vec<_>>());
        }
        if fields.0.is_empty() { Err("it names no field".to_owned()) } else { Ok(fields) }
    }

    /// Adds a path; what is wanted whole stays so.
    fn add(&mut self, path: &[&str]) {
        let Some((name, rest)) = path.split_first() else { return self.0.clear() };
        match self.0.get_mut(*name) {
            Some(whole) if whole.0.is_empty() => {}
            Some(part) => part.add(rest),
            None => {
                let mut part = Fields::default();
                part.add(rest);
                self.0.insert((*name).to_owned(), part);
            }
        }
    }

    /// Keeps of a proposal what is wanted.
    pub fn of(&self, value: Value) -> Value {
        if self.0.is_empty() {
            return value;
        }
        match value {
            Value::Object(mut object) => {
                let wanted =
                    self.0.iter().filter_map(|(name, below)| Some((name.clone(), below.of(object.remove(name)?))));
                Value::Object(wanted.collect::<Map<_, _>>())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.of(item)).collect()),
            other => other,
        }
    }
}

/// Goes one name down in a schema; else the names that are there.
fn step<'s>(root: &'s Value, at: &'s Value, name: &str) -> Result<&'s Value, Vec<String>> {
    if let Some(definition) = at.get("$ref").and_then(Value::as_str) {
        let found = definition.strip_prefix('#').and_then(|path| root.pointer(path));
        return found.map_or_else(|| Err(Vec::new()), |found| step(root, found, name));
    }
    if let Some(items) = at.get("items") {
        return step(root, items, name);
    }
    let mut names = Vec::new();
    // A value that may be missing is one of two.
    for one in at.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        match step(root, one, name) {
            Ok(found) => return Ok(found),
            Err(others) => names.extend(others),
        }
    }
    if let Some(own) = at.get("properties").and_then(Value::as_object) {
        match own.get(name) {
            Some(found) => return Ok(found),
            None => names.extend(own.keys().cloned()),
        }
    }
    match at.get("additionalProperties") {
        Some(any) if any.is_object() => Ok(any),
        _ => Err(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_kept_through_lists_and_maps() {
        let fields = Fields::parse("plan/outcome/weights/limits.tech, trades/symbol,as_of,plan/route/by").unwrap();
        let proposal = json!({
            "as_of": "2026-11-20", "schema": 2,
            "plan": { "outcome": { "tax": "1.00", "weights": { "limits.tech": 0.5, "limits.mag7": 0.4 } }, "route": null },
            "trades": [{ "symbol": "NVDA", "side": "sell" }, { "symbol": "XLI", "side": "buy" }],
        });
        let expected = json!({
            "as_of": "2026-11-20",
            "plan": { "outcome": { "weights": { "limits.tech": 0.5 } }, "route": null },
            "trades": [{ "symbol": "NVDA" }, { "symbol": "XLI" }],
        });
        assert_eq!(fields.of(proposal), expected);
        for text in ["plan/outcome,plan", "plan,plan/outcome"] {
            assert_eq!(Fields::parse(text), Fields::parse("plan"));
        }
    }

    #[test]
    fn a_field_that_is_not_there_is_named_with_the_nearest() {
        let said = |text: &str| Fields::parse(text).unwrap_err();
        assert!(said("trades,plan/outcom").contains("no `outcom` of `plan/outcom`; did you mean `outcome`?"));
        assert!(said("as_of/x").contains("it has no fields there"), "{}", said("as_of/x"));
        assert_eq!(said(" ,"), "it names no field");
    }
}
