//! One strategy through the days: dividends, orders of the day before, tax in April, the value at the close, and the next
//! decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::book::{Book, Decision, Order, Scene};
use super::figures::{self, Figures};
use super::shared::Climate;
use super::strategy::{self, Weights};
use super::tape::Quotes;
use crate::model::{Portfolio, Position};
use crate::plan::TaxSettings;
use crate::reference::TECH_BROAD;
use crate::rules::strength::{Cadence, is_run};
use crate::signals::Level;
use crate::units::Money;

/// Who decides.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// The rules of the config, at its cadence.
    Rules,
    /// Fixed shares of each account, on the first session of every month.
    Fixed(Weights),
    /// Nobody.
    Hold,
}

/// From which session to which, and how late orders are carried out.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The session at whose close it begins.
    pub first: usize,
    /// The last session.
    pub last: usize,
    /// Sessions between a decision and its trades; 0 trades at the close that was looked at.
    pub lag: usize,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Every session.
    pub days: Vec<NaiveDate>,
    /// The value at each close.
    pub values: Vec<Money>,
    /// What came in or went out on each day.
    pub flows: Vec<Money>,
    /// The part that is tech, at each close, by what funds hold in the table of the program.
    pub tech: Vec<f64>,
    /// What was traded.
    pub orders: Vec<Order>,
    /// Half-spreads and commissions.
    pub costs: Money,
    /// Sold.
    pub sold: Money,
    /// Tax of each year, paid or owed.
    pub taxes: BTreeMap<i32, Money>,
    /// Tax paid.
    pub tax_paid: Money,
    /// Tax that is owed at the end.
    pub owed: Money,
    /// Tax on top if everything were sold at the last close.
    pub to_sell: Money,
    /// Losses that did not count for a while, or for good.
    pub disallowed: Money,
    /// Decisions that were asked for.
    pub decisions: usize,
}

impl Course {
    /// Returns the figures of the days.
    pub fn figures(&self) -> Figures {
        figures::figures(&self.days, &floats(&self.values), &floats(&self.flows))
    }

    /// Returns what was sold in a year, as a part of the mean value.
    pub fn turnover(&self) -> f64 {
        let count = self.values.len().max(1) as f64;
        let mean = self.values.iter().map(|value| value.to_f64()).sum::<f64>() / count;
        let years = count / figures::SESSIONS;
        if mean > 0.0 { self.sold.to_f64() / mean / years } else { 0.0 }
    }

    /// Returns the value at the end, less the tax that is owed.
    pub fn kept(&self) -> Money {
        self.values.last().copied().unwrap_or_default() - self.owed
    }

    /// Returns what is left when everything is sold and all tax paid.
    pub fn liquidated(&self) -> Money {
        self.kept() - self.to_sell
    }

    /// Returns the growth a year when everything is sold at the end and all tax is paid; flows count as gains.
    pub fn after_tax(&self) -> f64 {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return 0.0 };
        let years = ((*last - *first).num_days() as f64 / 365.25).max(1.0 / 365.25);
        let flows: Money = self.flows.iter().copied().sum();
        let start = self.values.first().copied().unwrap_or_default().to_f64();
        let growth = (self.liquidated() - flows).to_f64() / start;
        if start > 0.0 { growth.max(0.0).powf(1.0 / years) - 1.0 } else { 0.0 }
    }

    /// Returns the mean of the tech weight.
    pub fn mean_tech(&self) -> f64 {
        figures::moments(&self.tech).0
    }
}

pub(super) fn floats(amounts: &[Money]) -> Vec<f64> {
    amounts.iter().map(|amount| amount.to_f64()).collect()
}

/// Runs a strategy from a portfolio.
pub fn run(
    scene: &Scene<'_>,
    climate: &Climate,
    strategy: &Strategy,
    (start, tax): (&Portfolio, &TaxSettings),
    span: Span,
) -> Course {
    let days = scene.tape.days;
    let Some(first) = days.get(span.first) else { return Course::default() };
    let ledger = super::ledger::Ledger::new(tax.clone(), *first);
    let mut book = Book::new(start.clone(), ledger, *first, scene.setup);
    let mut course = Course::default();
    let mut tech = Tech::default();
    let mut pending: Option<(usize, Decision)> = None;
    for session in span.first..=span.last.min(days.len().saturating_sub(1)) {
        let Some(day) = days.get(session).copied() else { break };
        let before = session.checked_sub(1).and_then(|before| days.get(before)).copied();
        let mut flow = Money::ZERO;
        let mut carry_out = |book: &mut Book, decision: &Decision| {
            flow += decision.problem.accounts.iter().map(|account| account.flow).sum::<Money>();
            book.execute(decision, session, scene);
        };
        if session > span.first {
            book.dividends(session, scene);
            if let Some((_, decision)) = pending.take_if(|(due, _)| *due <= session) {
                carry_out(&mut book, &decision);
            }
            book.pay(session, scene);
            if before.is_some_and(|before| before.year() != day.year()) {
                book.tidy(day);
            }
        }
        let cadence = match strategy {
            Strategy::Rules => Some(scene.setup.rotation.cadence),
            Strategy::Fixed(_) => Some(Cadence::Monthly),
            Strategy::Hold => None,
        };
        let asks = cadence.is_some_and(|cadence| is_run(cadence, before, day)) && pending.is_none();
        if asks && (session + span.lag <= span.last) {
            course.decisions += 1;
            book.reprice(session, scene.tape);
            let decision = match strategy {
                Strategy::Rules => {
                    let weather = climate.weather(session, scene.setup);
                    weather.and_then(|weather| strategy::rules(&book, session, &weather, scene))
                }
                Strategy::Fixed(weights) => strategy::fixed(&book, session, weights, scene),
                Strategy::Hold => None,
            };
            match decision {
                Some(decision) if span.lag == 0 => carry_out(&mut book, &decision),
                Some(decision) => pending = Some((session + span.lag, decision)),
                None => {}
            }
        }
        let value = book.value(session, scene.tape);
        course.days.push(day);
        course.values.push(value);
        course.flows.push(flow);
        course.tech.push(tech.weight(&book, session, value, scene));
    }
    if let Some(last) = course.days.len().checked_sub(1) {
        (course.owed, course.to_sell) = book.owed(span.first + last, scene);
    }
    course.taxes = years(&course.days).map(|year| (year, book.ledger.tax(year, Money::ZERO, Money::ZERO))).collect();
    (course.orders, course.costs, course.sold) = (book.orders, book.costs, book.sold);
    (course.tax_paid, course.disallowed) = (book.tax_paid, book.ledger.disallowed);
    course
}

fn years(days: &[NaiveDate]) -> impl Iterator<Item = i32> + use<> {
    let ends = days.first().zip(days.last()).map(|(first, last)| (first.year(), last.year()));
    ends.into_iter().flat_map(|(first, last)| first..=last)
}

/// How often each level of the brakes held, as parts of the sessions of a span.
pub fn states(levels: &[Level]) -> [f64; 3] {
    let count = levels.len().max(1) as f64;
    [Level::None, Level::Caution, Level::Stop]
        .map(|level| levels.iter().filter(|own| **own == level).count() as f64 / count)
}

/// The tech weight day by day; what each holding is made of is asked once between changes of what is held.
#[derive(Default)]
struct Tech {
    changes: Option<usize>,
    parts: Vec<(Arc<Quotes>, f64)>,
}

impl Tech {
    fn weight(&mut self, book: &Book, session: usize, value: Money, scene: &Scene<'_>) -> f64 {
        if self.changes != Some(book.changes) {
            let positions = book.portfolio.accounts.iter().flat_map(|account| &account.positions);
            let part = |position: &Position| {
                let symbol = position.canonical.as_ref()?;
                let fraction = scene.setup.registry.theme_fraction(symbol, TECH_BROAD);
                Some((scene.tape.quotes(symbol), position.quantity?.to_f64() * fraction))
            };
            self.parts = positions.filter_map(part).filter(|(_, shares)| *shares != 0.0).collect();
            self.changes = Some(book.changes);
        }
        let worth =
            |(quotes, shares): &(Arc<Quotes>, f64)| quotes.close(session).map_or(0.0, |close| close.to_f64() * shares);
        let (tech, value) = (self.parts.iter().map(worth).sum::<f64>(), value.to_f64());
        if value > 0.0 { tech / value } else { 0.0 }
    }
}
