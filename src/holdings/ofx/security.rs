//! The list of securities of an OFX file: what a position is of which only a number is printed.

use std::collections::HashMap;

use super::markup::Node;
use super::{amount, day};
use crate::holdings::report::Report;
use crate::holdings::{identity, kinds, options};
use crate::model::{AssetKind, Position};
use crate::reference;
use crate::units::{Decimal, is_null};

/// Quantity, price and value of a position.
type Numbers = (Option<Decimal>, Option<Decimal>, Option<Decimal>);

/// The securities by their numbers.
pub struct Securities<'m> {
    by_id: HashMap<String, Node<'m, 'm>>,
}

impl<'m> Securities<'m> {
    /// Reads the list.
    pub fn of(root: &Node<'m, 'm>) -> Self {
        let entries = root.all(&["STOCKINFO", "MFINFO", "DEBTINFO", "OPTINFO", "OTHERINFO"]);
        let mut by_id = HashMap::new();
        for entry in entries {
            by_id.entry(entry.value("UNIQUEID").into_owned()).or_insert(entry);
        }
        Securities { by_id }
    }

    fn entry(&self, held: &Node<'_, '_>) -> Option<&Node<'m, 'm>> {
        self.by_id.get(&*held.value("UNIQUEID"))
    }

    /// Returns what a position is called in messages.
    pub fn named(&self, held: &Node<'_, '_>) -> String {
        let name = self.entry(held).map(|entry| entry.value("SECNAME").into_owned()).unwrap_or_default();
        if name.is_empty() { held.value("UNIQUEID").into_owned() } else { name }
    }

    /// Returns the ticker of a number: what the list says, else what is built in, else a CUSIP itself.
    fn symbol(&self, id: &str, kind_of_id: &str) -> String {
        let listed = self.by_id.get(id).map(|entry| entry.value("TICKER").trim().to_owned()).unwrap_or_default();
        // Some plans put the CUSIP where the ticker belongs.
        if !is_null(&listed) && listed != id && !kinds::is_cusip(&listed) {
            return listed;
        }
        let kind_of_id = kind_of_id.to_ascii_uppercase();
        let cusip = if kind_of_id == "ISIN" { id.get(2..11).filter(|_| id.starts_with("US")) } else { Some(id) };
        if let Some(ticker) = cusip.and_then(reference::of_cusip) {
            return ticker.to_owned();
        }
        // A plan's own number is no symbol, and the name is what a collective fund is known by.
        let own = !kinds::is_cusip(id) && kind_of_id != "TICKER" && self.by_id.contains_key(id);
        if own { String::new() } else { id.to_owned() }
    }

    /// Returns the position that an element is, without its numbers.
    pub fn position(&self, held: &Node<'_, '_>, numbers: Numbers) -> Position {
        let (id, kind_of_id) = (held.value("UNIQUEID"), held.value("UNIQUEIDTYPE"));
        let name = self.entry(held).map(|entry| entry.value("SECNAME")).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| held.value("MEMO"));
        let symbol = self.symbol(&id, &kind_of_id);
        let mut position = match held.tag().as_str() {
            "POSOPT" => self.option(held, &symbol, &name, numbers),
            tag => {
                let said = match (tag, kinds::guess(Some(&symbol), &name)) {
                    ("POSSTOCK", _) => Some(kinds::security(&symbol, &name)),
                    ("POSMF", kind @ (AssetKind::MoneyMarket | AssetKind::Etf)) => Some(kind),
                    ("POSMF", _) => Some(AssetKind::MutualFund),
                    ("POSDEBT", _) => Some(AssetKind::Bond),
                    _ => None,
                };
                identity::identify(&symbol, &name, identity::priced(&symbol, &name, said, numbers))
            }
        };
        if kinds::is_cusip(&id) {
            position.details.cusip = Some((&*id).into());
        }
        if kinds::is_isin(&id) {
            position.details.isin = Some((&*id).into());
        }
        position
    }

    /// Returns the position of an option, whose contract the list spells out.
    fn option(&self, held: &Node<'_, '_>, symbol: &str, name: &str, (units, price, value): Numbers) -> Position {
        let mut quiet = Report::default();
        let entry = self.entry(held);
        let mut shown = symbol.to_owned();
        if let Some(entry) = entry.filter(|_| options::parse(symbol).is_none() && options::parse(name).is_none()) {
            // The second number is that of what the option is on.
            let under =
                entry.all(&["SECID"]).nth(1).map(|id| self.symbol(&id.value("UNIQUEID"), &id.value("UNIQUEIDTYPE")));
            let side = if entry.value("OPTTYPE").eq_ignore_ascii_case("CALL") { "C" } else { "P" };
            let terms = under.zip(day(&entry.value("DTEXPIRE"))).zip(amount(entry, "STRIKEPRICE", &mut quiet));
            if let Some(((under, expiry), strike)) = terms {
                shown = format!("{under} {expiry} {strike} {side}");
            }
        }
        let mut position = identity::identify(&shown, name, Some(AssetKind::Option));
        // A contract of no shares is one of the usual hundred, unless the value says otherwise.
        let printed =
            entry.and_then(|entry| amount(entry, "SHPERCTRCT", &mut quiet)).filter(|shares| *shares > Decimal::ZERO);
        let product = units.zip(price).and_then(|(units, price)| units.checked_mul(price));
        let fits = |shares: &Decimal| {
            let gap = |product: Decimal, value: Decimal| Some((product.checked_mul(*shares)? - value).abs());
            product
                .zip(value)
                .and_then(|(product, value)| Some(gap(product, value)? <= value.abs() * Decimal::new(5, 3)))
        };
        let usual = printed.unwrap_or(Decimal::ONE_HUNDRED);
        let shares =
            [usual, Decimal::ONE_HUNDRED].into_iter().find(|shares| fits(shares) == Some(true)).unwrap_or(usual);
        position.details.multiplier = u32::try_from(shares).ok().filter(|shares| (2..=1_000_000).contains(shares));
        position
    }
}
