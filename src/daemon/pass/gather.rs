//! The reading half of taking a file: what of it is held already, and what has to be written. It runs on a thread of
//! its own, so that reading and writing go on at the same time.

use std::collections::BTreeMap;
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
    /// Which held line [`Sink::known`] just promised.
    promised: Option<usize>,
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
            promised: None,
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
        self.scopes.values_mut().for_each(|scope| scope.index = RawIndex::default());
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
        let scope = Scope {
            seen: vec![false; held.len()],
            // What an append leaves unsaid stays placed.
            names: Names::of(held.iter().map(|line| line.uid)),
            held,
            index: RawIndex::default(),
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

    /// Loads every area of a list this node has from this stream. There may be hundreds: only where what the file does not
    /// have of other areas says something too.
    pub(super) fn load_wide(&mut self, list: List) -> Result<()> {
        let areas = self.store.read(|view| view.snapshot_areas(list, self.setting.node, &self.manner.stream))?;
        areas.into_iter().try_for_each(|area| self.load(list, area))
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
            (None, Some(position)) => {
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
    fn known(&mut self, list: List, area: Area, raw: u64) -> bool {
        self.attempt(|gather| gather.load(list, area));
        // Of a list from elsewhere it is known once all of it is read whether it is this one: until then every line is new.
        let scope = self.scopes.get_mut(&(list, area)).filter(|scope| scope.moved_from.is_none());
        self.promised = scope.and_then(|scope| {
            let found = scope.index.find(raw, &scope.held, |at| scope.seen[at])?;
            scope.seen[found] = true;
            Some(found)
        });
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
        self.attempt(|gather| gather.load(list, area));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::pass::testing::Office;
    use crate::intake::FileReport;

    #[test]
    fn a_county_looks_at_the_lists_of_those_villages_that_a_file_has_lines_of() {
        let office = Office::of("519901");
        let line = |village: u32, who: u32| format!("519901001{village},{village}-{who},张{village}{who}\n");
        // What the lists are of that were looked at, how many lines were held, and how many were written.
        let read = |file: &str, lines: &[String]| {
            let text = format!("行政区划代码,户号,姓名\n{}", lines.concat());
            let look = |gather: &mut Gather, report: FileReport| {
                let with_lines =
                    gather.scopes.iter().filter(|(_, scope)| !scope.placement.is_empty() || !scope.held.is_empty());
                (report.known, with_lines.map(|((_, area), _)| area.to_string()).collect::<Vec<String>>())
            };
            let ((known, areas), outcome) = office.take((List::Population, file), &text, look).unwrap();
            let written: u64 = outcome.scopes.iter().map(|s| s.created + s.updated + s.removed).sum();
            (areas, known, written)
        };
        let village = |village: u32| (1..=3).map(|who| line(village, who)).collect::<Vec<String>>();
        let both = || ["519901001200", "519901001201"].map(str::to_owned).to_vec();
        assert_eq!(read("人口.csv", &[village(200), village(201)].concat()), (both(), 0, 6));
        let third = "519901001202".to_owned();
        assert_eq!(read("人口 202.csv", &village(202)), (vec![third.clone()], 0, 3));
        assert_eq!(read("人口 202.csv", &village(202)), (vec![third], 3, 0));
        let mut mixed: Vec<String> = (1..=3).flat_map(|who| [line(201, who), line(200, who)]).collect();
        assert_eq!(read("人口5月.csv", &mixed), (both(), 6, 0), "sorted otherwise");
        mixed[2] = line(201, 9);
        assert_eq!(read("人口5月.csv", &mixed), (both(), 5, 2), "one came and one went");
    }
}
