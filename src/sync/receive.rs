//! The parent's part: one answer to one ask of a child whose certificate was checked. No network, no waiting.
//!
//! *Architecture invariant:* which child asks is an argument, never read from what was sent.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::batch;
use super::clock::system_secs;
use super::ledger::{Arrival, ParentLedger};
use super::protocol::{
    Adopt, Answer, Ask, BatchHeader, Code, Compared, Hello, Message, NoticesHead, NoticesMark, PROTOCOL,
    PROTOCOL_OLDEST, Receipt, Refusal, ResyncReport, Standing, Total, VerifyReport, Welcome, from_hex,
};
use super::seats::Seats;
use super::survey::Surveys;
use super::tls::Peer;
use crate::crash;
use crate::domain::Area;
use crate::error::Error;

/// Notices in one page.
pub const NOTICES_ITEMS_MAX: usize = 1_000;
/// Lines of one page of notices before compression.
pub const NOTICES_BYTES_MAX: usize = 512 << 10;
/// A child tells of a comparison at once.
const COMPARED_WITHIN: Duration = Duration::from_secs(60);
/// A child that has something to send leaves the connection it waited on and opens another.
const RECONNECT: Duration = Duration::from_secs(2);
/// When a child should come again after its parent could not write.
const UNAVAILABLE_RETRY_SECS: u32 = 30;
/// When a child should come again whose earlier batch is still being written.
const BUSY_RETRY_SECS: u32 = 2;

/// Refusals by child and code since the start; `None` is whoever had no valid certificate.
pub type Tally = BTreeMap<(Option<Area>, Code), u64>;

/// See the module.
pub struct Parent {
    ledger: Arc<dyn ParentLedger>,
    software: String,
    /// Children with a batch being written.
    writing: Mutex<HashSet<Area>>,
    surveys: Surveys,
    /// How the last comparison with each child came out, and when.
    found_equal: Mutex<HashMap<Area, (bool, Instant)>>,
    tally: Mutex<Tally>,
    /// When each child last asked anything.
    contacts: Mutex<HashMap<Area, Instant>>,
    /// Connections that children hold open.
    pub(super) connections: Seats<Area>,
    news: watch::Sender<()>,
}

impl From<Error> for Refusal {
    /// The child need not know what ails its parent; the parent's log must.
    fn from(error: Error) -> Refusal {
        tracing::error!(error = &error as &dyn std::error::Error, "a child could not be served");
        Refusal::new(Code::Unavailable, "the parent cannot write now").retry_after(UNAVAILABLE_RETRY_SECS)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Parent {
    pub fn new(ledger: Arc<dyn ParentLedger>) -> Parent {
        Parent {
            ledger,
            software: concat!("rosterd ", env!("CARGO_PKG_VERSION")).to_owned(),
            writing: Mutex::default(),
            surveys: Surveys::default(),
            found_equal: Mutex::default(),
            tally: Mutex::default(),
            contacts: Mutex::default(),
            connections: Seats::default(),
            news: watch::Sender::new(()),
        }
    }

    /// To be called when notices were written or a resync was asked for: children that wait are answered.
    pub fn announce(&self) {
        self.news.send_replace(());
    }

    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Refusals so far.
    pub fn tally(&self) -> Tally {
        locked(&self.tally).clone()
    }

    pub(super) fn count(&self, child: Option<Area>, code: Code) {
        *locked(&self.tally).entry((child, code)).or_default() += 1;
    }

    /// How long ago a child last asked anything; `None` where it has not since the start.
    pub fn since_contact(&self, child: Area) -> Option<Duration> {
        locked(&self.contacts).get(&child).map(Instant::elapsed)
    }

    /// Whether a child is at the other end of an open connection. It waits for notices there, so it can be asked.
    pub fn is_connected(&self, child: Area) -> bool {
        self.connections.is_held(child) || self.since_contact(child).is_some_and(|ago| ago < RECONNECT)
    }

    /// A machine was given a certificate for `child`; `replaces`: another had one until now.
    pub(super) fn joined(&self, child: Area, replaces: bool) {
        if replaces {
            tracing::warn!(%child, "another machine joined in the place of the one that reported until now");
            // Where that one waits for notices, it hears of it now.
            self.announce();
        } else {
            tracing::info!(%child, "a child joined");
        }
        // It is in the register; whoever it is has joined, told here or not.
        if let Err(error) = self.ledger.joined(child, replaces) {
            tracing::error!(error = &error as &dyn std::error::Error, %child, "a joining could not be noted");
        }
    }

    /// Answers one ask. `now`: certificate time. Blocks on the store.
    pub fn answer(&self, peer: &Peer, ask: Message<Ask>, now: i64) -> Result<Message<Answer>, Refusal> {
        locked(&self.contacts).insert(peer.area, Instant::now());
        let child = peer.area;
        let bare = |answer| Ok(Message::bare(answer));
        let answer = match ask.meta {
            Ask::Hello(hello) => self.hello(child, &hello, now).map(Answer::Welcome).and_then(bare),
            Ask::Adopt(adopt) => self.adopt(child, &adopt).and_then(|()| bare(Answer::Adopted)),
            Ask::Push { header, signature, more } => {
                self.push(peer, header, &signature, &ask.payload, more).map(Answer::Receipt).and_then(bare)
            }
            Ask::Notices { mark, .. } => self.notices(child, mark),
            Ask::Compare { total } => self.compare(child, total).map(Answer::Compared).and_then(bare),
            Ask::Sums { survey } => self.surveys.sums(child, survey, &ask.payload),
            Ask::Symbols { survey, from, upto } => self.surveys.symbols(child, survey, from, upto),
            Ask::Elements { survey, from } => self.surveys.elements(child, survey, from),
            Ask::Resynced { report } => {
                let report = ResyncReport { equal: report.equal && self.saw_equal(child), ..report };
                self.ledger.resynced(child, &report)?;
                bare(Answer::Noted)
            }
            Ask::Verified { report } => self.verified(child, report).and_then(|()| bare(Answer::Noted)),
            Ask::Enrol { .. } | Ask::Renew { .. } => {
                Err(Refusal::new(Code::Malformed, "certificates are given at the door, not here"))
            }
        };
        if let Err(refusal) = &answer {
            self.count(Some(child), refusal.code);
        }
        answer
    }

    fn hello(&self, child: Area, hello: &Hello, now: i64) -> Result<Welcome, Refusal> {
        if hello.protocol_oldest > PROTOCOL {
            let text =
                format!("'{}' speaks a newer protocol than this parent: update the parent first", hello.software);
            return Err(Refusal::new(Code::ProtocolNewer, text));
        }
        if hello.protocol < PROTOCOL_OLDEST {
            let text = format!("'{}' is too old for this parent: update it", hello.software);
            return Err(Refusal::new(Code::ProtocolOlder, text));
        }
        let standing = match self.ledger.origin(child)? {
            None => {
                self.ledger.adopt(child, hello.epoch, 0)?;
                Standing::Known { watermark: 0 }
            }
            Some(origin) if origin.epoch == hello.epoch => {
                let known = hello.notices.epoch;
                // One restore is one new epoch, for the first child that comes: the others know the one before it.
                let is_told = || known.map_or(Ok(false), |known| self.ledger.has_left(known));
                if hello.acknowledged > origin.watermark && !is_told()? {
                    self.ledger.noticed_restore(child, origin.watermark, hello.acknowledged, known)?;
                }
                Standing::Known { watermark: origin.watermark }
            }
            Some(origin) => {
                let superseded = origin.retired.contains(&hello.epoch);
                self.ledger.noticed_epoch(child, hello.epoch, superseded)?;
                if superseded { Standing::Superseded } else { Standing::Unseen }
            }
        };
        self.ledger.met(child, hello)?;
        let identity = self.ledger.identity()?;
        Ok(Welcome {
            protocol: PROTOCOL.min(hello.protocol),
            software: self.software.clone(),
            area: identity.area,
            epoch: identity.epoch,
            standing,
            resync: self.ledger.resync_requested(child)?,
            verify: self.ledger.verify_requested(child)?,
            clock: now,
            wall: Some(system_secs()),
        })
    }

    fn compare(&self, child: Area, total: Total) -> Result<Compared, Refusal> {
        let compared = self.surveys.compare(&*self.ledger, child, total)?;
        locked(&self.found_equal).insert(child, (compared.equal, Instant::now()));
        Ok(compared)
    }

    /// Whether the last comparison with this child, just now, came out equal. What a child says of that is not believed
    /// where this node has not seen it itself.
    fn saw_equal(&self, child: Area) -> bool {
        let seen = locked(&self.found_equal).remove(&child);
        seen.is_some_and(|(equal, at)| equal && at.elapsed() < COMPARED_WITHIN)
    }

    /// What a child says of a comparison that it was asked for.
    fn verified(&self, child: Area, mut report: VerifyReport) -> Result<(), Refusal> {
        report.differing.retain(|row| child.contains(row.area));
        if !self.saw_equal(child) && report.differing.is_empty() {
            return Err(Refusal::new(Code::Malformed, "the comparison came out otherwise here"));
        }
        Ok(self.ledger.verified(child, &report)?)
    }

    fn adopt(&self, child: Area, adopt: &Adopt) -> Result<(), Refusal> {
        let _turn = self.take_turn(child)?;
        let origin = self.ledger.origin(child)?;
        match origin {
            // Asked twice because the answer was lost.
            Some(origin) if origin.epoch == adopt.epoch => Ok(()),
            Some(origin) if origin.retired.contains(&adopt.epoch) && !adopt.confirmed => {
                Err(Refusal::new(Code::Superseded, "this parent follows another copy of this node"))
            }
            _ => Ok(self.ledger.adopt(child, adopt.epoch, adopt.watermark)?),
        }
    }

    /// Checks a batch and has it committed. What was committed before is acknowledged again.
    fn push(
        &self,
        peer: &Peer,
        header: BatchHeader,
        signature: &str,
        body: &[u8],
        more: bool,
    ) -> Result<Receipt, Refusal> {
        let child = peer.area;
        if header.origin != child {
            let text = format!("{child} may not speak for {}", header.origin);
            return Err(Refusal::new(Code::OriginMismatch, text));
        }
        if header.last <= header.after {
            return Err(Refusal::new(Code::Malformed, "the batch covers nothing"));
        }
        let signature = from_hex(signature).unwrap_or_default();
        if !peer.signed(&header.hash.0, &signature) {
            return Err(Refusal::new(Code::BadSignature, "the batch is not signed by the key of the certificate"));
        }
        let _turn = self.take_turn(child)?;
        let Some(origin) = self.ledger.origin(child)? else {
            return Err(Refusal::new(Code::EpochUnknown, "say hello first"));
        };
        if origin.epoch != header.epoch {
            let old = origin.retired.contains(&header.epoch);
            let code = if old { Code::Superseded } else { Code::EpochUnknown };
            return Err(Refusal::new(code, "this parent follows another epoch of this node"));
        }
        if let Some(receipt) = self.ledger.receipt(child, header.epoch, header.after, header.last)? {
            if receipt.hash == header.hash {
                return Ok(receipt);
            }
            tracing::error!(%child, after = header.after, last = header.last, "the same batch came with other content");
            return Err(Refusal::new(Code::Conflict, "this batch was received before with other content"));
        }
        if header.after > origin.watermark {
            let text = format!("the parent holds up to {}, the batch begins behind {}", origin.watermark, header.after);
            return Err(Refusal::new(Code::Gap, text));
        }
        if header.after < origin.watermark {
            tracing::error!(%child, after = header.after, watermark = origin.watermark, "a batch overlaps what is held");
            return Err(Refusal::new(Code::Diverged, "the parent holds another course of this node"));
        }
        let opened = batch::open(&header, body, child)?;
        for poison in &opened.poison {
            let told = &poison.rejected;
            tracing::warn!(%child, seq = told.seq, row = told.row, code = told.code, "an item was not taken");
        }
        let arrival = Arrival { header, items: opened.items, poison: opened.poison, more };
        let receipt = self.ledger.accept(arrival)?;
        crash::point("batch-committed");
        Ok(receipt)
    }

    /// Takes a batch that came by file. A first contact needs no hello: the file names the epoch.
    pub(super) fn import(
        &self,
        peer: &Peer,
        header: BatchHeader,
        signature: &str,
        body: &[u8],
    ) -> Result<Receipt, Refusal> {
        if self.ledger.origin(peer.area)?.is_none() && header.after == 0 && header.origin == peer.area {
            self.ledger.adopt(peer.area, header.epoch, 0)?;
        }
        let receipt = self.push(peer, header, signature, body, false);
        if let Err(refusal) = &receipt {
            self.count(Some(peer.area), refusal.code);
        }
        receipt
    }

    fn notices(&self, child: Area, mark: NoticesMark) -> Result<Message<Answer>, Refusal> {
        let epoch = self.ledger.identity()?.epoch;
        let after = if mark.epoch == Some(epoch) { mark.upto } else { 0 };
        // A child that never read, or read of another database, begins with nothing.
        let reset = mark.epoch != Some(epoch);
        let read = self.ledger.notices_after(child, after, NOTICES_ITEMS_MAX, NOTICES_BYTES_MAX)?;
        if after > read.head {
            // The child has read what this database does not hold any more: it was restored, or the child is not honest.
            self.ledger.noticed_restore(child, read.head, after, Some(epoch))?;
            return self.notices(child, NoticesMark::default());
        }
        let lines: Vec<String> = read.notices.iter().map(|n| format!("{} {}", n.seq, n.line)).collect();
        let payload = if lines.is_empty() { Vec::new() } else { batch::pack(lines.iter().map(String::as_str))? };
        let (resync, verify) = (self.ledger.resync_requested(child)?, self.ledger.verify_requested(child)?);
        let more = read.upto < read.head;
        let head = NoticesHead { epoch, reset, upto: read.upto.max(after), more, resync, verify };
        Ok(Message { meta: Answer::Notices(head), payload })
    }

    fn take_turn(&self, child: Area) -> Result<Turn<'_>, Refusal> {
        if !locked(&self.writing).insert(child) {
            let busy = Refusal::new(Code::Busy, "an earlier batch of this child is still being written");
            return Err(busy.retry_after(BUSY_RETRY_SECS));
        }
        Ok(Turn { parent: self, child })
    }
}

/// One writer per child at a time.
struct Turn<'a> {
    parent: &'a Parent,
    child: Area,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        locked(&self.parent.writing).remove(&self.child);
    }
}
