//! Keys under which an entry is found. Two entries are compared only if they share one, so cost stays linear.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::features::{Features, mix};
use super::meant::meant;
use super::name::Name;
use super::number::{Number, NumberState};
use crate::domain::{Area, PartialDate};

/// Entries under one key beyond which the key says nothing any more (a number that stands for 'none', a birth date
/// that a program fills in): none of its pairs is compared, and such a number counts as none. Each entry keeps its other
/// keys. Whoever keeps an index re-links all entries of a block when it grows beyond this or shrinks back to it.
pub const BLOCK_ENTRIES_MAX: usize = 100;

/// The keys of one entry: 4 for most, fewer where it says less. Two more where column and number disagree on the birth,
/// one more where the head's own line spells the name in two ways; one more for who is named beside a head; six more
/// where there is no valid number, so that its date may be a slip away from the one on the other line; and eight or so
/// more where the number has a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockKeys(Vec<u64>);

impl BlockKeys {
    const MOST_HAVE: usize = 4;

    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }

    fn push(&mut self, key: u64) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }
}

fn key(kind: Kind, parts: &[u64]) -> u64 {
    parts.iter().fold(mix(kind as u64), |key, part| mix(key.rotate_left(5) ^ mix(*part ^ key))) & !VILLAGE
}

/// The first bit of a key: set where only lines of one village share it.
const VILLAGE: u64 = 1 << 63;
/// The bits behind it that say which village it is of; the others are enough for the lines of any village.
const VILLAGE_BITS: u32 = 23;

/// A key that only lines of one village share. Such keys stand together in an index sorted by key: what is worked on
/// together, a village after the other, is then found on few of its pages.
pub fn village_key(village: Area, hash: u64) -> u64 {
    let place = mix(village.padded()) >> (64 - VILLAGE_BITS) << (63 - VILLAGE_BITS);
    VILLAGE | place | hash >> (1 + VILLAGE_BITS)
}

/// Whether a key begins with the village it is of.
pub fn is_village_key(key: u64) -> bool {
    key & VILLAGE != 0
}

/// What a key is made of; mixed in, so that keys of two kinds never meet.
#[derive(Clone, Copy)]
enum Kind {
    Number = 1,
    BirthVillage = 2,
    NameVillage = 3,
    NameBirth = 4,
    HeadVillage = 5,
}

/// Counts up with every change to what [`block_keys`] gives: a store keeps the keys, and makes them anew where they are of
/// another version.
pub const KEYS_VERSION: u64 = 5;

/// The keys of `f`: see [`KEYS_VERSION`].
pub fn block_keys(f: &Features) -> BlockKeys {
    let mut keys = BlockKeys(Vec::with_capacity(BlockKeys::MOST_HAVE));
    for places in [f.number.places(), f.other_number.places()].into_iter().filter(|places| !places.is_empty()) {
        keys.push(number_key(places));
    }
    if f.number.state == NumberState::Invalid {
        meant(f.number.places(), |number| keys.push(number_key(number)));
    }
    let name = sound(&f.name);
    for birth in f.births().filter_map(day) {
        keys.push(village_key(f.area, key(Kind::BirthVillage, &[birth])));
        if let Some([a, b]) = name {
            keys.push(key(Kind::NameBirth, &[birth, a, b]));
        }
    }
    if let Some(birth) = f.births().find(|birth| birth.exact().is_some()).filter(|_| !f.number.is_valid()) {
        for neighbour in neighbours(birth) {
            keys.push(village_key(f.area, key(Kind::BirthVillage, &[neighbour])));
        }
    }
    for [a, b] in [name, sound(&f.second_name)].into_iter().flatten() {
        keys.push(village_key(f.area, key(Kind::NameVillage, &[a, b])));
    }
    // A name that is written wrong may be all that a line says of its person, but for whose household it is; whoever else
    // is named beside the head may be meant by it.
    if f.head != 0 && !f.is_head {
        keys.push(village_key(f.area, key(Kind::HeadVillage, &[f.head.into()])));
    }
    keys
}

fn number_key(places: &[u8]) -> u64 {
    let mut words = [0u64; 3];
    for (i, place) in places.iter().enumerate() {
        words[i / 8] = words[i / 8] << 8 | u64::from(*place);
    }
    key(Kind::Number, &words)
}

fn sound(name: &Name) -> Option<[u64; 2]> {
    name.sound_key().map(|s| [u64::from(s[0]) << 32 | u64::from(s[1]), u64::from(s[2]) << 32 | u64::from(s[3])])
}

/// A day as a number; only whole dates are specific enough for a key (DOMAIN.md 3.5).
fn day(date: PartialDate) -> Option<u64> {
    let (year, month, day) = date.parts();
    (day > 0).then(|| packed(year.into(), month.into(), day.into()))
}

fn packed(year: i64, month: i64, day: i64) -> u64 {
    (year * 10_000 + month * 100 + day) as u64
}

/// The dates one year, month or day before and after, as they would be written; some of them are no dates.
fn neighbours(date: PartialDate) -> impl Iterator<Item = u64> {
    let (year, month, day) = date.parts();
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    [-1, 1].into_iter().flat_map(move |by| {
        [packed(year + by, month, day), packed(year, month + by, day), packed(year, month, day + by)]
    })
}

/// The line as linkage compares it: a number on more lines than any person has stands for none, whichever way they meet.
pub fn without_outgrown(f: &Features, is_outgrown: impl Fn(u64) -> bool) -> Features {
    let stands_for_none =
        |number: Number| number.state != NumberState::Missing && is_outgrown(number_key(number.places()));
    let heard = if stands_for_none(f.number) { f.without_number() } else { *f };
    let other_number = if stands_for_none(f.other_number) { Number::MISSING } else { f.other_number };
    Features { other_number, ..heard }
}

/// Entries by their keys.
pub(super) struct Blocks {
    /// All keys of all entries one behind the other; 0 for one that ties nobody.
    keys: Vec<u64>,
    /// Those of entry `i` begin at `starts[i]`.
    starts: Vec<usize>,
    /// Ascending.
    index: Vec<(u64, u32)>,
    /// The keys that tie nobody.
    pub outgrown: BTreeSet<u64>,
}

impl Blocks {
    /// A key with more than [`BLOCK_ENTRIES_MAX`] of these entries ties nobody, nor does one of `outgrown`.
    pub fn new(entries: &[Features], outgrown: &BTreeSet<u64>) -> Blocks {
        let mut starts = Vec::with_capacity(entries.len() + 1);
        let mut keys: Vec<u64> = Vec::with_capacity(entries.len() * 4);
        let mut index: Vec<(u64, u32)> = Vec::with_capacity(entries.len() * 4);
        for (i, entry) in entries.iter().enumerate() {
            starts.push(keys.len());
            keys.extend_from_slice(block_keys(entry).as_slice());
            index.extend(keys[starts[i]..].iter().map(|key| (*key, i as u32)));
        }
        starts.push(keys.len());
        index.sort_unstable();
        let mut mute = BTreeSet::new();
        let ties = |block: &&[(u64, u32)]| block.len() <= BLOCK_ENTRIES_MAX && !outgrown.contains(&block[0].0);
        for block in index.chunk_by(|a, b| a.0 == b.0).filter(|block| !ties(block)) {
            mute.insert(block[0].0);
            for (key, i) in block {
                let own = starts[*i as usize]..starts[*i as usize + 1];
                keys[own].iter_mut().filter(|k| **k == *key).for_each(|k| *k = 0);
            }
        }
        index.retain(|(key, _)| !mute.contains(key));
        Blocks { keys, starts, index, outgrown: mute }
    }

    /// The entries as linkage compares them.
    pub fn heard<'e>(&self, entries: &'e [Features]) -> Cow<'e, [Features]> {
        if self.outgrown.iter().all(|key| is_village_key(*key)) {
            return Cow::Borrowed(entries);
        }
        entries.iter().map(|f| without_outgrown(f, |key| self.outgrown.contains(&key))).collect()
    }

    /// Calls `found` for every pair of entries (by index, the lower first) that share a key that ties; each pair once, in
    /// an order that depends on the keys alone.
    pub fn each_pair(&self, mut found: impl FnMut(usize, usize)) {
        let own = |i: u32| &self.keys[self.starts[i as usize]..self.starts[i as usize + 1]];
        let first_shared = |i: u32, j: u32| own(i).iter().find(|key| **key != 0 && own(j).contains(key));
        for block in self.index.chunk_by(|a, b| a.0 == b.0) {
            for (n, (key, i)) in block.iter().enumerate() {
                for (_, j) in &block[n + 1..] {
                    if first_shared(*i, *j) == Some(key) {
                        found(*i as usize, *j as usize);
                    }
                }
            }
        }
    }
}
