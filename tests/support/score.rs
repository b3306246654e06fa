//! Findings of a node against the truth: per rule true and false positives, misses, precision, recall, F1.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde_json::Value;

use super::truth::{Key, Place, Truth};

/// Rules that speak of the person as a whole: the truth gives them neither list nor area.
const PERSON_WIDE: [&str; 4] = ["id-conflict", "name-conflict", "sex-conflict", "birth-conflict"];

#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub hit: BTreeSet<Key>,
    pub wrong: BTreeSet<Key>,
    pub missed: BTreeSet<Key>,
}

impl Tally {
    pub fn precision(&self) -> f64 {
        share(self.hit.len(), self.hit.len() + self.wrong.len())
    }

    pub fn recall(&self) -> f64 {
        share(self.hit.len(), self.hit.len() + self.missed.len())
    }

    pub fn f1(&self) -> f64 {
        share(2 * self.hit.len(), 2 * self.hit.len() + self.wrong.len() + self.missed.len())
    }
}

/// Of nothing, everything is right.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

pub struct Score {
    pub month: String,
    pub rules: BTreeMap<String, Tally>,
    /// Findings whose entries stand in no file of the month: stale row numbers, or a wrong file name.
    pub unplaced: usize,
    /// Findings of rules the truth does not cover, by rule.
    pub beyond: BTreeMap<String, usize>,
}

impl Score {
    /// Scores a node's open findings at the end of `month`.
    pub fn of(truth: &Truth, month: &str, findings: &[Value]) -> Score {
        let mut rules: BTreeMap<String, Tally> = truth.rules().iter().map(|r| (r.clone(), Tally::default())).collect();
        let (mut unplaced, mut beyond) = (0, BTreeMap::new());
        let mut said = BTreeSet::new();
        for finding in findings {
            let rule = text(finding, "rule");
            if !truth.rules().contains(rule) {
                *beyond.entry(rule.to_owned()).or_default() += 1;
                continue;
            }
            match key(truth, month, finding) {
                Some(key) => drop(said.insert(key)),
                None => unplaced += 1,
            }
        }
        let expected = truth.findings(month);
        for key in &said {
            let tally = rules.get_mut(&key.rule).expect("only the truth's rules were taken");
            let side = if expected.contains_key(key) { &mut tally.hit } else { &mut tally.wrong };
            side.insert(key.clone());
        }
        for key in expected.keys().filter(|key| !said.contains(*key)) {
            rules.get_mut(&key.rule).expect("the truth's rules").missed.insert(key.clone());
        }
        Score { month: month.to_owned(), rules, unplaced, beyond }
    }

    /// The mean F1 over the rules that had anything to find, or were said.
    pub fn macro_f1(&self) -> f64 {
        let spoken: Vec<f64> = self.spoken().map(|(_, tally)| tally.f1()).collect();
        spoken.iter().sum::<f64>() / spoken.len().max(1) as f64
    }

    /// The rules with something found or to find.
    pub fn spoken(&self) -> impl Iterator<Item = (&str, &Tally)> {
        let silent = |t: &Tally| t.hit.is_empty() && t.wrong.is_empty() && t.missed.is_empty();
        self.rules.iter().filter(move |(_, t)| !silent(t)).map(|(rule, tally)| (rule.as_str(), tally))
    }

    /// Up to `each` wrong and missed findings a rule, with the truth's detail, for whoever mends a rule.
    pub fn faults(&self, truth: &Truth, each: usize) -> String {
        let mut out = String::new();
        for (rule, tally) in self.spoken() {
            for key in tally.wrong.iter().take(each) {
                out += &format!(
                    "{} {rule}: wrongly said of person {} {} {}\n",
                    self.month, key.person, key.list, key.area
                );
            }
            for key in tally.missed.iter().take(each) {
                let detail = &truth.findings(&self.month)[key];
                out += &format!(
                    "{} {rule}: missed person {} {} {} {detail}\n",
                    self.month, key.person, key.list, key.area
                );
            }
        }
        out
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<30} {:>5} {:>5} {:>6} {:>9} {:>7} {:>7}",
            self.month, "right", "wrong", "missed", "precision", "recall", "F1"
        )?;
        for (rule, t) in self.spoken() {
            let (hit, wrong, missed) = (t.hit.len(), t.wrong.len(), t.missed.len());
            writeln!(
                f,
                "{rule:<30} {hit:>5} {wrong:>5} {missed:>6} {:>9.4} {:>7.4} {:>7.4}",
                t.precision(),
                t.recall(),
                t.f1()
            )?;
        }
        writeln!(f, "{:<30} {:>42.4}", "macro F1", self.macro_f1())?;
        if self.unplaced > 0 {
            writeln!(f, "{} findings rest on no line of the month's files", self.unplaced)?;
        }
        for (rule, count) in &self.beyond {
            writeln!(f, "{rule:<30} {count:>5}  (no truth)")?;
        }
        Ok(())
    }
}

/// The findings as the truth would name them, every rule included, to compare two nodes of one county.
/// What cannot be placed is kept by its text, so that nothing is dropped from the comparison.
pub fn keys(truth: &Truth, month: &str, findings: &[Value]) -> BTreeSet<Key> {
    let unplaced = |finding: &Value| Key {
        rule: text(finding, "rule").into(),
        person: format!("? {}", text(finding, "text")),
        list: text(finding, "list").into(),
        area: text(finding, "area").into(),
    };
    findings.iter().map(|finding| key(truth, month, finding).unwrap_or_else(|| unplaced(finding))).collect()
}

/// A finding's key by the lines it rests on; `None` where no entry of it stands in the month's files.
fn key(truth: &Truth, month: &str, finding: &Value) -> Option<Key> {
    let rule = text(finding, "rule");
    let entries = finding["entries"].as_array()?;
    let person = person_of(truth, month, entries)?;
    let (list, area) = if PERSON_WIDE.contains(&rule) {
        (String::new(), String::new())
    } else {
        (text(finding, "list").to_owned(), area_of(rule, finding, entries))
    };
    Some(Key { rule: rule.to_owned(), person, list, area })
}

/// The finding's area; of a person listed twice, all the areas where that list has them active.
fn area_of(rule: &str, finding: &Value, entries: &[Value]) -> String {
    if rule != "listed-in-two-areas" {
        return text(finding, "area").to_owned();
    }
    let on_list = entries.iter().filter(|e| text(e, "list") == text(finding, "list") && text(e, "status") == "active");
    let areas: BTreeSet<&str> = on_list.map(|e| text(e, "area")).collect();
    areas.into_iter().collect::<Vec<_>>().join("+")
}

/// The true person of most of the finding's lines; on a draw the one of the line to look at first.
pub fn person_of(truth: &Truth, month: &str, entries: &[Value]) -> Option<String> {
    let mut votes: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(uid) = place_of(entry).and_then(|place| truth.person(month, &place)) {
            votes.entry(uid).or_insert((0, entries.len() - at)).0 += 1;
        }
    }
    votes.into_iter().max_by_key(|(_, vote)| *vote).map(|(uid, _)| uid.to_owned())
}

/// The office is the folder the file lay in, where the path names one; the county drops the list of deaths.
fn place_of(entry: &Value) -> Option<Place> {
    let source = &entry["source"];
    let path = source["file"].as_str()?;
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_code = |part: &&str| matches!(part.len(), 6 | 9 | 12) && part.bytes().all(|b| b.is_ascii_digit());
    let area = text(entry, "area");
    let code = match folders.split('/').rev().find(is_code) {
        Some(code) => code,
        None if text(entry, "list") == "deaths" => area.get(..6).unwrap_or_default(),
        None => area,
    };
    // A CSV has no sheets; whatever name a node gives its only one, the truth has none.
    let sheet = if file.ends_with(".csv") { "" } else { source["sheet"].as_str().unwrap_or_default() };
    Some(Place {
        code: code.to_owned(),
        list: text(entry, "list").to_owned(),
        file: file.to_owned(),
        sheet: sheet.to_owned(),
        row: source["row"].as_u64()?,
    })
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}
