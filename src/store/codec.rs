//! How domain values stand in columns.

use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use serde::de::DeserializeOwned;

use crate::domain::{Area, Date, List, Uid};
use crate::error::Error;

/// YYYYMMDD. Rises with the days, also with those before the year 0: no day may be written that does not read back, or
/// one bad date makes the whole store look damaged.
pub(super) fn day_to_sql(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

pub(super) fn day_from_sql(code: i64) -> Option<Date> {
    let (year, day) = (code.div_euclid(10_000), code.rem_euclid(10_000));
    Date::new(year.try_into().ok()?, (day / 100) as i8, (day % 100) as i8).ok()
}

pub(super) fn uid(row: &Row, column: usize) -> rusqlite::Result<Uid> {
    row.get::<_, i64>(column).map(|v| Uid(v as u64))
}

pub(super) fn area(row: &Row, column: usize) -> rusqlite::Result<Area> {
    let code: i64 = row.get(column)?;
    Area::from_padded(code as u64).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

pub(super) fn optional_area(row: &Row, column: usize) -> rusqlite::Result<Option<Area>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => area(row, column).map(Some),
        None => Ok(None),
    }
}

pub(super) fn list(row: &Row, column: usize) -> rusqlite::Result<List> {
    let code: i64 = row.get(column)?;
    u8::try_from(code).ok().and_then(List::from_code).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

pub(super) fn day(row: &Row, column: usize) -> rusqlite::Result<Date> {
    let code: i64 = row.get(column)?;
    day_from_sql(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

pub(super) fn optional_day(row: &Row, column: usize) -> rusqlite::Result<Option<Date>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => day(row, column).map(Some),
        None => Ok(None),
    }
}

/// A column that does not read: the store is damaged (fault.rs).
pub(super) fn unreadable(column: usize, kind: Type, why: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, why.into())
}

/// What one of our types is in JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    // Not what serde says of it: that could show what stands there.
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|_| unreadable(column, Type::Text, "it is not the JSON that is written there"))
}

/// One of the words that are written there.
pub(super) fn word<T>(row: &Row, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    parse(row.get_ref(column)?.as_str()?)
        .ok_or_else(|| unreadable(column, Type::Text, "it is none of the words that are written there"))
}

pub(super) fn optional_word<T>(
    row: &Row,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => word(row, column, parse).map(Some),
    }
}

/// Uids as a JSON array of their text form, and back.
pub(super) fn uids_to_text(uids: &[Uid]) -> String {
    serde_json::to_string(uids).unwrap_or_else(|_| "[]".to_owned())
}

pub(super) fn uids_from_text(text: &str) -> Vec<Uid> {
    serde_json::from_str(text).unwrap_or_default()
}

/// For errors that say what the store was doing; the row's content never goes into them.
pub(super) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|error| Error::new(what).because(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_there_is_reads_back_and_the_order_stays() {
        let days =
            ["-009999-01-01", "-000005-03-04", "-000001-12-31", "0000-02-29", "1899-12-31", "2026-03-31", "9999-12-31"];
        let days = days.map(|day| day.parse::<Date>().unwrap());
        assert_eq!(days.map(|day| day_from_sql(day_to_sql(day)).unwrap()), days);
        assert!(days.map(day_to_sql).is_sorted());
    }

    #[test]
    fn a_number_that_is_no_day_is_none() {
        for code in [0, 20_260_230, 20_261_301, 99_991_231 + 655_360_000, i64::MAX, i64::MIN] {
            assert_eq!(day_from_sql(code), None, "{code}");
        }
    }

    #[test]
    fn what_does_not_read_is_damage_and_not_something_else_that_does() {
        use crate::store::{Home, Store};
        const SOURCE: &str = "INSERT INTO sources VALUES ('', 'a.csv', 0, 0, NULL, NULL, 'read', '[]', 0, 0)";
        const HELD: &str =
            "INSERT INTO held VALUES (1, 0, '', 'a.csv', zeroblob(32), 519901001200, 1, 9, 1, 8, 0, 0, 0, 'held')";
        const EVENT: &str = "INSERT INTO events VALUES (1, 1, 'death', '2026-05', NULL, NULL, 'probable', '[]')";
        const FINDING: &str =
            "INSERT INTO findings VALUES (1, 1, 'shared-id', 'high', 1, 1, NULL, NULL, NULL, 20260501, NULL,
                                                            '{}', '[]', '[]', 0, NULL, NULL, NULL)";
        const CHILD: &str = "INSERT INTO children VALUES (519901001201, '', NULL, 0, '[]', NULL, 0, '{}', 0, 0)";
        let cases: &[(&str, &[&str])] = &[
            (SOURCE, &["sources SET hash = x'00'", "sources SET lists = '[\"no list\"]'", "sources SET lists = ''"]),
            (HELD, &["held SET hash = x''", "held SET list = 99"]),
            (
                EVENT,
                &[
                    "events SET kind = 'party'",
                    "events SET date = 'May'",
                    "events SET came_from = 7",
                    "events SET confidence = 'sure'",
                    "events SET evidence = '{}'",
                ],
            ),
            (
                FINDING,
                &[
                    "findings SET detail = '['",
                    "findings SET evidence = '[1]'",
                    "findings SET areas = '\"\"'",
                    "findings SET decided = 'perhaps'",
                    "findings SET area = 7",
                ],
            ),
            (CHILD, &["children SET retired = '[-1]'"]),
        ];
        for (row, changes) in cases {
            for change in std::iter::once(None).chain(changes.iter().map(Some)) {
                let dir = tempfile::tempdir().unwrap();
                let store = Store::open(Home::plain(dir.path()), "519901001200".parse().unwrap()).unwrap();
                store.write(|writer| writer.conn.execute_batch(row).doing("meddling")).unwrap();
                if let Some(change) = change {
                    store
                        .write(|writer| writer.conn.execute_batch(&format!("UPDATE {change}")).doing("meddling"))
                        .unwrap();
                }
                let read = store.read(|view| {
                    view.sources()?;
                    view.held(true)?;
                    view.events(None, None)?;
                    view.children()?;
                    let findings =
                        view.conn.prepare(&format!("SELECT {} FROM findings", super::super::findings::COLUMNS));
                    let findings = findings.and_then(|mut s| {
                        s.query_map([], super::super::findings::finding_row)?.collect::<rusqlite::Result<Vec<_>>>()
                    });
                    findings.doing("reading findings").map(drop)
                });
                match change {
                    None => read.unwrap(),
                    Some(change) => assert!(read.is_err_and(|error| error.is_damaged()), "{change}"),
                }
            }
        }
    }
}
