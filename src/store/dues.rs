//! When a person's findings change by the calendar alone.

use super::codec::{Doing, day_to_sql};
use super::{View, Writer};
use crate::domain::{Date, Uid};
use crate::error::Result;

impl View<'_> {
    /// Persons whose findings change by the calendar on or before `today`.
    pub fn persons_due(&self, today: Date, limit: usize) -> Result<Vec<Uid>> {
        self.conn
            .prepare_cached("SELECT person FROM dues WHERE day <= ?1 ORDER BY day, person LIMIT ?2")
            .and_then(|mut s| {
                s.query_map((day_to_sql(today), limit as i64), |row| row.get::<_, i64>(0).map(|p| Uid(p as u64)))?
                    .collect()
            })
            .doing("reading what falls due")
    }
}

impl Writer<'_> {
    /// The next day to judge a person again; `None` forgets it.
    pub fn set_due(&self, person: Uid, day: Option<Date>) -> Result<()> {
        match day {
            Some(day) => self
                .conn
                .prepare_cached(
                    "INSERT INTO dues VALUES (?1, ?2) ON CONFLICT (person) DO UPDATE SET day = ?2 WHERE day <> ?2",
                )
                .and_then(|mut s| s.execute((person.0 as i64, day_to_sql(day)))),
            None => self
                .conn
                .prepare_cached("DELETE FROM dues WHERE person = ?1")
                .and_then(|mut s| s.execute([person.0 as i64])),
        }
        .doing("noting when a person falls due")?;
        Ok(())
    }
}
