//! What a file really is, by its first bytes and never by its suffix (DOMAIN.md 6 row 12), and whether it is safe to
//! unpack.

mod compound;
pub mod delimited;
pub mod encoding;
pub mod errand;
pub mod feed;
pub mod markup;
pub mod row;
mod tags;
mod unfolding;
pub mod workbook;

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

use super::Limits;
use super::report::{Container, Unreadable, UnreadableCode};
use compound::Compound;
use encoding::utf16_without_bom;
use feed::Feed;
use unfolding::Unfolding;

/// Enough to see a BOM, a magic number, and the first tags of a page.
pub(super) const HEAD_BYTES: usize = 4_096;

/// Of so many bytes one may be a zero in a text.
const TEXT_BYTES_A_ZERO: usize = 20;

/// Magic bytes of files that people drop by mistake, with their trade name.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"BM", "bitmap"),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"{\\rtf", "RTF document"),
    (b"MIME-Version:", "web archive"),
    (b"PAR1", "Parquet"),
];

/// Whether what was opened may be read, by its name, kind and size.
pub(super) fn check(path: &Path, file: &Feed, limits: &Limits) -> Result<(), Unreadable> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if is_lock_name(&name) {
        return Err(Unreadable::new(UnreadableCode::LockFile, "a spreadsheet program's note beside an open file"));
    }
    if !file.kind().is_file {
        return Err(Unreadable::new(UnreadableCode::Io, "not a regular file"));
    }
    let bytes = file.kind().bytes;
    if bytes == 0 {
        return Err(Unreadable::new(UnreadableCode::Empty, "the file has no content"));
    }
    if bytes > limits.file_bytes_max {
        let detail = format!("{bytes} bytes; file_bytes_max is {}", limits.file_bytes_max);
        return Err(Unreadable::new(UnreadableCode::TooLarge, detail));
    }
    Ok(())
}

/// `~$name.xlsx` of Excel, `.~name` of WPS and `.~lock.name#` of LibreOffice.
pub(super) fn is_lock_name(name: &str) -> bool {
    name.starts_with("~$") || name.starts_with(".~")
}

/// Tells the container. The file is left at its beginning.
pub(super) fn recognise(file: &mut Feed, limits: &Limits) -> Result<Container, Unreadable> {
    let mut head = vec![0; HEAD_BYTES];
    let length = read_up_to(file, &mut head)?;
    head.truncate(length);
    file.rewind()?;
    // A header may begin with the two letters of a bitmap; a bitmap holds zeros at once.
    let is_foreign = |magic: &[u8]| head.starts_with(magic) && (magic != b"BM" || head.contains(&0));
    if let Some((_, kind)) = FOREIGN.iter().find(|(magic, _)| is_foreign(magic)) {
        return Err(Unreadable::new(UnreadableCode::UnsupportedFormat, format!("this is a '{kind}'")));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return archive(file, limits);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(file, limits);
    }
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Container::Sqlite);
    }
    text(&head)
}

fn text(head: &[u8]) -> Result<Container, Unreadable> {
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    let wide = marked.filter(|encoding| *encoding != UTF_8).or_else(|| utf16_without_bom(head));
    // A program that writes whole blocks fills the last one with zeros.
    let written = head.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if wide.is_none() && !is_text_with_zeros(&head[..written]) {
        return Err(Unreadable::new(UnreadableCode::UnsupportedFormat, "neither text nor a workbook"));
    }
    let start = wide.unwrap_or(UTF_8).decode(head).0;
    let start = start.trim_start().to_ascii_lowercase();
    if ["{\"", "[{", "[\""].iter().any(|begin| start.replace([' ', '\n', '\r', '\t'], "").starts_with(begin)) {
        return Err(Unreadable::new(UnreadableCode::UnsupportedFormat, "this is a 'JSON'"));
    }
    if !start.starts_with('<') {
        return Ok(Container::Text);
    }
    if start.contains("urn:schemas-microsoft-com:office:spreadsheet") && !start.contains("<html") {
        Ok(Container::SpreadsheetXml)
    } else if ["<html", "<table", "<!doctype html", "<meta", "<style", "<head", "<div", "<body"]
        .iter()
        .any(|tag| start.contains(tag))
    {
        Ok(Container::Html)
    } else {
        Err(Unreadable::new(UnreadableCode::UnsupportedFormat, "XML that is no spreadsheet"))
    }
}

/// Whether the zeros in it, if any, are strays that some program left in a text: a few of them, and no other control character.
fn is_text_with_zeros(head: &[u8]) -> bool {
    let zeros = head.iter().filter(|byte| **byte == 0).count();
    let is_control = |byte: &u8| matches!(byte, 1..=8 | 0x0e..=0x19 | 0x1c..=0x1f | 0x7f);
    zeros == 0 || zeros * TEXT_BYTES_A_ZERO <= head.len() && !head.iter().any(is_control)
}

/// The old container of Office, told apart by the names in its directory.
fn compound(file: &mut Feed, limits: &Limits) -> Result<Container, Unreadable> {
    let length = file.kind().bytes;
    if length > limits.xls_bytes_max {
        let detail = format!("{length} bytes; xls_bytes_max is {}", limits.xls_bytes_max);
        return Err(Unreadable::new(UnreadableCode::TooLarge, detail));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.read_to_end(&mut bytes)?;
    file.rewind()?;
    let Some(compound) = Compound::open(&bytes) else { return Err(truncated("its directory cannot be followed")) };
    if compound.has("EncryptedPackage") {
        return Err(Unreadable::new(UnreadableCode::Encrypted, "the workbook asks for a password"));
    }
    if compound.has("Workbook") || compound.has("Book") {
        compound.check_workbook(limits)?;
        return Ok(Container::Xls);
    }
    let detail = if compound.has("WordDocument") { "a document, not a workbook" } else { "no workbook in it" };
    Err(Unreadable::new(UnreadableCode::UnsupportedFormat, detail))
}

fn archive(file: &mut Feed, limits: &Limits) -> Result<Container, Unreadable> {
    let packed = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut zip = zip::ZipArchive::new(&mut *file).map_err(|_| truncated("the archive has no end"))?;
    let entries = zip.len();
    if entries as u64 > u64::from(limits.archive_entries_max) {
        let detail = format!("{entries} entries; archive_entries_max is {}", limits.archive_entries_max);
        return Err(Unreadable::new(UnreadableCode::ZipBomb, detail));
    }
    let has = |name: &str| zip.index_for_name(name).is_some();
    let container = if has("xl/workbook.bin") {
        Container::Xlsb
    } else if has("content.xml") {
        Container::Ods
    } else if has("xl/workbook.xml")
        || (has("[Content_Types].xml") && zip.file_names().flatten().any(|name| name.starts_with("xl/")))
    {
        Container::Xlsx
    } else {
        return Err(Unreadable::new(UnreadableCode::UnsupportedFormat, "an archive without a workbook"));
    };
    // Some writers declare no sizes.
    if let Some(declared) = zip.decompressed_size() {
        check_unpacked(u64::try_from(declared).unwrap_or(u64::MAX), packed, limits)?;
    }
    // What the directory declares can be a lie: unpack into nothing and count.
    let mut unpacked = 0u64;
    let mut buffer = vec![0; 64 << 10];
    let content = zip.index_for_name("content.xml").filter(|_| container == Container::Ods);
    let mut unfolding = Unfolding::default();
    for index in 0..entries {
        let mut entry = match zip.by_index(index) {
            Ok(entry) => entry,
            Err(zip::result::ZipError::UnsupportedArchive(reason)) if reason.contains("assword") => {
                return Err(Unreadable::new(UnreadableCode::Encrypted, "the archive asks for a password"));
            }
            Err(_) => return Err(truncated("an entry of the archive cannot be read")),
        };
        loop {
            let read = entry.read(&mut buffer).map_err(|_| truncated("an entry of the archive is damaged"))?;
            if read == 0 {
                break;
            }
            unpacked += read as u64;
            check_unpacked(unpacked, packed, limits)?;
            if content == Some(index) {
                unfolding.feed(&buffer[..read]);
                if unfolding.cells() > limits.cells_in_memory_max {
                    let detail = format!(
                        "unfolds to {} cells; cells_in_memory_max is {}",
                        unfolding.cells(),
                        limits.cells_in_memory_max
                    );
                    return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
                }
            }
        }
    }
    drop(zip);
    file.rewind()?;
    Ok(container)
}

fn check_unpacked(unpacked: u64, packed: u64, limits: &Limits) -> Result<(), Unreadable> {
    let bomb = |detail: String| Err(Unreadable::new(UnreadableCode::ZipBomb, detail));
    if unpacked > limits.unpacked_bytes_max {
        return bomb(format!(
            "unpacks to {unpacked} bytes or more; unpacked_bytes_max is {}",
            limits.unpacked_bytes_max
        ));
    }
    let allowed = packed.saturating_mul(u64::from(limits.unpack_ratio_max)).max(limits.unpack_ratio_free_bytes);
    if unpacked > allowed {
        return bomb(format!("unpacks to more than {} times its size", limits.unpack_ratio_max));
    }
    Ok(())
}

fn truncated(detail: &str) -> Unreadable {
    Unreadable::new(UnreadableCode::Truncated, detail)
}

/// Fills `buffer` as far as the file reaches.
pub(super) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Unreadable> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}
