//! All entries at once, in memory: the same persons as the store's linking of changed entries arrives at.

use std::collections::BTreeSet;

use super::blocking::Blocks;
use super::cluster::cluster;
use super::compare::edge;
use super::decided::Decided;
use super::features::Features;
use super::weights::Weights;

/// Persons of all entries. Numbers are positions in the slice that was given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linked {
    /// The person of each entry, counted from 0 by first entry.
    pub person: Vec<u32>,
    /// Pairs for clerical review with their bits, see `Partition::potential`.
    pub potential: Vec<(usize, usize, f32)>,
    pub shared_number: Vec<(usize, usize)>,
    /// Entries in the largest component: what one change can touch at most.
    pub component_entries_max: usize,
}

/// Links `entries` from scratch; linear in their number as no block is larger than `BLOCK_ENTRIES_MAX`.
pub fn link_all(entries: &[Features], decided: &Decided, w: &Weights) -> Linked {
    let (components, outgrown) = components(entries, decided, w);
    let mut out = Linked { person: vec![0; entries.len()], ..Linked::default() };
    let mut persons: Vec<Vec<usize>> = Vec::with_capacity(components.len());
    for component in components {
        out.component_entries_max = out.component_entries_max.max(component.len());
        if let [only] = component[..] {
            persons.push(vec![only]);
            continue;
        }
        let members: Vec<Features> = component.iter().map(|i| entries[*i]).collect();
        let found = cluster(&members, &outgrown, decided, w);
        let at = |i: usize| component[i];
        persons.extend(found.persons.into_iter().map(|person| person.into_iter().map(at).collect()));
        out.potential.extend(found.potential.into_iter().map(|(i, j, bits)| (at(i), at(j), bits)));
        out.shared_number.extend(found.shared_number.into_iter().map(|(i, j)| (at(i), at(j))));
    }
    persons.sort_unstable_by_key(|person| person[0]);
    for (n, person) in persons.iter().enumerate() {
        person.iter().for_each(|i| out.person[*i] = n as u32);
    }
    out.potential.sort_unstable_by_key(|(i, j, _)| (*i, *j));
    out.shared_number.sort_unstable();
    out
}

/// Entries tied together by edges or decisions, members ascending; and the keys that too many share to tie anybody.
fn components(entries: &[Features], decided: &Decided, w: &Weights) -> (Vec<Vec<usize>>, BTreeSet<u64>) {
    let mut roots: Vec<u32> = (0..entries.len() as u32).collect();
    let blocks = Blocks::new(entries, &BTreeSet::new());
    let heard = blocks.heard(entries);
    blocks.each_pair(|i, j| {
        if edge(&heard[i], &heard[j], w).is_some() {
            unite(&mut roots, i as u32, j as u32);
        }
    });
    if decided.joined().next().is_some() {
        let place: std::collections::HashMap<_, _> =
            entries.iter().enumerate().map(|(i, f)| (f.uid, i as u32)).collect();
        for (a, b) in decided.joined() {
            if let (Some(a), Some(b)) = (place.get(&a), place.get(&b)) {
                unite(&mut roots, *a, *b);
            }
        }
    }
    let mut by_root: Vec<(u32, u32)> = (0..entries.len() as u32).map(|i| (root(&mut roots, i), i)).collect();
    by_root.sort_unstable();
    let of = |chunk: &[(u32, u32)]| chunk.iter().map(|(_, i)| *i as usize).collect();
    (by_root.chunk_by(|a, b| a.0 == b.0).map(of).collect(), blocks.outgrown)
}

fn root(roots: &mut [u32], mut i: u32) -> u32 {
    while roots[i as usize] != i {
        // Halving the path keeps it short.
        roots[i as usize] = roots[roots[i as usize] as usize];
        i = roots[i as usize];
    }
    i
}

fn unite(roots: &mut [u32], i: u32, j: u32) {
    let (i, j) = (root(roots, i), root(roots, j));
    roots[i.max(j) as usize] = i.min(j);
}
