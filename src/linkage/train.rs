//! Weights re-estimated from a node's own lines, without labels (expectation and maximisation).
//!
//! A weight is log2(m / u). How often a field agrees between two people by chance (u) is a matter of the country and
//! stays as the defaults have it; how often clerks, machines and moves make it differ on lines of one person (m) is a
//! matter of the office, and is what is estimated: each pair counts as much as the present weights think it one
//! person, and the shares so counted move the weights, until they stand still.

use std::collections::BTreeSet;

use super::blocking::Blocks;
use super::compare::Levels;
use super::features::Features;
use super::levels::{HouseholdLevel, PlaceLevel, SexLevel, SupportLevel};
use super::name::NameLevel;
use super::number::NumberLevel;
use super::weights::Weights;
use crate::domain::PartialDate;

/// Pairs looked at; of more, an evenly spread part is taken.
pub const TRAIN_PAIRS_MAX: usize = 400_000;
const ROUNDS_MAX: usize = 20;
/// A round that moves no weight further than this is the last.
const STILL_BITS: f32 = 0.01;
/// The defaults count like this many pairs, so that a few lines cannot overturn them.
const DEFAULTS_COUNT_PAIRS: f64 = 200.0;
/// How far a weight may move from its default.
const SHIFT_BITS_MAX: f32 = 3.0;

/// What a training found.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub weights: Weights,
    /// Pairs compared.
    pub pairs: usize,
    /// Pairs of these that the new weights think one person.
    pub matched: f64,
    pub rounds: usize,
}

/// The shares among lines of one person that the default weights assume, level by level; missing values left out.
struct Shares {
    number: [f32; NumberLevel::COUNT],
    name: [f32; NameLevel::COUNT],
    birth: [f32; super::BirthLevel::COUNT],
    sex: [f32; SexLevel::COUNT],
    place: [f32; PlaceLevel::COUNT],
    place_beside_number: [f32; PlaceLevel::COUNT],
    household: [f32; HouseholdLevel::COUNT],
    support: [f32; SupportLevel::COUNT],
}

const ASSUMED: Shares = Shares {
    number: [0.93, 0.003, 0.035, 0.012, 0.004, 0.005, 0.001, 0.008, 0.001, 0.001, 0.0],
    name: [0.925, 0.005, 0.003, 0.015, 0.005, 0.003, 0.035, 0.004, 0.003, 0.002, 0.0],
    birth: [0.945, 0.005, 0.03, 0.005, 0.005, 0.002, 0.003, 0.005, 0.0],
    sex: [0.975, 0.025, 0.0],
    place: [0.95, 0.01, 0.02, 0.019, 0.001],
    place_beside_number: [0.95, 0.01, 0.02, 0.019, 0.001],
    household: [0.45, 0.1, 0.25, 0.1, 0.1, 0.0],
    support: [0.8, 0.2, 0.0],
};

/// Re-estimates `from` on `entries`: all of a node's, or a few whole villages. The thresholds stay.
pub fn train(entries: &[Features], from: &Weights) -> Trained {
    let pairs = sample(entries, from);
    let mut weights = Weights { version: from.version + 1, ..from.clone() };
    let mut matched = 0.0;
    for round in 1..=ROUNDS_MAX {
        let before = weights.clone();
        let mut counted = Counted::default();
        matched = 0.0;
        for pair in &pairs {
            let share = weights.share(pair.levels.bits(&weights));
            matched += share;
            counted.add(pair, share);
        }
        counted.apply(&mut weights);
        if furthest(&before, &weights) < STILL_BITS {
            return Trained { weights, pairs: pairs.len(), matched, rounds: round };
        }
    }
    Trained { weights, pairs: pairs.len(), matched, rounds: ROUNDS_MAX }
}

/// A compared pair, and which keys brought it here: a field is counted only on pairs found without it.
struct Pair {
    levels: Levels,
    same_number: bool,
    same_sound: bool,
    same_birth: bool,
    same_village: bool,
}

fn sample(entries: &[Features], w: &Weights) -> Vec<Pair> {
    let mut total = 0usize;
    let blocks = Blocks::new(entries, &BTreeSet::new());
    let entries = blocks.heard(entries);
    blocks.each_pair(|_, _| total += 1);
    let every = total.div_ceil(TRAIN_PAIRS_MAX).max(1);
    let mut out = Vec::with_capacity(total / every + 1);
    let mut n = 0usize;
    blocks.each_pair(|i, j| {
        n += 1;
        if n.is_multiple_of(every) {
            let (a, b) = (&entries[i], &entries[j]);
            let exact = |date: PartialDate| date.exact().is_some();
            out.push(Pair {
                levels: Levels::of(a, b, w),
                same_number: !a.number.places().is_empty() && a.number.places() == b.number.places(),
                same_sound: a.name.sound_key().is_some_and(|key| b.name.sound_key() == Some(key)),
                same_birth: a.births().filter(|d| exact(*d)).any(|d| b.births().any(|e| d == e)),
                same_village: a.area == b.area,
            });
        }
    });
    out
}

/// Pairs of one person by level, as counted in one round.
#[derive(Default)]
struct Counted {
    number: [f64; NumberLevel::COUNT],
    name: [f64; NameLevel::COUNT],
    birth: [f64; super::BirthLevel::COUNT],
    sex: [f64; SexLevel::COUNT],
    place: [f64; PlaceLevel::COUNT],
    place_beside_number: [f64; PlaceLevel::COUNT],
    household: [f64; HouseholdLevel::COUNT],
    spouse: [f64; SupportLevel::COUNT],
    phone: [f64; SupportLevel::COUNT],
}

impl Counted {
    fn add(&mut self, pair: &Pair, share: f64) {
        let l = &pair.levels;
        let beside_number = l.number == NumberLevel::Equal;
        if pair.same_birth && pair.same_village || pair.same_sound && (pair.same_village || pair.same_birth) {
            self.number[l.number as usize] += share;
        }
        if pair.same_number || pair.same_birth && pair.same_village {
            self.name[l.name as usize] += share;
        }
        if !beside_number && pair.same_sound && pair.same_village {
            self.birth[l.birth as usize] += share;
        }
        if beside_number {
            self.place_beside_number[l.place as usize] += share;
        } else if pair.same_sound && pair.same_birth {
            self.place[l.place as usize] += share;
        }
        self.sex[l.sex as usize] += share;
        self.household[l.household as usize] += share;
        self.spouse[l.spouse as usize] += share;
        self.phone[l.phone as usize] += share;
    }

    fn apply(&self, w: &mut Weights) {
        let default = Weights::default();
        shift(&mut w.number, &default.number, &ASSUMED.number, &self.number);
        shift(&mut w.name, &default.name, &ASSUMED.name, &self.name);
        shift(&mut w.birth, &default.birth, &ASSUMED.birth, &self.birth);
        shift(&mut w.sex, &default.sex, &ASSUMED.sex, &self.sex);
        shift(&mut w.place, &default.place, &ASSUMED.place, &self.place);
        let beside = (&default.place_beside_number, &ASSUMED.place_beside_number);
        shift(&mut w.place_beside_number, beside.0, beside.1, &self.place_beside_number);
        shift(&mut w.household, &default.household, &ASSUMED.household, &self.household);
        shift(&mut w.spouse, &default.spouse, &ASSUMED.support, &self.spouse);
        shift(&mut w.phone, &default.phone, &ASSUMED.support, &self.phone);
    }
}

/// Moves each weight from its default by how much more or less often than assumed its level was counted. Levels with no
/// assumed share (missing values) stay.
fn shift<const N: usize>(weights: &mut [f32; N], default: &[f32; N], assumed: &[f32; N], counted: &[f64; N]) {
    let present: f64 = (0..N).filter(|i| assumed[*i] > 0.0).map(|i| counted[i]).sum();
    for i in (0..N).filter(|i| assumed[*i] > 0.0) {
        let assumed = f64::from(assumed[i]);
        let found = (counted[i] + DEFAULTS_COUNT_PAIRS * assumed) / (present + DEFAULTS_COUNT_PAIRS);
        let bits = (found / assumed).log2() as f32;
        weights[i] = default[i] + bits.clamp(-SHIFT_BITS_MAX, SHIFT_BITS_MAX);
    }
}

fn furthest(a: &Weights, b: &Weights) -> f32 {
    let all = |w: &Weights| -> Vec<f32> {
        let base = [&w.number[..], &w.name, &w.birth, &w.sex, &w.place, &w.place_beside_number];
        base.into_iter().chain([&w.household[..], &w.spouse, &w.phone]).flatten().copied().collect()
    };
    all(a).iter().zip(all(b)).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}
