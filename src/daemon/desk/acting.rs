//! Verbs that change something here.

use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::control::requests as ask;
use super::super::control::spool::Spooled;
use super::super::control::{Content, Exit, Frame};
use super::super::logbook::queue;
use super::super::pass::{Outcome, ScopeOutcome};
use super::super::present::Presenter;
use super::super::reading::{self, Reading};
use super::super::run::lock;
use super::super::watched::stream_of;
use super::holding::{doubt, folder_of};
use super::{FrontDesk, Live, Out, row};
use crate::daemon::backups;
use crate::daemon::office::PAUSED;
use crate::domain::date::office_time;
use crate::error::{Context, Error, Result};
use crate::intake::Refusal;
use crate::intake::watch::Seen;
use crate::settings::file_name::shown_name;
use crate::settings::{Mode, Settings, Source, SourceKind};
use crate::store::{self, Decision, DecisionKind, Home, NOTE_CHARS_MAX, Store, StoreKey, Transition};

/// Lines not taken that `import` shows of one file; all of them stand in quarantine.
const PROBLEMS_MAX: usize = 20;

impl FrontDesk {
    /// The store to write to: the daemon's, or one opened for this moment.
    pub(super) fn writing_store(&self) -> Result<StoreHandle> {
        if self.live.is_some() {
            return Ok(StoreHandle::Shared(self.office.clone()));
        }
        let settings = self.office.settings();
        let store = Store::open(Home::of(&settings)?, settings.area)?;
        Ok(StoreHandle::Own(Box::new(store)))
    }

    pub(super) fn decide(&self, args: &ask::Decide, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        if args.note.chars().count() > NOTE_CHARS_MAX {
            return Err(Error::new(format!("a note has at most {NOTE_CHARS_MAX} characters")));
        }
        let made = Decision {
            seq: 0,
            author: office.area(),
            kind: DecisionKind::Finding,
            subject: args.finding.to_string(),
            verdict: args.disposition.as_str().to_owned(),
            note: args.note.clone(),
            at: office.now_millis(),
            basis: None,
        };
        let is_new = office.store.write(|writer| {
            if writer.finding(args.finding)?.is_none() && writer.told(args.finding)?.is_none() {
                return Ok(None);
            }
            let basis = writer.basis_of(args.finding)?;
            let last = writer.decisions_about(made.kind, &made.subject)?.into_iter().next();
            if last.is_some_and(|last| says_the_same(&last, &made, basis)) {
                return Ok(Some(false));
            }
            let at = writer.decision_time(made.kind, &made.subject, made.at)?;
            writer.put_decision(&Decision { at, basis, ..made.clone() }, false)?;
            queue(writer, &[(Transition::Decided, args.finding)], office)?;
            Ok(Some(true))
        })?;
        let Some(is_new) = is_new else {
            return Err(Error::new(format!("there is no finding '{}'", args.finding))
                .hint("'rosterd findings --all' lists them"));
        };
        if is_new {
            live.logbook.drain(office)?;
            live.parent.announce();
            live.link.wake();
        }
        office.store.read(|view| {
            let mut presenter = Presenter::new(view, office)?;
            if let Some(mut shown) = presenter.finding_here(args.finding)? {
                if !is_new {
                    shown["already"] = json!(true);
                }
                row(out, &shown)?;
            }
            Ok(Exit::Done)
        })
    }

    /// A file of a watched folder is read there, under the name it has there; another came with the request, and is
    /// taken as if it had been dropped into the first folder.
    pub(super) fn import(&self, args: &ask::Import, received: Option<&Spooled>, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        let settings = office.settings();
        let path = received.map_or(args.file.as_path(), Spooled::path);
        let watched = settings.watched(&args.file);
        let eye = watched.as_ref().and_then(|(source, _)| office.eye_of(&source.path));
        let kind = reading::kind(eye, path).or_say_at("reading the file", &args.file)?;
        let seen = Seen {
            rel_path: match &watched {
                Some((_, inside)) => inside.clone(),
                None => shown_name(args.file.file_name().unwrap_or_default()),
            },
            bytes: kind.bytes,
            modified: kind.modified.unwrap_or(SystemTime::UNIX_EPOCH),
        };
        let folder = watched.map(|(source, _)| source).or_else(|| settings.folders().next());
        let stream = folder.map(|source| stream_of(&settings, source)).unwrap_or_default();
        let source = Source {
            name: String::new(),
            kind: SourceKind::File,
            path: path.to_owned(),
            selection: None,
            list: args.list.or_else(|| folder?.list),
            area: args.area.or_else(|| folder?.area),
            mode: folder.map_or(Mode::Snapshot, |source| source.mode),
            poll_secs: None,
        };
        out(Frame::progress(0, 0, "read"));
        let reading = self.reading_of(live, &settings, &stream, &source, &seen, path.to_owned());
        let outcome = reading::import(&reading, args.dry_run, None)?;
        self.tell_import(&seen.rel_path, outcome, args.dry_run, out)
    }

    pub(super) fn reading_of<'a>(
        &'a self,
        live: &'a Live,
        settings: &Settings,
        stream: &'a str,
        source: &'a Source,
        seen: &'a Seen,
        path: std::path::PathBuf,
    ) -> Reading<'a> {
        let folder = folder_of(settings, stream);
        Reading {
            office: &self.office,
            vocabulary: &live.vocabulary,
            limits: settings.intake.clone(),
            stream,
            source,
            // One that was sent lies in the spool.
            eye: path.starts_with(&folder).then(|| self.office.eye_of(&folder)).flatten(),
            rel_path: &seen.rel_path,
            path,
            folder,
            seen,
        }
    }

    pub(super) fn tell_import(
        &self,
        file: &str,
        outcome: Result<Outcome, crate::intake::Unreadable>,
        dry_run: bool,
        out: Out,
    ) -> Result<Exit> {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(unreadable) => {
                let what = self.office.text.problem(unreadable.code.as_str(), &unreadable.detail);
                return Err(Error::new(what).at(Path::new(file)));
            }
        };
        if !dry_run {
            self.office.changed();
        }
        // A rehearsal that tells what would happen is done; a file that waits for a person is not.
        let mut exit = Exit::Done;
        let mut problems: Vec<Value> = outcome.told().take(PROBLEMS_MAX).map(|refusal| self.problem(refusal)).collect();
        for scope in &outcome.scopes {
            let doubt = doubt(&self.office.text, scope.doubts.changes, scope.doubts.revives, scope.lines);
            if let Some((code, text)) = doubt {
                problems.push(json!({"sheet": scope.sheet, "row": null, "code": code, "detail": null, "text": text}));
            } else if let Some(other) = &scope.other_file {
                let code = if scope.picks { "names-some" } else { "other-file" };
                let text = self.office.text.say_with(&format!("say-held-{code}"), &[("file", &file), ("other", other)]);
                problems.push(json!({"sheet": scope.sheet, "row": null, "code": code, "detail": other, "text": text}));
            }
            let state = match (scope.held, dry_run) {
                _ if scope.outdated.is_some() => "outdated",
                (true, true) => "would-hold",
                (true, false) => "held",
                (false, true) => "would-take",
                (false, false) => "taken",
            };
            if (scope.held || scope.outdated.is_some()) && !dry_run {
                exit = Exit::Failed;
            }
            // The lines that are not taken stand with the first list of the file.
            let problems = std::mem::take(&mut problems);
            row(out, &scope_row(file, scope, outcome.not_taken(), state, problems))?;
        }
        if outcome.scopes.is_empty() {
            exit = Exit::Failed;
            row(
                out,
                &json!({"file": file, "sheet": null, "list": null, "area": null, "lines": 0, "created": 0,
                        "updated": 0, "removed": 0, "unchanged": 0, "refused": outcome.not_taken(),
                        "problems": problems, "state": "refused"}),
            )?;
        }
        Ok(exit)
    }

    /// A line that is not taken, and why.
    fn problem(&self, refusal: &Refusal) -> Value {
        let code = reading::code_of(refusal.code);
        json!({"sheet": refusal.sheet, "row": refusal.row, "code": code, "detail": refusal.detail,
               "text": self.office.text.problem(&code, &refusal.detail)})
    }

    /// Kept in the store: a machine that is switched off meanwhile does not go on by itself.
    pub(super) fn pause(&self, paused: bool) -> Result<Exit> {
        let live = self.live()?;
        self.office.store.write(|writer| writer.put_meta_u64(PAUSED, paused.into()))?;
        self.office.pause(paused);
        live.link.pause(paused);
        if !paused {
            live.link.wake();
        }
        Ok(Exit::Done)
    }

    /// The daemon copies into its spool and gives the copy away; without one the copy is written where it belongs.
    pub(super) fn backup(&self, args: &ask::Backup, out: Out) -> Result<Exit> {
        let spooled = match self.live {
            Some(_) => Some(Spooled::new(&self.office.settings().data_dir())?),
            None => None,
        };
        let copy = spooled.as_ref().map_or(args.file.as_path(), Spooled::path);
        let mut progress = |done, total| out(Frame::progress(done, total, "backup"));
        let entries = backups::copy(&self.office, copy, args.prove, &mut progress)?;
        let bytes = std::fs::metadata(copy).or_say_at("looking at the backup", copy)?.len();
        if let Some(spooled) = spooled {
            out(Frame::File(Content::of(spooled)?));
        }
        let shown =
            json!({"file": args.file, "bytes": bytes, "entries": entries, "verified": true, "proved": args.prove});
        row(out, &shown)?;
        Ok(Exit::Done)
    }

    pub(super) fn backup_report(&self, args: &ask::BackupReport) -> Result<Exit> {
        let outcome = match (&args.file, &args.error) {
            (Some(file), None) => Ok(file.as_str()),
            (_, why) => Err(why.as_deref().unwrap_or_default()),
        };
        let now = self.office.now_millis();
        self.writing_store()?.write(|writer| backups::note(writer, now, outcome))?;
        self.office.changed();
        Ok(Exit::Done)
    }

    /// Puts a copy in the place of the store, under a new epoch: the parent notices and compares.
    pub(super) fn restore(&self, args: &ask::Restore, out: Out) -> Result<Exit> {
        let settings = self.office.settings();
        let _alone = lock(&settings.data_dir())?;
        let stamp = office_time(self.office.now()).strftime("%Y%m%d-%H%M%S").to_string();
        let (entries, kept) = Store::restore(&Home::of(&settings)?, &args.file, settings.area, &stamp)?;
        give_to_the_service(&settings)?;
        row(out, &json!({"file": args.file, "entries": entries, "kept": kept}))?;
        Ok(Exit::Done)
    }

    /// Writes the store anew under the key of the settings.
    pub(super) fn rekey(&self, args: &ask::Rekey, out: Out) -> Result<Exit> {
        let settings = self.office.settings();
        if !store::can_encrypt() {
            return Err(Error::new("this build of rosterd cannot encrypt")
                .hint("use the packaged rosterd, or build with --features sqlcipher"));
        }
        let _alone = lock(&settings.data_dir())?;
        if !settings.store_file().exists() {
            return Err(Error::new("there is no store yet")
                .at(settings.store_file())
                .hint("its first start encrypts it"));
        }
        let old = args.old_key.as_deref().map(StoreKey::read).transpose()?;
        let home = Store::rekey(&settings, old)?;
        let entries = Store::open_read_only(home)?.read(|view| view.totals())?.entries;
        give_to_the_service(&settings)?;
        row(out, &json!({"file": settings.store_file(), "key_file": settings.key_file, "entries": entries}))?;
        Ok(Exit::Done)
    }
}

/// Whether an office decides what it decided last, in the same words and on the same `basis`.
fn says_the_same(last: &Decision, made: &Decision, basis: Option<i64>) -> bool {
    (last.author, &last.verdict, &last.note) == (made.author, &made.verdict, &made.note)
        && (basis.is_none() || last.basis == basis)
}

/// Root put the store there, or its key: they belong to the account that the data folder belongs to, or it could not
/// open them.
fn give_to_the_service(settings: &Settings) -> Result<()> {
    // SAFETY: geteuid has no preconditions and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(());
    }
    let giving = "giving the store to the service";
    let data = settings.data_dir();
    let owner = std::fs::metadata(&data).or_say_at(giving, &data)?;
    let mut files = vec![data.join("lock")];
    files.extend(settings.key_file.clone());
    for ending in ["", "-wal", "-shm"] {
        let mut file = settings.store_file().into_os_string();
        file.push(ending);
        files.push(file.into());
    }
    for file in files.iter().filter(|file| file.exists()) {
        lchown(file, Some(owner.uid()), Some(owner.gid())).or_say_at(giving, file)?;
    }
    Ok(())
}

/// A store to write to for one verb.
pub(super) enum StoreHandle {
    Shared(std::sync::Arc<super::super::office::Office>),
    Own(Box<Store>),
}

impl std::ops::Deref for StoreHandle {
    type Target = Store;
    fn deref(&self) -> &Store {
        match self {
            StoreHandle::Shared(office) => &office.store,
            StoreHandle::Own(store) => store,
        }
    }
}

fn scope_row(file: &str, scope: &ScopeOutcome, refused: usize, state: &str, problems: Vec<Value>) -> Value {
    json!({"file": file, "sheet": scope.sheet, "list": scope.list, "area": scope.area, "lines": scope.lines,
           "created": scope.created, "updated": scope.updated, "removed": scope.removed, "unchanged": scope.unchanged,
           "refused": refused, "problems": problems, "state": state})
}
