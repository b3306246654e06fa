//! The look at one source, on a thread of its own: a share whose server is gone answers late or never, and must hold up
//! neither the other sources nor whoever asks how the node stands. Those who read a file of it are sent from here too, so
//! that nobody is sent after one who did not come back.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::watched::list;
use crate::error::{Context as _, Error, Result};
use crate::intake::watch::Scan;
use crate::intake::{ANSWER_MAX, Errand, unanswered};
use crate::settings::Source;

/// A look that takes longer is not waited for: its source is away until it returns.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// Looks at one source, one look at a time.
pub struct Eye {
    pub source: Source,
    state: Mutex<State>,
    returned: Condvar,
    /// Who is reading a file of it, or was left at it.
    errands: Mutex<Vec<Weak<Errand>>>,
    /// Told of every piece that is read.
    pulse: Arc<AtomicU64>,
    how: fn(&Source) -> Result<Scan>,
    send: fn(Looking) -> io::Result<()>,
    wait_max: Duration,
}

type Found = std::result::Result<Scan, Arc<Error>>;

#[derive(Default)]
struct State {
    /// Since when a look is under way.
    since: Option<Instant>,
    /// Looks begun.
    begun: u64,
    /// What the last look that returned found.
    found: Option<Found>,
    /// Nobody waited for it any more.
    is_unseen: bool,
}

impl Eye {
    /// `pulse` counts every piece that is read of the source.
    pub fn new(source: &Source, pulse: &Arc<AtomicU64>) -> Arc<Eye> {
        Eye::looking(source, pulse, list, LOOK_MAX)
    }

    /// With another way to look, for tests in which it hangs.
    fn looking(
        source: &Source,
        pulse: &Arc<AtomicU64>,
        how: fn(&Source) -> Result<Scan>,
        wait_max: Duration,
    ) -> Arc<Eye> {
        let (state, returned, errands) = (Mutex::default(), Condvar::new(), Mutex::default());
        let (source, pulse, send) = (source.clone(), pulse.clone(), Looking::send);
        Arc::new(Eye { source, state, returned, errands, pulse, how, send, wait_max })
    }

    /// For reading something of the source.
    ///
    /// # Errors
    /// While somebody is still out who was not waited for any more.
    pub fn errand(&self) -> io::Result<Arc<Errand>> {
        if self.is_left() {
            return Err(unanswered());
        }
        let errand = Arc::new(Errand::new(ANSWER_MAX, self.pulse.clone()));
        self.errands.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&errand));
        Ok(errand)
    }

    /// Whether a thread that read something of it was given up and has not come back.
    pub fn is_left(&self) -> bool {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        errands.retain(|errand| errand.strong_count() > 0);
        errands.iter().filter_map(Weak::upgrade).any(|errand| errand.is_given_up())
    }

    /// What is there now; of a source that is slow, what the last look saw that nobody waited for.
    ///
    /// # Errors
    /// Where it cannot be looked at, or does not answer.
    pub fn look(self: &Arc<Eye>) -> Found {
        self.see(true)
    }

    /// The same for whoever reads nothing of it: what came late is left to those who do.
    pub fn glance(self: &Arc<Eye>) -> Found {
        self.see(false)
    }

    fn see(self: &Arc<Eye>, to_read: bool) -> Found {
        if self.is_left() {
            return Err(self.late());
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is under way began before we were asked.
        while let Some(since) = state.since {
            state = self.wait(state, since + self.wait_max)?;
        }
        if let Some(found) = state.found.clone().filter(|_| state.is_unseen) {
            state.is_unseen = !to_read;
            return found;
        }
        let since = Instant::now();
        state.since = Some(since);
        state.begun += 1;
        let number = state.begun;
        // Where no thread is to be had the look is dropped here, and takes the state to end itself.
        drop(state);
        (self.send)(Looking { eye: self.clone(), found: None })
            .or_say("starting a look at a source")
            .map_err(Arc::new)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.since.is_some() && state.begun == number {
            state = self.wait(state, since + self.wait_max)?;
        }
        state.found.clone().unwrap_or_else(|| Err(self.late()))
    }

    /// Waits for the look that is under way.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Instant,
    ) -> std::result::Result<MutexGuard<'a, State>, Arc<Error>> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.late());
        }
        Ok(self.returned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0)
    }

    fn broken_off(&self) -> Arc<Error> {
        Arc::new(Error::new("looking at the source broke off").at(&self.source.path))
    }

    pub fn late(&self) -> Arc<Error> {
        Arc::new(Error::new("the source does not answer").at(&self.source.path))
    }
}

/// A look under way. It ends when this is dropped, also where a mistake of ours broke it off: a look that never ends would
/// keep its source away for as long as the daemon runs.
struct Looking {
    eye: Arc<Eye>,
    found: Option<Found>,
}

impl Looking {
    fn send(self) -> io::Result<()> {
        std::thread::Builder::new().name("look".to_owned()).spawn(move || self.look()).map(drop)
    }

    fn look(mut self) {
        self.found = Some((self.eye.how)(&self.eye.source).map_err(Arc::new));
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let found = self.found.take().unwrap_or_else(|| Err(self.eye.broken_off()));
        let mut state = self.eye.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_unseen = state.since.take().is_some_and(|since| since.elapsed() > self.eye.wait_max);
        state.found = Some(found);
        self.eye.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;
    use crate::settings::{Mode, SourceKind};

    static LOOKS: AtomicU64 = AtomicU64::new(0);
    static HANGS: Mutex<bool> = Mutex::new(true);
    static COMES_BACK: Condvar = Condvar::new();

    /// As on a mount whose server is gone.
    fn hang(_: &Source) -> Result<Scan> {
        LOOKS.fetch_add(1, Ordering::SeqCst);
        drop(COMES_BACK.wait_while(HANGS.lock().unwrap(), |hangs| *hangs).unwrap());
        Ok(Scan { files: Vec::new(), unreadable: vec!["seen".into()] })
    }

    fn share() -> Source {
        Source {
            name: "share".into(),
            kind: SourceKind::Folder,
            path: "/srv/share".into(),
            selection: None,
            list: None,
            area: None,
            mode: Mode::Snapshot,
            poll_secs: None,
        }
    }

    #[test]
    fn nobody_is_sent_to_a_source_where_somebody_was_left() {
        let eye = Eye::looking(&share(), &Arc::default(), |_| Ok(Scan::default()), LOOK_MAX);
        let (one, other) = (eye.errand().unwrap(), eye.errand().unwrap());
        assert!(eye.look().is_ok(), "those who read are no trouble");
        one.give_up();
        assert!(eye.errand().is_err() && eye.look().is_err() && eye.glance().is_err());
        drop(one);
        assert!(eye.errand().is_ok() && eye.look().is_ok(), "he is back");
        drop(other);
    }

    #[test]
    fn a_look_that_broke_off_is_over_and_the_next_one_may_see() {
        static IS_BROKEN: AtomicBool = AtomicBool::new(true);
        let how = |_: &Source| match IS_BROKEN.load(Ordering::SeqCst) {
            true => panic!("as by a mistake of ours"),
            false => Ok(Scan::default()),
        };
        let eye = Eye::looking(&share(), &Arc::default(), how, LOOK_MAX);
        let asked = Instant::now();
        assert!(eye.look().is_err() && eye.glance().is_err());
        assert!(asked.elapsed() < LOOK_MAX, "nobody waited for who will not come");
        IS_BROKEN.store(false, Ordering::SeqCst);
        assert!(eye.look().is_ok());
    }

    #[test]
    fn where_no_thread_is_to_be_had_nobody_looks_and_the_next_one_may() {
        let mut eye = Eye::looking(&share(), &Arc::default(), |_| Ok(Scan::default()), LOOK_MAX);
        // As a thread that was refused: what it was to do is dropped with it.
        Arc::get_mut(&mut eye).unwrap().send = |looking| {
            drop(looking);
            Err(io::ErrorKind::WouldBlock.into())
        };
        let (asked, answer) = std::sync::mpsc::channel();
        let looks = eye.clone();
        std::thread::spawn(move || asked.send(looks.look().is_err() && looks.glance().is_err()));
        assert_eq!(answer.recv_timeout(2 * LOOK_MAX), Ok(true), "told at once, and not never");
        while Arc::get_mut(&mut eye).is_none() {
            std::thread::yield_now();
        }
        Arc::get_mut(&mut eye).unwrap().send = Looking::send;
        assert!(eye.look().is_ok());
    }

    #[test]
    fn a_source_that_does_not_answer_is_away_until_it_does_and_nobody_looks_twice() {
        let eye = Eye::looking(&share(), &Arc::default(), hang, Duration::from_millis(50));
        assert!(eye.look().is_err());
        let asked = Instant::now();
        for _ in 0..100 {
            assert!(eye.look().is_err());
        }
        assert!(asked.elapsed() < 100 * Duration::from_millis(50), "only the first one waited for");
        assert_eq!(LOOKS.load(Ordering::SeqCst), 1);
        *HANGS.lock().unwrap() = false;
        COMES_BACK.notify_all();
        let until = Instant::now() + Duration::from_secs(20);
        while eye.glance().is_err() {
            assert!(Instant::now() < until);
            std::thread::yield_now();
        }
        assert!(eye.look().is_ok());
        assert_eq!(LOOKS.load(Ordering::SeqCst), 1, "what came late is what is there");
        assert!(eye.look().is_ok_and(|found| found.unreadable == ["seen"]));
        assert_eq!(LOOKS.load(Ordering::SeqCst), 2);
    }
}
