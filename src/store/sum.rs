//! A sum over each row that travels, kept beside it: a bit that flips on the disk is noticed before the row goes up,
//! and before anything is concluded from it. SQLite itself notices only what breaks its pages.

use std::cell::RefCell;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Row};
use xxhash_rust::xxh3::xxh3_64;

/// Columns of `entries` under their sum, in this order.
pub(super) const ENTRY: &str = "uid, area, list, origin, first_seen, baseline, removed, corrected, body";
/// Columns of `snapshots` under their sum, in this order.
pub(super) const SNAPSHOT: &str = "list, area, origin, stream, file, sheet, taken_on, lines, damaged, total_row, total_stated, \
     total_counted, placement, awaits";
/// Columns of `decisions` under their sum, in this order.
pub(super) const DECISION: &str = "kind, subject, verdict, note, author, at, basis";
/// Columns of `gone` under their sum, in this order.
pub(super) const GONE: &str = "key, area";
/// Columns of `blocks` under their sum, in this order.
pub(super) const BUCKET: &str = "bucket, pairs";

/// In SQL, the sum of a row of which one of the `columns` becomes `value`.
pub(super) fn with(columns: &str, column: &str, value: &str) -> String {
    let columns: Vec<&str> = columns.split(", ").map(|of| if of == column { value } else { of }).collect();
    format!("row_sum({})", columns.join(", "))
}

#[derive(Debug, thiserror::Error)]
#[error("the row is not what was written")]
struct Changed;

/// Makes `row_sum(…)` known to SQL.
pub(super) fn teach(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("row_sum", -1, flags, |ctx| Ok(of((0..ctx.len()).map(|at| ctx.get_raw(at)))))
}

/// Fails where `columns` of the row do not come to the sum in its column `told`.
pub(super) fn check(row: &Row, columns: &[usize], told: usize) -> rusqlite::Result<()> {
    let told_sum: i64 = row.get(told)?;
    if of(columns.iter().map(|column| row.get_ref_unwrap(*column))) == told_sum {
        return Ok(());
    }
    Err(rusqlite::Error::FromSqlConversionFailure(told, Type::Integer, Changed.into()))
}

pub(super) fn of<'v>(values: impl IntoIterator<Item = ValueRef<'v>>) -> i64 {
    /// A row with its text; where every line of a large list stands is a thousand times that.
    const TEXT_KEPT_BYTES: usize = 16 << 10;
    thread_local! {
        // Asked for every row that is read: one piece of text is summed in half the time of many small ones.
        static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    TEXT.with_borrow_mut(|text| {
        for value in values {
            // The kind and the length first: what stands in one column is never what stands in two.
            match value {
                ValueRef::Null => text.push(0),
                ValueRef::Integer(n) => {
                    text.push(1);
                    text.extend_from_slice(&n.to_le_bytes());
                }
                ValueRef::Real(n) => {
                    text.push(2);
                    text.extend_from_slice(&n.to_le_bytes());
                }
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    text.push(3);
                    text.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                    text.extend_from_slice(bytes);
                }
            }
        }
        let sum = xxh3_64(text) as i64;
        text.clear();
        text.shrink_to(TEXT_KEPT_BYTES);
        sum
    })
}
