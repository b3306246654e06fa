//! Finding a held line by the hash of its text.

use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;

use crate::domain::{Area, List};
use crate::store::Placed;

/// Held lines by the hash of their text.
#[derive(Default)]
pub(super) struct RawIndex {
    scopes: Vec<(List, Area)>,
    /// Scope and position of the first line of this text.
    first: FxHashMap<u64, (u32, u32)>,
    /// The others of it, where lines are equal to the letter.
    more: FxHashMap<u64, Vec<(u32, u32)>>,
}

impl RawIndex {
    pub fn add(&mut self, at: (List, Area), lines: &[Placed]) {
        let scope = self.scopes.len() as u32;
        self.scopes.push(at);
        self.first.reserve(lines.len());
        for (i, line) in lines.iter().enumerate() {
            match self.first.entry(line.raw) {
                Slot::Vacant(slot) => {
                    slot.insert((scope, i as u32));
                }
                Slot::Occupied(_) => self.more.entry(line.raw).or_default().push((scope, i as u32)),
            }
        }
    }

    /// The first held line of this text that `takes` says yes to.
    pub fn find(&self, raw: u64, takes: impl Fn((List, Area), usize) -> bool) -> Option<((List, Area), usize)> {
        let first = self.first.get(&raw)?;
        let more = self.more.get(&raw).into_iter().flatten();
        let mut places =
            std::iter::once(first).chain(more).map(|(scope, i)| (self.scopes[*scope as usize], *i as usize));
        places.find(|(at, i)| takes(*at, *i))
    }
}
