//! One exchange with the parent, whatever carries it: HTTP over TLS, or a test's faulty memory.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::protocol::{Answer, Ask, Code, Message, Refusal};
use crate::error::Error;

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The parent said no.
    Refused(Refusal),
    /// Nothing came back, or nothing readable. Whether the parent acted is unknown.
    Broken(Error),
    /// This node's own store or files failed; the parent has no part in it.
    Own(Error),
}

impl Failure {
    pub fn code(&self) -> Option<Code> {
        match self {
            Failure::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// How long the parent asked us to stay away.
    pub fn asked_pause(&self) -> Option<Duration> {
        match self {
            Failure::Refused(refusal) => refusal.retry_secs.map(|secs| Duration::from_secs(secs.into())),
            _ => None,
        }
    }

    /// An answer that does not belong to the question.
    pub(super) fn unexpected(asked: &str) -> Failure {
        Failure::Broken(Error::new(format!("the parent gave another answer than '{asked}' asks for")).transient())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Own(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(refusal) => write!(f, "the parent refuses: {refusal}"),
            Failure::Broken(error) | Failure::Own(error) => {
                write!(f, "{error}")?;
                let mut cause = std::error::Error::source(error);
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Failure {}

/// A way to the parent.
pub trait Line: Sync {
    /// Asks once. Never repeats by itself: what a lost answer means is for the caller to know.
    fn ask(&self, ask: Message<Ask>) -> impl Future<Output = Result<Message<Answer>, Failure>> + Send;
}

/// Runs what blocks (the store, compression) beside the event loop.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}
