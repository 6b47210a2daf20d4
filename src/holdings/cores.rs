//! Long files on all cores. A short one, as almost every file is, is done at once where it stands.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{
    IntoParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelExtend, ParallelIterator,
};
use rayon::slice::ParallelSlice;

use super::report::Report;
use super::table::{Row, Table};
use crate::model::RawFile;
use crate::units::Money;

/// From so many rows on the cores are worth waking.
const LONG: usize = 4096;
/// And from so many bytes on.
const LONG_FILE: usize = 512 * 1024;
/// So many are looked at first, since what is looked for may be near.
const FEW: usize = 64;

/// Reads files, and makes something that does not need them. With a long file both are done at the same time; and what
/// reads is one of the cores itself, so that no stage of it has to wait until they are awake.
pub fn beside<T: Send, U: Send>(
    files: &[RawFile],
    read: impl FnOnce() -> T + Send,
    other: impl FnOnce() -> U + Send,
) -> (T, U) {
    let is_long = |file: &RawFile| file.bytes().len() > LONG_FILE;
    if files.iter().any(is_long) { rayon::join(read, other) } else { (read(), other()) }
}

/// Adds what is made of the rows from one on, up to the first that is not plain, and returns the number of that. Problems
/// are reported in the order of the rows, whichever core finds them first. `nothing` stands where a core was ahead of the
/// row at which another one stops, and is taken away again.
pub fn each_plain_row<'t, T: Send>(
    table: &'t Table<'_>,
    from: usize,
    made: &mut impl Made<T>,
    report: &mut Report,
    is_plain: impl Fn(&Row<'t>) -> bool + Sync,
    make: impl Fn(&Row<'t>, &mut Report) -> T + Sync,
    nothing: impl Fn() -> T + Sync,
) -> usize {
    let mut next = from;
    let near = if table.len() - from.min(table.len()) < LONG { table.len() } else { from + FEW };
    while next < near {
        let row = table.at(next);
        if !is_plain(&row) {
            return next;
        }
        made.extend([make(&row, report)]);
        next += 1;
    }
    while next < table.len() {
        // Not much more than was plain so far, so that little is made in vain.
        let rows = next..table.len().min(next + 4 * (next - from).max(FEW));
        let (before, stop, problems) = (made.count(), AtomicUsize::new(rows.end), Mutex::new(Vec::new()));
        made.par_extend(rows.clone().into_par_iter().map(|index| {
            if index > stop.load(Relaxed) {
                return nothing();
            }
            let row = table.at(index);
            if !is_plain(&row) {
                stop.fetch_min(index, Relaxed);
                return nothing();
            }
            let mut own = Report::default();
            let one = make(&row, &mut own);
            if !own.is_empty() {
                problems.lock().unwrap_or_else(PoisonError::into_inner).push((index, own));
            }
            one
        }));
        next = stop.into_inner();
        made.cut(before + next - rows.start);
        let mut problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.retain(|(index, _)| *index < next);
        problems.sort_by_key(|(index, _)| *index);
        problems.into_iter().for_each(|(_, own)| report.append(own));
        if next < rows.end {
            break;
        }
    }
    next
}

/// Where things made of rows are kept.
pub trait Made<T: Send>: Extend<T> + ParallelExtend<T> {
    /// Returns how many there are.
    fn count(&self) -> usize;
    /// Keeps so many.
    fn cut(&mut self, count: usize);
}

impl<T: Send> Made<T> for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn cut(&mut self, count: usize) {
        self.truncate(count);
    }
}

impl<T: Send, U: Send> Made<(T, U)> for (Vec<T>, Vec<U>) {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn cut(&mut self, count: usize) {
        self.0.truncate(count);
        self.1.truncate(count);
    }
}

/// Changes each item by itself.
pub fn each<T: Send>(items: &mut [T], change: impl Fn(&mut T) + Sync + Send) {
    if items.len() < LONG {
        items.iter_mut().for_each(change);
    } else {
        items.par_iter_mut().for_each(change);
    }
}

/// Returns the first item that satisfies a condition.
pub fn first<T: Sync>(items: &[T], condition: impl Fn(&T) -> bool + Sync) -> Option<&T> {
    if items.len() < LONG {
        items.iter().find(|item| condition(item))
    } else {
        items.par_iter().find_first(|item| condition(item))
    }
}

/// Gathers something from all items: from each part of them, then from the parts in their order. What begins as `start`
/// must not change what it is joined with.
pub fn fold<'t, T: Sync, A: Send>(
    items: &'t [T],
    start: impl Fn() -> A + Sync,
    add: impl Fn(A, &'t T) -> A + Sync,
    join: impl Fn(A, A) -> A + Sync,
) -> A {
    if items.len() < LONG {
        return items.iter().fold(start(), add);
    }
    items.par_chunks(LONG).map(|part| part.iter().fold(start(), &add)).reduce(&start, &join)
}

/// Returns the sum of an amount of each item.
pub fn sum<T: Sync>(items: &[T], amount: impl Fn(&T) -> Option<Money> + Sync) -> Money {
    fold(items, Money::default, |sum, item| sum + amount(item).unwrap_or_default(), |one, other| one + other)
}

/// Counts the items that satisfy a condition.
pub fn count<T: Sync>(items: &[T], condition: impl Fn(&T) -> bool + Sync) -> usize {
    fold(items, || 0, |count, item| count + usize::from(condition(item)), |one, other| one + other)
}

#[cfg(test)]
mod tests {
    use super::super::SKIPPED_ROW;
    use super::super::table::{Delimiter, Table};
    use super::*;
    use crate::diagnostics::{Diagnostic, Sink, Source};
    use crate::units::Decimal;

    #[test]
    fn rows_and_problems_keep_their_order_on_any_number_of_cores() {
        let text: String = (0..3 * LONG).map(|index| format!("{index}\n")).collect();
        let source = Source::file("x.csv", text);
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        let read = |from: usize, last: usize| {
            let (mut made, mut report, mut sink) = (vec![0_usize; 7], Report::default(), Sink::default());
            let end = each_plain_row(
                &table,
                from,
                &mut made,
                &mut report,
                |row| row.line() <= last,
                |row, report| {
                    if row.line() % 500 == 3 {
                        report.push(Diagnostic::note(SKIPPED_ROW, row.text(0)));
                    }
                    row.line()
                },
                || usize::MAX,
            );
            report.finish(&mut sink);
            (end, made, sink.items.into_iter().map(|item| item.message).collect::<Vec<_>>())
        };
        for (from, last) in [
            (0, 7),
            (0, 2 * LONG),
            (5, 2 * LONG),
            (9, 8),
            (LONG, 3 * LONG),
            (0, FEW),
            (7, FEW + 7),
            (3, FEW + 9),
            (0, LONG),
            (0, LONG + FEW),
            (1, 2 * LONG + 517),
            (3 * LONG, 3 * LONG),
        ] {
            let (end, made, messages) = read(from, last);
            assert_eq!(end, last.max(from), "rows from {from} to line {last}");
            assert!(made.into_iter().skip(7).eq(from + 1..=last), "rows from {from} to line {last}");
            let notes: Vec<String> =
                (from + 1..=last).filter(|line| line % 500 == 3).map(|line| (line - 1).to_string()).collect();
            assert_eq!(messages.iter().take(20).collect::<Vec<_>>(), notes.iter().take(20).collect::<Vec<_>>());
            let more = notes.len().saturating_sub(20);
            assert!(messages.get(20).map_or(more == 0, |rest| rest.starts_with(&format!("{more} more of"))));
        }
        let mut numbers: Vec<usize> = (0..3 * LONG).collect();
        each(&mut numbers, |number| *number += 1);
        assert!(numbers.iter().copied().eq(1..=3 * LONG));
        let amount = |number: &usize| number.is_multiple_of(3).then(|| Money(Decimal::new(*number as i64, 2)));
        assert_eq!(sum(&numbers, amount), numbers.iter().filter_map(amount).sum());
        assert_eq!(first(&numbers, |number| number.is_multiple_of(7000)), Some(&7000));
        assert_eq!(first(&numbers, |number| *number == 0), None);
        let joined = |one: Vec<usize>, other: Vec<usize>| [one, other].concat();
        let order = fold(
            &numbers,
            Vec::new,
            |mut list, number| {
                list.push(*number);
                list
            },
            joined,
        );
        assert_eq!(order, numbers);
        assert_eq!(count(&numbers, |number| number.is_multiple_of(2)), 3 * LONG / 2);
    }
}
