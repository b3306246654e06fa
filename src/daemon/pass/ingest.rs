//! From the lines of one file to the entries they change.
//!
//! A line whose text is held already costs a look into a table. The others wait until the file is read whole; then
//! they are paired with what vanished, the deletion guard looks at what would go, and only then anything is written.
//! A list that this node has never had is written while it is read: there is nothing to guard.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{Area, Date, List, Record, Status, Uid};
use crate::error::Result;
use crate::intake::{Line, Refusal, SheetHead, Sink, Total, diff};
use crate::rules::StatedTotal;
use crate::store::{Placed, Placement, Segment, SnapshotKey, Store, StoredEntry, Writer};

use super::Setting;
use super::entering::{Blocks, fresh, read_body, update};
use super::raw_index::RawIndex;
use super::scope::{Plan, Scope, ScopeOutcome, Staged};

/// Lines written in one transaction.
const CHUNK_LINES: usize = 20_000;

/// What decides how a file's lines are taken.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Empty for the inbox, else the name of the configured source.
    pub stream: String,
    /// Relative to the watched folder.
    pub file: String,
    /// blake3 of the content: a release is for this content alone.
    pub hash: [u8; 32],
    /// A line that is not in the file says nothing (mode = "append").
    pub append: bool,
    /// A person looked at what would go and let it.
    pub released: bool,
    /// Only tell what would change.
    pub dry_run: bool,
    pub guard: Guard,
}

/// The deletion guard (DOMAIN.md R3): a snapshot that takes more than both is held.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Share of the active lines, 0 to 1.
    pub removed_share_max: f64,
    pub removed_lines_floor: u64,
}

/// What became of the whole file.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub scopes: Vec<ScopeOutcome>,
    pub refused: Vec<Refusal>,
    /// Areas that the file's last reading had and this one has not: a filter left on, a sheet missing.
    pub missing: Vec<(List, Area)>,
}

/// Takes the lines of one file. Feed it through [`Sink`], then call [`Ingest::finish`].
pub struct Ingest<'s> {
    store: &'s Store,
    setting: &'s Setting,
    manner: Manner,
    scopes: BTreeMap<(List, Area), Scope>,
    /// Where the lines of all loaded scopes are held, by the hash of their text.
    by_raw: RawIndex,
    /// Lists whose areas are all loaded, because lines come for any of them.
    wide: HashSet<List>,
    /// Which scope and held line [`Sink::known`] just promised.
    promised: Option<((List, Area), usize)>,
    sheet: Option<String>,
    default_area: Area,
    stated_on: Option<Date>,
    refused: Vec<Refusal>,
    /// The first error of the store; everything after it is skipped and `finish` gives it.
    failed: Option<crate::error::Error>,
}

impl<'s> Ingest<'s> {
    pub fn new(store: &'s Store, setting: &'s Setting, manner: Manner) -> Ingest<'s> {
        Ingest {
            store,
            setting,
            manner,
            scopes: BTreeMap::new(),
            by_raw: RawIndex::default(),
            wide: HashSet::new(),
            promised: None,
            sheet: None,
            default_area: setting.node,
            stated_on: None,
            refused: Vec::new(),
            failed: None,
        }
    }

    fn key(&self, list: List, area: Area) -> SnapshotKey {
        SnapshotKey { list, area, origin: self.setting.node, stream: self.manner.stream.clone() }
    }

    fn load(&mut self, list: List, area: Area) -> Result<()> {
        if self.scopes.contains_key(&(list, area)) {
            return Ok(());
        }
        let stored = self.store.read(|view| view.snapshot(&self.key(list, area)))?;
        let first = stored.is_none();
        let (damaged_before, held): (u64, Vec<Placed>) = stored
            .map(|(_, snapshot, placement)| (snapshot.facts.damaged, placement.lines().copied().collect()))
            .unwrap_or_default();
        self.by_raw.add((list, area), &held);
        let scope = Scope {
            seen: vec![false; held.len()],
            // What an append leaves unsaid stays placed.
            used: held.iter().map(|line| line.uid).collect(),
            held,
            damaged_before,
            first,
            placement: Placement::default(),
            staged: Vec::new(),
            stated_on: None,
            damaged: 0,
            total: None,
            created: 0,
            updated: 0,
            removed: 0,
            unchanged: 0,
        };
        self.scopes.insert((list, area), scope);
        Ok(())
    }

    /// Loads every area of a list this node has from this stream.
    fn load_wide(&mut self, list: List) -> Result<()> {
        if self.wide.insert(list) {
            for area in self.store.read(|view| view.snapshot_areas(list, self.setting.node, &self.manner.stream))? {
                self.load(list, area)?;
            }
        }
        Ok(())
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Ingest<'s>) -> Result<()>) {
        if self.failed.is_none()
            && let Err(error) = work(self)
        {
            self.failed = Some(error);
        }
    }

    fn take(&mut self, line: Line) -> Result<()> {
        let at = (line.list, line.area);
        self.load(line.list, line.area)?;
        let promised = self.promised.take();
        let (sheet, stated_on) = (self.sheet.clone(), self.stated_on);
        let scope = self.scopes.get_mut(&at).expect("the scope was loaded two lines above");
        scope.stated_on = scope.stated_on.max(stated_on);
        let segments = &mut scope.placement.segments;
        if segments.last().is_none_or(|s| s.sheet != sheet) {
            segments.push(Segment { sheet, lines: Vec::new() });
        }
        let segment = segments.len() - 1;
        let lines = &mut segments[segment].lines;
        match (line.record, promised) {
            (None, Some((_, position))) => {
                lines.push(Placed { uid: scope.held[position].uid, raw: line.raw, row: line.row });
                scope.unchanged += 1;
            }
            (None, None) => {}
            (Some(record), _) => {
                scope.damaged += u64::from(record.id_number.as_ref().is_some_and(|id| id.is_damaged()));
                let body = serde_json::to_string(&record).unwrap_or_default().into_boxed_str();
                scope.staged.push(Staged { segment: segment as u32, position: lines.len() as u32, body });
                // The uid is known once the line is paired.
                lines.push(Placed { uid: Uid(0), raw: line.raw, row: line.row });
                if scope.first && scope.staged.len() >= CHUNK_LINES && !self.manner.dry_run {
                    self.flush_first(at)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the waiting lines of a list that this node never had.
    fn flush_first(&mut self, at: (List, Area)) -> Result<()> {
        let Some(scope) = self.scopes.get_mut(&at) else { return Ok(()) };
        let staged = std::mem::take(&mut scope.staged);
        let (setting, stream) = (self.setting, self.manner.stream.as_str());
        self.store.write(|writer| {
            let mut blocks = Blocks::default();
            for line in &staged {
                let record = read_body(&line.body);
                let uid = fresh(writer, setting, stream, at, &record, scope, true, &mut blocks)?;
                scope.place(line, uid);
            }
            blocks.write(writer)
        })
    }

    /// Pairs, guards and writes. `before_commit` runs inside the last transaction, with the outcome.
    ///
    /// # Errors
    /// Where the store fails; what was written until then is taken up again at the next reading.
    pub fn finish(mut self, before_commit: &mut dyn FnMut(&Writer, &Outcome) -> Result<()>) -> Result<Outcome> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut outcome = Outcome { refused: std::mem::take(&mut self.refused), ..Outcome::default() };
        self.count_damaged()?;
        outcome.missing = self.missing_areas()?;
        let keys: Vec<(List, Area)> = self
            .scopes
            .iter()
            .filter(|(_, scope)| !scope.placement.is_empty())
            .map(|(key, _)| *key)
            .collect();
        let mut plans: Vec<((List, Area), Plan)> = Vec::new();
        for at in keys {
            let plan = self.plan(at)?;
            plans.push((at, plan));
        }
        for (at, plan) in &plans {
            if !plan.held && !self.manner.dry_run {
                self.write_updates(*at, plan)?;
            }
        }
        let (manner, setting) = (&self.manner, self.setting);
        let scopes = &mut self.scopes;
        self.store.write(|writer| {
            for (at, plan) in &plans {
                let scope = scopes.get_mut(at).expect("plans are made of scopes");
                if plan.held && !manner.dry_run {
                    writer.hold(&plan.as_held(*at, manner, setting, scope))?;
                } else if !manner.dry_run {
                    let key = SnapshotKey { list: at.0, area: at.1, origin: setting.node, stream: manner.stream.clone() };
                    let snapshot = scope.snapshot(key, manner, setting);
                    writer.put_snapshot(&snapshot, &scope.placement)?;
                    writer.supersede_held(&manner.stream, at.1, at.0)?;
                }
            }
            outcome.scopes = plans.iter().map(|(at, plan)| scopes[at].outcome(*at, plan)).collect();
            before_commit(writer, &outcome)
        })?;
        Ok(outcome)
    }

    /// Damaged numbers among the lines that did not change; where there were none, there are none.
    fn count_damaged(&mut self) -> Result<()> {
        for scope in self.scopes.values_mut().filter(|scope| scope.damaged_before > 0) {
            let seen: Vec<Uid> = scope.held.iter().zip(&scope.seen).filter(|(_, s)| **s).map(|(l, _)| l.uid).collect();
            scope.damaged += self.store.read(|view| {
                let mut damaged = 0;
                for uid in &seen {
                    let number = view.entry(*uid)?.and_then(|stored| stored.entry.record.id_number);
                    damaged += u64::from(number.is_some_and(|id| id.is_damaged()));
                }
                Ok(damaged)
            })?;
        }
        Ok(())
    }

    /// Areas whose last snapshot is of this very file, and that it has no line for now.
    fn missing_areas(&self) -> Result<Vec<(List, Area)>> {
        if self.manner.append {
            return Ok(Vec::new());
        }
        let snapshots = self.store.read(|view| view.snapshots())?;
        Ok(snapshots
            .into_iter()
            .map(|(_, s)| s)
            .filter(|s| s.key.origin == self.setting.node && s.key.stream == self.manner.stream)
            .filter(|s| s.facts.file == self.manner.file && s.facts.lines > 0)
            .map(|s| (s.key.list, s.key.area))
            .filter(|at| self.scopes.get(at).is_none_or(|scope| scope.placement.is_empty()))
            .collect())
    }

    fn plan(&mut self, at: (List, Area)) -> Result<Plan> {
        let scope = self.scopes.get_mut(&at).expect("plans are made of scopes");
        let unseen: Vec<usize> = (0..scope.held.len()).filter(|i| !scope.seen[*i]).collect();
        let had: Vec<StoredEntry> = self.store.read(|view| {
            let mut had = Vec::with_capacity(unseen.len());
            for i in &unseen {
                had.extend(view.entry(scope.held[*i].uid)?);
            }
            Ok(had)
        })?;
        let arrived: Vec<Record> = scope.staged.iter().map(|line| read_body(&line.body)).collect();
        let old: Vec<diff::Held> =
            had.iter().enumerate().map(|(i, s)| diff::Held { record: &s.entry.record, order: i as u32 }).collect();
        let new: Vec<diff::Arrived> =
            arrived.iter().enumerate().map(|(i, record)| diff::Arrived { record, order: i as u32 }).collect();
        let pairing = diff::pair(&old, &new);
        let gone: Vec<StoredEntry> =
            if self.manner.append { Vec::new() } else { pairing.gone.iter().map(|i| had[*i].clone()).collect() };
        // Lines that already said that the person died or left may go: that is housekeeping.
        let removes = gone.iter().filter(|s| s.entry.record.status == Status::Active && s.entry.removed.is_none()).count();
        let share = removes as f64 / scope.held.len().max(1) as f64;
        let guard = self.manner.guard;
        let held = !self.manner.released
            && removes as u64 > guard.removed_lines_floor
            && share > guard.removed_share_max
            && !self.store.read(|view| view.is_released(&self.manner.hash, at.1, at.0))?;
        let same = pairing.same.into_iter().map(|(i, j)| (had[i].clone(), j)).collect();
        let kept = if self.manner.append { pairing.gone.iter().map(|i| had[*i].entry.uid).collect() } else { Vec::new() };
        Ok(Plan { same, gone, fresh: pairing.fresh, kept, removes: removes as u64, held })
    }

    fn write_updates(&mut self, at: (List, Area), plan: &Plan) -> Result<()> {
        let scope = self.scopes.get_mut(&at).expect("plans are made of scopes");
        let (setting, stream) = (self.setting, self.manner.stream.as_str());
        let staged = std::mem::take(&mut scope.staged);
        for chunk in plan.same.chunks(CHUNK_LINES) {
            self.store.write(|writer| {
                let mut blocks = Blocks::default();
                for (old, j) in chunk {
                    let record = read_body(&staged[*j].body);
                    if update(writer, setting, old, &record, &mut blocks)? {
                        scope.updated += 1;
                    } else {
                        scope.unchanged += 1;
                    }
                    scope.place(&staged[*j], old.entry.uid);
                }
                blocks.write(writer)
            })?;
        }
        for chunk in plan.fresh.chunks(CHUNK_LINES) {
            self.store.write(|writer| {
                let mut blocks = Blocks::default();
                for j in chunk {
                    let record = read_body(&staged[*j].body);
                    let baseline = scope.first;
                    let uid = fresh(writer, setting, stream, at, &record, scope, baseline, &mut blocks)?;
                    scope.place(&staged[*j], uid);
                }
                blocks.write(writer)
            })?;
        }
        for chunk in plan.gone.chunks(CHUNK_LINES) {
            self.store.write(|writer| {
                for old in chunk.iter().filter(|old| old.entry.removed.is_none()) {
                    writer.remove_entry(old.id, setting.today)?;
                    writer.mark(old.id, true)?;
                    scope.removed += 1;
                }
                Ok(())
            })?;
        }
        if self.manner.append {
            scope.keep_unsaid(&plan.kept);
        }
        Ok(())
    }
}

impl Sink for Ingest<'_> {
    fn known(&mut self, _list: List, raw: u64) -> bool {
        // The list is part of what was hashed.
        let scopes = &self.scopes;
        self.promised = self.by_raw.find(raw, |at, i| scopes.get(&at).is_some_and(|scope| !scope.seen[i]));
        if let Some((at, i)) = self.promised
            && let Some(scope) = self.scopes.get_mut(&at)
        {
            scope.seen[i] = true;
        }
        self.promised.is_some()
    }

    fn sheet(&mut self, sheet: &SheetHead) {
        self.sheet.clone_from(&sheet.sheet);
        self.default_area = sheet.area;
        self.stated_on = sheet.stated_on;
        let (list, area) = (sheet.list, sheet.area);
        self.attempt(|ingest| {
            if area == ingest.setting.node { ingest.load_wide(list)? }
            ingest.load(list, area)
        });
    }

    fn line(&mut self, line: Line) {
        self.attempt(|ingest| ingest.take(line));
    }

    fn refused(&mut self, refusal: Refusal) {
        self.refused.push(refusal);
    }

    fn total(&mut self, total: Total) {
        if let Some(scope) = self.scopes.get_mut(&(total.list, total.area)) {
            scope.total = Some(StatedTotal { row: total.row, stated: total.stated, counted: total.counted });
        }
    }
}

