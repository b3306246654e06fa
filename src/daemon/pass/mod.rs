//! One pass: what changed goes in, persons and findings come out (DESIGN.md, the way of the data).
//!
//! Two steps, each in transactions of bounded size. `ingest` and `arrive` write entries with their numbers in the
//! sequence, and note in the same transaction which of them wait; `derive` takes what waits, links it, judges the
//! persons it touches and writes the differences. A crash between the two loses nothing: what waits is in the store.

mod ahead;
mod arrive;
mod below;
mod dead;
mod derive;
mod doubt;
mod entering;
mod gather;
mod guard;
mod holding;
mod indexing;
mod ingest;
mod judging;
mod known;
mod lists;
mod moved;
mod names;
mod pairing;
mod people;
mod raw_index;
mod scope;
mod spread;
#[cfg(test)]
mod testing;

pub use arrive::arrive;
pub use derive::{Derived, derive};
pub use gather::Gather;
pub use guard::Guard;
pub use holding::other_file;
pub use ingest::{AREA_MISSING, Manner, Outcome, ingest, missing_detail};
pub use moved::Stream;
pub use scope::ScopeOutcome;

use crate::domain::{Area, Date, Entry, List, Record};
use crate::linkage::{self, BlockKeys, Decided, Features, Weights};
use crate::rules::Parameters;
use crate::store::Terms;

/// What every step of a pass is told from outside.
#[derive(Debug, Clone)]
pub struct Setting {
    pub node: Area,
    pub today: Date,
    /// Unix milliseconds, for what people read; never for order.
    pub now: i64,
    pub parameters: Parameters,
    pub weights: Weights,
    pub decided: Decided,
}

/// What everybody is judged for and by. Another version of the program has other rules, for all that anybody knows.
pub fn terms(today: Date, parameters: &Parameters) -> Terms {
    let limits = serde_json::to_string(parameters).unwrap_or_default();
    let rules = [env!("CARGO_PKG_VERSION"), &limits].join(" ");
    Terms { on: today, by: xxhash_rust::xxh3::xxh3_64(rules.as_bytes()) }
}

/// Features of an entry as it stands: a vanished line stands for nobody.
pub fn features_of(entry: &Entry) -> Features {
    let mut features = linkage::features(entry.uid, entry.area, entry.list, &entry.record);
    features.active = entry.is_active();
    features
}

/// Keys under which the store finds an entry: those of linkage, and the household for the register. They are the same
/// whether the line stands or vanished.
struct Keys {
    linkage: BlockKeys,
    household: Option<u64>,
}

impl Keys {
    fn of(list: List, record: &Record, features: &Features) -> Keys {
        Keys { linkage: linkage::block_keys(features), household: household_key(list, features.area, record) }
    }

    fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.linkage.as_slice().iter().copied().chain(self.household)
    }
}

/// The key all members of a household share, within the register of one village.
fn household_key(list: List, area: Area, record: &Record) -> Option<u64> {
    /// So that it never meets a key of linkage.
    const SALT: u64 = 0x6873_686f_6c64_0001;
    let number = record.household.as_deref().filter(|_| list == List::Population)?;
    Some(linkage::village_key(area, xxhash_rust::xxh3::xxh3_64_with_seed(number.as_bytes(), SALT)))
}
