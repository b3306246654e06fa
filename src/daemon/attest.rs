//! The words of offices on what they hold, joined with the store: when one is due, what to make of one that comes, and
//! how it goes with what is held here. What a word is and proves: [`crate::sync::attest`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::desk::instant;
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::store::{Accord, AttestationRow, Held16, Store, View, Writer};
use crate::sync::attest::{AttestError, Attestation, Holding, Looks, print_of};
use crate::sync::ledger::Mark;
use crate::sync::protocol::{Epoch, Hash, from_hex, to_hex};

/// A changed office gives its word anew, but no more often than this: each time it reads what it owns.
const WORD_PAUSE_MILLIS: i64 = 10_000;
/// An unchanged office gives it again after this: it is alive, and nobody holds its words back.
const WORD_EVERY_MILLIS: i64 = 24 * 3_600_000;
/// Entries may be ahead of the word on them for as long as it takes both to arrive.
const DIFFERS_HOURS: i64 = 1;
/// An office whose word does not come for this long is silent, or silenced.
const MISSING_DAYS: i64 = 3;

/// Epochs of an office that are remembered as left, the newest: each is a restore.
const RETIRED_MAX: usize = 100;

/// Offices compared in one reading of the store: some 200,000 entries of a county, 40 bytes each.
const COMPARED_AT_ONCE: usize = 64;

const MILLIS_PER_HOUR: i64 = 3_600_000;

pub(super) fn mark(held: Held16) -> Mark {
    Mark { list: held.list, area: held.area, key: held.key, digest: held.digest }
}

fn read(body: &str) -> Result<Attestation> {
    serde_json::from_str(body).or_say("reading the word of an office")
}

/// What `area` is to sign now with `key`; `None` while its last word stands. `looked`: up to which number what stands was
/// found to be what it last said; only what changed since is a reason to read it all again.
pub(super) fn due(view: &View, area: Area, key: &[u8], now: i64, looked: &AtomicU64) -> Result<Option<Holding>> {
    let (epoch, upto) = (Epoch(view.epoch()?), view.seq()?);
    let head = view.access_head()?;
    let looks = Looks { count: head.count, hash: Hash(head.hash) };
    let last = view.attestation(area)?;
    let said = last.as_ref().map(|last| read(&last.body)).transpose()?;
    let mut fresh = false;
    if let (Some(last), Some(said)) = (&last, &said) {
        let age = now - last.received;
        // A clock that went back makes it old, not young for ever.
        fresh = said.key == to_hex(key) && said.epoch == epoch && (0..WORD_EVERY_MILLIS).contains(&age);
        if fresh && age < WORD_PAUSE_MILLIS {
            return Ok(None);
        }
        fresh &= said.looks == looks;
        let since = said.upto.max(looked.load(Ordering::SeqCst));
        if fresh && !view.changed_since(area, since)? {
            looked.store(upto, Ordering::SeqCst);
            return Ok(None);
        }
    }
    let mut marks: Vec<Mark> = holdings(view, &[area])?.remove(&area).unwrap_or_default();
    if fresh && said.is_some_and(|said| said.still_says(&mut marks)) {
        looked.store(upto, Ordering::SeqCst);
        return Ok(None);
    }
    Ok(Some(Holding { epoch, upto, marks, looks }))
}

fn holdings(view: &View, owners: &[Area]) -> Result<HashMap<Area, Vec<Mark>>> {
    let held = view.holdings(owners)?;
    Ok(held.into_iter().map(|(owner, held)| (owner, held.into_iter().map(mark).collect())).collect())
}

/// Keeps this office's own word.
pub(super) fn keep(writer: &Writer, word: &Attestation, now: i64) -> Result<()> {
    writer.put_attestation(&AttestationRow {
        origin: word.origin,
        seq: 0,
        body: serde_json::to_string(word).or_say("keeping the word of this office")?,
        key: word.key.clone(),
        retired: Vec::new(),
        received: now,
        accord: Accord::Equal,
        differs_since: None,
        agreed: Some(now),
        looks_lost: None,
        other: None,
    })
}

/// Takes the word of an office below. The inner error says why it is not believed; what is known of the office is then
/// kept, with what happened.
pub(super) fn take(writer: &Writer, origin: Area, body: &str, now: i64) -> Result<Result<()>> {
    let Ok(word) = serde_json::from_str::<Attestation>(body) else {
        return Ok(Err(Error::new("an attestation that does not read")));
    };
    if word.origin != origin {
        return Ok(Err(Error::new("an attestation of another office than the one it came for")));
    }
    let known = writer.attestation(origin)?;
    let key = known.as_ref().and_then(|known| from_hex(&known.key));
    let accord = match word.check(key.as_deref()) {
        Ok(()) => Accord::Pending,
        Err(AttestError::OtherKey) => Accord::OtherKey,
        Err(refusal @ (AttestError::Forged | AttestError::Outside)) => {
            if let Some(known) = known {
                writer.update_attestation(&AttestationRow { accord: Accord::Forged, ..known })?;
            }
            return Ok(Err(Error::new("an attestation that is not believed").because(refusal)));
        }
    };
    let mut row = AttestationRow {
        origin,
        seq: 0,
        body: body.to_owned(),
        key: word.key.clone(),
        retired: Vec::new(),
        received: now,
        accord,
        differs_since: None,
        agreed: None,
        looks_lost: None,
        other: None,
    };
    if let Some(known) = known {
        if accord == Accord::OtherKey {
            // Beside the last one by the key that is known, which stays what every later word is held against.
            let beside = known.other.as_deref().map(read).transpose()?;
            if beside.is_none_or(|beside| beside.key != word.key || !is_no_younger(&word, &beside)) {
                let other = Some(body.to_owned());
                writer.put_attestation(&AttestationRow { received: now, accord, other, ..known })?;
            }
            return Ok(Ok(()));
        }
        let before = read(&known.body)?;
        if is_no_younger(&word, &before) || known.retired.contains(&word.epoch.0) {
            // It was here, or somebody hands on an old one: what stands is younger.
            return Ok(Ok(()));
        }
        row.retired = known.retired;
        if word.epoch != before.epoch {
            retire(&mut row.retired, before.epoch);
        }
        // Also of a new life of the store: whoever restores an old one takes the looks since then away with it.
        let lost = before.looks.count.checked_sub(word.looks.count).filter(|lost| *lost > 0);
        row.looks_lost = lost.or(known.looks_lost);
        (row.differs_since, row.agreed) = (known.differs_since, known.agreed);
    }
    writer.put_attestation(&row)?;
    Ok(Ok(()))
}

/// Of two words by one key.
fn is_no_younger(word: &Attestation, than: &Attestation) -> bool {
    word.epoch == than.epoch && word.upto <= than.upto
}

fn retire(retired: &mut Vec<u64>, epoch: Epoch) {
    retired.retain(|old| *old != epoch.0);
    retired.push(epoch.0);
    let forgotten = retired.len().saturating_sub(RETIRED_MAX);
    retired.drain(..forgotten);
}

/// Whether a word waits to be compared.
pub(super) fn is_pending(view: &View, own: Area) -> Result<bool> {
    Ok(view.attestations()?.iter().any(|row| row.origin != own && row.accord == Accord::Pending))
}

/// Compares words with what is held of those who gave them: all of them, or those for which it is open. Reads every entry
/// once for each [`COMPARED_AT_ONCE`] offices.
pub(super) fn compare(store: &Store, all: bool, now: i64) -> Result<()> {
    let own = store.area();
    let open = |row: &AttestationRow| match row.accord {
        Accord::Pending | Accord::Differs => true,
        Accord::Equal => all,
        Accord::Forged | Accord::OtherKey => false,
    };
    let rows = store.read(|view| view.attestations())?;
    let offices: Vec<Area> = rows.iter().filter(|row| row.origin != own && open(row)).map(|row| row.origin).collect();
    offices.chunks(COMPARED_AT_ONCE).try_for_each(|offices| compare_some(store, offices, now))
}

fn compare_some(store: &Store, offices: &[Area], now: i64) -> Result<()> {
    let found = store.read(|view| {
        let judge = |(office, mut marks): (Area, Vec<Mark>)| match view.attestation(office)? {
            Some(row) => {
                let equal = read(&row.body)?.differing(&mut marks).is_empty();
                Ok(Some((row, equal)))
            }
            None => Ok(None),
        };
        holdings(view, offices)?.into_iter().filter_map(|held| judge(held).transpose()).collect::<Result<Vec<_>>>()
    })?;
    for (row, equal) in found {
        let judged = match equal {
            true => AttestationRow { accord: Accord::Equal, differs_since: None, agreed: Some(now), ..row.clone() },
            false => {
                let since = row.differs_since.or(Some(now));
                AttestationRow { accord: Accord::Differs, differs_since: since, ..row.clone() }
            }
        };
        // A newer word may have come meanwhile; that one is compared the next time.
        store.write(|writer| match writer.attestation(row.origin)? {
            Some(standing) if standing == row && judged != row => writer.update_attestation(&judged),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// A person says that what an office signs with now is its own key, or that it is right about the looks that are gone.
/// Gives the prints of the key before and of this one.
///
/// # Errors
/// Where neither another key nor fewer looks were signed: there is nothing to say yet.
pub(super) fn trust(writer: &Writer, origin: Area) -> Result<Option<(String, String)>> {
    let Some(mut row) = writer.attestation(origin)? else { return Ok(None) };
    let before = row.key.clone();
    if let Some(other) = row.other.take() {
        let (word, known) = (read(&other)?, read(&row.body)?);
        if word.epoch != known.epoch {
            retire(&mut row.retired, known.epoch);
            row.retired.retain(|epoch| *epoch != word.epoch.0);
        }
        (row.body, row.key, row.accord, row.differs_since) = (other, word.key, Accord::Pending, None);
    } else if row.looks_lost.is_none() {
        return Err(Error::new(format!("no new key of {origin} has arrived yet"))
            .hint("it comes with the next word of that office: try again in some minutes"));
    }
    row.looks_lost = None;
    let prints = (print(&before), print(&row.key));
    writer.update_attestation(&row)?;
    Ok(Some(prints))
}

fn print(key: &str) -> String {
    print_of(&from_hex(key).unwrap_or_default())
}

/// What is wrong with the words of the offices below: alarm codes, the area, and what their sentences take.
pub(super) fn alarms(view: &View, own: Area, now: i64) -> Result<Vec<(&'static str, Area, Value)>> {
    let mut found = Vec::new();
    for row in view.attestations()?.into_iter().filter(|row| row.origin != own) {
        let area = row.origin;
        match row.accord {
            Accord::Forged => found.push(("word-forged", area, json!({"area": area}))),
            Accord::OtherKey => found.push(("word-other-key", area, json!({"area": area}))),
            Accord::Pending | Accord::Equal | Accord::Differs => {}
        }
        let hours = row.differs_since.map_or(0, |since| (now - since) / MILLIS_PER_HOUR);
        if hours >= DIFFERS_HOURS {
            found.push(("word-differs", area, json!({"area": area, "hours": hours})));
        }
        let days = (now - row.received) / (24 * MILLIS_PER_HOUR);
        if days >= MISSING_DAYS {
            found.push(("word-missing", area, json!({"area": area, "days": days})));
        }
        if let Some(lost) = row.looks_lost {
            found.push(("looks-lost", area, json!({"area": area, "count": lost})));
        }
    }
    Ok(found)
}

/// The words of the offices below, for `status`.
pub(super) fn shown(view: &View, own: Area) -> Result<Vec<Value>> {
    let rows = view.attestations()?.into_iter().filter(|row| row.origin != own);
    rows.map(|row| {
        let word = read(&row.body)?;
        let signer = row.other.as_deref().map_or(Ok(row.key.clone()), |other| read(other).map(|other| other.key))?;
        Ok(json!({
            "area": row.origin, "state": row.accord.as_str(), "received": instant(row.received),
            "agreed": row.agreed.and_then(instant), "differs_since": row.differs_since.and_then(instant),
            "key": print(&row.key), "signed_by": print(&signer),
            "looks": word.looks.count, "looks_hash": word.looks.hash, "looks_lost": row.looks_lost,
        }))
    })
    .collect()
}

#[cfg(test)]
mod tests;
