//! Children that say, rightly or not, that the store of their parent was restored.

use std::collections::BTreeSet;

use super::super::super::neighbours::ChildState;
use super::super::parent::{DAY_MILLIS, RETIRED_MAX};
use super::*;
use crate::sync::protocol::{Answer, Ask, Hello, Message, NoticesHead, NoticesMark, PROTOCOL, PROTOCOL_OLDEST};
use crate::sync::receive::Parent;
use crate::sync::tls::Peer;

const NEXT: &str = "519901001201";

fn ask(parent: &Parent, child: &str, ask: Ask) -> Answer {
    let peer = Peer { area: child.parse().unwrap(), serial: "aa".into(), key: Vec::new() };
    parent.answer(&peer, Message::bare(ask), 0).unwrap().meta
}

/// Says to hold receipts up to `acknowledged` of a parent whose epoch was `known`; gives the parent's epoch.
fn greet(parent: &Parent, child: &str, acknowledged: u64, known: u64) -> Epoch {
    let hello = Hello {
        protocol: PROTOCOL,
        protocol_oldest: PROTOCOL_OLDEST,
        software: "rosterd".into(),
        epoch: Epoch(7),
        acknowledged,
        head: acknowledged,
        notices: NoticesMark { epoch: Some(Epoch(known)), upto: 0 },
        clock: 0,
        names: Vec::new(),
    };
    match ask(parent, child, Ask::Hello(hello)) {
        Answer::Welcome(welcome) => welcome.epoch,
        other => panic!("{other:?}"),
    }
}

fn read(parent: &Parent, child: &str, epoch: Epoch, upto: u64) -> NoticesHead {
    let mark = NoticesMark { epoch: Some(epoch), upto };
    match ask(parent, child, Ask::Notices { mark, wait_secs: 0 }) {
        Answer::Notices(head) => head,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_that_says_again_and_again_that_its_parent_was_restored_is_believed_once_a_day() {
    let town = node(TOWN);
    let parent = Parent::new(Arc::new(Ledger::new(town.office.clone())));
    let first = greet(&parent, VILLAGE, 0, 0);
    greet(&parent, NEXT, 0, 0);
    let told: BTreeSet<Epoch> = (1..6).map(|n| greet(&parent, VILLAGE, 1_000 * n, n)).collect();
    assert!(told.len() == 1 && !told.contains(&first), "{told:?}");
    let begun = *told.first().unwrap();
    // Nor by what it says that it has read; it may read all again.
    let head = read(&parent, VILLAGE, begun, 1 << 40);
    assert!(head.reset && head.epoch == begun);

    // The others are believed all the same, and this one tomorrow.
    let by_next = greet(&parent, NEXT, 1_000, 77);
    assert_ne!(by_next, begun);
    town.ledger
        .change_child(VILLAGE.parse().unwrap(), |child| {
            ChildState::change(child, |state| {
                state.restore_noticed = state.restore_noticed.map(|at| at - DAY_MILLIS as i64)
            });
        })
        .unwrap();
    assert_ne!(greet(&parent, VILLAGE, 1_000, 78), by_next);
}

#[test]
fn of_a_child_that_begins_again_and_again_no_more_than_the_newest_epochs_are_remembered() {
    let town = node(TOWN);
    let child: Area = VILLAGE.parse().unwrap();
    let retired = || town.ledger.origin(child).unwrap().unwrap().retired;
    for n in 0..(RETIRED_MAX as u64 + 50) {
        town.ledger.adopt(child, Epoch(n), 0).unwrap();
    }
    let newest = RETIRED_MAX as u64 + 48;
    assert_eq!((retired().len(), retired().last()), (RETIRED_MAX, Some(&Epoch(newest))));
    for n in 0..4 {
        town.ledger.adopt(child, Epoch(newest + n % 2), 0).unwrap();
    }
    assert_eq!(retired().iter().filter(|epoch| epoch.0 >= newest).count(), 1, "each is remembered once");
}
