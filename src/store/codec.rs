//! How domain values stand in columns.

use rusqlite::Row;

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
    Ok(row.get::<_, Option<i64>>(column)?.and_then(|code| Area::from_padded(code as u64)))
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
}
