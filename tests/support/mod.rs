//! What the process-level tests and the benches share: real nodes, the sample county, and the score against its truth.
#![allow(dead_code, unused_imports, reason = "every test binary uses its own part of this")]

pub mod branch;
pub mod county;
pub mod disk;
pub mod events;
pub mod node;
pub mod office;
pub mod score;
pub mod story;
pub mod supported;
pub mod tree;
pub mod truth;
