//! What is shown and chosen: the files as they were read, the choices of the page, and the plan that follows from both.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use broaden::decisions::{self, Choice, Decisions};

use broaden::diagnostics::{Diagnostic, Sink, Source, SourceKind};
use broaden::explain::{self, what_if};
use broaden::model::RawFile;
use broaden::pipeline::{self, Inputs, Kept};
use broaden::proposal::{Proposal, Wanted};
use broaden::report::html::review::{Screen, Threshold, page, parts, thresholds};
use broaden::report::{self, Options};
use broaden::trades::Trade;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use super::door::Way;
use super::save::{Places, Saving, Seen, Wanted as Write};
use super::server::Answer;
use crate::cli::outputs::shown;

/// A household that is reviewed.
pub struct Session {
    /// As the command line has them.
    inputs: Inputs,
    places: Places,
    /// The config as it was read; empty where there is none.
    config: String,
    kept: Kept,
    thresholds: Vec<Threshold>,
    chosen: Choices,
    proposal: Proposal,
    /// Whether what would be otherwise is found too, as `advise` does.
    whole: bool,
    /// The trades before the last change, and what was changed.
    before: Option<(Vec<Trade>, String)>,
    /// Why the last change could not be made.
    problems: Vec<Diagnostic>,
    /// Counts the plans, so that an answer can be told from an older one.
    revision: u64,
    /// Reads all files once more.
    again: Again,
    /// What the page last showed of the files that a save replaces.
    seen: Seen,
}

/// Reads the files as they are now.
pub type Again = Box<dyn Fn() -> Result<Files>>;

/// What orders are made of.
pub struct Files {
    pub holdings: Vec<RawFile>,
    pub market: Vec<RawFile>,
    pub funds: Vec<RawFile>,
    /// The text of the config, empty where there is none; `None` where none is to be read.
    pub config: Option<String>,
}

/// What is chosen on the page.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    /// Where sliders stand that were moved, by key.
    #[serde(default)]
    set: BTreeMap<String, f64>,
    /// What is decided of lines, by their names.
    #[serde(default)]
    decided: BTreeMap<String, OfLine>,
}

/// What is decided of a line.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLine {
    /// `accept`, `reject` or `later`.
    choice: String,
    /// Shares that are accepted, as typed; as many as are proposed without it.
    #[serde(default)]
    shares: Option<String>,
}

impl Choices {
    /// What the command line decided. What is accepted as proposed has the shares that the page shows.
    fn of(decisions: &Decisions, proposal: &Proposal) -> Choices {
        let one = |decision: &decisions::Decision| {
            let shown =
                proposal.trades.iter().find(|trade| trade.id == decision.id && decision.choice == Choice::Accept);
            let shares = decision.quantity.or(shown.map(|trade| trade.quantity));
            let shares = shares.map(|shares| shares.decimal().normalize().to_string());
            (decision.id.clone(), OfLine { choice: decision.choice.id().to_owned(), shares })
        };
        Choices { set: BTreeMap::new(), decided: decisions.iter().map(one).collect() }
    }

    /// The same as decisions. Every problem goes to the sink.
    fn decisions(&self, sink: &mut Sink) -> Decisions {
        let of = |choice: Choice| {
            let own = self.decided.iter().filter(move |(_, line)| line.choice == choice.id());
            own.filter(|(_, line)| line.shares.is_none() || choice != Choice::Accept)
                .map(|(id, _)| id.clone())
                .collect::<Vec<_>>()
        };
        let quantity = |(id, line): (&String, &OfLine)| {
            let shares = line.shares.as_ref().filter(|_| line.choice == Choice::Accept.id())?;
            Some(format!("{id}={shares}"))
        };
        let options = decisions::Options {
            accept: of(Choice::Accept),
            reject: of(Choice::Reject),
            later: of(Choice::Later),
            quantity: self.decided.iter().filter_map(quantity).collect(),
        };
        options.decisions(sink)
    }
}

/// The parts of the page that are others now.
#[derive(Serialize)]
struct Changed {
    revision: u64,
    /// Whether the last change could not be made: the parts are those of the plan before it.
    refused: bool,
    parts: BTreeMap<&'static str, String>,
    values: BTreeMap<String, String>,
}

impl Session {
    /// Plans for the first time. `None` when something stops it; the sink then says what.
    pub fn new(inputs: Inputs, places: Places, config: String, again: Again, sink: &mut Sink) -> Option<Session> {
        let kept = Kept::default();
        let asked = Inputs { wanted: Wanted::Orders, ..inputs.clone() };
        let proposal = pipeline::advise_with(&asked, &kept, sink)?;
        Some(Session {
            thresholds: thresholds(&proposal),
            chosen: Choices::of(&inputs.decisions, &proposal),
            inputs,
            places,
            config,
            kept,
            proposal,
            whole: false,
            before: None,
            problems: Vec::new(),
            revision: 0,
            again,
            seen: Seen::new(),
        })
    }

    /// Answers a question of the page.
    pub fn answer(&mut self, way: Way, body: &[u8]) -> Answer {
        match way {
            Way::Proposal => {
                self.complete();
                let text = report::json::render(&self.proposal, Options { width: 100, colour: false });
                Answer::of("application/json", text)
            }
            Way::Ask("plan") => self.told(body, |session, choices: Choices| session.plan(choices)),
            Way::Ask("more") => self.told(body, |session, _: Nothing| {
                session.complete();
                json(&session.changed())
            }),
            Way::Ask("why") => self.told(body, |session, asked: Why| session.why(&asked.name)),
            Way::Ask("preview") => self.told(body, |session, _: Nothing| {
                let changes = session.changes();
                let saving = session.saving(&changes);
                let shown = session.places.preview(&saving, session.revision);
                session.seen = session.places.seen(&saving);
                shown.map_or_else(|error| refused(&error), |shown| json(&shown))
            }),
            Way::Ask("save") => self.told(body, |session, wanted: Write| match session.save(wanted) {
                Ok(saved) => json(&saved),
                Err(error) => refused(&error),
            }),
            Way::Page => Answer::of("text/html; charset=utf-8", page(self.screen())),
            _ => Answer::no(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }

    /// Reads what a question says.
    fn told<T: for<'de> Deserialize<'de>>(&mut self, body: &[u8], call: impl FnOnce(&mut Self, T) -> Answer) -> Answer {
        match serde_json::from_slice(body) {
            Ok(said) => call(self, said),
            Err(error) => Answer::no(StatusCode::BAD_REQUEST, format!("this is no question: {error}")),
        }
    }

    /// Plans with other choices. Where that cannot be the plan stays, and the page says why.
    fn plan(&mut self, choices: Choices) -> Answer {
        let known = |key: &String, place: f64| self.thresholds.iter().any(|one| one.key == *key && one.holds(place));
        if choices.set.iter().any(|(key, place)| !known(key, *place)) {
            return Answer::no(StatusCode::BAD_REQUEST, "there is no such threshold, or no such place on it");
        }
        if choices.decided.values().any(|line| Choice::ALL.iter().all(|choice| choice.id() != line.choice)) {
            return Answer::no(StatusCode::BAD_REQUEST, "a line is accepted, rejected or put off");
        }
        if choices != self.chosen || !self.problems.is_empty() {
            let mut sink = Sink::default();
            let inputs = self.inputs_of(&choices, Wanted::Orders, &mut sink);
            let found = if sink.has_errors() { None } else { pipeline::advise_with(&inputs, &self.kept, &mut sink) };
            match found {
                Some(proposal) => {
                    let cause = self.cause(&choices);
                    let before = std::mem::replace(&mut self.proposal, proposal);
                    self.before = Some((before.trades, cause));
                    (self.chosen, self.whole) = (choices, false);
                    self.problems.clear();
                }
                None => self.problems = sink.items,
            }
            self.revision += 1;
        }
        json(&self.changed())
    }

    /// The inputs of the command line with choices over them.
    fn inputs_of(&self, choices: &Choices, wanted: Wanted, sink: &mut Sink) -> Inputs {
        let mut overrides = self.inputs.overrides.clone();
        overrides
            .extend(changes(&self.thresholds, &choices.set).into_iter().map(|(key, value)| format!("{key}={value}")));
        let mut decisions = choices.decisions(sink);
        decisions.as_of = self.inputs.decisions.as_of.clone();
        Inputs { overrides, decisions, wanted, ..self.inputs.clone() }
    }

    /// Says what other choices change: `Most of one issuer is 9%, not 10%`.
    fn cause(&self, choices: &Choices) -> String {
        let place = |of: &Choices, one: &Threshold| of.set.get(&one.key).copied().unwrap_or(one.place);
        let moved = self.thresholds.iter().filter_map(|threshold| {
            let (was, is) = (place(&self.chosen, threshold), place(choices, threshold));
            let (was_words, is_words) = (threshold.words(was), threshold.words(is));
            (was != is).then(|| format!("\u{201c}{}\u{201d} is {is_words}, not {was_words}", threshold.name))
        });
        let ids: BTreeSet<&String> = self.chosen.decided.keys().chain(choices.decided.keys()).collect();
        let decided = ids.into_iter().filter_map(|id| {
            let (was, is) = (self.chosen.decided.get(id), choices.decided.get(id));
            let word = |line: &OfLine| {
                Choice::ALL.iter().find(|choice| choice.id() == line.choice).map_or("", |one| one.done())
            };
            let is_words = is.map_or("undecided again".to_owned(), |line| match &line.shares {
                Some(shares) if line.choice == "accept" => format!("accepted with {shares} shares"),
                _ => word(line).to_owned(),
            });
            (was != is).then(|| format!("{id} is {is_words}"))
        });
        moved.chain(decided).collect::<Vec<_>>().join("; ")
    }

    /// Finds what the plan would be otherwise, as `advise` does before it reports.
    fn complete(&mut self) {
        if self.whole {
            return;
        }
        let mut sink = Sink::default();
        let inputs = self.inputs_of(&self.chosen, self.inputs.wanted.clone(), &mut sink);
        if let Some(proposal) = pipeline::advise_with(&inputs, &self.kept, &mut sink) {
            (self.proposal, self.whole) = (proposal, true);
        }
    }

    /// What the config would say otherwise.
    fn changes(&self) -> Vec<(String, String)> {
        changes(&self.thresholds, &self.chosen.set)
    }

    fn saving<'s>(&'s self, changes: &'s [(String, String)]) -> Saving<'s> {
        let decisions = self.chosen.decisions(&mut Sink::default());
        let day = format!("as-of = {}\n", self.proposal.as_of);
        // Which plan was decided on is said anew.
        let decisions = if decisions.is_empty() { String::new() } else { day + &decisions.toml() };
        Saving { proposal: &self.proposal, config: &self.config, changes, decisions }
    }

    /// Writes what is wanted of the plan that is shown, and goes on from the config as it is then.
    fn save(&mut self, wanted: Write) -> Result<Saved> {
        if wanted.revision != self.revision || !self.problems.is_empty() {
            bail!("the plan is another by now, perhaps in another window; look at it again");
        }
        if wanted.decisions || wanted.orders {
            self.check_files()?;
        }
        self.complete();
        let changes = self.changes();
        let (config, written) = self.places.save(&self.saving(&changes), wanted, &self.seen)?;
        self.seen.clear();
        if let Some(text) = config {
            let name =
                self.inputs.config.as_ref().map_or_else(|| shown(&self.places.config), |source| source.name.clone());
            self.inputs.config = Some(Source::of(SourceKind::File, &name, text.clone()));
            self.config = text;
            self.chosen.set.clear();
            let mut sink = Sink::default();
            let inputs = self.inputs_of(&self.chosen, Wanted::Orders, &mut sink);
            if let Some(proposal) = pipeline::advise_with(&inputs, &self.kept, &mut sink) {
                (self.thresholds, self.whole) = (thresholds(&proposal), false);
                (self.proposal, self.before) = (proposal, None);
            }
            self.revision += 1;
        }
        Ok(Saved { written })
    }

    /// Checks that the orders are still those of the files: of another household, other prices or other rules they are others.
    fn check_files(&self) -> Result<()> {
        let now = (self.again)()?;
        let changed = match () {
            () if now.holdings != self.inputs.holdings => "the household's files",
            () if now.config.is_some_and(|text| text != self.config) => {
                bail!(
                    "{} is another than when it was read; nothing is written. Start again",
                    shown(&self.places.config)
                )
            }
            () if now.market != self.inputs.market => "the market files",
            () if now.funds != self.inputs.funds => "the files of what funds hold",
            () => return Ok(()),
        };
        bail!("{changed} are others than when they were read; nothing is written. Start again")
    }

    /// Explains a name, as `explain NAME PATH` does.
    fn why(&self, name: &str) -> Answer {
        #[derive(Serialize)]
        struct Text {
            text: String,
        }
        let found = what_if::find(&self.proposal, &Wanted::About(name.to_owned()));
        let text = pipeline::explained(&Proposal { what_if: found, ..self.proposal.clone() }, name);
        let topics = || {
            let topics = explain::find(name, &pipeline::codes()).ok()?;
            Some(topics.iter().map(|topic| topic.text.clone()).collect::<Vec<_>>().join("\n\n"))
        };
        let text = text.or_else(topics).unwrap_or_else(|| "Nothing is known under this name.".to_owned());
        let text = text.lines().map(|line| report::plain(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n");
        json(&Text { text })
    }

    fn screen(&self) -> Screen<'_> {
        Screen {
            proposal: &self.proposal,
            before: self.before.as_ref().map(|(trades, cause)| (trades.as_slice(), cause.as_str())),
            problems: &self.problems,
            thresholds: &self.thresholds,
            places: &self.chosen.set,
        }
    }

    fn changed(&self) -> Changed {
        let place = |threshold: &Threshold| self.chosen.set.get(&threshold.key).copied().unwrap_or(threshold.place);
        let words = self.thresholds.iter().map(|threshold| (threshold.key.clone(), threshold.words(place(threshold))));
        Changed {
            revision: self.revision,
            refused: !self.problems.is_empty(),
            parts: parts(self.screen()),
            values: words.collect(),
        }
    }
}

/// What was written.
#[derive(Serialize)]
struct Saved {
    written: Vec<String>,
}

/// Keys of the config with the values that moved sliders stand for, and those that would mean something else beside them.
fn changes(thresholds: &[Threshold], set: &BTreeMap<String, f64>) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = Vec::new();
    for threshold in thresholds {
        let Some(place) = set.get(&threshold.key) else { continue };
        list.extend(threshold.beside.iter().filter(|(key, _)| !set.contains_key(key)).cloned());
        list.push((threshold.key.clone(), threshold.toml(*place)));
    }
    list.sort();
    list.dedup();
    list
}

/// A question without words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    name: String,
}

fn refused(error: &anyhow::Error) -> Answer {
    Answer::no(StatusCode::CONFLICT, format!("{error:#}"))
}

fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(text) => Answer::of("application/json", text),
        Err(error) => Answer::no(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
