//! Verbs that only look.

use std::fmt::Display;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::control::requests as ask;
use super::super::control::{Exit, Frame};
use super::super::neighbours::ChildState;
use super::super::notices::is_about;
use super::super::present::Presenter;
use super::super::watched::unread_now;
use super::super::{alarms, attest};
use super::{FrontDesk, Live, Out, row};
use crate::daemon::backups;
use crate::daemon::office::PAUSED;
use crate::domain::{FindingId, FindingStatus, IdNumber, Severity, Uid, mask, name};
use crate::error::{Error, Result};
use crate::store::{FindingFilter, Look, View};
use crate::sync::credential::Credential;
use crate::sync::protocol::to_hex;
use crate::sync::status::{LinkState, LinkStatus};

/// Persons shown for one question; a longer answer is no answer.
const PEOPLE_MAX: usize = 50;

/// How long `status --wait` waits for the parent when everything else is settled.
const FLUSH_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// An instant of the store as RFC 3339.
pub(in crate::daemon) fn instant(millis: i64) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|t| t.to_string())
}

/// What the offices below a child are called.
fn below(state: &ChildState) -> Vec<Value> {
    state.below.iter().map(|(area, name)| json!({"area": area, "name": name})).collect()
}

/// A catalogue word for where the link stands.
pub(super) fn link_state(status: &LinkStatus) -> &'static str {
    match status.state {
        LinkState::NotJoined => "not-joined",
        LinkState::Connecting => "connecting",
        LinkState::Idle | LinkState::Sending | LinkState::Comparing => "connected",
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
        let own_key = credential.as_ref().map(|credential| credential.key_print());
        let (sources, children, held, quarantined, totals, backlog, dirty) = office.store.read(|view| {
            let after = view.acknowledged()?;
            let backlog = if joined || settings.parent_url.is_some() { view.backlog(after)? } else { (0, 0) };
            let held = view.held(false)?.len();
            Ok((
                view.sources()?,
                view.children()?,
                held,
                view.quarantine_count()?,
                view.totals()?,
                backlog,
                view.dirty_count()?,
            ))
        })?;
        let settled = self.looks_settled(&link, backlog.0)?;
        let backups = office.store.read(backups::kept)?;
        let alarms = alarms::standing(office, self.live.as_ref().map(|live| &*live.progress))?;
        let alarms: Vec<Value> = alarms
            .iter()
            .map(|alarm| {
                let text = office.text.say_json(&format!("alarm-{}", alarm.code), &alarm.params);
                json!({"alarm": alarm.code, "params": alarm.params, "text": text, "since": instant(alarm.since)})
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
        let parent = (joined || settings.parent_url.is_some()).then(|| {
            json!({
                "url": link_url(&settings),
                "area": link.parent.or(credential.as_ref().map(|credential| credential.parent())),
                "last_contact": link.last_contact.and_then(|s| instant(s * 1000)),
                // Nobody runs who could tell more than that there is a link.
                "state": if self.live.is_none() && joined { "stopped" } else { link_state(&link) },
                "error": link.last_error.as_deref().map(|error| office.text.words(error)),
                "clock_skew_secs": link.skew_secs,
                "last_equal": link.last_equal.and_then(|s| instant(s * 1000)),
                "differing": link.differing,
                "own_key": own_key,
            })
        });
        let children: Vec<Value> = children
            .iter()
            .map(|child| {
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
                let asked = since.map(|since| office.now_millis() - since.as_millis() as i64);
                json!({"area": child.area, "name": child.name, "last_contact": child.last_contact.max(asked).and_then(instant),
                       "watermark": child.watermark, "state": word, "below": below(&state)})
            })
            .collect();
        let sources: Vec<Value> = sources
            .iter()
            .map(|source| {
                json!({"path": source.path, "source": source.stream, "list": source.lists.first(), "lists": source.lists,
                       "last_read": source.read_at.and_then(instant), "lines": source.lines, "state": source.state})
            })
            .collect();
        row(
            out,
            &json!({
                "node": settings.area, "name": settings.name, "level": settings.level().as_str(),
                "version": env!("CARGO_PKG_VERSION"), "today": office.today().to_string(),
                "parent": parent, "children": children, "words": words,
                "backlog": {"entries": backlog.0, "bytes": backlog.1},
                "last_error": worker_error.or(link.last_error.clone()).map(|error| office.text.words(&error)),
                "sources": sources, "held": held, "quarantined": quarantined,
                "entries": totals.entries, "waiting": dirty,
                "findings": findings, "settled": settled, "paused": self.is_paused()?,
                "running": self.live.is_some(), "alarms": alarms,
                "backup": {"last": backups.good_at.and_then(instant), "file": backups.file,
                           "failed": backups.failed_at.and_then(instant), "error": backups.error},
            }),
        )?;
        Ok(Exit::Done)
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
                let is_judged = view.judged()? == Some(office.judged());
                Ok(is_judged && view.dirty(1)?.is_empty() && view.queued_log(1)?.is_empty())
            })?
            && unread_now(office) == 0
            && live.progress.is_settled())
    }

    fn has_no_parent(&self, link: &LinkStatus) -> bool {
        link.state == LinkState::NotJoined && !has_joined(&self.office.settings())
    }

    /// [`FrontDesk::is_settled`] as far as this node knows. It asks nobody: whoever looks every few seconds must not have
    /// the parent called each time.
    fn looks_settled(&self, link: &LinkStatus, backlog: u64) -> Result<bool> {
        let Some(live) = &self.live else { return Ok(false) };
        let is_linked = matches!(link.state, LinkState::Idle | LinkState::Sending | LinkState::Comparing);
        Ok(self.is_quiet(live)? && (self.has_no_parent(link) || is_linked && backlog == 0))
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
        let is_waiting = || office.store.read(|view| Ok(view.backlog(view.acknowledged()?)?.0 > 0));
        if link.state == LinkState::Sending && is_waiting()? {
            // It is at it: whoever asks has the answer now and not when it is done.
            return Ok(false);
        }
        let flushed = live.runtime.block_on(async { tokio::time::timeout(FLUSH_WAIT, live.link.flush()).await });
        Ok(matches!(flushed, Ok(Ok(()))) && self.is_quiet(live)?)
    }

    pub(super) fn findings(&self, args: &ask::Findings, out: Out) -> Result<Exit> {
        let filter = FindingFilter {
            rule: args.rule.clone(),
            list: args.list,
            area: args.area,
            severity: args.severity.map(|s| s.as_str().to_owned()),
            all: args.all || args.status.is_some(),
        };
        let office = &self.office;
        self.rows_of_one_moment(out, |view, put| {
            let mut presenter = Presenter::new(view, office)?;
            let own = view.findings(&filter)?;
            let mut known: Vec<FindingId> = Vec::with_capacity(own.len());
            for finding in own {
                known.push(finding.id);
                if args.status.is_none_or(|status| status == finding.status) {
                    put(&presenter.finding(&finding)?);
                }
            }
            // What only the parent can see, where this node has no finding of its own for it.
            for (id, body) in view.notices()? {
                if known.contains(&id) || view.finding_is_live(id)? {
                    continue;
                }
                let Ok(mut line) = serde_json::from_str::<Value>(&body) else { continue };
                let mut told = line["finding"].take();
                if told.is_null() {
                    continue;
                }
                if takes(&filter, args.status, &told) {
                    presenter.renew(&mut told)?;
                    put(&told);
                }
            }
            Ok(())
        })
    }

    pub(super) fn events(&self, args: &ask::Events, out: Out) -> Result<Exit> {
        let office = &self.office;
        self.rows_of_one_moment(out, |view, put| {
            let mut presenter = Presenter::new(view, office)?;
            for (id, person, event) in view.events(args.kind, args.since)? {
                put(&presenter.event(&id, person, &event)?);
            }
            Ok(())
        })
    }

    pub(super) fn people(&self, args: &ask::People, who: &str, out: Out) -> Result<Exit> {
        let office = &self.office;
        let query = args.query.trim();
        let reason = args.reason.as_deref().map(str::trim).unwrap_or_default();
        if query.is_empty() {
            return Err(
                Error::new("nobody was asked for").hint("give a name, a number, a finding's id or an entry's uid")
            );
        }
        if args.reveal && reason.is_empty() {
            return Err(
                Error::new("names and numbers are shown whole only with a reason").hint("--reveal --reason 'why'")
            );
        }
        // Written before anything is shown (LESSONS.md: insider look-ups).
        let what = if args.reveal { "reveal" } else { "search" };
        let (persons, is_named) = office.store.read(|view| Ok((find_people(view, query)?, names(view, query)?)))?;
        // Names that this store gave are nobody's secret; a part of a number may look like one.
        let target = match IdNumber::parse(query) {
            Some(number) if !is_named => number.masked(),
            _ if query.is_ascii() => query.to_owned(),
            _ => mask::name(query),
        };
        let shown = if persons.len() > PEOPLE_MAX { &[] } else { &persons[..] };
        let look = Look { at: office.now_millis(), who, what, target: &target, persons: shown, reason };
        self.writing_store()?.write(|writer| writer.note_access(&look))?;
        self.rows_of_one_moment(out, |view, put| {
            if persons.len() > PEOPLE_MAX {
                return Err(Error::new(format!("more than {PEOPLE_MAX} people fit"))
                    .hint("ask more closely: whole name, or the number"));
            }
            for person in persons.iter().copied() {
                let mut presenter = Presenter::new(view, office)?;
                presenter.reveal = args.reveal;
                let entries: Vec<Uid> = view.entries_of(person)?.into_iter().map(|s| s.entry.uid).collect();
                let shown = json!({
                    "person": person.to_string(),
                    "entries": presenter.entries(&entries)?,
                    "links": super::linking::explain(view, &office.setting(), person)?,
                });
                put(&shown);
            }
            Ok(())
        })
    }

    pub(super) fn quarantine(&self, out: Out) -> Result<Exit> {
        for item in self.office.store.read(|view| view.quarantine())? {
            row(
                out,
                &json!({"source": item.stream, "file": item.file, "sheet": item.sheet, "row": item.row, "code": item.code,
                        "params": {"detail": item.detail}, "detail": item.detail, "count": 1, "since": instant(item.at),
                        "node": item.origin}),
            )?;
        }
        Ok(Exit::Done)
    }

    pub(super) fn access(&self, out: Out) -> Result<Exit> {
        let (rows, broken, head) =
            self.office.store.read(|view| Ok((view.access()?, view.access_break()?, view.access_head()?)))?;
        for look in rows {
            row(
                out,
                &json!({"when": instant(look.at), "who": look.who, "what": look.what, "query": look.target,
                        "persons": look.found(), "reason": look.reason, "revealed": look.what == "reveal"}),
            )?;
        }
        match broken {
            None => {
                let print = to_hex(&head.hash[..8]);
                let values: [(&str, &dyn Display); 2] = [("count", &head.count), ("print", &print)];
                out(Frame::Hint(self.office.text.say_with("hint-access-whole", &values)));
                Ok(Exit::Done)
            }
            Some(id) => Err(Error::new(format!("the access log was changed by somebody at its line {id}"))),
        }
    }

    pub(super) fn check(&self, out: Out) -> Result<Exit> {
        let office = &self.office;
        let sound = office.store.damage().is_none() && office.store.read(|view| view.unsound())?.is_none();
        let broken = office.store.read(|view| view.access_break())?;
        let check =
            |check: &str, good: bool| json!({"check": check, "state": if good { "ok" } else { "bad" }, "params": {}});
        row(out, &check("store-sound", sound))?;
        row(out, &check("access-log", broken.is_none()))?;
        let sealed = if office.store.is_encrypted() { "ok" } else { "warn" };
        row(out, &json!({"check": "store-encrypted", "state": sealed, "params": {}}))?;
        if let Some(key) = office.settings().key_file {
            let state = if on_one_disk(&key, office.store.path()) { "warn" } else { "ok" };
            let params = json!({"path": key.display().to_string()});
            row(out, &json!({"check": "store-key-apart", "state": state, "params": params}))?;
        }
        Ok(if sound && broken.is_none() { Exit::Done } else { Exit::Failed })
    }
}

/// Whether two files lie on one file system; not where one of them cannot be looked at.
fn on_one_disk(one: &Path, other: &Path) -> bool {
    let device = |path: &Path| std::fs::metadata(path).map(|meta| meta.dev());
    matches!((device(one), device(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether this node holds a credential of a parent.
fn has_joined(settings: &crate::settings::Settings) -> bool {
    Credential::load(&settings.link_dir()).ok().flatten().is_some()
}

fn link_url(settings: &crate::settings::Settings) -> Option<String> {
    let joined = Credential::load(&settings.link_dir()).ok().flatten();
    joined.and_then(|c| c.addresses().first().map(|a| format!("https://{a}"))).or_else(|| settings.parent_url.clone())
}

/// Whether a finding that the parent told of is asked for.
fn takes(filter: &FindingFilter, status: Option<FindingStatus>, told: &Value) -> bool {
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    filter.rule.as_deref().is_none_or(|rule| rule == text("rule"))
        && filter.severity.as_deref().is_none_or(|severity| severity == text("severity"))
        && filter.list.is_none_or(|list| list.as_str() == text("list"))
        && filter.area.is_none_or(|area| is_about(told, area))
        && status.is_none_or(|status| status.as_str() == text("status"))
        && (filter.all || text("status") == FindingStatus::Open.as_str())
}

/// Whether the query is the name of a finding, or of an entry that is here.
fn names(view: &View, query: &str) -> Result<bool> {
    match query.parse::<Uid>() {
        Ok(uid) => Ok(view.entry(uid)?.is_some()),
        Err(_) => Ok(query.parse::<FindingId>().is_ok()),
    }
}

/// Persons meant by a finding's id, an entry's uid, a number, or (part of) a name.
fn find_people(view: &View, query: &str) -> Result<Vec<Uid>> {
    if let Ok(id) = query.parse::<FindingId>() {
        return Ok(view.finding(id)?.and_then(|f| f.person).into_iter().collect());
    }
    if let Ok(uid) = query.parse::<Uid>()
        && let Some(stored) = view.entry(uid)?
    {
        return Ok(vec![stored.person]);
    }
    let cleaned = IdNumber::parse(query).map(|id| id.reveal().to_owned());
    let folded = name::fold(query);
    let mut persons = Vec::new();
    for text in [cleaned.as_deref().unwrap_or(query), folded.as_str()] {
        if text.is_empty() {
            continue;
        }
        for uid in view.search(text, PEOPLE_MAX * 4)? {
            if let Some(stored) = view.entry(uid)?
                && !persons.contains(&stored.person)
            {
                persons.push(stored.person);
            }
        }
    }
    Ok(persons)
}
