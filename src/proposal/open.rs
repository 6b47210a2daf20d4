//! What nobody has said and the answer hangs on: how far it could be otherwise, and what to write to settle it.

use crate::units::Money;

/// What it takes to be inside the limits, as far as that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// As it is planned, with what is taken for granted.
    pub planned: Takes,
    /// The least of each figure, whatever the rates, dates and costs that nobody gave turn out to be.
    pub least: Takes,
    /// The most.
    pub most: Takes,
    /// Which of these nobody gave, in words.
    pub unknown: Vec<&'static str>,
    /// What changes the answer, that which changes most first.
    pub inputs: Vec<Unsaid>,
    /// Plans that this needs and that were not made: of a household of very many lots, or because there is none.
    pub unplanned: usize,
    /// Limits that leave what is not worth its tax; what it takes is without them.
    pub worth: Vec<String>,
}

/// What a plan comes to over its whole route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Takes {
    /// Dollars sold.
    pub sold: Money,
    /// Dollars bought.
    pub bought: Money,
    /// Tax.
    pub tax: Money,
    /// Runs until it is done.
    pub runs: usize,
}

/// Something that nobody has said.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsaid {
    /// What.
    pub what: String,
    /// What is taken for granted instead.
    pub taken: String,
    /// The least of each figure, over what it could be.
    pub least: Takes,
    /// The most.
    pub most: Takes,
    /// What to write, a line each.
    pub write: Vec<String>,
}

impl Unsaid {
    /// Returns the dollars that it may change: tax, sales and purchases together.
    pub fn reach(&self) -> Money {
        let (least, most) = (&self.least, &self.most);
        (most.tax - least.tax) + (most.sold - least.sold) + (most.bought - least.bought)
    }
}
