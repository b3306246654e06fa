//! Findings that offices below make by what they know themselves, and that fall away with what is known here.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, area, list, uid};
use super::{View, Writer};
use crate::domain::{FindingId, SeenThrough, Uid};
use crate::error::Result;

const COLUMNS: &str = "id, entry, list, area, perhaps, holds";

fn seen(row: &Row) -> rusqlite::Result<SeenThrough> {
    Ok(SeenThrough {
        id: FindingId(row.get::<_, i64>(0)? as u64),
        entry: uid(row, 1)?,
        list: list(row, 2)?,
        area: area(row, 3)?,
        perhaps: row.get(4)?,
    })
}

impl View<'_> {
    /// What is known of a finding of an office below, and whether it is still seen through.
    pub fn seen_through(&self, id: FindingId) -> Result<Option<(SeenThrough, bool)>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM seen_through WHERE id = ?1"))
            .and_then(|mut s| s.query_row([id.0 as i64], |row| Ok((seen(row)?, row.get(5)?))).optional())
            .doing("reading what is seen through")
    }

    /// Findings of offices below of which this changed after `nseq`, in its order.
    pub fn seen_through_changed(&self, nseq: u64, limit: usize) -> Result<Vec<(u64, FindingId)>> {
        self.conn
            .prepare_cached("SELECT nseq, id FROM seen_through WHERE nseq > ?1 ORDER BY nseq LIMIT ?2")
            .and_then(|mut s| {
                s.query_map((nseq as i64, limit as i64), |row| {
                    Ok((row.get::<_, i64>(0)? as u64, FindingId(row.get::<_, i64>(1)? as u64)))
                })?
                .collect()
            })
            .doing("reading what is seen through")
    }

    fn seen_through_of(&self, person: Uid) -> Result<Vec<SeenThrough>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM seen_through WHERE person = ?1 AND holds = 1"))
            .and_then(|mut s| s.query_map([person.0 as i64], seen)?.collect())
            .doing("reading what is seen through")
    }
}

impl Writer<'_> {
    /// Makes what is seen through of these persons be exactly `now`. All persons that may have exchanged entries are
    /// to be given in one call.
    pub fn put_seen_through(&self, persons: &[Uid], now: &[(Uid, SeenThrough)]) -> Result<()> {
        let doing = "writing what is seen through";
        let mut before: Vec<(Uid, SeenThrough)> = Vec::new();
        if self.any(&self.sees_through, "SELECT EXISTS (SELECT 1 FROM seen_through)")? {
            for person in persons {
                before.extend(self.seen_through_of(*person)?.into_iter().map(|seen| (*person, seen)));
            }
        }
        for (_, old) in before.iter().filter(|(_, old)| !now.iter().any(|(_, seen)| seen.id == old.id)) {
            self.conn
                .prepare_cached("UPDATE seen_through SET holds = 0, nseq = ?2 WHERE id = ?1")
                .and_then(|mut s| s.execute((old.id.0 as i64, self.next_seq() as i64)))
                .doing(doing)?;
        }
        for (person, seen) in now.iter().filter(|held| !before.contains(held)) {
            self.sees_through.set(Some(true));
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO seen_through VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7)")
                .and_then(|mut s| {
                    s.execute((
                        seen.id.0 as i64,
                        self.next_seq() as i64,
                        person.0 as i64,
                        seen.entry.0 as i64,
                        seen.list as u8,
                        seen.area.padded() as i64,
                        seen.perhaps,
                    ))
                })
                .doing(doing)?;
        }
        Ok(())
    }
}
