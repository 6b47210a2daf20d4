//! What a bad year for some sectors would cost, before and after a plan: `sum of weight x return`, at today's weights.
//!
//! `tech` takes 20% off the broad tech theme and leaves the rest. `2022` applies the calendar-year total returns of the
//! eleven S&P 500 sectors in 2022 (S&P Dow Jones Indices); bonds, commodities, cash and what is not classified are left
//! as they are, which the line says. Neither is a forecast.

use super::Exposure;
use crate::model::Sector;
use crate::reference::TECH_BROAD;
use crate::units::{Money, Weight};

/// What the stress lines are, for `broaden explain stress`.
pub const DOC: &str = "\
Stress lines say what a bad spell for some sectors would do to the household at today's weights: sum of weight x return.

tech-20 takes 20% off tech-broad and leaves everything else. year-2022 applies the calendar-year total returns of the
eleven S&P 500 sectors in 2022 (energy +65.7%, communication services -39.9%, information technology -28.2%, ...).
Bonds, commodities, cash, options and what is not classified are left unchanged, so the figure is not a loss estimate
for them. Neither line is a forecast; they make the cost of concentration comparable before and after a plan.";

/// One scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    /// Its id in JSON.
    pub id: &'static str,
    /// What it assumes, in words.
    pub assumes: &'static str,
    /// Returns by theme.
    themes: &'static [(&'static str, f64)],
    /// Returns by sector.
    sectors: &'static [(Sector, f64)],
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "tech-20",
        assumes: "a 20% fall in tech, everything else unchanged",
        themes: &[(TECH_BROAD, -0.20)],
        sectors: &[],
    },
    Scenario {
        id: "year-2022",
        assumes: "the sector returns of 2022; bonds, cash and the unclassified unchanged",
        themes: &[],
        sectors: &[
            (Sector::Energy, 0.657),
            (Sector::Utilities, 0.016),
            (Sector::ConsumerStaples, -0.006),
            (Sector::HealthCare, -0.020),
            (Sector::Industrials, -0.055),
            (Sector::Financials, -0.105),
            (Sector::Materials, -0.123),
            (Sector::RealEstate, -0.261),
            (Sector::InformationTechnology, -0.282),
            (Sector::ConsumerDiscretionary, -0.370),
            (Sector::CommunicationServices, -0.399),
        ],
    },
];

/// What a scenario does to the household.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StressLine {
    /// Which one.
    pub scenario: &'static Scenario,
    /// Change of the value, as a fraction of it.
    pub change: Weight,
    /// The same in dollars, negative for a loss.
    pub dollars: Money,
}

impl Exposure {
    /// Returns what every scenario does.
    pub fn stress(&self) -> Vec<StressLine> {
        let of_theme = |(id, change): &(&str, f64)| self.theme(id).0 * change;
        let of_sector = |(sector, change): &(Sector, f64)| self.sectors.get(sector).map_or(0.0, |w| w.0) * change;
        SCENARIOS
            .iter()
            .map(|scenario| {
                let themes: f64 = scenario.themes.iter().map(of_theme).sum();
                let change = themes + scenario.sectors.iter().map(of_sector).sum::<f64>();
                let dollars = Money::from_f64(self.value.to_f64() * change);
                StressLine { scenario, change: Weight(change), dollars }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::ThemeExposure;

    #[test]
    fn losses_are_weights_times_returns() {
        let mut exposure = Exposure { value: Money(100_000.into()), ..Exposure::default() };
        exposure
            .themes
            .insert(TECH_BROAD.to_owned(), ThemeExposure { weight: Weight(0.6), ..ThemeExposure::default() });
        exposure.sectors.insert(Sector::InformationTechnology, Weight(0.5));
        exposure.sectors.insert(Sector::Energy, Weight(0.1));
        let lines: Vec<(String, String)> =
            exposure.stress().iter().map(|line| (line.scenario.id.to_owned(), line.dollars.dollars())).collect();
        // 60,000 x -20%; 50,000 x -28.2% + 10,000 x 65.7%.
        assert_eq!(
            lines,
            [("tech-20".to_owned(), "-$12,000.00".to_owned()), ("year-2022".to_owned(), "-$7,530.00".to_owned())]
        );
    }

    #[test]
    fn the_year_covers_every_sector_once() {
        let year = SCENARIOS.iter().find(|scenario| scenario.id == "year-2022").unwrap();
        let mut sectors: Vec<Sector> = year.sectors.iter().map(|(sector, _)| *sector).collect();
        sectors.sort();
        assert_eq!(sectors, Sector::ALL);
    }
}
