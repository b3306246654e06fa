//! A parent that cannot answer is left in peace, whoever looks at its child meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::super::link::{Link, LinkSettings};
use super::super::protocol::Code;
use super::super::status::LinkState;
use super::office::*;
use super::proxy::{Faults, Proxy};

/// Longer than any machine takes for what is asked meanwhile. Nobody waits for its end.
const FIRST: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_county_that_hangs_up_is_not_called_for_everybody_who_looks_but_for_whoever_asks_for_a_comparison() {
    let (county, village, address) = county_and_village().await;
    drop(county);
    let listener = loop {
        match TcpListener::bind(&address).await {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    tokio::spawn(async move {
        while let Ok(call) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(call);
        }
    });
    let settings = LinkSettings { retry_first: FIRST, retry_max: FIRST * 10, ..LinkSettings::default() };
    let (link, handle) = Link::new(village.child(), village.dir(), settings);
    let stop = watch::Sender::new(false);
    tokio::spawn(link.run(stop.subscribe()));

    handle.flush().await.unwrap_err();
    let before = calls.load(Ordering::SeqCst);
    let looks = async {
        for _ in 0..50 {
            let said = handle.flush().await.unwrap_err();
            assert!(said.to_string().contains("the parent at"), "{said}");
        }
    };
    tokio::time::timeout(FIRST / 2, looks).await.expect("each is answered before the pause is over");
    assert_eq!(calls.load(Ordering::SeqCst), before);
    handle.verify().await.unwrap_err();
    assert!(calls.load(Ordering::SeqCst) > before, "a person asked");
}

#[tokio::test]
async fn a_line_on_which_every_batch_breaks_is_tried_ever_more_seldom_until_one_gets_through() {
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    // A handshake and a hello get through.
    let faults = Faults { cut_up_after: Some(20_000), ..Faults::default() };
    let proxy = Proxy::open(county.open().await, Faults::default()).await;
    village.join(&county, &proxy.address).await;
    proxy.set(faults);
    let noise = |key: u64| blake3::hash(&key.to_le_bytes()).to_hex().to_string();
    (0..2_000).for_each(|key| village.store.put(key, 1, VILLAGE, &noise(key)));
    let (first, max) = (Duration::from_millis(10), Duration::from_secs(60));
    let settings = LinkSettings { retry_first: first, retry_max: max, ..LinkSettings::default() };
    let (engine, link) = Link::new(village.child(), village.dir(), settings);
    let stop = watch::Sender::new(false);
    tokio::spawn(engine.run(stop.subscribe()));
    let longest = async {
        loop {
            match link.status().state {
                LinkState::Waiting { pause } if pause > first * 20 => return,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), longest).await.expect("the pauses grow");
    let is_busy = county.parent.tally().keys().any(|(_, code)| *code == Code::Busy);
    assert!(!is_busy, "it was sent away for asking too often");
    assert!(county.store.live(None).is_empty());
    proxy.heal();
    gets_through(&link).await;
    assert_eq!(county.store.live(None).len(), 2_000);
}
