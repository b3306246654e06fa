//! What a large step will ask for, read before it begins, in the order in which it lies in the file: one by one, each
//! thread would look for it in another corner, and both for the same.

use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::linkage::BLOCK_ENTRIES_MAX;
use crate::store::{Store, View};

use super::known::Compared;
use super::spread::spread;

/// Fewer entries than this are read one by one: of a village's file little of the index is looked at.
const ENTRIES_MIN: usize = 2_000;
/// Entries found beside those of the step that are read ahead, about 1 kB each; the others are read one by one.
const NEAR_ENTRIES_MAX: usize = 40_000;
/// Entries, and keys, that one thread reads at a time.
const PIECE: usize = 1_000;

/// The entries of a large step, the blocks of all their keys, and the other entries in those blocks.
#[derive(Default)]
pub(super) struct Ahead {
    waiting: Entries,
    near: Entries,
    blocks: Blocks,
}

/// Entries by id.
#[derive(Default)]
struct Entries {
    /// Ascending.
    ids: Vec<i64>,
    /// Where those of them stand that have not as many before them as there are numbers between the first and them.
    apart: FxHashMap<i64, u32>,
    /// Of each id, in pieces.
    seen: Vec<Vec<Option<Compared>>>,
}

/// The ids under each key.
#[derive(Default)]
struct Blocks {
    ids: Vec<i64>,
    /// Where the block of a key begins and ends.
    of: FxHashMap<u64, (u32, u32)>,
}

impl Ahead {
    /// Reads ahead for a step on the entries that wait, ascending, to be linked or only to be judged. Must come before the
    /// transaction of `view` writes anything.
    pub fn read(store: &Store, view: &View, waiting: &[(i64, bool)]) -> Result<Ahead> {
        if waiting.len() < ENTRIES_MIN {
            return Ok(Ahead::default());
        }
        let entries = Entries::read(store, view, waiting.iter().map(|(id, _)| *id).collect())?;
        let mut keys: Vec<u64> = Vec::with_capacity(waiting.len() * 4);
        for (entry, (_, to_link)) in entries.seen.iter().flatten().zip(waiting) {
            // Who is only judged is looked up by the number alone, which is the first key.
            let sought = if *to_link { usize::MAX } else { 1 };
            keys.extend(entry.iter().flat_map(|seen| seen.keys.as_slice()).take(sought));
        }
        let blocks = Blocks::read(store, view, keys)?;
        let mut near: Vec<i64> = blocks.all_that_count().filter(|id| entries.at(*id).is_none()).collect();
        near.sort_unstable();
        near.dedup();
        near.truncate(NEAR_ENTRIES_MAX);
        Ok(Ahead { waiting: entries, near: Entries::read(store, view, near)?, blocks })
    }

    pub fn entry(&self, id: i64) -> Option<&Compared> {
        self.waiting.get(id).or_else(|| self.near.get(id))
    }

    /// Ids under a key, at most one more than linkage looks at.
    pub fn block(&self, key: u64) -> Option<&[i64]> {
        self.blocks.get(key)
    }
}

impl Entries {
    fn read(store: &Store, view: &View, ids: Vec<i64>) -> Result<Entries> {
        let seen = spread(
            store,
            view,
            ids.len(),
            PIECE,
            || (),
            |(), view, range| {
                let mut found = Vec::with_capacity(range.len());
                view.each_of(&ids[range], &mut |stored| found.push(stored.map(Compared::new)))?;
                Ok(found)
            },
        )?;
        let first = ids.first().copied().unwrap_or_default();
        let apart = ids.iter().zip(0u32..).filter(|(id, at)| **id - first != i64::from(*at));
        Ok(Entries { apart: apart.map(|(id, at)| (*id, at)).collect(), ids, seen })
    }

    fn at(&self, id: i64) -> Option<usize> {
        // New entries wait in the order of their numbers, without a gap.
        let guess = usize::try_from(id - self.ids.first()?).ok()?;
        if self.ids.get(guess) == Some(&id) {
            return Some(guess);
        }
        self.apart.get(&id).map(|at| *at as usize)
    }

    fn get(&self, id: i64) -> Option<&Compared> {
        self.at(id).and_then(|at| self.seen[at / PIECE][at % PIECE].as_ref())
    }
}

impl Blocks {
    fn read(store: &Store, view: &View, mut keys: Vec<u64>) -> Result<Blocks> {
        keys.sort_unstable();
        keys.dedup();
        let pieces = spread(
            store,
            view,
            keys.len(),
            PIECE,
            || (),
            |(), view, range| {
                let (mut ids, mut ends) = (Vec::new(), Vec::with_capacity(range.len()));
                view.each_block(&keys[range], BLOCK_ENTRIES_MAX + 1, &mut |block| {
                    ids.extend(block);
                    ends.push(ids.len() as u32);
                })?;
                Ok((ids, ends))
            },
        )?;
        let mut blocks = Blocks { ids: Vec::new(), of: FxHashMap::default() };
        blocks.of.reserve(keys.len());
        for (keys, (ids, ends)) in keys.chunks(PIECE).zip(pieces) {
            let mut from = blocks.ids.len() as u32;
            let before = from;
            for (key, end) in keys.iter().zip(ends) {
                blocks.of.insert(*key, (from, before + end));
                from = before + end;
            }
            blocks.ids.extend(ids);
        }
        Ok(blocks)
    }

    fn get(&self, key: u64) -> Option<&[i64]> {
        self.of.get(&key).map(|(from, to)| &self.ids[*from as usize..*to as usize])
    }

    /// The ids of all blocks that say anything, some of them more than once.
    fn all_that_count(&self) -> impl Iterator<Item = i64> + '_ {
        let spans = self.of.values().filter(|(from, to)| (to - from) as usize <= BLOCK_ENTRIES_MAX);
        spans.flat_map(|(from, to)| &self.ids[*from as usize..*to as usize]).copied()
    }
}
