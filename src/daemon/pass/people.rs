//! Which entries are one person now: the components that the changed entries touch, each taken whole.

use std::collections::BTreeSet;

use crate::domain::Uid;
use crate::error::Result;
use crate::linkage::{BLOCK_ENTRIES_MAX, cluster, edge, without_outgrown};
use crate::store::{MatchRow, View};

use super::Setting;
use super::known::Known;

/// A component grown beyond this is taken as far as it goes, but for the persons it touches, who are taken whole: no real
/// person has so many lines.
const COMPONENT_ENTRIES_MAX: usize = 2_000;

/// Entries that were never linked: nobody else is their person, and nothing was found about it. One bit each.
#[derive(Debug, Default)]
pub(super) struct NeverLinked {
    first: i64,
    bits: Vec<u64>,
}

impl NeverLinked {
    /// `ids` ascending.
    pub fn new(ids: &[i64]) -> NeverLinked {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return NeverLinked::default() };
        let mut bits = vec![0; ((last - first) / 64 + 1) as usize];
        for id in ids {
            bits[((id - first) / 64) as usize] |= 1 << ((id - first) % 64);
        }
        NeverLinked { first: *first, bits }
    }

    pub fn contains(&self, id: i64) -> bool {
        let at = id - self.first;
        at >= 0 && self.bits.get((at / 64) as usize).is_some_and(|word| word & 1 << (at % 64) != 0)
    }

    pub fn remove(&mut self, id: i64) {
        let at = id - self.first;
        if at >= 0
            && let Some(word) = self.bits.get_mut((at / 64) as usize)
        {
            *word &= !(1 << (at % 64));
        }
    }
}

/// How the entries of one working set fall into persons.
pub(super) struct Linked {
    /// Ids in ascending order.
    pub members: Vec<i64>,
    pub uids: Vec<Uid>,
    /// None of them was ever linked before.
    pub is_new: bool,
    /// The entries of each of these persons as they are now; empty for a name that no longer stands for anybody.
    pub people: Vec<(Uid, Vec<i64>)>,
    /// Entries that are another person now; `None`: one of their own.
    pub renamed: Vec<(i64, Option<Uid>)>,
    pub potential: Vec<MatchRow>,
    /// Keys of theirs that too many share.
    pub outgrown: BTreeSet<u64>,
}

/// Links the entry `start` and everything its component and its present person tie to it. Only reads.
pub(super) fn link(
    view: &View,
    setting: &Setting,
    start: i64,
    known: &mut Known,
    never_linked: &NeverLinked,
) -> Result<Linked> {
    let WorkingSet { members, outgrown } = working_set(view, setting, start, known, never_linked)?;
    let is_new = members.iter().all(|id| never_linked.contains(*id));
    let mut persons: BTreeSet<Uid> = BTreeSet::new();
    let mut features = Vec::with_capacity(members.len());
    for id in &members {
        let seen = known.read(*id);
        persons.insert(seen.stored.person);
        features.push(seen.features);
    }
    let uids: Vec<Uid> = features.iter().map(|f| f.uid).collect();
    let partition = cluster(&features, &outgrown, &setting.decided, &setting.weights);
    let mut renamed = Vec::new();
    let mut groups: Vec<(Uid, Vec<i64>)> = Vec::with_capacity(partition.persons.len());
    for group in &partition.persons {
        // A person is named by their oldest entry: a merge keeps the older name, a split gives back what was.
        let mut entries: Vec<i64> = group.iter().map(|i| members[*i]).collect();
        entries.sort_unstable();
        let name = known.read(entries[0]).stored.entry.uid;
        persons.remove(&name);
        let others = entries.iter().filter(|id| known.read(**id).stored.person != name);
        renamed.extend(others.map(|id| (*id, (*id != entries[0]).then_some(name))));
        groups.push((name, entries));
    }
    // The working set holds every entry of every person it touches: the names left over stand for nobody.
    groups.extend(persons.into_iter().map(|person| (person, Vec::new())));
    groups.sort_unstable_by_key(|(person, _)| *person);
    let potential = partition
        .potential
        .iter()
        .map(|(i, j, bits)| MatchRow { a: uids[*i], b: uids[*j], score: f64::from(*bits) })
        .collect();
    Ok(Linked { members, uids, is_new, people: groups, renamed, potential, outgrown })
}

/// What is linked together.
struct WorkingSet {
    /// Ids in ascending order, all of them known.
    members: Vec<i64>,
    /// Their keys that too many share.
    outgrown: BTreeSet<u64>,
}

fn working_set(
    view: &View,
    setting: &Setting,
    start: i64,
    known: &mut Known,
    never_linked: &NeverLinked,
) -> Result<WorkingSet> {
    let mut outgrown = BTreeSet::new();
    // A number that outgrew a moment ago and is not noted yet: all who carry it wait to be linked again.
    let noted = known.outgrown(view)?;
    let mut members: BTreeSet<i64> = BTreeSet::from([start]);
    let mut queue = vec![start];
    let (mut keys, mut candidates) = (Vec::new(), Vec::new());
    while let Some(id) = queue.pop() {
        let Some(seen) = known.get(view, id)? else {
            members.remove(&id);
            continue;
        };
        let (person, features) = (seen.stored.person, seen.features);
        keys.clear();
        keys.extend_from_slice(seen.keys.as_slice());
        let mut tied: Vec<i64> = Vec::new();
        // Whoever is the same person so far, or might have been, must be looked at again, tied or not.
        if !never_linked.contains(id) {
            // However many there are: of a person of whom a part was left out, what rests on it would be closed.
            queue.extend(known.entries_of(view, person)?.into_iter().filter(|id| members.insert(*id)));
            for other in view.potential_of(features.uid)? {
                tied.extend(view.entry(other)?.map(|stored| known.add(stored)));
            }
        }
        candidates.clear();
        for key in &keys {
            let block = known.block(view, *key)?;
            if block.len() > BLOCK_ENTRIES_MAX {
                // A key that so many share says nothing.
                outgrown.insert(*key);
            } else {
                candidates.extend_from_slice(block);
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        let heard = without_outgrown(&features, |key| outgrown.contains(&key));
        for candidate in candidates.iter().filter(|c| **c != id) {
            if members.contains(candidate) {
                continue;
            }
            if let Some(other) = known.get(view, *candidate)?
                && let theirs = without_outgrown(&other.features, |key| noted.contains(&key))
                && edge(&heard, &theirs, &setting.weights).is_some()
            {
                tied.push(*candidate);
            }
        }
        for other in setting.decided.joined_with(features.uid) {
            tied.extend(view.entry(other)?.map(|stored| known.add(stored)));
        }
        for id in tied {
            if members.len() < COMPONENT_ENTRIES_MAX && members.insert(id) {
                queue.push(id);
            }
        }
    }
    Ok(WorkingSet { members: members.into_iter().collect(), outgrown })
}
