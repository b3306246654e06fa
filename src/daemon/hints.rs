//! Notices of the system that something changed in a watched folder.

use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

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
    fn start(source: &Source, folder: Option<(u64, u64)>, hints: &mpsc::Sender<Hint>) -> Noticed {
        let watch = Watch::start(source.folder(), source.kind == SourceKind::Folder, hints.clone());
        if let Err(error) = &watch {
            tracing::warn!(source = %source.name, error = %chain(error), "no notices from this folder");
        }
        Noticed { source: source.clone(), watch: watch.ok(), folder }
    }
}

/// Not on the runtime's own thread: a mount whose server is gone answers late or never.
async fn number_of(source: &Source) -> Option<(u64, u64)> {
    tokio::fs::metadata(source.folder()).await.ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Watches every folder that sends notices, and has the worker look where one comes.
pub async fn follow(settings: Settings, office: Arc<Office>) {
    let (sender, mut hints) = mpsc::channel(HINTS_MAX);
    let mut noticed = Vec::new();
    for source in settings.sources.iter().filter(|source| source.poll_secs.is_none()) {
        noticed.push(Noticed::start(source, number_of(source).await, &sender));
    }
    let mut next = Instant::now() + FOLDERS_EVERY;
    loop {
        if timeout_at(next, hints.recv()).await.is_ok() {
            sleep(DEBOUNCE).await;
            while hints.try_recv().is_ok() {}
            office.changed();
            continue;
        }
        next = Instant::now() + FOLDERS_EVERY;
        for at in &mut noticed {
            let now = number_of(&at.source).await;
            // Another folder stands in its place: it was removed and made again, or a disk was mounted. Of the old one no
            // notice comes any more.
            if now.is_some() && now != at.folder {
                // The old watch is let go of first.
                at.watch = None;
                *at = Noticed::start(&at.source, now, &sender);
                office.changed();
            }
        }
    }
}
