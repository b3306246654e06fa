//! How well linkage finds the persons of labelled lines (`link eval`).

use crate::domain::{Area, List, Record, Uid};
use crate::linkage::eval::{Score, pairwise};
use crate::linkage::{Decided, Weights, features, link_all};

/// Links `lines` from scratch with the default weights and compares with `truth`, the person of each line.
pub fn score_links(lines: &[(Area, List, Record)], truth: &[u64]) -> Score {
    let features: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, (area, list, record))| features(Uid(at as u64), *area, *list, record))
        .collect();
    let linked = link_all(&features, &Decided::default(), &Weights::default());
    pairwise(truth, &linked.person)
}
