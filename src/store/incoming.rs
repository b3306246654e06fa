//! Entries as children send them.

use super::codec::{Doing, day_to_sql};
use super::{StoredEntry, Writer};
use crate::domain::{Area, Date, List, Uid};
use crate::error::Result;

/// An entry as a child sent it.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub uid: Uid,
    pub area: Area,
    pub list: List,
    pub origin: Area,
    pub first_seen: Date,
    pub baseline: bool,
    pub removed: Option<Date>,
    pub corrected: Option<Date>,
    /// The record as JSON, with whatever newer fields its sender put into it.
    pub body: String,
}

impl Writer<'_> {
    /// Adds an entry that a child sent. Gives its id, or `None` where there is one of this name.
    pub fn insert_incoming(&self, incoming: &Incoming) -> Result<Option<i64>> {
        let added = self
            .conn
            .prepare_cached(
                "INSERT INTO entries (uid, seq, area, list, origin, person, first_seen, baseline, removed, corrected, body, sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?1, ?6, ?7, ?8, ?9, ?10, row_sum(?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10))
                 ON CONFLICT (uid) DO NOTHING",
            )
            .and_then(|mut s| {
                s.execute(rusqlite::params![
                    incoming.uid.0 as i64,
                    (self.seq.get() + 1) as i64,
                    incoming.area.padded() as i64,
                    incoming.list as u8,
                    incoming.origin.padded() as i64,
                    day_to_sql(incoming.first_seen),
                    incoming.baseline,
                    incoming.removed.map(day_to_sql),
                    incoming.corrected.map(day_to_sql),
                    incoming.body,
                ])
            })
            .doing("adding a child's entry")?;
        Ok((added > 0).then(|| {
            self.next_seq();
            self.conn.last_insert_rowid()
        }))
    }

    /// Makes an entry say what a child sent; what it said until now goes into its history.
    pub fn update_incoming(&self, old: &StoredEntry, incoming: &Incoming, today: Date) -> Result<()> {
        let seq = self.next_seq() as i64;
        self.keep_history(old.id, today, seq)?;
        self.conn
            .prepare_cached(
                "UPDATE entries SET seq = ?2, first_seen = ?3, baseline = ?4, removed = ?5, corrected = ?6, body = ?7,
                        area = ?8, list = ?9, sum = row_sum(uid, ?8, ?9, origin, ?3, ?4, ?5, ?6, ?7)
                 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute((
                    old.id,
                    seq,
                    day_to_sql(incoming.first_seen),
                    incoming.baseline,
                    incoming.removed.map(day_to_sql),
                    incoming.corrected.map(day_to_sql),
                    &incoming.body,
                    incoming.area.padded() as i64,
                    incoming.list as u8,
                ))
            })
            .doing("changing a child's entry")?;
        Ok(())
    }
}
