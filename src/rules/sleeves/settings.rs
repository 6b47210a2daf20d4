//! The settings of `[sleeves]` and `[sleeve.*]`.

use std::collections::BTreeMap;

use crate::config::{Document, Fields, IMPOSSIBLE_VALUE, Kind, NodeValue, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::model::Symbol;
use crate::signals::drivers::Driver;
use crate::units::Weight;

/// Keys of `[sleeves]`.
pub const PARAMS: &[Param] = &[
    Param::with_default("total", Kind::Weight, "\"20%\"", "Weight of all sleeves together at strength 1."),
    Param::with_default("band", Kind::Flag, "true", "Whether the 5/25 no-trade band applies."),
    Param::with_default(
        "return-to",
        Kind::Choice(&["target", "half", "edge"]),
        "\"half\"",
        "How far a sleeve outside its band is brought back.",
    ),
    Param::with_default(
        "weights",
        Kind::Choice(&["share", "trend"]),
        "\"share\"",
        "How participants divide what they get: by `share`, or by their 126-session trend against SPY too.",
    ),
    Param::with_default(
        "fed-stance",
        Kind::Choice(&["easing", "hold", "hiking"]),
        "\"hold\"",
        "Your view of the Fed: scales the sensitivities to drivers that follow it.",
    ),
    Param::optional(
        "neutral",
        Kind::Preference,
        "What takes the cash that sleeves do not, RSP when absent: a ticker, or several, of which the first with a price is \
         bought, of which little or none would be added to what is over its limit; `cash` leaves it in cash. Where it is given, the share of sleeves that do not take part is put in it too.",
    ),
    Param::optional(
        "safe",
        Kind::Symbol,
        "What deposits are put in while a stop freezes the rotation, such as a T-bill fund; cash when absent.",
    ),
];

/// Keys of `[sleeve.SYMBOL]`.
pub const SLEEVE_PARAMS: &[Param] = &[
    Param::with_default("enabled", Kind::Flag, "true", "False removes the sleeve."),
    Param::with_default("max", Kind::Weight, "\"8%\"", "Highest weight of the sleeve."),
    Param::with_default("share", Kind::Number(0.0, 1000.0), "1", "Relative share of the total."),
    Param::optional("group", Kind::Text, "Sleeves of one group share the largest `max` among them."),
    Param::optional("substitute", Kind::Symbol, "A fund that is not substantially identical, for wash sales."),
    Param::optional(
        "sensitivity",
        Kind::Table,
        "Drivers, each with how much of its reading moves the share (-1 to 1).",
    ),
    Param::optional("reason", Kind::Text, "Why the sleeve is there, shown with every buy."),
];

/// One sleeve.
#[derive(Clone, Debug, PartialEq)]
pub struct Sleeve {
    /// What is bought.
    pub symbol: Symbol,
    /// Highest weight.
    pub max: Weight,
    /// Relative share of the total.
    pub share: f64,
    /// Sleeves of one group share the largest `max` among them.
    pub group: Option<String>,
    /// For wash sales.
    pub substitute: Option<Symbol>,
    /// By driver.
    pub sensitivity: BTreeMap<String, f64>,
    /// Why it is there.
    pub reason: Option<String>,
    /// Where `max` comes from.
    pub origin: String,
    /// Where the sleeve is written, when the user wrote it.
    pub place: Option<Place>,
}

/// How far a sleeve outside its band is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReturnTo {
    Target,
    Half,
    Edge,
}

/// The user's view of the central bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Stance {
    Easing,
    Hold,
    Hiking,
}

impl Stance {
    /// Returns the word of the config.
    pub fn word(self) -> &'static str {
        match self {
            Stance::Easing => "easing",
            Stance::Hold => "hold",
            Stance::Hiking => "hiking",
        }
    }
}

/// The configured sleeves.
#[derive(Clone, Debug, PartialEq)]
pub struct Sleeves {
    /// In symbol order.
    pub sleeves: Vec<Sleeve>,
    /// Weight of all together at strength 1.
    pub total: Weight,
    /// Whether no-trade bands apply.
    pub band: bool,
    /// Where trades go back to.
    pub return_to: ReturnTo,
    /// Participants divide by trend too.
    pub by_trend: bool,
    /// The user's view of the central bank.
    pub stance: Stance,
    /// What takes the cash that sleeves do not, and the share of non-participants, in order of preference; empty where it is
    /// left in cash, `None` where nothing is said.
    pub neutral: Option<Vec<Symbol>>,
    /// What deposits are put in while a stop freezes the rotation.
    pub safe: Option<Symbol>,
}

/// No fund at all.
const CASH: &str = "cash";

/// Reads `[sleeves]` and `[sleeve.*]`.
pub fn configure(document: &Document, drivers: &[Driver], sink: &mut Sink) -> Sleeves {
    let none = Table::default();
    let common = document.root.table("sleeves").unwrap_or(&none);
    let place = document.root.get("sleeves").map(|node| node.key_place.clone());
    let fields = Fields::new(common, "sleeves", place, PARAMS, sink);
    let total = fields.weight("total").unwrap_or_default();
    let band = fields.flag("band").unwrap_or(true);
    let return_to = match fields.text("return-to").as_deref() {
        Some("target") => ReturnTo::Target,
        Some("edge") => ReturnTo::Edge,
        _ => ReturnTo::Half,
    };
    let stance = match fields.text("fed-stance").as_deref() {
        Some("easing") => Stance::Easing,
        Some("hiking") => Stance::Hiking,
        _ => Stance::Hold,
    };
    let by_trend = fields.text("weights").as_deref() == Some("trend");
    let is_fund = |symbol: &Symbol| !symbol.as_str().eq_ignore_ascii_case(CASH);
    let neutral = fields.preference("neutral").map(|list| list.into_iter().take_while(is_fund).collect());
    let safe = fields.symbol("safe");
    let mut sleeves = Vec::new();
    for (name, node, table) in document.root.table("sleeve").unwrap_or(&none).tables() {
        let mut fields =
            Fields::new(table, format!("sleeve.{name}"), Some(node.key_place.clone()), SLEEVE_PARAMS, sink);
        let sensitivity = sensitivity(&mut fields, document, drivers);
        if fields.flag("enabled") == Some(false) {
            continue;
        }
        if fields.symbol("substitute").is_some_and(|other| other == Symbol::new(name)) {
            let message = format!("the substitute of {name} is {name} itself, which a wash sale forbids");
            fields.reject(
                "substitute",
                message,
                "name a fund that is not substantially identical, or leave the key out",
            );
        }
        let (Some(max), Some(share)) = (fields.weight("max"), fields.number("share")) else { continue };
        sleeves.push(Sleeve {
            symbol: Symbol::new(name),
            max,
            share,
            group: fields.text("group"),
            substitute: fields.symbol("substitute"),
            sensitivity,
            reason: fields.text("reason"),
            origin: fields.origin("max"),
            place: Some(node.key_place.clone()).filter(|place| place.source.kind != SourceKind::BuiltIn),
        });
    }
    sleeves.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    Sleeves { sleeves, total, band, return_to, by_trend, stance, neutral, safe }
}

/// Reads the drivers of a sleeve. One that is turned off has no effect; one that does not exist is an error.
fn sensitivity(fields: &mut Fields<'_>, document: &Document, drivers: &[Driver]) -> BTreeMap<String, f64> {
    let Some((table, _)) = fields.table("sensitivity") else { return BTreeMap::new() };
    let written = || document.root.table("drivers").into_iter().flat_map(|table| table.entries.keys());
    let mut found = BTreeMap::new();
    let path = fields.path.clone();
    for (name, node) in &table.entries {
        let number = match &node.value {
            NodeValue::Number(digits) => digits.replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        let problem = if !written().any(|known| known == name) {
            let hint = nearest(name, written().map(String::as_str)).map_or_else(
                || format!("drivers are {}", written().map(String::as_str).collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Some((format!("`{name}` is not a driver ([{path}] sensitivity)"), hint))
        } else if !number.is_some_and(|number| (-1.0..=1.0).contains(&number)) {
            let message = format!("the sensitivity to `{name}` must be a number from -1 to 1");
            Some((message, "0.25: a full reading moves the share by a quarter; negative: against it".to_owned()))
        } else {
            None
        };
        match (problem, number) {
            (Some((message, hint)), _) => {
                fields.sink().push(Diagnostic::error(IMPOSSIBLE_VALUE, message).at(node.place.clone()).hint(hint));
            }
            (None, Some(number)) if drivers.iter().any(|driver| driver.name == *name) => {
                found.insert(name.clone(), number);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::signals::drivers;

    fn read(text: &str) -> (Sleeves, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let drivers = drivers::configure(&document, &mut sink);
        let sleeves = configure(&document, &drivers, &mut sink);
        (sleeves, sink.items.iter().map(|item| format!("{} {:?}", item.message, item.hint)).collect())
    }

    #[test]
    fn sensitivities_name_drivers_and_every_mistake_is_said() {
        let (sleeves, problems) = read("[drivers.oil]\nenabled = false\n");
        let xle = sleeves.sleeves.iter().find(|sleeve| sleeve.symbol.as_str() == "XLE").unwrap();
        assert_eq!(xle.sensitivity.keys().collect::<Vec<_>>(), ["inflation"], "oil is turned off");
        assert!(problems.is_empty(), "{problems:?}");
        let (_, problems) = read(
            "[sleeve.XLE]\nsensitivity = { curv = 0.1, oil = 3, credit = \"x\" }\n[sleeves]\nfed-stance = \"dovish\"\n",
        );
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("did you mean `curve`?")), "{problems:?}");
    }
}
