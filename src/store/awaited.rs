//! Lists of which a file waits for a person: one that is held, or one that counted and cannot be read as it is now. Who
//! stands on no line of such a list may stand in that file, so nobody new is called missing there until it is settled.
//!
//! What waits is said beside the list and travels with it: the offices above must not call missing whom the office itself
//! does not. It is no part of what nodes compare, of which older ones know nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::codec::{Doing, area, list};
use super::{Placement, SnapshotKey, View, Writer, sum};
use crate::domain::{Area, FindingId, List, Uid};
use crate::error::Result;

const DOING: &str = "noting which lists wait for a person";

/// Of a released file nothing was taken before it is read again. One that somebody took out of its folder waits no more;
/// in a folder that is empty it may only be away.
const HELD: &str = "SELECT DISTINCT list, area FROM held
     WHERE (state = 'held' OR state = 'released' AND (stream, file) IN (SELECT stream, path FROM sources WHERE state = 'waiting'))
       AND (stream, file) NOT IN (SELECT stream, path FROM sources WHERE gone AND modified = -1)";

/// A file that was never read as a list is none that anybody waits for.
const UNREADABLE: &str = "SELECT stream, path FROM sources WHERE state = 'quarantined' AND lists <> '[]' AND NOT gone";

impl View<'_> {
    /// Whether a finding holds, and nobody has to look for why it should open.
    pub fn holds(&self, id: FindingId) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM findings WHERE id = ?1 AND holds = 1)")
            .and_then(|mut s| s.query_row([id.0 as i64], |row| row.get(0)))
            .doing("reading a finding")
    }

    /// Lists that are here and of which a file waits, at this node or at one below it.
    pub fn awaited(&self) -> Result<BTreeSet<(List, Area)>> {
        self.conn
            .prepare_cached("SELECT DISTINCT list, area FROM snapshots WHERE awaits = 1")
            .and_then(|mut s| s.query_map([], |row| Ok((list(row, 0)?, area(row, 1)?)))?.collect())
            .doing(DOING)
    }

    /// Lists of this node's own of which a file waits now.
    fn waits_now(&self, own: Area) -> Result<BTreeSet<(List, Area)>> {
        let mut waits: BTreeSet<(List, Area)> = self
            .conn
            .prepare_cached(HELD)
            .and_then(|mut s| s.query_map([], |row| Ok((list(row, 0)?, area(row, 1)?)))?.collect())
            .doing(DOING)?;
        let unreadable: BTreeSet<(String, String)> = self
            .conn
            .prepare_cached(UNREADABLE)
            .and_then(|mut s| s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .doing(DOING)?;
        if unreadable.is_empty() {
            return Ok(waits);
        }
        let mut statement = self
            .conn
            .prepare_cached("SELECT list, area, stream, file, placement FROM snapshots WHERE origin = ?1")
            .doing(DOING)?;
        let mut rows = statement.query([own.padded() as i64]).doing(DOING)?;
        while let Some(row) = rows.next().doing(DOING)? {
            let (stream, file): (String, String) = (row.get(2).doing(DOING)?, row.get(3).doing(DOING)?);
            let counted = |file: &str| unreadable.iter().any(|(of, path)| *of == stream && path == file);
            let placement = || Placement::decode(row.get_ref(4).ok()?.as_blob().ok()?);
            let has_part =
                || placement().is_some_and(|p| p.segments.iter().flat_map(|s| &s.file).any(|file| counted(file)));
            if counted(&file) || has_part() {
                waits.insert((list(row, 0).doing(DOING)?, area(row, 1).doing(DOING)?));
            }
        }
        Ok(waits)
    }
}

impl Writer<'_> {
    /// Says beside each list of this node's own whether a file of it waits. To be called in every transaction that takes,
    /// holds, refuses or settles a file.
    pub fn note_awaited(&self) -> Result<()> {
        let Some(own) = self.own_area()? else { return Ok(()) };
        let waits = self.waits_now(own)?;
        let mut lists: BTreeMap<i64, (SnapshotKey, bool)> = BTreeMap::new();
        let said = "SELECT list, area, origin, stream, id FROM snapshots WHERE awaits = 1 AND origin = ?1";
        let named =
            "SELECT list, area, origin, stream, id FROM snapshots WHERE list = ?1 AND area = ?2 AND origin = ?3";
        let key = |row: &rusqlite::Row| -> rusqlite::Result<(i64, SnapshotKey)> {
            let (list, origin) = (list(row, 0)?, area(row, 2)?);
            Ok((row.get(4)?, SnapshotKey { list, area: area(row, 1)?, origin, stream: row.get(3)? }))
        };
        let before: Vec<(i64, SnapshotKey)> = self
            .conn
            .prepare_cached(said)
            .and_then(|mut s| s.query_map([own.padded() as i64], key)?.collect())
            .doing(DOING)?;
        lists.extend(before.into_iter().map(|(id, key)| (id, (key, false))));
        for (list, area) in &waits {
            let now: Vec<(i64, SnapshotKey)> = self
                .conn
                .prepare_cached(named)
                .and_then(|mut s| s.query_map((*list as u8, area.padded() as i64, own.padded() as i64), key)?.collect())
                .doing(DOING)?;
            for (id, key) in now {
                // What waited before and waits still is as it was.
                if lists.remove(&id).is_none() {
                    lists.insert(id, (key, true));
                }
            }
        }
        for (id, (key, awaits)) in lists {
            let seq = self.next_seq_of_list(id)?;
            let sum = sum::with(sum::SNAPSHOT, "awaits", "?3");
            self.conn
                .prepare_cached(&format!("UPDATE snapshots SET seq = ?2, awaits = ?3, sum = {sum} WHERE id = ?1"))
                .and_then(|mut s| s.execute((id, seq as i64, awaits)))
                .doing(DOING)?;
            if !awaits {
                self.end_wait(&key)?;
            }
        }
        Ok(())
    }

    /// Nothing of a list waits any more: whoever would have been called missing there meanwhile is judged again.
    pub(super) fn end_wait(&self, key: &SnapshotKey) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO dues SELECT DISTINCT person, 0 FROM unsaid WHERE list = ?1 AND area = ?2",
            )
            .and_then(|mut s| s.execute((key.list as u8, key.area.padded() as i64)))
            .doing("noting whom a list that waited concerns")?;
        Ok(())
    }

    /// Makes what is not said of these persons meanwhile be exactly `now`: on which lists they would be called missing.
    pub fn put_unsaid(&self, persons: &[Uid], now: &[(Uid, (List, Area))]) -> Result<()> {
        let doing = "writing what is not said meanwhile";
        if self.any(&self.leaves_unsaid, "SELECT EXISTS (SELECT 1 FROM unsaid)")? {
            for person in persons {
                self.conn
                    .prepare_cached("DELETE FROM unsaid WHERE person = ?1")
                    .and_then(|mut s| s.execute([person.0 as i64]))
                    .doing(doing)?;
            }
        }
        for (person, (list, area)) in now {
            self.leaves_unsaid.set(Some(true));
            self.conn
                .prepare_cached("INSERT OR IGNORE INTO unsaid VALUES (?1, ?2, ?3)")
                .and_then(|mut s| s.execute((person.0 as i64, *list as u8, area.padded() as i64)))
                .doing(doing)?;
        }
        Ok(())
    }
}
