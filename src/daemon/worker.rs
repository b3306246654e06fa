//! The one thread that reads sources and works off what waits. It only ever looks at what is there: a hint from the
//! watcher, a ring of the bell and a timer all mean 'look again', so that none of them can be lost.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use super::alarms::{Alarm, Alarms};
use super::logbook::Logbook;
use super::memory;
use super::office::Office;
use super::pass::{Derived, derive};
use super::reading::{self, Reading};
use super::upkeep::Upkeep;
use crate::error::{Error, Result};
use crate::intake::Vocabulary;
use crate::intake::watch::{Scan, Seen, Settling, in_order, scan};
use crate::settings::file_name::{real_path, shown_name};
use crate::settings::{Settings, Source, SourceKind};
use crate::sync::status::LinkHandle;

/// Looks while a file is still being written, or a source could not be reached.
const RESTLESS_LOOK: Duration = Duration::from_millis(200);
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
            busy: AtomicBool::new(false),
            retrying: AtomicBool::new(false),
            unread: AtomicU64::new(0),
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

/// One source with what was seen of it.
struct Watched {
    stream: String,
    source: Source,
    settling: Settling,
    /// Looked at last, and whether something in it was not at rest or not reachable.
    looked: Option<Instant>,
    restless: bool,
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
        let watched = settings
            .sources
            .iter()
            .map(|source| Watched {
                stream: stream_of(&settings, source),
                source: source.clone(),
                settling: Settling::new(Duration::from_millis(settings.intake.settle_millis)),
                looked: None,
                restless: false,
            })
            .collect();
        let alarms = Alarms::new(link);
        let upkeep = Upkeep::new(&settings);
        Worker { office, progress, vocabulary, watched, logbook, alarms, upkeep, announce }
    }

    /// Runs until the office stops. What is in the middle of a transaction is finished first.
    pub fn run(mut self) {
        let words = self.vocabulary.fingerprint();
        match self.office.store.write(|writer| writer.reread_refused(words)) {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "words changed: files that were refused are read again"),
            Err(error) => self.progress.failed(Some(chain(&error))),
        }
        while !self.office.is_stopping() {
            let pause = self.turn();
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
            return TICK;
        }
        let outcome = self.work();
        self.progress.retrying.store(outcome.is_err(), Ordering::SeqCst);
        self.progress.busy.store(false, Ordering::SeqCst);
        let pause = match outcome {
            Ok(Some(lull)) => lull.min(self.until_next_look()),
            Ok(None) => {
                self.progress.failed(None);
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
        let raised = self.alarms.look(&self.office, &self.logbook);
        *self.progress.alarms.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
        pause
    }

    /// Reads what is new and works off what waits. Gives how long to wait first, where batches of a child still come.
    fn work(&mut self) -> Result<Option<Duration>> {
        if let Some(free) = self.office.room.short() {
            self.office.store.empty_log();
            let text = format!("the disk is full ({} MB left): nothing is read until there is room", free >> 20);
            return Err(Error::new(text).at(self.office.store.path()).transient());
        }
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
        let next = self.watched.iter().map(|w| {
            let every = Duration::from_secs(w.source.poll_secs.unwrap_or(settings.intake.rescan_secs));
            every.saturating_sub(w.looked.map_or(Duration::MAX, |at| at.elapsed()))
        });
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
        Ok(read)
    }

    fn read_source(&mut self, at: usize) -> Result<(u64, u64)> {
        let watched = &mut self.watched[at];
        watched.looked = Some(Instant::now());
        let (folder, changed, restless) = match look(&self.office, &self.vocabulary, watched) {
            Ok(found) => found,
            Err(error) => {
                // A share that is away comes back; what is held of it stays.
                tracing::warn!(source = %watched.source.name, error = %chain(&error), "a source cannot be looked at");
                self.progress.failed(Some(chain(&error)));
                return Ok((0, 0));
            }
        };
        watched.restless = restless > 0;
        let (stream, source) = (watched.stream.clone(), watched.source.clone());
        let mut read = 0;
        for seen in changed {
            if self.office.is_stopping() || self.office.is_paused() {
                return Ok((read, restless + 1));
            }
            self.progress.busy.store(true, Ordering::SeqCst);
            let settings = self.office.settings();
            let reading = Reading {
                office: &self.office,
                vocabulary: &self.vocabulary,
                limits: settings.intake,
                stream: &stream,
                source: &source,
                rel_path: &seen.rel_path,
                path: real_path(&folder, &seen.rel_path),
                folder: folder.clone(),
                seen: &seen,
            };
            if reading::read(&reading)? {
                read += 1;
            } else {
                self.watched[at].restless = true;
            }
        }
        Ok((read, restless))
    }

    fn derive(&mut self) -> Result<Derived> {
        let started = Instant::now();
        let setting = self.office.setting();
        let (office, progress) = (&self.office, &self.progress);
        if office.store.read(|view| Ok(!view.dirty(1)?.is_empty() || view.judged_on()? != Some(setting.today)))? {
            progress.busy.store(true, Ordering::SeqCst);
        }
        let logbook = &self.logbook;
        let log = |writer: &crate::store::Writer, changes: &[_]| logbook.queue(writer, changes, office);
        let done = derive(&office.store, &setting, &log, &mut |_| {}, &|| !office.is_stopping())?;
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

/// The inbox has no name of its own; a configured source has a stream of its own.
pub fn stream_of(settings: &Settings, source: &Source) -> String {
    if source.path == settings.inbox() { String::new() } else { source.name.clone() }
}

/// The folder of a source, what in it is new and at rest, and how many files are not at rest yet.
fn look(office: &Office, vocabulary: &Vocabulary, watched: &mut Watched) -> Result<(PathBuf, Vec<Seen>, u64)> {
    let (folder, mut found) = list(&watched.source)?;
    forget_gone(office, &watched.stream, &found)?;
    let known = known(office, &watched.stream)?;
    let is_new = |seen: &Seen| known.get(&seen.rel_path) != Some(&(seen.bytes, reading::millis(seen.modified)));
    let fresh = found.files.iter().filter(|seen| is_new(seen)).count() as u64;
    found.files.retain(&is_new);
    let mut still = watched.settling.still(&found, Instant::now());
    in_order(&mut still, office.today(), vocabulary);
    let restless = fresh - still.len() as u64;
    Ok((folder, still, restless))
}

fn list(source: &Source) -> Result<(PathBuf, Scan)> {
    let folder = source.folder().to_owned();
    match source.kind {
        SourceKind::Folder => Ok((folder, scan(&source.path)?)),
        SourceKind::Sqlite => {
            // Its file may stand still while what is in it changes: the stamp tells.
            let rel_path = shown_name(source.path.file_name().unwrap_or_default());
            let stamp = reading::database(source).and_then(|database| {
                database.stamp().map_err(|e| Error::new("looking at a database").because(e).transient())
            })?;
            let seen = Seen { rel_path, bytes: stamp >> 1, modified: std::time::SystemTime::UNIX_EPOCH };
            Ok((folder, Scan { files: vec![seen], unreadable: Vec::new() }))
        }
        SourceKind::File => {
            let name = shown_name(source.path.file_name().unwrap_or_default());
            let mut found = scan(&folder)?;
            found.files.retain(|seen| seen.rel_path == name);
            Ok((folder, found))
        }
    }
}

/// A file that could not be read and is gone needs nobody's eye any more.
fn forget_gone(office: &Office, stream: &str, found: &Scan) -> Result<()> {
    if !found.unreadable.is_empty() {
        return Ok(());
    }
    let sources = office.store.read(|view| view.sources())?;
    let gone: Vec<String> = sources
        .into_iter()
        .filter(|s| s.stream == stream && s.state == "quarantined")
        .map(|s| s.path)
        .filter(|path| !found.files.iter().any(|seen| seen.rel_path == *path))
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    office.store.write(|writer| gone.iter().try_for_each(|path| writer.forget_refused(office.area(), stream, path)))
}

fn known(office: &Office, stream: &str) -> Result<HashMap<String, (u64, i64)>> {
    let sources = office.store.read(|view| view.sources())?;
    Ok(sources.into_iter().filter(|s| s.stream == stream).map(|s| (s.path, (s.bytes, s.modified))).collect())
}

/// Files that a look right now would find new, whether at rest or not: `status --wait` must not overtake the watcher.
pub fn unread_now(office: &Office) -> u64 {
    let settings = office.settings();
    let mut unread = 0;
    for source in &settings.sources {
        let Ok((_, found)) = list(source) else { continue };
        let Ok(known) = known(office, &stream_of(&settings, source)) else { continue };
        unread += found
            .files
            .iter()
            .filter(|seen| known.get(&seen.rel_path) != Some(&(seen.bytes, reading::millis(seen.modified))))
            .count() as u64;
    }
    unread
}
