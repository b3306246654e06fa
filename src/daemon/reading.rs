//! One file or query, from bytes to entries: is it new at all, can it be read, what does it change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::eye::Eye;
use super::neighbours;
use super::office::Office;
use super::pass::{self, Gather, Manner, Outcome, ingest};
use super::watched::stream_of;
use crate::domain::{Area, List};
use crate::error::{Context as _, Error, Result};
use crate::intake::{
    self, Context, DatabaseSource, Errand, Feed, FileReport, Kind, Limits, Places, RefusalCode, Unreadable, Vocabulary,
    watch::Seen,
};
use crate::settings::{Mode, Selection, Settings, Source, SourceKind};
use crate::store::{QuarantineRow, SourceRow, Writer};

/// One file to read.
pub struct Reading<'a> {
    pub office: &'a Office,
    pub vocabulary: &'a Vocabulary,
    pub limits: Limits,
    pub stream: &'a str,
    pub source: &'a Source,
    /// Looks at the source that it lies in; `None` of a file that came from elsewhere.
    pub eye: Option<&'a Eye>,
    pub rel_path: &'a str,
    pub path: PathBuf,
    /// The watched folder that `rel_path` is of.
    pub folder: PathBuf,
    pub seen: &'a Seen,
}

/// Milliseconds since 1970, for comparing a file's time with what was kept of it.
pub fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    }
}

/// What became of a file that was to be read.
pub enum Read {
    /// It was taken, held or quarantined: there is nothing more to do with it as it is.
    Done,
    /// It has to be looked at again: it changed meanwhile, or is gone.
    Again,
    /// It is there and does not open, or is in use: perhaps later.
    NotYet(Unreadable),
}

/// Reads the file and writes what it changes.
///
/// # Errors
/// Only those of the store. What is wrong with the file goes into quarantine.
pub fn read(reading: &Reading) -> Result<Read> {
    let office = reading.office;
    // Whoever waits for a turn does not wait for a share to give its first answer.
    let (content, hash) = match reading.open() {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Read::Again),
        Err(error) => return Ok(Read::NotYet(error.into())),
    };
    let _turn = office.turn_to_take();
    let known = office.store.read(|view| view.source(reading.stream, reading.rel_path))?;
    if known.as_ref().is_some_and(|known| known.hash.is_some() && reading.is_of(known)) {
        // An import took it while this waited for its turn. One that never opened is tried again as it is.
        return Ok(Read::Done);
    }
    let is_settled = |known: &SourceRow| ["read", "rejected"].contains(&known.state.as_str());
    if let Some(known) = known.filter(|known| known.hash == Some(hash) && is_settled(known)) {
        // Exported again without a change: that is news of a kind, and no work. Of a file that a person rejected it is none.
        let row = reading.row(Some(hash), &known.state, known.lists.clone(), known.lines);
        office.store.write(|writer| {
            writer.put_source(&row)?;
            if known.state == "rejected" {
                return Ok(());
            }
            writer.confirm_snapshots(
                reading.stream,
                reading.rel_path,
                office.area(),
                office.today(),
                office.now_millis(),
            )
        })?;
        return Ok(Read::Done);
    }
    let setting = office.setting();
    let manner = reading.manner(hash, false, None);
    let places = reading.places()?;
    let taken = ingest(
        &office.store,
        &setting,
        &manner,
        |gather| {
            let report = reading.pour(content, &places, gather)?;
            if reading.is_unchanged() { Ok(report) } else { Err(GivenUp::Changed) }
        },
        &mut |writer, report: &FileReport, outcome| reading.keep(writer, hash, report.lines, outcome),
    )?;
    match taken {
        Ok((report, outcome)) => {
            tell(reading, &report, &outcome);
            Ok(Read::Done)
        }
        Err(GivenUp::Changed) => {
            tracing::info!(file = reading.shown(), "the file changed while it was read");
            Ok(Read::Again)
        }
        Err(GivenUp::Unreadable(unreadable)) if unreadable.transient => Ok(Read::NotYet(unreadable)),
        Err(GivenUp::Unreadable(unreadable)) => {
            reading.quarantine(Some(hash), &unreadable)?;
            Ok(Read::Done)
        }
    }
}

/// Where the lines come from.
enum Content {
    File(Feed),
    Database(DatabaseSource, Arc<Errand>),
}

/// Why nothing of a file was taken.
enum GivenUp {
    Unreadable(Unreadable),
    /// Somebody is still writing it.
    Changed,
}

impl From<Unreadable> for GivenUp {
    fn from(unreadable: Unreadable) -> GivenUp {
        GivenUp::Unreadable(unreadable)
    }
}

/// Reads a file for the verb `import`: now, and with `dry_run` only to tell. One that cannot be read goes into quarantine
/// too. `released`: see `Manner`.
pub fn import(reading: &Reading, dry_run: bool, released: Option<(List, Area)>) -> Result<Result<Outcome, Unreadable>> {
    let office = reading.office;
    if !dry_run {
        office.room.must_do()?;
    }
    let (content, hash) = reading.open().or_say_at("reading the file", &reading.path)?;
    let _turn = (!dry_run).then(|| office.turn_to_take());
    let setting = office.setting();
    let manner = reading.manner(hash, dry_run, released);
    let places = reading.places()?;
    let taken = ingest(
        &office.store,
        &setting,
        &manner,
        |gather| reading.pour(content, &places, gather),
        &mut |writer, report: &FileReport, outcome| {
            if dry_run {
                return Ok(());
            }
            reading.keep(writer, hash, report.lines, outcome)
        },
    )?;
    if let Err(unreadable) = &taken
        && !dry_run
        && !unreadable.transient
    {
        reading.quarantine(Some(hash), unreadable)?;
    }
    Ok(taken.map(|(_, outcome)| outcome))
}

impl Reading<'_> {
    /// Notes what came of the file, in the transaction that took it.
    fn keep(&self, writer: &Writer, hash: [u8; 32], lines: u64, outcome: &Outcome) -> Result<()> {
        let state = if outcome.scopes.iter().any(|scope| scope.held) { "held" } else { "read" };
        if self.is_watched() {
            writer.put_source(&self.row(Some(hash), state, lists(outcome), lines))?;
        } else {
            // It took the place of the one of its name in the folder.
            writer.read_again_if_dropped(self.stream, self.rel_path)?;
        }
        if outcome.is_held() && writer.counts(self.office.area(), self.stream, self.rel_path)? {
            // What stands there is of its last reading, which counts on.
            return Ok(());
        }
        writer.put_quarantine(self.office.area(), self.stream, self.rel_path, &refusals(self, outcome))?;
        if self.source.mode == Mode::Append {
            return Ok(());
        }
        RefusalCode::NOTES.iter().try_for_each(|code| writer.forget_notes(self.office.area(), &code_of(*code)))
    }

    /// Puts the whole file into quarantine. One that came from elsewhere stands there until one of its name is taken: no
    /// folder shows that it is gone. `hash` is `None` for one that was never read whole.
    pub fn quarantine(&self, hash: Option<[u8; 32]>, unreadable: &Unreadable) -> Result<()> {
        let (code, detail) = (unreadable.code.as_str(), &unreadable.detail);
        tracing::warn!(file = self.shown(), code, detail, "file quarantined");
        let row = self.quarantined(None, None, code, detail);
        self.office.store.write(|writer| {
            if self.is_watched() {
                // What it was by its last reading somebody may still wait for.
                let lists = writer.source(self.stream, self.rel_path)?.map(|known| known.lists).unwrap_or_default();
                writer.put_source(&self.row(hash, "quarantined", lists, 0))?;
                writer.note_awaited()?;
            }
            writer.put_quarantine(self.office.area(), self.stream, self.rel_path, &[row])
        })
    }

    /// The file's name for the log of the service.
    fn shown(&self) -> String {
        intake::shown_file(self.rel_path, self.vocabulary)
    }

    /// Whether a look at the folder sees it. Of one that came from elsewhere nothing is noted as of a watched file: the one
    /// of its name in the folder would count as changed, and be read over it.
    fn is_watched(&self) -> bool {
        self.path.starts_with(&self.folder)
    }

    /// What this office and those below it are called, and what its own word files call areas.
    fn places(&self) -> Result<Places> {
        let names = self.office.store.read(|view| neighbours::names(view, self.office))?;
        Ok(Places::new(names, self.vocabulary))
    }

    /// What is to be read, with its hash: blake3 of the content, of a database of the stamp of what is in it.
    ///
    /// # Errors
    /// Where it does not read to its end, or gives no answer.
    fn open(&self) -> io::Result<(Content, [u8; 32])> {
        let errand = errand(self.eye)?;
        Ok(match database(self.source) {
            Ok(database) => {
                let hash = *blake3::hash(&self.seen.bytes.to_le_bytes()).as_bytes();
                (Content::Database(database, errand), hash)
            }
            Err(_) => {
                let mut file = Feed::open(&self.path, errand)?;
                let hash = file.hash()?;
                (Content::File(file), hash)
            }
        })
    }

    fn pour(&self, content: Content, places: &Places, sink: &mut Gather) -> Result<FileReport, Unreadable> {
        let today = self.office.today();
        let context = Context {
            vocabulary: self.vocabulary,
            places,
            limits: &self.limits,
            node_area: self.office.area(),
            list: self.source.list,
            area: self.source.area,
            rel_path: self.rel_path,
            saved: self.seen.saved_on(today),
            today,
        };
        match content {
            Content::Database(database, errand) => intake::read_database(&database, &context, errand, sink),
            Content::File(file) => intake::read_feed(file, &self.path, &context, sink),
        }
    }

    /// Whether what was noted of the file is of it as it was seen.
    fn is_of(&self, known: &SourceRow) -> bool {
        known.bytes == self.seen.bytes && known.modified == millis(self.seen.modified)
    }

    fn is_unchanged(&self) -> bool {
        self.source.kind == SourceKind::Sqlite
            || kind(self.eye, &self.path)
                .is_ok_and(|kind| (kind.bytes, kind.modified) == (self.seen.bytes, Some(self.seen.modified)))
    }

    fn manner(&self, hash: [u8; 32], dry_run: bool, released: Option<(List, Area)>) -> Manner {
        let settings = self.office.settings();
        let guard = settings.guard;
        Manner {
            stream: self.stream.to_owned(),
            file: self.rel_path.to_owned(),
            folder: self.folder.clone(),
            hash,
            append: self.source.mode == Mode::Append || intake::tells_of_ends(self.rel_path, self.vocabulary),
            released,
            dry_run,
            guard: pass::Guard {
                removed_share_max: guard.removed_share_max,
                removed_lines_floor: guard.removed_lines_floor,
            },
            parts: self.vocabulary.parts.clone(),
            streams: settings.sources.iter().map(|source| stream(&settings, source)).collect(),
        }
    }

    fn row(&self, hash: Option<[u8; 32]>, state: &str, lists: Vec<List>, lines: u64) -> SourceRow {
        SourceRow {
            stream: self.stream.to_owned(),
            path: self.rel_path.to_owned(),
            bytes: self.seen.bytes,
            modified: millis(self.seen.modified),
            hash,
            read_at: hash.map(|_| self.office.now_millis()),
            state: state.to_owned(),
            lists,
            lines,
            gone: false,
        }
    }

    fn quarantined(&self, sheet: Option<String>, row: Option<u32>, code: &str, detail: &str) -> QuarantineRow {
        QuarantineRow {
            id: 0,
            at: self.office.now_millis(),
            origin: self.office.area(),
            stream: self.stream.to_owned(),
            file: self.rel_path.to_owned(),
            sheet,
            row,
            code: code.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

fn stream(settings: &Settings, source: &Source) -> pass::Stream {
    pass::Stream { name: stream_of(settings, source), folder: source.folder().to_owned() }
}

/// The query of a database source.
///
/// # Errors
/// Where the source is none.
pub fn database(source: &Source) -> Result<DatabaseSource> {
    if source.kind != SourceKind::Sqlite {
        return Err(Error::new("not a database"));
    }
    let (query, table) = match &source.selection {
        Some(Selection::Query(query)) => (Some(query.clone()), None),
        Some(Selection::Table(table)) => (None, Some(table.clone())),
        None => (None, None),
    };
    Ok(DatabaseSource { path: source.path.clone(), query, table })
}

fn lists(outcome: &Outcome) -> Vec<List> {
    let mut lists: Vec<List> = outcome.scopes.iter().map(|scope| scope.list).collect();
    lists.sort_unstable();
    lists.dedup();
    lists
}

/// The code of a line that is not taken, as it is stored and told.
pub fn code_of(code: intake::RefusalCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn refusals(reading: &Reading, outcome: &Outcome) -> Vec<QuarantineRow> {
    let mut rows: Vec<QuarantineRow> =
        outcome.told().map(|r| reading.quarantined(r.sheet.clone(), r.row, &code_of(r.code), &r.detail)).collect();
    let missing = outcome.missing.iter().map(|at| pass::missing_detail(*at));
    rows.extend(missing.map(|detail| reading.quarantined(None, None, pass::AREA_MISSING, &detail)));
    rows.extend(outcome.scopes.iter().filter_map(|scope| {
        let older = scope.outdated.as_ref()?;
        let detail = format!(
            "{} {}: {}; {}: {}",
            scope.list.as_str(),
            scope.area,
            older.stated_on,
            older.newer_file,
            older.newer_on
        );
        Some(reading.quarantined(scope.sheet.clone(), None, "older-than-known", &detail))
    }));
    rows
}

fn tell(reading: &Reading, report: &FileReport, outcome: &Outcome) {
    let sum = |of: fn(&pass::ScopeOutcome) -> u64| outcome.scopes.iter().map(of).sum::<u64>();
    tracing::info!(
        file = reading.shown(),
        lines = report.lines,
        created = sum(|s| s.created),
        updated = sum(|s| s.updated),
        removed = sum(|s| s.removed),
        refused = outcome.not_taken(),
        held = outcome.scopes.iter().filter(|s| s.held).count(),
        "file read"
    );
}

/// # Errors
/// Where somebody is still out at the source who was not waited for any more.
fn errand(eye: Option<&Eye>) -> io::Result<Arc<Errand>> {
    eye.map_or_else(|| Ok(Arc::default()), Eye::errand)
}

/// What a file is now; `eye` looks at the source that it lies in.
///
/// # Errors
/// Where it does not open, or gives no answer.
pub fn kind(eye: Option<&Eye>, path: &Path) -> io::Result<Kind> {
    Feed::open(path, errand(eye)?).map(|file| file.kind())
}
