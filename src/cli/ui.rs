//! The only file that prints: answers to stdout, everything else to stderr.

use anstream::AutoStream;
use anyhow::{Context, Result};
use broaden::diagnostics::text::plain;
use broaden::diagnostics::{Diagnostic, Severity, render};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::rc::Rc;

use super::disk::{Disk, Real};

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a verb meets: where it speaks, and the disk.
pub struct Ui {
    /// The disk.
    pub disk: Rc<dyn Disk>,
    /// Where answers go.
    pub out: Box<dyn Write>,
    /// Where everything else goes.
    pub err: Box<dyn Write>,
    out_colour: bool,
    err_colour: bool,
}

/// Most problems of one kind that are written out; the rest is counted.
const MOST_OF_A_KIND: usize = 12;

/// Width of a report that goes to a file or a pipe.
const PLAIN_WIDTH: usize = 100;

impl Ui {
    /// Decides the colour of each stream.
    pub fn new(choice: Colour) -> Ui {
        let on = |auto: anstream::ColorChoice| match choice {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => auto != anstream::ColorChoice::Never,
        };
        Ui {
            disk: Rc::new(Real),
            out: Box::new(std::io::stdout()),
            err: Box::new(std::io::stderr()),
            out_colour: on(AutoStream::choice(&std::io::stdout())),
            err_colour: on(AutoStream::choice(&std::io::stderr())),
        }
    }

    /// Returns whether stdout takes colour.
    pub fn colour(&self) -> bool {
        self.out_colour
    }

    /// Returns whether answers go to a terminal.
    pub fn is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// Returns whom to ask and where, when both are a terminal.
    pub fn dialogue(&self) -> Option<(impl std::io::BufRead + use<>, impl Write + use<>)> {
        let (reader, writer) = (std::io::stdin(), std::io::stdout());
        (reader.is_terminal() && writer.is_terminal()).then(|| (std::io::BufReader::new(reader), writer))
    }

    /// Returns the width to draw to: the terminal's, or `COLUMNS`, or a fixed one for files.
    pub fn width(&self) -> usize {
        self.told_width().unwrap_or(PLAIN_WIDTH)
    }

    /// Returns the width that `COLUMNS` or the terminal tells; `None` where an answer goes to a file or a program, which may
    /// look for whole lines.
    pub fn told_width(&self) -> Option<usize> {
        let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
        let terminal =
            || std::io::stdout().is_terminal().then(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)));
        told.or_else(|| terminal().flatten()).map(|width| width.clamp(40, 160))
    }

    /// Writes an answer to stdout.
    pub fn answer(&mut self, text: &str) -> Result<()> {
        heard(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
    }

    /// Writes an answer to stdout piece by piece, without building it as a text first: it may be tens of megabytes.
    pub fn answer_with(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
        let mut out = std::io::BufWriter::with_capacity(1 << 16, &mut self.out);
        heard(write(&mut out).and_then(|()| out.flush()))
    }

    /// Writes an answer to stdout as JSON.
    pub fn answer_json(&mut self, answer: &impl serde::Serialize) -> Result<()> {
        self.answer_with(|out| {
            serde_json::to_writer_pretty(&mut *out, answer).map_err(std::io::Error::from)?;
            out.write_all(b"\n")
        })
    }

    /// Writes a remark to stderr; failing to is not worth failing for.
    pub fn say(&mut self, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.err, "{}", plain(line));
        }
    }

    /// Writes diagnostics to stderr, errors last, so that they stand nearest to the prompt.
    pub fn diagnostics(&mut self, items: &[Diagnostic]) {
        for severity in [Severity::Note, Severity::Warning, Severity::Error] {
            let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
            for item in items.iter().filter(|item| item.severity == severity) {
                let count = shown.entry(item.code.id).or_default();
                *count += 1;
                if *count <= MOST_OF_A_KIND {
                    // Its parts are plain, and the colours are its own.
                    let _ = writeln!(self.err, "{}", render(item, self.err_colour).trim_end());
                }
            }
            for (code, count) in shown.into_iter().filter(|(_, count)| *count > MOST_OF_A_KIND) {
                self.say(&format!("{}[{code}]: and {} more", severity.word(), count - MOST_OF_A_KIND));
            }
        }
    }
}

/// A reader that has read enough is not an error: the run goes on, and its status is what it comes to.
fn heard(written: std::io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}
