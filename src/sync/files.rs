//! Private files of the link: owner only, whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Context, Result};

/// Creates `dir` and what is above it, readable by the owner alone.
pub(super) fn private_dir(dir: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).or_say_at("creating a private folder", dir)
}

const WRITING: &str = "writing a private file";

/// Replaces `path` by `content`, mode 0600, durably: after a crash there is the old file or the new one.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    write_private_by(path, |file| file.write_all(content).or_say_at(WRITING, path))
}

/// The same for what is too long to be held at once. Nothing is replaced where `write` fails.
pub(super) fn write_private_by<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let dir = path.parent().unwrap_or(Path::new("."));
    private_dir(dir)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = dir.join(name);
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh);
    let mut file = open.or_say_at(WRITING, path)?;
    let place = |file: &File| -> std::io::Result<()> {
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        settle(path)
    };
    let written = write(&mut file).and_then(|value| place(&file).or_say_at(WRITING, path).map(|()| value));
    written.inspect_err(|_| drop(fs::remove_file(&fresh)))
}

/// Makes sure that the name of `path` is on the disk, as its content is.
pub(super) fn settle(path: &Path) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir)?.sync_all()
}

/// The content of `path`; `None` where there is no such file.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_say_at("reading", path),
    }
}
