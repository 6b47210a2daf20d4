//! The JSON Schema of `broaden.toml`, for editors: made from the same keys that the config is read with.
//!
//! A table that has a default (`limits.tech`) may change single keys of it; a new one must say its `kind`.

use serde_json::{Map, Value, json};

use super::{Document, Fallback, Kind, NodeValue, Param};

/// A kind of table: the word of its `kind`, what it is, and its keys.
pub type KindOfTable = (&'static str, &'static str, &'static [Param]);

/// What a section of the config holds.
pub enum Form {
    /// Fixed keys.
    Keys(&'static [Param]),
    /// One table per name, each with these keys; true where the required ones must be there.
    Named(&'static [Param], bool),
    /// One table per name, each of a kind.
    Kinds(Vec<KindOfTable>),
    /// A schema of its own.
    Own(Value),
}

/// Returns the schema of some sections as indented JSON with a final line break.
pub fn schema(sections: &[(&'static str, Form)]) -> String {
    let defaults = Document::defaults();
    let mut definitions = Map::new();
    let properties: Map<String, Value> = sections
        .iter()
        .map(|(name, form)| {
            let schema = match form {
                Form::Keys(params) => table(params, false),
                Form::Named(params, complete) => {
                    json!({ "type": "object", "additionalProperties": table(params, *complete) })
                }
                Form::Own(schema) => schema.clone(),
                Form::Kinds(kinds) => by_kind(name, kinds, &defaults, &mut definitions),
            };
            ((*name).to_owned(), schema)
        })
        .collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "broaden.toml",
        "description": "The rules of a household. Every key has a default; `broaden init` writes them all.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    });
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Returns the schema of a table with fixed keys.
fn table(params: &[Param], complete: bool) -> Value {
    let keys: Map<String, Value> = params.iter().map(|param| (param.name.to_owned(), key(param))).collect();
    let mut table = json!({ "type": "object", "properties": keys, "additionalProperties": false });
    if complete {
        table["required"] = json!(required(params));
    }
    table
}

/// Returns the schema of a section whose tables say their `kind`; what its tables share goes to the definitions.
fn by_kind(section: &str, kinds: &[KindOfTable], defaults: &Document, definitions: &mut Map<String, Value>) -> Value {
    let known = |kind: &str| format!("{section}.{kind}");
    let reference = |name: String| json!({ "$ref": format!("#/$defs/{name}") });
    let mut each = Vec::new();
    for (kind, doc, params) in kinds {
        let mut own = table(params, false);
        own["properties"]["kind"] = json!({ "const": kind });
        own["description"] = json!(doc);
        definitions.insert(known(kind), own);
        let is = json!({ "properties": { "kind": { "const": kind } }, "required": ["kind"] });
        let mut then = reference(known(kind));
        then["required"] = json!(required(params));
        each.push(json!({ "if": is, "then": then }));
    }
    let words: Vec<&str> = kinds.iter().map(|(kind, ..)| *kind).collect();
    let new =
        json!({ "type": "object", "properties": { "kind": { "enum": words } }, "required": ["kind"], "allOf": each });
    let any = format!("{section}.new");
    definitions.insert(any.clone(), new);
    let mut named = Map::new();
    for (name, _, default) in defaults.root.table(section).into_iter().flat_map(|table| table.tables()) {
        let Some(NodeValue::Text(kind)) = default.get("kind").map(|node| &node.value) else { continue };
        // A default's table may change single keys; with another kind it is a new table.
        let same = json!({ "properties": { "kind": { "const": kind } } });
        named.insert(
            name.to_owned(),
            json!({ "if": same, "then": reference(known(kind)), "else": reference(any.clone()) }),
        );
    }
    json!({ "type": "object", "properties": named, "additionalProperties": reference(any) })
}

/// Returns the keys that a table needs.
fn required(params: &[Param]) -> Vec<&'static str> {
    params.iter().filter(|param| param.fallback == Fallback::Required).map(|param| param.name).collect()
}

/// Returns the schema of a key.
fn key(param: &Param) -> Value {
    let mut schema = match param.kind {
        Kind::Weight => json!({ "oneOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": "^\\s*[0-9]+(\\.[0-9]*)?\\s*%\\s*$" },
        ] }),
        Kind::Bound => json!({ "oneOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": "^\\s*([0-9]+(\\.[0-9]*)?\\s*%|benchmark(\\s*[+-]\\s*[0-9]+(\\.[0-9]*)?\\s*(%|points)?)?)\\s*$" },
        ] }),
        Kind::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Kind::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Money => json!({ "oneOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }] }),
        Kind::Yearly => json!({ "oneOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }] }),
        Kind::SignedMoney => json!({ "type": ["number", "string"] }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text | Kind::When | Kind::Symbol => json!({ "type": "string" }),
        Kind::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Symbols | Kind::Texts | Kind::Dates => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Preference => json!({ "oneOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ] }),
        Kind::Pair => json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 }),
        Kind::Table => json!({ "type": "object" }),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), json!(param.doc));
        if let Fallback::Value(text) = param.fallback
            && let Some(default) = default_of(text)
        {
            object.insert("default".to_owned(), default);
        }
    }
    schema
}

/// Returns a default, written as TOML, as JSON.
fn default_of(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(&format!("value = {text}\n")).ok()?;
    serde_json::to_value(table.get("value")?).ok()
}
