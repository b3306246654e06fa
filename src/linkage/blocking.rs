//! Keys under which an entry is found. Two entries are compared only if they share one, so cost stays linear.

use super::features::{Features, mix};
use crate::domain::PartialDate;

/// Entries under one key beyond which the key says nothing any more (a number that stands for 'none', a birth date
/// that a program fills in): none of its pairs is compared. Each entry keeps its other keys. Whoever keeps an index
/// re-links all entries of a block when it grows beyond this or shrinks back to it.
pub const BLOCK_ENTRIES_MAX: usize = 100;

/// The most keys one entry has: number, two birth dates with the village and with the name, name with the village.
pub const KEYS_MAX: usize = 6;

/// The keys of one entry: 4 for most, fewer where it says less, more where column and number disagree on the birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockKeys {
    keys: [u64; KEYS_MAX],
    count: u8,
}

impl BlockKeys {
    pub fn as_slice(&self) -> &[u64] {
        &self.keys[..usize::from(self.count)]
    }

    fn push(&mut self, kind: Kind, parts: &[u64]) {
        let key = parts.iter().fold(mix(kind as u64), |key, part| mix(key.rotate_left(5) ^ mix(*part ^ key)));
        if !self.as_slice().contains(&key) {
            self.keys[usize::from(self.count)] = key;
            self.count += 1;
        }
    }
}

/// What a key is made of; mixed in, so that keys of two kinds never meet.
#[derive(Clone, Copy)]
enum Kind {
    Number = 1,
    BirthVillage = 2,
    NameVillage = 3,
    NameBirth = 4,
}

/// The keys of `f`. Stable over releases unless the change is named: a store keeps them.
pub fn block_keys(f: &Features) -> BlockKeys {
    let mut keys = BlockKeys::default();
    let places = f.number.places();
    if !places.is_empty() {
        let mut words = [0u64; 3];
        for (i, place) in places.iter().enumerate() {
            words[i / 8] = words[i / 8] << 8 | u64::from(*place);
        }
        keys.push(Kind::Number, &words);
    }
    let village = f.area.padded();
    let name =
        f.name.sound_key().map(|s| [u64::from(s[0]) << 32 | u64::from(s[1]), u64::from(s[2]) << 32 | u64::from(s[3])]);
    for birth in f.births().filter_map(day) {
        keys.push(Kind::BirthVillage, &[birth, village]);
        if let Some([a, b]) = name {
            keys.push(Kind::NameBirth, &[birth, a, b]);
        }
    }
    if let Some([a, b]) = name {
        keys.push(Kind::NameVillage, &[village, a, b]);
    }
    keys
}

/// A day as a number; only whole dates are specific enough for a key (DOMAIN.md 3.5).
fn day(date: PartialDate) -> Option<u64> {
    let (year, month, day) = date.parts();
    (day > 0).then_some(year as u64 * 10_000 + month as u64 * 100 + day as u64)
}

/// Calls `found` for every pair of entries (by index, the lower first) that share a key with at most
/// [`BLOCK_ENTRIES_MAX`] entries; each pair once, in an order that depends on the keys alone.
pub(super) fn pairs(entries: &[Features], mut found: impl FnMut(usize, usize)) {
    let mut keys: Vec<BlockKeys> = entries.iter().map(block_keys).collect();
    let mut index: Vec<(u64, u32)> = Vec::with_capacity(entries.len() * 4);
    for (i, own) in keys.iter().enumerate() {
        index.extend(own.as_slice().iter().map(|key| (*key, i as u32)));
    }
    index.sort_unstable();
    for block in index.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > BLOCK_ENTRIES_MAX) {
        for (key, i) in block {
            // 0 stands for a key that is not used; it must not count as shared below.
            keys[*i as usize].keys.iter_mut().filter(|k| **k == *key).for_each(|k| *k = 0);
        }
    }
    for block in index.chunk_by(|a, b| a.0 == b.0).filter(|block| (2..=BLOCK_ENTRIES_MAX).contains(&block.len())) {
        for (n, (key, i)) in block.iter().enumerate() {
            for (_, j) in &block[n + 1..] {
                if first_shared(&keys[*i as usize], &keys[*j as usize]) == Some(*key) {
                    found(*i as usize, *j as usize);
                }
            }
        }
    }
}

fn first_shared(a: &BlockKeys, b: &BlockKeys) -> Option<u64> {
    a.as_slice().iter().copied().find(|key| *key != 0 && b.as_slice().contains(key))
}
