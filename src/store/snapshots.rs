//! The latest snapshot of each list and area, with the place of every line.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, area, day, day_to_sql, list, optional_day};
use super::{Placement, View, Writer, fault, pages, sum};
use crate::domain::{Area, Date, List};
use crate::error::{Error, Result};
use crate::rules::{SnapshotFacts, StatedTotal};

/// What a snapshot replaces: the same list of the same area, by the same node, from the same stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SnapshotKey {
    pub list: List,
    pub area: Area,
    pub origin: Area,
    /// Empty for the inbox, else the name of the configured source.
    pub stream: String,
}

/// A snapshot without its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub key: SnapshotKey,
    pub facts: SnapshotFacts,
    /// The day that the file itself states, where it does. Known of this node's own files alone.
    pub stated_on: Option<Date>,
    /// Another file of this list and area waits for a person's word: who stands on no line of the list may stand there.
    pub awaits: bool,
    /// Unix milliseconds.
    pub read_at: i64,
}

pub(super) const COLUMNS: &str = "list, area, origin, stream, file, sheet, taken_on, read_at, lines, damaged, total_row, total_stated, total_counted, stated_on, awaits";

pub(super) fn snapshot(row: &Row) -> rusqlite::Result<Snapshot> {
    let (list, area_) = (list(row, 0)?, area(row, 1)?);
    let total = match (row.get::<_, Option<u32>>(10)?, row.get::<_, Option<i64>>(11)?, row.get::<_, Option<i64>>(12)?) {
        (Some(row), Some(stated), Some(counted)) => {
            Some(StatedTotal { row, stated: stated as u64, counted: counted as u64 })
        }
        _ => None,
    };
    Ok(Snapshot {
        key: SnapshotKey { list, area: area_, origin: area(row, 2)?, stream: row.get(3)? },
        facts: SnapshotFacts {
            area: area_,
            list,
            file: row.get(4)?,
            sheet: row.get(5)?,
            taken_on: day(row, 6)?,
            lines: row.get::<_, i64>(8)? as u64,
            damaged: row.get::<_, i64>(9)? as u64,
            total,
        },
        stated_on: optional_day(row, 13)?,
        awaits: row.get(14)?,
        read_at: row.get(7)?,
    })
}

impl View<'_> {
    /// The snapshot of this key with its lines.
    pub fn snapshot(&self, key: &SnapshotKey) -> Result<Option<(i64, Snapshot, Placement)>> {
        let found: Option<(Snapshot, Vec<u8>, i64)> = self
            .conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, placement, id, sum FROM snapshots WHERE list = ?1 AND area = ?2 AND origin = ?3 AND stream = ?4"
            ))
            .and_then(|mut s| {
                s.query_row(
                    (key.list as u8, key.area.padded() as i64, key.origin.padded() as i64, &key.stream),
                    |row| {
                        sum::check(row, &[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 15, 14], 17)?;
                        Ok((snapshot(row)?, row.get(15)?, row.get(16)?))
                    },
                )
                .optional()
            })
            .doing("reading a snapshot")?;
        match &found {
            Some((snapshot, ..)) if snapshot.key != *key => return Err(fault::misled()),
            None if self.has_snapshot(key)? => return Err(fault::misled()),
            _ => {}
        }
        found
            .map(|(snapshot, bytes, id)| {
                let placement = Placement::decode(&bytes).ok_or_else(|| {
                    Error::new("the places of a snapshot's lines do not read").hint("run rosterd doctor")
                })?;
                Ok((id, snapshot, placement))
            })
            .transpose()
    }

    /// Whether there is one, by the rows alone and no index: a list taken for one that was never here would be read as a
    /// first one, all of its lines new.
    fn has_snapshot(&self, key: &SnapshotKey) -> Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM snapshots NOT INDEXED
                                WHERE list = ?1 AND area = ?2 AND origin = ?3 AND stream = ?4)",
            )
            .and_then(|mut s| {
                let key = (key.list as u8, key.area.padded() as i64, key.origin.padded() as i64, &key.stream);
                s.query_row(key, |row| row.get(0))
            })
            .doing("looking for a snapshot")
    }

    /// All snapshots this node keeps, without their lines.
    pub fn snapshots(&self) -> Result<Vec<(i64, Snapshot)>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS}, id FROM snapshots ORDER BY area, list, origin, stream"))
            .and_then(|mut s| s.query_map([], |row| Ok((row.get(15)?, snapshot(row)?)))?.collect())
            .doing("reading the snapshots")
    }

    pub fn snapshot_by_id(&self, id: i64) -> Result<Option<Snapshot>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM snapshots WHERE id = ?1"))
            .and_then(|mut s| s.query_row([id], snapshot).optional())
            .doing("reading a snapshot")
    }

    /// Areas that have a snapshot of `list` by `origin` in this stream.
    pub fn snapshot_areas(&self, list: List, origin: Area, stream: &str) -> Result<Vec<Area>> {
        self.conn
            .prepare_cached("SELECT area FROM snapshots WHERE list = ?1 AND origin = ?2 AND stream = ?3 ORDER BY area")
            .and_then(|mut s| s.query_map((list as u8, origin.padded() as i64, stream), |row| area(row, 0))?.collect())
            .doing("reading the snapshots")
    }

    /// Streams that gave this list of this area.
    pub fn snapshot_streams(&self, key: &SnapshotKey) -> Result<Vec<String>> {
        self.conn
            .prepare_cached(
                "SELECT stream FROM snapshots WHERE list = ?1 AND area = ?2 AND origin = ?3 ORDER BY stream",
            )
            .and_then(|mut s| {
                let key = (key.list as u8, key.area.padded() as i64, key.origin.padded() as i64);
                s.query_map(key, |row| row.get(0))?.collect()
            })
            .doing("reading the snapshots")
    }

    /// Whether the office has the list from another source as well. Then the lists alone say which lines are of one and the
    /// same, and whoever stands on lines that come onto one of them, or go with it, is to be judged again.
    pub fn has_another_source(&self, key: &SnapshotKey) -> Result<bool> {
        Ok(self.snapshot_streams(key)?.iter().any(|stream| *stream != key.stream))
    }

    /// Snapshots whose findings change by the calendar on or before `today`.
    pub fn snapshots_due(&self, today: Date) -> Result<Vec<i64>> {
        self.conn
            .prepare_cached("SELECT id FROM snapshots WHERE due <= ?1 ORDER BY id")
            .and_then(|mut s| s.query_map([day_to_sql(today)], |row| row.get(0))?.collect())
            .doing("reading what falls due")
    }
}

impl Writer<'_> {
    /// Writes a snapshot over the one of the same key. Gives its id.
    pub fn put_snapshot(&self, snapshot: &Snapshot, placement: &Placement) -> Result<i64> {
        let facts = &snapshot.facts;
        let key = &snapshot.key;
        let pages = pages::count(placement);
        if key.list == List::Population {
            self.expect_arrivals(key)?;
        }
        self.tell_moved(key, &facts.file, placement)?;
        if !snapshot.awaits {
            self.end_wait(key)?;
        }
        self.conn
            .prepare_cached(
                "INSERT INTO snapshots (seq, list, area, origin, stream, file, sheet, taken_on, read_at, lines, damaged,
                                        total_row, total_stated, total_counted, placement, stated_on, pages, awaits, due,
                                        sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 0,
                         row_sum(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, ?11, ?12, ?13, ?14, ?15, ?18))
                 ON CONFLICT (list, area, origin, stream) DO UPDATE SET seq = ?1, file = ?6, sheet = ?7, taken_on = ?8,
                     read_at = ?9, lines = ?10, damaged = ?11, total_row = ?12, total_stated = ?13, total_counted = ?14,
                     placement = ?15, stated_on = ?16, pages = ?17, awaits = ?18, dated_before = NULL, due = 0, sum = excluded.sum
                 RETURNING id",
            )
            .and_then(|mut s| {
                s.query_row(
                    rusqlite::params![
                        self.next_seqs(pages as u64) as i64,
                        key.list as u8,
                        key.area.padded() as i64,
                        key.origin.padded() as i64,
                        key.stream,
                        facts.file,
                        facts.sheet,
                        day_to_sql(facts.taken_on),
                        snapshot.read_at,
                        facts.lines as i64,
                        facts.damaged as i64,
                        facts.total.as_ref().map(|t| t.row),
                        facts.total.as_ref().map(|t| t.stated as i64),
                        facts.total.as_ref().map(|t| t.counted as i64),
                        placement.encode(),
                        snapshot.stated_on.map(day_to_sql),
                        pages as i64,
                        snapshot.awaits,
                    ],
                    |row| row.get(0),
                )
            })
            .doing("writing a snapshot")
    }

    /// A register that is here for the first time, or no more: who is said to have moved there, or to its township, is
    /// judged again, as only where there is one can somebody say that they are missing.
    pub(super) fn expect_arrivals(&self, key: &SnapshotKey) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO dues SELECT DISTINCT person, 0 FROM events WHERE kind = 'transfer' AND went_to IN (?1, ?3)
                 AND NOT EXISTS (SELECT 1 FROM snapshots WHERE list = ?2 AND area = ?1)",
            )
            .and_then(|mut s| {
                s.execute((key.area.padded() as i64, key.list as u8, key.area.township().padded() as i64))
            })
            .doing("noting whom a new register concerns")?;
        Ok(())
    }

    pub fn set_snapshot_due(&self, id: i64, due: Option<Date>) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE snapshots SET due = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute((id, due.map(day_to_sql))))
            .doing("noting when a snapshot falls due")?;
        Ok(())
    }
}

impl Writer<'_> {
    /// The same file was exported again without a change: its snapshots are of today, but for those of which it says
    /// itself what day they are of.
    pub fn confirm_snapshots(&self, stream: &str, file: &str, origin: Area, today: Date, read_at: i64) -> Result<()> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT id FROM snapshots
                 WHERE stream = ?1 AND file = ?2 AND origin = ?3 AND taken_on < ?4 AND stated_on IS NULL ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map((stream, file, origin.padded() as i64, day_to_sql(today)), |row| row.get(0))?.collect()
            })
            .doing("noting that a list is unchanged")?;
        for id in ids {
            self.date_snapshot(id, today)?;
            self.conn
                .prepare_cached("UPDATE snapshots SET read_at = ?2, dated_before = NULL WHERE id = ?1")
                .and_then(|mut s| s.execute((id, read_at)))
                .doing("noting that a list is unchanged")?;
        }
        Ok(())
    }

    /// A list that was read is of this day, also in the areas of which nothing was to be told.
    pub fn date_lists(&self, list: List, stream: &str, origin: Area, day: Date) -> Result<()> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT id FROM snapshots WHERE list = ?1 AND stream = ?2 AND origin = ?3 AND taken_on < ?4 ORDER BY id",
            )
            .and_then(|mut s| {
                let of = (list as u8, stream, origin.padded() as i64, day_to_sql(day));
                s.query_map(of, |row| row.get(0))?.collect()
            })
            .doing("dating a list")?;
        ids.into_iter().try_for_each(|id| self.date_snapshot(id, day))
    }

    /// The snapshot is of this day.
    pub(super) fn date_snapshot(&self, id: i64, day: Date) -> Result<()> {
        let seq = self.next_seq_of_list(id)?;
        let sum = sum::with(sum::SNAPSHOT, "taken_on", "?3");
        self.conn
            .prepare_cached(&format!(
                "UPDATE snapshots SET seq = ?2, taken_on = ?3, due = 0, sum = {sum} WHERE id = ?1"
            ))
            .and_then(|mut s| s.execute((id, seq as i64, day_to_sql(day))))
            .doing("dating a list")?;
        Ok(())
    }
}
