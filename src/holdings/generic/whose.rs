//! Whose a row is, and how that account is taxed, as columns say.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::part::Part;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::text::masked;
use crate::holdings::report::Report;
use crate::holdings::table::Row;
use crate::holdings::{KIND_GUESSED, accounts, totals};
use crate::model::{HeldIn, TaxTreatment};

/// Which columns say whose a row is.
pub struct Whose {
    institution: Option<usize>,
    name: Option<usize>,
    number: Option<usize>,
    owner: Option<usize>,
    /// What says how the account is taxed.
    kind: Option<usize>,
    /// The accounts of which several types are told: each is an account of its own.
    several: HashSet<String>,
    /// How each account is taxed, where its type tells.
    kinds: HashMap<String, TaxTreatment>,
    /// By line, the account above a row that names none and says the type of one of several of that name.
    carried: HashMap<usize, String>,
}

impl Whose {
    pub fn of(part: &Part<'_, '_>, report: &mut Report) -> Self {
        let [name, kind, number, institution, owner] =
            ["account", "account-type", "account-number", "institution", "owner"].map(|role| part.role(role));
        unclear(part, kind, name, report);
        let told = kind.filter(|kind| part.rows.iter().any(|row| accounts::of_type(row.text(*kind)).is_some()));
        // A column of names in which nothing stands names nothing: then the type does.
        let name = name.filter(|name| part.rows.iter().any(|row| !row.text(*name).is_empty())).or(told);
        let (several, kinds, carried) = Default::default();
        let mut whose = Whose { institution, name, number, owner, kind: told, several, kinds, carried };
        if told.is_none() {
            return whose;
        }
        if told != name {
            // A row that names no account is of the one above.
            let (mut first, mut last) = (HashMap::<String, String>::new(), None);
            let mut above = Vec::new();
            for row in &part.rows {
                let own = whose.named(row);
                let carries = own.is_none();
                last = own.map(|key| (key, whose.label(row))).or(last);
                let (Some((key, label)), Some(cell)) = (&last, whose.told(row).map(words)) else { continue };
                if *first.entry(key.clone()).or_insert_with(|| cell.clone()) != cell {
                    whose.several.insert(key.clone());
                }
                if carries {
                    above.push((row.line(), key.clone(), label.clone()));
                }
            }
            let several = |key: &String| whose.several.contains(key);
            whose.carried =
                above.into_iter().filter(|(_, key, _)| several(key)).map(|(line, _, label)| (line, label)).collect();
        }
        for row in &part.rows {
            if let Some((key, kind)) = whose.key(row).zip(whose.told(row).and_then(accounts::of_type)) {
                whose.kinds.entry(key).or_insert(kind);
            }
        }
        whose
    }

    /// Returns what the type of a row says, where that tells how its account is taxed.
    fn told<'t>(&self, row: &Row<'t>) -> Option<&'t str> {
        Some(row.get(self.kind)).filter(|cell| accounts::of_type(cell).is_some())
    }

    /// Returns the account of a row as it is written, with its owner.
    fn label(&self, row: &Row<'_>) -> String {
        let parts = [self.owner, self.institution, self.name, self.number].map(|column| row.get(column));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Returns the account of a row without its type; `None` for a row that names none.
    fn named(&self, row: &Row<'_>) -> Option<String> {
        let parts = [self.institution, self.name, self.number].map(|column| row.get(column));
        let named = parts.iter().any(|part| !part.is_empty());
        named.then(|| words(&format!("{} {}", row.get(self.owner), parts.join(" "))))
    }

    /// Returns what tells the account of a row from all others.
    fn key(&self, row: &Row<'_>) -> Option<String> {
        let account = self.account(row);
        (!account.is_empty()).then(|| words(&format!("{} {account}", row.get(self.owner))))
    }

    /// Returns how the account of a row is taxed, as the type in one of its rows says.
    pub fn kind(&self, row: &Row<'_>) -> Option<TaxTreatment> {
        self.kinds.get(&self.key(row)?).copied()
    }

    /// Returns the account that a row names for those below it: it has no security of its own.
    pub fn heads(&self, row: &Row<'_>, part: &Part<'_, '_>) -> Option<String> {
        let none = row.is_null(part.cells.symbol) && row.is_null(part.cells.name);
        Some(self.account(row).into_owned()).filter(|name| none && !name.is_empty() && !totals::says_total(name))
    }

    /// Returns the account of a row: two of one name differ by their number, by where they are held, or by their type.
    pub fn account<'t>(&self, row: &Row<'t>) -> Cow<'t, str> {
        if let Some((above, kind)) = self.carried.get(&row.line()).zip(self.told(row)) {
            return Cow::Owned(format!("{above} {kind}"));
        }
        let apart = !self.several.is_empty() && self.named(row).is_some_and(|key| self.several.contains(&key));
        let kind = self.told(row).filter(|_| apart).unwrap_or_default();
        let [institution, name, number] = [self.institution, self.name, self.number].map(|column| row.get(column));
        let parts = [institution, name, number, kind];
        let mut told = parts.iter().filter(|part| !part.is_empty());
        match (told.next(), told.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(one), None) => Cow::Borrowed(one),
            _ => Cow::Owned(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")),
        }
    }
}

/// Returns a text in small letters with single blanks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Warns of a type that does not say how its account is taxed, where the name of the account does not either.
fn unclear(part: &Part<'_, '_>, kind: Option<usize>, name: Option<usize>, report: &mut Report) {
    let Some(kind) = kind else { return };
    let mut seen = HashSet::new();
    for row in &part.rows {
        let (cell, account) = (row.text(kind), row.get(name));
        let tells = accounts::of_type(cell).is_some() || HeldIn::from_word(cell).is_some();
        if cell.is_empty() || tells || accounts::guess(account).is_some() || !seen.insert((cell, account)) {
            continue;
        }
        let whose = if account.is_empty() { String::new() } else { format!(" of `{}`", masked(account)) };
        let message =
            format!("`{}` in `{}` does not say how the account{whose} is taxed", masked(cell), part.header.text(kind));
        report.push(Diagnostic::warning(KIND_GUESSED, message).at(row.cell_place(kind)).hint(
            "write `Taxable`, `Traditional IRA`, `Roth IRA`, `401k` or `HSA` there, or set `kind` in [accounts]",
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Document;
    use crate::diagnostics::{Sink, Source};
    use crate::holdings;
    use crate::holdings::generic::read_imports;
    use crate::holdings::testing::{errors, portfolio};
    use crate::model::RawFile;

    fn told(text: &str) -> Vec<String> {
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let mut found: Vec<String> = read
            .accounts
            .iter()
            .map(|own| format!("{}: {}, {}", own.label(), own.kind.id(), own.positions.len()))
            .collect();
        found.sort();
        found
    }

    /// The type was said to be read, and only the name was.
    #[test]
    fn the_type_of_an_account_decides_how_it_is_taxed() {
        let head = "Account,Account Type,Symbol,Shares,Price,Value";
        let text = format!("{head}\nJane A,Roth IRA,VTI,10,300,3000\nJane B,Brokerage,BND,10,70,700\n");
        assert_eq!(told(&text), ["Jane A: roth, 1", "Jane B: taxable, 1"]);
        // It goes before what the name suggests, and one row of the account is enough.
        let text = format!("{head}\nTrust,,VTI,10,300,3000\nTrust,Traditional IRA,BND,10,70,700\n");
        assert_eq!(told(&text), ["Trust: traditional, 2"]);
    }

    #[test]
    fn accounts_of_one_name_are_told_apart_by_their_types() {
        let head = "Account,Account Type,Symbol,Shares,Price,Value";
        let rows = "Jane,Roth IRA,VTI,10,300,3000\nJane,Brokerage,BND,10,70,700\nJane,roth  ira,BND,5,70,350\n";
        assert_eq!(told(&format!("{head}\n{rows}")), ["Jane Brokerage: taxable, 1", "Jane Roth IRA: roth, 2"]);
        // Named once for several rows, it is another where the type changes.
        let rows = "Jane,Roth IRA,VTI,10,300,3000\n,,NVDA,1,180,180\n,Brokerage,BND,10,70,700\n,,AAPL,1,200,200\n,Roth IRA,VIG,1,200,200\n";
        assert_eq!(told(&format!("{head}\n{rows}")), ["Jane Brokerage: taxable, 2", "Jane Roth IRA: roth, 3"]);
        let numbered = "Account,Account Number,Account Type,Symbol,Shares,Price\nJane,11112222,IRA,VTI,10,300\nJane,11112222,Roth IRA,BND,5,70\n,,IRA,VIG,1,200\n";
        assert_eq!(told(numbered), ["...2222 Jane IRA: traditional, 2", "...2222 Jane Roth IRA: roth, 1"]);
        // How a position is paid for tells no accounts apart.
        let rows = "Jane,Cash,VTI,10,300,3000\nJane,Margin,BND,10,70,700\n";
        assert_eq!(told(&format!("{head}\n{rows}")), ["Jane: taxable, 2"]);
        let owners =
            "Owner,Account,Account Type,Symbol,Shares,Price\nAnn,Main,IRA,VTI,10,300\nBob,Main,Roth IRA,VTI,5,300\n";
        assert_eq!(told(owners), ["Ann Main: traditional, 1", "Bob Main: roth, 1"]);
    }

    #[test]
    fn a_tax_status_is_a_type_and_no_transaction() {
        let rows = "Symbol,Shares,Price,Value\nJane A,Tax-free,VTI,10,300,3000\nJane B,Tax-deferred,VTI,5,300,1500\n";
        assert_eq!(told(&format!("Account,Tax Status,{rows}")), ["Jane A: roth, 1", "Jane B: traditional, 1"]);
        assert_eq!(told(&format!("Account,Tax Treatment,{rows}")).len(), 2);
        // A column of another name is not used, and no list of transactions either.
        assert_eq!(told(&format!("Account,Bucket,{rows}")), ["Jane A: taxable, 1", "Jane B: taxable, 1"]);
        let alone = "Tax Status,Symbol,Shares,Price\nTaxable,VTI,10,300\nTax-deferred,VTI,5,300\n";
        assert_eq!(told(alone), ["Tax-deferred: traditional, 1", "Taxable: taxable, 1"]);
    }

    #[test]
    fn a_mapping_names_the_column_of_types_as_it_likes() {
        let mut sink = Sink::default();
        let config = "[import.sheet]\nsymbol = \"T\"\nquantity = \"N\"\naccount = \"A\"\naccount-type = \"Bucket\"\n";
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
        let imports = read_imports(&document, &mut sink);
        let file = RawFile::new("0.csv", b"T,N,A,Bucket\nVTI,10,Jane,Tax-free\nVTI,20,Jane,Taxable\n".to_vec());
        let read = holdings::read_with(&[file], &[], &imports, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let told: Vec<_> = read.accounts.iter().map(|own| (own.label(), own.kind.id())).collect();
        assert_eq!(told, [("Jane Tax-free".to_owned(), "roth"), ("Jane Taxable".to_owned(), "taxable")]);
    }

    #[test]
    fn a_type_that_does_not_tell_is_named() {
        let text = "Account,Tax Status,Symbol,Shares,Price\nJane,Non-taxable,VTI,10,300\n";
        assert_eq!(errors(text), ["account-kind"]);
        let named = "Account,Account Type,Symbol,Shares,Price\nRoth IRA,Investment,VTI,10,300\n";
        assert!(errors(named).is_empty());
    }
}
