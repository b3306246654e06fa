//! Entries as children send them.

use super::codec::{Doing, day_to_sql};
use super::{NewEntry, StoredEntry, Writer};
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

impl Incoming {
    /// The same as one that is not here yet.
    pub fn as_new(&self) -> NewEntry<'_> {
        let Incoming { uid, area, list, origin, first_seen, baseline, removed, corrected, ref body } = *self;
        NewEntry { uid, area, list, origin, first_seen, baseline, removed, corrected, body }
    }
}

impl Writer<'_> {
    /// Makes an entry say what a child sent; what it said until now goes into its history.
    pub fn update_incoming(&self, old: &StoredEntry, incoming: &Incoming, today: Date) -> Result<()> {
        let seq = self.next_seq() as i64;
        self.keep_history(old.id, &incoming.body, today, seq)?;
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
