//! Which line had its number, name, birth date or sex corrected.

use crate::domain::{Confidence, Event, EventKind};

use super::Case;

pub fn find(case: &Case) -> impl Iterator<Item = Event> + '_ {
    case.current().filter_map(|entry| {
        entry.corrected.map(|day| Event {
            kind: EventKind::Correction,
            date: Some(day.into()),
            from: None,
            to: Some(entry.area),
            confidence: Confidence::Confirmed,
            evidence: vec![entry.uid],
        })
    })
}
