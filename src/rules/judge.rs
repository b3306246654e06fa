//! One case in, all its findings out, with the day on which they should be looked at again.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

use crate::domain::date::plus_days;
use crate::domain::{Area, Date, Entry, Finding, FindingId, Level, List, Severity, Uid};
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
    /// Who reported which line, of this person and of the sharers, where it was not the village that it is of.
    pub reporters: Vec<(Uid, Area)>,
    /// Other people who carry the same valid number: who it is, and an entry.
    pub sharers: Vec<(Uid, Entry)>,
    /// The person's lines with a number that so many lines have that it stands for nobody: what it spells is not theirs.
    pub nobodys: Vec<Uid>,
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

    /// The office that reported a line of a village.
    fn reporter(&self, line: Uid, village: Area) -> Area {
        self.neighbours.reporters.iter().find(|(uid, _)| *uid == line).map_or(village, |(_, office)| *office)
    }

    /// Raises a finding about these entries of one village and list, each of which shows it by itself; the first is the one
    /// to look at first. The lowest office that reported one knows no other, so a line of that office names it.
    pub fn raise(&mut self, id: &'static str, at: (Area, List), evidence: Vec<Uid>) -> &mut Finding {
        let lowest_first = |uid: &Uid| (self.reporter(*uid, at.0).level(), *uid);
        let anchor = evidence.iter().copied().min_by_key(lowest_first).unwrap_or(Uid(0));
        self.raise_anchored(id, Some(at), anchor, evidence)
    }

    /// The entry that names a contradiction within a person: an entry of the lowest office that sees the contradiction in
    /// what it and the offices below it report. A village that sees it alone and a county that sees more so agree on the id.
    pub fn anchor<'e>(&self, entries: &[&'e Entry], shows: impl Fn(&[&'e Entry]) -> bool) -> Uid {
        let office = |entry: &Entry| self.reporter(entry.uid, entry.area);
        let of_village = first_that(entries, |e| Some(office(e)).filter(|o| o.level() == Level::Village), &shows);
        let of_township =
            || first_that(entries, |e| Some(office(e).township()).filter(|o| o.level() == Level::Township), &shows);
        let seen = of_village.or_else(of_township).unwrap_or_else(|| entries.to_vec());
        anchor(&seen, shows)
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
            missed_on: None,
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

/// Of what one office sees, the smallest uid among the entries of the smallest area that shows it by itself.
fn anchor<'e>(entries: &[&'e Entry], shows: impl Fn(&[&'e Entry]) -> bool) -> Uid {
    let shown = first_that(entries, |e| Some(e.area), &shows)
        .or_else(|| first_that(entries, |e| Some(e.area.township()), &shows))
        .unwrap_or_else(|| entries.to_vec());
    shown.iter().map(|e| e.uid).min().unwrap_or(Uid(0))
}

/// The entries of the first area, in the order of the codes, that show it by themselves; `of` says whose an entry is.
fn first_that<'e>(
    entries: &[&'e Entry],
    of: impl Fn(&Entry) -> Option<Area>,
    shows: impl Fn(&[&'e Entry]) -> bool,
) -> Option<Vec<&'e Entry>> {
    let areas: BTreeSet<Area> = entries.iter().filter_map(|entry| of(entry)).collect();
    let part = |area: Area| entries.iter().copied().filter(|entry| of(entry) == Some(area)).collect::<Vec<&Entry>>();
    areas.into_iter().map(part).find(|part| shows(part))
}

/// A list and whose it is, as the facts of a finding name it: `health 519901001200`.
pub(super) fn list_in(list: List, area: Area) -> String {
    format!("{} {area}", list.as_str())
}

/// Adds one fact to a finding.
pub(super) fn say(finding: &mut Finding, key: &str, value: impl Into<Value>) {
    finding.detail.insert(key.to_owned(), value.into());
}
