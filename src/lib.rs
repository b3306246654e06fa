//! rosterd.

pub mod cli;
pub mod daemon;
pub mod domain;
pub mod error;
pub mod intake;
pub mod linkage;
pub mod reconcile;
pub mod report;
pub mod rules;
pub mod settings;
pub mod store;
pub mod sync;
