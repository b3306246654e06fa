//! Who died, by whose word, and what speaks against it (DOMAIN.md X1-X7).

use crate::domain::{Confidence, Date, Entry, Event, EventKind, List, PartialDate, Reason, Status, Uid};

use super::Case;

/// One line's word that the person died.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    pub uid: Uid,
    pub list: List,
    pub date: Option<PartialDate>,
}

/// What the claims add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Death {
    /// Strongest source first: the death list, then the register, then the services.
    pub claims: Vec<Claim>,
    pub date: Option<PartialDate>,
    pub confidence: Confidence,
    /// The latest dated sign of life after the death date, with the entry that shows it. It holds the claim until
    /// a person has looked (DOMAIN.md X6).
    pub sign_of_life: Option<(Uid, PartialDate)>,
    /// Where the register had the person.
    area: Option<crate::domain::Area>,
}

impl Death {
    pub fn event(&self) -> Event {
        Event {
            kind: EventKind::Death,
            date: self.date,
            from: self.area,
            to: None,
            confidence: self.confidence,
            evidence: self.claims.iter().map(|c| c.uid).collect(),
        }
    }
}

/// Whether this line says that the person died. One of a list of cancellations may be of a move, one of a check of somebody
/// who lives.
fn claims_death(entry: &Entry) -> bool {
    let record = &entry.record;
    record.status == Status::Deceased
        || record.reason == Some(Reason::Died)
        || (record.died.is_some() && record.status != Status::Active)
}

fn strength(list: List) -> u8 {
    match list {
        List::Deaths => 0,
        List::Population => 1,
        List::Health => 2,
        List::Dibao | List::Family => 3,
        List::Migrants => 4,
    }
}

/// Weighs all claims of the case; `None` where nobody says that the person died. Two dates no more than `dates_days_max`
/// apart are of one and the same death: the report date is often used as the death date (DOMAIN.md X7).
pub fn weigh(case: &Case, dates_days_max: i32) -> Option<Death> {
    let registered_alive = case.active_on(List::Population).next().is_some();
    let mut sources: Vec<&Entry> = case
        .entries
        .iter()
        .filter(|e| claims_death(e))
        // A line that said so and then vanished was either cleared away with the dead or taken back; while the
        // register lists the person as living it is read as taken back.
        .filter(|e| e.removed.is_none() || !registered_alive)
        .collect();
    if sources.is_empty() {
        return None;
    }
    sources.sort_by_key(|e| (e.removed.is_some(), strength(e.list), e.uid));
    let claims: Vec<Claim> = sources.iter().map(|e| Claim { uid: e.uid, list: e.list, date: e.record.died }).collect();
    let date = claims.iter().filter_map(|c| c.date).max_by_key(|d| d.exact().is_some() as u8).and_then(|best| {
        // The strongest source with the best precision.
        claims.iter().filter_map(|c| c.date).find(|d| d.exact().is_some() == best.exact().is_some())
    });
    // Where nobody states it, they were dead when the first of them stopped.
    let date = date.or_else(|| sources.iter().filter_map(|e| e.record.ended).min());
    Some(Death {
        confidence: confidence(&claims, dates_days_max),
        sign_of_life: date.and_then(|died| sign_of_life(case, died)),
        area: case.population().chain(sources.iter().copied()).map(|e| e.area).next(),
        date,
        claims,
    })
}

fn confidence(claims: &[Claim], dates_days_max: i32) -> Confidence {
    let mut lists: Vec<List> = claims.iter().map(|c| c.list).collect();
    lists.sort_unstable();
    lists.dedup();
    let dates_agree = claims.iter().all(|a| {
        claims.iter().all(|b| match (a.date, b.date) {
            (Some(a), Some(b)) => a.days_apart(b) <= dates_days_max,
            _ => true,
        })
    });
    match (lists.len(), dates_agree) {
        (1, _) => Confidence::Possible,
        (_, true) => Confidence::Confirmed,
        (_, false) => Confidence::Probable,
    }
}

/// The signs of life of one line, seen, reviewed or newly listed, that are surely of a day after `died`, be it one to
/// come. A line that itself tells the death gives none: it was visited to see, and reviewed to be stopped.
pub fn signs_after(entry: &Entry, died: PartialDate) -> impl Iterator<Item = PartialDate> {
    let record = &entry.record;
    let signs = [record.seen, record.reviewed, record.since].into_iter().flatten();
    signs.filter(move |sign| !claims_death(entry) && sign.first() > died.last())
}

/// The latest of them that is not after `today`.
pub fn sign_after(entry: &Entry, died: PartialDate, today: Date) -> Option<PartialDate> {
    signs_after(entry, died).filter(|sign| sign.first() <= today).max()
}

fn sign_of_life(case: &Case, died: PartialDate) -> Option<(Uid, PartialDate)> {
    let signs = case.current().filter_map(|e| Some((e.uid, sign_after(e, died, case.today)?)));
    signs.max_by_key(|(uid, sign)| (*sign, *uid))
}
