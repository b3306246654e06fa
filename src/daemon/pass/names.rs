//! The names that the lines of one list of one area have.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::Uid;

/// See the module.
#[derive(Default)]
pub(super) struct Names {
    used: FxHashSet<Uid>,
    /// By the key of a line, below which ordinal no name is free: a column of masked names gives thousands of lines one key.
    /// Of a key whose first name was free nothing is noted, as nearly all are.
    searched: FxHashMap<u64, u32>,
}

impl Names {
    pub fn of(used: impl IntoIterator<Item = Uid>) -> Names {
        Names { used: used.into_iter().collect(), searched: FxHashMap::default() }
    }

    pub fn take(&mut self, uid: Uid) {
        self.used.insert(uid);
    }

    /// Takes the first name for `key` that nobody has: the same as by a search from the beginning, as a name that is taken
    /// is never free again.
    pub fn first_free(&mut self, key: u64, name: impl Fn(u32) -> Uid) -> Uid {
        let from = self.searched.get(&key).copied().unwrap_or(0);
        let mut names = (from..=u32::MAX).map(|ordinal| (ordinal, name(ordinal)));
        let (ordinal, uid) = names
            .find(|(_, uid)| self.used.insert(*uid))
            .expect("no list of one area has as many lines as there are names");
        if ordinal > 0 {
            self.searched.insert(key, ordinal.saturating_add(1));
        }
        uid
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    /// So few names that those of different keys meet.
    fn name(key: u64, ordinal: u32) -> Uid {
        Uid(xxhash_rust::xxh3::xxh3_64(&[key.to_le_bytes(), u64::from(ordinal).to_le_bytes()].concat()) % 512)
    }

    proptest! {
        #[test]
        fn names_are_unique_and_those_of_a_search_from_the_beginning(
            held in proptest::collection::hash_set(0u64..512, 0..60),
            steps in proptest::collection::vec(proptest::option::weighted(0.8, 0u64..4), 0..120),
        ) {
            let held: Vec<Uid> = held.into_iter().map(Uid).collect();
            let mut names = Names::of(held.iter().copied());
            let mut used: FxHashSet<Uid> = held.into_iter().collect();
            for (taken, step) in steps.into_iter().enumerate() {
                let Some(key) = step else {
                    // A line that was paired keeps its name.
                    names.take(Uid(taken as u64));
                    used.insert(Uid(taken as u64));
                    continue;
                };
                let from_the_beginning = (0..).map(|ordinal| name(key, ordinal)).find(|uid| used.insert(*uid));
                prop_assert_eq!(Some(names.first_free(key, |ordinal| name(key, ordinal))), from_the_beginning);
            }
        }
    }

    #[test]
    fn the_thousandth_line_of_one_key_is_named_as_quickly_as_the_first() {
        let mut names = Names::of((0..5_000).map(Uid));
        let tried = Cell::new(0);
        for _ in 0..5_000 {
            names.first_free(7, |ordinal| {
                tried.set(tried.get() + 1);
                Uid(u64::from(ordinal))
            });
        }
        assert_eq!(tried.get(), 10_000);
    }
}
