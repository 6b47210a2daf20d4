//! `broaden batch`: a book of households, each advised on its own, on all cores.

mod answer;
mod flow;
mod output;
mod source;
mod totals;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow};
use broaden::codes;
use broaden::diagnostics::Sink;
use broaden::report::book::Fields;
use broaden::report::html::book::Book;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Status;
use super::inputs::{Options, gather_market};
use super::outputs::{Guard, Outputs};
use super::ui::Ui;
use answer::{Answer, Desk};
use output::{Format, Output};
use source::{Shard, Source};
use totals::Totals;

codes! {
    PANICKED "panicked" "The program broke off while it was at one household of a book, which is a mistake in it; the others are not touched. The household's files are worth a bug report.";
}

/// Advise a book of households: one line of JSON for each
///
/// The book is a folder of household folders, each as `advise` takes it; or JSON Lines, one household a line. Out come
/// JSON Lines, one for each household, in the order of the book. A household that fails gives a line that says why, and
/// stops no other. What-ifs are left out, unless --what-if asks for them.
#[derive(clap::Args)]
#[command(after_long_help = "\
A household in JSON is the twin of a portfolio in TOML, as `broaden import` writes it: what is [[account]] there is a
list of objects here. `id` is repeated in the answer as it is, so it should be no account number. `config` is broaden.toml as an object, or the path of one below
the folder you are in; `trades` are the rows of trades.csv. Amounts may be texts, which are exact.

  {\"id\": \"smith\", \"config\": {\"limits\": {\"tech\": {\"base\": \"45%\"}}},
   \"account\": [{\"name\": \"Joint\", \"kind\": \"taxable\", \"cash\": \"1000.00\", \"as-of\": \"2026-11-20\",
     \"position\": [{\"symbol\": \"NVDA\", \"price\": \"182.33\",
       \"lot\": [{\"opened\": \"2024-01-10\", \"quantity\": 100, \"cost-basis\": \"3000.00\"}]}]}]}

Each line has `at` (the place in the book), `id`, `status` (planned, failed, panicked), `input` (a digest of all that
the answer is made from), `summary` (value, orders, sold, bought, tax, trading_cost, to_sell, still_to_sell, over), and
`proposal`, the same JSON as of `advise --json`; without a proposal, `diagnostics`.

Every household of the book has its line, whatever is wrong with it. A blank line is no household: it is passed over, and
counts in no `at`.

A folder market/ in the book is read once, for all; a broaden.toml in it holds for those that have none of their own.
The exit status is 1 when a household has no proposal.

Examples:
  broaden batch book/ -o plans.jsonl --html book.html
  broaden batch book/ -o plans.jsonl --resume
  broaden batch households.jsonl --market market/ --fields plan/outcome/tax,trades/symbol,trades/quantity
  broaden batch book/ --format orders-csv > orders.csv
  parallel broaden batch book/ --shard {}/8 -o plans-{}.jsonl --resume ::: 1 2 3 4 5 6 7 8
  parallel --pipe -N 500 -k broaden batch - --market market/ < households.jsonl > plans.jsonl")]
pub struct Args {
    /// A folder of household folders, or a file of JSON Lines; `-` is JSON Lines on standard input
    #[arg(value_name = "BOOK")]
    book: PathBuf,
    #[command(flatten)]
    options: Options,
    /// Write the lines to a new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on where a run was stopped: keep the whole lines of FILE that are of this book, and add the others
    #[arg(long, requires = "output")]
    resume: bool,
    /// Format of the lines
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Print these fields of each proposal only, as in plan/outcome/tax,trades/symbol
    #[arg(long, value_name = "PATHS")]
    fields: Option<String>,
    /// Also find what the reports of `advise` show beside the plan: alternatives, ladders, reasons
    #[arg(long)]
    what_if: bool,
    /// Take every N-th household only, from the K-th on
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Households that are planned at the same time [default: one a core]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Also write a page of the book: who is over which limit, and by how much
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let disk = &*disk;
    let fields = args.fields.as_deref().map(Fields::parse).transpose().map_err(|words| anyhow!("--fields: {words}"))?;
    let mut guard = Guard::default();
    let (source, place) = Source::open(disk, &args.book, args.shard, &mut guard)?;
    // What all share is read once.
    let mut sink = Sink::default();
    let market = args.options.market.iter().cloned().chain(place.market).collect();
    let options = Options { market, no_config: true, config: None, ..args.options.clone() };
    let shared = gather_market(disk, &[], &options, &mut sink);
    guard.and(shared.guard);
    guard.check(disk, args.output.iter().chain(&args.html).map(PathBuf::as_path))?;
    if sink.has_errors() {
        ui.diagnostics(&sink.items);
        return Ok(Status::CouldNot);
    }
    let own = Options { market: Vec::new(), ..args.options.clone() };
    let desk = Desk::new(disk, own, place.config, shared.inputs, fields, args.what_if, args.format);

    let (mut totals, mut book) = (Totals::default(), Book::default());
    let mut output = Output::open(disk, args.output.as_deref(), args.resume, args.format)?;
    let mut source = source;
    output.keep(&mut source, &desk, &mut |line| {
        totals.kept(line);
        book.add(line);
    })?;

    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    // On a terminal only; it hides itself elsewhere.
    let bar = source.left().map_or_else(ProgressBar::no_length, |count| ProgressBar::new(count as u64));
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {wide_bar} {per_sec} {msg}") {
        bar.set_style(style);
    }
    bar.set_position(totals.households());
    let begun = Instant::now();
    let mut ahead = |out: &mut dyn Write, found: Answer| -> std::io::Result<()> {
        out.write_all(found.text.as_bytes())?;
        out.flush()?;
        totals.add(&found);
        book.add(&found.line);
        bar.inc(1);
        Ok(())
    };
    let work = |item: &source::Item| desk.answer(item);
    let broke = |item: &source::Item, words: String| desk.broke(item, &words);
    let flow = flow::Flow { threads, work: &work, broke: &broke };
    match &mut output {
        Output::File(file) => flow.run(source, |found| ahead(file, found))?,
        Output::Standard(head) => {
            let head = std::mem::take(head);
            ui.answer_with(|out| {
                out.write_all(head.as_bytes())?;
                flow.run(source, |found| ahead(out, found))
            })?;
        }
    }
    output.settle(disk)?;
    bar.finish_and_clear();
    let words = totals.words(begun.elapsed(), threads);
    if let Some(path) = &args.html {
        let mut outputs = Outputs::new(disk);
        outputs.stage(path, book.page(&totals.lasting()).as_bytes())?;
        outputs.commit()?;
    }
    ui.say(&words);
    Ok(if totals.all_planned() { Status::Done } else { Status::No })
}
