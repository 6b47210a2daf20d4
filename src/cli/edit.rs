//! A config with some values changed and everything else as it was: comments, order, blank lines. And the difference, to be
//! read before it is written.

use anyhow::{Context, Result};
use toml_edit::{DocumentMut, Item, Key, Table, Value};

/// Returns the text with each key of a dotted path at its value, written as TOML. A part with dots is in quotes.
///
/// # Errors
/// When the text or a value is no TOML, or a key leads through what is no table.
pub fn edited(text: &str, changes: &[(String, String)]) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("the config cannot be read")?;
    for (path, value) in changes {
        let value: Value = value.parse().with_context(|| format!("{value} is no value"))?;
        let mut parts = Key::parse(path).with_context(|| format!("{path} is no key"))?;
        let last = parts.pop().with_context(|| format!("{path} is no key"))?;
        let mut item = document.as_item_mut();
        for part in parts {
            let table = item.as_table_like_mut().with_context(|| format!("{path}: there is no table of that name"))?;
            item = table.entry(&part).or_insert_with(|| {
                let mut table = Table::new();
                // `[limits.tech]` alone, without an empty `[limits]` before it.
                table.set_implicit(true);
                Item::Table(table)
            });
        }
        let table = item.as_table_like_mut().with_context(|| format!("{path}: there is no table of that name"))?;
        match table.get_mut(&last).and_then(Item::as_value_mut) {
            // The blanks and the comment around it stay.
            Some(old) => {
                let decor = old.decor().clone();
                *old = value;
                *old.decor_mut() = decor;
            }
            None => drop(table.insert(&last, Item::Value(value))),
        }
    }
    Ok(document.to_string())
}

/// Returns a value as TOML: as it is where it is some, else as a text, as `--set` takes it.
pub fn as_toml(value: &str) -> String {
    if value.parse::<Value>().is_ok() { value.to_owned() } else { Value::from(value).to_string() }
}

/// Returns the text without some keys of a table, each with the comment behind it.
///
/// # Errors
/// When the text is no TOML.
pub fn without(text: &str, table: &str, keys: &[&str]) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("the config cannot be read")?;
    if let Some(table) = document.get_mut(table).and_then(Item::as_table_like_mut) {
        keys.iter().for_each(|key| drop(table.remove(key)));
    }
    Ok(document.to_string())
}

/// Most comparisons of lines; a difference beyond them is shown as one block.
const MOST: usize = 4_000_000;

/// Returns the lines that differ, with `-` and `+`, and up to two lines around them.
pub fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let old_middle = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
    let new_middle = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
    let mut marked: Vec<(char, &str)> = old.iter().take(head).map(|line| (' ', *line)).collect();
    marked.extend(middle(old_middle, new_middle));
    marked.extend(old_rest.iter().skip(old_middle.len()).map(|line| (' ', *line)));
    let near = |at: usize| marked.iter().skip(at.saturating_sub(2)).take(at.min(2) + 3).any(|(mark, _)| *mark != ' ');
    let mut text = String::new();
    let mut cut = false;
    for (at, (mark, line)) in marked.iter().enumerate() {
        if near(at) {
            text.push_str(if cut && !text.is_empty() { "...\n" } else { "" });
            text.push_str(&format!("{mark} {line}\n"));
        }
        cut = !near(at);
    }
    text
}

/// Marks the lines of two texts by their longest common subsequence.
fn middle<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let mut marked = Vec::new();
    if old.len().saturating_mul(new.len()) > MOST {
        marked.extend(old.iter().map(|line| ('-', *line)));
        marked.extend(new.iter().map(|line| ('+', *line)));
        return marked;
    }
    // How many lines the rests of both have in common.
    let wide = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * wide];
    let at = |common: &[usize], i: usize, j: usize| common.get(i * wide + j).copied().unwrap_or(0);
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let most = match one == other {
                true => at(&common, i + 1, j + 1) + 1,
                false => at(&common, i + 1, j).max(at(&common, i, j + 1)),
            };
            if let Some(place) = common.get_mut(i * wide + j) {
                *place = most;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => {
                marked.push((' ', *one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                marked.push(('-', *one));
                i += 1;
            }
            (_, Some(other)) => {
                marked.push(('+', *other));
                j += 1;
            }
            _ => return marked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, changes: &[(&str, &str)]) -> String {
        let changes: Vec<_> = changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        edited(text, &changes).unwrap()
    }

    #[test]
    fn a_value_changes_and_nothing_else() {
        let text =
            "# mine\n\n[limits.tech]   # the core\nbase =   \"45%\"  # why\nmin = \"35%\"\n\n[tax]\nlong-rate = 0.2\n";
        let after = changed(text, &[("limits.tech.base", "\"40%\"")]);
        assert_eq!(after, text.replace("\"45%\"", "\"40%\""));
        assert_eq!(
            difference(text, &after),
            "  \n  [limits.tech]   # the core\n- base =   \"45%\"  # why\n+ base =   \"40%\"  # why\n  min = \"35%\"\n  \n"
        );
        assert_eq!(difference(text, text), "");
    }

    #[test]
    fn what_is_not_there_is_added_where_it_belongs() {
        let text = "[household]\ncash-reserve = \"1%\"\n";
        let after = changed(text, &[("household.benchmark", "\"VTI\""), ("limits.turnover.max", "\"7.5%\"")]);
        assert_eq!(
            after,
            "[household]\ncash-reserve = \"1%\"\nbenchmark = \"VTI\"\n\n[limits.turnover]\nmax = \"7.5%\"\n"
        );
        assert_eq!(changed("", &[("route.by", "\"2027-01-31\"")]), "[route]\nby = \"2027-01-31\"\n");
        assert_eq!(
            changed("limits = { tech = { base = 0.4 } }\n", &[("limits.tech.base", "0.3")]),
            "limits = { tech = { base = 0.3 } }\n"
        );
        assert_eq!(changed("limits.tech.base = 0.4\n", &[("limits.tech.base", "0.3")]), "limits.tech.base = 0.3\n");
    }

    #[test]
    fn what_is_no_toml_is_a_text() {
        let found = ["30%", "[35, 65]", "3", "weekly", "\"a\""].map(as_toml);
        assert_eq!(found, ["\"30%\"", "[35, 65]", "3", "\"weekly\"", "\"a\""]);
    }

    #[test]
    fn names_with_dots_are_in_quotes() {
        let key = "accounts.\"...417\".kind";
        assert_eq!(changed("", &[(key, "\"roth\"")]), "[accounts.\"...417\"]\nkind = \"roth\"\n");
        let text = "[accounts.'...417']\nmenu = [\"VTI\"] # mine\n";
        assert_eq!(changed(text, &[(key, "\"roth\"")]), format!("{text}kind = \"roth\"\n"));
    }

    #[test]
    fn keys_go_and_nothing_else() {
        let text = "[tax]\n# mine\nshort-rate = 0.3 # so\nfiling = \"single\"\n\n[trading]\nshort-rate = 1\n";
        let after = without(text, "tax", &["short-rate", "long-rate"]).unwrap();
        assert_eq!(after, "[tax]\nfiling = \"single\"\n\n[trading]\nshort-rate = 1\n");
        assert_eq!(without("", "tax", &["short-rate"]).unwrap(), "");
    }

    #[test]
    fn what_is_no_table_is_not_written_into() {
        let change = [("limits.tech.base".to_owned(), "0.3".to_owned())];
        assert!(edited("limits = 3\n", &change).is_err() && edited("[limits\n", &change).is_err());
        assert!(edited("", &[("a".to_owned(), "= 3".to_owned())]).is_err());
    }

    #[test]
    fn far_changes_are_shown_apart() {
        let text: String = (0..20).map(|line| format!("{line}\n")).collect();
        let after = text.replace("\n3\n", "\nthree\n").replace("\n16\n", "\n");
        assert_eq!(difference(&text, &after), "  1\n  2\n- 3\n+ three\n  4\n  5\n...\n  14\n  15\n- 16\n  17\n  18\n");
    }
}
