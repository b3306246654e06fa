//! rosterd.
pub mod domain;
pub mod error;
pub mod rules;
pub mod daemon;
pub mod settings;
