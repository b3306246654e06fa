//! Which held line is which line of the file, within one list of one area.

use crate::domain::Record;
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
