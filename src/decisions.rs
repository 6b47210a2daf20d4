//! What a person decides about the lines of a proposal, and what that costs.
//!
//! ```text
//! decisions.toml, options -> Decisions -> resolve (names become lots and purchases) -> a plan around them -> Decided
//! ```
//!
//! Accepting a line fixes it, at the quantity proposed or at one's own. Rejecting it forbids it: this lot, or with the name
//! of an order this ticker in this account, or this purchase; nothing later counts on it. What is put off until later is
//! not traded in this run, and the way on from here may count on it.

mod read;
mod resolve;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::Place;
use crate::model::{Side, Symbol};
use crate::plan::Outcome;
use crate::units::Shares;

pub use read::{Options, PARAMS, read};
pub use resolve::{barred, check, resolve};
pub use told::told;

crate::codes! {
    UNKNOWN_LINE "unknown-line" "A decision names a line that no plan of this household could have. Names stand beside the lines of a report, as `id` in JSON and in orders.csv: `sell-NVDA-417-2026-03-03` is the sale of one lot, `sell-NVDA-417` that of all its lots in the account, `buy-XLI-417` a purchase.";
    DECIDED_TWICE "decided-twice" "One line is accepted and rejected, or put off, at once.";
    BAD_QUANTITY "bad-quantity" "The quantity of a decision is a number of shares above zero, in steps that the account trades: `--quantity sell-NVDA-417-2026-03-03=12`.";
    NOT_PROPOSED "not-proposed" "A line is accepted as it is, but it is not in the plan, so how much of it is meant is not known. Give the quantity.";
    OVERSOLD "oversold" "More of a lot is to be sold than is held.";
    IMPOSSIBLE_DECISION "impossible-decision" "A line that is accepted can be part of no plan: the lot is locked, its cost is not known, or it breaks a rule on orders of the config.";
    NO_CASH "no-cash" "An accepted purchase takes more cash than its account has, with all that may be sold there. Accept a sale there, or a smaller quantity.";
    OVER_LIMIT "decision-over-limit" "What is accepted goes beyond a limit of the config. It is your decision, and so it is done and said; nothing more is planned against that limit.";
    OTHER_PROPOSAL "other-proposal" "The decisions were made on a proposal of another day. Lines have the same names, but quantities and prices may be others.";
}

/// What is decided about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// It is done.
    Accept,
    /// It is not done, and nothing counts on it.
    Reject,
    /// It is not done in this run.
    Later,
}

impl Choice {
    /// Every choice, in the order of the file.
    pub const ALL: [Choice; 3] = [Choice::Accept, Choice::Reject, Choice::Later];

    /// Returns the key of the file, which is the name of the option too.
    pub fn id(self) -> &'static str {
        match self {
            Choice::Accept => "accept",
            Choice::Reject => "reject",
            Choice::Later => "later",
        }
    }

    /// Returns what was done, in a word.
    pub fn done(self) -> &'static str {
        match self {
            Choice::Accept => "accepted",
            Choice::Reject => "rejected",
            Choice::Later => "put off",
        }
    }
}

/// A decision about a line, or about all lines of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The name of the line or order.
    pub id: String,
    /// What is decided.
    pub choice: Choice,
    /// How many shares are accepted; `None` for as many as are proposed.
    pub quantity: Option<Shares>,
    /// Where it is said.
    pub place: Option<Place>,
}

/// Everything that is decided: at most one decision of a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// In the order of the names.
    list: BTreeMap<String, Decision>,
    /// The day of the proposal that was decided on, where the file says so.
    pub as_of: Option<(chrono::NaiveDate, Place)>,
}

/// Names are the same however they are written.
fn key(id: &str) -> String {
    id.trim().to_ascii_lowercase()
}

impl Decisions {
    /// Returns whether nothing is decided.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns every decision, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Decision> {
        self.list.values()
    }

    /// Decides a line, whatever was decided of it before.
    pub fn decide(&mut self, decision: Decision) {
        self.list.insert(key(&decision.id), decision);
    }

    /// Takes a decision back.
    pub fn undo(&mut self, id: &str) {
        self.list.remove(&key(id));
    }

    /// Returns what is decided of a name.
    pub fn of(&self, id: &str) -> Option<&Decision> {
        self.list.get(&key(id))
    }

    /// Puts other decisions over these.
    pub fn over(&mut self, others: Decisions) {
        others.list.into_values().for_each(|decision| self.decide(decision));
    }

    /// Returns them as options of the command line with their values, whatever file they are from.
    pub fn words(&self) -> Vec<(String, String)> {
        let word = |one: &Decision| match one.quantity {
            Some(shares) => ("--quantity".to_owned(), format!("{}={}", one.id, shares.decimal().normalize())),
            None => (format!("--{}", one.choice.id()), one.id.clone()),
        };
        self.iter().map(word).collect()
    }

    /// Returns the decisions as the text of a `decisions.toml`.
    pub fn toml(&self) -> String {
        let mut text = String::new();
        if let Some((day, _)) = &self.as_of {
            text += &format!("as-of = {day}\n");
        }
        for choice in Choice::ALL {
            let own: Vec<String> =
                self.iter().filter(|one| one.choice == choice).map(|one| format!("  {:?},\n", one.id)).collect();
            if !own.is_empty() {
                text += &format!("{} = [\n{}]\n", choice.id(), own.concat());
            }
        }
        let quantities = self.iter().filter_map(|one| Some((&one.id, one.quantity?)));
        let lines: Vec<String> =
            quantities.map(|(id, shares)| format!("{id:?} = {}\n", shares.decimal().normalize())).collect();
        if !lines.is_empty() {
            text += &format!("\n[quantity]\n{}", lines.concat());
        }
        text
    }
}

/// A line that is decided, as it is in the plan around the decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct DecidedLine {
    /// Its name.
    pub id: String,
    /// What is decided of it.
    pub choice: Choice,
    /// Key of the account.
    pub account: String,
    /// Buy or sell.
    pub side: Side,
    /// What.
    pub symbol: Symbol,
    /// Shares of the plan without decisions; zero when it was not in it.
    pub proposed: Shares,
    /// Shares now.
    pub now: Shares,
}

/// A line that nobody decided and that the decisions changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedLine {
    /// Its name.
    pub id: String,
    /// Key of the account.
    pub account: String,
    /// Buy or sell.
    pub side: Side,
    /// What.
    pub symbol: Symbol,
    /// Shares of the plan without decisions; zero when it was not in it.
    pub before: Shares,
    /// Shares now; zero when it is gone.
    pub after: Shares,
    /// Names of the decisions without which it would be another quantity; all of them where none is alone to blame.
    pub because: Vec<String>,
}

/// What the decisions come to, beside the plan without them.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The lines that are decided.
    pub lines: Vec<DecidedLine>,
    /// The others that changed.
    pub changed: Vec<ChangedLine>,
    /// What the plan without decisions does.
    pub before: Outcome,
    /// Tax of all years of its route, where it has one.
    pub route_tax: Option<crate::units::Money>,
    /// Runs of its route.
    pub route_runs: Option<usize>,
    /// Limits that the decisions go beyond, in words.
    pub passed: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Sink, Source};

    #[test]
    fn what_is_written_is_read_again() {
        let text = "as-of = 2026-11-20\naccept = [\n  \"buy-XLI-417\",\n  \"sell-NVDA-417-2026-03-03\",\n]\nreject = [\n  \
                    \"sell-BRK.B-417\",\n]\n\n[quantity]\n\"sell-NVDA-417-2026-03-03\" = 12.5\n";
        let mut sink = Sink::default();
        let read = read(&Source::file("decisions.toml", text), &mut sink);
        assert!(sink.items.is_empty(), "{:?}", sink.items);
        assert_eq!(read.toml(), text);
        assert_eq!(read.of("SELL-nvda-417-2026-03-03").unwrap().quantity.unwrap().text(), "12.5");
    }
}
