//! Snapshots that wait for a person, and what was decided about them.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, area, list};
use super::quarantine::COUNTS_NOWHERE;
use super::{View, Writer};
use crate::domain::{Area, List};
use crate::error::Result;

/// A snapshot that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub id: i64,
    pub at: i64,
    pub stream: String,
    pub file: String,
    pub hash: [u8; 32],
    pub area: Area,
    pub list: List,
    pub had: u64,
    pub has: u64,
    pub removes: u64,
    /// Its name tells that it has some of the people for a purpose, and that of the file that counts does not.
    pub picks: bool,
    /// Lines that tell of somebody else than before, where they are so many that it waits for that.
    pub changes: u64,
    /// Lines that said that somebody died, left or is supported no more, and say so no more, where it waits for that.
    pub revives: u64,
    /// held, released, taken, rejected, superseded
    pub state: String,
}

fn held(row: &Row) -> rusqlite::Result<Held> {
    Ok(Held {
        id: row.get(0)?,
        at: row.get(1)?,
        stream: row.get(2)?,
        file: row.get(3)?,
        hash: row.get(4)?,
        area: area(row, 5)?,
        list: list(row, 6)?,
        had: row.get::<_, i64>(7)? as u64,
        has: row.get::<_, i64>(8)? as u64,
        removes: row.get::<_, i64>(9)? as u64,
        picks: row.get(10)?,
        changes: row.get::<_, i64>(11)? as u64,
        revives: row.get::<_, i64>(12)? as u64,
        state: row.get(13)?,
    })
}

const HELD: &str = "id, at, stream, file, hash, area, list, had, has, removes, picks, changes, revives, state";

impl View<'_> {
    /// Snapshots that wait; with `all`, also those that were decided.
    pub fn held(&self, all: bool) -> Result<Vec<Held>> {
        self.conn
            .prepare_cached(&format!("SELECT {HELD} FROM held WHERE ?1 OR state = 'held' ORDER BY id"))
            .and_then(|mut s| s.query_map([all], held)?.collect())
            .doing("reading held snapshots")
    }

    /// Whether a person released exactly this content for this list and area, and it was not taken yet.
    pub fn is_released(&self, stream: &str, hash: &[u8; 32], at: (List, Area)) -> Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM held WHERE stream = ?1 AND hash = ?2 AND area = ?3 AND list = ?4
                                AND state = 'released')",
            )
            .and_then(|mut s| {
                let key = (stream, &hash[..], at.1.padded() as i64, at.0 as u8);
                s.query_row(key, |row| row.get(0))
            })
            .doing("reading held snapshots")
    }
}

impl Writer<'_> {
    /// Holds a snapshot. The same content read again keeps its number, which somebody may have written down.
    pub fn hold(&self, new: &Held) -> Result<i64> {
        let same = self
            .conn
            .prepare_cached(
                "SELECT id FROM held
                 WHERE stream = ?1 AND area = ?2 AND list = ?3 AND hash = ?4 AND file = ?5 AND state = 'held'",
            )
            .and_then(|mut s| {
                let key = (&new.stream, new.area.padded() as i64, new.list as u8, &new.hash[..], &new.file);
                s.query_row(key, |row| row.get(0)).optional()
            })
            .doing("holding a snapshot")?;
        if let Some(id) = same {
            return Ok(id);
        }
        self.conn
            .prepare_cached(
                "INSERT INTO held (at, stream, file, hash, area, list, had, has, removes, picks, changes, revives, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'held')",
            )
            .and_then(|mut s| {
                s.insert((
                    new.at,
                    &new.stream,
                    &new.file,
                    &new.hash[..],
                    new.area.padded() as i64,
                    new.list as u8,
                    new.had as i64,
                    new.has as i64,
                    new.removes as i64,
                    new.picks,
                    new.changes as i64,
                    new.revives as i64,
                ))
            })
            .doing("holding a snapshot")
    }

    /// A later snapshot takes the place of one that waits.
    pub fn supersede_held(&self, id: i64) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE held SET state = 'superseded' WHERE id = ?1 AND state = 'held'")
            .and_then(|mut s| s.execute([id]))
            .doing("holding a snapshot")?;
        Ok(())
    }

    /// A snapshot of this content was taken: a release of it has done its work. One of other content was about what stood
    /// before, and is void.
    pub fn use_releases(&self, stream: &str, hash: &[u8; 32], at: (List, Area)) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE held SET state = CASE WHEN hash = ?2 THEN 'taken' ELSE 'superseded' END
                 WHERE stream = ?1 AND area = ?3 AND list = ?4 AND state = 'released'",
            )
            .and_then(|mut s| s.execute((stream, &hash[..], at.1.padded() as i64, at.0 as u8)))
            .doing("noting that a released snapshot was taken")?;
        Ok(())
    }

    /// Sets what a person decided about a held snapshot and gives it; `None` where it does not wait. The file of one that is
    /// released waits to be read again, whatever happens before somebody does; that of one that is rejected is done with,
    /// unless another list of it waits still. A file that is another one by now is not concerned.
    pub fn decide_held(&self, id: i64, state: &str) -> Result<Option<Held>> {
        let decided = self
            .conn
            .prepare_cached(&format!("UPDATE held SET state = ?2 WHERE id = ?1 AND state = 'held' RETURNING {HELD}"))
            .and_then(|mut s| s.query_row((id, state), held).optional())
            .doing("deciding about a held snapshot")?;
        if let Some(held) = &decided {
            self.conn
                .prepare_cached(if state == "released" {
                    "UPDATE sources SET state = 'waiting', modified = -1 WHERE stream = ?1 AND path = ?2 AND hash = ?3"
                } else {
                    "UPDATE sources SET state = 'rejected' WHERE stream = ?1 AND path = ?2 AND hash = ?3 AND state = 'held'
                     AND NOT EXISTS (SELECT 1 FROM held WHERE stream = ?1 AND file = ?2 AND hash = ?3 AND state = 'held')"
                })
                .and_then(|mut s| s.execute((&held.stream, &held.file, &held.hash[..])))
                .doing("deciding about a held snapshot")?;
            if state == "rejected" {
                self.conn
                    .prepare_cached(&format!(
                        "DELETE FROM quarantine WHERE stream = ?1 AND file = ?2 AND thing IS NULL AND {COUNTS_NOWHERE}"
                    ))
                    .and_then(|mut s| s.execute((&held.stream, &held.file)))
                    .doing("writing the quarantine")?;
            }
            self.note_awaited()?;
        }
        Ok(decided)
    }
}
