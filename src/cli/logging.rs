//! The operating log: to the journal under systemd, else to stderr and a monthly-kept file of each day.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use super::view;
use crate::domain::Date;
use crate::error::{Context, Result};
use crate::settings::{LogFormat, LogLevel, Settings};

/// Lines that may wait for a slow disk; those beyond are left out, as no work may wait for a log. Room for all of them is
/// taken at once, 32 bytes each.
const WAITING_LINES_MAX: usize = 4_096;

/// Overrides `[log] level`, in the words of tracing: `ROSTERD_LOG=debug,rosterd::sync=trace`.
const OVERRIDE: &str = "ROSTERD_LOG";

/// Days in the longest month, for the appender counts days.
const DAYS_IN_MONTH_MAX: usize = 31;

/// The log of this process.
pub struct Log {
    /// Held until the end: what is still on its way to the file goes out when it is dropped.
    _guard: Option<WorkerGuard>,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// From now on only what is of this level is told.
    pub fn set_level(&self, level: LogLevel) {
        // It fails only where the log is gone, and then there is nobody to tell.
        let _ = self.filter.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    let told = std::env::var(OVERRIDE).ok().filter(|text| !text.is_empty());
    // Other people's crates speak up only when something is wrong, unless debugging.
    let told = told.unwrap_or_else(|| match level {
        LogLevel::Debug | LogLevel::Trace => level.as_str().to_owned(),
        level => format!("warn,rosterd={}", level.as_str()),
    });
    EnvFilter::builder().with_default_directive(LevelFilter::from_level(Level::INFO).into()).parse_lossy(told)
}

/// Starts the log of this process. Keep what is returned until the process ends.
///
/// # Errors
/// Where the folder of the log cannot be written.
pub fn start(settings: &Settings) -> Result<Log> {
    let (level, filter) = reload::Layer::new(filter(settings.log.level));
    if stderr_is_the_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        Registry::default().with(level).with(journal).init();
        return Ok(Log { _guard: None, filter });
    }
    let folder = &settings.log.dir;
    std::fs::create_dir_all(folder).or_say_at("making the log folder", folder)?;
    let files = DailyFile::open(folder, settings.log.keep_months as usize * DAYS_IN_MONTH_MAX, view::today())
        .or_say_at("opening the operating log", folder)?;
    let (files, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES_MAX).finish(files);
    let (to_stderr, to_file) = match settings.log.format {
        LogFormat::Text => (
            tracing_subscriber::fmt::layer()
                .with_ansi(super::screen::takes_colours(&std::io::stderr()))
                .with_writer(std::io::stderr)
                .boxed(),
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(files).boxed(),
        ),
        LogFormat::Json => (
            tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).boxed(),
            tracing_subscriber::fmt::layer().json().with_writer(files).boxed(),
        ),
    };
    Registry::default().with(level).with(to_stderr.and_then(to_file)).init();
    Ok(Log { _guard: Some(guard), filter })
}

const PREFIX: &str = "rosterd.";
const ENDING: &str = ".log";

/// `rosterd.2026-12-01.log` of each day of the office's clock; those before the last `kept` go.
struct DailyFile {
    folder: PathBuf,
    kept: usize,
    day: Date,
    file: File,
}

impl DailyFile {
    fn open(folder: &Path, kept: usize, day: Date) -> io::Result<DailyFile> {
        let path = folder.join(format!("{PREFIX}{day}{ENDING}"));
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let log = DailyFile { folder: folder.to_owned(), kept, day, file };
        log.prune();
        Ok(log)
    }

    /// What cannot be removed is tried again the next day.
    fn prune(&self) {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut days: Vec<(Date, PathBuf)> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let day = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(ENDING)?;
                Some((day.parse().ok()?, entry.path()))
            })
            .collect();
        days.sort();
        let old = days.len().saturating_sub(self.kept);
        days.drain(..old).for_each(|(_, path)| drop(std::fs::remove_file(path)));
    }

    fn turn_to(&mut self, day: Date) -> io::Result<()> {
        if self.day != day {
            *self = DailyFile::open(&self.folder, self.kept, day)?;
        }
        Ok(())
    }
}

impl Write for DailyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn_to(view::today())?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// systemd says in `JOURNAL_STREAM` which device and inode stderr has when it goes to the journal
/// (systemd.exec(5)); a shell started from a service inherits the variable but not the stream.
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_a_file_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let day = |day: i8| Date::constant(2026, 12, day);
        std::fs::write(folder.path().join("rosterd.txt"), "somebody else's").unwrap();
        let mut log = DailyFile::open(folder.path(), 2, day(1)).unwrap();
        for today in [1, 2, 2, 3] {
            log.turn_to(day(today)).unwrap();
            log.file.write_all(b"x\n").unwrap();
        }
        let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["rosterd.2026-12-02.log", "rosterd.2026-12-03.log", "rosterd.txt"]);
        assert_eq!(std::fs::read(folder.path().join("rosterd.2026-12-02.log")).unwrap(), b"x\nx\n");
    }
}
