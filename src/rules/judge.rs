//! One case in, all its findings out, with the day on which they should be looked at again.

use serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

use crate::domain::date::plus_days;
use crate::domain::{Area, Date, Entry, Finding, FindingId, List, Severity, Uid};
use crate::reconcile::{Case, Facts};

use super::{Parameters, benefits, conflicts, death, identity, residence, rule};

/// Who keeps a list: the same list of one village may come from several offices, or from several sources of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeper {
    pub office: Area,
    /// The name of the snapshot; 0 where the office has the list from one source alone.
    pub source: u64,
}

/// What the rules must know beside the person's own lines.
#[derive(Debug, Clone, Default)]
pub struct Neighbours<'n> {
    /// Who keeps which of the person's lines, where several stand on one list of one village.
    pub keepers: Vec<(Uid, Keeper)>,
    /// Other people who carry the same valid number: who it is, and an entry.
    pub sharers: Vec<(Uid, Entry)>,
    /// Entries of the household's other members on the population list of the same village.
    pub household: Vec<Entry>,
    /// Entries of others that may be the same person: a pair that waits for a clerk's word, or one valid number.
    pub potential: Vec<Entry>,
    /// Lists whose number column lost its digits as a whole: told once for the file, not for every line.
    pub damaged_columns: &'n [(Area, List)],
    /// Villages whose population list this node has: of others it cannot say that somebody is missing there.
    pub registers: &'n [Area],
}

/// The findings that hold now, and the next day on which they change by the calendar alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    pub findings: Vec<Finding>,
    pub due: Option<Date>,
}

/// Runs every rule over the case.
pub fn judge(case: &Case, facts: &Facts, neighbours: &Neighbours, parameters: &Parameters) -> Judgement {
    let mut bench = Bench { case, facts, neighbours, parameters, out: Judgement::default() };
    death::rules(&mut bench);
    residence::rules(&mut bench);
    benefits::rules(&mut bench);
    identity::rules(&mut bench);
    conflicts::rules(&mut bench);
    bench.out
}

/// What a family of rules works on, and where it puts what it found.
pub(super) struct Bench<'a> {
    pub case: &'a Case,
    pub facts: &'a Facts,
    pub neighbours: &'a Neighbours<'a>,
    pub parameters: &'a Parameters,
    out: Judgement,
}

impl<'a> Bench<'a> {
    /// Whether a line of the list may be this person's: nobody is called missing there while a clerk has not said that it
    /// is somebody else's (DOMAIN.md 3.5).
    pub fn may_stand_on(&self, list: List, active: bool) -> bool {
        self.neighbours.potential.iter().any(|e| e.list == list && e.removed.is_none() && (!active || e.is_active()))
    }

    /// Who keeps the line; `None` where the person has no other on its list and village.
    pub fn keeper(&self, line: Uid) -> Option<Keeper> {
        self.neighbours.keepers.iter().find(|(uid, _)| *uid == line).map(|(_, keeper)| *keeper)
    }

    /// Raises a finding about these entries of one list and area; the first is the one to look at first.
    pub fn raise(&mut self, id: &'static str, at: Option<(Area, List)>, evidence: Vec<Uid>) -> &mut Finding {
        let anchor = evidence.iter().copied().min().unwrap_or(Uid(0));
        self.raise_anchored(id, at, anchor, evidence)
    }

    /// As [`Bench::raise`], with the entry that gives the finding its name.
    pub fn raise_anchored(
        &mut self,
        id: &'static str,
        at: Option<(Area, List)>,
        anchor: Uid,
        mut evidence: Vec<Uid>,
    ) -> &mut Finding {
        let mut seen = Vec::with_capacity(evidence.len());
        evidence.retain(|uid| {
            !seen.contains(uid) && {
                seen.push(*uid);
                true
            }
        });
        let findings = &mut self.out.findings;
        findings.push(Finding {
            id: name(id, at, anchor.0),
            rule: id,
            severity: rule(id).map_or(Severity::Medium, |r| r.severity),
            area: at.map(|(area, _)| area),
            list: at.map(|(_, list)| list),
            due: None,
            detail: Map::new(),
            evidence,
        });
        findings.last_mut().expect("a finding was pushed on the line above")
    }

    /// The finding of a rule that was raised last, to say more of it.
    pub fn last_of(&mut self, rule: &str) -> Option<&mut Finding> {
        self.out.findings.iter_mut().rfind(|finding| finding.rule == rule)
    }

    /// Asks to look at the case again once `limit` days have passed after `start`.
    pub fn again_after(&mut self, start: Date, limit: i32) {
        self.again_on(plus_days(start, limit + 1));
    }

    /// Asks to look at the case again on this day, if it is still to come.
    pub fn again_on(&mut self, day: Date) {
        if day > self.case.today {
            self.out.due = Some(self.out.due.map_or(day, |due| due.min(day)));
        }
    }
}

/// The same contradiction gets the same id at every node: from the rule, the place it concerns, and one entry or snapshot.
pub(super) fn name(rule: &str, at: Option<(Area, List)>, anchor: u64) -> FindingId {
    let mut hash = Xxh3::new();
    hash.update(rule.as_bytes());
    let (area, list) = at.map_or((0, 0), |(area, list)| (area.padded(), list as u8));
    hash.update(&area.to_le_bytes());
    hash.update(&[list]);
    hash.update(&anchor.to_le_bytes());
    FindingId::from_hash(hash.digest())
}

/// The entry that names a contradiction within a person: the smallest uid among the entries of the smallest area
/// that shows it by itself. A village that sees it alone and a county that sees more so agree on the id.
pub(super) fn anchor<'e>(entries: &[&'e Entry], shows: impl Fn(&[&'e Entry]) -> bool) -> Uid {
    let within = |of: &dyn Fn(Area) -> Area| {
        let mut areas: Vec<Area> = entries.iter().map(|e| of(e.area)).collect();
        areas.sort_unstable();
        areas.dedup();
        areas.into_iter().find_map(|area| {
            let part: Vec<&Entry> = entries.iter().copied().filter(|e| of(e.area) == area).collect();
            shows(&part).then(|| part.iter().map(|e| e.uid).min()).flatten()
        })
    };
    within(&|area| area)
        .or_else(|| within(&Area::township))
        .or_else(|| entries.iter().map(|e| e.uid).min())
        .unwrap_or(Uid(0))
}

/// Adds one fact to a finding.
pub(super) fn say(finding: &mut Finding, key: &str, value: impl Into<Value>) {
    finding.detail.insert(key.to_owned(), value.into());
}
