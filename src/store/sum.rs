//! A sum over each row that travels, kept beside it: a bit that flips on the disk is noticed before the row goes up,
//! and before anything is concluded from it. SQLite itself notices only what breaks its pages.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Row};
use xxhash_rust::xxh3::Xxh3;

/// Columns of `entries` under their sum, in this order.
pub(super) const ENTRY: &str = "uid, area, list, origin, first_seen, baseline, removed, corrected, body";
/// Columns of `snapshots` under their sum, in this order.
pub(super) const SNAPSHOT: &str = "list, area, origin, stream, file, sheet, taken_on, lines, damaged, total_row, total_stated, \
     total_counted, placement";
/// Columns of `decisions` under their sum, in this order.
pub(super) const DECISION: &str = "kind, subject, verdict, note, author, at";

#[derive(Debug, thiserror::Error)]
#[error("the row is not what was written")]
struct Changed;

/// Makes `row_sum(…)` known to SQL.
pub(super) fn teach(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("row_sum", -1, flags, |ctx| Ok(sum((0..ctx.len()).map(|at| ctx.get_raw(at)))))
}

/// Fails where `columns` of the row do not come to the sum in its column `told`.
pub(super) fn check(row: &Row, columns: &[usize], told: usize) -> rusqlite::Result<()> {
    let mut values = Vec::with_capacity(columns.len());
    for column in columns {
        values.push(row.get_ref(*column)?);
    }
    if sum(values.into_iter()) == row.get::<_, i64>(told)? {
        return Ok(());
    }
    Err(rusqlite::Error::FromSqlConversionFailure(told, Type::Integer, Changed.into()))
}

fn sum<'v>(values: impl Iterator<Item = ValueRef<'v>>) -> i64 {
    let mut hash = Xxh3::new();
    for value in values {
        // The kind and the length first: what stands in one column is never what stands in two.
        match value {
            ValueRef::Null => hash.update(&[0]),
            ValueRef::Integer(n) => {
                hash.update(&[1]);
                hash.update(&n.to_le_bytes());
            }
            ValueRef::Real(n) => {
                hash.update(&[2]);
                hash.update(&n.to_le_bytes());
            }
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                hash.update(&[3]);
                hash.update(&(bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
        }
    }
    hash.digest() as i64
}
