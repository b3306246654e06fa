//! What a node holds, in the short form by which two nodes compare, and how what differs is sent again.

use std::collections::HashMap;

use rusqlite::OptionalExtension;
use xxhash_rust::xxh3::Xxh3;

use super::codec::{Doing, area, list, uid};
use super::{SnapshotKey, View, Writer};
use crate::domain::{Area, Uid};
use crate::error::{Context, Result};
use crate::rules::{SnapshotFacts, StatedTotal};

/// The short form of one thing held, by which two nodes compare (DESIGN.md, verify).
pub struct Held16 {
    /// 0 for what is no entry.
    pub list: u8,
    pub area: Area,
    pub key: u64,
    pub digest: [u8; 16],
}

/// Gives `take` all that a sheet says about itself, for a digest: in bytes that two versions of this program agree on.
fn digest_facts(facts: &SnapshotFacts, mut take: impl FnMut(&[u8])) {
    // By name, so that whoever adds a fact is asked here.
    let SnapshotFacts { area, list, file, sheet, taken_on, lines, damaged, total } = facts;
    take(&area.padded().to_le_bytes());
    take(&[*list as u8]);
    for name in [Some(file), sheet.as_ref()] {
        take(&name.map_or(0, |name| name.len() as u64 + 1).to_le_bytes());
        take(name.map_or(&[], |name| name.as_bytes()));
    }
    take(&taken_on.year().to_le_bytes());
    take(&taken_on.month().to_le_bytes());
    take(&taken_on.day().to_le_bytes());
    take(&lines.to_le_bytes());
    take(&damaged.to_le_bytes());
    take(&[u8::from(total.is_some())]);
    if let Some(StatedTotal { row, stated, counted }) = total {
        take(&row.to_le_bytes());
        take(&stated.to_le_bytes());
        take(&counted.to_le_bytes());
    }
}

impl View<'_> {
    /// Everything that stands and that nodes inside `within` own: entries, and the places of their lines.
    pub fn inventory(&self, within: Area) -> Result<Vec<Held16>> {
        let (first, last) = within.range();
        let doing = "listing what is held";
        let mut out = Vec::new();
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT uid, list, area, body FROM entries WHERE removed IS NULL AND origin BETWEEN ?1 AND ?2",
            )
            .doing(doing)?;
        let mut rows = statement.query((first as i64, last as i64)).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let (key, list, area) = (uid(row, 0).doing(doing)?, list(row, 1).doing(doing)?, area(row, 2).doing(doing)?);
            let mut hash = Xxh3::new();
            hash.update(&key.0.to_le_bytes());
            hash.update(&[list as u8]);
            hash.update(&area.padded().to_le_bytes());
            hash.update(row.get_ref(3).doing(doing)?.as_bytes().or_say(doing)?);
            out.push(Held16 { list: list as u8, area, key: key.0, digest: hash.digest128().to_le_bytes() });
        }
        for (_, snapshot) in self.snapshots()? {
            if !within.contains(snapshot.key.origin) {
                continue;
            }
            let Some((_, snapshot, placement)) = self.snapshot(&snapshot.key)? else { continue };
            let mut hash = Xxh3::new();
            digest_facts(&snapshot.facts, |part| hash.update(part));
            placement.digest(|part| hash.update(part));
            let digest = hash.digest128().to_le_bytes();
            out.push(Held16 { list: 0, area: snapshot.key.area, key: snapshot.key.name(), digest });
        }
        Ok(out)
    }

    /// Everything that stands and that these nodes own themselves, by owner. Unlike [`View::inventory`] the digest covers
    /// every field that travels and is one that nobody can aim at: it is what an office signs.
    pub fn holdings(&self, owners: &[Area]) -> Result<HashMap<Area, Vec<Held16>>> {
        let doing = "listing what is held";
        let mut out: HashMap<Area, Vec<Held16>> = owners.iter().map(|owner| (*owner, Vec::new())).collect();
        let (first, last) = (owners.iter().map(|o| o.padded()).min(), owners.iter().map(|o| o.padded()).max());
        let (Some(first), Some(last)) = (first, last) else { return Ok(out) };
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT origin, uid, list, area, first_seen, baseline, corrected, body FROM entries
                 WHERE removed IS NULL AND origin BETWEEN ?1 AND ?2",
            )
            .doing(doing)?;
        let mut rows = statement.query((first as i64, last as i64)).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let Some(held) = out.get_mut(&area(row, 0).doing(doing)?) else { continue };
            let (key, list, area) = (uid(row, 1).doing(doing)?, list(row, 2).doing(doing)?, area(row, 3).doing(doing)?);
            let days = (row.get::<_, i64>(4), row.get::<_, i64>(5), row.get::<_, Option<i64>>(6));
            let mut hash = blake3::Hasher::new();
            for number in [key.0 as i64, i64::from(list as u8), area.padded() as i64] {
                hash.update(&number.to_le_bytes());
            }
            for number in [days.0.doing(doing)?, days.1.doing(doing)?, days.2.doing(doing)?.unwrap_or_default()] {
                hash.update(&number.to_le_bytes());
            }
            hash.update(row.get_ref(7).doing(doing)?.as_bytes().or_say(doing)?);
            held.push(Held16 { list: list as u8, area, key: key.0, digest: shortened(&hash) });
        }
        for (_, snapshot) in self.snapshots()? {
            let Some(held) = out.get_mut(&snapshot.key.origin) else { continue };
            let Some((_, snapshot, placement)) = self.snapshot(&snapshot.key)? else { continue };
            let mut hash = blake3::Hasher::new();
            let mut take = |part: &[u8]| {
                hash.update(part);
            };
            digest_facts(&snapshot.facts, &mut take);
            placement.digest(&mut take);
            let key = snapshot.key.name();
            held.push(Held16 { list: 0, area: snapshot.key.area, key, digest: shortened(&hash) });
        }
        Ok(out)
    }
}

impl View<'_> {
    /// Whether anything that `owner` itself reports has a number above `after`.
    pub fn changed_since(&self, owner: Area, after: u64) -> Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM entries WHERE seq > ?1 AND origin = ?2)
                     OR EXISTS (SELECT 1 FROM snapshots WHERE seq > ?1 AND origin = ?2)",
            )
            .and_then(|mut s| s.query_row((after as i64, owner.padded() as i64), |row| row.get(0)))
            .doing("listing what is held")
    }
}

/// Half of the hash: enough that nobody finds another content for it.
fn shortened(hash: &blake3::Hasher) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    half
}

impl SnapshotKey {
    /// The key as a number, the same at every node.
    pub fn name(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&[self.list as u8]);
        hash.update(&self.area.padded().to_le_bytes());
        hash.update(&self.origin.padded().to_le_bytes());
        hash.update(self.stream.as_bytes());
        hash.digest() >> 1
    }
}

impl Writer<'_> {
    /// Makes the parent hear of these keys again: what stands gets a new number, what is gone or was never here
    /// becomes a tombstone. Gives how many of each.
    pub fn repair(&self, keys: &[u64], own: Area, acknowledged: u64) -> Result<(u64, u64)> {
        let names = self.snapshot_names(own)?;
        let (mut sent, mut removed) = (0, 0);
        for key in keys {
            if let Some((id, _)) = names.get(key) {
                let seq = self.next_seq_of_list(*id)?;
                self.conn
                    .prepare_cached("UPDATE snapshots SET seq = ?2 WHERE id = ?1")
                    .and_then(|mut s| s.execute((id, seq as i64)))
                    .doing("sending a snapshot again")?;
                sent += 1;
                continue;
            }
            let found: Option<(u64, bool)> = {
                self.conn
                    .prepare_cached("SELECT seq, removed IS NULL FROM entries WHERE uid = ?1")
                    .and_then(|mut s| {
                        s.query_row([*key as i64], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))).optional()
                    })
                    .doing("looking for an entry")?
            };
            match found {
                Some((_, true)) => {
                    self.touch(&[Uid(*key)])?;
                    sent += 1;
                }
                Some((seq, false)) if seq <= acknowledged => {
                    self.touch(&[Uid(*key)])?;
                    removed += 1;
                }
                None if self.told_gone(*key)?.is_none_or(|seq| seq <= acknowledged) => {
                    self.tell_gone(*key, own)?;
                    removed += 1;
                }
                // The word is on its way.
                Some(_) | None => {}
            }
        }
        Ok((sent, removed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::List;

    #[test]
    fn every_fact_of_a_sheet_is_in_its_digest_and_its_bytes_do_not_change() {
        let digest = |change: fn(&mut SnapshotFacts)| {
            let mut facts = SnapshotFacts {
                area: "519901001200".parse().unwrap(),
                list: List::Dibao,
                file: "低保.csv".into(),
                sheet: Some("一".into()),
                taken_on: "2026-03-31".parse().unwrap(),
                lines: 9,
                damaged: 0,
                total: Some(StatedTotal { row: 11, stated: 10, counted: 9 }),
            };
            change(&mut facts);
            let mut bytes = Vec::new();
            digest_facts(&facts, |part| bytes.extend_from_slice(part));
            bytes
        };
        let changes: [fn(&mut SnapshotFacts); 15] = [
            |_| (),
            |f| f.area = "519901001201".parse().unwrap(),
            |f| f.list = List::Health,
            |f| f.file.push('一'),
            |f| (f.file, f.sheet) = ("低保.csv一".into(), Some(String::new())),
            |f| f.sheet = None,
            |f| f.taken_on = "2026-03-30".parse().unwrap(),
            |f| f.taken_on = "2026-02-28".parse().unwrap(),
            |f| f.taken_on = "2025-03-31".parse().unwrap(),
            |f| f.lines = 8,
            |f| f.damaged = 1,
            |f| f.total = None,
            |f| f.total.as_mut().unwrap().stated = 9,
            |f| f.total.as_mut().unwrap().row = 10,
            |f| f.total.as_mut().unwrap().counted = 8,
        ];
        let digests: std::collections::HashSet<Vec<u8>> = changes.map(digest).into_iter().collect();
        assert_eq!(digests.len(), changes.len());
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&digest(|_| ())),
            10_320_534_524_817_923_395,
            "offices of two versions compare by these bytes"
        );
    }
}
