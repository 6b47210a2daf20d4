//! What the readers of JSON files share: the root with its problems, and the values of fields.

use serde_json::Value;

use super::BAD_JSON;
use super::input::Input;
use super::report::Report;
use super::unique;
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Decimal, NumberStyle, parse_number};

/// Reads the JSON of a file; what cannot be read is reported at its line.
pub fn root(input: &Input<'_>, report: &mut Report) -> Option<Value> {
    match unique::value(input.text().as_bytes()) {
        Ok(root) => Some(root),
        Err(problem) => {
            report.push(
                Diagnostic::error(BAD_JSON, format!("the JSON cannot be read: {problem}"))
                    .at(Place::line(input.source, problem.line()))
                    .hint("the file is cut off or was edited; export it again"),
            );
            None
        }
    }
}

/// Returns the number that a value is or spells.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse_number(&number.to_string(), NumberStyle::Point).ok().flatten(),
        Value::String(text) => parse_number(text, NumberStyle::Point).ok().flatten(),
        _ => None,
    }
}

/// Returns the number of a field; one that is there and is none is reported. `what` says whose it is.
pub fn number(value: &Value, key: &str, what: &str, input: &Input<'_>, report: &mut Report) -> Option<Decimal> {
    let field = value.get(key).filter(|field| !field.is_null())?;
    let number = decimal(field);
    if number.is_none() {
        report.push(
            Diagnostic::error(BAD_JSON, format!("`{key}` of {what} is not a number"))
                .at(Place::whole(input.source))
                .hint("export it again"),
        );
    }
    number
}

/// Returns the text of a field; empty where there is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// Returns the items of a list.
pub fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
