//! What a book comes to: counts, amounts and times, in a space that does not grow with it.

use std::collections::BTreeMap;
use std::time::Duration;

use broaden::diagnostics::counted;
use broaden::diagnostics::text::plain;
use broaden::report::book::{Line, Over, Status};
use broaden::units::Money;

use super::answer::Answer;

/// Counted households.
#[derive(Default)]
pub struct Totals {
    planned: u64,
    with_orders: u64,
    failed: u64,
    panicked: u64,
    kept: u64,
    /// Households by the first error of those that failed.
    codes: BTreeMap<String, u64>,
    sold: Money,
    bought: Money,
    tax: Money,
    cost: Money,
    /// Households over a cap, and what they must sell, each dollar once: now, and after the trades.
    over: [(u64, Money); 2],
    /// Of those over a cap, the ones of which that is not known: their plan looks at this run alone.
    unmeasured: u64,
    times: Times,
    slowest: Option<(Duration, String)>,
}

impl Totals {
    /// Counts a line that was there before.
    pub fn kept(&mut self, line: &Line) {
        self.kept += 1;
        self.count(line);
    }

    /// Counts a household of this run.
    pub fn add(&mut self, answer: &Answer) {
        self.count(&answer.line);
        self.times.add(answer.lasted);
        if self.slowest.as_ref().is_none_or(|(lasted, _)| *lasted < answer.lasted) {
            let id = answer.line.id.clone().unwrap_or_else(|| format!("number {}", answer.line.at));
            self.slowest = Some((answer.lasted, plain(&id)));
        }
    }

    fn count(&mut self, line: &Line) {
        match line.status {
            Status::Planned => self.planned += 1,
            Status::Failed => self.failed += 1,
            Status::Panicked => self.panicked += 1,
        }
        if line.status != Status::Planned {
            let code = line.diagnostics.iter().find(|problem| problem.severity == "error").map(|problem| &problem.code);
            *self.codes.entry(code.cloned().unwrap_or_default()).or_default() += 1;
        }
        let Some(summary) = &line.summary else { return };
        self.with_orders += u64::from(summary.orders > 0);
        let amount = |text: &str| Money(text.parse().unwrap_or_default());
        self.sold += amount(&summary.sold);
        self.bought += amount(&summary.bought);
        self.tax += amount(&summary.tax);
        self.cost += amount(&summary.trading_cost);
        // A dollar may be over several caps, so the amounts over each are not added up.
        let is_over = |of: fn(&Over) -> &String| summary.over.iter().any(|over| amount(of(over)).is_positive());
        let now = (is_over(|over| &over.excess), &summary.to_sell);
        let then = (is_over(|over| &over.after), &summary.still_to_sell);
        for ((count, sum), (is_over, to_sell)) in self.over.iter_mut().zip([now, then]) {
            *count += u64::from(is_over);
            *sum += to_sell.as_deref().map(amount).unwrap_or_default();
        }
        self.unmeasured += u64::from(now.0 && now.1.is_none());
    }

    /// Returns how many there were.
    pub fn households(&self) -> u64 {
        self.planned + self.failed + self.panicked
    }

    /// Returns whether each has a proposal.
    pub fn all_planned(&self) -> bool {
        self.failed + self.panicked == 0
    }

    /// Returns what does not depend on the machine, a line each.
    pub fn lasting(&self) -> String {
        let mut lines = vec![format!(
            "{}: {} planned, {} with orders, {} failed, {} panicked",
            counted(self.households(), "household", "households"),
            self.planned,
            self.with_orders,
            self.failed,
            self.panicked
        )];
        if !self.codes.is_empty() {
            let codes: Vec<String> = self.codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
            lines.push(format!("without a proposal: {}", codes.join(", ")));
        }
        let tax = if self.tax.is_negative() { "tax saved" } else { "tax" };
        let [sold, bought, owed, cost] = [self.sold, self.bought, self.tax.abs(), self.cost].map(Money::dollars);
        lines.push(format!("sells {sold}, buys {bought}, {tax} {owed}, trading cost {cost}"));
        let [(now, before), (then, after)] = self.over;
        let (before, after) = (before.dollars(), after.dollars());
        let not_in_it = match self.unmeasured {
            0 => String::new(),
            count => format!(" (without {count} whose plan looks at this run alone)"),
        };
        lines.push(format!(
            "over limits: {now}, to sell {before}; after the trades {then}, still to sell {after}{not_in_it}"
        ));
        lines.join("\n")
    }

    /// Returns all of it, with the times.
    pub fn words(&self, lasted: Duration, threads: usize) -> String {
        let mut text = self.lasting();
        if self.kept > 0 {
            text.push_str(&format!("\nof these {} were planned before", self.kept));
        }
        let own = self.households() - self.kept;
        if let Some((slowest, id)) = &self.slowest {
            let [median, most] = [0.5, 0.99].map(|part| milliseconds(self.times.below(part)));
            let rate = own as f64 / lasted.as_secs_f64().max(1e-9);
            text.push_str(&format!(
                "\ntook {:.1} s, {rate:.0} households/s on {}; p50 {median}, p99 {most}, slowest {} ({id})",
                lasted.as_secs_f64(),
                counted(threads as u64, "thread", "threads"),
                milliseconds(*slowest)
            ));
        }
        text
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Times, counted in steps of two percent.
#[derive(Default)]
struct Times(BTreeMap<u32, u64>);

/// Steps of a time that is e times as long.
const STEPS: f64 = 50.0;

impl Times {
    fn add(&mut self, time: Duration) {
        let step = (time.as_secs_f64() * 1e6).max(1.0).ln() * STEPS;
        *self.0.entry(step.round() as u32).or_default() += 1;
    }

    /// Returns the time that such a part of them is not above.
    fn below(&self, part: f64) -> Duration {
        let all: u64 = self.0.values().sum();
        let mut left = (all as f64 * part).ceil() as u64;
        for (step, count) in &self.0 {
            left = left.saturating_sub(*count);
            if left == 0 {
                return Duration::from_secs_f64((f64::from(*step) / STEPS).exp() / 1e6);
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use broaden::report::book::Summary;

    /// Two limits are over by $30,000 and $20,000, of which the same $30,000 are to be sold; the other household has no route.
    #[test]
    fn each_dollar_to_sell_is_counted_once() {
        let over = |excess: &str, after: &str| Over {
            limit: "limits.tech".to_owned(),
            subject: "tech".to_owned(),
            measured: None,
            bound: None,
            excess: excess.to_owned(),
            after: after.to_owned(),
        };
        let line = |to_sell: Option<&str>, still: Option<&str>, over: Vec<Over>| Line {
            at: 1,
            id: None,
            status: Status::Planned,
            input: String::new(),
            summary: Some(Summary {
                to_sell: to_sell.map(str::to_owned),
                still_to_sell: still.map(str::to_owned),
                over,
                ..Summary::default()
            }),
            diagnostics: Vec::new(),
        };
        let mut totals = Totals::default();
        totals.kept(&line(Some("30000.00"), Some("0.00"), vec![over("30000.00", "0.00"), over("20000.00", "0.00")]));
        totals.kept(&line(Some("0.00"), Some("0.00"), Vec::new()));
        let said = totals.lasting();
        assert!(
            said.ends_with("over limits: 1, to sell $30,000.00; after the trades 0, still to sell $0.00"),
            "{said}"
        );
        totals.kept(&line(None, None, vec![over("5.00", "5.00")]));
        let said = totals.lasting();
        let words = "over limits: 2, to sell $30,000.00; after the trades 1, still to sell $0.00 (without 1 whose plan looks at \
                     this run alone)";
        assert!(said.ends_with(words), "{said}");
    }

    #[test]
    fn times_are_told_to_a_percent() {
        let mut times = Times::default();
        (1..=1_000).for_each(|count| times.add(Duration::from_micros(count * 100)));
        for (part, expected) in [(0.5, 0.05), (0.99, 0.099), (1.0, 0.1), (0.001, 0.0001)] {
            let found = times.below(part).as_secs_f64();
            assert!((found / expected - 1.0).abs() < 0.011, "{part}: {found}");
        }
        assert_eq!(Times::default().below(0.5), Duration::ZERO);
    }
}
