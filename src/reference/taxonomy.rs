//! The names by which GICS, Yahoo, Morningstar and Nasdaq call the eleven sectors.
//!
//! Vendors do not draw the same lines (Yahoo counts Uber as technology, GICS as an industrial), so a vendor's name
//! places what only the vendor knows; where the registry has the stock, GICS decides.

use crate::model::Sector;

/// Other names, lower-case, letters only.
const NAMES: [(&str, Sector); 33] = [
    ("energy", Sector::Energy),
    ("oilgas", Sector::Energy),
    ("materials", Sector::Materials),
    ("basicmaterials", Sector::Materials),
    ("basicindustries", Sector::Materials),
    ("industrials", Sector::Industrials),
    ("industrial", Sector::Industrials),
    ("industry", Sector::Industrials),
    ("transportation", Sector::Industrials),
    ("capitalgoods", Sector::Industrials),
    ("consumerdiscretionary", Sector::ConsumerDiscretionary),
    ("consumercyclical", Sector::ConsumerDiscretionary),
    ("consumercyclicals", Sector::ConsumerDiscretionary),
    ("consumerstaples", Sector::ConsumerStaples),
    ("consumerdefensive", Sector::ConsumerStaples),
    ("consumernoncyclicals", Sector::ConsumerStaples),
    ("healthcare", Sector::HealthCare),
    ("financials", Sector::Financials),
    ("financial", Sector::Financials),
    ("financialservices", Sector::Financials),
    ("finance", Sector::Financials),
    ("informationtechnology", Sector::InformationTechnology),
    ("technology", Sector::InformationTechnology),
    ("it", Sector::InformationTechnology),
    ("communicationservices", Sector::CommunicationServices),
    ("communication", Sector::CommunicationServices),
    ("communications", Sector::CommunicationServices),
    ("telecommunications", Sector::CommunicationServices),
    ("telecommunicationservices", Sector::CommunicationServices),
    ("utilities", Sector::Utilities),
    ("publicutilities", Sector::Utilities),
    ("utility", Sector::Utilities),
    ("realestate", Sector::RealEstate),
];

/// Returns the sector of a two-digit code, an id, or a name used by GICS, Yahoo, Morningstar or Nasdaq.
pub fn sector_named(text: &str) -> Option<Sector> {
    let text = text.trim();
    if let Ok(code) = text.parse::<u8>() {
        return Sector::from_code(code);
    }
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    Sector::from_id(text).or_else(|| NAMES.iter().find(|(name, _)| *name == letters).map(|(_, sector)| *sector))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_taxonomies_name_the_same_sector() {
        for (names, sector) in [
            (["45", "Information Technology", "Technology", "technology"], Sector::InformationTechnology),
            (["25", "Consumer Discretionary", "Consumer Cyclical", "consumer_cyclical"], Sector::ConsumerDiscretionary),
            (["40", "financials", "Financial Services", "Finance"], Sector::Financials),
            (["50", "Communication", "Communication Services", "Telecommunications"], Sector::CommunicationServices),
            (["60", "Real Estate", "realestate", "real-estate"], Sector::RealEstate),
        ] {
            for name in names {
                assert_eq!(sector_named(name), Some(sector), "{name}");
            }
        }
        for name in ["", "46", "Cash and/or Derivatives", "-", "tech stocks"] {
            assert_eq!(sector_named(name), None, "{name}");
        }
    }

    #[test]
    fn every_id_and_code_is_understood() {
        for sector in Sector::ALL {
            assert_eq!(sector_named(sector.id()), Some(sector));
            assert_eq!(sector_named(&sector.code().to_string()), Some(sector));
        }
    }
}
