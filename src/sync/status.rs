//! What the rest of the daemon sees of the running link, and how it speaks to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::protocol::ResyncReport;
use super::push::Child;
use super::refusal::Code;
use super::resync::{Step, Verdict};
use crate::domain::Area;
use crate::error::{Error, Result};

/// Commands waiting for their turn.
pub(super) const COMMANDS_MAX: usize = 16;

/// Where the link stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LinkState {
    /// The node has joined no parent.
    #[default]
    NotJoined,
    Connecting,
    /// Connected, everything sent.
    Idle,
    Sending,
    Comparing,
    /// Connected; what a restored store lost is to come back before it is compared with the parent.
    Behind,
    /// After a failure, for this long.
    Waiting {
        pause: Duration,
    },
    Paused,
    /// The parent follows another copy of this node, and a person must decide (`resync` insists); or another machine joined
    /// in its place.
    Superseded,
}

/// For `status`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkStatus {
    pub state: LinkState,
    pub parent: Option<Area>,
    /// By this computer's clock, seconds since 1970.
    pub last_contact: Option<i64>,
    /// What failed last; cleared by the next success.
    pub last_error: Option<String>,
    /// Why the parent said no, where that is what failed.
    pub refused: Option<Code>,
    /// This computer's clock less the parent's, at the last hello; `None` where the parent does not tell its own.
    pub skew_secs: Option<i64>,
    pub certificate_ends: Option<i64>,
    /// Removals at the parent that wait for a person to confirm the resync.
    pub resync_held: u64,
    /// When equality was last proven, by this computer's clock.
    pub last_equal: Option<i64>,
    /// The last comparison found differences: (list, area) rows that differ.
    pub differing: usize,
}

pub(super) type Reply<T> = oneshot::Sender<Result<T>>;

/// What the link is asked to do between its own rounds.
pub(super) enum Command {
    /// Push everything, read all notices, then answer.
    Flush(Reply<()>),
    Verify(Reply<Verdict>),
    Resync {
        confirmed: bool,
        steps: Option<mpsc::UnboundedSender<Step>>,
        reply: Reply<ResyncReport>,
    },
}

impl Command {
    pub fn fail(self, text: &str) {
        let error = || Error::new(text.to_owned()).transient();
        // A caller that went away needs no answer.
        match self {
            Command::Flush(reply) => drop(reply.send(Err(error()))),
            Command::Verify(reply) => drop(reply.send(Err(error()))),
            Command::Resync { reply, .. } => drop(reply.send(Err(error()))),
        }
    }
}

/// How the rest of the daemon speaks to the link. Cheap to clone.
#[derive(Clone)]
pub struct LinkHandle {
    pub(super) child: Arc<Child>,
    pub(super) wake: Arc<Notify>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) paused: watch::Sender<bool>,
    pub(super) status: watch::Receiver<LinkStatus>,
}

impl LinkHandle {
    /// There is something new to send, or a credential: do not wait for the next round.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Who makes this node's batches, also those that go by file: two who did would keep two batches of the same numbers.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Stops or continues sending and reading. Nothing is lost meanwhile.
    pub fn pause(&self, paused: bool) {
        self.paused.send_replace(paused);
    }

    pub fn status(&self) -> LinkStatus {
        self.status.borrow().clone()
    }

    /// Returns once the parent has acknowledged everything and no notice is unread. One attempt, no retries.
    pub async fn flush(&self) -> Result<()> {
        self.command(Command::Flush).await
    }

    /// Compares with the parent. Pushes first what is not sent yet.
    pub async fn verify(&self) -> Result<Verdict> {
        self.command(Command::Verify).await
    }

    /// Compares and repairs; returns when the repairs are acknowledged. `confirmed` also lets an implausible share be
    /// removed at the parent, and lets a superseded copy of this node take over.
    pub async fn resync(&self, confirmed: bool, steps: Option<mpsc::UnboundedSender<Step>>) -> Result<ResyncReport> {
        self.command(|reply| Command::Resync { confirmed, steps, reply }).await
    }

    async fn command<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T> {
        let stopped = || Error::new("the link was interrupted").transient();
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}
