//! Who looked at whom (DOMAIN.md 7, PIPL 51-56): written before it is shown, each row bound to the one before.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::codec::{Doing, uids_from_text, uids_to_text};
use super::{View, Writer};
use crate::domain::Uid;
use crate::error::{Context, Result};

/// Where the chain begins once its oldest rows were forgotten.
const ANCHOR: &str = "access_anchor";

/// One look at a person.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessRow {
    pub id: i64,
    /// Unix milliseconds.
    pub at: i64,
    pub who: String,
    /// search or reveal
    pub what: String,
    /// What was asked for, masked.
    pub target: String,
    /// Who was found, as a JSON array of uids; empty where nobody was, or too many to show.
    pub persons: String,
    pub reason: String,
    pub hash: [u8; 32],
}

impl AccessRow {
    pub fn found(&self) -> Vec<Uid> {
        uids_from_text(&self.persons)
    }
}

/// A look that is about to be noted.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Unix milliseconds.
    pub at: i64,
    pub who: &'a str,
    /// search or reveal
    pub what: &'a str,
    /// What was asked for, masked.
    pub target: &'a str,
    pub persons: &'a [Uid],
    pub reason: &'a str,
}

/// An end of the log: how many rows there ever were up to it, and the hash of the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccessHead {
    pub count: u64,
    pub hash: [u8; 32],
}

fn chain(before: &[u8], at: i64, [who, what, target, persons, reason]: [&str; 5]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(before);
    for part in [at.to_string().as_str(), who, what, target, persons, reason] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    *hash.finalize().as_bytes()
}

impl View<'_> {
    /// All looks, the oldest first.
    pub fn access(&self) -> Result<Vec<AccessRow>> {
        self.conn
            .prepare_cached("SELECT id, at, who, what, target, persons, reason, hash FROM access ORDER BY id")
            .and_then(|mut s| {
                s.query_map([], |row| {
                    let hash: Vec<u8> = row.get(7)?;
                    Ok(AccessRow {
                        id: row.get(0)?,
                        at: row.get(1)?,
                        who: row.get(2)?,
                        what: row.get(3)?,
                        target: row.get(4)?,
                        persons: row.get(5)?,
                        reason: row.get(6)?,
                        hash: hash.try_into().unwrap_or_default(),
                    })
                })?
                .collect()
            })
            .doing("reading the access log")
    }

    /// The first row that is not bound to the one before it: somebody changed the log there.
    pub fn access_break(&self) -> Result<Option<i64>> {
        let mut before = self.access_anchor()?;
        for row in self.access()? {
            let expected = chain(&before.hash, row.at, [&row.who, &row.what, &row.target, &row.persons, &row.reason]);
            if row.hash != expected || row.id as u64 != before.count + 1 {
                return Ok(Some(row.id));
            }
            before = AccessHead { count: row.id as u64, hash: row.hash };
        }
        Ok(None)
    }

    /// Where the log ends: what is sent upward, so that rows cut off its end are missed there.
    pub fn access_head(&self) -> Result<AccessHead> {
        let last: Option<(i64, Vec<u8>)> = self
            .conn
            .prepare_cached("SELECT id, hash FROM access ORDER BY id DESC LIMIT 1")
            .and_then(|mut s| s.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .doing("reading the access log")?;
        match last {
            Some((id, hash)) => Ok(AccessHead { count: id as u64, hash: hash.try_into().unwrap_or_default() }),
            None => self.access_anchor(),
        }
    }

    /// Where the log begins: the end of what was forgotten for its age, the chain's beginning where nothing was.
    fn access_anchor(&self) -> Result<AccessHead> {
        match self.meta_text(ANCHOR)? {
            Some(text) => serde_json::from_str(&text).or_say("reading where the access log begins"),
            None => Ok(AccessHead::default()),
        }
    }
}

impl Writer<'_> {
    /// Notes a look. To be committed before anything is shown.
    pub fn note_access(&self, look: &Look) -> Result<()> {
        let Look { at, who, what, target, persons, reason } = *look;
        let before = self.access_head()?;
        let persons = uids_to_text(persons);
        let hash = chain(&before.hash, at, [who, what, target, &persons, reason]);
        self.conn
            .prepare_cached(
                "INSERT INTO access (id, at, who, what, target, persons, reason, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .and_then(|mut s| s.execute((before.count as i64 + 1, at, who, what, target, persons, reason, &hash[..])))
            .doing("writing the access log")?;
        Ok(())
    }

    /// Forgets the rows from before `cutoff` (Unix milliseconds) that no younger row stands before, and remembers where
    /// the chain goes on. Gives how many.
    pub fn forget_access(&self, cutoff: i64) -> Result<u64> {
        let mut last = None;
        for row in self.access()?.into_iter().take_while(|row| row.at < cutoff) {
            last = Some(AccessHead { count: row.id as u64, hash: row.hash });
        }
        let Some(anchor) = last else { return Ok(0) };
        let text = serde_json::to_string(&anchor).or_say("keeping where the access log begins")?;
        self.put_meta_text(ANCHOR, &text)?;
        let gone = self
            .conn
            .prepare_cached("DELETE FROM access WHERE id <= ?1")
            .and_then(|mut s| s.execute([anchor.count as i64]))
            .doing("forgetting old rows of the access log")?;
        Ok(gone as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Home, Store};

    const DAY: i64 = 86_400_000;

    fn look<'a>(at: i64, target: &'a str, reason: &'a str) -> Look<'a> {
        Look { at, who: "wang", what: "search", target, persons: &[Uid(7), Uid(8)], reason }
    }

    fn office() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Home::plain(dir.path()), "519901001200".parse().unwrap()).unwrap();
        for day in 0..10 {
            let reason = format!("case {day}");
            store.write(|w| w.note_access(&look(day * DAY, "王**", &reason))).unwrap();
        }
        (dir, store)
    }

    fn meddle(store: &Store, sql: &str) -> Option<i64> {
        store.write(|w| w.conn.execute_batch(sql).doing("meddling")).unwrap();
        store.read(|view| view.access_break()).unwrap()
    }

    #[test]
    fn a_changed_a_missing_and_an_added_row_are_found() {
        assert_eq!(meddle(&office().1, ""), None);
        assert_eq!(meddle(&office().1, "UPDATE access SET reason = 'none' WHERE id = 4"), Some(4));
        assert_eq!(meddle(&office().1, "DELETE FROM access WHERE id = 4"), Some(5));
        assert_eq!(meddle(&office().1, "DELETE FROM access WHERE id = 1"), Some(2));
        assert_eq!(meddle(&office().1, "UPDATE access SET persons = '' WHERE id = 4"), Some(4));
        let copied =
            "INSERT INTO access SELECT 11, at, who, what, target, persons, reason, hash FROM access WHERE id = 10";
        assert_eq!(meddle(&office().1, copied), Some(11));
    }

    #[test]
    fn rows_cut_off_the_end_show_in_the_head_that_went_upward() {
        let (_dir, store) = office();
        let sent = store.read(|view| view.access_head()).unwrap();
        assert_eq!(meddle(&store, "DELETE FROM access WHERE id > 7"), None, "the chain alone cannot tell");
        let now = store.read(|view| view.access_head()).unwrap();
        assert_eq!((sent.count, now.count), (10, 7));
    }

    #[test]
    fn what_is_old_is_forgotten_and_the_rest_stays_bound_to_it() {
        let (_dir, store) = office();
        let head = store.read(|view| view.access_head()).unwrap();
        assert_eq!(store.write(|w| w.forget_access(4 * DAY)).unwrap(), 4);
        assert_eq!(store.write(|w| w.forget_access(4 * DAY)).unwrap(), 0);
        assert_eq!(store.read(|view| view.access_head()).unwrap(), head, "what went upward still fits");
        assert_eq!(meddle(&store, ""), None);
        assert_eq!(store.write(|w| w.forget_access(99 * DAY)).unwrap(), 6);
        assert_eq!(store.read(|view| view.access_head()).unwrap(), head, "nothing is left, and the count goes on");
        store.write(|w| w.note_access(&look(100 * DAY, "李**", "visit"))).unwrap();
        let rows = store.read(|view| view.access()).unwrap();
        assert_eq!((rows.len(), rows[0].id), (1, 11));
        assert_eq!(meddle(&store, ""), None);
        assert_eq!(meddle(&store, "UPDATE access SET who = 'nobody'"), Some(11), "bound to what was forgotten");
    }

    #[test]
    fn a_look_at_a_wrong_clock_keeps_what_stands_behind_it() {
        let (_dir, store) = office();
        store.write(|w| w.note_access(&look(-400 * DAY, "赵**", "clock of 1968"))).unwrap();
        assert_eq!(store.write(|w| w.forget_access(-100 * DAY)).unwrap(), 0);
        assert_eq!(meddle(&store, ""), None);
    }
}
