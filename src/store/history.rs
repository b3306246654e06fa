//! What entries said before.

use super::codec::{Doing, day, day_to_sql};
use super::entries::record;
use super::{View, Writer};
use crate::domain::{Date, Record};
use crate::error::Result;

/// Versions of an entry that are kept beside the one that counts: what somebody needs who asks since when a line says what
/// it says, and no file on a person for ever.
const HISTORY_MAX: i64 = 12;

impl View<'_> {
    /// What the entry said before, the newest first: until which day, and what. At most [`HISTORY_MAX`].
    pub fn said_before(&self, id: i64) -> Result<Vec<(Date, Record)>> {
        self.conn
            .prepare_cached("SELECT until, body FROM history WHERE entry = ?1 ORDER BY seq DESC")
            .and_then(|mut s| s.query_map([id], |row| Ok((day(row, 0)?, record(row, 1)?)))?.collect())
            .doing("reading an entry's history")
    }

    /// Whether the entry ever said something else.
    pub fn has_history(&self, id: i64) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM history WHERE entry = ?1)")
            .and_then(|mut s| s.query_row([id], |row| row.get(0)))
            .doing("reading an entry's history")
    }
}

impl Writer<'_> {
    /// Keeps what an entry says, where `body` says something else, and lets go of what is older than the last
    /// [`HISTORY_MAX`].
    pub(super) fn keep_history(&self, id: i64, body: &str, today: Date, seq: i64) -> Result<()> {
        let doing = "keeping what an entry said";
        let kept = self
            .conn
            .prepare_cached(
                "INSERT INTO history (entry, until, seq, body)
                 SELECT id, ?2, ?3, body FROM entries WHERE id = ?1 AND body <> ?4",
            )
            .and_then(|mut s| s.execute((id, day_to_sql(today), seq, body)))
            .doing(doing)?;
        if kept > 0 {
            self.conn
                .prepare_cached(
                    "DELETE FROM history WHERE entry = ?1 AND seq <=
                     (SELECT seq FROM history WHERE entry = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
                )
                .and_then(|mut s| s.execute((id, HISTORY_MAX)))
                .doing(doing)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Home, NewEntry, Store};
    use super::*;
    use crate::domain::{Area, List, Uid};

    #[test]
    fn an_entry_keeps_the_newest_of_what_it_said_and_nothing_of_a_day_somebody_was_seen() {
        let dir = tempfile::tempdir().unwrap();
        let area: Area = "519901001200".parse().unwrap();
        let store = Store::open(Home::plain(dir.path()), area).unwrap();
        let day: Date = "2026-03-31".parse().unwrap();
        let body = |n: i64| format!(r#"{{"name":"王{n}"}}"#);
        let said = || {
            let read = store.read(|view| view.said_before(view.entry(Uid(1))?.unwrap().id)).unwrap();
            read.into_iter().map(|(_, record)| record.name.to_string()).collect::<Vec<_>>()
        };
        let (list, uid) = (List::Health, Uid(1));
        let first = body(0);
        let new = NewEntry {
            uid,
            area,
            list,
            origin: area,
            first_seen: day,
            baseline: true,
            removed: None,
            corrected: None,
            body: &first,
        };
        let id = store.write(|writer| writer.new_entries()?.add(&new)).unwrap().unwrap();
        store.write(|writer| writer.see_entry(id, r#"{"name":"王0","seen":"2026-03-30"}"#)).unwrap();
        assert!(said().is_empty());
        let change = |n: i64| {
            store.write(|writer| writer.update_entry(&writer.entry(uid)?.unwrap(), &body(n), day, false)).unwrap();
        };
        change(1);
        change(1);
        assert_eq!(said(), ["王0"], "the same again is nothing new");
        (2..20).for_each(change);
        let kept: Vec<String> = (19 - HISTORY_MAX..19).rev().map(|n| format!("王{n}")).collect();
        assert_eq!(said(), kept);
        assert!(store.read(|view| view.has_history(id)).unwrap());
    }
}
