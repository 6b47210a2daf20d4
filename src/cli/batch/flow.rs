//! Many at once, answers in order: whoever is free takes the next of the book, and nobody runs further ahead of what is
//! written than a window, so that memory is bounded and a slow reader slows the work.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many answers may wait for the one before them, for each thread.
const AHEAD: usize = 8;

/// What is done with each.
pub struct Flow<'f, T, R> {
    /// How many at once; with none, or where the system gives none, the one that writes does the work too.
    pub threads: usize,
    /// Answers one.
    pub work: &'f (dyn Fn(&T) -> R + Sync),
    /// Answers one at which the work broke off, with what was said.
    pub broke: &'f (dyn Fn(&T, String) -> R + Sync),
}

/// Where things stand.
struct State<R> {
    /// How many were taken.
    taken: usize,
    /// How many were written.
    written: usize,
    /// What is found and not written.
    found: BTreeMap<usize, R>,
    /// Why the book cannot be read further.
    unread: Option<io::Error>,
    /// Nobody takes another one.
    over: bool,
}

/// Nothing that can break off runs while it is held.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T, R: Send> Flow<'_, T, R> {
    /// Answers all, and writes what was found in their order.
    ///
    /// # Errors
    /// When the book cannot be read to its end, after what came before is written; when an answer cannot be written.
    pub fn run(
        &self,
        source: impl Iterator<Item = io::Result<T>> + Send,
        mut write: impl FnMut(R) -> io::Result<()>,
    ) -> io::Result<()> {
        // Apart from the state: what is found can be written while somebody waits for the next to arrive.
        let source = Mutex::new(source);
        let state = Mutex::new(State { taken: 0, written: 0, found: BTreeMap::new(), unread: None, over: false });
        let (room, ready) = (Condvar::new(), Condvar::new());
        let window = self.threads.max(1) * AHEAD;
        let take = || {
            let mut source = held(&source);
            let mut now = held(&state);
            while !now.over && now.taken >= now.written + window {
                now = room.wait(now).unwrap_or_else(PoisonError::into_inner);
            }
            if now.over {
                return None;
            }
            drop(now);
            let next = source.next();
            let mut now = held(&state);
            match next {
                Some(Ok(item)) => {
                    now.taken += 1;
                    return Some((now.taken - 1, item));
                }
                Some(Err(error)) => now.unread = Some(error),
                None => {}
            }
            now.over = true;
            ready.notify_one();
            None
        };
        let next = || {
            let Some((at, item)) = take() else { return false };
            let found = catch_unwind(AssertUnwindSafe(|| (self.work)(&item)));
            let found = found.unwrap_or_else(|payload| (self.broke)(&item, said(&*payload)));
            held(&state).found.insert(at, found);
            ready.notify_one();
            true
        };
        let work = || while next() {};
        std::thread::scope(|scope| {
            let started = |_: &usize| std::thread::Builder::new().spawn_scoped(scope, work).is_ok();
            let others = (0..self.threads).take_while(started).count();
            loop {
                if others == 0 {
                    next();
                }
                let mut now = held(&state);
                let next = loop {
                    let at = now.written;
                    if let Some(found) = now.found.remove(&at) {
                        break found;
                    }
                    if now.over && now.written == now.taken {
                        return now.unread.take().map_or(Ok(()), Err);
                    }
                    now = ready.wait(now).unwrap_or_else(PoisonError::into_inner);
                };
                drop(now);
                let done = write(next);
                let mut now = held(&state);
                now.written += 1;
                now.over |= done.is_err();
                room.notify_all();
                done?;
            }
        })
    }
}

/// What was said when the work broke off.
fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("nothing was said").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn broke(item: &usize, words: String) -> String {
        format!("{item} broke: {words}")
    }

    #[test]
    fn answers_come_in_order_and_one_that_breaks_off_stops_no_other() {
        let work = |item: &usize| {
            // The earlier of two is the slower.
            std::thread::sleep(Duration::from_micros(if item.is_multiple_of(2) { 300 } else { 10 }));
            assert!(*item != 41, "no such household");
            item.to_string()
        };
        let mut written = Vec::new();
        let flow = Flow { threads: 4, work: &work, broke: &broke };
        flow.run((0..200).map(Ok), |found| {
            written.push(found);
            Ok(())
        })
        .unwrap();
        let expected = |at| if at == 41 { "41 broke: no such household".to_owned() } else { format!("{at}") };
        assert_eq!(written, (0..200).map(expected).collect::<Vec<_>>());
    }

    #[test]
    fn without_a_thread_to_be_had_all_are_answered_too() {
        let flow = Flow { threads: 0, work: &|item: &usize| item.to_string(), broke: &broke };
        let mut written = Vec::new();
        flow.run((0..30).map(Ok), |found| {
            written.push(found);
            Ok(())
        })
        .unwrap();
        assert_eq!(written, (0..30).map(|item| item.to_string()).collect::<Vec<_>>());
    }

    /// What is not written is bounded, however long the book is and however slowly it is read.
    #[test]
    fn nobody_runs_far_ahead_of_what_is_written() {
        let (taken, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut written = 0;
        let source = (0..500_usize).map(|item| {
            taken.store(item + 1, Ordering::SeqCst);
            Ok(item)
        });
        let flow = Flow { threads: 3, work: &|item: &usize| item.to_string(), broke: &broke };
        flow.run(source, |_| {
            std::thread::sleep(Duration::from_micros(100));
            most.fetch_max(taken.load(Ordering::SeqCst) - written, Ordering::SeqCst);
            written += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(written, 500);
        let most = most.into_inner();
        assert!(most > 3 && most <= 3 * AHEAD + 1, "{most}");
    }

    #[test]
    fn what_came_before_an_error_is_written_and_a_reader_who_leaves_ends_the_work() {
        let flow = Flow { threads: 2, work: &|item: &usize| *item, broke: &|item, _| *item };
        let mut written = Vec::new();
        let source = (0..10).map(|item| if item < 7 { Ok(item) } else { Err(io::Error::other("cut off")) });
        let done = flow.run(source, |found| {
            written.push(found);
            Ok(())
        });
        assert_eq!((written, done.unwrap_err().to_string()), ((0..7).collect(), "cut off".to_owned()));
        // The book has no end.
        let left =
            flow.run((0..).map(Ok), |found| if found < 5 { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) });
        assert_eq!(left.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
