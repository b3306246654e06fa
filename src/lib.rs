//! rosterd.
pub mod domain;
pub mod error;
pub mod report;
pub mod rules;
pub mod daemon;
pub mod settings;
