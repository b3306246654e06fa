//! The reading half of taking a file: what of it is held already, and what has to be written. It runs on a thread of
//! its own, so that reading and writing go on at the same time.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::SyncSender;

use crate::domain::{Area, Date, List, PartialDate, Uid};
use crate::error::{Error, Result};
use crate::intake::{Line, Refusal, SheetHead, Sink, Total};
use crate::rules::StatedTotal;
use crate::store::{Placed, Placement, Segment, SnapshotKey, Store, TOTAL_MAX};

use super::dead::DeathSheets;
use super::entering::{keys_of, name_line};
use super::ingest::Manner;
use super::moved::left_behind;
use super::names::Names;
use super::raw_index::RawIndex;
use super::scope::{Run, Scope, Staged};
use super::{Keys, Setting};

/// Lines handed to the writer at once.
const CHUNK_LINES: usize = 4_000;

/// A line of a list that this node never had: there is nothing to pair it with.
pub(super) struct NewLine {
    pub at: (List, Area),
    pub uid: Uid,
    pub body: Box<str>,
    pub keys: Keys,
}

/// Takes the lines of one file, from the thread that reads it.
pub struct Gather<'s> {
    store: &'s Store,
    setting: &'s Setting,
    manner: &'s Manner,
    pub(super) scopes: BTreeMap<(List, Area), Scope>,
    /// Where the lines of all loaded scopes are held, by the hash of their text.
    by_raw: RawIndex,
    /// Lists whose areas are all loaded, because lines come for any of them.
    wide: HashSet<List>,
    /// Which scope and held line [`Sink::known`] just promised.
    promised: Option<((List, Area), usize)>,
    /// The held line that was found last, or that a changed one stands for.
    found: Option<((List, Area), usize)>,
    sheet: Option<String>,
    stated_on: Option<Date>,
    pub(super) deaths: DeathSheets,
    pub(super) refused: Vec<Refusal>,
    waiting: Vec<NewLine>,
    /// `None` in a dry run, which writes nothing.
    writer: Option<SyncSender<Vec<NewLine>>>,
    /// The first error; everything after it is skipped.
    failed: Option<Error>,
}

impl<'s> Gather<'s> {
    pub(super) fn new(
        store: &'s Store,
        setting: &'s Setting,
        manner: &'s Manner,
        writer: Option<SyncSender<Vec<NewLine>>>,
    ) -> Gather<'s> {
        Gather {
            store,
            setting,
            manner,
            scopes: BTreeMap::new(),
            by_raw: RawIndex::default(),
            wide: HashSet::new(),
            promised: None,
            found: None,
            sheet: None,
            stated_on: None,
            deaths: DeathSheets::default(),
            refused: Vec::new(),
            waiting: Vec::new(),
            writer,
            failed: None,
        }
    }

    /// Everything was read: the last lines go to the writer, and nothing more will come.
    ///
    /// # Errors
    /// The first thing that went wrong in the store.
    pub(super) fn close(&mut self) -> Result<()> {
        self.hand_over();
        self.writer = None;
        self.by_raw = RawIndex::default();
        self.failed.take().map_or(Ok(()), Err)
    }

    fn load(&mut self, list: List, area: Area) -> Result<()> {
        if self.scopes.contains_key(&(list, area)) {
            return Ok(());
        }
        let key = SnapshotKey { list, area, origin: self.setting.node, stream: self.manner.stream.clone() };
        let (stored, moved) = self.store.read(|view| match view.snapshot(&key)? {
            Some((_, snapshot, placement)) => Ok((Some((snapshot, placement)), false)),
            None => left_behind(view, &self.manner.streams, &key).map(|left| (left, true)),
        })?;
        let first = stored.is_none();
        let (mut held, mut runs): (Vec<Placed>, Vec<Run>) = Default::default();
        let before = stored.map(|(snapshot, placement)| {
            for Segment { file, sheet, lines } in placement.segments {
                held.extend(lines);
                let file = file.unwrap_or_else(|| snapshot.facts.file.clone());
                runs.push(Run { file, sheet, end: held.len() });
            }
            snapshot
        });
        // Whether it is this list is known once all of it is read: until then every line is read as new.
        if !moved {
            self.by_raw.add((list, area), held.first().map(|line| line.raw));
        }
        let scope = Scope {
            seen: vec![false; held.len()],
            // What an append leaves unsaid stays placed.
            names: Names::of(held.iter().map(|line| line.uid)),
            held,
            runs,
            moved_from: before.clone().filter(|_| moved),
            before,
            first,
            placement: Placement::default(),
            staged: Vec::new(),
            stated_on: None,
            damaged: 0,
            total: None,
            created: 0,
            updated: 0,
            removed: 0,
            unchanged: 0,
        };
        self.scopes.insert((list, area), scope);
        Ok(())
    }

    /// Loads every area of a list this node has from this stream.
    pub(super) fn load_wide(&mut self, list: List) -> Result<()> {
        if self.wide.insert(list) {
            for area in self.store.read(|view| view.snapshot_areas(list, self.setting.node, &self.manner.stream))? {
                self.load(list, area)?;
            }
        }
        Ok(())
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Gather<'s>) -> Result<()>) {
        if self.failed.is_none()
            && let Err(error) = work(self)
        {
            self.failed = Some(error);
        }
    }

    fn take(&mut self, line: Line) -> Result<()> {
        let at = (line.list, line.area);
        self.load(line.list, line.area)?;
        let promised = self.promised.take();
        if line.list == List::Deaths {
            self.deaths.days.extend(line.record.as_ref().and_then(|record| record.died).map(PartialDate::first));
        }
        let scope = self.scopes.get_mut(&at).expect("the scope was loaded two lines above");
        scope.stated_on = scope.stated_on.max(self.stated_on);
        let segments = &mut scope.placement.segments;
        if segments.last().is_none_or(|s| s.sheet != self.sheet) {
            segments.push(Segment { file: None, sheet: self.sheet.clone(), lines: Vec::new() });
        }
        let segment = segments.len() - 1;
        let lines = &mut segments[segment].lines;
        match (line.record, promised) {
            (None, Some((_, position))) => {
                lines.push(Placed { uid: scope.held[position].uid, raw: line.raw, row: line.row });
                scope.unchanged += 1;
            }
            (None, None) => {}
            (Some(record), _) => {
                scope.damaged += u64::from(record.id_number.as_ref().is_some_and(|id| id.is_damaged()));
                let body = serde_json::to_string(&record)
                    .map_err(|e| Error::new("writing a record").because(e))?
                    .into_boxed_str();
                if scope.first && self.writer.is_some() {
                    let uid = name_line(self.setting, &self.manner.stream, at, &record, &mut scope.names);
                    lines.push(Placed { uid, raw: line.raw, row: line.row });
                    scope.created += 1;
                    self.waiting.push(NewLine { at, uid, body, keys: keys_of(at, uid, &record) });
                    if self.waiting.len() >= CHUNK_LINES {
                        self.hand_over();
                    }
                } else {
                    scope.staged.push(Staged { segment: segment as u32, position: lines.len() as u32, body });
                    // The uid is known once the line is paired.
                    lines.push(Placed { uid: Uid(0), raw: line.raw, row: line.row });
                }
            }
        }
        Ok(())
    }

    fn hand_over(&mut self) {
        let lines = std::mem::take(&mut self.waiting);
        if let Some(writer) = &self.writer
            && !lines.is_empty()
        {
            // Nobody takes them any more only where the writer failed, and it says why.
            let _ = writer.send(lines);
        }
    }
}

impl Sink for Gather<'_> {
    fn known(&mut self, _list: List, raw: u64) -> bool {
        let scopes = &self.scopes;
        let is_free = |at: (List, Area), i: usize| scopes.get(&at).is_some_and(|scope| !scope.seen[i]);
        // Nearly every line follows the one that it followed before.
        let next = self.found.map(|(at, i)| (at, i + 1)).filter(|(at, i)| {
            scopes.get(at).is_some_and(|scope| scope.held.get(*i).is_some_and(|held| held.raw == raw))
                && is_free(*at, *i)
        });
        // The list is part of what was hashed.
        let lines_of = |at: (List, Area)| scopes.get(&at).map_or(&[][..], |scope| &scope.held);
        self.promised = next.or_else(|| self.by_raw.find(raw, lines_of, is_free));
        if let Some((at, i)) = self.promised
            && let Some(scope) = self.scopes.get_mut(&at)
        {
            scope.seen[i] = true;
            self.found = self.promised;
        } else if let Some((_, i)) = &mut self.found {
            // What changed stands where it stood.
            *i += 1;
        }
        self.promised.is_some()
    }

    fn sheet(&mut self, sheet: &SheetHead) {
        self.sheet.clone_from(&sheet.sheet);
        self.stated_on = sheet.stated_on;
        let (list, area) = (sheet.list, sheet.area);
        if list == List::Deaths {
            self.deaths.areas.insert(area);
            self.deaths.stated_on = self.deaths.stated_on.max(sheet.stated_on);
        }
        self.attempt(|gather| {
            if area == gather.setting.node {
                gather.load_wide(list)?
            }
            gather.load(list, area)
        });
    }

    fn line(&mut self, line: Line) {
        self.attempt(|gather| gather.take(line));
    }

    fn refused(&mut self, refusal: Refusal) {
        self.refused.push(refusal);
    }

    fn total(&mut self, total: Total) {
        // Digits of something else: the office above could not store it.
        if total.stated.max(total.counted) > TOTAL_MAX {
            return;
        }
        if let Some(scope) = self.scopes.get_mut(&(total.list, total.area)) {
            scope.total = Some(StatedTotal { row: total.row, stated: total.stated, counted: total.counted });
        }
    }
}
