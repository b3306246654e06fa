//! What contradicts what. [`RULES`] is the one table of the rules; `rosterd rules` is printed from it.
mod parameters;
mod table;

pub use parameters::Parameters;
pub use table::{RULES, Rule, rule};
