//! Long files on all cores. A short one, as almost every file is, is done at once where it stands.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelExtend,
    ParallelIterator,
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

/// Returns the rows from one on that satisfy a condition, up to the first that does not.
pub fn run<'t>(table: &'t Table<'_>, from: usize, condition: impl Fn(&Row<'t>) -> bool + Sync) -> Range<usize> {
    let ends = |index: &usize| !condition(&table.at(*index));
    let near = if table.len() - from.min(table.len()) < LONG { table.len() } else { from + FEW };
    if let Some(end) = (from..near).find(ends) {
        return from..end;
    }
    let rest = (near..table.len()).into_par_iter().position_first(|index| ends(&index));
    from..rest.map_or(table.len(), |rest| near + rest)
}

/// Adds what is made of each row. Problems are reported in the order of the rows, whichever core finds them first.
pub fn each_row<'t, T: Send>(
    table: &'t Table<'_>,
    rows: Range<usize>,
    made: &mut (impl Extend<T> + ParallelExtend<T>),
    report: &mut Report,
    make: impl Fn(&Row<'t>, &mut Report) -> T + Sync,
) {
    if rows.len() < LONG {
        made.extend(rows.map(|index| make(&table.at(index), report)));
        return;
    }
    let problems = Mutex::new(Vec::new());
    made.par_extend(rows.into_par_iter().map(|index| {
        let mut own = Report::default();
        let one = make(&table.at(index), &mut own);
        if !own.is_empty() {
            problems.lock().unwrap_or_else(PoisonError::into_inner).push((index, own));
        }
        one
    }));
    let mut problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
    problems.sort_by_key(|(index, _)| *index);
    problems.into_iter().for_each(|(_, own)| report.append(own));
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
        let read = |rows: Range<usize>| {
            let (mut made, mut report, mut sink) = (vec![7_usize], Report::default(), Sink::default());
            each_row(&table, rows, &mut made, &mut report, |row, report| {
                if row.line() % 500 == 3 {
                    report.push(Diagnostic::note(SKIPPED_ROW, row.text(0)));
                }
                row.line()
            });
            report.finish(&mut sink);
            (made, sink.items.into_iter().map(|item| item.message).collect::<Vec<_>>())
        };
        let (made, messages) = read(0..table.len());
        assert!(made.iter().skip(1).copied().eq(1..=3 * LONG) && made[0] == 7);
        let (mut one_by_one, mut said) = (vec![7], Vec::new());
        for start in (0..table.len()).step_by(LONG - 1) {
            let (made, messages) = read(start..table.len().min(start + LONG - 1));
            one_by_one.extend_from_slice(&made[1..]);
            said.extend(messages);
        }
        assert_eq!(made, one_by_one);
        assert_eq!(messages[..20], said[..20]);
        assert!(messages[20].starts_with("5 more of"), "{}", messages[20]);
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
            (3 * LONG, 3 * LONG),
        ] {
            let run = run(&table, from, |row| row.line() <= last);
            assert_eq!(run, from..last.max(from), "rows from {from} to line {last}");
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
