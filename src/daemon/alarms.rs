//! Alarms of the node itself: told once when they begin and once when they end (LESSONS.md: silent stops).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::attest;
use super::logbook::Logbook;
use super::office::Office;
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
type Raised = BTreeMap<(&'static str, String), Map<String, Value>>;

pub struct Alarms {
    link: LinkHandle,
    raised: Raised,
    looked: Option<Instant>,
    /// The acknowledged number, and since when it stands (Unix milliseconds).
    acknowledged: Option<(u64, i64)>,
}

impl Alarms {
    pub fn new(link: LinkHandle) -> Alarms {
        Alarms { link, raised: Raised::new(), looked: None, acknowledged: None }
    }

    /// Looks, and tells what began or ended. A failure to look or tell waits for the next time.
    pub fn look(&mut self, office: &Office, logbook: &Logbook) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        if let Err(error) = self.tell(office, logbook) {
            tracing::warn!(%error, "the alarms could not be looked at");
        }
    }

    fn tell(&mut self, office: &Office, logbook: &Logbook) -> Result<()> {
        let now = self.find(office)?;
        for ((code, subject), params) in &now {
            if !self.raised.contains_key(&(*code, subject.clone())) {
                tracing::warn!(code, subject, "alarm");
                logbook.alarm(office, code, params.clone(), false)?;
            }
        }
        for ((code, subject), params) in &self.raised {
            if !now.contains_key(&(*code, subject.clone())) {
                tracing::info!(code, subject, "alarm ended");
                logbook.alarm(office, code, params.clone(), true)?;
            }
        }
        self.raised = now;
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
        if let Some(free) = disk_free_bytes(office.store.path()).filter(|free| *free < DISK_FREE_BYTES_MIN) {
            raise("disk-low", String::new(), json!({"free": free / (1024 * 1024)}));
        }
        Ok(found)
    }
}

/// Bytes an ordinary account may still write where `path` lies; `None` where the system does not say.
pub fn disk_free_bytes(path: &std::path::Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: a zeroed statvfs is valid to be filled, and the path is a C string that outlives the call.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let failed = unsafe { libc::statvfs(path.as_ptr(), &mut stat) } != 0;
    (!failed).then(|| stat.f_bavail as u64 * stat.f_frsize as u64)
}
