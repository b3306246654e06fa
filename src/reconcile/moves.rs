//! Who moved: transfers between villages of the node, and migration over its border (DOMAIN.md V1-V5).
//!
//! The two halves of a transfer are paired here, at the lowest node that sees both. A move that only one side
//! reports is a transfer all the same, with less confidence.

use std::cmp::Reverse;

use crate::domain::{Area, Confidence, Entry, Event, EventKind, List, PartialDate, Place, Status, Uid};

use super::Case;

/// One move, with what shows each half.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    pub event: Event,
    /// The entry that left: says moved out, or vanished while the person is listed elsewhere.
    pub left: Option<Uid>,
    /// The entry that arrived.
    pub arrived: Option<Uid>,
    /// The line that left tells of a later return from there, and so no more of the departure.
    pub came_back: bool,
}

/// All moves the register shows, in a fixed order.
pub fn pair(case: &Case) -> Vec<Move> {
    let register: Vec<&Entry> = case.population().collect();
    let leavers: Vec<&Entry> =
        register.iter().copied().filter(|e| e.removed.is_none() && e.record.status == Status::MovedOut).collect();
    let mut arrivals: Vec<&Entry> = register.iter().copied().filter(|e| e.removed.is_none() && came(e)).collect();
    let mut moves = Vec::new();

    for (left, arrived) in answers(&register, &leavers, &mut arrivals) {
        moves.extend(departure(case, left, arrived.or_else(|| stayed(left, &leavers))));
    }
    for arrived in arrivals {
        let origin = register.iter().copied().filter(|e| e.area != arrived.area).find(|e| origin_of(e, arrived));
        moves.extend(arrival(case, arrived, origin));
    }
    moves.sort_by_key(|m| (m.event.date, m.left, m.arrived));
    moves
}

/// Whether the line says, or its later appearance suggests, that the person came from somewhere.
fn came(entry: &Entry) -> bool {
    entry.record.moved_in.is_some() || entry.record.moved_from.is_some() || (!entry.baseline && entry.is_active())
}

/// Every departure with the arrival that answers it, which is taken from `arrivals`. The surest pairs are made first: of
/// two departures the one that names the village has it, whichever is asked first.
fn answers<'a>(
    register: &[&Entry],
    leavers: &[&'a Entry],
    arrivals: &mut Vec<&'a Entry>,
) -> Vec<(&'a Entry, Option<&'a Entry>)> {
    // Whoever came from where another line of them stands did not come from here, however well the days fit.
    let is_from_elsewhere = |left: &Entry, arrived: &Entry| {
        let Some(Place::Area(from)) = arrived.record.moved_from else { return false };
        !from.contains(left.area) && register.iter().any(|e| e.area != arrived.area && from.contains(e.area))
    };
    let scored = |left: &Entry, arrived: &Entry| {
        answer(left, arrived).filter(|score| *score > BY_DATE || !is_from_elsewhere(left, arrived))
    };
    let mut pairs: Vec<_> = leavers
        .iter()
        .flat_map(|left| arrivals.iter().filter_map(|arrived| Some((scored(left, arrived)?, *left, *arrived))))
        .collect();
    pairs.sort_by_key(|(score, left, arrived)| {
        let apart = left.record.moved_out.zip(arrived.record.moved_in).map(|(out, into)| out.days_apart(into));
        (Reverse(*score), apart.unwrap_or(i32::MAX), Reverse((arrived.uid, left.uid)))
    });
    let mut answered: Vec<(&Entry, &Entry)> = Vec::new();
    for (_, left, arrived) in pairs {
        if !answered.iter().any(|(l, a)| l.uid == left.uid || a.uid == arrived.uid) {
            answered.push((left, arrived));
        }
    }
    arrivals.retain(|e| !answered.iter().any(|(_, arrived)| arrived.uid == e.uid));
    let of = |left: &Entry| answered.iter().find(|(l, _)| l.uid == left.uid).map(|(_, arrived)| *arrived);
    leavers.iter().map(|left| (*left, of(left))).collect()
}

/// How well an arrival answers a departure by its date alone.
const BY_DATE: u8 = 2;

/// How well an arrival answers a departure: in the village it names, from this village, or simply elsewhere later.
/// `None` where it cannot.
fn answer(left: &Entry, arrived: &Entry) -> Option<u8> {
    if arrived.area == left.area {
        return None;
    }
    let named = matches!(left.record.moved_to, Some(Place::Area(to)) if to.contains(arrived.area));
    let names = matches!(arrived.record.moved_from, Some(Place::Area(from)) if from.contains(left.area));
    let dated = near(left.record.moved_out, arrived.record.moved_in);
    if is_elsewhere(left.record.moved_to, arrived.area) && is_elsewhere(arrived.record.moved_from, left.area) {
        return None;
    }
    match (named, names, dated) {
        (true, true, _) => Some(4),
        (true, false, _) | (false, true, _) => Some(3),
        (false, false, Some(true)) => Some(BY_DATE),
        // A move and a return: the dates tell them apart.
        (false, false, Some(false)) => None,
        (false, false, None) => (!matches!(left.record.moved_to, Some(Place::Outside))).then_some(1),
    }
}

/// Whether a line names another place than this one.
fn is_elsewhere(place: Option<Place>, area: Area) -> bool {
    match place {
        Some(Place::Area(named)) => !named.contains(area),
        Some(Place::Outside) => true,
        Some(Place::Unclear) | None => false,
    }
}

/// The line of the village moved to, where the person has left that village again since: most registers have one column
/// for the last change, so it no longer says when they came.
fn stayed<'a>(left: &Entry, leavers: &[&'a Entry]) -> Option<&'a Entry> {
    let Some(Place::Area(to)) = left.record.moved_to else { return None };
    let since = |e: &Entry| Some(left.record.moved_out?.last() <= e.record.moved_out?.first());
    leavers.iter().copied().find(|e| e.area != left.area && to.contains(e.area) && since(e) == Some(true))
}

/// The other way about: the line of the village they came from says that they came back from there since. It no longer says
/// when they left.
fn returned(origin: &Entry, arrived: &Entry) -> bool {
    let from_there = matches!(origin.record.moved_from, Some(Place::Area(from)) if from.contains(arrived.area));
    let days = arrived.record.moved_in.zip(origin.record.moved_in);
    origin.is_active() && from_there && days.is_some_and(|(there, back)| there.last() < back.first())
}

/// Whether two halves can be of one move; `None` where a date is missing.
fn near(out: Option<PartialDate>, into: Option<PartialDate>) -> Option<bool> {
    /// Offices notice late; a return within the window is told apart by the places named.
    const WINDOW_DAYS: i32 = 90;
    Some(out?.days_apart(into?) <= WINDOW_DAYS)
}

fn departure(case: &Case, left: &Entry, arrived: Option<&Entry>) -> Option<Move> {
    let date = left.record.moved_out.or(arrived.and_then(|e| e.record.moved_in));
    let (kind, to, confidence) = match (arrived, left.record.moved_to) {
        (Some(arrived), _) => (EventKind::Transfer, Some(arrived.area), Confidence::Confirmed),
        (None, Some(Place::Area(to))) if case.node.county().contains(to) => {
            (EventKind::Transfer, Some(to), Confidence::Possible)
        }
        (None, Some(Place::Area(to))) => (EventKind::OutMigration, Some(to), Confidence::Probable),
        (None, Some(Place::Outside)) => (EventKind::OutMigration, None, Confidence::Probable),
        // Moved out to nobody knows where, and listed somewhere else anyway: that line tells the move.
        (None, _) if case.active_on(List::Population).any(|e| e.area != left.area) => return None,
        (None, _) => (EventKind::OutMigration, None, Confidence::Possible),
    };
    let evidence = std::iter::once(left.uid).chain(arrived.map(|e| e.uid)).collect();
    let event = Event { kind, date, from: Some(left.area), to, confidence, evidence };
    Some(Move { event, left: Some(left.uid), arrived: arrived.map(|e| e.uid), came_back: false })
}

/// Whether `entry` is where the arrived person was before: its line vanished, or the arrival names it.
fn origin_of(entry: &Entry, arrived: &Entry) -> bool {
    let named = matches!(arrived.record.moved_from, Some(Place::Area(from)) if from.contains(entry.area));
    let gone = entry.removed.is_some() && entry.record.status == Status::Active;
    match arrived.record.moved_from {
        Some(Place::Area(_)) => named,
        Some(Place::Outside) => false,
        Some(Place::Unclear) | None => gone,
    }
}

fn arrival(case: &Case, arrived: &Entry, origin: Option<&Entry>) -> Option<Move> {
    let date = arrived.record.moved_in;
    let county = case.node.county();
    let (kind, from, confidence): (_, Option<Area>, _) = match (origin, arrived.record.moved_from) {
        (Some(origin), _) => {
            let left = origin.removed.is_some() || returned(origin, arrived);
            let confidence = if left { Confidence::Probable } else { Confidence::Possible };
            (EventKind::Transfer, Some(origin.area), confidence)
        }
        (None, Some(Place::Area(from))) if county.contains(from) => {
            (EventKind::Transfer, Some(from), Confidence::Possible)
        }
        (None, Some(Place::Area(from))) => (EventKind::InMigration, Some(from), Confidence::Probable),
        (None, Some(Place::Outside)) => (EventKind::InMigration, None, Confidence::Probable),
        (None, Some(Place::Unclear)) => (EventKind::InMigration, None, Confidence::Possible),
        (None, None) if date.is_some() => (EventKind::InMigration, None, Confidence::Possible),
        // A line that only appeared may be a correction, a birth or a late entry: no event by itself.
        (None, None) => return None,
    };
    let evidence = std::iter::once(arrived.uid).chain(origin.map(|e| e.uid)).collect();
    let event = Event { kind, date, from, to: Some(arrived.area), confidence, evidence };
    let came_back = origin.is_some_and(|origin| returned(origin, arrived));
    Some(Move { event, left: origin.map(|e| e.uid), arrived: Some(arrived.uid), came_back })
}
