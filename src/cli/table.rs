//! Tables for a terminal in which Chinese characters take two columns.

use std::fmt::Write;

/// Between two columns.
const GAP: usize = 2;

/// A terminal narrower than this wraps by itself.
const WRAP_COLUMNS_MIN: usize = 24;

/// How many columns `c` takes: 2 for the wide and full-width forms (Unicode UAX 11, by blocks), 0 for marks that
/// join what is before them, else 1.
pub fn char_columns(c: char) -> usize {
    match c as u32 {
        0x0300..=0x036f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f | 0xfeff => 0,
        0x1100..=0x115f
        | 0x2329..=0x232a
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// `text` in pieces of at most `width` columns, broken at blanks where there are any.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let (mut used, mut blank) = (0, None);
    for c in text.chars() {
        if used + char_columns(c) > width && !line.is_empty() {
            // A word goes to the next line whole; Chinese breaks anywhere.
            let rest = match blank.take() {
                Some(at) if c.is_ascii() && c != ' ' => line.split_off(at),
                _ => String::new(),
            };
            lines.push(line.trim_end().to_owned());
            line = rest.trim_start().to_owned();
            used = columns(&line);
            if c == ' ' {
                continue;
            }
        }
        if c == ' ' {
            blank = Some(line.len());
        } else if !c.is_ascii() {
            blank = None;
        }
        line.push(c);
        used += char_columns(c);
    }
    lines.push(line);
    lines
}

/// Rows under a header, each column as wide as its widest cell; the last column takes what is left and wraps.
#[derive(Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    pub fn new(head: impl IntoIterator<Item = String>) -> Table {
        Table { head: head.into_iter().collect(), ..Table::default() }
    }

    /// Sets columns, from 0, that hold numbers: they stand at the right edge.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.right = columns.to_vec();
        self
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines of the table, none wider than `total` columns where that can be.
    pub fn lines(&self, total: usize) -> Vec<String> {
        let last = self.head.len().saturating_sub(1);
        let widths: Vec<usize> = (0..last)
            .map(|at| {
                let cells = self.rows.iter().chain([&self.head]).filter_map(|row| row.get(at));
                cells.map(|cell| columns(cell)).max().unwrap_or(0)
            })
            .collect();
        let before: usize = widths.iter().map(|width| width + GAP).sum();
        let room = total.saturating_sub(before);
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        for row in [&self.head].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (at, width) in widths.iter().enumerate() {
                let cell = row.get(at).map_or("", String::as_str);
                let blanks = " ".repeat(width.saturating_sub(columns(cell)));
                let gap = " ".repeat(GAP);
                // Writing to a String cannot fail.
                let _ = match self.right.contains(&at) {
                    true => write!(line, "{blanks}{cell}{gap}"),
                    false => write!(line, "{cell}{blanks}{gap}"),
                };
            }
            let cell = row.get(last).map_or("", String::as_str);
            if room < WRAP_COLUMNS_MIN {
                lines.push((line + cell).trim_end().to_owned());
                continue;
            }
            for (at, piece) in wrapped(cell, room).into_iter().enumerate() {
                let lead = if at == 0 { std::mem::take(&mut line) } else { " ".repeat(before) };
                lines.push((lead + &piece).trim_end().to_owned());
            }
        }
        lines
    }
}

/// Columns of the terminal on stdout; 80 where it will not say.
pub fn terminal_columns() -> usize {
    // SAFETY: TIOCGWINSZ writes one winsize, which zeroed memory is a value of, to the place it is given.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_columns_stand_under_each_other() {
        let mut table = Table::new(["程度", "n", "what"].map(String::from)).right(&[1]);
        table.row(["高", "7", "一二三四五六七八九十甲乙丙丁"].map(String::from));
        table.row(["medium", "12", "two words and two more, long enough to wrap"].map(String::from));
        let lines = table.lines(36);
        assert_eq!(
            lines,
            [
                "程度     n  what",
                "高       7  一二三四五六七八九十甲乙",
                "            丙丁",
                "medium  12  two words and two more,",
                "            long enough to wrap",
            ]
        );
        assert_eq!(table.lines(usize::MAX).len(), 3, "a pipe gets whole lines");
    }

    #[test]
    fn a_name_with_a_dot_and_full_width_digits_is_as_wide_as_it_looks() {
        assert_eq!(columns("吉木·子洛"), 9);
        assert_eq!(columns("１２Ｘ"), 6);
    }
}
