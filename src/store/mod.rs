//! The sole owner of our SQLite file. Outside it nobody knows there is SQL.
//!
//! One writer, readers beside it (WAL). [`Store::write`] runs one transaction; whatever must hold together is done
//! inside one call. An error from COMMIT means that nobody knows whether it happened: the connection is closed and
//! opened anew, and what is there is read again (LESSONS.md, measured facts).

mod access;
mod attestations;
mod awaited;
mod blocks;
mod calendar;
mod children;
mod codec;
mod confirmations;
mod copies;
mod decisions;
mod dues;
mod entries;
mod events;
mod fault;
mod findings;
mod gone;
mod held;
mod history;
mod incoming;
mod inventory;
mod items;
mod key;
mod log_queue;
mod matches;
mod meta;
mod notices;
mod open;
mod outbox;
mod pages;
mod placement;
mod places;
mod quarantine;
mod queries;
mod rests_on;
mod search;
mod seen_through;
mod snapshots;
mod soundness;
mod sources;
mod sum;
mod wire;

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::crash;
use crate::domain::{Area, FindingId};
use crate::error::{Context, Error, Result};
use crate::settings::Settings;

pub use access::{AccessHead, AccessRow, Look};
pub use attestations::{Accord, AttestationRow};
pub use calendar::Terms;
pub use children::Child;
pub use confirmations::CONFIRMATION_OVER;
pub use decisions::{Decision, DecisionKind, NOTE_CHARS_MAX, pair_of, pair_subject};
pub use entries::{NewEntries, NewEntry, StoredEntry, Wait};
pub use findings::{FindingRow, FindingState, Transition};
pub use held::Held;
pub use incoming::Incoming;
pub use inventory::Held16;
pub use items::Understood;
pub use key::{Home, StoreKey, can_encrypt};
pub use matches::MatchRow;
pub use notices::NoticeRow;
pub use open::SCHEMA_VERSION;
pub use outbox::FrozenRow;
pub use pages::Page;
pub use placement::{Placed, Placement, Segment};
pub use places::{EntryView, PlaceCache};
pub use quarantine::{QuarantineRow, thing_of};
pub use queries::{FindingFilter, Totals};
pub use search::sought;
pub use snapshots::{Snapshot, SnapshotKey};
pub use sources::SourceRow;
pub use wire::{Arrived, TOTAL_MAX, read_item};

/// Readers kept open for the next question.
const IDLE_READERS_MAX: usize = 4;

pub struct Store {
    home: Home,
    writer: Mutex<Option<Connection>>,
    /// How many wait for the writer.
    in_line: AtomicUsize,
    readers: Mutex<Vec<Connection>>,
    area: Area,
    /// What showed that the file is damaged; nothing is written from then on.
    damage: OnceLock<String>,
}

/// A read transaction: everything asked of one `View` is of one moment.
pub struct View<'c> {
    conn: &'c Connection,
}

/// A write transaction. Reads through it see what it wrote.
pub struct Writer<'c> {
    view: View<'c>,
    seq: Cell<u64>,
    /// Whether there is any decision, and any potential match: nearly always none, and asked for every finding.
    decided: Cell<Option<bool>>,
    matched: Cell<Option<bool>>,
    /// Whether any block has outgrown what linkage looks at: hardly ever, and asked whenever an entry loses a key.
    outgrown: Cell<Option<bool>>,
    /// Whether anything of an office below was ever seen through: only where there are offices below.
    sees_through: Cell<Option<bool>>,
    leaves_unsaid: Cell<Option<bool>>,
    /// Findings whose disposition a decision of this transaction changed.
    just_decided: RefCell<Vec<FindingId>>,
}

impl<'c> Deref for Writer<'c> {
    type Target = View<'c>;
    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

impl Store {
    /// Opens or creates the store at `home` for the node of `area`. Refuses a file of a newer version, one that
    /// belongs to another area, and one that its key does not open.
    pub fn open(home: Home, area: Area) -> Result<Store> {
        let conn = open::create(&home, area).map_err(fault::judged)?;
        let store = Store {
            home,
            writer: Mutex::new(Some(conn)),
            in_line: AtomicUsize::new(0),
            readers: Mutex::new(Vec::new()),
            area,
            damage: OnceLock::new(),
        };
        if fault::has_note(store.path()) {
            store.read(|view| view.must_be_sound())?;
            // The alarm of the run that found damage took a number that this store had not given.
            store.write(|writer| writer.skip_log_number())?;
            fault::take_note_away(store.path())?;
        }
        store.renew_keys()?;
        Ok(store)
    }

    /// An empty store of a node that never ran, for showing that it is empty. Gone when dropped.
    pub fn in_memory(area: Area) -> Result<Store> {
        let conn = open::in_memory(area)?;
        Ok(Store::for_reading(Home::plain(Path::new("")), conn, area))
    }

    /// Opens an existing store for reading alone, as verbs do where no daemon runs.
    pub fn open_read_only(home: Home) -> Result<Store> {
        let conn = open::reader(&home)?;
        let view = View { conn: &conn };
        let area = view.own_area()?.ok_or_else(|| Error::new("the store names no area").at(home.file()))?;
        Ok(Store::for_reading(home, conn, area))
    }

    /// # Errors
    /// Where it is another office's.
    pub fn must_be_of(&self, area: Area) -> Result<()> {
        open::must_be_of(Some(self.area), area, self.path())
    }

    fn for_reading(home: Home, conn: Connection, area: Area) -> Store {
        let (writer, readers) = (Mutex::new(None), Mutex::new(vec![conn]));
        Store { home, writer, in_line: AtomicUsize::new(0), readers, area, damage: OnceLock::new() }
    }

    pub fn area(&self) -> Area {
        self.area
    }

    pub fn path(&self) -> &Path {
        self.home.file()
    }

    pub fn is_encrypted(&self) -> bool {
        self.home.is_encrypted()
    }

    /// What showed that the file is damaged, where it is.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Something that only this store writes was found changed: nothing more is written.
    pub fn found_damaged(&self, what: &str) -> Error {
        self.judged(Error::new(what).at(self.path()).damaged().hint(fault::HINT))
    }

    /// Tells a failure that passes from one that does not, and remembers the latter.
    fn judged(&self, error: Error) -> Error {
        let error = fault::judged(error);
        if error.is_damaged() {
            self.damage.get_or_init(|| {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                let why = format!("{error}{cause}");
                tracing::error!(why, "the store is damaged: nothing more is written to it");
                fault::leave_note(self.path(), &why);
                why
            });
        }
        error
    }

    /// Lets others write who wait for it, before the next of many transactions: a lock goes to whoever asks first, and
    /// that is nearly always the one who just gave it back.
    pub fn make_way(&self) {
        /// As many looks as are waited at most.
        const LOOKS_MAX: usize = 200;
        const LOOK: Duration = Duration::from_micros(500);
        for _ in 0..LOOKS_MAX {
            if self.in_line.load(Ordering::SeqCst) == 0 {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Runs `work` in one transaction and commits it. Nothing of it remains where `work` or the commit fails.
    ///
    /// # Errors
    /// Those of `work`, and those of the file: a full disk, a failing one, a damaged store ([`Error::is_damaged`]).
    pub fn write<T>(&self, work: impl FnOnce(&Writer) -> Result<T>) -> Result<T> {
        if let Some(why) = self.damage() {
            return Err(Error::new(why).damaged().hint(fault::HINT));
        }
        self.try_write(work).map_err(|error| self.judged(error))
    }

    fn try_write<T>(&self, work: impl FnOnce(&Writer) -> Result<T>) -> Result<T> {
        self.in_line.fetch_add(1, Ordering::SeqCst);
        let mut guard = lock(&self.writer);
        self.in_line.fetch_sub(1, Ordering::SeqCst);
        if guard.is_none() {
            *guard = Some(open::writer(&self.home)?);
        }
        let conn = guard.as_mut().expect("the writer was opened on the lines above");
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .or_say_at("beginning a transaction", self.path())?;
        let (result, seq) = {
            let view = View { conn: &tx };
            let before = view.seq()?;
            let writer = Writer {
                view,
                seq: Cell::new(before),
                decided: Cell::default(),
                matched: Cell::default(),
                outgrown: Cell::default(),
                sees_through: Cell::default(),
                leaves_unsaid: Cell::default(),
                just_decided: RefCell::default(),
            };
            let result = work(&writer)?;
            let after = writer.seq.get();
            (result, (after != before).then_some(after))
        };
        if let Some(seq) = seq {
            meta::put_u64(&tx, meta::SEQ, seq)?;
        }
        crash::point("before-commit");
        if let Err(error) = tx.commit() {
            // Unknown whether it happened. The next call opens the file anew and reads what is there.
            *guard = None;
            return Err(Error::new("committing a transaction").at(self.path()).because(error));
        }
        crash::point("after-commit");
        Ok(result)
    }

    /// Runs `work` in one read transaction, beside the writer.
    pub fn read<T>(&self, work: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        self.try_read(work).map_err(|error| self.judged(error))
    }

    fn try_read<T>(&self, work: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        let conn = lock(&self.readers).pop();
        let conn = match conn {
            Some(conn) => conn,
            None => open::reader(&self.home)?,
        };
        let result = {
            let tx = Transaction::new_unchecked(&conn, TransactionBehavior::Deferred)
                .or_say_at("beginning to read", self.path())?;
            work(&View { conn: &tx })?
        };
        let mut idle = lock(&self.readers);
        if idle.len() < IDLE_READERS_MAX {
            idle.push(conn);
        }
        Ok(result)
    }

    /// Writes a whole, checked copy to `target`, under the store's own key, while everything goes on. See
    /// [`copies::backup`].
    pub fn backup<T>(
        &self,
        target: &Path,
        of_it: impl FnOnce(&View) -> Result<T>,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<T> {
        let judged = |view: &View| of_it(view).map_err(|error| self.judged(error));
        copies::backup(&self.home, target, judged, progress)
    }

    /// Puts a copy in the place of the store; no daemon may run. See [`copies::restore`].
    pub fn restore(home: &Home, copy: &Path, area: Area, stamp: &str) -> Result<(u64, Option<PathBuf>)> {
        copies::restore(home, copy, area, stamp)
    }

    /// Writes the store anew under the key of the settings; no daemon may run. See [`copies::rekey`].
    pub fn rekey(settings: &Settings, old: Option<StoreKey>) -> Result<Home> {
        copies::rekey(settings, old)
    }

    /// Gives memory that only a large pass needed back to the system.
    pub fn shrink(&self) {
        if let Some(conn) = lock(&self.writer).as_ref() {
            // Best effort: the next pass does not depend on it.
            let _ = conn.execute_batch("PRAGMA shrink_memory; PRAGMA wal_checkpoint(PASSIVE);");
        }
        lock(&self.readers).clear();
    }

    /// Writes the log back into the store and gives its room back to the disk, as far as no reader is in the way.
    pub fn empty_log(&self) {
        if let Some(conn) = lock(&self.writer).as_ref() {
            // Best effort, and nobody waits for it: the log is looked at again before the next pass.
            let _ = conn.busy_timeout(Duration::ZERO);
            let _ = conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
            let _ = conn.busy_timeout(open::BUSY);
        }
    }
}

impl Writer<'_> {
    fn any(&self, known: &Cell<Option<bool>>, sql: &str) -> Result<bool> {
        if known.get().is_none() {
            let any = self.conn.query_row(sql, [], |row| row.get(0)).or_say("looking whether there is any")?;
            known.set(Some(any));
        }
        Ok(known.get() == Some(true))
    }

    /// The next number in the one sequence of this node.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seqs(1)
    }

    /// The last of the next `count` numbers, which are all given out.
    fn next_seqs(&self, count: u64) -> u64 {
        self.seq.set(self.seq.get() + count);
        self.seq.get()
    }
}

/// A lock poisoned by a panic protects nothing here: every transaction of the panicking thread was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
