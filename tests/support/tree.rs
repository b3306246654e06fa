//! A county of offices in one process: real stores and the real engine of the link, each child joined to its parent by a
//! line that is used when the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use rosterd::domain::{Area, Date, FindingId, FindingStatus, Uid};
use rosterd::store::{Decision, DecisionKind, FindingFilter, Home, Store, StoredEntry, View, pair_subject};
use rosterd::sync::line::Failure;
use tempfile::TempDir;

use super::branch::{Branch, Dice, Weather, Wire, converse, exchange};

/// Rounds of talk after which offices that still have something to tell each other never end.
const ROUNDS_MAX: usize = 12;

pub struct Tree {
    /// By code, which puts every parent before its children.
    offices: BTreeMap<Area, Branch>,
    root: TempDir,
    runtime: tokio::runtime::Runtime,
    clock: i64,
}

fn code(text: &str) -> Area {
    text.parse().expect("an area")
}

impl Tree {
    pub fn found(areas: &[&str], today: Date) -> Tree {
        let root = tempfile::tempdir().expect("a temporary folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut tree = Tree { offices: BTreeMap::new(), root, runtime, clock: 0 };
        for area in areas {
            tree.open(code(area), today);
        }
        tree
    }

    fn open(&mut self, area: Area, today: Date) {
        let dir = self.root.path().join(area.to_string());
        let branch = Branch::open(&dir, &area.to_string(), today).expect("a good disk");
        self.offices.insert(area, branch);
    }

    /// Another day begins at every office.
    pub fn turn_to(&mut self, today: Date) {
        let areas: Vec<Area> = self.offices.keys().copied().collect();
        for area in areas {
            self.offices.remove(&area);
            self.open(area, today);
        }
    }

    /// A backup of the office as it is now.
    pub fn back_up(&self, area: &str) -> PathBuf {
        let copy = self.root.path().join(format!("{area}.backup"));
        self.office(area).office.store.backup(&copy, |_| Ok(()), &mut |_, _| true).expect("room for a copy");
        copy
    }

    /// The office is brought back from a backup.
    pub fn restore(&mut self, area: &str, copy: &Path, today: Date) {
        let area = code(area);
        let dir = self.offices.remove(&area).expect("an office").dir;
        Store::restore(&Home::plain(&dir), copy, area, "before").expect("a sound backup");
        self.open(area, today);
    }

    pub fn office(&self, area: &str) -> &Branch {
        &self.offices[&code(area)]
    }

    /// The office reads a file of its inbox.
    pub fn read(&self, area: &str, path: &str, text: &str) {
        self.office(area).read(path, text).expect("a good disk");
    }

    fn parent_of(&self, area: Area) -> Option<&Branch> {
        self.offices.values().rev().find(|above| above.area != area && above.area.contains(area))
    }

    /// One child sends what waits, hears what is told, and works it off.
    pub fn meet(&self, area: Area) {
        let below = &self.offices[&area];
        let Some(above) = self.parent_of(area) else { return };
        let (dice, late, acknowledged) = (Mutex::new(Dice(1)), Mutex::default(), AtomicU64::default());
        let wire = Wire {
            above,
            from: area,
            weather: Weather::default(),
            dice: &dice,
            late: &late,
            acknowledged: &acknowledged,
        };
        let meeting = async {
            exchange(below, &wire).await?;
            if !below.child.ledger().is_behind()? {
                converse(below, &wire).await?;
            }
            Ok::<_, Failure>(())
        };
        self.runtime.block_on(meeting).expect("a good line");
        above.settle().expect("a good disk");
        below.settle().expect("a good disk");
    }

    pub fn areas(&self) -> Vec<Area> {
        self.offices.keys().copied().collect()
    }

    /// Everybody talks until nobody has anything new.
    pub fn settle(&self) {
        let seqs = || -> Vec<u64> {
            self.offices.values().map(|b| b.office.store.read(|view| view.seq()).expect("the store reads")).collect()
        };
        let mut before = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let now = seqs();
            if now == before {
                return;
            }
            before = now;
            let areas = self.areas();
            areas.iter().rev().chain(&areas).for_each(|area| self.meet(*area));
        }
        panic!("the offices never have done");
    }

    pub fn view<T>(&self, area: &str, look: impl FnOnce(&View) -> rosterd::error::Result<T>) -> T {
        self.office(area).office.store.read(look).expect("the store reads")
    }

    /// What holds at an office, its own findings and those it is told of: rule, id, and for its own list and area.
    pub fn findings(&self, area: &str) -> BTreeSet<String> {
        self.view(area, |view| {
            let filter = FindingFilter { all: true, ..FindingFilter::default() };
            let own = view.findings(&filter)?.into_iter().filter(|f| f.status != FindingStatus::Closed);
            let mut all: BTreeSet<String> = own.map(|f| format!("{} {}", f.rule, f.id)).collect();
            for (id, body) in view.notices()? {
                let told: serde_json::Value = serde_json::from_str(&body).expect("a line of JSON");
                if let Some(rule) = told["finding"]["rule"].as_str() {
                    all.insert(format!("{rule} {id}"));
                }
            }
            Ok(all)
        })
    }

    /// How often each rule speaks at an office.
    pub fn rules(&self, area: &str) -> BTreeMap<String, usize> {
        let mut rules = BTreeMap::new();
        for finding in self.findings(area) {
            *rules.entry(finding.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        rules
    }

    pub fn entries(&self, area: &str) -> Vec<StoredEntry> {
        let mut all = Vec::new();
        self.view(area, |view| view.each_entry(0, i64::MAX, &mut |stored| all.push(stored)));
        all.retain(|stored| stored.entry.removed.is_none());
        all
    }

    /// The line of this name on a list of a village, as an office knows it.
    pub fn line(&self, area: &str, at: (&str, &str, &str)) -> StoredEntry {
        let (village, list, name) = at;
        let all = self.entries(area);
        let mut found = all.into_iter().filter(|s| {
            (s.entry.area, s.entry.list.as_str(), s.entry.record.name.as_str()) == (code(village), list, name)
        });
        found.next().unwrap_or_else(|| panic!("{area} knows no line of {name} on {list} of {village}"))
    }

    /// A person at an office decides about a finding, its own or one that it is told of.
    pub fn decide(&mut self, area: &str, id: FindingId, verdict: &str) {
        self.clock += 1;
        let basis = self.view(area, |view| view.basis_of(id));
        let (subject, verdict, note) = (id.to_string(), verdict.to_owned(), String::new());
        let kind = DecisionKind::Finding;
        let made = Decision { seq: 0, author: code(area), kind, subject, verdict, note, at: self.clock, basis };
        let branch = self.office(area);
        assert!(branch.office.store.write(|writer| writer.put_decision(&made, false)).expect("the store writes"));
    }

    /// A person at an office says whether two lines are one person.
    pub fn judge(&mut self, area: &str, one: Uid, other: Uid, same: bool) {
        self.clock += 1;
        let verdict = if same { "confirm" } else { "reject" }.to_owned();
        let (subject, note) = (pair_subject(one, other), String::new());
        let made = Decision {
            seq: 0,
            author: code(area),
            kind: DecisionKind::Match,
            subject,
            verdict,
            note,
            at: self.clock,
            basis: None,
        };
        let branch = self.office(area);
        assert!(branch.office.store.write(|writer| writer.put_decision(&made, false)).expect("the store writes"));
        branch.settle().expect("a good disk");
    }
}
