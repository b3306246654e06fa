//! The daemon: wiring of the pieces. Here the control socket; the loop and the desk join it.
pub mod control;
