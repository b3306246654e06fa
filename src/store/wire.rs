//! What travels upward, as one JSON object a line: entries, snapshots with the places of their lines, decisions, the
//! words of offices, and what is gone. The shapes of these lines, and how they are read; which of them wait to travel
//! says `items.rs`.
//!
//! A record travels as the text that is stored, so that fields of a newer version survive a relay and both ends
//! compare equal byte for byte.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::decisions::Decision;
use super::pages::{PAGE_LINES_MAX, PAGES_MAX};
use super::placement::{Placed, Segment};
use super::snapshots::{Snapshot, SnapshotKey};
use super::{Incoming, Page, Placement};
use crate::domain::date::YEARS;
use crate::domain::{Area, Date, List, Record, Uid};
use crate::error::{Context, Error, Result};
use crate::rules::{SnapshotFacts, StatedTotal};

/// Longest record: ten times the longest line that an office writes. Names are compared letter by letter with others.
const RECORD_BYTES_MAX: usize = 4 << 10;
/// Brackets in a record, which has one pair today.
const NESTED_MAX: usize = 64;
/// Longest name of a file, a sheet or a source: the longest path there is.
const NAME_BYTES_MAX: usize = 4 << 10;
/// The largest total a list may state: what a column of the store holds.
pub const TOTAL_MAX: u64 = i64::MAX as u64;
/// Uids, and names of lists: 63 bits, and 0 names nothing.
const NAMES: RangeInclusive<u64> = 1..=i64::MAX as u64;
/// Unix milliseconds from 1970 to 2200. Behind the last there is room: a decision is made later than all that are known.
pub(super) const INSTANTS: RangeInclusive<i64> = 0..=7289654400000;

#[derive(Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum Wire<'a> {
    Entry(WireEntry<'a>),
    Snapshot(WireSnapshot),
    Page(WirePage),
    Decision(Decision),
    Attestation(WireAttestation<'a>),
    Gone(WireGone),
}

/// The word that nobody in `area` has what goes by this name when nodes compare: the entry, or the list, is to be removed
/// there. The tombstone of what its sender never had.
#[derive(Serialize, Deserialize)]
pub(super) struct WireGone {
    pub seq: u64,
    pub area: Area,
    pub key: u64,
}

/// An office's signed word on what it holds. Whoever hands it on leaves `word` as it came.
#[derive(Serialize, Deserialize)]
pub(super) struct WireAttestation<'a> {
    pub seq: u64,
    /// Who signed.
    pub area: Area,
    #[serde(borrow)]
    pub word: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireEntry<'a> {
    pub seq: u64,
    pub area: Area,
    pub uid: Uid,
    pub list: List,
    pub origin: Area,
    pub first: Date,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Date>,
    #[serde(borrow)]
    pub body: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireSnapshot {
    seq: u64,
    area: Area,
    list: List,
    origin: Area,
    #[serde(default)]
    stream: String,
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    taken: Date,
    read: i64,
    lines: u64,
    #[serde(default)]
    damaged: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<(u32, u64, u64)>,
    /// An older node says nothing of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    awaits: bool,
    /// Of the whole list, or of its last page.
    segments: Vec<WireSegment>,
    /// How many pages came before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pages: usize,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    continues: bool,
}

/// A page of a list that is too long for one line; the last travels with the list.
#[derive(Serialize, Deserialize)]
pub(super) struct WirePage {
    seq: u64,
    area: Area,
    list: List,
    origin: Area,
    #[serde(default)]
    stream: String,
    nth: usize,
    /// The number of the list.
    last: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    continues: bool,
    segments: Vec<WireSegment>,
}

fn is_zero(pages: &usize) -> bool {
    *pages == 0
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireSegment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    /// Uids one behind the other, 13 characters each.
    uids: String,
    /// Rows, each as the difference to the one before.
    rows: Vec<u32>,
}

/// One thing a child sent, read.
pub enum Arrived {
    Entry(Incoming),
    /// With its last page, which holds all lines where it is the only one.
    Snapshot(Box<Snapshot>, Page),
    /// An earlier page of this list.
    Page(SnapshotKey, Page),
    Decision(Decision),
    /// Who signed, and the signed word as it came.
    Attestation(Area, String),
    /// No office in this area has what goes by this name.
    Gone(Area, u64),
}

/// What a line is. Read by itself first: a tagged enum is read by way of a buffer, which cannot hold a raw body.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "t")]
    kind: std::borrow::Cow<'a, str>,
}

impl<'a> Wire<'a> {
    fn read(line: &'a str) -> serde_json::Result<Wire<'a>> {
        let kind: Kind = serde_json::from_str(line)?;
        match kind.kind.as_ref() {
            "entry" => serde_json::from_str(line).map(Wire::Entry),
            "snapshot" => serde_json::from_str(line).map(Wire::Snapshot),
            "page" => serde_json::from_str(line).map(Wire::Page),
            "decision" => serde_json::from_str(line).map(Wire::Decision),
            "attestation" => serde_json::from_str(line).map(Wire::Attestation),
            "gone" => serde_json::from_str(line).map(Wire::Gone),
            _ => Err(serde::de::Error::custom("a kind of item that this version does not know")),
        }
    }
}

/// Reads a line of the link. Whatever it gives can be stored, reads back, and breaks no sum and no rule that is made over
/// all that is stored: any child with a certificate may send anything, and one line must not stop its parent.
///
/// # Errors
/// Says what does not read; never the line itself.
pub fn read_item(line: &str) -> Result<Arrived> {
    let wire = Wire::read(line).or_say("an item that does not read")?;
    Ok(match wire {
        Wire::Entry(entry) => Arrived::Entry(read_entry(entry)?),
        Wire::Snapshot(snapshot) => {
            let (snapshot, page) = read_snapshot(snapshot)?;
            Arrived::Snapshot(Box::new(snapshot), page)
        }
        Wire::Page(page) => {
            let (key, page) = read_page(page)?;
            Arrived::Page(key, page)
        }
        Wire::Decision(d) => Arrived::Decision(d),
        Wire::Attestation(a) => Arrived::Attestation(a.area, a.word.get().to_owned()),
        Wire::Gone(gone) => {
            must(NAMES.contains(&gone.key), "a name that is none of ours is said to be gone")?;
            Arrived::Gone(gone.area, gone.key)
        }
    })
}

fn must(holds: bool, else_said: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::new(else_said)) }
}

fn is_of_a_roster(day: Date) -> bool {
    YEARS.contains(&day.year())
}

fn read_entry(e: WireEntry) -> Result<Incoming> {
    // A body that is no record would sit in the store as poison for every later pass.
    let body = e.body.get();
    must(body.len() <= RECORD_BYTES_MAX, "an entry whose record is longer than any line")?;
    // Unknown fields are skipped at any depth by us, and stop SQLite at a thousand.
    let nested = body.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    must(nested <= NESTED_MAX, "an entry whose record does not read")?;
    serde_json::from_str::<Record>(body).or_say("an entry whose record does not read")?;
    must(e.origin.contains(e.area), "an entry outside the area of the node it names as its origin")?;
    must(NAMES.contains(&e.uid.0), "an entry whose uid is none of ours")?;
    let mut days = std::iter::once(e.first).chain(e.removed).chain(e.corrected);
    must(days.all(is_of_a_roster), "an entry with a day that no roster has")?;
    Ok(Incoming {
        uid: e.uid,
        area: e.area,
        list: e.list,
        origin: e.origin,
        first_seen: e.first,
        baseline: e.base,
        removed: e.removed,
        corrected: e.corrected,
        body: body.to_owned(),
    })
}

fn lies_within(area: Area, origin: Area) -> Result<()> {
    must(origin.contains(area), "a snapshot outside the area of the node it names as its origin")
}

fn are_short<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let longest = names.into_iter().map(String::len).max();
    must(longest <= Some(NAME_BYTES_MAX), "a snapshot with a name longer than any file's")
}

fn read_snapshot(s: WireSnapshot) -> Result<(Snapshot, Page)> {
    lies_within(s.area, s.origin)?;
    are_short([&s.stream, &s.file].into_iter().chain(&s.sheet))?;
    must(is_of_a_roster(s.taken), "a snapshot of a day that no roster has")?;
    must(INSTANTS.contains(&s.read), "a snapshot read at a time that no clock shows")?;
    let placement = read_segments(s.segments)?;
    must(s.pages < PAGES_MAX, "a snapshot of more pages than any list has")?;
    // All lists together are counted at every look at the status, and their lines multiplied by the rules. Those on earlier
    // pages are counted when they are put together.
    let here = placement.len() as u64;
    let counts = (s.lines == here || s.pages > 0 && here < s.lines) && s.damaged <= s.lines;
    must(counts, "a snapshot that does not have as many lines as it says")?;
    let total = s.total.map(|(row, stated, counted)| StatedTotal { row, stated, counted });
    let sums = total.as_ref().is_none_or(|total| total.stated.max(total.counted) <= TOTAL_MAX);
    must(sums, "a snapshot with a total that no list has")?;
    let facts = SnapshotFacts {
        area: s.area,
        list: s.list,
        file: s.file,
        sheet: s.sheet,
        taken_on: s.taken,
        lines: s.lines,
        damaged: s.damaged,
        total,
    };
    let key = SnapshotKey { list: s.list, area: s.area, origin: s.origin, stream: s.stream };
    let page = Page { nth: s.pages, last: s.seq, continues: s.continues, placement };
    Ok((Snapshot { key, facts, stated_on: None, awaits: s.awaits, read_at: s.read }, page))
}

fn read_page(p: WirePage) -> Result<(SnapshotKey, Page)> {
    lies_within(p.area, p.origin)?;
    are_short([&p.stream])?;
    let placement = read_segments(p.segments)?;
    // A child may send as many as it likes: what is put together at the end is bounded by both.
    let is_page = p.nth < PAGES_MAX - 1 && p.last > p.seq && NAMES.contains(&p.last);
    must(is_page && placement.len() <= PAGE_LINES_MAX, "a page that no list has")?;
    let key = SnapshotKey { list: p.list, area: p.area, origin: p.origin, stream: p.stream };
    Ok((key, Page { nth: p.nth, last: p.last, continues: p.continues, placement }))
}

fn read_segments(segments: Vec<WireSegment>) -> Result<Placement> {
    are_short(segments.iter().flat_map(|segment| segment.file.iter().chain(&segment.sheet)))?;
    Ok(Placement { segments: segments.into_iter().map(read_segment).collect::<Result<_>>()? })
}

fn read_segment(wire: WireSegment) -> Result<Segment> {
    /// Length of a uid as text.
    const UID_CHARS: usize = 13;
    let bad = || Error::new("a snapshot whose lines do not read");
    if wire.uids.len() != wire.rows.len() * UID_CHARS || !wire.uids.is_ascii() {
        return Err(bad());
    }
    let mut row = 0u32;
    let mut lines = Vec::with_capacity(wire.rows.len());
    for (uid, step) in wire.uids.as_bytes().chunks(UID_CHARS).zip(wire.rows) {
        row = row.wrapping_add(step);
        let uid: Uid = std::str::from_utf8(uid).ok().and_then(|t| t.parse().ok()).ok_or_else(bad)?;
        must(NAMES.contains(&uid.0), "a snapshot whose lines do not read")?;
        lines.push(Placed { uid, raw: 0, row });
    }
    Ok(Segment { file: wire.file, sheet: wire.sheet, lines })
}

pub(super) fn segments_of(placement: Placement) -> Vec<WireSegment> {
    let segments = placement.segments.into_iter().map(|segment| {
        let mut row = 0u32;
        let rows = segment.lines.iter().map(|line| {
            let step = line.row.wrapping_sub(row);
            row = line.row;
            step
        });
        WireSegment {
            rows: rows.collect(),
            uids: segment.lines.iter().map(|l| l.uid.to_string()).collect(),
            file: segment.file,
            sheet: segment.sheet,
        }
    });
    segments.collect()
}

/// The line of a page of the list of this key.
pub(super) fn write_page(seq: u64, key: &SnapshotKey, page: Page) -> Wire<'static> {
    Wire::Page(WirePage {
        seq,
        area: key.area,
        list: key.list,
        origin: key.origin,
        stream: key.stream.clone(),
        nth: page.nth,
        last: page.last,
        continues: page.continues,
        segments: segments_of(page.placement),
    })
}

/// The line of a list, with its last page.
pub(super) fn write_snapshot(seq: u64, snapshot: Snapshot, page: Page) -> Wire<'static> {
    let facts = snapshot.facts;
    Wire::Snapshot(WireSnapshot {
        seq,
        area: facts.area,
        list: facts.list,
        origin: snapshot.key.origin,
        stream: snapshot.key.stream,
        segments: segments_of(page.placement),
        pages: page.nth,
        continues: page.continues,
        file: facts.file,
        sheet: facts.sheet,
        taken: facts.taken_on,
        read: snapshot.read_at,
        lines: facts.lines,
        damaged: facts.damaged,
        total: facts.total.map(|t| (t.row, t.stated, t.counted)),
        awaits: snapshot.awaits,
    })
}
