//! The link between levels: village to township to county, over lines that fail.
//!
//! ```text
//!  child                                                      parent
//!  link ── hello ──────────────────────────────────────────▶ serve ─▶ receive ─▶ ParentLedger (the store)
//!   │       watermarks and epochs are compared (push::Child::meet)     │
//!   ├── push: next batch, kept before it is sent ──────────▶           ├ entries, watermark, receipt: one transaction
//!   ├── notices: waits for what concerns the child ────────▶           │
//!   ├── compare, symbols, elements: verify and resync ─────▶ survey    │
//!   └── renew; enrol (the only ask without a certificate) ─▶ authority ┘
//! ```
//!
//! | file | idea |
//! |---|---|
//! | `protocol`, `refusal` | every message that crosses the link, and its codes |
//! | `ledger` | what the store must do, as two traits |
//! | `batch` | building, hashing, opening batches |
//! | `push`, `receive` | the two sides' rules, without network or waiting |
//! | `survey`, `sketch`, `resync` | totals, set difference, repair |
//! | `line`, `client`, `serve`, `seats` | one exchange; over HTTP; the open port and its limits |
//! | `course` | the order of words: meet, send, compare, repair |
//! | `link`, `notices`, `status` | the child's running loop; how it is seen and spoken to |
//! | `join_code`, `authority`, `registry`, `credential`, `enrol`, `tls`, `clock` | who is who |
//! | `attest` | an office's signed word on what it holds, checked further up |
//! | `offline` | the same batches by file |
//! | `retry` | how long to wait |
//!
//! *Architecture invariants.* The child's area comes from its certificate, never from what it sends. A batch is kept
//! before its first byte is sent, and its key never stands for two contents. A number is acknowledged only by a parent
//! that committed it. Nothing is removed without a tombstone. Order is by sequence number; no clock decides anything
//! but the life of certificates. No SQL here, no persons, no rules.

pub mod attest;
pub mod authority;
pub mod batch;
pub mod client;
pub mod clock;
pub mod course;
pub mod credential;
pub mod enrol;
mod files;
pub mod join_code;
pub mod ledger;
pub mod line;
pub mod link;
pub mod message;
mod notices;
pub mod offline;
mod pace;
pub mod protocol;
pub mod push;
pub mod receive;
pub mod refusal;
pub mod registry;
pub mod resync;
pub mod retry;
mod seats;
pub mod serve;
pub mod sketch;
pub mod status;
pub mod survey;
pub mod tls;

#[cfg(test)]
mod tests;
