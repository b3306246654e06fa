//! The control socket: how the command line talks to the running daemon.
//!
//! A client connects to `DIR/data/control.sock` (mode 0600), sends one [`Request`] as a JSON line and reads
//! [`Frame`]s, one JSON line each, until `end` or `error`. A [`Desk`] answers; the same trait answers for a store
//! opened read-only where no daemon runs, so the command line has one way of asking.
//!
//! *Architecture invariant:* nothing here knows what a verb means. [`requests`] holds the arguments of every verb,
//! the daemon holds the answers.
//!
//! Files travel too ([`spool`]): a request that names their `upload` length is followed by so many bytes, and a
//! [`Frame::File`] by as many as it says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::report::text::Text;
use crate::report::text::errors::Told;
use spool::Spooled;

pub mod asker;
pub mod client;
pub mod path_text;
pub mod requests;
pub mod server;
pub mod spool;

/// The longest request line the daemon reads; a longer one is refused.
pub const REQUEST_BYTES_MAX: u64 = 256 * 1024;

/// How long a client may take to say what it wants: one that stays silent must not keep a place from the others.
pub const REQUEST_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
/// How long a client that sends a file may send nothing of it: it reads it from a slow share, or stands still for good.
pub const UPLOAD_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

/// A client that takes or gives nothing for so long loses its place where all are taken. Where there is room it may stand
/// still for hours, as a pager does.
pub const STANDSTILL_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Clients served at once; a further one waits until another is done.
pub const CLIENTS_MAX: usize = 16;

/// Frames on their way to one client. A desk that is faster than its client waits.
pub const FRAMES_WAITING_MAX: usize = 64;

/// What a verb came to; also the exit status of the command line (CONTRACT.md, command line).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// Not reachable, or not acknowledged in time.
    Unreachable = 3,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// From a number on the wire; anything unknown is a failure.
    pub fn from_code(code: u8) -> Exit {
        match code {
            0 => Exit::Done,
            2 => Exit::Usage,
            3 => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }
}

impl Serialize for Exit {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u8(self.code())
    }
}

impl<'de> Deserialize<'de> for Exit {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Exit, D::Error> {
        u8::deserialize(d).map(Exit::from_code)
    }
}

/// One question: `{"verb":"findings","args":{…},"who":"wang"}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    pub verb: String,
    /// The verb's struct in [`requests`].
    #[serde(default)]
    pub args: Value,
    /// The account that asks, for the access log, as it says itself: see [`asker`]. The socket admits only its owner and root.
    #[serde(default)]
    pub who: String,
    /// Bytes of a file that follow the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<u64>,
    /// Where the server laid them down.
    #[serde(skip)]
    pub received: Option<Arc<Spooled>>,
}

impl Request {
    /// `args` is the verb's own struct in [`requests`].
    pub fn new<A: requests::Ask>(args: &A, who: &str) -> Request {
        let args = serde_json::to_value(args).expect("the structs in requests hold only strings, numbers and flags");
        Request { verb: A::VERB.to_owned(), args, who: who.to_owned(), upload: None, received: None }
    }

    /// The arguments as the verb's struct. Errors where a field has another shape than the struct says.
    pub fn args<A: DeserializeOwned>(&self) -> Result<A> {
        let args = if self.args.is_null() { Value::Object(Default::default()) } else { self.args.clone() };
        serde_json::from_value(args).or_say(format!("reading what was asked of '{}'", self.verb))
    }
}

/// How far a long piece of work is. `total` is 0 while nobody knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: u64,
    #[serde(default)]
    pub total: u64,
    /// A catalogue key `progress-…` without its prefix, or a plain word.
    #[serde(default)]
    pub what: String,
}

/// What went wrong, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub what: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    pub exit: Exit,
}

/// The content of a file that travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub bytes: u64,
    /// blake3, hexadecimal.
    pub hash: String,
    /// Where it lies at the daemon.
    #[serde(skip)]
    pub spooled: Option<Arc<Spooled>>,
}

impl Content {
    /// What lies in the spool now.
    pub fn of(spooled: Spooled) -> Result<Content> {
        let file = std::fs::File::open(spooled.path()).or_say_at("reading the file", spooled.path())?;
        let mut hash = blake3::Hasher::new();
        let bytes = std::io::copy(&mut &file, &mut hash).or_say_at("reading the file", spooled.path())?;
        Ok(Content { bytes, hash: hash.finalize().to_string(), spooled: Some(Arc::new(spooled)) })
    }
}

/// One line of an answer. `end` and `error` are the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    /// One object of the answer, printed as it is by `--json`.
    Row(Value),
    Progress(Progress),
    /// A sentence for stderr.
    Hint(String),
    /// A file for the one who asked; its bytes follow the line.
    File(Content),
    End {
        exit: Exit,
    },
    Error(Failure),
}

impl Frame {
    /// `row` as a frame. A type that cannot be JSON is a mistake of its author, seen in the first test that sends it.
    pub fn row<T: Serialize>(row: &T) -> Frame {
        Frame::Row(serde_json::to_value(row).expect("a row is made of fields that JSON has"))
    }

    pub fn progress(done: u64, total: u64, what: impl Into<String>) -> Frame {
        Frame::Progress(Progress { done, total, what: what.into() })
    }

    /// `error` with its whole chain in the words of `text`; the answer ends with `exit`.
    pub fn error(text: &Text, error: &Error, exit: Exit) -> Frame {
        let Told { what, because, hint } = text.error(error);
        Frame::Error(Failure { what, because, hint, exit })
    }
}

/// Whoever answers requests: the daemon, or a store opened read-only.
///
/// `handle` may take long and may block. `out` gives `false` once the client has gone; work done for the client
/// alone should stop then. What `handle` returns becomes the `end` frame, unless it sent that or a [`Frame::Error`]
/// itself.
pub trait Desk: Send + Sync {
    fn handle(&self, request: Request, out: &mut dyn FnMut(Frame) -> bool) -> Exit;
}

/// A path that fits the 108 bytes of a socket address: itself, or the same file through an open directory.
struct SocketPath {
    path: PathBuf,
    /// Keeps `/proc/self/fd/N` meaning the directory.
    _directory: Option<std::fs::File>,
}

/// Bytes of a Unix socket address, less the closing zero (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

impl SocketPath {
    fn of(path: &Path) -> Result<SocketPath> {
        use std::os::fd::AsRawFd;
        if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
            return Ok(SocketPath { path: path.to_owned(), _directory: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::new("a control socket needs a folder").at(path));
        };
        let directory = std::fs::File::open(folder).or_say_at("opening the data folder", folder)?;
        let path = Path::new("/proc/self/fd").join(directory.as_raw_fd().to_string()).join(name);
        Ok(SocketPath { path, _directory: Some(directory) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_lines_the_contract_of_the_socket_names() {
        let line = |frame: Frame| serde_json::to_string(&frame).unwrap();
        assert_eq!(line(Frame::Row(serde_json::json!({"a": 1}))), r#"{"row":{"a":1}}"#);
        assert_eq!(line(Frame::progress(1, 2, "lines")), r#"{"progress":{"done":1,"total":2,"what":"lines"}}"#);
        assert_eq!(line(Frame::Hint("h".into())), r#"{"hint":"h"}"#);
        assert_eq!(line(Frame::End { exit: Exit::Done }), r#"{"end":{"exit":0}}"#);
        let error = Error::new("opening the store").because("disk full").hint("make room");
        assert_eq!(
            line(Frame::error(&Text::new(crate::settings::Language::English), &error, Exit::Failed)),
            r#"{"error":{"what":"opening the store","because":["disk full"],"hint":"make room","exit":1}}"#
        );
    }

    #[test]
    fn a_request_without_arguments_reads_as_all_defaults() {
        let request: Request = serde_json::from_str(r#"{"verb":"findings"}"#).unwrap();
        let args: requests::Findings = request.args().unwrap();
        assert_eq!(args, requests::Findings::default());
    }
}
