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

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::diagnostics::Source;
use broaden::model::RawFile;
use broaden::pipeline::{Inputs, WhatIf};
use broaden::proposal::{Proposal, Snapshot};
use broaden::report::{Options, json};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// `run.json`.
#[derive(Serialize, Deserialize)]
struct Run {
    schema: u32,
    /// Version of the program that wrote it.
    version: String,
    proposal_sha256: String,
    as_of: Option<String>,
    today: String,
    set: Vec<String>,
    without: Vec<String>,
    keep: Vec<String>,
    only: Vec<String>,
    deposit: Vec<String>,
    withdraw: Vec<String>,
    inputs: Vec<Input>,
}

#[derive(Serialize, Deserialize)]
struct Input {
    role: Role,
    /// As the user named it.
    name: String,
    sha256: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Holdings,
    Market,
    Funds,
    Config,
    Previous,
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a folder for records whose contents the next run would read as market or fund files.
pub fn check_folder(folder: &Path, paths: &[PathBuf], market: &[PathBuf]) -> Result<()> {
    let Ok(own) = folder.canonicalize() else { return Ok(()) };
    let below = paths.iter().flat_map(|path| [path.join("market"), path.join("funds")]);
    let read: Vec<PathBuf> = below.chain(market.iter().cloned()).filter_map(|path| path.canonicalize().ok()).collect();
    if let Some(inside) = read.iter().find(|read| own.starts_with(read)) {
        bail!("records in {} would be read by the next run, which reads {}", folder.display(), inside.display());
    }
    Ok(())
}

/// Writes the record of a run and says where.
pub fn write(folder: &Path, inputs: &Inputs, proposal: &Proposal) -> Result<String> {
    let could = || format!("could not write a record in {}", folder.display());
    let store = folder.join("inputs");
    fs::create_dir_all(&store).with_context(could)?;
    let mut files = Vec::new();
    for (role, name, bytes) in all(inputs) {
        let sha256 = hex(bytes);
        keep(&store, &sha256, bytes).with_context(could)?;
        files.push(Input { role, name: name.to_owned(), sha256 });
    }
    let answer = answer(proposal);
    let run = Run {
        schema: 1,
        version: proposal.version.to_owned(),
        proposal_sha256: hex(answer.as_bytes()),
        as_of: inputs.as_of.map(|day| day.to_string()),
        today: inputs.today.to_string(),
        set: inputs.overrides.clone(),
        without: inputs.without.clone(),
        keep: inputs.what_if.keep.clone(),
        only: inputs.what_if.only.clone(),
        deposit: inputs.what_if.deposit.clone(),
        withdraw: inputs.what_if.withdraw.clone(),
        inputs: files,
    };
    // The proposal names its inputs, config and options, so its digest is that of the run.
    let digest = run.proposal_sha256.get(..8).unwrap_or_default();
    let place = folder.join(format!("{}-{digest}", proposal.as_of));
    if place.exists() {
        return Ok(format!("{} holds this run already", place.display()));
    }
    let config: Vec<String> =
        proposal.config.iter().map(|value| config_line(&value.key, &value.value, &value.origin)).collect();
    let beside = tempfile::Builder::new().prefix(".record-").tempdir_in(folder).with_context(could)?;
    for (name, text) in [
        ("run.json", serde_json::to_string_pretty(&run)? + "\n"),
        ("config.toml", config.concat()),
        ("proposal.json", answer),
    ] {
        fs::write(beside.path().join(name), text).with_context(could)?;
    }
    fs::rename(beside.path(), &place).with_context(could)?;
    Ok(format!("recorded in {}; it holds copies of your files, so keep it as private as they are", place.display()))
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

/// Puts a copy into the store, unless it is there.
fn keep(store: &Path, sha256: &str, bytes: &[u8]) -> std::io::Result<()> {
    let place = store.join(sha256);
    if place.exists() {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(store)?;
    file.write_all(bytes)?;
    match file.persist_noclobber(place) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// A record that was read.
pub struct Record {
    folder: PathBuf,
    run: Run,
    answer: String,
}

impl Record {
    /// Reads a record: its folder, or its `run.json`.
    pub fn open(path: &Path) -> Result<Record> {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) }.to_owned();
        let read = |name: &str| {
            fs::read_to_string(folder.join(name))
                .with_context(|| format!("{} is not a record: could not read {name}", path.display()))
        };
        let run: Run = serde_json::from_str(&read("run.json")?)
            .with_context(|| format!("{} is not a record that broaden wrote", folder.join("run.json").display()))?;
        if run.schema != 1 {
            bail!("{} is a record of schema {}, and this program reads 1", path.display(), run.schema);
        }
        let answer = read("proposal.json")?;
        if hex(answer.as_bytes()) != run.proposal_sha256 {
            bail!("{} was changed after it was recorded", folder.join("proposal.json").display());
        }
        // Neither decides the answer, but both are read by people.
        let told: Snapshot = serde_json::from_str(&answer)
            .with_context(|| format!("{} is not a proposal", folder.join("proposal.json").display()))?;
        if told.version != run.version {
            let (place, recorded) = (folder.join("run.json"), told.version);
            bail!(
                "{} was changed after it was recorded: it says version {}, the proposal {recorded}",
                place.display(),
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
            bail!("{} was changed after it was recorded", folder.join("config.toml").display());
        }
        Ok(Record { folder, run, answer })
    }

    /// Returns the inputs as they were.
    pub fn inputs(&self) -> Result<Inputs> {
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
            ..Inputs::default()
        };
        let store = self.folder.join("..").join("inputs");
        let mut damaged = Vec::new();
        for input in &run.inputs {
            let name = input.name.clone();
            // The name becomes part of a path: it must be a digest and nothing else.
            let digest = input.sha256.len() == 64 && input.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            let bytes = digest.then(|| fs::read(store.join(&input.sha256)).ok()).flatten();
            let Some(bytes) = bytes else {
                damaged.push(format!("the copy of {name} is missing"));
                continue;
            };
            if hex(&bytes) != input.sha256 {
                damaged.push(format!("the copy of {name} was changed"));
                continue;
            }
            match input.role {
                Role::Holdings => inputs.holdings.push(RawFile::new(name, bytes)),
                Role::Market => inputs.market.push(RawFile::new(name, bytes)),
                Role::Funds => inputs.funds.push(RawFile::new(name, bytes)),
                Role::Previous => inputs.previous = Some(RawFile::new(name, bytes)),
                Role::Config => match String::from_utf8(bytes) {
                    Ok(text) => inputs.config = Some(Source::file(name, text)),
                    Err(_) => damaged.push(format!("the copy of {name} is not text")),
                },
            }
        }
        if !damaged.is_empty() {
            bail!("{} cannot be replayed: {}", self.folder.display(), damaged.join("; "));
        }
        Ok(inputs)
    }

    /// Says whether a proposal is the recorded one, and which inputs have changed since.
    pub fn compare(&self, proposal: &Proposal) -> (bool, Vec<String>) {
        let mut words = Vec::new();
        for input in self.run.inputs.iter().filter(|input| input.name != "-") {
            match fs::read(&input.name) {
                Ok(bytes) if hex(&bytes) == input.sha256 => {}
                Ok(_) => words.push(format!("note: {} has changed since; the record's copy was used", input.name)),
                Err(_) => words.push(format!("note: {} is not there now; the record's copy was used", input.name)),
            }
        }
        let now = answer(proposal);
        if now == self.answer {
            words.push(format!("replayed {}: the same proposal, byte for byte", self.folder.display()));
            return (true, words);
        }
        let (line, before, after) = first_difference(&self.answer, &now);
        let version = if self.run.version == proposal.version {
            format!("both by broaden {}", proposal.version)
        } else {
            format!("recorded by broaden {}, this is {}", self.run.version, proposal.version)
        };
        words.push(format!(
            "replayed {}: another proposal from the same inputs ({version}); first in line {line} of proposal.json:\n  \
             recorded: {before}\n  now:      {after}",
            self.folder.display()
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
