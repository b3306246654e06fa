//! Verbs that only look.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::control::requests as ask;
use super::super::control::{Exit, Frame};
use super::super::notices::is_about;
use super::super::present::Presenter;
use super::counting::{Counted, Counts};
use super::{FrontDesk, Out, row};
use crate::domain::{Area, Date, FindingId, FindingStatus, IdNumber, List, Severity, Uid, mask, name};
use crate::error::{Error, Result};
use crate::store::{FindingFilter, FindingRow, Look, View, sought};
use crate::sync::protocol::to_hex;

/// Persons shown for one question; a longer answer is no answer.
const PEOPLE_MAX: usize = 50;

/// An instant of the store as RFC 3339.
pub(in crate::daemon) fn instant(millis: i64) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|t| t.to_string())
}

impl FrontDesk {
    pub(super) fn findings(&self, args: &ask::Findings, out: Out) -> Result<Exit> {
        let office = &self.office;
        self.rows_of_one_moment(out, |view, put| {
            let mut presenter = Presenter::new(view, office)?;
            each_here(view, args, &mut |here| {
                let shown = match here {
                    Here::Own(finding) => presenter.finding_asked_for(&finding)?,
                    Here::Told(mut told) => {
                        presenter.renew(&mut told)?;
                        told
                    }
                };
                if !args.overdue || shown["overdue"] == true {
                    put(&shown);
                }
                Ok(())
            })
        })
    }

    pub(super) fn findings_counted(&self, args: &ask::FindingsCounted, out: Out) -> Result<Exit> {
        let mut counts = Counts::new(args.within.unwrap_or(self.office.area()), args.open_alone);
        let today = self.office.today();
        self.office.store.read(|view| {
            each_here(view, &args.of, &mut |here| {
                let one = match &here {
                    Here::Own(finding) => Counted::own(finding, today),
                    Here::Told(told) => Counted::told(told, today),
                };
                if !args.of.overdue || one.is_overdue {
                    counts.add(&one);
                }
                Ok(())
            })
        })?;
        counts.rows().iter().try_for_each(|counted| row(out, counted))?;
        Ok(Exit::Done)
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
        self.rows_that_reveal(out, |view, put| {
            if persons.len() > PEOPLE_MAX {
                return Err(Error::new(format!("more than {PEOPLE_MAX} people fit"))
                    .hint("ask more closely: whole name, or the number"));
            }
            let told = decided_above(view)?;
            for person in persons.iter().copied() {
                let mut presenter = Presenter::new(view, office)?;
                presenter.reveal = args.reveal;
                let entries: Vec<Uid> = view.entries_of(person)?.into_iter().map(|s| s.entry.uid).collect();
                let shown = json!({
                    "person": person.to_string(),
                    "entries": presenter.entries_with_history(&entries)?,
                    "links": super::linking::explain(view, &office.setting(), person)?,
                    "decisions": decisions(&mut presenter, person, &entries, &told)?,
                });
                put(&shown);
            }
            // Of a finding that only the parent sees, the lines of other offices it rests on: as they were told, masked.
            if let Some((id, entries)) = told_lines(view, query)? {
                put(&json!({"person": null, "finding": id.to_string(), "entries": entries, "links": [], "decisions": []}));
            } else if let (Ok(id), true) = (FindingId::read(query), persons.is_empty()) {
                let finding = Presenter::new(view, office)?.finding_here(id)?;
                if let Some(about) = finding.and_then(|finding| of_a_list(id, finding)) {
                    put(&about);
                }
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

/// A finding as this office has it.
enum Here {
    /// Its own.
    Own(FindingRow),
    /// What the parent alone sees, as it was told.
    Told(Value),
}

/// Gives `take` the findings that are asked for in their order, and some that are not late where only those are.
fn each_here(view: &View, args: &ask::Findings, take: &mut dyn FnMut(Here) -> Result<()>) -> Result<()> {
    let filter = FindingFilter {
        rule: args.rule.clone(),
        list: args.list,
        area: args.area,
        severity: args.severity.map(|s| s.as_str().to_owned()),
        // What is late is what nobody has finished.
        unfinished: args.unfinished || args.overdue,
        all: args.all || args.status.is_some(),
        oldest_first: args.oldest_first,
    };
    let told = view.told_alone()?;
    let is_told: HashSet<FindingId> = told.iter().map(|(id, _)| *id).collect();
    let of_told = |id: FindingId, told: &Value| place_of_told(id, told, args.oldest_first);
    let mut asked_for: Vec<(FindingId, Value)> =
        told.into_iter().filter(|(_, told)| takes(&filter, args.status, told)).collect();
    asked_for.sort_by_cached_key(|(id, told)| of_told(*id, told));
    let mut asked_for = asked_for.into_iter().peekable();
    view.each_finding(&filter, &mut |finding| {
        let place = place_of(&finding, args.oldest_first);
        while let Some((_, told)) = asked_for.next_if(|(id, told)| of_told(*id, told) < place) {
            take(Here::Told(told))?;
        }
        // One that closed here and still holds above is told by those above.
        if !is_told.contains(&finding.id) && args.status.is_none_or(|status| status == finding.status) {
            take(Here::Own(finding))?;
        }
        Ok(())
    })?;
    asked_for.try_for_each(|(_, told)| take(Here::Told(told)))
}

/// Where a finding stands in a list of them: as [`View::each_finding`] orders its own, the worst first.
type ListPlace = (Reverse<Option<Severity>>, Option<Date>, String, Option<u64>, Option<u8>, FindingId);

fn place_of(row: &FindingRow, oldest_first: bool) -> ListPlace {
    let (area, list) = (row.area.map(|area| area.padded()), row.list.map(|list| list as u8));
    let since = Some(row.first_seen).filter(|_| oldest_first);
    (Reverse(Severity::parse(&row.severity)), since, row.rule.clone(), area, list, row.id)
}

fn place_of_told(id: FindingId, told: &Value, oldest_first: bool) -> ListPlace {
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    let area = text("area").parse::<Area>().ok().map(|area| area.padded());
    let list = List::parse(text("list")).map(|list| list as u8);
    let since = text("first_seen").parse().ok().filter(|_| oldest_first);
    (Reverse(Severity::parse(text("severity"))), since, text("rule").to_owned(), area, list, id)
}

/// Decided findings that only the parent sees, by each line they rest on.
fn decided_above(view: &View) -> Result<HashMap<Uid, Vec<Value>>> {
    let mut by_line: HashMap<Uid, Vec<Value>> = HashMap::new();
    for (_, told) in view.told_alone()?.into_iter().filter(|(_, told)| told["status"] != FindingStatus::Open.as_str()) {
        for uid in uids_of(&told) {
            by_line.entry(uid).or_default().push(told.clone());
        }
    }
    Ok(by_line)
}

/// The lines that a finding rests on, as it is told.
fn uids_of(finding: &Value) -> Vec<Uid> {
    let entries = finding["entries"].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry["uid"].as_str()?.parse().ok()).collect()
}

/// What people decided about the findings of a person, each with the finding it is about.
fn decisions(
    presenter: &mut Presenter,
    person: Uid,
    entries: &[Uid],
    told: &HashMap<Uid, Vec<Value>>,
) -> Result<Vec<Value>> {
    let own = presenter.view.findings_of(person)?;
    let mut above: BTreeMap<&str, &Value> = BTreeMap::new();
    for finding in entries.iter().filter_map(|uid| told.get(uid)).flatten() {
        above.insert(finding["id"].as_str().unwrap_or_default(), finding);
    }
    let mut findings = Vec::new();
    for finding in own.iter().filter(|finding| finding.status != FindingStatus::Open) {
        if !above.contains_key(finding.id.to_string().as_str()) {
            findings.push(presenter.finding_asked_for(finding)?);
        }
    }
    for finding in above.into_values() {
        let mut finding = finding.clone();
        presenter.renew(&mut finding)?;
        findings.push(finding);
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
        && FindingStatus::parse(text("status")).is_some_and(|status| filter.takes_status(status))
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

/// A finding of a list as a whole, for who asks whom it is about: which file, and what does not fit there.
fn of_a_list(id: FindingId, mut finding: Value) -> Option<Value> {
    let source = finding.get_mut("source").map(Value::take)?;
    Some(json!({
        "person": null, "finding": id.to_string(), "text": finding["text"].take(), "source": source,
        "entries": [], "links": [], "decisions": [],
    }))
}

/// What was asked for as the access log keeps it: a number where it is nothing else, or the first character of a name.
fn masked(query: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || c == 'X';
    match IdNumber::parse(query).filter(|number| number.reveal().chars().all(is_digit)) {
        Some(number) => number.masked(),
        None => mask::first_of(query),
    }
}

/// The lines that a finding rests on, asked for by its id, and that are not here: the parent told of them.
fn told_lines(view: &View, query: &str) -> Result<Option<(FindingId, Vec<Value>)>> {
    let Ok(id) = FindingId::read(query) else { return Ok(None) };
    if view.finding_is_live(id)? {
        return Ok(None);
    }
    let Some(mut told) = view.told(id)? else { return Ok(None) };
    let mut others = Vec::new();
    for entry in told["entries"].as_array_mut().into_iter().flatten() {
        let uid = entry["uid"].as_str().and_then(|uid| uid.parse::<Uid>().ok());
        let is_here = match uid {
            Some(uid) => view.entry(uid)?.is_some(),
            None => false,
        };
        if !is_here {
            others.push(entry.take());
        }
    }
    Ok(Some((id, others)).filter(|(_, others)| !others.is_empty()))
}

/// People meant by a finding's id, an entry's uid, (part of) a number or of a name: of the last two one more than are shown,
/// so that nobody is left out unsaid.
fn find_people(view: &View, query: &str) -> Result<Vec<Uid>> {
    if let Ok(id) = FindingId::read(query) {
        return people_of_finding(view, id);
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
        for person in view.search(text, PEOPLE_MAX + 1)? {
            add_once(&mut persons, person);
        }
    }
    Ok(persons)
}

/// Whom a finding is about, and everybody else on whose lines it rests: who shares a number, who is left in a household.
fn people_of_finding(view: &View, id: FindingId) -> Result<Vec<Uid>> {
    let own = view.finding(id)?;
    let mut persons: Vec<Uid> = own.iter().filter_map(|finding| finding.person).collect();
    let lines = match own {
        // Of a list as a whole: nobody more than anybody else.
        Some(finding) if finding.snapshot.is_some() => Vec::new(),
        Some(finding) if finding.person.is_some() => finding.evidence,
        _ => uids_of(&view.told(id)?.unwrap_or_default()),
    };
    for uid in lines {
        if let Some(stored) = view.entry(uid)? {
            add_once(&mut persons, stored.person);
        }
    }
    Ok(persons)
}

fn add_once(persons: &mut Vec<Uid>, person: Uid) {
    if !persons.contains(&person) {
        persons.push(person);
    }
}
