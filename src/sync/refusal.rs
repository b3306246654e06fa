//! A parent's no: a code for programs, a text for logs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a parent does not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    NoCertificate,
    CertificateUnknown,
    CertificateExpired,
    Revoked,
    CodeUnknown,
    CodeUsed,
    CodeExpired,
    /// Another child reports for a part of the area, or for more than it.
    Overlap,
    ProtocolNewer,
    ProtocolOlder,
    Malformed,
    TooLarge,
    /// The batch names another area than the certificate.
    OriginMismatch,
    HashMismatch,
    BadSignature,
    /// The same key with other content.
    Conflict,
    /// Something between was not received.
    Gap,
    /// The batch overlaps what is held without being a batch that was received.
    Diverged,
    /// The parent follows no such epoch: say hello first.
    EpochUnknown,
    Superseded,
    SurveyUnknown,
    /// Come back later.
    Busy,
    /// The parent cannot write now.
    Unavailable,
    /// A code of a newer parent.
    #[serde(other)]
    Other,
}

impl Code {
    /// HTTP status, for proxies and people with curl; the code is what counts.
    pub fn status(self) -> u16 {
        match self {
            Code::NoCertificate => 401,
            Code::CertificateUnknown | Code::CertificateExpired | Code::Revoked => 403,
            Code::CodeUnknown | Code::CodeUsed | Code::CodeExpired | Code::OriginMismatch => 403,
            Code::ProtocolNewer | Code::ProtocolOlder => 426,
            Code::Malformed | Code::HashMismatch | Code::BadSignature | Code::Other => 400,
            Code::TooLarge => 413,
            Code::Overlap | Code::Conflict | Code::Gap | Code::Diverged | Code::EpochUnknown | Code::Superseded => 409,
            Code::SurveyUnknown => 410,
            Code::Busy => 429,
            Code::Unavailable => 503,
        }
    }
}

/// A parent's no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: Code,
    /// For the log of the other end; holds no name and no number.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_secs: Option<u32>,
}

impl Refusal {
    pub fn new(code: Code, text: impl Into<String>) -> Refusal {
        Refusal { code, text: text.into(), retry_secs: None }
    }

    pub fn retry_after(self, secs: u32) -> Refusal {
        Refusal { retry_secs: Some(secs), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}
