//! Text tables as a stream of rows, in any encoding offices use.
//!
//! The splitting is our own and not the csv crate's for two reasons: a row must carry the number that a spreadsheet
//! program shows (blank lines count, line breaks inside quotes do not), and one stray quote must cost one line and
//! not swallow the rest of the file.

use std::io::{Read, Seek};

use encoding_rs::{CoderResult, Decoder, Encoding};
use memchr::{memchr, memchr_iter};

use super::encoding::encoding_of;
use super::feed::Feed;
use super::row::{Row, Rows};
use crate::intake::Limits;
use crate::intake::container::read_up_to;
use crate::intake::report::{Unreadable, UnreadableCode};

const CHUNK_BYTES: usize = 256 << 10;
/// A quoted cell that runs over more lines than this was never meant to be one.
const QUOTED_LINES_MAX: usize = 50;
/// No line of a roster is longer; a file without line ends is not a table.
const LINE_BYTES_MAX: usize = 1 << 20;
/// So many rows of one width before a shorter one that has no line end say that the file breaks off in it.
const EVEN_ROWS_MIN: u32 = 3;
/// Lines looked at to tell the delimiter.
const SNIFF_LINES: usize = 30;

/// A text file decoded piece by piece and cut into rows.
pub struct Delimited {
    file: Feed,
    decoder: Decoder,
    raw: Vec<u8>,
    text: String,
    /// How much of `text` has been handed out.
    at: usize,
    finished: bool,
    /// Both ASCII.
    delimiter: u8,
    line_end: u8,
    number: u32,
    /// Cells of the row before, and how many rows before had as many.
    width: usize,
    even_rows: u32,
    limits: Limits,
    cells: u64,
    cell: String,
}

impl Delimited {
    pub fn new(file: Feed, encoding: &'static Encoding, limits: &Limits) -> Result<Delimited, Unreadable> {
        let mut delimited = Delimited {
            file,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK_BYTES],
            text: String::new(),
            at: 0,
            finished: false,
            delimiter: b',',
            line_end: b'\n',
            number: 0,
            width: 0,
            even_rows: 0,
            limits: limits.clone(),
            cells: 0,
            cell: String::new(),
        };
        delimited.fill()?;
        if !delimited.text.contains('\n') && delimited.text.contains('\r') {
            delimited.line_end = b'\r';
        }
        delimited.delimiter = delimited.sniff_delimiter();
        Ok(delimited)
    }

    /// Excel's own `sep=;` line, else the character that the most lines agree on.
    fn sniff_delimiter(&mut self) -> u8 {
        let line_end = char::from(self.line_end);
        let first = self.text.split(line_end).next().unwrap_or_default().trim_end();
        if let Some(named) = first.strip_prefix("sep=").and_then(|rest| rest.bytes().next()).filter(u8::is_ascii) {
            self.at =
                (first.len() + self.text[first.len()..].find(line_end).map_or(0, |at| at + 1)).min(self.text.len());
            return named;
        }
        let score = |delimiter: u8| -> usize {
            let count = |line: &str| line.matches(char::from(delimiter)).count().min(64);
            self.text.split(line_end).take(SNIFF_LINES).map(count).sum()
        };
        // The comma wins ties; max_by_key keeps the last of equals.
        *b"|;\t,".iter().max_by_key(|delimiter| score(**delimiter)).unwrap_or(&b',')
    }

    /// Moves what is left to the front and decodes the next piece behind it.
    fn fill(&mut self) -> Result<(), Unreadable> {
        self.text.drain(..self.at);
        self.at = 0;
        let length = read_up_to(&mut self.file, &mut self.raw)?;
        self.finished = length < self.raw.len();
        let mut from = 0;
        loop {
            self.text.reserve(self.decoder.max_utf8_buffer_length(length - from).unwrap_or(CHUNK_BYTES));
            let (result, read, _) =
                self.decoder.decode_to_string(&self.raw[from..length], &mut self.text, self.finished);
            from += read;
            if result == CoderResult::InputEmpty {
                // Strays: nobody sees them, and a name that holds one is another name.
                if memchr(0, self.text.as_bytes()).is_some() {
                    self.text.retain(|c| c != '\0');
                }
                return Ok(());
            }
        }
    }

    /// Length of the next record with its line end, read into `row`; `None` where the piece at hand is too short.
    fn split(&mut self, row: &mut Row) -> Option<usize> {
        let rest = &self.text[self.at..];
        let line = match memchr(self.line_end, rest.as_bytes()) {
            Some(end) => &rest[..end],
            None if self.finished => rest,
            None => return None,
        };
        if memchr(b'"', line.as_bytes()).is_some() {
            return self.split_quoted(row);
        }
        let taken = (line.len() + 1).min(rest.len());
        let mut from = 0;
        for end in memchr_iter(self.delimiter, line.as_bytes()).chain([line.len()]) {
            row.push_text(cap(&line[from..end], self.limits.cell_chars_max));
            from = end + 1;
        }
        Some(taken)
    }

    /// Whether the file ends in the middle of the row that was read last: without a line end, and with fewer cells than all
    /// before, or in the middle of a character. Half a line is somebody else's name, or nobody's number.
    fn breaks_off(&mut self, width: usize) -> bool {
        let is_last = self.finished && self.at >= self.text.len() && !self.text.ends_with(char::from(self.line_end));
        if is_last && (width < self.width && self.even_rows >= EVEN_ROWS_MIN || self.text.ends_with('\u{fffd}')) {
            return true;
        }
        self.even_rows = if width == self.width { self.even_rows + 1 } else { 1 };
        self.width = width;
        false
    }

    /// The slow way, for lines with a quote in them.
    fn split_quoted(&mut self, row: &mut Row) -> Option<usize> {
        let rest = &self.text[self.at..];
        let (delimiter, line_end) = (char::from(self.delimiter), char::from(self.line_end));
        let mut at = 0;
        loop {
            let field = &rest[at..];
            let quoted = field.strip_prefix('"').and_then(|inner| quoted_cell(inner, &mut self.cell, line_end));
            let body = match quoted {
                Some(Quoted::Closed(length)) => {
                    at += 1 + length;
                    true
                }
                Some(Quoted::TooShort) if !self.finished => return None,
                // Never closed: the quote is a character like any other.
                _ => false,
            };
            let tail = &rest[at..];
            let end = tail.find([delimiter, line_end]);
            if end.is_none() && !self.finished {
                return None;
            }
            let end = end.unwrap_or(tail.len());
            if body {
                self.cell.push_str(&tail[..end]);
                row.push_text(cap(unwrap_formula(&self.cell), self.limits.cell_chars_max));
            } else {
                row.push_text(cap(unwrap_formula(&tail[..end]), self.limits.cell_chars_max));
            }
            at += end;
            match rest[at..].chars().next() {
                Some(c) if c == delimiter => at += c.len_utf8(),
                Some(c) => return Some(at + c.len_utf8()),
                None => return Some(at),
            }
        }
    }
}

enum Quoted {
    /// Bytes up to and with the closing quote.
    Closed(usize),
    TooShort,
}

/// `="5199…"` is how programs write a long number so that a spreadsheet keeps all of it.
fn unwrap_formula(cell: &str) -> &str {
    cell.trim().strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"')).unwrap_or(cell)
}

/// Reads a quoted cell from behind its first quote into `out`; `None` where it runs over too many lines.
fn quoted_cell(inner: &str, out: &mut String, line_end: char) -> Option<Quoted> {
    out.clear();
    let mut at = 0;
    let mut lines = 0;
    loop {
        let Some(quote) = inner[at..].find('"') else {
            let open = inner.len() < LINE_BYTES_MAX && inner.matches(line_end).count() <= QUOTED_LINES_MAX;
            return open.then_some(Quoted::TooShort);
        };
        let piece = &inner[at..at + quote];
        lines += piece.matches(line_end).count();
        if lines > QUOTED_LINES_MAX {
            return None;
        }
        out.push_str(piece);
        at += quote + 1;
        if !inner[at..].starts_with('"') {
            return Some(Quoted::Closed(at));
        }
        out.push('"');
        at += 1;
    }
}

/// At most `chars` characters of a cell.
pub(in crate::intake) fn cap(cell: &str, chars: u32) -> &str {
    if cell.len() <= chars as usize {
        return cell;
    }
    cell.char_indices().nth(chars as usize).map_or(cell, |(end, _)| &cell[..end])
}

impl Rows for Delimited {
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        loop {
            if self.at >= self.text.len() && self.finished {
                return Ok(false);
            }
            row.clear(self.number + 1);
            if let Some(taken) = self.split(row) {
                self.at += taken;
                self.number += 1;
                row.is_cut = self.breaks_off(row.width());
                if row.width() > self.limits.columns_max as usize {
                    let detail = format!(
                        "row {} has {} columns; columns_max is {}",
                        self.number,
                        row.width(),
                        self.limits.columns_max
                    );
                    return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
                }
                self.cells += row.width() as u64;
                if self.cells > self.limits.cells_max {
                    let detail = format!("cells_max is {}", self.limits.cells_max);
                    return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
                }
                return Ok(true);
            }
            if self.text.len() - self.at > LINE_BYTES_MAX {
                return Err(Unreadable::new(UnreadableCode::NotARoster, "a line without an end"));
            }
            self.fill()?;
        }
    }

    fn typed(&self) -> bool {
        false
    }
}

/// A whole file as text, for formats that are read in memory.
pub fn decode_whole(
    file: &mut Feed,
    declared: Option<&'static Encoding>,
    bytes_max: u64,
) -> Result<(String, &'static Encoding), Unreadable> {
    let length = file.kind().bytes;
    if length > bytes_max {
        let detail = format!("{length} bytes; markup_bytes_max is {bytes_max}");
        return Err(Unreadable::new(UnreadableCode::TooLarge, detail));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    file.rewind()?;
    let encoding = match declared {
        Some(encoding)
            if Encoding::for_bom(&bytes).is_none()
                && encoding.decode_without_bom_handling_and_without_replacement(&bytes).is_some() =>
        {
            encoding
        }
        _ => encoding_of(file)?,
    };
    Ok((encoding.decode(&bytes).0.into_owned(), encoding))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;

    use encoding_rs::GB18030;

    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let mut written = tempfile::NamedTempFile::new().unwrap();
        written.write_all(bytes).unwrap();
        let mut file = Feed::open(written.path(), Arc::default()).unwrap();
        let encoding = encoding_of(&mut file).unwrap();
        let mut source = Delimited::new(file, encoding, &Limits::default()).unwrap();
        let (mut row, mut out) = (Row::default(), Vec::new());
        while source.next(&mut row).unwrap() {
            out.push((row.number, row.cells().map(|cell| cell.to_text()).collect()));
        }
        out
    }

    fn texts(bytes: &[u8]) -> Vec<Vec<String>> {
        rows(bytes).into_iter().map(|(_, cells)| cells).collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_program_shows_them() {
        let rows = rows("标题\r\n\r\n姓名,备注\r\n张三,\"第一行\r\n第二行\"\r\n李四,\r\n".as_bytes());
        let numbers: Vec<_> = rows.iter().map(|(number, cells)| (*number, cells[0].as_str())).collect();
        assert_eq!(numbers, [(1, "标题"), (2, ""), (3, "姓名"), (4, "张三"), (5, "李四")]);
        assert_eq!(rows[3].1[1], "第一行\r\n第二行");
    }

    #[test]
    fn one_stray_quote_costs_one_cell() {
        let mut text = "姓名,备注\n\"张三,x\n".to_owned();
        for line in 0..200 {
            text += &format!("李四{line},y\n");
        }
        let rows = texts(text.as_bytes());
        assert_eq!(rows.len(), 202);
        assert_eq!(rows[1], ["\"张三", "x"]);
        assert_eq!(texts(b"a,b\n=\"012\",\"=\"\"034\"\"\"\n")[1], ["012", "034"], "a formula only to keep the digits");
        assert_eq!(texts(b"a,b\nx\"y,\"z\"\"w\",3\n")[1], ["x\"y", "z\"w", "3"]);
    }

    #[test]
    fn every_encoding_and_delimiter_of_offices_is_told() {
        let text = "姓名\t性别\n吉木·子洛\t男\n";
        let want = vec![vec!["姓名", "性别"], vec!["吉木·子洛", "男"]];
        let gbk = GB18030.encode(text).0.into_owned();
        let utf16_le: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let utf16_be: Vec<u8> =
            [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &gbk, &utf16_le, &utf16_be, &utf16_le[2..], &utf16_be[2..], &bom] {
            assert_eq!(texts(bytes), want);
        }
        assert_eq!(texts(b"sep=;\na;b\n1;2"), [["a", "b"], ["1", "2"]]);
        assert_eq!(texts(b"a,b\r1,2\r"), [["a", "b"], ["1", "2"]]);
    }

    #[test]
    fn a_line_across_two_pieces_stays_whole() {
        let mut text = String::from("姓名,号\n");
        for line in 0..60_000 {
            text += &format!("王小明{line},{line}\n");
        }
        let rows = texts(text.as_bytes());
        assert_eq!(rows.len(), 60_001);
        assert!(
            rows[1..]
                .iter()
                .enumerate()
                .all(|(line, cells)| cells[0] == format!("王小明{line}") && cells[1] == line.to_string())
        );
    }
}
