//! The run record: everything that `advise --replay` needs to give the same answer again.
//!
//! ```text
//! DIR/inputs/SHA-256             a copy of each input, once however many records use it
//! DIR/AS-OF-DIGEST/run.json      version, options, and the inputs by digest
//! DIR/AS-OF-DIGEST/config.toml   every effective value, with its origin
//! DIR/AS-OF-DIGEST/proposal.json the answer
//! ```
//!
//! Inputs are copied, since exports are downloaded over each other and market files grow: a record of digests alone
//! could say that it can no longer be replayed, and nothing else. A record is written beside its place and renamed;
//! nothing that is there is ever written over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::decisions;
use broaden::diagnostics::text::{masked, plain};
use broaden::diagnostics::{Sink, Source};
use broaden::model::RawFile;
use broaden::pipeline::{Inputs, WhatIf};
use broaden::proposal::{Proposal, Snapshot};
use broaden::report::{Options, json};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::disk::{Disk, STAGED};
use super::inputs::LARGEST_MARKET;
use super::outputs::{Outputs, shown};

/// Largest part of a record, but for the copies.
const LARGEST_RECORD: u64 = 64 << 20;

/// `run.json`.
#[derive(Serialize, Deserialize)]
struct Run {
    schema: u32,
    /// Version of the program that wrote it.
    version: String,
    proposal_sha256: String,
    as_of: Option<String>,
    today: String,
    /// The last day whose session was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over: Option<String>,
    set: Vec<String>,
    without: Vec<String>,
    keep: Vec<String>,
    only: Vec<String>,
    deposit: Vec<String>,
    withdraw: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    inputs: Vec<Input>,
}

#[derive(Serialize, Deserialize)]
struct Input {
    role: Role,
    /// As the user named it.
    name: String,
    sha256: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Holdings,
    Market,
    Funds,
    Config,
    Previous,
    Decisions,
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the record of a run and says where.
pub fn write(disk: &dyn Disk, folder: &Path, inputs: &Inputs, proposal: &Proposal) -> Result<String> {
    let could = || format!("could not write a record in {}", shown(folder));
    let store = folder.join("inputs");
    disk.make_folder(&store, true).with_context(could)?;
    let mut files = Vec::new();
    let decided = inputs.decisions.toml();
    let decisions = (!inputs.decisions.is_empty()).then_some((Role::Decisions, "decisions.toml", decided.as_bytes()));
    for (role, name, bytes) in all(inputs).into_iter().chain(decisions) {
        let sha256 = hex(bytes);
        keep(disk, &store, &sha256, bytes).with_context(could)?;
        files.push(Input { role, name: name.to_owned(), sha256 });
    }
    let answer = answer(proposal);
    let run = Run {
        schema: 1,
        version: proposal.version.to_owned(),
        proposal_sha256: hex(answer.as_bytes()),
        as_of: inputs.as_of.map(|day| day.to_string()),
        today: inputs.today.to_string(),
        over: inputs.over.map(|day| day.to_string()),
        set: inputs.overrides.clone(),
        without: inputs.without.clone(),
        keep: inputs.what_if.keep.clone(),
        only: inputs.what_if.only.clone(),
        deposit: inputs.what_if.deposit.clone(),
        withdraw: inputs.what_if.withdraw.clone(),
        sheet: inputs.holdings.iter().find_map(|file| file.sheet()).map(str::to_owned),
        inputs: files,
    };
    // The proposal names its inputs, config and options, so its digest is that of the run.
    let digest = &spelt(&run.proposal_sha256);
    let mut place = folder.join(format!("{}-{digest}", proposal.as_of));
    let mut damaged = String::new();
    for number in 2.. {
        if !place.exists() && !place.is_symlink() {
            break;
        }
        match Record::open(disk, &place).and_then(|record| record.inputs(disk)) {
            Ok(_) => return Ok(format!("{damaged}{} holds this run already", shown(&place))),
            Err(error) => damaged += &format!("{}, which holds this run, is damaged: {error:#}\n", shown(&place)),
        }
        place = folder.join(format!("{}-{digest}-{number}", proposal.as_of));
    }
    let config: Vec<String> =
        proposal.config.iter().map(|value| config_line(&value.key, &value.value, &value.origin)).collect();
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let beside = builder.prefix(STAGED).tempdir_in(folder).with_context(could)?;
    let mut outputs = Outputs::new(disk);
    for (name, text) in [
        ("run.json", serde_json::to_string_pretty(&run)? + "\n"),
        ("config.toml", config.concat()),
        ("proposal.json", answer),
    ] {
        outputs.stage_private(&beside.path().join(name), text.as_bytes()).with_context(could)?;
    }
    outputs.commit().with_context(could)?;
    disk.rename(beside.path(), &place).and_then(|()| disk.settle(folder)).with_context(could)?;
    disk.sweep(folder);
    let place = shown(&place);
    Ok(format!("{damaged}recorded in {place}; it holds copies of your files, so keep it as private as they are"))
}

/// Returns a line of the copy of the config.
fn config_line(key: &str, value: &str, origin: &str) -> String {
    format!("{key} = {value}  # {}\n", origin.replace(['\n', '\r'], " "))
}

fn answer(proposal: &Proposal) -> String {
    json::render(proposal, Options { width: 100, colour: false })
}

/// Returns every file of a run with its role.
fn all(inputs: &Inputs) -> Vec<(Role, &str, &[u8])> {
    let mut list: Vec<(Role, &str, &[u8])> = Vec::new();
    for (role, files) in
        [(Role::Holdings, &inputs.holdings), (Role::Market, &inputs.market), (Role::Funds, &inputs.funds)]
    {
        list.extend(files.iter().map(|file| (role, file.name.as_str(), file.bytes())));
    }
    list.extend(inputs.config.iter().map(|source| (Role::Config, source.name.as_str(), source.text.as_bytes())));
    list.extend(inputs.previous.iter().map(|file| (Role::Previous, file.name.as_str(), file.bytes())));
    list
}

/// Spells the beginning of a digest with letters alone: a row of digits would be printed as the number of an account is, and
/// the path could not be taken from the message.
fn spelt(digest: &str) -> String {
    let letter = |digit: char| "abcdefghijklmnop".chars().nth(usize::try_from(digit.to_digit(16)?).ok()?);
    digest.chars().take(8).filter_map(letter).collect()
}

/// Returns a digest of all that an answer about the past is made from: the version, the files wherever they are, what is set,
/// and what is asked.
pub fn digest(inputs: &Inputs, asked: &str) -> String {
    let mut text = format!("{} {:?}\n", env!("CARGO_PKG_VERSION"), inputs.as_of);
    text += &format!("{:?} {:?}\n{asked}\n", inputs.overrides, inputs.without);
    for (role, name, bytes) in all(inputs) {
        let name = Path::new(name).file_name().unwrap_or_default().display();
        text += &format!("{role:?} {name} {}\n", hex(bytes));
    }
    hex(text.as_bytes())
}

/// Puts a copy into the store, unless a whole one is there. One that was damaged, as by a loss of power, is replaced.
fn keep(disk: &dyn Disk, store: &Path, sha256: &str, bytes: &[u8]) -> Result<()> {
    let place = store.join(sha256);
    if disk.read(&place, bytes.len() as u64).is_ok_and(|held| hex(&held) == sha256) {
        return Ok(());
    }
    let mut outputs = Outputs::new(disk);
    outputs.stage_private(&place, bytes)?;
    outputs.commit()
}

/// A record that was read.
pub struct Record {
    folder: PathBuf,
    run: Run,
    answer: String,
}

impl Record {
    /// Reads a record: its folder, or its `run.json`.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Record> {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) }.to_owned();
        let read = |name: &str| {
            let text = disk.read(&folder.join(name), LARGEST_RECORD).map_err(anyhow::Error::from);
            text.and_then(|bytes| Ok(String::from_utf8(bytes)?))
                .with_context(|| format!("{} is not a record: could not read {name}", shown(path)))
        };
        let run: Run = serde_json::from_str(&read("run.json")?)
            .with_context(|| format!("{} is not a record that broaden wrote", shown(&folder.join("run.json"))))?;
        if run.schema != 1 {
            bail!("{} is a record of schema {}, and this program reads 1", shown(path), run.schema);
        }
        let answer = read("proposal.json")?;
        if hex(answer.as_bytes()) != run.proposal_sha256 {
            bail!("{} was changed after it was recorded", shown(&folder.join("proposal.json")));
        }
        // Neither decides the answer, but both are read by people.
        let told: Snapshot = serde_json::from_str(&answer)
            .with_context(|| format!("{} is not a proposal", shown(&folder.join("proposal.json"))))?;
        if told.version != run.version {
            let (place, recorded) = (folder.join("run.json"), told.version);
            bail!(
                "{} was changed after it was recorded: it says version {}, the proposal {recorded}",
                shown(&place),
                run.version
            );
        }
        let values = told.config.iter().flatten();
        let mut lines: Vec<String> = values.map(|(key, own)| config_line(key, &own.value, &own.origin)).collect();
        let config = read("config.toml")?;
        let mut copied: Vec<String> = config.split_inclusive('\n').map(str::to_owned).collect();
        lines.sort();
        copied.sort();
        if lines != copied {
            bail!("{} was changed after it was recorded", shown(&folder.join("config.toml")));
        }
        Ok(Record { folder, run, answer })
    }

    /// Returns the folders that belong to the record.
    pub fn folders(&self) -> [PathBuf; 2] {
        [self.folder.clone(), self.store()]
    }

    fn store(&self) -> PathBuf {
        self.folder.join("..").join("inputs")
    }

    /// Returns the inputs as they were, each held against its digest.
    pub fn inputs(&self, disk: &dyn Disk) -> Result<Inputs> {
        let date = |text: &str| text.parse::<NaiveDate>().context("the record has a date that is none");
        let run = &self.run;
        let mut inputs = Inputs {
            overrides: run.set.clone(),
            without: run.without.clone(),
            what_if: WhatIf {
                keep: run.keep.clone(),
                only: run.only.clone(),
                deposit: run.deposit.clone(),
                withdraw: run.withdraw.clone(),
                ..WhatIf::default()
            },
            as_of: run.as_of.as_deref().map(date).transpose()?,
            today: date(&run.today)?,
            over: run.over.as_deref().map(date).transpose()?,
            ..Inputs::default()
        };
        let store = self.store();
        let mut damaged = Vec::new();
        for input in &run.inputs {
            let name = input.name.clone();
            // The name becomes part of a path: it must be a digest and nothing else.
            let digest = input.sha256.len() == 64 && input.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            let bytes = digest.then(|| disk.read(&store.join(&input.sha256), LARGEST_MARKET).ok()).flatten();
            let Some(bytes) = bytes else {
                damaged.push(format!("the copy of {name} is missing"));
                continue;
            };
            if hex(&bytes) != input.sha256 {
                damaged.push(format!("the copy of {name} was changed"));
                continue;
            }
            match input.role {
                Role::Holdings => inputs.holdings.push(RawFile::new(name, bytes).of_sheet(run.sheet.clone())),
                Role::Market => inputs.market.push(RawFile::new(name, bytes)),
                Role::Funds => inputs.funds.push(RawFile::new(name, bytes)),
                Role::Previous => inputs.previous = Some(RawFile::new(name, bytes)),
                Role::Decisions => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    inputs.decisions = decisions::read(&Source::file(name, text), &mut Sink::default());
                }
                Role::Config => match String::from_utf8(bytes) {
                    Ok(text) => inputs.config = Some(Source::file(name, text)),
                    Err(_) => damaged.push(format!("the copy of {name} is not text")),
                },
            }
        }
        if !damaged.is_empty() {
            bail!("{} cannot be replayed: {}", shown(&self.folder), damaged.join("; "));
        }
        Ok(inputs)
    }

    /// Returns the recorded proposal, for what is asked otherwise of the same files.
    pub fn proposal(&self) -> RawFile {
        RawFile::new(shown(&self.folder.join("proposal.json")), self.answer.clone().into_bytes())
    }

    /// Says whether a proposal is the recorded one, and which inputs have changed since.
    pub fn compare(&self, disk: &dyn Disk, proposal: &Proposal) -> (bool, Vec<String>) {
        let mut words = Vec::new();
        for input in self.run.inputs.iter().filter(|input| input.name != "-" && input.role != Role::Decisions) {
            // The record may be anybody's: its names are shown on one line, and open no pipe.
            let name = masked(&plain(&input.name));
            let why = match disk.read(Path::new(&input.name), LARGEST_MARKET) {
                Ok(bytes) if hex(&bytes) == input.sha256 => continue,
                Ok(_) => "has changed since",
                // The names of records hide numbers of accounts.
                Err(_) if name.contains('*') => "is not named in full, so it is not known whether it has changed",
                Err(_) => "is not there now",
            };
            words.push(format!("note: {name} {why}; the record's copy was used"));
        }
        let now = answer(proposal);
        if now == self.answer {
            words.push(format!("replayed {}: the same proposal, byte for byte", shown(&self.folder)));
            return (true, words);
        }
        let (line, before, after) = first_difference(&self.answer, &now);
        let version = if self.run.version == proposal.version {
            format!("both by broaden {}", proposal.version)
        } else {
            format!("recorded by broaden {}, this is {}", plain(&self.run.version), proposal.version)
        };
        words.push(format!(
            "replayed {}: another proposal from the same inputs ({version}); first in line {line} of proposal.json:\n  \
             recorded: {before}\n  now:      {after}",
            shown(&self.folder)
        ));
        (false, words)
    }
}

fn first_difference<'a>(old: &'a str, new: &'a str) -> (usize, &'a str, &'a str) {
    let mut lines = (old.lines().map(Some).chain(std::iter::repeat(None)))
        .zip(new.lines().map(Some).chain(std::iter::repeat(None)))
        .take(old.lines().count().max(new.lines().count()))
        .enumerate();
    let differs = lines.find(|(_, (old, new))| old != new);
    differs.map_or((0, "", ""), |(index, (old, new))| {
        (index + 1, old.unwrap_or("(end)").trim(), new.unwrap_or("(end)").trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every digest, those of digits alone too, is printed as the name of the folder is.
    #[test]
    fn the_name_of_a_record_is_printed_as_it_is() {
        for digest in ["243939e2", "00000000", "12345678", "ffffffff", "9e0f1a2b"] {
            let name = format!("records/2026-05-01-{}-2", spelt(digest));
            assert_eq!(shown(Path::new(&name)), name);
        }
        assert_eq!((spelt("0123456789abcdef"), spelt("89abcdef")), ("abcdefgh".to_owned(), "ijklmnop".to_owned()));
    }
}
