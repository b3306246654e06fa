//! Reading with all cores while the one writer holds the store: what the readers see is what stood before its
//! transaction wrote anything.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::store::{Store, View};

/// More threads would only wait for the disk of an office PC.
const THREADS_MAX: usize = 4;

/// Whoever reads faster than the one writer writes does not pile up more than this.
const WEIGHT_AHEAD_MAX: usize = 10_000;

/// Does `work` on all of `0..count` in pieces of `piece`, and gives the results in order. `begin` makes what a thread
/// keeps between its pieces.
///
/// Small work is done right here, through `view`. Must be called before the transaction that `view` belongs to has
/// written anything: other threads see the store without it.
///
/// # Errors
/// The first error of any piece.
pub(super) fn spread<S, R: Send>(
    store: &Store,
    view: &View,
    count: usize,
    piece: usize,
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &View, Range<usize>) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let mut results = Vec::with_capacity(count.div_ceil(piece));
    // All of it is kept, whoever waits.
    let weigh = |_: &R| 0;
    spread_to(store, view, (count, piece), begin, work, weigh, |_, result| {
        results.push(result);
        Ok(())
    })?;
    Ok(results)
}

/// The same for `count` and pieces of `piece`, where `take` is given each result with its range, in order, on the calling
/// thread, while the others still read. It may write: the reading threads do not see it. Who reads waits where more than
/// [`WEIGHT_AHEAD_MAX`] of what was found, as `weigh` counts it, was not taken yet.
///
/// # Errors
/// The first error of any piece, or of `take`; what was taken before it was taken.
pub(super) fn spread_to<S, R: Send>(
    store: &Store,
    view: &View,
    (count, piece): (usize, usize),
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &View, Range<usize>) -> Result<R> + Sync,
    weigh: impl Fn(&R) -> usize + Sync,
    mut take: impl FnMut(Range<usize>, R) -> Result<()>,
) -> Result<()> {
    let pieces = count.div_ceil(piece);
    let range = |at: usize| at * piece..count.min((at + 1) * piece);
    if pieces <= 1 {
        return if pieces == 0 { Ok(()) } else { take(0..count, work(&mut begin(), view, 0..count)?) };
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX).min(pieces);
    let pace = Pace::default();
    let (to, from) = channel();
    let one = |to: Sender<(usize, (R, usize))>| {
        // Whoever finds no piece left leaves none to the others; whoever fails ends it for them.
        let _over = Over(&pace);
        store.read(|view| {
            let mut state = begin();
            while let Some(at) = pace.next(pieces) {
                let result = work(&mut state, view, range(at))?;
                let weight = weigh(&result);
                pace.found(weight);
                // Nobody takes results any more only where taking one failed, and it says why.
                if to.send((at, (result, weight))).is_err() {
                    break;
                }
            }
            Ok(())
        })
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let (one, to) = (&one, to.clone());
                scope.spawn(move || one(to))
            })
            .collect();
        drop(to);
        let over = Over(&pace);
        let taken = take_in_order(from, |at, (result, weight)| {
            take(range(at), result)?;
            pace.taken(weight);
            Ok(())
        });
        drop(over);
        for thread in running {
            thread.join().map_err(|_| Error::new("a part of the work broke off"))??;
        }
        taken
    })
}

/// Which piece is next, and whether it may be begun yet.
#[derive(Default)]
struct Pace {
    state: Mutex<Paced>,
    changed: Condvar,
}

#[derive(Default)]
struct Paced {
    begun: usize,
    /// Found and not taken yet.
    weight: usize,
    /// No more is begun.
    over: bool,
}

impl Pace {
    /// The next piece, once enough was taken of those before; `None` where there is none. Pieces are begun in order: the one
    /// that is due was begun before any that weighs.
    fn next(&self, pieces: usize) -> Option<usize> {
        let is_far = |paced: &mut Paced| !paced.over && paced.weight >= WEIGHT_AHEAD_MAX;
        let mut paced = self.changed.wait_while(self.lock(), is_far).unwrap_or_else(PoisonError::into_inner);
        if paced.over || paced.begun >= pieces {
            return None;
        }
        paced.begun += 1;
        Some(paced.begun - 1)
    }

    fn found(&self, weight: usize) {
        self.lock().weight += weight;
    }

    fn taken(&self, weight: usize) {
        self.lock().weight -= weight;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Paced> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets nobody wait any longer, however the one ends whom they wait for.
struct Over<'p>(&'p Pace);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }
}

/// Pieces come in the order in which they are done.
fn take_in_order<R>(
    from: impl IntoIterator<Item = (usize, R)>,
    mut take: impl FnMut(usize, R) -> Result<()>,
) -> Result<()> {
    let mut early: BTreeMap<usize, R> = BTreeMap::new();
    let mut due = 0;
    for (at, result) in from {
        early.insert(at, result);
        while let Some(result) = early.remove(&due) {
            take(due, result)?;
            due += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn with_store<T>(test: impl FnOnce(&Store) -> T) -> T {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let area = "519901001201".parse().expect("an area");
        test(&Store::open(crate::store::Home::plain(folder.path()), area).expect("an empty store"))
    }

    /// Doubles each number, the first pieces the slowest.
    fn double(_: &mut (), _: &View, range: Range<usize>) -> Result<Vec<usize>> {
        std::thread::sleep(std::time::Duration::from_millis(8_u64.saturating_sub(range.start as u64)));
        Ok(range.map(|n| n * 2).collect())
    }

    #[test]
    fn results_are_taken_in_order_whichever_is_done_first() {
        with_store(|store| {
            for count in [0, 1, 3, 100] {
                let mut taken = Vec::new();
                let spread = store.write(|writer| {
                    spread_to(
                        store,
                        writer,
                        (count, 3),
                        || (),
                        double,
                        Vec::len,
                        |range, result| {
                            assert_eq!(range.len(), result.len());
                            taken.extend(result);
                            Ok(())
                        },
                    )
                });
                spread.expect("nothing fails");
                assert_eq!(taken, (0..count).map(|n| n * 2).collect::<Vec<_>>());
            }
        });
    }

    #[test]
    fn a_piece_that_fails_and_one_that_cannot_be_taken_end_it() {
        with_store(|store| {
            let fails = |(): &mut (), view: &View, range: Range<usize>| match range.start {
                30 => Err(Error::new("the disk")),
                _ => double(&mut (), view, range),
            };
            let spread = store.write(|writer| spread(store, writer, 100, 3, || (), fails));
            assert_eq!(spread.expect_err("a piece failed").to_string(), "the disk");

            let mut taken = 0;
            let spread = store.write(|writer| {
                spread_to(
                    store,
                    writer,
                    (100, 3),
                    || (),
                    double,
                    Vec::len,
                    |range, _| {
                        taken += range.len();
                        if range.start == 30 { Err(Error::new("the writer")) } else { Ok(()) }
                    },
                )
            });
            assert_eq!((spread.expect_err("it was not taken").to_string().as_str(), taken), ("the writer", 33));
        });
    }
    #[test]
    fn who_reads_waits_for_who_writes_once_much_was_found() {
        with_store(|store| {
            let (waiting, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let find = |(): &mut (), _: &View, _: Range<usize>| {
                most.fetch_max(waiting.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                Ok(())
            };
            let spread = store.write(|writer| {
                spread_to(
                    store,
                    writer,
                    (100, 1),
                    || (),
                    find,
                    |()| WEIGHT_AHEAD_MAX / 4,
                    |_, ()| {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                        waiting.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    },
                )
            });
            spread.expect("nothing fails");
            let most = most.into_inner();
            // Each thread may have begun another before the last of the four was found.
            assert!((2..=4 + THREADS_MAX).contains(&most), "{most} of 100");
        });
    }
}
