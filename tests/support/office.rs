//! An office without a daemon: a real store in a temporary folder, fed with tables as clerks write them and settled at
//! once. What the daemon does between a file and a finding, through the same public functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rosterd::daemon::pass::{Gather, Guard, Manner, Outcome, Setting, Stream, derive, ingest};
use rosterd::domain::{Area, Date, FindingStatus, Uid};
use rosterd::intake::{self, Context, Limits, Places, Vocabulary};
use rosterd::linkage::{Decided, Weights};
use rosterd::rules::Parameters;
use rosterd::store::{Decision, DecisionKind, FindingFilter, FindingRow, Home, Store, StoredEntry, View};
use tempfile::TempDir;

/// More than this and a fifth of a list at once is held; the tables of stories are short.
const GUARD: Guard = Guard { removed_share_max: 0.2, removed_lines_floor: 3 };

pub struct Office {
    pub store: Store,
    dir: TempDir,
    pub today: Date,
    /// Decisions of people count by their time.
    clock: i64,
    /// The last text of each file of the inbox, and whether it is an append source.
    files: BTreeMap<String, (String, bool)>,
}

fn vocabulary() -> &'static Vocabulary {
    static WORDS: OnceLock<Vocabulary> = OnceLock::new();
    WORDS.get_or_init(|| Vocabulary::load(None).expect("the built-in words load"))
}

impl Office {
    pub fn found(area: &str, today: Date) -> Office {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(Home::plain(dir.path()), area.parse().expect("an area")).expect("a new store");
        Office { store, dir, today, clock: 0, files: BTreeMap::new() }
    }

    fn setting(&self) -> Setting {
        let judged = self.store.read(|view| view.judged_pairs()).expect("the store reads");
        let mut decided = Decided::default();
        for (a, b, same) in judged {
            if same { decided.join(a, b) } else { decided.part(a, b) }
        }
        Setting {
            node: self.store.area(),
            today: self.today,
            now: self.clock,
            parameters: Parameters::default(),
            weights: Weights::default(),
            decided,
        }
    }

    /// Reads one file of the inbox; `path` is relative to it.
    pub fn read(&mut self, path: &str, text: &str, append: bool) -> Outcome {
        let outcome = take_file(&self.store, &self.setting(), self.dir.path(), path, text, append);
        self.files.insert(path.to_owned(), (text.to_owned(), append));
        outcome.expect("the store writes")
    }

    /// Every file not in `apart` is saved again today with nothing new in it.
    pub fn saved_again(&self, apart: &BTreeSet<String>) {
        let area = self.store.area();
        for path in self.files.keys().filter(|path| !apart.contains(*path)) {
            self.store
                .write(|writer| writer.confirm_snapshots("", path, area, self.today, self.clock))
                .expect("the store writes");
        }
    }

    /// Reads everything a second time, as after a lost note of what was read. Nothing may come of it but that each
    /// snapshot was taken anew.
    pub fn assert_settled(&mut self) {
        let (entries, findings, seq) = (format!("{:?}", self.entries()), self.findings(), self.seq());
        for (path, (text, append)) in self.files.clone() {
            self.read(&path, &text, append);
        }
        self.settle();
        let snapshots = self.view(|view| view.snapshots()).len() as u64;
        assert_eq!(entries, format!("{:?}", self.entries()), "reading the same files again changed an entry");
        assert_eq!(findings, self.findings(), "reading the same files again changed a finding");
        assert!(self.seq() <= seq + snapshots, "{} new numbers for {snapshots} snapshots", self.seq() - seq);
    }

    pub fn settle(&self) {
        self.settle_while(&|| ());
    }

    /// `meanwhile` happens when the pass has begun, before each of its steps.
    pub fn settle_while(&self, meanwhile: &dyn Fn()) {
        let go_on = || {
            meanwhile();
            true
        };
        derive(&self.store, &self.setting(), &|_, _| Ok(()), &mut |_| {}, &go_on).expect("the store writes");
    }

    pub fn seq(&self) -> u64 {
        self.view(|view| view.seq())
    }

    pub fn view<T>(&self, look: impl FnOnce(&View) -> rosterd::error::Result<T>) -> T {
        self.store.read(look).expect("the store reads")
    }

    /// Findings that hold, decided or not.
    pub fn findings(&self) -> Vec<FindingRow> {
        let all = self.view(|view| view.findings(&FindingFilter { all: true, ..FindingFilter::default() }));
        all.into_iter().filter(|finding| finding.status != FindingStatus::Closed).collect()
    }

    /// Every entry, also those whose line vanished.
    pub fn entries(&self) -> Vec<StoredEntry> {
        self.view(|view| {
            let mut all = Vec::new();
            // The store numbers entries from 1 without a gap.
            while let Some(entry) = view.entry_by_id(all.len() as i64 + 1)? {
                all.push(entry);
            }
            Ok(all)
        })
    }

    pub fn decide(&mut self, kind: DecisionKind, subject: String, verdict: &str) {
        self.clock += 1;
        self.decide_now(kind, subject, verdict);
    }

    /// Beside a pass that is under way.
    pub fn decide_now(&self, kind: DecisionKind, subject: String, verdict: &str) {
        let author: Area = self.store.area();
        let (verdict, note) = (verdict.to_owned(), "looked at".to_owned());
        let basis = subject.parse().ok().and_then(|id| self.view(|view| view.basis_of(id)));
        let made = Decision { seq: 0, author, kind, subject, verdict, note, at: self.clock, basis };
        let new = self.store.write(|writer| writer.put_decision(&made, false)).expect("the store writes");
        assert!(new, "a decision counts");
    }

    /// Lets the first held snapshot in, and reads its file again as the verb does.
    pub fn release(&mut self) -> Outcome {
        let waiting = self.view(|view| view.held(false));
        let held = waiting.first().expect("a snapshot is held");
        self.store.write(|writer| writer.decide_held(held.id, "released")).expect("the store writes");
        let (text, append) = self.files[&held.file].clone();
        self.read(&held.file, &text, append)
    }

    pub fn entry(&self, uid: Uid) -> StoredEntry {
        self.view(|view| view.entry(uid)).expect("evidence is stored")
    }
}

/// Every stream that gave anything, in a folder that cannot be looked at: none of them is left behind.
fn all_there(store: &Store) -> Vec<Stream> {
    let snapshots = store.read(|view| view.snapshots()).expect("our own store");
    let stream = |name: String| Stream { name, folder: std::path::PathBuf::new() };
    snapshots.into_iter().map(|(_, snapshot)| stream(snapshot.key.stream)).collect()
}

/// Takes `text` as the file `path` of the inbox; it is written below `folder` for the moment.
///
/// # Errors
/// Those of the store.
pub fn take_file(
    store: &Store,
    setting: &Setting,
    folder: &Path,
    path: &str,
    text: &str,
    append: bool,
) -> rosterd::error::Result<Outcome> {
    let file = folder.join("file.csv");
    fs::write(&file, text).expect("our own folder");
    let manner = Manner {
        folder: std::path::PathBuf::new(),
        // An append source is configured, and so has a name.
        stream: if append { path.to_owned() } else { String::new() },
        file: path.to_owned(),
        hash: *blake3::hash(text.as_bytes()).as_bytes(),
        append,
        released: None,
        dry_run: false,
        guard: GUARD,
        parts: vocabulary().parts.clone(),
        streams: all_there(store),
    };
    let context = Context {
        vocabulary: vocabulary(),
        places: &Places::default(),
        limits: &Limits::default(),
        node_area: store.area(),
        list: None,
        area: None,
        rel_path: path,
        saved: setting.today,
        today: setting.today,
    };
    let read = |gather: &mut Gather| intake::read_file(&file, &context, gather);
    match ingest(store, setting, &manner, read, &mut |_, _, _| Ok(()))? {
        Ok((_, outcome)) => Ok(outcome),
        Err(unreadable) => panic!("{path}: {} {}\n{text}", unreadable.code.as_str(), unreadable.detail),
    }
}
