//! Children that say, rightly or not, that the store of their parent was restored.

use std::collections::BTreeSet;

use super::super::super::neighbours::ChildState;
use super::super::parent::{DAY_MILLIS, RETIRED_MAX};
use super::*;
use crate::domain::{FindingId, Uid};
use crate::sync::ledger::{Notice, NoticesPage};
use crate::sync::protocol::{Answer, Ask, Hello, Message, NoticesHead, NoticesMark, PROTOCOL, PROTOCOL_OLDEST};
use crate::sync::receive::Parent;
use crate::sync::tls::Peer;

const NEXT: &str = "519901001201";

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

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

#[test]
fn a_finding_that_a_restored_parent_withdraws_again_does_not_come_back_between_two_pages() {
    let village = node(VILLAGE);
    let line = |id: u64| {
        let (id, entry) = (FindingId(id), Uid(id));
        format!(
            r#"{{"t":"finding","id":"{id}","finding":null,"seen":{{"entry":"{entry}","list":"population","area":"{NEXT}","by":"{TOWN}"}}}}"#
        )
    };
    let page = |epoch: u64, reset: bool, more: bool, ids: &[u64]| {
        let notices = ids.iter().map(|id| Notice { seq: *id, line: line(*id) }).collect();
        let upto = ids.iter().copied().max().unwrap_or(0);
        let mark = NoticesMark { epoch: Some(Epoch(epoch)), upto };
        village.ledger.take_notices(&NoticesPage { reset, more, notices, mark }).unwrap();
        let mut withdrawn = village.office.store.read(|view| view.withdrawn()).unwrap().into_iter().collect::<Vec<_>>();
        withdrawn.sort_unstable();
        withdrawn.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(1, true, false, &[1, 2, 3]), [1, 2, 3]);
    // The parent was restored, and knows no more of the second.
    assert_eq!(page(2, true, true, &[3]), [1, 2, 3], "a page of several");
    // It is restored once more before it came to the end.
    assert_eq!(page(3, true, true, &[4]), [1, 2, 3, 4]);
    assert_eq!(page(3, false, true, &[5]), [1, 2, 3, 4, 5]);
    assert_eq!(page(3, false, false, &[1]), [1, 4, 5], "what was not repeated by the end is over");
    assert_eq!(page(3, false, false, &[6]), [1, 4, 5, 6], "and what comes later takes nothing away");
}

#[test]
fn what_an_office_lost_and_hears_again_from_above_it_tells_again_where_that_was_lost_too() {
    let village = node(VILLAGE);
    let line = |author: &str, at: u64| {
        format!(
            r#"{{"t":"decision","seq":0,"area":"{author}","kind":"finding","subject":"f0000000001","verdict":"dismiss","note":"同名","at":{at}}}"#
        )
    };
    let hear = |epoch: u64, reset: bool, lines: &[String]| {
        let notices = lines.iter().zip(1..).map(|(line, seq)| Notice { seq, line: line.clone() }).collect();
        let mark = NoticesMark { epoch: Some(Epoch(epoch)), upto: lines.len() as u64 };
        village.ledger.take_notices(&NoticesPage { reset, more: false, notices, mark }).unwrap();
    };
    let travels = |after: u64| {
        let items = village.ledger.items_after(after, 10, 1 << 20).unwrap();
        items.into_iter().map(|item| (item.seq, item.area)).collect::<Vec<_>>()
    };
    // The village was restored: what it decided comes back from above, and the township's is the township's.
    hear(1, false, &[line(VILLAGE, 1), line(TOWN, 2)]);
    assert_eq!(travels(0).iter().map(|(_, author)| *author).collect::<Vec<_>>(), [area(VILLAGE)]);
    let (told, _) = travels(0)[0];
    hear(1, false, &[line(VILLAGE, 1)]);
    assert_eq!(travels(told), [], "told once");
    // Then the township is, which begins anew and knows of nothing.
    hear(2, true, &[]);
    assert_eq!(travels(told).len(), 1, "told again");
}
