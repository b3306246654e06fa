//! Bits that flip in the store and in its log while nobody looks.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::support::branch::{Branch, Dice};
use super::support::disk;
use super::{COUNTY, Pair, VILLAGE, files, today};

const STORE: &str = "rosterd.db";

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

fn flips(count: u64) {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut truths = prepare(root.path());
    // What the third month says is true as well.
    let expected = {
        let scratch = root.path().join("scratch");
        for office in ["village", "county"] {
            copy(&root.path().join(office), &scratch.join(office));
        }
        let mut pair = Pair::found(&scratch, 3);
        let before = pair.open().0.entries();
        for (path, text) in files(2) {
            pair.open().0.read(path, &text).expect("a good disk");
            truths.extend(pair.open().0.entries());
        }
        before
    };
    let mut dice = Dice(11);
    let mut fates: BTreeMap<Fate, u64> = BTreeMap::new();
    for n in 0..count {
        let scratch = root.path().join("scratch");
        // Every third in the log, where it is not empty.
        let in_log = n % 3 == 0;
        let from = if in_log { "-open" } else { "" };
        for office in ["village", "county"] {
            copy(&root.path().join(format!("{office}{from}")), &scratch.join(office));
        }
        let _ = fs::remove_file(scratch.join("village/rosterd.db-shm"));
        let file = scratch.join("village").join(if in_log { format!("{STORE}-wal") } else { STORE.to_owned() });
        let bits = fs::metadata(&file).expect("our own file").len() * 8;
        let bit = dice.below(bits);
        flip(&file, bit);
        let lived = catch_unwind(AssertUnwindSafe(|| live_on(&scratch, &truths, &expected)));
        let fate = lived.unwrap_or_else(|_| panic!("flip {n}: bit {bit} of {}", file.display()));
        *fates.entry(fate).or_default() += 1;
    }
    println!("{count} flipped bits: {fates:?}");
    assert!(fates.keys().len() >= 2, "{fates:?}");
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
