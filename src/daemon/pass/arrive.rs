//! What a child sent, into the store.

use rustc_hash::FxHashSet;

use crate::domain::{Area, Date, FindingId, Uid};
use crate::error::{Error, Result};
use crate::store::{Arrived, Decision, DecisionKind, Incoming, Placement, Snapshot, Wait, Writer, read_item};

use super::super::{attest, notices};
use super::entering::Blocks;

/// Takes one line of a child's batch inside the caller's transaction. `now`: Unix milliseconds. The inner error says why the
/// line itself cannot be taken: it is then for the quarantine, and the rest goes on.
///
/// # Errors
/// The outer error is the store's: the whole transaction is to be given up.
pub fn arrive(writer: &Writer, (today, now): (Date, i64), child: Area, line: &str) -> Result<Result<()>> {
    let arrived = match read_item(line) {
        Ok(arrived) => arrived,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let origin = match &arrived {
        Arrived::Entry(incoming) => incoming.origin,
        Arrived::Snapshot(snapshot, _) => snapshot.key.origin,
        Arrived::Page(key, _) => key.origin,
        Arrived::Decision(decision) => decision.author,
        Arrived::Attestation(origin, _) | Arrived::Gone(origin, _) => *origin,
    };
    // A node speaks for itself and for what lies below it, and for nobody else.
    if !child.contains(origin) {
        return Ok(Err(Error::new("from a node outside the child's area")));
    }
    match arrived {
        Arrived::Entry(incoming) => put_entry(writer, today, &incoming),
        Arrived::Page(key, page) => writer.keep_page(&key, &page),
        Arrived::Snapshot(snapshot, last) => match writer.whole(&snapshot.key, snapshot.facts.lines, last)? {
            Some(placement) => put_list(writer, &snapshot, &placement).map(Ok),
            None => Ok(Err(Error::new("a list of which not all pages came"))),
        },
        Arrived::Attestation(origin, word) => attest::take(writer, origin, &word, now),
        Arrived::Decision(decision) => put_decision(writer, &decision),
        Arrived::Gone(within, key) => let_go(writer, today, within, key).map(Ok),
    }
}

/// The lines of a list come before it: where it is one of several, they are judged by it once it is here.
fn put_list(writer: &Writer, snapshot: &Snapshot, placement: &Placement) -> Result<()> {
    if writer.has_another_source(&snapshot.key)? {
        let before = writer.snapshot(&snapshot.key)?.map(|(.., placement)| placement).unwrap_or_default();
        let before: FxHashSet<Uid> = before.lines().map(|line| line.uid).collect();
        let mut new = placement.lines().filter(|line| !before.contains(&line.uid));
        new.try_for_each(|line| writer.judge_again(line.uid))?;
    }
    writer.put_snapshot(snapshot, placement).map(drop)
}

/// Removes what an office in `within` once reported under this name and nobody there has any more. An entry becomes a
/// tombstone, which then travels like any other; what is not here was removed already, or never came.
fn let_go(writer: &Writer, today: Date, within: Area, key: u64) -> Result<()> {
    match writer.entry(Uid(key))?.filter(|stored| within.contains(stored.origin)) {
        Some(stored) if stored.entry.removed.is_none() => {
            writer.remove_entry(stored.id, today)?;
            writer.mark(stored.id, Wait::Link)
        }
        Some(_) => Ok(()),
        None => writer.forget_snapshot(key, within),
    }
}

/// A decision counts where its subject concerns whoever made it. Entries travel in their newest state, and so may come
/// behind a decision that was made after them: of what is not here nobody can say, and the decision waits for it.
fn put_decision(writer: &Writer, made: &Decision) -> Result<Result<()>> {
    if !made.is_sound() {
        return Ok(Err(Error::new("a decision that names nothing, or is too long")));
    }
    let concerns = match made.kind {
        DecisionKind::Match => writer.pair_is_of(&made.subject, made.author)?,
        DecisionKind::Finding => finding_concerns(writer, &made.subject, made.author)?,
    };
    match (concerns, made.kind) {
        (Some(true), _) => writer.put_decision(made, false).map(|_| Ok(())),
        // An entry stays with the office that reported it.
        (Some(false), DecisionKind::Match) => Ok(Err(Error::new("a decision about entries of other offices"))),
        (Some(false), DecisionKind::Finding) => {
            // Perhaps it did when they decided; perhaps it will again.
            tracing::warn!(author = %made.author, finding = made.subject, "a decision about what does not concern its author");
            writer.put_unproven_decision(made).map(Ok)
        }
        (None, _) => writer.put_unproven_decision(made).map(Ok),
    }
}

/// `None` where neither this node nor the one above it knows of the finding.
fn finding_concerns(writer: &Writer, subject: &str, office: Area) -> Result<Option<bool>> {
    let Ok(id) = subject.parse::<FindingId>() else { return Ok(None) };
    let own = writer.finding(id)?.map(|row| row.concerns(office));
    let told = writer.notice(id)?.and_then(|row| notices::concerns(&row, office));
    Ok(own.max(told))
}

fn put_entry(writer: &Writer, today: Date, incoming: &Incoming) -> Result<Result<()>> {
    // The keys of a new one are indexed with those of the others that are new.
    if writer.new_entries()?.add(&incoming.as_new())?.is_some() {
        return Ok(Ok(()));
    }
    let Some(before) = writer.entry(incoming.uid)? else { return Ok(Ok(())) };
    if before.origin != incoming.origin {
        return Ok(Err(Error::new("an entry that another node owns")));
    }
    writer.update_incoming(&before, incoming, today)?;
    let Some(after) = writer.entry_by_id(before.id)? else { return Ok(Ok(())) };
    let mut blocks = Blocks::default();
    blocks.rekey(writer, &before.entry, &after.entry, before.id)?;
    blocks.write(writer)?;
    Ok(Ok(()))
}
