//! A parent that cannot answer is left in peace, whoever looks at its child meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::super::link::{Link, LinkSettings};
use super::office::*;

/// Long beside a question to the link, short for a test.
const FIRST: Duration = Duration::from_secs(2);

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
    let (before, begun) = (calls.load(Ordering::SeqCst), Instant::now());
    for _ in 0..50 {
        let said = handle.flush().await.unwrap_err();
        assert!(said.to_string().contains("asking the parent"), "{said}");
    }
    assert!(begun.elapsed() < FIRST / 2, "each is answered at once");
    assert_eq!(calls.load(Ordering::SeqCst), before);
    handle.verify().await.unwrap_err();
    assert!(calls.load(Ordering::SeqCst) > before, "a person asked");
}
