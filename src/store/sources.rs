//! Files looked at, lines refused, snapshots held.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, area, list};
use super::{View, Writer};
use crate::domain::{Area, List};
use crate::error::Result;

/// One watched file or query.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    pub stream: String,
    /// Relative to the watched folder.
    pub path: String,
    pub bytes: u64,
    /// Unix milliseconds.
    pub modified: i64,
    pub hash: Option<[u8; 32]>,
    pub read_at: Option<i64>,
    /// read, held, rejected, quarantined, waiting
    pub state: String,
    pub lists: Vec<List>,
    pub lines: u64,
    /// It is in the folder no more. What it brought stays.
    pub gone: bool,
}

/// A line or a file that could not be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct QuarantineRow {
    pub id: i64,
    pub at: i64,
    pub origin: Area,
    /// Empty for the inbox and for batches, else the name of the configured source.
    pub stream: String,
    pub file: String,
    pub sheet: Option<String>,
    pub row: Option<u32>,
    pub code: String,
    pub detail: String,
}

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
    /// held, released, taken, rejected, superseded
    pub state: String,
}

fn hash(row: &Row, column: usize) -> rusqlite::Result<Option<[u8; 32]>> {
    Ok(row.get_ref(column)?.as_blob_or_null().ok().flatten().and_then(|bytes| bytes.try_into().ok()))
}

fn source(row: &Row) -> rusqlite::Result<SourceRow> {
    Ok(SourceRow {
        stream: row.get(0)?,
        path: row.get(1)?,
        bytes: row.get::<_, i64>(2)? as u64,
        modified: row.get(3)?,
        hash: hash(row, 4)?,
        read_at: row.get(5)?,
        state: row.get(6)?,
        lists: serde_json::from_str(row.get_ref(7)?.as_str()?).unwrap_or_default(),
        lines: row.get::<_, i64>(8)? as u64,
        gone: row.get(9)?,
    })
}

fn held(row: &Row) -> rusqlite::Result<Held> {
    Ok(Held {
        id: row.get(0)?,
        at: row.get(1)?,
        stream: row.get(2)?,
        file: row.get(3)?,
        hash: hash(row, 4)?.unwrap_or_default(),
        area: area(row, 5)?,
        list: list(row, 6)?,
        had: row.get::<_, i64>(7)? as u64,
        has: row.get::<_, i64>(8)? as u64,
        removes: row.get::<_, i64>(9)? as u64,
        picks: row.get(10)?,
        state: row.get(11)?,
    })
}

/// Of a file that is gone only what is missing in a list that still counts: somebody may look for them.
const CONCERNS: &str = "thing IS NOT NULL OR (stream, file) NOT IN (SELECT stream, path FROM sources
                                                 WHERE gone AND (stream, path) NOT IN (SELECT stream, file FROM snapshots))";

/// Of a file of which nothing counts and nothing waits for a person.
const COUNTS_NOWHERE: &str = "(stream, file) NOT IN (SELECT stream, file FROM snapshots)
                          AND (stream, file) NOT IN (SELECT stream, file FROM held WHERE state = 'held')";

const SOURCE: &str = "stream, path, bytes, modified, hash, read_at, state, lists, lines, gone";
const HELD: &str = "id, at, stream, file, hash, area, list, had, has, removes, picks, state";

impl View<'_> {
    pub fn source(&self, stream: &str, path: &str) -> Result<Option<SourceRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {SOURCE} FROM sources WHERE stream = ?1 AND path = ?2"))
            .and_then(|mut s| s.query_row((stream, path), source).optional())
            .doing("reading what is known of a file")
    }

    pub fn sources(&self) -> Result<Vec<SourceRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {SOURCE} FROM sources ORDER BY stream, path"))
            .and_then(|mut s| s.query_map([], source)?.collect())
            .doing("reading what is known of the files")
    }

    /// What is not taken, but for what was noted of files that are gone and do not count.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        self.conn
            .prepare_cached(&format!(
                "SELECT id, at, origin, stream, file, sheet, row, code, detail FROM quarantine WHERE {CONCERNS}
                 ORDER BY file, stream, sheet, row, id"
            ))
            .and_then(|mut s| {
                s.query_map([], |row| {
                    Ok(QuarantineRow {
                        id: row.get(0)?,
                        at: row.get(1)?,
                        origin: area(row, 2)?,
                        stream: row.get(3)?,
                        file: row.get(4)?,
                        sheet: row.get(5)?,
                        row: row.get(6)?,
                        code: row.get(7)?,
                        detail: row.get(8)?,
                    })
                })?
                .collect()
            })
            .doing("reading the quarantine")
    }

    pub fn quarantine_count(&self) -> Result<u64> {
        self.conn
            .prepare_cached(&format!("SELECT count(*) FROM quarantine WHERE {CONCERNS}"))
            .and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)))
            .map(|n| n as u64)
            .doing("counting the quarantine")
    }

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
    /// Lets files that were refused, whole or by the sheet, be read again where the words have changed since, and those
    /// that still count with words for the state or an end that nobody understood: `words` is the fingerprint of the words of now. Gives
    /// how many.
    pub fn reread_refused(&self, words: u64) -> Result<u64> {
        if self.meta_u64("words")? == Some(words) {
            return Ok(0);
        }
        self.put_meta_u64("words", words)?;
        // No file is of the moment before 1970 began: at the next look it counts as another one.
        self.conn
            .execute(
                "UPDATE sources SET modified = -1, state = 'waiting' WHERE state = 'quarantined'
                 OR (stream, path) IN (SELECT stream, file FROM quarantine
                                       WHERE row IS NULL AND code IN ('no-list-recognised', 'doubtful-deaths'))
                 OR (stream, path) IN (SELECT q.stream, q.file
                                       FROM quarantine q JOIN snapshots s ON s.stream = q.stream AND s.file = q.file
                                       WHERE q.code IN ('unknown-state', 'doubtful-end'))",
                [],
            )
            .map(|files| files as u64)
            .doing("noting which files to read again")
    }

    /// Lets files that never opened be tried again: what kept them closed leaves no mark on them.
    pub fn reread_unopened(&self) -> Result<()> {
        self.conn
            .execute(
                "UPDATE sources SET modified = -1, state = 'waiting' WHERE state = 'quarantined' AND hash IS NULL",
                [],
            )
            .doing("noting which files to read again")?;
        Ok(())
    }

    /// Takes all that is noted under a code out of the quarantine.
    pub fn forget_code(&self, origin: Area, code: &str) -> Result<()> {
        self.conn
            .execute("DELETE FROM quarantine WHERE origin = ?1 AND code = ?2", (origin.padded() as i64, code))
            .doing("writing the quarantine")?;
        Ok(())
    }

    /// Another file's lines took the place of what this one said: the same content, dropped again, is news.
    pub fn read_again_if_dropped(&self, stream: &str, path: &str) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE sources SET hash = NULL WHERE stream = ?1 AND path = ?2 AND state = 'read'")
            .and_then(|mut s| s.execute((stream, path)))
            .doing("writing what is known of a file")?;
        Ok(())
    }

    /// Notes that these files are in their folder no more, and that those are there again. `surely`: somebody took them out,
    /// and means it who puts one back, also as it was.
    pub fn note_gone(&self, stream: &str, gone: &[String], surely: bool, back: &[String]) -> Result<()> {
        let note = |paths: &[String], is_gone: bool| {
            let mut set = self.conn.prepare_cached(
                "UPDATE sources SET gone = ?3, modified = CASE WHEN ?4 THEN -1 ELSE modified END
                 WHERE stream = ?1 AND path = ?2",
            )?;
            paths.iter().try_for_each(|path| set.execute((stream, path, is_gone, is_gone && surely)).map(drop))
        };
        note(gone, true).and_then(|()| note(back, false)).doing("noting which files are gone")
    }

    pub fn put_source(&self, row: &SourceRow) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO sources VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (stream, path) DO UPDATE SET bytes = ?3, modified = ?4, hash = ?5, read_at = ?6, state = ?7,
                     lists = ?8, lines = ?9, gone = ?10",
            )
            .and_then(|mut s| {
                s.execute((
                    &row.stream,
                    &row.path,
                    row.bytes as i64,
                    row.modified,
                    row.hash.as_ref().map(|h| &h[..]),
                    row.read_at,
                    &row.state,
                    serde_json::to_string(&row.lists).unwrap_or_default(),
                    row.lines as i64,
                    row.gone,
                ))
            })
            .doing("writing what is known of a file")?;
        Ok(())
    }

    /// Replaces what a file's last reading put into quarantine.
    pub fn put_quarantine(&self, origin: Area, stream: &str, file: &str, rows: &[QuarantineRow]) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM quarantine WHERE stream = ?1 AND file = ?2 AND origin = ?3")
            .and_then(|mut s| s.execute((stream, file, origin.padded() as i64)))
            .doing("writing the quarantine")?;
        self.add_quarantine(rows)
    }

    /// Forgets what was noted before `cutoff` (Unix milliseconds) of files that were imported from elsewhere and of which
    /// nothing counts: no folder shows that they are gone. Gives how many rows. What has no row among the sources either and
    /// is no import goes under the code `but`.
    pub fn forget_imports(&self, cutoff: i64, but: &str) -> Result<usize> {
        self.conn
            .prepare_cached(&format!(
                "DELETE FROM quarantine WHERE at < ?1 AND code <> ?2 AND thing IS NULL AND {COUNTS_NOWHERE}
                 AND (stream, file) NOT IN (SELECT stream, path FROM sources)"
            ))
            .and_then(|mut s| s.execute((cutoff, but)))
            .doing("writing the quarantine")
    }

    /// Whether a list of this file counts.
    pub fn counts(&self, stream: &str, file: &str) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM snapshots WHERE stream = ?1 AND file = ?2)")
            .and_then(|mut s| s.query_row((stream, file), |row| row.get(0)))
            .doing("looking whether a file counts")
    }

    /// Forgets what was only not understood of files that do not count any more, because later ones took their place.
    pub fn forget_notes(&self, origin: Area, code: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE origin = ?1 AND code = ?2
                 AND (stream, file) NOT IN (SELECT stream, file FROM snapshots WHERE origin = ?1)",
            )
            .and_then(|mut s| s.execute((origin.padded() as i64, code)))
            .doing("writing the quarantine")?;
        Ok(())
    }

    pub fn add_quarantine(&self, rows: &[QuarantineRow]) -> Result<()> {
        for row in rows {
            self.conn
                .prepare_cached(
                    "INSERT INTO quarantine (at, origin, stream, file, sheet, row, code, detail)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )
                .and_then(|mut s| {
                    let origin = row.origin.padded() as i64;
                    let (stream, file, sheet) = (&row.stream, &row.file, &row.sheet);
                    s.execute((row.at, origin, stream, file, sheet, row.row, &row.code, &row.detail))
                })
                .doing("writing the quarantine")?;
        }
        Ok(())
    }

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
                "INSERT INTO held (at, stream, file, hash, area, list, had, has, removes, picks, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'held')",
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

    /// Forgets a file that is gone, and what of it was refused. What was read of it stands.
    pub fn forget_refused(&self, origin: Area, stream: &str, path: &str) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM sources WHERE stream = ?1 AND path = ?2")
            .and_then(|mut s| s.execute((stream, path)))
            .doing("forgetting a file")?;
        self.put_quarantine(origin, stream, path, &[])
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
