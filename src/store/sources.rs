//! Files and queries looked at, so that an unchanged one is not read again.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, json};
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

fn source(row: &Row) -> rusqlite::Result<SourceRow> {
    Ok(SourceRow {
        stream: row.get(0)?,
        path: row.get(1)?,
        bytes: row.get::<_, i64>(2)? as u64,
        modified: row.get(3)?,
        hash: row.get(4)?,
        read_at: row.get(5)?,
        state: row.get(6)?,
        lists: json(row, 7)?,
        lines: row.get::<_, i64>(8)? as u64,
        gone: row.get(9)?,
    })
}

const SOURCE: &str = "stream, path, bytes, modified, hash, read_at, state, lists, lines, gone";

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
                                       FROM quarantine q JOIN snapshots s USING (origin, stream, file)
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

    /// Whether a list of this file of the office `origin` counts.
    pub fn counts(&self, origin: Area, stream: &str, file: &str) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM snapshots WHERE origin = ?1 AND stream = ?2 AND file = ?3)")
            .and_then(|mut s| s.query_row((origin.padded() as i64, stream, file), |row| row.get(0)))
            .doing("looking whether a file counts")
    }

    /// Forgets a file that is gone, and what of it was refused. What was read of it stands.
    pub fn forget_refused(&self, origin: Area, stream: &str, path: &str) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM sources WHERE stream = ?1 AND path = ?2")
            .and_then(|mut s| s.execute((stream, path)))
            .doing("forgetting a file")?;
        self.put_quarantine(origin, stream, path, &[])
    }
}
