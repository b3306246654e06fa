//! The daemon: wiring of the pieces, and the answers to the verbs.
//!
//! One thread reads and judges ([`worker`]); the link, the open port and the control socket run beside it and only
//! ever change the store. Nobody waits for anybody: a bell says 'look again'.

mod alarms;
mod attest;
mod backups;
pub mod control;
mod desk;
mod eye;
mod hints;
pub mod ledger;
mod logbook;
mod memory;
mod metrics;
mod neighbours;
mod notices;
pub mod office;
pub mod pass;
mod present;
mod reading;
mod room;
mod run;
mod score;
mod service;
mod stand_by;
mod upkeep;
mod watched;
mod worker;

pub use desk::{offline, place_below};
pub use neighbours::{called, told_apart};
pub use room::free_bytes;
pub use run::{must_be_ours, run};
pub use score::score_links;
