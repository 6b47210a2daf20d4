//! What every fuzz target checks: reading arbitrary bytes neither panics nor hangs, what is read can be shown, and what
//! is imported reads back the same.

#[path = "../../examples/support/whole.rs"]
#[allow(dead_code, reason = "the engine damages the texts")]
mod whole;

/// What of the command line keeps records, on the real disk.
#[allow(dead_code, reason = "verbs use the rest")]
#[path = "../../src/cli"]
mod cli {
    pub mod disk;
    pub mod inputs;
    pub mod outputs;
    pub mod run_record;
}

use std::path::PathBuf;

use broaden::diagnostics::{Sink, render};
use broaden::holdings::{self, json};
use broaden::model::{Portfolio, RawFile};
use broaden::pipeline;
use cli::disk::{Disk, Real};
use cli::run_record::{self, Record};

fn file(bytes: &[u8]) -> RawFile {
    RawFile::new("fuzz", bytes.to_vec())
}

fn show(portfolio: &Portfolio, sink: &Sink) {
    let _ = json::view(portfolio, &sink.items).to_string();
    for item in &sink.items {
        let _ = render(item, false);
    }
}

/// Detection and whatever reader it chooses.
pub fn any(bytes: &[u8]) {
    let _ = holdings::recognise(&file(bytes));
    let mut sink = Sink::default();
    let portfolio = holdings::read(&[file(bytes)], &[], &mut sink);
    show(&portfolio, &sink);
    if sink.has_errors() || portfolio.accounts.is_empty() {
        return;
    }
    let text = holdings::to_toml(&portfolio);
    let mut again = Sink::default();
    let second = holdings::read(&[file(text.as_bytes())], &[], &mut again);
    assert!(!again.has_errors(), "{text}");
    assert_eq!(holdings::to_toml(&second), text);
}

/// One reader, without detection.
pub fn reader(id: &str, bytes: &[u8]) {
    let mut sink = Sink::default();
    let portfolio = holdings::read_as(id, &file(bytes), &mut sink);
    show(&portfolio, &sink);
}

/// A whole household: it is refused, or its plan passes the independent checker and what the files alone say.
pub fn household(bytes: &[u8]) {
    if let whole::Outcome::Broken(words) = whole::advise(bytes) {
        panic!("{words:?}");
    }
}

/// What is done to a record: to which of its files, where, and how.
const DAMAGE: usize = 8;

/// The record of a whole household is replayed to the same bytes. Once it is damaged it is refused, or its difference is
/// told: only its list of the run says the same in other words.
pub fn replay(bytes: &[u8]) {
    let Some((damage, household)) = bytes.split_first_chunk::<DAMAGE>() else { return };
    let inputs = whole::inputs(household);
    let Some(proposal) = pipeline::advise(&inputs, &mut Sink::default()) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    run_record::write(&Real, folder.path(), &inputs, &proposal).expect("a record");
    let made = Real.list(folder.path()).expect("its folder");
    let place = made.iter().find(|path| !path.ends_with("inputs")).expect("its place");
    let store = folder.path().join("inputs");
    let files: Vec<PathBuf> =
        [place, &store].iter().flat_map(|part| Real.list(part).expect("its files")).collect();
    let [kind, which, value, at @ ..] = *damage;
    let at = at.iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte));
    let file = &files[usize::from(which) % files.len()];
    let mut text = std::fs::read(file).expect("a file of the record");
    let at = at % text.len().max(1);
    match kind % 6 {
        0 => {}
        1 => text.truncate(at),
        2 => text.get_mut(at).into_iter().for_each(|byte| *byte = value),
        3 => text.insert(at.min(text.len()), value),
        4 => drop(text.drain(at..(at + 1 + usize::from(value)).min(text.len()))),
        _ => text.extend_from_within(at..(at + usize::from(value)).min(text.len())),
    }
    let is_whole = text == std::fs::read(file).expect("a file of the record");
    std::fs::write(file, text).expect("a damaged file");
    let opened = Record::open(&Real, place).and_then(|record| Ok((record.inputs(&Real)?, record)));
    let said = opened.map(|(inputs, record)| {
        let now = pipeline::advise(&inputs, &mut Sink::default());
        now.map(|now| record.compare(&Real, &now))
    });
    match said {
        Ok(Some((is_same, words))) => {
            assert!(!words.iter().any(|line| whole::has_marks(line)), "{words:?}");
            assert!(is_same || !is_whole, "{words:?}");
            assert!(!is_same || is_whole || file.ends_with("run.json"), "{} is damaged, and the same", file.display());
        }
        Ok(None) => assert!(!is_whole, "what was planned is planned no more"),
        Err(error) => assert!(!is_whole, "{error:#}"),
    }
}
