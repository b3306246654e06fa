//! What is concluded to have happened to people.

use rusqlite::Row;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Doing, json, optional_area, optional_word, uids_to_text, word};
use super::{View, Writer};
use crate::domain::{Area, Confidence, Date, Event, EventKind, Uid};
use crate::error::Result;

/// The same event keeps its id: kind, places and the entry that shows it best.
fn event_id(event: &Event) -> i64 {
    let first = event.evidence.iter().min().map_or(0, |uid| uid.0);
    let [from, to] = [event.from, event.to].map(|place| place.map_or(0, Area::padded));
    let mut bytes = event.kind.as_str().as_bytes().to_vec();
    [from, to, first].iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    (xxh3_64(&bytes) >> 1) as i64
}

impl View<'_> {
    /// Events with their persons, in order of date; `since` leaves out those that cannot have been on that day or later.
    pub fn events(&self, kind: Option<EventKind>, since: Option<Date>) -> Result<Vec<(String, Uid, Event)>> {
        self.conn
            .prepare_cached(
                // Behind every day of a month, or of a year, of which no more is known.
                "SELECT id, person, kind, date, came_from, went_to, confidence, evidence FROM events
                 WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR substr(date || '-99-99', 1, 10) >= ?2)
                 ORDER BY date, id",
            )
            .and_then(|mut s| {
                s.query_map((kind.map(EventKind::as_str), since.map(|d| d.to_string())), event_row)?.collect()
            })
            .doing("reading events")
    }
}

fn event_row(row: &Row) -> rusqlite::Result<(String, Uid, Event)> {
    let event = Event {
        kind: word(row, 2, EventKind::parse)?,
        date: optional_word(row, 3, |day| day.parse().ok())?,
        from: optional_area(row, 4)?,
        to: optional_area(row, 5)?,
        confidence: word(row, 6, Confidence::parse)?,
        evidence: json(row, 7)?,
    };
    Ok((format!("e{:015x}", row.get::<_, i64>(0)?), Uid(row.get::<_, i64>(1)? as u64), event))
}

impl Writer<'_> {
    /// Makes the stored events of these persons be exactly `now`.
    pub fn put_events(&self, persons: &[Uid], now: &[(Uid, Event)]) -> Result<()> {
        for person in persons {
            self.conn
                .prepare_cached("DELETE FROM events WHERE person = ?1")
                .and_then(|mut s| s.execute([person.0 as i64]))
                .doing("writing events")?;
        }
        for (person, event) in now {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                .and_then(|mut s| {
                    s.execute((
                        event_id(event),
                        person.0 as i64,
                        event.kind.as_str(),
                        event.date.map(|d| d.to_string()),
                        event.from.map(|a| a.padded() as i64),
                        event.to.map(|a| a.padded() as i64),
                        event.confidence.as_str(),
                        uids_to_text(&event.evidence),
                    ))
                })
                .doing("writing events")?;
        }
        Ok(())
    }
}
