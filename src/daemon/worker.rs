//! The one thread that reads sources and works off what waits. It only ever looks at what is there: a hint from the
//! watcher, a ring of the bell and a timer all mean 'look again', so that none of them can be lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use super::alarms::{Alarm, Alarms};
use super::logbook::{Logbook, queue};
use super::memory;
use super::office::Office;
use super::pass::{Derived, derive};
use super::reading::{self, Read, Reading};
use super::upkeep::Upkeep;
use super::watched::{Look, NOT_LOOKED_AT, RESTLESS_LOOK, Watched, unread_now};
use crate::error::Result;
use crate::intake::Vocabulary;
use crate::settings::file_name::real_path;
use crate::sync::status::LinkHandle;

/// The calendar and the alarms are looked at this often.
const TICK: Duration = Duration::from_secs(20);
/// After a failure of the store the next try waits this long.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// While the disk is full, how often somebody looks whether there is room.
const ROOM_LOOK: Duration = Duration::from_secs(1);
/// A pass over more entries gives its memory back afterwards.
const LARGE_PASS_ENTRIES: u64 = 1_000;

/// What others may know of the worker while it runs.
pub struct Progress {
    /// In the middle of reading or deriving.
    busy: AtomicBool,
    /// The last pass failed, and what it left is tried again: also where nothing waits by name.
    retrying: AtomicBool,
    /// Files seen that are not read yet.
    unread: AtomicU64,
    /// One that does not open and is tried again.
    trying: Mutex<Option<String>>,
    /// How long passes took that found something to do.
    pub pass_seconds: Histogram,
    /// Counts turns of the loop: the watchdog sees that it goes on.
    pub turns: AtomicU64,
    last_error: Mutex<Option<String>>,
    /// `None` until the worker has looked.
    alarms: Mutex<Option<Vec<Alarm>>>,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            // Until its first turn nobody knows what is to be done: 'status --wait' must not overtake it.
            busy: AtomicBool::new(true),
            retrying: AtomicBool::new(false),
            unread: AtomicU64::new(0),
            trying: Mutex::new(None),
            // From a hundredth of a second to five minutes.
            pass_seconds: Histogram::new(exponential_buckets(0.01, 3.0, 10)),
            turns: AtomicU64::new(0),
            last_error: Mutex::new(None),
            alarms: Mutex::new(None),
        }
    }
}

impl Progress {
    pub fn is_settled(&self) -> bool {
        !self.busy.load(Ordering::SeqCst)
            && !self.retrying.load(Ordering::SeqCst)
            && self.unread.load(Ordering::SeqCst) == 0
    }

    /// Whether the last turn failed.
    pub fn is_retrying(&self) -> bool {
        self.retrying.load(Ordering::SeqCst)
    }

    /// A file that does not open and is tried again.
    pub fn trying(&self) -> Option<String> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with the node itself, as the worker last looked; `None` until it has.
    pub fn alarms(&self) -> Option<Vec<Alarm>> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::SeqCst)
    }

    fn failed(&self, error: Option<String>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

pub struct Worker {
    office: Arc<Office>,
    progress: Arc<Progress>,
    vocabulary: Arc<Vocabulary>,
    watched: Vec<Watched>,
    logbook: Arc<Logbook>,
    alarms: Alarms,
    upkeep: Upkeep,
    /// Told after every pass that changed something.
    announce: Box<dyn Fn() + Send>,
}

impl Worker {
    pub fn new(
        office: Arc<Office>,
        progress: Arc<Progress>,
        vocabulary: Arc<Vocabulary>,
        logbook: Arc<Logbook>,
        link: LinkHandle,
        announce: Box<dyn Fn() + Send>,
    ) -> Worker {
        let settings = office.settings();
        let watched = office.eyes.iter().map(|eye| Watched::new(&settings, eye)).collect();
        let alarms = Alarms::new(link);
        let upkeep = Upkeep::new(&settings);
        Worker { office, progress, vocabulary, watched, logbook, alarms, upkeep, announce }
    }

    /// Runs until the office stops. What is in the middle of a transaction is finished first.
    pub fn run(mut self) {
        let (area, words) = (self.office.area(), self.vocabulary.fingerprint());
        let again = self.office.store.write(|writer| {
            // What did not open may do so now.
            writer.forget_code(area, NOT_LOOKED_AT)?;
            writer.reread_unopened()?;
            writer.reread_refused(words)
        });
        match again {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "words changed: files that were refused are read again"),
            Err(error) => self.progress.failed(Some(chain(&error))),
        }
        while !self.office.is_stopping() {
            let pause = self.turn();
            self.office.goes_on();
            self.progress.turns.fetch_add(1, Ordering::SeqCst);
            if !self.office.is_stopping() {
                self.office.wait(pause);
            }
        }
    }

    /// One turn; gives how long to wait before the next where nobody rings.
    fn turn(&mut self) -> Duration {
        if self.office.is_paused() {
            self.progress.busy.store(false, Ordering::SeqCst);
            // Neither is intake or push: a pause that somebody forgot must not hide that the disk is full.
            self.upkeep.look(&self.office);
            self.look_at_alarms();
            return TICK;
        }
        let outcome = self.work();
        self.progress.retrying.store(outcome.is_err(), Ordering::SeqCst);
        self.progress.busy.store(false, Ordering::SeqCst);
        let pause = match outcome {
            Ok(Some(lull)) => lull.min(self.until_next_look()),
            Ok(None) => {
                self.progress.failed(self.watched.iter().find_map(|w| Some(chain(&**w.away.as_ref()?))));
                if self.watched.iter().any(|w| w.restless) { RESTLESS_LOOK } else { self.until_next_look() }
            }
            Err(error) => {
                let said = chain(&error);
                // Told once and not at every try: a full disk stays full for days.
                if self.progress.last_error().as_ref() != Some(&said) {
                    tracing::error!(error = said, "a pass failed; it is tried again");
                }
                if error.is_full() {
                    self.office.room.ran_out();
                }
                self.progress.failed(Some(said));
                match error.is_damaged() {
                    true => TICK,
                    false if self.office.room.short().is_some() => ROOM_LOOK,
                    false => STORE_PAUSE,
                }
            }
        };
        self.look_at_alarms();
        pause
    }

    fn look_at_alarms(&mut self) {
        let raised = self.alarms.look(&self.office, &self.logbook);
        *self.progress.alarms.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
    }

    /// Reads what is new and works off what waits. Gives how long to wait first, where batches of a child still come.
    fn work(&mut self) -> Result<Option<Duration>> {
        self.office.room.must_do().inspect_err(|_| self.office.store.empty_log())?;
        let read = self.read_sources()?;
        // Linking after every batch would hold up the next one.
        if let Some(lull) = self.office.until_lull().filter(|_| read == 0) {
            return Ok(Some(lull));
        }
        let derived = self.derive()?;
        if read > 0 || derived != Derived::default() {
            (self.announce)();
            // What an import took while this turn waited for it was not read when the turn began.
            self.progress.unread.store(unread_now(&self.office), Ordering::SeqCst);
            // What follows is tidying up, and nobody has to wait for it.
            self.progress.busy.store(false, Ordering::SeqCst);
            if derived.entries > LARGE_PASS_ENTRIES || read > 0 && derived.entries == 0 {
                self.office.store.shrink();
            }
            memory::give_back();
            self.office.stir();
        } else {
            self.office.rest();
        }
        if self.office.room.is_tight() {
            self.office.store.empty_log();
        }
        self.upkeep.look(&self.office);
        Ok(None)
    }

    fn until_next_look(&self) -> Duration {
        let settings = self.office.settings();
        let next = self.watched.iter().map(|watched| watched.until_next_look(&settings));
        next.min().unwrap_or(TICK).min(TICK).max(Duration::from_millis(10))
    }

    /// Looks at every source and reads what changed and is at rest. Gives how many files were read.
    fn read_sources(&mut self) -> Result<u64> {
        let mut read = 0;
        let mut unread = 0;
        for at in 0..self.watched.len() {
            let (done, waiting) = self.read_source(at)?;
            read += done;
            unread += waiting;
            self.progress.unread.store(unread, Ordering::SeqCst);
            if self.office.is_stopping() || self.office.is_paused() {
                break;
            }
        }
        self.progress.unread.store(unread, Ordering::SeqCst);
        let trying = self.watched.iter().find_map(|watched| watched.trying().map(str::to_owned));
        *self.progress.trying.lock().unwrap_or_else(PoisonError::into_inner) = trying;
        Ok(read)
    }

    fn read_source(&mut self, at: usize) -> Result<(u64, u64)> {
        let was_away = self.watched[at].away.is_some();
        let read = self.read_what_is_due(at)?;
        let watched = &self.watched[at];
        if let Some(error) = watched.away.as_ref().filter(|_| !was_away) {
            tracing::warn!(source = %watched.source().name, error = %chain(&**error), "a source cannot be looked at");
        }
        Ok(read)
    }

    fn read_what_is_due(&mut self, at: usize) -> Result<(u64, u64)> {
        let watched = &mut self.watched[at];
        let Some(Look { folder, due, waiting }) = watched.look(&self.office, &self.vocabulary)? else {
            return Ok((0, 0));
        };
        let (stream, source, eye) = (watched.stream.clone(), watched.source().clone(), watched.eye().clone());
        let mut read = 0;
        for seen in due {
            if self.office.is_stopping() || self.office.is_paused() {
                return Ok((read, waiting + 1));
            }
            self.progress.busy.store(true, Ordering::SeqCst);
            let settings = self.office.settings();
            let reading = Reading {
                office: &self.office,
                vocabulary: &self.vocabulary,
                limits: settings.intake,
                stream: &stream,
                source: &source,
                eye: Some(&eye),
                rel_path: &seen.rel_path,
                path: real_path(&folder, &seen.rel_path),
                folder: folder.clone(),
                seen: &seen,
            };
            match reading::read(&reading)? {
                Read::Done => {
                    read += 1;
                    self.watched[at].opened(&seen.rel_path);
                }
                Read::Again => self.watched[at].restless = true,
                Read::NotYet(unreadable) => {
                    if self.watched[at].did_not_open(&seen) {
                        reading.quarantine(None, &unreadable)?;
                    }
                    if self.watched[at].is_left() {
                        return Ok((read, 0));
                    }
                }
            }
        }
        Ok((read, waiting))
    }

    fn derive(&mut self) -> Result<Derived> {
        let started = Instant::now();
        let setting = self.office.setting();
        let (office, progress) = (&self.office, &self.progress);
        if office.store.read(|view| Ok(!view.dirty(1)?.is_empty() || view.judged()? != Some(office.terms())))? {
            progress.busy.store(true, Ordering::SeqCst);
        }
        let log = |writer: &crate::store::Writer, changes: &[_]| queue(writer, changes, office);
        let done = derive(&office.store, &setting, &log, &mut |_| office.goes_on(), &|| !office.is_stopping())?;
        if done != Derived::default() {
            progress.pass_seconds.observe(started.elapsed().as_secs_f64());
        }
        self.logbook.drain(&self.office)?;
        Ok(done)
    }
}

/// The whole chain of an error, for logs and `status`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        at = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::ledger::Ledger;
    use crate::report::log::MismatchLog;
    use crate::report::text::Text;
    use crate::settings::{Language, Settings};
    use crate::store::{Home, Store};
    use crate::sync::link::{Link, LinkSettings};
    use crate::sync::push::Child;

    #[test]
    fn a_paused_node_still_says_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
        let settings = Settings::parse(settings, &folder.path().join("rosterd.toml")).unwrap();
        let store = Store::open(Home::plain(folder.path()), settings.area).unwrap();
        let office = Arc::new(Office::new(store, settings, None));
        let log = MismatchLog::open(folder.path(), "e1", 36, Text::new(Language::Chinese)).unwrap();
        let child = Child::new(Arc::new(Ledger::new(office.clone())));
        let (_link, link) = Link::new(Arc::new(child), folder.path().to_owned(), LinkSettings::default());
        let (progress, vocabulary) = (Arc::new(Progress::default()), Arc::new(Vocabulary::load(None).unwrap()));
        let logbook = Arc::new(Logbook::new(log));
        let mut worker = Worker::new(office.clone(), progress.clone(), vocabulary, logbook, link, Box::new(|| ()));
        office.store.write(|writer| crate::daemon::backups::note(writer, 1, Err("no room"))).unwrap();
        office.pause(true);
        worker.turn();
        assert!(progress.alarms().unwrap().iter().any(|alarm| alarm.code == "backup-failed"));
    }
}
