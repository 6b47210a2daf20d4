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

/// Returns the words that tell a name apart, lower-case, in order.
pub(crate) fn key(name: &str) -> String {
    let spaced: String = name
        .chars()
        .filter(|c| !matches!(c, '\u{ae}' | '\u{2122}'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let lower = spaced.to_lowercase();
    let all: Vec<&str> = lower.split_whitespace().collect();
    let telling: Vec<&str> = all.iter().copied().filter(|word| !NOISE.contains(word)).collect();
    if telling.is_empty() { all.join(" ") } else { telling.join(" ") }
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
            ("Vanguard 500 Index Fund Admiral", "VANGUARD 500 INDEX FUND - Admiral Shares"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("Ford"), key("Fortinet"));
        assert_eq!(key("A"), "a");
    }

    #[test]
    fn an_issuer_is_named_without_its_class() {
        assert_eq!(without_class("Alphabet Class A"), "Alphabet");
        assert_eq!(without_class("NVIDIA"), "NVIDIA");
    }
}
