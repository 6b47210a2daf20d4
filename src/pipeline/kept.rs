//! What is read of the files of a run, kept for the next question about the same files: prices are read once, however often a
//! limit is moved.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use chrono::NaiveDate;

use super::{Inputs, Setup};
use crate::config::Node;
use crate::diagnostics::{Diagnostic, Sink};
use crate::market::{self, Market, jumps::Splits};
use crate::reference::Bundle;
use crate::signals::{self, History};

/// What was read. It belongs to the files it was first used with, and to no others.
#[derive(Default)]
pub struct Kept {
    bundle: OnceCell<Bundle>,
    market: RefCell<Option<Read>>,
    history: RefCell<Option<(Asked, Rc<History>)>>,
}

/// What a history was computed for: what the config says of it, and the day.
type Asked = (Vec<Option<Node>>, NaiveDate);

/// The sections that signals, brakes and drivers are configured by.
const SECTIONS: [&str; 4] = ["signals", "brakes", "drivers", "screen"];

/// The market as it was read, under which settings, and what was wrong with it.
struct Read {
    splits: Splits,
    market: Rc<Market>,
    problems: Vec<Diagnostic>,
}

impl Kept {
    /// Returns the bundled table of instruments.
    pub(super) fn bundle(&self) -> Bundle {
        self.bundle.get_or_init(Bundle::read).clone()
    }

    /// Returns the market of the files; its problems go to the sink as if it were read now.
    pub(super) fn market(&self, inputs: &Inputs, splits: &Splits, sink: &mut Sink) -> Rc<Market> {
        let mut kept = self.market.borrow_mut();
        if kept.as_ref().is_none_or(|read| read.splits != *splits) {
            let mut own = Sink::default();
            let market = Rc::new(market::load_with(&inputs.market, splits, &mut own));
            *kept = Some(Read { splits: splits.clone(), market, problems: own.items });
            // It is of the market before.
            self.history.take();
        }
        let Some(read) = &*kept else { return Rc::default() };
        read.problems.iter().for_each(|problem| sink.push(problem.clone()));
        Rc::clone(&read.market)
    }

    /// Returns the history of the signals up to a day, of the market that was read last.
    pub(super) fn history(&self, setup: &Setup, market: &Market, as_of: NaiveDate) -> Rc<History> {
        let sections = SECTIONS.map(|name| setup.document.root.get(name).cloned());
        let asked = (sections.to_vec(), as_of);
        let mut kept = self.history.borrow_mut();
        match &*kept {
            Some((of, history)) if *of == asked => Rc::clone(history),
            _ => {
                let history = Rc::new(signals::history(&setup.signals, market, as_of));
                *kept = Some((asked, Rc::clone(&history)));
                history
            }
        }
    }
}
