//! When to look at a folder, and which of its files are still enough to be read.
//!
//! A watch event is only a hint that something may have changed; what is there is always told by [`scan`]. So a lost
//! event, a network folder that sends none, and a file written in ten pieces are all the same case.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::domain::Date;
use crate::domain::date::office_time;
use crate::error::{Context as _, Error};
use crate::settings::file_name::{real_path, shown_name};

use super::container::is_lock_name;
use super::vocabulary::Vocabulary;
use crate::intake::labels::stated::{day_of_list, stated_on};

/// Folders below the watched one; deeper ones are not looked into.
const DEPTH_MAX: usize = 16;
/// Files of one watched folder; what is beyond is reported as not looked at.
const FILES_MAX: usize = 20_000;
/// A file that says to be of before this day does not know when it was saved.
const SAVED_FIRST: Date = Date::constant(2000, 1, 1);
/// Endings of files that a browser, a mail program or a copy is still writing.
const UNFINISHED: [&str; 6] = [".tmp", ".part", ".crdownload", ".download", ".filepart", ".swp"];

/// One file as a look at the folder saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Relative to the watched folder, with `/`.
    pub rel_path: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl Seen {
    /// The day on which it was saved; `today` where its time tells of none: a database has none, some programs that unpack
    /// write the first day of their calendar, and no file is of a day to come.
    pub fn saved_on(&self, today: Date) -> Date {
        let saved = Timestamp::try_from(self.modified).map_or(today, |at| office_time(at).date());
        if (SAVED_FIRST..=today).contains(&saved) { saved } else { today }
    }
}

/// What a folder held at one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// In the order of their paths.
    pub files: Vec<Seen>,
    /// Folders and files below that could not be looked at: nothing may be concluded from what is missing there.
    pub unreadable: Vec<String>,
}

/// Looks at `dir` and below. Lock files, dot files, unfinished downloads, and links that lead out of the folder are
/// left out. An error where the folder itself cannot be read (a share that is away).
pub fn scan(dir: &Path) -> Result<Scan, Error> {
    let away = |e: std::io::Error| Error::new("looking at a watched folder").at(dir).because(e);
    let root = dir.canonicalize().map_err(away)?;
    let mut scan = Scan::default();
    let mut folders = vec![(root.clone(), String::new(), 0)];
    while let Some((folder, rel, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(away(error)),
            Err(_) => {
                scan.unreadable.push(rel);
                continue;
            }
        };
        for entry in entries {
            let Ok(entry) = entry else {
                scan.unreadable.push(rel.clone());
                continue;
            };
            let name = shown_name(&entry.file_name());
            if is_passed_over(&name) {
                continue;
            }
            let rel_path = if rel.is_empty() { name } else { format!("{rel}/{name}") };
            match look(&entry.path(), &root) {
                Look::Folder if depth < DEPTH_MAX => folders.push((entry.path(), rel_path, depth + 1)),
                Look::File(..) if is_hidden_by_another(&root, &rel_path, &entry.path()) => {
                    // By the bytes of its name: as it reads, it is called like the one that is looked at.
                    scan.unreadable.push(entry.file_name().to_string_lossy().into_owned())
                }
                Look::File(bytes, modified) if scan.files.len() < FILES_MAX => {
                    scan.files.push(Seen { rel_path, bytes, modified })
                }
                Look::Outside | Look::Special => {}
                Look::Folder | Look::File(..) | Look::Unreadable => scan.unreadable.push(rel_path),
            }
        }
    }
    scan.files.sort_by(|a, b| a.rel_path.cmp(&b.rel_path));
    scan.unreadable.sort();
    Ok(scan)
}

/// Looks at one file that is named by itself. One that is not there yet is no error; its folder must be.
pub fn look_at(path: &Path) -> Result<Scan, Error> {
    let away = |e: std::io::Error| Error::new("looking at a watched file").at(path).because(e);
    let rel_path = shown_name(path.file_name().unwrap_or_default());
    let mut scan = Scan::default();
    match fs::metadata(path).and_then(|meta| Ok((meta.is_file(), meta.len(), meta.modified()?))) {
        Ok((true, bytes, modified)) => scan.files.push(Seen { rel_path, bytes, modified }),
        Ok((false, ..)) => scan.unreadable.push(rel_path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.parent().is_some_and(Path::is_dir) => {}
        Err(error) => return Err(away(error)),
    }
    Ok(scan)
}

/// Whether another file is found where this one is looked for: one name in two encodings reads the same.
fn is_hidden_by_another(root: &Path, rel_path: &str, path: &Path) -> bool {
    path.to_str().is_none() && real_path(root, rel_path) != path
}

fn is_passed_over(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with('.')
        || is_lock_name(name)
        || name.eq_ignore_ascii_case("thumbs.db")
        || name.eq_ignore_ascii_case("desktop.ini")
        || UNFINISHED.iter().any(|ending| lower.ends_with(ending))
}

enum Look {
    File(u64, SystemTime),
    Folder,
    /// A link that leads out of the watched folder.
    Outside,
    /// A device, a socket, a pipe.
    Special,
    /// Gone since it was listed, or closed to us.
    Unreadable,
}

fn look(path: &Path, root: &Path) -> Look {
    let Ok(link) = fs::symlink_metadata(path) else { return Look::Unreadable };
    let meta = if link.is_symlink() {
        match path.canonicalize() {
            // A link to a folder could lead in circles; files inside the folder are listed where they are.
            Ok(target) if target.starts_with(root) && target.is_file() => fs::metadata(path),
            Ok(_) => return Look::Outside,
            Err(_) => return Look::Unreadable,
        }
    } else {
        Ok(link)
    };
    match meta {
        Ok(meta) if meta.is_dir() => Look::Folder,
        Ok(meta) if meta.is_file() => {
            meta.modified().map_or(Look::Unreadable, |modified| Look::File(meta.len(), modified))
        }
        Ok(_) => Look::Special,
        Err(_) => Look::Unreadable,
    }
}

/// Remembers the looks at one folder and tells which files have come to rest: equal size and time over two looks that
/// lie at least the settling time apart.
#[derive(Debug, Default)]
pub struct Settling {
    looks: HashMap<String, (Seen, Instant)>,
}

impl Settling {
    /// The files of this look that have been still for as long as `settle`. Each is given at every look as long as it
    /// stays so; whether it was read already is the caller's to know.
    pub fn still(&mut self, scan: &Scan, settle: Duration, now: Instant) -> Vec<Seen> {
        let mut looks = HashMap::with_capacity(scan.files.len());
        let mut still = Vec::new();
        for seen in &scan.files {
            let since = match self.looks.get(&seen.rel_path) {
                Some((before, since)) if before == seen => *since,
                _ => now,
            };
            if now.saturating_duration_since(since) >= settle && self.looks.contains_key(&seen.rel_path) {
                still.push(seen.clone());
            }
            looks.insert(seen.rel_path.clone(), (seen.clone(), since));
        }
        self.looks = looks;
        still
    }
}

/// Something may have changed in this watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub dir: PathBuf,
}

/// Watches one folder until dropped.
pub struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Sends a hint for every change; a file being written is a hundred of them, so that whoever listens waits a moment
    /// and takes all. A full channel drops the hint: one that nobody has taken yet is in it, and the rescan timer looks
    /// anyway. `below`: also in the folders below.
    pub fn start(dir: &Path, below: bool, hints: mpsc::Sender<Hint>) -> Result<Watch, Error> {
        let hint = Hint { dir: dir.to_owned() };
        let handler = move |result: notify::Result<Event>| {
            // Reading a file ourselves is an access event: following those would read for ever. An error, such as a
            // queue that ran over, means look at everything, which a hint does.
            let changed = match &result {
                Ok(event) => event.need_rescan() || !matches!(event.kind, EventKind::Access(_)),
                Err(_) => true,
            };
            if changed {
                let _ = hints.try_send(hint.clone());
            }
        };
        let watching = "watching a folder";
        let mut watcher = notify::recommended_watcher(handler).or_say_at(watching, dir)?;
        let mode = if below { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher.watch(dir, mode).map_err(|e| {
            let out = matches!(e.kind, notify::ErrorKind::MaxFilesWatch);
            let error = Error::new(watching).at(dir).because(e);
            if out { error.hint("raise fs.inotify.max_user_watches, or leave it to the rescan timer") } else { error }
        })?;
        Ok(Watch { _watcher: watcher })
    }
}

/// Files that came together, in the order in which they are true: by the month that their names state, with or without a
/// year, those without one last, as they stand for now; of equals the one saved last counts. What tells only of changes
/// (新增人口) comes behind the list that it changes, or would be taken for it.
pub fn in_order(files: &mut [Seen], today: Date, vocabulary: &Vocabulary) {
    files.sort_by_cached_key(|seen| {
        let stated = stated_on([seen.rel_path.as_str()].into_iter(), today);
        let stated = day_of_list(stated, &seen.rel_path, seen.saved_on(today), today);
        let is_of_changes = vocabulary.parts.of(&seen.rel_path).is_of_changes;
        (stated.is_none(), stated, is_of_changes, seen.modified, seen.rel_path.clone())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(scan: &Scan) -> Vec<&str> {
        scan.files.iter().map(|seen| seen.rel_path.as_str()).collect()
    }

    #[test]
    fn files_that_came_together_are_read_in_the_order_of_the_months_they_state() {
        let seen = |(secs, path): (u64, &str)| Seen {
            rel_path: path.to_owned(),
            bytes: 1,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(secs),
        };
        let mut files =
            [(4, "人口.csv"), (3, "2026年3月人口.csv"), (1, "名单.csv"), (9, "202602/人口.csv"), (2, "2026年3月.csv")]
                .map(seen);
        let vocabulary = Vocabulary::load(None).unwrap();
        in_order(&mut files, Date::constant(2026, 4, 2), &vocabulary);
        let paths = files.iter().map(|seen| seen.rel_path.as_str()).collect::<Vec<_>>();
        assert_eq!(paths, ["202602/人口.csv", "2026年3月.csv", "2026年3月人口.csv", "名单.csv", "人口.csv"]);
        let mut files =
            [(9, "1月人口.csv"), (8, "二月人口.csv"), (7, "3月/人口.csv"), (6, "12月人口.csv"), (5, "名单.csv")]
                .map(seen);
        in_order(&mut files, Date::constant(2026, 4, 2), &vocabulary);
        let paths = files.iter().map(|seen| seen.rel_path.as_str()).collect::<Vec<_>>();
        assert_eq!(paths, ["12月人口.csv", "1月人口.csv", "二月人口.csv", "3月/人口.csv", "名单.csv"]);
        let mut files = [(1, "新 增人口.csv"), (2, "人口.csv")].map(seen);
        in_order(&mut files, Date::constant(2026, 4, 2), &vocabulary);
        assert_eq!(files[0].rel_path, "人口.csv", "or the new ones would be the register, and the register wait");
    }

    #[test]
    fn a_file_that_does_not_know_when_it_was_saved_is_of_today() {
        let today = Date::constant(2026, 4, 2);
        // 2026-03-31 in the evening of London is the next day here.
        for (secs, want) in [(1_774_990_800, Date::constant(2026, 4, 1)), (0, today), (1_800_000_000, today)] {
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
            let seen = Seen { rel_path: "a.csv".into(), bytes: 1, modified };
            assert_eq!(seen.saved_on(today), want, "{secs}");
        }
    }

    #[test]
    fn a_look_passes_over_locks_links_out_and_half_downloads() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let put = |name: &str| fs::write(dir.path().join(name), "x").unwrap();
        fs::create_dir_all(dir.path().join("2026-04/519901001200")).unwrap();
        fs::write(outside.path().join("secret.csv"), "x").unwrap();
        for name in ["2026-04/519901001200/a.csv", "b.xls", "~$b.xls", ".~b.xls", ".hidden", "c.xlsx.part", "Thumbs.db"]
        {
            put(name);
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path().join("secret.csv"), dir.path().join("d.csv")).unwrap();
            std::os::unix::fs::symlink(outside.path(), dir.path().join("folder")).unwrap();
            std::os::unix::fs::symlink(dir.path(), dir.path().join("circle")).unwrap();
            std::os::unix::fs::symlink(dir.path().join("b.xls"), dir.path().join("e.xls")).unwrap();
        }
        assert_eq!(paths(&scan(dir.path()).unwrap()), ["2026-04/519901001200/a.csv", "b.xls", "e.xls"]);
        assert!(scan(&dir.path().join("away")).is_err());
    }

    #[test]
    fn a_file_is_read_only_when_two_looks_agree() {
        let second = Duration::from_secs(1);
        let mut settling = Settling::default();
        let mut still = |look: &Scan, now: Instant| settling.still(look, 2 * second, now);
        let start = Instant::now();
        let look = |bytes| Scan {
            files: vec![Seen { rel_path: "a.csv".into(), bytes, modified: SystemTime::UNIX_EPOCH }],
            unreadable: Vec::new(),
        };
        assert!(still(&look(10), start).is_empty());
        assert!(still(&look(20), start + 2 * second).is_empty(), "it grew");
        assert!(still(&look(20), start + 3 * second).is_empty(), "too soon");
        assert_eq!(still(&look(20), start + 4 * second).len(), 1);
        assert!(still(&look(30), start + 5 * second).is_empty(), "written again");
    }

    #[tokio::test]
    async fn a_dropped_file_is_a_hint_and_reading_it_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let (sender, mut hints) = mpsc::channel(4);
        let _watch = Watch::start(dir.path(), true, sender).unwrap();
        let path = dir.path().join("a.csv");
        fs::write(&path, "x").unwrap();
        let hint = tokio::time::timeout(Duration::from_secs(10), hints.recv()).await.unwrap().unwrap();
        assert_eq!(hint.dir, dir.path());
        tokio::time::sleep(Duration::from_millis(400)).await;
        while hints.try_recv().is_ok() {}
        fs::read(&path).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(500), hints.recv()).await.is_err());
    }
}
