//! Building, hashing and opening batches: pure over bytes.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;

use crate::domain::Area;
use crate::error::{Context, Result};
use crate::settings::{BATCH_BYTES_MAX, BATCH_ITEMS_MAX};

use super::ledger::{FrozenBatch, Identity, Item, Poison};
use super::protocol::{BatchHeader, Code, Hash, Refusal, Rejected};

/// Items that a parent opens at most: a receipt that refuses each of them is two thirds of [`super::protocol::META_BYTES_MAX`].
pub const OPENED_ITEMS_MAX: usize = BATCH_ITEMS_MAX as usize;
/// What a parent unpacks at most: room for one long item above the child's own limit, no room for a bomb.
pub const OPENED_BYTES_MAX: usize = 2 * BATCH_BYTES_MAX as usize;
/// What a parent takes as a body at most. Beside it there is room for the message's line, which is short where the body is
/// long: also for what could not be compressed.
pub const BODY_BYTES_MAX: usize = BATCH_BYTES_MAX as usize;

const ZSTD_LEVEL: i32 = 3;
/// The largest zstd window a parent allocates for a child (2^23 = 8 MiB).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Codes of [`Rejected`] that the link itself gives.
pub mod rejected {
    /// Not a JSON object with `t`, `seq` and `area`.
    pub const UNREADABLE: &str = "unreadable";
    /// The item's area does not lie inside the child's.
    pub const AREA_OUTSIDE: &str = "area-outside";
    /// The item's number is outside the batch or not above the one before it.
    pub const SEQ_OUT_OF_ORDER: &str = "seq-out-of-order";
}

/// Compresses lines. Used for batches and notices alike.
pub(super) fn pack<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    for line in lines {
        plain.extend_from_slice(line.as_bytes());
        plain.push(b'\n');
    }
    zstd::bulk::compress(&plain, ZSTD_LEVEL).or_say("compressing what is to be sent")
}

/// Unpacks at most `bytes_max`; a stream that holds more is refused, whatever its header promises.
pub(super) fn unpack(body: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let malformed = |error: std::io::Error| Refusal::new(Code::Malformed, format!("the body does not unpack: {error}"));
    let mut reader = zstd::stream::Decoder::with_buffer(body).map_err(malformed)?;
    reader.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(malformed)?;
    let mut plain = Vec::new();
    reader.take(bytes_max as u64 + 1).read_to_end(&mut plain).map_err(malformed)?;
    if plain.len() > bytes_max {
        return Err(Refusal::new(Code::TooLarge, format!("the body unpacks to more than {bytes_max} bytes")));
    }
    Ok(plain)
}

/// The hash of a batch: its key and its bytes, so that neither can be changed without the other.
pub fn hash_of(header: &BatchHeader, body: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"rosterd batch 1");
    for number in [header.origin.padded(), header.epoch.0, header.after, header.last, u64::from(header.items)] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(body);
    Hash(*hasher.finalize().as_bytes())
}

/// Makes the batch `(after, last]` of these items. `last` is at least the last item's number.
pub fn build(origin: &Identity, after: u64, last: u64, items: &[Item]) -> Result<FrozenBatch> {
    let body = pack(items.iter().map(|item| item.line.as_str()))?;
    let mut header = BatchHeader {
        origin: origin.area,
        epoch: origin.epoch,
        after,
        last,
        items: items.len() as u32,
        hash: Hash([0; 32]),
    };
    header.hash = hash_of(&header, &body);
    Ok(FrozenBatch { header, body })
}

/// Whether a parent opens a batch with this in it.
pub fn can_be_sent(item: &Item) -> bool {
    item.line.len() < OPENED_BYTES_MAX
}

/// Whether a parent would open it, as far as can be told without doing so.
pub fn can_be_opened(batch: &FrozenBatch) -> bool {
    batch.header.items as usize <= OPENED_ITEMS_MAX && batch.body.len() <= BODY_BYTES_MAX
}

/// What the link reads of an item; the rest of the line is the store's.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "t")]
    _kind: Cow<'a, str>,
    seq: u64,
    #[serde(borrow)]
    area: Cow<'a, str>,
}

/// The content of a batch: what may be taken and what may not.
#[derive(Debug, Default)]
pub struct Opened {
    pub items: Vec<Item>,
    pub poison: Vec<Poison>,
}

/// The lines of a batch that this node built itself, in their order: the first is line 1.
pub fn lines(body: &[u8]) -> Result<Vec<String>> {
    let plain = unpack(body, OPENED_BYTES_MAX).or_say("opening a batch of our own")?;
    let lines = plain.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect())
}

/// Checks a batch of `child` against its hash and reads its lines. One bad line spoils only itself.
///
/// # Errors
/// [`Code::HashMismatch`], [`Code::TooLarge`], [`Code::Malformed`]: the batch as a whole is not what it says.
pub fn open(header: &BatchHeader, body: &[u8], child: Area) -> Result<Opened, Refusal> {
    if hash_of(header, body) != header.hash {
        return Err(Refusal::new(Code::HashMismatch, "the batch is not the one its hash names"));
    }
    if header.items as usize > OPENED_ITEMS_MAX {
        return Err(Refusal::new(Code::TooLarge, format!("the batch holds more than {OPENED_ITEMS_MAX} items")));
    }
    let plain = unpack(body, OPENED_BYTES_MAX)?;
    let lines = plain.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    if lines.clone().count() != header.items as usize {
        return Err(Refusal::new(Code::Malformed, "the batch does not hold as many items as it says"));
    }
    let mut opened = Opened { items: Vec::with_capacity(header.items as usize), poison: Vec::new() };
    let mut before = header.after;
    for (row, line) in (1u32..).zip(lines) {
        match read_item(line, child, before, header.last) {
            Ok(item) => {
                before = item.seq;
                opened.items.push(item);
            }
            Err((seq, code)) => {
                let line = String::from_utf8_lossy(line).into_owned();
                opened.poison.push(Poison { rejected: Rejected { seq, row, code: code.to_owned() }, line });
            }
        }
    }
    Ok(opened)
}

fn read_item(line: &[u8], child: Area, before: u64, last: u64) -> Result<Item, (Option<u64>, &'static str)> {
    let text = std::str::from_utf8(line).map_err(|_| (None, rejected::UNREADABLE))?;
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| (None, rejected::UNREADABLE))?;
    let seq = envelope.seq;
    let area: Area = envelope.area.parse().map_err(|_| (Some(seq), rejected::UNREADABLE))?;
    if !child.contains(area) {
        return Err((Some(seq), rejected::AREA_OUTSIDE));
    }
    if seq <= before || seq > last {
        return Err((Some(seq), rejected::SEQ_OUT_OF_ORDER));
    }
    Ok(Item { seq, area, line: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{Answer, Epoch, Message, Receipt};
    use super::*;

    fn area(text: &str) -> Area {
        text.parse().unwrap()
    }

    fn item(seq: u64, place: &str) -> Item {
        let line = format!(r#"{{"t":"entry","seq":{seq},"area":"{place}","later":{{"kept":true}}}}"#);
        Item { seq, area: area(place), line }
    }

    fn village() -> Identity {
        Identity { area: area("519901001200"), epoch: Epoch(7), head: 9 }
    }

    #[test]
    fn a_batch_opens_to_what_was_put_in_unknown_fields_included() {
        let items = [item(3, "519901001200"), item(9, "519901001200")];
        let batch = build(&village(), 2, 9, &items).unwrap();
        let opened = open(&batch.header, &batch.body, village().area).unwrap();
        assert_eq!(opened.items, items);
        assert!(opened.poison.is_empty());
    }

    #[test]
    fn a_bad_line_is_named_and_the_rest_goes_on() {
        let mut items = vec![item(3, "519901001200"), item(4, "519901002200"), item(5, "519901001200")];
        items.push(Item { line: "{\"t\":1".into(), ..item(6, "519901001200") });
        items.push(item(5, "519901001200"));
        items.push(item(7, "519901001200"));
        let batch = build(&village(), 2, 9, &items).unwrap();
        let opened = open(&batch.header, &batch.body, village().area).unwrap();
        assert_eq!(opened.items.iter().map(|i| i.seq).collect::<Vec<_>>(), [3, 5, 7]);
        let told: Vec<_> = opened.poison.iter().map(|p| (p.rejected.row, p.rejected.code.as_str())).collect();
        assert_eq!(told, [(2, "area-outside"), (4, "unreadable"), (5, "seq-out-of-order")]);
    }

    #[test]
    fn a_changed_byte_or_a_changed_key_is_another_batch() {
        let batch = build(&village(), 2, 9, &[item(3, "519901001200")]).unwrap();
        let mut body = batch.body.clone();
        *body.last_mut().unwrap() ^= 1;
        assert_eq!(open(&batch.header, &body, village().area).unwrap_err().code, Code::HashMismatch);
        let moved = BatchHeader { last: 8, ..batch.header.clone() };
        assert_eq!(open(&moved, &batch.body, village().area).unwrap_err().code, Code::HashMismatch);
    }

    /// Else the child could not read it, and would send the same batch for ever.
    #[test]
    fn a_receipt_that_refuses_every_item_of_the_largest_batch_can_be_read() {
        let code = rejected::SEQ_OUT_OF_ORDER.to_owned();
        let each = Rejected { seq: Some(u64::MAX), row: OPENED_ITEMS_MAX as u32, code };
        let header = build(&village(), 2, 9, &[item(3, "519901001200")]).unwrap().header;
        let receipt = Message::bare(Answer::Receipt(Receipt::of(&header, vec![each; OPENED_ITEMS_MAX])));
        assert_eq!(Message::from_bytes(receipt.to_bytes()), Ok(receipt));
    }

    #[test]
    fn a_bomb_is_refused_before_it_unpacks() {
        let zeros = " ".repeat(OPENED_BYTES_MAX + 1);
        let body = pack([zeros.as_str()].into_iter()).unwrap();
        assert!(body.len() < 4096);
        assert_eq!(unpack(&body, OPENED_BYTES_MAX).unwrap_err().code, Code::TooLarge);
    }
}
