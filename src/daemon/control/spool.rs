//! Files on their way over the control socket. The service may write its own folder alone, and may not read what is
//! another's: so the command line, which runs as the person, opens the person's file, and its content travels.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Context, Result};

/// Below the data folder; emptied at every start.
const FOLDER: &str = "spool";

/// A longer file is refused before it is taken. Intake has a smaller limit of its own (`[intake] file_bytes_max`).
pub const FILE_BYTES_MAX: u64 = 8 << 30;

/// Where files lie on their way. Nobody who asks knows of it: an error names what the person named.
pub fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// A name in the spool, which goes away with this value, and the file with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Spooled {
    path: PathBuf,
}

impl Spooled {
    /// A name that is free, in the spool of `data`.
    pub fn new(data: &Path) -> Result<Spooled> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = folder(data);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).or_say_at("making a folder", &folder)?;
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        Ok(Spooled { path: folder.join(format!("{}-{number}", std::process::id())) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, made now, for its owner alone.
    pub fn create(&self) -> Result<File> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path);
        made.or_say_at("writing the file", &self.path)
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // Perhaps never made; what is left behind goes at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes what a daemon that was killed left.
pub fn clear(data: &Path) {
    let _ = std::fs::remove_dir_all(folder(data));
}
