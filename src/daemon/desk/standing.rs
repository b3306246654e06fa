//! How the node stands: `status`, and whether anything is left to do.

use serde_json::{Value, json};

use super::super::control::Exit;
use super::super::neighbours::ChildState;
use super::super::watched::unread_now;
use super::super::{alarms, attest};
use super::looking::instant;
use super::{FrontDesk, Live, Out, row};
use crate::daemon::backups;
use crate::daemon::office::PAUSED;
use crate::domain::Severity;
use crate::error::Result;
use crate::settings::Settings;
use crate::store::Child;
use crate::sync::credential::Credential;
use crate::sync::status::{LinkState, LinkStatus};

/// How long `status --wait` waits for the parent when everything else is settled.
const FLUSH_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// What the offices below a child are called.
fn below(state: &ChildState) -> Vec<Value> {
    state.below.iter().map(|(area, name)| json!({"area": area, "name": name})).collect()
}

/// A catalogue word for where the link stands.
fn link_state(status: &LinkStatus) -> &'static str {
    match status.state {
        LinkState::NotJoined => "not-joined",
        LinkState::Connecting => "connecting",
        LinkState::Idle | LinkState::Sending | LinkState::Comparing | LinkState::Behind => "connected",
        LinkState::Waiting { .. } => "waiting",
        LinkState::Paused => "paused",
        LinkState::Superseded => "superseded",
    }
}

impl FrontDesk {
    pub(super) fn status(&self, out: Out) -> Result<Exit> {
        let office = &self.office;
        let settings = office.settings();
        let link = self.live.as_ref().map(|live| live.link.status()).unwrap_or_default();
        let credential = Credential::load(&settings.link_dir()).ok().flatten();
        let joined = link.parent.is_some() || credential.is_some();
        let words = office.store.read(|view| attest::shown(view, settings.area))?;
        let (sources, children, held, awaited, quarantined, totals, backlog, dirty) = office.store.read(|view| {
            let after = view.acknowledged()?;
            let backlog = if joined || settings.parent_url.is_some() { view.backlog(after)? } else { (0, 0) };
            let held = view.held(false)?.len();
            Ok((
                view.sources()?,
                view.children()?,
                held,
                view.awaited()?,
                view.quarantine_count()?,
                view.totals()?,
                backlog,
                view.dirty_count()?,
            ))
        })?;
        let waits = self.waits(&link, backlog.0)?;
        let settled = self.live.is_some() && waits.is_null();
        let backups = office.store.read(backups::kept)?;
        let alarms = alarms::standing(office, self.live.as_ref().map(|live| &*live.progress))?;
        let alarms: Vec<Value> = alarms
            .iter()
            .map(|alarm| {
                let text = office.text.say_json(&format!("alarm-{}", alarm.code), &alarm.params);
                let hint = office.text.alarm_hint(&alarm.code, &alarm.params);
                json!({"alarm": alarm.code, "params": alarm.params, "text": text, "hint": hint,
                       "since": instant(alarm.since)})
            })
            .collect();
        let by_severity = |severity: Severity| -> u64 {
            totals.open.iter().filter(|(_, s, _)| s == severity.as_str()).map(|(_, _, n)| n).sum()
        };
        let findings: Value = Severity::ALL
            .into_iter()
            .map(|s| (s.as_str().to_owned(), json!(by_severity(s))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let worker_error = self.live.as_ref().and_then(|live| live.progress.last_error());
        let parent = (joined || settings.parent_url.is_some()).then(|| self.parent(&link, credential.as_ref()));
        let children: Vec<Value> = children.iter().map(|child| self.child(child)).collect();
        let sources: Vec<Value> = sources
            .iter()
            .filter(|source| !source.gone)
            .map(|source| {
                json!({"path": source.path, "source": source.stream, "list": source.lists.first(), "lists": source.lists,
                       "last_read": source.read_at.and_then(instant), "lines": source.lines, "state": source.state})
            })
            .collect();
        let awaited: Vec<Value> =
            awaited.into_iter().map(|(list, area)| json!({"list": list.as_str(), "area": area})).collect();
        row(
            out,
            &json!({
                "node": settings.area, "name": settings.name, "level": settings.level().as_str(),
                "version": env!("CARGO_PKG_VERSION"), "today": office.today().to_string(),
                "parent": parent, "children": children, "words": words,
                "backlog": {"entries": backlog.0, "bytes": backlog.1},
                "last_error": worker_error.or(link.last_error.clone()).map(|error| office.text.words(&error)),
                "sources": sources, "held": held, "awaited": awaited, "quarantined": quarantined,
                "entries": totals.entries, "waiting": dirty,
                "findings": findings, "settled": settled, "waits": waits, "paused": self.is_paused()?,
                "running": self.live.is_some(), "alarms": alarms,
                "backup": {"last": backups.good_at.and_then(instant), "file": backups.file,
                           "failed": backups.failed_at.and_then(instant), "error": backups.error},
            }),
        )?;
        Ok(Exit::Done)
    }

    /// The node above, as the link last heard of it.
    fn parent(&self, link: &LinkStatus, credential: Option<&Credential>) -> Value {
        let office = &self.office;
        json!({
            "url": link_url(&office.settings(), credential),
            "area": link.parent.or(credential.map(Credential::parent)),
            "last_contact": link.last_contact.and_then(|s| instant(s * 1000)),
            // Nobody runs who could tell more than that there is a link.
            "state": if self.live.is_none() && credential.is_some() { "stopped" } else { link_state(link) },
            "error": link.last_error.as_deref().map(|error| office.text.words(error)),
            "refused": link.refused,
            "clock_skew_secs": link.skew_secs,
            "last_equal": link.last_equal.and_then(|s| instant(s * 1000)),
            "differing": link.differing,
            "own_key": credential.map(Credential::key_print),
        })
    }

    /// A node below.
    fn child(&self, child: &Child) -> Value {
        let state = ChildState::of(child);
        let word = match child.last_contact {
            None => "never",
            Some(_) if state.revoked => "revoked",
            Some(_) if state.copy => "superseded",
            Some(_) if self.live.as_ref().is_some_and(|live| live.parent.is_connected(child.area)) => "connected",
            Some(_) => "away",
        };
        // A hello is kept; what came after it is known while this runs.
        let since = self.live.as_ref().and_then(|live| live.parent.since_contact(child.area));
        let asked = since.map(|since| self.office.now_millis() - since.as_millis() as i64);
        json!({"area": child.area, "name": child.name, "last_contact": child.last_contact.max(asked).and_then(instant),
               "watermark": child.watermark, "state": word, "below": below(&state)})
    }

    fn is_paused(&self) -> Result<bool> {
        Ok(self.office.is_paused() || self.office.store.read(|view| view.meta_u64(PAUSED))? == Some(1))
    }

    pub(super) fn settled(&self, out: Out) -> Result<Exit> {
        let link = self.live()?.link.status();
        row(out, &json!({"settled": self.is_settled(&link)?}))?;
        Ok(Exit::Done)
    }

    /// Nothing dirty or running here.
    fn is_quiet(&self, live: &Live) -> Result<bool> {
        let office = &self.office;
        // Asked again and again beside the work itself: what costs least comes first. And last: the worker may have begun
        // meanwhile.
        Ok(!office.is_paused()
            && live.progress.is_settled()
            && office.store.read(|view| {
                let is_judged = view.judged()? == Some(office.terms());
                Ok(is_judged && view.dirty(1)?.is_empty() && view.queued_log(1)?.is_empty())
            })?
            && unread_now(office) == 0
            && live.progress.is_settled())
    }

    fn has_no_parent(&self, link: &LinkStatus) -> bool {
        link.state == LinkState::NotJoined && !has_joined(&self.office.settings())
    }

    /// What a running node waits for that is not settled: somebody who resumes it, a file that does not open, its parent;
    /// else it is at work. [`FrontDesk::is_settled`] as far as this node knows: it asks nobody, or whoever looks every few
    /// seconds would have the parent called each time.
    fn waits(&self, link: &LinkStatus, backlog: u64) -> Result<Value> {
        let Some(live) = &self.live else { return Ok(Value::Null) };
        if self.office.is_paused() {
            return Ok(json!({"for": "paused"}));
        }
        if self.is_quiet(live)? {
            if link.state == LinkState::Behind {
                return Ok(json!({"for": "below"}));
            }
            let is_linked = matches!(link.state, LinkState::Idle | LinkState::Sending | LinkState::Comparing);
            let is_settled = self.has_no_parent(link) || is_linked && backlog == 0;
            return Ok(if is_settled { Value::Null } else { json!({"for": "parent"}) });
        }
        let has_more = self.office.store.read(|view| Ok(!view.dirty(1)?.is_empty()))?;
        Ok(match live.progress.trying().filter(|_| !live.progress.is_busy() && !has_more) {
            Some(file) => json!({"for": "file", "file": file}),
            None => json!({"for": "work"}),
        })
    }

    /// Nothing dirty, running, unacknowledged, or unread from the parent.
    fn is_settled(&self, link: &LinkStatus) -> Result<bool> {
        let Some(live) = &self.live else { return Ok(false) };
        let office = &self.office;
        if !self.is_quiet(live)? {
            return Ok(false);
        }
        if self.has_no_parent(link) {
            return Ok(true);
        }
        if link.state == LinkState::Behind {
            return Ok(false);
        }
        let is_waiting = || office.store.read(|view| Ok(view.backlog(view.acknowledged()?)?.0 > 0));
        if link.state == LinkState::Sending && is_waiting()? {
            // It is at it: whoever asks has the answer now and not when it is done.
            return Ok(false);
        }
        let flushed = live.runtime.block_on(async { tokio::time::timeout(FLUSH_WAIT, live.link.flush()).await });
        // Unless somebody has to say that so much may be removed, a comparison that is due is work as well.
        let is_compared = || Ok(live.link.status().resync_held > 0 || !office.store.read(|view| view.resync_due())?);
        Ok(matches!(flushed, Ok(Ok(()))) && is_compared()? && self.is_quiet(live)?)
    }
}

/// Whether this node holds a credential of a parent.
fn has_joined(settings: &Settings) -> bool {
    Credential::load(&settings.link_dir()).ok().flatten().is_some()
}

/// Where the parent is: as the credential says, else as the settings do.
fn link_url(settings: &Settings, credential: Option<&Credential>) -> Option<String> {
    let joined = credential.and_then(|c| c.addresses().first().map(|a| format!("https://{a}")));
    joined.or_else(|| settings.parent_url.clone())
}
