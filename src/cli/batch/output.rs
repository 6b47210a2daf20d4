//! Where the lines go: standard output, or a file that grows line by line, so that a run that was stopped can be gone on with.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::diagnostics::text::plain;
use broaden::report::book::{Line, Status, csv_head};
use clap::ValueEnum;

use super::answer::Desk;
use super::source::Source;
use crate::cli::disk::{Disk, folder_of};
use crate::cli::outputs::shown;

/// How the lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line of JSON for each household
    Jsonl,
    /// The orders of all households as CSV; one without orders has a row that says how it went
    OrdersCsv,
}

/// Where the lines go.
pub enum Output {
    /// A file.
    File(Growing),
    /// Standard output, with what comes first.
    Standard(String),
}

/// A file that grows.
pub struct Growing {
    path: PathBuf,
    file: File,
    /// It may have lines.
    resumes: bool,
}

impl Output {
    /// Opens what is to be written.
    ///
    /// # Errors
    /// When there is such a file and it is not to be gone on with.
    pub fn open(disk: &dyn Disk, path: Option<&Path>, resume: bool, format: Format) -> Result<Output> {
        let head = if format == Format::OrdersCsv { csv_head() } else { String::new() };
        let Some(path) = path else { return Ok(Output::Standard(head)) };
        if resume && format != Format::Jsonl {
            bail!("--resume takes lines of JSON: those of CSV do not say which household they are of");
        }
        if !resume && disk.metadata(path).is_ok() {
            bail!("{} is there already; --resume goes on with it, and nothing is written over it", shown(path));
        }
        if disk.metadata(path).is_ok_and(|data| !data.is_file()) {
            bail!("{} is no file, so nothing can be gone on with", shown(path));
        }
        let could = || format!("could not write {}", shown(path));
        let mut file = disk.grow(path).with_context(could)?;
        file.write_all(head.as_bytes()).with_context(could)?;
        Ok(Output::File(Growing { path: path.to_owned(), file, resumes: resume }))
    }

    /// Returns when what was written is on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn settle(&self, disk: &dyn Disk) -> Result<()> {
        let Output::File(growing) = self else { return Ok(()) };
        let settled = growing.file.sync_all().and_then(|()| disk.settle(folder_of(&growing.path)));
        settled.with_context(|| format!("could not write {} to the disk", shown(&growing.path)))
    }

    /// Holds the lines that are there against the households of the book, one by one, and cuts off what is not whole.
    ///
    /// # Errors
    /// When a line is not of the household that stands in its place, or the household has changed.
    pub fn keep(&mut self, source: &mut Source, desk: &Desk<'_>, kept: &mut dyn FnMut(&Line)) -> Result<()> {
        let Output::File(growing) = self else { return Ok(()) };
        if !growing.resumes {
            return Ok(());
        }
        let name = shown(&growing.path);
        let could = || format!("could not read {name}");
        let mut reader = BufReader::with_capacity(1 << 16, growing.file.try_clone().with_context(could)?);
        let (mut whole, mut number) = (0_u64, 0_u64);
        loop {
            let mut bytes = Vec::new();
            let length = (&mut reader).take(LONGEST).read_until(b'\n', &mut bytes).with_context(could)?;
            number += 1;
            let other = "it cannot be gone on with: remove it, or run with the book and options that it was begun with";
            if !bytes.ends_with(b"\n") {
                // What is cut off is the beginning of a line that was written here, and no other file of the user's.
                if length as u64 == LONGEST || !bytes.iter().zip(BEGINNING).all(|(own, begun)| own == begun) {
                    bail!("{name}, line {number} is no line of a book; {other}");
                }
                break;
            }
            let line: Line = match serde_json::from_slice(&bytes) {
                Ok(line) => line,
                Err(error) => bail!("{name}, line {number} is no line of a book ({error}); {other}"),
            };
            let id = |id: &Option<String>| id.as_deref().map_or("a household without id".to_owned(), plain);
            let Some(item) = source.next().transpose().context("could not read the book")? else {
                bail!("{name}, line {number} is of {}, and the book has no more households; {other}", id(&line.id));
            };
            let ready = desk.ready(&item);
            if line.at != item.at || line.id != ready.id {
                bail!(
                    "{name}, line {number} is of {}, and the book has {} there; {other}",
                    id(&line.id),
                    id(&ready.id)
                );
            }
            if line.status != Status::Panicked && line.input != ready.digest {
                let id = id(&line.id);
                bail!("{name}, line {number}: {id} was planned with other files, options or version; {other}");
            }
            kept(&line);
            whole += length as u64;
        }
        growing.file.set_len(whole).with_context(|| format!("could not write {name}"))?;
        std::io::Seek::seek(&mut growing.file, std::io::SeekFrom::Start(whole)).with_context(could)?;
        Ok(())
    }
}

/// How each line begins.
const BEGINNING: &[u8] = b"{\"at\":";

/// Longest line that is looked at: far more than any proposal.
const LONGEST: u64 = 1 << 30;

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
