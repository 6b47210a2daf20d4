//! What the plan leaves alone, and how much of the household that is.

use crate::model::Portfolio;
use crate::units::{Money, Weight};

/// Above this share of the value the report carries a banner.
pub const BANNER: Weight = Weight(0.02);

/// A holding that the plan leaves alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcludedHolding {
    /// Label of its account.
    pub account: String,
    /// Its ticker, symbol or name.
    pub label: String,
    /// Why.
    pub reason: &'static str,
    /// Its value in dollars, negative for shorts; `None` when unknown.
    pub value: Option<Money>,
}

/// Everything the plan leaves alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Excluded {
    /// In the order of accounts and positions.
    pub holdings: Vec<ExcludedHolding>,
    /// Sum of the magnitudes that are known.
    pub value: Money,
    /// Sum of the magnitudes of everything that has a value, cash included.
    pub total: Money,
}

impl Excluded {
    /// Returns the share of the value that is left alone; `None` for an empty household.
    pub fn share(&self) -> Option<Weight> {
        self.value.share_of(self.total)
    }
    /// Returns whether the report must say so at its head.
    pub fn needs_banner(&self) -> bool {
        self.share().is_some_and(|share| share > BANNER)
    }
}

/// Returns what the plan leaves alone. Magnitudes are summed, so that a short does not hide a long.
pub fn excluded(portfolio: &Portfolio) -> Excluded {
    let mut out = Excluded::default();
    for account in &portfolio.accounts {
        let dollars = account.base_currency == "USD";
        for (currency, amount) in &account.cash {
            if currency == "USD" {
                out.total += amount.abs();
            }
        }
        for position in &account.positions {
            let value =
                if dollars { position.base_value() } else { position.value.filter(|_| position.currency == "USD") };
            out.total += value.unwrap_or_default().abs();
            let reason = if dollars { position.obstacle() } else { Some("the account is not kept in dollars") };
            if let Some(reason) = reason {
                out.value += value.unwrap_or_default().abs();
                out.holdings.push(ExcludedHolding { account: account.label(), label: position.label(), reason, value });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::testing::portfolio;

    #[test]
    fn shorts_bonds_and_unpriced_lines_are_left_alone() {
        let (read, _) = portfolio(&["[[account]]\nname = \"Individual\"\ncash = 900\n\
            [[account.position]]\nsymbol = \"VTI\"\nquantity = 10\nprice = 300\n\
            [[account.position]]\nsymbol = \"GME\"\nquantity = -4\nprice = 25\n\
            [[account.position]]\nsymbol = \"ABC\"\nquantity = 4\n"]);
        let out = excluded(&read);
        let reasons: Vec<_> = out.holdings.iter().map(|holding| (holding.label.as_str(), holding.reason)).collect();
        assert_eq!(reasons, [("GME", "sold short"), ("ABC", "no price")]);
        assert_eq!((out.value.dollars().as_str(), out.total.dollars().as_str()), ("$100.00", "$4,000.00"));
        assert!(out.needs_banner());
    }
}
