//! Bits that flip in the store and in its log while nobody looks.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::support::branch::{Branch, Dice};
use super::support::disk;
use super::{COUNTY, Pair, VILLAGE, files, today};

const STORE: &str = "rosterd.db";
/// Of a plain store.
const PAGE_BYTES: usize = 4_096;

/// What became of one flipped bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The store does not open: the node stands by.
    RefusedAtStart,
    /// Noticed at work: nothing is written from then on.
    NoticedAtWork,
    /// Noticed by nobody, and nothing came of it: free space, or what is made anew.
    Harmless,
    /// The store is older than it was: the parent notices, and what the village's files say comes again.
    Older,
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).expect("our own folder");
    for entry in fs::read_dir(from).expect("our own folder").flatten() {
        if entry.file_type().expect("our own file").is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("our own file");
        }
    }
}

fn flip(path: &Path, bit: u64) {
    let mut bytes = fs::read(path).expect("our own file");
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::write(path, bytes).expect("our own file");
}

/// A month was sent and acknowledged, another one was only read: it is still to travel. Half of the villages are closed
/// properly, so that all is in the store; of the others the newest is in the log beside it.
fn prepare(root: &Path) -> HashSet<(String, String)> {
    let mut pair = Pair::found(root, 1);
    let mut truths: HashSet<(String, String)> = HashSet::new();
    for month in 0..2 {
        let (village, county) = pair.open();
        for (path, text) in files(month) {
            village.read(path, &text).expect("a good disk");
            truths.extend(village.entries());
        }
        if month == 0 {
            county.settle().expect("a good disk");
            pair.insist("sending", |pair, village, county| pair.converse(village, county).map(drop));
            pair.open().1.settle().expect("a good disk");
        }
    }
    // The log as a power failure leaves it: copied while the store is open.
    copy(&root.join("village"), &root.join("village-open"));
    copy(&root.join("county"), &root.join("county-open"));
    // A store whose last reader closes last leaves its log: here all is to be in the store itself.
    let (village, county) = pair.both();
    for office in [village, county] {
        office.office.store.shrink();
    }
    pair.close();
    assert!(!root.join("village").join(format!("{STORE}-wal")).exists(), "a log would hide what the store holds");
    truths
}

/// Lives on with one flipped bit.
fn live_on(root: &Path, truths: &HashSet<(String, String)>, expected: &BTreeMap<String, String>) -> Fate {
    let mut pair = Pair::found(root, 2);
    let opened = Branch::open(&root.join("village"), VILLAGE, today());
    let village = match opened {
        Ok(village) => village,
        Err(error) => {
            assert!(error.is_damaged(), "a clear state: {error:?}");
            assert!(error.hint_text().is_some_and(|hint| hint.contains("restore")), "and what to do: {error:?}");
            // Started again it says the same; no crash, no loop.
            let again = Branch::open(&root.join("village"), VILLAGE, today()).err().expect("still damaged");
            assert!(again.is_damaged(), "{again:?}");
            return Fate::RefusedAtStart;
        }
    };
    let older = village.entries_or_damage().is_ok_and(|entries| entries.len() < expected.len());
    let county = Branch::open(&root.join("county"), COUNTY, today()).expect("the county is well");
    pair.put(village, county);
    let work = || -> Result<(), String> {
        let (village, county) = pair.both();
        for (path, text) in files(2) {
            village.read(path, &text).map_err(|e| format!("{e:?}"))?;
        }
        pair.converse(village, county)?;
        county.settle().map_err(|e| format!("{e:?}"))
    };
    let outcome = work();
    let (village, county) = pair.both();
    for (uid, said) in county.entries() {
        assert!(truths.contains(&(uid.clone(), said.clone())), "a corrupt row travelled: {uid} {said}");
    }
    if village.office.store.damage().is_none() {
        // What a person does who asks the doctor.
        if let Err(error) = village.office.store.read(|view| view.must_be_sound()) {
            assert!(error.is_damaged(), "{error:?}");
        }
    }
    match (village.office.store.damage(), outcome) {
        (Some(_), _) => {
            let refused =
                village.office.store.write(|writer| writer.skip_log_number()).expect_err("closed for writing");
            assert!(refused.is_damaged());
            pair.close();
            // The note makes the next start look at everything first.
            let again = Branch::open(&root.join("village"), VILLAGE, today());
            assert!(again.err().is_some_and(|error| error.is_damaged()), "damage does not heal by starting again");
            Fate::NoticedAtWork
        }
        (None, Err(error)) => panic!("neither damage nor success: {error}"),
        (None, Ok(())) if older => Fate::Older,
        (None, Ok(())) => Fate::Harmless,
    }
}

/// Two offices as they were before any bit flipped.
struct Whole {
    root: tempfile::TempDir,
    /// All that was ever true of the village, with what the third month says.
    truths: HashSet<(String, String)>,
    /// What the village holds.
    expected: BTreeMap<String, String>,
}

impl Whole {
    fn prepare() -> Whole {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut truths = prepare(root.path());
        let scratch = root.path().join("scratch");
        for office in ["village", "county"] {
            copy(&root.path().join(office), &scratch.join(office));
        }
        let mut pair = Pair::found(&scratch, 3);
        let expected = pair.open().0.entries();
        for (path, text) in files(2) {
            pair.open().0.read(path, &text).expect("a good disk");
            truths.extend(pair.open().0.entries());
        }
        Whole { root, truths, expected }
    }

    /// Copies of both, and the village's file in which a bit is to flip: its store, or the log beside it.
    fn lay_out(&self, in_log: bool) -> PathBuf {
        let scratch = self.root.path().join("scratch");
        let from = if in_log { "-open" } else { "" };
        for office in ["village", "county"] {
            copy(&self.root.path().join(format!("{office}{from}")), &scratch.join(office));
        }
        let _ = fs::remove_file(scratch.join("village/rosterd.db-shm"));
        scratch.join("village").join(if in_log { format!("{STORE}-wal") } else { STORE.to_owned() })
    }

    fn live_on(&self) -> Fate {
        live_on(&self.root.path().join("scratch"), &self.truths, &self.expected)
    }
}

fn flips(count: u64) {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    let mut dice = Dice(11);
    let mut fates: BTreeMap<Fate, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for n in 0..count {
        // Every third in the log, where it is not empty.
        let in_log = n % 3 == 0;
        let file = whole.lay_out(in_log);
        let bits = fs::metadata(&file).expect("our own file").len() * 8;
        let bit = dice.below(bits);
        flip(&file, bit);
        match catch_unwind(AssertUnwindSafe(|| whole.live_on())) {
            Ok(fate) => *fates.entry(fate).or_default() += 1,
            // What went wrong was printed where it did.
            Err(_) => wrong.push(format!("flip {n}: bit {bit} of the {}", if in_log { "log" } else { "store" })),
        }
    }
    println!("{count} flipped bits: {fates:?}");
    assert!(wrong.is_empty(), "{} went wrong: {wrong:#?}", wrong.len());
    assert!(fates.keys().len() >= 2, "{fates:?}");
}

/// The first bit of the last place in the first of these pages where `bytes` stand.
fn bit_of(file: &Path, pages: &[u64], bytes: &[u8]) -> u64 {
    let all = fs::read(file).expect("our own file");
    let find = |page: &u64| {
        let from = (*page as usize - 1) * PAGE_BYTES;
        let at = all[from..from + PAGE_BYTES].windows(bytes.len()).rposition(|found| found == bytes)?;
        Some((from + at) as u64 * 8)
    };
    pages.iter().find_map(find).expect("the bytes stand in one of the pages")
}

/// The first page of a table or an index, on which all of a small one stands.
fn root_page(file: &Path, name: &str) -> Vec<u64> {
    let pages: Vec<i64> = ask(file, &format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'"));
    pages.into_iter().map(|page| page as u64).collect()
}

/// What SQLite says of the file.
fn ask<T: rusqlite::types::FromSql>(file: &Path, sql: &str) -> Vec<T> {
    let conn = rusqlite::Connection::open(file).expect("a sound store");
    let mut statement = conn.prepare(sql).expect("a question of a test");
    let rows = statement.query_map([], |row| row.get(0)).expect("a sound store");
    rows.map(|row| row.expect("a sound store")).collect()
}

#[test]
fn a_column_that_is_called_otherwise_is_damage_and_no_mistake_of_the_program() {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    let pages = fs::metadata(whole.lay_out(false)).expect("our own file").len() / PAGE_BYTES as u64;
    let pages: Vec<u64> = (1..=pages).collect();
    for column in ["total_stated  INTEGER", "sum        INTEGER NOT NULL", "key   TEXT PRIMARY KEY"] {
        let file = whole.lay_out(false);
        flip(&file, bit_of(&file, &pages, column.as_bytes()));
        assert_eq!(whole.live_on(), Fate::RefusedAtStart, "{column}");
    }
}

#[test]
fn a_store_that_says_it_is_of_another_area_than_it_was_made_for_is_damaged() {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    let file = whole.lay_out(false);
    let pages = root_page(&file, "meta");
    let area: i64 = VILLAGE.parse().expect("twelve digits");
    let bit = bit_of(&file, &pages, &area.to_be_bytes()[2..]);
    // A township's digit, so that it is an area all the same.
    flip(&file, bit + 24);
    assert_eq!(whole.live_on(), Fate::RefusedAtStart);
}

/// Flips the first bit behind `key` in the table of single values, or in it: whichever place holds the row that counts,
/// and not one that was written over.
fn flip_setting(file: &Path, key: &str, behind: usize) {
    let told = || ask::<String>(file, "SELECT quote(key) || quote(value) || quote(sum) FROM meta");
    let before = told();
    let page = (root_page(file, "meta")[0] - 1) as usize * PAGE_BYTES;
    let all = fs::read(file).expect("our own file");
    let places = all[page..page + PAGE_BYTES].windows(key.len()).enumerate();
    for (at, _) in places.filter(|(_, found)| *found == key.as_bytes()) {
        let bit = ((page + at + behind) * 8) as u64;
        flip(file, bit);
        if told() != before {
            return;
        }
        flip(file, bit);
    }
    panic!("{key} stands nowhere");
}

#[test]
fn no_single_value_of_the_store_becomes_another_one_unnoticed() {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    let keys: Vec<String> = ask(&whole.lay_out(false), "SELECT key FROM meta");
    assert!(["acknowledged", "area", "epoch", "seq"].iter().all(|key| keys.iter().any(|k| k == key)), "{keys:?}");
    for key in &keys {
        for behind in [0, key.len()] {
            let file = whole.lay_out(false);
            flip_setting(&file, key, behind);
            assert_eq!(whole.live_on(), Fate::RefusedAtStart, "{key}, byte {behind}");
        }
    }
}

#[test]
fn an_index_that_does_not_lead_to_an_entry_makes_no_line_a_new_one() {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    // A line of the second month that the third says something else of.
    let file = whole.lay_out(false);
    let uids: Vec<i64> = ask(&file, "SELECT uid FROM entries WHERE list = 3 AND body ->> 'rev' = '2025-11-01'");
    let pages = root_page(&file, "sqlite_autoindex_entries_1");
    for uid in &uids[..2] {
        let file = whole.lay_out(false);
        flip(&file, bit_of(&file, &pages, &uid.to_be_bytes()));
        assert_eq!(whole.live_on(), Fate::NoticedAtWork);
    }
}

#[test]
fn an_index_that_does_not_lead_to_a_list_makes_it_no_first_one() {
    let _turn = disk::plug_in();
    let whole = Whole::prepare();
    let file = whole.lay_out(false);
    let pages = root_page(&file, "sqlite_autoindex_snapshots_1");
    let area: i64 = VILLAGE.parse().expect("twelve digits");
    // Six bytes hold it.
    flip(&file, bit_of(&file, &pages, &area.to_be_bytes()[2..]));
    assert_eq!(whole.live_on(), Fate::NoticedAtWork);
}

#[test]
fn no_corrupt_row_travels_and_damage_is_a_clear_state() {
    flips(36);
}

#[test]
#[ignore = "long: run with --ignored"]
fn of_a_thousand_flipped_bits_none_travels() {
    flips(1_000);
}
