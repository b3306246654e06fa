//! The store as the link needs it: both roles of a node over one file.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::attest;
use super::logbook::queue;
use super::neighbours::{self, ChildState};
use super::notices;
use super::office::Office;
use super::pass::arrive;
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::store::{Child, FrozenRow, QuarantineRow, Understood, View, Writer, thing_of};
use crate::sync::attest::{Attestation, Holding};
use crate::sync::batch;
use crate::sync::ledger::{
    Arrival, ChildLedger, FrozenBatch, Identity, Inventory, Item, NoticesPage, NoticesRead, Origin, ParentLedger,
    Repaired,
};
use crate::sync::protocol::{
    BatchHeader, Epoch, Hello, NoticesMark, PROTOCOL_ATTESTS, PROTOCOL_GONE, Receipt, Rejected, ResyncReport,
    VerifyReport,
};

/// The store of one node, for the link.
pub struct Ledger {
    office: Arc<Office>,
    /// See [`attest::due`].
    looked: AtomicU64,
}

impl Ledger {
    pub fn new(office: Arc<Office>) -> Ledger {
        Ledger { office, looked: AtomicU64::new(0) }
    }

    fn read<T>(&self, work: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        self.office.store.read(work)
    }

    fn write<T>(&self, work: impl FnOnce(&Writer) -> Result<T>) -> Result<T> {
        self.office.store.write(work)
    }
}

fn identity(area: Area, view: &View) -> Result<Identity> {
    Ok(Identity { area, epoch: Epoch(view.epoch()?), head: view.seq()? })
}

fn inventory(view: &View, within: Area, upto: u64) -> Result<Inventory> {
    let held = view.inventory(within)?;
    Ok(Inventory { marks: held.into_iter().map(attest::mark).collect(), upto })
}

fn frozen(batch: &FrozenBatch) -> Result<FrozenRow> {
    let header = serde_json::to_string(&batch.header).or_say("keeping the batch in flight")?;
    Ok(FrozenRow { after: batch.header.after, last: batch.header.last, header, body: batch.body.clone() })
}

impl ChildLedger for Ledger {
    fn identity(&self) -> Result<Identity> {
        self.read(|view| identity(self.office.area(), view))
    }

    fn watermark(&self) -> Result<u64> {
        self.read(|view| view.acknowledged())
    }

    fn items_after(&self, after: u64, items_max: usize, bytes_max: usize) -> Result<Vec<Item>> {
        let items = self.read(|view| {
            let spoken = view.meta_u64(PARENT_PROTOCOL)?;
            let speaks = |version: u16| spoken.is_none_or(|spoken| spoken >= version.into());
            let understood = Understood { attestations: speaks(PROTOCOL_ATTESTS), gone: speaks(PROTOCOL_GONE) };
            view.items_after(after, items_max, bytes_max, understood)
        })?;
        Ok(items.into_iter().map(|(seq, area, line)| Item { seq, area, line }).collect())
    }

    fn frozen_at(&self, after: u64) -> Result<Option<FrozenBatch>> {
        let Some(row) = self.read(|view| view.frozen_after(after))? else { return Ok(None) };
        let header: BatchHeader = serde_json::from_str(&row.header)
            .map_err(|_| self.office.store.found_damaged("the header of the batch in flight does not read"))?;
        if batch::hash_of(&header, &row.body) != header.hash {
            return Err(self.office.store.found_damaged("the batch in flight is not what was kept"));
        }
        Ok(Some(FrozenBatch { header, body: row.body }))
    }

    fn freeze(&self, batch: &FrozenBatch) -> Result<()> {
        let row = frozen(batch)?;
        self.write(|writer| writer.freeze(&row))
    }

    fn freeze_instead(&self, batch: &FrozenBatch) -> Result<()> {
        let row = frozen(batch)?;
        self.write(|writer| {
            writer.thaw(row.after)?;
            writer.freeze(&row)
        })
    }

    fn acknowledge(&self, receipt: &Receipt) -> Result<()> {
        let own = self.office.area();
        let concerns_quarantine = !receipt.rejected.is_empty() || self.read(|view| view.has_refused(own))?;
        let kept = if concerns_quarantine { self.frozen_at(receipt.after)? } else { None };
        let lines = kept.map_or(Ok(Vec::new()), |kept| batch::lines(&kept.body))?;
        self.write(|writer| {
            if !writer.acknowledge(receipt.last)? {
                return Ok(());
            }
            lines.iter().try_for_each(|line| writer.no_longer_refused(own, thing_of(line)))?;
            receipt.rejected.iter().try_for_each(|rejected| {
                let line = (rejected.row as usize).checked_sub(1).and_then(|row| lines.get(row));
                self.refuse(writer, own, rejected, line.map_or("", String::as_str), "rejected-by-parent")
            })
        })?;
        self.office.changed();
        Ok(())
    }

    fn rewind(&self, watermark: u64) -> Result<()> {
        self.write(|writer| {
            writer.rewind(watermark)?;
            writer.set_resync_due(true)
        })
    }

    fn begin_epoch(&self) -> Result<Identity> {
        self.write(|writer| {
            writer.renew_epoch(None)?;
            writer.set_resync_due(true)
        })?;
        ChildLedger::identity(self)
    }

    fn resync_due(&self) -> Result<bool> {
        self.read(|view| view.resync_due())
    }

    fn set_resync_due(&self, due: bool) -> Result<()> {
        self.write(|writer| writer.set_resync_due(due))
    }

    fn inventory(&self) -> Result<Inventory> {
        self.office.stir();
        self.read(|view| inventory(view, self.office.area(), view.seq()?))
    }

    fn repair(&self, keys: &[u64]) -> Result<Repaired> {
        let (sent, removed) = self.write(|writer| writer.repair(keys, self.office.area(), writer.acknowledged()?))?;
        self.office.changed();
        Ok(Repaired { sent, removed })
    }

    fn to_attest(&self, key: &[u8]) -> Result<Option<Holding>> {
        self.read(|view| attest::due(view, self.office.area(), key, self.office.now_millis(), &self.looked))
    }

    fn attested(&self, word: &Attestation) -> Result<()> {
        self.office.stir();
        self.write(|writer| attest::keep(writer, word, self.office.now_millis()))
    }

    fn parent_speaks(&self, protocol: u16) -> Result<()> {
        if self.read(|view| view.meta_u64(PARENT_PROTOCOL))? == Some(protocol.into()) {
            return Ok(());
        }
        self.write(|writer| writer.put_meta_u64(PARENT_PROTOCOL, protocol.into()))
    }

    fn names(&self) -> Result<Vec<(Area, String)>> {
        let names = self.read(|view| neighbours::names(view, &self.office))?;
        Ok(names.into_iter().collect())
    }

    fn notices_mark(&self) -> Result<NoticesMark> {
        let stored = self.read(|view| view.meta_text(NOTICES_MARK))?;
        stored.map_or_else(
            || Ok(NoticesMark::default()),
            |text| serde_json::from_str(&text).or_say("reading the notices' mark"),
        )
    }

    fn take_notices(&self, page: &NoticesPage) -> Result<()> {
        let mark = serde_json::to_string(&page.mark).or_say("keeping the notices' mark")?;
        self.write(|writer| {
            if page.reset {
                writer.close_notices()?;
            }
            for notice in &page.notices {
                notices::take(writer, &notice.line)?;
            }
            queue(writer, &writer.just_decided(), &self.office)?;
            writer.put_meta_text(NOTICES_MARK, &mark)
        })?;
        self.office.changed();
        Ok(())
    }
}

/// A child's word that this store was restored is believed once in so long: it has every child read all notices again, and
/// this node compare with its parent.
const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;

/// Epochs of a child that are remembered as left, the newest: each is a restore, or a copy that took its place.
const RETIRED_MAX: usize = 100;

const NOTICES_MARK: &str = "notices_mark";
const PARENT_PROTOCOL: &str = "parent_protocol";

impl Ledger {
    /// `line` is the one that was not taken.
    fn refuse(&self, writer: &Writer, origin: Area, rejected: &Rejected, line: &str, code: &str) -> Result<()> {
        let row = QuarantineRow {
            id: 0,
            at: self.office.now_millis(),
            origin,
            stream: String::new(),
            file: String::new(),
            sheet: None,
            row: None,
            code: code.to_owned(),
            detail: format!(
                "{} (seq {})",
                rejected.code,
                rejected.seq.map_or_else(|| "?".to_owned(), |s| s.to_string())
            ),
        };
        writer.refuse(thing_of(line), &row)
    }

    fn child_of(&self, view: &View, area: Area) -> Result<Child> {
        Ok(view.child(area)?.unwrap_or_else(|| Child::new(area)))
    }

    fn change_child(&self, area: Area, change: impl FnOnce(&mut Child)) -> Result<()> {
        self.write(|writer| {
            let mut child = self.child_of(writer, area)?;
            change(&mut child);
            writer.put_child(&child)
        })?;
        self.office.changed();
        Ok(())
    }
}

impl ParentLedger for Ledger {
    fn identity(&self) -> Result<Identity> {
        ChildLedger::identity(self)
    }

    fn origin(&self, child: Area) -> Result<Option<Origin>> {
        let child = self.read(|view| view.child(child))?;
        Ok(child.and_then(|child| {
            Some(Origin {
                epoch: Epoch(child.epoch?),
                watermark: child.watermark,
                retired: child.retired.into_iter().map(Epoch).collect(),
            })
        }))
    }

    fn adopt(&self, child: Area, epoch: Epoch, watermark: u64) -> Result<()> {
        self.change_child(child, |child| {
            if let Some(before) = child.epoch.filter(|before| *before != epoch.0) {
                child.retired.retain(|old| *old != before && *old != epoch.0);
                child.retired.push(before);
                let forgotten = child.retired.len().saturating_sub(RETIRED_MAX);
                child.retired.drain(..forgotten);
            }
            child.epoch = Some(epoch.0);
            child.watermark = watermark;
        })
    }

    fn receipt(&self, child: Area, epoch: Epoch, after: u64, last: u64) -> Result<Option<Receipt>> {
        let stored = self.read(|view| view.receipt(child, epoch.0, after, last))?;
        stored.map(|text| serde_json::from_str(&text).or_say("reading a receipt")).transpose()
    }

    fn accept(&self, arrival: Arrival) -> Result<Receipt> {
        if self.office.room.short().is_some() {
            // What is left is for receipts; the child keeps its batch and comes again.
            return Err(Error::new("the disk is full: nothing new is taken"));
        }
        let header = &arrival.header;
        let child = header.origin;
        let at = (self.office.today(), self.office.now_millis());
        let receipt = self.write(|writer| {
            let mut child = self.child_of(writer, header.origin)?;
            if child.epoch != Some(header.epoch.0) || child.watermark != header.after {
                return Err(Error::new("the batch does not begin where this node stands").transient());
            }
            let mut refused: Vec<(Rejected, &str)> =
                arrival.poison.iter().map(|p| (p.rejected.clone(), p.line.as_str())).collect();
            let waits = writer.has_refused(header.origin)?;
            for (row, item) in arrival.numbered() {
                match arrive(writer, at, header.origin, &item.line)? {
                    Ok(()) if waits => writer.no_longer_refused(header.origin, thing_of(&item.line))?,
                    Ok(()) => {}
                    Err(refusal) => {
                        tracing::warn!(child = %header.origin, seq = item.seq, %refusal, "an item of a child cannot be taken");
                        let told = Rejected { seq: Some(item.seq), row, code: "unreadable".to_owned() };
                        refused.push((told, &item.line));
                    }
                }
            }
            queue(writer, &writer.just_decided(), &self.office)?;
            for (rejected, line) in &refused {
                self.refuse(writer, header.origin, rejected, line, "item-of-child")?;
            }
            let rejected = refused.into_iter().map(|(rejected, _)| rejected).collect();
            child.watermark = header.last;
            writer.put_child(&child)?;
            let receipt = Receipt::of(header, rejected);
            let text = serde_json::to_string(&receipt).or_say("keeping a receipt")?;
            writer.put_receipt(header.origin, header.epoch.0, header.after, header.last, &text)?;
            Ok(receipt)
        })?;
        self.office.arrived(child, arrival.more);
        Ok(receipt)
    }

    fn has_left(&self, epoch: Epoch) -> Result<bool> {
        self.read(|view| view.has_left(epoch.0))
    }

    fn noticed_restore(&self, child: Area, ours: u64, theirs: u64, known: Option<Epoch>) -> Result<()> {
        let now = self.office.now_millis();
        let is_believed = self.write(|writer| {
            let mut told_by = self.child_of(writer, child)?;
            let before = ChildState::of(&told_by).restore_noticed;
            // A store that was brought back knows nothing of what it was told since: the honest word is the first one.
            if before.is_some_and(|before| now.abs_diff(before) < DAY_MILLIS) {
                return Ok(false);
            }
            ChildState::change(&mut told_by, |state| state.restore_noticed = Some(now));
            writer.put_child(&told_by)?;
            // Whoever follows this node must notice too.
            writer.renew_epoch(known.map(|epoch| epoch.0))?;
            writer.set_resync_due(true)?;
            Ok(true)
        })?;
        if is_believed {
            tracing::error!(%child, ours, theirs, "a child has receipts this node does not know of: was this store restored?");
        } else {
            tracing::warn!(%child, ours, theirs, "a child says once more that this store was restored: not believed twice a day");
        }
        Ok(())
    }

    fn noticed_epoch(&self, child: Area, epoch: Epoch, superseded: bool) -> Result<()> {
        tracing::warn!(%child, epoch = epoch.0, superseded, "a child began a new life, or an old copy of it appeared");
        self.change_child(child, |child| {
            ChildState::change(child, |state| state.copy = superseded);
        })
    }

    fn notices_after(&self, child: Area, after: u64, items_max: usize, bytes_max: usize) -> Result<NoticesRead> {
        self.read(|view| notices::after(view, &self.office, child, after, items_max, bytes_max))
    }

    fn resync_requested(&self, child: Area) -> Result<bool> {
        Ok(self.read(|view| view.child(child))?.is_some_and(|child| child.resync))
    }

    fn verify_requested(&self, child: Area) -> Result<bool> {
        Ok(self.read(|view| view.child(child))?.is_some_and(|child| child.verify))
    }

    fn verified(&self, child: Area, report: &VerifyReport) -> Result<()> {
        self.change_child(child, |child| {
            child.verify = false;
            ChildState::change(child, |state| state.verified = Some(report.clone()));
        })
    }

    fn resynced(&self, child: Area, report: &ResyncReport) -> Result<()> {
        self.change_child(child, |child| {
            child.resync = false;
            ChildState::change(child, |state| {
                *state = ChildState { copy: false, resync: Some(*report), ..std::mem::take(state) }
            });
        })
    }

    fn inventory(&self, child: Area) -> Result<Inventory> {
        self.office.stir();
        self.read(|view| {
            let upto = view.child(child)?.map_or(0, |child| child.watermark);
            inventory(view, child, upto)
        })
    }

    fn met(&self, child: Area, hello: &Hello) -> Result<()> {
        let now = self.office.now_millis();
        self.change_child(child, |child| {
            child.last_contact = Some(now);
            child.protocol = hello.protocol;
            neighbours::learn(child, &hello.names);
            // A revoked one is not let in: it was invited anew.
            ChildState::change(child, |state| state.revoked = false);
        })
    }
}

#[cfg(test)]
mod tests;
