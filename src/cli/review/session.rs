//! What is shown and chosen: the files as they were read, the choices of the page, and the plan that follows from both.

use std::collections::BTreeMap;

use broaden::diagnostics::{Diagnostic, Sink};
use broaden::explain::{self, what_if};
use broaden::pipeline::{self, Inputs, Kept};
use broaden::proposal::{Proposal, Wanted};
use broaden::report::html::review::{Screen, Threshold, page, parts, thresholds};
use broaden::report::{self, Options};
use broaden::trades::Trade;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use super::door::Way;
use super::server::Answer;

/// A household that is reviewed.
pub struct Session {
    /// As the command line has them.
    inputs: Inputs,
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
}

/// What is chosen on the page.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    /// Where sliders stand that were moved, by key.
    #[serde(default)]
    set: BTreeMap<String, f64>,
}

/// The parts of the page that are others now.
#[derive(Serialize)]
struct Changed {
    revision: u64,
    parts: BTreeMap<&'static str, String>,
    values: BTreeMap<String, String>,
}

impl Session {
    /// Plans for the first time. `None` when something stops it; the sink then says what.
    pub fn new(inputs: Inputs, sink: &mut Sink) -> Option<Session> {
        let kept = Kept::default();
        let asked = Inputs { wanted: Wanted::Orders, ..inputs.clone() };
        let proposal = pipeline::advise_with(&asked, &kept, sink)?;
        Some(Session {
            thresholds: thresholds(&proposal),
            inputs,
            kept,
            chosen: Choices::default(),
            proposal,
            whole: false,
            before: None,
            problems: Vec::new(),
            revision: 0,
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
        let mut overrides = self.inputs.overrides.clone();
        for (key, place) in &choices.set {
            match self.thresholds.iter().find(|threshold| threshold.key == *key) {
                Some(threshold) if threshold.holds(*place) => {
                    overrides.extend(
                        threshold
                            .beside
                            .iter()
                            .filter(|(key, _)| !choices.set.contains_key(key))
                            .map(|(key, value)| format!("{key}={value}")),
                    );
                    overrides.push(format!("{key}={}", threshold.toml(*place)));
                }
                _ => return Answer::no(StatusCode::BAD_REQUEST, "there is no such threshold, or no such place on it"),
            }
        }
        if choices != self.chosen || !self.problems.is_empty() {
            let inputs = Inputs { overrides, wanted: Wanted::Orders, ..self.inputs.clone() };
            let mut sink = Sink::default();
            match pipeline::advise_with(&inputs, &self.kept, &mut sink) {
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

    /// Says what other choices change: `Most of one issuer is 9%, not 10%`.
    fn cause(&self, choices: &Choices) -> String {
        let place = |choices: &Choices, threshold: &Threshold| {
            choices.set.get(&threshold.key).copied().unwrap_or(threshold.place)
        };
        let moved = self.thresholds.iter().filter_map(|threshold| {
            let (was, is) = (place(&self.chosen, threshold), place(choices, threshold));
            let (was_words, is_words) = (threshold.words(was), threshold.words(is));
            (was != is).then(|| format!("\u{201c}{}\u{201d} is {is_words}, not {was_words}", threshold.name))
        });
        moved.collect::<Vec<_>>().join("; ")
    }

    /// Finds what the plan would be otherwise, as `advise` does before it reports.
    fn complete(&mut self) {
        if !self.whole {
            self.proposal.what_if = what_if::find(&self.proposal, &self.inputs.wanted);
            self.whole = true;
        }
    }

    /// Explains a name, as `explain NAME PATH` does.
    fn why(&self, name: &str) -> Answer {
        #[derive(Serialize)]
        struct Text {
            text: String,
        }
        let found = what_if::find(&self.proposal, &Wanted::About(name.to_owned()));
        let text = explain::in_proposal(&Proposal { what_if: found, ..self.proposal.clone() }, name);
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
        }
    }

    fn changed(&self) -> Changed {
        let place = |threshold: &Threshold| self.chosen.set.get(&threshold.key).copied().unwrap_or(threshold.place);
        let words = self.thresholds.iter().map(|threshold| (threshold.key.clone(), threshold.words(place(threshold))));
        Changed { revision: self.revision, parts: parts(self.screen()), values: words.collect() }
    }
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

fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(text) => Answer::of("application/json", text),
        Err(error) => Answer::no(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
