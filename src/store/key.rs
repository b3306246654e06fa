//! Where a store lies, and the key that opens it. Every opening goes by way of a [`Home`].
//!
//! The key is 32 random bytes, given to SQLCipher as they are: no passphrase, nothing to guess. A build without the
//! feature `sqlcipher` takes `PRAGMA key` without a word and writes plain, so what the build can do is asked of SQLite
//! itself before a file is touched.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::open::BUSY;
use crate::error::{Context, Error, Result};
use crate::settings::Settings;

/// The store's name in the data folder.
pub(super) const FILE: &str = "rosterd.db";

/// The first bytes of every SQLite file that is not encrypted.
pub(super) const PLAIN_BEGINS: &[u8; 16] = b"SQLite format 3\0";

const KEY_BYTES: usize = 32;
/// A key file is 64 digits and an end of line.
const KEY_FILE_BYTES_MAX: u64 = 256;
/// The name of the credential that systemd hands to the service (`LoadCredential=`, `LoadCredentialEncrypted=`).
const CREDENTIAL: &str = "rosterd.store.key";

/// Whether this build can encrypt a store.
pub fn can_encrypt() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let asked = Connection::open_in_memory()
            .and_then(|conn| conn.query_row("PRAGMA cipher_version", [], |row| row.get::<_, String>(0)).optional());
        matches!(asked, Ok(Some(_)))
    })
}

/// The key of a store. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreKey([u8; KEY_BYTES]);

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

impl StoreKey {
    /// Reads a key file: 64 hex digits, for its owner alone.
    ///
    /// # Errors
    /// Where it is not there, others may read it, or it is no key.
    pub fn read(file: &Path) -> Result<StoreKey> {
        let doing = "reading the key of the store";
        let mut open = match File::open(file) {
            Ok(open) => open,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::new("the key of the store is not there")
                    .at(file)
                    .hint("put the copy back that was kept of it; a store without its key cannot be opened"));
            }
            Err(error) => return Err(Error::new(doing).at(file).because(error)),
        };
        let mode = open.metadata().or_say_at(doing, file)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::new(format!("others may read the key of the store (mode {:o})", mode & 0o777))
                .at(file)
                .hint(format!("chmod 600 '{}'", file.display())));
        }
        StoreKey::take(&mut open, file)
    }

    fn take(open: &mut File, file: &Path) -> Result<StoreKey> {
        let mut text = String::new();
        open.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).or_say_at("reading the key of the store", file)?;
        let digits = text.trim().as_bytes();
        let read = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(read).collect();
        let bytes = bytes.filter(|_| digits.len() == 2 * KEY_BYTES).and_then(|bytes| bytes.try_into().ok());
        bytes.map(StoreKey).ok_or_else(|| {
            Error::new("this is no key of a store").at(file).hint("a key is 64 hex digits, and nothing else")
        })
    }

    /// The key in `file`; a new one is made and kept there where there is none.
    pub fn read_or_make(file: &Path) -> Result<StoreKey> {
        let doing = "making the key of the store";
        let mut fresh = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Ok(fresh) => fresh,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return StoreKey::read(file),
            Err(error) => return Err(Error::new(doing).at(file).because(error)),
        };
        let mut bytes = [0; KEY_BYTES];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
            .map_err(|_| Error::new("the system gives no random numbers"))?;
        let key = StoreKey(bytes);
        writeln!(fresh, "{}", key.hex()).and_then(|()| fresh.sync_all()).or_say_at(doing, file)?;
        if let Some(folder) = file.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).or_say_at(doing, folder)?;
        }
        Ok(key)
    }

    fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The form in which SQLCipher takes a key as it is.
    pub(super) fn raw(&self) -> String {
        format!("x'{}'", self.hex())
    }
}

/// Where a store lies, and what opens it.
#[derive(Debug, Clone)]
pub struct Home {
    pub(super) file: PathBuf,
    pub(super) key: Option<StoreKey>,
}

impl Home {
    /// A plain store in the data folder `dir`.
    pub fn plain(dir: &Path) -> Home {
        Home { file: dir.join(FILE), key: None }
    }

    /// The store of a node, with the key that its settings name, else the one systemd hands over, else plain.
    pub fn of(settings: &Settings) -> Result<Home> {
        let key = match &settings.key_file {
            Some(file) => Some(StoreKey::read(file)?),
            None => credential()?,
        };
        Ok(Home { file: settings.store_file(), key })
    }

    /// The same, where the store is to be given its first key: the file that the settings name is made where it is
    /// not there.
    ///
    /// # Errors
    /// Where neither settings nor systemd name a key.
    pub(super) fn to_be_encrypted(settings: &Settings) -> Result<Home> {
        match &settings.key_file {
            Some(file) => Ok(Home { file: settings.store_file(), key: Some(StoreKey::read_or_make(file)?) }),
            None => Home::of(settings).and_then(|home| match home.key {
                Some(_) => Ok(home),
                None => Err(Error::new("no key is set for the store")
                    .at(&settings.file)
                    .hint("set [store] key_file to a file, best on another disk; it is made where it is not there")),
            }),
        }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    pub fn is_encrypted(&self) -> bool {
        self.key.is_some()
    }

    /// A store in another folder, under the same key.
    pub fn inside(&self, dir: &Path) -> Home {
        self.beside(dir.join(FILE))
    }

    /// Another file under the same key.
    pub(super) fn beside(&self, file: impl Into<PathBuf>) -> Home {
        Home { file: file.into(), key: self.key.clone() }
    }

    /// Opens the file and proves that the key is the right one.
    ///
    /// The file is looked at by SQLite alone: another descriptor of it, closed, would drop this process's locks on it.
    ///
    /// # Errors
    /// Where file, key and build do not go together, each with what to do about it.
    pub(super) fn connect(&self, flags: OpenFlags) -> Result<Connection> {
        if self.key.is_some() && !can_encrypt() {
            return Err(Error::new("a key is set for the store, and this build of rosterd cannot encrypt")
                .at(&self.file)
                .hint("use the packaged rosterd, or build with --features sqlcipher"));
        }
        keep_no_statistics();
        let failed = |error| Error::new("opening the store").at(&self.file).because(error);
        let conn = Connection::open_with_flags(&self.file, flags).map_err(failed)?;
        // Before the first look: whoever looks first after a crash plays the log back, and the others wait for that.
        conn.busy_timeout(BUSY).map_err(failed)?;
        if let Some(key) = &self.key {
            conn.pragma_update(None, "key", key.raw()).map_err(failed)?;
        }
        match probe(&conn) {
            Ok(()) => Ok(conn),
            // Without its cause: a key that is wrong or missing is no damage, and is mended by other means.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) && !self.was_plain() => {
                Err(self.mismatch().at(&self.file))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether what lies here reads without a key.
    pub(super) fn reads_plain(&self) -> bool {
        Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_ONLY).is_ok_and(|conn| probe(&conn).is_ok())
    }

    /// Whether no key is needed here, by what is left of the words that every plain file begins with: it is damaged then.
    /// An encrypted file begins with 16 random bytes.
    fn was_plain(&self) -> bool {
        let mut begins = [0; PLAIN_BEGINS.len()];
        let read = File::open(&self.file).and_then(|mut open| open.read_exact(&mut begins));
        let same = begins.iter().zip(PLAIN_BEGINS).filter(|(found, plain)| found == plain).count();
        self.key.is_none() && read.is_ok() && same >= PLAIN_BEGINS.len() / 2
    }

    fn mismatch(&self) -> Error {
        if self.key.is_none() {
            return Error::new("the store is encrypted and no key is set, or it is no store")
                .hint("set [store] key_file, or run this as the service does, with its credential");
        }
        if self.reads_plain() {
            return Error::new("a key is set for the store, and the store is not encrypted")
                .hint("stop the service and run 'rosterd rekey': it encrypts what is there");
        }
        Error::new("the key does not open the store").hint(
            "it was encrypted with another key, or the file is damaged: put the right key back, or restore a backup",
        )
    }
}

/// SQLite keeps count of its memory under one lock for all threads, and nobody here asks: without it a large pass takes
/// a twentieth less.
fn keep_no_statistics() {
    static ONCE: Once = Once::new();
    // SAFETY: takes numbers. Refused once SQLite has begun, which leaves things as they were.
    ONCE.call_once(|| unsafe {
        rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0);
    });
}

/// The first read, which fails where file and key do not go together.
fn probe(conn: &Connection) -> rusqlite::Result<()> {
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// The key among the credentials of this service; `None` where there is none.
fn credential() -> Result<Option<StoreKey>> {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let file = PathBuf::from(folder).join(CREDENTIAL);
    match File::open(&file) {
        // systemd keeps the folder to the service; the file's own mode shows the mask of an access list.
        Ok(mut open) => StoreKey::take(&mut open, &file).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new("reading the key of the store").at(file).because(error)),
    }
}

/// The file holds whole names and numbers, or is worth them: nobody else may read it.
pub(super) fn restrict(path: &Path) -> Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).or_say_at("keeping the store to its owner", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(file: &Path) -> String {
        let error = StoreKey::read(file).unwrap_err();
        format!("{error} {}", error.hint_text().unwrap_or_default())
    }

    #[test]
    fn a_key_is_made_once_kept_to_its_owner_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("store.key");
        assert!(complaint(&file).contains("the copy"), "a lost key is never made anew by itself");
        let made = StoreKey::read_or_make(&file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(StoreKey::read_or_make(&file).unwrap() == made && StoreKey::read(&file).unwrap() == made);
        assert!(!format!("{made:?}").contains(&made.hex()[..8]));
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("store.key");
        StoreKey::read_or_make(&file).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(complaint(&file).contains("chmod 600"));
        for text in ["", "secret", &"é".repeat(32), &"0".repeat(63), &format!("{} 0", "0".repeat(64))] {
            std::fs::write(&file, text).unwrap();
            restrict(&file).unwrap();
            assert!(complaint(&file).contains("64 hex digits"), "{text}");
        }
    }
}
