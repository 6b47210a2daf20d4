//! Tax that recorded sales have made due and that is not paid yet: what it takes stays in cash.

use chrono::{Datelike, NaiveDate};

use super::TAX_NOT_COVERED;
use super::recorded::with_records;
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Account, PastTrade};
use crate::plan::{self, PlanAccount, Problem, Settings};
use crate::units::Money;

/// Month and day on which the tax of the year before is due at last (IRC 6072(a)).
pub(crate) const DUE: (u32, u32) = (4, 15);

/// Returns the tax of earlier sales that stays in cash on a day: that of its year and, until it is due, of the one before.
/// A year in which sales saved tax pays for no other.
pub fn unpaid(settings: &Settings, as_of: NaiveDate, of_year: impl Fn(i32) -> Money) -> Money {
    if !settings.trading.set_aside_tax {
        return Money::ZERO;
    }
    let this = as_of.year();
    let first = if (as_of.month(), as_of.day()) <= DUE { this - 1 } else { this };
    (first..=this).map(|year| of_year(year).max(Money::ZERO)).sum()
}

/// Returns the tax that recorded sales added to this year and, until it is due, to the one before, less what is paid.
pub fn owed(settings: &Settings, trades: &[PastTrade], accounts: &[Account], as_of: NaiveDate) -> Money {
    let of_year = |year: i32| {
        let end = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(as_of).min(as_of);
        let before: Vec<PastTrade> = trades.iter().filter(|trade| trade.date.year() < year).cloned().collect();
        let tax = |trades: &[PastTrade]| {
            let own = with_records(settings, trades, accounts, end).tax(end, &mut Sink::default());
            let (short, long) = (own.realised_short - own.carry_short, own.realised_long - own.carry_long);
            plan::netted(&own, year, short, long).tax
        };
        tax(trades) - tax(&before)
    };
    (unpaid(settings, as_of, of_year) - settings.tax_paid).max(Money::ZERO).to_cents()
}

/// Adds what is owed to the reserves of taxable accounts, as far as there is free cash, the account with the most first.
/// Returns what they keep.
pub(super) fn keep(accounts: &mut [PlanAccount], owed: Money) -> Money {
    let free = |home: &PlanAccount| (home.cash + home.flow - home.reserve).max(Money::ZERO);
    let mut homes: Vec<&mut PlanAccount> = accounts.iter_mut().filter(|home| home.kind.is_taxable()).collect();
    homes.sort_by_key(|home| std::cmp::Reverse(free(home)));
    let mut left = owed;
    for home in homes {
        let part = free(home).min(left);
        home.reserve += part;
        left -= part;
    }
    owed - left
}

/// Warns where the cash that is there is less than what is owed.
pub(crate) fn check(owed: Money, problem: &Problem, sink: &mut Sink) {
    if problem.kept_for_tax < owed {
        let (owed, kept) = (owed.dollars(), problem.kept_for_tax.dollars());
        let message = format!("recorded sales made {owed} of tax due, and {kept} of free cash is there for it");
        let hint = "have it ready by its due date; what is paid already goes to `paid` under [tax]";
        sink.push(Diagnostic::warning(TAX_NOT_COVERED, message).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::testing::{account, dollars, sale, setup};
    use crate::model::{TaxTreatment, Term};
    use crate::units::Decimal;

    fn owed_on(config: &str, day: &str) -> String {
        let setup = setup(&format!("[tax]\nshort-rate = 0.3\nlong-rate = 0.2\n{config}"));
        let trades = [
            sale("2025-11-20", 5_000, Term::Long),
            sale("2026-02-02", 10_000, Term::Long),
            sale("2026-03-02", -4_000, Term::Short),
        ];
        owed(&setup.trading, &trades, &[account("Joint", 0, vec![])], day.parse().unwrap()).dollars()
    }

    /// 20% of 5,000 until 15 April of the next year; 20% of 10,000 from February on, of 6,000 once 4,000 are lost.
    #[test]
    fn what_sales_made_due_is_owed_until_it_is_paid() {
        let days = ["2025-12-31", "2026-01-31", "2026-02-28", "2026-04-15", "2026-04-16", "2027-04-15", "2027-04-16"];
        let owed = days.map(|day| owed_on("", day));
        assert_eq!(owed, ["$1,000.00", "$1,000.00", "$3,000.00", "$2,200.00", "$1,200.00", "$1,200.00", "$0.00"]);
        assert_eq!(owed_on("paid = 500\n", "2026-06-01"), "$700.00");
        assert_eq!(owed_on("paid = 1500\n", "2026-06-01"), "$0.00");
    }

    /// What was realised before the first record is not known to be unpaid; its losses shelter what comes after it.
    #[test]
    fn only_recorded_sales_are_owed_for() {
        assert_eq!(owed_on("realised-long = 7000\nrealised-year = 2025\n", "2025-12-31"), "$1,000.00");
        assert_eq!(owed_on("realised-long = -2000\nrealised-year = 2025\n", "2025-12-31"), "$1,200.00");
        assert_eq!(owed_on("[trading]\nset-aside-tax = false\n", "2026-06-01"), "$0.00");
    }

    #[test]
    fn it_stays_where_there_is_free_cash() {
        let home = |kind, cash, reserve| PlanAccount {
            id: String::new(),
            kind,
            cash: dollars(cash),
            flow: Money::ZERO,
            reserve: dollars(reserve),
            menu: None,
            neutral: None,
            do_not_buy: Vec::new(),
            do_not_sell: Vec::new(),
            increment: Decimal::ONE,
        };
        let homes = [
            home(TaxTreatment::Taxable, 700, 100),
            home(TaxTreatment::Roth, 9_000, 0),
            home(TaxTreatment::Taxable, 2_000, 500),
        ];
        let kept = |owed: i64| {
            let mut own = homes.to_vec();
            let kept = keep(&mut own, dollars(owed));
            (kept.dollars(), own.iter().map(|home| home.reserve.dollars()).collect::<Vec<_>>())
        };
        let reserves = |own: [&str; 3]| own.map(str::to_owned).to_vec();
        assert_eq!(kept(1_600), ("$1,600.00".to_owned(), reserves(["$200.00", "$0.00", "$2,000.00"])));
        assert_eq!(kept(5_000), ("$2,100.00".to_owned(), reserves(["$700.00", "$0.00", "$2,000.00"])));
    }
}
