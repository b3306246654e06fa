//! What a child sent, into the store.

use crate::domain::{Area, Entry};
use crate::error::{Error, Result};
use crate::linkage::features_agree;
use crate::store::{Arrived, Incoming, Wait, Writer, read_item};

use super::super::attest;
use super::{Keys, Setting, features_of};

/// Takes one line of a child's batch inside the caller's transaction. The inner error says why the line itself cannot
/// be taken: it is then for the quarantine, and the rest goes on.
///
/// # Errors
/// The outer error is the store's: the whole transaction is to be given up.
pub fn arrive(writer: &Writer, setting: &Setting, child: Area, line: &str) -> Result<Result<()>> {
    let arrived = match read_item(line) {
        Ok(arrived) => arrived,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let origin = match &arrived {
        Arrived::Entry(incoming) => incoming.origin,
        Arrived::Snapshot(snapshot, _) => snapshot.key.origin,
        Arrived::Decision(decision) => decision.author,
        Arrived::Attestation(origin, _) => *origin,
    };
    // A node speaks for itself and for what lies below it, and for nobody else.
    if !child.contains(origin) {
        return Ok(Err(Error::new("from a node outside the child's area")));
    }
    match arrived {
        Arrived::Entry(incoming) => put_entry(writer, setting, &incoming),
        Arrived::Snapshot(snapshot, placement) => writer.put_snapshot(&snapshot, &placement).map(|_| Ok(())),
        Arrived::Attestation(origin, word) => attest::take(writer, origin, &word, setting.now),
        Arrived::Decision(decision) => writer.put_decision(&decision, false).map(|_| Ok(())),
    }
}

fn put_entry(writer: &Writer, setting: &Setting, incoming: &Incoming) -> Result<Result<()>> {
    if let Some(id) = writer.insert_incoming(incoming)? {
        // Its keys are indexed with those of the others that are new.
        writer.mark(id, Wait::First)?;
        return Ok(Ok(()));
    }
    let Some(before) = writer.entry(incoming.uid)? else { return Ok(Ok(())) };
    if before.origin != incoming.origin {
        return Ok(Err(Error::new("an entry that another node owns")));
    }
    writer.update_incoming(&before, incoming, setting.today)?;
    let Some(after) = writer.entry_by_id(before.id)? else { return Ok(Ok(())) };
    let mut added: Vec<(u64, i64)> = Vec::new();
    let mut taken: Vec<(u64, i64)> = Vec::new();
    let link = rekey(&before.entry, &after.entry, before.id, &mut added, &mut taken);
    writer.change_blocks(&mut added, &mut taken)?;
    writer.mark(before.id, Wait::changed(link))?;
    Ok(Ok(()))
}

/// Notes the keys an entry gains and loses; says whether who it is may have changed.
pub(super) fn rekey(
    before: &Entry,
    after: &Entry,
    id: i64,
    added: &mut Vec<(u64, i64)>,
    taken: &mut Vec<(u64, i64)>,
) -> bool {
    let place = |entry: &Entry| (entry.area, entry.list, entry.is_active());
    if place(before) == place(after) && features_agree(&before.record, &after.record) {
        return false;
    }
    let (old, new) = (features_of(before), features_of(after));
    let (old_keys, new_keys) = (Keys::of(before, &old), Keys::of(after, &new));
    let had: Vec<u64> = old_keys.iter().collect();
    let has: Vec<u64> = new_keys.iter().collect();
    added.extend(has.iter().filter(|key| !had.contains(key)).map(|key| (*key, id)));
    taken.extend(had.iter().filter(|key| !has.contains(key)).map(|key| (*key, id)));
    old != new
}
