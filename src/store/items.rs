//! What travels upward, as one JSON object a line: entries, snapshots with the places of their lines, decisions, the
//! words of offices, and what is gone.
//!
//! A record travels as the text that is stored, so that fields of a newer version survive a relay and both ends
//! compare equal byte for byte.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::codec::{Doing, area, day, list, optional_day, uid};
use super::decisions::Decision;
use super::placement::{Placed, Segment};
use super::snapshots::{self, Snapshot, SnapshotKey};
use super::{Incoming, Placement, View, sum};
use crate::domain::{Area, Date, List, Uid};
use crate::error::{Context, Error, Result};
use crate::rules::{SnapshotFacts, StatedTotal};

/// What a line has besides its record.
const ENVELOPE_BYTES: f64 = 120.0;
/// Records that stand for all that wait where their size is asked for.
const WEIGHED_MAX: i64 = 1_000;

#[derive(Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Wire<'a> {
    Entry(WireEntry<'a>),
    Snapshot(WireSnapshot),
    Decision(Decision),
    Attestation(WireAttestation<'a>),
    Gone(WireGone),
}

/// The word that nobody in `area` has what goes by this name when nodes compare: the entry, or the list, is to be removed
/// there. The tombstone of what its sender never had.
#[derive(Serialize, Deserialize)]
struct WireGone {
    seq: u64,
    area: Area,
    key: u64,
}

/// An office's signed word on what it holds. Whoever hands it on leaves `word` as it came.
#[derive(Serialize, Deserialize)]
struct WireAttestation<'a> {
    seq: u64,
    /// Who signed.
    area: Area,
    #[serde(borrow)]
    word: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
struct WireEntry<'a> {
    seq: u64,
    area: Area,
    uid: Uid,
    list: List,
    origin: Area,
    first: Date,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    base: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removed: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corrected: Option<Date>,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
struct WireSnapshot {
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
    segments: Vec<WireSegment>,
}

#[derive(Serialize, Deserialize)]
struct WireSegment {
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
    Snapshot(Box<Snapshot>, Placement),
    Decision(Decision),
    /// Who signed, and the signed word as it came.
    Attestation(Area, String),
    /// No office in this area has what goes by this name.
    Gone(Area, u64),
}

/// Kinds of items that an older parent would have to quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Understood {
    pub attestations: bool,
    pub gone: bool,
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
            "decision" => serde_json::from_str(line).map(Wire::Decision),
            "attestation" => serde_json::from_str(line).map(Wire::Attestation),
            "gone" => serde_json::from_str(line).map(Wire::Gone),
            _ => Err(serde::de::Error::custom("a kind of item that this version does not know")),
        }
    }
}

/// Reads a line of the link.
///
/// # Errors
/// Says what does not read; never the line itself.
pub fn read_item(line: &str) -> Result<Arrived> {
    let wire = Wire::read(line).or_say("an item that does not read")?;
    Ok(match wire {
        Wire::Entry(e) => {
            // A body that is no record would sit in the store as poison for every later pass.
            serde_json::from_str::<crate::domain::Record>(e.body.get())
                .or_say("an entry whose record does not read")?;
            if !e.origin.contains(e.area) {
                return Err(Error::new("an entry outside the area of the node it names as its origin"));
            }
            Arrived::Entry(Incoming {
                uid: e.uid,
                area: e.area,
                list: e.list,
                origin: e.origin,
                first_seen: e.first,
                baseline: e.base,
                removed: e.removed,
                corrected: e.corrected,
                body: e.body.get().to_owned(),
            })
        }
        Wire::Snapshot(s) => {
            if !s.origin.contains(s.area) {
                return Err(Error::new("a snapshot outside the area of the node it names as its origin"));
            }
            let placement = Placement { segments: s.segments.into_iter().map(read_segment).collect::<Result<_>>()? };
            let facts = SnapshotFacts {
                area: s.area,
                list: s.list,
                file: s.file,
                sheet: s.sheet,
                taken_on: s.taken,
                lines: s.lines,
                damaged: s.damaged,
                total: s.total.map(|(row, stated, counted)| StatedTotal { row, stated, counted }),
            };
            let key = SnapshotKey { list: s.list, area: s.area, origin: s.origin, stream: s.stream };
            Arrived::Snapshot(Box::new(Snapshot { key, facts, stated_on: None, read_at: s.read }), placement)
        }
        Wire::Decision(d) => Arrived::Decision(d),
        Wire::Attestation(a) => Arrived::Attestation(a.area, a.word.get().to_owned()),
        Wire::Gone(gone) => Arrived::Gone(gone.area, gone.key),
    })
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
        lines.push(Placed { uid, raw: 0, row });
    }
    Ok(Segment { file: wire.file, sheet: wire.sheet, lines })
}

fn write_snapshot(seq: u64, snapshot: Snapshot, placement: Placement) -> Wire<'static> {
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
    let facts = snapshot.facts;
    Wire::Snapshot(WireSnapshot {
        seq,
        area: facts.area,
        list: facts.list,
        origin: snapshot.key.origin,
        stream: snapshot.key.stream,
        segments: segments.collect(),
        file: facts.file,
        sheet: facts.sheet,
        taken: facts.taken_on,
        read: snapshot.read_at,
        lines: facts.lines,
        damaged: facts.damaged,
        total: facts.total.map(|t| (t.row, t.stated, t.counted)),
    })
}

impl View<'_> {
    /// What has a number above `after`, in order, newest state only: sequence, area, line. Bounded by count and
    /// bytes; one is always given if there is one. Some kinds only where they are `understood`.
    pub fn items_after(
        &self,
        after: u64,
        items_max: usize,
        bytes_max: usize,
        understood: Understood,
    ) -> Result<Vec<(u64, Area, String)>> {
        let mut keyed = self.entry_items(after, items_max, bytes_max)?;
        // Entries come first and are by far the most: whatever lies behind the last of a full page must wait.
        let upto =
            if keyed.is_empty() || self.entries_end_at(&keyed)? { u64::MAX } else { keyed.last().map_or(0, |i| i.0) };
        keyed.extend(self.snapshot_items(after, upto)?);
        keyed.extend(self.decision_items(after, upto)?);
        if understood.attestations {
            keyed.extend(self.attestation_items(after, upto)?);
        }
        if understood.gone {
            keyed.extend(self.gone_items(after, upto)?);
        }
        keyed.sort_by_key(|(seq, _, _)| *seq);
        let mut bytes = 0usize;
        let mut fits = 0usize;
        for (_, _, line) in &keyed {
            bytes += line.len() + 1;
            if fits > 0 && (fits >= items_max || bytes > bytes_max) {
                break;
            }
            fits += 1;
        }
        keyed.truncate(fits);
        Ok(keyed)
    }

    fn entries_end_at(&self, page: &[(u64, Area, String)]) -> Result<bool> {
        let last = page.last().map_or(0, |(seq, _, _)| *seq);
        let more: bool = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM entries WHERE seq > ?1)")
            .and_then(|mut s| s.query_row([last as i64], |row| row.get(0)))
            .doing("reading what must travel")?;
        Ok(!more)
    }

    fn entry_items(&self, after: u64, items_max: usize, bytes_max: usize) -> Result<Vec<(u64, Area, String)>> {
        let doing = "reading what must travel";
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT seq, area, uid, list, origin, first_seen, baseline, removed, corrected, body, sum
                 FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )
            .doing(doing)?;
        let mut rows = statement.query((after as i64, items_max as i64)).doing(doing)?;
        let mut out = Vec::new();
        let mut bytes = 0usize;
        while let Some(row) = rows.next().doing(doing)? {
            sum::check(row, &[2, 1, 3, 4, 5, 6, 7, 8, 9], 10).doing(doing)?;
            let body = row.get_ref(9).doing(doing)?.as_str().or_say(doing)?;
            let area_ = area(row, 1).doing(doing)?;
            let seq = row.get::<_, i64>(0).doing(doing)? as u64;
            let wire = Wire::Entry(WireEntry {
                seq,
                area: area_,
                uid: uid(row, 2).doing(doing)?,
                list: list(row, 3).doing(doing)?,
                origin: area(row, 4).doing(doing)?,
                first: day(row, 5).doing(doing)?,
                base: row.get(6).doing(doing)?,
                removed: optional_day(row, 7).doing(doing)?,
                corrected: optional_day(row, 8).doing(doing)?,
                body: serde_json::from_str(body).or_say(doing)?,
            });
            let line = serde_json::to_string(&wire).or_say(doing)?;
            bytes += line.len() + 1;
            if !out.is_empty() && bytes > bytes_max {
                break;
            }
            out.push((seq, area_, line));
        }
        Ok(out)
    }

    fn snapshot_items(&self, after: u64, upto: u64) -> Result<Vec<(u64, Area, String)>> {
        let doing = "reading what must travel";
        let found: Vec<(u64, Snapshot, Vec<u8>)> = self
            .conn
            .prepare_cached(&format!(
                "SELECT {}, placement, seq, sum FROM snapshots WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
                snapshots::COLUMNS
            ))
            .and_then(|mut s| {
                s.query_map((after as i64, upto.min(i64::MAX as u64) as i64), |row| {
                    sum::check(row, &[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14], 16)?;
                    Ok((row.get::<_, i64>(15)? as u64, snapshots::snapshot(row)?, row.get(14)?))
                })?
                .collect()
            })
            .doing(doing)?;
        found
            .into_iter()
            .map(|(seq, snapshot, bytes)| {
                let area = snapshot.key.area;
                let placement = Placement::decode(&bytes).unwrap_or_default();
                Ok((seq, area, serde_json::to_string(&write_snapshot(seq, snapshot, placement)).or_say(doing)?))
            })
            .collect()
    }

    fn decision_items(&self, after: u64, upto: u64) -> Result<Vec<(u64, Area, String)>> {
        self.decisions_between(after, upto)?
            .into_iter()
            .map(|decision| {
                let (seq, area) = (decision.seq, decision.author);
                Ok((seq, area, serde_json::to_string(&Wire::Decision(decision)).or_say("reading what must travel")?))
            })
            .collect()
    }

    fn attestation_items(&self, after: u64, upto: u64) -> Result<Vec<(u64, Area, String)>> {
        let doing = "reading what must travel";
        let told = self.attestations_between(after, upto)?.into_iter().map(|row| {
            let word: &RawValue = serde_json::from_str(&row.body).or_say(doing)?;
            let wire = Wire::Attestation(WireAttestation { seq: row.seq, area: row.origin, word });
            Ok((row.seq, row.origin, serde_json::to_string(&wire).or_say(doing)?))
        });
        told.collect()
    }

    fn gone_items(&self, after: u64, upto: u64) -> Result<Vec<(u64, Area, String)>> {
        let told = self.gone_between(after, upto)?.into_iter().map(|(seq, area, key)| {
            let wire = Wire::Gone(WireGone { seq, area, key });
            Ok((seq, area, serde_json::to_string(&wire).or_say("reading what must travel")?))
        });
        told.collect()
    }

    /// How much has a number above `after`: things, and their bytes before compression. These are estimated from the
    /// first [`WEIGHED_MAX`] records: a county's million is asked for at every look at `status`.
    pub fn backlog(&self, after: u64) -> Result<(u64, u64)> {
        let (entries, others): (i64, i64) = self
            .conn
            .prepare_cached(
                "SELECT (SELECT count(*) FROM entries WHERE seq > ?1),
                        (SELECT count(*) FROM snapshots WHERE seq > ?1) + (SELECT count(*) FROM decisions WHERE seq > ?1)
                            + (SELECT count(*) FROM gone WHERE seq > ?1)",
            )
            .and_then(|mut s| s.query_row([after as i64], |row| Ok((row.get(0)?, row.get(1)?))))
            .doing("counting what must travel")?;
        let mean: f64 = self
            .conn
            .prepare_cached(
                "SELECT coalesce(avg(octet_length(body)), 0.0)
                 FROM (SELECT body FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2)",
            )
            .and_then(|mut s| s.query_row((after as i64, WEIGHED_MAX), |row| row.get(0)))
            .doing("counting what must travel")?;
        Ok(((entries + others) as u64, (entries as f64 * mean + (entries + others) as f64 * ENVELOPE_BYTES) as u64))
    }
}
