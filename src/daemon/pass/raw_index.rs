//! Finding a held line of one list of one area by the hash of its text.

use std::collections::VecDeque;
use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;

use crate::store::Placed;

/// Nearly every line stands behind the one that it stood behind before: the lines are indexed only once one does not.
#[derive(Default)]
pub(super) struct RawIndex {
    /// Where the next line stood before, if nothing came between.
    next: usize,
    is_built: bool,
    /// Position of the first line of each text.
    first: FxHashMap<u64, u32>,
    /// Those of the others, where lines are equal to the letter, but for those that were taken when they were last looked
    /// for: of thousands that a masked list has, each is passed over once.
    more: FxHashMap<u64, VecDeque<u32>>,
}

impl RawIndex {
    /// Where a line of this text stands among `lines`, always the same ones, that is not `taken` yet. A line once taken
    /// stays so.
    pub fn find(&mut self, raw: u64, lines: &[Placed], taken: impl Fn(usize) -> bool) -> Option<usize> {
        let is_next = lines.get(self.next).is_some_and(|line| line.raw == raw) && !taken(self.next);
        let found = if is_next { Some(self.next) } else { self.look_up(raw, lines, taken) };
        // What changed stands where it stood.
        self.next = found.unwrap_or(self.next) + 1;
        found
    }

    fn look_up(&mut self, raw: u64, lines: &[Placed], taken: impl Fn(usize) -> bool) -> Option<usize> {
        if !std::mem::replace(&mut self.is_built, true) {
            self.build(lines);
        }
        let first = *self.first.get(&raw)? as usize;
        if !taken(first) {
            return Some(first);
        }
        let more = self.more.get_mut(&raw)?;
        while let Some(at) = more.front().map(|at| *at as usize) {
            if !taken(at) {
                return Some(at);
            }
            more.pop_front();
        }
        None
    }

    fn build(&mut self, lines: &[Placed]) {
        self.first.reserve(lines.len());
        for (at, line) in (0..).zip(lines) {
            match self.first.entry(line.raw) {
                Slot::Vacant(slot) => {
                    slot.insert(at);
                }
                Slot::Occupied(_) => self.more.entry(line.raw).or_default().push_back(at),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::Uid;

    fn lines(raws: impl IntoIterator<Item = u64>) -> Vec<Placed> {
        raws.into_iter().zip(0..).map(|(raw, row)| Placed { uid: Uid(row.into()), raw, row }).collect()
    }

    /// Where the lines of a file are found.
    fn found(lines: &[Placed], file: &[u64]) -> (Vec<Option<usize>>, RawIndex) {
        let (mut index, mut taken) = (RawIndex::default(), vec![false; lines.len()]);
        let find = |raw: &u64| {
            let found = index.find(*raw, lines, |at| taken[at]);
            found.iter().for_each(|at| taken[*at] = true);
            found
        };
        (file.iter().map(find).collect(), index)
    }

    #[test]
    fn lines_that_stand_as_they_stood_need_no_index() {
        let held = lines([5, 6, 7, 8]);
        let (places, index) = found(&held, &[5, 6, 7, 8]);
        assert_eq!(places, [0, 1, 2, 3].map(Some));
        assert!(!index.is_built);
        let (places, _) = found(&held, &[5, 99, 7, 8]);
        assert_eq!(places, [Some(0), None, Some(2), Some(3)], "one changed");
        let (places, _) = found(&held, &[8, 98, 5, 99, 7]);
        assert_eq!(places, [Some(3), None, Some(0), None, Some(2)], "sorted anew");
        let (places, _) = found(&held, &[6, 6, 5]);
        assert_eq!(places, [Some(1), None, Some(0)], "one stands there twice");
    }

    #[test]
    fn of_lines_equal_to_the_letter_each_is_found_once_in_their_order_and_passed_over_once() {
        let held = lines([7; 1_000]);
        let mut index = RawIndex::default();
        let asked = Cell::new(0);
        let mut find = |taken: usize| {
            let is_taken = |at: usize| {
                asked.set(asked.get() + 1);
                at < taken
            };
            index.find(7, &held, is_taken)
        };
        for taken in 0..1_000 {
            assert_eq!(find(taken), Some(taken));
        }
        (0..1_000).for_each(|_| assert_eq!(find(1_000), None));
        assert!(asked.get() < 10 * held.len(), "{} times", asked.get());
    }
}
