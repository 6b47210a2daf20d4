//! The cyclical sleeves: what rotation buys, how much, and which of them take part.

use std::collections::BTreeMap;

use super::{Context, NO_PRICE, Verdict};
use crate::config::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind};
use crate::model::{Reaction, Symbol, Target};
use crate::units::Weight;

/// What `broaden explain sleeve` prints.
pub const DOC: &str = "\
A sleeve is a fund that rotation buys. All sleeves together reach
    total = strength * [sleeves] total
shared in proportion to `share`, each at most its own `max`. Only sleeves that take part in the advance are bought:
their total-return close is above its 200-day average and their six-month return is ahead of SPY's. The share of the
others is not given to the rest: it stays in cash, or goes to `neutral`.
A sleeve is bought when it falls outside its no-trade band, min(5 points, 25% of the target) on either side, and then
up to `return-to`. Nothing is ever sold because a sleeve is above its target.";

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
    Param::optional(
        "neutral",
        Kind::Symbol,
        "What the share of sleeves that do not take part is put in; cash when absent.",
    ),
];

/// Keys of `[sleeve.SYMBOL]`.
pub const SLEEVE_PARAMS: &[Param] = &[
    Param::with_default("enabled", Kind::Flag, "true", "False removes the sleeve."),
    Param::with_default("max", Kind::Weight, "\"8%\"", "Highest weight of the sleeve."),
    Param::with_default("share", Kind::Number(0.0, 1000.0), "1", "Relative share of the total."),
    Param::optional(
        "substitute",
        Kind::Symbol,
        "A fund that is not substantially identical: bought instead while the sleeve's own would be a wash sale, and counted with it.",
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
    /// For wash sales.
    pub substitute: Option<Symbol>,
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
    /// What the share of non-participants is put in.
    pub neutral: Option<Symbol>,
}

/// Reads `[sleeves]` and `[sleeve.*]`.
pub fn configure(document: &Document, sink: &mut Sink) -> Sleeves {
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
    let neutral = fields.symbol("neutral");
    let mut sleeves = Vec::new();
    for (name, node, table) in document.root.table("sleeve").unwrap_or(&none).tables() {
        let fields = Fields::new(table, format!("sleeve.{name}"), Some(node.key_place.clone()), SLEEVE_PARAMS, sink);
        if fields.flag("enabled") == Some(false) {
            continue;
        }
        let (Some(max), Some(share)) = (fields.weight("max"), fields.number("share")) else { continue };
        sleeves.push(Sleeve {
            symbol: Symbol::new(name),
            max,
            share,
            substitute: fields.symbol("substitute"),
            reason: fields.text("reason"),
            origin: fields.origin("max"),
            place: Some(node.key_place.clone()).filter(|place| place.source.kind != SourceKind::BuiltIn),
        });
    }
    sleeves.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    Sleeves { sleeves, total, band, return_to, neutral }
}

/// Returns the half-width of the 5/25 no-trade band around a target weight (Swedroe): min(5 points, 25% of it).
pub fn band_half_width(target: f64) -> f64 {
    (0.25 * target).min(0.05)
}

impl Sleeves {
    /// Returns the substitute of each sleeve. One that is a sleeve itself, or stands in for an earlier one already, would
    /// be counted twice and is left out.
    pub fn stand_ins(&self) -> BTreeMap<Symbol, Symbol> {
        let mut found = BTreeMap::new();
        let mut taken: Vec<&Symbol> =
            self.sleeves.iter().map(|sleeve| &sleeve.symbol).chain(self.neutral.as_ref()).collect();
        for sleeve in &self.sleeves {
            if let Some(other) = sleeve.substitute.as_ref().filter(|other| !taken.contains(other)) {
                taken.push(other);
                found.insert(sleeve.symbol.clone(), other.clone());
            }
        }
        found
    }

    /// Reports the sleeves the user wrote for which no price is known. Built-in ones without a price stay closed.
    pub fn check_prices(&self, priced: impl Fn(&Symbol) -> bool, sink: &mut Sink) {
        for sleeve in &self.sleeves {
            if let Some(place) = &sleeve.place
                && !priced(&sleeve.symbol)
            {
                let message = format!("`{}` has no price, so it cannot be bought", sleeve.symbol);
                let hint = "add its prices to the market folder, or remove the sleeve (`enabled = false`)";
                sink.push(Diagnostic::error(NO_PRICE, message).at(place.clone()).hint(hint));
            }
        }
    }

    /// Returns one verdict per sleeve: its target, whether it takes part, and whether it is to be bought now.
    pub fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let total = context.strength.value.0 * self.total.0;
        let shares: f64 = self.sleeves.iter().map(|sleeve| sleeve.share).sum();
        let mut unused = 0.0;
        let mut verdicts = Vec::new();
        for sleeve in &self.sleeves {
            let full = if shares > 0.0 { (total * sleeve.share / shares).min(sleeve.max.0) } else { 0.0 };
            let gate = context.gates.get(&sleeve.symbol);
            let closed = if let Some(why) = context.freeze() {
                Some(why.to_owned())
            } else if !context.strength.data {
                Some("rotation is off: no market data".to_owned())
            } else if !(context.priced)(&sleeve.symbol) {
                Some("no price".to_owned())
            } else {
                gate.filter(|gate| !gate.open)
                    .map(|gate| gate.reason.clone())
                    .or(gate.is_none().then(|| "no data".to_owned()))
            };
            if closed.is_some() {
                unused += full;
            }
            verdicts.push(self.verdict(sleeve, full, closed, context));
        }
        if let Some(neutral) = &self.neutral
            && unused > 0.0
            && context.freeze().is_none()
            && (context.priced)(neutral)
        {
            let sleeve = Sleeve {
                symbol: neutral.clone(),
                max: Weight(1.0),
                share: 0.0,
                substitute: None,
                reason: Some("the share of sleeves that do not take part".to_owned()),
                origin: "sleeves.neutral".to_owned(),
                place: None,
            };
            verdicts.push(self.verdict(&sleeve, unused, None, context));
        }
        verdicts
    }

    fn verdict(&self, sleeve: &Sleeve, target: f64, closed: Option<String>, context: &Context<'_>) -> Verdict {
        let id = format!("sleeve.{}", sleeve.symbol);
        let other = context.stand_ins.get(&sleeve.symbol);
        let (own, beside) = (context.weight_of(&sleeve.symbol), other.map_or(0.0, |other| context.weight_of(other)));
        let now = own + beside;
        // What is bought: the sleeve's own fund, or its substitute while that one is closed.
        let shut = context.closed.get(&sleeve.symbol);
        let usable = other.filter(|other| !context.closed.contains_key(other) && (context.priced)(other));
        let (symbol, rest) = match (shut, usable) {
            (Some(_), Some(other)) => (other.clone(), own),
            _ => (sleeve.symbol.clone(), beside),
        };
        let half_width = if self.band { band_half_width(target) } else { 0.0 };
        let low = target - half_width;
        let wanted = match self.return_to {
            ReturnTo::Target => target,
            ReturnTo::Half => target - half_width / 2.0,
            ReturnTo::Edge => low,
        };
        let gap = closed.is_none() && target > 0.0 && now < low;
        let (now_text, low_text) = (Weight(now).percent(), Weight(low.max(0.0)).percent());
        let target_text = Weight(target).percent();
        let evidence = match &closed {
            Some(why) => format!("out: {why}"),
            None if target <= 0.0 => "no target at strength 0".to_owned(),
            None if gap => format!(
                "{now_text} is under the band of its target of {target_text} (from {low_text}), and brought to {}",
                Weight(wanted).percent()
            ),
            None if now > target => {
                format!("{now_text} is over its target of {target_text}; sleeves are never sold for that")
            }
            None => format!("{now_text} is inside the band of its target of {target_text} (from {low_text})"),
        };
        let evidence = match shut {
            Some(why) if gap && symbol != sleeve.symbol => format!("{evidence}; {symbol} stands in: {why}"),
            Some(why) if gap => format!("{evidence}, but {why}"),
            _ => evidence,
        };
        let reaction = if gap { Reaction::Fill } else { Reaction::InsideBand };
        let wanted = (if gap { wanted } else { now.min(wanted) } - rest).max(0.0);
        let open = closed.is_none() && target > 0.0;
        Verdict {
            id: id.clone(),
            kind: "sleeve",
            subject: sleeve.symbol.to_string(),
            fired: gap,
            measured: Some(Weight(now)),
            bound: open.then_some(Weight(target)),
            benchmark: None,
            evidence,
            origin: sleeve.origin.clone(),
            reason: sleeve.reason.clone(),
            limits: Vec::new(),
            targets: if open {
                let (symbol, origin) = (symbol.clone(), sleeve.origin.clone());
                vec![Target { id, symbol, weight: Weight(wanted), reaction, origin }]
            } else {
                Vec::new()
            },
            buyable: if gap { vec![symbol] } else { Vec::new() },
        }
    }
}

/// Returns the gates of the sleeves by symbol, asked once for each.
pub fn gates(sleeves: &Sleeves, ask: impl Fn(&Symbol) -> super::Gate) -> BTreeMap<Symbol, super::Gate> {
    sleeves.sleeves.iter().map(|sleeve| (sleeve.symbol.clone(), ask(&sleeve.symbol))).collect()
}

#[cfg(test)]
mod tests {
    use super::band_half_width;
    use crate::model::{Reaction, Symbol};
    use crate::rules::Verdict;
    use crate::rules::testing::House;

    /// One sleeve with a target of 8% at full strength: its band is 2 points, so it begins at 6%.
    fn sleeve(house: &House, back: &str) -> Verdict {
        let others: String = ["XLB", "XLF", "KRE", "XLE", "IWM"]
            .iter()
            .map(|symbol| format!("[sleeve.{symbol}]\nenabled = false\n"))
            .collect();
        let config = format!("[sleeves]\ntotal = \"8%\"\nreturn-to = {back:?}\n{others}");
        house.verdicts(&config, "sleeve.XLI").remove(0)
    }

    #[test]
    fn below_its_band_a_sleeve_is_bought_and_inside_it_left_alone() {
        let held = |shares: i64| House::new(&[("XLI", shares)], 10_000 - 100 * shares).at(1.0);
        for (back, weight) in [("target", 0.08), ("half", 0.07), ("edge", 0.06)] {
            let found = sleeve(&held(5), back);
            assert!(found.fired && found.targets[0].reaction == Reaction::Fill);
            assert!((found.targets[0].weight.0 - weight).abs() < 1e-12, "{back}: {found:?}");
        }
        let inside = sleeve(&held(6), "half");
        assert!(!inside.fired && inside.buyable.is_empty(), "{inside:?}");
        assert!(!sleeve(&held(20), "half").fired, "never sold for being above");
    }

    #[test]
    fn a_substitute_is_counted_always_and_bought_only_while_the_sleeve_is_closed() {
        let (xli, vis) = (Symbol::new("XLI"), Symbol::new("VIS"));
        let mut house = House::new(&[("XLI", 2), ("VIS", 3)], 9_500).at(1.0);
        house.stand_ins.insert(xli.clone(), vis.clone());
        // 5% together; 8% less the 3% of the other.
        let open = sleeve(&house, "target");
        assert_eq!((&open.targets[0].symbol, &open.buyable), (&xli, &vec![xli.clone()]));
        assert!((open.measured.unwrap().0 - 0.05).abs() < 1e-12 && (open.targets[0].weight.0 - 0.05).abs() < 1e-12);
        house.closed.insert(xli.clone(), "XLI was sold at a loss on 2026-11-10".to_owned());
        let closed = sleeve(&house, "target");
        assert_eq!((&closed.targets[0].symbol, &closed.buyable), (&vis, &vec![vis.clone()]));
        assert!((closed.targets[0].weight.0 - 0.06).abs() < 1e-12);
        house.closed.insert(vis, "VIS is in do-not-buy".to_owned());
        let both = sleeve(&house, "target");
        assert_eq!(both.buyable, [xli]);
        assert!(both.evidence.ends_with("but XLI was sold at a loss on 2026-11-10"), "{}", both.evidence);
    }

    /// The table of worked case F10.
    #[test]
    fn band_is_five_points_or_a_quarter_of_the_target() {
        for (target, half_width) in
            [(0.02, 0.005), (0.05, 0.0125), (0.1, 0.025), (0.2, 0.05), (0.25, 0.05), (0.6, 0.05)]
        {
            assert!((band_half_width(target) - half_width).abs() < 1e-12, "{target}");
        }
    }
}
