//! The settings file as it is written: everything may be absent, nothing may be unknown.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Guard, Language, Limits, LogFormat, LogLevel, Mode, Parameters, SourceKind, Sync};
use crate::domain::List;

/// One file. Sections that are only numbers carry their defaults themselves.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fragment {
    pub node: Node,
    pub store: Store,
    pub parent: Parent,
    pub listen: Listen,
    pub source: Vec<Source>,
    pub intake: Limits,
    pub guard: Guard,
    pub rules: Parameters,
    pub sync: Sync,
    pub log: Log,
    pub backup: Backup,
    pub metrics: Metrics,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Text, so that a code written as a number gets an error that says what to write.
    pub area: Option<toml::Value>,
    pub name: Option<String>,
    pub dir: Option<PathBuf>,
    pub language: Option<Language>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    pub key_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parent {
    pub url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    pub addr: Option<String>,
    pub advertise: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    pub name: Option<String>,
    pub kind: Option<SourceKind>,
    pub path: Option<PathBuf>,
    pub table: Option<String>,
    pub query: Option<String>,
    pub list: Option<List>,
    pub area: Option<toml::Value>,
    pub mode: Option<Mode>,
    pub poll_secs: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub dir: Option<PathBuf>,
    pub format: Option<LogFormat>,
    pub level: Option<LogLevel>,
    pub keep_months: Option<u32>,
    pub access_years: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    pub dir: Option<PathBuf>,
    pub keep_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    pub listen: Option<String>,
}
