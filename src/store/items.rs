//! What must travel upward: everything with a number above what the parent has a receipt for, in the order of numbers.

use serde_json::value::RawValue;

use super::codec::{Doing, area, day, list, optional_day, uid};
use super::snapshots;
use super::wire::{Wire, WireAttestation, WireEntry, WireGone, write_page, write_snapshot};
use super::{Placement, View, pages, sum};
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
    pub pages: bool,
}

/// Number, area, line; in the order of numbers.
type Lines = Vec<(u64, Area, String)>;

/// What was read of the kinds of items, each from its start.
struct Pages {
    keyed: Lines,
    /// Up to here everything of every kind was read: what lies behind the last of a page that is not all must wait.
    upto: u64,
}

impl Default for Pages {
    fn default() -> Pages {
        // The highest number a column holds.
        Pages { keyed: Vec::new(), upto: i64::MAX as u64 }
    }
}

impl Pages {
    fn add(&mut self, page: Lines, all: bool) {
        if let Some((last, _, _)) = page.last().filter(|_| !all) {
            self.upto = self.upto.min(*last);
        }
        self.keyed.extend(page);
    }
}

impl View<'_> {
    /// What has a number above `after`, in order, newest state only: sequence, area, line. Bounded by count and
    /// bytes; one is always given if there is one. Some kinds only where they are `understood`.
    pub fn items_after(&self, after: u64, items_max: usize, bytes_max: usize, understood: Understood) -> Result<Lines> {
        let mut read = Pages::default();
        // Entries come first and are by far the most.
        let entries = self.entry_items(after, items_max, bytes_max)?;
        let all = self.entries_end_at(&entries)?;
        read.add(entries, all);
        let (lists, all) = self.snapshot_items(after, read.upto, items_max, bytes_max, understood.pages)?;
        read.add(lists, all);
        let decisions = self.decision_items(after, read.upto, items_max)?;
        let all = decisions.len() < items_max;
        read.add(decisions, all);
        if understood.attestations {
            read.add(self.attestation_items(after, read.upto)?, true);
        }
        if understood.gone {
            let gone = self.gone_items(after, read.upto, items_max)?;
            let all = gone.len() < items_max;
            read.add(gone, all);
        }
        let Pages { mut keyed, upto } = read;
        keyed.retain(|(seq, _, _)| *seq <= upto);
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

    fn entry_items(&self, after: u64, items_max: usize, bytes_max: usize) -> Result<Lines> {
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

    /// At most so many lists and pages of lists, and whether these are all: the places of the lines of a county are not read
    /// for each batch. The numbers of one list follow each other: no other kind of thing has one between.
    fn snapshot_items(
        &self,
        after: u64,
        upto: u64,
        items_max: usize,
        bytes_max: usize,
        in_pages: bool,
    ) -> Result<(Lines, bool)> {
        let doing = "reading what must travel";
        let mut statement = self
            .conn
            .prepare_cached(&format!(
                "SELECT {}, placement, seq, sum, pages FROM snapshots WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
                snapshots::COLUMNS
            ))
            .doing(doing)?;
        let mut rows = statement.query((after as i64, upto as i64)).doing(doing)?;
        let mut out = Vec::new();
        let mut bytes = 0usize;
        while let Some(row) = rows.next().doing(doing)? {
            if out.len() >= items_max || bytes > bytes_max {
                return Ok((out, false));
            }
            sum::check(row, &[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 15, 14], 17).doing(doing)?;
            let seq = row.get::<_, i64>(16).doing(doing)? as u64;
            let snapshot = snapshots::snapshot(row).doing(doing)?;
            let area = snapshot.key.area;
            let placement = Placement::decode(row.get_ref(15).doing(doing)?.as_blob().or_say(doing)?);
            let numbers = if in_pages { row.get::<_, i64>(18).doing(doing)?.max(1) as usize } else { 1 };
            let mut cut = pages::cut(placement.unwrap_or_default(), numbers, seq);
            let last = cut.pop().unwrap_or_default();
            for page in cut {
                let own = seq - (last.nth - page.nth) as u64;
                if own <= after {
                    continue;
                }
                if out.len() >= items_max || bytes > bytes_max {
                    return Ok((out, false));
                }
                let line = serde_json::to_string(&write_page(own, &snapshot.key, page)).or_say(doing)?;
                bytes += line.len() + 1;
                out.push((own, area, line));
            }
            let line = serde_json::to_string(&write_snapshot(seq, snapshot, last)).or_say(doing)?;
            bytes += line.len() + 1;
            out.push((seq, area, line));
        }
        Ok((out, true))
    }

    fn decision_items(&self, after: u64, upto: u64, items_max: usize) -> Result<Lines> {
        self.decisions_between(after, upto, items_max)?
            .into_iter()
            .map(|decision| {
                let (seq, area) = (decision.seq, decision.author);
                Ok((seq, area, serde_json::to_string(&Wire::Decision(decision)).or_say("reading what must travel")?))
            })
            .collect()
    }

    fn attestation_items(&self, after: u64, upto: u64) -> Result<Lines> {
        let doing = "reading what must travel";
        let told = self.attestations_between(after, upto)?.into_iter().map(|row| {
            // What came last goes on: whoever is above makes of it what they know.
            let word: &RawValue = serde_json::from_str(row.other.as_ref().unwrap_or(&row.body)).or_say(doing)?;
            let wire = Wire::Attestation(WireAttestation { seq: row.seq, area: row.origin, word });
            Ok((row.seq, row.origin, serde_json::to_string(&wire).or_say(doing)?))
        });
        told.collect()
    }

    fn gone_items(&self, after: u64, upto: u64, items_max: usize) -> Result<Lines> {
        let told = self.gone_between(after, upto, items_max)?.into_iter().map(|(seq, area, key)| {
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

#[cfg(test)]
mod tests {
    use super::super::{Home, Incoming, Placed, Segment, Snapshot, SnapshotKey, Store};
    use super::*;
    use crate::domain::{List, Uid};
    use crate::rules::SnapshotFacts;

    const ALL: Understood = Understood { attestations: true, gone: true, pages: true };

    fn village(n: u64) -> Area {
        format!("519901001{:03}", 200 + n).parse().unwrap()
    }

    /// A list of a village, with so many lines.
    fn list_of(n: u64, lines: u64) -> (Snapshot, Placement) {
        let (area, list) = (village(n), List::Health);
        let key = SnapshotKey { list, area, origin: area, stream: String::new() };
        let taken_on = "2026-03-31".parse().unwrap();
        let facts = SnapshotFacts {
            area,
            list,
            file: "健康.xlsx".into(),
            sheet: None,
            taken_on,
            lines,
            damaged: 0,
            total: None,
        };
        let lines = (1..=lines).map(|row| Placed { uid: Uid(n << 32 | row), raw: 0, row: row as u32 }).collect();
        let placement = Placement { segments: vec![Segment { file: None, sheet: None, lines }] };
        (Snapshot { key, facts, stated_on: None, awaits: false, read_at: 0 }, placement)
    }

    fn entry_of(n: u64) -> Incoming {
        let (area, first_seen) = (village(n), "2026-03-31".parse().unwrap());
        let body = r#"{"name":"王"}"#.to_owned();
        let (list, uid) = (List::Health, Uid(n + 1));
        Incoming { uid, area, list, origin: area, first_seen, baseline: false, removed: None, corrected: None, body }
    }

    #[test]
    fn a_batch_reads_of_each_kind_no_more_than_it_takes_and_leaves_out_nothing() {
        const VILLAGES: u64 = 40;
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Home::plain(dir.path()), "519901".parse().unwrap()).unwrap();
        store
            .write(|writer| {
                for n in 0..VILLAGES {
                    let (snapshot, placement) = list_of(n, 300);
                    writer.put_snapshot(&snapshot, &placement)?;
                    if n.is_multiple_of(3) {
                        writer.new_entries()?.add(&entry_of(n).as_new())?;
                    }
                    writer.tell_gone(1_000 + n, village(n))?;
                }
                Ok(())
            })
            .unwrap();
        let everything = VILLAGES * 2 + VILLAGES.div_ceil(3);
        for (items_max, bytes_max) in [(1, 1), (7, 1 << 30), (1_000, 12_000), (1_000, 1 << 30)] {
            let (mut after, mut seen) = (0, Vec::new());
            loop {
                let page = store.read(|view| view.items_after(after, items_max, bytes_max, ALL)).unwrap();
                let Some((last, _, _)) = page.last() else { break };
                assert!(page.len() <= items_max);
                after = *last;
                seen.extend(page.into_iter().map(|(seq, _, _)| seq));
            }
            assert_eq!(seen, (1..=everything).collect::<Vec<_>>(), "{items_max} {bytes_max}");
        }

        // One list more than any batch holds, and what came behind it.
        store
            .write(|writer| {
                let (snapshot, placement) = list_of(VILLAGES, 80_000);
                writer.put_snapshot(&snapshot, &placement)?;
                writer.tell_gone(5_000, village(0))
            })
            .unwrap();
        for (items_max, bytes_max) in [(1, 1), (2, 1 << 30), (1_000, 600_000), (1_000, 1 << 30)] {
            let (mut after, mut seen) = (everything, Vec::new());
            loop {
                let page = store.read(|view| view.items_after(after, items_max, bytes_max, ALL)).unwrap();
                let Some((last, _, _)) = page.last() else { break };
                after = *last;
                assert!(page.iter().all(|(_, _, line)| line.len() < 600_000));
                seen.extend(page.into_iter().map(|(seq, _, _)| seq - everything));
            }
            assert_eq!(seen, [1, 2, 3, 4], "{items_max} {bytes_max}");
        }
        let of_old = Understood { pages: false, ..ALL };
        let whole = store.read(|view| view.items_after(everything, 1_000, 1 << 30, of_old)).unwrap();
        assert_eq!(whole.iter().map(|(seq, ..)| seq - everything).collect::<Vec<_>>(), [3, 4]);

        // A row that is damaged stops a batch that reads it: the lists behind the batch are not read.
        store
            .write(|writer| {
                writer
                    .conn
                    .execute("UPDATE snapshots SET lines = 1 WHERE area = ?1", [village(30).padded() as i64])
                    .doing("")
            })
            .unwrap();
        let first = store.read(|view| view.items_after(0, 1_000, 12_000, ALL)).unwrap();
        assert!(!first.is_empty());
        assert!(store.read(|view| view.items_after(0, 1_000, 1 << 30, ALL)).is_err());
    }
}
