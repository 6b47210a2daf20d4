//! The keys of the sources that want one: from the environment, or from a file that nobody else may read. A key is never
//! taken from the command line or the config, never printed, and never written.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use broaden::config::fetch::Addresses;

use super::sources::{SOURCES, Source};
use crate::cli::disk::Disk;
use crate::cli::outputs::shown;

/// Largest file with a key.
const LARGEST: u64 = 4096;

/// The keys at hand, by source.
#[derive(Default)]
pub struct Keys(BTreeMap<&'static str, String>);

impl Keys {
    /// Looks for the key of each source.
    ///
    /// # Errors
    /// A file that is not there or that others may read, and a key that is none.
    pub fn find(disk: &dyn Disk, folder: &Path, addresses: &Addresses) -> Result<Keys> {
        let mut keys = Keys::default();
        for source in SOURCES {
            let Some(key) = &source.key else { continue };
            let (text, from) = match (std::env::var(key.variable), addresses.of(key.file)) {
                (Ok(text), _) if !text.trim().is_empty() => (text, key.variable.to_owned()),
                (_, "") => continue,
                (_, name) => {
                    let path = folder.join(name);
                    let place = shown(&path);
                    if !disk.is_private(&path).with_context(|| format!("could not read the key in {place}"))? {
                        bail!("{place} may be read by others, so the key in it is not used: chmod 600 it");
                    }
                    let bytes =
                        disk.read(&path, LARGEST).with_context(|| format!("could not read the key in {place}"))?;
                    (String::from_utf8_lossy(&bytes).into_owned(), place)
                }
            };
            let text = text.trim();
            // It becomes part of a header or an address.
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
                bail!("{from} holds no key: letters, digits, - and _");
            }
            keys.0.insert(source.id, text.to_owned());
        }
        Ok(keys)
    }

    /// Returns whether a source can be asked.
    pub fn serve(&self, source: &Source) -> bool {
        source.key.is_none() || self.0.contains_key(source.id)
    }

    /// Returns the key of a source.
    pub fn of(&self, source: &Source) -> Option<&str> {
        self.0.get(source.id).map(String::as_str)
    }

    /// Returns a text of a source without its key: some sites print it in a refusal.
    pub fn hidden(&self, source: &Source, text: String) -> String {
        match self.of(source) {
            Some(key) => text.replace(key, "***"),
            None => text,
        }
    }
}
