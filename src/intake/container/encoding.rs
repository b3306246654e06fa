//! Which encoding a text is in.

use std::io::Seek;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::feed::Feed;
use crate::intake::container::{HEAD_BYTES, read_up_to};
use crate::intake::report::{Unreadable, UnreadableCode};

const CHUNK_BYTES: usize = 256 << 10;
/// Bad sequences a text may hold, one in so many bytes, and still be taken for that encoding.
const BAD_BYTES_SHARE: u64 = 2_000;

/// UTF-16 without a byte order mark, by its first bytes: read in one order, every character is one that lists are written
/// with, and one of them parts cells or lines. In the other order commas and digits are letters of faraway scripts.
pub fn utf16_without_bom(head: &[u8]) -> Option<&'static Encoding> {
    if !head.contains(&0) {
        return None;
    }
    [(UTF_16LE, u16::from_le_bytes as fn([u8; 2]) -> u16), (UTF_16BE, u16::from_be_bytes)].into_iter().find_map(
        |(encoding, unit)| {
            let units = head.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
            let mut text: Vec<Result<char, _>> = char::decode_utf16(units).collect();
            // The head may end in the middle of a character.
            text.pop_if(|last| last.is_err());
            let parts = text.iter().any(|c| matches!(c, Ok(',' | '\t' | ';' | '|' | '\n' | '<')));
            (parts && text.iter().all(|c| c.as_ref().is_ok_and(|c| is_of_lists(*c)))).then_some(encoding)
        },
    )
}

fn is_of_lists(c: char) -> bool {
    matches!(c,
        '\t' | '\r' | '\n' | ' '..='~' | '\u{a0}'..='\u{ff}' | '\u{2010}'..='\u{203f}' | '\u{2100}'..='\u{27bf}'
        | '\u{3000}'..='\u{303f}' | '\u{3200}'..='\u{9fff}' | '\u{e000}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// The encoding of a whole file: BOM, then UTF-16 that forgot it, then strict UTF-8, then GB18030 (DOMAIN.md 6 row 11).
/// The file is left at its beginning.
pub fn encoding_of(file: &mut Feed) -> Result<&'static Encoding, Unreadable> {
    let mut head = [0; HEAD_BYTES];
    let length = read_up_to(file, &mut head)?;
    file.rewind()?;
    let marked = Encoding::for_bom(&head[..length]).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| utf16_without_bom(&head[..length])) {
        return Ok(encoding);
    }
    // Nearly every file is one or the other without a fault, so each is first tried only as far as its first fault.
    // One that breaks off in the middle of a character has its only fault there; as GB18030 it may have none.
    for (encoding, is_whole) in [(UTF_8, true), (UTF_8, false), (GB18030, true), (GB18030, false)] {
        if bad_sequences(file, encoding, 0, is_whole)?.1 == 0 {
            return Ok(encoding);
        }
    }
    let (bytes, bad_utf8) = bad_sequences(file, UTF_8, u64::MAX, true)?;
    let (_, bad_gb) = bad_sequences(file, GB18030, u64::MAX, true)?;
    let (encoding, bad) = if bad_gb <= bad_utf8 { (GB18030, bad_gb) } else { (UTF_8, bad_utf8) };
    if bad > bytes / BAD_BYTES_SHARE + 1 {
        let detail = format!("neither UTF-8 nor GB18030: {bad} unreadable places");
        return Err(Unreadable::new(UnreadableCode::UnreadableText, detail));
    }
    Ok(encoding)
}

/// Length of the file, and how many places of it are not of `encoding`; given up beyond `bad_max`. Where the file need not
/// be whole, half a character at its end is none of them. The file is left at its beginning.
fn bad_sequences(
    file: &mut Feed,
    encoding: &'static Encoding,
    bad_max: u64,
    is_whole: bool,
) -> Result<(u64, u64), Unreadable> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut raw = vec![0; CHUNK_BYTES];
    let mut out = String::with_capacity(CHUNK_BYTES * 3);
    let (mut bytes, mut bad) = (0u64, 0u64);
    loop {
        let length = read_up_to(file, &mut raw)?;
        bytes += length as u64;
        let last = length < raw.len();
        out.clear();
        out.reserve(decoder.max_utf8_buffer_length(length).unwrap_or(length * 3));
        let (_, read, replaced) = decoder.decode_to_string(&raw[..length], &mut out, last && is_whole);
        debug_assert_eq!(read, length, "the buffer holds the worst case");
        if replaced {
            bad += out.matches('\u{fffd}').count() as u64;
        }
        if last || bad > bad_max {
            file.rewind()?;
            return Ok((bytes, bad));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_that_forgot_its_mark_is_told_by_its_characters() {
        let le = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let be = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let text = "姓名,身份证号\n一一,519901195001110030\n最会𠮷,1\n";
        assert_eq!((utf16_without_bom(&le(text)), utf16_without_bom(&be(text))), (Some(UTF_16LE), Some(UTF_16BE)));
        assert_eq!(utf16_without_bom(&le(text)[..le(text).len() - 3]), Some(UTF_16LE), "cut in a character");
        assert_eq!(utf16_without_bom(text.as_bytes()), None);
        assert_eq!(utf16_without_bom(b"BM\x36\0\0\0,\0\0\0\n\0"), None, "a picture");
        assert_eq!(utf16_without_bom(&[0, 1, 2, 3, 44, 0]), None);
    }
}
