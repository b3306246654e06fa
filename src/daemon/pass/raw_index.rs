//! Finding a held line by the hash of its text.

use std::collections::VecDeque;
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
    /// The others of it, where lines are equal to the letter, but for those that were taken when they were last looked for:
    /// of thousands that a masked list has, each is passed over once.
    more: FxHashMap<u64, VecDeque<(u32, u32)>>,
}

impl RawIndex {
    /// Adds a scope, and the hash of its first line where it has one.
    pub fn add(&mut self, at: (List, Area), first: Option<u64>) {
        self.begins.extend(first.map(|raw| (raw, self.scopes.len() as u32)));
        self.scopes.push(at);
    }

    /// A held line of this text that `takes` says yes to; one that it says no to is not asked for again. `lines_of` gives
    /// those of a scope.
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
        let place = |(scope, i): (u32, u32)| (self.scopes[scope as usize], i as usize);
        let first = place(*self.first.get(&raw)?);
        if takes(first.0, first.1) {
            return Some(first);
        }
        let more = self.more.get_mut(&raw)?;
        while let Some((at, i)) = more.front().copied().map(place) {
            if takes(at, i) {
                return Some((at, i));
            }
            more.pop_front();
        }
        None
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
                Slot::Occupied(_) => self.more.entry(line.raw).or_default().push_back((scope, i as u32)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::Uid;

    #[test]
    fn of_lines_equal_to_the_letter_each_is_found_once_in_their_order_and_passed_over_once() {
        let at = (List::Population, "519901001201".parse().unwrap());
        let lines: Vec<Placed> = (0..1_000).map(|row| Placed { uid: Uid(row.into()), raw: 7, row }).collect();
        let mut index = RawIndex::default();
        index.add(at, Some(7));
        let asked = Cell::new(0);
        let mut taken = 0;
        let mut find = |taken: usize| {
            let is_free = |_, i: usize| {
                asked.set(asked.get() + 1);
                i >= taken
            };
            index.find(7, |_| &lines, is_free).map(|(_, i)| i)
        };
        while let Some(found) = find(taken) {
            assert_eq!(found, taken);
            taken += 1;
        }
        assert_eq!(taken, lines.len());
        (0..1_000).for_each(|_| assert_eq!(find(taken), None));
        assert!(asked.get() < 10 * lines.len(), "{} times", asked.get());
    }
}
