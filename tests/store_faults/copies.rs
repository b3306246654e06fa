//! Backups brought back, databases copied by hand, copies that wake up beside the original; and a month without a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rosterd::store::{Home, Store};
use rosterd::sync::resync::Verdict;

use super::support::branch::{Branch, Dice, Weather};
use super::support::disk;
use super::{COUNTY, Pair, VILLAGE, files, today};

const MEETINGS_MAX: u32 = 200;

/// Talks until both are equal, as the link does and a person who answers `rosterd resync`.
fn meet(pair: &Pair) -> u32 {
    let (village, county) = pair.both();
    for tries in 1..MEETINGS_MAX {
        if let Ok(Some(Verdict::Equal(_))) = pair.converse(village, county) {
            return tries;
        }
    }
    panic!("the two do not come together");
}

/// Copies a closed store as a person does who knows nothing of epochs.
fn copy_by_hand(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).expect("our own folder");
    for entry in fs::read_dir(from).expect("our own folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("rosterd.") {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("our own file");
        }
    }
}

fn put_by_hand(from: &Path, to: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(to.join(format!("rosterd.db{ending}")));
    }
    for entry in fs::read_dir(from).expect("our own folder").flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).expect("our own file");
    }
}

fn trouble(count: u32) {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut pair = Pair::found(root.path(), 1);
    let mut dice = Dice(29);
    let mut done: BTreeMap<&str, u32> = BTreeMap::new();
    let mut backups: [Vec<std::path::PathBuf>; 2] = Default::default();
    pair.open();
    for n in 0..count {
        let (village, _) = pair.both();
        for (path, text) in files(dice.below(4) as u32) {
            village.read(path, &text).expect("a good disk");
        }
        pair.weather = Weather { lost: 10, unanswered: 10, doubled: 5, late: 10 };
        let (village, county) = pair.both();
        for _ in 0..dice.below(3) {
            // Half-way through anything.
            let _ = pair.converse(village, county);
        }
        county.settle().expect("a good disk");
        let role = dice.below(2) as usize;
        let (dir, area) = [(root.path().join("village"), VILLAGE), (root.path().join("county"), COUNTY)][role].clone();
        let branch = [village, county][role];
        let what = match dice.below(5) {
            0 => {
                let copy = root.path().join(format!("backup-{n}"));
                branch.office.store.backup(&copy, |_| Ok(()), &mut |_, _| true).expect("a good disk");
                backups[role].push(copy);
                "backed up"
            }
            1 | 2 if !backups[role].is_empty() => {
                let copy = backups[role][dice.below(backups[role].len() as u64) as usize].clone();
                pair.close();
                let area = area.parse().expect("an area");
                Store::restore(&Home::plain(&dir), &copy, area, &format!("{n}")).expect("a sound backup");
                "restored"
            }
            3 => {
                let aside = root.path().join(format!("by-hand-{role}"));
                branch.office.store.shrink();
                pair.close();
                if aside.exists() {
                    put_by_hand(&aside, &dir);
                    fs::remove_dir_all(&aside).expect("our own folder");
                    "put back by hand"
                } else {
                    copy_by_hand(&dir, &aside);
                    "copied by hand"
                }
            }
            _ => {
                // A copy of the village wakes up on another computer and goes on by itself.
                let village = [village, county][0];
                village.office.store.shrink();
                pair.close();
                let clone = root.path().join("clone");
                copy_by_hand(&root.path().join("village"), &clone);
                let county = Branch::open(&root.path().join("county"), COUNTY, today()).expect("a good disk");
                let copy = Branch::open(&clone, VILLAGE, today()).expect("a good disk");
                for (path, text) in files(3) {
                    copy.read(path, &text).expect("a good disk");
                }
                pair.put(copy, county);
                let (copy, county) = pair.both();
                let _ = pair.converse(copy, county);
                pair.close();
                "cloned"
            }
        };
        *done.entry(what).or_default() += 1;
        // A restored parent may hold less than it once acknowledged: that is what is repaired.
        pair.forget_acknowledged();
        pair.open();
    }
    // In the end the office reads its files, and a person has the two compared.
    pair.weather = Weather::default();
    for (path, text) in files(2) {
        pair.both().0.read(path, &text).expect("a good disk");
    }
    let meetings = meet(&pair);
    let (village, county) = pair.both();
    assert!(village.entries() == county.entries(), "both hold the same");
    assert!(village.entries().len() > 70);
    println!("{count} restores, clones and copies: {done:?}; equal after {meetings} meetings");
}

#[test]
fn restored_and_cloned_offices_are_equal_in_the_end() {
    trouble(14);
}

#[test]
#[ignore = "long: run with --ignored"]
fn two_hundred_restores_and_clones_are_equal_in_the_end() {
    trouble(200);
}

/// Thirty days of work, each day something new, and no line; then a bad one.
#[test]
fn thirty_days_of_backlog_drain() {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut pair = Pair::found(root.path(), 1);
    pair.open();
    let mut written = 0;
    for day in 0..30 {
        let (village, _) = pair.both();
        for (path, text) in files(day % 5) {
            village.read(path, &text.replace("2019-05-01", &format!("2019-05-{:02}", 1 + day))).expect("a good disk");
        }
        written = village.office.store.read(|view| view.seq()).expect("the store reads");
    }
    let backlog = pair.both().0.office.store.read(|view| view.backlog(0)).expect("the store reads");
    assert!(backlog.0 < written, "what changed ten times travels once");
    pair.weather = Weather { lost: 20, unanswered: 20, doubled: 10, late: 20 };
    let meetings = meet(&pair);
    let (village, county) = pair.both();
    assert!(village.entries() == county.entries() && village.entries().len() > 70);
    println!("30 days: {written} changes, {} travel, {} bytes; equal after {meetings} meetings", backlog.0, backlog.1);
}
