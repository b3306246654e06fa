//! Opening, creating, migrating and copying the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{View, put_meta};
use crate::domain::Area;
use crate::error::{Context, Error, Result};

/// Version of `schema.sql`, in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 1;

/// The store's name in the data folder.
pub(super) const FILE: &str = "rosterd.db";

/// Steps from version n to n+1, in order; step 0 makes the first version.
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// A reader never waits long for the writer in WAL; a backup or a foreign tool may hold it this long.
const BUSY_MILLIS: u64 = 10_000;
/// The page cache, in KiB: enough for the upper levels of every index of a county, small enough for an old PC.
const CACHE_KIB: i64 = 48 * 1024;
/// Of a reader: a pass reads with as many as there are cores.
const READER_CACHE_KIB: i64 = 16 * 1024;
/// The write-ahead log is truncated to this after a checkpoint.
const WAL_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// Pages of log before a checkpoint: the default makes one of every commit of a large pass.
const CHECKPOINT_PAGES: i64 = 8_000;
/// Statements kept prepared for each connection.
const STATEMENTS_MAX: usize = 96;

pub(super) fn create(path: &Path, area: Area) -> Result<Connection> {
    let mut conn = writer(path)?;
    migrate(&mut conn, path)?;
    let view = View { conn: &conn };
    match view.meta_u64("area")? {
        Some(found) if found != area.padded() => {
            let found = Area::from_padded(found).map_or_else(|| "?".to_owned(), |a| a.to_string());
            return Err(Error::new(format!("the store belongs to area {found}, the settings say {area}"))
                .at(path)
                .hint("use another data directory, or set the area back"));
        }
        Some(_) => {}
        None => put_meta(&conn, "area", area.padded())?,
    }
    if (View { conn: &conn }).meta_u64("epoch")?.is_none() {
        put_meta(&conn, "epoch", random_epoch()?)?;
    }
    Ok(conn)
}

pub(super) fn in_memory(area: Area) -> Result<Connection> {
    let path = Path::new(":memory:");
    let mut conn = Connection::open_in_memory().or_say_at("opening an empty store", path)?;
    migrate(&mut conn, path)?;
    put_meta(&conn, "area", area.padded())?;
    Ok(conn)
}

/// 62 random bits: positive as a signed integer too.
pub(super) fn random_epoch() -> Result<u64> {
    let mut bytes = [0u8; 8];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| Error::new("the system gives no random numbers"))?;
    Ok(u64::from_le_bytes(bytes) >> 2)
}

pub(super) fn writer(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path).or_say_at("opening the store", path)?;
    restrict(path)?;
    conn.busy_timeout(Duration::from_millis(BUSY_MILLIS)).or_say_at("opening the store", path)?;
    conn.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -{CACHE_KIB}; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
         PRAGMA journal_size_limit = {WAL_BYTES_MAX};
         PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST; PRAGMA trusted_schema = OFF;"
    ))
    .or_say_at("opening the store", path)?;
    keep_plans(&conn, path)?;
    Ok(conn)
}

/// Statements stay prepared, and their plans with them: without this SQLite plans anew whenever another value is
/// bound, which took a third of a pass.
fn keep_plans(conn: &Connection, path: &Path) -> Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    super::sum::teach(conn).or_say_at("opening the store", path)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).or_say_at("opening the store", path)?;
    Ok(())
}

pub(super) fn reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)
        .map_err(|e| Error::new("opening the store").at(path).because(e).hint("has the node been started once?"))?;
    conn.busy_timeout(Duration::from_millis(BUSY_MILLIS)).or_say_at("opening the store", path)?;
    conn.execute_batch(&format!("PRAGMA cache_size = -{READER_CACHE_KIB}; PRAGMA query_only = ON;"))
        .or_say_at("opening the store", path)?;
    let found = version(&conn, path)?;
    if found != SCHEMA_VERSION {
        return Err(wrong_version(path, found));
    }
    keep_plans(&conn, path)?;
    Ok(conn)
}

fn version(conn: &Connection, path: &Path) -> Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0)).or_say_at("reading the store's version", path)
}

fn wrong_version(path: &Path, found: i64) -> Error {
    Error::new(format!("the store has version {found}, this program knows {SCHEMA_VERSION}")).at(path).hint(
        if found > SCHEMA_VERSION {
            "install the newer rosterd again"
        } else {
            "start the service once to bring it up to date"
        },
    )
}

fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    let found = version(conn, path)?;
    if found > SCHEMA_VERSION {
        return Err(wrong_version(path, found));
    }
    for (from, step) in STEPS.iter().enumerate().skip(found as usize) {
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .or_say_at("bringing the store up to date", path)?;
        // Another process may have been quicker.
        if version(&tx, path)? > from as i64 {
            continue;
        }
        tx.execute_batch(step).or_say_at(format!("bringing the store from version {from} to {}", from + 1), path)?;
        tx.pragma_update(None, "user_version", from as i64 + 1).or_say_at("bringing the store up to date", path)?;
        tx.commit().or_say_at("bringing the store up to date", path)?;
    }
    Ok(())
}

/// The file holds whole names and numbers: nobody else may read it.
fn restrict(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .or_say_at("keeping the store to its owner", path)?;
    }
    Ok(())
}

pub(super) fn backup(path: &Path, target: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    /// Pages copied between two looks at the clock.
    const STEP_PAGES: i32 = 2_000;
    if target.exists() {
        return Err(Error::new("the backup's file is there already").at(target).hint("choose another name"));
    }
    let source = reader(path)?;
    let mut copy = Connection::open(target).or_say_at("creating the backup", target)?;
    restrict(target)?;
    {
        let backup = rusqlite::backup::Backup::new(&source, &mut copy).or_say_at("copying the store", target)?;
        loop {
            let step = backup.step(STEP_PAGES).or_say_at("copying the store", target)?;
            let at = backup.progress();
            progress((at.pagecount - at.remaining).max(0) as u64, at.pagecount.max(0) as u64);
            match step {
                rusqlite::backup::StepResult::Done => break,
                rusqlite::backup::StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
    let sound: String =
        copy.pragma_query_value(None, "integrity_check", |row| row.get(0)).or_say_at("checking the backup", target)?;
    if sound != "ok" {
        return Err(Error::new(format!("the backup is not sound: {sound}")).at(target));
    }
    Ok(())
}

/// Puts `copy` in the place of the store in `dir`, under a new epoch. What was there is kept beside it under `stamp`.
/// Gives the entries that stand in the copy, and where the old store lies, where there was one.
pub(super) fn restore(dir: &Path, copy: &Path, area: Area, stamp: &str) -> Result<(u64, Option<PathBuf>)> {
    let path = dir.join(FILE);
    let fresh = dir.join(format!("{FILE}.restoring"));
    std::fs::copy(copy, &fresh).or_say_at("copying the backup", copy)?;
    restrict(&fresh)?;
    let entries = {
        let conn = create(&fresh, area)?;
        let sound: String = conn
            .pragma_query_value(None, "integrity_check", |row| row.get(0))
            .or_say_at("checking the backup", copy)?;
        if sound != "ok" {
            return Err(Error::new(format!("the backup is not sound: {sound}")).at(copy));
        }
        // Its numbers after this moment would collide with those the lost file gave.
        put_meta(&conn, "epoch", random_epoch()?)?;
        conn.execute_batch(
            "INSERT OR REPLACE INTO meta VALUES ('acknowledged', coalesce((SELECT value FROM meta WHERE key = 'seq'), 0));
             INSERT OR REPLACE INTO meta VALUES ('resync_due', 1);
             DELETE FROM frozen;",
        )
        .or_say_at("beginning a new life of the store", copy)?;
        let entries: i64 = conn
            .query_row("SELECT count(*) FROM entries WHERE removed IS NULL", [], |row| row.get(0))
            .or_say_at("reading the backup", copy)?;
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").or_say_at("checking the backup", copy)?;
        entries as u64
    };
    let mut kept = None;
    if path.exists() {
        let aside = dir.join(format!("rosterd-{stamp}.db"));
        // A log without its file would be played into the restored one. A damaged store may have one that cannot be
        // played any more: it is kept beside its file.
        let whole = writer(&path)
            .and_then(|old| {
                old.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").or_say_at("closing the old store", &path)
            })
            .is_ok();
        for ending in ["-wal", "-shm"] {
            let beside = dir.join(format!("{FILE}{ending}"));
            if beside.exists() {
                let kept = dir.join(format!("rosterd-{stamp}.db{ending}"));
                let gone = if whole { std::fs::remove_file(&beside) } else { std::fs::rename(&beside, kept) };
                gone.or_say_at("closing the old store", &beside)?;
            }
        }
        std::fs::rename(&path, &aside).or_say_at("keeping the old store", &aside)?;
        kept = Some(aside);
    }
    std::fs::rename(&fresh, &path).or_say_at("putting the backup in place", &path)?;
    for ending in ["-wal", "-shm"] {
        // Left by looking at the copy; empty after the checkpoint.
        let _ = std::fs::remove_file(dir.join(format!("{FILE}.restoring{ending}")));
    }
    super::fault::take_note_away(&path)?;
    Ok((entries, kept))
}
