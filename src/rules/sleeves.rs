//! The cyclical sleeves: what rotation buys, how much, and which of them take part.

mod settings;
mod share;
mod tilt;

use std::collections::{BTreeMap, BTreeSet};

pub use settings::{PARAMS, ReturnTo, SLEEVE_PARAMS, Sleeve, Sleeves, Stance, configure};
pub use tilt::{Tilt, TiltPart};

use super::{Context, NO_PRICE, Role, RuleKind, Verdict};
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Limit, Measure, Reaction, Subject, Symbol, Target};
use crate::signals::drivers::DriverReading;
use crate::units::Weight;

/// What a sleeve is, as the kinds of limits are registered; its tables are read by [`configure`].
pub static KIND: RuleKind =
    RuleKind { kind: "sleeve", role: Role::Target, doc: DOC, params: SLEEVE_PARAMS, build: |_, _| None };

const DOC: &str = "\
A sleeve is a fund that rotation buys. All sleeves together reach
    total = strength * [sleeves] total
shared in proportion to `share` times what the economy does to it (below), each at most its own `max`, and a `group`
together at most the largest `max` in it. Only sleeves that take part in the advance are bought: their total-return
close is above its 200-day average and their six-month return is ahead of SPY's. The share of the others is not given
to the rest: it stays in cash, or goes to `neutral`. With `weights = \"trend\"` the participants divide what they get by
share times max(0, z) of their 126-session trend against SPY.

    share x clamp(1 + sum(sensitivity * driver reading), 0.5, 1.5)        see `broaden explain driver`

`fed-stance` is your own switch: easing counts the tailwinds of drivers that follow the Fed 1.5 times and their
headwinds half, hiking the other way round. It does nothing else.
A sleeve is bought when it falls outside its no-trade band, min(5 points, 25% of the target) on either side, and then
up to `return-to`. While a wash sale forbids the fund its `substitute` is bought, and both count as the sleeve. Nothing
is sold because a sleeve is above its target, unless a stop unwinds the rotation (`on-stop` of [rotation]). While a stop
freezes it no sleeve is bought: a deposit buys `safe` in the account that it comes to, and other cash `neutral` as ever.";

/// Returns the half-width of the 5/25 no-trade band around a target weight (Swedroe): min(5 points, 25% of it).
pub fn band_half_width(target: f64) -> f64 {
    (0.25 * target).min(0.05)
}

/// One thing to hold at a weight.
struct Wish<'a> {
    sleeve: &'a Sleeve,
    target: f64,
    closed: Option<String>,
    /// More about the target, for the evidence.
    more: String,
    band: bool,
}

impl Sleeves {
    /// Returns the substitute of each sleeve. One that is a sleeve itself, or stands in for an earlier one already, would
    /// be counted twice and is left out.
    pub fn stand_ins(&self) -> BTreeMap<Symbol, Symbol> {
        let mut found = BTreeMap::new();
        let mut taken: Vec<&Symbol> =
            self.sleeves.iter().map(|sleeve| &sleeve.symbol).chain(self.neutral.iter().flatten()).collect();
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

    /// Returns every fund that is bought for itself; substitutes stand in for them.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.sleeves.iter().map(|sleeve| &sleeve.symbol).chain(self.neutral.iter().flatten()).chain(&self.safe)
    }

    /// Returns the funds of all sleeves, with those that stand in for them.
    pub fn funds(&self) -> BTreeSet<Symbol> {
        self.sleeves.iter().flat_map(|own| std::iter::once(&own.symbol).chain(&own.substitute)).cloned().collect()
    }

    /// Returns what the economy does to the share of each sleeve.
    pub fn tilts(&self, readings: &BTreeMap<String, DriverReading>) -> BTreeMap<Symbol, Tilt> {
        let tilt = |sleeve: &Sleeve| (sleeve.symbol.clone(), Tilt::of(sleeve, self.stance, readings));
        self.sleeves.iter().map(tilt).collect()
    }

    /// Returns one verdict per sleeve: its target, whether it takes part, and whether it is to be bought now.
    pub fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let closed: BTreeMap<&Symbol, String> = self
            .sleeves
            .iter()
            .filter_map(|sleeve| Some((&sleeve.symbol, Self::why_closed(sleeve, context)?)))
            .collect();
        let total = context.strength.value.0 * self.total.0;
        let (targets, unused) = share::targets(self, total, context, |symbol| closed.contains_key(symbol));
        let mut verdicts = Vec::new();
        for sleeve in &self.sleeves {
            let more = context.tilts.get(&sleeve.symbol).map(Tilt::words).unwrap_or_default();
            let wish = Wish {
                sleeve,
                target: targets.get(&sleeve.symbol).copied().unwrap_or(0.0),
                closed: closed.get(&sleeve.symbol).cloned(),
                more: if more.is_empty() { more } else { format!("; {more}") },
                band: self.band,
            };
            verdicts.push(self.verdict(&wish, context));
        }
        verdicts.extend(self.neutral_verdict(unused, context));
        verdicts.extend(self.safe_verdict(context));
        verdicts
    }

    fn why_closed(sleeve: &Sleeve, context: &Context<'_>) -> Option<String> {
        if let Some(why) = context.freeze() {
            return Some(why.to_owned());
        }
        if !context.strength.data {
            return Some("rotation is off: no market data".to_owned());
        }
        if !(context.priced)(&sleeve.symbol) {
            return Some("no price".to_owned());
        }
        match context.gates.get(&sleeve.symbol) {
            Some(gate) => (!gate.open).then(|| gate.reason.clone()),
            None => Some("no data".to_owned()),
        }
    }

    /// What sleeves that do not take part leave goes to the neutral fund.
    fn neutral_verdict(&self, unused: f64, context: &Context<'_>) -> Option<Verdict> {
        let neutral = self.neutral.iter().flatten().find(|neutral| (context.priced)(neutral))?;
        let sleeve = stand_in(neutral, "sleeves.neutral", "the share of sleeves that do not take part");
        let wish = Wish { sleeve: &sleeve, target: unused, closed: None, more: String::new(), band: self.band };
        (unused > 0.0 && context.freeze().is_none()).then(|| self.verdict(&wish, context))
    }

    /// While a stop freezes the rotation, deposits go to the safe fund.
    fn safe_verdict(&self, context: &Context<'_>) -> Option<Verdict> {
        let safe = self.safe.as_ref().filter(|safe| (context.priced)(safe) && context.stopped())?;
        let share = context.deposits.share_of(context.exposure.value).map_or(0.0, |share| share.0);
        let sleeve = stand_in(safe, "sleeves.safe", "deposits, while a stop freezes the rotation");
        let target = context.weight_of(safe) + share;
        let wish = Wish { sleeve: &sleeve, target, closed: None, more: String::new(), band: false };
        (share > 0.0).then(|| self.verdict(&wish, context))
    }

    fn verdict(&self, wish: &Wish<'_>, context: &Context<'_>) -> Verdict {
        let Wish { sleeve, target, closed, more, band } = wish;
        let (sleeve, target) = (*sleeve, *target);
        let id = format!("sleeve.{}", sleeve.symbol);
        let other = context.stand_ins.get(&sleeve.symbol);
        let members: Vec<&Symbol> = std::iter::once(&sleeve.symbol).chain(other).collect();
        let now: f64 = members.iter().map(|symbol| context.weight_of(symbol)).sum();
        // What is bought: the sleeve's own fund, or its substitute while that one is closed.
        let shut = context.closed.get(&sleeve.symbol);
        let usable = other.filter(|other| !context.closed.contains_key(other) && (context.priced)(other));
        let bought = usable.filter(|_| shut.is_some()).unwrap_or(&sleeve.symbol);
        let half_width = if *band { band_half_width(target) } else { 0.0 };
        let low = target - half_width;
        let wanted = match self.return_to {
            ReturnTo::Target => target,
            ReturnTo::Half => target - half_width / 2.0,
            ReturnTo::Edge => low,
        };
        let gap = closed.is_none() && target > 0.0 && now < low;
        let unwind = context.unwinding.filter(|_| now > target);
        let (now_text, low_text) = (Weight(now).percent(), Weight(low.max(0.0)).percent());
        let target_text = Weight(target).percent();
        let evidence = match closed {
            _ if unwind.is_some() => {
                let how = unwind.unwrap_or_default();
                format!("{now_text} is over the {target_text} that a stop leaves of it; sold down to that ({how})")
            }
            Some(why) => format!("out: {why}"),
            None if target <= 0.0 => "no target at strength 0".to_owned(),
            None if gap => format!(
                "{now_text} is under the band of its target of {target_text} (from {low_text}), and brought to {}{more}",
                Weight(wanted).percent()
            ),
            None if now > target => {
                format!("{now_text} is over its target of {target_text}; sleeves are never sold for that{more}")
            }
            None => format!("{now_text} is inside the band of its target of {target_text} (from {low_text}){more}"),
        };
        let evidence = match shut {
            Some(why) if gap && *bought != sleeve.symbol => format!("{evidence}; {bought} stands in: {why}"),
            Some(why) if gap => format!("{evidence}, but {why}"),
            _ => evidence,
        };
        let reaction = if gap { Reaction::Fill } else { Reaction::InsideBand };
        let wanted = if gap { wanted } else { now.min(wanted) };
        // The target is of what is bought; what the other member holds already counts.
        let wanted = wanted - (now - context.weight_of(bought));
        let open = closed.is_none() && target > 0.0;
        // What is bought for another rule's sake stops at the maximum too (domain brief 8.2, 7b): a fund that holds some
        // tech may be bought only to sell more of a company under the floor of tech.
        let most = (open && sleeve.max.0 < 1.0).then(|| Limit {
            id: format!("{id}.max"),
            kind: KIND.kind,
            measure: Measure::BuyCap {
                symbols: members.iter().map(|symbol| (*symbol).clone()).collect(),
                cap: sleeve.max,
            },
            origin: sleeve.origin.clone(),
        });
        let limits = unwind.map(|_| Limit {
            id: id.clone(),
            kind: KIND.kind,
            measure: Measure::ExposureCap {
                coefficients: context.coefficients(|symbol| f64::from(u8::from(members.contains(&symbol)))),
                cap: Weight(target),
                trigger: Weight(0.0),
            },
            origin: "rotation.on-stop".to_owned(),
        });
        Verdict {
            id: id.clone(),
            kind: &KIND,
            subject: Subject::Symbol(sleeve.symbol.clone()),
            fired: gap || unwind.is_some(),
            range: None,
            measured: Some(Weight(now)),
            bound: (open || unwind.is_some()).then_some(Weight(target)),
            trigger: None,
            benchmark: None,
            evidence,
            origin: sleeve.origin.clone(),
            reason: sleeve.reason.clone(),
            limits: limits.into_iter().chain(most).collect(),
            targets: if open {
                let (symbol, origin) = (bought.clone(), sleeve.origin.clone());
                vec![Target { id, symbol, weight: Weight(wanted.max(0.0)), reaction, origin }]
            } else {
                Vec::new()
            },
            buyable: if gap { vec![bought.clone()] } else { Vec::new() },
        }
    }
}

/// A fund that is no sleeve but is bought like one.
fn stand_in(symbol: &Symbol, origin: &str, reason: &str) -> Sleeve {
    Sleeve {
        symbol: symbol.clone(),
        max: Weight(1.0),
        share: 0.0,
        group: None,
        substitute: None,
        sensitivity: BTreeMap::new(),
        reason: Some(reason.to_owned()),
        origin: origin.to_owned(),
        place: None,
    }
}

/// Returns the gates of the sleeves by symbol, asked once for each.
pub fn gates(sleeves: &Sleeves, ask: impl Fn(&Symbol) -> super::Gate) -> BTreeMap<Symbol, super::Gate> {
    sleeves.sleeves.iter().map(|sleeve| (sleeve.symbol.clone(), ask(&sleeve.symbol))).collect()
}

#[cfg(test)]
mod tests {
    use super::band_half_width;
    use crate::model::{Measure, Reaction, Symbol};
    use crate::rules::Verdict;
    use crate::rules::testing::House;
    use crate::units::Weight;

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
        let most = &sleeve(&held(5), "half").limits[0];
        let cap = Measure::BuyCap { symbols: vec![Symbol::new("XLI")], cap: Weight(0.08) };
        assert_eq!((most.id.as_str(), &most.measure), ("sleeve.XLI.max", &cap));
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
