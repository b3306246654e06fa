//! Certificates that renew themselves, at a county whose clock says what it likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use super::super::credential::Credential;
use super::super::protocol::Code;
use super::office::*;

const DAY: i64 = 86_400;
const START: i64 = 20_000 * DAY;
const LOOK: Duration = Duration::from_millis(20);

/// A county whose computer shows `shows` seconds since 1970, with a village that joined it.
async fn county_at(shows: &Arc<AtomicI64>) -> (Office, Office) {
    let read = shows.clone();
    let county = Office::with_clock(COUNTY, move || (read.load(Ordering::SeqCst), Instant::now()));
    let village = Office::new(VILLAGE);
    let address = county.open().await;
    village.join(&county, &address).await;
    (county, village)
}

fn ends(village: &Office) -> i64 {
    Credential::load(&village.dir()).unwrap().unwrap().ends()
}

async fn renewed_after(village: &Office, before: i64) -> i64 {
    let waited = async {
        while ends(village) == before {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("it renews by itself");
    ends(village)
}

/// Days pass at the county, none of them alone a leap.
fn pass(county: &Office, shows: &AtomicI64, days: i64) {
    for _ in 0..days {
        shows.fetch_add(DAY, Ordering::SeqCst);
        county.authority.now();
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_by_itself_in_its_last_third_and_after_a_closed_month() {
    let shows = Arc::new(AtomicI64::new(START));
    let (county, village) = county_at(&shows).await;
    let first = ends(&village);
    let (link, task) = village.link_that_greets_every(LOOK, village.child());
    // It began a day before it was issued.
    pass(&county, &shows, 58);
    link.flush().await.unwrap();
    tokio::time::sleep(LOOK * 5).await;
    assert_eq!(ends(&village), first, "two thirds are not over");
    pass(&county, &shows, 2);
    let second = renewed_after(&village, first).await;
    assert_eq!((second - first) / DAY, 60);
    task.abort();

    // The office is closed until the certificate has ended, and three weeks longer.
    pass(&county, &shows, 111);
    let (link, task) = village.link_that_greets_every(LOOK, village.child());
    let third = renewed_after(&village, second).await;
    assert!(third > second);
    gets_through(&link).await;
    task.abort();

    // Longer than the grace: somebody has to be asked.
    pass(&county, &shows, 122);
    let (link, _task) = village.link_that_greets_every(LOOK, village.child());
    assert!(link.flush().await.unwrap_err().to_string().contains("expired"));
    assert_eq!(ends(&village), third);
}

#[tokio::test]
async fn a_village_whose_township_joined_while_it_was_closed_is_not_renewed_beside_it() {
    let shows = Arc::new(AtomicI64::new(START));
    let (county, village) = county_at(&shows).await;
    let before = ends(&village);
    // Ended, and still in the time of grace.
    pass(&county, &shows, 100);
    let (town, address) = (Office::new(TOWN), county.open().await);
    town.join(&county, &address).await;
    let (link, task) = village.link_that_greets_every(LOOK, village.child());
    let said = link.flush().await.unwrap_err().to_string();
    assert!(said.contains("519901001 reports to this parent already"), "{said}");
    assert_eq!(ends(&village), before);
    task.abort();
    // The person at the county meant the village after all.
    county.authority.revoke(TOWN.parse().unwrap()).unwrap();
    let (_link, task) = village.link_that_greets_every(LOOK, village.child());
    assert!(renewed_after(&village, before).await > before);
    task.abort();
}

#[tokio::test]
async fn whose_clock_is_wrong_is_told_by_the_parents_own_and_not_by_certificate_time() {
    // Certificate time stayed years ahead, as after a county's clock that was put right.
    let ahead = super::super::clock::system_secs() + 3_000 * DAY;
    let (county, village) = county_at(&Arc::new(AtomicI64::new(ahead))).await;
    assert!(county.authority.now() >= ahead);
    let (link, task) = village.link();
    link.flush().await.unwrap();
    let skew = link.status().skew_secs.expect("this parent tells its clock");
    assert!(skew.abs() < 300, "both are one computer: {skew}");
    task.abort();
}

#[tokio::test]
async fn a_county_clock_that_jumps_neither_ends_certificates_nor_brings_ended_ones_back() {
    let shows = Arc::new(AtomicI64::new(START));
    let (county, village) = county_at(&shows).await;
    let first = ends(&village);
    let (link, task) = village.link_that_greets_every(LOOK, village.child());
    for jump in [0, 60_000 * DAY, -9_000 * DAY, START + 1_000 * DAY, START - 400 * DAY] {
        shows.store(jump, Ordering::SeqCst);
        village.store.put(jump.unsigned_abs(), 1, VILLAGE, "sent all the same");
        link.flush().await.unwrap();
        assert!((START..START + DAY).contains(&county.authority.now()), "{jump}");
    }
    assert_eq!(ends(&village), first);
    task.abort();

    // Ended and past the grace; the clock then falls back to when it was good. The highest time seen counts.
    shows.store(START, Ordering::SeqCst);
    pass(&county, &shows, 125);
    shows.store(START, Ordering::SeqCst);
    let failure = say_hello(&line(&village), &village.child()).await.unwrap_err();
    assert_eq!(failure.code(), Some(Code::CertificateExpired));
}
