//! How good a linkage is, where the truth is known.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

/// Pairwise: of the pairs joined, how many are right; of the right ones, how many are joined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Compares the true person of each line with the one that was found. Where there is no pair at all nothing is wrong: 1.
pub fn pairwise<T: Hash + Eq + Copy>(truth: &[T], predicted: &[u32]) -> Score {
    let both = pairs_in(truth.iter().zip(predicted));
    let joined = pairs_in(predicted.iter());
    let right = pairs_in(truth.iter());
    let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    let (precision, recall) = (share(both, joined), share(both, right));
    let f1 = if both == 0 && joined + right > 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
    Score { precision, recall, f1 }
}

fn pairs_in<K: Hash + Eq>(labels: impl Iterator<Item = K>) -> u64 {
    let mut sizes: HashMap<K, u64> = HashMap::new();
    labels.for_each(|label| *sizes.entry(label).or_default() += 1);
    sizes.values().map(|n| n * (n - 1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_not_lines() {
        let score = pairwise(&["a", "a", "a", "b"], &[0, 0, 1, 1]);
        assert_eq!((score.precision, score.recall), (0.5, 1.0 / 3.0));
        assert_eq!(pairwise(&["a", "a"], &[7, 7]).f1, 1.0);
        assert_eq!(pairwise(&["a", "b"], &[0, 1]).f1, 1.0);
        assert_eq!(pairwise(&["a", "b"], &[0, 0]).f1, 0.0);
    }
}
