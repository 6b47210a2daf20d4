//! The households of a book, one after another: the folders of a folder, or the lines of a file.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use crate::cli::disk::{Disk, folder_of};
use crate::cli::inputs::{CONFIG, is_holdings};
use crate::cli::outputs::{Guard, shown};

/// Longest line that is read; a household of ten thousand lots has two megabytes.
const LONGEST: u64 = 8 << 20;

/// Some of the households: every so-manieth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    part: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Shard { part, of }),
            _ => Err("write K/N, the K-th of N parts, as in 3/16".to_owned()),
        }
    }
}

/// One household, as it comes.
#[derive(Debug)]
pub struct Item {
    /// Its place in the book, from 1.
    pub at: u64,
    /// What is there.
    pub what: What,
}

/// What is there of a household.
#[derive(Debug)]
pub enum What {
    /// A folder.
    Folder(PathBuf),
    /// A line.
    Line(Vec<u8>),
    /// A line that is too long to be read.
    TooLong,
}

/// What stands in the folder of a book beside the households.
#[derive(Default)]
pub struct Beside {
    /// For all.
    pub market: Option<PathBuf>,
    /// For those that have none.
    pub config: Option<PathBuf>,
}

/// The households of a book.
pub struct Source {
    next: u64,
    shard: Shard,
    from: From,
}

enum From {
    Folders(std::vec::IntoIter<PathBuf>),
    Lines(Box<dyn BufRead + Send>),
}

impl Source {
    /// Opens a book.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn open(disk: &dyn Disk, path: &Path, shard: Option<Shard>, guard: &mut Guard) -> Result<(Source, Beside)> {
        let source = |from| Source { next: 1, shard: shard.unwrap_or(Shard { part: 1, of: 1 }), from };
        if path.as_os_str() == "-" {
            return Ok((source(From::Lines(Box::new(BufReader::new(io::stdin())))), Beside::default()));
        }
        if !path.is_dir() {
            guard.file(path);
            let file = disk.open(path).with_context(|| format!("could not read {}", shown(path)))?;
            return Ok((source(From::Lines(Box::new(BufReader::with_capacity(1 << 16, file)))), Beside::default()));
        }
        guard.whole(path);
        let mut beside = Beside::default();
        let (mut folders, mut is_household) = (Vec::new(), false);
        for entry in disk.list(path).with_context(|| format!("could not read {}", shown(path)))? {
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match name.as_str() {
                _ if name.starts_with('.') => {}
                "market" if entry.is_dir() => beside.market = Some(entry),
                CONFIG => beside.config = Some(entry),
                _ if entry.is_dir() => folders.push(entry),
                _ => is_household |= is_holdings(&entry),
            }
        }
        if folders.is_empty() {
            let book = shown(path);
            let folder = shown(folder_of(path));
            if is_household {
                bail!("{book} is one household: `broaden advise {book}`, or name the folder it is in, {folder}");
            }
            bail!("{book} has no folders: a book is a folder of household folders, or a file of JSON Lines");
        }
        Ok((source(From::Folders(folders.into_iter())), beside))
    }

    /// Returns how many are still to come, where that is known.
    pub fn left(&self) -> Option<usize> {
        match &self.from {
            From::Folders(folders) => {
                Some(folders.len().div_ceil(usize::try_from(self.shard.of).unwrap_or(usize::MAX)))
            }
            From::Lines(_) => None,
        }
    }

    /// Returns what stands at the next place, whose-ever it is.
    fn advance(&mut self) -> Option<io::Result<What>> {
        match &mut self.from {
            From::Folders(folders) => folders.next().map(What::Folder).map(Ok),
            From::Lines(lines) => line(lines).transpose(),
        }
    }
}

impl Iterator for Source {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        loop {
            let what = self.advance()?;
            let at = self.next;
            self.next += 1;
            if (at - 1) % self.shard.of == self.shard.part - 1 || what.is_err() {
                return Some(what.map(|what| Item { at, what }));
            }
        }
    }
}

/// Reads the next line that is not empty, without its end. One that is too long is passed over, not kept.
fn line(lines: &mut dyn BufRead) -> io::Result<Option<What>> {
    loop {
        let mut bytes = Vec::new();
        if (&mut *lines).take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 == LONGEST && !bytes.ends_with(b"\n") {
            lines.skip_until(b'\n')?;
            return Ok(Some(What::TooLong));
        }
        if !bytes.trim_ascii().is_empty() {
            return Ok(Some(What::Line(bytes.trim_ascii().to_vec())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, shard: &str) -> Vec<(u64, String)> {
        let lines = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        let source = Source { next: 1, shard: shard.parse().unwrap(), from: From::Lines(lines) };
        let shown = |what: What| match what {
            What::Line(bytes) => String::from_utf8(bytes).unwrap(),
            other => format!("{other:?}"),
        };
        source.map(|item| item.unwrap()).map(|item| (item.at, shown(item.what))).collect()
    }

    #[test]
    fn shards_share_a_book_out() {
        let text = "a\n\n b \r\nc\nd\ne";
        let of = |shard| lines(text, shard).into_iter().map(|(at, text)| format!("{at}{text}")).collect::<Vec<_>>();
        assert_eq!(of("1/1"), ["1a", "2b", "3c", "4d", "5e"]);
        assert_eq!(
            (of("1/2"), of("2/2")),
            (vec!["1a".into(), "3c".into(), "5e".into()], vec!["2b".into(), "4d".into()])
        );
        for wrong in ["0/2", "3/2", "1", "a/b", "1/0", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let long = format!("{}\nb\n", "x".repeat(LONGEST as usize + 5));
        assert_eq!(lines(&long, "1/1"), [(1, "TooLong".to_owned()), (2, "b".to_owned())]);
    }
}
