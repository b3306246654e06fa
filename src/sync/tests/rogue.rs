//! A child with a valid certificate and bad intentions, and people without one.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::batch;
use super::super::ledger::{Identity, Item};
use super::super::line::Line;
use super::super::protocol::*;
use super::super::serve::DoorLimits;
use super::office::*;

#[tokio::test]
async fn forged_batches_write_nothing_and_are_counted() {
    let (county, village, _) = county_and_village().await;
    let other = Office::new(OTHER);
    let address = county.open_with(DoorLimits { asks_burst_max: 1e6, ..DoorLimits::default() }).await;
    other.join(&county, &address).await;
    other.fill(0..5, "honest");
    let (link, _task) = other.link();
    link.flush().await.unwrap();
    let before = county.store.live(None);

    let rogue = line(&village);
    say_hello(&rogue, &village.child()).await.unwrap();
    for n in 0..50u64 {
        let origin = if n % 2 == 0 { OTHER } else { COUNTY };
        let forged = Identity { area: origin.parse().unwrap(), epoch: Epoch(n), head: 1 };
        let text = format!(r#"{{"t":"entry","seq":1,"area":"{OTHER}","key":{n},"list":1,"text":"forged"}}"#);
        let item = Item { seq: 1, area: OTHER.parse().unwrap(), line: text };
        let batch = batch::build(&forged, 0, 1, &[item]).unwrap();
        let failure = push(&rogue, &village, batch.header, batch.body).await.unwrap_err();
        assert_eq!(failure.code(), Some(Code::OriginMismatch));
    }
    assert_eq!(county.store.live(None), before);
    assert_eq!(county.parent.tally()[&(Some(VILLAGE.parse().unwrap()), Code::OriginMismatch)], 50);
}

#[tokio::test]
async fn malformed_and_oversized_messages_are_told_and_survived() {
    let (county, village, _) = county_and_village().await;
    let line = line(&village);
    say_hello(&line, &village.child()).await.unwrap();
    let header = village.child();
    village.fill(0..3, "entry");
    let batch = header.next_batch().unwrap().unwrap();
    // The hash is right, the content is garbage.
    for body in [b"".to_vec(), b"not zstd".to_vec(), batch.body[..batch.body.len() / 2].to_vec()] {
        let mut header = batch.header.clone();
        header.hash = batch::hash_of(&header, &body);
        let failure = push(&line, &village, header, body).await.unwrap_err();
        assert_eq!(failure.code(), Some(Code::Malformed));
    }
    let huge = vec![0; batch::BODY_BYTES_MAX + META_BYTES_MAX + 1];
    let refused = push(&line, &village, batch.header.clone(), huge).await.unwrap_err();
    assert!(matches!(refused.code(), Some(Code::TooLarge) | None), "{refused}");
    for ask in [Ask::Symbols { survey: 5, from: 0, upto: 64 }, Ask::Elements { survey: 5, from: u32::MAX }] {
        let failure = line.ask(Message::bare(ask)).await.unwrap_err();
        assert_eq!(failure.code(), Some(Code::SurveyUnknown));
    }
    assert!(county.store.live(None).is_empty());
    push(&line, &village, batch.header, batch.body).await.unwrap();
    assert_eq!(county.store.live(None).len(), 3);
}

#[tokio::test]
async fn a_flood_is_told_to_wait() {
    let county = Office::new(COUNTY);
    let village = Office::new(VILLAGE);
    let limits = DoorLimits { asks_burst_max: 10.0, asks_per_sec_max: 1.0, ..DoorLimits::default() };
    let address = county.open_with(limits).await;
    village.join(&county, &address).await;
    let line = line(&village);
    let mut refused = 0;
    for _ in 0..20 {
        if let Err(failure) = say_hello(&line, &village.child()).await {
            assert_eq!(failure.code(), Some(Code::Busy));
            assert!(failure.asked_pause().is_some());
            refused += 1;
        }
    }
    assert!((8..=10).contains(&refused), "{refused}");
}

#[tokio::test]
async fn the_slow_the_silent_and_the_plain_lose_their_place_and_hold_up_nobody() {
    let county = Office::new(COUNTY);
    let village = Office::new(VILLAGE);
    let limits = DoorLimits { handshake_secs: 1, connections_per_address_max: 40, ..DoorLimits::default() };
    let address = county.open_with(limits).await;
    village.join(&county, &address).await;
    let mut silent = Vec::new();
    for n in 0..30 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        match n % 3 {
            0 => {}
            1 => stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap(),
            _ => stream.write_all(&[0x16, 3, 1]).await.unwrap(),
        }
        silent.push(stream);
    }
    let begun = Instant::now();
    say_hello(&line(&village), &village.child()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    for stream in &mut silent {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the server hangs up");
    }
}
