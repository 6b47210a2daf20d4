//! Long files on all cores. A short one, as almost every file is, is done at once where it stands.

use std::sync::{Mutex, PoisonError};

use rayon::iter::ParallelIterator;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelExtend};

use super::report::Report;
use super::table::Row;

/// From so many rows on the cores are worth waking.
const LONG: usize = 4096;

/// Adds what is made of each row. Problems are reported in the order of the rows, whichever core finds them first.
pub fn each_row<'t, T: Send>(
    rows: &[Row<'t>],
    made: &mut Vec<T>,
    report: &mut Report,
    make: impl Fn(&Row<'t>, &mut Report) -> T + Sync,
) {
    if rows.len() < LONG {
        made.extend(rows.iter().map(|row| make(row, report)));
        return;
    }
    let problems = Mutex::new(Vec::new());
    made.par_extend(rows.par_iter().enumerate().map(|(index, row)| {
        let mut own = Report::default();
        let one = make(row, &mut own);
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

/// Counts the items that satisfy a condition.
pub fn count<T: Sync>(items: &[T], condition: impl Fn(&T) -> bool + Sync) -> usize {
    if items.len() < LONG {
        items.iter().filter(|item| condition(item)).count()
    } else {
        items.par_iter().filter(|item| condition(item)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::SKIPPED_ROW;
    use super::super::table::{Delimiter, Table};
    use super::*;
    use crate::diagnostics::{Diagnostic, Sink, Source};

    #[test]
    fn rows_and_problems_keep_their_order_on_any_number_of_cores() {
        let text: String = (0..3 * LONG).map(|index| format!("{index}\n")).collect();
        let source = Source::file("x.csv", text);
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        let rows: Vec<Row<'_>> = table.rows().collect();
        let read = |rows: &[Row<'_>]| {
            let (mut made, mut report, mut sink) = (vec![7_usize], Report::default(), Sink::default());
            each_row(rows, &mut made, &mut report, |row, report| {
                if row.line() % 500 == 3 {
                    report.push(Diagnostic::note(SKIPPED_ROW, row.text(0)));
                }
                row.line()
            });
            report.finish(&mut sink);
            (made, sink.items.into_iter().map(|item| item.message).collect::<Vec<_>>())
        };
        let (made, messages) = read(&rows);
        assert!(made.iter().skip(1).copied().eq(1..=3 * LONG) && made[0] == 7);
        let (mut one_by_one, mut said) = (vec![7], Vec::new());
        for part in rows.chunks(LONG - 1) {
            let (made, messages) = read(part);
            one_by_one.extend_from_slice(&made[1..]);
            said.extend(messages);
        }
        assert_eq!(made, one_by_one);
        assert_eq!(messages[..20], said[..20]);
        assert!(messages[20].starts_with("5 more of"), "{}", messages[20]);
        let mut numbers: Vec<usize> = (0..3 * LONG).collect();
        each(&mut numbers, |number| *number += 1);
        assert!(numbers.iter().copied().eq(1..=3 * LONG));
        assert_eq!(count(&numbers, |number| number % 2 == 0), 3 * LONG / 2);
    }
}
