//! One error for everything that touches the outside: what failed, where, why, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// `what` failed at `path` because of `source`; `hint` says what a person can do.
#[derive(Debug)]
pub struct Error {
    what: String,
    path: Option<PathBuf>,
    source: Option<Cause>,
    hint: Option<String>,
    nature: Nature,
}

/// What trying again can come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Lasting,
    /// Somebody else does not answer.
    Transient,
    /// The disk is full: passes once there is room.
    Full,
    /// The store's file is damaged: only a person can help.
    Damaged,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(what: impl Into<String>) -> Error {
        Error { what: what.into(), path: None, source: None, hint: None, nature: Nature::Lasting }
    }

    pub fn at(self, path: impl Into<PathBuf>) -> Error {
        Error { path: Some(path.into()), ..self }
    }

    pub fn because(self, source: impl Into<Cause>) -> Error {
        Error { source: Some(source.into()), ..self }
    }

    pub fn hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    /// Names `to` wherever the error or what caused it names a path that begins as `from` does.
    pub fn renamed(mut self, from: &Path, to: &Path) -> Error {
        let from_bytes = from.as_os_str().as_encoded_bytes();
        self.path = self.path.map(|path| match path.as_os_str().as_encoded_bytes().starts_with(from_bytes) {
            true => to.to_owned(),
            false => path,
        });
        self.source = self.source.map(|cause| match cause.downcast::<Error>() {
            Ok(own) => Box::new(own.renamed(from, to)) as Cause,
            Err(foreign) => foreign,
        });
        self
    }

    /// Marks a failure between this node and another that may pass by itself: a link that is down, no answer in time.
    pub fn transient(self) -> Error {
        Error { nature: Nature::Transient, ..self }
    }

    /// Marks a failure for want of room on the disk.
    pub fn full(self) -> Error {
        Error { nature: Nature::Full, ..self }
    }

    /// Marks a failure of a store that cannot be trusted any more.
    pub fn damaged(self) -> Error {
        Error { nature: Nature::Damaged, ..self }
    }

    /// Whether it is another node that could not be reached or did not answer in time (CONTRACT.md, exit 3).
    pub fn is_transient(&self) -> bool {
        self.nature == Nature::Transient
    }

    pub fn is_full(&self) -> bool {
        self.nature == Nature::Full
    }

    pub fn is_damaged(&self) -> bool {
        self.nature == Nature::Damaged
    }

    /// What failed, without where: the key of the sentence in other languages.
    pub fn what(&self) -> &str {
        &self.what
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(path) = &self.path {
            write!(f, ": {}", path.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// Adds the words to a foreign error: `fs::read(p).or_say_at("reading the settings", p)?`.
pub trait Context<T> {
    fn or_say(self, what: impl Into<String>) -> Result<T>;
    fn or_say_at(self, what: impl Into<String>, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<Cause>> Context<T> for std::result::Result<T, E> {
    fn or_say(self, what: impl Into<String>) -> Result<T> {
        self.map_err(|e| Error::new(what).because(e))
    }

    fn or_say_at(self, what: impl Into<String>, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|e| Error::new(what).at(path).because(e))
    }
}
