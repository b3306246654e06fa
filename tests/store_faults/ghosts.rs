//! What only an office above still has: lists and people of a store that is no more. A resync takes them away, and then
//! both hold the same.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use rosterd::domain::Date;
use rosterd::store::FindingFilter;
use rosterd::sync::resync::Verdict;

use super::support::branch::{Branch, Dice, Weather, Wire, converse};
use super::support::disk;
use super::{COUNTY, VILLAGE, files, today};

const TOWN: &str = "519901001";

fn open(root: &Path, folder: &str, area: &str, day: Date) -> Branch {
    Branch::open(&root.join(folder), area, day).expect("a good disk")
}

/// Meets, sends, repairs where that is due, and compares.
fn speak(below: &Branch, above: &Branch) -> Verdict {
    let (dice, late) = (Mutex::new(Dice(1)), Mutex::default());
    let (from, weather, acknowledged) = (below.area, Weather::default(), &AtomicU64::new(0));
    let wire = Wire { above, from, weather, dice: &dice, late: &late, acknowledged };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let verdict = runtime.block_on(converse(below, &wire)).expect("a good line").expect("nobody is superseded");
    above.settle().expect("a good disk");
    verdict
}

/// Lists that are called late.
fn late(office: &Branch) -> Vec<String> {
    let filter = FindingFilter { rule: Some("list-late".to_owned()), ..FindingFilter::default() };
    let found = office.office.store.read(|view| view.findings(&filter)).expect("the store reads");
    let mut lists: Vec<String> = found.iter().map(|f| f.list.expect("of a list").as_str().to_owned()).collect();
    lists.sort();
    lists
}

#[test]
fn a_village_brought_back_from_before_its_first_dibao_file_is_made_equal_up_to_the_county() {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let [population, dibao] = files(1);
    let village = open(root.path(), "village", VILLAGE, today());
    let later = jiff::civil::date(2026, 6, 1);
    let (town, county) = (open(root.path(), "town", TOWN, later), open(root.path(), "county", COUNTY, later));
    for (path, text) in [&population, &dibao] {
        village.read(path, text).expect("a good disk");
    }
    assert!(matches!(speak(&village, &town), Verdict::Equal(_)));
    assert!(matches!(speak(&town, &county), Verdict::Equal(_)));
    assert_eq!((late(&town), late(&county)), (both_lists(), both_lists()));

    let restored = open(root.path(), "restored", VILLAGE, today());
    restored.read(population.0, &population.1).expect("a good disk");
    for _ in 0..2 {
        assert!(matches!(speak(&restored, &town), Verdict::Equal(_)), "and it stays so");
        assert!(matches!(speak(&town, &county), Verdict::Equal(_)));
    }
    for office in [&town, &county] {
        assert_eq!(office.entries(), restored.entries());
        assert_eq!(late(office), ["population"], "nobody waits for a list that is not kept");
    }
    // The file comes after all.
    restored.read(dibao.0, &dibao.1).expect("a good disk");
    assert!(matches!(speak(&restored, &town), Verdict::Equal(_)));
    assert!(matches!(speak(&town, &county), Verdict::Equal(_)));
    assert_eq!((county.entries(), late(&county)), (village.entries(), both_lists()));
}

fn both_lists() -> Vec<String> {
    vec!["dibao".to_owned(), "population".to_owned()]
}

#[test]
fn a_township_that_begins_anew_after_a_village_was_closed_takes_it_off_its_county_too() {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let village = open(root.path(), "village", VILLAGE, today());
    let (town, county) = (open(root.path(), "town", TOWN, today()), open(root.path(), "county", COUNTY, today()));
    for (path, text) in files(1) {
        village.read(path, &text).expect("a good disk");
    }
    speak(&village, &town);
    assert!(matches!(speak(&town, &county), Verdict::Equal(_)));
    assert_eq!(county.entries(), village.entries());

    let new = open(root.path(), "new town", TOWN, today());
    assert!(matches!(speak(&new, &county), Verdict::Equal(_)));
    assert_eq!(county.entries(), new.entries());
    assert!(county.entries().is_empty(), "nobody reports these people any more");
}
