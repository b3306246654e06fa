//! Verbs that only look.

use std::collections::HashSet;
use std::fmt::Display;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::control::requests as ask;
use super::super::control::{Exit, Frame};
use super::super::notices::is_about;
use super::super::present::{Presenter, told_finding};
use super::{FrontDesk, Out, row};
use crate::domain::{FindingId, FindingStatus, IdNumber, Uid, mask, name};
use crate::error::{Error, Result};
use crate::store::{FindingFilter, Look, View, sought};
use crate::sync::protocol::to_hex;

/// Persons shown for one question; a longer answer is no answer.
const PEOPLE_MAX: usize = 50;

/// An instant of the store as RFC 3339.
pub(in crate::daemon) fn instant(millis: i64) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|t| t.to_string())
}

impl FrontDesk {
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
            let mut put = |row: &Value| {
                if !args.overdue || row["overdue"] == true {
                    put(row)
                }
            };
            let own = view.findings(&filter)?;
            let mut known: HashSet<FindingId> = HashSet::with_capacity(own.len());
            for finding in own {
                known.insert(finding.id);
                if args.status.is_none_or(|status| status == finding.status) {
                    put(&presenter.finding_asked_for(&finding)?);
                }
            }
            for (id, body) in view.notices()? {
                if let Some(mut told) = told_alone(view, &known, id, &body)?
                    && takes(&filter, args.status, &told)
                {
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
        let mut reason = mask::numbers_in(args.reason.as_deref().map(str::trim).unwrap_or_default());
        if sought(query).is_empty() {
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
        let target = if is_named { query.to_owned() } else { masked(query) };
        let shown = if persons.len() > PEOPLE_MAX { &[] } else { &persons[..] };
        office.store.read(|view| {
            for person in shown {
                for stored in view.entries_of(*person)? {
                    for name in stored.entry.record.names() {
                        reason = mask::name_in(&reason, name);
                    }
                }
            }
            Ok(())
        })?;
        let look = Look { at: office.now_millis(), who, what, target: &target, persons: shown, reason: &reason };
        self.writing_store()?.write(|writer| writer.note_access(&look))?;
        self.rows_of_one_moment(out, |view, put| {
            if persons.len() > PEOPLE_MAX {
                return Err(Error::new(format!("more than {PEOPLE_MAX} people fit"))
                    .hint("ask more closely: whole name, or the number"));
            }
            let told = view.notices()?;
            for person in persons.iter().copied() {
                let mut presenter = Presenter::new(view, office)?;
                presenter.reveal = args.reveal;
                let entries: Vec<Uid> = view.entries_of(person)?.into_iter().map(|s| s.entry.uid).collect();
                let shown = json!({
                    "person": person.to_string(),
                    "entries": presenter.entries(&entries)?,
                    "links": super::linking::explain(view, &office.setting(), person)?,
                    "decisions": decisions(&mut presenter, person, &entries, &told)?,
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

/// What only the parent can see: the finding in a line that it told, where this node has none of its own for it.
fn told_alone(view: &View, known: &HashSet<FindingId>, id: FindingId, line: &str) -> Result<Option<Value>> {
    if known.contains(&id) || view.finding_is_live(id)? {
        return Ok(None);
    }
    Ok(told_finding(line))
}

/// What people decided about the findings of a person, each with the finding it is about.
fn decisions(
    presenter: &mut Presenter,
    person: Uid,
    entries: &[Uid],
    told: &[(FindingId, String)],
) -> Result<Vec<Value>> {
    let view = presenter.view;
    let own = view.findings_of(person)?;
    let known: HashSet<FindingId> = own.iter().map(|finding| finding.id).collect();
    let mut findings = Vec::new();
    for finding in own.iter().filter(|finding| finding.status != FindingStatus::Open) {
        findings.push(presenter.finding_asked_for(finding)?);
    }
    let uids: Vec<String> = entries.iter().map(Uid::to_string).collect();
    for (id, line) in told.iter().filter(|(_, line)| uids.iter().any(|uid| line.contains(uid))) {
        if let Some(mut finding) = told_alone(view, &known, *id, line)? {
            presenter.renew(&mut finding)?;
            findings.push(finding);
        }
    }
    let decided = findings.into_iter().filter_map(|mut finding| {
        let mut decision = finding["decision"].take();
        let about = decision.as_object_mut()?;
        for key in ["rule", "severity", "status", "area", "list", "text"] {
            about.insert(key.to_owned(), finding[key].take());
        }
        about.insert("finding".to_owned(), finding["id"].take());
        Some(decision)
    });
    Ok(decided.collect())
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

/// Whether the query is the name of a finding, or of an entry, that is here. Names that this store gave are nobody's secret;
/// a part of a number, or somebody's name, may look like one.
fn names(view: &View, query: &str) -> Result<bool> {
    if let Ok(uid) = query.parse::<Uid>()
        && view.entry(uid)?.is_some()
    {
        return Ok(true);
    }
    match FindingId::read(query) {
        Ok(id) => Ok(view.finding(id)?.is_some() || view.notice(id)?.is_some()),
        Err(_) => Ok(false),
    }
}

/// What was asked for as the access log keeps it: a number where it is nothing else, or the first character of a name.
fn masked(query: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || c == 'X';
    match IdNumber::parse(query).filter(|number| number.reveal().chars().all(is_digit)) {
        Some(number) => number.masked(),
        None => mask::name(query),
    }
}

/// Persons meant by a finding's id, an entry's uid, a number, or (part of) a name.
fn find_people(view: &View, query: &str) -> Result<Vec<Uid>> {
    if let Ok(id) = FindingId::read(query) {
        if let Some(person) = view.finding(id)?.and_then(|finding| finding.person) {
            return Ok(vec![person]);
        }
        let told = view.notice(id)?.and_then(|told| told_finding(&told.body)).unwrap_or_default();
        let mut persons = Vec::new();
        for entry in told["entries"].as_array().into_iter().flatten() {
            if let Some(uid) = entry["uid"].as_str().and_then(|uid| uid.parse().ok())
                && let Some(stored) = view.entry(uid)?
                && !persons.contains(&stored.person)
            {
                persons.push(stored.person);
            }
        }
        return Ok(persons);
    }
    if let Ok(uid) = query.parse::<Uid>()
        && let Some(stored) = view.entry(uid)?
    {
        return Ok(vec![stored.person]);
    }
    let cleaned = IdNumber::parse(query).map(|id| id.reveal().to_owned());
    let folded = name::undotted(&name::fold(query));
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
