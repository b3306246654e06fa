//! The way to the parent over HTTP and TLS.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName};
use rustls::ClientConfig;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::credential::Credential;
use super::join_code::JoinCode;
use super::line::{Failure, Line};
use super::protocol::{Answer, Ask, Message, PROTOCOL_OLDEST, Refusal};
use super::tls;
use crate::error::{Context, Error, Result};

pub(super) const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("rosterd-protocol");
/// The slowest line that is waited for: 1 kB/s, an eighth of 64 kbit/s.
pub(super) const SLOW_BYTES_PER_SEC_MIN: u64 = 1024;
/// What one exchange may take beside the time its bytes need, and how long an answer may stop.
const EXCHANGE_SECS: u64 = 90;
const CONNECT_SECS: u64 = 15;
/// Less than the server's patience with an idle connection, so that it is the client that hangs up.
const POOL_IDLE_SECS: u64 = 20;
const KEEPALIVE_SECS: u64 = 30;
/// The longest answer: a block of symbols is some 1 MiB, all others are less.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// See the module.
#[derive(Debug)]
pub struct HttpLine {
    client: reqwest::Client,
    addresses: Vec<String>,
    /// The address that worked last.
    at: AtomicUsize,
}

impl HttpLine {
    /// As an enrolled child.
    pub fn enrolled(credential: &Credential) -> Result<HttpLine> {
        HttpLine::enrolled_at(credential, credential.addresses())
    }

    /// The same by other addresses than those in the join code.
    pub(super) fn enrolled_at(credential: &Credential, addresses: &[String]) -> Result<HttpLine> {
        HttpLine::over(tls::client(credential.authority_print(), Some(credential.tls_identity()))?, addresses)
    }

    /// As somebody who holds a join code. Nothing is sent to a server of another authority than the code names.
    pub fn joining(code: &JoinCode) -> Result<HttpLine> {
        HttpLine::over(tls::client(code.authority, None)?, &code.addresses)
    }

    pub(super) fn over(config: ClientConfig, addresses: &[String]) -> Result<HttpLine> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .https_only(true)
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(CONNECT_SECS))
            .pool_idle_timeout(Duration::from_secs(POOL_IDLE_SECS))
            .tcp_keepalive(Duration::from_secs(KEEPALIVE_SECS))
            .tcp_nodelay(true)
            .build()
            .or_say("preparing the link to the parent")?;
        Ok(HttpLine { client, addresses: addresses.to_vec(), at: AtomicUsize::new(0) })
    }

    /// `patience`: until the answer begins. How long it is nobody knows before: it may go on for as long as it comes no
    /// slower than the slowest line, and does not stop.
    async fn ask_at(&self, address: &str, name: &str, patience: Duration, body: Vec<u8>) -> Result<Reply, Unasked> {
        let request = self.client.post(format!("https://{address}/v1/{name}"));
        let request = request.header(PROTOCOL_HEADER, PROTOCOL_OLDEST).header(CONTENT_TYPE, "application/octet-stream");
        let mut response = timeout(patience, request.body(body).send()).await??;
        let (begun, mut bytes) = (Instant::now(), Vec::new());
        while let Some(chunk) = timeout_at(latest(begun, Instant::now(), bytes.len()), response.chunk()).await?? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Ok(Reply::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(if response.status().is_success() { Reply::Yes(bytes) } else { Reply::No(response.status(), bytes) })
    }
}

/// Until when the next piece of an answer is waited for, of which so many bytes have come by `now`.
fn latest(begun: Instant, now: Instant, bytes: usize) -> Instant {
    let pace = begun + Duration::from_secs(EXCHANGE_SECS + bytes as u64 / SLOW_BYTES_PER_SEC_MIN);
    pace.min(now + Duration::from_secs(EXCHANGE_SECS))
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
enum Unasked {
    #[error(transparent)]
    Broken(#[from] reqwest::Error),
    #[error("operation timed out")]
    Late(#[from] Elapsed),
}

impl Unasked {
    /// Nothing was sent.
    fn is_connect(&self) -> bool {
        matches!(self, Unasked::Broken(error) if error.is_connect())
    }

    fn without_url(self) -> Unasked {
        match self {
            Unasked::Broken(error) => Unasked::Broken(error.without_url()),
            Unasked::Late(late) => Unasked::Late(late),
        }
    }
}

/// What the layers between only repeat: why nobody answered there.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut at = error;
    while let Some(cause) = at.source() {
        at = cause;
    }
    at.to_string()
}

enum Reply {
    Yes(Vec<u8>),
    No(reqwest::StatusCode, Vec<u8>),
    TooLong,
}

impl Line for HttpLine {
    async fn ask(&self, ask: Message<Ask>) -> Result<Message<Answer>, Failure> {
        let name = ask.meta.name();
        let waiting = if let Ask::Notices { wait_secs, .. } = &ask.meta { u64::from(*wait_secs) } else { 0 };
        let body = ask.to_bytes();
        let patience = Duration::from_secs(EXCHANGE_SECS + waiting + body.len() as u64 / SLOW_BYTES_PER_SEC_MIN);
        let first = self.at.load(Ordering::Relaxed);
        for turn in 0..self.addresses.len() {
            let at = (first + turn) % self.addresses.len();
            let address = &self.addresses[at];
            let reply = match self.ask_at(address, name, patience, body.clone()).await {
                // Nobody there: nothing was sent, the next address may be asked.
                Err(error) if error.is_connect() && turn + 1 < self.addresses.len() => continue,
                Err(error) if error.is_connect() => {
                    let what = format!("the parent at {address} cannot be reached");
                    return Err(Failure::Broken(Error::new(what).because(root(&error)).transient()));
                }
                Err(error) => {
                    let what = format!("asking the parent at {address} for '{name}'");
                    return Err(Failure::Broken(Error::new(what).because(error.without_url()).transient()));
                }
                Ok(reply) => reply,
            };
            self.at.store(at, Ordering::Relaxed);
            return match reply {
                Reply::Yes(bytes) => Message::from_bytes(bytes).map_err(|refusal| {
                    Failure::Broken(Error::new(format!("reading the parent's answer to '{name}'")).because(refusal))
                }),
                Reply::No(status, bytes) => Err(match serde_json::from_slice::<Refusal>(&bytes) {
                    Ok(refusal) => Failure::Refused(refusal),
                    Err(_) => Failure::Broken(Error::new(format!("something between answered '{status}'")).transient()),
                }),
                Reply::TooLong => Err(Failure::Broken(Error::new("the parent's answer has no end"))),
            };
        }
        Err(Failure::Own(Error::new("the link has no address of the parent")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_be_long_and_slow_but_neither_stop_nor_drip() {
        let begun = Instant::now();
        let secs = |after: u64, bytes: usize| {
            let now = begun + Duration::from_secs(after);
            latest(begun, now, bytes).saturating_duration_since(now).as_secs()
        };
        assert_eq!(secs(0, 0), EXCHANGE_SECS);
        assert_eq!(secs(600, 600 * 8_000), EXCHANGE_SECS, "64 kbit/s for ten minutes");
        assert_eq!(secs(80, 10), EXCHANGE_SECS - 80);
        assert_eq!(secs(600, 600), 0, "a byte a second for ever");
    }
}
