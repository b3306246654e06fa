//! Questions of the verbs: lists of findings, people, totals.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::codec::{Doing, uid};
use super::findings::{COLUMNS, finding_row};
use super::snapshots::{Place, Places};
use super::{FindingRow, StoredEntry, View, Writer, fault, sum};
use crate::domain::blank::is_blank;
use crate::domain::{Area, FindingId, FindingStatus, List, Uid, name};
use crate::error::{Error, Result};

/// Which findings to list.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    pub rule: Option<String>,
    pub list: Option<List>,
    pub area: Option<Area>,
    pub severity: Option<String>,
    /// Also confirmed ones: what nobody has finished.
    pub unfinished: bool,
    /// Also decided and closed ones.
    pub all: bool,
    /// Of those equally bad, first what is open for longest.
    pub oldest_first: bool,
}

impl FindingFilter {
    /// Of those whose rule, list and severity it takes.
    fn takes(&self, row: &FindingRow) -> bool {
        self.area.is_none_or(|area| row.concerns(area)) && self.takes_status(row.status)
    }

    pub fn takes_status(&self, status: FindingStatus) -> bool {
        match status {
            FindingStatus::Open => true,
            FindingStatus::Confirmed => self.all || self.unfinished,
            FindingStatus::Dismissed | FindingStatus::Closed => self.all,
        }
    }
}

/// An entry with the place of its line.
#[derive(Debug, Clone)]
pub struct EntryView {
    pub stored: StoredEntry,
    /// File, sheet, row; `None` where the line is gone or its snapshot has not come up yet.
    pub source: Option<Place>,
}

/// Numbers for `status` and the metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Lines of the latest snapshots.
    pub entries: u64,
    /// Open findings by rule and severity: this node's own, and those that only the parent sees.
    pub open: Vec<(String, String, u64)>,
}

/// A finding that is open: a dismissal counts until its evidence changes, as in `findings::status`.
const OPEN: &str = "holds = 1 AND decided IS NOT 'confirm' AND (decided IS NOT 'dismiss' OR decided_on IS NOT basis)";

/// What of a query can be looked for: what stands for any text is nothing.
pub fn sought(query: &str) -> String {
    query.replace(['%', '_'], "").trim_matches(is_blank).to_owned()
}

/// Makes `name_folded(name)` known to SQL: the name as [`name::fold`] has it, without its dots.
pub(super) fn teach(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("name_folded", 1, flags, |ctx| {
        let written =
            ctx.get_raw(0).as_str_or_null().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(written.map(|written| name::undotted(&name::fold(written)).into_string()))
    })
}

impl View<'_> {
    /// All that the filter takes, in the order of [`View::each_finding`].
    pub fn findings(&self, filter: &FindingFilter) -> Result<Vec<FindingRow>> {
        let mut found = Vec::new();
        self.each_finding(filter, &mut |row| {
            found.push(row);
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives `take` one finding after the other in a fixed order: the worst first, then by rule and area. Of a county's
    /// there are too many to hold them all: sorted are their names.
    ///
    /// # Errors
    /// The first one of `take`, or where one does not read.
    pub fn each_finding(
        &self,
        filter: &FindingFilter,
        take: &mut dyn FnMut(FindingRow) -> Result<()>,
    ) -> Result<()> {
        let doing = "reading findings";
        let age = if filter.oldest_first { "first_seen," } else { "" };
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(&format!(
                "SELECT id FROM findings
                 WHERE (?1 OR holds = 1) AND (?2 IS NULL OR rule = ?2) AND (?3 IS NULL OR list = ?3)
                   AND (?4 IS NULL OR severity = ?4)
                 ORDER BY CASE severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END,
                          {age} rule, area, list, id"
            ))
            .and_then(|mut s| {
                let list = filter.list.map(|list| list as u8);
                s.query_map((filter.all, &filter.rule, list, &filter.severity), |row| row.get(0))?.collect()
            })
            .doing(doing)?;
        let sql = format!("SELECT {COLUMNS} FROM findings WHERE id = ?1");
        let mut statement = self.conn.prepare_cached(&sql).doing(doing)?;
        for id in ids {
            let row = statement.query_row([id], finding_row).doing(doing)?;
            if filter.takes(&row) {
                take(row)?;
            }
        }
        Ok(())
    }

    /// Every finding there ever was about a person.
    pub fn findings_of(&self, person: Uid) -> Result<Vec<FindingRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM findings WHERE person = ?1 ORDER BY rule, id"))
            .and_then(|mut s| s.query_map([person.0 as i64], finding_row)?.collect())
            .doing("reading findings")
    }

    /// Findings that changed after `nseq`, in the order in which they did.
    pub fn findings_changed(&self, nseq: u64, limit: usize) -> Result<Vec<(u64, FindingRow)>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS}, nseq FROM findings WHERE nseq > ?1 ORDER BY nseq LIMIT ?2"))
            .and_then(|mut s| {
                s.query_map((nseq as i64, limit as i64), |row| Ok((row.get::<_, i64>(16)? as u64, finding_row(row)?)))?
                    .collect()
            })
            .doing("reading findings")
    }

    /// What a look at every page and every row that travels finds wrong with the file; `None` where it is sound.
    pub fn unsound(&self) -> Result<Option<String>> {
        let doing = "checking the store";
        let said: String = self.conn.pragma_query_value(None, "integrity_check", |row| row.get(0)).doing(doing)?;
        if said != "ok" {
            return Ok(Some(said));
        }
        for (table, columns) in [
            ("entries", sum::ENTRY),
            ("snapshots", sum::SNAPSHOT),
            ("decisions", sum::DECISION),
            ("gone", sum::GONE),
            ("blocks", sum::BUCKET),
        ] {
            let sql = format!("SELECT count(*) FROM {table} WHERE sum <> row_sum({columns})");
            let changed: i64 = self.conn.query_row(&sql, [], |row| row.get(0)).doing(doing)?;
            if changed > 0 {
                return Ok(Some(format!("{changed} rows of {table} are not what was written")));
            }
        }
        // They have no sum: what holds is found again. But one that does not read stops the work wherever it is asked for.
        let all = FindingFilter { all: true, ..FindingFilter::default() };
        match self.each_finding(&all, &mut |_| Ok(())).map_err(fault::judged) {
            Err(error) if error.is_damaged() => Ok(Some(error.to_string())),
            read => read.map(|_| None),
        }
    }

    /// # Errors
    /// Where it is not sound.
    pub fn must_be_sound(&self) -> Result<()> {
        self.unsound()?.map_or(Ok(()), |why| Err(Error::new(why).damaged()))
    }

    /// Uids of entries whose name or number contains what is [`sought`] by `query`: the name as written, or as folded for
    /// comparing. None where nothing is left of it.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Uid>> {
        let sought = sought(query);
        if sought.is_empty() {
            return Ok(Vec::new());
        }
        let pattern = format!("%{sought}%");
        self.conn
            .prepare_cached(
                "SELECT uid FROM entries
                 WHERE (body ->> 'name') LIKE ?1 OR (body ->> 'id') LIKE ?1 OR name_folded(body ->> 'name') LIKE ?1
                 ORDER BY removed IS NOT NULL, id LIMIT ?2",
            )
            .and_then(|mut s| s.query_map((pattern, limit as i64), |row| uid(row, 0))?.collect())
            .doing("searching people")
    }

    /// Entries with the places of their lines; each snapshot's places are read once.
    pub fn views(&self, uids: &[Uid], cache: &mut PlaceCache) -> Result<Vec<EntryView>> {
        let mut out = Vec::with_capacity(uids.len());
        for uid in uids {
            let Some(stored) = self.entry(*uid)? else { continue };
            let source = cache.find(self, &stored)?;
            out.push(EntryView { stored, source });
        }
        Ok(out)
    }

    pub fn open_findings(&self) -> Result<BTreeSet<FindingId>> {
        self.conn
            .prepare_cached(&format!("SELECT id FROM findings WHERE {OPEN}"))
            .and_then(|mut s| s.query_map([], |row| row.get(0).map(|id: i64| FindingId(id as u64)))?.collect())
            .doing("reading findings")
    }

    pub fn totals(&self) -> Result<Totals> {
        let own: Vec<((String, String), u64)> = self
            .conn
            .prepare_cached(&format!(
                "SELECT rule, severity, count(*) FROM findings WHERE {OPEN} GROUP BY rule, severity"
            ))
            .and_then(|mut s| {
                s.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, i64>(2)? as u64)))?.collect()
            })
            .doing("counting findings")?;
        let mut open: BTreeMap<(String, String), u64> = own.into_iter().collect();
        for (_, told) in self.told_alone()? {
            if told["status"] == FindingStatus::Open.as_str() {
                let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
                *open.entry((text("rule"), text("severity"))).or_default() += 1;
            }
        }
        let open = open.into_iter().map(|((rule, severity), count)| (rule, severity, count)).collect();
        let entries: i64 = self
            .conn
            .prepare_cached("SELECT coalesce(sum(lines), 0) FROM snapshots")
            .and_then(|mut s| s.query_row([], |row| row.get(0)))
            .doing("counting lines")?;
        Ok(Totals { entries: entries as u64, open })
    }
}

/// Places already looked up: a list of findings asks for the same few snapshots again and again.
#[derive(Default)]
pub struct PlaceCache {
    snapshots: HashMap<(List, Area, Area), Places>,
}

/// Lines kept in a [`PlaceCache`] before it starts anew.
const CACHED_LINES_MAX: usize = 200_000;

impl PlaceCache {
    fn find(&mut self, view: &View, stored: &StoredEntry) -> Result<Option<Place>> {
        let entry = &stored.entry;
        let key = (entry.list, entry.area, stored.origin);
        if !self.snapshots.contains_key(&key) {
            if self.snapshots.values().map(Places::len).sum::<usize>() > CACHED_LINES_MAX {
                self.snapshots.clear();
            }
            self.snapshots.insert(key, view.places(entry.list, entry.area, stored.origin)?);
        }
        Ok(self.snapshots.get_mut(&key).and_then(|places| places.find(entry.uid)))
    }
}

impl Writer<'_> {
    /// Puts a line for the mismatch log beside what it tells of.
    pub fn queue_log(&self, line: &str) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO log_queue (line) VALUES (?1)")
            .and_then(|mut s| s.execute([line]))
            .doing("queueing a line of the log")?;
        Ok(())
    }

    /// A number in the order of the log's lines, for a line that does not wait.
    pub fn skip_log_number(&self) -> Result<u64> {
        self.queue_log("")?;
        let number = self.conn.last_insert_rowid();
        self.conn.execute("DELETE FROM log_queue WHERE id = ?1", [number]).doing("queueing a line of the log")?;
        Ok(number as u64)
    }

    /// Takes out what is safely in the file.
    pub fn drop_logged(&self, upto: i64) -> Result<()> {
        self.conn.execute("DELETE FROM log_queue WHERE id <= ?1", [upto]).doing("clearing the log's queue")?;
        Ok(())
    }
}

impl View<'_> {
    /// Lines of the mismatch log that are not in its file yet.
    pub fn queued_log(&self, limit: usize) -> Result<Vec<(i64, String)>> {
        self.conn
            .prepare_cached("SELECT id, line FROM log_queue ORDER BY id LIMIT ?1")
            .and_then(|mut s| s.query_map([limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .doing("reading the log's queue")
    }
}
