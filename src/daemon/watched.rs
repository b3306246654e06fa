//! A source as the worker looks at it: what in it is new and at rest, what does not open, and whether it is there at all.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::eye::Eye;
use super::office::Office;
use super::reading;
use crate::error::{Error, Result};
use crate::intake::Vocabulary;
use crate::intake::watch::{Scan, Seen, Settling, in_order, look_at, scan};
use crate::settings::file_name::shown_name;
use crate::settings::{Settings, Source, SourceKind};
use crate::store::{Held, QuarantineRow, SourceRow, Writer};

/// Looks while a file is still being written, and the shortest time between two tries to open one.
pub const RESTLESS_LOOK: Duration = Duration::from_millis(200);
/// A file that does not open for this long is told of in quarantine; it is tried again as often as the folder is looked at.
const UNOPENED_MAX: Duration = Duration::from_secs(30);
/// Code in quarantine of what could not even be looked at.
pub const NOT_LOOKED_AT: &str = "not-looked-at";
/// Of such files and folders so many are named; the others come up once these are put right.
const NOT_LOOKED_AT_MAX: usize = 100;

/// One source with what was seen of it.
pub struct Watched {
    pub stream: String,
    eye: Arc<Eye>,
    settling: Settling,
    /// Looked at last.
    looked: Option<Instant>,
    /// Whether something in it is not at rest, or was tried and did not open.
    pub restless: bool,
    /// Why it cannot be looked at, while that is so.
    pub away: Option<Arc<Error>>,
    unopened: HashMap<String, Unopened>,
    /// What the last look could not look at, and what of it stands in quarantine.
    closed: BTreeSet<String>,
    told_closed: BTreeSet<String>,
}

/// A file that is there and does not open: closed to this account, or in use by a program.
struct Unopened {
    seen: Seen,
    since: Instant,
    tried: Instant,
    is_told: bool,
}

impl Unopened {
    /// Tried again after as long as it has been tried for already.
    fn is_due(&self, every: Duration) -> bool {
        self.tried.elapsed() >= (self.tried - self.since).clamp(RESTLESS_LOOK, every.max(RESTLESS_LOOK))
    }
}

/// What one look came to.
pub struct Look {
    pub folder: PathBuf,
    /// New, at rest, and to be read now, in the order in which they are true.
    pub due: Vec<Seen>,
    /// How many are new and not to be read yet.
    pub waiting: u64,
}

impl Watched {
    pub fn new(settings: &Settings, eye: &Arc<Eye>) -> Watched {
        Watched {
            stream: stream_of(settings, &eye.source),
            eye: eye.clone(),
            settling: Settling::default(),
            looked: None,
            restless: false,
            away: None,
            unopened: HashMap::new(),
            closed: BTreeSet::new(),
            told_closed: BTreeSet::new(),
        }
    }

    pub fn source(&self) -> &Source {
        &self.eye.source
    }

    pub fn eye(&self) -> &Arc<Eye> {
        &self.eye
    }

    pub fn until_next_look(&self, settings: &Settings) -> Duration {
        self.every(settings).saturating_sub(self.looked.map_or(Duration::MAX, |at| at.elapsed()))
    }

    fn every(&self, settings: &Settings) -> Duration {
        Duration::from_secs(self.source().poll_secs.unwrap_or(settings.intake.rescan_secs))
    }

    /// # Errors
    /// Those of the store. `None` where the source itself cannot be looked at: `away` says why.
    pub fn look(&mut self, office: &Office, vocabulary: &Vocabulary) -> Result<Option<Look>> {
        self.looked = Some(Instant::now());
        let mut found = match self.eye.look() {
            Ok(found) => found,
            Err(error) => {
                // A share that is away comes back; what is held of it stays.
                (self.away, self.restless) = (Some(error), false);
                return Ok(None);
            }
        };
        self.away = None;
        self.tell_closed(office, &found)?;
        forget_gone(office, &self.stream, &found)?;
        let known = known(office, &self.stream)?;
        let is_new = |seen: &Seen| known.get(&seen.rel_path) != Some(&(seen.bytes, reading::millis(seen.modified)));
        self.unopened.retain(|_, unopened| found.files.contains(&unopened.seen));
        let fresh = found.files.iter().filter(|seen| is_new(seen)).count() as u64;
        found.files.retain(|seen| is_new(seen) || self.unopened.contains_key(&seen.rel_path));
        let settings = office.settings();
        let settle = Duration::from_millis(settings.intake.settle_millis);
        let mut due = self.settling.still(&found, settle, Instant::now());
        let every = self.every(&settings);
        due.retain(|seen| self.unopened.get(&seen.rel_path).is_none_or(|unopened| unopened.is_due(every)));
        in_order(&mut due, office.today(), vocabulary);
        let waiting = fresh - due.iter().filter(|seen| is_new(seen)).count() as u64;
        self.restless = waiting > 0;
        Ok(Some(Look { folder: self.source().folder().to_owned(), due, waiting }))
    }

    /// A file was tried and did not open. Says whether that has to be told now.
    pub fn did_not_open(&mut self, seen: &Seen) -> bool {
        let now = Instant::now();
        let unopened = self.unopened.entry(seen.rel_path.clone()).or_insert_with(|| Unopened {
            seen: seen.clone(),
            since: now,
            tried: now,
            is_told: false,
        });
        unopened.tried = now;
        let tell = !unopened.is_told && now - unopened.since >= UNOPENED_MAX;
        unopened.is_told |= tell;
        self.restless |= !unopened.is_told;
        tell
    }

    /// Whether whoever read a file of it was left behind: then nothing of it is read before he is back.
    pub fn is_left(&mut self) -> bool {
        let is_left = self.eye.is_left();
        if is_left {
            (self.away, self.restless) = (Some(self.eye.late()), false);
        }
        is_left
    }

    /// A file that does not open, and is tried again and again.
    pub fn trying(&self) -> Option<&str> {
        if self.away.is_some() {
            return None;
        }
        self.unopened.iter().filter(|(_, unopened)| !unopened.is_told).map(|(path, _)| path.as_str()).min()
    }

    pub fn opened(&mut self, rel_path: &str) {
        self.unopened.remove(rel_path);
    }

    /// Names what two looks in a row could not look at, until a look can: nobody would miss what is in a closed folder.
    fn tell_closed(&mut self, office: &Office, found: &Scan) -> Result<()> {
        let closed: BTreeSet<String> = found.unreadable.iter().take(NOT_LOOKED_AT_MAX).cloned().collect();
        let opened: Vec<String> = self.told_closed.difference(&closed).cloned().collect();
        let new: Vec<String> =
            closed.intersection(&self.closed).filter(|p| !self.told_closed.contains(*p)).cloned().collect();
        if !opened.is_empty() || !new.is_empty() {
            let put = |writer: &Writer, path: &str, rows: &[QuarantineRow]| {
                writer.put_quarantine(office.area(), &self.stream, path, rows)
            };
            office.store.write(|writer| {
                opened.iter().try_for_each(|path| put(writer, path, &[]))?;
                new.iter().try_for_each(|path| put(writer, path, &[not_looked_at(office, &self.stream, path)]))
            })?;
        }
        self.told_closed.retain(|path| closed.contains(path));
        self.told_closed.extend(new);
        self.closed = closed;
        Ok(())
    }
}

fn not_looked_at(office: &Office, stream: &str, path: &str) -> QuarantineRow {
    QuarantineRow {
        id: 0,
        at: office.now_millis(),
        origin: office.area(),
        stream: stream.to_owned(),
        file: path.to_owned(),
        sheet: None,
        row: None,
        code: NOT_LOOKED_AT.to_owned(),
        detail: String::new(),
    }
}

/// The inbox has no name of its own; a configured source has a stream of its own.
pub fn stream_of(settings: &Settings, source: &Source) -> String {
    if source.path == settings.inbox() { String::new() } else { source.name.clone() }
}

/// What is in a source, by whoever can wait for it: see [`Eye`].
pub fn list(source: &Source) -> Result<Scan> {
    match source.kind {
        SourceKind::Folder => scan(&source.path),
        SourceKind::File => look_at(&source.path),
        // Its file may stand still while what is in it changes: the stamp tells.
        SourceKind::Sqlite => Ok(Scan { files: vec![seen_database(source)?], unreadable: Vec::new() }),
    }
}

/// A database as a look sees it: its stamp in the place of its size.
///
/// # Errors
/// Where it does not open: perhaps later it does.
pub fn seen_database(source: &Source) -> Result<Seen> {
    let stamp = reading::database(source)?
        .stamp()
        .map_err(|e| Error::new("looking at a database").at(&source.path).because(e))?;
    let rel_path = shown_name(source.path.file_name().unwrap_or_default());
    Ok(Seen { rel_path, bytes: stamp >> 1, modified: SystemTime::UNIX_EPOCH })
}

/// A file that is gone needs nobody's eye any more. One that was read is remembered: where the folder is empty it may only
/// be away, a mount point without its share, and all are the same files when it is back.
fn forget_gone(office: &Office, stream: &str, found: &Scan) -> Result<()> {
    let there: HashSet<&str> = found.files.iter().map(|seen| seen.rel_path.as_str()).collect();
    let sources = office.store.read(|view| view.sources())?;
    let of_stream = sources.into_iter().filter(|source| source.stream == stream);
    let (here, missing): (Vec<SourceRow>, Vec<SourceRow>) =
        of_stream.partition(|source| there.contains(source.path.as_str()));
    let back = paths(here, |source| source.gone);
    // Nothing is concluded from what is missing where not all could be looked at.
    let missing = if found.unreadable.is_empty() { missing } else { Vec::new() };
    let refused = paths(missing.clone(), |source| source.state == "quarantined");
    // Where other files are there, somebody took it out: nobody can release it any more.
    let is_out = |held: &Held| {
        !found.files.is_empty() && held.stream == stream && missing.iter().any(|source| source.path == held.file)
    };
    let held: Vec<Held> = office.store.read(|view| view.held(false))?.into_iter().filter(is_out).collect();
    let waits = |source: &SourceRow| held.iter().any(|held| held.file == source.path);
    let gone = paths(missing, |source| source.state != "quarantined" && (!source.gone || waits(source)));
    if back.is_empty() && refused.is_empty() && gone.is_empty() {
        return Ok(());
    }
    office.store.write(|writer| {
        held.iter().try_for_each(|held| writer.supersede_held(held.id))?;
        refused.iter().try_for_each(|path| writer.forget_refused(office.area(), stream, path))?;
        writer.note_gone(stream, &gone, !found.files.is_empty(), &back)?;
        writer.note_awaited()
    })
}

fn paths(sources: Vec<SourceRow>, which: impl Fn(&SourceRow) -> bool) -> Vec<String> {
    sources.into_iter().filter(which).map(|source| source.path).collect()
}

fn known(office: &Office, stream: &str) -> Result<HashMap<String, (u64, i64)>> {
    let sources = office.store.read(|view| view.sources())?;
    Ok(sources.into_iter().filter(|s| s.stream == stream).map(|s| (s.path, (s.bytes, s.modified))).collect())
}

/// Files that a look right now finds new, whether at rest or not: `status --wait` must not overtake the watcher.
pub fn unread_now(office: &Office) -> u64 {
    let settings = office.settings();
    let mut unread = 0;
    for eye in &office.eyes {
        let Ok(found) = eye.glance() else { continue };
        let Ok(known) = known(office, &stream_of(&settings, &eye.source)) else { continue };
        unread += found
            .files
            .iter()
            .filter(|seen| known.get(&seen.rel_path) != Some(&(seen.bytes, reading::millis(seen.modified))))
            .count() as u64;
    }
    unread
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Mode;

    #[test]
    fn a_file_that_does_not_open_is_tried_less_and_less_and_told_once() {
        let source = Source {
            name: "inbox".into(),
            kind: SourceKind::Folder,
            path: "/srv/inbox".into(),
            selection: None,
            list: None,
            area: None,
            mode: Mode::Snapshot,
            poll_secs: None,
        };
        let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
        let settings = Settings::parse(settings, std::path::Path::new("/srv/rosterd.toml")).unwrap();
        let mut watched = Watched::new(&settings, &Eye::new(&source, &Arc::default()));
        let seen = Seen { rel_path: "a.xls".into(), bytes: 1, modified: SystemTime::UNIX_EPOCH };
        assert!(!watched.did_not_open(&seen) && watched.restless);
        let of = |watched: &mut Watched, since: u64, tried: u64| {
            let unopened = watched.unopened.get_mut("a.xls").unwrap();
            (unopened.since, unopened.tried) = (ago(since), ago(tried));
            unopened.is_due(Duration::from_secs(60))
        };
        assert!(of(&mut watched, 12, 7) && !of(&mut watched, 12, 5), "as long as it was tried for");
        assert!(of(&mut watched, 5_000, 60) && !of(&mut watched, 5_000, 59), "as often as the folder is looked at");
        of(&mut watched, UNOPENED_MAX.as_secs(), 9);
        assert!(watched.did_not_open(&seen) && !watched.did_not_open(&seen), "told once");
        watched.restless = false;
        assert!(!watched.did_not_open(&seen) && !watched.restless, "nobody waits for it any more");
        watched.opened("a.xls");
        assert!(!watched.did_not_open(&seen) && watched.restless, "another time is another time");
    }

    fn ago(secs: u64) -> Instant {
        Instant::now() - Duration::from_secs(secs)
    }
}
