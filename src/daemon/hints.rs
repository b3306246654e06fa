//! Notices of the system that something changed in a watched folder.

use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::office::Office;
use super::worker::chain;
use crate::intake::watch::{Hint, Watch};
use crate::settings::{Settings, Source, SourceKind};

/// Hints that wait; more say nothing more.
const HINTS_MAX: usize = 16;
/// A file being written is a hundred hints.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// How often it is looked whether a folder is still the one that is watched.
const FOLDERS_EVERY: Duration = Duration::from_secs(5);

/// A folder from which notices come.
struct Noticed {
    source: Source,
    /// `None` where the system gives none: the timer looks then.
    watch: Option<Watch>,
    /// Device and number of the folder; `None` where it is not there.
    folder: Option<(u64, u64)>,
}

impl Noticed {
    /// Not on the runtime's own thread, as below: all folders under it are walked.
    async fn start(source: &Source, folder: Option<(u64, u64)>, hints: &mpsc::Sender<Hint>) -> Noticed {
        let (of, hints) = (source.clone(), hints.clone());
        let start = move || Watch::start(of.folder(), of.kind == SourceKind::Folder, hints);
        let watch = match tokio::task::spawn_blocking(start).await {
            Ok(Err(error)) => {
                tracing::warn!(source = %source.name, error = %chain(&error), "no notices from this folder");
                None
            }
            started => started.ok().and_then(Result::ok),
        };
        Noticed { source: source.clone(), watch, folder }
    }

    /// Looks now and then whether the folder is still the one that is watched.
    async fn keep(mut self, hints: mpsc::Sender<Hint>, office: Arc<Office>) {
        loop {
            sleep(FOLDERS_EVERY).await;
            let now = number_of(&self.source).await;
            // Another folder stands in its place: it was removed and made again, or a disk was mounted. Of the old one no
            // notice comes any more.
            if now.is_some() && now != self.folder {
                // The old watch is let go of first.
                self.watch = None;
                self = Noticed::start(&self.source, now, &hints).await;
                office.changed();
            }
        }
    }
}

/// Not on the runtime's own thread: a mount whose server is gone answers late or never.
async fn number_of(source: &Source) -> Option<(u64, u64)> {
    tokio::fs::metadata(source.folder()).await.ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Watches every folder that sends notices, and has the worker look where one comes. Each by itself: none waits for another
/// that does not answer.
pub async fn follow(settings: Settings, office: Arc<Office>) {
    let (sender, mut hints) = mpsc::channel(HINTS_MAX);
    // They end with this one.
    let mut folders = JoinSet::new();
    for source in settings.sources.into_iter().filter(|source| source.poll_secs.is_none()) {
        let (sender, office) = (sender.clone(), office.clone());
        folders.spawn(async move {
            let noticed = Noticed::start(&source, number_of(&source).await, &sender).await;
            noticed.keep(sender, office).await;
        });
    }
    while hints.recv().await.is_some() {
        sleep(DEBOUNCE).await;
        while hints.try_recv().is_ok() {}
        office.changed();
    }
}
