//! What an error of SQLite says about the file, and what is done about a file that is damaged.
//!
//! A damaged store writes nothing more: no row of it can be trusted to be what an office said, and every write could
//! spread the damage. What can still be read may be looked at. A note beside the file makes the next start look at
//! every row before anything is done; only a sound file goes on.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use crate::error::{Error, Result};

/// Beside the store.
const NOTE: &str = "rosterd.db.damaged";

/// What failed.
enum Kind {
    Full,
    Damaged,
    /// Somebody else holds the file, the disk did not answer this time, or a mistake in the question.
    Other,
}

/// The innermost error of SQLite.
fn cause_of(error: &Error) -> Option<&rusqlite::Error> {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref()).last()
}

/// Whether SQLite does not understand the question: it knows no such table or column.
pub(super) fn is_in_the_question(error: &Error) -> bool {
    matches!(cause_of(error), Some(rusqlite::Error::SqlInputError { .. }))
}

/// Gives an error the nature that the SQLite error inside it tells of.
pub(super) fn judged(error: Error) -> Error {
    match cause_of(&error).map_or(Kind::Other, kind_of) {
        Kind::Full => error.full(),
        Kind::Damaged => error.damaged().hint(HINT),
        Kind::Other => error,
    }
}

fn kind_of(found: &rusqlite::Error) -> Kind {
    let extended = found.sqlite_error().map_or(0, |e| e.extended_code);
    match found.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Kind::Damaged,
        _ if extended == ffi::SQLITE_IOERR_CORRUPTFS => Kind::Damaged,
        Some(ErrorCode::DiskFull) => Kind::Full,
        Some(_) => Kind::Other,
        // The tables are STRICT and hold only what was written from our own types.
        None => match found {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Kind::Damaged,
            _ => Kind::Other,
        },
    }
}

/// What a person can do; the sentence in both languages is `alarm-store-damaged` and `check-store-sound-hint`.
pub(super) const HINT: &str = "the store is damaged and nothing more is written to it: stop the service and put the newest \
     backup back (rosterd restore FILE), or without one move the store aside and start again: the files in the \
     inbox are read anew, the children send all again, and 'rosterd resync' makes the parent equal";

/// An index does not lead to the row it was asked for. A row proves itself by its sum (sum.rs); that nothing is there is
/// only the index's word.
pub(super) fn misled() -> Error {
    Error::new("an index of the store does not lead to a row that is there").damaged().hint(HINT)
}

fn note(store: &Path) -> PathBuf {
    store.with_file_name(NOTE)
}

/// Leaves word for the next start. Where even that cannot be written, the next start finds the damage as this one did.
pub(super) fn leave_note(store: &Path, why: &str) {
    if let Err(error) = std::fs::write(note(store), format!("{why}\n")) {
        tracing::warn!(%error, "the damage could not be noted beside the store");
    }
}

/// Whether an earlier run noted damage.
pub(super) fn has_note(store: &Path) -> bool {
    note(store).exists()
}

/// The file was found sound, or another one is in its place.
pub(super) fn take_note_away(store: &Path) -> Result<()> {
    match std::fs::remove_file(note(store)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new("taking away the note of a damaged store").at(note(store)).because(error))
        }
        _ => Ok(()),
    }
}
