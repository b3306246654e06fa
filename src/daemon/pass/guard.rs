//! The deletion guard (DOMAIN.md R3): whether a snapshot takes so much away that a person has to look first.

use std::collections::HashSet;

use crate::domain::{List, Status, Uid};
use crate::error::Result;
use crate::store::{Placed, StoredEntry, View};

/// A list of fewer lines may lose most of them: a few people may well all have gone.
const LISTED_MIN: usize = 20;
/// Where more of a list than this would go, it does not matter in what state the lines are.
const ANY_STATE_SHARE_MAX: f64 = 0.5;

/// A snapshot that takes more than both is held.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Share of the active lines, 0 to 1.
    pub removed_share_max: f64,
    pub removed_lines_floor: u64,
}

impl Guard {
    /// Whether it is too much that of the lines `held` of a list those of `gone` go.
    pub(super) fn stops(&self, view: &View, list: List, held: &[Placed], gone: &[StoredEntry]) -> Result<bool> {
        let standing: Vec<&StoredEntry> = gone.iter().filter(|stored| stored.entry.removed.is_none()).collect();
        Ok(self.leaves_little(list, held.len(), standing.len()) || self.takes_active(view, held, &standing)?)
    }

    /// Lines that already said that the person died or left may go, which is housekeeping; most of the list at once is
    /// rather a filter left on. Of the dead, what a line said stays when it goes, and a month may be saved over another.
    fn leaves_little(&self, list: List, held: usize, going: usize) -> bool {
        list != List::Deaths
            && held >= LISTED_MIN
            && going as u64 > self.removed_lines_floor
            && share(going, held) > ANY_STATE_SHARE_MAX.max(self.removed_share_max)
    }

    /// Whether it is too much that `going` of `of` lines go.
    pub(super) fn takes_much(&self, going: usize, of: usize) -> bool {
        self.is_much(going, of, self.removed_share_max)
    }

    /// Whether `part` is more than a few lines, and than this share of all.
    pub(super) fn is_much(&self, part: usize, of: usize, share_max: f64) -> bool {
        part as u64 > self.removed_lines_floor && share(part, of) > share_max
    }

    /// Whether too many of the active lines go.
    fn takes_active(&self, view: &View, held: &[Placed], standing: &[&StoredEntry]) -> Result<bool> {
        let going: HashSet<Uid> =
            standing.iter().filter(|s| s.entry.record.status == Status::Active).map(|s| s.entry.uid).collect();
        // Of all lines it is at most the share that it is of the active ones, and that needs no look at the others.
        let is_more = |of: usize| self.takes_much(going.len(), of);
        if is_more(held.len()) {
            return Ok(true);
        }
        // A list may be half a million lines: no more of them are looked at than it takes.
        let mut active = going.len();
        for line in held.iter().filter(|line| !going.contains(&line.uid)) {
            if !is_more(active) {
                return Ok(false);
            }
            active += usize::from(view.entry_placed(line.uid)?.entry.record.status == Status::Active);
        }
        Ok(is_more(active))
    }
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}
