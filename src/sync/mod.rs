//! The link between levels.
pub mod authority;
pub mod batch;
pub mod clock;
mod files;
pub mod join_code;
pub mod line;
pub mod ledger;
pub mod protocol;
pub mod push;
pub mod receive;
pub mod registry;
pub mod resync;
pub mod retry;
pub mod sketch;
pub mod survey;
pub mod tls;
