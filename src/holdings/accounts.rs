//! Account labels: name and mask, and the tax treatment that a name suggests.

use super::{KIND_GUESSED, report::Report};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, AccountKindOrigin, HeldIn, TaxTreatment};

/// Splits `Individual ...417`, `Brokerage XXXX-1234`, `Individual Brokerage -1112` into name and mask.
pub fn split_label(label: &str) -> (Option<String>, Option<String>) {
    let label = label.trim();
    for mark in ["...", "\u{2026}", "XXXX-", "XXXX", " -", " #", "**"] {
        if let Some((name, tail)) = label.rsplit_once(mark) {
            let tail = tail.trim();
            if (2..=8).contains(&tail.len()) && tail.chars().all(char::is_alphanumeric) {
                let name = name.trim().trim_end_matches(['-', '(']).trim();
                return ((!name.is_empty()).then(|| name.to_owned()), Some(tail.to_owned()));
            }
            if tail.chars().all(|c| c == '#') && tail.len() >= 2 {
                return (Some(name.trim().to_owned()), None);
            }
        }
    }
    ((!label.is_empty()).then(|| label.to_owned()), None)
}

/// Words that decide, in order of precedence, and what they mean.
const WORDS: [(TaxTreatment, &[&str]); 5] = [
    (
        TaxTreatment::K401,
        &["401k", "401", "403b", "403", "457", "457b", "tsp", "brokeragelink", "pcra", "529", "pension", "psp"],
    ),
    (TaxTreatment::Roth, &["roth", "rothira", "tfsa"]),
    (TaxTreatment::Hsa, &["hsa"]),
    (
        TaxTreatment::Traditional,
        &["ira", "irra", "rollover", "traditional", "sep", "simple", "rrsp", "keogh", "rrif", "lira"],
    ),
    (
        TaxTreatment::Taxable,
        &[
            "individual",
            "joint",
            "brokerage",
            "tod",
            "trust",
            "custodial",
            "utma",
            "ugma",
            "taxable",
            "jtwros",
            "cma",
            "community",
            "margin",
            "cash",
            "nonregistered",
            "registered",
            "corporate",
            "llc",
            "estate",
            "tenants",
        ],
    ),
];

/// Returns the treatment that an account's name suggests, with the word that does.
pub fn guess(name: &str) -> Option<(TaxTreatment, &str)> {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if let [.., first, second, third] = words.as_slice()
        && [first, second, third].map(|word| word.to_lowercase()) == ["health", "savings", "account"].map(str::to_owned)
    {
        return Some((TaxTreatment::Hsa, first));
    }
    WORDS.iter().find_map(|(treatment, list)| {
        words.iter().find(|word| list.contains(&word.to_lowercase().as_str())).map(|word| (*treatment, *word))
    })
}

/// What a column says of the tax alone, by the letters of its cells.
const STATUS: [(TaxTreatment, &[&str]); 3] = [
    (TaxTreatment::Traditional, &["taxdeferred", "pretax"]),
    (TaxTreatment::Roth, &["taxfree", "taxexempt"]),
    (TaxTreatment::Taxable, &["nonretirement"]),
];

/// Returns the treatment that a cell of a column of types or of tax means: `Roth IRA`, `Tax-deferred`. `Cash` and `Margin`
/// there are how a holding is paid for.
pub fn of_type(cell: &str) -> Option<TaxTreatment> {
    let letters: String = cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // It may be deferred or free.
    if letters.starts_with("nontax") || HeldIn::from_word(cell).is_some() {
        return None;
    }
    let status = || STATUS.iter().find(|(_, words)| words.iter().any(|word| letters.contains(word)));
    guess(cell).map(|(kind, _)| kind).or_else(|| status().map(|(kind, _)| *kind))
}

/// Returns the key of an account in `[accounts]`: `...8812`, else its name.
pub fn key(account: &Account) -> String {
    let tail = account.tail().map(|tail| format!("...{tail}"));
    tail.or_else(|| account.name.clone()).unwrap_or_else(|| account.label())
}

/// Sets the treatment of an account whose kind nothing in the config decides, and says so.
pub fn decide(account: &mut Account, report: &mut Report) {
    let label = account.label();
    let guessed = account.name.as_deref().and_then(guess).map(|(kind, word)| (kind, word.to_owned()));
    let message = match guessed {
        Some((kind, word)) => {
            account.kind = kind;
            account.kind_origin = AccountKindOrigin::GuessedFromName;
            format!("{label} is read as {} (from `{word}` in its name)", kind.id())
        }
        None => {
            account.kind = TaxTreatment::Taxable;
            account.kind_origin = AccountKindOrigin::Assumed;
            format!("{label} is taken as taxable: nothing says how it is taxed")
        }
    };
    let key = key(account);
    let note = Diagnostic::note(KIND_GUESSED, message)
        .hint(format!("to change it: accounts.{key:?}.kind = \"roth\" at the top of broaden.toml"));
    report.push(match &account.place {
        Some(place) => note.at(place.clone()),
        None => note,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_split_into_name_and_mask() {
        let split = |text: &str| {
            let (name, mask) = split_label(text);
            (name.unwrap_or_default(), mask.unwrap_or_default())
        };
        for (label, name, mask) in [
            ("Individual ...417", "Individual", "417"),
            ("Individual                        XXXX-4321", "Individual", "4321"),
            ("Doe Family Trust, Jane Doe ...426", "Doe Family Trust, Jane Doe", "426"),
            ("Individual Brokerage -1112", "Individual Brokerage", "1112"),
            ("Individual ...###", "Individual", ""),
            ("Roth", "Roth", ""),
        ] {
            assert_eq!(split(label), (name.to_owned(), mask.to_owned()), "{label}");
        }
    }

    #[test]
    fn names_suggest_the_tax_treatment() {
        for (name, kind) in [
            ("Roth_Contributory_IRA", TaxTreatment::Roth),
            ("Retirement_IRA", TaxTreatment::Traditional),
            ("EXAMPLE CO 401(K) PLAN", TaxTreatment::K401),
            ("EXAMPLE 401K PLAN", TaxTreatment::K401),
            ("Roth 401k", TaxTreatment::K401),
            ("BrokerageLink", TaxTreatment::K401),
            ("Health Savings Account", TaxTreatment::Hsa),
            ("[Fidelity] Individual - TOD", TaxTreatment::Taxable),
            ("Doe Family Trust, Jane Doe", TaxTreatment::Taxable),
            ("SIMPLE IRA", TaxTreatment::Traditional),
        ] {
            assert_eq!(guess(name).map(|(kind, _)| kind), Some(kind), "{name}");
        }
        assert_eq!(guess("Blue Sky"), None);
    }

    #[test]
    fn cells_of_a_type_say_the_tax_treatment() {
        for (cell, kind) in [
            ("Roth IRA", Some(TaxTreatment::Roth)),
            ("Tax-deferred", Some(TaxTreatment::Traditional)),
            ("Tax Deferred", Some(TaxTreatment::Traditional)),
            ("Pre-tax", Some(TaxTreatment::Traditional)),
            ("Pre-tax 401(k)", Some(TaxTreatment::K401)),
            ("Tax-free", Some(TaxTreatment::Roth)),
            ("Taxable", Some(TaxTreatment::Taxable)),
            ("Non-retirement", Some(TaxTreatment::Taxable)),
            ("Non-taxable", None),
            ("Margin", None),
            ("Retirement", None),
        ] {
            assert_eq!(of_type(cell), kind, "{cell}");
        }
    }
}
