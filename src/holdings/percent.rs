//! The column "percent of account" as a checksum, for a broker that prints no totals (Fidelity).

use super::TOTAL_GAP;
use super::report::Report;
use super::table::Row;
use crate::diagnostics::Diagnostic;
use crate::units::{Decimal, Money};

/// Percents have two decimals and are of a moment slightly earlier than the values, so a few hundredths may differ.
const PRECISION: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// What a row says of its share of the account.
pub struct Share<'t> {
    pub row: Row<'t>,
    pub value: Option<Money>,
    /// `None` for pending money, which the broker counts in its base when it is to come, and not when it is owed.
    pub percent: Option<Decimal>,
}

impl<'t> Share<'t> {
    /// Returns the row with its value and percent, where it has both.
    fn stated(&self) -> Option<(Row<'t>, Money, Decimal)> {
        Some((self.row, self.value?, self.percent?))
    }
}

/// Warns, once, when the percents of an account do not follow from its values: a row is missing or was changed. Rows that
/// are counted elsewhere belong to it too; one of unknown value is nothing to the broker.
pub fn check(shares: &[Share<'_>], account: &str, symbol: Option<usize>, report: &mut Report) {
    // A spreadsheet keeps 25% as 0.25: shares of an account that add up to one are fractions.
    let total: Decimal = shares.iter().filter_map(|share| share.percent).sum();
    let scale = if total.abs() <= Decimal::TWO { Decimal::ONE_HUNDRED } else { Decimal::ONE };
    let percents = shares.iter().map(|share| Share { percent: share.percent.map(|percent| percent * scale), ..*share });
    let shares: Vec<Share<'_>> = percents.collect();
    let sum: Money = shares.iter().filter_map(|share| share.value).sum();
    let apart: Money = shares.iter().filter(|share| share.percent.is_none()).filter_map(|share| share.value).sum();
    // The largest percent has the most digits, so it tells the sum best.
    let largest = shares.iter().filter_map(Share::stated).max_by_key(|(_, _, percent)| percent.abs());
    let Some((row, value, percent)) = largest else { return };
    let share_of =
        |value: Money, base: Money| value.decimal().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(base.decimal());
    let difference = |base: Money, value: Money, percent: Decimal| Some((share_of(value, base)? - percent).abs());
    let bases = [sum, sum - apart];
    let Some(base) =
        bases.into_iter().filter(|base| base.is_positive()).min_by_key(|base| difference(*base, value, percent))
    else {
        return;
    };
    let off = |value: Money, percent: Decimal| difference(base, value, percent).is_some_and(|off| off > PRECISION);
    let whole = share_of(value, Money(percent)).map(Money);
    let (message, row) = match whole {
        Some(whole) if off(value, percent) => (
            format!(
                "{account}: {} is {percent}% of the account by the file, so the account holds about {}; the rows \
                     add up to {}; about {} are unexplained",
                row.get(symbol),
                whole.dollars(),
                base.dollars(),
                (whole - base).dollars()
            ),
            row,
        ),
        _ => {
            let contradicts = |(_, value, percent): &(Row<'_>, Money, Decimal)| off(*value, *percent);
            let Some((row, value, percent)) = shares.iter().filter_map(Share::stated).find(contradicts) else { return };
            let printed = Money(base.decimal().saturating_mul(percent) / Decimal::ONE_HUNDRED);
            let message = format!(
                "{account}: {} is {percent}% of the account by the file, about {}, and its value is {}; about {} \
                     are unexplained",
                row.get(symbol),
                printed.dollars(),
                value.dollars(),
                (printed - value).dollars()
            );
            (message, row)
        }
    };
    report.push(
        Diagnostic::warning(TOTAL_GAP, message)
            .at(row.place())
            .hint("a row is missing or changed; download the file again before acting on it"),
    );
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    const FILE: &str = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Percent Of Account\n\
        Z1,A,SPAXX**,HELD IN MONEY MARKET,,,$100.00,8.33%\n\
        Z1,A,VTI,VANGUARD,2,$300.00,$600.00,50.00%\n\
        Z1,A,BND,VANGUARD,4,$75.00,$300.00,25.00%\n\
        Z1,A,Pending Activity,,,,$200.00,\n";

    fn gap(text: &str) -> Option<String> {
        let (_, sink) = portfolio(&[text]);
        sink.items.iter().find(|item| item.code.id == "total-gap").map(|item| item.message.clone())
    }

    #[test]
    fn percents_of_the_account_tell_of_a_missing_row() {
        assert_eq!(gap(FILE), None);
        assert_eq!(
            gap(&FILE.replace("Z1,A,BND,VANGUARD,4,$75.00,$300.00,25.00%\n", "")).as_deref(),
            Some(
                "...Z1 A: VTI is 50.00% of the account by the file, so the account holds about $1,200.00; the rows add up to \
                 $900.00; about $300.00 are unexplained"
            )
        );
        assert_eq!(
            gap(&FILE.replace("$100.00,8.33%", "$100.00,6.33%")).as_deref(),
            Some(
                "...Z1 A: SPAXX** is 6.33% of the account by the file, about $75.96, and its value is $100.00; about -$24.04 \
                 are unexplained"
            )
        );
    }
}
