//! Restores, clones, and differences that are found and put right.

use super::super::line::Line;
use super::super::protocol::*;
use super::super::resync::Verdict;
use super::super::sketch::Element;
use super::office::*;

#[tokio::test]
async fn a_restored_county_gets_everything_again() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..300, "entry");
    county.store.tell(VILLAGE, "{\"n\":1}");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    let backup = county.store.backup();
    village.fill(200..500, "changed");
    village.store.remove(5);
    county.store.tell(VILLAGE, "{\"n\":2}");
    link.flush().await.unwrap();
    assert_eq!(village.store.state().notices.len(), 2);

    county.store.restore(backup);
    county.store.tell(VILLAGE, "{\"n\":\"other\"}");
    village.store.put(1000, 1, VILLAGE, "new");
    gets_through(&link).await;
    assert_eq!(link.verify().await.unwrap(), Verdict::Equal(total_of(&county)));
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert!(county.store.state().alarms[0].contains("holds a receipt"));
    let notices: Vec<_> = village.store.state().notices.values().cloned().collect();
    assert_eq!(notices, ["{\"n\":1}", "{\"n\":\"other\"}"]);
}

/// Twice: the second time from a copy that knows nothing of the epoch the children came to know by the first.
#[tokio::test]
async fn a_restored_county_begins_one_new_epoch_and_not_one_for_each_village() {
    let county = Office::new(COUNTY);
    let address = county.open().await;
    let mut villages = Vec::new();
    for (first, area) in [(0, VILLAGE), (1000, OTHER), (2000, "519901003200")] {
        let village = Office::new(area);
        village.join(&county, &address).await;
        village.fill(first..first + 20, area);
        let (link, _) = village.link();
        link.flush().await.unwrap();
        villages.push((first, village, link));
    }
    let backup = county.store.backup();
    for round in 0..2 {
        for (first, village, link) in &villages {
            village.fill(first + 20..first + 30 + round, "later");
            link.flush().await.unwrap();
        }
        county.store.restore(backup.clone());
        for (first, village, link) in &villages {
            village.fill(first + 100..first + 101, "new");
            gets_through(link).await;
            assert!(matches!(link.verify().await.unwrap(), Verdict::Equal(_)), "{}", village.area);
        }
        let noticed = county.store.state().alarms.iter().filter(|alarm| alarm.contains("holds a receipt")).count();
        assert_eq!(noticed, 1);
    }
}

fn total_of(parent: &Office) -> Total {
    use super::super::ledger::ParentLedger;
    let mut inventory = ParentLedger::inventory(&*parent.store, VILLAGE.parse().unwrap()).unwrap();
    super::super::survey::total(&super::super::survey::sums(&mut inventory.marks))
}

#[tokio::test]
async fn a_restored_village_is_noticed_and_what_it_lost_is_not_taken_for_the_truth_in_silence() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..300, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    let backup = village.store.backup();
    village.fill(300..310, "later");
    link.flush().await.unwrap();
    village.store.restore(backup);
    village.fill(400..403, "after the restore");
    gets_through(&link).await;
    let verdict = link.verify().await.unwrap();
    assert!(matches!(verdict, Verdict::Equal(_)), "{verdict:?}");
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 303);
    assert!(county.store.state().alarms[0].contains("superseded: false"));
    assert_eq!(county.store.report(VILLAGE).unwrap().removed, 10);
}

#[tokio::test]
async fn an_emptied_village_does_not_empty_its_county() {
    let (county, village, _) = county_and_village().await;
    village.store.put(9999, 1, VILLAGE, "first");
    let empty = village.store.backup();
    village.fill(0..300, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    village.store.restore(empty);
    gets_through(&link).await;
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 301, "300 removals wait for a person");
    let report = link.resync(false, None).await.unwrap();
    assert_eq!((report.held, report.removed, link.status().resync_held), (300, 0, 300));
    assert!(!report.equal, "what waits is not equal yet");
    let report = link.resync(true, None).await.unwrap();
    assert_eq!((report.held, report.removed, report.equal), (0, 300, true));
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 1);
}

#[tokio::test]
async fn a_small_village_whose_computer_was_replaced_does_not_empty_its_county() {
    let (county, village, _) = county_and_village().await;
    let new = village.store.backup();
    village.fill(0..24, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    // No file was dropped into the new one yet.
    village.store.restore(new);
    gets_through(&link).await;
    let report = link.resync(false, None).await.unwrap();
    assert_eq!((report.held, report.removed), (24, 0));
    // The same lines are found again in its files.
    village.fill(0..24, "entry");
    gets_through(&link).await;
    let report = link.resync(false, None).await.unwrap();
    assert_eq!((report.held, report.removed, report.equal), (0, 0, true));
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 24);
}

#[tokio::test]
async fn a_correction_of_most_of_a_small_list_needs_nobodys_word_twice() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..4, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    (0..3).for_each(|key| village.store.remove(key));
    gets_through(&link).await;
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 1);
    let report = link.resync(false, None).await.unwrap();
    assert_eq!((report.held, report.equal), (0, true));
}

#[tokio::test]
async fn of_two_copies_of_a_village_one_is_superseded_until_a_person_decides() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..100, "entry");
    let (link, task) = village.link();
    link.flush().await.unwrap();
    let clone = Office::new(VILLAGE);
    clone.store.restore(village.store.backup());
    std::fs::create_dir_all(clone.dir()).unwrap();
    std::fs::copy(village.dir().join("credential.json"), clone.dir().join("credential.json")).unwrap();

    village.store.put(500, 1, VILLAGE, "the real one goes on");
    link.flush().await.unwrap();
    clone.store.put(600, 1, VILLAGE, "the copy wakes up");
    let (copy, copy_task) = clone.link();
    gets_through(&copy).await;
    // The copy has taken over, loudly; the first one does not fight back.
    assert_eq!(county.store.live(Some(VILLAGE)), clone.store.live(None));
    village.store.put(501, 1, VILLAGE, "more");
    let error = loop {
        match link.flush().await {
            Err(error) if error.to_string().contains("another copy") => break error,
            other => assert!(other.is_err()),
        }
    };
    assert!(error.to_string().contains("rosterd resync"));
    assert_eq!(county.store.live(Some(VILLAGE)), clone.store.live(None));
    copy_task.abort();
    // A person says which is real.
    link.resync(true, None).await.unwrap();
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert!(county.store.state().alarms.iter().any(|alarm| alarm.contains("superseded: true")));
    task.abort();
}

/// Makes both sides differ in 100 of `all`: 40 lost above, 40 altered above, 20 lost below.
async fn a_hundred_differences(all: u64) -> (Office, Office, ResyncReport) {
    let (county, village, _) = county_and_village().await;
    village.fill(0..all, "entry");
    let (link, task) = village.link();
    link.flush().await.unwrap();
    {
        let (mut above, mut below) = (county.store.state(), village.store.state());
        for n in 0..100 {
            let key = n * (all / 100) + n;
            match n {
                0..40 => drop(above.things.remove(&key)),
                40..80 => above.things.get_mut(&key).unwrap().text = Some("altered".into()),
                _ => {
                    below.things.remove(&key);
                }
            }
        }
    }
    let Verdict::Differs { rows, .. } = link.verify().await.unwrap() else { panic!() };
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!(link.status().differing, 4);
    let report = link.resync(false, None).await.unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verdict::Equal(_)));
    task.abort();
    (county, village, report)
}

#[tokio::test]
async fn a_resync_finds_a_hundred_differences_among_twenty_thousand() {
    let (county, village, report) = a_hundred_differences(20_000).await;
    assert_eq!((report.sent, report.removed, report.held), (80, 20, 0));
    assert_eq!(report.matched, 20_000 - 100);
    assert!(report.bytes < 20_000, "{} bytes", report.bytes);
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
}

#[tokio::test]
async fn a_county_asks_for_a_resync_and_sees_its_figures() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..500, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    county.store.state().things.remove(&3);
    county.store.ask_resync(VILLAGE);
    county.parent.announce();
    let report = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            match county.store.report(VILLAGE) {
                Some(report) if county.store.live(Some(VILLAGE)).len() == 500 => return report,
                _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    });
    let report = report.await.unwrap();
    assert_eq!((report.matched, report.sent, report.removed, report.equal), (499, 1, 0, true));
}

#[tokio::test]
async fn a_county_asks_for_a_comparison_and_nothing_is_changed_by_it() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..500, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    county.store.state().things.remove(&3);
    county.store.state().things.get_mut(&7).unwrap().text = Some("altered".into());
    let before = (county.store.live(Some(VILLAGE)), village.store.live(None), village.child().hello(0).unwrap().head);
    county.store.ask_verify(VILLAGE);
    county.parent.announce();
    let told = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            match county.store.verdict(VILLAGE) {
                Some(report) => return report,
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    });
    let told = told.await.unwrap();
    assert_eq!(told.held, 500);
    assert_eq!(told.differing.iter().map(|row| row.child.abs_diff(row.parent)).sum::<u64>(), 1, "{told:?}");
    assert_eq!(told.differing.len(), 1, "both in the same list of the village: {told:?}");
    link.flush().await.unwrap();
    assert_eq!(
        (county.store.live(Some(VILLAGE)), village.store.live(None), village.child().hello(0).unwrap().head),
        before
    );
    assert_eq!(county.store.report(VILLAGE), None);
    assert_eq!(link.status().differing, 1, "the village knows it too");
}

#[tokio::test]
async fn a_child_that_says_it_is_equal_and_is_not_is_not_believed() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..50, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    let total = total_of(&county);
    county.store.state().things.remove(&3);
    link.pause(true);
    let line = line(&village);
    let compared = line.ask(Message::bare(Ask::Compare { total })).await.unwrap().meta;
    assert!(matches!(compared, Answer::Compared(Compared { equal: false, .. })));
    let report = VerifyReport { held: 50, differing: Vec::new() };
    let resynced = ResyncReport { matched: 50, equal: true, ..ResyncReport::default() };
    line.ask(Message::bare(Ask::Resynced { report: resynced })).await.unwrap();
    assert!(!county.store.report(VILLAGE).unwrap().equal);
    let refused = line.ask(Message::bare(Ask::Verified { report })).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Malformed));
    assert_eq!(county.store.verdict(VILLAGE), None);
}

/// A child and a parent of the version before: neither hears a word it would not know.
#[tokio::test]
async fn the_version_before_is_understood_and_not_spoken_over() {
    let (county, village, _) = county_and_village().await;
    let line = line(&village);
    let old = Hello { protocol: 1, protocol_oldest: 1, ..village.child().hello(0).unwrap() };
    let ask = Message::bare(Ask::Hello(old));
    let Answer::Welcome(welcome) = line.ask(ask).await.unwrap().meta else { panic!() };
    assert_eq!(welcome.protocol, 1);
    let text = serde_json::to_string(&welcome).unwrap();
    assert!(!text.contains("verify"), "{text}");
    assert!(county.store.state().alarms.is_empty());
}

#[tokio::test]
async fn sides_that_have_little_in_common_are_compared_the_plain_way() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..40_000, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    county.store.state().things.retain(|key, _| *key < 10);
    let report = link.resync(false, None).await.unwrap();
    assert_eq!((report.matched, report.sent), (10, 39_990));
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
}

/// The figures of the README: bytes and seconds beside `negentropy` and beside the lower bound.
#[test]
#[ignore = "measures; run with --ignored --nocapture, in release"]
fn measure_reconciliation() {
    use super::super::ledger::Mark;
    use super::super::sketch::{Coder, Decoder, encode};
    use negentropy::{Id, Negentropy, NegentropyStorageVector};
    use std::time::Instant;
    let mark = |key: u64, version: u64| {
        let hash = blake3::hash(&[key.to_le_bytes(), version.to_le_bytes()].concat());
        let area = VILLAGE.parse().unwrap();
        Mark { list: 1, area, key, digest: hash.as_bytes()[..16].try_into().unwrap() }
    };
    println!(
        "{:>8} {:>8} | {:>10} {:>8} | {:>10} {:>8} | {:>10}",
        "entries", "changed", "symbols B", "s", "ranges B", "s", "bound B"
    );
    for (all, changed) in [(600_000u64, 100u64), (600_000, 6_000), (60_000, 100), (3_000, 10)] {
        let child: Vec<Mark> = (0..all).map(|key| mark(key, 0)).collect();
        let parent: Vec<Mark> = (0..all).map(|key| mark(key, u64::from(key % (all / changed) == 0))).collect();
        let begun = Instant::now();
        let mut coder = Coder::new(parent.iter().map(|m| Element::of(m, 9)), 9);
        let mut decoder = Decoder::new(child.iter().map(|m| Element::of(m, 9)), 9);
        let mut bytes = 0;
        loop {
            let from = decoder.taken();
            let upto = (from * 3 / 2).max(128);
            let block = coder.symbols(from, upto).to_vec();
            bytes += encode(&block).len();
            if decoder.take(&block).unwrap() {
                break;
            }
        }
        assert_eq!(decoder.difference().child.len() as u64, changed);
        let ours = (bytes, begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let storage = |marks: &[Mark]| {
            let mut storage = NegentropyStorageVector::with_capacity(marks.len());
            for mark in marks {
                let id = blake3::hash(&[&mark.key.to_le_bytes()[..], &mark.digest].concat());
                storage.insert(0, Id::from_byte_array(*id.as_bytes())).unwrap();
            }
            storage.seal().unwrap();
            storage
        };
        let mut client = Negentropy::owned(storage(&child), 0).unwrap();
        let mut server = Negentropy::owned(storage(&parent), 0).unwrap();
        let mut message = client.initiate().unwrap();
        let mut bytes = message.len();
        let (mut have, mut need) = (Vec::new(), Vec::new());
        loop {
            let answer = server.reconcile(&message).unwrap();
            bytes += answer.len();
            let Some(next) = client.reconcile_with_ids(&answer, &mut have, &mut need).unwrap() else { break };
            bytes += next.len();
            message = next;
        }
        assert_eq!(have.len() as u64, changed);
        let theirs = (bytes, begun.elapsed().as_secs_f64());
        let (a, b, c, d, bound) = (ours.0, ours.1, theirs.0, theirs.1, changed * 2 * 16);
        println!("{all:>8} {changed:>8} | {a:>10} {b:>8.3} | {c:>10} {d:>8.3} | {bound:>10}");
    }
}
