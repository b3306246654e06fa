//! The one table of rules.

use serde_json::{Map, Value};

use crate::domain::date::days_between;
use crate::domain::{Date, List, PartialDate, Severity};

/// One rule: its public id, what it looks at, how bad it is.
#[derive(Debug)]
pub struct Rule {
    pub id: &'static str,
    /// The list whose entry needs looking at; empty where it is the person as a whole or any list.
    pub lists: &'static [List],
    /// The usual severity.
    pub severity: Severity,
    /// A higher or other severity in the named cases, for the documents.
    pub severity_note: &'static str,
    /// The settings it reads, names of [`super::Parameters`].
    pub settings: &'static [&'static str],
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether what it says rests on how the lists changed, not on how they stand: a node built from the last
    /// files alone cannot know it.
    pub needs_history: bool,
    /// The fact of a finding from whose day on time is counted. The count is no fact of the finding, which would then be
    /// another one every day: see [`days_since`].
    pub counts_from: Option<&'static str>,
}

const fn new(id: &'static str, lists: &'static [List], severity: Severity, source: &'static str) -> Rule {
    Rule { id, lists, severity, severity_note: "", settings: &[], source, needs_history: false, counts_from: None }
}

const BENEFITS: &[List] = &[List::Dibao, List::Family];
const SERVICES: &[List] = &[List::Health, List::Dibao, List::Family];

use Severity::{High, Info, Low, Medium};

/// All rules, in the order of CONTRACT.md.
pub const RULES: &[Rule] = &[
    Rule { severity_note: "high for dibao, family", ..new("deceased-still-active", &[], Medium, "X1 X2 X3 X4") },
    new("alive-after-death", &[], High, "X5 X6"),
    Rule { settings: &["death_dates_days_max"], ..new("death-dates-differ", &[], Low, "X7") },
    Rule {
        settings: &["handover_days"],
        severity_note: "high for family when overdue",
        ..new("moved-still-active", SERVICES, Medium, "V1 V2 F9")
    },
    Rule {
        settings: &["transfer_days_max"],
        counts_from: Some("date"),
        ..new("transfer-unpaired", &[List::Population], Medium, "V4")
    },
    Rule { severity_note: "high for dibao, family", ..new("listed-in-two-areas", &[], Medium, "V5 B3") },
    new("duplicate-entry", &[], Medium, "Q10 V5"),
    Rule { severity_note: "high for dibao", ..new("no-population-record", SERVICES, Medium, "B2 V3") },
    Rule { needs_history: true, ..new("left-without-decision", BENEFITS, High, "B4 D7") },
    new("dibao-without-health-record", &[List::Dibao], Low, "T2 H6"),
    new("special-support-uncovered", &[List::Family], Medium, "F12 T1"),
    Rule {
        settings: &["review_days_a", "review_days_b", "review_days_c"],
        counts_from: Some("reviewed"),
        ..new("dibao-review-overdue", &[List::Dibao], Medium, "D6 B5")
    },
    Rule {
        settings: &["late_report_days_max"],
        needs_history: true,
        ..new("late-report", &[List::Population], Low, "F2 V3")
    },
    new("id-invalid", &[], Medium, "Q1"),
    Rule { settings: &["damaged_column_share_percent"], ..new("id-damaged", &[], Medium, "Q2") },
    Rule { settings: &["id_missing_age_days"], ..new("id-missing", &[], Low, "Q7") },
    new("id-conflict", &[], Medium, "Q6 3.1"),
    new("shared-id", &[], High, "Q5"),
    new("name-conflict", &[], Low, "Q5 3.5"),
    new("sex-conflict", &[], Low, "Q4"),
    new("birth-conflict", &[], Low, "Q4"),
    Rule { needs_history: true, ..new("household-without-head", &[List::Population], Info, "Q8") },
    new("total-differs", &[], Low, "Q10 O3"),
    Rule {
        settings: &["list_cycle_days"],
        needs_history: true,
        counts_from: Some("last"),
        ..new("list-late", &[], Medium, "R1")
    },
];

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The days that have passed by `today` since what a finding of the rule tells of in `detail`, where it counts any.
pub fn days_since(id: &str, detail: &Map<String, Value>, today: Date) -> Option<i32> {
    let date: PartialDate = detail.get(rule(id)?.counts_from?)?.as_str()?.parse().ok()?;
    Some(days_between(date.last(), today))
}
