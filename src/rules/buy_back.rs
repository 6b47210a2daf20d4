//! Rotation that comes back: what it sold is bought again once the strength has fallen and the cap with it has risen.

use std::collections::BTreeMap;

use super::sleeves::band_half_width;
use super::{Context, Role, RuleKind, Verdict};
use crate::model::{Measure, Reaction, Subject, Symbol, Target};
use crate::units::Weight;

/// What a purchase of this rule is, as the kinds of limits are registered; `symmetric` of `[rotation]` asks for it.
pub static KIND: RuleKind =
    RuleKind { kind: "buy-back", role: Role::Target, doc: DOC, params: &[], build: |_, _| None };

const DOC: &str = "\
With `symmetric = true` in [rotation], what was sold while the strength was higher than today (sales in trades.csv of
what counts to a capped theme by more than its cap, less what was bought since) is bought again once the theme is below
its cap by more than the no-trade band, min(5 points, 25% of the cap): up to half that band below the cap, and never
more than was sold. Every other cap on what is bought holds as well, what a cap on risk asks to be sold does not come
back, no tax is paid for it, and accounts without tax come first where the cost is the same. Nothing is bought while
rotation is frozen.
It is off by default: the strength turns several times a year (`broaden signals` says how often), and each turn would
trade both ways, in taxable accounts at short-term gains; a household below its cap has lost nothing by waiting.";

/// What the symbols of a household that rotation sold may come back to.
pub(super) fn verdicts(caps: &[Verdict], context: &Context<'_>) -> Vec<Verdict> {
    let value = context.exposure.value.to_f64();
    let now = context.strength.value.0;
    let sold: BTreeMap<&Symbol, f64> = context
        .sold
        .iter()
        .map(|(symbol, sales)| {
            let higher = sales.iter().filter(|(day, _)| context.strength.on(*day) > now + 1e-9);
            (symbol, higher.map(|(_, amount)| amount.to_f64()).sum::<f64>())
        })
        .filter(|(_, amount)| *amount > 0.0 && value > 0.0)
        .collect();
    let risks: Vec<&Verdict> = caps.iter().filter(|verdict| verdict.fired).collect();
    let caps: Vec<Room<'_>> = caps.iter().filter_map(|verdict| Room::of(verdict, &sold, value)).collect();
    let of = |(symbol, amount): (&&Symbol, &f64)| {
        let risk = risks.iter().find(|verdict| adds_to_risk(verdict, symbol)).map(|verdict| verdict.id.as_str());
        verdict(symbol, amount / value, &caps, risk, context)
    };
    sold.iter().filter_map(of).collect()
}

/// How much of what was sold a cap has room for.
struct Room<'a> {
    cap: &'a Verdict,
    coefficients: &'a BTreeMap<Symbol, f64>,
    measured: f64,
    bound: f64,
    /// The theme whose cap moves with the strength, where it is one.
    theme: Option<&'a str>,
    /// The part of everything sold that it has room for.
    part: f64,
}

impl<'a> Room<'a> {
    fn of(cap: &'a Verdict, sold: &BTreeMap<&Symbol, f64>, value: f64) -> Option<Room<'a>> {
        let coefficients = cap.limits.iter().find_map(|limit| match &limit.measure {
            Measure::ExposureCap { coefficients, .. } if limit.id == cap.id => Some(coefficients),
            _ => None,
        })?;
        let (measured, bound) = (cap.measured?.0, cap.bound?.0);
        let theme = cap.capped_theme();
        let room = bound - measured - if theme.is_some() { band_half_width(bound) / 2.0 } else { 0.0 };
        let all: f64 = sold.iter().map(|(symbol, amount)| coefficients.get(symbol).unwrap_or(&0.0) * amount).sum();
        let part = if all > 0.0 { (room * value / all).clamp(0.0, 1.0) } else { 1.0 };
        Some(Room { cap, coefficients, measured, bound, theme, part })
    }

    /// Whether the symbol is of the theme, not only a fund with some of it.
    fn is_about(&self, symbol: &Symbol) -> bool {
        self.theme.is_some() && self.coefficients.get(symbol).is_some_and(|share| *share > self.bound)
    }
}

/// Whether a symbol has lost anything in the weeks that a risk is measured by: then it is sold for it.
fn adds_to_risk(verdict: &Verdict, symbol: &Symbol) -> bool {
    verdict.limits.iter().any(|limit| match &limit.measure {
        Measure::RiskCap { returns, .. } => returns.get(symbol).is_some_and(|all| all.iter().any(|own| *own < 0.0)),
        _ => false,
    })
}

fn verdict(
    symbol: &Symbol,
    sold: f64,
    caps: &[Room<'_>],
    risk: Option<&str>,
    context: &Context<'_>,
) -> Option<Verdict> {
    let own: Vec<&Room<'_>> =
        caps.iter().filter(|room| room.coefficients.get(symbol).is_some_and(|share| *share > 0.0)).collect();
    // The tightest of the caps on its themes speaks.
    let theme = own.iter().filter(|room| room.is_about(symbol));
    let theme = theme.min_by(|a, b| (a.bound - a.measured).total_cmp(&(b.bound - b.measured)))?;
    let tightest = own.iter().min_by(|a, b| a.part.total_cmp(&b.part))?;
    let part = tightest.part;
    let (now, below) = (context.weight_of(symbol), theme.bound - theme.measured);
    let (cap, sold_text) = (&theme.cap.id, Weight(sold).percent());
    let band = band_half_width(theme.bound);
    let closed = context.freeze().or_else(|| context.closed.get(symbol).map(String::as_str)).map(str::to_owned);
    let out = match closed.or_else(|| risk.map(|id| format!("{id} asks for its sale"))) {
        Some(why) => Some(why),
        _ if !(context.priced)(symbol) => Some("no price".to_owned()),
        _ if below <= band => Some(format!("{cap} is not below its bound by more than its band of {}", points(band))),
        _ if part <= 0.0 => Some(format!("{} leaves no room for it", tightest.cap.id)),
        _ => None,
    };
    let target = now + sold * part;
    let evidence = match &out {
        Some(why) => format!("{sold_text} was sold at a higher strength; not bought back: {why}"),
        None => format!(
            "{sold_text} was sold at a higher strength than {:.2}; {cap} is {} below its bound: brought back to {}",
            context.strength.value.0,
            points(below),
            Weight(target).percent()
        ),
    };
    let (id, origin) = (format!("buy-back.{symbol}"), "rotation.symmetric".to_owned());
    let fired = out.is_none();
    let wanted =
        Target { id: id.clone(), symbol: symbol.clone(), weight: Weight(target), reaction: Reaction::Fill, origin };
    Some(Verdict {
        id,
        kind: &KIND,
        subject: Subject::Symbol(symbol.clone()),
        fired,
        range: None,
        measured: Some(Weight(now)),
        bound: fired.then_some(Weight(target)),
        trigger: None,
        benchmark: None,
        evidence,
        origin: wanted.origin.clone(),
        reason: fired.then(|| "it was sold while the strength was higher".to_owned()),
        limits: Vec::new(),
        targets: fired.then_some(wanted).into_iter().collect(),
        buyable: fired.then(|| symbol.clone()).into_iter().collect(),
    })
}

fn points(weight: f64) -> String {
    format!("{:.1} points", weight * 100.0)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use crate::model::Symbol;
    use crate::rules::testing::House;
    use crate::units::{Decimal, Money};

    const CAP: &str = "[limits.issuer]\nenabled = false\n[limits.mag7]\nenabled = false\n\
        [limits.tech]\nkind = \"theme-cap\"\ntheme = \"tech-broad\"\nbase = \"45%\"\nmin = \"25%\"\n";

    fn day(month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, 1).unwrap()
    }

    /// 10,000 dollars with 25 shares of NVDA at 100; what was sold in March at strength 1 and in May at 0; 0.25 today.
    fn house(march: i64, may: i64) -> House {
        let mut house = House::new(&[("NVDA", 25)], 7_500).at(0.25);
        house.strength.path = vec![(day(1), 0.0), (day(3), 1.0), (day(4), 0.0), (day(9), 0.25)];
        let sales = [(day(3), march), (day(5), may)].map(|(day, dollars)| (day, Money(Decimal::from(dollars))));
        house.sold.insert(Symbol::new("NVDA"), sales.to_vec());
        house
    }

    /// At 0.25 the cap is 40%, its band 5 points: 15 points below it, so that up to 37.5% is bought back.
    #[test]
    fn what_a_higher_strength_sold_comes_back_up_to_half_a_band_below_the_cap() {
        let target = |march, may| {
            let found = house(march, may).verdicts(CAP, "buy-back.");
            found.first().map(|verdict| verdict.targets.first().map_or(0.0, |target| target.weight.0))
        };
        // No more than was sold: 25% and 8%.
        assert!(target(800, 0).is_some_and(|target| (target - 0.33).abs() < 1e-9));
        // No more than there is room for.
        assert!(target(5_000, 0).is_some_and(|target| (target - 0.375).abs() < 1e-9));
        // What a strength of 0 saw sold was not sold for rotation.
        assert_eq!(target(0, 5_000), None);
    }

    #[test]
    fn nothing_comes_back_inside_the_band_or_while_rotation_is_frozen() {
        // 33% of 10,000: 7 points below the cap; 36%: 4 points, within the band of 5.
        let at = |shares: i64, frozen: Option<&str>| {
            let mut house = house(5_000, 0);
            let (sold, strength) = (house.sold.clone(), house.strength.clone());
            house = House::new(&[("NVDA", shares)], 10_000 - 100 * shares);
            (house.sold, house.strength) = (sold, strength);
            house.strength.frozen = frozen.map(str::to_owned);
            let verdict = house.verdicts(CAP, "buy-back.").remove(0);
            (verdict.fired, verdict.targets.len(), verdict.evidence)
        };
        assert!(at(33, None).0, "{}", at(33, None).2);
        let (fired, targets, said) = at(36, None);
        assert!(!fired && targets == 0 && said.ends_with("by more than its band of 5.0 points"), "{said}");
        let (fired, targets, said) = at(20, Some("brake: a stop"));
        assert!(!fired && targets == 0 && said.ends_with("not bought back: brake: a stop"), "{said}");
    }

    /// 25% of what falls 10% every fourth week: 2.5% in the worst quarter of them.
    #[test]
    fn what_a_cap_on_risk_asks_to_be_sold_does_not_come_back() {
        for (max, comes_back) in [("1%", false), ("3%", true)] {
            let risk = format!("[limits.worst]\nkind = \"cvar-cap\"\nmax = {max:?}\nlevel = 0.75\n");
            let mut house = house(800, 0);
            let moves: Vec<f64> = [-0.10, 0.02, 0.01, 0.05].into_iter().cycle().take(60).collect();
            house.weekly.extend(["NVDA", "SPY"].map(|symbol| (Symbol::new(symbol), moves.clone())));
            let verdict = house.verdicts(&format!("{CAP}{risk}"), "buy-back.").remove(0);
            assert_eq!(verdict.fired, comes_back, "{}", verdict.evidence);
            assert!(comes_back || verdict.evidence.ends_with("limits.worst asks for its sale"), "{}", verdict.evidence);
        }
    }

    /// The cap on one position has room for 3 points, that of the theme for 12.5.
    #[test]
    fn the_tightest_cap_says_how_much() {
        let cap = "[limits.one]\nkind = \"position-cap\"\nsymbols = [\"NVDA\"]\nmax = \"28%\"\n";
        let verdict = house(5_000, 0).verdicts(&format!("{CAP}{cap}"), "buy-back.").remove(0);
        assert!((verdict.targets[0].weight.0 - 0.28).abs() < 1e-9, "{}", verdict.evidence);
    }
}
