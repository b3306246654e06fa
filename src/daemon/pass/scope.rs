//! One list of one area while a file is read: what is held of it, what the file says, and what that changes.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::domain::date::days_between;
use crate::domain::{Area, Date, List, Record, Uid};
use crate::rules::{SnapshotFacts, StatedTotal};
use crate::store::{Held, Placed, Placement, Segment, Snapshot, SnapshotKey, StoredEntry};

use super::Setting;
use super::dead::Dead;
use super::doubt::Doubts;
use super::entering::{Difference, Now};
use super::holding::stand_apart;
use super::ingest::Manner;
use super::names::Names;
use super::raw_index::RawIndex;

/// Of a list that was one file and comes in parts now: so many may be left that no part has, and they are gone.
const REST_MAX_PERCENT: usize = 5;

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
    /// Held because of this other file: nearly all it would remove came from that and it still lies beside it, or this one
    /// names some of its people for a purpose.
    pub other_file: Option<String>,
    /// The latter.
    pub picks: bool,
    /// Held because of what so many lines say at once.
    pub doubts: Doubts,
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
    /// Finds them, while the file is read.
    pub index: RawIndex,
    /// Where the held lines stand, run by run.
    pub runs: Vec<Run>,
    /// Never had before: its lines are written as they come.
    pub first: bool,
    /// Where the held lines are known from, if not from here: see [`super::moved`].
    pub moved_from: Option<Snapshot>,
    pub placement: Placement,
    pub staged: Vec<Staged>,
    pub names: Names,
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

/// Held lines of one sheet of one file.
pub(super) struct Run {
    pub file: String,
    pub sheet: Option<String>,
    /// Index of the first held line behind them.
    pub end: usize,
}

/// A line that has to be paired, kept as short as possible: there can be half a million of them.
pub(super) struct Staged {
    pub segment: u32,
    pub position: u32,
    pub body: Box<str>,
}

/// Of which held lines a file speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    All,
    /// Of its own and of those of these other files, which are the same part of the list, or the same office's list, by their
    /// names.
    Part(BTreeSet<String>),
    /// Of its own as it was, and of those of these other files.
    Files(BTreeSet<String>),
    /// Of those of its own as it was who died on this day or later.
    Since(Date),
    /// It adds to them.
    Nothing,
}

impl Reach {
    /// Whether it takes the place of all that came before, or of all of its part.
    pub fn takes_place(&self) -> bool {
        matches!(self, Reach::All | Reach::Part(_))
    }
}

/// What a snapshot does to what is held.
pub(super) struct Plan {
    /// Held entries with the staged line that is the same one now, and what it says.
    pub same: Vec<(StoredEntry, usize, Now)>,
    pub gone: Vec<StoredEntry>,
    /// Staged lines that are new.
    pub fresh: Vec<(usize, Record)>,
    /// Entries that the file neither has nor speaks of.
    pub kept: Vec<Uid>,
    pub reach: Reach,
    /// Damaged numbers of held lines that are not kept as they are.
    pub replaced_damaged: u64,
    pub removes: u64,
    pub held: bool,
    /// See [`ScopeOutcome`].
    pub other_file: Option<String>,
    pub picks: bool,
    pub doubts: Doubts,
}

impl Scope {
    /// The snapshot as it waits for a person, where it would take `removes` lines, or there are doubts.
    pub fn as_held(
        &self,
        (list, area): (List, Area),
        manner: &Manner,
        setting: &Setting,
        (removes, doubts): (u64, Doubts),
    ) -> Held {
        let picks = self.picks_some(list, manner) && removes > 0;
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
            picks,
            changes: doubts.changes,
            revives: doubts.revives,
            state: "held".to_owned(),
        }
    }

    /// Whether the file names some of the people of the list for a purpose, and none that they stand in now does. The dead of
    /// a purpose are dead.
    fn picks_some(&self, list: List, manner: &Manner) -> bool {
        let own = manner.parts.of(&manner.file);
        let picks_from = |run: &Run| run.file != manner.file && own.picks_from(&manner.parts.of(&run.file));
        list != List::Deaths && !self.runs.is_empty() && self.runs.iter().all(picks_from)
    }

    /// What another source once gave is another list: it stays where it is, and this one has no line yet.
    pub fn begin_anew(&mut self) {
        (self.moved_from, self.before, self.first) = (None, None, true);
        (self.held, self.seen, self.runs, self.names) = Default::default();
    }

    pub fn place(&mut self, line: &Staged, uid: Uid) {
        self.placement.segments[line.segment as usize].lines[line.position as usize].uid = uid;
        self.names.take(uid);
    }

    /// Of which held lines the file speaks: those that it does not have are gone. Of the dead the whole file has told it;
    /// other lists may be in parts by the names of their files. `left`: held lines that this file does not have, by the file
    /// they came from.
    pub fn reach(&self, list: List, manner: &Manner, dead: &Dead, left: &BTreeMap<&str, usize>) -> Reach {
        if list == List::Deaths {
            dead.reach.clone()
        } else if manner.append {
            Reach::Nothing
        } else {
            self.reach_by_name(manner, left)
        }
    }

    /// What the names of the files say; whether one that is new is a part of the list, also who stands in it says.
    fn reach_by_name(&self, manner: &Manner, left: &BTreeMap<&str, usize>) -> Reach {
        let own = manner.parts.of(&manner.file);
        let stay = self.held.len() - left.values().sum::<usize>();
        let files: BTreeSet<&str> = self.runs.iter().map(|run| run.file.as_str()).collect();
        let is_known = files.contains(manner.file.as_str());
        let others = files.into_iter().filter(|file| *file != manner.file).map(|file| (file, manner.parts.of(file)));
        let (same, others): (Vec<_>, Vec<_>) = others.partition(|(_, part)| own.is_same(part));
        if same.is_empty() && others.is_empty() {
            return Reach::All;
        }
        if own.is_of_changes {
            // 1组新增 is measured by the lines of 1组, and 新增 by all.
            let of_same = |run: &Run| same.iter().any(|(file, _)| *file == run.file);
            let held = if same.is_empty() { self.held.len() } else { self.lines_of(of_same) };
            if is_known || stay * 2 < held {
                return Reach::Files(BTreeSet::new());
            }
        }
        let is_known = is_known || !same.is_empty();
        // What was the list as a whole, and comes in parts now.
        let (wholes, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, other)| own.is_called() && !other.is_called() && !other.is_of_changes);
        let are_parts = others.iter().all(|(_, other)| own.is_beside(other) || other.is_of_changes);
        let is_new_part = || {
            others.iter().any(|(_, other)| own.is_beside(other))
                && stand_apart(self.held.len() as u64, self.placement.len() as u64, stay as u64)
        };
        if others.is_empty() && wholes.is_empty() {
            Reach::All
        } else if are_parts && !wholes.is_empty() {
            // Each part takes its people over. Whom none has is gone once that are a few; until then the other parts have
            // still to come.
            let rest: usize = wholes.iter().filter_map(|(file, _)| left.get(file)).sum();
            let is_last = rest * 100 <= self.held.len() * REST_MAX_PERCENT;
            let speaks_of = same.into_iter().chain(wholes.into_iter().filter(|_| is_last));
            Reach::Part(speaks_of.map(|(file, _)| file.to_owned()).collect())
        } else if are_parts && (is_known || is_new_part()) {
            Reach::Part(same.into_iter().map(|(file, _)| file.to_owned()).collect())
        } else {
            Reach::All
        }
    }

    /// How many held lines stand in such runs.
    fn lines_of(&self, which: impl Fn(&Run) -> bool) -> usize {
        let begins = [0].into_iter().chain(self.runs.iter().map(|run| run.end));
        self.runs.iter().zip(begins).filter(|(run, _)| which(run)).map(|(run, begin)| run.end - begin).sum()
    }

    /// Whether a held line that `held` says and that is not in this file is gone.
    pub fn speaks_of(&self, file: &str, held: &Record, reach: &Reach, manner: &Manner) -> bool {
        let is_since = |since: &Date| held.died.is_some_and(|died| died.last() >= *since);
        self.speaks_of_file(file, reach, manner) && if let Reach::Since(day) = reach { is_since(day) } else { true }
    }

    /// Whether it speaks of any line from `file`.
    fn speaks_of_file(&self, file: &str, reach: &Reach, manner: &Manner) -> bool {
        match reach {
            Reach::All => true,
            Reach::Nothing => false,
            Reach::Since(_) => file == manner.file,
            Reach::Files(others) | Reach::Part(others) => file == manner.file || others.contains(file),
        }
    }

    /// The file that a held line came from.
    pub fn file_of(&self, held: usize) -> &str {
        &self.runs[self.runs.partition_point(|run| run.end <= held)].file
    }

    /// Other files that were the list, or this part of it, until now: stream and path.
    pub fn replaced(&self, manner: &Manner, reach: &Reach) -> BTreeSet<(&str, &str)> {
        let Some(before) = self.before.as_ref() else { return BTreeSet::new() };
        let files = self.runs.iter().map(|run| run.file.as_str()).chain([before.facts.file.as_str()]);
        let speaks_of = |file: &&str| self.speaks_of_file(file, reach, manner);
        let stood = files.filter(speaks_of).map(|file| (before.key.stream.as_str(), file));
        stood.filter(|stood| *stood != (manner.stream.as_str(), manner.file.as_str())).collect()
    }

    /// Lines that the file does not speak of stay where they were. Of those that stood in this very file there is no row any
    /// more.
    pub fn keep_unsaid(&mut self, kept: &[Uid], manner: &Manner) {
        if kept.is_empty() {
            return;
        }
        let kept: FxHashSet<Uid> = kept.iter().copied().collect();
        let mut from = 0;
        for run in &self.runs {
            let lines = self.held[from..run.end].iter().filter(|line| kept.contains(&line.uid));
            let file = (run.file != manner.file).then(|| run.file.clone());
            let row = |line: &Placed| if file.is_some() { line.row } else { 0 };
            let lines: Vec<Placed> = lines.map(|line| Placed { row: row(line), ..*line }).collect();
            from = run.end;
            if !lines.is_empty() {
                self.placement.segments.push(Segment { file, sheet: run.sheet.clone(), lines });
            }
        }
    }

    /// The list that counts, where this file is of an earlier day: files come late and out of order (DOMAIN.md 6 row
    /// 17). The same file written anew is a correction, whatever day it states, and so is another one of the same month; what
    /// speaks of no other file takes the place of none. A list that states no day is of the month in which it came or of the
    /// one before, which comes out in that month too: what ended more than a cycle before it came is older.
    pub fn newer(&self, at: (List, Area), manner: &Manner, reach: &Reach, setting: &Setting) -> Option<Outdated> {
        let takes_place = match reach {
            Reach::All => true,
            Reach::Part(others) => !others.is_empty(),
            Reach::Files(_) | Reach::Since(_) | Reach::Nothing => false,
        };
        if !takes_place {
            return None;
        }
        let before = self.before.as_ref().filter(|before| before.facts.file != manner.file)?;
        let stated_on = self.stated_on?;
        let came_on = before.facts.taken_on.min(setting.today);
        let newer_on = before.stated_on.unwrap_or(came_on);
        let is_older = match before.stated_on {
            Some(newer_on) => stated_on < newer_on,
            None => days_between(stated_on, came_on) > setting.parameters.list_cycle_days,
        };
        (is_older && !manner.has_released(at)).then(|| Outdated {
            stated_on,
            newer_on,
            newer_file: before.facts.file.clone(),
        })
    }

    pub fn snapshot(&self, key: SnapshotKey, manner: &Manner, setting: &Setting, reach: &Reach) -> Snapshot {
        let of_file = self.placement.segments.iter().filter(|segment| segment.file.is_none());
        let mut sheets: Vec<&Option<String>> = of_file.map(|s| &s.sheet).collect();
        sheets.dedup();
        let before = self.before.as_ref().filter(|_| *reach != Reach::All).and_then(|before| before.stated_on);
        let stated_on = self.stated_on.max(before);
        let facts = SnapshotFacts {
            area: key.area,
            list: key.list,
            file: manner.file.clone(),
            sheet: if let [one] = sheets[..] { one.clone() } else { None },
            // A date in the future is a slip of the pen.
            taken_on: stated_on.filter(|day| *day <= setting.today).unwrap_or(setting.today),
            lines: self.placement.len() as u64,
            // A list of which more is said than it has lines is not taken above.
            damaged: self.damaged.min(self.placement.len() as u64),
            total: self.total.clone(),
        };
        // Whether it waits still is known once all of the file is settled.
        let awaits = self.before.as_ref().is_some_and(|before| before.awaits);
        Snapshot { key, facts, stated_on, awaits, read_at: setting.now }
    }

    /// What is told of a list that is not taken.
    pub fn outdated(&self, at: (List, Area), outdated: Outdated) -> ScopeOutcome {
        ScopeOutcome { outdated: Some(outdated), ..self.told(at) }
    }

    /// What became of the list, or `planned` only: what would.
    pub fn outcome(&self, at: (List, Area), plan: &Plan, planned: bool) -> ScopeOutcome {
        let (created, updated, removed, unchanged) = if planned {
            let changed = plan.same.iter().filter(|(.., now)| now.change != Difference::Nothing).count() as u64;
            let same = plan.same.len() as u64 - changed;
            (plan.fresh.len() as u64, changed, plan.removes, self.unchanged + same)
        } else {
            (self.created, self.updated, self.removed, self.unchanged)
        };
        let other_file = plan.other_file.clone().filter(|_| plan.held);
        ScopeOutcome {
            created,
            updated,
            removed,
            unchanged,
            held: plan.held,
            other_file,
            picks: plan.held && plan.picks,
            doubts: if plan.held { plan.doubts } else { Doubts::default() },
            ..self.told(at)
        }
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
            picks: false,
            doubts: Doubts::default(),
            outdated: None,
        }
    }
}
