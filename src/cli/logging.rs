//! The operating log: to the journal under systemd, else to stderr and a monthly-kept file of each day.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

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
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("rosterd")
        .filename_suffix("log")
        .max_log_files(settings.log.keep_months as usize * DAYS_IN_MONTH_MAX)
        .build(folder)
        .or_say_at("opening the operating log", folder)?;
    let (files, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES_MAX).finish(files);
    let (to_stderr, to_file) = match settings.log.format {
        LogFormat::Text => (
            tracing_subscriber::fmt::layer()
                .with_ansi(std::io::stderr().is_terminal())
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

/// systemd says in `JOURNAL_STREAM` which device and inode stderr has when it goes to the journal
/// (systemd.exec(5)); a shell started from a service inherits the variable but not the stream.
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}
