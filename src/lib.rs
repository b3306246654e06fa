//! rosterd.

pub mod domain;
pub mod error;
pub mod linkage;
pub mod reconcile;
pub mod rules;
pub mod store;
