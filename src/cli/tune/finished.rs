//! The settings of a tuning that are finished, in a file that grows: a run that was stopped, by whatever, is gone on with.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::backtest::Trial;
use serde::{Deserialize, Serialize};

use crate::cli::disk::Disk;
use crate::cli::outputs::shown;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    /// A digest of all that the settings are run on.
    tuning: String,
}

/// How the first line begins.
const BEGINNING: &[u8] = b"{\"tuning\":\"";
/// How the others do.
const NEXT: &[u8] = b"{\"at\":";
/// Longest line that is looked at: far more than the months of a century.
const LONGEST: u64 = 1 << 20;

/// The file, behind the last whole line.
pub struct Finished {
    path: PathBuf,
    file: File,
    /// Why no more was written.
    failed: Option<std::io::Error>,
}

impl Finished {
    /// Opens the file, or begins it, and returns what is finished. The beginning of a line that a stopped run has left is cut
    /// off; a file that is not of this tuning is left as it is.
    ///
    /// # Errors
    /// When it is of another tuning, or none, or the disk fails.
    pub fn open(disk: &dyn Disk, path: &Path, digest: &str) -> Result<(Finished, Vec<Trial>)> {
        let name = shown(path);
        let (could, other) = (|| format!("could not read {name}"), "remove it, or name another file");
        if disk.metadata(path).is_ok_and(|data| !data.is_file()) {
            bail!("{name} is no file, so nothing can be gone on with");
        }
        let mut file = disk.grow(path).with_context(|| format!("could not write {name}"))?;
        let mut reader = BufReader::new(file.try_clone().with_context(could)?);
        let (mut whole, mut number, mut trials) = (0_u64, 0, Vec::new());
        loop {
            let mut bytes = Vec::new();
            let length = (&mut reader).take(LONGEST).read_until(b'\n', &mut bytes).with_context(could)?;
            number += 1;
            if !bytes.ends_with(b"\n") {
                let beginning = if number == 1 { BEGINNING } else { NEXT };
                if length as u64 == LONGEST || !bytes.iter().zip(beginning).all(|(own, begun)| own == begun) {
                    bail!("{name}, line {number} is no line of a tuning: {other}");
                }
                break;
            }
            if number == 1 {
                match serde_json::from_slice::<Head>(&bytes) {
                    Ok(head) if head.tuning == digest => {}
                    Ok(_) => bail!("{name} is of a tuning of other files, options, values or another version: {other}"),
                    Err(_) => bail!("{name} is no file of a tuning: {other}"),
                }
            } else {
                match serde_json::from_slice(&bytes) {
                    Ok(trial) => trials.push(trial),
                    Err(error) => bail!("{name}, line {number} is no line of a tuning ({error}): {other}"),
                }
            }
            whole += length as u64;
        }
        file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).with_context(could)?;
        let mut finished = Finished { path: path.to_owned(), file, failed: None };
        if whole == 0 {
            finished.write(&Head { tuning: digest.to_owned() });
        }
        Ok((finished, trials))
    }

    fn write(&mut self, line: &impl Serialize) {
        if self.failed.is_none() {
            let text = serde_json::to_string(line).map_err(std::io::Error::from);
            self.failed = text.and_then(|text| self.file.write_all(format!("{text}\n").as_bytes())).err();
        }
    }

    /// Adds a setting. A disk that takes no more stops nothing; it is told at the end.
    pub fn add(&mut self, trial: &Trial) {
        self.write(trial);
    }

    /// Returns when all of it is on the disk.
    ///
    /// # Errors
    /// What the disk said when something could not be written.
    pub fn settle(self) -> Result<()> {
        let could = || format!("could not write {}, so what is finished is not all kept", shown(&self.path));
        match self.failed {
            Some(error) => Err(error).with_context(could),
            None => self.file.sync_all().with_context(could),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::disk::Real;

    fn trial(at: usize) -> Trial {
        let figures = broaden::backtest::Figures { cagr: 0.1 + 0.2, ..Default::default() };
        Trial { at: vec![at], after_tax: 1.0 / 3.0, figures, turnover: 0.1, orders: at, months: vec![1e-17, -0.07] }
    }

    /// Two settings are finished and a third is torn: the two come back to the last bit, and the next stands behind them.
    #[test]
    fn what_is_finished_is_kept_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let (mut finished, known) = Finished::open(&Real, &path, "x").unwrap();
        assert!(known.is_empty());
        (0..2).for_each(|at| finished.add(&trial(at)));
        finished.settle().unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"at\":[7],\"aft")).unwrap();
        let (mut finished, known) = Finished::open(&Real, &path, "x").unwrap();
        assert_eq!(known, [trial(0), trial(1)]);
        finished.add(&trial(2));
        finished.settle().unwrap();
        assert_eq!(Finished::open(&Real, &path, "x").unwrap().1.len(), 3);
        let said = Finished::open(&Real, &path, "y").err().unwrap().to_string();
        assert!(said.contains("other files, options, values"), "{said}");
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["mine", "mine\n", "{\"tuning\":\"x\"}\n{\"at\":[1]}\n", "{\"tuning\":\"x\"}\nmine"] {
            let path = folder.path().join("mine.txt");
            std::fs::write(&path, text).unwrap();
            assert!(Finished::open(&Real, &path, "x").is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
