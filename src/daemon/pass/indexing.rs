//! The keys of new entries, written in bulk: sorted by key, a county's first load touches each page of the index a few
//! times instead of once for every village.

use crate::error::Result;
use crate::store::Store;

use super::spread::spread;
use super::{Keys, features_of};

/// Entries whose keys are held in memory and written together; about 70 bytes each.
const STEP_ENTRIES: i64 = 400_000;
/// Entries one thread takes at a time.
const PIECE_ENTRIES: usize = 5_000;

/// Indexes every entry that is not yet. Entries are numbered without a gap, so that one number says which are.
pub(super) fn index(store: &Store) -> Result<()> {
    if store.read(|view| Ok(view.indexed()? == view.last_entry()?))? {
        return Ok(());
    }
    loop {
        let done = store.write(|writer| {
            let (from, last) = (writer.indexed()?, writer.last_entry()?);
            let count = (last - from).clamp(0, STEP_ENTRIES);
            if count == 0 {
                return Ok(true);
            }
            let pieces = spread(
                store,
                writer,
                count as usize,
                PIECE_ENTRIES,
                || (),
                |(), view, range| {
                    let mut keys: Vec<(u64, i64)> = Vec::with_capacity(range.len() * 4);
                    view.each_entry(from + range.start as i64, from + range.end as i64, &mut |stored| {
                        let features = features_of(&stored.entry);
                        keys.extend(Keys::of(&stored.entry, &features).iter().map(|key| (key, stored.id)));
                    })?;
                    Ok(keys)
                },
            )?;
            let mut added = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
            for piece in pieces {
                added.extend(piece);
            }
            writer.change_blocks(&mut added, &mut Vec::new())?;
            writer.set_indexed(from + count)?;
            Ok(from + count == last)
        })?;
        if done {
            return Ok(());
        }
    }
}
