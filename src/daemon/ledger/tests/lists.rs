//! A list with more lines than one item of a batch may hold.

use super::*;
use crate::domain::{List, Uid};
use crate::rules::SnapshotFacts;
use crate::store::{Placed, Placement, Segment, Snapshot, SnapshotKey};
use crate::sync::ledger::{Inventory, Mark};

/// Three pages of it, and a segment that the second page begins within.
const LINES: u32 = 80_000;

/// The village reads a list of so many lines.
fn read(village: &Node, lines: u32) {
    let area = VILLAGE.parse().unwrap();
    let line = |row: u32| Placed { uid: Uid(u64::from(row)), raw: 0, row };
    let segment = |name: &str, rows: std::ops::Range<u32>| Segment {
        file: None,
        sheet: Some(name.into()),
        lines: rows.map(line).collect(),
    };
    let placement = Placement { segments: vec![segment("一组", 1..100), segment("二组", 100..lines + 1)] };
    let facts = SnapshotFacts {
        area,
        list: List::Population,
        file: "人口.csv".into(),
        sheet: None,
        taken_on: "2026-03-31".parse().unwrap(),
        lines: lines.into(),
        damaged: 0,
        total: None,
    };
    let key = SnapshotKey { list: List::Population, area, origin: area, stream: String::new() };
    let snapshot = Snapshot { key, facts, stated_on: None, awaits: false, read_at: 0 };
    village.office.store.write(|writer| writer.put_snapshot(&snapshot, &placement).map(drop)).unwrap();
}

/// The next things of the village, each sent by itself.
fn send_next(village: &Node, town: &Node, count: usize) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for _ in 0..count {
        let after = village.ledger.watermark().unwrap();
        let items = village.ledger.items_after(after, 1, 1).unwrap();
        if items.is_empty() {
            break;
        }
        receipts.push(send(village, town, after, &items));
    }
    receipts
}

fn marks(of: Inventory) -> Vec<Mark> {
    of.marks
}

fn both(village: &Node, town: &Node) -> [Vec<Mark>; 2] {
    let here = ChildLedger::inventory(&village.ledger).unwrap();
    [here, ParentLedger::inventory(&town.ledger, VILLAGE.parse().unwrap()).unwrap()].map(marks)
}

#[test]
fn a_long_list_travels_in_pages_and_counts_once_it_is_whole() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    read(&village, LINES);
    send_next(&village, &town, 2);
    let [here, there] = both(&village, &town);
    assert_eq!((here.len(), there.len()), (1, 0), "two of three pages are no list");
    assert_eq!(send_next(&village, &town, 9).len(), 1);
    let [here, there] = both(&village, &town);
    assert_eq!(here, there);

    // Read anew while it was under way: what was sent of the earlier version is let go.
    read(&village, LINES + 1);
    send_next(&village, &town, 2);
    read(&village, LINES + 2);
    send_next(&village, &town, 9);
    let [now, there] = both(&village, &town);
    assert_eq!(now, there);
    assert_ne!(now, here);
    assert_eq!((refused(&village), refused(&town)), (Vec::new(), Vec::new()));
}

#[test]
fn a_list_of_which_a_page_is_missing_is_told_at_both_ends_until_it_comes_whole() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    read(&village, LINES);
    let items = village.ledger.items_after(0, 9, usize::MAX).unwrap();
    assert_eq!(items.len(), 3);
    send(&village, &town, 0, &items[..1]);
    send(&village, &town, items[0].seq, &items[2..]);
    let [_, there] = both(&village, &town);
    assert!(there.is_empty());
    assert_eq!((refused(&village).len(), refused(&town).len()), (1, 1));

    let keys: Vec<u64> = ChildLedger::inventory(&village.ledger).unwrap().marks.iter().map(|mark| mark.key).collect();
    village.ledger.repair(&keys).unwrap();
    send_next(&village, &town, 9);
    let [here, there] = both(&village, &town);
    assert_eq!(here, there);
    assert_eq!((refused(&village), refused(&town)), (Vec::new(), Vec::new()));
}

#[test]
fn what_is_too_long_for_any_batch_stands_in_quarantine_until_it_is_sent_after_all() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let long = entry(1, 1, VILLAGE, "\"王一\"");
    village.ledger.set_aside(&long).unwrap();
    village.ledger.set_aside(&long).unwrap();
    assert_eq!(refused(&village), [("too-large-to-send".to_owned(), "too-large (seq 1)".to_owned())]);
    send(&village, &town, 0, &[entry(2, 1, VILLAGE, "\"王一\"")]);
    assert_eq!(refused(&village), []);
}
