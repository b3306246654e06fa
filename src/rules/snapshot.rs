//! What one sheet says about itself: its total, its number column, its age (DOMAIN.md Q2, Q10, R1, O3).

use crate::domain::date::{days_between, plus_days};
use crate::domain::{Area, Date, Finding, FindingId, List, Severity};

use super::judge::{Judgement, name, say};
use super::{Parameters, rule};

/// The facts of the latest snapshot of one list of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotFacts {
    pub area: Area,
    pub list: List,
    pub file: String,
    pub sheet: Option<String>,
    /// The day its data is of: what the sheet states, else the day it was read.
    pub taken_on: Date,
    /// Lines read, and how many of them carry a number that lost digits.
    pub lines: u64,
    pub damaged: u64,
    /// The sheet's own total with the row it stands on, and the lines it was compared with.
    pub total: Option<StatedTotal>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StatedTotal {
    pub row: u32,
    pub stated: u64,
    pub counted: u64,
}

impl SnapshotFacts {
    /// Whether the number column as a whole lost its digits: one finding for the file instead of one a line.
    pub fn column_is_damaged(&self, parameters: &Parameters) -> bool {
        /// Below this a share says nothing.
        const LINES_MIN: u64 = 5;
        let all = self.damaged > 1 && self.damaged == self.lines;
        let share = self.damaged * 100 >= self.lines * u64::from(parameters.damaged_column_share_percent);
        all || (self.damaged >= LINES_MIN && share)
    }
}

/// What a rule finds of the snapshot of this name, which is the same at every node: one list of one area may come from
/// several offices, or in several files, and each has findings of its own.
pub fn snapshot_finding(rule: &str, at: (Area, List), called: u64) -> FindingId {
    name(rule, Some(at), called)
}

/// Runs the rules that look at a snapshot as a whole; `called` is its name.
pub fn judge_snapshot(facts: &SnapshotFacts, called: u64, today: Date, parameters: &Parameters) -> Judgement {
    let mut out = Judgement::default();
    let raise = |id: &'static str| -> Finding {
        let severity = rule(id).map_or(Severity::Medium, |r| r.severity);
        Finding {
            id: snapshot_finding(id, (facts.area, facts.list), called),
            rule: id,
            severity,
            area: Some(facts.area),
            list: Some(facts.list),
            due: None,
            detail: serde_json::Map::new(),
            evidence: Vec::new(),
            missed_on: None,
        }
    };
    if let Some(total) = facts.total.as_ref().filter(|t| t.stated != t.counted) {
        let mut finding = raise("total-differs");
        say(&mut finding, "stated", total.stated);
        say(&mut finding, "counted", total.counted);
        say(&mut finding, "file", facts.file.clone());
        if let Some(sheet) = &facts.sheet {
            say(&mut finding, "sheet", sheet.clone());
        }
        say(&mut finding, "row", total.row);
        out.findings.push(finding);
    }
    if facts.column_is_damaged(parameters) {
        let mut finding = raise("id-damaged");
        say(&mut finding, "whole_column", true);
        say(&mut finding, "count", facts.damaged);
        say(&mut finding, "file", facts.file.clone());
        out.findings.push(finding);
    }
    let cycle = parameters.list_cycle_days;
    if days_between(facts.taken_on, today) > cycle {
        let mut finding = raise("list-late");
        finding.due = Some(plus_days(facts.taken_on, cycle));
        say(&mut finding, "last", facts.taken_on.to_string());
        say(&mut finding, "cycle_days", cycle);
        out.findings.push(finding);
    } else {
        out.due = Some(plus_days(facts.taken_on, cycle + 1));
    }
    out
}
