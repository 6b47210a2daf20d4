//! What the page can save: thresholds into the config, decisions, orders. It is shown before, and written together or not at
//! all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use broaden::proposal::Proposal;
use broaden::report::{self, Options, RENDERERS};
use serde::{Deserialize, Serialize};

use crate::cli::disk::{Disk, folder_of};
use crate::cli::edit::{difference, edited};
use crate::cli::inputs::LARGEST;
use crate::cli::outputs::{Guard, Outputs, shown, unchanged};

/// The formats of orders that are saved.
const ORDERS: [&str; 3] = ["csv", "ticket", "ibkr"];

/// Where it goes.
pub struct Places {
    pub disk: Rc<dyn Disk>,
    pub guard: Guard,
    /// The config, which need not be there yet.
    pub config: PathBuf,
    /// The folder beside the holdings in which new folders go.
    pub folder: PathBuf,
}

/// What was in the files that a save writes when they were shown; nothing where there was none.
pub type Seen = BTreeMap<PathBuf, Vec<u8>>;

/// What would be written.
#[derive(Serialize)]
pub struct Preview {
    pub revision: u64,
    config: String,
    /// What changes in the config; empty where nothing does.
    difference: String,
    files: Vec<File>,
    decided: bool,
}

#[derive(Serialize)]
struct File {
    kind: &'static str,
    name: String,
    replaces: bool,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Of which plan.
    pub revision: u64,
    #[serde(default)]
    pub rules: bool,
    #[serde(default)]
    pub decisions: bool,
    #[serde(default)]
    pub orders: bool,
}

/// What there is to save.
pub struct Saving<'s> {
    pub proposal: &'s Proposal,
    /// The config as it was read; empty where there was none.
    pub config: &'s str,
    /// Keys of the config that change, with their values.
    pub changes: &'s [(String, String)],
    /// The text of a decisions.toml; empty where nothing is decided.
    pub decisions: String,
}

impl Places {
    /// Says what would be written.
    ///
    /// # Errors
    /// When the config cannot be changed.
    pub fn preview(&self, saving: &Saving<'_>, revision: u64) -> Result<Preview> {
        let after = edited(saving.config, saving.changes)?;
        let file = |(kind, path): (&'static str, PathBuf)| File {
            kind,
            name: shown(&path),
            replaces: self.disk.metadata(&path).is_ok(),
        };
        let files = self.files(saving).into_iter().map(|(kind, path, _)| file((kind, path))).collect();
        Ok(Preview {
            revision,
            config: shown(&self.config),
            difference: lines(&difference(saving.config, &after)),
            files,
            decided: !saving.decisions.is_empty(),
        })
    }

    /// Writes what is wanted and returns the text of the config, where it is another now, and the names of what was written.
    ///
    /// # Errors
    /// When the config or a file that would be replaced changed meanwhile, and whatever the disk says; then everything is as it was.
    pub fn save(&self, saving: &Saving<'_>, wanted: Wanted, seen: &Seen) -> Result<(Option<String>, Vec<String>)> {
        let disk = &*self.disk;
        let mut outputs = Outputs::new(disk);
        let mut written = Vec::new();
        let mut config = None;
        if wanted.rules && !saving.changes.is_empty() {
            unchanged(disk, &self.config, saving.config)?;
            self.guard.check_own(disk, &self.config)?;
            let after = edited(saving.config, saving.changes)?;
            outputs.stage(&self.config, after.as_bytes())?;
            written.push(shown(&self.config));
            config = Some(after);
        }
        let files = self.files(saving).into_iter();
        let files: Vec<_> =
            files.filter(|(kind, ..)| if *kind == "decisions" { wanted.decisions } else { wanted.orders }).collect();
        for (_, path, text) in files {
            if seen.get(&path).is_some_and(|before| self.there(&path) != *before) {
                bail!("{} is another than when it was shown; nothing is written. Look at it again", shown(&path));
            }
            let folder = folder_of(&path);
            disk.make_folder(folder, false).with_context(|| format!("could not make {}", shown(folder)))?;
            self.guard.check(disk, [path.as_path()])?;
            outputs.stage(&path, text.as_bytes())?;
            written.push(shown(&path));
        }
        if written.is_empty() {
            bail!("there is nothing to write");
        }
        outputs.commit()?;
        Ok((config, written))
    }

    /// Returns what is in the files that a save writes.
    pub fn seen(&self, saving: &Saving<'_>) -> Seen {
        self.files(saving).into_iter().map(|(_, path, _)| (path.clone(), self.there(&path))).collect()
    }

    fn there(&self, path: &Path) -> Vec<u8> {
        self.disk.read(path, LARGEST).unwrap_or_default()
    }

    /// The files beside the config, by kind, with their texts.
    fn files(&self, saving: &Saving<'_>) -> Vec<(&'static str, PathBuf, String)> {
        let folder = self.folder.join(format!("review-{}", saving.proposal.as_of));
        let mut files = Vec::new();
        if !saving.decisions.is_empty() {
            files.push(("decisions", folder.join("decisions.toml"), saving.decisions.clone()));
        }
        for renderer in ORDERS.into_iter().filter_map(|id| RENDERERS.iter().find(|renderer| renderer.id == id)) {
            let text = (renderer.render)(saving.proposal, Options { width: 100, colour: false });
            files.push(("orders", folder.join(format!("orders{}", renderer.ending)), text));
        }
        files
    }
}

/// Returns where files about a household go: its folder, or that of the first file.
pub fn folder(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { folder_of(path).to_owned() }
}

/// A text without what could mislead, line by line.
fn lines(text: &str) -> String {
    text.lines().map(|line| report::plain(line).trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use broaden::diagnostics::Sink;
    use broaden::model::RawFile;
    use broaden::pipeline::{self, Inputs};

    use super::*;
    use crate::cli::faults::Faulty;

    const HOLDINGS: &str = "[[account]]\nname = \"A\"\nkind = \"taxable\"\ncash = 1000\nas-of = 2026-11-20\n";

    /// Config, decisions and orders are all new, or all as they were.
    #[test]
    fn what_is_saved_is_saved_whole_or_not_at_all() {
        let inputs = Inputs { holdings: vec![RawFile::new("a.toml", HOLDINGS.as_bytes())], ..Inputs::default() };
        let proposal = pipeline::advise(&inputs, &mut Sink::default()).unwrap();
        let (config, changes) =
            ("[limits.tech]\nbase = \"40%\"\n", [("limits.tech.base".to_owned(), "0.3".to_owned())]);
        let wanted = Wanted { revision: 0, rules: true, decisions: true, orders: true };
        for count in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("broaden.toml");
            fs::write(&path, config).unwrap();
            let review = folder.path().join("review-2026-11-20");
            fs::create_dir(&review).unwrap();
            fs::write(review.join("decisions.toml"), "mine").unwrap();
            let disk = Rc::new(Faulty::after(count));
            let places = Places {
                disk: Rc::<Faulty>::clone(&disk),
                guard: Guard::default(),
                config: path.clone(),
                folder: folder.path().to_owned(),
            };
            let saving =
                Saving { proposal: &proposal, config, changes: &changes, decisions: "reject = [\"x\"]\n".to_owned() };
            let saved = places.save(&saving, wanted, &Seen::new());
            let now = (fs::read_to_string(&path).unwrap(), fs::read_to_string(review.join("decisions.toml")).unwrap());
            if disk.has_failed() {
                assert!(saved.is_err(), "operation {count}");
                assert_eq!(now, (config.to_owned(), "mine".to_owned()), "operation {count}");
                assert!(!review.join("orders.csv").exists(), "operation {count}");
            } else {
                assert_eq!(saved.unwrap().1.len(), 5);
                assert_eq!(now, (config.replace("\"40%\"", "0.3"), "reject = [\"x\"]\n".to_owned()));
                assert!(count > 10, "{count}");
                break;
            }
        }
    }
}
