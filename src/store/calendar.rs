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
pub struct Terms {
    pub on: Date,
    /// Another number for other rules, and for other limits of theirs.
    pub by: u64,
}

impl View<'_> {
    /// What everybody was last judged for and by; `None` before the first pass.
    pub fn judged(&self) -> Result<Option<Terms>> {
        let Some(on) = self.meta_u64(JUDGED_ON)?.and_then(|day| day_from_sql(day as i64)) else { return Ok(None) };
        Ok(Some(Terms { on, by: self.meta_u64(JUDGED_BY)?.unwrap_or(0) }))
    }
}

impl Writer<'_> {
    /// Everybody is judged like this from here on. By other rules or limits than until now, or for a day that lies before
    /// the last one or far behind it, everybody falls due: what held on a day that never was must not stay, and what falls
    /// due was put off behind it. Own lists that were dated by a day to come are then dated by this one; where it is this
    /// one that was wrong, they get their day back when that is past.
    pub fn judge_by(&self, own: Area, Terms { on: today, by }: Terms) -> Result<()> {
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
                self.date_back(id, today)?;
            }
            self.date_again(day_to_sql(today), limit)?;
            // An age is counted from here.
            self.conn
                .execute("UPDATE findings SET first_seen = ?1 WHERE first_seen > ?1", [day_to_sql(today)])
                .doing(doing)?;
        }
        self.put_meta_u64(JUDGED_BY, by)?;
        self.put_meta_u64(JUDGED_ON, day_to_sql(today) as u64)
    }

    /// Dates a list by a day that lies before its own, and remembers its own.
    fn date_back(&self, id: i64, today: Date) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE snapshots SET dated_before = ifnull(dated_before, taken_on) WHERE id = ?1")
            .and_then(|mut s| s.execute([id]))
            .doing("dating a list")?;
        self.date_snapshot(id, today)
    }

    /// Gives lists back the day that was taken from them, where it is past; one that the file itself states, up to `limit`.
    fn date_again(&self, today: i64, limit: i64) -> Result<()> {
        let doing = "dating a list";
        let back: Vec<(i64, i64)> = self
            .conn
            .prepare(
                "SELECT id, dated_before FROM snapshots
                 WHERE dated_before <= ?1 OR (dated_before = stated_on AND dated_before <= ?2) ORDER BY id",
            )
            .and_then(|mut s| s.query_map([today, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .doing(doing)?;
        for (id, day) in back {
            if let Some(day) = day_from_sql(day) {
                self.date_snapshot(id, day)?;
            }
            self.conn
                .prepare_cached("UPDATE snapshots SET dated_before = NULL WHERE id = ?1")
                .and_then(|mut s| s.execute([id]))
                .doing(doing)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::List;
    use crate::rules::SnapshotFacts;
    use crate::store::{Home, Placement, Snapshot, SnapshotKey, Store};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// What day a list dated `taken_on` is of after the office believed in each of `days`, one after the other.
    fn dated(taken_on: &str, stated: bool, days: &[&str]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let area: Area = "519901001200".parse().unwrap();
        let store = Store::open(Home::plain(dir.path()), area).unwrap();
        let key = SnapshotKey { list: List::Dibao, area, origin: area, stream: String::new() };
        let facts = SnapshotFacts {
            area,
            list: List::Dibao,
            file: "低保.csv".into(),
            sheet: None,
            taken_on: day(taken_on),
            lines: 0,
            damaged: 0,
            total: None,
        };
        let stated_on = stated.then(|| day(taken_on));
        let snapshot = Snapshot { key: key.clone(), facts, stated_on, awaits: false, read_at: 0 };
        store.write(|writer| writer.put_snapshot(&snapshot, &Placement::default()).map(drop)).unwrap();
        for on in days {
            store.write(|writer| writer.judge_by(area, Terms { on: day(on), by: 1 })).unwrap();
        }
        store.read(|view| view.snapshot(&key)).unwrap().unwrap().1.facts.taken_on.to_string()
    }

    #[test]
    fn a_list_gets_its_day_back_from_a_clock_that_stood_in_the_past() {
        for stated in [false, true] {
            let lived = dated("2026-04-30", stated, &["2026-04-30", "1990-01-01", "1990-01-03", "2026-05-02"]);
            assert_eq!(lived, "2026-04-30");
            assert_eq!(dated("2026-04-30", stated, &["2026-04-30", "1990-01-01"]), "1990-01-01");
        }
        assert_eq!(
            dated("2026-04-30", true, &["2026-04-28", "1990-01-01", "2026-04-28"]),
            "2026-04-30",
            "its month's end"
        );
    }

    #[test]
    fn a_list_that_was_dated_by_a_clock_ahead_is_of_the_day_the_clock_was_put_right() {
        let put_right = ["2026-08-08", "2026-04-30", "2026-05-31", "2026-08-02"];
        assert_eq!(dated("2026-08-08", false, &put_right), "2026-04-30");
        assert_eq!(dated("2066-04-30", false, &["2066-04-30", "2026-04-30", "2026-08-31"]), "2026-04-30");
    }
}
