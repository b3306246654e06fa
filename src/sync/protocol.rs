//! What crosses the link between a child and its parent, and how it is written down.
//!
//! Every exchange is one [`Ask`] from the child and one [`Answer`] or [`Refusal`] from the parent: children sit
//! behind NAT, so the parent never calls. A message is one line of JSON, then raw bytes where the ask carries
//! any (a batch, symbols, notices). Unknown JSON fields are ignored, so fields can be added within a version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use super::message::{META_BYTES_MAX, Message};
pub use super::refusal::{Code, Refusal};
use crate::domain::Area;

/// The version this build speaks.
pub const PROTOCOL: u16 = 4;
/// The oldest version this build still understands.
pub const PROTOCOL_OLDEST: u16 = 1;
/// From this version on a parent takes signed words, and a child compares without repairing when its parent asks.
pub const PROTOCOL_ATTESTS: u16 = 2;
/// From this version on a parent takes the word that something is gone which its sender never had.
pub const PROTOCOL_GONE: u16 = 3;
/// From this version on a parent takes a long list in pages.
pub const PROTOCOL_PAGES: u16 = 4;
/// Rows of one [`VerifyReport`]: some 100 bytes each, far inside [`META_BYTES_MAX`].
pub const DIFFERING_MAX: usize = 1_000;

/// The life of one database. Drawn at random when it is created, and anew when it is found to be restored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A 256-bit hash, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// Lower-case hex of any bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes behind hex digits; `None` where they are no such thing.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Epoch, Self::Err> {
        let number = (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(Epoch).ok_or("an epoch is 16 hex digits")
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl FromStr for Hash {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Hash, Self::Err> {
        from_hex(text).and_then(|bytes| bytes.try_into().ok()).map(Hash).ok_or("a hash is 64 hex digits")
    }
}

macro_rules! written_as_text {
    ($($kind:ty),*) => {$(
        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$kind, D::Error> {
                compact_str::CompactString::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
written_as_text!(Epoch, Hash);

/// What a batch is: whose, of which database, and which stretch of its sequence. `(origin, epoch, after, last)` is
/// its key; the same key with another hash is never the same batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    pub origin: Area,
    pub epoch: Epoch,
    /// The batch covers every sequence number above this one ...
    pub after: u64,
    /// ... up to and with this one. Numbers without an item were overtaken by a newer change of the same thing.
    pub last: u64,
    pub items: u32,
    /// Over the fields above and the compressed body.
    pub hash: Hash,
}

/// An item that a parent did not take, told at both ends. `row` counts the lines of the batch from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// `None` where the line could not be read far enough to see its number.
    pub seq: Option<u64>,
    pub row: u32,
    /// Why, as a code: those of [`super::batch`] or the store's own.
    pub code: String,
}

/// A parent's durable word that it holds a stretch of a child's sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub origin: Area,
    pub epoch: Epoch,
    pub after: u64,
    pub last: u64,
    pub hash: Hash,
    /// Items taken; the rest is in `rejected`.
    pub taken: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

impl Receipt {
    /// The receipt for a batch of which all but `rejected` was taken.
    pub fn of(header: &BatchHeader, rejected: Vec<Rejected>) -> Receipt {
        let taken = header.items.saturating_sub(rejected.len() as u32);
        let BatchHeader { origin, epoch, after, last, hash, .. } = *header;
        Receipt { origin, epoch, after, last, hash, taken, rejected }
    }
}

/// How far a child has read its parent's notices. A number alone says nothing once the parent was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticesMark {
    /// The parent's database the number belongs to; `None` before the first notice.
    pub epoch: Option<Epoch>,
    pub upto: u64,
}

/// A child introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u16,
    pub protocol_oldest: u16,
    pub software: String,
    pub epoch: Epoch,
    /// The highest number the child has a receipt for.
    pub acknowledged: u64,
    /// The highest number the child has given out.
    pub head: u64,
    pub notices: NoticesMark,
    /// The child's clock, seconds since 1970: told, compared, never trusted.
    pub clock: i64,
    /// What the child and the offices below it are called. An older child says nothing of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<(Area, String)>,
}

/// How the parent knows the child's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    /// The parent follows this epoch and holds all up to `watermark`.
    Known { watermark: u64 },
    /// The parent follows another epoch of this child; it was not this one before. The child was restored.
    Unseen,
    /// The parent followed this epoch once and has gone over to another: this is an old copy or a clone.
    Superseded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub protocol: u16,
    pub software: String,
    /// The parent's own area and database.
    pub area: Area,
    pub epoch: Epoch,
    pub standing: Standing,
    /// A person at the parent asked for a resync of this child.
    pub resync: bool,
    /// A person at the parent asked for a comparison that repairs nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verify: bool,
    /// Certificate time ([`super::clock`]): by it a certificate is renewed. Once ahead it never goes back, so it says nothing
    /// of whose clock is wrong.
    pub clock: i64,
    /// The parent's own clock, seconds since 1970: compared with the child's, never trusted. An older parent does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<i64>,
}

/// The child asks its parent to follow `epoch` from `watermark` on. What differs below it is found by resync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopt {
    pub epoch: Epoch,
    pub watermark: u64,
    /// A person at the child confirmed that this copy is the real one, although it was superseded.
    #[serde(default)]
    pub confirmed: bool,
}

/// A page of notices. Its payload is zstd over JSON lines, one notice each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesHead {
    pub epoch: Epoch,
    /// Forget all notices read so far: what follows is everything from the start.
    pub reset: bool,
    /// The mark to ask with next.
    pub upto: u64,
    /// There are more waiting.
    pub more: bool,
    /// A person at the parent asked for a resync of this child.
    pub resync: bool,
    /// A person at the parent asked for a comparison that repairs nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verify: bool,
}

/// How many entries one side holds, and the hash over them in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    pub count: u64,
    pub hash: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    pub equal: bool,
    /// What the parent holds of this child.
    pub total: Total,
    /// The child's sequence number up to which the parent's total speaks.
    pub watermark: u64,
    /// Names the parent's frozen view for the asks that follow; also their salt. 0 where the sides are equal.
    pub survey: u64,
}

/// One list of one village on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    pub area: Area,
    /// List code ([`crate::domain::List`]), 0 for what belongs to none.
    pub list: u8,
    pub child: u64,
    pub parent: u64,
}

/// What a resync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResyncReport {
    /// Things both sides held alike.
    pub matched: u64,
    /// Things given a new number so that they travel again.
    pub sent: u64,
    /// Tombstones made for what only the parent held.
    pub removed: u64,
    /// Removals that wait for a person, because they are an implausible share.
    pub held: u64,
    /// Bytes of comparison on the wire, both ways, without TLS framing; what is then sent is not in it.
    pub bytes: u64,
    /// A comparison after the repair showed that both hold the same. An older child made none.
    #[serde(default)]
    pub equal: bool,
}

/// What a comparison that repairs nothing found, for the person at the parent who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// Things the child holds.
    pub held: u64,
    /// At most [`DIFFERING_MAX`] rows; empty where both sides hold the same.
    pub differing: Vec<Differing>,
}

/// A question of a child. The bytes behind it are in [`Message::payload`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// The only ask allowed without a certificate. `csr` is PEM, `secret` hex.
    Enrol {
        area: Area,
        secret: String,
        csr: String,
    },
    /// A new certificate for the same area.
    Renew {
        csr: String,
    },
    Hello(Hello),
    Adopt(Adopt),
    /// The payload is the batch's body; `signature` is the child's over the hash, hex. `more`: another one follows at
    /// once. Only a hint of when to begin working on what came; not signed.
    Push {
        header: BatchHeader,
        signature: String,
        #[serde(default)]
        more: bool,
    },
    /// Waits up to `wait_secs` for something to tell.
    Notices {
        mark: NoticesMark,
        wait_secs: u16,
    },
    Compare {
        total: Total,
    },
    /// The payload holds the child's sums ([`super::survey`]); answered by what differs.
    Sums {
        survey: u64,
    },
    /// Coded symbols `from..upto` of the survey ([`super::sketch`]).
    Symbols {
        survey: u64,
        from: u32,
        upto: u32,
    },
    /// Elements of the survey from position `from` on, for differences too large for symbols.
    Elements {
        survey: u64,
        from: u32,
    },
    /// A resync is done; its figures for the person who asked.
    Resynced {
        report: ResyncReport,
    },
    /// The comparison that the parent asked for is done; nothing was repaired.
    Verified {
        report: VerifyReport,
    },
}

impl Ask {
    /// The last part of the path, and the word for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Ask::Enrol { .. } => "enrol",
            Ask::Renew { .. } => "renew",
            Ask::Hello(_) => "hello",
            Ask::Adopt(_) => "adopt",
            Ask::Push { .. } => "push",
            Ask::Notices { .. } => "notices",
            Ask::Compare { .. } => "compare",
            Ask::Sums { .. } => "sums",
            Ask::Symbols { .. } => "symbols",
            Ask::Elements { .. } => "elements",
            Ask::Resynced { .. } => "resynced",
            Ask::Verified { .. } => "verified",
        }
    }
}

/// What a parent says to an [`Ask`] it grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Certificate and CA as PEM; `file_key` (hex) seals batches that travel by file.
    Enrolled {
        parent: Area,
        certificate: String,
        authority: String,
        file_key: String,
    },
    Welcome(Welcome),
    Adopted,
    Receipt(Receipt),
    Notices(NoticesHead),
    Compared(Compared),
    Sums {
        differing: Vec<Differing>,
    },
    /// The payload holds the symbols.
    Symbols,
    /// The payload holds elements; `total` is how many there are.
    Elements {
        total: u32,
    },
    Noted,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_reads_back_and_fields_of_a_newer_build_are_passed_over() {
        let ask = Message { meta: Ask::Symbols { survey: 7, from: 0, upto: 128 }, payload: b"a\nb".to_vec() };
        assert_eq!(Message::from_bytes(ask.to_bytes()), Ok(ask));
        let newer = b"{\"ask\":\"sums\",\"survey\":3,\"hint\":[1]}\n".to_vec();
        assert_eq!(Message::from_bytes(newer), Ok(Message::bare(Ask::Sums { survey: 3 })));
        assert_eq!(serde_json::from_str::<Code>("\"of-tomorrow\"").unwrap(), Code::Other);
    }

    #[test]
    fn the_wire_stays_as_it_is() {
        let welcome = Answer::Welcome(Welcome {
            protocol: 1,
            software: "rosterd".into(),
            area: "519901".parse().unwrap(),
            epoch: Epoch(255),
            standing: Standing::Known { watermark: 9 },
            resync: false,
            verify: false,
            clock: 5,
            wall: None,
        });
        let line = r#"{"answer":"welcome","protocol":1,"software":"rosterd","area":"519901","epoch":"00000000000000ff","standing":{"is":"known","watermark":9},"resync":false,"clock":5}"#;
        assert_eq!(serde_json::to_string(&welcome).unwrap(), line);
        assert_eq!(serde_json::from_str::<Answer>(line).unwrap(), welcome, "an older parent's");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Message::<Ask>::from_bytes(bytes.clone());
            let _ = Message::<Answer>::from_bytes(bytes);
        }
    }
}
