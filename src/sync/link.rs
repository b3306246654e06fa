//! The child's side of the link as it runs: connect, push, read notices, compare, renew, and come back after anything.
//!
//! One task does one thing after another, so that nothing here races: only the wait for notices runs beside it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::client::HttpLine;
use super::clock::system_secs;
use super::course::Course;
use super::credential::Credential;
use super::enrol;
use super::line::{Failure, blocking};
use super::notices::{Asked, poll, read};
use super::protocol::{Code, Epoch, ResyncReport};
use super::push::Child;
use super::resync::{Step, Verdict};
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
    /// A new hello at least this often, and where an office got another name: watermarks are compared, the certificate is
    /// renewed when due.
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

/// How often a node without a parent looks whether it was joined by a verb.
const JOINED_LOOK: Duration = Duration::from_secs(30);

/// While nothing else happens, whether this office's word is due is looked at this often: it may have changed a moment
/// after it was given.
const WORD_LOOK: Duration = Duration::from_secs(10);

/// While what a restored store lost comes back from below, how that goes on is looked at this often ...
const BEHIND_LOOK: Duration = Duration::from_secs(1);
/// ... and no longer than this: a child may be away for weeks. It calls at least every fifteen minutes where it is not.
const BEHIND_MAX: Duration = Duration::from_secs(3600);

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
    asked: Arc<Asked>,
    verified: Option<tokio::time::Instant>,
    /// Since when this node waits for what it lost.
    behind: Option<tokio::time::Instant>,
    retry: Retry,
}

impl Link {
    /// `dir` is `DIR/data/link`; the node may join later.
    pub fn new(child: Arc<Child>, dir: PathBuf, settings: LinkSettings) -> (Link, LinkHandle) {
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let (status, seen) = watch::channel(LinkStatus::default());
        let (pause, paused) = watch::channel(false);
        let wake = Arc::new(Notify::new());
        let handle =
            LinkHandle { child: child.clone(), wake: wake.clone(), commands: sender, paused: pause, status: seen };
        let retry = Retry::new(settings.retry_first, settings.retry_max);
        let link = Link {
            child,
            dir,
            settings,
            wake,
            commands,
            pending: VecDeque::new(),
            paused,
            status,
            asked: Arc::default(),
            verified: None,
            behind: None,
            retry,
        };
        (link, handle)
    }

    fn state(&self, state: LinkState) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.state, state.clone()) != state);
    }

    /// Runs until `shutdown` turns true. Never fails: what goes wrong is in the status and tried again.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let failure = tokio::select! {
                failure = self.session() => failure,
                _ = shutdown.wait_for(|stop| *stop) => break,
            };
            // How long to wait; how long to be deaf to new data meanwhile, which is a reason to try at once, but not at
            // every entry, and not where the parent named a time; and what whoever asks is told as long.
            let first = self.settings.retry_first;
            let (pause, deaf, text) = match &failure {
                Ended::NotJoined => {
                    self.state(LinkState::NotJoined);
                    (JOINED_LOOK, Duration::ZERO, "this node has joined no parent".to_owned())
                }
                Ended::Paused => {
                    self.state(LinkState::Paused);
                    self.fail_pending("the link is paused");
                    let mut paused = self.paused.clone();
                    tokio::select! {
                        _ = paused.wait_for(|paused| !paused) => {}
                        _ = shutdown.wait_for(|stop| *stop) => break,
                        // Whoever asks for something now is told at once, and not when somebody resumes.
                        Some(command) = self.commands.recv() => self.pending.push_back(command),
                    }
                    continue;
                }
                Ended::Superseded => {
                    self.state(LinkState::Superseded);
                    // It was let in: the certificate is good, and no new code would help.
                    self.status.send_modify(|status| status.refused = None);
                    let text = "the parent follows another copy of this node; 'rosterd resync' makes this one it";
                    (self.settings.retry_max, first, text.to_owned())
                }
                // The fresh certificate is used from the next connection on.
                Ended::Renewed => (first, Duration::ZERO, String::new()),
                Ended::Failed(failure) => {
                    let pause = self.retry.pause(failure.asked_pause());
                    tracing::warn!(%failure, pause_ms = pause.as_millis() as u64, "the link failed");
                    let text = failure.to_string();
                    let is_superseded = failure.code() == Some(Code::Superseded);
                    self.status.send_modify(|status| {
                        status.state = if is_superseded { LinkState::Superseded } else { LinkState::Waiting { pause } };
                        status.last_error = Some(text.clone());
                        status.refused = failure.code();
                    });
                    (pause, failure.asked_pause().map_or(first, |_| pause), text)
                }
            };
            if !matches!(failure, Ended::Renewed) {
                self.fail_pending(&text);
            }
            tokio::select! {
                _ = self.rest(pause, deaf, &text) => {}
                _ = shutdown.wait_for(|stop| *stop) => break,
            }
        }
        self.fail_pending("the daemon stops");
    }

    /// Waits for `pause` to pass, or for a reason to try earlier. For `deaf` of it only what a person asks for is one:
    /// somebody who waits for everything to be sent is told `text`, and may ask again.
    async fn rest(&mut self, pause: Duration, deaf: Duration, text: &str) {
        let begun = tokio::time::Instant::now();
        let deaf = deaf.min(pause);
        loop {
            let is_deaf = begun.elapsed() < deaf;
            tokio::select! {
                _ = tokio::time::sleep_until(begun + if is_deaf { deaf } else { pause }) => {
                    if !is_deaf {
                        return;
                    }
                }
                _ = self.wake.notified(), if !is_deaf => return,
                command = self.commands.recv() => match command {
                    Some(flush @ Command::Flush(_)) if is_deaf => flush.fail(text),
                    command => return self.pending.extend(command),
                }
            }
        }
    }

    fn fail_pending(&mut self, text: &str) {
        self.pending.drain(..).for_each(|command| command.fail(text));
    }

    /// One life of a connection: from credential to the first failure.
    async fn session(&mut self) -> Ended {
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
            ended = self.converse(&line, &credential) => ended,
            _ = paused.wait_for(|paused| *paused) => Ended::Paused,
        }
    }

    async fn converse(&mut self, line: &HttpLine, credential: &Arc<Credential>) -> Ended {
        let course = Course::new(self.child.clone(), credential.clone());
        loop {
            let insist = self.pending.iter().any(|c| matches!(c, Command::Resync { confirmed: true, .. }));
            let welcome = match course.meet(line, insist).await {
                Ok(Some(welcome)) => welcome,
                Ok(None) => return Ended::Superseded,
                Err(failure) if failure.code() == Some(Code::CertificateExpired) => {
                    return match enrol::renew(line, &self.dir, credential).await {
                        Ok(_) => Ended::Renewed,
                        Err(failure) => Ended::Failed(failure),
                    };
                }
                Err(failure) => return Ended::Failed(failure),
            };
            contacted(&self.status);
            let skew_secs = welcome.wall.map(|wall| system_secs().saturating_sub(wall));
            self.status.send_modify(|status| status.skew_secs = skew_secs);
            self.asked.note(welcome.resync, welcome.verify);
            if credential.renewal_due(welcome.clock) {
                match enrol::renew(line, &self.dir, credential).await {
                    Ok(_) => return Ended::Renewed,
                    Err(failure) => tracing::warn!(%failure, "the certificate could not be renewed yet"),
                }
            }
            let (child, wake, asked) = (self.child.clone(), self.wake.clone(), self.asked.clone());
            let ended = tokio::select! {
                heard = read(line, &child, welcome.epoch, self.settings.notices_wait_secs, &asked, &wake) => heard,
                done = self.round(line, &course, welcome.epoch) => done,
            };
            if let Err(failure) = ended {
                return Ended::Failed(failure);
            }
        }
    }

    /// Everything that is to be done, until it is time for a new hello. `met`: the parent's epoch at the last one.
    async fn round(&mut self, line: &HttpLine, course: &Course, met: Epoch) -> Result<(), Failure> {
        let until = tokio::time::Instant::now() + self.settings.hello_every;
        loop {
            let is_behind = self.is_behind().await?;
            if !is_behind {
                course.attest().await?;
            }
            self.drain(line, course).await?;
            while let Some(command) = self.pending.pop_front() {
                self.serve(line, course, met, command).await?;
            }
            let held = self.status.borrow().resync_held > 0;
            let ledger = self.child.ledger().clone();
            let due = blocking(move || ledger.resync_due()).await? && !held;
            if is_behind {
                // What is new goes up meanwhile; what is old here would close above what people decided since.
                self.state(LinkState::Behind);
                tokio::select! {
                    command = self.commands.recv() => self.pending.extend(command),
                    _ = tokio::time::sleep(BEHIND_LOOK) => {}
                    _ = tokio::time::sleep_until(until) => return Ok(()),
                }
                continue;
            }
            if due || self.asked.resync.load(Ordering::SeqCst) {
                self.resync(line, course, false, &mut |_| ()).await?;
                continue;
            }
            // Where the two were still exchanging data, the parent asks again.
            if self.asked.verify.swap(false, Ordering::SeqCst) {
                self.state(LinkState::Comparing);
                if let Some(verdict) = course.verify_for_parent(line).await? {
                    self.compared(&verdict);
                }
            }
            if self.verified.is_none_or(|at| at.elapsed() >= self.settings.verify_every) {
                self.verify(line, course).await?;
            }
            // Names go up with a hello: the office above is to know at once what a village is called that joined here.
            if course.has_new_names().await? {
                return Ok(());
            }
            // All is done: a hello alone is no success, where what comes after it fails each time.
            self.retry.reset();
            self.state(LinkState::Idle);
            tokio::select! {
                _ = self.wake.notified() => {}
                command = self.commands.recv() => self.pending.extend(command),
                _ = tokio::time::sleep(WORD_LOOK) => {}
                _ = tokio::time::sleep_until(until) => return Ok(()),
            }
        }
    }

    /// See [`super::ledger::ChildLedger::is_behind`]; for so long as that is waited for.
    async fn is_behind(&mut self) -> Result<bool, Failure> {
        let ledger = self.child.ledger().clone();
        if !blocking(move || ledger.is_behind()).await? {
            self.behind = None;
            return Ok(false);
        }
        let is_awaited = self.behind.is_none_or(|since| since.elapsed() < BEHIND_MAX);
        if self.behind.is_none() {
            self.behind = Some(tokio::time::Instant::now());
            tracing::warn!("this store began anew: what it lost is to come back before it is compared with the parent");
        }
        Ok(is_awaited)
    }

    async fn serve(&mut self, line: &HttpLine, course: &Course, met: Epoch, command: Command) -> Result<(), Failure> {
        match command {
            Command::Flush(reply) => {
                let done = async {
                    self.drain(line, course).await?;
                    loop {
                        match poll(line, &self.child, met, 0).await? {
                            Some(head) if head.more => {}
                            Some(_) => return Ok(()),
                            None => {
                                let anew = Error::new("the parent began a new epoch").transient();
                                return Err(Failure::Broken(anew));
                            }
                        }
                    }
                };
                answer(reply, done.await)
            }
            Command::Verify(reply) => answer(reply, self.verify(line, course).await),
            Command::Resync { confirmed, steps, reply } => {
                let mut progress = |step| {
                    if let Some(steps) = &steps {
                        // Nobody looks any more: the resync goes on.
                        let _ = steps.send(step);
                    }
                };
                answer(reply, self.resync(line, course, confirmed, &mut progress).await)
            }
        }
    }

    async fn drain(&mut self, line: &HttpLine, course: &Course) -> Result<(), Failure> {
        self.state(LinkState::Sending);
        let (status, retry) = (&self.status, &mut self.retry);
        let mut acknowledged = || {
            contacted(status);
            retry.reset();
        };
        course.drain(line, &mut acknowledged).await
    }

    async fn verify(&mut self, line: &HttpLine, course: &Course) -> Result<Verdict, Failure> {
        self.state(LinkState::Comparing);
        let verdict = course.verify(line).await?;
        self.compared(&verdict);
        Ok(verdict)
    }

    fn compared(&mut self, verdict: &Verdict) {
        self.verified = Some(tokio::time::Instant::now());
        self.status.send_modify(|status| match verdict {
            Verdict::Equal(_) => (status.last_equal, status.differing) = (Some(system_secs()), 0),
            Verdict::Differs { rows, .. } => status.differing = rows.len(),
            Verdict::Unsettled => {}
        });
        if let Verdict::Differs { child, parent, rows } = verdict {
            let (child, parent, rows) = (child.count, parent.count, rows.len());
            tracing::error!(child, parent, rows, "the parent holds other data than this node");
        }
    }

    async fn resync(
        &mut self,
        line: &HttpLine,
        course: &Course,
        confirmed: bool,
        progress: &mut (dyn FnMut(Step) + Send),
    ) -> Result<ResyncReport, Failure> {
        self.state(LinkState::Comparing);
        let (report, verdict) = course.resync(line, confirmed, progress).await?;
        self.asked.resync.store(false, Ordering::SeqCst);
        self.compared(&verdict);
        self.status.send_modify(|status| status.resync_held = report.held);
        Ok(report)
    }
}

/// The parent answered.
fn contacted(status: &watch::Sender<LinkStatus>) {
    status.send_modify(|status| {
        status.last_contact = Some(system_secs());
        (status.last_error, status.refused) = (None, None);
    });
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
    Renewed,
    Failed(Failure),
}
