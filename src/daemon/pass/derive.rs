//! From entries that wait to persons, events and findings.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::{Area, Date, Entry, Event, Finding, FindingId, List, Uid};
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, block_keys};
use crate::reconcile::{Case, reconcile};
use crate::rules::{Neighbours, SnapshotFacts, is_head, judge, judge_snapshot};
use crate::store::{FindingState, Store, StoredEntry, Transition, View, Writer};

use super::people::{Known, relink};
use super::{Setting, features_of, household_key};

/// Entries resolved in one transaction: long enough to be quick, short enough that a child's batch waits little.
const STEP_ENTRIES: usize = 10_000;
/// Persons judged because of the calendar in one transaction.
const STEP_PERSONS: usize = 2_000;

/// What a run of [`derive`] came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Derived {
    pub entries: u64,
    pub persons: u64,
    pub transitions: u64,
}

/// Works off everything that waits: changed entries, persons and snapshots that fall due. `log` gets every finding
/// that changed inside the transaction that changed it; `progress` is told how many entries are done.
///
/// Stops early, with the rest still waiting, when `go_on` says so.
pub fn derive(
    store: &Store,
    setting: &Setting,
    log: Log,
    progress: &mut dyn FnMut(u64),
    go_on: &dyn Fn() -> bool,
) -> Result<Derived> {
    let mut total = Derived::default();
    let mut fresh: HashSet<i64> = store.read(|view| view.never_linked())?.into_iter().collect();
    while go_on() {
        let step = store.write(|writer| {
            let step = changed_entries(writer, setting, log, &mut fresh)?;
            if step.entries > 0 { Ok(step) } else { due_persons(writer, setting, log) }
        })?;
        if step == Derived::default() {
            break;
        }
        total.entries += step.entries;
        total.persons += step.persons;
        total.transitions += step.transitions;
        progress(total.entries);
    }
    total.transitions += store.write(|writer| due_snapshots(writer, setting, log))?;
    Ok(total)
}

type OfSnapshots = (Vec<(Area, List)>, Vec<Area>);

/// The lists whose number column lost its digits as a whole, and the villages whose register is here.
fn of_snapshots(view: &View, setting: &Setting) -> Result<OfSnapshots> {
    let snapshots = view.snapshots()?;
    let damaged = snapshots
        .iter()
        .filter(|(_, s)| s.facts.column_is_damaged(&setting.parameters))
        .map(|(_, s)| (s.key.area, s.key.list));
    let registers = snapshots.iter().filter(|(_, s)| s.key.list == List::Population).map(|(_, s)| s.key.area);
    Ok((damaged.collect(), registers.collect()))
}

/// Told every finding that changed, inside the transaction that changed it.
pub type Log<'a> = &'a dyn Fn(&Writer, &[(Transition, FindingId)]) -> Result<()>;

fn changed_entries(writer: &Writer, setting: &Setting, log: Log, fresh: &mut HashSet<i64>) -> Result<Derived> {
    let waiting = writer.dirty(STEP_ENTRIES)?;
    if waiting.is_empty() {
        return Ok(Derived::default());
    }
    let mut bench = Bench::new(writer, setting)?;
    let mut known = Known::new(std::mem::take(fresh));
    let mut resolved: HashSet<i64> = HashSet::new();
    for (id, link) in &waiting {
        if resolved.contains(id) {
            continue;
        }
        if *link {
            let relinked = relink(writer, setting, *id, &mut known)?;
            resolved.extend(&relinked.entries);
            bench.judge(relinked.people, relinked.is_new)?;
        } else if let Some((stored, _)) = known.get(writer, *id)? {
            let person = stored.person;
            bench.judge_anew(person)?;
        }
        if let Some((stored, _)) = known.get(writer, *id)? {
            bench.judge_household(&stored.entry.clone())?;
        }
    }
    *fresh = known.fresh;
    writer.unmark(waiting.iter().map(|(id, _)| *id))?;
    log(writer, &bench.transitions)?;
    Ok(Derived {
        entries: waiting.len() as u64,
        persons: bench.judged.len() as u64,
        transitions: bench.transitions.len() as u64,
    })
}

fn due_persons(writer: &Writer, setting: &Setting, log: Log) -> Result<Derived> {
    let due = writer.persons_due(setting.today, STEP_PERSONS)?;
    if due.is_empty() {
        return Ok(Derived::default());
    }
    let mut bench = Bench::new(writer, setting)?;
    for person in &due {
        // A merged person's old name may be left here; judging it forgets it.
        bench.judge_anew(*person)?;
    }
    log(writer, &bench.transitions)?;
    Ok(Derived { entries: 0, persons: due.len() as u64, transitions: bench.transitions.len() as u64 })
}

fn due_snapshots(writer: &Writer, setting: &Setting, log: Log) -> Result<u64> {
    let mut transitions = Vec::new();
    for id in writer.snapshots_due(setting.today)? {
        let Some(snapshot) = writer.snapshot_by_id(id)? else { continue };
        let facts: SnapshotFacts = snapshot.facts;
        let judgement = judge_snapshot(&facts, setting.today, &setting.parameters);
        let state = FindingState::Snapshot(id);
        let now: Vec<_> = judgement.findings.into_iter().map(|f| (state, f, vec![facts.area])).collect();
        transitions.extend(writer.settle(&[state], &now, setting.today)?);
        writer.set_snapshot_due(id, judgement.due)?;
    }
    log(writer, &transitions)?;
    Ok(transitions.len() as u64)
}

/// Judges persons inside one transaction.
struct Bench<'w, 'c> {
    writer: &'w Writer<'c>,
    setting: &'w Setting,
    damaged: Vec<(Area, List)>,
    registers: Vec<Area>,
    judged: BTreeSet<Uid>,
    transitions: Vec<(Transition, FindingId)>,
}

impl<'w, 'c> Bench<'w, 'c> {
    fn new(writer: &'w Writer<'c>, setting: &'w Setting) -> Result<Bench<'w, 'c>> {
        let (damaged, registers) = of_snapshots(writer, setting)?;
        Ok(Bench { writer, setting, damaged, registers, judged: BTreeSet::new(), transitions: Vec::new() })
    }

    /// Judges persons that may have exchanged entries, and writes what changed. Of new ones nothing was written yet.
    fn judge(&mut self, people: Vec<(Uid, Vec<StoredEntry>)>, is_new: bool) -> Result<()> {
        let mut findings: Vec<(FindingState, Finding, Vec<Area>)> = Vec::new();
        let mut events: Vec<(Uid, Event)> = Vec::new();
        let persons: Vec<Uid> = people.iter().map(|(person, _)| *person).collect();
        for (person, stored) in people {
            self.judged.insert(person);
            if stored.is_empty() {
                self.writer.set_due(person, None)?;
                continue;
            }
            let due = self.judge_one(person, stored, &mut findings, &mut events)?;
            if due.is_some() || !is_new {
                self.writer.set_due(person, due)?;
            }
        }
        if is_new && findings.is_empty() && events.is_empty() {
            return Ok(());
        }
        let states: Vec<FindingState> = persons.iter().map(|p| FindingState::Person(*p)).collect();
        self.transitions.extend(self.writer.settle(&states, &findings, self.setting.today)?);
        self.writer.put_events(&persons, &events)
    }

    /// Judges a person whose entries stayed theirs.
    fn judge_anew(&mut self, person: Uid) -> Result<()> {
        let stored = self.writer.entries_of(person)?;
        self.judge(vec![(person, stored)], false)
    }

    fn judge_one(
        &self,
        person: Uid,
        stored: Vec<StoredEntry>,
        findings: &mut Vec<(FindingState, Finding, Vec<Area>)>,
        events: &mut Vec<(Uid, Event)>,
    ) -> Result<Option<Date>> {
        let neighbours = Neighbours {
            sharers: self.sharers(person, &stored)?,
            household: self.household(person, &stored)?,
            damaged_columns: self.damaged.clone(),
            registers: self.registers.clone(),
        };
        let case = Case::new(stored.into_iter().map(|s| s.entry).collect(), self.setting.node, self.setting.today);
        let facts = reconcile(&case);
        let judgement = judge(&case, &facts, &neighbours, &self.setting.parameters);
        let mut area_of: HashMap<Uid, Area> = case.entries.iter().map(|e| (e.uid, e.area)).collect();
        area_of.extend(neighbours.sharers.iter().chain(&neighbours.household).map(|e| (e.uid, e.area)));
        for finding in judgement.findings {
            let areas: BTreeSet<Area> = finding.evidence.iter().filter_map(|uid| area_of.get(uid).copied()).collect();
            findings.push((FindingState::Person(person), finding, areas.into_iter().collect()));
        }
        events.extend(facts.events.into_iter().map(|event| (person, event)));
        Ok(judgement.due)
    }

    /// Entries of others that carry one of the person's valid numbers.
    fn sharers(&self, person: Uid, stored: &[StoredEntry]) -> Result<Vec<Entry>> {
        let mut out: Vec<Entry> = Vec::new();
        let mut asked: Vec<u64> = Vec::new();
        let mut ids = Vec::new();
        for entry in stored.iter().map(|s| &s.entry).filter(|e| e.removed.is_none()) {
            let features = features_of(entry);
            if !features.number.is_valid() {
                continue;
            }
            // The first key of a valid number is the number itself (linkage::block_keys).
            let Some(key) = block_keys(&features).as_slice().first().copied().filter(|key| !asked.contains(key)) else {
                continue;
            };
            asked.push(key);
            ids.clear();
            self.writer.block(key, BLOCK_ENTRIES_MAX, &mut ids)?;
            for id in ids.iter().filter(|id| !stored.iter().any(|s| s.id == **id)) {
                if let Some(other) = self.writer.entry_by_id(*id)?.filter(|o| o.person != person) {
                    out.push(other.entry);
                }
            }
        }
        Ok(out)
    }

    /// The other members of the household a head died in or left.
    fn household(&self, person: Uid, stored: &[StoredEntry]) -> Result<Vec<Entry>> {
        let gone = stored.iter().map(|s| &s.entry).find(|e| e.list == List::Population && is_head(e) && !e.is_active());
        let Some(key) = gone.and_then(household_key) else { return Ok(Vec::new()) };
        Ok(self.under(key)?.into_iter().filter(|s| s.person != person).map(|s| s.entry).collect())
    }

    fn under(&self, key: u64) -> Result<Vec<StoredEntry>> {
        let mut ids = Vec::new();
        self.writer.block(key, BLOCK_ENTRIES_MAX, &mut ids)?;
        let mut out = Vec::with_capacity(ids.len());
        for id in ids {
            out.extend(self.writer.entry_by_id(id)?);
        }
        Ok(out)
    }

    /// A change in a household can make or mend a household without a head: the head that is gone is judged again.
    fn judge_household(&mut self, changed: &Entry) -> Result<()> {
        let Some(key) = household_key(changed) else { return Ok(()) };
        // A line that stands as the first snapshot had it came with its whole household; the head is judged by itself.
        if changed.baseline && changed.is_active() && self.writer.history(changed.uid)?.is_empty() {
            return Ok(());
        }
        let heads: BTreeSet<Uid> = self
            .under(key)?
            .into_iter()
            .filter(|s| is_head(&s.entry) && !s.entry.is_active() && s.entry.uid != changed.uid)
            .map(|s| s.person)
            .collect();
        for person in heads {
            self.judge_anew(person)?;
        }
        Ok(())
    }
}
