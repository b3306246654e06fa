//! From the lines of one file to the entries they change.
//!
//! A line whose text is held already costs a look into a table. The others wait until the file is read whole; then
//! they are paired with what vanished, the deletion guard looks at what would go, and only then they are written. Lines
//! of a list that this node has never had are written while the file is read: there is nothing to guard.
//!
//! A file is one transaction: it is taken whole, or nothing of it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use crate::domain::{Area, List, Record, Uid};
use crate::error::{Error, Result};
use crate::intake::{PartWords, Refusal, Unreadable};
use crate::store::{Snapshot, SnapshotKey, Store, StoredEntry, View, Wait, Writer};

use super::Setting;
use super::dead::Dead;
use super::doubt::Doubts;
use super::entering::{Blocks, Now, compare, enter, keys_of, name_line, update};
use super::gather::{Gather, NewLine};
use super::guard::Guard;
use super::holding::{hold, is_another, other_file, taken};
use super::indexing::index_before;
use super::moved::Stream;
use super::pairing::{Paired, without_second_lines};
use super::scope::{Plan, Scope, ScopeOutcome};

/// Chunks of lines that may wait between reading and writing: enough to keep both going, and few enough that a large
/// file does not gather in memory.
const CHUNKS_WAITING_MAX: usize = 8;
/// Lists that may wait, paired, to be written: each holds the lines that changed in it.
const PLANS_WAITING_MAX: usize = 1;

/// What decides how a file's lines are taken.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Empty for the inbox, else the name of the configured source.
    pub stream: String,
    /// Relative to the watched folder.
    pub file: String,
    /// The watched folder it lies in, perhaps beside other files of the same list.
    pub folder: PathBuf,
    /// blake3 of the content: a release is for this content alone.
    pub hash: [u8; 32],
    /// A line that is not in the file says nothing (mode = "append").
    pub append: bool,
    /// Of which list and area a person looked at what would go and let it, whatever the content is by now. The rest of the
    /// file is judged as ever.
    pub released: Option<(List, Area)>,
    /// Only tell what would change.
    pub dry_run: bool,
    pub guard: Guard,
    /// Words by which parts of a list are called.
    pub parts: Arc<PartWords>,
    /// All that is watched.
    pub streams: Vec<Stream>,
}

impl Manner {
    pub fn has_released(&self, at: (List, Area)) -> bool {
        self.released == Some(at)
    }
}

/// What became of the whole file.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub scopes: Vec<ScopeOutcome>,
    pub refused: Vec<Refusal>,
    /// Areas that the file's last reading had and this one has not: a filter left on, a sheet missing.
    pub missing: Vec<(List, Area)>,
}

/// The code under which [`Outcome::missing`] stands in quarantine.
pub const AREA_MISSING: &str = "area-missing";

/// How a list of an area is named there.
pub fn missing_detail((list, area): (List, Area)) -> String {
    format!("{} {area}", list.as_str())
}

impl Outcome {
    /// Lines and sheets that were not taken; what was only not understood is none of them.
    pub fn not_taken(&self) -> usize {
        self.refused.iter().filter(|refusal| !refusal.code.is_note()).count()
    }

    /// Whether all of it waits for a person: nothing was taken.
    pub fn is_held(&self) -> bool {
        !self.scopes.is_empty() && self.scopes.iter().all(|scope| scope.held)
    }

    /// What is to be told: of lines that wait nobody says that they were taken and not understood.
    pub fn told(&self) -> impl Iterator<Item = &Refusal> {
        let waits = |sheet: &Option<String>| {
            let mut of_it = self.scopes.iter().filter(|scope| scope.sheet == *sheet).peekable();
            self.is_held() || sheet.is_some() && of_it.peek().is_some() && of_it.all(|scope| scope.held)
        };
        self.refused.iter().filter(move |refusal| !refusal.code.is_note() || !waits(&refusal.sheet))
    }
}

/// Takes one file: `pour` reads it on a thread of its own, and what it changes is written in one transaction, at whose
/// end `keep` is told what became of it. Where `pour` gives up, nothing is written and what it gave is returned; so it is
/// where the program itself fails at the file, which must not keep the others from being read.
///
/// # Errors
/// Where the store fails: nothing of the file was taken.
pub fn ingest<R: Send, E: Send + From<Unreadable>>(
    store: &Store,
    setting: &Setting,
    manner: &Manner,
    pour: impl FnOnce(&mut Gather) -> std::result::Result<R, E> + Send,
    keep: &mut dyn FnMut(&Writer, &R, &Outcome) -> Result<()>,
) -> Result<std::result::Result<(R, Outcome), E>> {
    let (lines_to, lines_from) = sync_channel::<Vec<NewLine>>(CHUNKS_WAITING_MAX);
    let to = (!manner.dry_run).then_some(lines_to);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut gather = Gather::new(store, setting, manner, to);
            let poured = pour(&mut gather);
            gather.close().map(|()| (gather, poured))
        });
        // The store is not held while there is nothing to write: a slow share must not keep a child's batch waiting.
        let first = lines_from.recv().ok();
        let mut given_up = None;
        let written = store.write(|writer| {
            // Dropped with this closure: where writing fails, reading must not wait for it.
            let lines_from = lines_from;
            index_before(store, writer)?;
            let mut blocks = Blocks::default();
            let mut entries = writer.new_entries()?;
            let mut stood: BTreeMap<(List, Area), u64> = BTreeMap::new();
            for line in first.into_iter().chain(lines_from.iter()).flatten() {
                if !enter(&mut entries, setting, line.at, line.uid, (&line.body, &line.keys), true, &mut blocks)? {
                    *stood.entry(line.at).or_default() += 1;
                }
                if blocks.is_full() {
                    blocks.write(writer)?;
                }
            }
            drop(entries);
            let mut give_up = |reason: E| {
                given_up = Some(reason);
                Error::new("the file was given up")
            };
            let Ok(read) = reading.join() else {
                return Err(give_up(Unreadable::broken("reading it broke off").into()));
            };
            let (mut gather, poured) = read?;
            let report = poured.map_err(&mut give_up)?;
            for (at, lines) in stood {
                if let Some(scope) = gather.scopes.get_mut(&at) {
                    scope.created -= lines;
                    scope.updated += lines;
                }
            }
            let Some(outcome) = settle(store, writer, setting, manner, gather, &mut blocks)? else {
                return Err(give_up(Unreadable::broken("pairing its lines broke off").into()));
            };
            blocks.write(writer)?;
            if writer.indexed()? < writer.last_entry()? {
                writer.set_indexed(writer.last_entry()?)?;
            }
            keep(writer, &report, &outcome)?;
            if !manner.dry_run {
                writer.note_awaited()?;
            }
            Ok((report, outcome))
        });
        match (given_up, written) {
            (Some(reason), _) => Ok(Err(reason)),
            (None, written) => written.map(Ok),
        }
    })
}

/// Pairs, guards and writes what the file says, area by area: while one is written, the next is paired on a thread of
/// its own. Pairing reads only lines of its own area, of which the others write nothing. `None` where the program failed
/// at it.
fn settle(
    store: &Store,
    writer: &Writer,
    setting: &Setting,
    manner: &Manner,
    mut gather: Gather,
    blocks: &mut Blocks,
) -> Result<Option<Outcome>> {
    let has_deaths = !gather.deaths.areas.is_empty();
    if has_deaths {
        gather.load_wide(List::Deaths)?;
    }
    let (scopes, refused, deaths) = (gather.scopes, gather.refused, &gather.deaths);
    let missing = missing_areas(writer, setting, manner, &scopes)?;
    let mut outcome = Outcome { scopes: Vec::new(), refused, missing };
    let (planned_to, planned_from) = sync_channel(PLANS_WAITING_MAX);
    let missing = std::thread::scope(|threads| {
        let planning = threads.spawn(move || {
            store.read(|view| {
                let has_below = !view.children()?.is_empty();
                let dead = Dead::of(view, setting, manner, deaths, &scopes)?;
                for (at, mut scope) in scopes {
                    let is_emptied = at.0 == List::Deaths && dead.emptied.contains(&at.1);
                    if is_emptied {
                        scope.stated_on = deaths.stated_on;
                    } else if scope.placement.is_empty() {
                        continue;
                    }
                    let mut plan = plan(view, has_below, setting, manner, &dead, at, &scope)?;
                    if scope.moved_from.is_some() && shares_few(&scope, &plan) {
                        scope.begin_anew();
                        plan = self::plan(view, has_below, setting, manner, &dead, at, &scope)?;
                    }
                    let planned = match scope.newer(at, manner, &plan.reach, setting) {
                        // A file that comes late has nothing to tell of whom it does not name.
                        Some(_) if is_emptied => continue,
                        Some(newer) => Err(newer),
                        None => Ok(plan),
                    };
                    if planned_to.send((at, scope, planned)).is_err() {
                        // Nobody takes them any more only where the writer failed, and it says why.
                        break;
                    }
                }
                Ok(dead.missing)
            })
        });
        // Dropped with this loop: where writing fails, pairing must not wait for it.
        for (at, mut scope, planned) in planned_from {
            outcome.scopes.push(match planned {
                Err(newer) => scope.outdated(at, newer),
                Ok(mut plan) => {
                    take(writer, setting, manner, at, &mut plan, &mut scope, blocks)?;
                    scope.outcome(at, &plan, plan.held || manner.dry_run)
                }
            });
        }
        planning.join().map_or(Ok(None), |planned| planned.map(Some))
    })?;
    let Some(missing) = missing else { return Ok(None) };
    outcome.missing.extend(missing.into_iter().map(|area| (List::Deaths, area)));
    let is_waiting = |scope: &ScopeOutcome| scope.list == List::Deaths && scope.held;
    if has_deaths && !manner.dry_run && !outcome.scopes.iter().any(is_waiting) {
        // Where nobody died there is no line, and no list that is late.
        writer.date_lists(List::Deaths, &manner.stream, setting.node, deaths.day(setting.today))?;
    }
    Ok(Some(outcome))
}

/// Whether hardly anybody of the held lines is in the file.
fn shares_few(scope: &Scope, plan: &Plan) -> bool {
    plan.same.is_empty() || is_another(scope.held.len() as u64, scope.placement.len() as u64, plan.removes)
}

/// Areas whose last snapshot is of this very file, and that it has no line for now.
fn missing_areas(
    writer: &Writer,
    setting: &Setting,
    manner: &Manner,
    scopes: &BTreeMap<(List, Area), Scope>,
) -> Result<Vec<(List, Area)>> {
    if manner.append {
        return Ok(Vec::new());
    }
    let snapshots: Vec<Snapshot> = writer.snapshots()?.into_iter().map(|(_, snapshot)| snapshot).collect();
    Ok(snapshots
        .into_iter()
        .filter(|s| s.key.origin == setting.node && s.key.stream == manner.stream)
        .filter(|s| s.facts.file == manner.file && s.facts.lines > 0)
        .map(|s| (s.key.list, s.key.area))
        // Of the dead see [`Dead`]: in most months nobody dies in most villages.
        .filter(|(list, _)| *list != List::Deaths)
        .filter(|at| scopes.get(at).is_none_or(|scope| scope.placement.is_empty()))
        .collect())
}

/// `has_below`: see [`compare`].
fn plan(
    view: &View,
    has_below: bool,
    setting: &Setting,
    manner: &Manner,
    dead: &Dead,
    at: (List, Area),
    scope: &Scope,
) -> Result<Plan> {
    let Paired { had, at_line, arrived, pairing } = Paired::new(view, scope)?;
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for i in &pairing.gone {
        *left.entry(scope.file_of(at_line[*i])).or_default() += 1;
    }
    let reach = scope.reach(at.0, manner, dead, &left);
    let speaks_of = |i: &usize| scope.speaks_of(scope.file_of(at_line[*i]), &had[*i].entry.record, &reach, manner);
    let (gone, kept): (Vec<usize>, Vec<usize>) = pairing.gone.into_iter().partition(speaks_of);
    let kept: Vec<Uid> = kept.into_iter().map(|i| had[i].entry.uid).collect();
    let is_damaged = |at: usize| had[at].entry.record.id_number.as_ref().is_some_and(|id| id.is_damaged());
    let replaced = pairing.same.iter().map(|(i, _)| *i).chain(gone.iter().copied());
    let replaced_damaged = replaced.filter(|i| is_damaged(*i)).count() as u64;
    let mut had: Vec<Option<StoredEntry>> = had.into_iter().map(Some).collect();
    let mut take = |i: usize| had[i].take().expect("each line is paired once");
    let mut arrived = arrived.into_iter().map(Some).collect::<Vec<_>>();
    let mut says = |j: usize| arrived[j].take().expect("each line is paired once");
    let mut same: Vec<(StoredEntry, usize, Now)> = Vec::with_capacity(pairing.same.len());
    for (i, j) in pairing.same {
        let old = take(i);
        let now = compare(view, has_below, at, &old, says(j))?;
        same.push((old, j, now));
    }
    let fresh: Vec<(usize, Record)> = pairing.fresh.into_iter().map(|j| (j, says(j))).collect();
    let gone: Vec<StoredEntry> = gone.into_iter().map(take).collect();
    let removes = gone.iter().filter(|stored| stored.entry.removed.is_none()).count() as u64;
    let too_much = manner.guard.stops(view, at.0, &scope.held, &gone)? && {
        let says = same.iter().map(|(_, _, now)| &now.record).chain(fresh.iter().map(|(_, record)| record));
        let leaving = without_second_lines(view, scope, &gone, &kept, says)?;
        manner.guard.stops(view, at.0, &scope.held, &leaving)?
    };
    let counts = scope.before.as_ref().map(|before| before.facts.file.as_str());
    let stay = scope.held.len() - gone.len() - kept.len();
    let doubts = Doubts::of(view, &manner.guard, (at.0, scope), (&same, stay), &fresh)?;
    let as_held = scope.as_held(at, manner, setting, (removes, doubts));
    let other_file = other_file(&manner.folder, &as_held, counts)
        // Of the dead the whole file has told that it takes the place of the others.
        .filter(|_| at.0 != List::Deaths || !reach.takes_place());
    let waits = !manner.has_released(at) && (too_much || doubts.are_any() || other_file.is_some());
    let held = waits && !view.is_released(&manner.stream, &manner.hash, at)?;
    let picks = as_held.picks;
    Ok(Plan { same, gone, fresh, kept, reach, replaced_damaged, removes, held, other_file, picks, doubts })
}

/// Does what was planned, or holds it.
fn take(
    writer: &Writer,
    setting: &Setting,
    manner: &Manner,
    at: (List, Area),
    plan: &mut Plan,
    scope: &mut Scope,
    blocks: &mut Blocks,
) -> Result<()> {
    if manner.dry_run {
        return Ok(());
    }
    if plan.held {
        return hold(writer, &scope.as_held(at, manner, setting, (plan.removes, plan.doubts)));
    }
    let staged = std::mem::take(&mut scope.staged);
    for (old, j, now) in std::mem::take(&mut plan.same) {
        let line = &staged[j];
        if update(writer, setting, at, &old, &line.body, now, blocks)? {
            scope.updated += 1;
        } else {
            scope.unchanged += 1;
        }
        scope.place(line, old.entry.uid);
    }
    let mut entries = writer.new_entries()?;
    for (j, record) in std::mem::take(&mut plan.fresh) {
        let line = &staged[j];
        let uid = name_line(setting, &manner.stream, at, &record, &mut scope.names);
        let keys = keys_of(at, uid, &record);
        // A line that vanished may come back.
        if enter(&mut entries, setting, at, uid, (&line.body, &keys), scope.first, blocks)? {
            scope.created += 1;
        } else {
            scope.updated += 1;
        }
        scope.place(line, uid);
    }
    for old in plan.gone.iter().filter(|old| old.entry.removed.is_none()) {
        writer.remove_entry(old.id, setting.today)?;
        writer.mark(old.id, Wait::Link)?;
        scope.removed += 1;
    }
    scope.keep_unsaid(&plan.kept, manner);
    // Those of the lines that did not change are still there.
    let before = scope.before.as_ref().map_or(0, |before| before.facts.damaged);
    scope.damaged += before.saturating_sub(plan.replaced_damaged);
    let key = SnapshotKey { list: at.0, area: at.1, origin: setting.node, stream: manner.stream.clone() };
    writer.put_snapshot(&scope.snapshot(key, manner, setting, &plan.reach), &scope.placement)?;
    for (stream, file) in scope.replaced(manner, &plan.reach) {
        writer.read_again_if_dropped(stream, file)?;
        // It went from a file of several lists or areas to one of its own, which may be read after that.
        writer.forget_noted(setting.node, stream, file, (AREA_MISSING, &missing_detail(at)))?;
    }
    if let Some(left) = scope.moved_from.take() {
        writer.forget_moved(&left)?;
    }
    taken(writer, manner, at, scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::pass::testing::Office;
    use crate::intake::UnreadableCode;

    #[test]
    fn a_mistake_of_ours_that_one_file_shows_fails_that_file_alone() {
        let office = Office::of("519901001201");
        let take = |file: &str, names: &[&str], fail: fn(&mut Gather)| {
            let lines: String = names.iter().map(|name| format!("{name},男,2026-03-05\n")).collect();
            let text = format!("死者姓名,性别,死亡日期\n{lines}");
            office.take((List::Deaths, file), &text, |gather, _| fail(gather))
        };
        assert!(take("3月.csv", &["张三", "李四", "王五"], |_| ()).is_ok());
        let in_reading = take("4月.csv", &["赵六"], |_| panic!("as by a mistake of ours"));
        assert_eq!(in_reading.err(), Some(UnreadableCode::Broken));
        let in_pairing =
            take("4月.csv", &["赵六"], |gather| gather.scopes.values_mut().for_each(|s| s.runs.clear()));
        assert_eq!(in_pairing.err(), Some(UnreadableCode::Broken));
        let (_, outcome) = take("4月.csv", &["赵六"], |_| ()).unwrap();
        assert_eq!((outcome.scopes[0].created, outcome.scopes[0].removed), (1, 0), "the next file is taken");
    }
}
