//! The day the store was judged for, and what is done when the calendar goes back: office computers come up in 2066, and
//! are put right the next morning.

use super::codec::{Doing, day_from_sql, day_to_sql};
use super::{View, Writer};
use crate::domain::date::plus_days;
use crate::domain::{Area, Date};
use crate::error::Result;

const JUDGED_ON: &str = "judged_on";

/// A list may rightly state a day that is to come: the end of its month, seldom more.
const STATED_AHEAD_DAYS_MAX: i32 = 62;

/// Nobody's calendar stands still for longer: a longer step is a clock put right that stood in the past, and what was
/// judged then (a number of somebody not yet born) must not stay.
const STEP_DAYS_MAX: i32 = 62;

impl View<'_> {
    /// The day everybody was last judged for; `None` before the first pass.
    pub fn judged_on(&self) -> Result<Option<Date>> {
        Ok(self.meta_u64(JUDGED_ON)?.and_then(|day| day_from_sql(day as i64)))
    }
}

impl Writer<'_> {
    /// Everybody is judged for `today` from here on. Where that lies before the day until now, or far behind it, everybody
    /// falls due: what held on a day that never was must not stay, and what falls due was put off behind it. Own lists
    /// that were dated by a day to come are dated by this one.
    pub fn turn_calendar(&self, own: Area, today: Date) -> Result<()> {
        let doing = "turning the calendar";
        let leapt = |before: Date| before > today || plus_days(before, STEP_DAYS_MAX) < today;
        if self.judged_on()?.is_some_and(leapt) {
            self.conn
                .execute(
                    "INSERT OR REPLACE INTO dues
                     SELECT DISTINCT ifnull((SELECT person FROM linked WHERE entry = id), uid), 0 FROM entries",
                    [],
                )
                .doing(doing)?;
            self.conn.execute("UPDATE snapshots SET due = 0", []).doing(doing)?;
            let limit = day_to_sql(plus_days(today, STATED_AHEAD_DAYS_MAX));
            let ahead: Vec<i64> = self
                .conn
                .prepare("SELECT id FROM snapshots WHERE origin = ?1 AND taken_on > ?2 ORDER BY id")
                .and_then(|mut s| s.query_map((own.padded() as i64, limit), |row| row.get(0))?.collect())
                .doing(doing)?;
            for id in ahead {
                self.date_snapshot(id, today)?;
            }
        }
        self.put_meta_u64(JUDGED_ON, day_to_sql(today) as u64)
    }
}
