//! Alarms of the node itself: told once when they begin and once when they end (LESSONS.md: silent stops).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::attest;
use super::logbook::Logbook;
use super::office::Office;
use super::room;
use crate::error::Result;
use crate::sync::status::LinkHandle;

/// How often the slow checks are made.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A child that has not been heard of for this long is silent.
const CHILD_SILENT_DAYS: i64 = 3;
/// Backlog without an acknowledgment for this long is no progress.
const NO_PROGRESS_HOURS: i64 = 24;
/// A clock this far from the parent's makes dates on screens wrong; order does not depend on it.
const CLOCK_SKEW_SECS_MAX: i64 = 300;
/// Below this a night's backup or a month's lists may not fit.
const DISK_FREE_BYTES_MIN: u64 = 500 * 1024 * 1024;

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// What is wrong now, by code and subject.
pub type Raised = BTreeMap<(&'static str, String), Map<String, Value>>;

pub struct Alarms {
    link: LinkHandle,
    /// What the log was told of.
    raised: Raised,
    /// What the last of the slow looks found.
    slow: Raised,
    looked: Option<Instant>,
    /// The acknowledged number, and since when it stands (Unix milliseconds).
    acknowledged: Option<(u64, i64)>,
}

impl Alarms {
    pub fn new(link: LinkHandle) -> Alarms {
        Alarms { link, raised: Raised::new(), slow: Raised::new(), looked: None, acknowledged: None }
    }

    /// Looks, and tells what began or ended. A failure to tell waits for the next time: with a full disk the log has
    /// no room either. Gives what is wrong now.
    pub fn look(&mut self, office: &Office, logbook: &Logbook) -> Raised {
        let mut now = urgent(office);
        let slow = |((code, _), _): &(&(&'static str, String), &Map<String, Value>)| !URGENT.contains(code);
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            match self.find(office) {
                Ok(found) => self.slow = found,
                Err(error) => tracing::warn!(%error, "the alarms could not be looked at"),
            }
        }
        now.extend(self.slow.iter().filter(slow).map(|(key, params)| (key.clone(), params.clone())));
        if let Err(error) = self.tell(&now, office, logbook) {
            tracing::debug!(%error, "an alarm could not be written to the log yet");
        }
        now
    }

    fn tell(&mut self, now: &Raised, office: &Office, logbook: &Logbook) -> Result<()> {
        for ((code, subject), params) in now {
            if let Entry::Vacant(place) = self.raised.entry((*code, subject.clone())) {
                logbook.alarm(office, code, params.clone(), false)?;
                tracing::warn!(code, subject, "alarm");
                place.insert(params.clone());
            }
        }
        let over: Vec<_> = self.raised.keys().filter(|key| !now.contains_key(*key)).cloned().collect();
        for key in over {
            logbook.alarm(office, key.0, self.raised[&key].clone(), true)?;
            tracing::info!(code = key.0, subject = key.1, "alarm ended");
            self.raised.remove(&key);
        }
        Ok(())
    }

    fn find(&mut self, office: &Office) -> Result<Raised> {
        let now = office.now_millis();
        let mut found = Raised::new();
        let mut raise = |code, subject: String, params: Value| {
            let Value::Object(params) = params else { return };
            found.insert((code, subject), params);
        };
        let (children, acknowledged, head, joined) = office.store.read(|view| {
            Ok((view.children()?, view.acknowledged()?, view.seq()?, view.meta_text("notices_mark")?.is_some()))
        })?;
        for child in children {
            let days = child.last_contact.map_or(0, |at| (now - at) / (24 * MILLIS_PER_HOUR));
            if days >= CHILD_SILENT_DAYS {
                raise("child-silent", child.area.to_string(), json!({"area": child.area, "days": days}));
            }
        }
        for (code, area, params) in office.store.read(|view| attest::alarms(view, office.area(), now))? {
            raise(code, area.to_string(), params);
        }
        let (_, since) = *self.acknowledged.insert(match self.acknowledged {
            Some((before, since)) if before == acknowledged && head > acknowledged => (before, since),
            _ => (acknowledged, now),
        });
        let hours = (now - since) / MILLIS_PER_HOUR;
        if joined && hours >= NO_PROGRESS_HOURS {
            raise("no-progress", String::new(), json!({"hours": hours}));
        }
        let link = self.link.status();
        if let Some(parent) = link.parent {
            if link.differing > 0 {
                raise("parity-broken", parent.to_string(), json!({"area": parent}));
            }
            if link.skew_secs.abs() > CLOCK_SKEW_SECS_MAX {
                raise("clock-skew", parent.to_string(), json!({"area": parent, "secs": link.skew_secs}));
            }
        }
        if let Some(free) = room::free_bytes(office.store.path()).filter(|free| *free < DISK_FREE_BYTES_MIN) {
            raise("disk-low", String::new(), json!({"free": free / (1024 * 1024)}));
        }
        Ok(found)
    }
}

/// Alarms that every turn of the worker looks at: they say why nothing is read any more.
const URGENT: [&str; 2] = ["disk-full", "store-damaged"];

fn urgent(office: &Office) -> Raised {
    let mut found = Raised::new();
    if let Some(free) = office.room.short() {
        let params = Map::from_iter([("free".to_owned(), json!(free / (1024 * 1024)))]);
        found.insert((URGENT[0], String::new()), params);
    }
    if office.store.damage().is_some() {
        found.insert((URGENT[1], String::new()), Map::new());
    }
    found
}
