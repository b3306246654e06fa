//! Writing the log back into the store, on a thread of its own: SQLite's own way lets the commit that filled the log wait
//! for the disk. What was committed stands in the log, on the disk, before any of this begins.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::key::Home;
use super::lock;
use crate::error::{Context, Result};

/// Pages of log from which on it is written back.
const LOG_PAGES_MIN: u32 = 48_000;
/// Pages of log from which on the next transaction waits until it was written back: 256 MB, beside what one transaction
/// may write.
const LOG_PAGES_MAX: u32 = 96_000;

#[derive(Default)]
pub(super) struct Checkpoints {
    /// Of 4 kB, as the last commit left them.
    log_pages: Arc<AtomicU32>,
    going_on: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    /// Must be told every connection that writes; from then on SQLite writes nothing of its log back by itself.
    pub fn watch(&self, writer: &mut Connection) -> rusqlite::Result<()> {
        let log_pages = self.log_pages.clone();
        writer.wal_hook(Some(move |_: &mut _, pages| {
            log_pages.store(u32::try_from(pages).unwrap_or(0), Ordering::SeqCst);
            Ok(())
        }))
    }

    /// Before a transaction: keeps the log from growing without end where transactions come faster than the disk.
    pub fn keep_short(&self) {
        if self.log_pages.load(Ordering::SeqCst) > LOG_PAGES_MAX {
            self.wait();
        }
    }

    /// After a commit: begins to write a long log back, unless that is going on.
    pub fn begin(&self, home: &Home) {
        if self.log_pages.load(Ordering::SeqCst) < LOG_PAGES_MIN || self.going_on.swap(true, Ordering::SeqCst) {
            return;
        }
        self.wait();
        let (home, going_on) = (home.clone(), self.going_on.clone());
        let written = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            // What fails is tried again after the next commit, and the log loses nothing by it.
            if let Err(error) = write_back(&home) {
                tracing::debug!(error = %error, "the log could not be written back");
            }
            going_on.store(false, Ordering::SeqCst);
        });
        match written {
            Ok(thread) => *lock(&self.thread) = Some(thread),
            Err(_) => self.going_on.store(false, Ordering::SeqCst),
        }
    }

    /// Waits for one that is going on.
    pub fn wait(&self) {
        let thread = lock(&self.thread).take();
        // It has nothing to give back, and what it did not do is done later.
        thread.map(JoinHandle::join);
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wait();
    }
}

fn write_back(home: &Home) -> Result<()> {
    let conn = home.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(PASSIVE);")
        .or_say_at("writing the log back", home.file())
}
