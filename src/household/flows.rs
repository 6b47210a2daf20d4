//! Deposits and withdrawals: the one place where the household becomes what it will be after those that are asked for.
//! Exposure, rules and the plan all see that household; `broaden holdings` shows the files as they are.

use super::{Answered, FLOW_OUTSIDE, Setup, WITHDRAWAL_TOO_LARGE, why_outside};
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Portfolio, Position};
use crate::units::Money;

/// What comes to one account and what leaves it.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    deposit: Money,
    withdrawal: Money,
    /// Something of it was asked for this run only, so `[accounts]` alone is not to blame.
    by_option: bool,
    /// Nothing of it is in the config.
    asked: bool,
}

/// What comes and goes, by the place of the account in the portfolio.
pub struct Flows(Vec<Flow>);

impl Flows {
    /// Adds up what `[accounts]` says and what is asked for this run.
    pub fn new(portfolio: &Portfolio, setup: &Setup, asked: &Answered) -> Flows {
        let flow = |(index, account)| {
            let settings = setup.accounts.iter().find(|settings| settings.matches(account));
            let (deposit, withdrawal) = (asked.deposit(index), asked.withdrawal(index));
            Flow {
                deposit: settings.map_or(Money::ZERO, |settings| settings.deposit) + deposit,
                withdrawal: settings.map_or(Money::ZERO, |settings| settings.withdraw) + withdrawal,
                by_option: !withdrawal.is_zero(),
                asked: !(deposit + withdrawal).is_zero(),
            }
        };
        Flows(portfolio.accounts.iter().enumerate().map(flow).collect())
    }

    /// Adds up what is asked for this run, and leaves out what `[accounts]` says.
    pub fn asked(portfolio: &Portfolio, asked: &Answered) -> Flows {
        let flow =
            |index| Flow { deposit: asked.deposit(index), withdrawal: asked.withdrawal(index), ..Flow::default() };
        Flows((0..portfolio.accounts.len()).map(flow).collect())
    }

    /// Nothing comes and nothing goes.
    pub fn none(portfolio: &Portfolio) -> Flows {
        Flows(vec![Flow::default(); portfolio.accounts.len()])
    }

    fn of(&self, account: usize) -> Flow {
        self.0.get(account).copied().unwrap_or_default()
    }

    /// Returns what comes to an account, less what leaves it.
    pub fn net(&self, account: usize) -> Money {
        self.of(account).deposit - self.of(account).withdrawal
    }

    /// Returns what comes to an account.
    pub fn deposit(&self, account: usize) -> Money {
        self.of(account).deposit
    }

    /// Returns what leaves an account.
    pub fn withdrawal(&self, account: usize) -> Money {
        self.of(account).withdrawal
    }

    /// Returns what comes to all accounts, less what leaves them.
    pub fn total(&self) -> Money {
        (0..self.0.len()).map(|account| self.net(account)).sum()
    }

    /// Returns whether nothing comes and nothing goes.
    pub fn is_none(&self) -> bool {
        self.0.iter().all(|flow| flow.deposit.is_zero() && flow.withdrawal.is_zero())
    }

    /// Returns whether more leaves than comes anywhere.
    pub fn leave(&self) -> bool {
        (0..self.0.len()).any(|account| self.net(account).is_negative())
    }

    /// Returns the portfolio as it is once the money has come and gone. Cash that is not there yet counts below zero: the
    /// value, which every weight is of, is what stays.
    pub fn applied(&self, portfolio: &Portfolio) -> Portfolio {
        let mut after = portfolio.clone();
        for (index, account) in after.accounts.iter_mut().enumerate() {
            let flow = self.net(index);
            if flow.is_zero() {
                continue;
            }
            match account.cash.iter_mut().find(|(currency, _)| currency == "USD") {
                Some((_, cash)) => *cash += flow,
                None => account.cash.push(("USD".to_owned(), flow)),
            }
        }
        after
    }

    /// Reports withdrawals larger than an account, and what comes to or leaves one that is in no figure.
    pub fn check(&self, portfolio: &Portfolio, setup: &Setup, sink: &mut Sink) {
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let Flow { deposit, withdrawal, by_option, asked } = self.of(index);
            let settings = setup.accounts.iter().find(|settings| settings.matches(account));
            let place = |problem: Diagnostic, by_option: bool| match settings.filter(|_| !by_option) {
                Some(settings) => problem.at(settings.place.clone()),
                None => problem,
            };
            let label = account.label();
            if let Some(why) = why_outside(account, setup).filter(|_| (deposit + withdrawal).is_positive()) {
                let message = format!("what comes to {label} or leaves it changes nothing: the account is {why}");
                let problem = Diagnostic::error(FLOW_OUTSIDE, message).hint("name an account that is planned");
                sink.push(place(problem, asked));
                continue;
            }
            let positions: Money = account.positions.iter().filter_map(Position::base_value).sum();
            let pending = account.pending.unwrap_or_default();
            let worth = account.cash_in("USD").unwrap_or_default() + pending + deposit + positions;
            if withdrawal.is_positive() && withdrawal > worth {
                let worth = worth.dollars();
                let message =
                    format!("{} is to be withdrawn from {label}, which is worth {worth}", withdrawal.dollars());
                let problem = Diagnostic::error(WITHDRAWAL_TOO_LARGE, message).hint("withdraw less");
                sink.push(place(problem, by_option));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::testing::{account, dollars, position, setup};

    /// The config brings $2,000 a run and takes $500; this run brings $100 more: $1,600 come, and cash is $2,600.
    #[test]
    fn what_the_config_says_and_what_is_asked_add_up() {
        let setup = setup("[accounts.Joint]\ndeposit = 2000\nwithdraw = 500\n");
        let home = Portfolio { accounts: vec![account("Joint", 1_000, vec![])], ..Portfolio::default() };
        let mut asked = Answered::default();
        asked.deposits.insert(0, dollars(100));
        let flows = Flows::new(&home, &setup, &asked);
        assert_eq!((flows.net(0), flows.deposit(0), flows.total()), (dollars(1_600), dollars(2_100), dollars(1_600)));
        assert_eq!(flows.applied(&home).accounts[0].cash_in("USD"), Some(dollars(2_600)));
        assert!(!flows.leave());
    }

    /// An account of $1,000 in cash and $500 in SPY is worth $1,500: $1,501 cannot leave it.
    #[test]
    fn no_more_leaves_than_there_is() {
        let codes = |amount: i64| {
            let setup = setup(&format!("[accounts.Joint]\nwithdraw = {amount}\n"));
            let accounts = vec![account("Joint", 1_000, vec![position("SPY", 1, 500)])];
            let home = Portfolio { accounts, ..Portfolio::default() };
            let mut sink = Sink::default();
            Flows::new(&home, &setup, &Answered::default()).check(&home, &setup, &mut sink);
            sink.items.iter().map(|item| item.code.id).collect::<Vec<_>>()
        };
        assert_eq!(codes(1_500), [""; 0]);
        assert_eq!(codes(1_501), ["withdrawal-too-large"]);
    }
}
