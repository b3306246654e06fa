//! Alarms of the node itself: told once when they begin and once when they end (LESSONS.md: silent stops). What is
//! raised is kept in the store, for an office PC is switched off every evening.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::attest;
use super::backups::{self, Backups};
use super::ledger::NOTICES_MARK;
use super::logbook::Logbook;
use super::neighbours::{ChildState, Replaced};
use super::office::Office;
use super::room;
use super::worker::Progress;
use crate::domain::Area;
use crate::error::{Context, Result};
use crate::store::{Child, View};
use crate::sync::status::{LinkHandle, LinkStatus};

/// How often the slow checks are made.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A child that has not been heard of for this long is silent.
const CHILD_SILENT_DAYS: i64 = 3;
/// So long it is told that another machine took a child's place: whoever was meant to join has been asked by then.
const REPLACED_DAYS: i64 = 3;
/// Backlog without an acknowledgment for this long is no progress.
const NO_PROGRESS_HOURS: i64 = 24;
/// A clock this far from the parent's makes dates on screens wrong; order does not depend on it.
const CLOCK_SKEW_SECS_MAX: i64 = 300;
/// Below this a night's backup or a month's lists may not fit.
pub const DISK_FREE_BYTES_MIN: u64 = 500 * 1024 * 1024;

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// Where the alarms are kept in the store.
const KEPT: &str = "alarms";

/// One alarm that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// A catalogue key `alarm-…` without its prefix.
    pub code: String,
    /// The office or thing it is about; empty for this node.
    pub subject: String,
    pub params: Map<String, Value>,
    /// Unix milliseconds.
    pub since: i64,
}

/// What is kept between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    raised: Vec<Alarm>,
    /// While something waits to go up: the acknowledged number, and since when it stands (Unix milliseconds).
    stands: Option<(u64, i64)>,
}

/// What a look sees.
#[derive(Debug)]
struct Facts {
    /// Unix milliseconds.
    now: i64,
    children: Vec<Child>,
    acknowledged: u64,
    /// Entries and decisions that wait to go up. The numbers between are no measure: findings have numbers too.
    waiting: u64,
    joined: bool,
    link: LinkStatus,
    disk_free_bytes: Option<u64>,
    /// The data folder.
    folder: String,
    backups: Backups,
    /// What is wrong with signed words: code, office, parameters.
    words: Vec<(&'static str, Area, Value)>,
}

/// The alarms that stand: as the worker last looked, else as the store knows them.
pub fn standing(office: &Office, progress: Option<&Progress>) -> Result<Vec<Alarm>> {
    match progress.and_then(Progress::alarms) {
        Some(alarms) => Ok(alarms),
        None => Ok(office.store.read(memory)?.raised),
    }
}

fn memory(view: &View) -> Result<Memory> {
    match view.meta_text(KEPT)? {
        Some(text) => serde_json::from_str(&text).or_say("reading the alarms"),
        None => Ok(Memory::default()),
    }
}

pub struct Alarms {
    link: LinkHandle,
    /// What the last of the slow looks found, as the log was told of it; `None` before the first.
    told: Option<Memory>,
    /// What of it the store keeps.
    kept: Option<Memory>,
    /// The urgent ones that stand. The store may have no room for them, or be what they are about.
    urgent: Vec<Alarm>,
    untold: Untold,
    looked: Option<Instant>,
}

/// Beginnings and ends of urgent alarms that the log has no room for yet. Of one alarm at most one of either waits: one
/// that comes back before its end was told has gone on all the time.
#[derive(Debug, Default)]
struct Untold(Vec<Turn>);

#[derive(Debug)]
struct Turn {
    alarm: Alarm,
    ended: bool,
    /// Unix milliseconds.
    at: i64,
}

impl Untold {
    fn note(&mut self, before: &[Alarm], standing: &[Alarm], now: i64) {
        for alarm in standing.iter().filter(|alarm| find(before, &alarm.code, &alarm.subject).is_none()) {
            match self.0.iter().position(|turn| turn.ended && turn.alarm.code == alarm.code) {
                Some(end) => drop(self.0.remove(end)),
                None => self.0.push(Turn { alarm: alarm.clone(), ended: false, at: alarm.since }),
            }
        }
        for alarm in before.iter().filter(|alarm| find(standing, &alarm.code, &alarm.subject).is_none()) {
            self.0.push(Turn { alarm: alarm.clone(), ended: true, at: now });
        }
    }

    /// In their order; the first that finds no room waits with those behind it.
    fn tell(&mut self, office: &Office, logbook: &Logbook) -> Result<()> {
        while let Some(Turn { alarm, ended, at }) = self.0.first() {
            write(office, logbook, alarm, *ended, *at)?;
            self.0.remove(0);
        }
        Ok(())
    }
}

impl Alarms {
    pub fn new(link: LinkHandle) -> Alarms {
        Alarms { link, told: None, kept: None, urgent: Vec::new(), untold: Untold::default(), looked: None }
    }

    /// Looks, and tells what began or ended. A failure to tell waits for the next time: with a full disk the log has
    /// no room either. Gives what is wrong now.
    pub fn look(&mut self, office: &Office, logbook: &Logbook) -> Vec<Alarm> {
        let mut standing = urgent(office, &self.urgent);
        self.untold.note(&self.urgent, &standing, office.now_millis());
        self.urgent.clone_from(&standing);
        if let Err(error) = self.untold.tell(office, logbook) {
            tracing::debug!(%error, "an alarm could not be written to the log yet");
        }
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            if let Err(error) = self.look_around(office, logbook) {
                tracing::warn!(%error, "the alarms could not be looked at");
            }
        }
        standing.extend(self.told.iter().flat_map(|told| told.raised.iter().cloned()));
        standing
    }

    fn look_around(&mut self, office: &Office, logbook: &Logbook) -> Result<()> {
        let told = match &mut self.told {
            Some(told) => told,
            none => {
                self.kept = Some(office.store.read(memory)?);
                none.insert(self.kept.clone().unwrap_or_default())
            }
        };
        let facts = facts(office, self.link.status())?;
        let after = next(told, &facts);
        tell(office, logbook, &mut told.raised, &after.raised)?;
        *told = after;
        // What was told is told once, also where the store has no room for it now.
        if self.kept.as_ref() != Some(told) {
            let text = serde_json::to_string(told).or_say("keeping the alarms")?;
            office.store.write(|writer| writer.put_meta_text(KEPT, &text))?;
            self.kept = Some(told.clone());
        }
        Ok(())
    }
}

fn facts(office: &Office, link: LinkStatus) -> Result<Facts> {
    let disk_free_bytes = room::free_bytes(office.store.path());
    let now = office.now_millis();
    office.store.read(|view| {
        let acknowledged = view.acknowledged()?;
        let joined = view.meta_text(NOTICES_MARK)?.is_some();
        Ok(Facts {
            now,
            children: view.children()?,
            acknowledged,
            // Of a node with nobody above all would be counted, every minute.
            waiting: if joined { view.backlog(acknowledged)?.0 } else { 0 },
            joined,
            link,
            disk_free_bytes,
            folder: folder_of(office),
            backups: backups::kept(view)?,
            words: attest::alarms(view, office.area(), now)?,
        })
    })
}

/// Where room is missing, if it is.
fn folder_of(office: &Office) -> String {
    office.store.path().parent().unwrap_or_else(|| office.store.path()).display().to_string()
}

/// Brings the log from what it was `told` of to what stands `now`; what could be told before a failure is noted.
fn tell(office: &Office, logbook: &Logbook, told: &mut Vec<Alarm>, now: &[Alarm]) -> Result<()> {
    for alarm in now {
        if find(told, &alarm.code, &alarm.subject).is_none() {
            write(office, logbook, alarm, false, alarm.since)?;
            told.push(alarm.clone());
        }
    }
    while let Some(at) = told.iter().position(|alarm| find(now, &alarm.code, &alarm.subject).is_none()) {
        write(office, logbook, &told[at], true, office.now_millis())?;
        told.remove(at);
    }
    Ok(())
}

/// Tells both logs that an alarm began, or `ended`, `at` that moment.
fn write(office: &Office, logbook: &Logbook, alarm: &Alarm, ended: bool, at: i64) -> Result<()> {
    logbook.alarm(office, at, (&alarm.code, alarm.params.clone()), ended)?;
    let (code, subject) = (&alarm.code, &alarm.subject);
    if ended {
        tracing::info!(code, subject, "alarm ended");
    } else {
        tracing::warn!(code, subject, "alarm");
    }
    Ok(())
}

/// Alarms that every turn of the worker looks at: they say why nothing is read any more.
fn urgent(office: &Office, before: &[Alarm]) -> Vec<Alarm> {
    let full = office.room.short().map(|free| {
        let folder = json!(folder_of(office));
        ("disk-full", Map::from_iter([("free".to_owned(), json!(free / (1024 * 1024))), ("folder".to_owned(), folder)]))
    });
    let damaged = office.store.damage().map(|_| ("store-damaged", Map::new()));
    let raised = full.into_iter().chain(damaged).map(|(code, params)| {
        let since = find(before, code, "").map_or_else(|| office.now_millis(), |alarm| alarm.since);
        Alarm { code: code.to_owned(), subject: String::new(), params, since }
    });
    raised.collect()
}

fn find<'a>(alarms: &'a [Alarm], code: &str, subject: &str) -> Option<&'a Alarm> {
    alarms.iter().find(|alarm| alarm.code == code && alarm.subject == subject)
}

/// What stands after a look, from what stood before it.
fn next(before: &Memory, facts: &Facts) -> Memory {
    let now = facts.now;
    let stands = (facts.waiting > 0).then_some(match before.stands {
        // A clock that was set back begins anew.
        Some((number, since)) if number == facts.acknowledged && since <= now => (number, since),
        _ => (facts.acknowledged, now),
    });
    let mut found: BTreeMap<(&str, String), Value> = BTreeMap::new();
    for child in &facts.children {
        let state = ChildState::of(child);
        if state.revoked {
            continue;
        }
        let days = child.last_contact.map_or(0, |at| (now - at) / (24 * MILLIS_PER_HOUR));
        let told_of = |before: Replaced| (0..REPLACED_DAYS * 24 * MILLIS_PER_HOUR).contains(&(now - before.at));
        if state.replaced.is_some_and(told_of) {
            // The name it goes by is what the other machine says.
            found.insert(("child-replaced", child.area.to_string()), json!({"area": child.area}));
        }
        if days >= CHILD_SILENT_DAYS {
            let office = if child.name.is_empty() { child.area.to_string() } else { child.name.clone() };
            let params = json!({"area": child.area, "office": office, "days": days});
            found.insert(("child-silent", child.area.to_string()), params);
        }
    }
    for (code, area, params) in &facts.words {
        found.insert((*code, area.to_string()), params.clone());
    }
    let hours = stands.map_or(0, |(_, since)| (now - since) / MILLIS_PER_HOUR);
    if facts.joined && hours >= NO_PROGRESS_HOURS {
        found.insert(("no-progress", String::new()), json!({"hours": hours}));
    }
    let link = &facts.link;
    if let Some(parent) = link.parent {
        let subject = parent.to_string();
        // After a restart nobody has compared yet: it stands until the two are found equal.
        let stood = find(&before.raised, "parity-broken", &subject);
        let equal_since = stood.is_none_or(|alarm| link.last_equal.is_some_and(|at| at * 1_000 >= alarm.since));
        if link.differing > 0 || !equal_since {
            found.insert(("parity-broken", subject.clone()), json!({"area": parent}));
        }
        let met = link.last_contact.is_some();
        let stood = find(&before.raised, "clock-skew", &subject);
        if let Some(secs) = link.skew_secs.filter(|secs| secs.saturating_abs() > CLOCK_SKEW_SECS_MAX) {
            found.insert(("clock-skew", subject), json!({"area": parent, "secs": secs}));
        } else if let Some(alarm) = stood.filter(|_| !met) {
            found.insert(("clock-skew", subject), Value::Object(alarm.params.clone()));
        }
    }
    if let Some(free) = facts.disk_free_bytes.filter(|free| *free < DISK_FREE_BYTES_MIN) {
        found.insert(("disk-low", String::new()), json!({"free": free / (1024 * 1024), "folder": facts.folder}));
    }
    if let Some(why) = facts.backups.failed() {
        found.insert(("backup-failed", String::new()), json!({"why": why}));
    }
    if let Some(hours) = facts.backups.old_hours(now) {
        found.insert(("backup-old", String::new()), json!({"hours": hours}));
    }
    let raised = found.into_iter().map(|((code, subject), params)| {
        let since = find(&before.raised, code, &subject).map_or(now, |alarm| alarm.since);
        let Value::Object(params) = params else { unreachable!("every alarm's parameters are an object") };
        Alarm { code: code.to_owned(), subject, params, since }
    });
    Memory { raised: raised.collect(), stands }
}

#[cfg(test)]
mod tests;
