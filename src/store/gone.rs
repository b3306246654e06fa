//! What a node above holds and the node that it came from never had (a clone's work, or from before a restore). No entry
//! and no list here can become its tombstone, so the word that it is gone is one, and travels like everything else.

use std::collections::HashMap;

use rusqlite::OptionalExtension;

use super::codec::{Doing, area, list};
use super::{Snapshot, SnapshotKey, View, Writer, sum};
use crate::domain::{Area, List};
use crate::error::Result;

const DOING: &str = "telling the parent of something that is not here";

impl View<'_> {
    /// What is told to be gone in this stretch: number, the area of which it is said, name.
    pub(super) fn gone_between(&self, after: u64, upto: u64, limit: usize) -> Result<Vec<(u64, Area, u64)>> {
        self.conn
            .prepare_cached("SELECT key, area, seq, sum FROM gone WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3")
            .and_then(|mut s| {
                s.query_map((after as i64, upto as i64, limit as i64), |row| {
                    sum::check(row, &[0, 1], 3)?;
                    Ok((row.get::<_, i64>(2)? as u64, area(row, 1)?, row.get::<_, i64>(0)? as u64))
                })?
                .collect()
            })
            .doing("reading what must travel")
    }

    /// The number under which this was last told to be gone.
    pub(super) fn told_gone(&self, name: u64) -> Result<Option<u64>> {
        self.conn
            .prepare_cached("SELECT seq FROM gone WHERE key = ?1")
            .and_then(|mut s| s.query_row([name as i64], |row| row.get::<_, i64>(0)).optional())
            .map(|seq| seq.map(|seq| seq as u64))
            .doing(DOING)
    }

    /// The lists that nodes inside `within` own, by the names under which two nodes compare them.
    pub(super) fn snapshot_names(&self, within: Area) -> Result<HashMap<u64, (i64, SnapshotKey)>> {
        let (first, last) = within.range();
        self.conn
            .prepare_cached("SELECT list, area, origin, stream, id FROM snapshots WHERE origin BETWEEN ?1 AND ?2")
            .and_then(|mut s| {
                s.query_map((first as i64, last as i64), |row| {
                    let (list, area, origin) = (list(row, 0)?, area(row, 1)?, area(row, 2)?);
                    let key = SnapshotKey { list, area, origin, stream: row.get(3)? };
                    Ok((key.name(), (row.get(4)?, key)))
                })?
                .collect()
            })
            .doing("listing what is held")
    }
}

impl Writer<'_> {
    /// Has the parent told that no office in `within` has what goes by this name.
    pub(super) fn tell_gone(&self, name: u64, within: Area) -> Result<()> {
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO gone VALUES (?1, ?2, ?3, row_sum(?1, ?3))")
            .and_then(|mut s| s.execute((name as i64, self.next_seq() as i64, within.padded() as i64)))
            .doing(DOING)?;
        Ok(())
    }

    /// Forgets where a list stood that another source gives now. A file of it there needs nobody's eye any more, and counts
    /// as new should it come back.
    pub fn forget_moved(&self, left: &Snapshot) -> Result<()> {
        let SnapshotKey { origin, stream, .. } = &left.key;
        self.forget_snapshot(left.key.name(), *origin)?;
        self.forget_refused(*origin, stream, &left.facts.file)
    }

    /// Forgets the list of this name that an office in `within` reported, and hands the word on. Does nothing where there
    /// is none. What was found of the list is closed by the next pass.
    pub fn forget_snapshot(&self, name: u64, within: Area) -> Result<()> {
        let on_its_way = self.lists_on_their_way(within)?.into_iter().find(|key| key.name() == name);
        on_its_way.map_or(Ok(()), |key| self.forget_pages(&key))?;
        let Some((id, key)) = self.snapshot_names(within)?.remove(&name) else { return Ok(()) };
        self.end_wait(&key)?;
        if self.has_another_source(&key)?
            && let Some((.., placement)) = self.snapshot(&key)?
        {
            placement.lines().try_for_each(|line| self.judge_again(line.uid))?;
        }
        self.conn
            .prepare_cached("DELETE FROM snapshots WHERE id = ?1")
            .and_then(|mut s| s.execute([id]))
            .doing("forgetting a list")?;
        if key.list == List::Population {
            self.expect_arrivals(&key)?;
        }
        self.tell_gone(name, within)
    }
}
