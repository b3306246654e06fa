//! Rows as CONTRACT.md shapes them: finding, event, entry. Names and numbers are masked unless revealed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::desk::instant;
use super::neighbours;
use super::notices::Withdrawal;
use super::office::Office;
use crate::domain::date::days_between;
use crate::domain::{
    Area, Date, Disposition, Event, FindingId, FindingStatus, PartialDate, Record, Severity, Uid, mask,
};
use crate::error::Result;
use crate::linkage::Weights;
use crate::report::text::Text;
use crate::rules;
use crate::store::{
    CONFIRMATION_OVER, DecisionKind, EntryView, FindingRow, MatchRow, PlaceCache, Snapshot, SnapshotKey, View,
};

/// Lines of a damaged column that are shown for all of it.
const COLUMN_ENTRIES_MAX: usize = 5;

/// Makes rows within one read of the store.
pub struct Presenter<'a> {
    pub view: &'a View<'a>,
    pub text: &'a Text,
    pub today: Date,
    /// In sentences areas go by their names.
    names: BTreeMap<Area, String>,
    /// Names and numbers whole: only for a logged look.
    pub reveal: bool,
    cache: PlaceCache,
}

impl<'a> Presenter<'a> {
    pub fn new(view: &'a View<'a>, office: &'a Office) -> Result<Presenter<'a>> {
        let names = neighbours::told_apart(&neighbours::names_to_say(view, office)?);
        let (text, today) = (&office.text, office.today());
        Ok(Presenter { view, text, today, names, reveal: false, cache: PlaceCache::default() })
    }

    /// A finding as it stands today.
    pub fn finding(&mut self, row: &FindingRow) -> Result<Value> {
        // For one that is over no day goes on counting.
        self.shaped(row, row.status != FindingStatus::Closed)
    }

    /// The same for who asks here: with whether its day is past and what people decided about it.
    pub fn finding_asked_for(&mut self, row: &FindingRow) -> Result<Value> {
        let mut shown = self.finding(row)?;
        self.put_standing(&mut shown)?;
        Ok(shown)
    }

    /// The finding of this name as who asks here sees it: this node's own, else what the parent told.
    pub fn finding_here(&mut self, id: FindingId) -> Result<Option<Value>> {
        let own = self.view.finding(id)?;
        let told = match &own {
            Some(row) if row.status != FindingStatus::Closed => None,
            _ => self.view.told(id)?,
        };
        if let Some(mut told) = told {
            self.renew(&mut told)?;
            return Ok(Some(told));
        }
        own.map(|row| self.finding_asked_for(&row)).transpose()
    }

    /// A finding that is told to another office and read there on other days: nothing in it counts them.
    pub fn finding_to_tell(&mut self, row: &FindingRow) -> Result<Value> {
        let mut told = self.shaped(row, false)?;
        self.name_areas(&mut told);
        Ok(told)
    }

    /// Puts beside each area what it is called here: who reads it may know the code alone, and its columns are to say what
    /// the sentence says.
    fn name_areas(&self, row: &mut Value) {
        let area = row["area"].as_str().and_then(|code| code.parse::<Area>().ok());
        if let Some(name) = area.and_then(|area| self.names.get(&area)) {
            row["area_name"] = json!(name);
        }
        let entries = row.get_mut("entries").and_then(Value::as_array_mut);
        entries.into_iter().flatten().for_each(|entry| self.name_areas(entry));
    }

    fn shaped(&mut self, row: &FindingRow, counts_days: bool) -> Result<Value> {
        let mut detail = row.detail.clone();
        match rules::days_since(&row.rule, &detail, self.today) {
            Some(days) if counts_days => drop(detail.insert(DAYS.to_owned(), json!(days))),
            // A store of an earlier version kept the count.
            Some(_) => drop(detail.remove(DAYS)),
            None => {}
        }
        let entries = match row.detail.contains_key("whole_column") {
            true => self.entries(&self.of_damaged_column(row)?)?,
            false => self.entries(&row.evidence)?,
        };
        let severity = Severity::parse(&row.severity).unwrap_or(Severity::Medium);
        let text = self.text.finding(
            &row.rule,
            row.list,
            &row.area.map(|a| a.to_string()).unwrap_or_default(),
            severity,
            &detail,
        );
        let mut shown = json!({
            "id": row.id.to_string(),
            "rule": row.rule,
            "severity": row.severity,
            "status": row.status.as_str(),
            "person": row.person.map(|p| p.to_string()),
            "area": row.area,
            "list": row.list,
            "first_seen": row.first_seen.to_string(),
            "age_days": days_between(row.first_seen, self.today),
            "due": row.due.map(|d| d.to_string()),
            "detail": detail,
            "text": named(&text, &self.names),
            "entries": entries,
        });
        if let Some(source) = self.source_of(row)? {
            shown["source"] = source;
        }
        if row.status == FindingStatus::Closed
            && let Some(withdrawn) = self.withdrawn(row)?
        {
            shown["withdrawn"] = withdrawn;
        }
        Ok(shown)
    }

    /// Where a list stands of which a finding speaks as a whole, like the source of an entry.
    fn source_of(&self, row: &FindingRow) -> Result<Option<Value>> {
        let Some(snapshot) = row.snapshot else { return Ok(None) };
        let of = |snapshot: Snapshot| {
            let facts = snapshot.facts;
            json!({"file": facts.file, "sheet": facts.sheet, "row": row.detail.get("row")})
        };
        Ok(self.view.snapshot_by_id(snapshot)?.map(of))
    }

    /// The first lines of a column of numbers that lost its digits. The finding rests on the column and not on them: it is
    /// the same one where others come first.
    fn of_damaged_column(&self, row: &FindingRow) -> Result<Vec<Uid>> {
        let mut found = Vec::new();
        let snapshots = self.view.snapshots()?.into_iter().map(|(_, snapshot)| snapshot);
        let is_told_of =
            |key: &SnapshotKey| rules::snapshot_finding(&row.rule, (key.area, key.list), key.name()) == row.id;
        for snapshot in snapshots.filter(|snapshot| is_told_of(&snapshot.key)) {
            let placement = self.view.snapshot(&snapshot.key)?.map(|(_, _, placement)| placement).unwrap_or_default();
            for line in placement.lines() {
                let entry = self.view.entry(line.uid)?.map(|stored| stored.entry);
                let number = entry.as_ref().and_then(|entry| entry.record.id_number.as_ref());
                found.extend(number.filter(|number| number.is_damaged()).map(|_| line.uid));
                if found.len() == COLUMN_ENTRIES_MAX {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// By whose knowledge a finding was withdrawn, where it was.
    fn withdrawn(&self, row: &FindingRow) -> Result<Option<Value>> {
        let told = self.view.notice(row.id)?.filter(|told| told.withdraws.is_some());
        let Some(seen) = told.and_then(|told| Withdrawal::of(&told.body)) else { return Ok(None) };
        let (by, area, list) = (seen.by.to_string(), seen.area.to_string(), self.text.list(Some(seen.list)));
        let key = if seen.perhaps { "finding-perhaps-listed" } else { "finding-withdrawn" };
        let text = self.text.say_with(key, &[("by", &by), ("area", &area), ("list", &list)]);
        Ok(Some(json!({"by": by, "list": seen.list, "area": area, "perhaps": seen.perhaps,
                      "text": named(&text, &self.names)})))
    }

    fn put_standing(&self, shown: &mut Value) -> Result<()> {
        let status = shown["status"].as_str().and_then(FindingStatus::parse);
        let due = shown["due"].as_str().and_then(|day| day.parse::<Date>().ok());
        shown["overdue"] = json!(is_overdue(status, due, self.today));
        shown["decision"] = match status {
            None | Some(FindingStatus::Open) => Value::Null,
            Some(_) => self.decision(shown)?,
        };
        Ok(())
    }

    /// What counts of all that was decided about a finding, here, above or below; null where that is to look again.
    fn decision(&self, shown: &Value) -> Result<Value> {
        let id = shown["id"].as_str().unwrap_or_default();
        let made = self.view.decisions_about(DecisionKind::Finding, id)?;
        let made = made.into_iter().find(|made| made.verdict != CONFIRMATION_OVER);
        let Some(made) = made.filter(|made| made.verdict != Disposition::Reopen.as_str()) else {
            return Ok(Value::Null);
        };
        let mut note = made.note;
        for entry in shown["entries"].as_array().into_iter().flatten() {
            let uid: Option<Uid> = entry["uid"].as_str().and_then(|uid| uid.parse().ok());
            let is_here = match uid {
                Some(uid) => self.view.entry(uid)?.is_some(),
                None => false,
            };
            note = match is_here {
                true => masked_note(self.view, uid.as_slice(), &note)?,
                // Of an office that this one knows nothing of but what is told from above.
                false => mask::names_like(&note, entry["name"].as_str().unwrap_or_default()),
            };
        }
        Ok(json!({
            "verdict": made.verdict,
            "note": mask::numbers_in(&note),
            "at": instant(made.at),
            "by": made.author,
            "by_name": self.names.get(&made.author),
        }))
    }

    pub fn event(&mut self, id: &str, person: Uid, event: &Event) -> Result<Value> {
        Ok(json!({
            "id": id,
            "kind": event.kind.as_str(),
            "person": person.to_string(),
            "date": event.date.and_then(PartialDate::exact).map(|day| day.to_string()),
            // As far as it is known: a day, a month or a year.
            "dated": event.date.map(|date| date.to_string()),
            "from": event.from,
            "to": event.to,
            "confidence": event.confidence.as_str(),
            "entries": self.entries(&event.evidence)?,
        }))
    }

    pub fn entries(&mut self, uids: &[Uid]) -> Result<Vec<Value>> {
        let views = self.view.views(uids, &mut self.cache)?;
        Ok(views.iter().map(|view| self.entry(view)).collect())
    }

    /// Shows a finding that the parent told as it stands now: its days as they have grown, and the lines of this office,
    /// as the row that was told is that of the file of then.
    pub fn renew(&mut self, told: &mut Value) -> Result<()> {
        if let Some(first_seen) = told["first_seen"].as_str().and_then(|day| day.parse::<Date>().ok()) {
            told["age_days"] = json!(days_between(first_seen, self.today));
        }
        let rule = told["rule"].as_str().unwrap_or_default();
        let days = told["detail"].as_object().and_then(|detail| rules::days_since(rule, detail, self.today));
        if let Some(days) = days {
            told["detail"][DAYS] = json!(days);
        }
        for entry in told["entries"].as_array_mut().into_iter().flatten() {
            let uid = entry["uid"].as_str().and_then(|uid| uid.parse::<Uid>().ok());
            if let Some(mut now) = self.entries(uid.as_slice())?.pop() {
                // Its area is called as in the sentence that was told.
                if let Some(name) = entry["area_name"].as_str() {
                    now["area_name"] = json!(name);
                }
                *entry = now;
            }
        }
        self.put_standing(told)
    }

    /// A person's entries, each with what it said before, the newest first: status, name and number, and until when.
    pub fn entries_with_history(&mut self, uids: &[Uid]) -> Result<Vec<Value>> {
        let mut shown = self.entries(uids)?;
        for (uid, entry) in uids.iter().zip(&mut shown) {
            let Some(stored) = self.view.entry(*uid)? else { continue };
            let mut before: Vec<Value> = Vec::new();
            let mut said = self.said(&stored.entry.record);
            for (until, record) in self.view.said_before(stored.id)? {
                let earlier = self.said(&record);
                // Of a change of something else nothing is shown: what holds now goes on holding.
                if earlier != said {
                    let (status, name, number) = &earlier;
                    before
                        .push(json!({"until": until.to_string(), "status": status, "name": name, "id_number": number}));
                }
                said = earlier;
            }
            entry["first_seen"] = json!(stored.entry.first_seen.to_string());
            entry["before"] = json!(before);
        }
        Ok(shown)
    }

    /// Status, name and number of a line.
    fn said(&self, record: &Record) -> (&'static str, String, Option<String>) {
        let name = if self.reveal { record.name.to_string() } else { mask::name(&record.name) };
        let number = record.id_number.as_ref().map(|id| if self.reveal { id.reveal().to_owned() } else { id.masked() });
        (record.status.as_str(), name, number)
    }

    fn entry(&self, view: &EntryView) -> Value {
        let entry = &view.stored.entry;
        let record = &entry.record;
        let (_, name, number) = self.said(record);
        let source = view.source.as_ref().map_or_else(
            || json!({"file": null, "sheet": null, "row": null}),
            // Of a line that an earlier file of that name had no row is known.
            |(file, sheet, row)| json!({"file": file, "sheet": sheet, "row": Some(row).filter(|row| **row > 0)}),
        );
        let mut shown = json!({
            "uid": entry.uid.to_string(),
            "area": entry.area,
            "list": entry.list,
            "status": entry.status().as_str(),
            "name": name,
            "id_number": number,
            "source": source,
        });
        if let Some(former) = record.changed_number() {
            shown["former_number"] = json!(if self.reveal { former.reveal().to_owned() } else { former.masked() });
        }
        if let Some(also) = &record.also_called {
            shown["also_called"] = json!(if self.reveal { also.to_string() } else { mask::name(also) });
        }
        shown
    }

    /// A potential match with what speaks for and against it.
    pub fn potential(&mut self, row: &MatchRow, weights: &Weights, why: Vec<Value>) -> Result<Value> {
        let probability = weights.likelihood(row.score as f32);
        Ok(json!({
            "id": row.id(),
            "weight": (row.score * 100.0).round() / 100.0,
            "probability": (probability * 10_000.0).round() / 10_000.0,
            "why": why,
            "entries": self.entries(&[row.a, row.b])?,
        }))
    }
}

/// Late is what nobody has finished: a confirmed finding is still to be put right, a dismissed one is not.
pub fn is_overdue(status: Option<FindingStatus>, due: Option<Date>, today: Date) -> bool {
    let is_unfinished = matches!(status, Some(FindingStatus::Open | FindingStatus::Confirmed));
    is_unfinished && due.is_some_and(|due| due < today)
}

/// A note as anybody may read it: those whom it is about are not named whole in it either.
///
/// # Errors
/// Those of the store.
pub fn masked_note(view: &View, about: &[Uid], note: &str) -> Result<String> {
    let mut note = note.to_owned();
    for uid in about {
        let Some(stored) = view.entry(*uid)? else { continue };
        for name in stored.entry.record.names() {
            note = mask::name_in(&note, name);
        }
    }
    Ok(mask::numbers_in(&note))
}

/// How many days something has lasted, in the detail of a finding.
const DAYS: &str = "days";

/// `text` with the names of areas in the place of their codes. A masked identity number begins like a code and is none.
fn named(text: &str, names: &BTreeMap<Area, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        let (code, after) = run.split_at(end);
        out.push_str(before);
        let name = code.parse().ok().and_then(|area: Area| names.get(&area)).filter(|_| !after.starts_with('*'));
        out.push_str(name.map_or(code, String::as_str));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::List;
    use crate::settings::Settings;
    use crate::store::{Home, Store};

    fn overdue(status: FindingStatus) -> FindingRow {
        let kept = json!({"reviewed": "2026-10-10", "days_max": 61, "days": 71});
        FindingRow {
            id: FindingId::from_hash(1),
            rule: "dibao-review-overdue".to_owned(),
            severity: "medium".to_owned(),
            status,
            person: None,
            snapshot: None,
            area: "519901001201".parse().ok(),
            list: Some(List::Dibao),
            first_seen: Date::constant(2026, 12, 20),
            due: None,
            detail: kept.as_object().unwrap().clone(),
            evidence: Vec::new(),
            areas: Vec::new(),
            basis: 0,
        }
    }

    /// What `look` makes of it on this day.
    fn on(today: Date, look: impl FnOnce(&mut Presenter) -> Value) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
        let settings = Settings::parse(settings, &folder.path().join("rosterd.toml")).unwrap();
        let store = Store::open(Home::plain(folder.path()), settings.area).unwrap();
        let office = Office::new(store, settings, Some(today));
        office.store.read(|view| Ok(look(&mut Presenter::new(view, &office)?))).unwrap()
    }

    #[test]
    fn days_go_on_counting_as_long_as_a_finding_is_open() {
        for (today, days) in [(Date::constant(2026, 12, 20), 71), (Date::constant(2027, 3, 10), 151)] {
            let open = on(today, |presenter| presenter.finding(&overdue(FindingStatus::Open)).unwrap());
            assert_eq!(open["detail"]["days"], days);
            let text = open["text"].as_str().unwrap();
            assert!(text.contains(&format!("{days}天")), "{text}");
            let closed = on(today, |presenter| presenter.finding(&overdue(FindingStatus::Closed)).unwrap());
            assert_eq!(closed["detail"]["days"], Value::Null);
        }
    }

    #[test]
    fn what_another_office_told_counts_on_here() {
        let day = Date::constant(2026, 12, 20);
        let told = on(day, |presenter| presenter.finding_to_tell(&overdue(FindingStatus::Open)).unwrap());
        assert_eq!((&told["area_name"], told.get("entries")), (&json!("甲村"), Some(&json!([]))));
        let text = told["text"].as_str().unwrap();
        assert!(!text.contains("71") && text.contains("2026年10月10日"), "{text}");
        let later = on(Date::constant(2027, 3, 10), |presenter| {
            let mut told = told.clone();
            presenter.renew(&mut told).unwrap();
            told
        });
        assert_eq!((&later["detail"]["days"], &later["age_days"]), (&json!(151), &json!(80)));
    }
}
