//! The small parts of a position: a long file has fifty thousand, so each byte of one counts.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::units::Money;

/// What a currency is called: an ISO 4217 code, or another of up to four letters and digits. Anything else is `XXX`, the
/// ISO code of no currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 4]);

impl Currency {
    /// The US dollar.
    pub const USD: Currency = Currency(*b"USD\0");
    /// A currency that nobody names.
    pub const UNKNOWN: Currency = Currency(*b"XXX\0");

    /// Returns the code.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        self.0.get(..length).and_then(|code| std::str::from_utf8(code).ok()).unwrap_or_default()
    }
}

impl<T: AsRef<str>> From<T> for Currency {
    fn from(text: T) -> Self {
        let text = text.as_ref().trim();
        let mut code = [0; 4];
        match code.get_mut(..text.len()) {
            Some(place) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                place.copy_from_slice(text.as_bytes());
                Currency(code)
            }
            _ => Currency::UNKNOWN,
        }
    }
}

impl Deref for Currency {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<&str> for Currency {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

/// The part of an account that holds a position, where the broker splits a holding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldIn {
    /// Paid in full.
    Cash,
    /// May be borrowed against.
    Margin,
    /// Borrowed and sold.
    Short,
}

impl HeldIn {
    /// All of them.
    pub const ALL: [HeldIn; 3] = [HeldIn::Cash, HeldIn::Margin, HeldIn::Short];

    /// Returns the word that brokers use.
    pub fn word(self) -> &'static str {
        match self {
            HeldIn::Cash => "Cash",
            HeldIn::Margin => "Margin",
            HeldIn::Short => "Short",
        }
    }

    /// Returns what a broker's word means, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|held| held.word().eq_ignore_ascii_case(word))
    }
}

/// What few positions have, in memory of its own: read and set as if it stood in the position.
#[derive(Clone, Default)]
pub struct Details(Option<Box<DetailFields>>);

/// What [`Details`] hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetailFields {
    /// Value in the account's base currency where the file gives it or its rate.
    pub value_base: Option<Money>,
    /// Where the file gives one.
    pub isin: Option<Box<str>>,
    /// Where the symbol is a CUSIP, or the file gives one.
    pub cusip: Option<Box<str>>,
    /// Units of the underlying per contract; `None` when it is one.
    pub multiplier: Option<u32>,
}

impl Deref for Details {
    type Target = DetailFields;

    fn deref(&self) -> &DetailFields {
        static NONE: DetailFields = DetailFields { value_base: None, isin: None, cusip: None, multiplier: None };
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Details {
    fn deref_mut(&mut self) -> &mut DetailFields {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_thousand_positions_take_ten_megabytes() {
        assert!(size_of::<crate::model::Position>() <= 208, "{}", size_of::<crate::model::Position>());
    }

    #[test]
    fn a_currency_is_a_code_or_unknown() {
        for (text, code) in
            [("USD", "USD"), (" EUR ", "EUR"), ("USDT", "USDT"), ("", "XXX"), ("US dollar", "XXX"), ("€", "XXX")]
        {
            assert_eq!((Currency::from(text).as_str(), Currency::from(text).to_string()), (code, code.to_owned()));
        }
        assert_eq!((Currency::from("USD"), Currency::from("ABCDE")), (Currency::USD, Currency::UNKNOWN));
        assert!(Currency::USD == "USD" && Currency::from("US Dollars") == Currency::UNKNOWN);
    }

    #[test]
    fn details_that_were_never_set_equal_those_set_to_nothing() {
        let (mut set, unset) = (Details::default(), Details::default());
        set.isin = None;
        assert_eq!((&set, set.isin.as_deref()), (&unset, None));
        set.multiplier = Some(100);
        assert_ne!(set, unset);
        assert_eq!((set.multiplier, unset.multiplier), (Some(100), None));
    }
}
