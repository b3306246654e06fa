//! The store as the link needs it: both roles of a node over one file. `child.rs` is the one that sends, `parent.rs` the
//! one that takes; here is what they share.

mod child;
mod parent;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::attest;
use super::office::Office;
use crate::domain::Area;
use crate::error::Result;
use crate::store::{QuarantineRow, View, Writer, thing_of};
use crate::sync::ledger::{Identity, Inventory};
use crate::sync::protocol::{Epoch, Rejected};

pub(super) use child::NOTICES_MARK;

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

impl Ledger {
    /// Puts a thing that was not taken into quarantine, here or at the parent. `line` is the one that was not taken.
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
}

#[cfg(test)]
mod tests;
