//! Deposits and withdrawals, in words: every figure of a report is of the household after them.

use crate::plan::PlanAccount;
use crate::units::Money;

/// What comes to an account or leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Label of the account.
    pub account: String,
    /// Positive for what comes, negative for what leaves.
    pub amount: Money,
    /// What a withdrawal takes beyond the cash that is there, and sales must raise.
    pub to_raise: Money,
}

impl Flow {
    /// Returns those of some accounts, where there are any.
    pub fn of(accounts: &[PlanAccount]) -> Vec<Flow> {
        let moved = accounts.iter().filter(|account| !account.flow.is_zero());
        let flow = |account: &PlanAccount| Flow {
            account: account.id.clone(),
            amount: account.flow,
            to_raise: account.to_raise(),
        };
        moved.map(flow).collect()
    }

    /// Says in one sentence what every figure is after; `None` when nothing comes or goes.
    pub fn words(flows: &[Flow]) -> Option<String> {
        let each = flows.iter().map(|flow| {
            let (amount, account) = (flow.amount.abs().dollars(), &flow.account);
            match (flow.amount.is_negative(), flow.to_raise.is_positive()) {
                (false, _) => format!("{amount} comes to {account}"),
                (true, false) => format!("{amount} leaves {account}"),
                (true, true) => {
                    format!("{amount} leaves {account}, {} of it yet to be raised by sales", flow.to_raise.dollars())
                }
            }
        });
        let each: Vec<String> = each.collect();
        let below = if flows.iter().any(|flow| flow.to_raise.is_positive()) {
            "; before the trades weights are of what stays, and cash that is yet to be raised counts below zero"
        } else {
            ""
        };
        (!each.is_empty()).then(|| format!("every figure is after this: {}{below}", each.join("; ")))
    }
}
