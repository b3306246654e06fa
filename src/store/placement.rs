//! Where each line of a snapshot stands: kept apart from the entries, so that a line inserted at the top of a sheet
//! of half a million does not change half a million entries.

use crate::domain::Uid;

/// One line of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub uid: Uid,
    /// Hash of the line's text under its columns: an equal line need not be cleaned again. 0 at a parent.
    pub raw: u64,
    /// As a person sees it in the spreadsheet program, from 1.
    pub row: u32,
}

/// The lines of one sheet, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    /// The file they came from, where that is another one than the snapshot is named by: of a list that is kept in
    /// several files, or appended to.
    pub file: Option<String>,
    pub sheet: Option<String>,
    pub lines: Vec<Placed>,
}

/// All lines of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    pub segments: Vec<Segment>,
}

impl Placement {
    pub fn lines(&self) -> impl Iterator<Item = &Placed> {
        self.segments.iter().flat_map(|s| &s.lines)
    }

    pub fn len(&self) -> usize {
        self.segments.iter().map(|s| s.lines.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives `take` all that travels of it, for a digest.
    pub(super) fn digest(&self, mut take: impl FnMut(&[u8])) {
        for segment in &self.segments {
            for name in [&segment.file, &segment.sheet] {
                take(&name.as_ref().map_or(0, |name| name.len() as u64 + 1).to_le_bytes());
                take(name.as_deref().unwrap_or_default().as_bytes());
            }
            for line in &segment.lines {
                take(&line.uid.0.to_le_bytes());
                take(&line.row.to_le_bytes());
            }
        }
    }

    /// Segment count, then for each: file and sheet (length + 1, or 0 for none), line count, lines of uid, raw, row.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.len() * 20);
        put(&mut out, self.segments.len() as u64);
        for segment in &self.segments {
            for name in [&segment.file, &segment.sheet] {
                put(&mut out, name.as_ref().map_or(0, |name| name.len() as u64 + 1));
                out.extend_from_slice(name.as_deref().unwrap_or_default().as_bytes());
            }
            put(&mut out, segment.lines.len() as u64);
            let mut row = 0u32;
            for line in &segment.lines {
                out.extend_from_slice(&line.uid.0.to_le_bytes());
                out.extend_from_slice(&line.raw.to_le_bytes());
                // Rows rise within a sheet; a wrapped difference still reads back.
                put(&mut out, u64::from(line.row.wrapping_sub(row)));
                row = line.row;
            }
        }
        out
    }

    /// `None` where the bytes are not ours.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Placement> {
        let count = take(&mut bytes)?;
        let mut segments = Vec::new();
        for _ in 0..count {
            let (file, sheet) = (take_name(&mut bytes)?, take_name(&mut bytes)?);
            let lines = take(&mut bytes)?;
            let mut segment = Segment { file, sheet, lines: Vec::with_capacity(lines.min(1 << 20) as usize) };
            let mut row = 0u32;
            for _ in 0..lines {
                let (uid, rest) = bytes.split_first_chunk::<8>()?;
                let (raw, rest) = rest.split_first_chunk::<8>()?;
                bytes = rest;
                row = row.wrapping_add(take(&mut bytes)? as u32);
                segment.lines.push(Placed { uid: Uid(u64::from_le_bytes(*uid)), raw: u64::from_le_bytes(*raw), row });
            }
            segments.push(segment);
        }
        bytes.is_empty().then_some(Placement { segments })
    }
}

/// Base-128, lowest first.
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take_name(bytes: &mut &[u8]) -> Option<Option<String>> {
    let Some(length) = take(bytes)?.checked_sub(1) else { return Some(None) };
    let (text, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(std::str::from_utf8(text).ok()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_reads_back_and_nothing_else_does() {
        let line = |n: u32| Placed { uid: Uid(u64::from(n) << 40), raw: u64::MAX - u64::from(n), row: n * 7 };
        let placement = Placement {
            segments: vec![
                Segment { file: None, sheet: None, lines: (1..300).map(line).collect() },
                Segment { file: None, sheet: Some("200村".into()), lines: vec![line(9), line(2)] },
                Segment { file: Some("1月.csv".into()), sheet: None, lines: vec![line(5)] },
            ],
        };
        let bytes = placement.encode();
        assert_eq!(Placement::decode(&bytes), Some(placement.clone()));
        for cut in [0, 1, 10, bytes.len() - 1] {
            assert_eq!(Placement::decode(&bytes[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_line_that_came_from_another_file_or_sheet_is_another_place() {
        let digest = |file: Option<&str>, sheet: Option<&str>| {
            let lines = vec![Placed { uid: Uid(7), raw: 0, row: 3 }];
            let segment = Segment { file: file.map(str::to_owned), sheet: sheet.map(str::to_owned), lines };
            let mut bytes = Vec::new();
            Placement { segments: vec![segment] }.digest(|part| bytes.extend_from_slice(part));
            bytes
        };
        let all = [digest(None, None), digest(Some("a"), None), digest(None, Some("a")), digest(Some(""), Some("a"))];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != one), "{i}");
        }
    }
}
