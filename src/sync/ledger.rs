//! What the link needs of the store: two traits, one for each role of a node.
//!
//! Both are blocking and are called from blocking threads. `daemon` implements them over the store; the tests do
//! in memory. *Architecture invariant:* the link knows nothing of SQL, persons or rules. It reads three fields
//! of what travels (`t`, `seq`, `area`) and hands on the rest as it came.

use crate::domain::Area;
use crate::error::Result;

use super::attest::{Attestation, Holding};
use super::protocol::{BatchHeader, Epoch, Hello, NoticesMark, Receipt, Rejected, ResyncReport, VerifyReport};

/// One thing that travels upward: a JSON object on one line, `{"t":"entry","seq":7,"area":"519901001200",…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The sender's sequence number, the one inside `line`.
    pub seq: u64,
    pub area: Area,
    /// Without a line break.
    pub line: String,
}

/// A node's name on the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub area: Area,
    pub epoch: Epoch,
    /// The highest sequence number given out, 0 for none.
    pub head: u64,
}

/// A batch as it is kept until its receipt is here. Never built twice, where a parent may have taken it: the same key must
/// be the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenBatch {
    pub header: BatchHeader,
    /// zstd over JSON lines.
    pub body: Vec<u8>,
}

/// A batch as it arrives at the parent, opened and checked: every item lies inside the child's area.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub header: BatchHeader,
    pub items: Vec<Item>,
    /// Lines that cannot be taken, whatever the store thinks of them; in their order.
    pub poison: Vec<Poison>,
    /// The child sends another one at once.
    pub more: bool,
}

impl Arrival {
    /// Each item with its line of the batch, from 1: the poison stands between.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &Item)> {
        let free = |row: &u32| self.poison.binary_search_by_key(row, |poison| poison.rejected.row).is_err();
        (1..).filter(free).zip(&self.items)
    }
}

/// A line that could not be taken, for the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    pub rejected: Rejected,
    /// As it came: which thing is missing is read from it, and it is kept nowhere. May hold personal data.
    pub line: String,
}

/// One thing told downward: a JSON object on one line. `seq` is the parent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub seq: u64,
    pub line: String,
}

/// What a child reads from its parent at once; to be taken in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticesPage {
    /// What comes from here on is all there is, told from the start: of what was taken before, nothing counts any more that
    /// is not repeated by the last page.
    pub reset: bool,
    /// More pages follow at once; this is not the last.
    pub more: bool,
    pub notices: Vec<Notice>,
    /// What [`ChildLedger::notices_mark`] must return once the page is taken.
    pub mark: NoticesMark,
}

/// What a parent has to tell one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticesRead {
    pub notices: Vec<Notice>,
    /// Everything for this child up to this number is in `notices` or was before.
    pub upto: u64,
    /// The highest notice number there is.
    pub head: u64,
}

/// The short form of one thing held, by which two nodes compare.
///
/// `key` and `digest` must come out the same at every node: `key` is the entry's uid, `digest` a hash over uid,
/// list, area and the record as it travels, and nothing local (no `seq`, no day of first sight).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// List code ([`crate::domain::List`]), 0 for what belongs to none.
    pub list: u8,
    pub area: Area,
    pub key: u64,
    pub digest: [u8; 16],
}

/// Everything held at one moment, read in one transaction. Removed entries (tombstones) are not in it.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    pub marks: Vec<Mark>,
    /// At a child its head, at a parent its watermark for the child, both at the moment of reading.
    pub upto: u64,
}

/// What [`ChildLedger::repair`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Live things that got a new number.
    pub sent: u64,
    /// Tombstones made.
    pub removed: u64,
}

/// The store as the pushing side needs it.
pub trait ChildLedger: Send + Sync {
    /// Area, epoch and head, as they are now.
    fn identity(&self) -> Result<Identity>;

    /// The highest number a receipt is kept for, in the current epoch.
    fn watermark(&self) -> Result<u64>;

    /// Things with `seq` above `after` in ascending order: at most `items_max`, and no more than `bytes_max` of
    /// lines together, but always at least one if there is one. Each thing shows its newest state only.
    fn items_after(&self, after: u64, items_max: usize, bytes_max: usize) -> Result<Vec<Item>>;

    /// The kept batch that begins right behind `after`.
    fn frozen_at(&self, after: u64) -> Result<Option<FrozenBatch>>;

    /// Keeps a batch durably. Called before its first byte is sent. Batches kept form a chain from the watermark on.
    fn freeze(&self, batch: &FrozenBatch) -> Result<()>;

    /// Keeps a batch in the place of the one that begins at the same number and of all behind that, in one transaction.
    /// Called only where the parent does not open the kept one and so never took it.
    fn freeze_instead(&self, batch: &FrozenBatch) -> Result<()>;

    /// No parent opens a batch with this thing in it, as it is too long: it stays here, and the operator is told until it
    /// is sent in another form. May be called again for the same thing.
    fn set_aside(&self, item: &Item) -> Result<()>;

    /// In one transaction: watermark to `receipt.last`, kept batches up to it dropped, `receipt.rejected` told to
    /// the operator until the same things are taken. A receipt at or below the watermark changes nothing.
    fn acknowledge(&self, receipt: &Receipt) -> Result<()>;

    /// The parent was restored and holds only `watermark`: in one transaction lower the watermark to it, drop every
    /// kept batch, and remember that a resync is due.
    fn rewind(&self, watermark: u64) -> Result<()>;

    /// This database was found to be restored or cloned: in one transaction draw a new random epoch, set the
    /// watermark to the head, drop every kept batch, and remember that a resync is due. The epoch never changes
    /// without the rest.
    fn begin_epoch(&self) -> Result<Identity>;

    /// Whether a resync must run before this node may call itself equal to its parent. Survives restarts.
    fn resync_due(&self) -> Result<bool>;
    fn set_resync_due(&self, due: bool) -> Result<()>;

    /// Whether this database began a new epoch, and what it does not know any more has yet to come back: from the office's
    /// own sources, or from a node below that has not met it since. Compared before that, the parent would be told that all
    /// this is gone.
    fn is_behind(&self) -> Result<bool>;

    /// All that this node sends upward: its own entries and those of its children.
    fn inventory(&self) -> Result<Inventory>;

    /// Makes the parent hear of these keys again, in one transaction. For each: live here -> it gets a new number;
    /// a tombstone not yet acknowledged -> nothing; otherwise -> a tombstone with a new number.
    fn repair(&self, keys: &[u64]) -> Result<Repaired>;

    /// What this office is to sign now with `key`; `None` while its last word still stands, or came only just before.
    fn to_attest(&self, key: &[u8]) -> Result<Option<Holding>>;

    /// Keeps this office's word, as one more thing that travels.
    fn attested(&self, word: &Attestation) -> Result<()>;

    /// The version the parent was found to speak. A parent older than [`super::protocol::PROTOCOL_ATTESTS`] is sent no
    /// words, one older than [`super::protocol::PROTOCOL_GONE`] nothing of what was never here, and one older than
    /// [`super::protocol::PROTOCOL_PAGES`] no pages of lists: it would have to quarantine them.
    fn parent_speaks(&self, protocol: u16) -> Result<()>;

    fn notices_mark(&self) -> Result<NoticesMark>;

    /// What this node and those below it are called, for the parent's screens.
    fn names(&self) -> Result<Vec<(Area, String)>>;

    /// Takes a page and its mark in one transaction. The same notice may come again.
    fn take_notices(&self, page: &NoticesPage) -> Result<()>;
}

/// What a parent remembers of a child's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub epoch: Epoch,
    /// All of the child's sequence up to here is committed.
    pub watermark: u64,
    /// Epochs followed earlier, the latest last; the oldest of very many may be forgotten.
    pub retired: Vec<Epoch>,
}

/// The store as the receiving side needs it. `child` always comes from a checked certificate.
pub trait ParentLedger: Send + Sync {
    fn identity(&self) -> Result<Identity>;

    /// `None` before the first contact.
    fn origin(&self, child: Area) -> Result<Option<Origin>>;

    /// Follow `epoch` of this child from `watermark` on; the epoch followed so far is retired. One transaction.
    fn adopt(&self, child: Area, epoch: Epoch, watermark: u64) -> Result<()>;

    /// The stored receipt for exactly this stretch. Receipts never expire.
    fn receipt(&self, child: Area, epoch: Epoch, after: u64, last: u64) -> Result<Option<Receipt>>;

    /// Commits items, quarantine, watermark (`header.last`) and receipt in ONE transaction. The link has checked
    /// that `header.after` is the watermark and calls this for one batch of a child at a time; an implementation
    /// checks it again inside and fails otherwise. What the store itself cannot take is quarantined and named in
    /// the receipt beside `poison` ([`Receipt::of`]); it never fails the batch. What is taken leaves the quarantine.
    ///
    /// # Errors
    /// Any error means *unknown*: the child is told to come again, and the next call to [`ParentLedger::origin`]
    /// and [`ParentLedger::receipt`] must tell what is really there.
    fn accept(&self, arrival: Arrival) -> Result<Receipt>;

    /// Whether this database has begun a new epoch since `epoch`, its own or one that it was told of by
    /// [`ParentLedger::noticed_restore`].
    fn has_left(&self, epoch: Epoch) -> Result<bool>;

    /// A child holds a receipt, or has read notices, up to `theirs`; here is only `ours`: this database was restored.
    /// `known`: the epoch by which the child knows it, which is then left too.
    /// The child will send again. For the operator, and: do what [`ChildLedger::begin_epoch`] does, so that this
    /// node's own parent and all its children notice too. A database brought back by the office itself should begin a
    /// new epoch before it is used: what is noticed late, or never, is then known from the start.
    /// What one child says again and again is not believed: it may read all notices anew, and no epoch is begun.
    fn noticed_restore(&self, child: Area, ours: u64, theirs: u64, known: Option<Epoch>) -> Result<()>;

    /// A child began a new life (`epoch`) or an old copy of it appeared; for the operator.
    fn noticed_epoch(&self, child: Area, epoch: Epoch, superseded: bool) -> Result<()>;

    /// Notices for this child with numbers above `after`, ascending, bounded as in [`ChildLedger::items_after`].
    fn notices_after(&self, child: Area, after: u64, items_max: usize, bytes_max: usize) -> Result<NoticesRead>;

    /// Whether somebody here asked for a resync of this child.
    fn resync_requested(&self, child: Area) -> Result<bool>;

    /// Whether somebody here asked for a comparison with this child that repairs nothing.
    fn verify_requested(&self, child: Area) -> Result<bool>;

    /// The child made that comparison: the request is answered, the rows are for the person who asked.
    fn verified(&self, child: Area, report: &VerifyReport) -> Result<()>;

    /// The child finished a resync: the request is answered, the figures are for the person who asked.
    fn resynced(&self, child: Area, report: &ResyncReport) -> Result<()>;

    /// All that is held because this child sent it; nothing this node read from its own sources.
    fn inventory(&self, child: Area) -> Result<Inventory>;

    /// A machine joined as this child; for `status`, and for the operator where it took the place of another.
    fn joined(&self, child: Area, replaces: bool) -> Result<()>;

    /// The child said hello; for `status`.
    fn met(&self, child: Area, hello: &Hello) -> Result<()>;
}
