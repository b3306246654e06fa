//! The role of a parent: what its children sent, and what they are told.

use super::super::logbook::queue;
use super::super::neighbours::{self, ChildState, Heard, Replaced};
use super::super::notices;
use super::super::pass::arrive;
use super::{Ledger, inventory};
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::store::{Child, View, thing_of};
use crate::sync::ledger::{Arrival, ChildLedger, Identity, Inventory, NoticesRead, Origin, ParentLedger};
use crate::sync::protocol::{Epoch, Hello, Receipt, Rejected, ResyncReport, VerifyReport};

/// A child's word that this store was restored is believed once in so long: it has every child read all notices again, and
/// this node compare with its parent.
pub(super) const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;

/// Epochs of a child that are remembered as left, the newest: each is a restore, or a copy that took its place.
pub(super) const RETIRED_MAX: usize = 100;

impl Ledger {
    fn child_of(&self, view: &View, area: Area) -> Result<Child> {
        Ok(view.child(area)?.unwrap_or_else(|| Child::new(area)))
    }

    pub(super) fn change_child(&self, area: Area, change: impl FnOnce(&mut Child)) -> Result<()> {
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

    fn joined(&self, child: Area, replaces: bool) -> Result<()> {
        let at = self.office.now_millis();
        self.change_child(child, |child| {
            let epoch = child.epoch;
            ChildState::change(child, |state| {
                state.revoked = false;
                if replaces {
                    // Where a third comes, what the office itself has is still what the first had.
                    let epoch = state.replaced.map_or(epoch, |before| before.epoch);
                    state.replaced = Some(Replaced { at, epoch });
                }
            });
        })
    }

    fn met(&self, child: Area, hello: &Hello) -> Result<()> {
        let now = self.office.now_millis();
        let epoch = self.read(|view| view.epoch())?;
        self.change_child(child, |child| {
            child.last_contact = Some(now);
            child.protocol = hello.protocol;
            neighbours::learn(child, &hello.names);
            // A revoked one is not let in: it was invited anew.
            ChildState::change(child, |state| {
                state.revoked = false;
                let before = state.heard.filter(|heard| heard.epoch == epoch);
                state.heard = before.or(Some(Heard { epoch, head: hello.head }));
                // It is the machine of before, which joined anew.
                state.replaced = state.replaced.filter(|before| before.epoch != Some(hello.epoch.0));
            });
        })
    }
}
