//! Every operation on the disk fails once: what is read is whole or an error, what is written is all new or all old.

mod verbs;

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use broaden::diagnostics::{Sink, Source};
use broaden::model::RawFile;
use broaden::pipeline::{self, Inputs};

use super::disk::{Disk, Real};
use super::inputs::{Options, gather, gather_market};
use super::outputs::Outputs;
use super::run_record::{self, Record};

/// A disk whose n-th operation fails, and perhaps all after it.
pub struct Faulty {
    before: AtomicUsize,
    for_good: bool,
}

impl Faulty {
    /// A disk of which one operation fails, after so many.
    pub fn after(count: usize) -> Faulty {
        Faulty { before: AtomicUsize::new(count), for_good: false }
    }

    /// Whether it has failed.
    pub fn has_failed(&self) -> bool {
        self.before.load(Relaxed) > usize::MAX / 2
    }

    fn step(&self) -> io::Result<()> {
        let fails = self.before.load(Relaxed) == 0;
        if !(fails && self.for_good) {
            self.before.fetch_sub(1, Relaxed);
        }
        if fails { Err(io::Error::other("injected")) } else { Ok(()) }
    }
}

impl Disk for Faulty {
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        // What is not there is no fault, and is answered in the same way.
        Real.metadata(path)
    }
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        Real.canonical(path)
    }
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.step()?;
        Real.read(path, most)
    }
    fn open(&self, path: &Path) -> io::Result<fs::File> {
        self.step()?;
        Real.open(path)
    }
    fn grow(&self, path: &Path) -> io::Result<fs::File> {
        self.step()?;
        Real.grow(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.step()?;
        Real.list(folder)
    }
    fn make_folder(&self, folder: &Path, private: bool) -> io::Result<()> {
        self.step()?;
        Real.make_folder(folder, private)
    }
    fn stage(&self, target: &Path, bytes: &[u8], private: bool) -> io::Result<PathBuf> {
        self.step()?;
        Real.stage(target, bytes, private)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Real.rename(from, to)
    }
    fn keep(&self, path: &Path) -> io::Result<PathBuf> {
        self.step()?;
        Real.keep(path)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        Real.remove(path)
    }
    fn sweep(&self, folder: &Path) {
        Real.sweep(folder);
    }
    fn settle(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        Real.settle(folder)
    }
    fn write_into(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        Real.write_into(path, bytes)
    }
    fn is_private(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        Real.is_private(path)
    }
    fn is_ours(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        Real.is_ours(path)
    }
}

/// Runs something on a disk whose first operation fails, then on one whose second does, and so on until none does.
pub fn with_each_fault(for_good: bool, mut run: impl FnMut(&Faulty) -> bool) -> usize {
    for count in 0.. {
        let disk = Faulty { before: AtomicUsize::new(count), for_good };
        let done = run(&disk);
        if disk.before.load(Relaxed) < usize::MAX / 2 && (disk.before.load(Relaxed) > 0 || !for_good) {
            assert!(done, "no fault, and not done");
            return count;
        }
    }
    0
}

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/portfolios/demo");

#[test]
fn what_cannot_be_read_is_an_error_in_whatever_is_gathered() {
    let house = [PathBuf::from(DEMO)];
    let faults = with_each_fault(false, |disk| {
        let mut sink = Sink::default();
        gather(disk, &house, &Options::default(), &mut sink).unwrap();
        !sink.has_errors()
    });
    assert!(faults > 10, "{faults}");
    let faults = with_each_fault(false, |disk| {
        let mut sink = Sink::default();
        gather_market(disk, &house, &Options::default(), &mut sink);
        !sink.has_errors()
    });
    assert!(faults > 10, "{faults}");
}

/// `BROADEN_TORTURE_SECONDS=600 cargo test --bin broaden damaged_record` goes on for as long.
#[test]
fn a_damaged_record_is_refused_or_its_difference_is_told() {
    let text = include_bytes!("../../tests/households/two-accounts.txt");
    let holdings = text.split(|byte| *byte == b'\n').take_while(|line| !line.starts_with(b"=== config"));
    let holdings: Vec<u8> = holdings.skip(1).collect::<Vec<_>>().join(&b'\n');
    let inputs = Inputs {
        holdings: vec![RawFile::new("a.toml", holdings)],
        config: Some(Source::file("broaden.toml", "[limits.tech]\nbase = \"40%\"\n")),
        today: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        ..Inputs::default()
    };
    let proposal = pipeline::advise(&inputs, &mut Sink::default()).unwrap();
    assert!(!proposal.trades.is_empty());
    let folder = tempfile::tempdir().unwrap();
    run_record::write(&Real, folder.path(), &inputs, &proposal).unwrap();
    let made = Real.list(folder.path()).unwrap();
    let place = made.iter().find(|path| !path.ends_with("inputs")).unwrap();
    let files: Vec<PathBuf> =
        [place.clone(), folder.path().join("inputs")].iter().flat_map(|part| Real.list(part).unwrap()).collect();
    let whole: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let seconds = std::env::var("BROADEN_TORTURE_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let begun = std::time::Instant::now();
    let (mut seed, mut refused, mut told, mut same) = (0x9e37_79b9_7f4a_7c15_u64, 0, 0, 0);
    for round in 0_u64.. {
        if seconds.map_or(round >= 120, |seconds| begun.elapsed().as_secs() >= seconds) {
            break;
        }
        let mut roll = |sides: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % sides.max(1) as u64) as usize
        };
        // The list of the run is where most can be done.
        let which = if round % 2 == 0 {
            files.iter().position(|path| path.ends_with("run.json")).unwrap()
        } else {
            roll(files.len())
        };
        let mut bytes = whole[which].clone();
        let at = roll(bytes.len());
        match roll(5) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << roll(8),
            2 => drop(bytes.splice(at..at, b"\x1b]0;\xe2\x80\xae9,".iter().copied())),
            3 => {
                // A value of JSON or TOML, another in its place.
                let values =
                    ["[]", "null", "\"../../x\"", "\"limits.tech.base=90%\"", "[\"NVDA\"]", "\"2026-11-19\"", "-1"];
                let value = values[roll(values.len())];
                let start = bytes[at..].windows(2).position(|pair| pair == b": ").map(|found| at + found + 2);
                let end = start.and_then(|start| {
                    bytes[start..].iter().position(|byte| b",\n".contains(byte)).map(|end| start + end)
                });
                if let Some((start, end)) = start.zip(end) {
                    bytes.splice(start..end, value.bytes());
                }
            }
            _ => drop(bytes.drain(at..(at + 1 + roll(40)).min(whole[which].len()))),
        }
        fs::write(&files[which], &bytes).unwrap();
        let opened = Record::open(&Real, place).and_then(|record| Ok((record.inputs(&Real)?, record)));
        match opened {
            Err(_) => refused += 1,
            Ok((inputs, record)) => match pipeline::advise(&inputs, &mut Sink::default()) {
                None => told += 1,
                Some(now) => {
                    let (is_same, words) = record.compare(&Real, &now);
                    assert!(!words.is_empty(), "round {round}");
                    let is_equal = now.trades == proposal.trades && now.as_of == proposal.as_of;
                    assert!(!is_same || is_equal, "round {round}: another answer is called the same");
                    if is_same { same += 1 } else { told += 1 }
                }
            },
        }
        fs::write(&files[which], &whole[which]).unwrap();
    }
    println!("{refused} refused, {told} told apart, {same} the same answer");
    assert!(refused > 30 && told > 0, "{refused} {told} {same}");
}

/// The names and texts in a folder.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn a_set_is_all_new_or_all_old_whatever_fails() {
    let names = ["a", "b", "c", "d"];
    let faults = with_each_fault(false, |disk| {
        let folder = tempfile::tempdir().unwrap();
        // One of the four is not there before.
        for name in names.iter().take(3) {
            fs::write(folder.path().join(name), "old").unwrap();
        }
        let before = texts(folder.path());
        let written = (|| {
            let mut outputs = Outputs::new(disk);
            for name in names {
                outputs.stage(&folder.path().join(name), b"new")?;
            }
            outputs.commit()
        })();
        match written {
            Ok(()) => assert_eq!(texts(folder.path()), names.map(|name| (name.to_owned(), "new".to_owned()))),
            Err(_) => assert_eq!(texts(folder.path()), before),
        }
        written.is_ok()
    });
    // Four to stage, three to keep, four to rename, four to settle.
    assert_eq!(faults, 15);
    // A disk that fails for good cannot be put back, but nothing is lost without a word.
    with_each_fault(true, |disk| {
        let folder = tempfile::tempdir().unwrap();
        names.iter().for_each(|name| fs::write(folder.path().join(name), "old").unwrap());
        let written = (|| {
            let mut outputs = Outputs::new(disk);
            for name in names {
                outputs.stage(&folder.path().join(name), b"new")?;
            }
            outputs.commit()
        })();
        let left = texts(folder.path());
        assert!(
            names.iter().all(|name| left.iter().any(|(found, text)| found == name && !text.is_empty())),
            "{left:?}"
        );
        if let Err(error) = &written {
            let said = format!("{error:#}");
            let is_new = left.iter().any(|(name, text)| names.contains(&name.as_str()) && text == "new");
            assert!(!is_new || said.contains("is new"), "{said} {left:?}");
        }
        written.is_ok()
    });
}

#[test]
fn a_record_is_whole_or_not_there() {
    let mut sink = Sink::default();
    let inputs = gather(&Real, &[PathBuf::from(DEMO)], &Options::default(), &mut sink).unwrap().inputs;
    let proposal = pipeline::advise(&inputs, &mut sink).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records");
    let faults = with_each_fault(false, |disk| {
        let written = run_record::write(disk, &records, &inputs, &proposal);
        let found = fs::read_dir(&records).into_iter().flatten().map(|entry| entry.unwrap());
        let made: Vec<_> = found.filter(|entry| entry.file_name() != "inputs").map(|entry| entry.path()).collect();
        for place in &made {
            let record = Record::open(&Real, place).unwrap();
            record.inputs(&Real).unwrap();
            fs::remove_dir_all(place).unwrap();
        }
        assert!(written.is_err() || made.len() == 1, "{written:?} {made:?}");
        written.is_ok()
    });
    assert!(faults > 5, "{faults}");
}
