//! Whole copies of the file: a backup, a backup in the place of the store, the store under another key.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::key::{Home, PLAIN_BEGINS, StoreKey, restrict};
use super::open::{SCHEMA_VERSION, create_where, must_be_of, reader, version, writer};
use super::{View, fault, meta};
use crate::crash;
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::settings::Settings;

/// Pages copied between two looks at the clock.
const STEP_PAGES: i32 = 2_000;
/// Of SQLite and SQLCipher, which are not asked for another.
const PAGE_BYTES: usize = 4_096;
/// Wait for a writer that is in the way of a copy.
const STEP_PAUSE: Duration = Duration::from_millis(50);

/// What SQLite keeps beside `rosterd.db`.
const LOG_ENDINGS: [&str; 2] = ["-wal", "-shm"];

/// What a backup is called while it is made the store.
const RESTORING: &str = ".restoring";

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Takes a file and what lies beside it away, where it is there.
fn remove(file: &Path) -> Result<()> {
    for ending in LOG_ENDINGS.into_iter().chain([""]) {
        let path = with_ending(file, ending);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::new("removing a copy").at(path).because(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check(conn: &Connection, path: &Path) -> Result<()> {
    let sound: String =
        conn.pragma_query_value(None, "integrity_check", |row| row.get(0)).or_say_at("checking the copy", path)?;
    if sound == "ok" { Ok(()) } else { Err(Error::new(format!("the copy is not sound: {sound}")).at(path)) }
}

fn settle(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).or_say_at("putting the copy in place", folder)
}

/// Writes a checked copy to `target`, under the same key, while everything goes on. `of_it` reads what is asked of the
/// moment that is copied. `progress` is told pages done and all pages, and says whether to go on.
///
/// # Errors
/// Whatever fails, no copy is left behind.
pub(super) fn backup<T>(
    home: &Home,
    target: &Path,
    of_it: impl FnOnce(&View) -> Result<T>,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<T> {
    if target.exists() {
        return Err(Error::new("the backup's file is there already").at(target).hint("choose another name"));
    }
    let source = reader(home)?;
    // One read for the whole copy: between two reads of a page SQLite would see what others wrote meanwhile and begin from
    // the start, on a busy node for ever. Until it ends, nothing that is written behind it leaves the log for the store.
    let moment = Transaction::new_unchecked(&source, TransactionBehavior::Deferred)
        .or_say_at("beginning to read", home.file())?;
    let read = of_it(&View { conn: &moment })?;
    let copied = copy_pages(home, &moment, target, progress).and_then(|()| settle(folder_of(target)));
    copied.inspect_err(|_| drop(remove(target)))?;
    Ok(read)
}

fn copy_pages(
    home: &Home,
    moment: &Connection,
    target: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<()> {
    let copying = "copying the store";
    let mut copy = home.beside(target).connect(OpenFlags::default())?;
    restrict(target)?;
    {
        let backup = Backup::new(moment, &mut copy).or_say_at(copying, target)?;
        loop {
            let step = backup.step(STEP_PAGES).or_say_at(copying, target)?;
            let at = backup.progress();
            let goes_on = progress((at.pagecount - at.remaining).max(0) as u64, at.pagecount.max(0) as u64);
            match step {
                StepResult::Done => break,
                _ if !goes_on => return Err(Error::new("the one who asked went away")),
                StepResult::More => {}
                _ => std::thread::sleep(STEP_PAUSE),
            }
        }
    }
    check(&copy, target)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts `copy` in the place of the store, under a new epoch and under the store's key: a plain backup is encrypted on
/// the way. What was there is kept beside it under `stamp`, even where it does not open any more. Gives the entries
/// that stand in the copy, and where the old store lies, where there was one.
pub(super) fn restore(home: &Home, copy: &Path, area: Area, stamp: &str) -> Result<(u64, Option<PathBuf>)> {
    let fresh = home.beside(with_ending(&home.file, RESTORING));
    remove(&fresh.file)?;
    // The file that is worked on goes by the name of the one that was asked for.
    let brought = bring_back(&fresh, copy, area).map_err(|error| error.renamed(&fresh.file, copy));
    let entries = brought.inspect_err(|_| drop(remove(&fresh.file)))?;
    let kept = put_aside(home, stamp)?;
    crash::point("store-put-aside");
    fs::rename(&fresh.file, &home.file).or_say_at("putting the backup in place", &home.file)?;
    // Left by looking at the copy; empty after the checkpoint.
    remove(&fresh.file)?;
    fault::take_note_away(&home.file)?;
    settle(home.folder())?;
    Ok((entries, kept))
}

/// A restore that broke off may have left no store, where the disk knows no second name of a file: nobody may take the
/// empty place for a node that never ran, and begin anew.
pub(super) fn must_not_be_half_restored(home: &Home) -> Result<()> {
    if home.file.exists() || !with_ending(&home.file, RESTORING).exists() {
        return Ok(());
    }
    Err(Error::new("a restore broke off before the backup was in its place")
        .at(home.file())
        .hint("run 'rosterd restore' again; the store from before lies beside it"))
}

/// Whether the file begins as a plain SQLite file does, or may be an encrypted one: whole pages of what is no text.
fn may_be_a_store(file: &Path) -> std::io::Result<bool> {
    let mut first = Vec::with_capacity(PAGE_BYTES);
    let open = File::open(file)?;
    let bytes = open.metadata()?.len();
    open.take(PAGE_BYTES as u64).read_to_end(&mut first)?;
    let is_encrypted = first.len() == PAGE_BYTES && bytes % PAGE_BYTES as u64 == 0 && str::from_utf8(&first).is_err();
    Ok(first.starts_with(PLAIN_BEGINS) || is_encrypted)
}

fn bring_back(fresh: &Home, copy: &Path, area: Area) -> Result<u64> {
    let foreign =
        || Error::new("this is no store of rosterd").at(copy).hint("it must be a file that 'rosterd backup' made");
    if !may_be_a_store(copy).or_say_at("reading the backup", copy)? {
        return Err(foreign());
    }
    fs::copy(copy, &fresh.file).or_say_at("copying the backup", copy)?;
    restrict(&fresh.file)?;
    if fresh.is_encrypted() && fresh.reads_plain() {
        let plain = fresh.beside(with_ending(&fresh.file, ".plain"));
        fs::rename(&fresh.file, &plain.file).or_say_at("copying the backup", &plain.file)?;
        let plain = Home { key: None, ..plain };
        let done = export(&plain, fresh);
        remove(&plain.file)?;
        done?;
    }
    // Of another program: it would become an empty store.
    if version(&fresh.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?, copy)? == 0 {
        return Err(foreign());
    }
    let conn = create_where(fresh, area, must_be_ours)?;
    check(&conn, copy)?;
    // Its numbers after this moment would collide with those the lost file gave.
    meta::renew_epoch(&conn, None)?;
    meta::put_u64(&conn, meta::ACKNOWLEDGED, View { conn: &conn }.seq()?)?;
    meta::put_u64(&conn, meta::RESYNC_DUE, 1)?;
    conn.execute("DELETE FROM frozen", []).or_say_at("beginning a new life of the store", copy)?;
    let entries: i64 = conn
        .query_row("SELECT count(*) FROM entries WHERE removed IS NULL", [], |row| row.get(0))
        .or_say_at("reading the backup", copy)?;
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").or_say_at("checking the backup", copy)?;
    Ok(entries as u64)
}

/// To go by another area because of a backup would make this node another office.
fn must_be_ours(found: Option<Area>, area: Area, path: &Path) -> Result<()> {
    match found {
        Some(found) if found != area => {
            Err(Error::new(format!("this is a backup of {found}, and this node is {area}"))
                .at(path)
                .hint("choose a backup of this node"))
        }
        found => must_be_of(found, area, path),
    }
}

/// Gives the store a second name, under which it is kept, and moves its log there; a log without its file would be played
/// into another one. The store stands under its own name too until the backup takes that: whatever breaks off here, the
/// next start finds one of the two.
fn put_aside(home: &Home, stamp: &str) -> Result<Option<PathBuf>> {
    if !home.file.exists() {
        return Ok(None);
    }
    // A damaged store may have a log that cannot be played any more: it is kept beside its file.
    let closed = writer(home).and_then(|old| {
        old.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").or_say_at("closing the old store", &home.file)
    });
    if let Err(error) = closed {
        tracing::warn!(%error, "the old store cannot be closed; it is kept as it is");
    }
    // Two within one second: the first that was kept is perhaps the one that matters.
    let names = std::iter::once(stamp.to_owned()).chain((2..).map(|nth| format!("{stamp}-{nth}")));
    let aside = names.map(|name| home.folder().join(format!("rosterd-{name}.db"))).find(|aside| !aside.exists());
    let aside = aside.expect("there are more names than files");
    let keeping = "keeping the old store";
    if fs::hard_link(&home.file, &aside).is_err() {
        fs::rename(&home.file, &aside).or_say_at(keeping, &aside)?;
    }
    for ending in LOG_ENDINGS {
        let (from, to) = (with_ending(&home.file, ending), with_ending(&aside, ending));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::new(keeping).at(to).because(error));
            }
            _ => {}
        }
    }
    settle(home.folder())?;
    Ok(Some(aside))
}

/// Writes the store anew under the key of the settings, which is made where it is not there. `old` opens the store until
/// now: `None` where it is plain. The old file goes once the new one is checked; its content stays the same, its epoch
/// too.
pub(super) fn rekey(settings: &Settings, old: Option<StoreKey>) -> Result<Home> {
    let old = Home { file: settings.store_file(), key: old };
    // Before a key is made for it.
    if !old.is_encrypted() && !old.reads_plain() {
        return Err(Error::new("the store is encrypted already")
            .at(old.file())
            .hint("--old-key names the key that opens it until now"));
    }
    drop(old.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?);
    let home = Home::to_be_encrypted(settings)?;
    let fresh = home.beside(with_ending(&home.file, ".rekeying"));
    remove(&fresh.file)?;
    export(&old, &fresh).inspect_err(|_| drop(remove(&fresh.file)))?;
    check(&fresh.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?, &fresh.file)?;
    // Checkpointed by the export: without them the rename leaves nothing of the old file behind.
    for ending in LOG_ENDINGS {
        remove(&with_ending(&home.file, ending))?;
    }
    fs::rename(&fresh.file, &home.file).or_say_at("putting the store under its new key", &home.file)?;
    remove(&fresh.file)?;
    settle(home.folder())?;
    Ok(home)
}

/// Copies everything in `from` into the new file `to`, each under its own key.
fn export(from: &Home, to: &Home) -> Result<()> {
    let doing = "writing the store under its new key";
    let conn = writer(from)?;
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).or_say_at(doing, from.file())?;
    if found > SCHEMA_VERSION {
        return Err(Error::new(format!("the store has version {found}, this program knows {SCHEMA_VERSION}"))
            .at(from.file())
            .hint("install the newer rosterd again"));
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").or_say_at(doing, from.file())?;
    let key = to.key.as_ref().map(|key| key.raw()).unwrap_or_default();
    let name = to.file.to_str().ok_or_else(|| Error::new("the path is not UTF-8").at(to.file()))?;
    // Its owner's alone before anything is in it.
    File::create_new(&to.file).or_say_at(doing, to.file())?;
    restrict(&to.file)?;
    let write = || -> rusqlite::Result<()> {
        conn.execute("ATTACH DATABASE ?1 AS fresh KEY ?2", (name, key))?;
        conn.query_row("SELECT sqlcipher_export('fresh')", [], |_| Ok(()))?;
        conn.pragma_update(Some("fresh"), "user_version", found)?;
        conn.execute_batch("DETACH DATABASE fresh")
    };
    write().or_say_at(doing, to.file())
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    /// A store of several steps of a copy.
    fn store(dir: &Path) -> Store {
        let store = Store::open(Home::plain(dir), "519901001200".parse().unwrap()).unwrap();
        let large = "x".repeat(3 * STEP_PAGES as usize * PAGE_BYTES);
        store.write(|writer| writer.put_meta_text("large", &large)).unwrap();
        store.write(|writer| writer.put_meta_u64("round", 0)).unwrap();
        store
    }

    #[test]
    fn a_copy_is_of_the_moment_it_began_whatever_is_written_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let (target, mut steps) = (dir.path().join("copy.db"), 0);
        let mut progress = |_, _| {
            steps += 1;
            store.write(|writer| writer.put_meta_u64("round", steps)).unwrap();
            steps < 50
        };
        let read = store.backup(&target, |view| view.meta_u64("round"), &mut progress).unwrap();
        assert!((2..20).contains(&steps), "{steps} steps");
        let copy = dir.path().join("elsewhere");
        fs::create_dir(&copy).unwrap();
        fs::rename(&target, copy.join("rosterd.db")).unwrap();
        let copied = Store::open_read_only(Home::plain(&copy)).unwrap().read(|view| view.meta_u64("round")).unwrap();
        assert_eq!((read, copied), (Some(0), Some(0)));
    }

    #[test]
    fn a_copy_that_nobody_waits_for_any_more_ends_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let (target, mut steps) = (dir.path().join("copy.db"), 0);
        let mut progress = |_, _| {
            steps += 1;
            false
        };
        assert!(store.backup(&target, |_| Ok(()), &mut progress).is_err());
        let beside = LOG_ENDINGS.map(|ending| with_ending(&target, ending));
        assert!(steps == 1 && !target.exists() && beside.iter().all(|file| !file.exists()), "{steps}");
    }
}
