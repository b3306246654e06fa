//! A disk that fails when it is told to: a VFS of SQLite between the store and the real one, for the whole process.
//!
//! Writes and syncs are counted. The n-th can fail, with or without having been done, or the power goes: from then on
//! nothing works until [`reboot`], which takes back what was written and never synced, all of it or any part, as a
//! disk does that loses its cache.
//!
//! One test at a time may use it: hold the guard of [`plug_in`].

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi;

/// More writes than the longest transaction of a test makes.
pub const GAP_MAX: u64 = 1_024;

/// What happens at the chosen moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The write is refused.
    WriteFails,
    /// Half of it is written, and it is refused.
    WriteTears,
    /// There is no room.
    WriteFull,
    /// The sync is refused; whether it happened is unknown: here it did.
    SyncFails,
    /// The write is not done, and nothing works any more.
    PowerFails,
}

pub const ALL: [Trouble; 5] =
    [Trouble::WriteFails, Trouble::WriteTears, Trouble::WriteFull, Trouble::SyncFails, Trouble::PowerFails];

/// A stretch of a file as it was before it was written over.
struct Before {
    offset: u64,
    bytes: Vec<u8>,
    length: u64,
}

#[derive(Default)]
struct State {
    writes: u64,
    syncs: u64,
    /// Which trouble, at which write or sync, and after how many it comes again (0: never).
    armed: Option<(Trouble, u64, u64)>,
    struck: u64,
    dead: bool,
    paths: HashMap<usize, PathBuf>,
    unsynced: HashMap<PathBuf, Vec<Before>>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);
static TURN: Mutex<()> = Mutex::new(());

fn state<T>(work: impl FnOnce(&mut State) -> T) -> T {
    work(STATE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Puts the disk below every store opened from here on, and keeps other tests from it.
pub fn plug_in() -> MutexGuard<'static, ()> {
    static ONCE: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    ONCE.call_once(|| {
        // SAFETY: the VFS is a copy of the default one that lives for ever, with its own name and two functions.
        unsafe {
            let real = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut ours = Box::new(std::ptr::read(real));
            ours.zName = c"failing-disk".as_ptr();
            ours.pNext = std::ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            REAL_VFS.store(real as usize, std::sync::atomic::Ordering::SeqCst);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(ours), 1), ffi::SQLITE_OK);
        }
    });
    calm();
    turn
}

/// No more trouble, and counting from 0.
pub fn calm() {
    state(|s| (s.armed, s.writes, s.syncs, s.struck) = (None, 0, 0, 0));
}

/// `trouble` at the `nth` write (or sync, where it is of syncs) from now; again after `gap` more, then after twice as many
/// each time, up to [`GAP_MAX`]: soon enough to meet what mends the last one, and at last with room for the longest
/// transaction, which a disk that fails more often never lets through. With a `gap` of 0 it never comes again. What was
/// not synced before is forgotten: every store is closed.
pub fn arm(trouble: Trouble, nth: u64, gap: u64) {
    calm();
    state(|s| {
        s.armed = Some((trouble, nth, gap));
        s.unsynced.clear();
    });
}

/// No more trouble; what was counted stays.
pub fn spare() {
    state(|s| s.armed = None);
}

/// Writes and syncs since [`calm`] or [`arm`].
pub fn counted() -> (u64, u64) {
    state(|s| (s.writes, s.syncs))
}

/// How often trouble came since it was armed.
pub fn struck() -> u64 {
    state(|s| s.struck)
}

pub fn is_dead() -> bool {
    state(|s| s.dead)
}

/// The power is back. Every store must be closed. `keeps` says of each write that was never synced whether it reached
/// the disk all the same.
pub fn reboot(mut keeps: impl FnMut() -> bool) {
    let unsynced = state(|s| {
        s.dead = false;
        s.paths.clear();
        std::mem::take(&mut s.unsynced)
    });
    for (path, writes) in unsynced {
        let Ok(file) = OpenOptions::new().write(true).open(&path) else { continue };
        for before in writes.into_iter().rev() {
            if !keeps() {
                file.write_all_at(&before.bytes, before.offset).expect("the test's own disk");
                file.set_len(before.length.max(before.offset + before.bytes.len() as u64))
                    .expect("the test's own disk");
            }
        }
        // What connections share in memory is gone with the power.
        let mut shared = path.into_os_string();
        shared.push("-shm");
        let _ = std::fs::remove_file(shared);
    }
}

static REAL_VFS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

fn real_vfs() -> *mut ffi::sqlite3_vfs {
    REAL_VFS.load(std::sync::atomic::Ordering::SeqCst) as *mut ffi::sqlite3_vfs
}

/// Ours in front, so that a pointer to the one is a pointer to the other.
#[repr(C)]
struct Methods {
    ours: ffi::sqlite3_io_methods,
    real: *const ffi::sqlite3_io_methods,
}

/// SAFETY of all below: SQLite calls them with a file that the real VFS opened and that carries a [`Methods`].
unsafe fn real_of(file: *mut ffi::sqlite3_file) -> &'static ffi::sqlite3_io_methods {
    unsafe { &*(*((*file).pMethods as *const Methods)).real }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let open = (*real_vfs()).xOpen.expect("the real VFS opens");
        let code = open(real_vfs(), name, file, flags, out);
        if code != ffi::SQLITE_OK || (*file).pMethods.is_null() {
            return code;
        }
        let real = (*file).pMethods;
        let mut ours = std::ptr::read(real);
        ours.xWrite = Some(write);
        ours.xSync = Some(sync);
        ours.xTruncate = Some(truncate);
        ours.xClose = Some(close);
        (*file).pMethods = Box::leak(Box::new(Methods { ours, real })) as *const Methods as *const _;
        if !name.is_null() {
            let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
            state(|s| s.paths.insert(file as usize, path));
        }
        code
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unsafe {
        state(|s| s.paths.remove(&(file as usize)));
        let mine = (*file).pMethods as *mut Methods;
        let real = (*mine).real;
        (*file).pMethods = real;
        drop(Box::from_raw(mine));
        (*real).xClose.expect("the real VFS closes")(file)
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    unsafe {
        if is_dead() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
        state(|s| s.unsynced.remove(&path));
        (*real_vfs()).xDelete.expect("the real VFS deletes")(real_vfs(), name, sync)
    }
}

/// What this write or sync comes to.
fn strikes(s: &mut State, is_sync: bool) -> Option<Trouble> {
    let count = if is_sync { &mut s.syncs } else { &mut s.writes };
    *count += 1;
    let count = *count;
    let (trouble, nth, gap) = s.armed.filter(|(t, nth, _)| (*t == Trouble::SyncFails) == is_sync && *nth == count)?;
    s.armed = (gap > 0).then_some((trouble, nth + gap, (2 * gap).min(GAP_MAX)));
    s.struck += 1;
    s.dead |= trouble == Trouble::PowerFails;
    Some(trouble)
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, data: *const c_void, length: c_int, offset: i64) -> c_int {
    unsafe {
        if is_dead() {
            return ffi::SQLITE_IOERR_WRITE;
        }
        let real = real_of(file);
        remember(file, offset as u64, length as usize);
        let write = real.xWrite.expect("the real VFS writes");
        match state(|s| strikes(s, false)) {
            None | Some(Trouble::SyncFails) => write(file, data, length, offset),
            Some(Trouble::WriteFails | Trouble::PowerFails) => ffi::SQLITE_IOERR_WRITE,
            Some(Trouble::WriteFull) => ffi::SQLITE_FULL,
            Some(Trouble::WriteTears) => {
                let _ = write(file, data, length / 2, offset);
                ffi::SQLITE_IOERR_WRITE
            }
        }
    }
}

/// Keeps what stands where something is to be written.
unsafe fn remember(file: *mut ffi::sqlite3_file, offset: u64, length: usize) {
    let Some(path) = state(|s| s.paths.get(&(file as usize)).cloned()) else { return };
    unsafe {
        let real = real_of(file);
        let mut size = 0i64;
        if real.xFileSize.expect("the real VFS measures")(file, &mut size) != ffi::SQLITE_OK {
            return;
        }
        let held = length.min((size as u64).saturating_sub(offset) as usize);
        let mut bytes = vec![0u8; held];
        if held > 0 {
            real.xRead.expect("the real VFS reads")(file, bytes.as_mut_ptr().cast(), held as c_int, offset as i64);
        }
        let before = Before { offset, bytes, length: size as u64 };
        state(|s| s.unsynced.entry(path).or_default().push(before));
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    unsafe {
        if is_dead() {
            return ffi::SQLITE_IOERR_FSYNC;
        }
        let struck = state(|s| strikes(s, true));
        state(|s| {
            if let Some(path) = s.paths.get(&(file as usize)).cloned() {
                s.unsynced.remove(&path);
            }
        });
        let code = real_of(file).xSync.expect("the real VFS syncs")(file, flags);
        if struck.is_some() { ffi::SQLITE_IOERR_FSYNC } else { code }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    unsafe {
        if is_dead() {
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        real_of(file).xTruncate.expect("the real VFS truncates")(file, size)
    }
}
