//! Entries and blocks as they stand in the store while a step is worked on, each read once.

use std::collections::hash_map::Entry as Slot;
use std::rc::Rc;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::Uid;
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, BlockKeys, Features, block_keys, is_village_key};
use crate::store::{SnapshotKey, StoredEntry, View};

use super::ahead::Ahead;
use super::features_of;

/// Entries kept between two pieces of work; neighbours are mostly of one village.
const KNOWN_ENTRIES_MAX: usize = 5_000;
/// Each of at most as many ids as linkage looks at, and nearly always of a few.
const KNOWN_BLOCKS_MAX: usize = 50_000;

/// Lists kept beside them, each with the names of all its lines.
const KNOWN_LISTS_MAX: usize = 8;

/// A home or a school is one household of hundreds; beyond this the number stands for something else, and nobody is asked
/// who is the head of it. Lines that vanished count: no more is read.
const HOUSEHOLD_ENTRIES_MAX: usize = 2_000;

/// As [`Known::household`], by the store as it stands.
pub(super) fn household(view: &View, key: u64) -> Result<Vec<i64>> {
    let mut block = view.block(key, HOUSEHOLD_ENTRIES_MAX + 1)?;
    if block.len() > HOUSEHOLD_ENTRIES_MAX {
        block.clear();
    }
    Ok(block)
}

/// An entry with what linkage sees of it.
pub(super) struct Compared {
    pub stored: StoredEntry,
    pub features: Features,
    pub keys: BlockKeys,
}

impl Compared {
    pub fn new(stored: StoredEntry) -> Compared {
        let features = features_of(&stored.entry);
        Compared { keys: block_keys(&features), stored, features }
    }
}

/// What one thread has read, beside what was read ahead for all.
pub(super) struct Known<'a> {
    ahead: &'a Ahead,
    entries: FxHashMap<i64, Box<Compared>>,
    blocks: FxHashMap<u64, Box<[i64]>>,
    outgrown: Option<Rc<FxHashSet<u64>>>,
    lists: FxHashMap<SnapshotKey, FxHashSet<Uid>>,
}

impl Default for Known<'_> {
    /// Nothing was read ahead.
    fn default() -> Self {
        static NOTHING: LazyLock<Ahead> = LazyLock::new(Ahead::default);
        Known::beside(&NOTHING)
    }
}

impl<'a> Known<'a> {
    pub fn beside(ahead: &'a Ahead) -> Known<'a> {
        let (entries, blocks, outgrown, lists) = Default::default();
        Known { ahead, entries, blocks, outgrown, lists }
    }

    /// Begins the next piece of work: what gathered is let go before it is much.
    pub fn begin_piece(&mut self) {
        if self.entries.len() > KNOWN_ENTRIES_MAX || self.blocks.len() > KNOWN_BLOCKS_MAX {
            *self = Known::beside(self.ahead);
        }
    }

    pub fn get(&mut self, view: &View, id: i64) -> Result<Option<&Compared>> {
        if let Some(seen) = self.ahead.entry(id) {
            return Ok(Some(seen));
        }
        Ok(match self.entries.entry(id) {
            Slot::Occupied(slot) => Some(slot.into_mut()),
            Slot::Vacant(slot) => view.entry_by_id(id)?.map(|stored| &**slot.insert(Box::new(Compared::new(stored)))),
        })
    }

    /// One that was read before.
    pub fn read(&self, id: i64) -> &Compared {
        self.ahead.entry(id).unwrap_or_else(|| &self.entries[&id])
    }

    pub fn add(&mut self, stored: StoredEntry) -> i64 {
        let id = stored.id;
        if self.ahead.entry(id).is_none() {
            self.entries.entry(id).or_insert_with(|| Box::new(Compared::new(stored)));
        }
        id
    }

    /// The entries of a person as it stands, the oldest first.
    pub fn entries_of(&mut self, view: &View, person: Uid) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        for id in view.ids_of(person)? {
            if self.get(view, id)?.is_some() {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Ids of the lines of a household, none where it is larger than any that is looked through.
    pub fn household(&mut self, view: &View, key: u64) -> Result<Vec<i64>> {
        let block = self.block(view, key)?;
        if block.len() > BLOCK_ENTRIES_MAX { household(view, key) } else { Ok(block.to_vec()) }
    }

    /// Whether a line stands on the list as this source of this office gives it.
    pub fn stands_on(&mut self, view: &View, key: &SnapshotKey, line: Uid) -> Result<bool> {
        if !self.lists.contains_key(key) {
            if self.lists.len() >= KNOWN_LISTS_MAX {
                self.lists.clear();
            }
            let placement = view.snapshot(key)?.map(|(.., placement)| placement).unwrap_or_default();
            self.lists.insert(key.clone(), placement.lines().map(|line| line.uid).collect());
        }
        Ok(self.lists[key].contains(&line))
    }

    /// The keys noted as shared by too many, but for those of one village: no number is among these.
    pub fn outgrown(&mut self, view: &View) -> Result<Rc<FxHashSet<u64>>> {
        if let Some(keys) = &self.outgrown {
            return Ok(Rc::clone(keys));
        }
        let keys = view.outgrown()?.into_iter().filter(|key| !is_village_key(*key)).collect();
        Ok(Rc::clone(self.outgrown.insert(Rc::new(keys))))
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
