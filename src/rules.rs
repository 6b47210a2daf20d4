//! What the rules say: each limit and sleeve of the config becomes a [`Verdict`] with its evidence, and the verdicts
//! that act are merged into the [`Mandate`] of the plan.
//!
//! A rule that did not fire keeps its verdict and its distance to firing.

pub mod buy_back;
pub mod gates;
pub mod limits;
pub mod scenarios;
pub mod sleeves;
pub mod strength;
#[cfg(test)]
pub(crate) mod testing;
pub mod waiting;

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use crate::config::{Document, Fields, Param, UNKNOWN_KIND};
use crate::diagnostics::{Diagnostic, Sink, nearest};
use crate::exposure::{Benchmark, Exposure};
use crate::model::{Limit, Mandate, Subject, Symbol, Target};
use crate::reference::Registry;
use crate::signals::Level;
use crate::signals::drivers::Driver;
use crate::units::{Money, Weight};
use gates::Gate;
use strength::Strength;

crate::codes! {
    CAP_BELOW_FLOOR "cap-below-floor" "A cap lies below the floor of the same theme, so no portfolio can satisfy both. Raise the cap or lower the floor.";
    WIDE_TRIGGER "wide-trigger" "The trigger of a cap is so large that the cap hardly ever acts. As a plain number 0.5 is 50 points; \"0.5%\" is half a point.";
    NO_PRICE "no-price" "A symbol the config wants bought has no price in the holdings or the market files, so nothing can be computed for it.";
}

/// A trigger above this is hardly meant: it is there for what prices do in a day or two.
const MOST_TRIGGER: f64 = 0.2;

/// What a rule may look at.
pub struct Context<'a> {
    /// The household, after deposits and withdrawals.
    pub exposure: &'a Exposure,
    /// What instruments are made of.
    pub registry: &'a Registry,
    /// How far rotation has gone.
    pub strength: &'a Strength,
    /// Which sleeves take part.
    pub gates: &'a BTreeMap<Symbol, Gate>,
    /// What the economy does to their shares.
    pub tilts: &'a BTreeMap<Symbol, sleeves::Tilt>,
    /// Money that comes in, over the household.
    pub deposits: Money,
    /// Money that goes out, account by account.
    pub withdrawals: Money,
    /// What of it sales must raise.
    pub to_raise: Money,
    /// The smallest order that can be placed, where the share that may be sold is less.
    pub smallest_sale: &'a dyn Fn(Weight) -> Option<Money>,
    /// A stop sells sleeves down to their targets: `glide` or `exit`, as the config says.
    pub unwinding: Option<&'static str>,
    /// Value of each held symbol over the household.
    pub held: &'a BTreeMap<Symbol, Money>,
    /// Prices of everything held or buyable.
    pub priced: &'a dyn Fn(&Symbol) -> bool,
    /// Held and buyable symbols: what limits need coefficients for.
    pub symbols: &'a [Symbol],
    /// Past weekly returns of a symbol, oldest first, as many as asked for or as the index fund has.
    pub weekly: &'a dyn Fn(&Symbol, usize) -> Option<Vec<f64>>,
    /// Why a sleeve or its substitute may not be bought now.
    pub closed: &'a BTreeMap<Symbol, String>,
    /// The substitute of each sleeve that has one of its own.
    pub stand_ins: &'a BTreeMap<Symbol, Symbol>,
    /// What was sold and not bought since, where rotation may come back: by day, at the price of today.
    pub sold: &'a BTreeMap<Symbol, Vec<(NaiveDate, Money)>>,
}

impl Context<'_> {
    /// Returns the weight of a symbol in the household.
    pub fn weight_of(&self, symbol: &Symbol) -> f64 {
        self.held.get(symbol).and_then(|value| value.share_of(self.exposure.value)).map_or(0.0, |weight| weight.0)
    }

    /// Returns why rotation is frozen, if it is: a brake at stop, or data too old or too few. Without any market data
    /// there is no rotation to freeze, and the static limits act.
    pub fn freeze(&self) -> Option<&str> {
        self.strength.frozen.as_deref().filter(|_| self.strength.data)
    }

    /// Returns the benchmark's own weight of something; `None` where nothing is known of the benchmark.
    pub fn benchmark(&self, of: impl Fn(&Benchmark) -> Option<&f64>) -> Option<f64> {
        let benchmark = &self.exposure.benchmark;
        (!benchmark.sectors.is_empty()).then(|| of(benchmark).copied().unwrap_or(0.0))
    }

    /// Returns whether a stop freezes the rotation.
    pub fn stopped(&self) -> bool {
        self.strength.brake.level == Level::Stop && self.freeze().is_some()
    }

    /// Returns dollars of exposure per dollar of each held or buyable symbol; zeros are left out.
    pub fn coefficients(&self, fraction: impl Fn(&Symbol) -> f64) -> BTreeMap<Symbol, f64> {
        let pairs = self.symbols.iter().map(|symbol| (symbol.clone(), fraction(symbol)));
        pairs.filter(|(_, fraction)| *fraction != 0.0).collect()
    }

    /// Returns the weight that a set of coefficients gives the household as it is.
    pub fn exposure_of(&self, coefficients: &BTreeMap<Symbol, f64>) -> f64 {
        coefficients.iter().map(|(symbol, fraction)| fraction * self.weight_of(symbol)).sum()
    }
}

/// What a rule found and asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// As in the config: `limits.tech`, `sleeve.XLI`.
    pub id: String,
    /// The leaf.
    pub kind: &'static RuleKind,
    /// What it is about.
    pub subject: Subject,
    /// Whether it asks for trades now.
    pub fired: bool,
    /// The weight measured, where the rule measures one.
    pub measured: Option<Weight>,
    /// The lowest and the highest that what is measured can be, given what is not known; `None` where all of it is.
    pub range: Option<(Weight, Weight)>,
    /// The bound it is held against.
    pub bound: Option<Weight>,
    /// By how much it must be exceeded to fire, where that is more than nothing.
    pub trigger: Option<Weight>,
    /// The benchmark's own figure.
    pub benchmark: Option<Weight>,
    /// The state in words, ending in numbers: `61.3% is over 38.4% by 22.9 points`.
    pub evidence: String,
    /// Where the bound comes from.
    pub origin: String,
    /// The user's own words for why the rule is there.
    pub reason: Option<String>,
    /// What it asks of the plan.
    pub limits: Vec<Limit>,
    /// What it asks of the plan.
    pub targets: Vec<Target>,
    /// What it allows to be bought.
    pub buyable: Vec<Symbol>,
}

/// Where a cap stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// What is measured is within the bound, whatever is not known.
    Holds,
    /// What is measured is beyond the bound.
    Broken,
    /// What is known is within the bound; what is not known may be beyond it.
    MayBeBroken {
        /// The lowest it can be.
        low: Weight,
        /// The highest it can be.
        high: Weight,
    },
}

impl State {
    /// Returns the word of the JSON: `holds`, `broken` or `may-be-broken`.
    pub fn word(&self) -> &'static str {
        match self {
            State::Holds => "holds",
            State::Broken => "broken",
            State::MayBeBroken { .. } => "may-be-broken",
        }
    }
}

/// What is beyond a bound by less is not seen on a screen with one decimal.
const SEEN: f64 = 0.0005;

impl Verdict {
    /// Returns where a cap stands; `None` for what is no cap on what is held.
    pub fn state(&self) -> Option<State> {
        let (over, bound) = (self.over()?, self.bound?);
        if !self.is_cap() {
            return None;
        }
        Some(match self.range {
            _ if over > 0.0 => State::Broken,
            Some((low, high)) if high.0 > bound.0 + SEEN => State::MayBeBroken { low, high },
            _ => State::Holds,
        })
    }

    /// Says that a cap may be broken, if it may: `may be broken: between 0.0% and 61.7%`.
    pub fn doubt(&self) -> Option<String> {
        match self.state()? {
            State::MayBeBroken { low, high } => {
                Some(format!("may be broken: between {} and {}", low.percent(), high.percent()))
            }
            _ => None,
        }
    }

    /// Returns how far the measure is beyond its bound: positive when a cap is exceeded.
    pub fn over(&self) -> Option<f64> {
        Some(self.measured?.0 - self.bound?.0)
    }

    /// Returns whether it is a sleeve.
    pub fn is_sleeve(&self) -> bool {
        *self.kind == sleeves::KIND
    }

    /// Returns whether it wants something bought: a sleeve, or what rotation buys back.
    pub fn is_target(&self) -> bool {
        self.kind.role == Role::Target
    }

    /// Returns whether it caps what is held of a theme, an issuer, a sector or a holding, or its risk.
    pub fn is_cap(&self) -> bool {
        self.kind.role == Role::Cap
    }

    /// Returns the theme that it caps, where it does.
    pub fn capped_theme(&self) -> Option<&str> {
        match &self.subject {
            Subject::Theme(id) if self.is_cap() => Some(id),
            _ => None,
        }
    }

    /// Returns how near it is to firing, for an order of rules that did not: the distance to its bound, nearest first. What
    /// bounds purchases or orders alone never fires and comes last.
    pub fn nearness(&self) -> f64 {
        if self.kind.role == Role::Purchases { -1.0 } else { self.over().unwrap_or(-1.0) }
    }
}

/// What a kind of rule acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Caps what is held: what is above the cap is sold.
    Cap,
    /// Caps what purchases may reach; nothing is sold for it.
    Purchases,
    /// Bounds the orders of a run.
    Orders,
    /// Brings what it is about to a target.
    Target,
}

/// One configured rule.
pub trait Rule {
    /// Returns what the rule finds. More than one verdict for a rule that watches many subjects.
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict>;
}

/// An entry of the registry: a kind of rule.
pub struct RuleKind {
    /// The `kind` of the config table.
    pub kind: &'static str,
    /// What it acts on.
    pub role: Role,
    /// What `broaden explain KIND` prints.
    pub doc: &'static str,
    /// The keys of the table, besides `kind`, `enabled` and `reason`.
    pub params: &'static [Param],
    /// Makes the rule from a checked table.
    pub build: fn(&mut Fields<'_>, &Registry) -> Option<Box<dyn Rule>>,
}

impl PartialEq for RuleKind {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl fmt::Debug for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)
    }
}

/// Every kind of limit.
pub static RULES: &[&RuleKind] = &[
    &limits::theme_cap::KIND,
    &limits::sector_cap::KIND,
    &limits::issuer_cap::KIND,
    &limits::position_cap::KIND,
    &limits::group_cap::KIND,
    &limits::cvar_cap::KIND,
    &limits::mad_cap::KIND,
    &limits::buy_cap::KIND,
    &limits::turnover::KIND,
    &limits::gain_budget::KIND,
    &limits::tax_budget::KIND,
    &limits::max_trades::KIND,
    &limits::worth::KIND,
];

/// The configured rules, in id order.
pub struct RuleSet {
    rules: Vec<Box<dyn Rule>>,
    /// The sleeves.
    pub sleeves: sleeves::Sleeves,
}

/// Reads `[limits.*]`, `[sleeves]` and `[sleeve.*]`.
pub fn configure(document: &Document, registry: &Registry, drivers: &[Driver], sink: &mut Sink) -> RuleSet {
    let mut rules = Vec::new();
    let none = crate::config::Table::default();
    let limits = document.root.table("limits").unwrap_or(&none);
    // Of two of a like name the one that says its kind is meant.
    let kinded: Vec<&str> =
        limits.tables().filter(|(_, _, table)| table.get("kind").is_some()).map(|(name, ..)| name).collect();
    for (name, node, table) in limits.tables() {
        let id = format!("limits.{name}");
        let near = || nearest(name, kinded.iter().copied());
        let Some(kind) = kind_of(table, &id, near, node, sink) else { continue };
        let params: &'static [Param] = kind.params;
        let mut fields = Fields::new(table, id, Some(node.key_place.clone()), params, sink);
        if fields.flag("enabled") == Some(false) {
            continue;
        }
        check_trigger(&mut fields, params);
        rules.extend((kind.build)(&mut fields, registry));
    }
    RuleSet { rules, sleeves: sleeves::configure(document, drivers, sink) }
}

/// Warns of a trigger that is far more than noise: `0.5` is 50 points, and `"0.5%"` is what the defaults have.
fn check_trigger(fields: &mut Fields<'_>, params: &[Param]) {
    let declared = params.iter().any(|param| param.name == "trigger");
    let Some(trigger) = declared.then(|| fields.weight("trigger")).flatten().filter(|own| own.0 > MOST_TRIGGER) else {
        return;
    };
    let message = format!("`trigger` is {:.1} points: the cap acts only when exceeded by more", 100.0 * trigger.0);
    let hint = format!("write \"{}%\" if you mean {:.1} points", trigger.0, trigger.0);
    let problem = Diagnostic::warning(WIDE_TRIGGER, message).hint(hint);
    let problem = fields.place("trigger").into_iter().fold(problem, Diagnostic::at);
    fields.sink().push(problem);
}

/// Returns the registry entry that the `kind` of a table names. One without a kind may be meant for another of a like name.
fn kind_of<'n>(
    table: &crate::config::Table,
    id: &str,
    near: impl FnOnce() -> Option<&'n str>,
    node: &crate::config::Node,
    sink: &mut Sink,
) -> Option<&'static RuleKind> {
    let kinds = || RULES.iter().map(|entry| entry.kind);
    let (word, place) = match table.get("kind") {
        Some(crate::config::Node { value: crate::config::NodeValue::Text(word), place, .. }) => (word.as_str(), place),
        _ => {
            let message = format!("[{id}] needs a `kind` that says what it limits");
            let meant = near().map(|near| format!("did you mean [limits.{near}]? Else ")).unwrap_or_default();
            let hint = format!("{meant}one of {}", kinds().collect::<Vec<_>>().join(", "));
            sink.push(Diagnostic::error(UNKNOWN_KIND, message).at(node.key_place.clone()).hint(hint));
            return None;
        }
    };
    let found = RULES.iter().find(|entry| entry.kind == word);
    if found.is_none() {
        let hint = match nearest(word, kinds()) {
            Some(kind) => format!("did you mean `{kind}`?"),
            None => format!("limits are {}", kinds().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("`{word}` is not a kind of limit");
        sink.push(Diagnostic::error(UNKNOWN_KIND, message).at(place.clone()).hint(hint));
    }
    found.copied()
}

/// Asks every rule, in id order.
pub fn verdicts(rules: &RuleSet, context: &Context<'_>) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = rules.rules.iter().flat_map(|rule| rule.verdicts(context)).collect();
    verdicts.extend(buy_back::verdicts(&verdicts, context));
    verdicts.extend(rules.sleeves.verdicts(context));
    verdicts
}

/// Merges what the verdicts ask for. Two caps on the same thing both hold, so merging is collecting.
pub fn mandate(verdicts: &[Verdict]) -> Mandate {
    let mut mandate = Mandate::default();
    for verdict in verdicts {
        mandate.limits.extend(verdict.limits.iter().cloned());
        mandate.targets.extend(verdict.targets.iter().cloned());
        mandate.buyable.extend(verdict.buyable.iter().cloned());
    }
    mandate.limits.sort_by(|a, b| a.id.cmp(&b.id));
    mandate.targets.sort_by(|a, b| a.id.cmp(&b.id));
    mandate.buyable.sort();
    mandate.buyable.dedup();
    mandate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;

    #[test]
    fn a_trigger_of_fifty_points_is_told() {
        let said = |text: &str| -> Vec<String> {
            let mut sink = Sink::default();
            let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
            configure(&document, &Registry::bundled(), &[], &mut sink);
            let own = sink.items.iter().filter(|item| item.code == WIDE_TRIGGER);
            own.map(|item| {
                let line = item.place.as_ref().map_or_else(String::new, crate::diagnostics::Place::locator);
                format!("{line} {} | {}", item.message, item.hint.clone().unwrap_or_default())
            })
            .collect()
        };
        let found = said("[limits.tech]\ntrigger = 0.5\n");
        assert!(found.len() == 1 && found[0].starts_with("broaden.toml:2:11 `trigger` is 50.0 points"), "{found:?}");
        assert!(found[0].ends_with("write \"0.5%\" if you mean 0.5 points"), "{found:?}");
        for caps in ["issuer", "sector", "mag7"] {
            assert_eq!(said(&format!("[limits.{caps}]\ntrigger = 0.21\n")).len(), 1, "{caps}");
        }
        assert_eq!(said("[limits.tech]\ntrigger = \"20%\"\n"), [""; 0]);
        assert_eq!(said("[limits.turnover]\nmax = \"50%\"\n"), [""; 0]);
    }

    #[test]
    fn a_limit_whose_name_is_misspelt_is_told_what_may_be_meant() {
        let hints = |text: &str| -> Vec<String> {
            let mut sink = Sink::default();
            let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
            configure(&document, &Registry::bundled(), &[], &mut sink);
            sink.items.iter().filter(|item| item.code == UNKNOWN_KIND).filter_map(|item| item.hint.clone()).collect()
        };
        let found = hints("[limits.turnovr]\nmax = \"5%\"\n");
        assert!(found[0].starts_with("did you mean [limits.turnover]? Else one of theme-cap, "), "{found:?}");
        let found = hints("[limits.my-own]\nmax = \"5%\"\n");
        assert!(found[0].starts_with("one of theme-cap, "), "{found:?}");
        assert_eq!(hints("[limits.my-own]\nkind = \"turnovr\"\nmax = \"5%\"\n"), ["did you mean `turnover`?"]);
    }
}
