//! The index in which linkage finds entries that can be the same person: which entries have which block key.
//!
//! Keys are many, about four an entry, and a row for each would cost more to write than the entries themselves. So a row
//! is a bucket: the pairs of key and entry whose keys begin alike, one behind the other, ascending. All keys of a village
//! that are of no use elsewhere lie in buckets of its own.

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row};

use super::codec::Doing;
use super::entries::Wait;
use super::{Store, View, Writer, sum};
use crate::error::{Error, Result};
use crate::linkage::{BLOCK_ENTRIES_MAX, KEYS_VERSION, is_village_key};

/// The last bits of a key and the entry, both the highest byte first, so that pairs order as their bytes do.
type Pair = [u8; KEY_BYTES + ENTRY_BYTES];

/// The bits that [`bucket_of`] leaves unsaid are at most 47.
const KEY_BYTES: usize = 6;
/// Entries are numbered from 1; a county that writes a million new lines a month fills this in three centuries.
const ENTRY_BYTES: usize = 4;

/// How many first bits of a key name its bucket. A village of 3,000 residents has about 60 pairs in each of its
/// buckets, a county of 600,000 about 40 in each of those that are nobody's own.
const VILLAGE_BUCKET_BITS: u32 = 32;
const COMMON_BUCKET_BITS: u32 = 17;

/// Key in `meta`: see [`View::indexed`].
const INDEXED: &str = "indexed";
/// Key in `meta`: the version of the keys that the index holds, none in a store made before they had one.
const KEYS: &str = "keys";

/// Ascending with the keys.
fn bucket_of(key: u64) -> i64 {
    let bits = if is_village_key(key) { VILLAGE_BUCKET_BITS } else { COMMON_BUCKET_BITS };
    (key >> (u64::BITS - bits)) as i64
}

fn pair(key: u64, entry: i64) -> Result<Pair> {
    let entry = u32::try_from(entry).map_err(|_| Error::new("more lines than a store can number"))?;
    let mut pair = Pair::default();
    pair[..KEY_BYTES].copy_from_slice(&key.to_be_bytes()[8 - KEY_BYTES..]);
    pair[KEY_BYTES..].copy_from_slice(&entry.to_be_bytes());
    Ok(pair)
}

fn entry_of(pair: &Pair) -> i64 {
    let mut entry = [0; ENTRY_BYTES];
    entry.copy_from_slice(&pair[KEY_BYTES..]);
    i64::from(u32::from_be_bytes(entry))
}

/// The pairs of one key.
fn pairs_of(bucket: &[Pair], key: u64) -> &[Pair] {
    let sought = &key.to_be_bytes()[8 - KEY_BYTES..];
    let from = bucket.partition_point(|pair| &pair[..KEY_BYTES] < sought);
    let count = bucket[from..].iter().take_while(|pair| &pair[..KEY_BYTES] == sought).count();
    &bucket[from..from + count]
}

/// What [`pairs`] reads.
const BUCKET: &str = "SELECT bucket, pairs, sum FROM blocks WHERE bucket = ?1";

/// The pairs of a row of bucket, pairs and sum.
fn pairs<'r>(row: &'r Row) -> rusqlite::Result<&'r [Pair]> {
    sum::check(row, &[0, 1], 2)?;
    let (pairs, rest) = row.get_ref(1)?.as_blob()?.as_chunks();
    match rest {
        [] => Ok(pairs),
        _ => Err(rusqlite::Error::InvalidColumnType(1, "pairs".to_owned(), Type::Blob)),
    }
}

/// `old` without `taken` and with `added`, all ascending.
fn merged(old: &[Pair], added: &[Pair], taken: &[Pair]) -> Vec<u8> {
    let mut all = Vec::with_capacity((old.len() + added.len()) * size_of::<Pair>());
    let mut added = added.iter().peekable();
    for pair in old.iter().filter(|pair| taken.binary_search(pair).is_err()) {
        while let Some(new) = added.next_if(|new| *new < pair) {
            all.extend_from_slice(new);
        }
        added.next_if_eq(&pair);
        all.extend_from_slice(pair);
    }
    added.for_each(|new| all.extend_from_slice(new));
    all
}

impl Store {
    /// Empties an index of linkage that another version of the program made under other keys. All entries then wait to be
    /// indexed and linked again: who did not meet under the old keys may meet under these.
    pub(super) fn renew_keys(&self) -> Result<()> {
        if self.read(|view| view.meta_u64(KEYS))? == Some(KEYS_VERSION) {
            return Ok(());
        }
        self.write(|writer| {
            if writer.indexed()? > 0 {
                let emptied = writer.conn.execute_batch("DELETE FROM blocks; DELETE FROM outgrown;");
                emptied.doing("emptying the index of linkage")?;
                writer.set_indexed(0)?;
                writer.mark_all()?;
            }
            writer.put_meta_u64(KEYS, KEYS_VERSION)
        })
    }
}

impl View<'_> {
    /// Up to which number the keys of entries are in the index.
    pub fn indexed(&self) -> Result<i64> {
        Ok(self.meta_u64(INDEXED)?.unwrap_or(0) as i64)
    }

    /// Ids of the entries under a block key, ascending, at most `limit` of them.
    pub fn block(&self, key: u64, limit: usize) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        self.each_block(&[key], limit, &mut |ids| found.extend(ids))?;
        Ok(found)
    }

    /// The keys noted as shared by too many to say anything; of nearly every store none.
    pub fn outgrown(&self) -> Result<Vec<u64>> {
        let doing = "looking for blocks that outgrew";
        let mut statement = self.conn.prepare_cached("SELECT key FROM outgrown").doing(doing)?;
        let keys = statement.query_map([], |row| row.get::<_, i64>(0)).doing(doing)?;
        keys.map(|key| Ok(key.doing(doing)? as u64)).collect()
    }

    /// The same for many keys, ascending, in their order. Each bucket is read once.
    pub fn each_block(
        &self,
        keys: &[u64],
        limit: usize,
        take: &mut dyn FnMut(&mut dyn Iterator<Item = i64>),
    ) -> Result<()> {
        let doing = "looking for entries alike";
        let mut statement = self.conn.prepare_cached(BUCKET).doing(doing)?;
        for keys in keys.chunk_by(|a, b| bucket_of(*a) == bucket_of(*b)) {
            let mut rows = statement.query([bucket_of(keys[0])]).doing(doing)?;
            let row = rows.next().doing(doing)?;
            let bucket = row.map_or(Ok([].as_slice()), pairs).doing(doing)?;
            for key in keys {
                take(&mut pairs_of(bucket, *key).iter().take(limit).map(entry_of));
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Notes that every entry up to `id` has its keys in the index.
    pub fn set_indexed(&self, id: i64) -> Result<()> {
        self.put_meta_u64(INDEXED, id as u64)
    }

    /// Adds and takes away pairs of block key and entry, and empties both. Each bucket they touch is written once.
    pub fn change_blocks(&self, added: &mut Vec<(u64, i64)>, taken: &mut Vec<(u64, i64)>) -> Result<()> {
        added.sort_unstable();
        added.dedup();
        taken.sort_unstable();
        let (mut new, mut gone) = (&added[..], &taken[..]);
        while let Some(bucket) = [new.first(), gone.first()].into_iter().flatten().map(|(key, _)| bucket_of(*key)).min()
        {
            self.change_bucket(bucket, &of_bucket(&mut new, bucket)?, &of_bucket(&mut gone, bucket)?)?;
        }
        added.clear();
        let mut lost: Vec<u64> = taken.drain(..).map(|(key, _)| key).collect();
        if !lost.is_empty() && self.any(&self.outgrown, "SELECT EXISTS (SELECT 1 FROM outgrown)")? {
            lost.dedup();
            lost.into_iter().try_for_each(|key| self.note_shrunk(key))?;
        }
        Ok(())
    }

    fn change_bucket(&self, bucket: i64, added: &[Pair], taken: &[Pair]) -> Result<()> {
        let doing = "indexing entries";
        let all = self
            .conn
            .prepare_cached(BUCKET)
            .and_then(|mut s| s.query_row([bucket], |row| Ok(merged(pairs(row)?, added, taken))).optional())
            .doing(doing)?
            .unwrap_or_else(|| merged(&[], added, taken));
        let written = if all.is_empty() {
            self.conn.prepare_cached("DELETE FROM blocks WHERE bucket = ?1").and_then(|mut s| s.execute([bucket]))
        } else {
            self.conn
                .prepare_cached(
                    "INSERT INTO blocks VALUES (?1, ?2, row_sum(?1, ?2))
                     ON CONFLICT (bucket) DO UPDATE SET pairs = excluded.pairs, sum = excluded.sum",
                )
                .and_then(|mut s| s.execute((bucket, all)))
        };
        written.doing(doing)?;
        Ok(())
    }

    /// Notes that a block is too large to say anything. The first time all its entries wait to be linked again: some of
    /// them may be one person by this key alone.
    pub fn note_outgrown(&self, key: u64) -> Result<()> {
        let new = self
            .conn
            .prepare_cached("INSERT OR IGNORE INTO outgrown VALUES (?1)")
            .and_then(|mut s| s.execute([key as i64]))
            .doing("noting a block that outgrew")?;
        self.outgrown.set(Some(true));
        if new > 0 { self.mark_block(key) } else { Ok(()) }
    }

    /// Lets a block that has become small enough count again.
    fn note_shrunk(&self, key: u64) -> Result<()> {
        if self.block(key, BLOCK_ENTRIES_MAX + 1)?.len() > BLOCK_ENTRIES_MAX {
            return Ok(());
        }
        let known = self
            .conn
            .prepare_cached("DELETE FROM outgrown WHERE key = ?1")
            .and_then(|mut s| s.execute([key as i64]))
            .doing("noting a block that shrank")?;
        if known > 0 { self.mark_block(key) } else { Ok(()) }
    }

    fn mark_block(&self, key: u64) -> Result<()> {
        self.block(key, usize::MAX)?.into_iter().try_for_each(|id| self.mark(id, Wait::Link))
    }
}

/// Takes those of a bucket off the front of what is ascending.
fn of_bucket(pairs: &mut &[(u64, i64)], bucket: i64) -> Result<Vec<Pair>> {
    let count = pairs.iter().take_while(|(key, _)| bucket_of(*key) <= bucket).count();
    let (of_it, rest) = pairs.split_at(count);
    *pairs = rest;
    of_it.iter().map(|(key, entry)| pair(*key, *entry)).collect()
}
