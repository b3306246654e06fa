//! Which findings and events hold for a person now. Only reads: what differs is written by `derive`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::{Area, Date, Entry, Event, Finding, FindingId, List, SeenThrough, Uid};
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, Number};
use crate::reconcile::{Case, Facts, reconcile};
use crate::rules::{Judgement, Keeper, Neighbours, judge};
use crate::store::{MatchRow, Snapshot, SnapshotKey, StoredEntry, View};

use super::known::{Compared, Known};
use super::{Setting, household_key};

/// What is known of the node as a whole while persons are judged.
pub(super) struct Judging<'s> {
    pub(super) setting: &'s Setting,
    /// Lists whose number column lost its digits as a whole.
    damaged: Vec<(Area, List)>,
    /// The villages whose register is here.
    registers: Vec<Area>,
    /// Lists of a village that one office has from several sources.
    in_several: Vec<SnapshotKey>,
    /// Lists of which a file waits for a person.
    awaited: BTreeSet<(List, Area)>,
    /// Findings of this node that its parent, which knows more, sees through.
    withdrawn: HashSet<FindingId>,
}

/// What linking came to in one working set.
#[derive(Clone, Copy, Default)]
pub(super) struct JustLinked<'a> {
    /// The entries of each person in it.
    pub people: &'a [(Uid, Vec<i64>)],
    /// The pairs that wait for a clerk's word.
    pub pairs: &'a [MatchRow],
}

/// What one office makes of some entries.
pub(super) struct Judged {
    pub case: Case,
    pub facts: Facts,
    pub judgement: Judgement,
    /// Entries of others that were looked at.
    others: Vec<(Uid, Area)>,
    /// Entries of those who may be this person, where somebody would be called missing.
    pub potential: Vec<Entry>,
}

/// Who else has a person's numbers.
struct Sharers {
    /// Who it is, and an entry.
    sharers: Vec<(Uid, Entry)>,
    /// The person's own lines with a number that so many have that it is nobody's.
    nobodys: Vec<Uid>,
}

/// What holds for one person.
pub(super) struct Verdict {
    pub person: Uid,
    /// Whether anybody is called that still.
    pub stands: bool,
    /// With the areas of each one's evidence.
    pub findings: Vec<(Finding, Vec<Area>)>,
    /// What offices below find of the person by themselves, and this one does not.
    pub seen_through: Vec<SeenThrough>,
    /// Lists on which the person would be called missing, if no file of them waited.
    pub unsaid: Vec<(List, Area)>,
    pub events: Vec<Event>,
    /// The next day on which the findings change by the calendar alone.
    pub due: Option<Date>,
}

impl<'s> Judging<'s> {
    pub fn new(view: &View, setting: &'s Setting) -> Result<Judging<'s>> {
        let snapshots = view.snapshots()?;
        let damaged = snapshots
            .iter()
            .filter(|(_, s)| s.facts.column_is_damaged(&setting.parameters))
            .map(|(_, s)| (s.key.area, s.key.list));
        let registers = snapshots.iter().filter(|(_, s)| s.key.list == List::Population).map(|(_, s)| s.key.area);
        let (damaged, registers) = (damaged.collect(), registers.collect());
        let of_office = |(_, s): &(i64, Snapshot)| (s.key.area, s.key.list, s.key.origin);
        let lists = snapshots.chunk_by(|one, next| of_office(one) == of_office(next));
        let several = lists.filter(|sources| sources.len() > 1).flatten();
        let in_several = several.map(|(_, snapshot)| snapshot.key.clone()).collect();
        let (awaited, withdrawn) = (view.awaited()?, view.withdrawn()?);
        Ok(Judging { setting, damaged, registers, in_several, awaited, withdrawn })
    }

    /// Judges the person whose entries these are. `found` is what linking just came to; `None` where nobody was linked
    /// again, and what is in the store stands.
    pub fn verdict(
        &self,
        view: &View,
        known: &mut Known,
        person: Uid,
        entries: &[i64],
        found: Option<JustLinked>,
    ) -> Result<Verdict> {
        if entries.is_empty() {
            let (findings, seen_through, unsaid, events) = Default::default();
            return Ok(Verdict { person, stands: false, findings, seen_through, unsaid, events, due: None });
        }
        let judged = self.judge(view, known, entries, self.setting.node, found)?;
        let (seen_through, due_below) = self.seen_through(view, known, entries, &judged)?;
        let Judged { case, facts, judgement, others, .. } = judged;
        let (mut findings, mut unsaid) = (Vec::with_capacity(judgement.findings.len()), Vec::new());
        if !judgement.findings.is_empty() {
            let mut area_of: HashMap<Uid, Area> = case.entries.iter().map(|e| (e.uid, e.area)).collect();
            area_of.extend(others);
            for finding in judgement.findings.into_iter().filter(|finding| !self.withdrawn.contains(&finding.id)) {
                if let Some(list) = self.awaited(&finding)
                    && !view.holds(finding.id)?
                {
                    unsaid.push(list);
                    continue;
                }
                let areas: BTreeSet<Area> =
                    finding.evidence.iter().filter_map(|uid| area_of.get(uid).copied()).collect();
                findings.push((finding, areas.into_iter().collect()));
            }
        }
        let due = judgement.due.into_iter().chain(due_below).min();
        Ok(Verdict { person, stands: true, findings, seen_through, unsaid, events: facts.events, due })
    }

    /// The list on which the finding misses the person, where a file of it waits: they may stand in that. A finding that
    /// stood before does not fall for it.
    fn awaited(&self, finding: &Finding) -> Option<(List, Area)> {
        let (list, area) = finding.missed_on?;
        // A place may be named down to its township alone, and a list may be one of a township.
        let is_it = |(of, at): &&(List, Area)| *of == list && (area.contains(*at) || at.contains(area));
        self.awaited.iter().find(is_it).copied()
    }

    /// Judges entries as the office of `within` does, which knows what it and the offices below it report.
    pub(super) fn judge(
        &self,
        view: &View,
        known: &mut Known,
        entries: &[i64],
        within: Area,
        found: Option<JustLinked>,
    ) -> Result<Judged> {
        let registers = if within == self.setting.node {
            Cow::Borrowed(&self.registers[..])
        } else {
            Cow::Owned(self.registers.iter().copied().filter(|area| within.contains(*area)).collect())
        };
        let mut own: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut reporters = Vec::new();
        for id in entries {
            let Some(Compared { stored, .. }) = known.get(view, *id)? else { continue };
            own.push(stored.entry.clone());
            reporters.extend(reported_above(stored));
        }
        let Sharers { sharers, nobodys } = self.sharers(view, known, entries, within, found, &mut reporters)?;
        let mut potential = self.potential(view, known, entries, within, found)?;
        // Who has their number may be who they are, until somebody says that it is not so.
        let parted = |sharer: &Entry| own.iter().any(|e| self.setting.decided.are_parted(e.uid, sharer.uid));
        potential.extend(sharers.iter().map(|(_, sharer)| sharer).filter(|sharer| !parted(sharer)).cloned());
        let neighbours = Neighbours {
            keepers: self.keepers(view, known, entries)?,
            reporters,
            household: self.household(view, known, entries, within)?,
            damaged_columns: &self.damaged,
            registers: &registers,
            sharers,
            nobodys,
            potential,
        };
        let case = Case::new(own, within, self.setting.today);
        let facts = reconcile(&case, self.setting.parameters.death_dates_days_max);
        let judgement = judge(&case, &facts, &neighbours, &self.setting.parameters);
        let sharers = neighbours.sharers.iter().map(|(_, sharer)| sharer);
        let others = sharers.chain(&neighbours.household).map(|e| (e.uid, e.area)).collect();
        let potential = neighbours.potential;
        Ok(Judged { case, facts, judgement, others, potential })
    }

    /// Who keeps each line, where several of them stand on one list of one village: hardly ever asked.
    fn keepers(&self, view: &View, known: &mut Known, entries: &[i64]) -> Result<Vec<(Uid, Keeper)>> {
        let mut lines: Vec<(Area, List, Area, Uid)> = Vec::with_capacity(entries.len());
        for id in entries {
            let active = known.get(view, *id)?.map(|seen| &seen.stored).filter(|stored| stored.entry.is_active());
            lines.extend(active.map(|s| (s.entry.area, s.entry.list, s.origin, s.entry.uid)));
        }
        lines.sort_unstable();
        let mut keepers = Vec::new();
        for on_list in lines.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)).filter(|lines| lines.len() > 1) {
            for (area, list, office, uid) in on_list {
                let mut source = 0;
                let of_office = |key: &&SnapshotKey| (key.area, key.list, key.origin) == (*area, *list, *office);
                for key in self.in_several.iter().filter(of_office) {
                    if known.stands_on(view, key, *uid)? {
                        source = key.name();
                        break;
                    }
                }
                keepers.push((*uid, Keeper { office: *office, source }));
            }
        }
        Ok(keepers)
    }

    /// Others that carry one of the person's valid numbers; who reported their lines is added to `reporters`. A number that
    /// more lines have than linkage looks at says nothing: which of them were told of would hang on which came first.
    fn sharers(
        &self,
        view: &View,
        known: &mut Known,
        entries: &[i64],
        within: Area,
        found: Option<JustLinked>,
        reporters: &mut Vec<(Uid, Area)>,
    ) -> Result<Sharers> {
        let mut numbers: Vec<(Number, u64)> = Vec::new();
        let mut carriers: Vec<(Uid, u64)> = Vec::new();
        for id in entries {
            if let Some(seen) = known.get(view, *id)?
                && seen.stored.entry.removed.is_none()
                && seen.features.number.is_valid()
            {
                // The first key of a valid number is the number itself (linkage::block_keys).
                let Some(key) = seen.keys.as_slice().first() else { continue };
                carriers.push((seen.features.uid, *key));
                if numbers.iter().all(|(_, known)| known != key) {
                    numbers.push((seen.features.number, *key));
                }
            }
        }
        let mut others: Vec<(Number, i64)> = Vec::new();
        let mut nobodys: Vec<Uid> = Vec::new();
        for (number, key) in numbers {
            let block = known.block(view, key)?;
            if block.len() > BLOCK_ENTRIES_MAX {
                nobodys.extend(carriers.iter().filter(|(_, of)| *of == key).map(|(uid, _)| *uid));
            } else {
                others.extend(block.iter().filter(|id| !entries.contains(id)).map(|id| (number, *id)));
            }
        }
        let mut sharers = Vec::with_capacity(others.len());
        for (number, id) in others {
            // The key is also that of numbers that may be meant for this one, and of those who had it once.
            let shares =
                |seen: &&Compared| within.contains(seen.stored.origin) && seen.features.number.same_valid(&number);
            let Some(seen) = known.get(view, id)?.filter(shares) else { continue };
            let mut just = found.iter().flat_map(|found| found.people);
            let person = just.find(|(_, ids)| ids.contains(&id)).map_or(seen.stored.person, |(person, _)| *person);
            sharers.push((person, seen.stored.entry.clone()));
            reporters.extend(reported_above(&seen.stored));
        }
        Ok(Sharers { sharers, nobodys })
    }

    /// Entries of those who may be this person, where somebody would be called missing from a list: hardly ever asked. All
    /// their entries, not the one alone that waits in a pair: whose dibao line may be the register's has that person's
    /// health record then.
    fn potential(
        &self,
        view: &View,
        known: &mut Known,
        entries: &[i64],
        within: Area,
        found: Option<JustLinked>,
    ) -> Result<Vec<Entry>> {
        let mut own: Vec<Uid> = Vec::with_capacity(entries.len());
        let (mut registered, mut supported, mut recorded) = (false, false, false);
        for id in entries {
            let Some(seen) = known.get(view, *id)? else { continue };
            let entry = &seen.stored.entry;
            registered |= entry.list == List::Population && entry.removed.is_none();
            supported |= entry.list == List::Dibao && entry.is_active();
            recorded |= entry.list == List::Health && entry.is_active();
            own.push(entry.uid);
        }
        if registered && (recorded || !supported) {
            return Ok(Vec::new());
        }
        let mut others: Vec<Uid> = Vec::new();
        match found {
            Some(found) => others.extend(found.pairs.iter().filter_map(|pair| {
                let other = if own.contains(&pair.a) { pair.b } else { pair.a };
                (own.contains(&pair.a) != own.contains(&pair.b)).then_some(other)
            })),
            None => {
                for uid in &own {
                    others.extend(view.potential_of(*uid)?.into_iter().filter(|other| !own.contains(other)));
                }
            }
        }
        let mut ids = Vec::with_capacity(others.len());
        for other in others {
            let Some(stored) = view.entry(other)? else { continue };
            let person = stored.person;
            let id = known.add(stored);
            match found {
                Some(found) => ids.extend(
                    found.people.iter().map(|(_, ids)| ids).find(|ids| ids.contains(&id)).into_iter().flatten(),
                ),
                None => ids.extend(known.entries_of(view, person)?),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        reported_within(view, known, &ids, within)
    }

    /// The other members of the households a head died in or left.
    fn household(&self, view: &View, known: &mut Known, entries: &[i64], within: Area) -> Result<Vec<Entry>> {
        let mut members: Vec<i64> = Vec::new();
        for id in entries {
            let head = known.get(view, *id)?.map(|seen| &seen.stored.entry).filter(|entry| is_gone_head(entry));
            if let Some(key) = head.and_then(|entry| household_key(entry.list, entry.area, &entry.record)) {
                members.extend(known.household(view, key)?.into_iter().filter(|id| !entries.contains(id)));
            }
        }
        members.sort_unstable();
        members.dedup();
        reported_within(view, known, &members, within)
    }
}

/// Who reported a line, where it was not the village that it is of.
fn reported_above(stored: &StoredEntry) -> Option<(Uid, Area)> {
    (stored.origin != stored.entry.area).then_some((stored.entry.uid, stored.origin))
}

/// Those of the entries that an office knows.
fn reported_within(view: &View, known: &mut Known, ids: &[i64], within: Area) -> Result<Vec<Entry>> {
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        let seen = known.get(view, *id)?.filter(|seen| within.contains(seen.stored.origin));
        out.extend(seen.map(|seen| seen.stored.entry.clone()));
    }
    Ok(out)
}

/// A head of a household who died in it or left it.
pub(super) fn is_gone_head(entry: &Entry) -> bool {
    entry.list == List::Population && entry.record.is_head() && !entry.is_active()
}
