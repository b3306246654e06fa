//! The time by which a parent issues and judges certificates.
//!
//! Office computers come up in 1970 or 2087. Certificate time therefore never goes back, runs by the monotonic clock
//! while the process lives, is remembered across restarts, and does not follow a leap that no office closes for.
//! Only the parent's time counts: a child asks the parent, so its own clock may say what it likes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::files;
use crate::error::{Context, Result};

/// A clock that is ahead of the running process by more than this is wrong, not awake again after a long sleep.
const AHEAD_RUNNING_MAX_SECS: i64 = 31 * 86_400;
/// A clock that is ahead of the last thing known before a restart by more than this is wrong.
const AHEAD_STARTING_MAX_SECS: i64 = 400 * 86_400;
/// How old the remembered time may get.
const REMEMBER_EVERY_SECS: i64 = 3_600;

/// Seconds since 1970 as the computer has them.
pub fn system_secs() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

type Reading = Box<dyn Fn() -> (i64, Instant) + Send + Sync>;

struct State {
    /// Certificate time at `since`.
    at: i64,
    since: Instant,
    remembered: i64,
}

/// See the module.
pub struct CertificateClock {
    path: PathBuf,
    read: Reading,
    state: Mutex<State>,
}

impl CertificateClock {
    /// Remembers the highest time in the file at `path`.
    pub fn open(path: &Path) -> Result<CertificateClock> {
        CertificateClock::reading(path, Box::new(|| (system_secs(), Instant::now())))
    }

    /// With the computer's clock and its monotonic one from `read`, for tests that let them jump.
    pub fn reading(path: &Path, read: Reading) -> Result<CertificateClock> {
        let known: Option<i64> = match fs::read_to_string(path) {
            Ok(text) => text.trim().parse().ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).or_say_at("reading the last known time", path),
        };
        let (system, since) = read();
        let at = match known {
            None => system,
            Some(known) if system > known.saturating_add(AHEAD_STARTING_MAX_SECS) => known,
            Some(known) => known.max(system),
        };
        let clock = CertificateClock {
            path: path.to_owned(),
            read,
            state: Mutex::new(State { at, since, remembered: known.unwrap_or(i64::MIN) }),
        };
        clock.now();
        Ok(clock)
    }

    /// Certificate time, seconds since 1970.
    pub fn now(&self) -> i64 {
        let (system, instant) = (self.read)();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let running = state.at + instant.saturating_duration_since(state.since).as_secs() as i64;
        let now = if system > running && system <= running + AHEAD_RUNNING_MAX_SECS { system } else { running };
        if now > state.at {
            // Keep the part of a second that has passed: a clock asked often must not stand still.
            let passed = Duration::from_secs((running - state.at).max(0) as u64);
            state.since += passed;
            state.at = now;
        }
        if now >= state.remembered.saturating_add(REMEMBER_EVERY_SECS) {
            match files::write_private(&self.path, now.to_string().as_bytes()) {
                Ok(()) => state.remembered = now,
                Err(error) => tracing::warn!(%error, "the time could not be remembered"),
            }
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const DAY: i64 = 86_400;

    struct Office {
        system: Arc<AtomicI64>,
        dir: tempfile::TempDir,
        start: Instant,
        awake: Arc<AtomicI64>,
    }

    impl Office {
        fn new(at: i64) -> Office {
            let dir = tempfile::tempdir().unwrap();
            Office { system: Arc::new(at.into()), dir, start: Instant::now(), awake: Arc::new(0.into()) }
        }

        fn boot(&self) -> CertificateClock {
            let (system, awake, start) = (self.system.clone(), self.awake.clone(), self.start);
            let read = move || {
                let awake = Duration::from_secs(awake.load(Ordering::SeqCst) as u64);
                (system.load(Ordering::SeqCst), start + awake)
            };
            CertificateClock::reading(&self.dir.path().join("clock"), Box::new(read)).unwrap()
        }
    }

    #[test]
    fn a_clock_that_jumps_by_decades_moves_nothing() {
        let office = Office::new(20_000 * DAY);
        let clock = office.boot();
        for wrong in [0, -5 * DAY, 60_000 * DAY, i64::from(i32::MAX) * 4] {
            office.system.store(wrong, Ordering::SeqCst);
            assert_eq!(clock.now(), 20_000 * DAY);
        }
        office.awake.store(100, Ordering::SeqCst);
        assert_eq!(clock.now(), 20_000 * DAY + 100);
        let again = office.boot();
        assert!(again.now() >= 20_000 * DAY && again.now() < 20_001 * DAY, "a leap before a restart is not believed");
    }

    #[test]
    fn time_never_goes_back_over_a_restart() {
        let office = Office::new(20_000 * DAY);
        drop(office.boot());
        office.system.store(10 * DAY, Ordering::SeqCst);
        let clock = office.boot();
        assert_eq!(clock.now(), 20_000 * DAY);
    }

    #[test]
    fn an_office_closed_for_the_summer_comes_back_at_the_right_time() {
        let office = Office::new(20_000 * DAY);
        drop(office.boot());
        office.system.store(20_090 * DAY, Ordering::SeqCst);
        assert_eq!(office.boot().now(), 20_090 * DAY);
    }
}
