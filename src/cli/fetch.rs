//! `broaden fetch`: fills and updates the market folder. The only verb that opens the network.

mod client;
mod constituents;
mod diary;
mod keys;
mod sources;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};

use anyhow::{Context, Result, bail};
use broaden::config::fetch::Addresses;
use broaden::diagnostics::Sink;
use broaden::market::wanted::Thing;
use broaden::model::Symbol;
use broaden::pipeline::Setup;
use broaden::{market, pipeline};
use chrono::{Days, NaiveDate};
use indicatif::{ProgressBar, ProgressStyle};

use super::disk::Disk;
use super::exit::Status;
use super::inputs::{Options, gather};
use super::outputs::{Guard, shown};
use super::ui::Ui;
use client::Client;
use keys::Keys;
use sources::{SOURCES, Source};
use store::{Fetched, Kept, Table};

/// Fill and update the market folder from public sources
///
/// Asks for what the signals, brakes, drivers and sleeves of the config want (`broaden market` lists it), for the closes of
/// what is held and the rates of its currencies, and of files it
/// has fetched before only for what is new, with ten sessions of overlap that must agree; where they do not, the whole
/// series is fetched again. A file that you saved yourself is never written over. Rows of today are left out, since the
/// session may be running. Nothing is sent but the names of series and tickers, and the key of a source that wants one.
///
/// Sources: FRED (fred.stlouisfed.org), Cboe (cdn.cboe.com), Yahoo (query1.finance.yahoo.com) and, where that does not
/// answer, Nasdaq (api.nasdaq.com) for closes, and the daily breadth table of tradermonty/market-breadth-analysis. No key
/// is needed. The two for closes are unofficial and for personal use under their own terms. With a key, Tiingo
/// (api.tiingo.com) is asked before them and Alpha Vantage (www.alphavantage.co) after: in BROADEN_TIINGO_KEY or
/// BROADEN_ALPHAVANTAGE_KEY, or in a file that you alone may read, named under [fetch] in broaden.toml, where addresses
/// can be changed too, and `sources` says which are asked for what, in which order. Stooq is not asked: it answers programs
/// with a challenge. The market diary of the NYSE (advances and declines of the last two sessions) is asked only where `diary`
/// under [fetch] names its address, because the terms of the usual one forbid programs.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden fetch household/
  broaden fetch household/ --dry-run
  broaden fetch household/ --only SPY --only UNRATE
  broaden fetch household/ --constituents")]
pub struct Args {
    /// The household folder whose market/ is filled
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// The config to use, instead of broaden.toml in the folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Override a config value for this run (can be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Fetch only this ticker or series, also one that nothing asks for (can be repeated)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Fetch the members of the S&P 500 and the closes of each, about ten minutes the first time; a run that is stopped
    /// is taken up by the next
    #[arg(long, conflicts_with_all = ["only", "offline"])]
    constituents: bool,
    /// Print the requests and make none
    #[arg(long)]
    dry_run: bool,
    /// Make no request: say what would be fetched and fail if anything is missing
    #[arg(long, conflicts_with = "dry_run")]
    offline: bool,
}

/// Returns the source that a thing is fetched from, as a rule.
pub fn source_of(thing: &Thing) -> Option<String> {
    let free = SOURCES.iter().filter(|source| source.usual && source.key.is_none());
    free.into_iter().find(|source| (source.offers)(thing)).map(|source| source.id.to_owned())
}

/// Sessions that must agree with what was fetched before, and the days that surely hold as many.
const OVERLAP: usize = 10;
const OVERLAP_DAYS: u64 = 16;
/// The first day asked for.
const START: NaiveDate = match NaiveDate::from_ymd_opt(2005, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    if !args.path.is_dir() {
        bail!("there is no folder {}", shown(&args.path));
    }
    let mut sink = Sink::default();
    let options = Options { config: args.config.clone(), overrides: args.overrides.clone(), ..Options::default() };
    let disk = ui.disk.clone();
    let gathered = gather(&*disk, std::slice::from_ref(&args.path), &options, &mut sink)?;
    let inputs = gathered.inputs;
    sink.items.retain(|item| item.code.id != super::inputs::NO_HOLDINGS.id);
    let setup = pipeline::configure(&inputs, &mut sink);
    if sink.has_errors() {
        ui.diagnostics(&sink.items);
        return Ok(Status::CouldNot);
    }
    let market = market::load_with(&inputs.market, &setup.given, &mut Sink::default());
    let list = pipeline::checklist(&setup, &market, inputs.today, source_of);
    let wanted = list.rows.into_iter().map(|row| row.thing).chain(held(&setup)).collect();
    let things = only(wanted, &args.only);
    let folder = args.path.join("market");
    let run = Run {
        disk: &*disk,
        guard: &gathered.guard,
        folder: &folder,
        addresses: &setup.addresses,
        keys: Keys::find(&*disk, &args.path, &setup.addresses)?,
        today: inputs.today,
        client: Client::new(),
        saving: Mutex::default(),
    };
    let diary = run.diary_address().filter(|_| args.only.is_empty());
    if args.dry_run && args.constituents {
        ui.answer(&run.plan_constituents())?;
        return Ok(Status::Done);
    }
    if args.dry_run || args.offline {
        let complete = run.plan(&things, |line| ui.answer(line))?;
        if let Some(address) = diary.filter(|_| args.dry_run) {
            ui.answer(&format!("{}: GET {address}\n", diary::FILE))?;
        }
        return Ok(if complete || args.dry_run { Status::Done } else { Status::CouldNot });
    }
    // Each request has threads of its own, and would break off without.
    std::thread::Builder::new().spawn(|| {}).context("the system gives no thread for a request")?;
    disk.make_folder(&folder, false).with_context(|| format!("could not make {}", shown(&folder)))?;
    let bar = if ui.is_terminal() { ProgressBar::new(things.len() as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}") {
        bar.set_style(style);
    }
    if args.constituents {
        let (done, lines) = run.constituents(&bar)?;
        bar.finish_and_clear();
        lines.iter().for_each(|line| ui.say(line));
        return Ok(if done { Status::Done } else { Status::CouldNot });
    }
    let (mut failed, mut asked) = (0, things.len());
    run.fetch_all(&things, |thing, done, words| {
        bar.set_message(thing.save_as());
        bar.suspend(|| ui.say(&format!("{}: {words}", thing.save_as())));
        failed += usize::from(!done);
        bar.inc(1);
    });
    bar.finish_and_clear();
    if let Some(address) = diary {
        let sessions = market.closes(&Symbol::new("SPY")).map(|closes| closes.dates.as_slice()).unwrap_or_default();
        let (done, words) = run.diary(&address, sessions);
        ui.say(&format!("{}: {words}", diary::FILE));
        failed += usize::from(!done);
        asked += 1;
    }
    ui.say(&format!("{} of {} are up to date in {}", asked - failed, asked, shown(&folder)));
    Ok(if failed == 0 { Status::Done } else { Status::CouldNot })
}

/// Returns the closes of what is held.
fn held(setup: &Setup) -> impl Iterator<Item = Thing> {
    let positions = setup.portfolio.accounts.iter().flat_map(|account| &account.positions);
    let traded = positions.filter(|position| position.is_unpriced() || position.obstacle().is_none());
    let symbols: BTreeSet<Symbol> = traded.filter_map(|position| position.canonical.clone()).collect();
    symbols.into_iter().map(Thing::Closes)
}

/// Returns the things of some names, each once, or all where none is named. A name that nothing wants is an economic series
/// or a ticker.
fn only(wanted: Vec<Thing>, names: &[String]) -> Vec<Thing> {
    let is_called = |thing: &Thing, name: &str| thing.save_as().eq_ignore_ascii_case(&format!("{name}.csv"));
    let mut things: Vec<Thing> = Vec::new();
    for thing in &wanted {
        if !things.contains(thing) && (names.is_empty() || names.iter().any(|name| is_called(thing, name))) {
            things.push(thing.clone());
        }
    }
    for name in names.iter().filter(|name| !wanted.iter().any(|thing| is_called(thing, name))) {
        things.push(match market::macros::known_id(name) {
            Some(id) => Thing::Series(id.to_owned()),
            None => Thing::Closes(Symbol::new(name)),
        });
    }
    things
}

/// Refuses a whole answer that is a piece of what is there: it is no history that was revised.
fn enough(rows: usize, before: usize) -> Result<(), String> {
    if rows.saturating_mul(2) < before {
        return Err(format!("the whole answer has {rows} rows where the file has {before}: the file is left as it is"));
    }
    Ok(())
}

/// One run: where to, from where, on what day.
struct Run<'a> {
    disk: &'a dyn Disk,
    guard: &'a Guard,
    folder: &'a Path,
    addresses: &'a Addresses,
    keys: Keys,
    today: NaiveDate,
    client: Client,
    /// Held while a file and the manifest beside it are written.
    saving: Mutex<()>,
}

impl Run<'_> {
    /// Prints the requests that would be made. Returns whether the folder has something of everything.
    fn plan(&self, things: &[Thing], mut print: impl FnMut(&str) -> Result<()>) -> Result<bool> {
        let mut missing = 0;
        for thing in things {
            let name = thing.save_as();
            let line = match (store::kept(self.disk, self.folder, thing)?, self.sources(thing).next()) {
                (Kept::Foreign, _) => format!("{name}: saved by hand, left alone"),
                _ if !thing.is_plain() => format!("{name}: no such name can be asked for"),
                (_, None) => format!("{name}: by hand, {}", thing.by_hand()),
                (kept, Some(source)) => {
                    missing += usize::from(matches!(kept, Kept::Nothing | Kept::Damaged));
                    format!("{name}: GET {}", source.address(self.addresses, thing, self.from(&kept), self.today))
                }
            };
            print(&format!("{line}\n"))?;
        }
        Ok(missing == 0)
    }

    /// Returns the sources that can be asked for a thing: those that the config chooses for it, else the usual ones.
    fn sources(&self, thing: &Thing) -> impl Iterator<Item = &'static Source> + use<'_> {
        let name = thing.save_as();
        let listed: Vec<&'static Source> = match self.addresses.chosen(name.trim_end_matches(".csv")) {
            Some(ids) => ids.iter().filter_map(|id| SOURCES.iter().find(|source| source.id == id)).copied().collect(),
            None => SOURCES.iter().filter(|source| source.usual).copied().collect(),
        };
        let thing = thing.clone();
        listed.into_iter().filter(move |source| (source.offers)(&thing) && self.keys.serve(source))
    }

    fn from(&self, kept: &Kept) -> NaiveDate {
        match kept {
            Kept::Own(table) => {
                table.last().and_then(|last| last.checked_sub_days(Days::new(OVERLAP_DAYS))).unwrap_or(START)
            }
            _ => START,
        }
    }

    /// Fetches things, those of each site one after the other, and of several sites at once. Each is told when it is done:
    /// whether it is up to date now, and what to say.
    fn fetch_all(&self, things: &[Thing], mut tell: impl FnMut(&Thing, bool, &str)) {
        let mut by_source: BTreeMap<&str, Vec<&Thing>> = BTreeMap::new();
        for thing in things {
            by_source.entry(self.sources(thing).next().map_or("", |source| source.id)).or_default().push(thing);
        }
        let (send, receive) = mpsc::channel();
        let work = |things: &[&Thing], send: &mpsc::Sender<_>| {
            for thing in things {
                let (done, words) = self.fetch(thing);
                // The other end is there until all is told.
                let _ = send.send(((*thing).clone(), done, words));
            }
        };
        std::thread::scope(|scope| {
            for things in by_source.values() {
                let own = send.clone();
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || work(things, &own));
                if thread.is_err() {
                    work(things, &send);
                }
            }
            drop(send);
            for (thing, done, words) in receive {
                tell(&thing, done, &words);
            }
        });
    }

    /// Fetches one thing. Returns whether it is up to date now, and what to say.
    fn fetch(&self, thing: &Thing) -> (bool, String) {
        if !thing.is_plain() {
            return (false, "no such name can be asked for".to_owned());
        }
        let kept = match store::kept(self.disk, self.folder, thing) {
            Ok(kept) => kept,
            Err(error) => return (false, format!("{error:#}")),
        };
        if matches!(kept, Kept::Foreign) {
            return (true, "saved by hand, left alone".to_owned());
        }
        let mut failures: Vec<String> = Vec::new();
        let sources: Vec<&Source> = self.sources(thing).collect();
        for source in sources {
            match self.fetch_from(source, thing, &kept) {
                Ok(words) => return (true, words),
                Err(why) => failures.push(format!("{}: {why}", source.id)),
            }
        }
        if failures.is_empty() {
            return (true, format!("by hand, {}", thing.by_hand()));
        }
        (false, failures.join("; "))
    }

    fn fetch_from(&self, source: &Source, thing: &Thing, kept: &Kept) -> Result<String, String> {
        let (mut table, address) = self.ask(source, thing, self.from(kept))?;
        let mut words = String::new();
        let mut loses = false;
        if matches!(kept, Kept::Damaged) {
            (words, loses) = ("fetched whole, because nothing of the file could be read".to_owned(), true);
        }
        if let Kept::Own(old) = kept {
            match old.join(&table, OVERLAP) {
                Ok(joined) => {
                    let added = joined.rows.len() - old.rows.len();
                    words = format!("{added} new rows");
                    table = joined;
                }
                Err(why) => {
                    // A split, a dividend or a revision changed what was there before.
                    (table, _) = self.ask(source, thing, START)?;
                    enough(table.rows.len(), old.rows.len()).map_err(|few| format!("{why}, and {few}"))?;
                    (words, loses) = (format!("fetched whole, because {why}"), true);
                }
            }
        }
        let last = table.last().map_or_else(String::new, |day| day.to_string());
        let whole = if matches!(kept, Kept::Own(_)) { None } else { Some(START) };
        let oddities = table.oddities(thing, self.today, whole);
        let (text, reach) = (table.text(thing), (table.last(), table.rows.len()));
        let fetched = Fetched { name: thing.save_as(), from: (source.id, &address), text, reach, loses };
        let kept = self.save(&fetched).map_err(|error| format!("{error:#}"))?;
        let words = if words.is_empty() { format!("{} rows", table.rows.len()) } else { words };
        let kept = kept.map_or_else(String::new, |place| format!("; what was there is {place}"));
        Ok(format!("{words} to {last} from {}{oddities}{kept}", source.id))
    }

    /// Saves a file and its line of the manifest, one thread after the other.
    fn save(&self, fetched: &Fetched<'_>) -> Result<Option<String>> {
        let _turn = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        store::save(self.disk, self.guard, self.folder, fetched)
    }

    /// Asks a source and reads its answer with the reader of market files: what that does not read is no data.
    fn ask(&self, source: &Source, thing: &Thing, from: NaiveDate) -> Result<(Table, String), String> {
        let address = source.address(self.addresses, thing, from, self.today);
        let key = source.key.as_ref().map(|key| key.send).zip(self.keys.of(source));
        let body = self.client.get(&address, key, source.pause);
        let body = body.map_err(|failure| self.keys.hidden(source, failure.to_string()))?;
        let text = String::from_utf8(body).map_err(|_| "the answer is not text".to_owned())?;
        let text = self.keys.hidden(source, text);
        let text = (source.adapt)(&text)?;
        let table = Table::read(thing, &text, self.today)?;
        if table.rows.is_empty() {
            return Err("the answer holds no rows".to_owned());
        }
        Ok((table, address))
    }
}
