//! Finding a held line by the hash of its text.

use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;

use crate::domain::{Area, List};
use crate::store::Placed;

/// Held lines by the hash of their text. Nearly every line stands behind the one that it stood behind before, and the
/// first of a list is known by itself: all others are indexed only once one of them is looked for.
#[derive(Default)]
pub(super) struct RawIndex {
    scopes: Vec<(List, Area)>,
    /// How many of these are indexed.
    indexed: usize,
    /// Scope by the text of its first line.
    begins: FxHashMap<u64, u32>,
    /// Scope and position of the first line of this text.
    first: FxHashMap<u64, (u32, u32)>,
    /// The others of it, where lines are equal to the letter.
    more: FxHashMap<u64, Vec<(u32, u32)>>,
}

impl RawIndex {
    /// Adds a scope, and the hash of its first line where it has one.
    pub fn add(&mut self, at: (List, Area), first: Option<u64>) {
        self.begins.extend(first.map(|raw| (raw, self.scopes.len() as u32)));
        self.scopes.push(at);
    }

    /// A held line of this text that `takes` says yes to. `lines_of` gives those of a scope.
    pub fn find<'l>(
        &mut self,
        raw: u64,
        lines_of: impl Fn((List, Area)) -> &'l [Placed],
        takes: impl Fn((List, Area), usize) -> bool,
    ) -> Option<((List, Area), usize)> {
        let begun = self.begins.get(&raw).map(|scope| self.scopes[*scope as usize]);
        if let Some(at) = begun.filter(|at| takes(*at, 0)) {
            return Some((at, 0));
        }
        while let Some(at) = self.scopes.get(self.indexed) {
            self.index(lines_of(*at));
        }
        let first = self.first.get(&raw)?;
        let more = self.more.get(&raw).into_iter().flatten();
        let mut places =
            std::iter::once(first).chain(more).map(|(scope, i)| (self.scopes[*scope as usize], *i as usize));
        places.find(|(at, i)| takes(*at, *i))
    }

    /// Indexes the next scope.
    fn index(&mut self, lines: &[Placed]) {
        let scope = self.indexed as u32;
        self.indexed += 1;
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
}
