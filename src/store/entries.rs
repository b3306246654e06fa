//! Entries, and which of them wait to be worked on.

use rusqlite::{CachedStatement, OptionalExtension, Row};

use super::codec::{Doing, area, day, day_to_sql, list, optional_day, uid};
use super::{View, Writer, fault, sum};
use crate::domain::{Area, Date, Entry, List, Record, Uid};
use crate::error::Result;

/// An entry that was not there before, of this node or of one below.
pub struct NewEntry<'a> {
    pub uid: Uid,
    pub area: Area,
    pub list: List,
    pub origin: Area,
    pub first_seen: Date,
    pub baseline: bool,
    pub removed: Option<Date>,
    pub corrected: Option<Date>,
    /// The record as JSON.
    pub body: &'a str,
}

/// Why an entry waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Wait {
    /// It says something else; who it is did not change.
    Judge = 0,
    Link = 1,
    /// It is new.
    First = 2,
}

impl Wait {
    /// For an entry that was here before.
    pub fn changed(link: bool) -> Wait {
        if link { Wait::Link } else { Wait::Judge }
    }
}

/// An entry with what the store adds to it.
#[derive(Debug, Clone)]
pub struct StoredEntry {
    /// In order of arrival.
    pub id: i64,
    pub origin: Area,
    pub person: Uid,
    pub entry: Entry,
}

const MARK: &str = "INSERT INTO dirty VALUES (?1, ?2) ON CONFLICT (entry) DO UPDATE SET link = max(link, ?2)";

/// What [`stored`] reads. A macro, so that the statements asked most often are texts and not put together each time.
macro_rules! select {
    () => {
        super::entries::select!("ifnull(person, uid)", "entries LEFT JOIN linked ON entry = id ")
    };
    ($person:literal, $from:literal) => {
        concat!(
            "SELECT id, uid, area, list, origin, ",
            $person,
            ", first_seen, baseline, removed, corrected, body, sum FROM ",
            $from
        )
    };
}
pub(super) use select;

/// A body that does not read is a damaged page: the row is then known by its place alone, never guessed at.
pub(super) fn record(row: &Row, column: usize) -> rusqlite::Result<Record> {
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, e.into()))
}

pub(super) fn stored(row: &Row) -> rusqlite::Result<StoredEntry> {
    sum::check(row, &[1, 2, 3, 4, 6, 7, 8, 9, 10], 11)?;
    let record = record(row, 10)?;
    Ok(StoredEntry {
        id: row.get(0)?,
        origin: area(row, 4)?,
        person: uid(row, 5)?,
        entry: Entry {
            uid: uid(row, 1)?,
            area: area(row, 2)?,
            list: list(row, 3)?,
            record,
            first_seen: day(row, 6)?,
            baseline: row.get(7)?,
            removed: optional_day(row, 8)?,
            corrected: optional_day(row, 9)?,
        },
    })
}

impl View<'_> {
    pub fn entry(&self, uid: Uid) -> Result<Option<StoredEntry>> {
        let found = self
            .conn
            .prepare_cached(concat!(select!(), "WHERE uid = ?1"))
            .and_then(|mut s| s.query_row([uid.0 as i64], stored).optional())
            .doing("reading an entry")?;
        match found {
            Some(other) if other.entry.uid != uid => Err(fault::misled()),
            found => Ok(found),
        }
    }

    /// An entry that is known to be here, as none is ever deleted: a line was read into it.
    ///
    /// # Errors
    /// A damaged store, where it is not found: its line would be taken for a new one, and travel under another name.
    pub fn entry_placed(&self, uid: Uid) -> Result<StoredEntry> {
        self.entry(uid)?.ok_or_else(fault::misled)
    }

    pub fn entry_by_id(&self, id: i64) -> Result<Option<StoredEntry>> {
        self.conn
            .prepare_cached(concat!(select!(), "WHERE id = ?1"))
            .and_then(|mut s| s.query_row([id], stored).optional())
            .doing("reading an entry")
    }

    /// All entries of a person, also the vanished ones, the oldest first.
    pub fn entries_of(&self, person: Uid) -> Result<Vec<StoredEntry>> {
        let mut found = Vec::new();
        self.each_of(&self.ids_of(person)?, &mut |stored| found.extend(stored))?;
        Ok(found)
    }

    /// The ids of a person's entries, also the vanished ones, ascending.
    pub fn ids_of(&self, person: Uid) -> Result<Vec<i64>> {
        let mut found: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT id FROM entries WHERE uid = ?1 AND NOT EXISTS (SELECT 1 FROM linked WHERE entry = id)
                 UNION ALL SELECT entry FROM linked WHERE person = ?1",
            )
            .and_then(|mut s| s.query_map([person.0 as i64], |row| row.get(0))?.collect())
            .doing("reading whose entries there are")?;
        found.sort_unstable();
        Ok(found)
    }

    /// Every entry numbered from `after` (without it) up to `to`, in order.
    pub fn each_entry(&self, after: i64, to: i64, take: &mut dyn FnMut(StoredEntry)) -> Result<()> {
        let doing = "reading entries";
        // Read apart, in one run and not one look for each entry: new ones are nobody's yet.
        let mut linked = self.linked(after, to)?.into_iter().peekable();
        let mut statement = self
            .conn
            .prepare_cached(concat!(select!("uid", "entries "), "WHERE id > ?1 AND id <= ?2 ORDER BY id"))
            .doing(doing)?;
        let mut rows = statement.query((after, to)).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let mut stored = stored(row).doing(doing)?;
            while let Some((entry, person)) = linked.next_if(|(entry, _)| *entry <= stored.id) {
                if entry == stored.id {
                    stored.person = person;
                }
            }
            take(stored);
        }
        Ok(())
    }

    /// Whose entries these are, ascending; those that are a person of their own are left out.
    fn linked(&self, after: i64, to: i64) -> Result<Vec<(i64, Uid)>> {
        self.conn
            .prepare_cached("SELECT entry, person FROM linked WHERE entry > ?1 AND entry <= ?2 ORDER BY entry")
            .and_then(|mut s| s.query_map((after, to), |row| Ok((row.get(0)?, uid(row, 1)?)))?.collect())
            .doing("reading whose entries there are")
    }

    /// Every entry that stands, ascending, and whose it is.
    pub fn standing_persons(&self) -> Result<Vec<(i64, Uid)>> {
        self.conn
            .prepare_cached(
                "SELECT id, ifnull(person, uid) FROM entries LEFT JOIN linked ON entry = id
                 WHERE removed IS NULL ORDER BY id",
            )
            .and_then(|mut s| s.query_map([], |row| Ok((row.get(0)?, uid(row, 1)?)))?.collect())
            .doing("reading whose entries there are")
    }

    /// The entries of these ids, ascending, in their order; `None` for an id that nobody has. Neighbours are read in one
    /// go.
    pub fn each_of(&self, ids: &[i64], take: &mut dyn FnMut(Option<StoredEntry>)) -> Result<()> {
        for run in ids.chunk_by(|a, b| a + 1 == *b) {
            if let [id] = run {
                take(self.entry_by_id(*id)?);
                continue;
            }
            let mut next = run[0];
            self.each_entry(run[0] - 1, run[run.len() - 1], &mut |stored| {
                (next..stored.id).for_each(|_| take(None));
                next = stored.id + 1;
                take(Some(stored));
            })?;
            (next..=run[run.len() - 1]).for_each(|_| take(None));
        }
        Ok(())
    }

    /// The number of the newest entry; 0 where there is none.
    pub fn last_entry(&self) -> Result<i64> {
        self.conn
            .prepare_cached("SELECT ifnull(max(id), 0) FROM entries")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .doing("reading entries")
    }

    /// Entries that were never linked, ascending: nothing is known of them but themselves.
    pub fn never_linked(&self) -> Result<Vec<i64>> {
        self.conn
            .prepare_cached("SELECT entry FROM dirty WHERE link = 2 ORDER BY entry")
            .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
            .doing("reading what waits")
    }

    /// Entries that wait to be linked (`true`) or only judged, in order of arrival.
    pub fn dirty(&self, limit: usize) -> Result<Vec<(i64, bool)>> {
        self.conn
            .prepare_cached("SELECT entry, link FROM dirty ORDER BY entry LIMIT ?1")
            .and_then(|mut s| s.query_map([limit as i64], |row| Ok((row.get(0)?, row.get::<_, u8>(1)? > 0)))?.collect())
            .doing("reading what waits")
    }

    pub fn dirty_count(&self) -> Result<u64> {
        self.conn
            .prepare_cached("SELECT count(*) FROM dirty")
            .and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)))
            .map(|n| n as u64)
            .doing("counting what waits")
    }
}

/// Adds entries. Holds its statements: to look for them again for each line takes a tenth of a large file.
pub struct NewEntries<'w> {
    writer: &'w Writer<'w>,
    insert: CachedStatement<'w>,
    mark: CachedStatement<'w>,
}

impl NewEntries<'_> {
    /// Adds an entry, its own person until it is linked, which it waits for. Gives its id, or `None` where there is one
    /// of this name.
    pub fn add(&mut self, new: &NewEntry) -> Result<Option<i64>> {
        let added = self
            .insert
            .execute((
                new.uid.0 as i64,
                (self.writer.seq.get() + 1) as i64,
                new.area.padded() as i64,
                new.list as u8,
                new.origin.padded() as i64,
                day_to_sql(new.first_seen),
                new.baseline,
                new.removed.map(day_to_sql),
                new.corrected.map(day_to_sql),
                new.body,
            ))
            .doing("adding an entry")?;
        if added == 0 {
            return Ok(None);
        }
        self.writer.next_seq();
        let id = self.writer.conn.last_insert_rowid();
        self.mark.execute((id, Wait::First as u8)).doing("noting what waits")?;
        Ok(Some(id))
    }

    pub fn writer(&self) -> &Writer<'_> {
        self.writer
    }
}

impl Writer<'_> {
    /// For adding entries, of which there can be many.
    pub fn new_entries(&self) -> Result<NewEntries<'_>> {
        let prepare = |sql| self.conn.prepare_cached(sql).doing("adding entries");
        Ok(NewEntries {
            writer: self,
            insert: prepare(
                "INSERT INTO entries (uid, seq, area, list, origin, first_seen, baseline, removed, corrected, body, sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, row_sum(?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10))
                 ON CONFLICT (uid) DO NOTHING",
            )?,
            mark: prepare(MARK)?,
        })
    }

    /// Replaces what an entry says; what it said until now goes into its history. A vanished line stands again.
    pub fn update_entry(&self, old: &StoredEntry, body: &str, today: Date, corrected: bool) -> Result<()> {
        let seq = self.next_seq() as i64;
        self.keep_history(old.id, body, today, seq)?;
        self.conn
            .prepare_cached(
                "UPDATE entries SET seq = ?2, body = ?3, removed = NULL,
                        corrected = CASE WHEN ?4 THEN ?5 ELSE corrected END,
                        sum = row_sum(uid, area, list, origin, first_seen, baseline, NULL,
                                      CASE WHEN ?4 THEN ?5 ELSE corrected END, ?3)
                 WHERE id = ?1",
            )
            .and_then(|mut s| s.execute((old.id, seq, body, corrected, day_to_sql(today))))
            .doing("changing an entry")?;
        Ok(())
    }

    /// Has an entry say on another day that somebody saw the person, and nothing else: nothing of what it said is past.
    pub fn see_entry(&self, id: i64, body: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE entries SET seq = ?2, body = ?3,
                        sum = row_sum(uid, area, list, origin, first_seen, baseline, removed, corrected, ?3)
                 WHERE id = ?1",
            )
            .and_then(|mut s| s.execute((id, self.next_seq() as i64, body)))
            .doing("changing an entry")?;
        Ok(())
    }

    /// Makes an entry a tombstone: its line vanished on `today`.
    pub fn remove_entry(&self, id: i64, today: Date) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE entries SET seq = ?2, removed = ?3,
                        sum = row_sum(uid, area, list, origin, first_seen, baseline, ?3, corrected, body)
                 WHERE id = ?1",
            )
            .and_then(|mut s| s.execute((id, self.next_seq() as i64, day_to_sql(today))))
            .doing("marking a vanished entry")?;
        Ok(())
    }

    /// Gives entries new numbers in the sequence, so that they travel again (resync).
    pub fn touch(&self, uids: &[Uid]) -> Result<()> {
        for uid in uids {
            self.conn
                .prepare_cached("UPDATE entries SET seq = ?2 WHERE uid = ?1")
                .and_then(|mut s| s.execute((uid.0 as i64, self.next_seq() as i64)))
                .doing("sending an entry again")?;
        }
        Ok(())
    }

    /// Says whose entry it is; `None` for a person of its own.
    pub fn set_person(&self, id: i64, person: Option<Uid>) -> Result<()> {
        let written = match person {
            Some(person) => self
                .conn
                .prepare_cached(
                    "INSERT INTO linked VALUES (?1, ?2) ON CONFLICT (entry) DO UPDATE SET person = excluded.person",
                )
                .and_then(|mut s| s.execute((id, person.0 as i64))),
            None => self.conn.prepare_cached("DELETE FROM linked WHERE entry = ?1").and_then(|mut s| s.execute([id])),
        };
        written.doing("linking an entry")?;
        Ok(())
    }

    /// Puts an entry on the list of what waits.
    pub fn mark(&self, id: i64, link: Wait) -> Result<()> {
        self.conn.prepare_cached(MARK).and_then(|mut s| s.execute((id, link as u8))).doing("noting what waits")?;
        Ok(())
    }

    /// Takes entries off the list, and empties `ids`. The lines of a village stand one after the other in every list of
    /// it: a run of ids is one statement.
    pub fn unmark(&self, ids: &mut Vec<i64>) -> Result<()> {
        let doing = "noting what is done";
        ids.sort_unstable();
        ids.dedup();
        let mut statement = self.conn.prepare_cached("DELETE FROM dirty WHERE entry BETWEEN ?1 AND ?2").doing(doing)?;
        for run in ids.chunk_by(|a, b| a + 1 == *b) {
            statement.execute((run[0], run[run.len() - 1])).doing(doing)?;
        }
        ids.clear();
        Ok(())
    }

    /// Puts every entry back on the list (`rematch`).
    pub fn mark_all(&self) -> Result<()> {
        self.conn
            .execute(
                "INSERT INTO dirty SELECT id, 1 FROM entries WHERE true ON CONFLICT (entry) DO UPDATE SET link = 1",
                [],
            )
            .doing("noting what waits")?;
        Ok(())
    }
}
