//! Room on the disk. Intake stops while there is still a little left, so that what others wait for, receipts above all,
//! can still be written; it goes on by itself when there is room again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// What intake leaves free, and no more than [`RESERVE_SHARE`] of a small disk.
const RESERVE_BYTES_MAX: u64 = 32 * 1024 * 1024;
const RESERVE_SHARE: u64 = 50;
/// With less than this the store's own log, which may grow to half of it before it is written back, is kept short.
const TIGHT_BYTES: u64 = 128 * 1024 * 1024;
/// After a write that found no room, so much more must be free than then: what the disk says is free may be kept for
/// root, or be less than one page of the store.
const MORE_BYTES_MIN: u64 = 1024 * 1024;
/// A quota shows in no figure of the disk: after this long it is simply tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

fn full(free: u64) -> Error {
    Error::new(format!("the disk is full ({} MB left): nothing is read until there is room", free >> 20))
}

/// What intake leaves free of a disk of so many bytes.
fn reserve(all: u64) -> u64 {
    RESERVE_BYTES_MAX.min(all / RESERVE_SHARE)
}

/// The disk below one store.
pub struct Room {
    path: PathBuf,
    /// What was free when a write found no room, and when that was.
    failed: Mutex<Option<(u64, Instant)>>,
}

impl Room {
    pub fn new(store: &Path) -> Room {
        Room { path: store.to_owned(), failed: Mutex::new(None) }
    }

    /// A write found no room.
    pub fn ran_out(&self) {
        let free = self.free().map_or(0, |(free, _)| free);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((free, Instant::now()));
    }

    /// Whether the store's log alone could fill what is free.
    pub fn is_tight(&self) -> bool {
        self.free().is_some_and(|(free, _)| free < TIGHT_BYTES)
    }

    /// Bytes free, where they are too few to read anything new.
    pub fn short(&self) -> Option<u64> {
        let (free, all) = self.free()?;
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some_and(|(then, at)| free >= then + MORE_BYTES_MIN || at.elapsed() >= TRY_AGAIN) {
            *failed = None;
        }
        (failed.is_some() || free < reserve(all)).then_some(free)
    }

    /// # Errors
    /// Where it is too little to read anything new: what is left is for receipts.
    pub fn must_do(&self) -> Result<()> {
        let Some(free) = self.short() else { return Ok(()) };
        Err(full(free).at(&self.path))
    }

    /// Free and all bytes of the disk.
    fn free(&self) -> Option<(u64, u64)> {
        let stat = stat(&self.path)?;
        Some((stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize))
    }
}

/// Bytes an ordinary account may still write where `path` lies; `None` where the system does not say.
pub fn free_bytes(path: &Path) -> Option<u64> {
    stat(path).map(|stat| stat.f_bavail * stat.f_frsize)
}

/// # Errors
/// Where so many bytes more at `path` would leave less than intake needs.
pub fn must_hold(path: &Path, bytes: u64) -> Result<()> {
    let room = stat(path).map(|stat| (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize));
    match room {
        Some((free, all)) if free < reserve(all) => Err(full(free).at(path)),
        Some((free, all)) if free - reserve(all) < bytes => {
            let text = format!("there is no room for {} MB ({} MB left)", bytes >> 20, free >> 20);
            Err(Error::new(text).at(path))
        }
        _ => Ok(()),
    }
}

fn stat(path: &Path) -> Option<libc::statvfs> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: a zeroed statvfs is valid to be filled, and the path is a C string that outlives the call.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let failed = unsafe { libc::statvfs(path.as_ptr(), &mut stat) } != 0;
    (!failed).then_some(stat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_fit_beside_the_reserve_is_refused_before_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let free = free_bytes(dir.path()).unwrap();
        assert!(must_hold(dir.path(), 0).is_ok(), "no test runs on a full disk");
        let refused = must_hold(dir.path(), free).unwrap_err().to_string();
        assert!(refused.contains("there is no room for"), "{refused}");
        assert!(must_hold(dir.path(), u64::MAX).is_err());
    }
}
