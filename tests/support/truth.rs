//! What is true of the sample county: which person a line is, and what a perfect reader would flag.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// `tests/fixtures/county`.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/county")
}

/// The months of the sample, oldest first, as `YYYY-MM`.
pub fn months() -> Vec<String> {
    let folders = fs::read_dir(fixtures().join("exports")).expect("the fixture");
    let mut months: Vec<String> = folders.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    months.sort();
    months
}

/// The last day of `YYYY-MM`.
pub fn month_end(month: &str) -> String {
    let first: jiff::civil::Date = format!("{month}-01").parse().expect("a month of the fixture");
    first.last_of_month().to_string()
}

/// The files of one month, one folder an office.
pub fn exports(month: &str) -> PathBuf {
    fixtures().join("exports").join(month)
}

/// A finding as the truth names it. Person-wide rules have neither list nor area; a pair of areas is `A+B`, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub rule: String,
    pub person: String,
    pub list: String,
    pub area: String,
}

/// Where a line stands: office, list, file, sheet (empty in a CSV), row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub code: String,
    pub list: String,
    pub file: String,
    pub sheet: String,
    pub row: u64,
}

/// An inferred event as the truth names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happened {
    pub month: String,
    pub kind: String,
    pub person: String,
    pub from: String,
    pub to: String,
}

pub struct Truth {
    rows: HashMap<String, HashMap<Place, String>>,
    findings: HashMap<String, BTreeMap<Key, String>>,
    pub events: Vec<Happened>,
    rules: BTreeSet<String>,
}

impl Truth {
    pub fn load() -> Truth {
        let folder = fixtures().join("truth");
        let mut rows: HashMap<String, HashMap<Place, String>> = HashMap::new();
        let packed = File::open(folder.join("rows.csv.zst")).expect("the fixture");
        let mut reader = csv::Reader::from_reader(zstd::Decoder::new(packed).expect("zstd"));
        for record in reader.records() {
            let r = record.expect("the fixture is a clean CSV");
            let place = Place {
                code: r[1].to_owned(),
                list: r[2].to_owned(),
                file: r[3].to_owned(),
                sheet: r[4].to_owned(),
                row: r[5].parse().expect("a row number"),
            };
            rows.entry(r[0].to_owned()).or_default().insert(place, r[6].to_owned());
        }
        let mut findings: HashMap<String, BTreeMap<Key, String>> = HashMap::new();
        let mut rules = BTreeSet::new();
        for r in read(&folder.join("findings.csv")) {
            rules.insert(r[1].to_owned());
            let key = Key { rule: r[1].into(), person: r[2].into(), list: r[3].into(), area: r[4].into() };
            findings.entry(r[0].to_owned()).or_default().insert(key, r[5].to_owned());
        }
        let events = read(&folder.join("events.csv"))
            .map(|r| Happened {
                month: r[0].into(),
                kind: r[1].into(),
                person: r[2].into(),
                from: r[4].into(),
                to: r[5].into(),
            })
            .collect();
        Truth { rows, findings, events, rules }
    }

    /// The rules the truth knows of.
    pub fn rules(&self) -> &BTreeSet<String> {
        &self.rules
    }

    /// The true person of a line in that month's files.
    pub fn person(&self, month: &str, place: &Place) -> Option<&str> {
        self.rows.get(month)?.get(place).map(String::as_str)
    }

    /// Every line of that month's files with its true person.
    pub fn lines(&self, month: &str) -> &HashMap<Place, String> {
        &self.rows[month]
    }

    /// What should be flagged at that month's end, with the truth's own detail.
    pub fn findings(&self, month: &str) -> &BTreeMap<Key, String> {
        &self.findings[month]
    }
}

fn read(path: &Path) -> impl Iterator<Item = csv::StringRecord> {
    csv::Reader::from_path(path).expect("the fixture").into_records().map(|r| r.expect("the fixture is a clean CSV"))
}
