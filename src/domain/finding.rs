//! A contradiction that a person should look at (DESIGN.md: finding).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::area::Area;
use super::date::Date;
use super::entry::{Uid, base32};
use super::list::List;
use super::width::half_width;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }

    pub fn parse(text: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    Open,
    Confirmed,
    Dismissed,
    Closed,
}

impl FindingStatus {
    pub const ALL: [FindingStatus; 4] =
        [FindingStatus::Open, FindingStatus::Confirmed, FindingStatus::Dismissed, FindingStatus::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            FindingStatus::Open => "open",
            FindingStatus::Confirmed => "confirmed",
            FindingStatus::Dismissed => "dismissed",
            FindingStatus::Closed => "closed",
        }
    }

    /// As a finding that holds is once somebody decided so.
    pub fn after(verdict: Disposition) -> FindingStatus {
        match verdict {
            Disposition::Confirm => FindingStatus::Confirmed,
            Disposition::Dismiss => FindingStatus::Dismissed,
            Disposition::Reopen => FindingStatus::Open,
        }
    }

    pub fn parse(text: &str) -> Option<FindingStatus> {
        FindingStatus::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// What a person decided about a finding (CONTRACT.md, `decide`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    Confirm,
    Dismiss,
    Reopen,
}

impl Disposition {
    pub const ALL: [Disposition; 3] = [Disposition::Confirm, Disposition::Dismiss, Disposition::Reopen];

    pub fn as_str(self) -> &'static str {
        match self {
            Disposition::Confirm => "confirm",
            Disposition::Dismiss => "dismiss",
            Disposition::Reopen => "reopen",
        }
    }

    pub fn parse(text: &str) -> Option<Disposition> {
        Disposition::ALL.into_iter().find(|d| d.as_str() == text)
    }
}

/// The same contradiction has the same id at every level (DESIGN.md, the way of the data).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(pub u64);

impl FindingId {
    /// From the 64 bits that name the contradiction; 50 of them are kept, so that a person can type it.
    pub fn from_hash(hash: u64) -> FindingId {
        FindingId(hash & ((1 << 50) - 1))
    }
}

impl FindingId {
    /// As a person types it: full-width letters and digits too.
    pub fn read(text: &str) -> Result<FindingId, FindingIdError> {
        half_width(text).trim().parse()
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}", base32(self.0, 10))
    }
}

impl fmt::Debug for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a finding's id is f and ten letters and digits")]
pub struct FindingIdError;

impl std::str::FromStr for FindingId {
    type Err = FindingIdError;
    fn from_str(text: &str) -> Result<FindingId, FindingIdError> {
        // Read out over the telephone, or typed with the shift key locked.
        let text = text.to_ascii_lowercase();
        text.strip_prefix('f')
            .filter(|rest| rest.len() == 10)
            .and_then(super::entry::from_base32)
            .map(FindingId)
            .ok_or(FindingIdError)
    }
}

/// What a rule says now. Its life (first seen, decided, closed) is the store's.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub id: FindingId,
    /// A rule id of CONTRACT.md.
    pub rule: &'static str,
    pub severity: Severity,
    /// Whose entry needs looking at; `None` where it is the person as a whole.
    pub area: Option<Area>,
    pub list: Option<List>,
    pub due: Option<Date>,
    /// Facts for the sentence and for programs. Names and numbers in it are masked.
    pub detail: Map<String, Value>,
    /// The entries it rests on, the one to look at first.
    pub evidence: Vec<Uid>,
    /// The list, and of which area, that has no line for the person, where the finding rests on that.
    pub missed_on: Option<(List, Area)>,
}

/// A finding that an office below makes by what it knows itself, and that falls away with what is known here: a line of
/// the person that the office below does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenThrough {
    pub id: FindingId,
    /// An entry of the office below on which the finding rests.
    pub entry: Uid,
    /// On which list and in which area the line stands that it does not have.
    pub list: List,
    pub area: Area,
    /// The line may be the person's: a clerk has still to say so.
    pub perhaps: bool,
}
