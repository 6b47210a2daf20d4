//! A name that stands in a file.

use std::fmt;
use std::ops::Deref;

use smol_str::SmolStr;

use crate::diagnostics::Place;

/// The broker's description of a holding. A short one has no memory of its own, and neither has a long one that stands in
/// a file as it is: it is the place there. A long file has fifty thousand of them.
#[derive(Clone)]
pub struct Name(Text);

#[derive(Clone)]
enum Text {
    Own(SmolStr),
    In(Place),
}

/// Up to so many bytes a name is kept apart from the file at no cost.
const SHORT: usize = 23;

impl Name {
    /// Returns the name that stands at a place.
    pub fn at(place: Place) -> Self {
        match place.text() {
            text if text.len() <= SHORT => text.into(),
            _ => Name(Text::In(place)),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Own(text) => text,
            Text::In(place) => place.text(),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Default for Name {
    fn default() -> Self {
        Name(Text::Own(SmolStr::default()))
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name(Text::Own(text.into()))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Name(Text::Own(text.into()))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;

    #[test]
    fn a_name_reads_the_same_wherever_it_is_kept() {
        let long = "VANGUARD INDEX FDS VANGUARD TOTAL STK MKT ETF";
        let source = Source::file("x.csv", format!("VTI,{long},café"));
        for (text, start) in [(long, 4), ("café", 5 + long.len()), ("", 0)] {
            let placed = Name::at(Place::new(&source, start..start + text.len()));
            assert_eq!((placed.as_str(), &placed), (text, &Name::from(text)));
            assert_eq!(format!("{placed:?}"), format!("{text:?}"));
        }
        assert!(matches!(Name::at(Place::new(&source, 4..4 + long.len())).0, Text::In(_)));
        assert_eq!(size_of::<Name>(), size_of::<SmolStr>());
    }
}
