//! The order of words between a child and its parent: meet, send everything, compare, repair. No waiting, no retries:
//! every failure goes up, and the same course is simply begun again.

use std::sync::Arc;

use super::clock::system_secs;
use super::credential::Credential;
use super::ledger::FrozenBatch;
use super::line::{Failure, Line, blocking};
use super::protocol::{
    Answer, Ask, Code, DIFFERING_MAX, Message, Receipt, ResyncReport, VerifyReport, Welcome, to_hex,
};
use super::push::{Child, Meeting};
use super::resync::{self, Step, Verdict};
use crate::crash;
use crate::domain::Area;
use crate::error::{Error, Result};

/// Hellos in one meeting; a parent that sends us in circles is left alone for a while.
const MEETINGS_MAX: usize = 4;
/// Comparisons repeated because pushes were under way.
const VERIFY_ATTEMPTS_MAX: usize = 5;

/// Who signs what this node sends.
pub trait Signer: Send + Sync {
    /// The area the signature speaks for.
    fn area(&self) -> Area;
    /// The public key (P-256, uncompressed point).
    fn key(&self) -> Vec<u8>;
    /// ECDSA P-256, ASN.1.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

impl Signer for Credential {
    fn area(&self) -> Area {
        Credential::area(self)
    }

    fn key(&self) -> Vec<u8> {
        self.public_key().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Credential::sign(self, message)
    }
}

/// See the module.
#[derive(Clone)]
pub struct Course {
    child: Arc<Child>,
    signer: Arc<dyn Signer>,
}

impl Course {
    pub fn new(child: Arc<Child>, signer: Arc<dyn Signer>) -> Course {
        Course { child, signer }
    }

    async fn with_child<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Child) -> Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let child = self.child.clone();
        Ok(blocking(move || work(&child)).await?)
    }

    /// Hello, and what follows from it. `insist`: a person said that this copy is the real one.
    /// `None`: the parent follows another copy.
    pub async fn meet<L: Line>(&self, line: &L, insist: bool) -> Result<Option<Welcome>, Failure> {
        for _ in 0..MEETINGS_MAX {
            let area = self.signer.area();
            let hello = self.with_child(move |child| {
                if child.ledger().identity()?.area != area {
                    return Err(Error::new("the credential is for another area than this node's"));
                }
                child.hello(system_secs())
            });
            let answer = line.ask(Message::bare(Ask::Hello(hello.await?))).await?.meta;
            let Answer::Welcome(welcome) = answer else { return Err(Failure::unexpected("hello")) };
            let standing = welcome.clone();
            let adopt = match self.with_child(move |child| child.meet(&standing)).await? {
                Meeting::Ready => return Ok(Some(welcome)),
                Meeting::Adopt(adopt) => adopt,
                Meeting::Superseded if insist => self.with_child(Child::insist).await?,
                Meeting::Superseded => return Ok(None),
            };
            line.ask(Message::bare(Ask::Adopt(adopt))).await?;
        }
        Err(Failure::Broken(Error::new("the parent and this node cannot agree where to go on").transient()))
    }

    /// See [`Child::has_new_names`].
    pub async fn has_new_names(&self) -> Result<bool, Failure> {
        self.with_child(Child::has_new_names).await
    }

    /// Signs anew what this office holds, where that is due. See [`super::attest`].
    pub async fn attest(&self) -> Result<(), Failure> {
        let signer = self.signer.clone();
        self.with_child(move |child| child.attest(&*signer)).await
    }

    /// Compares as the parent asked, repairs nothing, and tells it what was found.
    ///
    /// Gives `None` where the two are still exchanging data: the parent is told later.
    pub async fn verify_for_parent<L: Line>(&self, line: &L) -> Result<Option<Verdict>, Failure> {
        let verdict = self.verify(line).await?;
        let report = match &verdict {
            Verdict::Unsettled => return Ok(None),
            Verdict::Equal(total) => VerifyReport { held: total.count, differing: Vec::new() },
            Verdict::Differs { child, rows, .. } => {
                VerifyReport { held: child.count, differing: rows.iter().take(DIFFERING_MAX).cloned().collect() }
            }
        };
        line.ask(Message::bare(Ask::Verified { report })).await?;
        Ok(Some(verdict))
    }

    /// Sends until the parent holds everything, `sent` being told of every receipt. One batch is on its way at a time;
    /// meanwhile the receipt before it is kept, and the batch behind it made and kept.
    ///
    /// # Errors
    /// Where the parent holds another course of this node, it begins a new life; a meeting must follow. A receipt that
    /// could not be kept any more is given again for the same batch.
    pub async fn drain<L: Line>(&self, line: &L, sent: &mut (dyn FnMut() + Send)) -> Result<(), Failure> {
        let mut next = self.with_child(Child::next_batch).await?;
        let mut unsettled: Option<(FrozenBatch, Receipt)> = None;
        while let Some(batch) = next {
            crash::point("batch-kept");
            let signature = to_hex(&self.signer.sign(&batch.header.hash.0)?);
            let last = batch.header.last;
            let more = self.with_child(move |child| Ok(child.ledger().identity()?.head > last)).await?;
            let meta = Ask::Push { header: batch.header.clone(), signature, more };
            let ask = Message { meta, payload: batch.body.clone() };
            let before = unsettled.take();
            let meanwhile = async {
                self.settle(before).await?;
                Ok::<_, Failure>(self.with_child(move |child| child.batch_after(last)).await)
            };
            let (answer, meanwhile) = tokio::join!(line.ask(ask), meanwhile);
            if let Err(failure) = &answer
                && matches!(failure.code(), Some(Code::Conflict | Code::Diverged))
            {
                tracing::error!(%failure, "this node and its parent hold different courses");
                self.with_child(move |child| child.restored(last)).await?;
            }
            if let Err(failure) = &answer
                && failure.code() == Some(Code::TooLarge)
            {
                meanwhile??;
                next = self.with_child(move |child| child.cut(&batch)).await?;
                if next.is_none() {
                    return answer.map(drop);
                }
                continue;
            }
            let Answer::Receipt(receipt) = answer?.meta else { return Err(Failure::unexpected("push")) };
            crash::point("receipt-arrived");
            sent();
            unsettled = Some((batch, receipt));
            next = match meanwhile? {
                Ok(next) => next,
                Err(failure) => {
                    // A full disk may have room for a receipt still.
                    self.settle(unsettled).await?;
                    return Err(failure);
                }
            };
        }
        self.settle(unsettled).await
    }

    async fn settle(&self, answered: Option<(FrozenBatch, Receipt)>) -> Result<(), Failure> {
        match answered {
            Some((batch, receipt)) => self.with_child(move |child| child.settle(&batch, &receipt)).await,
            None => Ok(()),
        }
    }

    /// Compares with the parent what both hold, after everything was sent.
    pub async fn verify<L: Line>(&self, line: &L) -> Result<Verdict, Failure> {
        for _ in 0..VERIFY_ATTEMPTS_MAX {
            self.drain(line, &mut || ()).await?;
            let verdict = resync::verify(line, self.child.ledger()).await?;
            if verdict != Verdict::Unsettled {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Unsettled)
    }

    /// Compares, repairs, sends the repairs, and compares again: only that shows that it worked.
    pub async fn resync<L: Line>(
        &self,
        line: &L,
        confirmed: bool,
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<(ResyncReport, Verdict), Failure> {
        self.drain(line, &mut || ()).await?;
        let report = resync::resync(line, self.child.ledger(), confirmed, progress).await?;
        self.drain(line, &mut || ()).await?;
        // What waits for a person stays due.
        if report.held == 0 {
            self.with_child(|child| child.ledger().set_resync_due(false)).await?;
        }
        let verdict = self.verify(line).await?;
        let report = ResyncReport { equal: matches!(verdict, Verdict::Equal(_)), ..report };
        line.ask(Message::bare(Ask::Resynced { report })).await?;
        Ok((report, verdict))
    }
}
