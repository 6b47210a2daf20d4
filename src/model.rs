//! The words of the program as types: what every stage hands to the next.

mod details;
mod holdings;
mod lot;
mod mandate;
mod subject;
mod worth;

pub use details::{Currency, DetailFields, Details, HeldIn};
pub use holdings::{
    Account, AccountKindOrigin, AssetKind, InputFile, Lot, PastTrade, Portfolio, Position, Side, TaxTreatment, Term,
    TradeDetails,
};
pub use lot::{LotId, LotOrigin};
pub use mandate::{Enforcement, Limit, Mandate, Measure, Reaction, Risk, Target};
pub use subject::Subject;

use std::fmt;
use std::sync::Arc;

use crate::units::unstarred;

/// A ticker in the one spelling used inside: upper case, class shares with a dot (`BRK.B`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Returns the canonical form of a ticker as brokers and vendors spell it: `BRK/B`, `BRK-B`, `BRK B` and `BRKB`
    /// (a known class share) all become `BRK.B`.
    pub fn new(text: &str) -> Self {
        let bare = unstarred(text);
        // Most tickers are letters only and mean themselves.
        let plain = bare.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if plain && !matches!(bare, "BRKA" | "BRKB" | "BFA" | "BFB") {
            return Symbol(bare.into());
        }
        let upper = bare.to_uppercase();
        let dotted: String = match upper.split_once(['/', '-', ' ', '.', '_']) {
            Some((root, class))
                if class.len() == 1
                    && (1..=5).contains(&root.len())
                    && class.chars().all(|c| c.is_ascii_alphabetic()) =>
            {
                format!("{root}.{class}")
            }
            _ => upper,
        };
        Symbol(match dotted.as_str() {
            "BRKA" => "BRK.A".into(),
            "BRKB" => "BRK.B".into(),
            "BFA" => "BF.A".into(),
            "BFB" => "BF.B".into(),
            other => other.into(),
        })
    }
    /// Returns the ticker.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The eleven GICS sectors, by their two-digit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the sectors'")]
pub enum Sector {
    Energy = 10,
    Materials = 15,
    Industrials = 20,
    ConsumerDiscretionary = 25,
    ConsumerStaples = 30,
    HealthCare = 35,
    Financials = 40,
    InformationTechnology = 45,
    CommunicationServices = 50,
    Utilities = 55,
    RealEstate = 60,
}

impl Sector {
    /// Every sector, in code order.
    pub const ALL: [Sector; 11] = [
        Sector::Energy,
        Sector::Materials,
        Sector::Industrials,
        Sector::ConsumerDiscretionary,
        Sector::ConsumerStaples,
        Sector::HealthCare,
        Sector::Financials,
        Sector::InformationTechnology,
        Sector::CommunicationServices,
        Sector::Utilities,
        Sector::RealEstate,
    ];
    /// Returns the two-digit GICS code.
    pub fn code(self) -> u8 {
        self as u8
    }
    /// Returns the sector of a two-digit code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|sector| sector.code() == code)
    }
    /// Returns the id used in config and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Sector::Energy => "energy",
            Sector::Materials => "materials",
            Sector::Industrials => "industrials",
            Sector::ConsumerDiscretionary => "consumer-discretionary",
            Sector::ConsumerStaples => "consumer-staples",
            Sector::HealthCare => "health-care",
            Sector::Financials => "financials",
            Sector::InformationTechnology => "information-technology",
            Sector::CommunicationServices => "communication-services",
            Sector::Utilities => "utilities",
            Sector::RealEstate => "real-estate",
        }
    }
    /// Returns the sector with an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sector| sector.id() == id)
    }
}

/// A file as it was on disk, shared and never copied; the library never opens one itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawFile {
    /// As the user named it.
    pub name: String,
    bytes: Arc<[u8]>,
    sheet: Option<String>,
    keys: Arc<[String]>,
}

impl RawFile {
    /// Returns a file of a name and its bytes.
    pub fn new(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        RawFile { name: name.into(), bytes: bytes.into(), sheet: None, keys: Arc::default() }
    }

    /// Says what each line comes from, of a text that was made of something else.
    #[must_use]
    pub fn made_of(mut self, keys: Arc<[String]>) -> Self {
        self.keys = keys;
        self
    }

    /// Returns what each line comes from; none where the text is the file's own.
    pub fn keys(&self) -> &Arc<[String]> {
        &self.keys
    }

    /// Says which sheet of a workbook is meant; without one the first that fits is.
    #[must_use]
    pub fn of_sheet(mut self, name: Option<String>) -> Self {
        self.sheet = name;
        self
    }

    /// Returns the name of the sheet that is meant.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// Returns its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns its content as a text, `None` when it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}
