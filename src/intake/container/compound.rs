//! The container of old Office files, as far as is needed to tell what is in it and how large a workbook would become
//! in memory. The library that reads the workbook trusts its cell positions; a single wrong byte could make it ask for
//! more memory than there is, so they are looked at before.

use crate::intake::Limits;
use crate::intake::report::{Unreadable, UnreadableCode};

/// Sector numbers from here on are marks, not sectors.
const SECTOR_MARKS: u32 = 0xffff_fffa;
const ENTRY_BYTES: usize = 128;
/// Rows and columns of the old format.
const XLS_ROWS: u64 = 65_536;
const XLS_COLUMNS: u64 = 256;

/// The streams of one file.
pub struct Compound<'b> {
    bytes: &'b [u8],
    sector_bytes: usize,
    next: Vec<u32>,
    mini_next: Vec<u32>,
    mini: Vec<u8>,
    mini_below: u64,
    streams: Vec<Stream>,
}

struct Stream {
    name: String,
    start: u32,
    bytes: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u32s(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Cells that a sheet says it has: first row, row behind the last, first column, column behind the last. What ends before
/// it begins is beyond all bounds.
fn promised(dimensions: &[u8]) -> Option<u64> {
    let short = |at| u16_at(dimensions, at).map(u64::from);
    let long = |at| u32_at(dimensions, at).map(u64::from);
    let (rows, columns) = match dimensions.len() {
        10 => ((short(0)?, short(2)?), (short(4)?, short(6)?)),
        _ => ((long(0)?, long(4)?), (short(8)?, short(10)?)),
    };
    let count = |(first, end): (u64, u64)| if end == 0 { Some(1) } else { end.checked_sub(first) };
    // An unlikely first column is read as none.
    let columns = if columns.0 >= XLS_COLUMNS || columns.1 < columns.0 { (0, columns.1) } else { columns };
    Some(count(rows).zip(count(columns)).map_or(u64::MAX, |(rows, columns)| rows.saturating_mul(columns)))
}

impl<'b> Compound<'b> {
    /// `None` where the directory cannot be followed, or something runs in a circle: the library that reads workbooks
    /// would follow it until there is no more memory.
    pub fn open(bytes: &'b [u8]) -> Option<Compound<'b>> {
        let sector_bytes = 1usize << u16_at(bytes, 0x1e).filter(|shift| (9..=12).contains(shift))?;
        let mut compound = Compound {
            bytes,
            sector_bytes,
            next: Vec::new(),
            mini_next: Vec::new(),
            mini: Vec::new(),
            mini_below: u64::from(u32_at(bytes, 0x38)?),
            streams: Vec::new(),
        };
        let mut tables: Vec<u32> = u32s(bytes.get(0x4c..0x200)?).collect();
        let mut more = u32_at(bytes, 0x44)?;
        let sectors = bytes.len() / sector_bytes + 1;
        for _ in 0..sectors {
            let Some(sector) = compound.sector(more) else { break };
            let entries = sector_bytes / 4 - 1;
            tables.extend(u32s(sector).take(entries));
            more = u32_at(sector, entries * 4)?;
        }
        tables.retain(|table| *table < SECTOR_MARKS);
        if tables.len() > sectors {
            return None;
        }
        for table in tables {
            let sector = compound.sector(table)?;
            compound.next.extend(u32s(sector));
        }
        let (directory, mini_table) = (u32_at(bytes, 0x30)?, u32_at(bytes, 0x3c)?);
        if compound.circles(directory) || compound.circles(mini_table) {
            return None;
        }
        let directory = compound.chain(directory, u64::MAX);
        for entry in directory.chunks_exact(ENTRY_BYTES) {
            let name_bytes = usize::from(u16_at(entry, 0x40)?).saturating_sub(2).min(62);
            let units = entry[..name_bytes].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            let name = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
            let (start, bytes) = (u32_at(entry, 0x74)?, u64::from(u32_at(entry, 0x78)?));
            compound.streams.push(Stream { name, start, bytes });
        }
        compound.mini_next = u32s(&compound.chain(mini_table, u64::MAX)).collect();
        let root = compound.streams.first()?;
        // Small streams lie in the root's and are followed no farther than their length.
        let large = compound.streams.iter().filter(|stream| stream.bytes >= compound.mini_below);
        if compound.circles(root.start) || large.into_iter().any(|stream| compound.circles(stream.start)) {
            return None;
        }
        compound.mini = compound.chain(root.start, root.bytes);
        Some(compound)
    }

    fn sector(&self, number: u32) -> Option<&'b [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector_bytes)?;
        let end = (start + self.sector_bytes).min(self.bytes.len());
        (number < SECTOR_MARKS).then(|| self.bytes.get(start..end)).flatten()
    }

    fn circles(&self, start: u32) -> bool {
        let mut at = start;
        for _ in 0..=self.next.len() {
            match self.next.get(at as usize) {
                Some(next) => at = *next,
                None => return false,
            }
        }
        true
    }

    fn chain(&self, start: u32, bytes: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = start;
        // A chain that runs in a circle is cut at the size of the file.
        while let Some(sector) = self.sector(at).filter(|_| out.len() < self.bytes.len() && (out.len() as u64) < bytes)
        {
            out.extend_from_slice(sector);
            at = self.next.get(at as usize).copied().unwrap_or(SECTOR_MARKS);
        }
        out.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        out
    }

    pub fn has(&self, name: &str) -> bool {
        self.streams.iter().any(|stream| stream.name == name)
    }

    fn stream(&self, name: &str) -> Option<Vec<u8>> {
        const MINI_SECTOR_BYTES: usize = 64;
        let stream = self.streams.iter().find(|stream| stream.name.eq_ignore_ascii_case(name))?;
        if stream.bytes >= self.mini_below {
            return Some(self.chain(stream.start, stream.bytes));
        }
        let mut out = Vec::new();
        let mut at = stream.start as usize;
        while let Some(sector) =
            self.mini.chunks(MINI_SECTOR_BYTES).nth(at).filter(|_| out.len() < stream.bytes as usize)
        {
            out.extend_from_slice(sector);
            at = self.mini_next.get(at).map_or(usize::MAX, |next| *next as usize);
        }
        Some(out)
    }

    /// Whether the workbook in it can be read without harm. Sheets are laid out whole, so the farthest cell counts.
    pub fn check_workbook(&self, limits: &Limits) -> Result<(), Unreadable> {
        let book = self.stream("Workbook").or_else(|| self.stream("Book")).unwrap_or_default();
        let mut at = 0;
        let mut cells = 0u64;
        let mut corner: Option<(u64, u64, u64)> = None;
        while let (Some(kind), Some(length)) = (u16_at(&book, at), u16_at(&book, at + 2)) {
            let data = &book[(at + 4).min(book.len())..(at + 4 + usize::from(length)).min(book.len())];
            at += 4 + usize::from(length);
            match kind {
                // FILEPASS
                0x2f => return Err(Unreadable::new(UnreadableCode::Encrypted, "the workbook asks for a password")),
                // BOF, EOF: a sheet begins or ends.
                0x0009 | 0x0209 | 0x0409 | 0x0809 | 0x000a => {
                    cells = cells
                        .saturating_add(corner.take().map_or(0, |(first, last, width)| (last - first + 1) * width));
                }
                // Cells of every kind, BIFF3 to BIFF8.
                0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x0206 | 0x0406 | 0x00bd | 0x00d6 | 0x00fd | 0x027e => {
                    let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { continue };
                    let column = match kind {
                        // MULRK names its last column at its end.
                        0x00bd => u16_at(data, data.len().saturating_sub(2)).unwrap_or(column).max(column),
                        _ => column,
                    };
                    let (row, width) = (u64::from(row), u64::from(column) + 1);
                    if width > XLS_COLUMNS {
                        return Err(Unreadable::new(UnreadableCode::Truncated, "a cell beyond the last column"));
                    }
                    corner = Some(corner.map_or((row, row, width), |(first, last, widest)| {
                        (first.min(row), last.max(row), widest.max(width))
                    }));
                }
                // DIMENSIONS: the library asks for room for all of them before it has seen one.
                0x0200 if promised(data).is_some_and(|cells| cells > XLS_ROWS * XLS_COLUMNS) => {
                    return Err(Unreadable::new(UnreadableCode::Truncated, "a sheet larger than any can be"));
                }
                _ => {}
            }
        }
        cells = cells.saturating_add(corner.map_or(0, |(first, last, width)| (last - first + 1) * width));
        if cells > limits.cells_in_memory_max {
            let detail =
                format!("{cells} cells, empty ones too; cells_in_memory_max is {}", limits.cells_in_memory_max);
            return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Vec<u8> {
        std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/county/exports/2026-04/519901001200/dibao.xls"
        ))
        .unwrap()
    }

    #[test]
    fn a_real_workbook_is_found_and_passes() {
        let bytes = fixture();
        let compound = Compound::open(&bytes).unwrap();
        assert!(compound.has("Workbook"));
        assert!(compound.check_workbook(&Limits::default()).is_ok());
        let narrow = Limits { cells_in_memory_max: 100, ..Limits::default() };
        assert_eq!(compound.check_workbook(&narrow).unwrap_err().code, UnreadableCode::TooManyCells);
    }

    #[test]
    fn a_sheet_that_promises_more_cells_than_any_has_is_refused() {
        let dimensions = |rows: (u32, u32), columns: (u16, u16)| {
            let mut record = [rows.0.to_le_bytes(), rows.1.to_le_bytes()].concat();
            record.extend([columns.0.to_le_bytes(), columns.1.to_le_bytes(), [0; 2]].concat());
            promised(&record).unwrap()
        };
        assert_eq!(dimensions((0, 100), (0, 8)), 800);
        assert_eq!(dimensions((0, 0), (0, 0)), 1, "an empty sheet");
        assert_eq!(dimensions((0, 65_536), (0, 256)), XLS_ROWS * XLS_COLUMNS);
        assert!(dimensions((0, u32::MAX), (0, 65_535)) > XLS_ROWS * XLS_COLUMNS);
        assert_eq!(dimensions((101, 100), (0, 8)), u64::MAX, "ends before it begins");
        let mut bytes = fixture();
        // The record of a real workbook, with a last row beyond all bounds.
        let at = bytes.windows(4).position(|w| w == [0x00, 0x02, 14, 0]).expect("every sheet has one");
        bytes[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        let refused = Compound::open(&bytes).unwrap().check_workbook(&Limits::default()).unwrap_err();
        assert_eq!(refused.code, UnreadableCode::Truncated);
    }

    #[test]
    fn a_directory_that_leads_nowhere_or_in_circles_is_no_harm() {
        let mut bytes = fixture();
        for at in (0x200..bytes.len()).step_by(5) {
            bytes[at] = 0;
        }
        let _ = Compound::open(&bytes).map(|compound| compound.check_workbook(&Limits::default()));
        assert!(Compound::open(&bytes[..100]).is_none());
    }

    /// Found by fuzzing: the library follows such a chain until there is no more memory.
    #[test]
    fn a_chain_that_runs_in_a_circle_is_refused() {
        for head in [0x30, 0x74] {
            let mut bytes = fixture();
            let sector = |number: u32| 512 * (number as usize + 1);
            let table = sector(u32_at(&bytes, 0x4c).unwrap());
            let directory = u32_at(&bytes, 0x30).unwrap();
            // The directory itself, and the second stream in it: the workbook.
            let start = match head {
                0x30 => directory,
                _ => u32_at(&bytes, sector(directory) + ENTRY_BYTES + 0x74).unwrap(),
            };
            let at = table + 4 * start as usize;
            bytes[at..at + 4].copy_from_slice(&start.to_le_bytes());
            assert!(Compound::open(&bytes).is_none(), "{head:x}");
        }
    }
}
