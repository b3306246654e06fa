//! The child's side of the link as it runs: connect, push, read notices, compare, renew, and come back after anything.
//!
//! One task does one thing after another, so that nothing here races: only the wait for notices runs beside it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::client::HttpLine;
use super::clock::system_secs;
use super::credential::Credential;
use super::enrol;
use super::ledger::ChildLedger;
use super::line::{Failure, Line, blocking};
use super::notices::{poll, read};
use super::protocol::{Answer, Ask, Code, Message, Refusal, ResyncReport, Welcome, to_hex};
use super::push::{Child, Meeting};
use super::resync::{self, Step, Verdict};
use super::retry::{RETRY_FIRST, RETRY_MAX, Retry};
use super::status::{COMMANDS_MAX, Command, LinkHandle, LinkState, LinkStatus, Reply};
use crate::error::{Error, Result};

/// What an office may want to set.
#[derive(Debug, Clone)]
pub struct LinkSettings {
    pub retry_first: Duration,
    pub retry_max: Duration,
    /// How long one question for notices may wait at the parent.
    pub notices_wait_secs: u16,
    /// A new hello at least this often: watermarks are compared, the certificate is renewed when due.
    pub hello_every: Duration,
    /// How often equality with the parent is proven without being asked.
    pub verify_every: Duration,
}

impl Default for LinkSettings {
    fn default() -> LinkSettings {
        LinkSettings {
            retry_first: RETRY_FIRST,
            retry_max: RETRY_MAX,
            notices_wait_secs: 25,
            hello_every: Duration::from_secs(10 * 60),
            verify_every: Duration::from_secs(24 * 3600),
        }
    }
}

/// Asks in one hello; a parent that sends us in circles is left alone for a while.
const MEETINGS_MAX: usize = 4;
/// Comparisons repeated because pushes were under way.
const VERIFY_ATTEMPTS_MAX: usize = 5;
/// How often a node without a parent looks whether it was joined by a verb.
const JOINED_LOOK: Duration = Duration::from_secs(30);

/// See the module.
pub struct Link {
    child: Arc<Child>,
    dir: PathBuf,
    settings: LinkSettings,
    wake: Arc<Notify>,
    commands: mpsc::Receiver<Command>,
    pending: VecDeque<Command>,
    paused: watch::Receiver<bool>,
    status: watch::Sender<LinkStatus>,
    resync_asked: AtomicBool,
    verified: Option<tokio::time::Instant>,
}

impl Link {
    /// `dir` is `DIR/data/link`; the node may join later.
    pub fn new(child: Arc<Child>, dir: PathBuf, settings: LinkSettings) -> (Link, LinkHandle) {
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let (status, seen) = watch::channel(LinkStatus::default());
        let (pause, paused) = watch::channel(false);
        let wake = Arc::new(Notify::new());
        let handle = LinkHandle { wake: wake.clone(), commands: sender, paused: pause, status: seen };
        let link = Link {
            child,
            dir,
            settings,
            wake,
            commands,
            pending: VecDeque::new(),
            paused,
            status,
            resync_asked: AtomicBool::new(false),
            verified: None,
        };
        (link, handle)
    }

    fn ledger(&self) -> &Arc<dyn ChildLedger> {
        self.child.ledger()
    }

    fn state(&self, state: LinkState) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.state, state.clone()) != state);
    }

    fn contacted(&self) {
        self.status.send_modify(|status| {
            status.last_contact = Some(system_secs());
            status.last_error = None;
            status.last_refusal = None;
        });
    }

    /// Runs until `shutdown` turns true. Never fails: what goes wrong is in the status and tried again.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut retry = Retry::new(self.settings.retry_first, self.settings.retry_max);
        loop {
            let failure = tokio::select! {
                failure = self.session(&mut retry) => failure,
                _ = shutdown.wait_for(|stop| *stop) => break,
            };
            let pause = match &failure {
                Ended::NotJoined => {
                    self.state(LinkState::NotJoined);
                    self.fail_pending("this node has joined no parent");
                    JOINED_LOOK
                }
                Ended::Paused => {
                    self.state(LinkState::Paused);
                    self.fail_pending("the link is paused");
                    let mut paused = self.paused.clone();
                    tokio::select! {
                        _ = paused.wait_for(|paused| !paused) => continue,
                        _ = shutdown.wait_for(|stop| *stop) => break,
                    }
                }
                Ended::Superseded => {
                    self.state(LinkState::Superseded);
                    self.fail_pending(
                        "the parent follows another copy of this node; `rosterd resync` makes this one it",
                    );
                    self.settings.retry_max
                }
                Ended::Failed(failure) => {
                    let pause = retry.pause(failure.asked_pause());
                    tracing::warn!(%failure, pause_ms = pause.as_millis() as u64, "the link failed");
                    let text = failure.to_string();
                    self.fail_pending(&text);
                    self.status.send_modify(|status| {
                        status.state = LinkState::Waiting { pause };
                        status.last_refusal = failure.code();
                        status.last_error = Some(text);
                    });
                    pause
                }
            };
            tokio::select! {
                _ = tokio::time::sleep(pause) => {}
                _ = self.wake.notified() => {}
                command = self.commands.recv() => self.pending.extend(command),
                _ = shutdown.wait_for(|stop| *stop) => break,
            }
        }
        self.fail_pending("the daemon stops");
    }

    fn fail_pending(&mut self, text: &str) {
        self.pending.drain(..).for_each(|command| command.fail(text));
    }

    /// One life of a connection: from credential to the first failure.
    async fn session(&mut self, retry: &mut Retry) -> Ended {
        if *self.paused.borrow() {
            return Ended::Paused;
        }
        let dir = self.dir.clone();
        let credential = match blocking(move || Credential::load(&dir)).await {
            Ok(Some(credential)) => Arc::new(credential),
            Ok(None) => return Ended::NotJoined,
            Err(error) => return Ended::Failed(error.into()),
        };
        let line = match HttpLine::enrolled(&credential) {
            Ok(line) => line,
            Err(error) => return Ended::Failed(error.into()),
        };
        self.state(LinkState::Connecting);
        self.status.send_modify(|status| {
            status.parent = Some(credential.parent());
            status.certificate_ends = Some(credential.ends());
        });
        let mut paused = self.paused.clone();
        tokio::select! {
            ended = self.converse(&line, &credential, retry) => ended,
            _ = paused.wait_for(|paused| *paused) => Ended::Paused,
        }
    }

    async fn converse(&mut self, line: &HttpLine, credential: &Arc<Credential>, retry: &mut Retry) -> Ended {
        loop {
            let welcome = match self.meet(line, credential).await {
                Ok(Some(welcome)) => welcome,
                Ok(None) => return Ended::Superseded,
                Err(failure) if failure.code() == Some(Code::CertificateExpired) => {
                    return match enrol::renew(line, &self.dir, credential).await {
                        Ok(_) => Ended::Failed(Failure::Refused(Refusal::new(
                            Code::CertificateExpired,
                            "the certificate had expired and was renewed",
                        ))),
                        Err(failure) => Ended::Failed(failure),
                    };
                }
                Err(failure) => return Ended::Failed(failure),
            };
            retry.reset();
            self.contacted();
            self.status.send_modify(|status| status.skew_secs = system_secs() - welcome.clock);
            self.resync_asked.fetch_or(welcome.resync, Ordering::SeqCst);
            if credential.renewal_due(welcome.clock) {
                match enrol::renew(line, &self.dir, credential).await {
                    // The fresh certificate is used from the next connection on.
                    Ok(_) => return Ended::Failed(Failure::Own(Error::new("the certificate was renewed").transient())),
                    Err(failure) => tracing::warn!(%failure, "the certificate could not be renewed yet"),
                }
            }
            let (child, wake) = (self.child.clone(), self.wake.clone());
            let asked = Arc::new(AtomicBool::new(false));
            let reading = read(line, &child, self.settings.notices_wait_secs, &asked, &wake);
            let ended = {
                let asked = asked.clone();
                tokio::select! {
                    failure = reading => Err(failure),
                    done = self.round(line, credential, &asked) => done,
                }
            };
            if let Err(failure) = ended {
                return Ended::Failed(failure);
            }
        }
    }

    /// Hello, and what follows from it. `None`: superseded.
    async fn meet(&mut self, line: &HttpLine, credential: &Credential) -> Result<Option<Welcome>, Failure> {
        for _ in 0..MEETINGS_MAX {
            let (child, area) = (self.child.clone(), credential.area());
            let hello = blocking(move || {
                if child.ledger().identity()?.area != area {
                    return Err(Error::new("the credential is for another area than this node's"));
                }
                child.hello(system_secs())
            });
            let hello = hello.await?;
            let answer = line.ask(Message::bare(Ask::Hello(hello))).await?.meta;
            let Answer::Welcome(welcome) = answer else { return Err(Failure::unexpected("hello")) };
            let (child, standing) = (self.child.clone(), welcome.clone());
            let adopt = match blocking(move || child.meet(&standing)).await? {
                Meeting::Ready => return Ok(Some(welcome)),
                Meeting::Adopt(adopt) => adopt,
                Meeting::Superseded => {
                    let insists = |c: &Command| matches!(c, Command::Resync { confirmed: true, .. });
                    if !self.pending.iter().any(insists) {
                        return Ok(None);
                    }
                    let child = self.child.clone();
                    blocking(move || child.insist()).await?
                }
            };
            line.ask(Message::bare(Ask::Adopt(adopt))).await?;
        }
        Err(Failure::Broken(Error::new("the parent and this node cannot agree where to go on").transient()))
    }

    /// Everything that is to be done, until it is time for a new hello.
    async fn round(
        &mut self,
        line: &HttpLine,
        credential: &Arc<Credential>,
        asked: &AtomicBool,
    ) -> Result<(), Failure> {
        let until = tokio::time::Instant::now() + self.settings.hello_every;
        loop {
            if !self.drain(line, credential).await? {
                return Ok(());
            }
            if asked.swap(false, Ordering::SeqCst) {
                self.resync_asked.store(true, Ordering::SeqCst);
            }
            while let Some(command) = self.pending.pop_front() {
                self.serve(line, credential, command).await?;
            }
            let asked_above = self.resync_asked.load(Ordering::SeqCst);
            let held = self.status.borrow().resync_held > 0;
            if asked_above || (self.ledger().resync_due()? && !held) {
                self.resync(line, credential, false, &mut |_| ()).await?;
                continue;
            }
            if self.verified.is_none_or(|at| at.elapsed() >= self.settings.verify_every) {
                self.verify(line, credential).await?;
            }
            self.state(LinkState::Idle);
            tokio::select! {
                _ = self.wake.notified() => {}
                command = self.commands.recv() => self.pending.extend(command),
                _ = tokio::time::sleep_until(until) => return Ok(()),
            }
        }
    }

    async fn serve(&mut self, line: &HttpLine, credential: &Arc<Credential>, command: Command) -> Result<(), Failure> {
        match command {
            Command::Flush(reply) => {
                let done = async {
                    self.drain(line, credential).await?;
                    while poll(line, &self.child, 0).await?.more {}
                    Ok(())
                };
                answer(reply, done.await)
            }
            Command::Verify(reply) => {
                let verdict = self.verify(line, credential).await;
                answer(reply, verdict)
            }
            Command::Resync { confirmed, steps, reply } => {
                let mut progress = |step| {
                    if let Some(steps) = &steps {
                        // Nobody looks any more: the resync goes on.
                        let _ = steps.send(step);
                    }
                };
                let report = self.resync(line, credential, confirmed, &mut progress).await;
                answer(reply, report)
            }
        }
    }

    /// Sends until the parent holds everything. `false`: a new hello is needed first.
    async fn drain(&mut self, line: &HttpLine, credential: &Arc<Credential>) -> Result<bool, Failure> {
        loop {
            let child = self.child.clone();
            let Some(batch) = blocking(move || child.next_batch()).await? else { return Ok(true) };
            self.state(LinkState::Sending);
            let signature = to_hex(&credential.sign(&batch.header.hash.0)?);
            let meta = Ask::Push { header: batch.header.clone(), signature };
            let ask = Message { meta, payload: batch.body.clone() };
            let (ahead, last) = (self.child.clone(), batch.header.last);
            let (answer, prepared) = tokio::join!(line.ask(ask), blocking(move || ahead.prepare(last)));
            prepared?;
            let answer = match answer {
                Err(failure) if matches!(failure.code(), Some(Code::Conflict | Code::Diverged)) => {
                    // What the parent holds under our name is not ours: another copy of this node spoke.
                    tracing::error!(%failure, "this node and its parent hold different courses");
                    let child = self.child.clone();
                    blocking(move || child.restored(last)).await?;
                    return Ok(false);
                }
                other => other?,
            };
            let Answer::Receipt(receipt) = answer.meta else { return Err(Failure::unexpected("push")) };
            let child = self.child.clone();
            blocking(move || child.settle(&batch, &receipt)).await?;
            self.contacted();
        }
    }

    async fn verify(&mut self, line: &HttpLine, credential: &Arc<Credential>) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::Unsettled;
        for _ in 0..VERIFY_ATTEMPTS_MAX {
            self.drain(line, credential).await?;
            self.state(LinkState::Comparing);
            verdict = resync::verify(line, self.ledger()).await?;
            if verdict != Verdict::Unsettled {
                break;
            }
        }
        self.verified = Some(tokio::time::Instant::now());
        self.status.send_modify(|status| match &verdict {
            Verdict::Equal(_) => (status.last_equal, status.differing) = (Some(system_secs()), 0),
            Verdict::Differs { rows, .. } => status.differing = rows.len(),
            Verdict::Unsettled => {}
        });
        if let Verdict::Differs { child, parent, rows } = &verdict {
            tracing::error!(
                child = child.count,
                parent = parent.count,
                rows = rows.len(),
                "the parent holds other data"
            );
        }
        Ok(verdict)
    }

    async fn resync(
        &mut self,
        line: &HttpLine,
        credential: &Arc<Credential>,
        confirmed: bool,
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<ResyncReport, Failure> {
        self.drain(line, credential).await?;
        self.state(LinkState::Comparing);
        let ledger = self.ledger().clone();
        let report = resync::resync(line, &ledger, confirmed, progress).await?;
        self.drain(line, credential).await?;
        // What waits for a person stays due, but is not tried again by itself.
        if report.held == 0 {
            blocking(move || ledger.set_resync_due(false)).await?;
        }
        line.ask(Message::bare(Ask::Resynced { report })).await?;
        self.resync_asked.store(false, Ordering::SeqCst);
        self.verified = None;
        self.status.send_modify(|status| {
            status.resync_held = report.held;
            status.last_resync = Some(report);
        });
        Ok(report)
    }
}

/// Tells a caller the outcome, and the link whether to go on.
fn answer<T>(reply: Reply<T>, outcome: Result<T, Failure>) -> Result<(), Failure> {
    let (told, goes_on) = match outcome {
        Ok(value) => (Ok(value), Ok(())),
        Err(failure) => (Err(Error::new(failure.to_string()).transient()), Err(failure)),
    };
    // A caller that went away needs no answer.
    let _ = reply.send(told);
    goes_on
}

enum Ended {
    NotJoined,
    Paused,
    Superseded,
    Failed(Failure),
}
