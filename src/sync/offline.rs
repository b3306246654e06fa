//! The same batches by file, for offices without a line: carried up on a stick, acknowledged by a file carried back.
//!
//! A file holds kept batches, the very bytes the online link would send, so both ways can be mixed: whichever comes
//! first is taken, the other is acknowledged again. The content is encrypted with the key the parent gave at enrolment
//! (ChaCha20-Poly1305, one frame a batch, the last frame marked so that a cut file is known as cut) and every batch is
//! signed by the child. Receipts are encrypted likewise and signed by the parent's authority.
//! Whoever has the child's `credential.json` can read its files; they could read its store as well.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::authority::{Authority, random};
use super::batch::BODY_BYTES_MAX;
use super::credential::Credential;
use super::files;
use super::ledger::{ChildLedger, FrozenBatch};
use super::protocol::{BatchHeader, META_BYTES_MAX, Message, Receipt, Refusal, from_hex, to_hex};
use super::push::Child;
use super::receive::Parent;
use crate::domain::Area;
use crate::error::{Context, Error, Result};

const MAGIC: &str = "rosterd file 1";
const VERSION: u8 = 1;
/// One file holds at most this much; what is left goes into the next one.
pub const FILE_BYTES_MAX: usize = 256 << 20;
const FRAME_BYTES_MAX: usize = BODY_BYTES_MAX + META_BYTES_MAX + 64;
const HEAD_BYTES_MAX: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Batches,
    Receipts,
}

/// The first line of a file, readable by anybody: it names offices, not people.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    rosterd: String,
    v: u8,
    kind: Kind,
    child: Area,
    parent: Area,
    /// Which certificate of the child the key belongs to.
    serial: String,
    /// Hex; the first part of every nonce, drawn anew for every file.
    salt: String,
}

/// A batch as it stands in a file.
#[derive(Serialize, Deserialize)]
struct Signed {
    header: BatchHeader,
    signature: String,
}

/// Receipts as they stand in a file.
#[derive(Serialize, Deserialize)]
struct Acknowledged {
    receipts: Vec<Receipt>,
    signature: String,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    pub batches: usize,
    pub items: u64,
    /// The child's number up to which the file reaches.
    pub last: u64,
    /// More is waiting than one file holds.
    pub more: bool,
}

/// What an import took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// At the parent: batches committed (or acknowledged again), and where the receipt file is.
    Batches { child: Area, batches: usize, taken: u64, rejected: u64, stopped: Option<Refusal> },
    /// At the child: receipts taken, and the new watermark.
    Receipts { receipts: usize, watermark: u64 },
}

/// Seals frames one after the other; each knows its place and whether it is the last.
struct Sealer {
    key: LessSafeKey,
    salt: [u8; 7],
    head: Vec<u8>,
    frame: u32,
}

impl Sealer {
    fn new(file_key: &[u8; 32], head: &Head) -> Result<Sealer> {
        let salt = from_hex(&head.salt).and_then(|s| s.try_into().ok()).ok_or_else(|| Error::new("no salt"))?;
        // A key of its own for each file: a salt that comes twice can do no harm.
        let mut hasher = blake3::Hasher::new_derive_key("rosterd 1 file frames");
        hasher.update(file_key);
        let line = serde_json::to_vec(head).or_say("writing the head of a file")?;
        hasher.update(&line);
        let key = UnboundKey::new(&CHACHA20_POLY1305, hasher.finalize().as_bytes());
        let key = key.map_err(|_| Error::new("the file key cannot be used"))?;
        Ok(Sealer { key: LessSafeKey::new(key), salt, head: line, frame: 0 })
    }

    fn nonce(&mut self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&self.salt);
        nonce[7..11].copy_from_slice(&self.frame.to_be_bytes());
        nonce[11] = u8::from(last);
        self.frame += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&mut self, mut plain: Vec<u8>, last: bool) -> Result<Vec<u8>> {
        let nonce = self.nonce(last);
        let sealed = self.key.seal_in_place_append_tag(nonce, Aad::from(&self.head), &mut plain);
        sealed.map_err(|_| Error::new("a batch could not be encrypted"))?;
        let mut frame = vec![u8::from(last)];
        frame.extend_from_slice(&(plain.len() as u32).to_le_bytes());
        frame.extend_from_slice(&plain);
        Ok(frame)
    }

    /// Takes the next frame off `from`; `true` with the last one.
    fn open(&mut self, from: &mut impl Read) -> Result<(Vec<u8>, bool)> {
        let cut = || Error::new("the file is cut or damaged").hint("copy it again");
        let mut begin = [0; 5];
        from.read_exact(&mut begin).map_err(|error| cut().because(error))?;
        let [flag, length @ ..] = begin;
        let length = u32::from_le_bytes(length) as usize;
        if flag > 1 || length > FRAME_BYTES_MAX {
            return Err(cut());
        }
        let mut frame = vec![0; length];
        from.read_exact(&mut frame).map_err(|error| cut().because(error))?;
        let last = flag == 1;
        let nonce = self.nonce(last);
        let plain = self.key.open_in_place(nonce, Aad::from(&self.head), &mut frame).map_err(|_| cut())?;
        let length = plain.len();
        frame.truncate(length);
        Ok((frame, last))
    }
}

/// Writes the frames that `next` gives, one after the other; a file without any holds an empty one, so that its end is
/// sealed.
fn write_file(
    path: &Path,
    head: &Head,
    file_key: &[u8; 32],
    mut next: impl FnMut() -> Result<Option<Vec<u8>>>,
) -> Result<()> {
    let mut sealer = Sealer::new(file_key, head)?;
    files::write_private_by(path, |file| {
        let mut put = |bytes: &[u8]| file.write_all(bytes).or_say_at("writing a private file", path);
        put(&sealer.head)?;
        put(b"\n")?;
        // Which one is the last shows when there is no other.
        let mut before = next()?.unwrap_or_default();
        while let Some(frame) = next()? {
            put(&sealer.seal(std::mem::replace(&mut before, frame), false)?)?;
        }
        put(&sealer.seal(before, true)?)
    })
}

/// The head of a file, and the file behind it, still sealed.
fn read_head(path: &Path) -> Result<(Head, BufReader<File>)> {
    let file = File::open(path).or_say_at("reading", path)?;
    if file.metadata().or_say_at("reading", path)?.len() > (FILE_BYTES_MAX + FRAME_BYTES_MAX + HEAD_BYTES_MAX) as u64 {
        return Err(Error::new("this is no file of rosterd: it is too large").at(path));
    }
    let (mut file, mut line) = (BufReader::new(file), Vec::new());
    file.by_ref().take(HEAD_BYTES_MAX as u64).read_until(b'\n', &mut line).or_say_at("reading", path)?;
    let foreign = || Error::new("this is no file of batches or receipts").at(path);
    let head = line.strip_suffix(b"\n").ok_or_else(foreign)?;
    let head: Head = serde_json::from_slice(head).map_err(|_| foreign())?;
    if head.rosterd != MAGIC {
        return Err(foreign());
    }
    if head.v > VERSION {
        return Err(Error::new("this file is of a newer rosterd: update this one first").at(path));
    }
    Ok((head, file))
}

/// Gives `take` the opened frames of a file one after the other, until it says that it has enough.
fn each_frame(path: &Path, file_key: &[u8; 32], mut take: impl FnMut(Vec<u8>) -> Result<bool>) -> Result<()> {
    let (head, mut file) = read_head(path)?;
    let mut sealer = Sealer::new(file_key, &head)?;
    loop {
        let (frame, last) = sealer.open(&mut file).map_err(|error| error.at(path))?;
        if !take(frame)? || last {
            return Ok(());
        }
    }
}

/// Writes everything the parent has not acknowledged to `path`. The batches stay kept until their receipts are here,
/// by file or by line. Blocks.
pub fn export_batches(child: &Child, credential: &Credential, path: &Path) -> Result<Exported> {
    child.attest(credential)?;
    let head = Head {
        rosterd: MAGIC.to_owned(),
        v: VERSION,
        kind: Kind::Batches,
        child: credential.area(),
        parent: credential.parent(),
        serial: credential.serial().to_owned(),
        salt: to_hex(&random::<7>()?),
    };
    let mut exported = Exported { batches: 0, items: 0, last: child.ledger().watermark()?, more: false };
    let mut bytes = 0;
    write_file(path, &head, credential.file_key(), || {
        let Some(FrozenBatch { header, body }) = child.batch_after(exported.last)? else { return Ok(None) };
        if bytes + body.len() > FILE_BYTES_MAX {
            exported.more = true;
            return Ok(None);
        }
        bytes += body.len();
        exported.batches += 1;
        exported.items += u64::from(header.items);
        exported.last = header.last;
        let signature = to_hex(&credential.sign(&header.hash.0)?);
        Ok(Some(Message { meta: Signed { header, signature }, payload: body }.to_bytes()))
    })?;
    Ok(exported)
}

/// Takes a file of batches at the parent and writes the receipts to `receipts`. A batch that is refused stops the
/// file; what was taken before it is acknowledged all the same. Blocks.
pub fn import_batches(authority: &Authority, parent: &Parent, path: &Path, receipts: &Path) -> Result<Imported> {
    let (head, _) = read_head(path)?;
    if head.kind != Kind::Batches || head.parent != authority.area() {
        return Err(Error::new(format!(
            "this file is not for {}: '{:?}' for {}",
            authority.area(),
            head.kind,
            head.parent
        ))
        .at(path));
    }
    let unknown = || Error::new(format!("{} holds no certificate of this node", head.child)).at(path);
    let peer = authority.peer(&head.serial)?.filter(|peer| peer.area == head.child).ok_or_else(unknown)?;
    authority.admit(&peer, true).or_say_at("importing batches", path)?;
    let file_key = authority.file_key(&head.serial);
    let (mut taken, mut rejected, mut stopped, mut done) = (0, 0, None, Vec::new());
    // All of it is looked through before any is taken: of a file that is cut nobody should think that it came.
    each_frame(path, &file_key, |_| Ok(true))?;
    each_frame(path, &file_key, |frame| {
        if frame.is_empty() {
            return Ok(true);
        }
        let Message { meta: Signed { header, signature }, payload } =
            Message::from_bytes(frame).or_say_at("reading a batch", path)?;
        match parent.import(&peer, header, &signature, &payload) {
            Ok(receipt) => {
                taken += u64::from(receipt.taken);
                rejected += receipt.rejected.len() as u64;
                done.push(receipt);
            }
            Err(refusal) => stopped = Some(refusal),
        }
        Ok(stopped.is_none())
    })?;
    let batches = done.len();
    let text = serde_json::to_vec(&done).or_say("writing receipts")?;
    let signature = to_hex(&authority.sign(&text)?);
    let plain = serde_json::to_vec(&Acknowledged { receipts: done, signature }).or_say("writing receipts")?;
    let back = Head { kind: Kind::Receipts, salt: to_hex(&random::<7>()?), ..head };
    let mut plain = Some(plain);
    write_file(receipts, &back, &file_key, || Ok(plain.take()))?;
    Ok(Imported::Batches { child: back.child, batches, taken, rejected, stopped })
}

/// Whether the file brings receipts back to a child rather than batches to a parent.
pub fn is_receipts(path: &Path) -> Result<bool> {
    Ok(read_head(path)?.0.kind == Kind::Receipts)
}

/// Takes a file of receipts at the child. Blocks.
pub fn import_receipts(ledger: &Arc<dyn ChildLedger>, credential: &Credential, path: &Path) -> Result<Imported> {
    let (head, _) = read_head(path)?;
    if head.kind != Kind::Receipts || head.child != credential.area() {
        return Err(Error::new(format!(
            "this file is not for {}: '{:?}' for {}",
            credential.area(),
            head.kind,
            head.child
        ))
        .at(path));
    }
    if head.serial != credential.serial() {
        return Err(Error::new("this file answers an export under an older certificate")
            .at(path)
            .hint("export again, or let the online link acknowledge"));
    }
    let mut plain = Vec::new();
    each_frame(path, credential.file_key(), |frame| {
        plain = frame;
        Ok(false)
    })?;
    let Acknowledged { receipts, signature } = serde_json::from_slice(&plain).or_say_at("reading receipts", path)?;
    let text = serde_json::to_vec(&receipts).or_say("reading receipts")?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, credential.authority_key()?);
    let signature = from_hex(&signature).unwrap_or_default();
    if key.verify(&text, &signature).is_err() {
        return Err(Error::new("these receipts are not signed by the parent").at(path));
    }
    let mut taken = 0;
    for receipt in &receipts {
        // Only what is still kept, next, and the same batch: the line may have been quicker.
        let next = ledger.watermark()? == receipt.after;
        let kept = ledger.frozen_at(receipt.after)?;
        if next && kept.is_some_and(|batch| batch.header.hash == receipt.hash) {
            ledger.acknowledge(receipt)?;
            taken += 1;
        }
    }
    Ok(Imported::Receipts { receipts: taken, watermark: ledger.watermark()? })
}
