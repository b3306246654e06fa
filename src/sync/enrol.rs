//! How a child joins a parent and keeps its certificate fresh.

use std::path::Path;

use super::client::HttpLine;
use super::credential::{Credential, joining_key, request_for};
use super::join_code::JoinCode;
use super::line::{Failure, Line};
use super::protocol::{Ask, Code, Message, to_hex};
use crate::domain::Area;
use crate::error::{Error, Result};

/// Joins the parent named in `code` and keeps the credential in `dir` (`DIR/data/link`). May be repeated with the
/// same code when the answer was lost.
///
/// # Errors
/// The code is for another area than `area`; the server is not the one the code names (nothing was sent to it);
/// the code is unknown, used or expired; the link is down.
pub async fn join(dir: &Path, area: Area, code: &JoinCode) -> Result<Credential> {
    if code.area != area {
        return Err(Error::new(format!("this join code is for {}, this node is {area}", code.area))
            .hint(format!("ask the parent for a code made with: rosterd invite --area {area}")));
    }
    let key = joining_key(dir, code)?;
    let line = HttpLine::joining(code)?;
    let ask = Ask::Enrol { area, secret: to_hex(&code.secret.0), csr: request_for(&key)? };
    let answer = line.ask(Message::bare(ask)).await.map_err(|failure| {
        let hint = match failure.code() {
            Some(Code::CodeUsed | Code::CodeExpired | Code::CodeUnknown) => {
                format!("ask the parent for a new code: rosterd invite --area {area}")
            }
            Some(Code::Overlap) => {
                "join the node between, or have the parent revoke the other one (rosterd revoke)".to_owned()
            }
            _ => "check that the parent runs and can be reached from here".to_owned(),
        };
        let transient = !matches!(failure, Failure::Refused(_));
        let error = Error::new("joining the parent").because(failure).hint(hint);
        if transient { error.transient() } else { error }
    })?;
    Credential::enrolled(dir, (&code.addresses, code.authority, area), &key, answer.meta)
}

/// Gets a new certificate for the same key.
pub(super) async fn renew<L: Line>(line: &L, dir: &Path, credential: &Credential) -> Result<Credential, Failure> {
    let ask = Ask::Renew { csr: request_for(credential.key())? };
    let answer = line.ask(Message::bare(ask)).await?;
    let known = (credential.addresses(), credential.authority_print(), credential.area());
    Ok(Credential::enrolled(dir, known, credential.key(), answer.meta)?)
}
