//! Who is who: which lines of which lists are the same human (DOMAIN.md 3.5).
//!
//! `features` of an entry -> `block_keys` under which it is found -> `edge` between two that share a key -> `cluster` of
//! each connected component into persons. `link_all` does it for all entries at once.
//!
//! *Architecture invariants:* pure, no clock, no I/O. The persons of a component are a function of the set of its
//! entries, the decisions and the weights, never of order or of counts over other lines: so linking what changed gives
//! what linking everything gives. Whoever keeps entries in a store re-links, for a changed entry, the components its
//! old and its new version touch, each whole.

mod apart;
mod blocking;
mod cluster;
mod compare;
mod decided;
pub mod eval;
mod features;
mod levels;
mod meant;
mod name;
mod number;
mod rarity;
mod scale;
mod sound;
pub mod train;
mod weights;
mod whole;

pub use blocking::{
    BLOCK_ENTRIES_MAX, BlockKeys, KEYS_VERSION, block_keys, is_village_key, village_key, without_outgrown,
};
pub use cluster::{Doubt, Partition, cluster};
pub use compare::{Comparison, Edge, Field, Part, Verdict, compare, edge, score, verdict};
pub use decided::Decided;
pub use features::{Features, features, features_agree};
pub use levels::{BirthLevel, HouseholdLevel, PlaceLevel, SexLevel, SupportLevel};
pub use name::{Name, NameLevel};
pub use number::{Number, NumberLevel, NumberState};
pub use train::{TRAIN_PAIRS_MAX, Trained, train};
pub use weights::Weights;
pub use whole::{Linked, link_all};
