//! Questions of the verbs: lists of findings, totals.

use std::collections::{BTreeMap, BTreeSet};

use super::codec::Doing;
use super::findings::{COLUMNS, finding_row};
use super::{FindingRow, View};
use crate::domain::{Area, FindingId, FindingStatus, List, Uid};
use crate::error::Result;

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
    pub fn each_finding(&self, filter: &FindingFilter, take: &mut dyn FnMut(FindingRow) -> Result<()>) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Date, Finding, Severity};
    use crate::store::{FindingState, Home, Store};

    fn finding(id: u64, rule: &'static str, severity: Severity) -> Finding {
        let (area, list, due, detail, evidence) = Default::default();
        Finding { id: FindingId(id), rule, severity, area, list, due, detail, evidence, missed_on: None }
    }

    /// A store with three findings, the second of them a day older than the others.
    fn with_findings(test: impl FnOnce(&Store)) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Home::plain(folder.path()), "519901001201".parse().unwrap()).unwrap();
        for (day, found) in [
            (1, finding(2, "sex-conflict", Severity::Low)),
            (2, finding(1, "birth-conflict", Severity::Low)),
            (2, finding(3, "shared-id", Severity::High)),
        ] {
            let person = FindingState::Person(Uid(found.id.0));
            let settled = store
                .write(|writer| writer.settle(&[person], &[(person, found, Vec::new())], Date::constant(2026, 3, day)));
            settled.unwrap();
        }
        test(&store);
    }

    fn rules(store: &Store, filter: &FindingFilter) -> Vec<String> {
        let found = store.read(|view| view.findings(filter)).unwrap();
        found.into_iter().map(|row| row.rule).collect()
    }

    #[test]
    fn findings_come_the_worst_first_and_then_by_rule_or_age() {
        with_findings(|store| {
            let all = FindingFilter::default();
            assert_eq!(rules(store, &all), ["shared-id", "birth-conflict", "sex-conflict"]);
            let by_age = FindingFilter { oldest_first: true, ..all };
            assert_eq!(rules(store, &by_age), ["shared-id", "sex-conflict", "birth-conflict"]);
            let low = FindingFilter { severity: Some("low".to_owned()), ..FindingFilter::default() };
            assert_eq!(rules(store, &low), ["birth-conflict", "sex-conflict"]);
            let one = FindingFilter { rule: Some("shared-id".to_owned()), ..FindingFilter::default() };
            assert_eq!(rules(store, &one), ["shared-id"]);
        });
    }

    #[test]
    fn findings_that_go_while_they_are_read_are_told_as_they_stood_when_it_began() {
        with_findings(|store| {
            let mut told = Vec::new();
            let read = store.read(|view| {
                view.each_finding(&FindingFilter::default(), &mut |row| {
                    if told.is_empty() {
                        store.write(|writer| {
                            let person = FindingState::Person(Uid(1));
                            writer.settle(&[person], &[], Date::constant(2026, 3, 3))?;
                            writer.conn.execute("DELETE FROM findings WHERE id = 2", ()).doing("a test")
                        })?;
                    }
                    told.push((row.rule, row.status));
                    Ok(())
                })
            });
            read.unwrap();
            let told: Vec<(&str, FindingStatus)> = told.iter().map(|(rule, status)| (rule.as_str(), *status)).collect();
            let stood = ["shared-id", "birth-conflict", "sex-conflict"].map(|rule| (rule, FindingStatus::Open));
            assert_eq!(told, stood);
            assert_eq!(rules(store, &FindingFilter::default()), ["shared-id"]);
        });
    }
}
