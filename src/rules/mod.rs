//! What contradicts what: every rule of CONTRACT.md, as functions from a person's case to findings.
//!
//! [`RULES`] is the one table of them; `rosterd rules` and the documents are printed from it. A finding is a lead
//! for a person, never a decision (DOMAIN.md, scope).
//!
//! *Architecture invariant:* a rule sees one case (or one snapshot) and a date, nothing else.

mod benefits;
mod conflicts;
mod death;
mod identity;
mod judge;
mod parameters;
mod residence;
mod snapshot;
mod table;

pub use judge::{Judgement, Keeper, Neighbours, judge};
pub use parameters::Parameters;
pub use snapshot::{SnapshotFacts, StatedTotal, judge_snapshot, snapshot_finding};
pub use table::{RULES, Rule, days_since, rule};

#[cfg(test)]
mod tests;
