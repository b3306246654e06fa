//! The nightly backup: a copy, the proof that it can be restored, and what is older goes.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::owner::KeptOwner;
use super::session::Session;
use super::{Failed, Outcome, view};
use crate::daemon::control::client::{Parcels, Target};
use crate::daemon::control::{Exit, requests};
use crate::domain::date::office_time;
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
            let text = session.screen.text();
            requests::BackupReport { file: None, error: Some(text.error(&failed.error).joined(text.comma())) }
        }
    };
    // What is told is for the alarms; a store that cannot be written has told its own.
    let told = session.row(&report, false);
    let (mut row, exit) = outcome?;
    told?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let (kept, removed) = prune(&folder, settings.backup.keep_days, Timestamp::now())?;
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
    let path = folder.join(format!("{PREFIX}{}{ENDING}", stamp(Timestamp::now())));
    let ask = requests::Backup { file: path.clone(), prove: true };
    let parcels = Parcels { target: Some(Target { path, replaces: false }), ..Parcels::default() };
    session.row_with(&ask, &parcels, false)
}

/// Removes backups older than `days`, and always leaves the newest `days` of them: a clock that leapt makes them all old
/// in one night. Gives how many are left, and how many went.
fn prune(folder: &Path, days: u32, now: Timestamp) -> Result<(usize, usize)> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).or_say_at("reading a folder", folder)? {
        let entry = entry.or_say_at("reading a folder", folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(stamp) = stamp_in(&name) {
            found.push((stamp.to_owned(), entry.path()));
        }
    }
    found.sort();
    let oldest = stamp(now - jiff::SignedDuration::from_hours(24 * i64::from(days)));
    let count = found.len();
    let old: Vec<PathBuf> = found
        .into_iter()
        .take(count.saturating_sub(days as usize))
        .filter(|(stamp, _)| *stamp < oldest)
        .map(|(_, path)| path)
        .collect();
    for path in &old {
        fs::remove_file(path).or_say_at("removing an old backup", path)?;
    }
    Ok((count - old.len(), old.len()))
}

/// The stamp in the name of a nightly backup. Any other name is of somebody else's: `rosterd-2026-05-01.db` may be the copy
/// that a person made by hand before an update.
fn stamp_in(name: &str) -> Option<&str> {
    let stamp = name.strip_prefix(PREFIX)?.strip_suffix(ENDING)?;
    let read = DateTime::strptime(STAMP, stamp).ok()?;
    // Read leniently, written in one way only.
    (read.strftime(STAMP).to_string() == stamp).then_some(stamp)
}

fn stamp(at: Timestamp) -> String {
    office_time(at).strftime(STAMP).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A backup of each of these nights, and what the folder holds.
    fn nights(folder: &Path, nights: &[&str]) -> usize {
        for night in nights {
            fs::write(folder.join(format!("rosterd-{night}-023000.db")), "x").unwrap();
        }
        fs::read_dir(folder).unwrap().count()
    }

    fn at(night: &str) -> Timestamp {
        format!("{night}T02:30:00+08:00").parse().unwrap()
    }

    #[test]
    fn old_backups_go_and_so_many_stay_however_old() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("notes.txt"), "x").unwrap();
        nights(folder, &["2020-01-01", "2020-01-02", "2020-01-03"]);
        assert_eq!(prune(folder, 3, at("2026-04-01")).unwrap(), (3, 0), "it is all there is");
        nights(folder, &["2026-03-31", "2026-04-01"]);
        assert_eq!(prune(folder, 3, at("2026-04-01")).unwrap(), (3, 2));
        assert!(folder.join("rosterd-2020-01-03-023000.db").exists());
        assert!(folder.join("notes.txt").exists(), "nobody else's file");
        assert_eq!(nights(folder, &["2026-03-28", "2026-03-29", "2026-03-30"]), 7);
        assert_eq!(prune(folder, 3, at("2026-04-01")).unwrap(), (4, 2), "of the same age as the setting: it stays");
    }

    #[test]
    fn what_a_person_put_beside_them_stays() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let own = [
            "rosterd-2020-01-01.db",
            "rosterd-2020-01-01-before-update.db",
            "rosterd-2020-1-1-023000.db",
            "rosterd-2020-01-01-023000-kept.db",
            "rosterd-2020-13-01-023000.db",
            "rosterd-.db",
            "rosterd-old.db",
        ];
        own.iter().for_each(|name| fs::write(folder.join(name), "x").unwrap());
        nights(folder, &["2020-01-01", "2026-03-31", "2026-04-01"]);
        assert_eq!(prune(folder, 2, at("2026-04-01")).unwrap(), (2, 1), "they are neither counted nor removed");
        assert!(own.iter().all(|name| folder.join(name).exists()));
        assert!(!folder.join("rosterd-2020-01-01-023000.db").exists());
    }

    #[test]
    fn one_night_in_another_century_takes_away_what_was_due_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        nights(folder, &["2026-03-29", "2026-03-30", "2026-03-31"]);
        nights(folder, &["2066-04-01"]);
        assert_eq!(prune(folder, 3, at("2066-04-01")).unwrap(), (3, 1));
        nights(folder, &["2026-04-02"]);
        assert_eq!(prune(folder, 3, at("2026-04-02")).unwrap(), (4, 0));
        nights(folder, &["1970-01-01"]);
        assert_eq!(prune(folder, 3, at("1970-01-01")).unwrap(), (5, 0));
    }
}
