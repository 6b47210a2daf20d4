//! `broaden review`: a page on this machine, on which a plan is looked at, questioned and decided.
//!
//! ```text
//! browser -> door (may it come in?) -> server (its own thread) -> session (this thread: plans, saves) -> page
//! ```

mod door;
mod save;
mod server;
mod session;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use broaden::diagnostics::Sink;
use broaden::model::RawFile;
use broaden::pipeline::Inputs;

use super::disk::Disk;
use super::exit::Status;
use super::inputs::{Decided, Options, Questions, gather, named};
use super::ui::Ui;
use save::Places;
use session::{Again, Files, Session};

/// How long nobody may ask anything before it ends.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// Review a plan on a page of this machine: decide its lines, ask what if, save
#[derive(clap::Args)]
#[command(after_long_help = "\
The address that is printed works on this machine alone, in the first browser that opens it and in
those you give it to. It ends with Ctrl-C, or an hour after the last question.

Examples:
  broaden review household/
  broaden review household/ --open
  broaden review Individual-Positions-2026-11-20.csv --market prices/")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/
    /// [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Open the address in the browser; other users of the machine can see it while it opens
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    decided: Decided,
    // Last, since its heading holds for everything after it.
    #[command(flatten)]
    questions: Questions,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let mut sink = Sink::default();
    let paths = named(&args.paths)?;
    let gathered = gather(&*disk, &paths, &args.options, &mut sink)?;
    let (mut inputs, mut guard) = (gathered.inputs, gathered.guard);
    inputs.what_if = args.questions.what_if();
    inputs.decisions = args.decided.read(&*disk, &mut guard, &mut sink);
    let folder = paths.first().map(|path| save::folder(path)).unwrap_or_default();
    let config = text(&*disk, gathered.config.as_deref())?;
    let at = gathered.config.unwrap_or_else(|| folder.join("broaden.toml"));
    let again = again(disk.clone(), &paths, &args.options, &inputs.holdings);
    let places = Places { disk, guard, config: at, folder };
    let session = if sink.has_errors() { None } else { Session::new(inputs, places, config, again, &mut sink) };
    ui.diagnostics(&sink.items);
    let Some(mut session) = session else { return Ok(Status::CouldNot) };
    let (listener, door) = server::open()?;
    let address = door.address();
    let (asks, asked) = channel();
    let serve = move || server::serve(listener, Arc::new(door), &asks);
    std::thread::Builder::new().spawn(serve).context("the system gives no thread to serve the page")?;
    ui.answer(&format!("{address}\n"))?;
    ui.say(
        "the page is at this address, on this machine alone; Ctrl-C ends it, and so does an hour without a question",
    );
    if args.open && !opened(&address) {
        ui.say("no browser could be opened: open the address yourself");
    }
    loop {
        match asked.recv_timeout(IDLE) {
            Ok(question) => {
                let answer = session.answer(question.way, &question.body);
                // Who asked may be gone.
                let _ = question.reply.send(answer);
            }
            Err(RecvTimeoutError::Timeout) => {
                ui.say("nobody asked anything for an hour: ended");
                return Ok(Status::Done);
            }
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the page could not be served"),
        }
    }
}

/// The text of a config; empty where there is none.
fn text(disk: &dyn Disk, path: Option<&Path>) -> Result<String> {
    let Some(path) = path else { return Ok(String::new()) };
    String::from_utf8(disk.read(path, 1 << 20).context("could not read the config")?)
        .context("the config is not UTF-8 text")
}

/// Returns what reads all files once more.
fn again(disk: Rc<dyn Disk>, paths: &[PathBuf], options: &Options, holdings: &[RawFile]) -> Again {
    let is_pipe = |path: &PathBuf| path.as_os_str() == "-";
    // What came through a pipe is read once.
    let piped = paths.iter().any(is_pipe).then(|| holdings.to_vec());
    let paths: Vec<PathBuf> = paths.iter().filter(|path| !is_pipe(path)).cloned().collect();
    let options = options.clone();
    Box::new(move || {
        let gathered = gather(&*disk, &paths, &options, &mut Sink::default())?;
        let config = text(&*disk, gathered.config.as_deref())?;
        let Inputs { holdings, market, funds, .. } = gathered.inputs;
        let config = (!options.no_config).then_some(config);
        Ok(Files { holdings: piped.clone().unwrap_or(holdings), market, funds, config })
    })
}

/// Asks the system to open an address.
fn opened(address: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let none = std::process::Stdio::null;
    let mut command = std::process::Command::new(program);
    command.args(arguments).arg(address).stdin(none()).stdout(none()).stderr(none()).spawn().is_ok()
}
