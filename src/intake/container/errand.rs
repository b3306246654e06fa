//! A thread that was sent to a file or a database. What it asks of the system may take minutes or never return (a share
//! whose server is gone, a dying disk, a file that another program keeps to itself), and nothing can break that off. So
//! whoever reads waits for each piece for a while and no longer. Then the thread is left behind, and ends once it is
//! answered.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::intake::report::Unreadable;

/// Longer than this nobody waits for one piece. A quarter of a megabyte over the slowest line that is of use comes sooner.
pub const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What the thread and those who wait for it know of each other. The thread has one of its own until it ends.
#[derive(Debug)]
pub struct Errand {
    wait_max: Duration,
    /// Signs of life of the thread.
    signs: AtomicU64,
    /// The same for whoever wants to see that there is work going on, here or elsewhere.
    pulse: Arc<AtomicU64>,
    is_given_up: AtomicBool,
    failure: Mutex<Option<Unreadable>>,
}

impl Default for Errand {
    fn default() -> Errand {
        Errand::new(ANSWER_MAX, Arc::default())
    }
}

impl Errand {
    pub fn new(wait_max: Duration, pulse: Arc<AtomicU64>) -> Errand {
        let (signs, is_given_up, failure) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::default());
        Errand { wait_max, signs, pulse, is_given_up, failure }
    }

    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::SeqCst);
    }

    /// Nobody waits for it any more.
    pub fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::SeqCst)
    }

    /// What kept it from reading on. A library that reads a file may call it by another name, or leave it out.
    pub fn failure(&self) -> Option<Unreadable> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The thread goes on.
    pub(in crate::intake) fn goes_on(&self) {
        self.signs.fetch_add(1, Ordering::SeqCst);
        self.pulse.fetch_add(1, Ordering::SeqCst);
    }

    pub(in crate::intake) fn failed(&self, error: &io::Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Unreadable::by_io(error));
    }

    /// The next thing that the thread gives.
    ///
    /// # Errors
    /// Where it gave no sign of life for too long, or broke off.
    pub(in crate::intake) fn wait<T>(&self, from: &Receiver<T>) -> io::Result<T> {
        let mut signs = self.signs.load(Ordering::SeqCst);
        loop {
            let error = match from.recv_timeout(self.wait_max) {
                Ok(given) => return Ok(given),
                Err(RecvTimeoutError::Disconnected) => io::Error::other("reading it broke off"),
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.signs.load(Ordering::SeqCst);
                    if now != signs {
                        signs = now;
                        continue;
                    }
                    self.give_up();
                    unanswered()
                }
            };
            self.failed(&error);
            return Err(error);
        }
    }
}

/// What is said of a source whose file or database gives no answer.
pub fn unanswered() -> io::Error {
    io::Error::other("the source does not answer")
}
