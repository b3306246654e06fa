//! The child's part: who am I, what is next, what does the parent's word mean. No network, no waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attest::Attestation;
use super::batch;
use super::course::Signer;
use super::ledger::{ChildLedger, FrozenBatch, Item, Notice, NoticesPage};
use super::line::Failure;
use super::protocol::{
    Adopt, BatchHeader, Code, Hello, Message, NoticesHead, NoticesMark, PROTOCOL, PROTOCOL_OLDEST, Receipt, Refusal,
    Standing, Welcome,
};
use super::receive::NOTICES_BYTES_MAX;
use crate::domain::Area;
use crate::error::{Error, Result};
use crate::settings;

/// What to do after the parent's welcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meeting {
    /// Both agree where to go on.
    Ready,
    /// This database began a new life: ask the parent to follow it.
    Adopt(Adopt),
    /// The parent follows another copy of this node. Nothing is sent until a person decides.
    Superseded,
}

/// See the module.
pub struct Child {
    ledger: Arc<dyn ChildLedger>,
    software: String,
    items_max: usize,
    bytes_max: usize,
    /// A call whose caller went away may still run: the one that follows waits for it.
    turn: Mutex<()>,
    /// What the last hello said that offices are called.
    named: Mutex<Vec<(Area, String)>>,
}

impl Child {
    pub fn new(ledger: Arc<dyn ChildLedger>) -> Child {
        Child {
            ledger,
            software: concat!("rosterd ", env!("CARGO_PKG_VERSION")).to_owned(),
            items_max: 0,
            bytes_max: 0,
            turn: Mutex::default(),
            named: Mutex::default(),
        }
        .set(settings::Sync::default())
    }

    /// With the bounds of a batch that the office set.
    pub fn set(self, sync: settings::Sync) -> Child {
        self.bounded(sync.batch_items_max as usize, sync.batch_bytes_max as usize)
    }

    pub fn bounded(self, items_max: usize, bytes_max: usize) -> Child {
        Child { items_max, bytes_max, ..self }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ledger(&self) -> &Arc<dyn ChildLedger> {
        &self.ledger
    }

    /// `clock`: this computer's, seconds since 1970.
    pub fn hello(&self, clock: i64) -> Result<Hello> {
        let identity = self.ledger.identity()?;
        let names = self.ledger.names()?;
        *self.named() = names.clone();
        Ok(Hello {
            protocol: PROTOCOL,
            protocol_oldest: PROTOCOL_OLDEST,
            software: self.software.clone(),
            epoch: identity.epoch,
            acknowledged: self.ledger.watermark()?,
            head: identity.head,
            notices: self.ledger.notices_mark()?,
            clock,
            names,
        })
    }

    fn named(&self) -> MutexGuard<'_, Vec<(Area, String)>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an office is called otherwise than the last hello said: it joined since, or was renamed.
    pub fn has_new_names(&self) -> Result<bool> {
        let names = self.ledger.names()?;
        Ok(*self.named() != names)
    }

    /// Compares watermarks, and puts right what a restore on either side left behind.
    pub fn meet(&self, welcome: &Welcome) -> Result<Meeting> {
        let _turn = self.turn();
        self.ledger.parent_speaks(welcome.protocol)?;
        let own = self.ledger.watermark()?;
        match welcome.standing {
            Standing::Superseded => Ok(Meeting::Superseded),
            Standing::Unseen => {
                self.ledger.set_resync_due(true)?;
                self.adopt(false).map(Meeting::Adopt)
            }
            Standing::Known { watermark } if watermark == own => Ok(Meeting::Ready),
            Standing::Known { watermark } if watermark < own => {
                tracing::warn!(parent = watermark, own, "the parent lost what it had acknowledged; sending it again");
                self.ledger.rewind(watermark)?;
                Ok(Meeting::Ready)
            }
            Standing::Known { watermark } => {
                if self.kept_reaches(own, watermark)? {
                    // Only the receipts were lost: the same batches get them again.
                    return Ok(Meeting::Ready);
                }
                self.begin_again(watermark)
            }
        }
    }

    /// The parent holds what this database never sent: it is an older copy. It begins a new life.
    pub fn restored(&self, parent: u64) -> Result<Meeting> {
        let _turn = self.turn();
        self.begin_again(parent)
    }

    fn begin_again(&self, parent: u64) -> Result<Meeting> {
        tracing::error!(parent, "this database is older than what the parent holds: it was restored or cloned");
        self.ledger.begin_epoch()?;
        self.adopt(false).map(Meeting::Adopt)
    }

    /// A person says that this copy is the real one.
    pub fn insist(&self) -> Result<Adopt> {
        let _turn = self.turn();
        self.ledger.begin_epoch()?;
        self.adopt(true)
    }

    fn adopt(&self, confirmed: bool) -> Result<Adopt> {
        // One of the two databases is not what it was: what was read from above is read again from the start, and counts
        // until then.
        let unread = NoticesPage { reset: true, more: true, notices: Vec::new(), mark: NoticesMark::default() };
        self.ledger.take_notices(&unread)?;
        Ok(Adopt { epoch: self.ledger.identity()?.epoch, watermark: self.ledger.watermark()?, confirmed })
    }

    fn kept_reaches(&self, mut after: u64, goal: u64) -> Result<bool> {
        while after < goal {
            match self.ledger.frozen_at(after)? {
                Some(batch) => after = batch.header.last,
                None => return Ok(false),
            }
        }
        Ok(after == goal)
    }

    /// Signs what this office holds of its own, where its last word on it does not stand any more; it then travels with
    /// the rest.
    pub fn attest(&self, signer: &dyn Signer) -> Result<()> {
        let _turn = self.turn();
        match self.ledger.to_attest(&signer.key())? {
            Some(holding) => self.ledger.attested(&Attestation::sign(signer, holding)?),
            None => Ok(()),
        }
    }

    /// The next batch to send, kept before it is returned. `None` once the parent holds everything.
    pub fn next_batch(&self) -> Result<Option<FrozenBatch>> {
        self.batch_after(self.ledger.watermark()?)
    }

    /// The batch behind `after`: the kept one, or a new one that is kept now.
    pub fn batch_after(&self, after: u64) -> Result<Option<FrozenBatch>> {
        let _turn = self.turn();
        let epoch = self.ledger.identity()?.epoch;
        // A batch of an earlier epoch is nothing the parent would take.
        if let Some(kept) = self.ledger.frozen_at(after)?.filter(|kept| kept.header.epoch == epoch) {
            if batch::can_be_opened(&kept) {
                return Ok(Some(kept));
            }
            return Ok(Some(self.cut_anew(&kept)?.unwrap_or(kept)));
        }
        let Some(batch) = self.build(after, self.items_max)? else { return Ok(None) };
        self.ledger.freeze(&batch)?;
        // One thing that does not compress: by file no parent could say that it does not open this.
        if batch.header.items == 1 && !batch::can_be_opened(&batch) {
            return Ok(Some(self.cut_anew(&batch)?.unwrap_or(batch)));
        }
        Ok(Some(batch))
    }

    /// The parent refused `kept` as too large: a smaller batch in its place, and one without the thing where that was the
    /// only one in it. `None` where it holds nothing at all.
    pub fn cut(&self, kept: &FrozenBatch) -> Result<Option<FrozenBatch>> {
        let _turn = self.turn();
        self.cut_anew(kept)
    }

    /// A batch that the parent does not open was taken by nobody: its numbers are free for another one. So it may be of
    /// another time, when the office had set other bounds, and does not stay in the way for ever.
    fn cut_anew(&self, kept: &FrozenBatch) -> Result<Option<FrozenBatch>> {
        let BatchHeader { after, items, .. } = kept.header;
        if items == 0 {
            return Ok(None);
        }
        let fewer = self.items_max.min(items as usize / 2).max(1);
        let Some(mut batch) = self.build(after, fewer)? else { return Ok(None) };
        if batch.header.hash == kept.header.hash {
            // Of what it cannot read the parent will say so for ever, and all that comes behind would wait.
            let alone = self.ledger.items_after(after, 1, self.bytes_max)?;
            alone.iter().try_for_each(|item| self.set_aside(item))?;
            batch = batch::build(&self.ledger.identity()?, after, kept.header.last, &[])?;
        }
        tracing::warn!(items, instead = batch.header.items, "a batch is too large for the parent and is cut anew");
        self.ledger.freeze_instead(&batch)?;
        Ok(Some(batch))
    }

    fn build(&self, after: u64, items_max: usize) -> Result<Option<FrozenBatch>> {
        // The head first: numbers up to it that the read below does not show were overtaken.
        let identity = self.ledger.identity()?;
        let items = self.ledger.items_after(after, items_max, self.bytes_max)?;
        let last = items.last().map_or(identity.head, |item| item.seq);
        if last <= after {
            return Ok(None);
        }
        let (sent, long): (Vec<Item>, Vec<Item>) = items.into_iter().partition(batch::can_be_sent);
        long.iter().try_for_each(|item| self.set_aside(item))?;
        batch::build(&identity, after, last, &sent).map(Some)
    }

    fn set_aside(&self, item: &Item) -> Result<()> {
        tracing::error!(seq = item.seq, bytes = item.line.len(), "a thing is too long for any batch and stays here");
        self.ledger.set_aside(item)
    }

    /// Takes the receipt for `batch`.
    ///
    /// # Errors
    /// A receipt for something else is not believed.
    pub fn settle(&self, batch: &FrozenBatch, receipt: &Receipt) -> Result<()> {
        let _turn = self.turn();
        let header = &batch.header;
        let key = (receipt.origin, receipt.epoch, receipt.after, receipt.last, receipt.hash);
        if key != (header.origin, header.epoch, header.after, header.last, header.hash) {
            return Err(Error::new("the parent's receipt is for another batch").transient());
        }
        for told in &receipt.rejected {
            tracing::warn!(seq = told.seq, row = told.row, code = told.code, "the parent could not take an item");
        }
        self.ledger.acknowledge(receipt)
    }

    pub fn notices_mark(&self) -> Result<NoticesMark> {
        self.ledger.notices_mark()
    }

    /// Takes a page of notices. Returns whether it held anything.
    pub fn take_notices(&self, page: &Message<NoticesHead>) -> Result<bool, Failure> {
        let broken = |refusal: Refusal| Failure::Broken(Error::new("reading notices").because(refusal));
        let plain = match page.payload.as_slice() {
            [] => Vec::new(),
            payload => batch::unpack(payload, 2 * NOTICES_BYTES_MAX).map_err(broken)?,
        };
        let text = String::from_utf8(plain).map_err(|_| broken(malformed("notices are not UTF-8")))?;
        let notices: Result<Vec<Notice>, Refusal> = text.lines().map(read_notice).collect();
        let mark = NoticesMark { epoch: Some(page.meta.epoch), upto: page.meta.upto };
        let NoticesHead { reset, more, .. } = page.meta;
        let taken = NoticesPage { reset, more, notices: notices.map_err(broken)?, mark };
        let news = taken.reset || !taken.notices.is_empty() || self.notices_mark()? != mark;
        if news {
            self.ledger.take_notices(&taken)?;
        }
        Ok(news)
    }
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(Code::Malformed, text)
}

/// A notice travels as its number, a blank and its line.
fn read_notice(text: &str) -> Result<Notice, Refusal> {
    let (seq, line) = text.split_once(' ').unwrap_or(("", ""));
    let seq = seq.parse().map_err(|_| malformed("a notice has no number"))?;
    Ok(Notice { seq, line: line.to_owned() })
}
