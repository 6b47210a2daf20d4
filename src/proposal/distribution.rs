//! Withdrawals from accounts whose money was never taxed, in words.

use crate::model::TaxTreatment;
use crate::units::Money;

/// A withdrawal that is income (IRC 408(d)(1), 402(a), 223(f)(2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Label of the account.
    pub account: String,
    /// How the account is taxed.
    pub kind: TaxTreatment,
    /// What leaves it.
    pub amount: Money,
    /// What of that is withheld for the tax, and never in hand.
    pub withheld: Money,
}

/// The withdrawals of a run that are income, with what they add to the tax of the year. It is no part of the tax of a plan,
/// which is that of sales.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distributions {
    /// One per account.
    pub each: Vec<Distribution>,
    /// Calendar year.
    pub year: i32,
    /// On top of the income and of what is realised so far, by the tables or else at the ordinary rate.
    pub tax: Money,
    /// Whether the brackets of the year's gains depend on it.
    pub moves_brackets: bool,
}

impl Distributions {
    /// Returns what leaves the accounts.
    pub fn amount(&self) -> Money {
        self.each.iter().map(|own| own.amount).sum()
    }

    /// Returns what is withheld of it.
    pub fn withheld(&self) -> Money {
        self.each.iter().map(|own| own.withheld).sum()
    }

    /// Says what they cost in a few words.
    pub fn short(&self) -> Option<String> {
        let (amount, tax) = (self.amount().whole_dollars(), self.tax.whole_dollars());
        (!self.each.is_empty())
            .then(|| format!("what is taken out, {amount}, is income: {tax} more tax, not in the above"))
    }

    /// Says what they cost and what is in hand; nothing where there are none.
    pub fn words(&self) -> Vec<String> {
        if self.each.is_empty() {
            return Vec::new();
        }
        let accounts: Vec<&str> = self.each.iter().map(|own| own.account.as_str()).collect();
        let (amount, tax, withheld) = (self.amount(), self.tax, self.withheld());
        let mut said = format!(
            "The {} taken out of {} is income of {}: {} more tax, beside that of sales",
            amount.whole_dollars(),
            accounts.join(" and "),
            self.year,
            tax.whole_dollars()
        );
        if withheld.is_positive() {
            said.push_str(&format!(
                "; {} is withheld, {} is in hand",
                withheld.whole_dollars(),
                (amount - withheld).whole_dollars()
            ));
        }
        let due = (tax - withheld).max(Money::ZERO);
        said.push_str(&format!("; have {} of it ready for the tax", due.whole_dollars()));
        let mut words = vec![said];
        if self.moves_brackets {
            words.push(format!(
                "Once it is taken out no file tells of it: for later runs of {} add the {} to taxable-income in [tax], and to magi \
                 where that is given, or they sell at the rates of a lower income",
                self.year,
                amount.whole_dollars()
            ));
        }
        let has = |is_hsa: bool| self.each.iter().any(|own| (own.kind == TaxTreatment::Hsa) == is_hsa);
        if has(false) {
            words.push("Not counted: 10% more on what is taken out before 59 and a half (IRC 72(t)), and less where part of it was taxed before".to_owned());
        }
        if has(true) {
            words.push("What an HSA pays for medical care is not taxed; for anything else 20% more is due before 65, not counted here (IRC 223(f))".to_owned());
        }
        words
    }
}
