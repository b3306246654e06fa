//! From entries that wait to persons, events and findings.
//!
//! A step takes some of what waits. Who belongs together, and what holds for them, is found by reading alone, on all
//! cores; then the differences are written, in the same transaction, in the order in which the entries came.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashSet;

use crate::daemon::office::linking;
use crate::domain::{Area, Entry, Event, Finding, FindingId, List, SeenThrough, Uid};
use crate::error::Result;
use crate::store::{FindingState, Store, Transition, View, Writer};

use super::ahead::Ahead;
use super::indexing::index;
use super::judging::{Judging, JustLinked, Verdict, is_gone_head};
use super::known::{Known, household};
use super::lists::due_snapshots;
use super::people::{Linked, NeverLinked, link};
use super::spread::{spread, spread_to};
use super::{Setting, household_key, terms};

/// Entries resolved in one transaction: long enough to be quick, short enough that a child's batch waits little.
const STEP_ENTRIES: usize = 20_000;
/// Persons judged because of the calendar in one transaction.
const STEP_PERSONS: usize = 4_000;
/// Entries one thread takes at a time. Of spoilt lists each may lead to thousands of findings.
const PIECE_ENTRIES: usize = 16;
/// Persons one thread takes at a time.
const PIECE_PERSONS: usize = 256;

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
    let terms = terms(setting.today, &setting.parameters);
    if store.read(|view| view.judged())? != Some(terms) {
        store.write(|writer| writer.judge_by(setting.node, terms))?;
    }
    let mut total = Derived::default();
    let mut never_linked = NeverLinked::new(&store.read(|view| view.never_linked())?);
    while go_on() {
        index(store)?;
        let step = store.write(|writer| {
            // A decision may have come since the pass began, and with it the entries that wait for it: what waits is
            // linked by what people have said by now.
            let (decided, weights) = linking(writer)?;
            let setting = &Setting { decided, weights, ..setting.clone() };
            let step = changed_entries(store, writer, setting, log, &mut never_linked)?;
            if step.entries > 0 { Ok(step) } else { due_persons(store, writer, setting, log) }
        })?;
        if step == Derived::default() {
            let looked = store.write(|writer| due_snapshots(writer, setting, log))?;
            total.transitions += looked.transitions;
            if looked.persons_wait {
                continue;
            }
            break;
        }
        total.entries += step.entries;
        total.persons += step.persons;
        total.transitions += step.transitions;
        progress(total.entries);
        store.make_way();
    }
    Ok(total)
}

/// Told every finding that changed, inside the transaction that changed it.
pub type Log<'a> = &'a dyn Fn(&Writer, &[(Transition, FindingId)]) -> Result<()>;

/// What one waiting entry leads to.
enum Found {
    /// Who it is may have changed: its whole working set was linked again, and everybody in it judged.
    Linked { linked: Linked, verdicts: Vec<Verdict>, households: Vec<(u64, Uid)> },
    /// Only what it says changed.
    Judged { verdict: Verdict, households: Vec<(u64, Uid)> },
    /// Another waiting entry's working set has it.
    Elsewhere,
    /// There is no such entry.
    Gone,
}

impl Found {
    /// How many persons and findings it holds.
    fn weight(&self) -> usize {
        let verdicts = match self {
            Found::Linked { verdicts, .. } => &verdicts[..],
            Found::Judged { verdict, .. } => std::slice::from_ref(verdict),
            Found::Elsewhere | Found::Gone => &[],
        };
        verdicts.iter().map(|verdict| 1 + verdict.findings.len()).sum()
    }
}

fn changed_entries(
    store: &Store,
    writer: &Writer,
    setting: &Setting,
    log: Log,
    never_linked: &mut NeverLinked,
) -> Result<Derived> {
    // An entry that a child sent a moment ago is not indexed yet: it waits for the next step.
    let indexed = writer.indexed()?;
    let waiting: Vec<(i64, bool)> = writer.dirty(STEP_ENTRIES)?.into_iter().filter(|(id, _)| *id <= indexed).collect();
    if waiting.is_empty() {
        return Ok(Derived::default());
    }
    let judging = Judging::new(writer, setting)?;
    // Entries that some thread has resolved: the others need not. Who comes first changes nothing of what is found.
    let claims: Mutex<FxHashSet<i64>> = Mutex::default();
    let claimed = || claims.lock().unwrap_or_else(PoisonError::into_inner);
    let never = &*never_linked;
    let ahead = Ahead::read(store, writer, &waiting)?;
    let begin = || Known::beside(&ahead);
    let mut step = Step::new(writer, setting);
    let find = |known: &mut Known, view: &View, range: Range<usize>| {
        known.begin_piece();
        let mut found = Vec::with_capacity(range.len());
        for (id, to_link) in &waiting[range] {
            if claimed().contains(id) {
                found.push(Found::Elsewhere);
                continue;
            }
            let one = if *to_link {
                let linked = link(view, setting, *id, known, never)?;
                claimed().extend(&linked.members);
                resolve(view, &judging, known, never, linked)?
            } else {
                judge_again(view, &judging, known, *id)?
            };
            found.push(one);
        }
        Ok(found)
    };
    // What is found of a piece is written while the next ones are read: of what stood before this step, all of them.
    let weigh = |found: &Vec<Found>| found.iter().map(Found::weight).sum();
    spread_to(store, writer, (waiting.len(), PIECE_ENTRIES), begin, find, weigh, |range, found| {
        waiting[range].iter().zip(found).try_for_each(|((id, _), found)| step.apply(*id, found))
    })?;
    // Letting go of so many small pieces takes a while, and the writer need not wait for it.
    let letting_go = std::thread::spawn(move || drop(ahead));
    step.resolved.iter().for_each(|id| never_linked.remove(*id));
    step.writer.unmark(&mut step.done)?;
    step.judge_heads(&judging)?;
    log(writer, &step.transitions)?;
    // The next step reads as much again.
    let _ = letting_go.join();
    Ok(Derived {
        entries: waiting.len() as u64,
        persons: step.judged.len() as u64,
        transitions: step.transitions.len() as u64,
    })
}

/// Judges everybody in a working set, and says whose households its changed entries touch.
fn resolve(
    view: &View,
    judging: &Judging,
    known: &mut Known,
    never_linked: &NeverLinked,
    linked: Linked,
) -> Result<Found> {
    if linked.members.is_empty() {
        return Ok(Found::Gone);
    }
    let mut verdicts = Vec::with_capacity(linked.people.len());
    for (person, entries) in &linked.people {
        // Of a name that was its own entry's until now, nothing was written yet.
        if !entries.is_empty() || !linked.is_new {
            let just = JustLinked { people: &linked.people, pairs: &linked.potential };
            verdicts.push(judging.verdict(view, known, *person, entries, Some(just))?);
        }
    }
    let mut households = Vec::new();
    for id in &linked.members {
        households.extend(household_of(view, known, *id, never_linked.contains(*id))?);
    }
    Ok(Found::Linked { linked, verdicts, households })
}

fn judge_again(view: &View, judging: &Judging, known: &mut Known, id: i64) -> Result<Found> {
    let Some(person) = known.get(view, id)?.map(|seen| seen.stored.person) else { return Ok(Found::Gone) };
    let entries = known.entries_of(view, person)?;
    let verdict = judging.verdict(view, known, person, &entries, None)?;
    let households = household_of(view, known, id, false)?.into_iter().collect();
    Ok(Found::Judged { verdict, households })
}

/// The household that a change of this entry can make headless, or mend, and the entry's uid.
fn household_of(view: &View, known: &mut Known, id: i64, is_new: bool) -> Result<Option<(u64, Uid)>> {
    let Some(entry) = known.get(view, id)?.map(|seen| &seen.stored.entry) else { return Ok(None) };
    let Some(key) = household_key(entry.list, entry.area, &entry.record) else { return Ok(None) };
    // A line that stands as the first snapshot had it came with its whole household; the head is judged by itself.
    if entry.baseline && entry.is_active() && (is_new || !view.has_history(id)?) {
        return Ok(None);
    }
    Ok(Some((key, entry.uid)))
}

fn due_persons(store: &Store, writer: &Writer, setting: &Setting, log: Log) -> Result<Derived> {
    let due = writer.persons_due(setting.today, STEP_PERSONS)?;
    if due.is_empty() {
        return Ok(Derived::default());
    }
    let judging = Judging::new(writer, setting)?;
    let verdicts = spread(store, writer, due.len(), PIECE_PERSONS, Known::default, |known, view, range| {
        known.begin_piece();
        let mut verdicts = Vec::with_capacity(range.len());
        for person in &due[range] {
            // A merged person's old name may be left here; judging it forgets it.
            let entries = known.entries_of(view, *person)?;
            verdicts.push(judging.verdict(view, known, *person, &entries, None)?);
        }
        Ok(verdicts)
    })?;
    let mut step = Step::new(writer, setting);
    for verdict in verdicts.into_iter().flatten() {
        step.write(vec![verdict], false)?;
    }
    log(writer, &step.transitions)?;
    Ok(Derived { entries: 0, persons: due.len() as u64, transitions: step.transitions.len() as u64 })
}

/// Writes what one step found.
struct Step<'w, 'c> {
    writer: &'w Writer<'c>,
    setting: &'w Setting,
    /// Entries whose working set was written in this step, and persons it may have changed: what was found of them
    /// from another entry is of before that, and waits for the next step.
    resolved: FxHashSet<i64>,
    moved: HashSet<Uid>,
    /// Entries that wait no longer.
    done: Vec<i64>,
    judged: HashSet<Uid>,
    households: BTreeSet<(u64, Uid)>,
    transitions: Vec<(Transition, FindingId)>,
}

impl<'w, 'c> Step<'w, 'c> {
    fn new(writer: &'w Writer<'c>, setting: &'w Setting) -> Step<'w, 'c> {
        Step {
            writer,
            setting,
            resolved: FxHashSet::default(),
            done: Vec::new(),
            moved: HashSet::new(),
            judged: HashSet::new(),
            households: BTreeSet::new(),
            transitions: Vec::new(),
        }
    }

    fn apply(&mut self, id: i64, found: Found) -> Result<()> {
        match found {
            _ if self.resolved.contains(&id) => {}
            // It waits for the next step where the working set that has it could not be written in this one.
            Found::Elsewhere => {}
            Found::Gone => self.done.push(id),
            Found::Judged { verdict, households } => {
                if self.moved.contains(&verdict.person) {
                    return Ok(());
                }
                if !self.judged.contains(&verdict.person) {
                    self.write(vec![verdict], false)?;
                }
                self.households.extend(households);
                self.done.push(id);
            }
            Found::Linked { linked, verdicts, households } => {
                if linked.members.iter().any(|member| self.resolved.contains(member))
                    || linked.people.iter().any(|(person, _)| self.moved.contains(person))
                {
                    return Ok(());
                }
                if !linked.outgrown.is_empty() {
                    // What outgrew makes entries wait again, also those done in this step.
                    self.writer.unmark(&mut self.done)?;
                    linked.outgrown.iter().try_for_each(|key| self.writer.note_outgrown(*key))?;
                }
                for (entry, person) in &linked.renamed {
                    self.writer.set_person(*entry, *person)?;
                }
                if linked.members.len() > 1 {
                    // Of an entry that was never linked no pair stands.
                    let linked_before = if linked.is_new { &[] } else { &linked.uids[..] };
                    self.writer.put_matches(linked_before, &linked.potential)?;
                }
                self.write(verdicts, linked.is_new)?;
                self.done.extend(&linked.members);
                self.moved.extend(linked.people.iter().map(|(person, _)| *person));
                self.resolved.extend(linked.members);
                self.households.extend(households);
            }
        }
        Ok(())
    }

    /// Writes what holds for persons that may have exchanged entries. Of new ones nothing was written yet.
    fn write(&mut self, verdicts: Vec<Verdict>, is_new: bool) -> Result<()> {
        let mut findings: Vec<(FindingState, Finding, Vec<Area>)> = Vec::new();
        let mut seen_through: Vec<(Uid, SeenThrough)> = Vec::new();
        let mut unsaid: Vec<(Uid, (List, Area))> = Vec::new();
        let mut events: Vec<(Uid, Event)> = Vec::new();
        let mut persons: Vec<Uid> = Vec::with_capacity(verdicts.len());
        for verdict in verdicts {
            let person = verdict.person;
            persons.push(person);
            if verdict.stands {
                self.judged.insert(person);
            }
            if verdict.due.is_some() || !is_new {
                self.writer.set_due(person, verdict.due)?;
            }
            let state = FindingState::Person(person);
            findings.extend(verdict.findings.into_iter().map(|(finding, areas)| (state, finding, areas)));
            seen_through.extend(verdict.seen_through.into_iter().map(|seen| (person, seen)));
            unsaid.extend(verdict.unsaid.into_iter().map(|list| (person, list)));
            events.extend(verdict.events.into_iter().map(|event| (person, event)));
        }
        if is_new && findings.is_empty() && seen_through.is_empty() && unsaid.is_empty() && events.is_empty() {
            return Ok(());
        }
        let states: Vec<FindingState> = persons.iter().map(|p| FindingState::Person(*p)).collect();
        self.transitions.extend(self.writer.settle(&states, &findings, self.setting.today)?);
        self.writer.put_seen_through(&persons, &seen_through)?;
        self.writer.put_unsaid(&persons, &unsaid)?;
        self.writer.put_events(&persons, &events)
    }

    /// A change in a household can make or mend a household without a head: the head that is gone is judged again, by
    /// what stands now.
    fn judge_heads(&mut self, judging: &Judging) -> Result<()> {
        let mut heads: BTreeSet<Uid> = BTreeSet::new();
        let changed: Vec<(u64, Uid)> = std::mem::take(&mut self.households).into_iter().collect();
        for of_one in changed.chunk_by(|(key, _), (next, _)| key == next) {
            for id in household(self.writer, of_one[0].0)? {
                let Some(stored) = self.writer.entry_by_id(id)? else { continue };
                let entry: &Entry = &stored.entry;
                if is_gone_head(entry) && of_one.iter().any(|(_, changed)| *changed != entry.uid) {
                    heads.insert(stored.person);
                }
            }
        }
        let mut known = Known::default();
        for person in heads {
            let entries = known.entries_of(self.writer, person)?;
            let verdict = judging.verdict(self.writer, &mut known, person, &entries, None)?;
            self.write(vec![verdict], false)?;
        }
        Ok(())
    }
}
