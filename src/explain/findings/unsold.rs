//! Why the obvious is not sold: the largest part of an exceeded cap that the plan leaves alone, or nearly so, and the lot that
//! would cost less than the one that is sold.

use std::collections::BTreeMap;

use crate::decisions;
use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section};
use crate::explain::what_if::CENT;
use crate::explain::words;
use crate::model::{Limit, Measure, Symbol};
use crate::plan::{self, NOT_ASKED, PlanLot, Problem};
use crate::proposal::Proposal;
use crate::trades::{Line, Taxed, lines};
use crate::units::{Decimal, Money, Shares};

/// Most sentences.
const MOST: usize = 3;
/// A part of a cap's total below this is not what a reader looks for.
const LARGE: f64 = 0.1;
/// A tax, or a loss, that is worth a sentence.
const TAXED: Money = Money(Decimal::from_parts(250, 0, 0, false, 0));
/// Differences of a tax per dollar below this are none.
const TIE: f64 = 0.0005;

type Coefficients = BTreeMap<Symbol, f64>;

/// Something that a reader would have sold, and the plan does not.
pub struct Unsold {
    /// What it is and why, as a sentence without a full stop.
    pub words: String,
    /// The limit that it counts to, and those that leave no room for it.
    pub limits: Vec<String>,
    /// What could be sold of it all the same: lots that are for sale and not in the plan, by the names of their lines.
    pub lines: Vec<Line>,
}

impl Unsold {
    /// Returns the sentence with the names by which it can be asked about and decided.
    pub fn said(&self) -> String {
        let ids: Vec<&str> = self.limits.iter().map(String::as_str).collect();
        let (shown, more) = self.lines.split_at(self.lines.len().min(MOST));
        let mut lines: Vec<String> = shown.iter().map(|line| line.id.clone()).collect();
        lines.extend((!more.is_empty()).then(|| counted(more.len(), "more lot", "more lots")));
        let parts: Vec<String> =
            [ids.join(", "), lines.join(", ")].into_iter().filter(|part| !part.is_empty()).collect();
        match parts.is_empty() {
            true => self.words.clone(),
            false => format!("{} ({})", self.words, parts.join("; ")),
        }
    }
}

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let found = unsold(proposal);
    let may_be_sold = found.iter().any(|one| !one.lines.is_empty());
    let how = "to sell a lot all the same: --quantity ID=SHARES; to keep it whatever comes: --reject ID".to_owned();
    Section::new("unsold", "What is not sold", Place::After)
        .words(found.iter().map(Unsold::said))
        .words(may_be_sold.then_some(how))
        .if_any()
}

/// Returns at most three: `NVDA, $65,638 of tech-broad, is not sold: ...`, those of the most exceeded cap first.
/// A holding is named when less than half as much of it is sold as of all that counts to the cap, or where the cap stays
/// exceeded and some of it may not be sold; a lot when it would cost less tax than another that is sold.
pub fn unsold(proposal: &Proposal) -> Vec<Unsold> {
    let plan = &proposal.plan;
    let mut caps: Vec<(Money, &str, &Coefficients)> = Vec::new();
    for limit in &proposal.problem.limits {
        let fired = proposal.verdicts.iter().any(|verdict| verdict.fired && verdict.id == limit.id);
        let excess = plan.nothing.excess.get(&limit.id).copied().unwrap_or_default();
        if let Measure::ExposureCap { coefficients, .. } = &limit.measure
            && fired
            && excess > CENT
        {
            caps.push((excess, &limit.id, coefficients));
        }
    }
    caps.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut named: Vec<&Symbol> = Vec::new();
    let mut found = Vec::new();
    for (_, id, coefficients) in caps {
        if let Some((symbol, part)) = obvious(proposal, (id, coefficients))
            && !named.contains(&symbol)
        {
            named.push(symbol);
            let (words, stops) = sentence(proposal, (id, coefficients), symbol, part);
            let limits = std::iter::once(id.to_owned()).chain(stops).collect();
            found.push(Unsold { words, limits, lines: for_sale(proposal, symbol) });
        }
    }
    found.extend(lots(proposal, &named).into_iter().map(|words| Unsold {
        words,
        limits: Vec::new(),
        lines: Vec::new(),
    }));
    found.truncate(MOST);
    found.extend(losses(proposal));
    found
}

/// Names what is held at a loss and not sold although gains of the route are taxed: no limit asks for it, and a route sells
/// nothing for its loss alone. Whoever owns it may think otherwise.
fn losses(proposal: &Proposal) -> Vec<Unsold> {
    let (problem, plan) = (&proposal.problem, &proposal.plan);
    let Some(route) = plan.route.as_ref().filter(|route| route.tax > TAXED) else { return Vec::new() };
    let sells = |index: usize| route.stages.iter().any(|stage| stage.sells.iter().any(|sale| sale.lot == index));
    let is_free = |lot: &PlanLot| held_back(proposal, lot).is_none_or(|why| why == NOT_ASKED);
    let is_taxed = |lot: &PlanLot| problem.accounts.iter().any(|own| own.id == lot.account && own.kind.is_taxable());
    let mut of: BTreeMap<&Symbol, Money> = BTreeMap::new();
    for (index, lot) in problem.lots.iter().enumerate() {
        let Some(loss) = loss_of(problem, lot) else { continue };
        if loss > TAXED && !sells(index) && is_free(lot) && is_taxed(lot) {
            *of.entry(&lot.symbol).or_default() += loss;
        }
    }
    let mut found: Vec<(&Symbol, Money)> = of.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let tax = |loss: Money| -> Money {
        let mut years = route.years.clone();
        if let Some(first) = years.values_mut().next() {
            first.long -= loss;
        }
        plan::tax_of_years(&problem.tax, &mut years);
        years.values().map(|year| year.tax).sum()
    };
    let said = |(symbol, loss): (&Symbol, Money)| {
        let saved = (tax(Money::ZERO) - tax(loss)).max(Money::ZERO).whole_dollars();
        let loss = loss.whole_dollars();
        let words = format!(
            "{symbol} is held at a loss of {loss}, and no limit asks for its sale; sold, the loss would meet gains of this route before they are taxed, and save about {saved}"
        );
        let mut lines = for_sale(proposal, symbol);
        let is_loss = |line: &Line| {
            let lot = problem.lots.iter().find(|lot| Some(lot.id) == line.lot);
            lot.is_some_and(|lot| is_taxed(lot) && loss_of(problem, lot).is_some_and(|loss| loss.is_positive()))
        };
        lines.retain(is_loss);
        Unsold { words, limits: Vec::new(), lines }
    };
    found.into_iter().map(said).filter(|one| !one.lines.is_empty()).take(MOST).collect()
}

/// What a lot has lost; below zero a gain.
fn loss_of(problem: &Problem, lot: &PlanLot) -> Option<Money> {
    Some(lot.basis? - problem.securities.get(&lot.symbol)?.price * lot.quantity)
}

/// Returns the lines of the lots of a symbol that could be sold and are not.
fn for_sale(proposal: &Proposal, symbol: &Symbol) -> Vec<Line> {
    let sold = |id| proposal.plan.sells.iter().any(|sale| sale.lot == id);
    let open = |line: &Line| {
        let own = line.symbol == *symbol && line.lot.is_some_and(|id| !sold(id));
        own && decisions::barred(&proposal.problem, line).is_none()
    };
    lines(&proposal.problem).into_iter().filter(open).collect()
}

/// Why a lot may not be sold.
fn held_back<'a>(proposal: &'a Proposal, lot: &'a PlanLot) -> Option<&'a String> {
    proposal.plan.held_back.get(&lot.id).or(lot.locked.as_ref())
}

/// Names the lots that would cost less than what is sold of the same thing, and may not be sold: the largest of each.
fn lots(proposal: &Proposal, named: &[&Symbol]) -> Vec<String> {
    let all = &proposal.problem.lots;
    let taxed = Taxed::of(&proposal.problem, &proposal.plan.outcome);
    let cost = |lot: &PlanLot| taxed.per_dollar(lot);
    let sold = |lot: &PlanLot| proposal.plan.sells.iter().any(|sale| sale.lot == lot.id);
    let mut dearest: BTreeMap<&Symbol, f64> = BTreeMap::new();
    for lot in all.iter().filter(|lot| sold(lot) && !named.contains(&&lot.symbol)) {
        if let Some(cost) = cost(lot) {
            let most = dearest.entry(&lot.symbol).or_insert(cost);
            *most = most.max(cost);
        }
    }
    let mut found: BTreeMap<&Symbol, (f64, String)> = BTreeMap::new();
    for lot in all {
        let (Some(why), Some(own), Some(most)) = (held_back(proposal, lot), cost(lot), dearest.get(&lot.symbol)) else {
            continue;
        };
        let worth = value(proposal, &lot.symbol, lot.quantity);
        if own < most - TIE && found.get(&lot.symbol).is_none_or(|(most, _)| worth > *most) {
            let opened = words::of_day(lot.acquired);
            let (shares, account, own) = (lot.quantity.text(), &lot.account, words::cents(own));
            let said = format!(
                "{shares} {} {opened} in {account} would cost {own} a dollar, less than what is sold",
                lot.symbol
            );
            found.insert(&lot.symbol, (worth, format!("{said}, but is not for sale: {why}")));
        }
    }
    let mut found: Vec<(f64, String)> = found.into_values().collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().map(|(_, words)| words).collect()
}

/// Returns what counts most to a cap among what is hardly sold, or may not be where more is needed, with the dollars that it
/// counts.
fn obvious<'a>(proposal: &'a Proposal, (id, coefficients): (&str, &Coefficients)) -> Option<(&'a Symbol, f64)> {
    let beta = |symbol: &Symbol| coefficients.get(symbol).copied().unwrap_or(0.0);
    let mut parts: BTreeMap<&Symbol, (f64, f64)> = BTreeMap::new();
    for lot in &proposal.problem.lots {
        parts.entry(&lot.symbol).or_default().0 += beta(&lot.symbol) * value(proposal, &lot.symbol, lot.quantity);
    }
    for holding in &proposal.problem.fixed {
        parts.entry(&holding.symbol).or_default().0 += beta(&holding.symbol) * holding.value.to_f64();
    }
    for sale in &proposal.plan.sells {
        parts.entry(&sale.symbol).or_default().1 += beta(&sale.symbol) * value(proposal, &sale.symbol, sale.quantity);
    }
    parts.retain(|_, (part, _)| *part > 0.0);
    let (all, sold) = parts.values().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    let hardly = |part: f64, own: f64| own / part <= 0.5 * sold / all;
    let open = proposal.plan.outcome.excess.get(id).is_some_and(|over| *over > CENT);
    let held = |symbol: &Symbol| {
        let own =
            proposal.problem.lots.iter().filter(|lot| lot.symbol == *symbol && held_back(proposal, lot).is_some());
        own.map(|lot| beta(symbol) * value(proposal, symbol, lot.quantity)).sum::<f64>()
    };
    let found = parts.into_iter().filter(|(symbol, (part, own))| {
        *part >= LARGE * all && (hardly(*part, *own) || open && held(symbol) >= LARGE * all)
    });
    // Of equal parts the first by name.
    found.map(|(symbol, (part, _))| (symbol, part)).reduce(|a, b| if b.1 > a.1 { b } else { a })
}

fn value(proposal: &Proposal, symbol: &Symbol, quantity: Shares) -> f64 {
    proposal.problem.securities.get(symbol).map_or(0.0, |security| (security.price * quantity).to_f64())
}

/// Returns the sentence, and the limits that leave no room.
fn sentence(proposal: &Proposal, cap: (&str, &Coefficients), symbol: &Symbol, part: f64) -> (String, Vec<String>) {
    let plan = &proposal.plan;
    let own = || proposal.problem.lots.iter().filter(|lot| lot.symbol == *symbol);
    let held: Shares = own().map(|lot| lot.quantity).sum();
    let sold: Shares = plan.sells.iter().filter(|sale| sale.symbol == *symbol).map(|sale| sale.quantity).sum();
    let what = match sold.is_zero() {
        true => "is not sold".to_owned(),
        false => format!("is sold in part only, {} of {}", sold.text(), held.text()),
    };
    let mut why: Vec<String> = Vec::new();
    let mut back: BTreeMap<&str, Shares> = BTreeMap::new();
    for lot in own() {
        if let Some(reason) = held_back(proposal, lot) {
            *back.entry(reason).or_default() += lot.quantity;
        }
    }
    let mut back: Vec<(&str, Shares)> = back.into_iter().collect();
    back.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let all_back: Shares = back.iter().map(|(_, shares)| *shares).sum();
    why.extend(back.iter().take(2).map(|(reason, shares)| match *shares == held {
        true => (*reason).to_owned(),
        false => format!("{} of {} shares: {reason}", shares.text(), held.text()),
    }));
    // The rest is what is for sale; what more may not be sold is not part of it.
    let more: Shares = back.iter().skip(2).map(|(_, shares)| *shares).sum();
    if !more.is_zero() {
        why.push(format!("{} of {} shares: for other reasons", more.text(), held.text()));
    }
    let fixed = proposal.excluded.iter().find(|holding| holding.counted && Symbol::new(&holding.label) == *symbol);
    why.extend(fixed.map(|holding| format!("in {}: {}", holding.account, holding.why)));
    let mut stops = Vec::new();
    if all_back < held {
        let (words, own) = rest(proposal, cap, symbol);
        why.extend(words.map(|words| if back.is_empty() { words } else { format!("of the rest {words}") }));
        stops = own;
    }
    let later = later(proposal, symbol).filter(|_| why.is_empty() || sold.is_zero());
    let others = proposal.plan.route.as_ref().is_some_and(|route| route.sold.is_positive());
    match later {
        Some(later) => why.push(later),
        None if why.is_empty() && others => why.push("the route sells other things instead".to_owned()),
        None => {}
    }
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    let part = Money::from_f64(part).whole_dollars();
    (format!("{symbol}, {part} of {}, {what}{why}", words::subject(proposal, cap.0)), stops)
}

/// Says from which day on the route sells something.
fn later(proposal: &Proposal, symbol: &Symbol) -> Option<String> {
    let route = proposal.plan.route.as_ref()?;
    let stages = route.stages.iter().skip(1);
    let sales = stages.flat_map(|stage| stage.sells.iter().map(move |sale| (stage.first, sale)));
    let own: Vec<_> = sales.filter(|(_, sale)| sale.symbol == *symbol).collect();
    let sold: f64 = own.iter().map(|(_, sale)| value(proposal, symbol, sale.quantity)).sum();
    let first = own.iter().map(|(day, _)| day).min().filter(|_| sold > 1.0)?;
    Some(format!("the route sells {} of it, from {first} on", Money::from_f64(sold).whole_dollars()))
}

/// Says why a ticker that may be sold is kept.
pub fn why_kept(proposal: &Proposal, symbol: &Symbol) -> String {
    let fired = |id: &str| proposal.verdicts.iter().any(|verdict| verdict.fired && verdict.id == id);
    let caps = proposal.problem.limits.iter().filter_map(|limit| match &limit.measure {
        Measure::ExposureCap { coefficients, .. } if coefficients.get(symbol).is_some_and(|share| *share > 0.0) => {
            Some((limit.id.as_str(), coefficients))
        }
        _ => None,
    });
    let over = |id: &str| proposal.plan.nothing.excess.get(id).copied().unwrap_or_default();
    let most = caps.filter(|(id, _)| fired(id) && over(id) > CENT).max_by_key(|(id, _)| over(id));
    let Some((id, coefficients)) = most else { return "it counts to no limit that is exceeded".to_owned() };
    let enough = || format!("other lots and holdings cost less for {}", words::subject(proposal, id));
    rest(proposal, (id, coefficients), symbol).0.unwrap_or_else(enough)
}

/// Says why no more is sold of what is for sale, and which limits leave no room for it.
fn rest(
    proposal: &Proposal,
    (id, coefficients): (&str, &Coefficients),
    symbol: &Symbol,
) -> (Option<String>, Vec<String>) {
    let (problem, plan) = (&proposal.problem, &proposal.plan);
    let beta = |symbol: &Symbol| coefficients.get(symbol).copied().filter(|beta| *beta > 0.0);
    // What a dollar less of the cap costs in tax through a lot.
    let taxed = Taxed::of(problem, &plan.outcome);
    let price = |lot: &PlanLot| Some(taxed.per_dollar(lot).unwrap_or(0.0) / beta(&lot.symbol)?);
    let sold_of =
        |lot: &PlanLot| plan.sells.iter().find(|sale| sale.lot == lot.id).map(|sale| sale.quantity).unwrap_or_default();
    let free = problem
        .lots
        .iter()
        .filter(|lot| lot.symbol == *symbol && sold_of(lot) < lot.quantity && held_back(proposal, lot).is_none());
    let Some(own) = free.filter_map(price).reduce(f64::min) else { return (None, Vec::new()) };
    let others = problem.lots.iter().filter(|lot| lot.symbol != *symbol && sold_of(lot).is_positive());
    // Where some of it is sold too, the comparison is with the others.
    let sold = match plan.sells.iter().any(|sale| sale.symbol == *symbol) {
        true => "what else is sold",
        false => "what is sold",
    };
    let dearest = others.clone().filter_map(price).reduce(f64::max);
    let open =
        || problem.limits.iter().filter(|limit| plan.outcome.excess.get(&limit.id).is_some_and(|over| *over > CENT));
    // A dollar sold counts once for every limit that stays exceeded.
    let counts = |symbol: &Symbol| -> f64 {
        let each = open().filter_map(|limit| match &limit.measure {
            Measure::ExposureCap { coefficients, .. } => coefficients.get(symbol),
            _ => None,
        });
        each.sum()
    };
    let stops = problem.limits.iter().filter(|limit| bounds_sales(&limit.measure) && plan.binding.contains(&limit.id));
    let exceeded = open().next().is_some();
    let stops: Vec<&Limit> = stops.filter(|_| exceeded).collect();
    let ids: Vec<String> = stops.iter().map(|limit| limit.id.clone()).collect();
    let (small, room): (Vec<&Limit>, Vec<&Limit>) =
        stops.into_iter().partition(|limit| matches!(limit.measure, Measure::MinTrade(_)));
    let named =
        |limits: &[&Limit]| limits.iter().map(|limit| words::limit(proposal, limit)).collect::<Vec<_>>().join(" with ");
    let room = (!room.is_empty()).then(|| format!("{} leaves no more room", named(&room)));
    let small = (!small.is_empty()).then(|| format!("no order may be below {}", named(&small)));
    let stops: Vec<String> = room.into_iter().chain(small).collect();
    let stops = (!stops.is_empty()).then(|| stops.join(", and "));
    let name = words::subject(proposal, id);
    let fewest = others.map(|lot| counts(&lot.symbol)).reduce(f64::min);
    if let (Some(stops), Some(fewest)) = (&stops, fewest.filter(|fewest| counts(symbol) < fewest - TIE)) {
        let own = counts(symbol) + 0.0;
        let words = format!(
            "{stops}; a dollar of it takes ${own:.2} off the limits that stay exceeded, of {sold} ${fewest:.2} or more"
        );
        return (Some(words), ids);
    }
    let dearer = dearest.filter(|dearest| own > dearest + TIE).map(|dearest| {
        let less = if dearest <= TIE { "none".to_owned() } else { format!("{} or less", words::cents(dearest)) };
        format!("a dollar less of {name} costs {} of tax or more through it, {less} through {sold}", words::cents(own))
    });
    let words = match (stops, dearer) {
        (Some(stops), Some(dearer)) => Some(format!("{stops}; {dearer}")),
        (None, None) if !exceeded && dearest.is_some() => Some(format!("what is sold brings {name} to its limit")),
        (stops, dearer) => dearer.or(stops),
    };
    (words, ids)
}

/// Whether a limit bounds how much is sold, or in how many orders.
fn bounds_sales(measure: &Measure) -> bool {
    matches!(
        measure,
        Measure::Turnover(_)
            | Measure::GainBudget(_)
            | Measure::TaxBudget(_)
            | Measure::Worth(_)
            | Measure::MaxTrades(_)
            | Measure::MinTrade(_)
            | Measure::ExposureFloor { .. }
            | Measure::BuyOnly
    )
}
