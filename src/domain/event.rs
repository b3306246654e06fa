//! What happened to a person, inferred from what the lists say (DESIGN.md: event).

use serde::{Deserialize, Serialize};

use super::area::Area;
use super::date::PartialDate;
use super::entry::Uid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Birth,
    Death,
    Transfer,
    OutMigration,
    InMigration,
    Correction,
}

impl EventKind {
    pub const ALL: [EventKind; 6] = [
        EventKind::Birth,
        EventKind::Death,
        EventKind::Transfer,
        EventKind::OutMigration,
        EventKind::InMigration,
        EventKind::Correction,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Birth => "birth",
            EventKind::Death => "death",
            EventKind::Transfer => "transfer",
            EventKind::OutMigration => "out_migration",
            EventKind::InMigration => "in_migration",
            EventKind::Correction => "correction",
        }
    }

    pub fn parse(text: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How far the evidence carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// One source alone.
    Possible,
    /// Two sources that agree roughly, or one strong source.
    Probable,
    /// Two independent sources that agree.
    Confirmed,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Probable => "probable",
            Confidence::Confirmed => "confirmed",
        }
    }

    pub fn parse(text: &str) -> Option<Confidence> {
        let all = [Confidence::Possible, Confidence::Probable, Confidence::Confirmed];
        all.into_iter().find(|confidence| confidence.as_str() == text)
    }
}

/// An inferred event. It holds as long as its evidence does.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub kind: EventKind,
    /// The best date the evidence gives.
    pub date: Option<PartialDate>,
    /// Where the person left; `None` where that is outside, unknown, or not meant by the kind.
    pub from: Option<Area>,
    pub to: Option<Area>,
    pub confidence: Confidence,
    /// The entries it rests on, the strongest first.
    pub evidence: Vec<Uid>,
}
