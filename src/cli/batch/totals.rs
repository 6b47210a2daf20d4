//! What a book comes to: counts, amounts and times, in a space that does not grow with it.

use std::collections::BTreeMap;
use std::time::Duration;

use broaden::diagnostics::counted;
use broaden::diagnostics::text::plain;
use broaden::report::book::{Line, Status};
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
    /// Households over a cap, and by how much together: now, and after the trades.
    over: [(u64, Money); 2],
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
        for ((count, sum), text) in self.over.iter_mut().zip([&summary.excess, &summary.excess_after]) {
            let excess = amount(text);
            *count += u64::from(excess.is_positive());
            *sum += excess;
        }
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
        lines.push(format!("over limits: {now} by {before}; after the trades {then} by {after}"));
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
