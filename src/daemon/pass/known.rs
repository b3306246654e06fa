//! Entries and blocks as they stand in the store while a step is worked on, each read once.

use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;

use crate::domain::Uid;
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, BlockKeys, Features, KEYS_MAX, block_keys};
use crate::store::{Store, StoredEntry, View};

use super::features_of;
use super::spread::spread;

/// Entries and blocks kept between two pieces of work; neighbours are mostly of one village.
const KNOWN_ENTRIES_MAX: usize = 5_000;
/// Fewer entries than this are read one by one: of a village's file little of the index is looked at.
const AHEAD_ENTRIES_MIN: usize = 2_000;
/// Entries, and keys, that one thread reads at a time.
const AHEAD_PIECE: usize = 1_000;

/// An entry with what linkage sees of it.
pub(super) struct Seen {
    pub stored: StoredEntry,
    pub features: Features,
    pub keys: BlockKeys,
}

fn seen(stored: StoredEntry) -> Seen {
    let features = features_of(&stored.entry);
    Seen { keys: block_keys(&features), stored, features }
}

/// The entries of a large step and the blocks of all their keys, read in the order in which they lie in the file: a bucket
/// of the index is then read once, and not again for each of the keys on it.
#[derive(Default)]
pub(super) struct Ahead {
    /// Ascending.
    ids: Vec<i64>,
    /// Of each id, in pieces.
    entries: Vec<Vec<Option<Seen>>>,
    /// Ascending, each once.
    keys: Vec<u64>,
    /// Of each key, in pieces.
    blocks: Vec<Blocks>,
}

/// The ids under a piece of the keys, one block behind the other.
#[derive(Default)]
struct Blocks {
    ids: Vec<i64>,
    /// Where each block ends.
    ends: Vec<usize>,
}

impl Blocks {
    fn get(&self, at: usize) -> &[i64] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start..self.ends[at]]
    }
}

impl Ahead {
    /// Reads ahead for a step on the entries that wait, ascending, to be linked or only to be judged. Must come before the
    /// transaction of `view` writes anything.
    pub fn read(store: &Store, view: &View, waiting: &[(i64, bool)]) -> Result<Ahead> {
        if waiting.len() < AHEAD_ENTRIES_MIN {
            return Ok(Ahead::default());
        }
        let ids: Vec<i64> = waiting.iter().map(|(id, _)| *id).collect();
        let entries = spread(
            store,
            view,
            ids.len(),
            AHEAD_PIECE,
            || (),
            |(), view, range| {
                let mut found = Vec::with_capacity(range.len());
                view.each_of(&ids[range], &mut |stored| found.push(stored.map(seen)))?;
                Ok(found)
            },
        )?;
        let mut keys: Vec<u64> = Vec::with_capacity(ids.len() * 4);
        for (entry, (_, to_link)) in entries.iter().flatten().zip(waiting) {
            // Who is only judged is looked up by the number alone, which is the first key.
            let sought = if *to_link { KEYS_MAX } else { 1 };
            let all = entry.iter().flat_map(|seen| seen.keys.as_slice());
            keys.extend(all.take(sought));
        }
        keys.sort_unstable();
        keys.dedup();
        let blocks = spread(
            store,
            view,
            keys.len(),
            AHEAD_PIECE,
            || (),
            |(), view, range| {
                let mut blocks = Blocks::default();
                view.each_block(&keys[range], BLOCK_ENTRIES_MAX + 1, &mut |ids| {
                    blocks.ids.extend(ids);
                    blocks.ends.push(blocks.ids.len());
                })?;
                Ok(blocks)
            },
        )?;
        Ok(Ahead { ids, entries, keys, blocks })
    }

    fn entry(&self, id: i64) -> Option<&Seen> {
        let at = self.ids.binary_search(&id).ok()?;
        self.entries[at / AHEAD_PIECE][at % AHEAD_PIECE].as_ref()
    }

    fn block(&self, key: u64) -> Option<&[i64]> {
        let at = self.keys.binary_search(&key).ok()?;
        Some(self.blocks[at / AHEAD_PIECE].get(at % AHEAD_PIECE))
    }
}

/// What one thread has read, beside what was read ahead for all.
pub(super) struct Known<'a> {
    ahead: &'a Ahead,
    entries: FxHashMap<i64, Seen>,
    blocks: FxHashMap<u64, Box<[i64]>>,
}

impl Default for Known<'_> {
    /// Nothing was read ahead.
    fn default() -> Self {
        static NOTHING: Ahead = Ahead { ids: Vec::new(), entries: Vec::new(), keys: Vec::new(), blocks: Vec::new() };
        Known::beside(&NOTHING)
    }
}

impl<'a> Known<'a> {
    pub fn beside(ahead: &'a Ahead) -> Known<'a> {
        Known { ahead, entries: FxHashMap::default(), blocks: FxHashMap::default() }
    }

    /// Begins the next piece of work: what gathered is let go before it is much.
    pub fn begin_piece(&mut self) {
        if self.entries.len() > KNOWN_ENTRIES_MAX {
            *self = Known::beside(self.ahead);
        }
    }

    pub fn get(&mut self, view: &View, id: i64) -> Result<Option<&Seen>> {
        if let Some(seen) = self.ahead.entry(id) {
            return Ok(Some(seen));
        }
        Ok(match self.entries.entry(id) {
            Slot::Occupied(slot) => Some(slot.into_mut()),
            Slot::Vacant(slot) => view.entry_by_id(id)?.map(|stored| &*slot.insert(seen(stored))),
        })
    }

    /// One that was read before.
    pub fn read(&self, id: i64) -> &Seen {
        self.ahead.entry(id).unwrap_or_else(|| &self.entries[&id])
    }

    pub fn add(&mut self, stored: StoredEntry) -> i64 {
        let id = stored.id;
        if self.ahead.entry(id).is_none() {
            self.entries.entry(id).or_insert_with(|| seen(stored));
        }
        id
    }

    /// The entries of a person as it stands, the oldest first.
    pub fn entries_of(&mut self, view: &View, person: Uid) -> Result<Vec<i64>> {
        Ok(view.entries_of(person)?.into_iter().map(|stored| self.add(stored)).collect())
    }

    /// Ids under a key, at most one more than linkage looks at.
    pub fn block(&mut self, view: &View, key: u64) -> Result<&[i64]> {
        if let Some(ids) = self.ahead.block(key) {
            return Ok(ids);
        }
        Ok(match self.blocks.entry(key) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => slot.insert(view.block(key, BLOCK_ENTRIES_MAX + 1)?.into_boxed_slice()),
        })
    }
}
