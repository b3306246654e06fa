//! Nothing lost and nothing doubled, whatever the line does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::batch;
use super::super::client::HttpLine;
use super::super::credential::Credential;
use super::super::ledger::{ChildLedger, Identity, Item};
use super::super::line::Line;
use super::super::protocol::*;
use super::super::push::Child;
use super::office::*;
use super::proxy::{Faults, Proxy};

#[tokio::test]
async fn a_lost_acknowledgment_doubles_nothing() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..10, "entry");
    let (child, line) = (village.child(), line(&village));
    say_hello(&line, &child).await.unwrap();
    let batch = child.next_batch().unwrap().unwrap();
    let first = push(&line, &village, batch.header.clone(), batch.body.clone()).await.unwrap();
    // The child never saw it, edited meanwhile, and starts again.
    village.store.put(3, 1, VILLAGE, "edited");
    let again = village.child();
    let kept = again.next_batch().unwrap().unwrap();
    assert_eq!(kept, batch, "the batch is the same bytes after a restart");
    let second = push(&line, &village, kept.header.clone(), kept.body.clone()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(county.store.accepted.load(Ordering::SeqCst), 10);
    again.settle(&kept, &second).unwrap();
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
}

#[tokio::test]
async fn the_same_key_with_other_content_a_gap_and_an_overlap_are_refused() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..10, "entry");
    let (child, line) = (village.child(), line(&village));
    say_hello(&line, &child).await.unwrap();
    let batch = child.next_batch().unwrap().unwrap();
    push(&line, &village, batch.header.clone(), batch.body.clone()).await.unwrap();
    let identity = ChildLedger::identity(&*village.store).unwrap();
    let forged = |after: u64, last: u64| {
        let text = format!(r#"{{"t":"entry","seq":{last},"area":"{VILLAGE}","key":1,"list":1,"text":"forged"}}"#);
        let item = Item { seq: last, area: VILLAGE.parse().unwrap(), line: text };
        batch::build(&identity, after, last, &[item]).unwrap()
    };
    for (after, last, code) in [(0, 10, Code::Conflict), (11, 12, Code::Gap), (5, 11, Code::Diverged)] {
        let batch = forged(after, last);
        let failure = push(&line, &village, batch.header, batch.body).await.unwrap_err();
        assert_eq!(failure.code(), Some(code), "({after}, {last}]");
    }
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None), "nothing was overwritten");
}

/// Kept by a village whose office had set other bounds, and by one whose things are long: neither stays in the way.
#[tokio::test]
async fn a_batch_that_the_county_does_not_open_is_cut_anew_and_arrives() {
    let wide =
        |village: &Office| Child::new(village.ledger()).bounded(100_000, 64 << 20).next_batch().unwrap().unwrap();
    let (county, village, _) = county_and_village().await;
    village.fill(0..12_000, "entry");
    assert_eq!(wide(&village).header.items, 12_000);
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));

    let other = Office::new(OTHER);
    other.join(&county, &county.open().await).await;
    let long = "x".repeat(1 << 20);
    (0..10).for_each(|n| other.store.put(20_000 + n, 1, OTHER, &long));
    let kept = wide(&other);
    let opened = batch::open(&kept.header, &kept.body, OTHER.parse().unwrap());
    assert_eq!((opened.unwrap_err().code, kept.body.len() < 100_000), (Code::TooLarge, true));
    let (link, _task) = other.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(OTHER)), other.store.live(None));
}

/// By line and by file: what no parent can open is told here, and keeps nothing back.
#[tokio::test]
async fn a_thing_too_long_for_any_batch_stays_here_and_the_rest_goes_on() {
    let (county, village, _) = county_and_village().await;
    let long = "x".repeat(batch::OPENED_BYTES_MAX);
    village.store.put(1, 1, VILLAGE, "before");
    village.store.put(2, 1, VILLAGE, &long);
    village.store.put(3, 1, VILLAGE, "behind");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(VILLAGE)).into_keys().collect::<Vec<_>>(), [1, 3]);
    assert_eq!(village.store.state().aside.iter().copied().collect::<Vec<_>>(), [2]);

    // A batch that an earlier version of the program kept.
    let other = Office::new(OTHER);
    other.join(&county, &county.open().await).await;
    other.store.put(20_001, 1, OTHER, &long);
    let identity = other.store.identity().unwrap();
    let items = other.store.items_after(0, 1, 1).unwrap();
    other.store.freeze(&batch::build(&identity, 0, 1, &items).unwrap()).unwrap();
    other.store.put(20_002, 1, OTHER, "behind");
    let (link, _task) = other.link();
    link.flush().await.unwrap();
    assert_eq!(county.store.live(Some(OTHER)).into_keys().collect::<Vec<_>>(), [20_002]);
    assert_eq!(other.store.state().aside.len(), 1);
}

#[tokio::test]
async fn poison_is_quarantined_and_named_at_both_ends_and_the_rest_goes_on() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..20, "entry");
    village.store.put(7, 1, OTHER, "a person of another village");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    let county_store = county.store.state();
    let told: Vec<_> = county_store.quarantine.iter().map(|p| p.rejected.code.as_str()).collect();
    assert_eq!(told, ["area-outside"]);
    assert_eq!(village.store.state().rejected, [county_store.quarantine[0].rejected.clone()]);
    drop(county_store);
    assert_eq!(county.store.live(Some(VILLAGE)).len(), 19);
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_is_asked_for_again_until_it_is_known() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..50, "entry");
    let child = Arc::new(Child::new(village.ledger()).bounded(7, 1 << 20));
    let (link, _task) = village.link_with(child);
    // The first flush meets failing writes; the link comes back by itself.
    county.store.failing.store(9, Ordering::SeqCst);
    village.store.failing.store(6, Ordering::SeqCst);
    let mut tries = 0;
    while link.flush().await.is_err() {
        tries += 1;
        assert!(tries < 60);
        // Its longest pause: it is told the last failure until then.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(tries > 0);
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert_eq!(county.store.accepted.load(Ordering::SeqCst), 50);
}

/// Cuts one exchange of a fresh connection at every `stride`-th byte, both ways.
async fn cut_everywhere(stride: usize) {
    let (county, village, address) = county_and_village().await;
    let proxy = Proxy::open(address, Faults::default()).await;
    let credential = Credential::load(&village.dir()).unwrap().unwrap();
    let through = || HttpLine::enrolled_at(&credential, std::slice::from_ref(&proxy.address)).unwrap();
    let child = village.child();
    say_hello(&through(), &child).await.unwrap();
    let mut key = 0;
    let mut next = || {
        key += 1;
        village.store.put(key, 1, VILLAGE, "entry");
        child.next_batch().unwrap().unwrap()
    };
    let batch = next();
    let receipt = push(&through(), &village, batch.header.clone(), batch.body.clone()).await.unwrap();
    child.settle(&batch, &receipt).unwrap();
    let (up, down) = *proxy.last.lock().unwrap();
    assert!(up > 1000 && down > 1000, "{up} {down}");
    let (mut cuts, mut committed) = (0, 0);
    for (up_to, is_up) in [(up, true), (down, false)] {
        for at in (0..up_to).step_by(stride) {
            let (cut_up_after, cut_down_after) = if is_up { (Some(at), None) } else { (None, Some(at)) };
            proxy.set(Faults { cut_up_after, cut_down_after, ..Faults::default() });
            let batch = next();
            let cut = push(&through(), &village, batch.header.clone(), batch.body.clone()).await;
            proxy.heal();
            cuts += usize::from(cut.is_err());
            let held = county.store.live(Some(VILLAGE)).len();
            committed += usize::from(cut.is_err() && held == village.store.live(None).len());
            let receipt = push(&through(), &village, batch.header.clone(), batch.body.clone()).await.unwrap();
            child.settle(&batch, &receipt).unwrap();
        }
    }
    assert!(cuts * stride > (up + down) * 9 / 10, "{cuts} of {}", (up + down) / stride);
    assert!(committed > 0, "some answers were lost behind the commit");
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert_eq!(county.store.accepted.load(Ordering::SeqCst), village.store.live(None).len() as u64);
}

#[tokio::test]
async fn a_cut_anywhere_in_request_or_response_neither_loses_nor_doubles() {
    cut_everywhere(31).await;
}

/// The same at every single byte; minutes, not seconds.
#[tokio::test]
#[ignore = "long: run with --ignored"]
async fn a_cut_at_every_byte_neither_loses_nor_doubles() {
    cut_everywhere(1).await;
}

#[tokio::test]
async fn what_a_village_does_not_know_survives_the_relay_of_its_township() {
    let (county, town, village) = (Office::new(COUNTY), Office::new(TOWN), Office::new(VILLAGE));
    let (above, between) = (county.open().await, town.open().await);
    town.join(&county, &above).await;
    village.join(&town, &between).await;
    village.fill(0..30, "entry");
    town.fill(100..120, "own");
    let (low, _a) = village.link();
    let (high, _b) = town.link();
    low.flush().await.unwrap();
    high.flush().await.unwrap();
    village.store.remove(4);
    low.flush().await.unwrap();
    high.wake();
    high.flush().await.unwrap();
    assert_eq!(county.store.live(Some(TOWN)), town.store.live(None));
    assert_eq!(county.store.live(None).len(), 49);
}

#[tokio::test]
async fn the_wrong_order_of_words_is_no_reason_to_hang() {
    let (_county, village, _) = county_and_village().await;
    village.fill(0..3, "entry");
    let batch = village.child().next_batch().unwrap().unwrap();
    let early = push(&line(&village), &village, batch.header.clone(), batch.body.clone()).await.unwrap_err();
    assert_eq!(early.code(), Some(Code::EpochUnknown), "push before hello");
    let other = Identity { area: OTHER.parse().unwrap(), epoch: Epoch(1), head: 1 };
    let foreign = batch::build(&other, 0, 1, &[]).unwrap();
    let failure = push(&line(&village), &village, foreign.header, foreign.body).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::OriginMismatch));
    let unsigned = Ask::Push { header: batch.header, signature: "00".into(), more: false };
    let failure = line(&village).ask(Message { meta: unsigned, payload: batch.body }).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::BadSignature));
}

/// Entries a second over loopback with a store in memory: what the link itself costs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run with --ignored --nocapture, in release"]
async fn measure_pushing() {
    let (county, village, _) = county_and_village().await;
    let name = "王".repeat(60);
    let all = 200_000;
    village.fill(0..all, &name);
    let (link, _task) = village.link();
    let begun = std::time::Instant::now();
    link.flush().await.unwrap();
    let secs = begun.elapsed().as_secs_f64();
    assert_eq!(county.store.accepted.load(Ordering::SeqCst), all);
    println!("{all} entries in {secs:.2} s: {:.0} a second", all as f64 / secs);
}
