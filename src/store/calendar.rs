//! The day the store was judged for and by which rules, and what is done when these change, or the calendar goes back:
//! office computers come up in 2066, and are put right the next morning.

use super::codec::{Doing, day_from_sql, day_to_sql};
use super::{View, Writer};
use crate::domain::date::plus_days;
use crate::domain::{Area, Date};
use crate::error::Result;

const JUDGED_ON: &str = "judged_on";
const JUDGED_BY: &str = "judged_by";

/// A list may rightly state a day that is to come: the end of its month, seldom more.
const STATED_AHEAD_DAYS_MAX: i32 = 62;

/// Nobody's calendar stands still for longer: a longer step is a clock put right that stood in the past, and what was
/// judged then (a number of somebody not yet born) must not stay.
const STEP_DAYS_MAX: i32 = 62;

/// What findings rest on beside the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub on: Date,
    /// Another number for other rules, and for other limits of theirs.
    pub by: u64,
}

impl View<'_> {
    /// What everybody was last judged for and by; `None` before the first pass.
    pub fn judged(&self) -> Result<Option<Judged>> {
        let Some(on) = self.meta_u64(JUDGED_ON)?.and_then(|day| day_from_sql(day as i64)) else { return Ok(None) };
        Ok(Some(Judged { on, by: self.meta_u64(JUDGED_BY)?.unwrap_or(0) }))
    }
}

impl Writer<'_> {
    /// Everybody is judged like this from here on. By other rules or limits than until now, or for a day that lies before
    /// the last one or far behind it, everybody falls due: what held on a day that never was must not stay, and what falls
    /// due was put off behind it. Own lists that were dated by a day to come are then dated by this one.
    pub fn judge_by(&self, own: Area, Judged { on: today, by }: Judged) -> Result<()> {
        let doing = "turning the calendar";
        let leapt = |before: Date| before > today || plus_days(before, STEP_DAYS_MAX) < today;
        if self.judged()?.is_some_and(|before| leapt(before.on) || before.by != by) {
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
        self.put_meta_u64(JUDGED_BY, by)?;
        self.put_meta_u64(JUDGED_ON, day_to_sql(today) as u64)
    }
}
