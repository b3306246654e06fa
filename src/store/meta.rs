//! Single values: whose store it is, the last number it gave, and what the link keeps between runs. Each has a sum of its
//! own: a flipped bit in one of them would have numbers given twice, or changes never sent.

use rusqlite::types::{FromSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::open::random_epoch;
use super::{View, Writer, fault, sum};
use crate::domain::Area;
use crate::error::{Context, Result};

/// Key of the node's area, padded.
pub(super) const AREA: &str = "area";
/// Key of the highest number the parent has a receipt for.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";
/// Key of a word that all is to be compared with the parent.
pub(super) const RESYNC_DUE: &str = "resync_due";
/// Key of a word that a new epoch began, and that nothing was compared with the parent since.
const ANEW: &str = "anew";
/// Key of the store's epoch.
pub(super) const EPOCH: &str = "epoch";
/// Key of the epochs that the store left, as JSON: see [`View::has_left`].
const LEFT: &str = "epochs_left";
/// Of so many it knows that it left them; each is one restore.
const LEFT_MAX: usize = 64;
/// Key of the last number given.
pub(super) const SEQ: &str = "seq";

const DOING: &str = "reading a setting of the store";

impl View<'_> {
    pub fn meta_u64(&self, key: &str) -> Result<Option<u64>> {
        Ok(self.meta::<i64>(key)?.map(|value| value as u64))
    }

    pub fn meta_text(&self, key: &str) -> Result<Option<String>> {
        self.meta(key)
    }

    /// The area of the office whose store it is; `None` where it names none.
    pub(super) fn own_area(&self) -> Result<Option<Area>> {
        Ok(self.meta_u64(AREA)?.and_then(Area::from_padded))
    }

    fn meta<T: FromSql>(&self, key: &str) -> Result<Option<T>> {
        self.conn
            .prepare_cached("SELECT key, value, sum FROM meta WHERE key = ?1")
            .and_then(|mut s| {
                s.query_row([key], |row| sum::check(row, &[0, 1], 2).and_then(|()| row.get(1))).optional()
            })
            .or_say(DOING)
    }

    /// Random, made with the file: a restored or cloned file is noticed by it (DESIGN.md, epoch).
    pub fn epoch(&self) -> Result<u64> {
        self.meta_u64(EPOCH)?.ok_or_else(fault::misled)
    }

    /// Whether this was the store's epoch once, or one that somebody knew it by, and it has begun another since.
    pub fn has_left(&self, epoch: u64) -> Result<bool> {
        Ok(self.epochs_left()?.contains(&epoch))
    }

    fn epochs_left(&self) -> Result<Vec<u64>> {
        let kept = self.meta_text(LEFT)?;
        kept.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text).or_say(DOING))
    }

    /// The last sequence number given.
    pub fn seq(&self) -> Result<u64> {
        self.meta_u64(SEQ)?.ok_or_else(fault::misled)
    }

    /// Whether all is to be compared with the parent.
    pub fn resync_due(&self) -> Result<bool> {
        Ok(self.meta_u64(RESYNC_DUE)?.unwrap_or(0) > 0)
    }

    /// Whether a new epoch began, and nothing was compared with the parent since.
    pub fn is_anew(&self) -> Result<bool> {
        Ok(self.meta_u64(ANEW)?.unwrap_or(0) > 0)
    }

    /// Looks at all values: one whose key is another one now would be taken for one never written.
    pub(super) fn settings_must_be_sound(&self) -> Result<()> {
        let mut statement = self.conn.prepare("SELECT key, value, sum FROM meta").or_say(DOING)?;
        let mut rows = statement.query([]).or_say(DOING)?;
        while let Some(row) = rows.next().or_say(DOING)? {
            sum::check(row, &[0, 1], 2).or_say(DOING)?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    pub fn put_meta_text(&self, key: &str, value: &str) -> Result<()> {
        put(self.conn, key, ValueRef::Text(value.as_bytes()))
    }

    pub fn set_resync_due(&self, due: bool) -> Result<()> {
        if !due && self.is_anew()? {
            self.put_meta_u64(ANEW, 0)?;
        }
        self.put_meta_u64(RESYNC_DUE, due.into())
    }

    pub fn put_meta_u64(&self, key: &str, value: u64) -> Result<()> {
        put_u64(self.conn, key, value)
    }
}

/// Begins a new epoch. The one before is left, and so is `known`: the one by which whoever noticed the restore knows this
/// store, which the store itself may not remember.
pub(super) fn renew_epoch(conn: &Connection, known: Option<u64>) -> Result<u64> {
    let view = View { conn };
    let mut left = view.epochs_left()?;
    for epoch in known.into_iter().chain([view.epoch()?]) {
        left.retain(|before| *before != epoch);
        left.push(epoch);
    }
    let kept = &left[left.len().saturating_sub(LEFT_MAX)..];
    let text = serde_json::to_string(kept).or_say("beginning a new epoch")?;
    put(conn, LEFT, ValueRef::Text(text.as_bytes()))?;
    let epoch = random_epoch()?;
    put_u64(conn, EPOCH, epoch)?;
    put_u64(conn, ANEW, 1)?;
    Ok(epoch)
}

/// Gives a store that has none its epoch, and its first number.
pub(super) fn begin(conn: &Connection) -> Result<()> {
    if (View { conn }).meta_u64(EPOCH)?.is_none() {
        put_u64(conn, SEQ, 0)?;
        put_u64(conn, EPOCH, random_epoch()?)?;
    }
    Ok(())
}

pub(super) fn put_u64(conn: &Connection, key: &str, value: u64) -> Result<()> {
    put(conn, key, ValueRef::Integer(value as i64))
}

fn put(conn: &Connection, key: &str, value: ValueRef) -> Result<()> {
    let sum = sum::of([ValueRef::Text(key.as_bytes()), value]);
    let value = ToSqlOutput::Borrowed(value);
    conn.prepare_cached("INSERT INTO meta VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, sum = ?3")
        .and_then(|mut s| s.execute([&key as &dyn ToSql, &value, &sum]))
        .or_say("writing a setting of the store")?;
    Ok(())
}
