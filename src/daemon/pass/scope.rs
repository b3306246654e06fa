//! One list of one area while a file is read: what is held of it, what the file says, and what that changes.

use std::collections::HashSet;

use crate::domain::{Area, Date, List, Uid};
use crate::rules::{SnapshotFacts, StatedTotal};
use crate::store::{Held, Placed, Placement, Segment, Snapshot, SnapshotKey, StoredEntry};

use super::Setting;
use super::ingest::Manner;

/// What became of one list of one area in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeOutcome {
    pub list: List,
    pub area: Area,
    pub sheet: Option<String>,
    pub lines: u64,
    pub created: u64,
    pub updated: u64,
    pub removed: u64,
    pub unchanged: u64,
    /// The deletion guard holds it; with a dry run: would hold it.
    pub held: bool,
    /// Held because nearly all it would remove came from this other file, which still lies beside it.
    pub other_file: Option<String>,
    /// Not taken: what is known is of a later day.
    pub outdated: Option<Outdated>,
}

/// A list of an earlier day than the one that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Outdated {
    pub stated_on: Date,
    pub newer_on: Date,
    /// Where the newer one stands.
    pub newer_file: String,
}

/// One list of one area.
pub(super) struct Scope {
    /// Lines as last placed, and which of them the file still has.
    pub held: Vec<Placed>,
    pub seen: Vec<bool>,
    /// Never had before: its lines are written as they come.
    pub first: bool,
    pub placement: Placement,
    pub staged: Vec<Staged>,
    pub used: HashSet<Uid>,
    pub stated_on: Option<Date>,
    /// Damaged numbers: while it is gathered, of the lines that are not as they were.
    pub damaged: u64,
    /// What it would take the place of.
    pub before: Option<Snapshot>,
    pub total: Option<StatedTotal>,
    pub created: u64,
    pub updated: u64,
    pub removed: u64,
    pub unchanged: u64,
}

/// A line that has to be paired, kept as short as possible: there can be half a million of them.
pub(super) struct Staged {
    pub segment: u32,
    pub position: u32,
    pub body: Box<str>,
}

/// What a snapshot does to what is held.
pub(super) struct Plan {
    /// Held entries with the staged line that is the same one now.
    pub same: Vec<(StoredEntry, usize)>,
    pub gone: Vec<StoredEntry>,
    /// Staged lines that are new.
    pub fresh: Vec<usize>,
    /// Append: entries the file does not speak of.
    pub kept: Vec<Uid>,
    /// Damaged numbers of held lines that are not kept as they are.
    pub replaced_damaged: u64,
    /// Paired lines that say something else than before; counted only where nothing of it is written.
    pub changed: u64,
    pub removes: u64,
    pub held: bool,
    /// See [`ScopeOutcome::other_file`].
    pub other_file: Option<String>,
}

impl Scope {
    /// The snapshot as it waits for a person, where it would take `removes` lines.
    pub fn as_held(&self, (list, area): (List, Area), manner: &Manner, setting: &Setting, removes: u64) -> Held {
        Held {
            id: 0,
            at: setting.now,
            stream: manner.stream.clone(),
            file: manner.file.clone(),
            hash: manner.hash,
            area,
            list,
            had: self.held.len() as u64,
            has: self.placement.len() as u64,
            removes,
            state: "held".to_owned(),
        }
    }

    pub fn place(&mut self, line: &Staged, uid: Uid) {
        self.placement.segments[line.segment as usize].lines[line.position as usize].uid = uid;
        self.used.insert(uid);
    }

    /// An append keeps the lines it does not speak of where they were.
    pub fn keep_unsaid(&mut self, kept: &[Uid]) {
        let kept: HashSet<Uid> = kept.iter().copied().collect();
        let before: Vec<Placed> = self.held.iter().filter(|line| kept.contains(&line.uid)).copied().collect();
        self.placement.segments.push(Segment { sheet: None, lines: before });
    }

    /// The list that counts, where this file is of an earlier day: files come late and out of order (DOMAIN.md 6 row
    /// 17). The same file written anew is a correction, whatever day it states.
    pub fn newer(&self, manner: &Manner) -> Option<Outdated> {
        let before = self.before.as_ref().filter(|before| before.facts.file != manner.file)?;
        let (stated_on, newer_on) = (self.stated_on?, before.stated_on?);
        let outdated = stated_on < newer_on && !manner.append && !manner.released;
        outdated.then(|| Outdated { stated_on, newer_on, newer_file: before.facts.file.clone() })
    }

    pub fn snapshot(&self, key: SnapshotKey, manner: &Manner, setting: &Setting) -> Snapshot {
        let mut sheets: Vec<&Option<String>> = self.placement.segments.iter().map(|s| &s.sheet).collect();
        sheets.dedup();
        let facts = SnapshotFacts {
            area: key.area,
            list: key.list,
            file: manner.file.clone(),
            sheet: if let [one] = sheets[..] { one.clone() } else { None },
            // A date in the future is a slip of the pen.
            taken_on: self.stated_on.filter(|day| *day <= setting.today).unwrap_or(setting.today),
            lines: self.placement.len() as u64,
            damaged: self.damaged,
            total: self.total.clone(),
        };
        Snapshot { key, facts, stated_on: self.stated_on, read_at: setting.now }
    }

    /// What is told of a list that is not taken.
    pub fn outdated(&self, at: (List, Area), outdated: Outdated) -> ScopeOutcome {
        ScopeOutcome { outdated: Some(outdated), ..self.told(at) }
    }

    /// What became of the list, or `planned` only: what would.
    pub fn outcome(&self, at: (List, Area), plan: &Plan, planned: bool) -> ScopeOutcome {
        let (created, updated, removed, unchanged) = if planned {
            let same = plan.same.len() as u64 - plan.changed;
            (plan.fresh.len() as u64, plan.changed, plan.removes, self.unchanged + same)
        } else {
            (self.created, self.updated, self.removed, self.unchanged)
        };
        let other_file = plan.other_file.clone().filter(|_| plan.held);
        ScopeOutcome { created, updated, removed, unchanged, held: plan.held, other_file, ..self.told(at) }
    }

    fn told(&self, (list, area): (List, Area)) -> ScopeOutcome {
        ScopeOutcome {
            list,
            area,
            sheet: self.placement.segments.first().and_then(|s| s.sheet.clone()),
            lines: self.placement.len() as u64,
            created: 0,
            updated: 0,
            removed: 0,
            unchanged: 0,
            held: false,
            other_file: None,
            outdated: None,
        }
    }
}
