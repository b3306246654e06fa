//! A village and its township with real stores, and a batch between them.

mod decisions;
mod lists;
mod restored;

use std::path::Path;

use super::super::neighbours::ChildState;
use super::super::notices;
use super::*;
use crate::settings::Settings;
use crate::store::{Decision, DecisionKind, Home, Store};
use crate::sync::batch;
use crate::sync::ledger::{Arrival, ChildLedger, Item, ParentLedger};
use crate::sync::protocol::Receipt;

const VILLAGE: &str = "519901001200";
const TOWN: &str = "519901001";

struct Node {
    office: Arc<Office>,
    ledger: Ledger,
    _dir: tempfile::TempDir,
}

fn node(code: &str) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("[node]\narea = \"{code}\"\nname = \"x\"\n");
    let settings = Settings::parse(&text, Path::new("/tmp/rosterd.toml")).unwrap();
    let store = Store::open(Home::plain(dir.path()), code.parse().unwrap()).unwrap();
    let office = Arc::new(Office::new(store, settings, Some("2026-03-31".parse().unwrap())));
    Node { ledger: Ledger::new(office.clone()), office, _dir: dir }
}

/// A line of the village's register, in `area` and with `name` as JSON.
fn entry(seq: u64, uid: u64, area: &str, name: &str) -> Item {
    let uid = crate::domain::Uid(uid);
    let line = format!(
        r#"{{"t":"entry","seq":{seq},"area":"{area}","uid":"{uid}","list":"population","origin":"{VILLAGE}","first":"2026-01-31","body":{{"name":{name},"st":"active"}}}}"#
    );
    Item { seq, area: area.parse().unwrap(), line }
}

/// Sends a batch of the village as the link does, and has its receipt taken.
fn send(village: &Node, town: &Node, after: u64, items: &[Item]) -> Receipt {
    let identity = ChildLedger::identity(&village.ledger).unwrap();
    if ParentLedger::origin(&town.ledger, identity.area).unwrap().is_none() {
        town.ledger.adopt(identity.area, identity.epoch, 0).unwrap();
    }
    let batch = batch::build(&identity, after, items.last().unwrap().seq, items).unwrap();
    village.ledger.freeze(&batch).unwrap();
    let opened = batch::open(&batch.header, &batch.body, identity.area).unwrap();
    let arrival = Arrival { header: batch.header, items: opened.items, poison: opened.poison, more: false };
    let receipt = town.ledger.accept(arrival).unwrap();
    village.ledger.acknowledge(&receipt).unwrap();
    receipt
}

/// What stands in quarantine for lines of batches: code, and why.
fn refused(node: &Node) -> Vec<(String, String)> {
    let rows = node.office.store.read(|view| view.quarantine()).unwrap();
    rows.into_iter().map(|row| (row.code, row.detail)).collect()
}

#[test]
fn a_line_that_was_not_taken_is_told_at_both_ends_until_it_is() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let items = [
        entry(1, 1, "519901002200", "\"王一\""),
        entry(2, 2, VILLAGE, "\"王二\""),
        entry(3, 3, VILLAGE, "5"),
        entry(4, 4, VILLAGE, "\"王四\""),
    ];
    let receipt = send(&village, &town, 0, &items);
    let told: Vec<_> = receipt.rejected.iter().map(|told| (told.row, told.seq)).collect();
    assert_eq!(told, [(1, Some(1)), (3, Some(3))], "lines of the batch, counted from 1");
    let why = ["area-outside (seq 1)", "unreadable (seq 3)"];
    assert_eq!(refused(&town), why.map(|why| ("item-of-child".to_owned(), why.to_owned())));
    assert_eq!(refused(&village), why.map(|why| ("rejected-by-parent".to_owned(), why.to_owned())));

    // The one is put right; the other is sent as it was, and is told of once.
    send(&village, &town, 4, &[entry(5, 1, VILLAGE, "\"王一\""), entry(6, 3, VILLAGE, "5")]);
    assert_eq!(refused(&town), [("item-of-child".to_owned(), "unreadable (seq 6)".to_owned())]);
    assert_eq!(refused(&village), [("rejected-by-parent".to_owned(), "unreadable (seq 6)".to_owned())]);

    send(&village, &town, 6, &[entry(7, 3, VILLAGE, "\"王三\"")]);
    assert_eq!((refused(&town), refused(&village)), (Vec::new(), Vec::new()));
}

#[test]
fn a_batch_cut_anew_stands_in_the_place_of_the_kept_one_and_of_those_behind_it() {
    let village = node(VILLAGE);
    let identity = ChildLedger::identity(&village.ledger).unwrap();
    let batch = |after: u64, last: u64| {
        let items: Vec<Item> = (after + 1..=last).map(|seq| entry(seq, seq, VILLAGE, "\"王\"")).collect();
        batch::build(&identity, after, last, &items).unwrap()
    };
    for (after, last) in [(0, 4), (4, 8)] {
        village.ledger.freeze(&batch(after, last)).unwrap();
    }
    village.ledger.freeze_instead(&batch(0, 2)).unwrap();
    assert_eq!(village.ledger.frozen_at(0).unwrap(), Some(batch(0, 2)));
    assert_eq!(village.ledger.frozen_at(4).unwrap(), None);
}

#[test]
fn a_village_that_was_away_is_told_in_pages_whatever_its_township_has_to_look_through() {
    const DECISIONS: u64 = 4_500;
    let town = node(TOWN);
    let pair = |n: u64| crate::store::pair_subject(crate::domain::Uid(n), crate::domain::Uid(n + 1));
    town.office
        .store
        .write(|writer| {
            (0..DECISIONS).try_for_each(|n| {
                let (kind, verdict, note) = (DecisionKind::Match, "reject".to_owned(), String::new());
                let made = Decision {
                    seq: 0,
                    author: town.office.area(),
                    kind,
                    subject: pair(n),
                    verdict,
                    note,
                    at: 1,
                    basis: None,
                };
                writer.put_decision(&made, false).map(drop)
            })
        })
        .unwrap();
    let (mut upto, mut pages) = (0, Vec::new());
    loop {
        let read = town.ledger.notices_after(VILLAGE.parse().unwrap(), upto, 1_000, 1 << 20).unwrap();
        assert!(read.notices.is_empty(), "they are about people of others");
        pages.push(read.upto - upto);
        upto = read.upto;
        if upto == read.head {
            break;
        }
    }
    assert_eq!(pages, [2_000, 2_000, 500]);
}

#[test]
fn whoever_joined_is_known_before_the_first_call_and_who_takes_a_place_until_it_is_found_to_be_the_same() {
    let (village, stranger, town) = (node(VILLAGE), node(VILLAGE), node(TOWN));
    let hello = |node: &Node| {
        let child: Arc<dyn ChildLedger> = Arc::new(Ledger::new(node.office.clone()));
        crate::sync::push::Child::new(child).hello(0).unwrap()
    };
    let area = VILLAGE.parse().unwrap();
    let known = || town.office.store.read(|view| view.child(area)).unwrap().unwrap();
    let replaced = || ChildState::of(&known()).replaced;
    town.ledger.joined(area, false).unwrap();
    assert_eq!((known().last_contact, replaced()), (None, None));
    town.ledger.adopt(area, hello(&village).epoch, 0).unwrap();
    town.ledger.met(area, &hello(&village)).unwrap();

    // The office joins anew, with the store that it had.
    town.ledger.joined(area, true).unwrap();
    assert!(replaced().is_some());
    town.ledger.met(area, &hello(&village)).unwrap();
    assert_eq!(replaced(), None);

    // Somebody else does, and is followed once a person has looked.
    town.ledger.joined(area, true).unwrap();
    town.ledger.met(area, &hello(&stranger)).unwrap();
    town.ledger.adopt(area, hello(&stranger).epoch, 0).unwrap();
    town.ledger.met(area, &hello(&stranger)).unwrap();
    assert!(replaced().is_some(), "it is not the machine of before");
}
