//! A setting written into `broaden.toml`, with everything else of the file as it was.

use toml_edit::{DocumentMut, Item, Table, Value};

/// Returns the text of a config with some keys set. Comments, order and spacing stay; a key that is there keeps its place.
///
/// # Errors
/// When the text is no TOML, or a key leads through something that is no table.
pub fn with_settings(text: &str, settings: &[(String, String)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    for (key, value) in settings {
        let parts: Vec<&str> = key.split('.').map(|part| part.trim().trim_matches('"')).collect();
        let Some((last, tables)) = parts.split_last() else { continue };
        let mut table: &mut Table = document.as_table_mut();
        for part in tables {
            let inner = table.entry(part).or_insert_with(|| {
                let mut new = Table::new();
                new.set_implicit(true);
                Item::Table(new)
            });
            table = inner.as_table_mut().ok_or_else(|| format!("`{part}` of `{key}` is no table"))?;
        }
        let mut new: Value = value.parse().unwrap_or_else(|_| Value::from(value.as_str()));
        match table.get_mut(last).and_then(Item::as_value_mut) {
            Some(old) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            None => {
                table.insert(last, Item::Value(new));
            }
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_and_keys_keep_their_place() {
        let text =
            "# mine\n[limits.tech]   # the cap\nmin = \"25%\"     # why\nbase = \"40%\"\n\n[tax]\nshort-rate = 0.3\n";
        let settings = [
            ("limits.tech.min".to_owned(), "30%".to_owned()),
            ("signals.breadth-200.ramp".to_owned(), "[35, 65]".to_owned()),
            ("rotation.confirm".to_owned(), "3".to_owned()),
        ];
        let found = with_settings(text, &settings).unwrap_or_default();
        assert_eq!(
            found,
            "# mine\n[limits.tech]   # the cap\nmin = \"30%\"     # why\nbase = \"40%\"\n\n[tax]\nshort-rate = 0.3\n\n[signals.breadth-200]\nramp = [35, 65]\n\n[rotation]\nconfirm = 3\n"
        );
        assert!(with_settings("tax = 1\n", &[("tax.short-rate".to_owned(), "1".to_owned())]).is_err());
        assert!(with_settings("= 1", &[]).is_err());
    }
}
