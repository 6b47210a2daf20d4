//! The tax that the gain of one lot meets: a flat rate, or what it adds to the tax of the year by the federal tables.

use chrono::Datelike;

use crate::model::Term;
use crate::plan::{self, Outcome, PlanLot, Problem, term_of};
use crate::units::{Decimal, Money};

/// What the next dollars of a gain are measured with.
const NEXT: Money = Money(Decimal::ONE_HUNDRED);

/// What stands wherever the tax per dollar of several lots does.
pub(crate) fn note(problem: &Problem) -> &'static str {
    match problem.tax.filing {
        None => {
            "tax per dollar sold is each lot's own, before gains and losses are netted: the lines need not add up to the tax \
             of the plan"
        }
        Some(_) => {
            "tax per dollar sold is what each lot adds to the tax of the year, by the tables: the lines need not add up to \
             the tax of the plan"
        }
    }
}

/// Prices gains beside what a plan realises.
#[derive(Clone, Copy, Debug)]
pub struct Taxed<'p> {
    problem: &'p Problem,
    /// Short- and long-term results of the plan.
    realised: (Money, Money),
}

impl<'p> Taxed<'p> {
    /// Returns the prices beside the results of a plan.
    pub fn of(problem: &'p Problem, outcome: &Outcome) -> Taxed<'p> {
        Taxed { problem, realised: (outcome.realised_short, outcome.realised_long) }
    }

    /// Returns the prices where nothing is sold.
    pub fn first(problem: &'p Problem) -> Taxed<'p> {
        Taxed { problem, realised: Default::default() }
    }

    fn flat(&self, term: Term) -> f64 {
        let rates = &self.problem.tax;
        Money(if term == Term::Long { rates.long_rate } else { rates.short_rate }).to_f64()
    }

    /// The tax of the year with some more realised by the plan.
    fn tax(&self, (short, long): (Money, Money)) -> f64 {
        let own = &self.problem.tax;
        let short = own.realised_short - own.carry_short + self.realised.0 + short;
        let long = own.realised_long - own.carry_long + self.realised.1 + long;
        plan::netted(own, self.problem.as_of.year(), short, long).tax.to_f64()
    }

    fn of_term(term: Term, gain: Money) -> (Money, Money) {
        if term == Term::Long { (Money::ZERO, gain) } else { (gain, Money::ZERO) }
    }

    /// Returns the rate on a gain or loss that the plan realises: what the tax of the year would lack without it.
    pub fn on_sold(&self, term: Term, gain: Money) -> f64 {
        if self.problem.tax.filing.is_none() || gain.is_zero() {
            return self.flat(term);
        }
        let without = self.tax(Self::of_term(term, Money::ZERO - gain));
        (self.tax(Default::default()) - without) / gain.to_f64()
    }

    /// Returns the rate on the next dollars of gain, or of loss.
    pub fn on_next(&self, term: Term, is_gain: bool) -> f64 {
        if self.problem.tax.filing.is_none() {
            return self.flat(term);
        }
        let next = if is_gain { NEXT } else { Money::ZERO - NEXT };
        (self.tax(Self::of_term(term, next)) - self.tax(Default::default())) / next.to_f64()
    }

    /// Returns the rate at which a gain that the plan realises would be taxed at the end of a horizon: after a year every
    /// gain is long-term.
    pub fn at_end(&self, term: Term, gain: Money, years: f64) -> f64 {
        if years < 1.0 {
            return self.on_sold(term, gain);
        }
        if self.problem.tax.filing.is_none() || gain.is_zero() {
            return self.flat(Term::Long);
        }
        let without = Self::of_term(term, Money::ZERO - gain);
        let (short, long) = without;
        (self.tax((short, long + gain)) - self.tax(without)) / gain.to_f64()
    }

    /// Returns the tax per dollar sold of the next dollars of a lot: `rate * (price - basis per share) / price` (domain brief
    /// 5.6). `None` where sales are not taxed; unknown basis gives `None` too.
    pub fn per_dollar(&self, lot: &PlanLot) -> Option<f64> {
        let account = self.problem.accounts.iter().find(|account| account.id == lot.account)?;
        if !account.kind.is_taxable() {
            return None;
        }
        let value = self.problem.securities.get(&lot.symbol)?.price * lot.quantity;
        let is_gain = lot.basis.is_some_and(|basis| value >= basis);
        let rate = self.on_next(term_of(lot, self.problem.as_of, is_gain), is_gain);
        let value = value.to_f64();
        (value > 0.0).then_some(rate * (value - lot.basis?.to_f64()) / value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LotId, Term};
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Filing, Income};
    use crate::tax::FilingStatus;

    /// Joint, 2026, on 80,000: the 0% zone has 18,900 left (to 98,900).
    fn home() -> Household {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
        let income = Income { taxable: dollars(80_000), magi: None };
        let years = [(2026, income)].into();
        let none = Decimal::ZERO;
        home.problem.tax.filing =
            Some(Filing { status: FilingStatus::Joint, state_short: none, state_long: none, years });
        home.problem.tax.long_rate = none;
        home
    }

    fn realised(long: i64) -> Outcome {
        Outcome { realised_long: dollars(long), ..Outcome::default() }
    }

    #[test]
    fn a_gain_costs_what_it_adds_to_the_tax_of_the_year() {
        let home = home();
        // 15% of the 21,100 above the zone: 3,165 of 40,000.
        let taxed = Taxed::of(&home.problem, &realised(40_000));
        assert!((taxed.on_sold(Term::Long, dollars(40_000)) - 0.079_125).abs() < 1e-9);
        // Half of it is all above; the next dollar is, too, and what is not realised any more.
        assert!((taxed.on_sold(Term::Long, dollars(20_000)) - 0.15).abs() < 1e-9);
        assert!((taxed.on_next(Term::Long, true) - 0.15).abs() < 1e-9);
        assert_eq!(Taxed::first(&home.problem).on_next(Term::Long, true), 0.0);
        assert!((taxed.at_end(Term::Long, dollars(40_000), 10.0) - 0.079_125).abs() < 1e-9);
        // 80% of a share is gain.
        let lot = home.problem.lots.iter().find(|lot| lot.id == LotId::new(0)).unwrap();
        assert!((taxed.per_dollar(lot).unwrap() - 0.12).abs() < 1e-9);
    }

    /// 5,000 of loss: 3,000 go against income at 12%, the rest is carried on.
    #[test]
    fn a_loss_saves_what_the_year_lacks_with_it() {
        let home = home();
        let taxed = Taxed::of(&home.problem, &realised(-5_000));
        assert!((taxed.on_sold(Term::Long, dollars(-5_000)) - 0.072).abs() < 1e-9);
        assert_eq!(taxed.on_next(Term::Long, false), 0.0);
    }

    #[test]
    fn flat_rates_are_the_same_for_every_gain() {
        let mut home = home();
        home.problem.tax.filing = None;
        home.problem.tax.long_rate = Decimal::new(15, 2);
        let taxed = Taxed::of(&home.problem, &realised(40_000));
        let all = [
            taxed.on_sold(Term::Long, dollars(1)),
            taxed.on_next(Term::Long, true),
            taxed.at_end(Term::Short, dollars(1), 2.0),
        ];
        assert_eq!(all, [0.15; 3]);
    }
}
