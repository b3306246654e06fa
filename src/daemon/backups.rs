//! The nightly backup: what is known of the last one, and the proof that it can be restored.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::office::Office;
use super::room;
use crate::domain::Area;
use crate::error::{Context, Error, Result};
use crate::settings::Settings;
use crate::store::{Home, Store, View, Writer};

/// Where it is kept in the store.
const KEPT: &str = "backups";

/// Two nights and a morning: one night may fail without anybody being called.
const OLD_HOURS: i64 = 54;

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// What is known of nightly backups. Nothing at all on a node that never made one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backups {
    /// When the last good one was made, Unix milliseconds.
    pub good_at: Option<i64>,
    pub file: Option<String>,
    /// When one failed since then.
    pub failed_at: Option<i64>,
    pub error: Option<String>,
}

impl Backups {
    /// Why the last one failed.
    pub fn failed(&self) -> Option<&str> {
        self.failed_at.map(|_| self.error.as_deref().unwrap_or_default())
    }

    /// Hours since the last good one, where these are too many.
    pub fn old_hours(&self, now: i64) -> Option<i64> {
        let hours = (now - self.good_at?) / MILLIS_PER_HOUR;
        (hours >= OLD_HOURS).then_some(hours)
    }
}

pub fn kept(view: &View) -> Result<Backups> {
    match view.meta_text(KEPT)? {
        Some(text) => serde_json::from_str(&text).or_say("reading what is known of backups"),
        None => Ok(Backups::default()),
    }
}

/// Writes down how one came out: a file, or why there is none.
pub fn note(writer: &Writer, now: i64, outcome: std::result::Result<&str, &str>) -> Result<()> {
    let before = kept(writer)?;
    let after = match outcome {
        Ok(file) => Backups { good_at: Some(now), file: Some(file.to_owned()), ..Backups::default() },
        Err(why) => Backups { failed_at: Some(now), error: Some(why.to_owned()), ..before },
    };
    writer.put_meta_text(KEPT, &serde_json::to_string(&after).or_say("keeping what is known of backups")?)
}

/// What a store holds, to compare a copy by: the highest number given out, and a hash over every entry and list.
#[derive(Debug, PartialEq, Eq)]
struct Digest {
    seq: u64,
    entries: u64,
    hash: blake3::Hash,
}

impl Digest {
    /// Of all that the node of `area` holds.
    fn of(view: &View, area: Area) -> Result<Digest> {
        let mut held = view.inventory(area)?;
        held.sort_unstable_by_key(|held| (held.list, held.area, held.key));
        let mut hash = blake3::Hasher::new();
        for one in &held {
            hash.update(&[one.list]);
            hash.update(&one.area.padded().to_le_bytes());
            hash.update(&one.key.to_le_bytes());
            hash.update(&one.digest);
        }
        Ok(Digest { seq: view.seq()?, entries: view.totals()?.entries, hash: hash.finalize() })
    }
}

/// Copies the store to `copy`, where asked restores that on trial and compares the two, and gives the entries in it. The
/// trial has a folder of its own beside the copy, which goes away again.
///
/// # Errors
/// Where there is no room for it, and where the copy cannot be restored or holds something else: it is no backup, and
/// removed.
pub fn copy(office: &Office, copy: &Path, prove: bool, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<u64> {
    must_have_room(&office.store, copy, prove)?;
    if !prove {
        return office.store.backup(copy, |view| Ok(view.totals()?.entries), progress);
    }
    let held = office.store.backup(copy, |view| Digest::of(view, office.area()), progress)?;
    let there = restored(&office.settings(), copy, &copy.with_extension("trial"));
    let compared = there.and_then(|there| match there == held {
        true => Ok(held.entries),
        false => Err(Error::new("the backup holds something else than the store").at(copy)),
    });
    if compared.is_err() {
        std::fs::remove_file(copy).or_say_at("removing an old backup", copy)?;
    }
    compared
}

/// A copy that fills the disk takes the room that the node needs to go on; one restored on trial stands there twice.
fn must_have_room(store: &Store, copy: &Path, prove: bool) -> Result<()> {
    let written = |ending: &str| {
        let mut file = store.path().as_os_str().to_owned();
        file.push(ending);
        std::fs::metadata(file).map_or(0, |meta| meta.len())
    };
    // What stands in the log alone comes on top.
    let bytes = (written("") + written("-wal")) * if prove { 2 } else { 1 };
    room::must_hold(copy.parent().unwrap_or(Path::new("/")), bytes)
}

fn restored(settings: &Settings, copy: &Path, scratch: &Path) -> Result<Digest> {
    std::fs::create_dir(scratch).or_say_at("making a folder", scratch)?;
    let tried = Home::of(settings).map(|home| home.inside(scratch)).and_then(|home| {
        Store::restore(&home, copy, settings.area, "trial")?;
        Store::open_read_only(home)?.read(|view| Digest::of(view, settings.area))
    });
    let removed = std::fs::remove_dir_all(scratch).or_say_at("removing the folder of the trial", scratch);
    let digest = tried.map_err(|error| Error::new("the backup cannot be restored").at(copy).because(error))?;
    removed.map(|()| digest)
}
