//! Where lines stand: file, sheet, row.

use std::collections::HashMap;

use super::codec::Doing;
use super::{Placement, StoredEntry, View};
use crate::domain::{Area, List, Uid};
use crate::error::Result;

/// Where a line stands: file, sheet, row.
pub type Place = (String, Option<String>, u32);

/// Where the lines of one list of one area stand.
#[derive(Default)]
pub(super) struct Places {
    sheets: Vec<(String, Option<String>)>,
    /// By uid: index into `sheets`, and row.
    lines: Vec<(Uid, u32, u32)>,
    /// How many lines were looked for.
    looks: u32,
}

/// The look before which the lines are sorted: of most lists a pass asks for a few lines, and sorting them costs more.
const SORTED_FROM: u32 = 12;

impl Places {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn find(&mut self, uid: Uid) -> Option<Place> {
        self.looks += 1;
        if self.looks == SORTED_FROM {
            self.lines.sort_unstable();
        }
        let at = if self.looks < SORTED_FROM {
            self.lines.iter().position(|line| line.0 == uid)?
        } else {
            self.lines.binary_search_by_key(&uid, |line| line.0).ok()?
        };
        let (_, sheet, row) = self.lines[at];
        let (file, sheet) = &self.sheets[sheet as usize];
        Some((file.clone(), sheet.clone(), row))
    }
}

/// An entry with the place of its line.
#[derive(Debug, Clone)]
pub struct EntryView {
    pub stored: StoredEntry,
    /// File, sheet, row; `None` where the line is gone or its snapshot has not come up yet.
    pub source: Option<Place>,
}

/// Places already looked up: a list of findings asks for the same few snapshots again and again.
#[derive(Default)]
pub struct PlaceCache {
    snapshots: HashMap<(List, Area, Area), Places>,
}

/// Lines kept in a [`PlaceCache`] before it starts anew.
const CACHED_LINES_MAX: usize = 200_000;

impl PlaceCache {
    fn find(&mut self, view: &View, stored: &StoredEntry) -> Result<Option<Place>> {
        let entry = &stored.entry;
        let key = (entry.list, entry.area, stored.origin);
        if !self.snapshots.contains_key(&key) {
            if self.snapshots.values().map(Places::len).sum::<usize>() > CACHED_LINES_MAX {
                self.snapshots.clear();
            }
            self.snapshots.insert(key, view.places(entry.list, entry.area, stored.origin)?);
        }
        Ok(self.snapshots.get_mut(&key).and_then(|places| places.find(entry.uid)))
    }
}

impl View<'_> {
    /// Where the lines of one list and area stand: file, sheet, row.
    pub(super) fn places(&self, list: List, area: Area, origin: Area) -> Result<Places> {
        let found: Vec<(String, Vec<u8>)> = self
            .conn
            .prepare_cached("SELECT file, placement FROM snapshots WHERE list = ?1 AND area = ?2 AND origin = ?3")
            .and_then(|mut s| {
                s.query_map((list as u8, area.padded() as i64, origin.padded() as i64), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect()
            })
            .doing("looking for lines")?;
        let mut out = Places::default();
        for (file, bytes) in found {
            for segment in Placement::decode(&bytes).unwrap_or_default().segments {
                let sheet = out.sheets.len() as u32;
                out.sheets.push((segment.file.unwrap_or_else(|| file.clone()), segment.sheet));
                out.lines.extend(segment.lines.iter().map(|line| (line.uid, sheet, line.row)));
            }
        }
        Ok(out)
    }

    /// Entries with the places of their lines; each snapshot's places are read once.
    pub fn views(&self, uids: &[Uid], cache: &mut PlaceCache) -> Result<Vec<EntryView>> {
        let mut out = Vec::with_capacity(uids.len());
        for uid in uids {
            let Some(stored) = self.entry(*uid)? else { continue };
            let source = cache.find(self, &stored)?;
            out.push(EntryView { stored, source });
        }
        Ok(out)
    }
}
