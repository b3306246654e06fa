//! The running node: what is started, in which order, and how it ends.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::control::server::Listener;
use super::desk::FrontDesk;
use super::ledger::Ledger;
use super::logbook::Logbook;
use super::office::{Office, PAUSED};
use super::worker::{Progress, Worker};
use super::{hints, metrics, service, stand_by};
use crate::domain::Date;
use crate::error::{Context, Error, Result};
use crate::intake::Vocabulary;
use crate::report::log::MismatchLog;
use crate::report::text::Text;
use crate::settings::{LogLevel, Settings};
use crate::store::{Home, Store};
use crate::sync::authority::Authority;
use crate::sync::link::{Link, LinkSettings};
use crate::sync::push::Child;
use crate::sync::receive::Parent;
use crate::sync::serve::{Door, DoorLimits, serve};
use crate::sync::status::LinkHandle;

/// The worker finishes its transaction within this time after a signal to stop; then the process ends all the same,
/// as it may: what is not committed is done again.
const DRAIN: Duration = Duration::from_secs(20);
/// How often somebody looks whether the worker is still there.
const FINISHED_LOOK: Duration = Duration::from_secs(1);
/// How long verbs that are being answered may go on after that.
const VERBS_END: Duration = Duration::from_secs(2);
/// Threads of the link, the port and the socket. The worker has one of its own.
const THREADS: usize = 2;
/// How often the watchdog is fed, where the worker goes on.
pub(super) const ALIVE_EVERY: Duration = Duration::from_secs(10);
/// A worker that has got nothing done for this long is stuck.
const STUCK: Duration = Duration::from_secs(120);
/// In the middle of a pass: one statement over all lines of a county may take minutes on an old disk.
const STUCK_IN_PASS: Duration = Duration::from_secs(600);

/// Runs the daemon in the foreground until SIGTERM or SIGINT. `today` replaces the calendar for the rules; `set_level` is
/// told the level of the log when the settings are read again.
///
/// # Errors
/// Where the store, the port, the socket or a watched folder cannot be opened: nothing was started then.
pub fn run(settings: Settings, today: Option<Date>, set_level: &dyn Fn(LogLevel)) -> Result<()> {
    let data = settings.data_dir();
    must_be_ours(&data)?;
    make_private(&data)?;
    let _alone = lock(&data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .or_say("starting the runtime")?;
    // Before the store is opened, which may take a while: whoever ends the service meanwhile has it end as ever.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let store = match Home::of(&settings).and_then(|home| Store::open(home, settings.area)) {
        Err(error) if error.is_damaged() => return stand_by::run(&settings, error),
        opened => opened?,
    };
    let epoch = store.read(|view| view.epoch())?;
    let office = Arc::new(Office::new(store, settings.clone(), today));
    let text = Text::new(settings.language);
    let log = MismatchLog::open(&settings.log.dir, &format!("{epoch:x}"), settings.log.keep_months, text)?;
    let ended = runtime.block_on(Running::start(office, Arc::new(Logbook::new(log)), settings, signals, set_level));
    // A verb in the middle of something long, a backup or a read from a slow share, does not keep the service from ending.
    runtime.shutdown_timeout(VERBS_END);
    ended
}

struct Running;

impl Running {
    async fn start(
        office: Arc<Office>,
        logbook: Arc<Logbook>,
        settings: Settings,
        mut signals: Signals,
        set_level: &dyn Fn(LogLevel),
    ) -> Result<()> {
        let (stop, stopped) = watch::channel(false);
        let progress = Arc::new(Progress::default());
        let vocabulary =
            Arc::new(Vocabulary::load(Some(&settings.lists_dir()).filter(|dir| dir.is_dir()).map(|d| d.as_path()))?);
        let ledger = Arc::new(Ledger::new(office.clone()));
        let parent = Arc::new(Parent::new(ledger.clone()));

        let child = Child::new(ledger).set(settings.sync);
        let link_settings = LinkSettings {
            retry_first: Duration::from_secs(settings.sync.retry_secs_min),
            retry_max: Duration::from_secs(settings.sync.retry_secs_max),
            ..LinkSettings::default()
        };
        let (link, handle) = Link::new(Arc::new(child), settings.link_dir(), link_settings);
        if office.store.read(|view| Ok(view.meta_u64(PAUSED)? == Some(1)))? {
            office.pause(true);
            handle.pause(true);
        }
        let authority = match settings.listen {
            Some(_) => Some(Authority::open(&settings.link_dir().join("authority"), settings.area)?),
            None => None,
        };
        // Waited for at the end; the others end with the runtime.
        let mut tasks = tokio::task::JoinSet::new();
        let mut helpers = tokio::task::JoinSet::new();
        if let (Some(address), Some(authority)) = (settings.listen, &authority) {
            let listener = TcpListener::bind(address).await.map_err(|e| {
                Error::new(format!("listening on {address}"))
                    .because(e)
                    .hint("is another node on this address? see [listen] in the settings")
            })?;
            let door = Door::new(authority.clone(), parent.clone(), DoorLimits::default());
            let stopped = stopped.clone();
            tasks.spawn(async move {
                if let Err(error) = serve(listener, door, stopped).await {
                    tracing::error!(%error, "the open port was closed");
                }
            });
        }
        let listener = Listener::bind(&settings.control_socket())?;
        let desk = Arc::new(FrontDesk::new(
            office.clone(),
            progress.clone(),
            vocabulary.clone(),
            logbook.clone(),
            handle.clone(),
            parent.clone(),
            authority,
        ));
        let mut socket_stop = stopped.clone();
        tasks.spawn(async move {
            listener.serve(desk, async move { drop(socket_stop.wait_for(|stop| *stop).await) }).await;
        });
        tasks.spawn(link.run(stopped.clone()));
        if let Some(address) = settings.metrics_listen {
            let listener = TcpListener::bind(address).await.or_say(format!("listening on {address} for metrics"))?;
            tasks.spawn(metrics::serve(
                listener,
                office.clone(),
                progress.clone(),
                handle.clone(),
                parent.clone(),
                stopped.clone(),
            ));
        }
        helpers.spawn(hints::follow(settings.clone(), office.clone()));

        let (announced, waking) = (parent.clone(), handle.clone());
        let announce = Box::new(move || {
            announced.announce();
            waking.wake();
        });
        let worker = Worker::new(office.clone(), progress.clone(), vocabulary, logbook, handle.clone(), announce);
        let working = std::thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || worker.run())
            .or_say("starting the worker")?;
        helpers.spawn(keep_alive(office.clone(), progress.clone(), handle.clone()));
        tracing::info!(area = %settings.area, level = settings.level().as_str(), version = env!("CARGO_PKG_VERSION"), "ready");
        service::ready();

        // Half a service, whose watchdog is fed, would stay so for weeks: it ends, and the service manager starts it anew.
        let ended = tokio::select! {
            () = signals.until_the_end(&office, &settings, set_level) => Ok(()),
            () = finished(&working) => Err(Error::new("the thread that reads and checks broke off")),
            Some(_) = tasks.join_next() => Err(Error::new("a part of the service ended by itself")),
        };
        service::stopping();
        tracing::info!("stopping");
        office.stop();
        stop.send_replace(true);
        let deadline = Instant::now() + DRAIN;
        while !working.is_finished() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        helpers.abort_all();
        let rest = deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(2));
        drop(tokio::time::timeout(rest, async { while tasks.join_next().await.is_some() {} }).await);
        if !working.is_finished() {
            tracing::warn!("the worker is in the middle of something; what is not committed is done again");
        }
        tracing::info!("stopped");
        ended
    }
}

async fn finished(thread: &JoinHandle<()>) {
    while !thread.is_finished() {
        tokio::time::sleep(FINISHED_LOOK).await;
    }
}

/// SIGTERM and SIGINT end it; SIGHUP reads the settings again.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// To be called inside the runtime.
    fn listen() -> Result<Signals> {
        let listen = |kind| signal(kind).or_say("listening for signals");
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn until_the_end(&mut self, office: &Office, settings: &Settings, set_level: &dyn Fn(LogLevel)) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => {
                    service::reloading();
                    match Settings::read(&settings.file) {
                        Ok(new) => {
                            set_level(new.log.level);
                            office.reload(new);
                            tracing::info!("settings read again");
                        }
                        // The node goes on with what it has.
                        Err(error) => {
                            tracing::error!(error = %super::worker::chain(&error), "the settings do not read");
                        }
                    }
                    service::ready();
                }
            }
        }
    }
}

/// Feeds the service manager's watchdog as long as the worker gets something done.
async fn keep_alive(office: Arc<Office>, progress: Arc<Progress>, link: LinkHandle) {
    let mut pulse = 0;
    let mut moved = Instant::now();
    let (mut line, mut looking) = (String::new(), None);
    loop {
        let now = office.pulse.load(Ordering::SeqCst);
        if now != pulse {
            pulse = now;
            moved = Instant::now();
        }
        if moved.elapsed() < if progress.is_busy() { STUCK_IN_PASS } else { STUCK } {
            let (office, link) = (office.clone(), link.clone());
            // The store may be slow, and this thread serves the link; the watchdog is fed all the same.
            let look = looking.get_or_insert_with(|| tokio::task::spawn_blocking(move || status_line(&office, &link)));
            if let Ok(told) = tokio::time::timeout(ALIVE_EVERY, look).await {
                line = told.unwrap_or_default();
                looking = None;
            }
            service::alive(&line);
        }
        tokio::time::sleep(ALIVE_EVERY).await;
    }
}

/// `3 sources, backlog 0, parent 12 s ago`
fn status_line(office: &Office, link: &LinkHandle) -> String {
    let status = link.status();
    let counted = office.store.read(|view| {
        let backlog = match status.parent {
            Some(_) => view.backlog(view.acknowledged()?)?.0,
            None => 0,
        };
        Ok((view.sources()?.iter().filter(|source| !source.gone).count(), backlog))
    });
    let (sources, backlog) = counted.unwrap_or_default();
    let parent = match (status.parent, status.last_contact) {
        (None, _) => "no parent".to_owned(),
        (Some(_), None) => "parent not reached yet".to_owned(),
        (Some(_), Some(at)) => format!("parent {} s ago", (office.now().as_second() - at).max(0)),
    };
    format!("{sources} files, backlog {backlog}, {parent}")
}

/// Root would leave files in it that the service cannot open afterwards.
///
/// # Errors
/// Where the data folder belongs to another account.
pub fn must_be_ours(dir: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: geteuid has no preconditions and cannot fail.
    let account = unsafe { libc::geteuid() };
    match dir.metadata() {
        Ok(meta) if meta.uid() != account => Err(Error::new("the data folder belongs to another account")
            .at(dir)
            .hint("start it as that account: 'systemctl start rosterd', or 'sudo -u rosterd rosterd run'")),
        _ => Ok(()),
    }
}

/// The data folder is the service's alone.
fn make_private(dir: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(dir).or_say_at("making the data folder", dir)?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
        .or_say_at("keeping the data folder to its owner", dir)
}

/// One daemon to a data folder. Held until the process ends, however it ends.
pub(super) fn lock(dir: &std::path::Path) -> Result<File> {
    let path = dir.join("lock");
    let open = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
    let file = open.or_say_at("opening the lock", &path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new("another rosterd runs on this data folder").at(&path).hint("'rosterd status' shows it"))
        }
        Err(TryLockError::Error(e)) => Err(Error::new("locking the data folder").at(&path).because(e)),
    }
}
