//! Who was born: listed soon after the birth date (DOMAIN.md F2; a newborn may be known to the health office first).

use crate::domain::date::days_between;
use crate::domain::{Confidence, Entry, Event, EventKind, List, PartialDate};

use super::Case;

/// A first listing this long after the birth is still the listing of a birth.
const LISTED_DAYS_MAX: i32 = 365;

/// The birth of the person, where the lists saw it happen; at most one.
pub fn find(case: &Case) -> Option<Event> {
    let birth = case.birth()?;
    let mut evidence: Vec<&Entry> = case.current().filter(|e| shows_birth(e, birth)).collect();
    evidence.sort_by_key(|e| (e.list, e.uid));
    let first = evidence.first()?;
    // Whoever came from elsewhere was not born here.
    if case.population().any(|e| e.record.moved_from.is_some()) {
        return None;
    }
    let registered = evidence.iter().any(|e| e.list == List::Population);
    let confidence = match (registered, evidence.len()) {
        (true, 2..) => Confidence::Confirmed,
        (true, _) => Confidence::Probable,
        (false, _) => Confidence::Possible,
    };
    Some(Event {
        kind: EventKind::Birth,
        date: Some(birth),
        from: None,
        to: Some(first.area),
        confidence,
        evidence: evidence.iter().map(|e| e.uid).collect(),
    })
}

fn shows_birth(entry: &Entry, birth: PartialDate) -> bool {
    let soon = |days: i32| (0..=LISTED_DAYS_MAX).contains(&days);
    match entry.list {
        // The register dates the change itself: 变动时间 equal to the birth date.
        List::Population => {
            let dated = entry.record.since.is_some_and(|since| since.agrees(birth));
            let appeared = !entry.baseline && entry.record.moved_in.is_none();
            (dated || appeared) && soon(days_between(birth.first(), entry.first_seen))
        }
        List::Health => {
            let built = entry.record.since.map(|since| days_between(birth.first(), since.first()));
            !entry.baseline && soon(built.unwrap_or_else(|| days_between(birth.first(), entry.first_seen)))
        }
        _ => false,
    }
}
