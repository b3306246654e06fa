//! Who looked at whom (DOMAIN.md 7, PIPL 51-56): written before it is shown, each row bound to the one before.

use rusqlite::OptionalExtension;

use super::codec::Doing;
use super::{View, Writer};
use crate::error::Result;

/// One look at a person.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessRow {
    pub id: i64,
    /// Unix milliseconds.
    pub at: i64,
    pub who: String,
    /// search or reveal
    pub what: String,
    /// Masked.
    pub target: String,
    pub reason: String,
    pub hash: [u8; 32],
}

fn chain(before: &[u8], at: i64, who: &str, what: &str, target: &str, reason: &str) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(before);
    for part in [at.to_string().as_str(), who, what, target, reason] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    *hash.finalize().as_bytes()
}

impl View<'_> {
    /// All looks, the oldest first.
    pub fn access(&self) -> Result<Vec<AccessRow>> {
        self.conn
            .prepare_cached("SELECT id, at, who, what, target, reason, hash FROM access ORDER BY id")
            .and_then(|mut s| {
                s.query_map([], |row| {
                    let hash: Vec<u8> = row.get(6)?;
                    Ok(AccessRow {
                        id: row.get(0)?,
                        at: row.get(1)?,
                        who: row.get(2)?,
                        what: row.get(3)?,
                        target: row.get(4)?,
                        reason: row.get(5)?,
                        hash: hash.try_into().unwrap_or_default(),
                    })
                })?
                .collect()
            })
            .doing("reading the access log")
    }

    /// The first row that is not bound to the one before it: somebody changed the log there.
    pub fn access_break(&self) -> Result<Option<i64>> {
        let rows = self.access()?;
        // Rows older than the retention are gone; the chain then begins at the first that is left.
        let mut before: Option<[u8; 32]> = None;
        for row in rows {
            let expected = match before {
                Some(before) => Some(chain(&before, row.at, &row.who, &row.what, &row.target, &row.reason)),
                None if row.id == 1 => Some(chain(&[], row.at, &row.who, &row.what, &row.target, &row.reason)),
                None => None,
            };
            if expected.is_some_and(|hash| hash != row.hash) {
                return Ok(Some(row.id));
            }
            before = Some(row.hash);
        }
        Ok(None)
    }
}

impl Writer<'_> {
    /// Notes a look. To be committed before anything is shown.
    pub fn note_access(&self, at: i64, who: &str, what: &str, target: &str, reason: &str) -> Result<()> {
        let before: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT hash FROM access ORDER BY id DESC LIMIT 1")
            .and_then(|mut s| s.query_row([], |row| row.get(0)).optional())
            .doing("reading the access log")?;
        let hash = chain(before.as_deref().unwrap_or_default(), at, who, what, target, reason);
        self.conn
            .prepare_cached("INSERT INTO access (at, who, what, target, reason, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .and_then(|mut s| s.execute((at, who, what, target, reason, &hash[..])))
            .doing("writing the access log")?;
        Ok(())
    }
}
