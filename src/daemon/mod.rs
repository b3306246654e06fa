//! The daemon: wiring of the pieces.

pub mod control;
pub mod pass;
mod present;
