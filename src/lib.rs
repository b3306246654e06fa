//! rosterd.
pub mod cli;
pub mod daemon;
pub mod domain;
pub mod error;
pub mod report;
pub mod rules;
pub mod settings;
