//! From a household of a book to its line.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use broaden::diagnostics::text::plain;
use broaden::diagnostics::{Diagnostic, Sink, Source, SourceKind};
use broaden::model::RawFile;
use broaden::pipeline::{self, Given, Inputs, Kept, Twin};
use broaden::proposal::{Proposal, Wanted};
use broaden::report::book::{Fields, Line, Problem, Status, Summary};
use sha2::{Digest, Sha256};

use super::PANICKED;
use super::output::Format;
use super::source::{Item, What};
use crate::cli::disk::Disk;
use crate::cli::inputs::{CONFIG, LARGEST_CONFIG, MISSING_FILE, NO_HOLDINGS, Options, TOO_LARGE, gather, read};

/// What all households share.
pub struct Desk<'d> {
    disk: &'d dyn Disk,
    /// Of the command line, without its markets.
    options: Options,
    /// The config of those that have none.
    config: Option<PathBuf>,
    /// The shared market, and today.
    shared: Inputs,
    fields: Option<Fields>,
    format: Format,
    kept: Kept,
    /// A digest of all that is the same for every household.
    digest: Sha256,
}

/// A household that is ready to be advised.
pub struct Ready {
    /// As the book calls it.
    pub id: Option<String>,
    inputs: Inputs,
    sink: Sink,
    /// It has prices or fund contents of its own.
    apart: bool,
    /// A digest of all that the answer is made from.
    pub digest: String,
}

/// What was found of a household.
pub struct Answer {
    /// What is told of it.
    pub line: Line,
    /// As it is written.
    pub text: String,
    /// How long it took.
    pub lasted: Duration,
}

impl<'d> Desk<'d> {
    /// Makes it ready.
    pub fn new(
        disk: &'d dyn Disk,
        options: Options,
        config: Option<PathBuf>,
        mut shared: Inputs,
        fields: Option<Fields>,
        what_if: bool,
        format: Format,
    ) -> Self {
        shared.wanted = if what_if { Wanted::Report } else { Wanted::Orders };
        let mut digest = Sha256::new();
        let asked = (&shared.overrides, &shared.without, &shared.as_of, &shared.wanted, &fields, &options.sheet);
        part(&mut digest, format!("{} {asked:?}", env!("CARGO_PKG_VERSION")).as_bytes());
        for file in &shared.market {
            part(&mut digest, file.name.as_bytes());
            part(&mut digest, file.bytes());
        }
        Desk { disk, options, config, shared, fields, format, kept: Kept::default(), digest }
    }

    /// Reads what there is of a household.
    pub fn ready(&self, item: &Item) -> Ready {
        let mut sink = Sink::default();
        let (id, mut inputs) = match &item.what {
            What::Folder(path) => (name(path), self.folder(path, &mut sink)),
            What::Line(text) => {
                let twin = Twin::read(text, &mut sink);
                (twin.id.clone(), self.twin(twin, &mut sink))
            }
            What::TooLong => {
                let message = "the line has more than 8 MB; no household is so large";
                sink.push(Diagnostic::error(TOO_LARGE, message).hint("is it one household a line?"));
                (None, Inputs::default())
            }
        };
        let mut digest = self.digest.clone();
        // A line that cannot be read has no files, and is what it is all the same.
        if let What::Line(text) = &item.what {
            part(&mut digest, text);
        }
        for file in inputs.holdings.iter().chain(&inputs.market).chain(&inputs.funds) {
            part(&mut digest, file.name.as_bytes());
            part(&mut digest, file.bytes());
        }
        if let Some(config) = &inputs.config {
            part(&mut digest, config.name.as_bytes());
            part(&mut digest, config.text.as_bytes());
        }
        let digest = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let apart = !inputs.market.is_empty() || !inputs.funds.is_empty();
        inputs.market.extend(self.shared.market.iter().cloned());
        let inputs = Inputs {
            overrides: self.shared.overrides.clone(),
            without: self.shared.without.clone(),
            wanted: self.shared.wanted.clone(),
            as_of: self.shared.as_of,
            today: self.shared.today,
            over: self.shared.over,
            ..inputs
        };
        Ready { id, inputs, sink, apart, digest }
    }

    /// Reads a household folder as `advise` does; nothing is looked for outside of the book.
    fn folder(&self, path: &Path, sink: &mut Sink) -> Inputs {
        let mut options = self.options.clone();
        if options.config.is_none() && !options.no_config && !path.join(CONFIG).is_file() {
            options.config = self.config.clone();
            options.no_config = options.config.is_none();
        }
        match gather(self.disk, &[path.to_owned()], &options, sink) {
            Ok(gathered) => gathered.inputs,
            // Only standard input cannot be gathered.
            Err(error) => {
                sink.push(Diagnostic::error(NO_HOLDINGS, error.to_string()));
                Inputs::default()
            }
        }
    }

    fn twin(&self, twin: Twin, sink: &mut Sink) -> Inputs {
        if twin.holdings.is_empty() && !sink.has_errors() {
            sink.push(Diagnostic::error(NO_HOLDINGS, "no holdings").hint("give its `account`"));
        }
        let mut named = |path: &Path| -> Option<std::sync::Arc<Source>> {
            let file = read(self.disk, path, LARGEST_CONFIG, sink)?;
            let text = file.text().map(|text| Source::of(SourceKind::File, &file.name, text));
            if text.is_none() {
                let message = format!("{} is not UTF-8 text", file.name);
                sink.push(Diagnostic::error(MISSING_FILE, message).hint("save it as UTF-8"));
            }
            text
        };
        let config = match (&self.options.config, twin.config) {
            _ if self.options.no_config => None,
            (Some(path), _) => named(path),
            (None, Given::Path(path)) if self.is_below(Path::new(&path)) => named(Path::new(&path)),
            (None, Given::Path(path)) => {
                let message = format!("`config` names `{path}`, which a link leads away from the folder you are in");
                sink.push(Diagnostic::error(MISSING_FILE, message).hint("name the file itself with --config"));
                None
            }
            (None, Given::Inline(source)) => Some(source),
            (None, Given::None) => None,
        };
        let mut holdings: Vec<RawFile> = twin.holdings;
        holdings.sort_by(|a, b| a.name.cmp(&b.name));
        Inputs { holdings, config, ..Inputs::default() }
    }

    /// Whether a path leads to where it says, below the folder one is in; what is not there leads nowhere else.
    fn is_below(&self, path: &Path) -> bool {
        let here = self.disk.canonical(Path::new("."));
        self.disk.canonical(path).map_or(true, |path| here.is_ok_and(|here| path.starts_with(here)))
    }

    /// Advises a household.
    pub fn answer(&self, item: &Item) -> Answer {
        let begun = Instant::now();
        let Ready { id, inputs, mut sink, apart, digest } = self.ready(item);
        let proposal = if sink.has_errors() {
            // The config's own mistakes are worth knowing in the same run.
            pipeline::configure(&inputs, &mut sink);
            None
        } else if apart {
            pipeline::advise(&inputs, &mut sink)
        } else {
            pipeline::advise_with(&inputs, &self.kept, &mut sink)
        };
        let (status, diagnostics) = match &proposal {
            Some(_) => (Status::Planned, Vec::new()),
            None => (Status::Failed, sink.items.iter().map(Problem::from).collect()),
        };
        let summary = proposal.as_ref().map(Summary::of);
        let line = Line { at: item.at, id, status, input: digest, summary, diagnostics };
        self.written(line, proposal.as_ref(), begun.elapsed())
    }

    /// Says of a household that the work broke off at it.
    pub fn broke(&self, item: &Item, words: &str) -> Answer {
        let id = match &item.what {
            What::Folder(path) => name(path),
            What::Line(text) => serde_json::from_slice::<serde_json::Value>(text)
                .ok()
                .and_then(|household| household.get("id")?.as_str().map(str::to_owned)),
            What::TooLong => None,
        };
        let problem = Diagnostic::error(PANICKED, format!("the program broke off: {}", plain(words)));
        let diagnostics = vec![Problem::from(&problem.hint("it is a mistake in broaden; please report it"))];
        // Of what it was made is not known, so it is never taken for done.
        let (status, input) = (Status::Panicked, String::new());
        let line = Line { at: item.at, id, status, input, summary: None, diagnostics };
        self.written(line, None, Duration::ZERO)
    }

    fn written(&self, line: Line, proposal: Option<&Proposal>, lasted: Duration) -> Answer {
        let text = match self.format {
            Format::Jsonl => line.json(proposal, self.fields.as_ref()),
            Format::OrdersCsv => line.csv(proposal),
        };
        Answer { line, text, lasted }
    }
}

/// The name of a household folder.
fn name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Adds a part to a digest, such that no two lists of parts are alike.
fn part(digest: &mut Sha256, bytes: &[u8]) {
    digest.update((bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}
