//! Snapshots that wait for a person: why, and what becomes of them.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::control::requests::{self as ask, HeldAction};
use super::super::control::{Exit, Frame};
use super::super::pass::{ScopeOutcome, other_file};
use super::super::reading;
use super::super::watched::{seen_database, stream_of};
use super::looking::instant;
use super::{FrontDesk, Live, Out, row};
use crate::error::{Error, Result};
use crate::intake::watch::Seen;
use crate::report::text::Text;
use crate::settings::file_name::real_path;
use crate::settings::{Mode, Settings, Source, SourceKind};
use crate::store::{Held, SnapshotKey, View};

/// The folder that the files of a stream lie in.
pub(super) fn folder_of(settings: &Settings, stream: &str) -> PathBuf {
    let source = settings.sources.iter().find(|source| stream_of(settings, source) == stream);
    source.map_or_else(|| settings.inbox(), |source| source.folder().to_owned())
}

/// Why a file waits of which so many of its `lines` say what is rather a mistake of the table: the code, and the sentence.
pub(super) fn doubt(text: &Text, changed: u64, revived: u64, lines: u64) -> Option<(&'static str, String)> {
    match (changed, revived) {
        (0, 0) => None,
        (0, _) => Some(("revives-many", text.say_with("say-held-revives-many", &[("revived", &revived)]))),
        _ => {
            let counts: [(&str, &dyn Display); 2] = [("changed", &changed), ("lines", &lines)];
            Some(("changes-much", text.say_with("say-held-changes-much", &counts)))
        }
    }
}

impl FrontDesk {
    pub(super) fn held(&self, out: Out) -> Result<Exit> {
        self.rows_of_one_moment(out, |view, put| {
            for held in view.held(false)? {
                put(&self.held_row(view, &held)?);
            }
            Ok(())
        })
    }

    /// A snapshot that the deletion guard holds, or held until a person decided, and why.
    pub(super) fn held_row(&self, view: &View, held: &Held) -> Result<Value> {
        let text = &self.office.text;
        let share = held.removes as f64 / held.had.max(1) as f64;
        let (list, area, origin, stream) = (held.list, held.area, self.office.area(), held.stream.clone());
        let counts = view.snapshot(&SnapshotKey { list, area, origin, stream })?;
        let counts = counts.as_ref().map(|(_, snapshot, _)| snapshot.facts.file.as_str());
        let other = other_file(&folder_of(&self.office.settings(), &held.stream), held, counts);
        let why = doubt(text, held.changes, held.revives, held.has);
        let (reason, said) = why.unwrap_or_else(|| match &other {
            Some(other) if held.picks => {
                ("names-some", text.say_with("say-held-names-some", &[("file", &held.file), ("other", other)]))
            }
            Some(other) => {
                ("other-file", text.say_with("say-held-other-file", &[("file", &held.file), ("other", other)]))
            }
            None => {
                let counts: [(&str, &dyn Display); 2] = [("removed", &held.removes), ("before", &held.had)];
                ("removes-much", text.say_with("say-held-removes-much", &counts))
            }
        });
        Ok(json!({"id": held.id.to_string(), "list": held.list, "area": held.area, "file": held.file,
                  "since": instant(held.at), "lines": held.has, "before": held.had, "removed": held.removes,
                  "share": (share * 1000.0).round() / 1000.0, "reason": reason, "other_file": other, "text": said}))
    }

    pub(super) fn settle_held(&self, args: &ask::SettleHeld, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        let nobody =
            || Error::new(format!("nothing is held under '{}'", args.id)).hint("'rosterd held' lists what waits");
        let id: i64 = args.id.parse().map_err(|_| nobody())?;
        let state = match args.action {
            HeldAction::Release => "released",
            HeldAction::Reject => "rejected",
        };
        let held = office.store.write(|writer| writer.decide_held(id, state))?.ok_or_else(nobody)?;
        row(out, &office.store.read(|view| self.held_row(view, &held))?)?;
        let taken = match args.action {
            HeldAction::Release => self.take_released(live, &held, out),
            HeldAction::Reject => Ok(()),
        };
        office.changed();
        taken.map(|()| Exit::Done)
    }

    /// Reads the file of a released snapshot again: the release is for the content that was looked at.
    fn take_released(&self, live: &Live, held: &Held, out: Out) -> Result<()> {
        let settings = self.office.settings();
        let source = settings.sources.iter().find(|s| stream_of(&settings, s) == held.stream);
        let folder = folder_of(&settings, &held.stream);
        let path = real_path(&folder, &held.file);
        let is_database = source.is_some_and(|source| source.kind == SourceKind::Sqlite);
        let seen = match source.filter(|_| is_database) {
            Some(source) => seen_database(source)?,
            None => {
                let gone = || {
                    Error::new("the file that was held is not there any more")
                        .at(&path)
                        .hint("drop it again: it is taken then")
                };
                let known = self.office.store.read(|view| view.source(&held.stream, &held.file))?;
                if known.is_none_or(|known| known.hash != Some(held.hash)) {
                    // It was imported from elsewhere: what has its name in the folder is nobody's word.
                    return Err(gone());
                }
                let kind = reading::kind(self.office.eye_of(&folder), &path).map_err(|e| gone().because(e))?;
                let modified = kind.modified.unwrap_or(SystemTime::UNIX_EPOCH);
                Seen { rel_path: held.file.clone(), bytes: kind.bytes, modified }
            }
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
        let said = (!is_database).then(|| self.as_held(live, &settings, source, (&seen, &path), held)).transpose()?;
        let source = said.as_ref().unwrap_or(source);
        let reading = self.reading_of(live, &settings, &held.stream, source, &seen, path);
        // A database that is worked in is never again what it was when somebody looked: the word is for what it says now, of
        // the list that was looked at.
        let released = is_database.then_some((held.list, held.area));
        let outcome = reading::import(&reading, false, released)?;
        let of_it = |scope: &&ScopeOutcome| (scope.list, scope.area) == (held.list, held.area);
        let came_to = outcome.as_ref().ok().and_then(|outcome| outcome.scopes.iter().find(of_it)).cloned();
        // What the file says of other lists is not what was asked.
        self.tell_import(&held.file, outcome, false, &mut |frame| match frame {
            // The one row of this verb is the snapshot that was held.
            Frame::Row(_) => true,
            other => out(other),
        })?;
        self.must_be_taken(held, came_to)
    }

    /// The source, with what `import --list` or `--area` said of the file where it was held by these: only under
    /// them the same content is the snapshot that somebody looked at.
    fn as_held(
        &self,
        live: &Live,
        settings: &Settings,
        source: &Source,
        (seen, path): (&Seen, &Path),
        held: &Held,
    ) -> Result<Source> {
        let (list, area) = (Some(held.list), Some(held.area));
        for (list, area) in [(source.list, source.area), (list, source.area), (source.list, area), (list, area)] {
            let said = Source { list, area, ..source.clone() };
            let reading = self.reading_of(live, settings, &held.stream, &said, seen, path.to_owned());
            let is_it =
                |scope: &ScopeOutcome| (scope.list, scope.area, scope.lines) == (held.list, held.area, held.has);
            if reading::import(&reading, true, None)?.is_ok_and(|outcome| outcome.scopes.iter().any(is_it)) {
                return Ok(said);
            }
        }
        Ok(source.clone())
    }

    /// What was released may be another file by the time it is read.
    fn must_be_taken(&self, held: &Held, came_to: Option<ScopeOutcome>) -> Result<()> {
        let why = match came_to {
            Some(scope) if scope.held => {
                let waiting = self.office.store.read(|view| view.held(false))?;
                let anew =
                    waiting.iter().rfind(|h| (&h.stream, h.list, h.area) == (&held.stream, held.list, held.area));
                let id = anew.map_or(held.id, |anew| anew.id);
                Error::new(format!("the file changed after it was held: what it takes away now waits under {id}"))
                    .hint("look at it again: 'rosterd held'")
            }
            Some(scope) if scope.outdated.is_some() => {
                Error::new("the file is of an earlier day than the list that counts by now")
                    .hint("'rosterd quarantine' lists it")
            }
            Some(_) => return Ok(()),
            None => Error::new("the file changed after it was held: it says nothing of that list any more")
                .hint("drop the right one"),
        };
        Err(why.at(&held.file))
    }
}
