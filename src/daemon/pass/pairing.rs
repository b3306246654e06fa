//! Which held line is which line of the file, within one list of one area.

use rustc_hash::FxHashSet;

use crate::domain::{Record, Uid};
use crate::error::Result;
use crate::intake::diff;
use crate::store::{StoredEntry, View};

use super::entering::read_body;
use super::scope::Scope;

/// What of a scope is not as it was, paired.
pub(super) struct Paired {
    /// Held entries whose line is not in the file as it was, and where each stands among the held lines.
    pub had: Vec<StoredEntry>,
    pub at_line: Vec<usize>,
    /// What the staged lines say.
    pub arrived: Vec<Record>,
    /// By indices into `had` and `arrived`.
    pub pairing: diff::Pairing,
}

impl Paired {
    pub fn new(view: &View, scope: &Scope) -> Result<Paired> {
        let (mut had, mut at_line): (Vec<StoredEntry>, Vec<usize>) = Default::default();
        for ((i, line), _) in scope.held.iter().enumerate().zip(&scope.seen).filter(|(_, seen)| !**seen) {
            had.push(view.entry_placed(line.uid)?);
            at_line.push(i);
        }
        let arrived: Vec<Record> = scope.staged.iter().map(|line| read_body(&line.body)).collect();
        let old: Vec<diff::Held> =
            had.iter().enumerate().map(|(i, s)| diff::Held { record: &s.entry.record, order: i as u32 }).collect();
        let new: Vec<diff::Arrived> =
            arrived.iter().enumerate().map(|(i, record)| diff::Arrived { record, order: i as u32 }).collect();
        let pairing = diff::pair(&old, &new);
        Ok(Paired { had, at_line, arrived, pairing })
    }
}

/// Of the lines of `gone` those whose number and name stand on no line that stays: neither on one that is as it was or that
/// the file does not speak of, `kept`, nor on one that it `says`. A list that was pasted twice over loses nobody by losing
/// the second half.
pub(super) fn without_second_lines<'a>(
    view: &View,
    scope: &Scope,
    gone: &[StoredEntry],
    kept: &[Uid],
    says: impl Iterator<Item = &'a Record>,
) -> Result<Vec<StoredEntry>> {
    let going: FxHashSet<u64> = gone.iter().filter_map(|s| diff::number_and_name(&s.entry.record)).collect();
    let mut stay: FxHashSet<u64> = says.filter_map(diff::number_and_name).collect();
    let seen = scope.held.iter().zip(&scope.seen).filter(|(_, seen)| **seen).map(|(line, _)| line.uid);
    for uid in seen.chain(kept.iter().copied()) {
        stay.extend(diff::number_and_name(&view.entry_placed(uid)?.entry.record).filter(|key| going.contains(key)));
    }
    let leaves = |s: &&StoredEntry| diff::number_and_name(&s.entry.record).is_none_or(|key| !stay.contains(&key));
    Ok(gone.iter().filter(leaves).cloned().collect())
}
