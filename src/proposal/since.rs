//! What changed since an earlier proposal, and why: orders that appeared, disappeared or changed, each with the changes
//! of the inputs that account for it.

use crate::model::Side;
use crate::units::Shares;

/// The comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    /// The file of the earlier proposal.
    pub name: String,
    /// Its day.
    pub as_of: String,
    /// Orders that are the same in both.
    pub same: usize,
    /// Orders that are not.
    pub orders: Vec<OrderChange>,
    /// What is different in the inputs.
    pub causes: Vec<Cause>,
    /// What was done of the orders of the earlier proposal, by the recorded trades, and what else was traded; empty where none
    /// is recorded since.
    pub done: Vec<DoneOrder>,
    /// Caps whose weight is not where the earlier plan meant to leave it, the farthest first.
    pub drift: Vec<Drift>,
    /// What could not be compared, in words.
    pub notes: Vec<String>,
}

/// An order that was proposed, or traded, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct DoneOrder {
    /// Label of the account.
    pub account: String,
    /// Sell or buy.
    pub side: Side,
    /// What.
    pub symbol: String,
    /// Shares that were proposed; zero for what was not.
    pub proposed: Shares,
    /// Shares that recorded trades name.
    pub done: Shares,
}

/// The weight of what a limit caps.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The limit.
    pub id: String,
    /// As the earlier plan meant to leave it, a fraction.
    pub planned: f64,
    /// As it is, a fraction.
    pub now: f64,
}

/// One order before and now. An order is all shares of a symbol sold, or bought, in one account.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderChange {
    /// Label of the account.
    pub account: String,
    /// Sell or buy.
    pub side: Side,
    /// What.
    pub symbol: String,
    /// Shares before; `None` when the order is new.
    pub before: Option<String>,
    /// Shares now; `None` when the order is gone.
    pub after: Option<String>,
    /// The lots of a sale that are taken differently.
    pub lots: Vec<LotChange>,
    /// Why, in words.
    pub because: Vec<String>,
}

/// A lot that is sold differently.
#[derive(Clone, Debug, PartialEq)]
pub struct LotChange {
    /// The day it was bought, or its id.
    pub lot: String,
    /// Shares sold before.
    pub before: String,
    /// Shares sold now.
    pub after: String,
}

/// A difference of the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// `program`, `day`, `option`, `config`, `holdings`, `price`, `signal`.
    pub kind: &'static str,
    /// What it is of: a key, a ticker, a signal.
    pub subject: String,
    /// The earlier value; `None` when there was none.
    pub before: Option<String>,
    /// The value now; `None` when there is none.
    pub after: Option<String>,
    /// Where the value now comes from, where that is a place.
    pub origin: Option<String>,
}

impl Cause {
    /// Returns `limits.turnover.max "5%" -> "10%" (broaden.toml:31)`.
    pub fn words(&self) -> String {
        let none = || "none".to_owned();
        let before = self.before.clone().unwrap_or_else(none);
        let after = self.after.clone().unwrap_or_else(none);
        let origin = self.origin.as_ref().map_or_else(String::new, |origin| format!(" ({origin})"));
        format!("{} {before} -> {after}{origin}", self.subject)
    }
}
