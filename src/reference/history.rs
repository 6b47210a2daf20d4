//! Sectors as they were: GICS has moved companies, and an old portfolio is read with the sectors of its day.
//!
//! Three changes matter here. After the close of 2016-08-31 Real Estate left Financials. After the close of 2018-09-28
//! Communication Services was formed from Telecommunication Services and parts of Information Technology and Consumer
//! Discretionary. After the close of 2023-03-17 payment networks went to Financials, payroll processors to Industrials,
//! and general merchandise retailers to Consumer Staples.

use chrono::NaiveDate;

use crate::model::Sector;

struct Change {
    /// The last day of the old sector.
    until: (i32, u32, u32),
    was: Sector,
    symbols: &'static [&'static str],
}

const CHANGES: [Change; 5] = [
    Change {
        until: (2018, 9, 28),
        was: Sector::InformationTechnology,
        symbols: &[
            "GOOGL", "GOOG", "META", "FB", "TWTR", "ATVI", "EA", "TTWO", "NTES", "BIDU", "SNAP", "IAC", "MTCH", "EBAY",
        ],
    },
    Change {
        until: (2018, 9, 28),
        was: Sector::ConsumerDiscretionary,
        symbols: &[
            "NFLX", "DIS", "CMCSA", "CHTR", "FOXA", "FOX", "NWSA", "NWS", "OMC", "IPG", "LYV", "PSKY", "PARA", "WBD",
            "NYT", "SIRI", "ECHO", "SATS", "ROKU", "AMC", "LBRDA", "LBRDK", "FWONA", "FWONK",
        ],
    },
    Change {
        until: (2023, 3, 17),
        was: Sector::InformationTechnology,
        symbols: &[
            "V", "MA", "PYPL", "FISV", "FI", "FIS", "GPN", "JKHY", "CPAY", "FLT", "WU", "XYZ", "SQ", "TOST", "ADP",
            "PAYX", "BR", "PAYC", "PCTY", "DAY",
        ],
    },
    Change { until: (2023, 3, 17), was: Sector::ConsumerDiscretionary, symbols: &["TGT", "DG", "DLTR"] },
    Change { until: (2016, 8, 31), was: Sector::Financials, symbols: &[] },
];

/// Returns the sector a company was in on a date, given its sector today.
pub(crate) fn sector_on(symbol: &str, today: Sector, as_of: Option<NaiveDate>) -> Sector {
    let Some(date) = as_of else { return today };
    let before = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).is_some_and(|until| date <= until);
    for change in &CHANGES {
        let concerned = match change.symbols {
            [] => today == Sector::RealEstate,
            symbols => symbols.contains(&symbol),
        };
        if concerned && before(change.until) {
            return change.was;
        }
    }
    today
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(symbol: &str, today: Sector, year: i32, month: u32, day: u32) -> Sector {
        sector_on(symbol, today, NaiveDate::from_ymd_opt(year, month, day))
    }

    #[test]
    fn payment_networks_changed_after_17_march_2023() {
        assert_eq!(on("V", Sector::Financials, 2023, 3, 17), Sector::InformationTechnology);
        assert_eq!(on("V", Sector::Financials, 2023, 3, 18), Sector::Financials);
        assert_eq!(on("ADP", Sector::Industrials, 2022, 6, 1), Sector::InformationTechnology);
        assert_eq!(on("TGT", Sector::ConsumerStaples, 2022, 6, 1), Sector::ConsumerDiscretionary);
        assert_eq!(on("JPM", Sector::Financials, 2022, 6, 1), Sector::Financials);
    }

    #[test]
    fn communication_services_begins_after_28_september_2018() {
        assert_eq!(on("GOOGL", Sector::CommunicationServices, 2018, 9, 28), Sector::InformationTechnology);
        assert_eq!(on("NFLX", Sector::CommunicationServices, 2018, 9, 28), Sector::ConsumerDiscretionary);
        assert_eq!(on("META", Sector::CommunicationServices, 2018, 10, 1), Sector::CommunicationServices);
        assert_eq!(on("T", Sector::CommunicationServices, 2015, 1, 2), Sector::CommunicationServices);
    }

    #[test]
    fn real_estate_was_a_part_of_financials() {
        assert_eq!(on("PLD", Sector::RealEstate, 2016, 8, 31), Sector::Financials);
        assert_eq!(on("PLD", Sector::RealEstate, 2016, 9, 1), Sector::RealEstate);
    }

    #[test]
    fn without_a_date_the_sectors_are_todays() {
        assert_eq!(sector_on("V", Sector::Financials, None), Sector::Financials);
    }
}
