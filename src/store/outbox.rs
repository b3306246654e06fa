//! The upward link's memory: what is acknowledged, what is in flight, which life of this file it is.

use rusqlite::OptionalExtension;

use super::codec::Doing;
use super::meta::{self, ACKNOWLEDGED};
use super::{View, Writer};
use crate::error::{Context, Result};

/// A batch in flight, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenRow {
    pub after: u64,
    pub last: u64,
    pub header: String,
    pub body: Vec<u8>,
}

impl View<'_> {
    /// The highest number the parent has a receipt for.
    pub fn acknowledged(&self) -> Result<u64> {
        Ok(self.meta_u64(ACKNOWLEDGED)?.unwrap_or(0))
    }

    pub fn frozen_after(&self, after: u64) -> Result<Option<FrozenRow>> {
        self.conn
            .prepare_cached("SELECT after, last, header, body FROM frozen WHERE after = ?1")
            .and_then(|mut s| {
                s.query_row([after as i64], |row| {
                    Ok(FrozenRow {
                        after: row.get::<_, i64>(0)? as u64,
                        last: row.get::<_, i64>(1)? as u64,
                        header: row.get(2)?,
                        body: row.get(3)?,
                    })
                })
                .optional()
            })
            .doing("reading the batch in flight")
    }
}

impl Writer<'_> {
    pub fn freeze(&self, batch: &FrozenRow) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO frozen VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut s| s.execute((batch.after as i64, batch.last as i64, &batch.header, &batch.body)))
            .doing("keeping the batch in flight")?;
        Ok(())
    }

    /// Lets go of the batches from the one on that begins right behind `after`.
    pub fn thaw(&self, after: u64) -> Result<()> {
        self.conn
            .execute("DELETE FROM frozen WHERE after >= ?1", [after as i64])
            .or_say("letting the batches in flight go")?;
        Ok(())
    }

    /// Moves the watermark up and lets go of the batches it covers. Does nothing for one that is lower.
    pub fn acknowledge(&self, upto: u64) -> Result<bool> {
        if upto <= self.acknowledged()? {
            return Ok(false);
        }
        self.put_meta_u64(ACKNOWLEDGED, upto)?;
        self.conn.execute("DELETE FROM frozen WHERE last <= ?1", [upto as i64]).or_say("letting a sent batch go")?;
        Ok(true)
    }

    /// Lowers or raises the watermark to what the parent really holds; every batch in flight is dropped.
    pub fn rewind(&self, watermark: u64) -> Result<()> {
        self.put_meta_u64(ACKNOWLEDGED, watermark)?;
        self.conn.execute("DELETE FROM frozen", []).or_say("letting the batches in flight go")?;
        Ok(())
    }

    /// A new life of this file: its old numbers mean nothing to the parent any more. `known`: the epoch by which a child
    /// knows it that noticed the restore.
    pub fn renew_epoch(&self, known: Option<u64>) -> Result<u64> {
        let epoch = meta::renew_epoch(self.conn, known)?;
        let head = self.seq()?.max(self.seq.get());
        self.rewind(head)?;
        Ok(epoch)
    }
}
