//! One strategy through the days: dividends, orders of the day before, tax in April, the value at the close, and the next
//! decision.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{Datelike, NaiveDate};

use super::book::{Book, Decision, Order, Scene};
use super::figures::{self, Figures};
use super::shared::Climate;
use super::strategy::{self, Weights};
use super::tape::Quotes;
use crate::household::Flows;
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
    /// The day on which no more was there than was to leave; nothing is known after it.
    pub ran_out: Option<NaiveDate>,
}

impl Course {
    /// Returns the figures of the days.
    pub fn figures(&self) -> Figures {
        figures::figures(&self.days, &floats(&self.values), &floats(&self.flows))
    }

    /// Returns what was sold in a year, or in all of less than a year, as a part of the mean value.
    pub fn turnover(&self) -> f64 {
        let count = self.values.len().max(1) as f64;
        let mean = self.values.iter().map(|value| value.to_f64()).sum::<f64>() / count;
        let is_short =
            self.days.first().zip(self.days.last()).is_some_and(|(first, last)| figures::is_short(*first, *last));
        let years = if is_short { 1.0 } else { count / figures::SESSIONS };
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

    /// Returns the growth a year when everything is sold at the end and all tax is paid: the rate at which what was there and
    /// what came and went would have grown to it; of less than a year the growth of the whole span.
    pub fn after_tax(&self) -> f64 {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return 0.0 };
        let days = |from: &NaiveDate| ((*last - *from).num_days() as f64).max(1.0);
        let period = if figures::is_short(*first, *last) { days(first) } else { 365.25 };
        let years = |from: &NaiveDate| days(from) / period;
        let start = self.values.first().copied().unwrap_or_default().to_f64();
        let moved = self.days.iter().zip(&self.flows).filter(|(_, flow)| !flow.is_zero());
        let moved: Vec<(f64, f64)> = moved.map(|(day, flow)| (years(day), flow.to_f64())).collect();
        let left = self.liquidated().to_f64();
        if start <= 0.0 {
            return 0.0;
        }
        if moved.is_empty() {
            return (left / start).max(0.0).powf(1.0 / years(first)) - 1.0;
        }
        let grown = |rate: f64| {
            let all = moved.iter().map(|(years, flow)| flow * (1.0 + rate).powf(*years));
            start * (1.0 + rate).powf(years(first)) + all.sum::<f64>()
        };
        let (mut low, mut high) = (-1.0, 10.0);
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if grown(middle) < left { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }

    /// Returns how far each close is below the highest before it, without what came or went.
    pub fn falls(&self) -> Vec<f64> {
        let changes = figures::returns(&floats(&self.values), &floats(&self.flows));
        self.days.first().map(|_| 0.0).into_iter().chain(figures::falls(&changes)).collect()
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
    let weights = super::start::weights(start);
    // The last month whose money has come or gone.
    let mut came: Option<(i32, u32)> = None;
    for session in span.first..=span.last.min(days.len().saturating_sub(1)) {
        let Some(day) = days.get(session).copied().filter(|_| !scene.stop.load(Ordering::Relaxed)) else { break };
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
            // A decision that is under way names lots: they stay as they are until it is carried out.
            if pending.is_none() {
                book.pay(session, scene);
                book.tidy(day);
            }
        }
        let cadences = [scene.setup.rotation.cadence, Cadence::Monthly];
        let [runs, month_begins] = cadences.map(|cadence| is_run(cadence, before, day));
        let asks = runs || month_begins && matches!(strategy, Strategy::Fixed(_));
        if asks && pending.is_none() && session + span.lag <= span.last {
            book.reprice(session, scene.tape);
            let flows = match came {
                None => Flows::new(&book.portfolio, scene.setup, scene.monthly),
                Some(month) if month != (day.year(), day.month()) => Flows::asked(&book.portfolio, scene.monthly),
                Some(_) => Flows::none(&book.portfolio),
            };
            if flows.leave() && !(book.value(session, scene.tape) + flows.total()).is_positive() {
                course.ran_out = Some(day);
                break;
            }
            let decision = match strategy {
                Strategy::Rules => {
                    course.decisions += 1;
                    let weather = climate.weather(session, scene.setup);
                    weather.and_then(|weather| strategy::rules(&book, session, &weather, &flows, scene))
                }
                Strategy::Fixed(weights) if month_begins => {
                    course.decisions += 1;
                    strategy::fixed(&book, session, weights, &flows, scene)
                }
                Strategy::Fixed(weights) => strategy::held(&book, session, weights, &flows, scene),
                Strategy::Hold => strategy::held(&book, session, &weights, &flows, scene),
            };
            // What could not be planned comes or goes with the next run.
            if decision.is_some() || flows.is_none() {
                came = Some((day.year(), day.month()));
            }
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
    course.taxes = years(&course.days).map(|year| (year, book.ledger.tax(year))).collect();
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
