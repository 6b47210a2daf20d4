//! What trades that were recorded mean for today: the tax year so far, what is carried into it, and how much of this
//! period's turnover is used.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{apply::tax_at, past_trades};
use crate::model::{Account, PastTrade, Side, Symbol, Term};
use crate::plan::{Cadence, Settings, TaxSettings};
use crate::units::{Money, Price};

/// Returns the settings for plans of a day with the recorded gains in them. What the config gives as realised came before
/// the first record, in its year; each year that has ended since is netted, and what was lost beyond its limit is carried
/// on with its character (IRC 1212(b)). A sale counts when its gain and its term are known and its account is taxed.
pub fn with_records(settings: &Settings, trades: &[PastTrade], accounts: &[Account], as_of: NaiveDate) -> Settings {
    let mut years: BTreeMap<i32, (Money, Money)> = BTreeMap::new();
    for trade in trades.iter().filter(|trade| trade.side == Side::Sell && trade.date <= as_of) {
        let (Some(gain), Some(term)) = (trade.gain, trade.details.term) else { continue };
        if past_trades::is_sheltered(trade, accounts) {
            continue;
        }
        let year = years.entry(trade.date.year()).or_default();
        match term {
            Term::Short => year.0 += gain,
            Term::Long => year.1 += gain,
        }
    }
    let Some(first) = years.keys().next().copied() else { return settings.clone() };
    let day = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(as_of);
    let mut tax: TaxSettings = settings.at_start(day(first));
    for year in first..=as_of.year() {
        let (short, long) = years.get(&year).copied().unwrap_or_default();
        tax.realised_short += short;
        tax.realised_long += long;
        if year < as_of.year() {
            tax = tax_at(&tax, day(year), day(year + 1));
        }
    }
    settings.carried(&tax, as_of.year())
}

/// Dollars sold for the runs of the period of a day, by recorded trades of the household's own accounts: at their own prices where these
/// are known, else at today's.
pub(super) fn sold_in_period(
    trades: &[PastTrade],
    cadence: Cadence,
    as_of: NaiveDate,
    price: impl Fn(&Symbol) -> Option<Price>,
) -> Money {
    let in_period = |day: NaiveDate| match cadence {
        Cadence::Weekly => day.iso_week() == as_of.iso_week(),
        Cadence::Monthly => (day.year(), day.month()) == (as_of.year(), as_of.month()),
    };
    let own = trades.iter().filter(|trade| {
        trade.side == Side::Sell && !trade.outside && in_period(trade.day_of_run()) && trade.date <= as_of
    });
    let worth =
        |trade: &PastTrade| trade.details.price.or_else(|| price(&trade.symbol)).map(|own| own * trade.quantity);
    own.filter_map(worth).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::testing::{account, dollars, position, sale, setup};
    use crate::household::{Answered, Flows, Household};
    use crate::market::Market;
    use crate::model::Portfolio;

    /// 2026: the config has 1,000 of short-term gain from before, and 6,000 of short-term and 4,000 of long-term loss are
    /// recorded: net -9,000, of which 3,000 go against income and come off the short-term loss of 5,000. Into 2027 are carried
    /// 2,000 and 4,000; 500 of long-term gain are recorded there.
    #[test]
    fn the_year_turns_over_by_itself() {
        let setup = setup("[tax]\nshort-rate = 0.3\nlong-rate = 0.2\nrealised-short = 1000\n");
        let home = [account("Joint", 0, vec![])];
        let trades = [
            sale("2026-11-20", -6_000, Term::Short),
            sale("2026-12-01", -4_000, Term::Long),
            sale("2027-01-15", 500, Term::Long),
        ];
        let tax = |day: &str| {
            let day = day.parse().unwrap();
            let own = with_records(&setup.trading, &trades, &home, day);
            let tax = own.tax(day, &mut crate::diagnostics::Sink::default());
            [tax.realised_short, tax.realised_long, tax.carry_short, tax.carry_long].map(|own| own.dollars())
        };
        assert_eq!(tax("2026-11-19"), ["$1,000.00", "$0.00", "$0.00", "$0.00"]);
        assert_eq!(tax("2026-12-31"), ["-$5,000.00", "-$4,000.00", "$0.00", "$0.00"]);
        assert_eq!(tax("2027-01-01"), ["$0.00", "$0.00", "$2,000.00", "$4,000.00"]);
        assert_eq!(tax("2027-02-01"), ["$0.00", "$500.00", "$2,000.00", "$4,000.00"]);
    }

    /// What was sold out within a year has its place in the limits still; what was sold before, or by others, has none.
    #[test]
    fn limits_know_what_was_sold_on_the_way() {
        let setup = setup("");
        let portfolio = |trades: Vec<PastTrade>| Portfolio {
            accounts: vec![account("Joint", 0, vec![position("AGG", 10, 100)])],
            trades,
            ..Portfolio::default()
        };
        let knows = |trades: Vec<PastTrade>, day: &str| {
            let (own, market, none) = (portfolio(trades), Market::default(), BTreeMap::new());
            let (asked, flows) = (Answered::default(), Flows::none(&own));
            let home = Household::new(&own, &setup, &market, day.parse().unwrap(), (&asked, &flows), &none);
            home.symbols().contains(&Symbol::new("NVDA"))
        };
        let sold = || vec![sale("2026-11-17", 0, Term::Long)];
        assert_eq!(
            [knows(sold(), "2026-11-20"), knows(sold(), "2027-11-20"), knows(vec![], "2026-11-20")],
            [true, false, false]
        );
        let mut others = sold();
        others[0].account = "Somebody".to_owned();
        assert!(!knows(others, "2026-11-20"));
    }

    /// 10 shares at 100 on Tuesday count on Friday of that week and on no day of the next.
    #[test]
    fn a_week_is_a_week() {
        let trades = [sale("2026-11-17", 0, Term::Short)];
        let sold = |cadence, day: &str| sold_in_period(&trades, cadence, day.parse().unwrap(), |_| None);
        assert_eq!(sold(Cadence::Weekly, "2026-11-20"), dollars(1_000));
        assert_eq!(sold(Cadence::Weekly, "2026-11-23"), dollars(0));
        assert_eq!(sold(Cadence::Weekly, "2026-11-16"), dollars(0));
        assert_eq!(sold(Cadence::Monthly, "2026-11-23"), dollars(1_000));
    }

    /// Proposed on Friday the 13th and sold on Tuesday the 17th: the 20th has all of its own week. What is sold before it is proposed
    /// is of its own day.
    #[test]
    fn a_sale_uses_the_week_of_its_proposal() {
        let sold = |proposed: &str, day: &str| {
            let mut trades = [sale("2026-11-17", 0, Term::Short)];
            trades[0].details.proposed = Some(proposed.parse().unwrap());
            sold_in_period(&trades, Cadence::Weekly, day.parse().unwrap(), |_| None)
        };
        assert_eq!([sold("2026-11-13", "2026-11-20"), sold("2026-11-13", "2026-11-13")], [dollars(0); 2]);
        assert_eq!([sold("2026-11-16", "2026-11-20"), sold("2026-11-27", "2026-11-20")], [dollars(1_000); 2]);
    }
}
