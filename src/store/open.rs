//! Opening, creating and migrating the file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use xxhash_rust::xxh3::Xxh3;

use super::copies::must_not_be_half_restored;
use super::key::{Home, restrict};
use super::{View, fault, meta};
use crate::domain::Area;
use crate::error::{Context, Error, Result};

/// Version of `schema.sql`, in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 1;

/// Steps from version n to n+1, in order; step 0 makes the first version.
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// Key in `meta`: see [`tables_sum`].
const TABLES_SUM: &str = "tables_sum";

/// A reader never waits long for the writer in WAL; a backup or a foreign tool may hold it this long.
pub(super) const BUSY: Duration = Duration::from_secs(10);
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

pub(super) fn create(home: &Home, area: Area) -> Result<Connection> {
    create_where(home, area, must_be_of)
}

/// The same, with another word for a store of another office.
pub(super) fn create_where(
    home: &Home,
    area: Area,
    must_be_of: impl Fn(Option<Area>, Area, &Path) -> Result<()>,
) -> Result<Connection> {
    let path = home.file();
    must_not_be_half_restored(home)?;
    let mut conn = writer(home)?;
    migrate(&mut conn, path)?;
    must_be_as_made(&conn, path)?;
    let view = View { conn: &conn };
    match view.meta_u64(meta::AREA)? {
        Some(found) => must_be_of(Area::from_padded(found), area, path)?,
        None => meta::put_u64(&conn, meta::AREA, area.padded())?,
    }
    meta::begin(&conn)?;
    let view = View { conn: &conn };
    // Of one that is new, or brought up to date.
    if view.meta_u64(TABLES_SUM)?.is_none() {
        meta::put_u64(&conn, TABLES_SUM, tables_sum(&conn).or_say_at("opening the store", path)?)?;
    }
    Ok(conn)
}

/// A store is of the office whose settings lead to it.
pub(super) fn must_be_of(found: Option<Area>, area: Area, path: &Path) -> Result<()> {
    if found == Some(area) {
        return Ok(());
    }
    let found = found.map_or_else(|| "?".to_owned(), |found| found.to_string());
    Err(Error::new(format!("the store belongs to area {found}, the settings say {area}"))
        .at(path)
        .hint("use another data directory, or set the area back"))
}

pub(super) fn in_memory(area: Area) -> Result<Connection> {
    let path = Path::new(":memory:");
    let mut conn = Connection::open_in_memory().or_say_at("opening an empty store", path)?;
    migrate(&mut conn, path)?;
    meta::put_u64(&conn, meta::AREA, area.padded())?;
    meta::begin(&conn)?;
    keep_plans(&conn, path)?;
    Ok(conn)
}

/// 62 random bits: positive as a signed integer too.
pub(super) fn random_epoch() -> Result<u64> {
    let mut bytes = [0u8; 8];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| Error::new("the system gives no random numbers"))?;
    Ok(u64::from_le_bytes(bytes) >> 2)
}

pub(super) fn writer(home: &Home) -> Result<Connection> {
    let path = home.file();
    let conn = home.connect(OpenFlags::default())?;
    restrict(path)?;
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
    let taught = super::sum::teach(conn).and_then(|()| super::search::teach(conn));
    taught.or_say_at("opening the store", path)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).or_say_at("opening the store", path)?;
    Ok(())
}

pub(super) fn reader(home: &Home) -> Result<Connection> {
    let path = home.file();
    if !path.exists() {
        return Err(Error::new("there is no store yet").at(path).hint("has the node been started once?"));
    }
    let conn = home.connect(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A large sort would else be written to a file in plain.
    conn.execute_batch(&format!(
        "PRAGMA cache_size = -{READER_CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA query_only = ON;"
    ))
    .or_say_at("opening the store", path)?;
    let found = version(&conn, path)?;
    if found != SCHEMA_VERSION {
        return Err(wrong_version(path, found));
    }
    must_be_as_made(&conn, path)?;
    keep_plans(&conn, path)?;
    Ok(conn)
}

/// A sum over what never changes between two versions: whose store it is, and the names and columns of all tables and
/// indexes as the last step of [`STEPS`] left them. What a look at the plans of queries leaves behind is nobody's.
fn tables_sum(conn: &Connection) -> rusqlite::Result<u64> {
    let mut hash = Xxh3::new();
    let area: Option<i64> =
        conn.query_row("SELECT value FROM meta WHERE key = ?1", [meta::AREA], |row| row.get(0)).optional()?;
    hash.update(&area.unwrap_or_default().to_le_bytes());
    let mut tables = conn.prepare(
        "SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
    )?;
    let mut rows = tables.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            let text = row.get_ref(column)?.as_bytes()?;
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    // As SQLite keeps it: a positive number there too.
    Ok(hash.digest() >> 1)
}

/// A bit that flips in the name of a column makes SQLite look for another one: no page is broken, and every question is
/// answered with a mistake that it does not have.
fn must_be_as_made(conn: &Connection, path: &Path) -> Result<()> {
    let doing = "reading what the store is made of";
    let damaged = |error: Error| error.at(path).damaged().hint(fault::HINT);
    let found = tables_sum(conn).or_say_at(doing, path);
    let compared = found.and_then(|found| Ok((View { conn }.meta_u64(TABLES_SUM)?, found)));
    match compared {
        Ok((Some(made), found)) if made != found => {
            Err(damaged(Error::new("the store is not what was made: its tables, or the area it is of")))
        }
        Err(error) if fault::is_in_the_question(&error) => Err(damaged(error)),
        compared => compared.map(drop).and_then(|()| View { conn }.settings_must_be_sound()),
    }
}

pub(super) fn version(conn: &Connection, path: &Path) -> Result<i64> {
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
        // Summed anew by whoever opens it now.
        tx.execute("DELETE FROM meta WHERE key = ?1", [TABLES_SUM]).or_say_at("bringing the store up to date", path)?;
        tx.commit().or_say_at("bringing the store up to date", path)?;
    }
    Ok(())
}
