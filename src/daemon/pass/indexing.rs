//! The keys of entries that came from below, written in bulk: what many children send touches each bucket of the index a
//! few times instead of once for every batch. Those of own lines are written with the lines.

use crate::error::Result;
use crate::store::{Store, View, Writer};

use super::entering::keys_of;
use super::spread::spread_to;

/// Entries whose keys are held in memory and written together; about 80 bytes each.
const STEP_ENTRIES: i64 = 400_000;
/// Entries one thread takes at a time.
const PIECE_ENTRIES: usize = 5_000;

/// Indexes every entry that is not yet: those that came from below. Entries are numbered without a gap, so that one
/// number says which are.
pub(super) fn index(store: &Store) -> Result<()> {
    let waits = |view: &View| Ok(view.indexed()? < view.last_entry()?);
    while store.read(waits)? {
        store.write(|writer| index_some(store, writer).map(drop))?;
    }
    Ok(())
}

/// The same inside a transaction that has written nothing yet.
pub(super) fn index_before(store: &Store, writer: &Writer) -> Result<()> {
    while index_some(store, writer)? > 0 {}
    Ok(())
}

/// Indexes the next entries, and says how many.
fn index_some(store: &Store, writer: &Writer) -> Result<i64> {
    let (from, last) = (writer.indexed()?, writer.last_entry()?);
    let count = (last - from).clamp(0, STEP_ENTRIES);
    if count == 0 {
        return Ok(0);
    }
    let mut added: Vec<(u64, i64)> = Vec::new();
    spread_to(
        store,
        writer,
        (count as usize, PIECE_ENTRIES),
        || (),
        |(), view, range| {
            let mut keys: Vec<(u64, i64)> = Vec::with_capacity(range.len() * 5);
            view.each_entry(from + range.start as i64, from + range.end as i64, &mut |stored| {
                let entry = &stored.entry;
                let of_it = keys_of((entry.list, entry.area), entry.uid, &entry.record);
                keys.extend(of_it.iter().map(|key| (key, stored.id)));
            })?;
            Ok(keys)
        },
        // All of it is kept, whoever waits.
        |_| 0,
        |_, keys| {
            added.extend(keys);
            Ok(())
        },
    )?;
    writer.change_blocks(&mut added, &mut Vec::new())?;
    writer.set_indexed(from + count)?;
    Ok(count)
}
