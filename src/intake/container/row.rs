//! One row of any sheet, whatever it was read from.

use std::fmt::Write as _;
use std::ops::Range;

use crate::domain::{PartialDate, is_blank};

use crate::intake::report::Unreadable;

/// What stands in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Empty,
    /// Text, outer blanks off; never empty.
    Text(&'a str),
    /// A number cell. Its text is gone: what the clerk typed may have had more digits.
    Number(f64),
    /// A cell that the spreadsheet program itself holds for a date.
    Date(PartialDate),
    /// `#REF!`, `#N/A` and the like: the value is missing (DOMAIN.md 6 row 14).
    Error,
}

/// Error values as they look once a sheet was saved as text.
const ERRORS: [&str; 7] = ["#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"];

#[derive(Debug, Clone, Copy)]
enum Slot {
    Empty,
    Text { start: u32, end: u32 },
    Number(f64),
    Date(PartialDate),
    Error,
}

/// A row whose buffers are used again for the next: reading a sheet allocates nothing per line.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// As a spreadsheet program numbers it, from 1.
    pub number: u32,
    /// Whether the file breaks off in it.
    pub is_cut: bool,
    text: String,
    slots: Vec<Slot>,
    /// Columns whose cell is merged with others above or below, and what stands in the first of them.
    above: Vec<(usize, String)>,
}

impl Row {
    pub fn clear(&mut self, number: u32) {
        self.number = number;
        self.is_cut = false;
        self.text.clear();
        self.slots.clear();
        self.above.clear();
    }

    pub fn width(&self) -> usize {
        self.slots.len()
    }

    pub fn cell(&self, column: usize) -> Cell<'_> {
        match self.slots.get(column) {
            None | Some(Slot::Empty) => Cell::Empty,
            Some(Slot::Text { start, end }) => Cell::Text(&self.text[*start as usize..*end as usize]),
            Some(Slot::Number(value)) => Cell::Number(*value),
            Some(Slot::Date(date)) => Cell::Date(*date),
            Some(Slot::Error) => Cell::Error,
        }
    }

    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.slots.len()).map(|column| self.cell(column))
    }

    pub fn filled(&self) -> usize {
        self.slots.iter().filter(|slot| !matches!(slot, Slot::Empty)).count()
    }

    /// The first filled cell with its column.
    pub fn first_filled(&self) -> Option<(usize, Cell<'_>)> {
        self.cells().enumerate().find(|(_, cell)| *cell != Cell::Empty)
    }

    // Asked of every cell, from another module.
    #[inline]
    pub fn push_text(&mut self, raw: &str) {
        let trimmed = without_text_mark(trim(raw));
        if trimmed.is_empty() {
            return self.slots.push(Slot::Empty);
        }
        if trimmed.starts_with('#') && ERRORS.contains(&trimmed) {
            return self.slots.push(Slot::Error);
        }
        let start = self.text.len() as u32;
        self.text.push_str(trimmed);
        self.slots.push(Slot::Text { start, end: self.text.len() as u32 });
    }

    pub fn push_empty(&mut self) {
        self.slots.push(Slot::Empty);
    }

    pub fn push_number(&mut self, value: f64) {
        self.slots.push(if value.is_finite() { Slot::Number(value) } else { Slot::Error });
    }

    pub fn push_date(&mut self, date: PartialDate) {
        self.slots.push(Slot::Date(date));
    }

    pub fn push_error(&mut self) {
        self.slots.push(Slot::Error);
    }

    /// Notes that the cell of `column` is merged with others, of which the first holds `value`.
    pub fn push_above(&mut self, column: usize, value: &str) {
        self.above.push((column, value.to_owned()));
    }

    pub fn above(&self) -> &[(usize, String)] {
        &self.above
    }

    /// Writes the value of merged cells into those of their columns that are `wanted` and empty.
    pub fn take_from_above(&mut self, wanted: impl Fn(usize) -> bool) {
        for (column, value) in std::mem::take(&mut self.above) {
            if wanted(column) && self.cell(column).is_empty() {
                self.write(column, &value);
            }
        }
    }

    /// Puts text into a cell, whatever stood there.
    pub fn write(&mut self, column: usize, text: &str) {
        self.pad(column + 1);
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.slots[column] = Slot::Text { start, end: self.text.len() as u32 };
    }

    pub fn blank(&mut self, column: usize) {
        if let Some(slot) = self.slots.get_mut(column) {
            *slot = Slot::Empty;
        }
    }

    /// Puts the cell that stands in column `from` of another row into `column`.
    pub fn copy(&mut self, column: usize, row: &Row, from: usize) {
        match row.slots.get(from) {
            None | Some(Slot::Empty) => {}
            Some(Slot::Text { start, end }) => self.write(column, &row.text[*start as usize..*end as usize]),
            Some(slot) => {
                self.pad(column + 1);
                self.slots[column] = *slot;
            }
        }
    }

    /// The row as if nothing stood outside these columns.
    pub fn within(&self, columns: &Range<usize>) -> Row {
        let mut part = Row { number: self.number, is_cut: self.is_cut, ..Row::default() };
        (columns.start..columns.end.min(self.width())).for_each(|column| part.copy(column, self, column));
        part.above = self.above.iter().filter(|(column, _)| columns.contains(column)).cloned().collect();
        part
    }

    /// Fills up with empty cells, so that the next one pushed stands in `column`.
    pub fn pad(&mut self, column: usize) {
        while self.slots.len() < column {
            self.slots.push(Slot::Empty);
        }
    }
}

/// The text without the apostrophe by which a clerk, or a program that exports, tells a spreadsheet that a cell is text: `'007`.
#[inline]
fn without_text_mark(text: &str) -> &str {
    // Asked of every cell.
    if !text.starts_with(['\'', '‘', '`']) {
        return text;
    }
    let behind = text.trim_start_matches(['\'', '‘', '`']);
    // Two are a ditto mark.
    let is_one = text.chars().nth(1).is_some_and(|c| behind.starts_with(c));
    if is_one { trim(behind.trim_end_matches(['\'', '’', '`'])) } else { text }
}

/// The text without the blanks, seen and unseen, at its ends.
#[inline]
pub fn trim(raw: &str) -> &str {
    // Nearly every cell begins and ends with a visible character; look at the bytes before walking characters.
    let bytes = raw.as_bytes();
    // A character of these first bytes has three, and is a Chinese one: U+4000 to U+9FFF.
    let is_chinese = |byte: &u8| (0xe4..=0xe9).contains(byte);
    let begins = bytes.first().is_some_and(|first| first.is_ascii_graphic() || is_chinese(first));
    let ends = bytes.last().is_some_and(u8::is_ascii_graphic) || bytes.iter().nth_back(2).is_some_and(is_chinese);
    if begins && ends { raw } else { raw.trim_matches(is_blank) }
}

/// Above this a double no longer holds every integer, so what was typed may have been another number.
const EXACT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

impl Cell<'_> {
    pub fn is_empty(self) -> bool {
        self == Cell::Empty
    }

    /// The cell as text a person would read; the buffer is overwritten.
    pub fn write_to(self, out: &mut String) {
        out.clear();
        match self {
            Cell::Empty | Cell::Error => {}
            Cell::Text(text) => out.push_str(text),
            // Writing to a String cannot fail.
            Cell::Number(value) if value.fract() == 0.0 && value.abs() < EXACT_INTEGER_MAX => {
                let _ = write!(out, "{}", value as i64);
            }
            Cell::Number(value) => {
                let _ = write!(out, "{value}");
            }
            Cell::Date(date) => {
                let _ = write!(out, "{date}");
            }
        }
    }

    pub fn to_text(self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }
}

/// A sheet as a stream of rows.
pub trait Rows {
    /// Overwrites `row` with the next one; false at the end. Empty rows may be left out, their numbers not.
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable>;

    /// Whether cells come with their type. In a text file `1990.1` may once have been `1990.10`.
    fn typed(&self) -> bool;

    /// Whether plain numbers that are dates count from 1904 (old workbooks of Macs).
    fn epoch_1904(&self) -> bool {
        false
    }
}

#[cfg(test)]
impl Row {
    /// A row of text cells.
    pub fn of_texts(number: u32, cells: &[&str]) -> Row {
        let mut row = Row { number, ..Row::default() };
        cells.iter().for_each(|cell| row.push_text(cell));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_what_was_put_in() {
        let mut row = Row::default();
        row.clear(7);
        row.push_text("　张三\u{200b} ");
        row.push_text("\t");
        row.push_number(12.0);
        row.pad(5);
        row.push_error();
        for marked in ["'007", "‘007", "`007", "' 007", "'007'"] {
            assert_eq!(Row::of_texts(1, &[marked]).cell(0), Cell::Text("007"), "{marked}");
        }
        for other in ["''", "'", "O'Neil", "\""] {
            assert_eq!(Row::of_texts(1, &[other]).cell(0), Cell::Text(other));
        }
        assert_eq!(row.cell(0), Cell::Text("张三"));
        assert_eq!(row.cell(1), Cell::Empty);
        assert_eq!(row.cell(2).to_text(), "12");
        assert_eq!(row.cell(5), Cell::Error);
        assert_eq!((row.cell(9), row.width(), row.filled()), (Cell::Empty, 6, 3));
    }
}
