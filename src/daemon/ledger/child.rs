//! The role of a child: what it sends, what its parent has a receipt for, and what the parent told.

use super::super::logbook::queue;
use super::super::watched::unread_now;
use super::super::{attest, neighbours, notices};
use super::{Ledger, identity, inventory};
use crate::domain::Area;
use crate::error::{Context, Result};
use crate::store::{FrozenRow, Understood, thing_of};
use crate::sync::attest::{Attestation, Holding};
use crate::sync::batch;
use crate::sync::ledger::{ChildLedger, FrozenBatch, Identity, Inventory, Item, NoticesPage, Repaired};
use crate::sync::protocol::{
    BatchHeader, NoticesMark, PROTOCOL_ATTESTS, PROTOCOL_GONE, PROTOCOL_PAGES, Receipt, Rejected,
};

/// Where the child stands in its parent's notices; there is one from the day it joined.
pub const NOTICES_MARK: &str = "notices_mark";
const PARENT_PROTOCOL: &str = "parent_protocol";
/// Why a thing is not sent, beside its number.
const TOO_LARGE: &str = "too-large";

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
            let understood = Understood {
                attestations: speaks(PROTOCOL_ATTESTS),
                gone: speaks(PROTOCOL_GONE),
                pages: speaks(PROTOCOL_PAGES),
            };
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

    fn set_aside(&self, item: &Item) -> Result<()> {
        let told = Rejected { seq: Some(item.seq), row: 0, code: TOO_LARGE.to_owned() };
        self.write(|writer| self.refuse(writer, self.office.area(), &told, &item.line, "too-large-to-send"))?;
        self.office.changed();
        Ok(())
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

    fn is_behind(&self) -> Result<bool> {
        if !self.read(|view| view.is_anew())? {
            return Ok(false);
        }
        let is_heard = self.read(|view| {
            let epoch = view.epoch()?;
            Ok(view.children()?.iter().all(|child| neighbours::is_heard_since(child, epoch)))
        })?;
        Ok(!is_heard || unread_now(&self.office) > 0)
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
        self.write(|writer| {
            // One of another version may take what the one before did not.
            if writer.has_refused(self.office.area())? {
                writer.set_resync_due(true)?;
            }
            writer.put_meta_u64(PARENT_PROTOCOL, protocol.into())
        })
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
                writer.told_anew()?;
                writer.tell_decisions_again()?;
            }
            for notice in &page.notices {
                notices::take(writer, &notice.line)?;
            }
            if !page.more {
                writer.told_all()?;
            }
            queue(writer, &writer.just_decided(), &self.office)?;
            writer.put_meta_text(NOTICES_MARK, &mark)
        })?;
        self.office.changed();
        Ok(())
    }
}
