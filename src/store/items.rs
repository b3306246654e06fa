//! What must travel upward: everything with a number above what the parent has a receipt for, in the order of numbers.

use serde_json::value::RawValue;

use super::codec::{Doing, area, day, list, optional_day, uid};
use super::snapshots::{self, Snapshot};
use super::wire::{Wire, WireAttestation, WireEntry, WireGone, write_snapshot};
use super::{Placement, View, sum};
use crate::domain::Area;
use crate::error::{Context, Result};

/// What a line has besides its record.
const ENVELOPE_BYTES: f64 = 120.0;
/// Records that stand for all that wait where their size is asked for.
const WEIGHED_MAX: i64 = 1_000;

/// Kinds of items that an older parent would have to quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Understood {
    pub attestations: bool,
    pub gone: bool,
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
