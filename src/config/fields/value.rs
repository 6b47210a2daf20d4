//! Values of keys: what a node means as each kind, and what is wrong with one that does not mean it.

use chrono::NaiveDate;

use super::bound::{as_bound, meant};
use super::{Kind, Param};
use crate::config::{IMPOSSIBLE_VALUE, Node, NodeValue, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, nearest};
use crate::units::{Decimal, NumberError, NumberStyle, Weight, parse_number, shortened};

pub(super) fn as_number(node: &Node) -> Option<f64> {
    match &node.value {
        NodeValue::Number(text) => text.parse::<f64>().ok().filter(|value| value.is_finite()),
        _ => None,
    }
}

pub(super) fn as_decimal(node: &Node) -> Option<Decimal> {
    amount(node).ok()?
}

fn amount(node: &Node) -> Result<Option<Decimal>, NumberError> {
    match &node.value {
        // `5%` is neither five shares nor five dollars.
        NodeValue::Text(text) if text.contains('%') => Ok(None),
        NodeValue::Number(text) | NodeValue::Text(text) => parse_number(text, NumberStyle::Point),
        _ => Ok(None),
    }
}

/// An amount with or without the words `a year`.
fn yearly(node: &Node) -> Node {
    let mut node = node.clone();
    if let NodeValue::Text(text) = &mut node.value
        && let Some(amount) = text.trim_end().strip_suffix("a year")
    {
        *text = amount.trim_end().to_owned();
    }
    node
}

pub(super) fn as_yearly(node: &Node) -> Option<Decimal> {
    as_decimal(&yearly(node))
}

pub(super) fn as_integer(node: &Node) -> Option<i64> {
    match &node.value {
        NodeValue::Number(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn as_weight(node: &Node) -> Option<f64> {
    match &node.value {
        NodeValue::Text(text) => text
            .trim()
            .strip_suffix('%')?
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|v| v.is_finite())
            .map(|percent| percent / 100.0),
        NodeValue::Number(_) => as_number(node),
        _ => None,
    }
}

pub(super) fn as_date(node: &Node) -> Option<NaiveDate> {
    match &node.value {
        NodeValue::Text(text) | NodeValue::Date(text) => NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok(),
        _ => None,
    }
}

/// Checks one value against its key.
pub(super) fn check(param: &Param, node: &Node) -> Result<(), Box<Diagnostic>> {
    check_value(param, node).map_err(Box::new)
}

#[expect(clippy::result_large_err, reason = "boxed by its one caller")]
fn check_value(param: &Param, node: &Node) -> Result<(), Diagnostic> {
    let name = param.name;
    let wrong = |takes: String| {
        Diagnostic::error(WRONG_TYPE, format!("`{name}` takes {takes}, not {}", shown(&node.value)))
            .at(node.place.clone())
            .hint(param.doc)
    };
    let impossible =
        |message: String| Diagnostic::error(IMPOSSIBLE_VALUE, message).at(node.place.clone()).hint(param.doc);
    match param.kind {
        Kind::Bound => match (as_bound(node), as_weight(node)) {
            (None, _) => Err(match meant(node) {
                Some(hint) => {
                    let said = shown(&node.value);
                    impossible(format!("`{name}` is {said}, less than one point from the benchmark")).hint(hint)
                }
                None => wrong("a weight such as \"45%\" or \"benchmark + 8\"".to_owned()),
            }),
            (Some(_), None) => Ok(()),
            (Some(_), Some(_)) => check_value(&Param { kind: Kind::Weight, ..*param }, node),
        },
        Kind::Weight => match as_weight(node) {
            Some(weight) if (0.0..=1.0).contains(&weight) => Ok(()),
            Some(weight) if (1.0..=1e6).contains(&weight) && matches!(node.value, NodeValue::Number(_)) => {
                Err(impossible(format!(
                    "`{name}` is a weight from 0% to 100%, and {weight} as a plain number means {}",
                    Weight(weight).percent()
                ))
                .hint(format!("write \"{weight}%\" if you mean a percent")))
            }
            Some(weight) if weight.abs() <= 1e6 => {
                Err(impossible(format!("`{name}` is a weight from 0% to 100%, not {}", Weight(weight).percent())))
            }
            Some(_) => Err(impossible(format!("`{name}` is a weight from 0% to 100%, not {}", shown(&node.value)))),
            None => Err(wrong("a weight such as \"45%\" or 0.45".to_owned())),
        },
        Kind::Number(low, high) => match as_number(node) {
            Some(value) if (low..=high).contains(&value) => Ok(()),
            Some(_) => Err(impossible(format!("`{name}` lies between {low} and {high}, not {}", shown(&node.value)))),
            None => Err(wrong("a number".to_owned())),
        },
        Kind::Integer(low, high) => match as_integer(node) {
            Some(value) if (low..=high).contains(&value) => Ok(()),
            Some(value) => Err(impossible(format!("`{name}` lies between {low} and {high}, not {value}"))),
            None => Err(wrong("a whole number".to_owned())),
        },
        Kind::Money | Kind::SignedMoney => match amount(node) {
            Ok(Some(value)) if param.kind == Kind::Money && value < Decimal::ZERO => {
                Err(impossible(format!("`{name}` cannot be negative")))
            }
            Ok(Some(_)) => Ok(()),
            Err(problem @ NumberError::TooLarge(_)) => Err(impossible(format!("`{name}`: {problem}"))),
            // What may be negative may be shares or prices too.
            _ if param.kind == Kind::SignedMoney => Err(wrong("a number such as 500".to_owned())),
            _ => Err(wrong("an amount of dollars such as 500".to_owned())),
        },
        Kind::Yearly => match amount(&yearly(node)) {
            Ok(Some(value)) if value < Decimal::ZERO => Err(impossible(format!("`{name}` cannot be negative"))),
            Ok(Some(_)) => Ok(()),
            Err(problem @ NumberError::TooLarge(_)) => Err(impossible(format!("`{name}`: {problem}"))),
            _ => Err(wrong("an amount of dollars such as \"$10,000 a year\"".to_owned())),
        },
        Kind::Flag => {
            matches!(node.value, NodeValue::Flag(_)).then_some(()).ok_or_else(|| wrong("true or false".to_owned()))
        }
        Kind::When => matches!(node.value, NodeValue::Text(_) | NodeValue::Date(_))
            .then_some(())
            .ok_or_else(|| wrong("a date such as 2026-11-20".to_owned())),
        Kind::Text => {
            matches!(node.value, NodeValue::Text(_)).then_some(()).ok_or_else(|| wrong("a text in quotes".to_owned()))
        }
        Kind::Date => as_date(node).map(|_| ()).ok_or_else(|| wrong("a date such as \"2026-11-20\"".to_owned())),
        Kind::Choice(words) => match &node.value {
            NodeValue::Text(text) if words.contains(&text.as_str()) => Ok(()),
            NodeValue::Text(text) => {
                let near = nearest(text, words.iter().copied())
                    .map_or_else(|| param.doc.to_owned(), |word| format!("did you mean `{word}`?"));
                Err(impossible(format!("`{name}` is one of {}, not `{text}`", words.join(", "))).hint(near))
            }
            _ => Err(wrong(format!("one of {}", words.join(", ")))),
        },
        Kind::Symbol => match &node.value {
            NodeValue::Text(text) if !text.trim().is_empty() => Ok(()),
            _ => Err(wrong("a ticker in quotes".to_owned())),
        },
        Kind::Preference => {
            let is_ticker = |value: &NodeValue| matches!(value, NodeValue::Text(text) if !text.trim().is_empty());
            let is_list = matches!(&node.value, NodeValue::List(items)
                if !items.is_empty() && items.iter().all(|item| is_ticker(&item.value)));
            let usual = || wrong("a ticker in quotes, or a list such as [\"RSP\", \"VTV\"]".to_owned());
            (is_list || is_ticker(&node.value)).then_some(()).ok_or_else(usual)
        }
        Kind::Symbols | Kind::Texts => match &node.value {
            NodeValue::List(items) => match items
                .iter()
                .find(|item| !matches!(&item.value, NodeValue::Text(text) if !text.trim().is_empty()))
            {
                None => Ok(()),
                Some(item) => Err(Diagnostic::error(WRONG_TYPE, format!("`{name}` takes a list of texts in quotes"))
                    .at(item.place.clone())
                    .hint(param.doc)),
            },
            _ => Err(wrong("a list such as [\"XLI\", \"XLF\"]".to_owned())),
        },
        Kind::Dates => match &node.value {
            NodeValue::List(items) if items.iter().all(|item| as_date(item).is_some()) => Ok(()),
            _ => Err(wrong("a list of dates such as [\"2026-11-20\"]".to_owned())),
        },
        Kind::Pair => match &node.value {
            NodeValue::List(items) if items.len() == 2 && items.iter().all(|item| as_number(item).is_some()) => Ok(()),
            _ => Err(wrong("two numbers such as [40, 70]".to_owned())),
        },
        Kind::Table => {
            matches!(node.value, NodeValue::Table(_)).then_some(()).ok_or_else(|| wrong("a table".to_owned()))
        }
    }
}

fn shown(value: &NodeValue) -> String {
    match value {
        NodeValue::Text(text) => format!("the text \"{}\"", shortened(text)),
        NodeValue::Number(text) => shortened(text),
        other => other.type_name().to_owned(),
    }
}
