//! Many settings of a config through the same backtest, and how far to trust the best of them.
//!
//! Everything is measured against the config as it is: the question is whether a setting is better than that, and not
//! whether the market rose. Months are what is compared; a setting is judged on months it was not chosen on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};

use super::course::{Course, Strategy, floats};
use super::figures::{Figures, moments};
use super::overfit::{self, CrossValidated, Observed, Returns};
use super::vary::{Axis, combinations};
use super::{BAD_VARY, Ground, Spec, TOO_MANY, planned, variant};
use crate::diagnostics::{Diagnostic, Sink, text};
use crate::market;
use crate::pipeline::{self, Inputs};

/// Most settings of a run.
pub const MOST: usize = 20_000;
/// Stretches of time that are known or not in turn.
const BLOCKS: usize = 10;
/// Stretches of the walk forward.
const FOLDS: usize = 5;
/// Months that are left out between what a setting is chosen on and what it is judged on: signals look back that far.
const EMBARGO: usize = 10;

/// What a setting came to.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Trial {
    /// The index of the value of each key; none for the config as it is.
    pub at: Vec<usize>,
    /// Growth a year, all sold and taxed at the end.
    pub after_tax: f64,
    /// Before the tax that is owed at the end.
    pub figures: Figures,
    /// Sold in a year.
    pub turnover: f64,
    /// Orders.
    pub orders: usize,
    /// Returns of the months.
    pub months: Vec<f64>,
}

impl Trial {
    fn of(at: Vec<usize>, course: &Course) -> Trial {
        Trial {
            at,
            after_tax: course.after_tax(),
            figures: course.figures(),
            turnover: course.turnover(),
            orders: course.orders.len(),
            months: months(course),
        }
    }

    /// Returns what its months did beyond those of another.
    fn beyond(&self, other: &Trial) -> Vec<f64> {
        self.months.iter().zip(&other.months).map(|(own, other)| own - other).collect()
    }
}

/// The returns of the calendar months, from the last close of one to the last of the next, without flows.
fn months(course: &Course) -> Vec<f64> {
    let changes = super::figures::returns(&floats(&course.values), &floats(&course.flows));
    let mut found: Vec<((i32, u32), f64)> = Vec::new();
    for (day, change) in course.days.iter().skip(1).zip(changes) {
        let month = (day.year(), day.month());
        match found.last_mut().filter(|(own, _)| *own == month) {
            Some((_, growth)) => *growth *= 1.0 + change,
            None => found.push((month, 1.0 + change)),
        }
    }
    found.into_iter().map(|(_, growth)| growth - 1.0).collect()
}

/// How far to trust the best setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trust {
    /// By cross-validation; `None` with too few months or settings.
    pub cross: Option<CrossValidated>,
    /// Probability that the best is better than the config as it is, and not only the luckiest of so many.
    pub deflated: f64,
    /// The same as if nothing else had been tried.
    pub plain: f64,
    /// Years below which the best of so many settings without any merit would look good.
    pub least_years: f64,
    /// What choosing on the past would have added a year, on months not chosen on, for each stretch.
    pub forward: Vec<f64>,
    /// What the best setting added a year in each stretch.
    pub folds: Vec<f64>,
    /// The mean of the settings one step beside the best, less that of the config as it is.
    pub beside: Option<f64>,
    /// Why the best may not replace the config as it is: the measures on which it is worse.
    pub objections: Vec<String>,
}

/// What a tuning found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// What was varied.
    pub axes: Vec<Axis>,
    /// The config as it is.
    pub now: Trial,
    /// The same planned as `advise` plans, where the settings are each run alone.
    pub advised: Option<Trial>,
    /// Every setting that is finished, the last key fastest.
    pub trials: Vec<Trial>,
    /// How many there are when nothing interrupts it.
    pub all: usize,
    /// The place of the best: the highest growth after tax, the first of equals.
    pub best: usize,
    /// How far to trust it.
    pub trust: Trust,
    /// How many of the finished ones did different things: the others did to the cent what one of these did.
    pub different: usize,
    /// Different settings tried, here and before.
    pub tried: usize,
    /// The first and the last day.
    pub span: (chrono::NaiveDate, chrono::NaiveDate),
}

impl Tuning {
    /// Returns the best setting.
    pub fn best(&self) -> &Trial {
        self.trials.get(self.best).unwrap_or(&self.now)
    }

    /// Returns a setting as `--set` takes it.
    pub fn settings(&self, trial: &Trial) -> Vec<(String, String)> {
        let own = self.axes.iter().zip(&trial.at);
        own.filter_map(|(axis, index)| Some((axis.key.clone(), axis.values.get(*index)?.clone()))).collect()
    }
}

/// How a tuning is gone about.
pub struct Work<'w> {
    /// Settings run at once.
    pub threads: usize,
    /// What an earlier run has finished.
    pub known: Vec<Trial>,
    /// Is told of each setting that is finished and of the config as it is, of how many are, and of how many there are; never
    /// of two at once.
    pub done: &'w (dyn Fn(&Trial, usize, usize) + Sync),
    /// Once it is set nothing goes on.
    pub stop: &'w AtomicBool,
}

/// A course that is to be run.
struct Job<'a> {
    /// The index of the value of each key; none for the config as it is.
    at: &'a [usize],
    /// Planned as `advise` plans, in a tuning that plans each run alone.
    advised: bool,
}

/// Runs every combination until it is stopped. The answer is the same for any number of threads, and for any part of it that
/// is known already. `None` after problems went to the sink, and when it was stopped before anything could be compared.
pub fn tune(inputs: &Inputs, spec: &Spec, axes: &[Axis], work: Work<'_>, sink: &mut Sink) -> Option<Tuning> {
    let Work { threads, known, done, stop } = work;
    let (as_advised, (inputs, invests)) = (inputs, &planned(inputs, spec));
    let setup = pipeline::configure(inputs, sink);
    let market = market::load_with(&inputs.market, &setup.given, sink);
    pipeline::check_config(&setup, &market, sink);
    let all = combinations(axes);
    if all.len() > MOST {
        let message = format!("{} settings are more than the {MOST} of one run", all.len());
        sink.push(Diagnostic::error(TOO_MANY, message).hint("take fewer values, or vary fewer keys at once"));
    }
    if axes.is_empty() {
        let hint = "give it keys and values: limits.tech.min=25%..40%/5%";
        sink.push(Diagnostic::error(BAD_VARY, "nothing is varied").hint(hint));
    }
    // A mistake in a value is worth knowing before the first hour.
    for (index, axis) in axes.iter().enumerate() {
        if axes.iter().take(index).any(|other| other.key == axis.key) {
            let problem = Diagnostic::error(BAD_VARY, format!("`{}` is varied twice", text::plain(&axis.key)));
            sink.push(problem.hint("give all its values in one --vary"));
        }
        for value in &axis.values {
            let mut own = Sink::default();
            pipeline::configure(&variant(inputs, &[&format!("{}={value}", axis.key)], &[]), &mut own);
            sink.items
                .extend(own.items.into_iter().filter(|item| item.severity == crate::diagnostics::Severity::Error));
        }
    }
    if sink.has_errors() {
        return None;
    }
    let ground = Ground { invests: *invests, stop, ..Ground::new(spec, &setup, &market, sink)? };
    // The holdings are read; what is left of them is the day that the tables are of.
    let lean = |inputs: &Inputs| Inputs {
        holdings: Vec::new(),
        market: Vec::new(),
        as_of: inputs.as_of.or(setup.portfolio.as_of),
        ..inputs.clone()
    };
    let (alone, as_advised) = (lean(inputs), lean(as_advised));
    let finished: BTreeSet<Vec<usize>> = known.iter().map(|trial| trial.at.clone()).collect();
    // What everything is compared with comes first.
    let as_it_is = [Job { at: &[], advised: false }, Job { at: &[], advised: true }];
    let as_it_is = as_it_is.into_iter().filter(|job| if job.advised { *invests } else { !finished.contains(job.at) });
    let jobs = all.iter().map(|at| Job { at, advised: false }).filter(|job| !finished.contains(job.at));
    let jobs: Vec<Job<'_>> = as_it_is.chain(jobs).collect();
    let next = AtomicUsize::new(0);
    let found: Mutex<(Vec<Trial>, Option<Trial>)> = Mutex::new((known, None));
    let without_money: Mutex<Option<NaiveDate>> = Mutex::new(None);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { break };
            let values = axes
                .iter()
                .zip(job.at)
                .filter_map(|(axis, own)| Some(format!("{}={}", axis.key, axis.values.get(*own)?)));
            let mut own = if job.advised { as_advised.clone() } else { alone.clone() };
            own.overrides.extend(values);
            let setup = pipeline::configure(&own, &mut Sink::default());
            let course = ground.course(&setup, &Strategy::Rules, &ground.start);
            if ground.stopped() {
                break;
            }
            let trial = Trial::of(job.at.to_vec(), &course);
            if let Some(day) = course.ran_out {
                // Of no setting is anything known that could be compared.
                let mut first = without_money.lock().unwrap_or_else(PoisonError::into_inner);
                *first = Some(first.map_or(day, |first: NaiveDate| first.min(day)));
                next.store(jobs.len(), Ordering::Relaxed);
                break;
            }
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            if job.advised {
                found.1 = Some(trial);
                continue;
            }
            let settings = found.0.iter().chain([&trial]).filter(|own| !own.at.is_empty()).count();
            done(&trial, settings, all.len());
            found.0.push(trial);
        }
    };
    std::thread::scope(|scope| {
        // This thread works too: where the system gives no other, it does all of it.
        let _ = (1..threads.clamp(1, 64))
            .take_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).is_ok())
            .count();
        work();
    });
    if let Some(day) = without_money.into_inner().unwrap_or_else(PoisonError::into_inner) {
        sink.push(super::ran_out(day, "a setting"));
        return None;
    }
    let (mut trials, advised) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let now = trials.extract_if(.., |trial| trial.at.is_empty()).last()?;
    if trials.is_empty() {
        return None;
    }
    // The last key is the fastest.
    trials.sort_by(|one, other| one.at.cmp(&other.at));
    let days = ground.shared.tape.days;
    let span = (days.get(ground.span.first).copied()?, days.get(ground.span.last).copied()?);
    Some(Tuning { advised, ..judged(axes, now, trials, spec.tried, span) })
}

fn judged(
    axes: &[Axis],
    now: Trial,
    trials: Vec<Trial>,
    before: usize,
    span: (chrono::NaiveDate, chrono::NaiveDate),
) -> Tuning {
    let better = |best: usize, (index, trial): (usize, &Trial)| {
        let known = trials.get(best).map_or(f64::NEG_INFINITY, |best| best.after_tax);
        if trial.after_tax > known { index } else { best }
    };
    let best = trials.iter().enumerate().fold(0, better);
    let different = Returns::of_variants(trials.iter().map(|trial| trial.beyond(&now)).collect()).different();
    let tried = different.count() + before;
    let mut trust = trusted(axes, &now, &trials, best, (&different, tried));
    let all = axes.iter().map(|axis| axis.values.len()).product();
    if trials.len() < all {
        trust.objections.insert(0, format!("only {} of {all} settings are finished", trials.len()));
    }
    let different = different.count();
    Tuning { axes: axes.to_vec(), now, advised: None, trials, all, best, trust, different, tried, span }
}

fn trusted(axes: &[Axis], now: &Trial, trials: &[Trial], best: usize, (different, tried): (&Returns, usize)) -> Trust {
    let Some(own) = trials.get(best) else { return Trust::default() };
    let beyond: Vec<Vec<f64>> = trials.iter().map(|trial| trial.beyond(now)).collect();
    let observed = Observed::of(&own.beyond(now));
    let count = own.months.len();
    let fold = |k: usize| (count * k / FOLDS)..(count * (k + 1) / FOLDS);
    let yearly = |months: &[f64]| 12.0 * moments(months).0;
    let part =
        |months: &Vec<f64>, range: std::ops::Range<usize>| months.get(range).map(<[f64]>::to_vec).unwrap_or_default();
    let forward = (1..FOLDS).filter_map(|k| {
        let end = fold(k).start.checked_sub(EMBARGO).filter(|end| *end >= 12)?;
        let known = beyond.iter().map(|months| Observed::of(&part(months, 0..end)).ratio).enumerate();
        let chosen = known.fold((0, f64::NEG_INFINITY), |best, one| if one.1 > best.1 { one } else { best }).0;
        Some(yearly(&part(beyond.get(chosen)?, fold(k))))
    });
    let forward = forward.collect();
    let cross = overfit::cross_validated(different, BLOCKS);
    let folds: Vec<f64> = (0..FOLDS).map(|k| yearly(&part(&own.beyond(now), fold(k)))).collect();
    let near = |trial: &&Trial| {
        let steps = trial.at.iter().zip(&own.at).map(|(a, b)| a.abs_diff(*b)).sum::<usize>();
        steps == 1 && axes.len() == trial.at.len()
    };
    let beside: Vec<f64> = trials.iter().filter(near).map(|trial| trial.after_tax).collect();
    let mut trust = Trust {
        deflated: observed.deflated(tried as f64, moments(&different.ratios()).1.powi(2)),
        plain: observed.above(0.0),
        least_years: overfit::least_years(tried as f64),
        beside: (!beside.is_empty()).then(|| moments(&beside).0 - now.after_tax),
        cross,
        forward,
        folds,
        objections: Vec::new(),
    };
    trust.objections = objections(now, own, &trust);
    trust
}

/// The measures on which a setting is worse than the config as it is. On the months it was chosen on: each stretch of time by
/// itself, growth after tax, the deepest fall. On others: the walk forward, cross-validation, and its lead less that of luck.
fn objections(now: &Trial, own: &Trial, trust: &Trust) -> Vec<String> {
    let mut found = Vec::new();
    for (index, added) in trust.folds.iter().enumerate().filter(|(_, added)| **added < 0.0) {
        found.push(format!("it did worse in stretch {} of {FOLDS} ({:+.2} points a year)", index + 1, 100.0 * added));
    }
    if own.after_tax <= now.after_tax {
        found.push("it grew no more after tax".to_owned());
    }
    if own.figures.drawdown < now.figures.drawdown {
        found.push("its deepest fall was deeper".to_owned());
    }
    let forward = moments(&trust.forward).0;
    if trust.forward.is_empty() || forward <= 0.0 {
        found.push("settings chosen on the past added nothing on the months after".to_owned());
    }
    match trust.cross {
        Some(cross) if cross.overfit >= 0.5 => {
            found.push(format!("the probability of overfitting is {:.2}", cross.overfit));
        }
        None => found.push("there are too few months or different settings for cross-validation".to_owned()),
        Some(_) => {}
    }
    if trust.deflated < 0.95 {
        found.push(format!("after so many trials its lead is luck with a probability of {:.2}", 1.0 - trust.deflated));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(at: Vec<usize>, months: Vec<f64>) -> Trial {
        let after_tax = moments(&months).0 * 12.0;
        Trial { at, after_tax, figures: Figures::default(), turnover: 0.0, orders: 0, months }
    }

    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut x = seed;
        let next = move || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((x >> 11) as f64 / 2_f64.powi(53) - 0.5) * 0.02
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// Thirty settings that differ by chance: the best looks well by itself and is not believed. One that is better in every
    /// stretch is.
    #[test]
    fn luck_is_refused_and_an_effect_is_promoted() {
        let axis = Axis { key: "a".to_owned(), values: vec![String::new(); 30] };
        let judge = |lead: f64| {
            let now = trial(Vec::new(), vec![0.01; 180]);
            let own = |index: usize| {
                let lead = if index == 7 { lead } else { 0.0 };
                trial(vec![index], noise(index as u64 + 1, 180).iter().map(|x| 0.01 + x + lead).collect())
            };
            let day = chrono::NaiveDate::default();
            judged(std::slice::from_ref(&axis), now, (0..30).map(own).collect(), 0, (day, day))
        };
        let lucky = judge(0.0);
        assert!(lucky.trust.plain > 0.9 && lucky.trust.deflated < 0.9, "{:?}", lucky.trust);
        assert!(!lucky.trust.objections.is_empty());
        let real = judge(0.005);
        assert_eq!((real.best, real.trust.objections.as_slice()), (7, &[][..]));
        assert!(real.trust.forward.iter().all(|added| *added > 0.0));
        assert_eq!((real.different, real.tried), (30, 30));
    }

    /// Two keys of which one changes nothing: four settings, of which two differ. They are judged as the two are, and one that
    /// is better in every stretch is not called luck because it was tried twice.
    #[test]
    fn settings_that_do_the_same_are_one_trial() {
        let axis = |key: &str, count| Axis { key: key.to_owned(), values: vec![String::new(); count] };
        let now = trial(Vec::new(), vec![0.01; 180]);
        let months = |lead: f64, seed| noise(seed, 180).iter().map(|x| 0.01 + x + lead).collect::<Vec<f64>>();
        let own = |at: Vec<usize>| {
            let months = if at[0] == 1 { months(0.005, 8) } else { months(0.0, 1) };
            trial(at, months)
        };
        let day = chrono::NaiveDate::default();
        let judge = |axes: &[Axis]| {
            let trials = super::combinations(axes).into_iter().map(own).collect();
            judged(axes, now.clone(), trials, 0, (day, day))
        };
        let (four, two) = (judge(&[axis("a", 2), axis("b", 2)]), judge(&[axis("a", 2)]));
        assert_eq!((four.trials.len(), four.different, four.tried), (4, 2, 2));
        assert_eq!((four.trust.cross, four.trust.deflated), (two.trust.cross, two.trust.deflated));
        assert_eq!(four.trust.cross.unwrap().overfit, 0.0);
        assert_eq!(four.trust.objections, [""; 0]);
    }
}
