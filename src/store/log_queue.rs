//! Lines for the mismatch log, from beside what they tell of into its file.

use super::codec::Doing;
use super::{View, Writer};
use crate::error::Result;

impl View<'_> {
    /// Lines of the mismatch log that are not in its file yet.
    pub fn queued_log(&self, limit: usize) -> Result<Vec<(i64, String)>> {
        self.conn
            .prepare_cached("SELECT id, line FROM log_queue ORDER BY id LIMIT ?1")
            .and_then(|mut s| s.query_map([limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .doing("reading the log's queue")
    }
}

impl Writer<'_> {
    /// Puts a line for the mismatch log beside what it tells of.
    pub fn queue_log(&self, line: &str) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO log_queue (line) VALUES (?1)")
            .and_then(|mut s| s.execute([line]))
            .doing("queueing a line of the log")?;
        Ok(())
    }

    /// A number in the order of the log's lines, for a line that does not wait.
    pub fn skip_log_number(&self) -> Result<u64> {
        self.queue_log("")?;
        let number = self.conn.last_insert_rowid();
        self.conn.execute("DELETE FROM log_queue WHERE id = ?1", [number]).doing("queueing a line of the log")?;
        Ok(number as u64)
    }

    /// Takes out what is safely in the file.
    pub fn drop_logged(&self, upto: i64) -> Result<()> {
        self.conn.execute("DELETE FROM log_queue WHERE id <= ?1", [upto]).doing("clearing the log's queue")?;
        Ok(())
    }
}
