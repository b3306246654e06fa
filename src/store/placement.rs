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

    /// Sheet and row of an entry.
    pub fn find(&self, uid: Uid) -> Option<(Option<&str>, u32)> {
        self.segments.iter().find_map(|s| s.lines.iter().find(|l| l.uid == uid).map(|l| (s.sheet.as_deref(), l.row)))
    }

    /// Segment count, then for each: sheet (length + 1, or 0 for none), line count, lines of uid, raw, row.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.len() * 20);
        put(&mut out, self.segments.len() as u64);
        for segment in &self.segments {
            match &segment.sheet {
                None => put(&mut out, 0),
                Some(sheet) => {
                    put(&mut out, sheet.len() as u64 + 1);
                    out.extend_from_slice(sheet.as_bytes());
                }
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
            let sheet = match take(&mut bytes)? {
                0 => None,
                length => {
                    let (text, rest) = bytes.split_at_checked(length as usize - 1)?;
                    bytes = rest;
                    Some(std::str::from_utf8(text).ok()?.to_owned())
                }
            };
            let lines = take(&mut bytes)?;
            let mut segment = Segment { sheet, lines: Vec::with_capacity(lines.min(1 << 20) as usize) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_reads_back_and_nothing_else_does() {
        let line = |n: u32| Placed { uid: Uid(u64::from(n) << 40), raw: u64::MAX - u64::from(n), row: n * 7 };
        let placement = Placement {
            segments: vec![
                Segment { sheet: None, lines: (1..300).map(line).collect() },
                Segment { sheet: Some("200村".into()), lines: vec![line(9), line(2)] },
            ],
        };
        let bytes = placement.encode();
        assert_eq!(Placement::decode(&bytes), Some(placement.clone()));
        assert_eq!(placement.find(line(2).uid), Some((None, 14)));
        for cut in [0, 1, 10, bytes.len() - 1] {
            assert_eq!(Placement::decode(&bytes[..cut]), None, "{cut}");
        }
    }
}
