//! How an ask or an answer stands in bytes: a line of JSON, then what it carries.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::refusal::{Code, Refusal};

/// Longest JSON line of a message. The longest real one is a receipt that refuses every item of a batch.
pub const META_BYTES_MAX: usize = 1 << 20;

/// An ask or answer with the bytes behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<T> {
    pub meta: T,
    pub payload: Vec<u8>,
}

impl<T> Message<T> {
    pub fn bare(meta: T) -> Message<T> {
        Message { meta, payload: Vec::new() }
    }
}

impl<T: Serialize> Message<T> {
    /// One line of JSON, then the payload as it is.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.meta).expect("wire types hold only strings, numbers and lists");
        bytes.reserve_exact(1 + self.payload.len());
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

impl<T: DeserializeOwned> Message<T> {
    /// Reads what [`Message::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Code::Malformed`] where there is no line, it is too long, or it is not what was expected.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Result<Message<T>, Refusal> {
        let end = bytes.iter().take(META_BYTES_MAX).position(|byte| *byte == b'\n');
        let Some(end) = end else {
            return Err(Refusal::new(Code::Malformed, "the message has no end of line"));
        };
        let meta = serde_json::from_slice(&bytes[..end])
            .map_err(|error| Refusal::new(Code::Malformed, format!("the message cannot be read: {error}")))?;
        bytes.drain(..=end);
        Ok(Message { meta, payload: bytes })
    }
}
