//! Which format a file has, by its content: one reader's, several', or none that is known.

use std::sync::Arc;

use super::input::{self, Input};
use super::{Detection, READERS, ReaderEntry, UNRECOGNISED, generic, nature, own};
use crate::diagnostics::{Diagnostic, Place, Source};
use crate::model::RawFile;

/// What a file is, as far as its first rows tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// One reader knows it: its id.
    As(&'static str),
    /// Several do.
    Several(Vec<&'static str>),
    /// None does.
    Unknown,
}

/// Returns what a file is, by its content. A folder of mixed files is sorted with it.
pub fn recognise(file: &RawFile) -> Recognised {
    let Ok(texts) = input::texts(file) else { return Recognised::Unknown };
    let found = texts.iter().map(|text| candidates(&Input::new(text))).find(|readers| !readers.is_empty());
    match found.unwrap_or_default().as_slice() {
        [] => Recognised::Unknown,
        [reader] => Recognised::As(reader.id),
        several => Recognised::Several(several.iter().map(|reader| reader.id).collect()),
    }
}

/// Returns the readers that know a file.
pub(super) fn candidates(input: &Input<'_>) -> Vec<&'static ReaderEntry> {
    let mut found = Vec::new();
    for reader in READERS {
        match (reader.detect)(input) {
            Detection::Only => return vec![reader],
            Detection::Yes => found.push(reader),
            Detection::No => {}
        }
    }
    found
}

/// Returns whether a header has a column that is the broker's own: symbols, names and values stand in any table.
fn is_its_own(input: &Input<'_>, row: usize, reader: &ReaderEntry) -> bool {
    let Some(names) = input.headers.get(row) else { return false };
    let found = |name: &&str| names.find(&[*name]).is_some();
    reader.needs.iter().flat_map(|names| names.iter()).any(|name| found(name) && !generic::is_plain(name))
}

/// Says what was looked for and how near the file comes to it.
pub(super) fn unrecognised(input: &Input<'_>) -> Diagnostic {
    let source: &Arc<Source> = input.source;
    if let Some(problem) = nature::tell(input) {
        return problem;
    }
    let near = READERS
        .iter()
        .filter(|reader| reader.needs.len() >= 2)
        .flat_map(|reader| {
            input.headers.iter().enumerate().map(move |(row, names)| (names.count(reader.needs), row, reader))
        })
        .filter(|(count, row, reader)| {
            *count >= 2 && *count * 2 >= reader.needs.len() && is_its_own(input, *row, reader)
        })
        .max_by_key(|(count, row, reader)| (*count * 100 / reader.needs.len(), std::cmp::Reverse(*row)));
    let known: Vec<&str> = READERS.iter().map(|reader| reader.broker).collect();
    if let Some((_, row, reader)) = near {
        let names = input.headers.get(row);
        let lacking: Vec<String> = reader
            .needs
            .iter()
            .filter(|alternatives| names.is_none_or(|names| names.find(alternatives).is_none()))
            .filter_map(|alternatives| alternatives.first().map(|name| format!("`{name}`")))
            .collect();
        let place = input.head.row(row).map_or_else(|| Place::whole(source), |row| row.place());
        let lacks = if lacking.is_empty() {
            "its title or other marks".to_owned()
        } else {
            format!("a column {}", lacking.join(" and "))
        };
        return Diagnostic::error(UNRECOGNISED, format!("the file looks like {}, but lacks {lacks}", reader.broker))
            .at(place)
            .hint(
                "download it again with that column in the view, or map its columns with [import.NAME] in broaden.toml",
            );
    }
    if let Some((row, names, lacks)) = generic::nearly(input) {
        let columns = names.join(", ");
        return Diagnostic::error(UNRECOGNISED, format!("this is a table with {columns}, and {lacks}"))
            .at(row.place())
            .hint(format!(
                "{}; in a table of your own, call the columns Symbol and Shares, or map them with [import.NAME] in broaden.toml",
                nature::downloads(input.text())
            ));
    }
    if let Some((row, names)) = generic::foreign(input) {
        let message = format!("this is a table with the columns {}, and too few of them are known", names.join(", "));
        return Diagnostic::error(UNRECOGNISED, message).at(row.place()).hint(
            "say in broaden.toml which is which: import.sheet.symbol = \"COLUMN\" and import.sheet.quantity = \"COLUMN\"; \
             `broaden explain import` lists the rest, and `decimal` for a comma",
        );
    }
    if own::is_config(input.text()) {
        return Diagnostic::error(UNRECOGNISED, "this is a config, not a portfolio")
            .at(Place::whole(source))
            .hint("give it with --config");
    }
    Diagnostic::error(UNRECOGNISED, "no format that broaden knows matches the content of this file")
        .at(Place::whole(source))
        .hint(format!(
            "looked for: {}; for another format map its columns with [import.NAME] in broaden.toml",
            known.join("; ")
        ))
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, portfolio};

    #[test]
    fn a_file_of_no_known_format_is_refused_with_what_was_looked_for() {
        let (_, sink) = portfolio(&["a,b,c\n1,2,3\n"]);
        assert_eq!(sink.items[0].code.id, "unrecognised-file");
        assert!(sink.items[0].hint.as_ref().unwrap().contains("Charles Schwab positions"));
        // Columns that any table may have are no broker's, and one of its own is.
        let (_, sink) = portfolio(&["Symbol,Description,Market Value\nVTI,VANGUARD,$1.00\n"]);
        assert_eq!(
            sink.items[0].message,
            "this is a table with `symbol`, `description`, `market value`, and no column with the number of shares"
        );
        let (_, sink) = portfolio(&["Symbol,Description,Mkt Val (Market Value)\nVTI,VANGUARD,$1.00\n"]);
        assert_eq!(
            sink.items[0].message,
            "the file looks like Charles Schwab positions, but lacks a column `qty (quantity)`"
        );
        let (_, sink) = portfolio(&["[limits.tech]\nkind = \"theme-cap\"\n"]);
        assert_eq!(sink.items[0].message, "this is a config, not a portfolio");
        assert_eq!(errors(""), ["empty-file"]);
    }

    #[test]
    fn names_that_look_like_a_header_do_not_make_a_portfolio_another_format() {
        let name = "x\nSymbol,Last Price $,Qty #,Value $\n";
        let text = format!(
            "# mine\n\n[[account]]\nname = \"A\"\n[[account.position]]\nname = \"\"\"{name}\"\"\"\nvalue = 1\n"
        );
        assert_eq!(errors(&text), Vec::<&str>::new());
        assert_eq!(portfolio(&[&text]).0.accounts[0].positions.len(), 1);
        // The same lines under an export are two formats.
        assert_eq!(errors(&format!("{name}{}", text.replace(name, ""))), ["ambiguous-file"]);
    }

    #[test]
    fn a_file_of_two_formats_is_not_guessed() {
        let (_, sink) = portfolio(&["Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\nVTI,V,1,1,1,1\n\n\
            Slice,Name,Invested value,Value,Owned quantity\nVTI,V,1,1,1\n"]);
        assert_eq!(sink.items[0].message, "the file could be any of: M1 holdings; Trading 212 pie");
        assert_eq!(sink.items[0].code.id, "ambiguous-file");
    }
}
