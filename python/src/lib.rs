//! The boundary to Python: a household as text in, the line of its answer out. What Python programs call is in
//! `lib/broaden/__init__.py`.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;

use broaden::diagnostics::text::{masked, plain};
use broaden::diagnostics::{Sink, Source, SourceKind};
use broaden::model::RawFile;
use broaden::pipeline::{self, Given, Inputs, Kept, Twin};
use broaden::proposal::Wanted;
use broaden::report::book::{Line, Problem, Status, Summary};
use chrono::NaiveDate;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// How many folders below a market folder are looked into, and what is read there: as `broaden batch` does.
const DEEPEST: usize = 2;
const READ: [&str; 12] = ["csv", "txt", "tsv", "json", "gz", "xlsx", "xls", "xlsm", "ods", "zip", "parquet", "feather"];
/// Largest market file that is read.
const LARGEST: u64 = 1 << 30;

/// A market folder that was read, and what was made of it.
#[derive(Default)]
struct Market {
    files: Vec<RawFile>,
    kept: Kept,
}

/// A file as it was when it was read: where, how large, and when it was written.
type Stamp = (PathBuf, u64, Option<SystemTime>);

/// The markets that were read, each with the stamps of its files: a file that changes is read again.
static MARKETS: LazyLock<Mutex<HashMap<PathBuf, (Vec<Stamp>, Arc<Market>)>>> = LazyLock::new(Mutex::default);
/// That of households without one.
static NONE: LazyLock<Arc<Market>> = LazyLock::new(Arc::default);

/// The files of a market folder in the order of their names.
fn stamps(path: &Path, depth: usize, found: &mut Vec<Stamp>) -> std::io::Result<()> {
    let data = std::fs::metadata(path)?;
    if data.is_file() {
        found.push((path.to_owned(), data.len(), data.modified().ok()));
        return Ok(());
    }
    let mut inside: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    inside.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    inside.sort();
    for path in inside {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_dir() {
            if depth > 0 {
                stamps(&path, depth - 1, found)?;
            }
        } else if ending.is_none_or(|ending| READ.contains(&ending.as_str())) {
            stamps(&path, 0, found)?;
        }
    }
    Ok(())
}

/// Reads a market once, and again when it changes.
fn market(path: &Path) -> std::io::Result<Arc<Market>> {
    let mut now = Vec::new();
    stamps(path, DEEPEST, &mut now)?;
    // A poisoned lock means that reading broke off, and then nothing was kept.
    let mut markets = MARKETS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((stamps, market)) = markets.get(path)
        && *stamps == now
    {
        return Ok(Arc::clone(market));
    }
    let mut files = Vec::new();
    for (path, length, _) in &now {
        if *length > LARGEST {
            let message = format!("{} has more than {} MB; no such file is so large", path.display(), LARGEST >> 20);
            return Err(std::io::Error::other(message));
        }
        files.push(RawFile::new(masked(&plain(&path.display().to_string())), std::fs::read(path)?));
    }
    let market = Arc::new(Market { files, kept: Kept::default() });
    markets.insert(path.to_owned(), (now, Arc::clone(&market)));
    Ok(market)
}

/// What an answer is made from.
struct Question {
    text: String,
    config: Option<String>,
    market: Arc<Market>,
    today: NaiveDate,
    what_if: bool,
}

/// The line of an answer, as `broaden batch` writes it; it is at no place of a book.
fn answer(question: &Question) -> String {
    let mut sink = Sink::default();
    let twin = Twin::read(question.text.as_bytes(), &mut sink);
    let config = match (&question.config, twin.config) {
        (Some(text), _) => Some(Source::of(SourceKind::File, "broaden.toml", text.as_str())),
        (None, Given::Inline(source)) => Some(source),
        (None, Given::None) => None,
        (None, Given::Path(path)) => {
            let problem = Problem {
                severity: "error".to_owned(),
                code: "missing-file".to_owned(),
                message: format!("`config` names the file {path}, and no file is read here"),
                place: None,
                hint: Some("give the tables of broaden.toml as a dict, or its text as `config`".to_owned()),
            };
            return line(twin.id, Status::Failed, None, vec![problem]).json(None, None);
        }
    };
    let mut holdings = twin.holdings;
    holdings.sort_by(|a, b| a.name.cmp(&b.name));
    let wanted = if question.what_if { Wanted::Report } else { Wanted::Orders };
    let market = question.market.files.clone();
    let inputs = Inputs { holdings, config, market, wanted, today: question.today, ..Inputs::default() };
    let proposal = if sink.has_errors() || inputs.holdings.is_empty() {
        pipeline::configure(&inputs, &mut sink);
        None
    } else {
        pipeline::advise_with(&inputs, &question.market.kept, &mut sink)
    };
    let (status, mut problems) = match &proposal {
        Some(_) => (Status::Planned, Vec::new()),
        None => (Status::Failed, sink.items.iter().map(Problem::from).collect()),
    };
    if proposal.is_none() && !sink.has_errors() {
        problems.push(Problem {
            severity: "error".to_owned(),
            code: "no-holdings".to_owned(),
            message: "no holdings".to_owned(),
            place: None,
            hint: Some("give its `account`".to_owned()),
        });
    }
    line(twin.id, status, proposal.as_ref().map(Summary::of), problems).json(proposal.as_ref(), None)
}

fn line(id: Option<String>, status: Status, summary: Option<Summary>, diagnostics: Vec<Problem>) -> Line {
    Line { at: 1, id, status, input: String::new(), summary, diagnostics }
}

/// Answers a household with the interpreter free for other threads.
#[pyfunction]
#[pyo3(signature = (household, config, market, today, what_if))]
fn advise_line(
    py: Python<'_>,
    household: String,
    config: Option<String>,
    market: Option<PathBuf>,
    today: &str,
    what_if: bool,
) -> PyResult<String> {
    let day: NaiveDate = today.parse().map_err(|_| PyValueError::new_err(format!("{today} is no day")))?;
    py.detach(move || {
        let read = match &market {
            Some(path) => {
                self::market(path).map_err(|error| PyOSError::new_err(format!("{}: {error}", path.display())))?
            }
            None => Arc::clone(&NONE),
        };
        let question = Question { text: household, config, market: read, today: day, what_if };
        // A mistake in one household of millions must not end the worker that it is met on.
        Ok(catch_unwind(AssertUnwindSafe(|| answer(&question))).unwrap_or_else(|_| {
            let problem = Problem {
                severity: "error".to_owned(),
                code: "panicked".to_owned(),
                message: "the program broke off".to_owned(),
                place: None,
                hint: Some("it is a mistake in broaden; please report it".to_owned()),
            };
            line(None, Status::Panicked, None, vec![problem]).json(None, None)
        }))
    })
}

/// The module.
#[pymodule]
fn _broaden(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(advise_line, module)?)
}
