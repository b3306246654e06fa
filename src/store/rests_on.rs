//! On which lines of several offices findings rest: who is told of one sees the others' lines by where they stood when it
//! was told, and a new file moves them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::OptionalExtension;

use super::codec::{Doing, area, list};
use super::{Placement, SnapshotKey, View, Writer};
use crate::domain::{Area, FindingId, Level, List, Uid};
use crate::error::Result;

/// Whose list a line stands on: the office, the area and the list.
type Stands = (Area, Area, List);

impl View<'_> {
    fn stands(&self, uid: Uid) -> Result<Option<Stands>> {
        self.conn
            .prepare_cached("SELECT origin, area, list FROM entries WHERE uid = ?1")
            .and_then(|mut s| {
                s.query_row([uid.0 as i64], |row| Ok((area(row, 0)?, area(row, 1)?, list(row, 2)?))).optional()
            })
            .doing("reading where a line stands")
    }

    /// The lines of a list on which findings rest that hold and others are told of, with those findings.
    fn rested_on(&self, list: &SnapshotKey) -> Result<Vec<(Uid, FindingId)>> {
        self.conn
            .prepare_cached("SELECT entry, finding FROM rests_on WHERE origin = ?1 AND area = ?2 AND list = ?3")
            .and_then(|mut s| {
                let key = (list.origin.padded() as i64, list.area.padded() as i64, list.list as u8);
                s.query_map(key, |row| {
                    Ok((Uid(row.get::<_, i64>(0)? as u64), FindingId(row.get::<_, i64>(1)? as u64)))
                })?
                .collect()
            })
            .doing("reading what findings rest on")
    }
}

impl Writer<'_> {
    /// Notes the lines a finding rests on, where they are of several offices: of its own lines each office knows itself
    /// where they stand. None where it holds no more.
    pub(super) fn put_rests_on(&self, finding: FindingId, evidence: &[Uid], is_new: bool) -> Result<()> {
        let doing = "writing what findings rest on";
        if !is_new {
            self.conn
                .prepare_cached("DELETE FROM rests_on WHERE finding = ?1")
                .and_then(|mut s| s.execute([finding.0 as i64]))
                .doing(doing)?;
        }
        // A village has nobody to tell.
        if evidence.len() < 2 || self.own_area()?.is_some_and(|own| own.level() == Level::Village) {
            return Ok(());
        }
        let mut lines: Vec<(Uid, Stands)> = Vec::with_capacity(evidence.len());
        for uid in evidence {
            lines.extend(self.stands(*uid)?.map(|stands| (*uid, stands)));
        }
        if lines.iter().all(|(_, (origin, ..))| *origin == lines[0].1.0) {
            return Ok(());
        }
        for (uid, (origin, area, list)) in lines {
            self.conn
                .prepare_cached("INSERT OR IGNORE INTO rests_on VALUES (?1, ?2, ?3, ?4, ?5)")
                .and_then(|mut s| {
                    let place = (origin.padded() as i64, area.padded() as i64, list as u8);
                    s.execute((place.0, place.1, place.2, uid.0 as i64, finding.0 as i64))
                })
                .doing(doing)?;
        }
        Ok(())
    }

    /// A list is about to be written with its lines in these places: findings that rest on a line that moves are told again.
    pub(super) fn tell_moved(&self, key: &SnapshotKey, file: &str, placement: &Placement) -> Result<()> {
        let rested = self.rested_on(key)?;
        if rested.is_empty() {
            return Ok(());
        }
        let wanted: BTreeSet<Uid> = rested.iter().map(|(uid, _)| *uid).collect();
        let before = self.snapshot(key)?;
        let before =
            before.as_ref().map(|(_, snapshot, placement)| places_of(&wanted, &snapshot.facts.file, placement));
        let (before, now) = (before.unwrap_or_default(), places_of(&wanted, file, placement));
        let moved: BTreeSet<FindingId> =
            rested.into_iter().filter(|(uid, _)| before.get(uid) != now.get(uid)).map(|(_, finding)| finding).collect();
        for finding in moved {
            self.conn
                .prepare_cached("UPDATE findings SET nseq = ?2 WHERE id = ?1 AND holds = 1")
                .and_then(|mut s| s.execute((finding.0 as i64, self.next_seq() as i64)))
                .doing("telling where lines stand now")?;
        }
        Ok(())
    }
}

/// File, sheet and row of each of these lines.
fn places_of<'p>(
    wanted: &BTreeSet<Uid>,
    file: &'p str,
    placement: &'p Placement,
) -> BTreeMap<Uid, (&'p str, Option<&'p str>, u32)> {
    let segments = placement.segments.iter();
    let lines = segments.flat_map(|segment| {
        let (file, sheet) = (segment.file.as_deref().unwrap_or(file), segment.sheet.as_deref());
        segment.lines.iter().map(move |line| (line.uid, (file, sheet, line.row)))
    });
    lines.filter(|(uid, _)| wanted.contains(uid)).collect()
}
