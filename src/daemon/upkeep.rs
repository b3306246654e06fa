//! What the node does for itself now and then, between two passes.

use std::time::{Duration, Instant};

use super::attest;
use super::office::Office;
use crate::error::Result;
use crate::settings::Settings;
use crate::sync::clock::{CertificateClock, system_secs};

/// Words that wait are compared this often at most: each time reads every entry once.
const COMPARE_EVERY: Duration = Duration::from_secs(10 * 60);
/// Words that were found right are compared again after this: what is held here may have changed without a new one.
const COMPARE_ALL_EVERY: Duration = Duration::from_secs(24 * 3600);
/// The access log is looked through for rows to forget this often.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Whether something waits is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

const SECS_PER_YEAR: i64 = 31_557_600;

pub struct Upkeep {
    /// Time that follows no leap. `None` where it cannot be kept; then nothing is forgotten.
    clock: Option<CertificateClock>,
    looked: Option<Instant>,
    compared: Option<Instant>,
    compared_all: Option<Instant>,
    forgot: Option<Instant>,
}

/// Unix milliseconds before which a row is old enough to be forgotten, by two clocks in seconds since 1970. Either may be
/// far ahead: the one that follows no leap stays where a first start in 2087 put it.
fn cutoff(certificate: i64, system: i64, years: i64) -> i64 {
    (certificate.min(system) - years * SECS_PER_YEAR) * 1000
}

fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|at| at.elapsed() >= every)
}

impl Upkeep {
    pub fn new(settings: &Settings) -> Upkeep {
        let clock = CertificateClock::open(&settings.data_dir().join("clock"))
            .inspect_err(|error| tracing::warn!(%error, "the time is not known for sure: no access row is forgotten"))
            .ok();
        Upkeep { clock, looked: None, compared: None, compared_all: None, forgot: None }
    }

    /// Does what is due. A failure waits for the next time.
    pub fn look(&mut self, office: &Office) {
        if !is_due(self.looked, LOOK_EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        if let Err(error) = self.compare(office).and_then(|()| self.forget(office)) {
            tracing::warn!(error = %super::worker::chain(&error), "the upkeep of the store failed");
        }
    }

    fn compare(&mut self, office: &Office) -> Result<()> {
        let all = is_due(self.compared_all, COMPARE_ALL_EVERY);
        let pending = is_due(self.compared, COMPARE_EVERY)
            && office.store.read(|view| attest::is_pending(view, office.area()))?;
        if all || pending {
            attest::compare(&office.store, all, office.now_millis())?;
            self.compared = Some(Instant::now());
        }
        if all {
            self.compared_all = Some(Instant::now());
        }
        Ok(())
    }

    fn forget(&mut self, office: &Office) -> Result<()> {
        let Some(clock) = &self.clock else { return Ok(()) };
        if !is_due(self.forgot, FORGET_EVERY) {
            return Ok(());
        }
        let years = i64::from(office.settings().log.access_years);
        let cutoff = cutoff(clock.now(), system_secs(), years);
        let gone = office.store.write(|writer| writer.forget_access(cutoff))?;
        if gone > 0 {
            tracing::info!(gone, years, "old rows of the access log were forgotten");
        }
        self.forgot = Some(Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_that_is_ahead_makes_an_office_forget_who_looked_at_whom() {
        let [right, ahead] = [56, 117].map(|years| years * SECS_PER_YEAR);
        assert_eq!(cutoff(right, right, 6), (right - 6 * SECS_PER_YEAR) * 1000);
        assert_eq!(cutoff(ahead, right, 6), cutoff(right, right, 6), "first started in 2087");
        assert_eq!(cutoff(right, ahead, 6), cutoff(right, right, 6), "in 2087 today");
    }
}
