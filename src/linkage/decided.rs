//! What people have decided about pairs of entries. It outlives every re-linking.

use std::collections::BTreeSet;

use crate::domain::Uid;

/// Pairs that are one person, and pairs that are not, by somebody's decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// Both ways round: of each entry it is asked with whom.
    joined: BTreeSet<(Uid, Uid)>,
    parted: BTreeSet<(Uid, Uid)>,
}

impl Decided {
    /// `a` and `b` are one person. Takes back that they are not.
    pub fn join(&mut self, a: Uid, b: Uid) {
        self.parted.remove(&ordered(a, b));
        self.joined.extend([(a, b), (b, a)]);
    }

    /// `a` and `b` are two people for ever, also when a third line would join them. Takes back that they are one.
    pub fn part(&mut self, a: Uid, b: Uid) {
        self.joined.remove(&(a, b));
        self.joined.remove(&(b, a));
        self.parted.insert(ordered(a, b));
    }

    pub fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.parted.is_empty()
    }

    pub fn are_joined(&self, a: Uid, b: Uid) -> bool {
        !self.joined.is_empty() && self.joined.contains(&(a, b))
    }

    pub fn are_parted(&self, a: Uid, b: Uid) -> bool {
        !self.parted.is_empty() && self.parted.contains(&ordered(a, b))
    }

    /// Pairs that are one person, each once, ascending; they tie components together like an edge.
    pub fn joined(&self) -> impl Iterator<Item = (Uid, Uid)> {
        self.joined.iter().copied().filter(|(a, b)| a < b)
    }

    /// Who is one person with this entry, ascending.
    pub fn joined_with(&self, entry: Uid) -> impl Iterator<Item = Uid> {
        self.joined.range((entry, Uid(0))..=(entry, Uid(u64::MAX))).map(|(_, other)| *other)
    }

    pub fn parted(&self) -> impl Iterator<Item = (Uid, Uid)> {
        self.parted.iter().copied()
    }
}

fn ordered(a: Uid, b: Uid) -> (Uid, Uid) {
    (a.min(b), a.max(b))
}
