//! Findings through their life: open, decided, closed by newer data, back again.

use rusqlite::{OptionalExtension, Row};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Doing, day_to_sql, json, list, optional_area, optional_day, optional_word, uids_to_text};
use super::decisions::Occasion;
use super::{View, Writer};
use crate::domain::{Area, Date, Disposition, Finding, FindingId, FindingStatus, List, Uid};
use crate::error::Result;

/// A stored finding.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingRow {
    pub id: FindingId,
    pub rule: String,
    pub severity: String,
    pub status: FindingStatus,
    pub person: Option<Uid>,
    /// Of the list that it is about as a whole, where it is about nobody: a name of this store alone.
    pub snapshot: Option<i64>,
    pub area: Option<Area>,
    pub list: Option<List>,
    pub first_seen: Date,
    pub due: Option<Date>,
    pub detail: Map<String, Value>,
    pub evidence: Vec<Uid>,
    /// Areas of the evidence: the offices concerned.
    pub areas: Vec<Area>,
    /// What a person would judge, as one number: see [`basis`].
    pub basis: i64,
}

impl FindingRow {
    /// Whether it is about anything in the area of `office`.
    pub fn concerns(&self, office: Area) -> bool {
        self.area.iter().chain(&self.areas).any(|area| office.contains(*area))
    }
}

/// Whom a set of findings is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    Person(Uid),
    Snapshot(i64),
}

/// What became of a finding in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    Opened,
    Changed,
    Decided,
    Closed,
}

impl Transition {
    pub fn as_str(self) -> &'static str {
        match self {
            Transition::Opened => "opened",
            Transition::Changed => "changed",
            Transition::Decided => "decided",
            Transition::Closed => "closed",
        }
    }
}

pub(super) const COLUMNS: &str = "id, rule, severity, holds, person, area, list, first_seen, due, detail, evidence, areas, basis, decided, decided_on, snapshot";

pub(super) fn finding_row(row: &Row) -> rusqlite::Result<FindingRow> {
    let holds: bool = row.get(3)?;
    let (basis, decided_on): (i64, Option<i64>) = (row.get(12)?, row.get(14)?);
    let decided = optional_word(row, 13, Disposition::parse)?;
    let areas: Vec<Area> = json(row, 11)?;
    Ok(FindingRow {
        id: FindingId(row.get::<_, i64>(0)? as u64),
        rule: row.get(1)?,
        severity: row.get(2)?,
        status: status(holds, decided, decided_on == Some(basis)),
        person: row.get::<_, Option<i64>>(4)?.map(|p| Uid(p as u64)),
        snapshot: row.get(15)?,
        area: optional_area(row, 5)?,
        list: match row.get::<_, Option<i64>>(6)? {
            Some(_) => Some(list(row, 6)?),
            None => None,
        },
        first_seen: super::codec::day(row, 7)?,
        due: optional_day(row, 8)?,
        detail: json(row, 9)?,
        evidence: json(row, 10)?,
        areas,
        basis,
    })
}

/// A dismissal holds until its evidence changes (CONTRACT.md); a confirmation until the finding closes, which takes it
/// away ([`Writer::end_confirmation`]).
fn status(holds: bool, decided: Option<Disposition>, same_basis: bool) -> FindingStatus {
    match decided {
        _ if !holds => FindingStatus::Closed,
        Some(Disposition::Confirm) => FindingStatus::Confirmed,
        Some(Disposition::Dismiss) if same_basis => FindingStatus::Dismissed,
        _ => FindingStatus::Open,
    }
}

/// Facts that move with the calendar or with every visit, settings of the office, where a list stands, and who else says
/// what is said: no reason to ask a person again.
const VOLATILE: &[&str] = &[
    "days",
    "days_max",
    "cycle_days",
    "overdue",
    "sign_of_life",
    "sign",
    "row",
    "sheet",
    "count",
    "confidence",
    "said",
    "by",
    "ground",
];

/// What a person would judge, as one number. It travels with what they decide: the same evidence gives the same number at
/// every level, whatever its settings and its day, and whichever line or value is to be looked at first.
fn basis(finding: &Finding) -> i64 {
    let kept = finding.detail.iter().filter(|(key, _)| !VOLATILE.contains(&key.as_str()));
    let kept: Map<String, Value> = kept.map(|(key, value)| (key.clone(), in_any_order(value))).collect();
    let mut evidence = finding.evidence.clone();
    evidence.sort_unstable();
    let text = format!("{}{}", Value::Object(kept), uids_to_text(&evidence));
    xxh3_64(text.as_bytes()) as i64
}

fn in_any_order(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Array(values) = &mut value {
        values.sort_by_cached_key(Value::to_string);
    }
    value
}

impl View<'_> {
    /// Whether nothing holds for a person, and nothing ever was found: no event, no finding.
    pub fn holds_nothing(&self, person: Uid) -> Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT NOT EXISTS (SELECT 1 FROM events WHERE person = ?1)
                    AND NOT EXISTS (SELECT 1 FROM findings WHERE person = ?1)",
            )
            .and_then(|mut s| s.query_row([person.0 as i64], |row| row.get(0)))
            .doing("looking what holds for a person")
    }

    pub fn finding(&self, id: FindingId) -> Result<Option<FindingRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM findings WHERE id = ?1"))
            .and_then(|mut s| s.query_row([id.0 as i64], finding_row).optional())
            .doing("reading a finding")
    }

    /// Whose entry on a list of an area a rule speaks of by itself.
    pub fn persons_told_of(&self, rule: &str, list: List, area: Area) -> Result<Vec<Uid>> {
        self.conn
            .prepare_cached(
                "SELECT DISTINCT person FROM findings
                 WHERE rule = ?1 AND holds = 1 AND list = ?2 AND area = ?3 AND person IS NOT NULL",
            )
            .and_then(|mut s| {
                s.query_map((rule, list as u8, area.padded() as i64), |row| Ok(Uid(row.get::<_, i64>(0)? as u64)))?
                    .collect()
            })
            .doing("reading findings")
    }

    /// Snapshots that are here no more, and of which something still holds.
    pub fn snapshots_forgotten(&self) -> Result<Vec<i64>> {
        self.conn
            .prepare_cached(
                "SELECT DISTINCT snapshot FROM findings
                 WHERE snapshot IS NOT NULL AND holds = 1 AND snapshot NOT IN (SELECT id FROM snapshots)",
            )
            .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
            .doing("reading findings")
    }

    fn holding(&self, of: FindingState) -> Result<Vec<FindingRow>> {
        let (column, value) = match of {
            FindingState::Person(uid) => ("person", uid.0 as i64),
            FindingState::Snapshot(id) => ("snapshot", id),
        };
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM findings WHERE {column} = ?1 AND holds = 1"))
            .and_then(|mut s| s.query_map([value], finding_row)?.collect())
            .doing("reading findings")
    }
}

impl Writer<'_> {
    /// Makes the stored findings of `subjects` be exactly `now` (with the areas of each one's evidence), and says
    /// what changed. All subjects that may have exchanged entries must be settled in one call: a finding that goes
    /// over from one person to another then stays the same finding.
    pub fn settle(
        &self,
        subjects: &[FindingState],
        now: &[(FindingState, Finding, Vec<Area>)],
        today: Date,
    ) -> Result<Vec<(Transition, FindingId)>> {
        let mut before: Vec<FindingRow> = Vec::new();
        for subject in subjects {
            before.extend(self.holding(*subject)?);
        }
        let mut out = Vec::new();
        for old in &before {
            if !now.iter().any(|(_, finding, _)| finding.id == old.id) {
                self.conn
                    .prepare_cached("UPDATE findings SET holds = 0, nseq = ?2, closed_on = ?3 WHERE id = ?1")
                    .and_then(|mut s| s.execute((old.id.0 as i64, self.next_seq() as i64, day_to_sql(today))))
                    .doing("closing a finding")?;
                self.put_rests_on(old.id, &[], false)?;
                self.end_confirmation(old.id)?;
                out.push((Transition::Closed, old.id));
            }
        }
        for (subject, finding, areas) in now {
            let old = match before.iter().find(|old| old.id == finding.id) {
                Some(old) => Some(old.clone()),
                None => self.finding(finding.id)?,
            };
            if let Some(transition) = self.put_finding(*subject, finding, areas, old.as_ref(), today)? {
                out.push((transition, finding.id));
            }
        }
        Ok(out)
    }

    fn put_finding(
        &self,
        subject: FindingState,
        finding: &Finding,
        areas: &[Area],
        old: Option<&FindingRow>,
        today: Date,
    ) -> Result<Option<Transition>> {
        let (person, snapshot) = match subject {
            FindingState::Person(uid) => (Some(uid), None),
            FindingState::Snapshot(id) => (None, Some(id)),
        };
        let unchanged = old.is_some_and(|old| {
            old.status != FindingStatus::Closed
                && (old.person, old.snapshot) == (person, snapshot)
                && old.severity == finding.severity.as_str()
                && old.area == finding.area
                && old.due == finding.due
                && old.detail == finding.detail
                && old.evidence == finding.evidence
                && old.areas == areas
        });
        if unchanged {
            return Ok(None);
        }
        let id = finding.id.0 as i64;
        let detail = Value::Object(finding.detail.clone()).to_string();
        let values = rusqlite::params![
            id,
            self.next_seq() as i64,
            finding.rule,
            finding.severity.as_str(),
            person.map(|p| p.0 as i64),
            snapshot,
            finding.area.map(|a| a.padded() as i64),
            finding.list.map(|l| l as u8),
            day_to_sql(today),
            finding.due.map(day_to_sql),
            detail,
            uids_to_text(&finding.evidence),
            serde_json::to_string(areas).unwrap_or_default(),
            basis(finding),
        ];
        self.conn
            .prepare_cached(
                "INSERT INTO findings (id, nseq, rule, severity, holds, person, snapshot, area, list, first_seen, due,
                                       detail, evidence, areas, basis)
                 VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (id) DO UPDATE SET nseq = ?2, severity = ?4, holds = 1, person = ?5, snapshot = ?6, area = ?7,
                     list = ?8, first_seen = iif(holds, first_seen, ?9), due = ?10, detail = ?11, evidence = ?12, areas = ?13,
                     basis = ?14",
            )
            .and_then(|mut s| s.execute(values))
            .doing("writing a finding")?;
        self.put_rests_on(finding.id, &finding.evidence, old.is_none())?;
        // A decision may have come down or up before the evidence did.
        if old.is_none() {
            self.stands_since_above(finding.id)?;
        }
        let is_new = self.prove_decisions(finding.id)? || old.is_none();
        self.apply_decision(finding.id, if is_new { Occasion::Finding } else { Occasion::Evidence })?;
        if old.is_some_and(|old| old.status == FindingStatus::Closed) {
            self.end_confirmation_of_nothing(finding.id)?;
        }
        Ok(match old {
            Some(old) if old.status != FindingStatus::Closed => Some(Transition::Changed),
            _ => Some(Transition::Opened),
        })
    }

    /// A store that was lost, or is an older one, finds again what it once knew: such a finding stands since the day the
    /// parent tells, where that is earlier. Not one that closed here on that day or later: that one stands anew.
    pub(super) fn stands_since_above(&self, id: FindingId) -> Result<()> {
        let Some(day) = self.notice(id)?.and_then(|row| row.told()).and_then(|told| told.first_seen) else {
            return Ok(());
        };
        self.conn
            .prepare_cached(
                "UPDATE findings SET first_seen = ?2, nseq = ?3
                 WHERE id = ?1 AND first_seen > ?2 AND (closed_on IS NULL OR closed_on < ?2)",
            )
            .and_then(|mut s| s.execute((id.0 as i64, day_to_sql(day), self.next_seq() as i64)))
            .doing("writing a finding")?;
        Ok(())
    }

    /// Sets what was decided, and on which basis; no verdict reopens. Says whether that is another one, or is to be `told`
    /// all the same.
    pub(super) fn set_decided(
        &self,
        id: FindingId,
        verdict: Option<Disposition>,
        on: Option<i64>,
        told: bool,
    ) -> Result<bool> {
        let decided = verdict.map(Disposition::as_str);
        let is_another = "SELECT EXISTS (SELECT 1 FROM findings WHERE id = ?1
                                         AND (?4 OR decided IS NOT ?2 OR decided_on IS NOT ?3))";
        let is_another: bool = self
            .conn
            .prepare_cached(is_another)
            .and_then(|mut s| s.query_row((id.0 as i64, decided, on, told), |row| row.get(0)))
            .doing("writing a decision")?;
        if is_another {
            self.conn
                .prepare_cached("UPDATE findings SET decided = ?2, decided_on = ?3, nseq = ?4 WHERE id = ?1")
                .and_then(|mut s| s.execute((id.0 as i64, decided, on, self.next_seq() as i64)))
                .doing("writing a decision")?;
        }
        Ok(is_another)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Severity, Uid};

    fn conflict(detail: Value, evidence: [u64; 3]) -> Finding {
        Finding {
            id: FindingId(1),
            rule: "sex-conflict",
            severity: Severity::Low,
            area: None,
            list: None,
            due: None,
            detail: detail.as_object().unwrap().clone(),
            evidence: evidence.map(Uid).to_vec(),
            missed_on: None,
        }
    }

    #[test]
    fn what_is_looked_at_first_and_who_else_says_it_is_not_what_a_person_judges() {
        let of = |detail, evidence| basis(&conflict(detail, evidence));
        let by = |list: &str| json!([{"value": "m", "by": [list]}]);
        let judged = of(json!({"sexes": ["m", "f"], "said": by("health")}), [1, 2, 3]);
        assert_eq!(judged, of(json!({"sexes": ["f", "m"], "said": by("dibao")}), [3, 1, 2]));
        assert_ne!(judged, of(json!({"sexes": ["m"], "said": by("health")}), [1, 2, 3]));
        assert_ne!(judged, of(json!({"sexes": ["m", "f"], "said": by("health")}), [1, 2, 4]));
    }
}
