//! Writing one line: a new entry, a changed one, or one that stands again.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::domain::{Area, Entry, List, Record, Uid};
use crate::error::{Context, Result};
use crate::intake::diff;
use crate::intake::diff::renumbered::{number_before, other_name};
use crate::linkage::{self, BLOCK_ENTRIES_MAX, features_agree};
use crate::store::{NewEntries, NewEntry, StoredEntry, View, Wait, Writer};

use super::judging::is_gone_head;
use super::known::household;
use super::names::Names;
use super::{Keys, Setting, features_of};

/// Pairs of key and entry that are held in memory, 16 bytes each: those of a list of half a million lines, as every
/// writing of so many touches nearly the whole index.
const PAIRS_MAX: usize = 3_000_000;
/// Households whose gone heads are remembered; then they are asked for anew.
const HOUSEHOLDS_MAX: usize = 10_000;

/// Block keys that changed, collected over a file or a line and written sorted.
#[derive(Default)]
pub(super) struct Blocks {
    added: Vec<(u64, i64)>,
    taken: Vec<(u64, i64)>,
    /// Heads who were gone from a household when it was first asked for: whoever goes since waits for that.
    gone_heads: FxHashMap<u64, Vec<i64>>,
}

impl Blocks {
    /// Notes the keys of an entry that is new.
    fn add(&mut self, id: i64, keys: &Keys) {
        self.added.extend(keys.iter().map(|key| (key, id)));
    }

    /// Whether so much has gathered that it should be written.
    pub fn is_full(&self) -> bool {
        self.added.len() >= PAIRS_MAX
    }

    /// Notes the keys an entry gains and loses, and lets it wait. So do those with whom it shared a number, and the heads who
    /// are gone from the household that it leaves: nothing of theirs changed, and what was found of both may hold no more.
    pub fn rekey(&mut self, writer: &Writer, before: &Entry, after: &Entry, id: i64) -> Result<()> {
        let stands = |entry: &Entry| entry.removed.is_none();
        let place = |entry: &Entry| (entry.area, entry.list, entry.is_active(), stands(entry));
        if place(before) == place(after) && features_agree(&before.record, &after.record) {
            return writer.mark(id, Wait::changed(false));
        }
        let (old, new) = (features_of(before), features_of(after));
        let (old_keys, new_keys) =
            (Keys::of(before.list, &before.record, &old), Keys::of(after.list, &after.record, &new));
        let had: Vec<u64> = old_keys.iter().collect();
        let has: Vec<u64> = new_keys.iter().collect();
        self.added.extend(has.iter().filter(|key| !had.contains(key)).map(|key| (*key, id)));
        self.taken.extend(had.iter().filter(|key| !has.contains(key)).map(|key| (*key, id)));
        // The first key of a valid number is the number itself (linkage::block_keys). It stays one of its keys where the
        // line remembers it, or may be meant for it, and is shared no more all the same.
        let is_left = old.number.is_valid() && !new.number.same_valid(&old.number);
        let number = had.first().filter(|_| is_left).copied();
        let sharers = number.map_or_else(|| Ok(Vec::new()), |key| writer.block(key, BLOCK_ENTRIES_MAX))?;
        let heads: &[i64] = match old_keys.household.filter(|key| !has.contains(key)) {
            Some(key) => self.gone_heads(writer, key)?,
            None => &[],
        };
        for other in sharers.iter().chain(heads).filter(|other| **other != id) {
            writer.mark(*other, Wait::Judge)?;
        }
        // Linked again, those tied to it are judged with it: a dead person's line that goes or comes back concerns them too.
        writer.mark(id, Wait::changed(old != new || stands(before) != stands(after)))
    }

    fn gone_heads(&mut self, view: &View, key: u64) -> Result<&[i64]> {
        if self.gone_heads.len() >= HOUSEHOLDS_MAX {
            self.gone_heads.clear();
        }
        Ok(match self.gone_heads.entry(key) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                let mut heads = Vec::new();
                for id in household(view, key)? {
                    let head = view.entry_by_id(id)?.filter(|stored| is_gone_head(&stored.entry));
                    heads.extend(head.map(|stored| stored.id));
                }
                slot.insert(heads)
            }
        })
    }

    pub fn write(&mut self, writer: &Writer) -> Result<()> {
        writer.change_blocks(&mut self.added, &mut self.taken)
    }
}

pub(super) fn read_body(body: &str) -> Record {
    // Written from a record when the line was read.
    serde_json::from_str(body).unwrap_or_default()
}

/// What a line that was here before says now.
pub(super) struct Now {
    pub record: Record,
    pub change: Difference,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Nothing,
    /// Only when somebody last saw the person. That alters what holds for somebody of whom it is said that they died, and
    /// of this one nobody says anything.
    Seen,
    Else,
}

/// What a line says against the entry whose place it takes, and what it must remember of that. Offices below make up
/// their own mind of a person, from less than is known here: where there are any (`has_below`), nothing is
/// [`Difference::Seen`].
pub(super) fn compare(
    view: &View,
    has_below: bool,
    at: (List, Area),
    old: &StoredEntry,
    mut new: Record,
) -> Result<Now> {
    let before = &old.entry;
    new.former_number = number_before(at.0, &before.record, &new);
    new.also_called = other_name(&before.record, &new);
    let stands = before.removed.is_none() && (before.list, before.area) == at;
    let is_seen = || Record { seen: new.seen, ..before.record.clone() } == new;
    let change = if stands && before.record == new {
        Difference::Nothing
    } else if stands && !has_below && is_seen() && view.holds_nothing(old.person)? {
        Difference::Seen
    } else {
        Difference::Else
    };
    Ok(Now { record: new, change })
}

/// Bits of a name that say which village it is of; the other 51 are enough for the lines of any office.
const VILLAGE_BITS: u32 = 12;

/// A stable name for a new line: from what identifies it, and the how-many-eth of its kind it is. Names of one village
/// stand together, so that a village's lines are found on few pages of every index by name.
fn uid_of(setting: &Setting, stream: &str, (list, area): (List, Area), key: u64, ordinal: u32) -> Uid {
    let mut hash = Xxh3::new();
    hash.update(&setting.node.padded().to_le_bytes());
    hash.update(stream.as_bytes());
    hash.update(&[list as u8]);
    hash.update(&area.padded().to_le_bytes());
    hash.update(&key.to_le_bytes());
    hash.update(&ordinal.to_le_bytes());
    let village = xxh3_64(&area.padded().to_le_bytes()) >> (64 - VILLAGE_BITS);
    // The highest bit stays empty: a name is a positive number to SQLite too.
    Uid(village << (63 - VILLAGE_BITS) | hash.digest() >> (1 + VILLAGE_BITS))
}

/// Names a new line, by the first name that none of the lines standing in its list and area has.
pub(super) fn name_line(setting: &Setting, stream: &str, at: (List, Area), record: &Record, names: &mut Names) -> Uid {
    let key = diff::key(record);
    names.first_free(key, |ordinal| uid_of(setting, stream, at, key, ordinal))
}

/// The keys of a line that has none in the index yet.
pub(super) fn keys_of((list, area): (List, Area), uid: Uid, record: &Record) -> Keys {
    Keys::of(list, record, &linkage::features(uid, area, list, record))
}

/// Adds an entry, or lets the vanished one of this name stand again; `true` where it is new.
pub(super) fn enter(
    entries: &mut NewEntries,
    setting: &Setting,
    at: (List, Area),
    uid: Uid,
    (body, keys): (&str, &Keys),
    baseline: bool,
    blocks: &mut Blocks,
) -> Result<bool> {
    let (list, area) = at;
    let (origin, first_seen) = (setting.node, setting.today);
    let new = NewEntry { uid, area, list, origin, first_seen, baseline, removed: None, corrected: None, body };
    if let Some(id) = entries.add(&new)? {
        blocks.add(id, keys);
        return Ok(true);
    }
    let writer = entries.writer();
    if let Some(old) = writer.entry(uid)? {
        update(writer, setting, at, &old, body, compare(writer, true, at, &old, read_body(body))?, blocks)?;
    }
    Ok(false)
}

/// Whether the line changed in what an entry is known by. A number that a spreadsheet cut is known as it was.
fn is_correction(old: &Record, new: &Record) -> bool {
    let known = |r: &Record| (r.known_number().cloned(), r.sex, r.birth);
    old.id_number.is_some() && known(old) != known(new)
        || crate::domain::name::fold(&old.name) != crate::domain::name::fold(&new.name)
}

/// Replaces what an entry says; `false` where it says the same.
pub(super) fn update(
    writer: &Writer,
    setting: &Setting,
    at: (List, Area),
    old: &StoredEntry,
    body: &str,
    now: Now,
    blocks: &mut Blocks,
) -> Result<bool> {
    let Now { record, change } = now;
    if change == Difference::Nothing {
        return Ok(false);
    }
    let before = &old.entry;
    let corrected = change == Difference::Else && is_correction(&before.record, &record);
    // What the line itself does not say, and is remembered of it.
    let body = match record.former_number.is_some() || record.also_called.is_some() {
        true => Cow::Owned(serde_json::to_string(&record).or_say("writing a line")?),
        false => Cow::Borrowed(body),
    };
    if change == Difference::Seen {
        writer.see_entry(old.id, &body)?;
        return Ok(true);
    }
    writer.update_entry(old, &body, setting.today, corrected)?;
    let after = Entry {
        uid: before.uid,
        area: at.1,
        list: at.0,
        record,
        first_seen: before.first_seen,
        baseline: before.baseline,
        corrected: before.corrected,
        removed: None,
    };
    blocks.rekey(writer, before, &after, old.id)?;
    Ok(true)
}
