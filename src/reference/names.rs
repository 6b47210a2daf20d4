//! Comparing names of companies and funds across files that spell them differently.

/// Words that say nothing about which company it is.
const NOISE: [&str; 39] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "companies",
    "plc",
    "ltd",
    "limited",
    "llc",
    "lp",
    "sa",
    "nv",
    "ag",
    "se",
    "the",
    "and",
    "of",
    "com",
    "class",
    "cl",
    "a",
    "b",
    "c",
    "adr",
    "common",
    "stock",
    "shares",
    "ordinary",
    "new",
    "reit",
    "sponsored",
    "group",
    "holdings",
    "holding",
    "s",
    "cos",
    "de",
];

/// Share classes of funds, at the end of their names.
const CLASSES: [&str; 4] = ["admiral", "investor", "institutional", "plus"];

/// Words and names that files write in another way.
const OTHERWISE: [(&str, &str); 4] = [
    ("intl", "international"),
    ("technology", "technologies"),
    ("general electric", "ge aerospace"),
    ("taiwan semiconductor manufacturing", "taiwan semiconductor"),
];

/// Returns the words that tell a name apart, lower-case, in order. Initials are one word: `D. R. Horton` is `dr horton`.
pub(crate) fn key(name: &str) -> String {
    let spaced: String = name
        .chars()
        .filter(|c| !matches!(c, '\u{ae}' | '\u{2122}'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let lower = spaced.to_lowercase();
    let mut all: Vec<String> = Vec::new();
    let mut after_initial = false;
    for word in lower.split_whitespace() {
        let initial = word.chars().nth(1).is_none();
        match all.last_mut() {
            Some(last) if initial && after_initial => last.push_str(word),
            _ => all.push(word.to_owned()),
        }
        after_initial = initial;
    }
    let telling: Vec<&str> = all.iter().map(String::as_str).filter(|word| !NOISE.contains(word)).map(usual).collect();
    if telling.is_empty() {
        return all.join(" ");
    }
    // Filings are of all share classes of a fund: "Vanguard 500 Index Fund".
    let classes = telling.iter().rev().take_while(|word| CLASSES.contains(word)).count();
    let named = telling.get(..telling.len() - classes).filter(|rest| !rest.is_empty()).unwrap_or(&telling);
    usual(&named.join(" ")).to_owned()
}

fn usual(text: &str) -> &str {
    OTHERWISE.iter().find(|(other, _)| *other == text).map_or(text, |(_, usual)| usual)
}

/// Returns a company's name without its share class: `Alphabet Class A` is of `Alphabet`.
pub(crate) fn without_class(name: &str) -> String {
    match name.split_once(" Class ") {
        Some((company, _)) => company.to_owned(),
        None => name.trim_end_matches(" preferred").trim_end_matches(" voting").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_company_agree() {
        for (one, other) in [
            ("Apple", "APPLE INC"),
            ("Alphabet Class A", "Alphabet Inc. Class C"),
            ("Coca-Cola", "COCA COLA CO/THE"),
            ("Lowe's", "Lowe\u{2019}s Companies, Inc."),
            ("U.S. Bancorp", "US BANCORP"),
            ("D. R. Horton", "DR HORTON INC"),
            ("PG&E", "PG+E CORP"),
            ("International Business Machines", "INTL BUSINESS MACHINES CORP"),
            ("GE Aerospace", "General Electric Co"),
            ("Vanguard 500 Index Fund Admiral", "VANGUARD 500 INDEX FUND - Admiral Shares"),
            ("Vanguard 500 Index Fund Admiral", "VANGUARD 500 INDEX FUND"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("Ford"), key("Fortinet"));
        assert_eq!(key("A"), "a");
        // A letter for the class is no initial of the name.
        assert_eq!(key("Alphabet Inc Class A"), "alphabet");
        assert_ne!(key("Rogers Corp"), key("Rogers Communications"));
    }

    #[test]
    fn an_issuer_is_named_without_its_class() {
        assert_eq!(without_class("Alphabet Class A"), "Alphabet");
        assert_eq!(without_class("NVIDIA"), "NVIDIA");
    }
}
