//! Inferred events against what really happened, counting only what some file let be seen.
//!
//! Offices notice late or never, so the truth alone would ask for the impossible. An event counts as shown once, in
//! its month or later, a line of the person says it: the word for a death or a departure, a line of the list of
//! deaths, or a population or health line in the village of arrival.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::path::Path;

use calamine::{Data, Reader};
use serde_json::Value;

use super::score::Tally;
use super::truth::{self, Happened, Key, Place, Truth};

const DEATH_WORDS: [&str; 4] = ["死亡", "去世", "已故", "病故"];
const DEPARTURE_WORDS: [&str; 3] = ["迁出", "外迁", "迁往"];

/// Scores by kind, over all months up to and including `last`.
pub struct EventScore {
    pub kinds: BTreeMap<String, Tally>,
    /// Events of the truth that no line showed, by kind.
    pub hidden: BTreeMap<String, usize>,
}

impl EventScore {
    /// `events` as `rosterd events --json` prints them at the county, after the files of `last`.
    pub fn of(truth: &Truth, last: &str, events: &[Value]) -> EventScore {
        let months: Vec<String> = truth::months().into_iter().filter(|m| m.as_str() <= last).collect();
        let seen = Seen::read(truth, &months);
        let mut score = EventScore { kinds: BTreeMap::new(), hidden: BTreeMap::new() };
        let (mut shown, mut happened) = (BTreeSet::new(), BTreeSet::new());
        for event in truth.events.iter().filter(|e| e.month.as_str() <= last) {
            let key = key(&event.kind, &event.person);
            happened.insert(key.clone());
            if seen.shows(event) {
                shown.insert(key);
            } else {
                *score.hidden.entry(event.kind.clone()).or_default() += 1;
            }
        }
        let said: BTreeSet<Key> = events.iter().filter_map(|event| said(truth, &months, event)).collect();
        let kinds: BTreeSet<&str> = happened.iter().map(|k| k.rule.as_str()).collect();
        for key in said.iter().filter(|k| kinds.contains(k.rule.as_str())) {
            let tally = score.kinds.entry(key.rule.clone()).or_default();
            // What nobody could see and was inferred all the same is right.
            let side = if happened.contains(key) { &mut tally.hit } else { &mut tally.wrong };
            side.insert(key.clone());
        }
        for key in shown.iter().filter(|key| !said.contains(*key)) {
            score.kinds.entry(key.rule.clone()).or_default().missed.insert(key.clone());
        }
        score
    }

    pub fn macro_f1(&self) -> f64 {
        self.kinds.values().map(Tally::f1).sum::<f64>() / self.kinds.len().max(1) as f64
    }
}

impl fmt::Display for EventScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["events", "right", "wrong", "missed", "hidden", "precision", "recall", "F1"];
        writeln!(
            f,
            "{:<16} {:>5} {:>5} {:>6} {:>6} {:>9} {:>7} {:>7}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7]
        )?;
        for (kind, t) in &self.kinds {
            let (hit, wrong, missed) = (t.hit.len(), t.wrong.len(), t.missed.len());
            let hidden = self.hidden.get(kind).copied().unwrap_or_default();
            let (precision, recall, f1) = (t.precision(), t.recall(), t.f1());
            writeln!(
                f,
                "{kind:<16} {hit:>5} {wrong:>5} {missed:>6} {hidden:>6} {precision:>9.4} {recall:>7.4} {f1:>7.4}"
            )?;
        }
        writeln!(f, "{:<16} {:>59.4}", "macro F1", self.macro_f1())
    }
}

/// One event a kind and person: the same move told twice is the same move.
fn key(kind: &str, person: &str) -> Key {
    Key { rule: kind.to_owned(), person: person.to_owned(), list: String::new(), area: String::new() }
}

/// The event by its lines, which may be of any month so far.
fn said(truth: &Truth, months: &[String], event: &Value) -> Option<Key> {
    let entries = event["entries"].as_array()?;
    let person = months.iter().rev().find_map(|month| super::score::person_of(truth, month, entries))?;
    Some(key(event["kind"].as_str()?, &person))
}

/// All lines of all months, by person.
struct Seen {
    lines: HashMap<String, Vec<(String, Place, String)>>,
}

impl Seen {
    fn read(truth: &Truth, months: &[String]) -> Seen {
        let mut lines: HashMap<String, Vec<(String, Place, String)>> = HashMap::new();
        for month in months {
            let mut files: HashMap<(String, String, String), HashMap<u64, String>> = HashMap::new();
            for (place, person) in truth.lines(month) {
                let file = (place.code.clone(), place.file.clone(), place.sheet.clone());
                let rows = files
                    .entry(file)
                    .or_insert_with(|| rows(&truth::exports(month).join(&place.code).join(&place.file), &place.sheet));
                let text = rows.get(&place.row).cloned().unwrap_or_default();
                lines.entry(person.clone()).or_default().push((month.clone(), place.clone(), text));
            }
        }
        Seen { lines }
    }

    fn shows(&self, event: &Happened) -> bool {
        let of_person = self.lines.get(&event.person).into_iter().flatten();
        let mut since = of_person.filter(|(month, _, _)| *month >= event.month);
        let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        match event.kind.as_str() {
            "death" => since.any(|(_, place, text)| place.list == "deaths" || has(text, &DEATH_WORDS)),
            "out_migration" => since.any(|(_, _, text)| has(text, &DEPARTURE_WORDS)),
            _ => since
                .any(|(_, place, _)| place.code == event.to && matches!(place.list.as_str(), "population" | "health")),
        }
    }
}

/// The text of each row by the number a spreadsheet program shows.
fn rows(path: &Path, sheet: &str) -> HashMap<u64, String> {
    if sheet.is_empty() {
        let bytes = fs::read(path).expect("the fixture");
        let (utf8, _, damaged) = encoding_rs::UTF_8.decode(&bytes);
        let text = if damaged { encoding_rs::GB18030.decode(&bytes).0 } else { utf8 };
        return (1..).zip(text.lines().map(str::to_owned)).collect();
    }
    let mut book = calamine::open_workbook_auto(path).expect("the fixture");
    let range = book.worksheet_range(sheet).expect("a sheet of the fixture");
    let first = u64::from(range.start().unwrap_or_default().0) + 1;
    let text = |row: &[Data]| row.iter().map(Data::to_string).collect::<Vec<_>>().join(" ");
    (first..).zip(range.rows().map(text)).collect()
}
