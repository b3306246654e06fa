//! What many lines of a file say at once, and would rather be a mistake of the table than news of its people: of one line
//! that is a correction, of most a column that slid, was sorted alone, was left out or is in other words (DOMAIN.md 6).

use crate::domain::{IdNumber, List, Record, Status};
use crate::error::Result;
use crate::linkage::{Name, NameLevel};
use crate::store::{StoredEntry, View};

use super::entering::{Difference, Now};
use super::guard::Guard;
use super::scope::Scope;

/// Places of a number that slips of the pen change.
const SLIPS_MAX: usize = 3;
/// Of more lines than this that tell of somebody else a person has to say whether they do.
const SOMEBODY_ELSE_SHARE_MAX: f64 = 0.1;
/// So many who had died or left, and stand again, are too many where they are most of those who had.
const MOST_STAND_AGAIN_MIN: usize = 5;
/// Where a file says of nobody any more that they died or left, already so many are too many.
const ALL_STAND_AGAIN_MIN: usize = 2;

/// Why a file waits, with how many lines say so; 0 where that is not why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// They tell of somebody else than before.
    pub changes: u64,
    /// They said that somebody died, left or is supported no more, and say so no more.
    pub revives: u64,
}

impl Doubts {
    /// Of the lines `same` that stay and are not as they were, of `stay` that stay in all, and of those that are `fresh`.
    pub(super) fn of(
        view: &View,
        guard: &Guard,
        (list, scope): (List, &Scope),
        (same, stay): (&[(StoredEntry, usize, Now)], usize),
        fresh: &[(usize, Record)],
    ) -> Result<Doubts> {
        let news = || same.iter().filter(|(.., now)| now.change == Difference::Else);
        let told = |(old, _, now): &&(StoredEntry, usize, Now)| is_somebody_else(&old.entry.record, &now.record);
        let changed = news().filter(told).count();
        let changes = if guard.is_much(changed, stay, SOMEBODY_ELSE_SHARE_MAX) { changed } else { 0 };
        let stands_again = |(old, _, now): &&(StoredEntry, usize, Now)| {
            old.entry.removed.is_none() && has_ended(&old.entry.record) && !has_ended(&now.record)
        };
        let revived = news().filter(stands_again).count();
        let mut end_now = same.iter().map(|(.., now)| &now.record).chain(fresh.iter().map(|(_, record)| record));
        // So many who had ended before are too many for what is said now to be a mistake.
        let enough = match revived {
            // Nobody is ever alive on a list of the dead.
            _ if list == List::Deaths => 0,
            MOST_STAND_AGAIN_MIN.. => revived * 2,
            ALL_STAND_AGAIN_MIN.. if !end_now.any(has_ended) => revived + 1,
            _ => 0,
        };
        let revives = if enough > 0 && !has_ended_at_least(view, scope, enough)? { revived } else { 0 };
        Ok(Doubts { changes: changes as u64, revives: revives as u64 })
    }

    pub(super) fn are_any(self) -> bool {
        self != Doubts::default()
    }
}

/// Whether the line tells of somebody else than before, by a name or a number that no slip of the pen makes of the other.
fn is_somebody_else(old: &Record, new: &Record) -> bool {
    // Of most lines that change it is not the name.
    let is_other = |a: &str, b: &str| {
        a != b && matches!(Name::new(a).compare(&Name::new(b)).0, NameLevel::SurnameOnly | NameLevel::Different)
    };
    let is_renamed = old.names().all(|a| new.names().all(|b| is_other(a, b)));
    let numbers = [old, new].map(|record| record.known_number().and_then(IdNumber::full));
    let is_renumbered = matches!(&numbers, [Some(a), Some(b)]
        if a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count() > SLIPS_MAX);
    is_renamed || is_renumbered
}

fn has_ended(record: &Record) -> bool {
    record.status != Status::Active
}

/// Whether of the lines that are held so many have ended. A list may be half a million lines: no more are looked at than it
/// takes.
fn has_ended_at_least(view: &View, scope: &Scope, count: usize) -> Result<bool> {
    let mut ended = 0;
    for line in &scope.held {
        ended += usize::from(has_ended(&view.entry_placed(line.uid)?.entry.record));
        if ended >= count {
            return Ok(true);
        }
    }
    Ok(false)
}
