//! What nobody has said and the answer hangs on: rates, dates and costs of what is sold, the kind of an account, a fund for
//! idle cash, what an unknown holding is, the market. Each is answered by planning again as if it were said, at both ends of
//! what it could be; nothing is estimated.

use std::cell::Cell;

use super::{Inputs, Kept, configure_with, propose};
use crate::diagnostics::{Sink, counted};
use crate::explain;
use crate::exposure::{Contribution, toml_key};
use crate::holdings;
use crate::model::{Account, AccountKindOrigin, AssetKind, Lot, Measure, Portfolio, Position, Symbol, Term};
use crate::plan::TAX_RATES_ASSUMED;
use crate::proposal::{Open, Proposal, Takes, Unsaid};
use crate::tax;
use crate::units::{Decimal, Money};

/// Inputs that are named.
const NAMED: usize = 3;
/// Accounts, and unknown holdings, that are asked about: the largest.
const ASKED: usize = 2;
/// With more lots than this a plan takes so long that none is made beside the one that is asked for.
const MANY_LOTS: usize = 1_000;
/// A change of less is none.
const WORTH: Money = Money(Decimal::ONE);
/// An unknown holding of less of the household is not asked about.
const SMALL: f64 = 0.005;

/// What is supposed of the files.
#[derive(Clone, Copy)]
enum Suppose {
    /// That lots without a date were bought long ago.
    LongTerm,
    /// That lots without a cost have cost what they are worth.
    NoGain,
    /// That they have cost nothing.
    AllGain,
}

/// One end of what could be: values of the config, and what is supposed of the files.
#[derive(Clone, Default)]
struct End {
    set: Vec<String>,
    suppose: Vec<Suppose>,
}

/// Something that nobody has said, before it is answered.
struct Question {
    what: String,
    taken: String,
    write: Vec<String>,
    /// The ends of what it could be.
    ends: Vec<End>,
    /// Whether it is one of those that decide the tax of what is sold, and its name then.
    decides_tax: Option<&'static str>,
}

/// What a dollar may cost where all of it is asked for.
const ANY_COST: &str = "100%";

/// Finds what is open; `None` where nothing is. What it takes to be inside the limits is all of it: what a plan leaves because
/// it is not worth its tax would be left at the dear end of what could be, and the range would lie between two bargains. What
/// is for sale, and that a dollar must save to be moved, stays: plans by other rules would be no ends of this one.
pub(super) fn find(inputs: &Inputs, kept: &Kept, proposal: &Proposal) -> Option<Open> {
    let questions = questions(proposal);
    if questions.is_empty() {
        return None;
    }
    let (planned, many) = (takes(proposal), proposal.problem.lots.len() > MANY_LOTS);
    let worth: Vec<String> = (proposal.problem.limits.iter())
        .filter(|limit| matches!(limit.measure, Measure::Worth(_)))
        .map(|limit| limit.id.clone())
        .collect();
    // By the day of the plan: to choose one takes longer than to plan.
    let by = proposal.plan.route.as_ref().map(|route| format!("route.by={}", route.by));
    let set = worth.iter().map(|id| format!("{id}.max={ANY_COST}")).chain(by).collect();
    let dear = End { set, suppose: Vec::new() };
    let unplanned = Cell::new(0);
    let plan = |end: &End| {
        let found = if many { None } else { again(inputs, kept, &dear.and(end)).as_ref().map(takes) };
        unplanned.set(unplanned.get() + usize::from(found.is_none()));
        found
    };
    let whole = if worth.is_empty() { Some(planned) } else { plan(&End::default()) }.unwrap_or(planned);
    let ask = |end: &End| if end.set.is_empty() && end.suppose.is_empty() { Some(whole) } else { plan(end) };
    let mut found: Vec<Unsaid> = Vec::new();
    for question in &questions {
        let answers: Vec<Takes> = question.ends.iter().filter_map(&ask).chain([whole]).collect();
        let (least, most) = (bound(&answers, Ord::min)?, bound(&answers, Ord::max)?);
        let (what, taken, write) = (question.what.clone(), question.taken.clone(), question.write.clone());
        let unsaid = Unsaid { what, taken, least, most, write };
        if many || unsaid.reach() >= WORTH {
            found.push(unsaid);
        }
    }
    // Together they go further than each alone.
    let deciding: Vec<&Question> = questions.iter().filter(|question| question.decides_tax.is_some()).collect();
    let mut corners = vec![End::default()];
    for question in &deciding {
        corners = corners.iter().flat_map(|corner| question.ends.iter().map(|end| corner.and(end))).collect();
    }
    // What is taken lies between, but its plan need not: at each end another is the cheapest.
    let corners: Vec<Takes> = corners.iter().filter_map(&ask).chain([whole]).collect();
    let (least, most) = (bound(&corners, Ord::min)?, bound(&[&*corners, &[planned]].concat(), Ord::max)?);
    found.sort_by(|a, b| b.reach().cmp(&a.reach()).then_with(|| a.what.cmp(&b.what)));
    found.truncate(NAMED);
    let unknown = deciding.iter().filter_map(|question| question.decides_tax).collect();
    let unplanned = unplanned.get();
    (!found.is_empty()).then_some(Open { planned, least, most, unknown, inputs: found, unplanned, worth })
}

impl End {
    fn and(&self, other: &End) -> End {
        let (set, suppose) = ([&*self.set, &*other.set].concat(), [&*self.suppose, &*other.suppose].concat());
        End { set, suppose }
    }

    fn set<const N: usize>(set: [String; N]) -> End {
        End { set: set.into(), suppose: Vec::new() }
    }

    fn suppose(what: Suppose) -> End {
        End { set: Vec::new(), suppose: vec![what] }
    }
}

/// Plans again at one end.
fn again(inputs: &Inputs, kept: &Kept, end: &End) -> Option<Proposal> {
    let overrides = [&*inputs.overrides, &*end.set].concat();
    let inputs = Inputs { overrides, ..inputs.clone() };
    let mut sink = Sink::default();
    let mut setup = configure_with(&inputs, kept, &mut sink);
    end.suppose.iter().for_each(|what| suppose(&mut setup.portfolio, *what));
    propose(&inputs, &setup, kept, &mut sink)
}

/// Returns what a plan comes to over its route, or in its one run.
fn takes(proposal: &Proposal) -> Takes {
    let outcome = &proposal.plan.outcome;
    let Some(route) = &proposal.plan.route else {
        let runs = usize::from(!proposal.trades.is_empty());
        return Takes { sold: outcome.sold, bought: outcome.bought, tax: outcome.tax, runs };
    };
    let price = |symbol: &Symbol| proposal.problem.securities.get(symbol).map(|security| security.price);
    let buys = route.stages.iter().flat_map(|stage| &stage.buys);
    let bought: Money = buys.filter_map(|buy| Some(price(&buy.symbol)? * buy.quantity)).sum();
    Takes { sold: route.sold, bought, tax: route.tax, runs: route.runs }
}

/// Returns the least, or the most, of each figure.
fn bound(answers: &[Takes], pick: fn(Money, Money) -> Money) -> Option<Takes> {
    answers.iter().copied().reduce(|a, b| Takes {
        sold: pick(a.sold, b.sold),
        bought: pick(a.bought, b.bought),
        tax: pick(a.tax, b.tax),
        runs: a.runs.max(b.runs),
    })
}

/// Returns everything that nobody has said.
fn questions(proposal: &Proposal) -> Vec<Question> {
    let mut list = Vec::new();
    list.extend(rates(proposal));
    list.extend(dates(proposal));
    list.extend(costs(proposal));
    list.extend(kinds(proposal));
    list.extend(neutral(proposal));
    list.extend(unknown(proposal));
    list.extend(market(proposal));
    list
}

fn rates(proposal: &Proposal) -> Option<Question> {
    proposal.diagnostics.iter().find(|item| item.code == TAX_RATES_ASSUMED)?;
    let given = |key: &str| proposal.config.iter().any(|value| value.key == key);
    let percent = |rate: Decimal| format!("{}%", (rate * Decimal::ONE_HUNDRED).normalize());
    let end = |(short, long, ordinary): (Decimal, Decimal, Decimal)| {
        let all = [("tax.short-rate", short), ("tax.long-rate", long), ("tax.ordinary-rate", ordinary)];
        let open = all.iter().filter(|(key, _)| !given(key));
        End { set: open.map(|(key, rate)| format!("{key}={}", percent(*rate))).collect(), suppose: Vec::new() }
    };
    let tax = &proposal.problem.tax;
    let (short, long) = (percent(tax.short_rate), percent(tax.long_rate));
    let (what, taken) = match (given("tax.short-rate"), given("tax.long-rate")) {
        (true, false) => ("your tax rate on what is held longer than a year", long),
        (false, true) => ("your tax rate on what is held a year or less", short),
        _ => ("your tax rates", format!("{short} and, held longer than a year, {long}")),
    };
    Some(Question {
        what: what.to_owned(),
        taken,
        write: vec!["tax.filing = \"single\"".to_owned(), "tax.taxable-income = 120000".to_owned()],
        ends: tax::RATE_BOUNDS.map(end).into(),
        decides_tax: Some("rates"),
    })
}

/// Returns the positions whose sale would be taxed and of which something is missing.
fn lacking(portfolio: &Portfolio, lacks: impl Fn(&Position) -> bool) -> Vec<(&Account, &Position)> {
    let accounts = portfolio.accounts.iter().filter(|account| account.kind.is_taxable());
    let all = accounts.flat_map(|account| account.positions.iter().map(move |position| (account, position)));
    let mut all: Vec<_> = all.filter(|(_, position)| position.kind.is_tradable() && lacks(position)).collect();
    all.sort_by_key(|(_, position)| std::cmp::Reverse(position.base_value()));
    all
}

/// Returns which holdings are taxed when they are sold and have no dates or no costs, and a file of lots for them with what is
/// known filled in.
pub fn without_lots(portfolio: &Portfolio) -> Option<(String, String)> {
    let found = lacking(portfolio, |position| !is_dated(position) || !has_cost(position));
    let file = found.iter().map(|one| lots_of(*one).join("\n") + "\n\n").collect();
    (!found.is_empty()).then(|| (named(&found), file))
}

fn is_dated(position: &Position) -> bool {
    let dated = |lot: &Lot| lot.opened.is_some() || lot.term.is_some();
    !position.lots.is_empty() && position.lots.iter().all(dated)
}

fn has_cost(position: &Position) -> bool {
    match position.lots.is_empty() {
        true => position.cost_basis.is_some(),
        false => position.lots.iter().all(|lot| lot.cost_basis.is_some()),
    }
}

/// Returns the line of a lots file for the largest of some positions.
fn lot_line(largest: (&Account, &Position)) -> Vec<String> {
    let words =
        "your broker's file of lots beside the export; or a file lots.toml beside it, with this for each:".to_owned();
    std::iter::once(words).chain(lots_of(largest)).collect()
}

/// Returns the part of a lots file for a position.
fn lots_of((account, position): (&Account, &Position)) -> Vec<String> {
    let shares =
        position.quantity.map_or_else(|| "SHARES".to_owned(), |quantity| quantity.decimal().normalize().to_string());
    let cost = position.cost_basis.map_or_else(|| "DOLLARS".to_owned(), |cost| cost.decimal().normalize().to_string());
    vec![
        "[[lots]]".to_owned(),
        format!("account = {}", quoted(&holdings::account_key(account))),
        format!("symbol = {}", quoted(&position.label())),
        format!("lot = [{{ opened = YYYY-MM-DD, quantity = {shares}, cost-basis = {cost} }}]"),
    ]
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn named(found: &[(&Account, &Position)]) -> String {
    let first: Vec<String> = found.iter().take(ASKED).map(|(_, position)| position.label()).collect();
    match found.len() - first.len() {
        0 => first.join(" and "),
        more => format!("{} and {}", first.join(", "), counted(more, "other", "others")),
    }
}

fn dates(proposal: &Proposal) -> Option<Question> {
    let found = lacking(&proposal.portfolio, |position| !is_dated(position));
    Some(Question {
        what: format!("when you bought {}", named(&found)),
        taken: "less than a year ago".to_owned(),
        write: lot_line(*found.first()?),
        ends: vec![End::default(), End::suppose(Suppose::LongTerm)],
        decides_tax: Some("dates"),
    })
}

fn costs(proposal: &Proposal) -> Option<Question> {
    let found = lacking(&proposal.portfolio, |position| !has_cost(position));
    Some(Question {
        what: format!("what you paid for {}", named(&found)),
        taken: "not sold, since the tax is not known".to_owned(),
        write: lot_line(*found.first()?),
        ends: vec![End::suppose(Suppose::NoGain), End::suppose(Suppose::AllGain)],
        decides_tax: Some("costs"),
    })
}

/// Supposes something of every position of taxed accounts that lacks it.
fn suppose(portfolio: &mut Portfolio, what: Suppose) {
    let taxable = portfolio.accounts.iter_mut().filter(|account| account.kind.is_taxable());
    for position in taxable.flat_map(|account| &mut account.positions).filter(|position| position.kind.is_tradable()) {
        let value = position.base_value();
        if let (true, Some(shares)) = (position.lots.is_empty(), position.quantity) {
            let lot = Lot { cost_basis: position.cost_basis, ..Lot::new("", shares) };
            position.lots.push(lot);
        }
        let all = position.quantity.map(|shares| shares.decimal());
        for lot in &mut position.lots {
            let share = |value: Money| Some(value.times(lot.quantity.decimal().checked_div(all?)?).to_cents());
            match what {
                Suppose::LongTerm if lot.opened.is_none() => {
                    lot.term.get_or_insert(Term::Long);
                }
                Suppose::LongTerm => {}
                Suppose::NoGain => lot.cost_basis = lot.cost_basis.or_else(|| value.and_then(share)),
                Suppose::AllGain => {
                    lot.cost_basis.get_or_insert(Money::ZERO);
                }
            }
        }
    }
}

/// Returns accounts of which nothing says how they are taxed.
fn kinds(proposal: &Proposal) -> Vec<Question> {
    let assumed = |account: &&Account| account.kind_origin == AccountKindOrigin::Assumed;
    let question = |account: &Account| {
        let key = quoted(&holdings::account_key(account));
        Question {
            what: format!("how {} is taxed", account.label()),
            taken: account.kind.id().to_owned(),
            write: vec![format!("accounts.{key}.kind = \"roth\"")],
            ends: vec![End::set([format!("accounts.{key}.kind=\"roth\"")])],
            decides_tax: None,
        }
    };
    proposal.portfolio.accounts.iter().filter(assumed).take(ASKED).map(question).collect()
}

/// Returns a fund for cash that lies idle, of those that are held: the one with the least of what the leading cap bounds.
fn neutral(proposal: &Proposal) -> Option<Question> {
    if proposal.problem.neutral.is_some() || explain::idle_cash(proposal).is_none() {
        return None;
    }
    let cap = proposal.leading_cap()?;
    let coefficients = proposal.problem.limits.iter().find_map(|limit| match &limit.measure {
        Measure::ExposureCap { coefficients, .. } if limit.id == cap.id => Some(coefficients),
        _ => None,
    })?;
    let positions = proposal.portfolio.accounts.iter().flat_map(|account| &account.positions);
    let funds = positions.filter(|position| matches!(position.kind, AssetKind::Etf | AssetKind::MutualFund));
    // One without any is no fund of stocks.
    let held = funds.filter_map(|position| {
        let symbol = position.canonical.as_ref()?;
        let own = coefficients.get(symbol).copied().filter(|own| *own > 0.0)?;
        (own < cap.bound?.0).then_some((own, symbol))
    });
    let (_, fund) = held.min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)))?;
    Some(Question {
        what: "which fund takes what is not to lie in cash".to_owned(),
        taken: "none: what `sleeves.neutral` names has no price here".to_owned(),
        write: vec![format!("sleeves.neutral = {}", quoted(fund.as_str()))],
        ends: vec![End::set([format!("sleeves.neutral={}", quoted(fund.as_str()))])],
        decides_tax: None,
    })
}

/// Returns holdings of which it is not known what they are.
fn unknown(proposal: &Proposal) -> Vec<Question> {
    let parts = proposal.exposure.unknown.iter().filter(|part| part.weight.0 >= SMALL).take(ASKED);
    let question = |part: &Contribution| {
        let key = toml_key(&part.label);
        Question {
            what: format!("what {} ({}) is", part.label, part.value.dollars()),
            taken: "no tech".to_owned(),
            write: vec![format!("instruments.{key}.tech = \"30%\"")],
            ends: ["0%", "100%"].map(|tech| End::set([format!("instruments.{key}.tech={tech}")])).into(),
            decides_tax: None,
        }
    };
    parts.map(question).collect()
}

/// Returns the market, where no file says how broad the advance is: with the greatest strength the leading cap is at its
/// `min`.
fn market(proposal: &Proposal) -> Option<Question> {
    let cap = proposal.leading_cap().filter(|_| !proposal.strength.data)?;
    let value = |key: &str| {
        let key = format!("{}.{key}", cap.id);
        proposal.config.iter().find(|value| value.key == key).map(|value| value.value.clone())
    };
    let (base, min) = (value("base")?, value("min")?);
    (base != min).then(|| Question {
        what: "how broad the advance is".to_owned(),
        taken: format!("not at all: the cap on {} stays at its highest", cap.subject),
        write: vec!["market files, by `broaden fetch FOLDER` where the export is in FOLDER".to_owned()],
        ends: vec![End::set([format!("{}.base={min}", cap.id)])],
        decides_tax: None,
    })
}
