//! From all that is known of one person to what happened to them: deaths, births, transfers, migrations,
//! corrections. Pure: a function of the case, not of the order in which it came together.
//!
//! *Architecture invariant:* a vanished line alone is no event; an event stands as long as its evidence does.

mod births;
mod case;
mod corrections;
mod deaths;
mod moves;

pub use case::Case;
pub use deaths::{Claim, Death, sign_after, signs_after};
pub use moves::Move;

use crate::domain::Event;

/// What the case says happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    pub death: Option<Death>,
    pub moves: Vec<Move>,
    pub events: Vec<Event>,
}

/// Works out the facts of one person. Dates of death no more than `death_dates_days_max` apart are one.
pub fn reconcile(case: &Case, death_dates_days_max: i32) -> Facts {
    let death = deaths::weigh(case, death_dates_days_max);
    let moves = moves::pair(case);
    let mut events: Vec<Event> = death.iter().map(Death::event).collect();
    events.extend(moves.iter().map(|m| m.event.clone()));
    events.extend(births::find(case));
    events.extend(corrections::find(case));
    Facts { death, moves, events }
}
