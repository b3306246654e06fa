//! Reading with all cores while the one writer holds the store: what the readers see is what stood before its
//! transaction wrote anything.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::store::{Store, View};

/// More threads would only wait for the disk of an office PC.
const THREADS_MAX: usize = 4;

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
    let pieces = count.div_ceil(piece);
    let range = |at: usize| at * piece..count.min((at + 1) * piece);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX).min(pieces);
    if threads <= 1 {
        let mut state = begin();
        return (0..pieces).map(|at| work(&mut state, view, range(at))).collect();
    }
    let next = AtomicUsize::new(0);
    let one = || {
        store.read(|view| {
            let mut state = begin();
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= pieces {
                    return Ok(done);
                }
                done.push((at, work(&mut state, view, range(at))?));
            }
        })
    };
    let mut done = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let mut done = Vec::with_capacity(pieces);
        for thread in running {
            done.extend(thread.join().map_err(|_| Error::new("a part of the work broke off"))??);
        }
        Ok::<_, Error>(done)
    })?;
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
