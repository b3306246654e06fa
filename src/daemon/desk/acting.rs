//! Verbs that change something here.

use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;

use super::super::control::requests::{self as ask, HeldAction};
use super::super::control::{Exit, Frame};
use super::super::pass::{Outcome, ScopeOutcome};
use super::super::present::Presenter;
use super::super::reading::{self, Reading};
use super::super::run::lock;
use super::super::worker::{limits, stream_of};
use super::looking::held_row;
use super::{FrontDesk, Live, Out, row};
use crate::error::{Context, Error, Result};
use crate::intake::watch::Seen;
use crate::settings::{Mode, Settings, Source, SourceKind};
use crate::store::{self, Decision, DecisionKind, Held, Home, Store, StoreKey, Transition};

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
        let made = Decision {
            seq: 0,
            author: office.area(),
            kind: DecisionKind::Finding,
            subject: args.finding.to_string(),
            verdict: args.disposition.as_str().to_owned(),
            note: args.note.clone(),
            at: office.now_millis(),
        };
        let found = office.store.write(|writer| {
            let told = writer.notices()?.into_iter().any(|(id, _)| id == args.finding);
            if !told && writer.finding(args.finding)?.is_none() {
                return Ok(false);
            }
            let at = writer.decision_time(made.kind, &made.subject, made.at)?;
            writer.put_decision(&Decision { at, ..made.clone() }, false)?;
            live.logbook.queue(writer, &[(Transition::Decided, args.finding)], office)?;
            Ok(true)
        })?;
        if !found {
            return Err(
                Error::new(format!("there is no finding {}", args.finding)).hint("'rosterd findings --all' lists them")
            );
        }
        live.logbook.drain(office)?;
        live.parent.announce();
        live.link.wake();
        office.store.read(|view| {
            if let Some(finding) = view.finding(args.finding)? {
                let mut presenter = Presenter::new(view, &office.text, office.today());
                row(out, &presenter.finding(&finding)?)?;
            }
            Ok(Exit::Done)
        })
    }

    pub(super) fn import(&self, args: &ask::Import, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        let settings = office.settings();
        let meta = std::fs::metadata(&args.file).or_say_at("reading the file", &args.file)?;
        let seen = Seen {
            rel_path: named(&settings, &args.file),
            bytes: meta.len(),
            modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        };
        let source = Source {
            name: String::new(),
            kind: SourceKind::File,
            path: args.file.clone(),
            selection: None,
            list: args.list,
            area: args.area,
            mode: Mode::Snapshot,
            poll_secs: None,
        };
        out(Frame::progress(0, 0, "read"));
        let reading = self.reading_of(live, &settings, "", &source, &seen, args.file.clone());
        let outcome = reading::import(&reading, args.dry_run, false)?;
        self.tell_import(&seen.rel_path, outcome, args.dry_run, out)
    }

    fn reading_of<'a>(
        &'a self,
        live: &'a Live,
        settings: &Settings,
        stream: &'a str,
        source: &'a Source,
        seen: &'a Seen,
        path: std::path::PathBuf,
    ) -> Reading<'a> {
        Reading {
            office: &self.office,
            vocabulary: &live.vocabulary,
            limits: limits(settings),
            stream,
            source,
            rel_path: &seen.rel_path,
            path,
            seen,
        }
    }

    fn tell_import(
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
        self.office.changed();
        let mut exit = Exit::Done;
        for scope in &outcome.scopes {
            let state = match (scope.held, dry_run) {
                (true, true) => "would-hold",
                (true, false) => "held",
                (false, true) => "would-take",
                (false, false) => "taken",
            };
            if scope.held {
                exit = Exit::Failed;
            }
            row(out, &scope_row(file, scope, outcome.refused.len(), state))?;
        }
        Ok(exit)
    }

    pub(super) fn settle_held(&self, args: &ask::SettleHeld, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        let nobody =
            || Error::new(format!("nothing is held under {}", args.id)).hint("'rosterd held' lists what waits");
        let id: i64 = args.id.parse().map_err(|_| nobody())?;
        let state = match args.action {
            HeldAction::Release => "released",
            HeldAction::Reject => "rejected",
        };
        let held = office.store.write(|writer| writer.decide_held(id, state))?.ok_or_else(nobody)?;
        row(out, &held_row(&held))?;
        if args.action == HeldAction::Release {
            self.take_released(live, &held, out)?;
        }
        office.changed();
        Ok(Exit::Done)
    }

    /// Reads the file of a released snapshot again: the release is for the content that was looked at.
    fn take_released(&self, live: &Live, held: &Held, out: Out) -> Result<()> {
        let settings = self.office.settings();
        let source = settings.sources.iter().find(|s| stream_of(&settings, s) == held.stream);
        let folder = match source {
            Some(source) if source.kind == SourceKind::Folder => source.path.clone(),
            Some(source) => source.path.parent().map(Path::to_owned).unwrap_or_default(),
            None => settings.inbox(),
        };
        let path = folder.join(&held.file);
        let meta = std::fs::metadata(&path).map_err(|e| {
            Error::new("the file that was held is not there any more")
                .at(&path)
                .because(e)
                .hint("drop it again: it is taken then")
        })?;
        let seen = Seen {
            rel_path: held.file.clone(),
            bytes: meta.len(),
            modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        };
        let inbox = Source {
            name: String::new(),
            kind: SourceKind::Folder,
            path: folder,
            selection: None,
            list: None,
            area: None,
            mode: Mode::Snapshot,
            poll_secs: None,
        };
        let source = source.unwrap_or(&inbox);
        let reading = self.reading_of(live, &settings, &held.stream, source, &seen, path);
        let outcome = reading::import(&reading, false, false)?;
        self.tell_import(&held.file, outcome, false, &mut |frame| match frame {
            // The one row of this verb is the snapshot that was held.
            Frame::Row(_) => true,
            other => out(other),
        })
        .map(|_| ())
    }

    pub(super) fn pause(&self, paused: bool) -> Result<Exit> {
        let live = self.live()?;
        self.office.pause(paused);
        live.link.pause(paused);
        if !paused {
            live.link.wake();
        }
        Ok(Exit::Done)
    }

    pub(super) fn backup(&self, args: &ask::Backup, out: Out) -> Result<Exit> {
        self.office.store.backup(&args.file, &mut |done, total| {
            out(Frame::progress(done, total, "backup"));
        })?;
        let bytes = std::fs::metadata(&args.file).or_say_at("looking at the backup", &args.file)?.len();
        let entries = self.office.store.read(|view| view.totals())?.entries;
        row(out, &json!({"file": args.file, "bytes": bytes, "entries": entries, "verified": true}))?;
        Ok(Exit::Done)
    }

    /// Puts a copy in the place of the store, under a new epoch: the parent notices and compares.
    pub(super) fn restore(&self, args: &ask::Restore, out: Out) -> Result<Exit> {
        let settings = self.office.settings();
        let _alone = lock(&settings.data_dir())?;
        let stamp = self.office.now().strftime("%Y%m%d-%H%M%S").to_string();
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

/// A file inside the inbox is the one the watcher reads, under the same name.
fn named(settings: &Settings, file: &Path) -> String {
    match file.strip_prefix(settings.inbox()) {
        Ok(inside) => inside.to_string_lossy().replace('\\', "/"),
        Err(_) => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

fn scope_row(file: &str, scope: &ScopeOutcome, refused: usize, state: &str) -> serde_json::Value {
    json!({"file": file, "sheet": scope.sheet, "list": scope.list, "area": scope.area, "lines": scope.lines,
           "created": scope.created, "updated": scope.updated, "removed": scope.removed, "unchanged": scope.unchanged,
           "refused": refused, "state": state})
}
