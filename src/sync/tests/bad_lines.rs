//! A hundred thousand batches over TLS and the worst line there is: resets, cuts, delays, a slow modem, and a post that
//! brings some letters twice and some much later.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::client::HttpLine;
use super::super::course::Course;
use super::super::credential::Credential;
use super::super::line::{Failure, Line};
use super::super::protocol::*;
use super::super::push::Child;
use super::super::serve::DoorLimits;
use super::dice::Dice;
use super::office::*;
use super::proxy::{Faults, Proxy};

/// A line that brings some questions twice, and some again when others have come in between.
struct Post {
    line: HttpLine,
    dice: Mutex<Dice>,
    late: Mutex<Vec<Message<Ask>>>,
}

impl Line for Post {
    async fn ask(&self, ask: Message<Ask>) -> Result<Message<Answer>, Failure> {
        let (twice, kept, again) = {
            let mut dice = self.dice.lock().unwrap();
            (dice.percent(5), dice.percent(5), dice.percent(5))
        };
        if kept && matches!(ask.meta, Ask::Push { .. }) {
            self.late.lock().unwrap().push(ask.clone());
        }
        let old = if again { self.late.lock().unwrap().pop() } else { None };
        if let Some(old) = old {
            let _ = self.line.ask(old).await;
        }
        if twice {
            let _ = self.line.ask(ask.clone()).await;
        }
        self.line.ask(ask).await
    }
}

/// Sends `batches` of three things each under `faults`; gives what it took.
async fn send(batches: u64, faults: Faults, seed: u64) {
    const ITEMS: u64 = 3;
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    let open =
        DoorLimits { asks_per_sec_max: 1e9, asks_burst_max: 1e9, connections_per_child_max: 64, ..Default::default() };
    let address = county.open_with(open).await;
    village.join(&county, &address).await;
    let proxy = Proxy::open(address, faults).await;
    let credential = std::sync::Arc::new(Credential::load(&village.dir()).unwrap().unwrap());
    let child = std::sync::Arc::new(Child::new(village.ledger()).bounded(ITEMS as usize, 1 << 20));
    let course = Course::new(child.clone(), credential.clone());
    let (begun, mut broken, mut sent, mut key) = (Instant::now(), 0u64, 0u64, 0);
    let mut post = None;
    while sent < batches {
        // Work goes on while the line is bad.
        while village.store.state().head() < (sent + 40).min(batches) * ITEMS {
            village.store.put(key, 1 + (key % 4) as u8, VILLAGE, "entry");
            key += 1;
        }
        let line = post.get_or_insert_with(|| Post {
            line: HttpLine::enrolled_at(&credential, std::slice::from_ref(&proxy.address)).unwrap(),
            dice: Mutex::new(Dice(seed + broken)),
            late: Mutex::default(),
        });
        let outcome = async {
            course.meet(line, false).await?;
            course.drain(line, &mut || sent += 1).await
        };
        if outcome.await.is_err() {
            broken += 1;
            post = None;
        }
    }
    proxy.heal();
    let taken = county.store.accepted.load(Ordering::SeqCst);
    let state = county.store.state();
    assert_eq!(state.doubled, 0, "nothing was taken twice");
    drop(state);
    assert_eq!(taken, key, "each was taken once");
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None), "nothing is lost");
    let secs = begun.elapsed().as_secs_f64();
    println!("{sent} batches, {broken} broken connections, {taken} things taken once, in {secs:.0} s ({faults:?})");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_loses_nothing_and_doubles_nothing() {
    send(300, Faults { reset_percent: 30, ..Faults::default() }, 1).await;
    send(20, Faults { reset_percent: 30, delay: Duration::from_millis(10), ..Faults::default() }, 2).await;
    // 64 kbit/s.
    send(20, Faults { reset_percent: 10, bytes_per_sec: 8_000, ..Faults::default() }, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: run with --ignored --nocapture"]
async fn a_hundred_thousand_batches_over_bad_lines() {
    send(98_000, Faults { reset_percent: 30, ..Faults::default() }, 1).await;
    send(1_500, Faults { reset_percent: 30, delay: Duration::from_millis(20), ..Faults::default() }, 2).await;
    send(500, Faults { reset_percent: 10, bytes_per_sec: 8_000, ..Faults::default() }, 3).await;
}
