//! What an office sets: a file of options ([`fragment`]) over the defaults, checked once, then never again.
//!
//! The commented sample `config/rosterd.toml` is the documentation; a test reads it. `init` writes the same text
//! with the office's own values in it ([`sample`]).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{Area, Level, List};
use crate::error::{Context, Error, Result};

mod check;
pub mod file_name;
mod fragment;
mod limits;
pub mod sample;
mod slip;

pub use crate::rules::Parameters;
pub use check::{BATCH_BYTES_MAX, BATCH_ITEMS_MAX, NAME_CHARS_MAX, is_address, is_name, parent_url};
pub use limits::Limits;

/// The language of sentences for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    #[serde(rename = "en")]
    English,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Chinese, Language::English];

    pub fn as_str(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }

    /// From a locale such as `zh_CN.UTF-8`. Anything that is not Chinese reads English.
    pub fn of_locale(locale: &str) -> Language {
        if locale.to_ascii_lowercase().starts_with("zh") { Language::Chinese } else { Language::English }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A folder and all below it.
    Folder,
    /// One file, any spreadsheet or CSV.
    File,
    /// A table or query of a SQLite database, opened read-only.
    Sqlite,
}

/// What a source's content means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything the list says; a line that is gone was removed.
    #[default]
    Snapshot,
    /// Additions; a line that is not in it says nothing.
    Append,
}

/// What is read from a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    Table(String),
    Query(String),
}

/// One watched source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What people call it: as set, else the last part of its path.
    pub name: String,
    pub kind: SourceKind,
    /// Absolute.
    pub path: PathBuf,
    /// Given for `sqlite`, and only there.
    pub selection: Option<Selection>,
    /// `None`: recognised from the header row.
    pub list: Option<List>,
    /// `None`: from a column, the sheet, the title row, the file or folder name, else the node's own.
    pub area: Option<Area>,
    pub mode: Mode,
    /// Looks again this often, for network folders that send no notice; `None` relies on notices and the rescan.
    pub poll_secs: Option<u64>,
}

impl Source {
    /// The folder that its files lie in.
    pub fn folder(&self) -> &Path {
        match self.kind {
            SourceKind::Folder => &self.path,
            SourceKind::File | SourceKind::Sqlite => self.path.parent().unwrap_or(Path::new("/")),
        }
    }
}

/// The deletion guard (DOMAIN.md R3): a snapshot that would remove more than both is held for a person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guard {
    /// Share of the list's active lines, 0 to 1.
    pub removed_share_max: f64,
    /// Lines that may always go, so that a small list is not held for one family that moved.
    pub removed_lines_floor: u64,
}

impl Default for Guard {
    fn default() -> Guard {
        Guard { removed_share_max: 0.05, removed_lines_floor: 10 }
    }
}

/// The link to the parent and to children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    /// Things in one batch. 5,000 entries commit in about 40 ms with `synchronous=FULL`; more gains nothing.
    pub batch_items_max: u64,
    /// Before compression. After it a MiB is some 150 kB: 20 s on a 64 kbit/s line.
    pub batch_bytes_max: u64,
    /// First wait after a failed contact; it grows, with jitter, up to the other.
    pub retry_secs_min: u64,
    pub retry_secs_max: u64,
}

impl Default for Sync {
    fn default() -> Sync {
        Sync { batch_items_max: 5_000, batch_bytes_max: 1 << 20, retry_secs_min: 1, retry_secs_max: 900 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// Mismatch log and operating log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Absolute; `DIR/data/log` unless set.
    pub dir: PathBuf,
    pub format: LogFormat,
    pub level: LogLevel,
    /// Monthly files older than this may go. At least 6: network logs are kept half a year (DOMAIN.md 7).
    pub keep_months: u32,
    /// Who looked at whom is kept this many years, never fewer than 3 (PIPL 56).
    pub access_years: u32,
}

/// The nightly backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Absolute; `DIR/backup` unless set.
    pub dir: PathBuf,
    /// Older ones go, where so many newer ones are there.
    pub keep_days: u32,
}

/// All settings, checked. Paths are absolute.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The file they were read from.
    pub file: PathBuf,
    pub dir: PathBuf,
    pub area: Area,
    pub name: String,
    pub language: Language,
    /// The key of the store, absolute; `None` leaves it to systemd's credentials, else the store is plain.
    pub key_file: Option<PathBuf>,
    /// `https://host:port` of the parent; after `join` the link's own files say more.
    pub parent_url: Option<String>,
    /// Where children come to; `None` for a node without children.
    pub listen: Option<SocketAddr>,
    /// `host:port` under which children reach `listen`, for join codes.
    pub advertise: Option<String>,
    /// At least one: `DIR/inbox` where none is set.
    pub sources: Vec<Source>,
    pub intake: Limits,
    pub guard: Guard,
    pub rules: Parameters,
    pub sync: Sync,
    pub log: Log,
    pub backup: Backup,
    /// Local address of `/metrics`, `/healthz` and `/readyz`.
    pub metrics_listen: Option<SocketAddr>,
}

impl Settings {
    /// Reads and checks `file`.
    ///
    /// # Errors
    /// Name the file, the key, and what is allowed there.
    pub fn read(file: &Path) -> Result<Settings> {
        let file = std::path::absolute(file).or_say_at("reading the settings", file)?;
        let text = std::fs::read_to_string(&file).map_err(|error| {
            let is_text = error.kind() != std::io::ErrorKind::InvalidData;
            let error = Error::new("reading the settings").at(&file).because(error);
            if is_text { error } else { error.hint("save it in the encoding UTF-8") }
        })?;
        Settings::parse(&text, &file)
    }

    /// Checks `text` as the content of `file`, an absolute path that need not exist.
    pub fn parse(text: &str, file: &Path) -> Result<Settings> {
        let teach = |error: Error| {
            error
                .at(file)
                .hint("the commented sample /etc/rosterd/rosterd.toml.sample, or 'rosterd init', shows every key")
        };
        let fragment: fragment::Fragment = toml::from_str(text)
            .map_err(|error| teach(Error::new("reading the settings").because(slip::slip(text, &error))))?;
        check::settings(fragment, file).map_err(|fault| teach(Error::new(fault.to_string())))
    }

    pub fn level(&self) -> Level {
        self.area.level()
    }

    /// Words of the office's own for headers, cells and areas.
    pub fn lists_dir(&self) -> PathBuf {
        self.dir.join("lists")
    }

    /// Our own files; only the account of the service reads here.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Watched where no source is set.
    pub fn inbox(&self) -> PathBuf {
        self.dir.join("inbox")
    }

    /// The folders among the sources, in their order.
    pub fn folders(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.kind == SourceKind::Folder)
    }

    /// The watched folder that a file lies in, and what the file is called there. A path that climbs out again lies in none.
    pub fn watched(&self, file: &Path) -> Option<(&Source, String)> {
        self.folders().find_map(|source| {
            let inside = file.strip_prefix(&source.path).ok()?;
            let climbs = inside.components().any(|part| part == std::path::Component::ParentDir);
            (!climbs).then(|| (source, file_name::shown(inside)))
        })
    }

    /// Keys and certificates of the link.
    pub fn link_dir(&self) -> PathBuf {
        self.data_dir().join("link")
    }

    pub fn control_socket(&self) -> PathBuf {
        self.data_dir().join("control.sock")
    }

    pub fn store_file(&self) -> PathBuf {
        self.data_dir().join("rosterd.db")
    }
}

#[cfg(test)]
mod tests;
