//! Replaying purchases and sales into lots, for files that hold transactions instead of holdings.
//!
//! Nothing is guessed: a sale that could have come from several lots leaves the shares known and the lots and cost
//! unknown; a sale of more than the file ever showed bought means that the file does not begin at the beginning.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::identity;
use super::report::Report;
use super::{INCOMPLETE_HISTORY, UNKNOWN_COST};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Lot, Position};
use crate::units::{Money, Shares};

/// One purchase, sale or transfer.
pub struct Event {
    /// What, as the file spells it.
    pub symbol: String,
    /// Its description.
    pub name: String,
    /// Trade date.
    pub date: Option<NaiveDate>,
    /// Shares that come (positive) or go (negative).
    pub quantity: Shares,
    /// Total paid, or received for a short sale as a negative number; `None` when the file does not say.
    pub cost: Option<Money>,
    /// A sale that opens a short position where nothing is held (options written).
    pub opens_short: bool,
    /// Where it stands.
    pub place: Place,
}

#[derive(Default)]
struct Holding {
    name: String,
    quantity: Shares,
    lots: Vec<Lot>,
    /// A sale could have come from several lots.
    mixed: Option<Place>,
    overdrawn: Option<Place>,
    place: Option<Place>,
}

/// The holdings that transactions add up to.
#[derive(Default)]
pub struct Ledger {
    holdings: BTreeMap<String, Holding>,
    order: Vec<String>,
    tolerant: bool,
}

impl Ledger {
    fn holding(&mut self, symbol: &str) -> &mut Holding {
        if !self.holdings.contains_key(symbol) {
            self.order.push(symbol.to_owned());
        }
        self.holdings.entry(symbol.to_owned()).or_default()
    }

    /// Returns a ledger for removals of what was never added (a merger of an old holding): a warning suffices.
    pub fn tolerant() -> Self {
        Ledger { tolerant: true, ..Ledger::default() }
    }

    /// Returns what is held of a symbol now.
    pub fn quantity(&self, symbol: &str) -> Shares {
        self.holdings.get(symbol).map_or(Shares::ZERO, |holding| holding.quantity)
    }

    /// Adds an event; they must come in the order in which they happened.
    pub fn add(&mut self, event: Event) {
        let holding = self.holding(&event.symbol);
        if holding.name.is_empty() {
            holding.name = event.name;
        }
        holding.place.get_or_insert_with(|| event.place.clone());
        if holding.quantity.is_zero() && event.quantity.is_negative() && !event.opens_short {
            holding.overdrawn = Some(event.place);
            return;
        }
        let opening = holding.quantity.is_zero() || holding.quantity.is_negative() == event.quantity.is_negative();
        if opening {
            let mut lot = Lot::new(String::new(), event.quantity);
            lot.opened = event.date;
            lot.cost_basis = event.cost;
            lot.place = Some(event.place);
            holding.lots.push(lot);
            holding.quantity += event.quantity;
            return;
        }
        let left = holding.quantity + event.quantity;
        if !left.is_zero() && left.is_negative() != holding.quantity.is_negative() {
            holding.overdrawn = Some(event.place);
            return;
        }
        holding.quantity = left;
        match holding.lots.as_mut_slice() {
            _ if left.is_zero() => {
                holding.lots.clear();
                holding.mixed = None;
            }
            [lot] => {
                // Multiplied before divided, so that exact shares of a cost stay exact.
                let kept = |cost: Money| {
                    cost.decimal().checked_mul(left.decimal())?.checked_div(lot.quantity.decimal()).map(Money)
                };
                lot.cost_basis = lot.cost_basis.and_then(kept);
                lot.quantity = left;
            }
            _ => {
                holding.mixed = Some(event.place);
                let lot = Lot::new(String::new(), left);
                holding.lots = vec![lot];
            }
        }
    }

    /// Takes shares away that the file may never have shown: a merger or a transfer of an old holding.
    pub fn remove(&mut self, event: Event) {
        let holding = self.holding(&event.symbol);
        if holding.quantity.abs() < event.quantity.abs() {
            holding.name = event.name;
            holding.overdrawn = Some(event.place);
        } else {
            self.add(event);
        }
    }

    /// Adds the shares of a split to every lot in proportion; cost and dates stay.
    pub fn split(&mut self, symbol: &str, added: Shares, place: Place) {
        let holding = self.holding(symbol);
        let before = holding.quantity.decimal();
        let Some(factor) = (before + added.decimal()).checked_div(before).filter(|_| !before.is_zero()) else {
            holding.overdrawn = Some(place);
            return;
        };
        for lot in &mut holding.lots {
            lot.quantity =
                Shares(lot.quantity.decimal().checked_mul(factor).unwrap_or(lot.quantity.decimal()).normalize());
        }
        holding.quantity += added;
    }

    /// Returns what is held at the end, in order of first appearance, and reports what could not be followed.
    pub fn positions(mut self, report: &mut Report) -> Vec<Position> {
        let mut positions = Vec::new();
        for symbol in &self.order {
            let Some(holding) = self.holdings.remove(symbol) else { continue };
            if let Some(place) = holding.overdrawn {
                let severity = if self.tolerant { Diagnostic::warning } else { Diagnostic::error };
                report.push(
                    severity(
                        INCOMPLETE_HISTORY,
                        format!(
                            "more {symbol} leaves here than the file shows arriving: it does not begin at the beginning"
                        ),
                    )
                    .at(place)
                    .hint("download the whole history, from the day the account was opened"),
                );
                if self.tolerant {
                    continue;
                }
            }
            if holding.quantity.is_zero() {
                continue;
            }
            let mut position = identity::identify(symbol, holding.name.as_str(), None);
            position.symbol = Some(symbol.as_str().into());
            position.quantity = Some(holding.quantity);
            position.place = holding.place;
            if let Some(place) = holding.mixed {
                report.push(
                    Diagnostic::warning(
                        UNKNOWN_COST,
                        format!(
                            "which lots of {symbol} were sold here is not in the file; its lots and cost are unknown"
                        ),
                    )
                    .at(place)
                    .hint("give its lots in a [[lots]] file"),
                );
            } else {
                position.cost_basis = holding.lots.iter().try_fold(Money::ZERO, |sum, lot| Some(sum + lot.cost_basis?));
                position.lots = holding.lots;
            }
            positions.push(position);
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;

    fn event(symbol: &str, quantity: i64, cost: Option<i64>) -> Event {
        Event {
            symbol: symbol.to_owned(),
            name: String::new(),
            date: NaiveDate::from_ymd_opt(2026, 1, 1),
            quantity: Shares(quantity.into()),
            cost: cost.map(|cost| Money(cost.into())),
            opens_short: false,
            place: Place::whole(&Source::file("x", "")),
        }
    }

    #[test]
    fn splits_and_sales_of_a_single_lot_keep_its_cost() {
        let (mut ledger, mut report) = (Ledger::default(), Report::default());
        ledger.add(event("NVDA", 10, Some(17_500)));
        ledger.split("NVDA", Shares(90.into()), Place::whole(&Source::file("x", "")));
        ledger.add(event("NVDA", -5, None));
        let positions = ledger.positions(&mut report);
        assert_eq!(positions[0].quantity.unwrap().text(), "95");
        assert_eq!(positions[0].cost_basis.unwrap().dollars(), "$16,625.00");
        assert!(report.items().is_empty());
    }

    #[test]
    fn a_sale_from_several_lots_makes_the_cost_unknown() {
        let (mut ledger, mut report) = (Ledger::default(), Report::default());
        ledger.add(event("VTI", 10, Some(1000)));
        ledger.add(event("VTI", 10, Some(2000)));
        ledger.add(event("VTI", -5, None));
        let positions = ledger.positions(&mut report);
        assert_eq!((positions[0].quantity.unwrap().text().as_str(), positions[0].cost_basis), ("15", None));
        assert!(positions[0].lots.is_empty());
        assert_eq!(report.items()[0].code, UNKNOWN_COST);
    }

    #[test]
    fn selling_what_was_never_bought_is_an_error() {
        let (mut ledger, mut report) = (Ledger::default(), Report::default());
        ledger.add(event("VTI", 10, Some(1000)));
        ledger.add(event("VTI", -15, None));
        ledger.positions(&mut report);
        assert_eq!(report.items()[0].code, INCOMPLETE_HISTORY);
    }
}
