//! The settings of the rules: every number in [brackets] of CONTRACT.md.

use serde::{Deserialize, Serialize};

/// Limits of the rules, in days unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// `death-dates-differ`: dates this far apart are still one death (DOMAIN.md X7).
    pub death_dates_days_max: i32,
    /// `moved-still-active`: time to hand over after a move (DOMAIN.md F9: 14 days).
    pub handover_days: i32,
    /// `transfer-unpaired`: time for the other village to follow (DOMAIN.md V4: 30 days).
    pub transfer_days_max: i32,
    /// `dibao-review-overdue`, class A (DOMAIN.md D6, B5).
    pub review_days_a: i32,
    pub review_days_b: i32,
    pub review_days_c: i32,
    /// `late-report`: time to list a birth or an in-move (DOMAIN.md F2: two months).
    pub late_report_days_max: i32,
    /// `id-missing`: a child may be without a number this long (DOMAIN.md Q7).
    pub id_missing_age_days: i32,
    /// `list-late`: the cycle of the lists (DOMAIN.md R1: monthly).
    pub list_cycle_days: i32,
    /// `id-damaged`: from this share of damaged numbers on, the whole column is one finding.
    pub damaged_column_share_percent: u32,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            death_dates_days_max: 31,
            handover_days: 14,
            transfer_days_max: 30,
            review_days_a: 365,
            review_days_b: 183,
            review_days_c: 61,
            late_report_days_max: 60,
            id_missing_age_days: 365,
            list_cycle_days: 31,
            damaged_column_share_percent: 80,
        }
    }
}

impl Parameters {
    /// The review cycle of a dibao class in days; an unknown class has the longest.
    pub fn review_days(&self, class: Option<char>) -> i32 {
        match class {
            Some('B') => self.review_days_b,
            Some('C') => self.review_days_c,
            _ => self.review_days_a,
        }
    }
}
