//! The nightly backup: a copy, the proof that it can be restored, and what is older goes.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::owner::KeptOwner;
use super::session::Session;
use super::{Failed, Outcome, view};
use crate::daemon::OFFICE_TIME;
use crate::daemon::control::client::{Parcels, Target};
use crate::daemon::control::{Exit, requests};
use crate::error::{Context, Result};

const PREFIX: &str = "rosterd-";
const ENDING: &str = ".db";
/// In the name of a backup, by the office's clock.
const STAMP: &str = "%Y-%m-%d-%H%M%S";

pub fn run(json: bool, session: &mut Session) -> Outcome {
    let settings = session.settings.clone();
    let folder = settings.backup.dir.clone();
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).or_say_at("making a folder", &folder);
    let _owner = KeptOwner::like(&settings.data_dir(), &folder);
    let outcome = made.map_err(Failed::from).and_then(|()| make(&folder, session));
    let report = match &outcome {
        Ok((row, Exit::Done)) => requests::BackupReport { file: row["file"].as_str().map(str::to_owned), error: None },
        Ok(_) => requests::BackupReport { file: None, error: session.screen.last_failure().map(str::to_owned) },
        Err(failed) => {
            let told = session.screen.text().error(&failed.error);
            let words = [vec![told.what], told.because].concat();
            requests::BackupReport { file: None, error: Some(words.join(session.screen.text().comma())) }
        }
    };
    // What is told is for the alarms; a store that cannot be written has told its own.
    let told = session.row(&report, false);
    let (mut row, exit) = outcome?;
    told?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let (kept, removed) = prune(&folder, settings.backup.keep_days)?;
    row["kept"] = json!(kept);
    row["removed"] = json!(removed);
    if json {
        session.screen.json(&row);
    } else {
        let (file, entries) = (view::cell(&row, "file"), view::cell(&row, "entries"));
        session.screen.say_with("say-nightly", &[("file", &file), ("entries", &entries), ("kept", &kept)]);
    }
    Ok(Exit::Done)
}

/// A copy that was restored on trial.
fn make(folder: &Path, session: &mut Session) -> Result<(Value, Exit), Failed> {
    let stamp = Timestamp::now().to_zoned(TimeZone::fixed(OFFICE_TIME)).strftime(STAMP).to_string();
    let path = folder.join(format!("{PREFIX}{stamp}{ENDING}"));
    let ask = requests::Backup { file: path.clone(), prove: true };
    let parcels = Parcels { target: Some(Target { path, replaces: false }), ..Parcels::default() };
    session.row_with(&ask, &parcels, false)
}

/// Removes backups older than `days`, never the newest. Gives how many are left, and how many went.
fn prune(folder: &Path, days: u32) -> Result<(usize, usize)> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).or_say_at("reading a folder", folder)? {
        let entry = entry.or_say_at("reading a folder", folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(stamp) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(ENDING)) {
            found.push((stamp.to_owned(), entry.path()));
        }
    }
    found.sort();
    let oldest = Timestamp::now() - jiff::SignedDuration::from_hours(24 * i64::from(days));
    let oldest = oldest.to_zoned(TimeZone::fixed(OFFICE_TIME)).strftime(STAMP).to_string();
    let count = found.len();
    let old: Vec<PathBuf> = found
        .into_iter()
        .take(count.saturating_sub(1))
        .filter(|(stamp, _)| *stamp < oldest)
        .map(|(_, path)| path)
        .collect();
    for path in &old {
        fs::remove_file(path).or_say_at("removing an old backup", path)?;
    }
    Ok((count - old.len(), old.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_backups_go_and_the_newest_stays_however_old() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| fs::write(folder.path().join(name), "x").unwrap();
        make("rosterd-2020-01-01-023000.db");
        assert_eq!(prune(folder.path(), 14).unwrap(), (1, 0), "it is all there is");
        let today = Timestamp::now().to_zoned(TimeZone::fixed(OFFICE_TIME)).strftime(STAMP).to_string();
        make(&format!("rosterd-{today}.db"));
        make("rosterd-2020-01-02-023000.db");
        make("notes.txt");
        assert_eq!(prune(folder.path(), 14).unwrap(), (1, 2));
        assert!(folder.path().join("notes.txt").exists(), "nobody else's file");
    }
}
