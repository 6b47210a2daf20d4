//! Rates of exchange: FRED's daily series of the Federal Reserve (H.10).

use chrono::NaiveDate;

use super::Market;
use crate::units::Decimal;

/// By currency: the series, and whether it is foreign money for a dollar instead of dollars for foreign money.
const RATES: [(&str, &str, bool); 19] = [
    ("AUD", "DEXUSAL", false),
    ("BRL", "DEXBZUS", true),
    ("CAD", "DEXCAUS", true),
    ("CHF", "DEXSZUS", true),
    ("CNY", "DEXCHUS", true),
    ("DKK", "DEXDNUS", true),
    ("EUR", "DEXUSEU", false),
    ("GBP", "DEXUSUK", false),
    ("HKD", "DEXHKUS", true),
    ("INR", "DEXINUS", true),
    ("JPY", "DEXJPUS", true),
    ("KRW", "DEXKOUS", true),
    ("MXN", "DEXMXUS", true),
    ("NOK", "DEXNOUS", true),
    ("NZD", "DEXUSNZ", false),
    ("SEK", "DEXSDUS", true),
    ("SGD", "DEXSIUS", true),
    ("TWD", "DEXTAUS", true),
    ("ZAR", "DEXSFUS", true),
];

/// Returns the series that has the rate of a currency. Pence are hundredths of a pound.
pub fn series_of(currency: &str) -> Option<&'static str> {
    let currency = if currency == "GBX" { "GBP" } else { currency };
    RATES.iter().find(|(code, ..)| *code == currency).map(|(_, series, _)| *series)
}

impl Market {
    /// Returns what a unit of a currency is in dollars, on a day or the last one before it that has a rate.
    pub fn rate(&self, currency: &str, on_or_before: NaiveDate) -> Option<(NaiveDate, Decimal)> {
        let id = series_of(currency)?;
        let rows = self.macro_series(id)?.vintages.iter().flat_map(|vintage| &vintage.rows);
        let valued =
            rows.filter(|row| row.reference <= on_or_before).filter_map(|row| Some((row.reference, row.value?)));
        let (day, value) = valued.max_by_key(|(day, _)| *day)?;
        let printed: Decimal = value.to_string().parse().ok()?;
        let inverse = RATES.iter().any(|(_, series, inverse)| *series == id && *inverse);
        let rate = if inverse { Decimal::ONE.checked_div(printed)? } else { printed };
        Some((day, if currency == "GBX" { rate.checked_div(Decimal::ONE_HUNDRED)? } else { rate }))
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;

    #[test]
    fn rates_are_in_dollars_whichever_way_they_are_printed() {
        let (market, codes) = market(&[
            ("DEXUSUK.csv", "observation_date,DEXUSUK\n2026-11-19,1.30\n2026-11-20,1.25\n2026-11-23,1.4\n"),
            ("DEXJPUS.csv", "DATE,DEXJPUS\n2026-11-20,160\n"),
        ]);
        let rate = |currency: &str| {
            let (day, rate) = market.rate(currency, "2026-11-21".parse().unwrap())?;
            Some(format!("{day} {rate}"))
        };
        assert_eq!(rate("GBP").as_deref(), Some("2026-11-20 1.25"), "{codes:?}");
        assert_eq!(rate("GBX").as_deref(), Some("2026-11-20 0.0125"));
        assert_eq!(rate("JPY").as_deref(), Some("2026-11-20 0.00625"));
        assert_eq!((rate("EUR"), rate("XXX")), (None, None));
    }
}
