//! The `[route]` section of the config: how far the plan looks ahead, and what waiting costs.

use chrono::NaiveDate;

use crate::config::{Fields, Kind, Param, Table};
use crate::diagnostics::{Place, Sink};

/// The keys of `[route]`.
pub const ROUTE_PARAMS: &[Param] = &[
    Param::with_default(
        "horizon",
        Kind::Choice(&["route", "this-run"]),
        "\"this-run\"",
        "`route`: the cheapest way over the runs and tax years ahead, of which this run is the first; `this-run`: this run alone.",
    ),
    Param::optional(
        "by",
        Kind::Date,
        "Day by which limits and targets are met. Without it the first 31 January after which one more year would bring them no closer and save less than 0.05% of the household.",
    ),
    Param::optional(
        "price-of-waiting",
        Kind::Weight,
        "What a year costs per dollar that must be sold and is not. Without it half the difference in yearly variance between what is over its limits and what replaces it, from 2% to 10%; 2% without prices.",
    ),
    Param::with_default("discount", Kind::Weight, "\"3%\"", "What it is worth to pay a dollar of tax a year later."),
];

/// How far the plan looks ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSettings {
    /// Over runs and years, or at this run alone.
    pub looks_ahead: bool,
    /// The day by which limits are met.
    pub by: Option<NaiveDate>,
    /// The price of waiting, where the config states it.
    pub wait_price: Option<f64>,
    /// What a year's delay of a tax is worth.
    pub discount: f64,
}

pub(super) fn route(table: &Table, place: Option<Place>, sink: &mut Sink) -> RouteSettings {
    let fields = Fields::new(table, "route", place, ROUTE_PARAMS, sink);
    RouteSettings {
        looks_ahead: fields.text("horizon").as_deref() == Some("route"),
        by: fields.date("by"),
        wait_price: fields.weight("price-of-waiting").map(|weight| weight.0),
        discount: fields.weight("discount").map_or(0.03, |weight| weight.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::Source;

    fn read(text: &str) -> (RouteSettings, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let empty = Table::default();
        let settings = route(document.root.table("route").unwrap_or(&empty), None, &mut sink);
        (settings, sink.items.iter().map(|item| item.code.id.to_owned()).collect())
    }

    #[test]
    fn the_template_holds_the_defaults() {
        assert_eq!(read("").0, route(&Table::default(), None, &mut Sink::default()));
    }

    #[test]
    fn a_route_is_read() {
        let (settings, problems) =
            read("[route]\nhorizon = \"route\"\nby = 2027-01-31\nprice-of-waiting = \"4%\"\ndiscount = 0");
        assert_eq!(problems, [""; 0]);
        let by = "2027-01-31".parse().ok();
        assert_eq!(settings, RouteSettings { looks_ahead: true, by, wait_price: Some(0.04), discount: 0.0 });
        assert_eq!(read("[route]\nhorizon = \"ever\"").1.len(), 1);
    }
}
