//! Writing one line: a new entry, a changed one, or one that stands again.

use xxhash_rust::xxh3::Xxh3;

use crate::domain::{Area, Entry, List, Record, Uid};
use crate::error::Result;
use crate::intake::diff;
use crate::store::{NewEntry, StoredEntry, Writer};

use super::arrive::rekey;
use super::scope::Scope;
use super::{Keys, Setting, features_of};

/// Block keys collected over a chunk, written sorted.
#[derive(Default)]
pub(super) struct Blocks {
    added: Vec<(u64, i64)>,
    taken: Vec<(u64, i64)>,
}

impl Blocks {
    pub fn write(&mut self, writer: &Writer) -> Result<()> {
        writer.change_blocks(&mut self.added, &mut self.taken)
    }
}

pub(super) fn read_body(body: &str) -> Record {
    // Written by `take` from a record a moment ago.
    serde_json::from_str(body).unwrap_or_default()
}

/// A stable name for a new line: from what identifies it, and the how-many-eth of its kind it is.
fn uid_of(setting: &Setting, stream: &str, (list, area): (List, Area), key: u64, ordinal: u32) -> Uid {
    let mut hash = Xxh3::new();
    hash.update(&setting.node.padded().to_le_bytes());
    hash.update(stream.as_bytes());
    hash.update(&[list as u8]);
    hash.update(&area.padded().to_le_bytes());
    hash.update(&key.to_le_bytes());
    hash.update(&ordinal.to_le_bytes());
    Uid(hash.digest() >> 1)
}

/// Adds a new line, or lets a vanished one stand again. Gives its uid.
#[expect(clippy::too_many_arguments, reason = "one call site each; a struct would only rename them")]
pub(super) fn fresh(
    writer: &Writer,
    setting: &Setting,
    stream: &str,
    at: (List, Area),
    record: &Record,
    scope: &mut Scope,
    baseline: bool,
    blocks: &mut Blocks,
) -> Result<Uid> {
    let key = diff::key(record);
    let mut ordinal = 0;
    loop {
        let uid = uid_of(setting, stream, at, key, ordinal);
        ordinal += 1;
        if scope.used.contains(&uid) {
            continue;
        }
        scope.used.insert(uid);
        // A line that vanished comes back, or one was written before a crash.
        if let Some(old) = writer.entry(uid)? {
            update(writer, setting, &old, record, blocks)?;
            scope.updated += 1;
            return Ok(uid);
        }
        let new = NewEntry { uid, area: at.1, list: at.0, record, first_seen: setting.today, baseline };
        let id = writer.insert_entry(setting.node, &new)?;
        let entry = Entry {
            uid,
            area: at.1,
            list: at.0,
            record: record.clone(),
            first_seen: setting.today,
            baseline,
            removed: None,
            corrected: None,
        };
        let features = features_of(&entry);
        blocks.added.extend(Keys::of(&entry, &features).iter().map(|key| (key, id)));
        writer.mark(id, true)?;
        scope.created += 1;
        return Ok(uid);
    }
}

/// Whether the line changed in what an entry is known by.
fn is_correction(old: &Record, new: &Record) -> bool {
    let known = |r: &Record| (r.id_number.clone(), r.sex, r.birth);
    old.id_number.is_some() && known(old) != known(new)
        || crate::domain::name::fold(&old.name) != crate::domain::name::fold(&new.name)
}

/// Replaces what an entry says; `false` where it says the same.
pub(super) fn update(writer: &Writer, setting: &Setting, old: &StoredEntry, record: &Record, blocks: &mut Blocks) -> Result<bool> {
    if old.entry.record == *record && old.entry.removed.is_none() {
        return Ok(false);
    }
    let corrected = is_correction(&old.entry.record, record);
    writer.update_entry(old, record, setting.today, corrected)?;
    let after = Entry { record: record.clone(), removed: None, ..old.entry.clone() };
    let link = rekey(&old.entry, &after, old.id, &mut blocks.added, &mut blocks.taken);
    writer.mark(old.id, link)?;
    Ok(true)
}
