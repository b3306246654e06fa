//! rosterd.
pub mod domain;
pub mod error;
pub mod daemon;
pub mod settings;
