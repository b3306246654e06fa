//! The numbers in [brackets] of CONTRACT.md's rules.

use serde::{Deserialize, Serialize};

use crate::domain::List;

/// What an office may set about the rules. All are days unless the name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// `death-dates-differ`: two sources further apart than this (DOMAIN.md X7).
    pub death_dates_differ_days: i32,
    /// `moved-still-active`: due this long after the move (DOMAIN.md F9, V2).
    pub moved_grace_days: i32,
    /// `transfer-unpaired`: the other village has this long to list or release the person (DOMAIN.md V4).
    pub transfer_pair_days: i32,
    /// `dibao-review-overdue` by class (DOMAIN.md D6, B5).
    pub review_days_a: i32,
    pub review_days_b: i32,
    pub review_days_c: i32,
    /// `late-report`: births and in-moves listed later than this (DOMAIN.md F2).
    pub late_report_days: i32,
    /// `id-missing`: nobody older than this should be without a number (DOMAIN.md Q7).
    pub id_missing_age_days: i32,
    /// `list-late`: a list without a new snapshot for longer (DOMAIN.md R1).
    pub cycle_days_population: i32,
    pub cycle_days_health: i32,
    pub cycle_days_dibao: i32,
    pub cycle_days_family: i32,
    pub cycle_days_deaths: i32,
    pub cycle_days_migrants: i32,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            death_dates_differ_days: 31,
            moved_grace_days: 14,
            transfer_pair_days: 30,
            review_days_a: 365,
            review_days_b: 183,
            review_days_c: 61,
            late_report_days: 60,
            id_missing_age_days: 365,
            cycle_days_population: 31,
            cycle_days_health: 31,
            cycle_days_dibao: 31,
            cycle_days_family: 31,
            cycle_days_deaths: 31,
            cycle_days_migrants: 31,
        }
    }
}

impl Parameters {
    /// How long a dibao class may go without review; an unknown class is held to the longest.
    pub fn review_days(&self, class: Option<char>) -> i32 {
        match class {
            Some('B') => self.review_days_b,
            Some('C') => self.review_days_c,
            _ => self.review_days_a,
        }
    }

    /// After how many days without a new snapshot a list is late.
    pub fn cycle_days(&self, list: List) -> i32 {
        match list {
            List::Population => self.cycle_days_population,
            List::Health => self.cycle_days_health,
            List::Dibao => self.cycle_days_dibao,
            List::Family => self.cycle_days_family,
            List::Deaths => self.cycle_days_deaths,
            List::Migrants => self.cycle_days_migrants,
        }
    }
}
