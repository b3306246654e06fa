//! The link between levels.
pub mod authority;
pub mod batch;
pub mod client;
pub mod clock;
pub mod credential;
pub mod enrol;
mod files;
pub mod join_code;
pub mod ledger;
pub mod line;
pub mod link;
pub mod protocol;
pub mod push;
pub mod receive;
pub mod registry;
pub mod resync;
pub mod retry;
pub mod serve;
pub mod sketch;
pub mod survey;
pub mod tls;

#[cfg(test)]
mod tests;
