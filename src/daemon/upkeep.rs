//! What the node does for itself now and then, between two passes.

use std::time::{Duration, Instant};

use super::attest;
use super::office::Office;
use super::watched::NOT_LOOKED_AT;
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

/// What was noted of an imported file of which nothing counts is forgotten after this.
const IMPORT_NOTED_SECS: i64 = 7 * 86_400;

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
fn cutoff(certificate: i64, system: i64, kept_secs: i64) -> i64 {
    (certificate.min(system) - kept_secs) * 1000
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
        let before = |kept_secs: i64| cutoff(clock.now(), system_secs(), kept_secs);
        let (looks, imports) = (before(years * SECS_PER_YEAR), before(IMPORT_NOTED_SECS));
        let (gone, noted) = office
            .store
            .write(|writer| Ok((writer.forget_access(looks)?, writer.forget_imports(imports, NOT_LOOKED_AT)?)))?;
        if gone > 0 {
            tracing::info!(gone, years, "old rows of the access log were forgotten");
        }
        if noted > 0 {
            tracing::info!(noted, "what was noted of imported files was forgotten");
            office.changed();
        }
        self.forgot = Some(Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Home, QuarantineRow, Store};

    #[test]
    fn an_imported_file_that_gave_nothing_is_forgotten_after_a_week() {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
        let settings = Settings::parse(settings, &folder.path().join("rosterd.toml")).unwrap();
        std::fs::create_dir_all(settings.data_dir()).unwrap();
        let store = Store::open(Home::plain(folder.path()), settings.area).unwrap();
        let office = Office::new(store, settings.clone(), None);
        let now = office.now_millis();
        let noted = |file: &str, code: &str, days: i64| QuarantineRow {
            id: 0,
            at: now - days * 86_400_000,
            origin: settings.area,
            stream: String::new(),
            file: file.to_owned(),
            sheet: None,
            row: None,
            code: code.to_owned(),
            detail: String::new(),
        };
        let rows = [
            noted("旧.pdf", "unsupported-format", 8),
            noted("新.pdf", "unsupported-format", 6),
            noted("锁", NOT_LOOKED_AT, 8),
        ];
        office.store.write(|writer| writer.add_quarantine(&rows)).unwrap();
        Upkeep::new(&settings).look(&office);
        let left = office.store.read(|view| view.quarantine()).unwrap();
        let left: Vec<&str> = left.iter().map(|row| row.file.as_str()).collect();
        assert_eq!(left, ["新.pdf", "锁"]);
    }

    #[test]
    fn no_clock_that_is_ahead_makes_an_office_forget_who_looked_at_whom() {
        let [right, ahead] = [56, 117].map(|years| years * SECS_PER_YEAR);
        let kept = 6 * SECS_PER_YEAR;
        assert_eq!(cutoff(right, right, kept), (right - kept) * 1000);
        assert_eq!(cutoff(ahead, right, kept), cutoff(right, right, kept), "first started in 2087");
        assert_eq!(cutoff(right, ahead, kept), cutoff(right, right, kept), "in 2087 today");
    }
}
