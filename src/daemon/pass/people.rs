//! Which entries are one person now: the components that the changed entries touch, each taken whole.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::Uid;
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, Features, block_keys, cluster, edge};
use crate::store::{MatchRow, StoredEntry, View, Writer};

use super::{Setting, features_of};

/// A component grown beyond this is taken as far as it goes: no real person has so many lines.
const COMPONENT_ENTRIES_MAX: usize = 2_000;

/// Entries by id with their features, read once in a pass step.
pub(super) struct Known {
    /// Entries that were never linked: nobody else is their person, and nothing was found about it.
    pub fresh: HashSet<i64>,
    entries: HashMap<i64, (StoredEntry, Features)>,
}

impl Known {
    pub fn new(fresh: HashSet<i64>) -> Known {
        Known { fresh, entries: HashMap::new() }
    }

    pub fn get(&mut self, view: &View, id: i64) -> Result<Option<&(StoredEntry, Features)>> {
        if !self.entries.contains_key(&id) {
            let Some(stored) = view.entry_by_id(id)? else { return Ok(None) };
            self.add(stored);
        }
        Ok(self.entries.get(&id))
    }

    fn add(&mut self, stored: StoredEntry) -> i64 {
        let id = stored.id;
        self.entries.entry(id).or_insert_with(|| {
            let features = features_of(&stored.entry);
            (stored, features)
        });
        id
    }
}

/// What linking one working set changed.
pub(super) struct Relinked {
    /// Entries that were resolved.
    pub entries: Vec<i64>,
    /// None of them was ever linked before.
    pub is_new: bool,
    /// The entries of each of these persons as they are now; empty for a name that no longer stands for anybody.
    pub people: Vec<(Uid, Vec<StoredEntry>)>,
}

/// Links the entry `start` and everything its component and its present person tie to it.
pub(super) fn relink(writer: &Writer, setting: &Setting, start: i64, known: &mut Known) -> Result<Relinked> {
    let WorkingSet { members, outgrown } = working_set(writer, setting, start, known)?;
    let is_new = members.iter().all(|id| known.fresh.contains(id));
    let mut persons: BTreeSet<Uid> = BTreeSet::new();
    let mut features = Vec::with_capacity(members.len());
    for id in &members {
        if let Some((stored, f)) = known.get(writer, *id)? {
            persons.insert(stored.person);
            features.push(*f);
        }
    }
    let partition = cluster(&features, &outgrown, &setting.decided, &setting.weights);
    for group in &partition.persons {
        // A person is named by their oldest entry: a merge keeps the older name, a split gives back what was.
        let oldest = group.iter().map(|i| members[*i]).min().expect("a person has at least one entry");
        let Some(name) = known.get(writer, oldest)?.map(|(stored, _)| stored.entry.uid) else { continue };
        persons.insert(name);
        for i in group {
            if let Some((stored, _)) = known.entries.get_mut(&members[*i])
                && stored.person != name
            {
                writer.set_person(stored.id, name)?;
                stored.person = name;
            }
        }
    }
    if features.len() > 1 {
        let uids: Vec<Uid> = features.iter().map(|f| f.uid).collect();
        let potential: Vec<MatchRow> = partition
            .potential
            .iter()
            .map(|(i, j, bits)| MatchRow { a: features[*i].uid, b: features[*j].uid, score: f64::from(*bits) })
            .collect();
        writer.put_matches(&uids, &potential)?;
    }
    // The working set holds every entry of every person it touches.
    let mut people: Vec<(Uid, Vec<StoredEntry>)> = persons.into_iter().map(|person| (person, Vec::new())).collect();
    for id in &members {
        if let Some((stored, _)) = known.entries.get(id)
            && let Some((_, entries)) = people.iter_mut().find(|(person, _)| *person == stored.person)
        {
            entries.push(stored.clone());
        }
    }
    for id in &members {
        known.fresh.remove(id);
    }
    Ok(Relinked { entries: members, is_new, people })
}

/// What is linked together.
struct WorkingSet {
    /// Ids in ascending order.
    members: Vec<i64>,
    /// Their keys that too many share.
    outgrown: BTreeSet<u64>,
}

fn working_set(writer: &Writer, setting: &Setting, start: i64, known: &mut Known) -> Result<WorkingSet> {
    let mut outgrown = BTreeSet::new();
    let mut members: BTreeSet<i64> = BTreeSet::from([start]);
    let mut queue = vec![start];
    let mut candidates = Vec::new();
    while let Some(id) = queue.pop() {
        let Some((stored, features)) = known.get(writer, id)? else {
            members.remove(&id);
            continue;
        };
        let (person, features) = (stored.person, *features);
        let mut tied: Vec<i64> = Vec::new();
        // Whoever is the same person so far, or might have been, must be looked at again, tied or not.
        if !known.fresh.contains(&id) {
            tied.extend(writer.entries_of(person)?.into_iter().map(|stored| known.add(stored)));
            for other in writer.potential_of(features.uid)? {
                tied.extend(writer.entry(other)?.map(|stored| known.add(stored)));
            }
        }
        candidates.clear();
        for key in block_keys(&features).as_slice() {
            let before = candidates.len();
            writer.block(*key, BLOCK_ENTRIES_MAX + 1, &mut candidates)?;
            if candidates.len() - before > BLOCK_ENTRIES_MAX {
                // A key that so many share says nothing.
                candidates.truncate(before);
                writer.note_outgrown(*key)?;
                outgrown.insert(*key);
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        for candidate in candidates.iter().filter(|c| **c != id) {
            if members.contains(candidate) {
                continue;
            }
            if let Some((_, other)) = known.get(writer, *candidate)?
                && edge(&features, other, &setting.weights).is_some()
            {
                tied.push(*candidate);
            }
        }
        if !setting.decided.is_empty() {
            for (a, b) in setting.decided.joined().filter(|(a, b)| *a == features.uid || *b == features.uid) {
                let other = if a == features.uid { b } else { a };
                tied.extend(writer.entry(other)?.map(|stored| known.add(stored)));
            }
        }
        for id in tied {
            if members.len() < COMPONENT_ENTRIES_MAX && members.insert(id) {
                queue.push(id);
            }
        }
    }
    Ok(WorkingSet { members: members.into_iter().collect(), outgrown })
}
