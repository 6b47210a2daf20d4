//! What a rule is about, as a value: reports put it into words, and nothing is looked up by words.

use std::fmt;

use super::{Sector, Symbol};

/// What a limit measures or a sleeve holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A theme, by its id.
    Theme(String),
    /// A company with all its share classes.
    Issuer {
        /// As the instruments are grouped.
        id: String,
        /// As people call it.
        name: String,
    },
    /// A GICS sector.
    Sector(Sector),
    /// One holding.
    Symbol(Symbol),
    /// Some holdings together.
    Symbols(Vec<Symbol>),
    /// The whole household; the words say what of it.
    Household(String),
}

impl Subject {
    /// Returns the subject of a limit on the whole household: `sold per run`.
    pub fn household(what: impl Into<String>) -> Self {
        Subject::Household(what.into())
    }

    /// Returns whether a user's word names it: the id or the name, in any case.
    pub fn is_named(&self, word: &str) -> bool {
        let issuer = matches!(self, Subject::Issuer { id, .. } if id.eq_ignore_ascii_case(word));
        issuer || self.to_string().eq_ignore_ascii_case(word)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Theme(words) | Subject::Issuer { name: words, .. } | Subject::Household(words) => {
                f.write_str(words)
            }
            Subject::Sector(sector) => f.write_str(sector.id()),
            Subject::Symbol(symbol) => symbol.fmt(f),
            Subject::Symbols(symbols) => {
                let names: Vec<&str> = symbols.iter().map(Symbol::as_str).collect();
                f.write_str(&names.join(" + "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_of_the_value_and_name_it() {
        let nvidia = Subject::Issuer { id: "NVDA".to_owned(), name: "NVIDIA".to_owned() };
        assert_eq!(nvidia.to_string(), "NVIDIA");
        assert!(nvidia.is_named("nvidia") && nvidia.is_named("nvda") && !nvidia.is_named("nv"));
        let both = Subject::Symbols(vec![Symbol::new("XLI"), Symbol::new("XLB")]);
        assert_eq!(both.to_string(), "XLI + XLB");
        assert!(Subject::Sector(Sector::Energy).is_named("Energy"));
    }
}
