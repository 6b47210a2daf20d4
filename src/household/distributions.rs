//! What leaves accounts whose money was never taxed.

use super::{Flows, Setup};
use crate::model::{Account, Portfolio};
use crate::proposal::Distribution;
use crate::units::{Decimal, Money};

/// Returns the withdrawals that are income, by account.
pub fn distributions(portfolio: &Portfolio, flows: &Flows, setup: &Setup) -> Vec<Distribution> {
    let accounts = portfolio.accounts.iter().enumerate();
    accounts.filter_map(|(index, account)| distribution(account, flows.withdrawal(index), setup)).collect()
}

fn distribution(account: &Account, amount: Money, setup: &Setup) -> Option<Distribution> {
    let is_income = account.kind.is_income_when_withdrawn();
    let settings = setup.accounts.iter().find(|settings| settings.matches(account));
    let share = settings.and_then(|settings| Decimal::try_from(settings.withhold.0).ok()).unwrap_or_default();
    (is_income && amount.is_positive()).then(|| Distribution {
        account: account.label(),
        kind: account.kind,
        amount,
        withheld: amount.times(share).to_cents(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Sink;
    use crate::household::testing::{account, dollars, setup};
    use crate::household::{Answered, with_records};
    use crate::model::TaxTreatment;
    use crate::plan::TaxSettings;
    use crate::proposal::Distributions;

    /// 60,000 leaves an account of some kind.
    fn of(config: &str, kind: TaxTreatment) -> (Distributions, TaxSettings) {
        let setup = setup(&format!("[accounts.\"Own\"]\nwithdraw = 60000\nwithhold = \"10%\"\n{config}"));
        let home =
            Portfolio { accounts: vec![Account { kind, ..account("Own", 100_000, vec![]) }], ..Portfolio::default() };
        let flows = Flows::new(&home, &setup, &Answered::default());
        let mut found = Distributions { each: distributions(&home, &flows, &setup), ..Distributions::default() };
        let day = "2026-06-30".parse().unwrap();
        let settings = with_records(&setup.trading, &[], &home.accounts, day).with_income(found.amount());
        let tax = settings.tax(day, &mut Sink::default());
        found.tax = settings.tax_on_income(&tax, day, found.amount());
        (found, tax)
    }

    #[test]
    fn what_leaves_an_account_that_was_never_taxed_is_income() {
        let rates = "[tax]\nshort-rate = 0.3\nlong-rate = 0.2\nordinary-rate = 0.22\n";
        for kind in TaxTreatment::ALL {
            let (found, _) = of(rates, kind);
            let is_income = !matches!(kind, TaxTreatment::Taxable | TaxTreatment::Roth);
            let expected = if is_income { (dollars(13_200), dollars(6_000)) } else { Default::default() };
            assert_eq!((found.tax, found.withheld()), expected, "{kind:?}");
        }
    }

    /// Single, 2026: of 60,000 on top of 40,000 the first 10,400 are taxed at 12% and the rest at 22%; and the 20,000 of
    /// long-term gain of the year so far, half of which were in the 0% zone (to 49,450), are all at 15% then.
    #[test]
    fn by_the_tables_it_comes_on_top_of_the_income_and_below_the_gains() {
        let profile = "[tax]\nfiling = \"single\"\ntaxable-income = 40000\n";
        let on_income = dollars(1_248 + 10_912);
        assert_eq!(of(profile, TaxTreatment::K401).0.tax, on_income);
        let gains = format!("{profile}realised-long = 20000\nrealised-year = 2026\n");
        let (found, tax) = of(&gains, TaxTreatment::Traditional);
        assert_eq!(found.tax, on_income + dollars(9_450).times(Decimal::new(15, 2)));
        // What this run realises meets the rates above it; next year is as it was.
        assert_eq!(tax.long_rate, Decimal::new(15, 2));
        let income =
            |year: i32| tax.filing.as_ref().and_then(|filing| filing.of_year(year)).map(|(own, _)| own.taxable);
        assert_eq!((income(2026), income(2027)), (Some(dollars(100_000)), Some(dollars(40_000))));
    }
}
