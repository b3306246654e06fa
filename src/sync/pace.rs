//! How often whoever stands at the open port may ask.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::protocol::{Code, Refusal};
use crate::domain::Area;

/// What callers without a certificate, and those who ask to join, may ask from one address: a stranger who asks without
/// end keeps nobody else out.
const STRANGER_PER_SEC_MAX: f64 = 2.0;
const STRANGER_BURST_MAX: f64 = 30.0;
/// The same for all addresses together: a handful of words signed and hashed each, far less than the port can serve.
const STRANGERS_PER_SEC_MAX: f64 = 20.0;
const STRANGERS_BURST_MAX: f64 = 300.0;
/// Addresses that are remembered; those that have asked nothing for a while are forgotten first.
const STRANGERS_KNOWN_MAX: usize = 4_096;
/// A comparison reads all that is held of a child: it counts as this many asks.
const COMPARE_PRICE: f64 = 10.0;
/// When whoever is sent away should come again.
pub(super) const BUSY_RETRY_SECS: u32 = 5;

/// So many a second, some more at once.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    fn full(burst: f64) -> Bucket {
        Bucket { level: burst, at: Instant::now() }
    }

    fn is_full(&self, per_sec: f64, burst: f64) -> bool {
        self.level + self.at.elapsed().as_secs_f64() * per_sec >= burst
    }

    fn take(&mut self, price: f64, per_sec: f64, burst: f64) -> bool {
        let now = Instant::now();
        self.level = (self.level + now.duration_since(self.at).as_secs_f64() * per_sec).min(burst);
        self.at = now;
        let enough = self.level >= price;
        if enough {
            self.level -= price;
        }
        enough
    }
}

/// Whose questions are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    Child(Area),
    Stranger(IpAddr),
    /// All of them.
    Strangers,
}

/// Where somebody calls from, for counting. A household or an office has 2^64 addresses of the newer kind: it is one.
pub(super) fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

impl Asker {
    pub fn stranger(address: IpAddr) -> Asker {
        Asker::Stranger(site(address))
    }
}

/// What everybody has asked lately.
pub(super) struct Pace {
    /// Asks a second of a child, and at once.
    of_children: (f64, f64),
    buckets: Mutex<HashMap<Asker, Bucket>>,
}

impl Pace {
    pub fn of_children(per_sec: f64, burst: f64) -> Pace {
        Pace { of_children: (per_sec, burst), buckets: Mutex::default() }
    }

    /// Asks a second, and at once.
    fn of(&self, asker: Asker) -> (f64, f64) {
        match asker {
            Asker::Child(_) => self.of_children,
            Asker::Stranger(_) => (STRANGER_PER_SEC_MAX, STRANGER_BURST_MAX),
            Asker::Strangers => (STRANGERS_PER_SEC_MAX, STRANGERS_BURST_MAX),
        }
    }

    /// # Errors
    /// Where whoever asks has asked enough for now.
    pub fn take(&self, asker: Asker, name: &str) -> Result<(), Refusal> {
        let mut pace = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let price = if name == "compare" { COMPARE_PRICE } else { 1.0 };
        if pace.len() >= STRANGERS_KNOWN_MAX {
            let (per_sec, burst) = (STRANGER_PER_SEC_MAX, STRANGER_BURST_MAX);
            // Whoever could ask a whole burst again need not be remembered.
            pace.retain(|asker, bucket| !matches!(asker, Asker::Stranger(_)) || !bucket.is_full(per_sec, burst));
        }
        let mut take = |asker: Asker| {
            let (per_sec, burst) = self.of(asker);
            pace.entry(asker).or_insert_with(|| Bucket::full(burst)).take(price, per_sec, burst)
        };
        let may = match asker {
            Asker::Child(_) => take(asker),
            // Its own first: what is refused there takes nothing from others.
            _ => take(asker) && take(Asker::Strangers),
        };
        match may {
            true => Ok(()),
            false => Err(Refusal::new(Code::Busy, "too many questions at once").retry_after(BUSY_RETRY_SECS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn a_stranger_who_asks_without_end_keeps_nobody_else_from_joining() {
        let pace = Pace::of_children(100.0, 300.0);
        let from = |last: u16| Asker::stranger(Ipv6Addr::new(0x2001, 0xdb8, 0, last, 0, 0, 0, last).into());
        let asked = |asker: Asker, times: usize| (0..times).filter(|_| pace.take(asker, "enrol").is_ok()).count();
        // What a slow machine lets through meanwhile is no burst.
        assert!((30..40).contains(&asked(from(1), 1_000)));
        assert_eq!(asked(from(2), 1), 1);
        assert_eq!(asked(Asker::Child("519901001".parse().unwrap()), 100), 100);
        // Many strangers together are as many as the port can bear.
        let many: usize = (3..200).map(|last| asked(from(last), 10)).sum();
        assert!((200..400).contains(&many), "{many}");
        assert_eq!(asked(Asker::Child("519901002".parse().unwrap()), 100), 100);
    }

    #[test]
    fn addresses_of_one_network_are_one_stranger() {
        let of = |text: &str| Asker::stranger(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
