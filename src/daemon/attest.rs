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

/// Offices compared in one reading of the store: some 200,000 entries of a county, 40 bytes each.
const COMPARED_AT_ONCE: usize = 64;

const MILLIS_PER_HOUR: i64 = 3_600_000;

pub(super) fn mark(held: Held16) -> Mark {
    Mark { list: held.list, area: held.area, key: held.key, digest: held.digest }
}

fn read(row: &AttestationRow) -> Result<Attestation> {
    serde_json::from_str(&row.body).or_say("reading the word of an office")
}

/// What `area` is to sign now with `key`; `None` while its last word stands. `looked`: up to which number what stands was
/// found to be what it last said; only what changed since is a reason to read it all again.
pub(super) fn due(view: &View, area: Area, key: &[u8], now: i64, looked: &AtomicU64) -> Result<Option<Holding>> {
    let (epoch, upto) = (Epoch(view.epoch()?), view.seq()?);
    let head = view.access_head()?;
    let looks = Looks { count: head.count, hash: Hash(head.hash) };
    let last = view.attestation(area)?;
    let said = last.as_ref().map(read).transpose()?;
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
    };
    if let Some(known) = known {
        let before = read(&known)?;
        row.retired.clone_from(&known.retired);
        if before.key == word.key {
            if word.epoch == before.epoch && word.upto <= before.upto || row.retired.contains(&word.epoch.0) {
                // It was here, or somebody hands on an old one: what stands is younger.
                return Ok(Ok(()));
            }
            if word.epoch != before.epoch {
                row.retired.push(before.epoch.0);
            } else if word.looks.count < before.looks.count {
                row.looks_lost = Some(before.looks.count - word.looks.count);
            }
        }
        row.looks_lost = row.looks_lost.or(known.looks_lost);
        (row.key, row.differs_since, row.agreed) = (known.key, known.differs_since, known.agreed);
    }
    writer.put_attestation(&row)?;
    Ok(Ok(()))
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
                let equal = read(&row)?.differing(&mut marks).is_empty();
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

/// A person says that the key an office signs with now is its own. Gives the prints of the key before and of this one.
pub(super) fn trust(writer: &Writer, origin: Area) -> Result<Option<(String, String)>> {
    let Some(row) = writer.attestation(origin)? else { return Ok(None) };
    let (before, key) = (row.key.clone(), read(&row)?.key);
    let prints = (print(&before), print(&key));
    if before != key {
        let fresh = AttestationRow { key, accord: Accord::Pending, differs_since: None, ..row };
        writer.update_attestation(&AttestationRow { looks_lost: None, ..fresh })?;
    }
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
        let word = read(&row)?;
        Ok(json!({
            "area": row.origin, "state": row.accord.as_str(), "received": instant(row.received),
            "agreed": row.agreed.and_then(instant), "differs_since": row.differs_since.and_then(instant),
            "key": print(&row.key), "signed_by": print(&word.key),
            "looks": word.looks.count, "looks_hash": word.looks.hash, "looks_lost": row.looks_lost,
        }))
    })
    .collect()
}

#[cfg(test)]
mod tests;
