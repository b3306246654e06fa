//! Sheets on which two or more people stand side by side to save paper: 序号 姓名 身份证号 | 序号 姓名 身份证号.

use super::field::Field;
use super::header::{Heading, Meaning, meaning};
use super::row::{Cell, Row};
use super::vocabulary::{Vocabulary, fold_header};

/// Columns with a meaning that must stand in each block: a name alone beside another is anybody's.
const KNOWN_COLUMNS_MIN: usize = 2;

/// Blocks of columns with the same header, one beside the other. What stands left of the first is of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// Column of the first block's first.
    pub start: usize,
    /// Columns from one block's first to the next one's.
    pub width: usize,
    pub count: usize,
}

impl Blocks {
    /// The blocks that a header repeats whole; `None` where it has a second 姓名 and not all that belongs to the first: then
    /// that is somebody else's.
    pub fn of(headings: &[Heading], vocabulary: &Vocabulary) -> Option<Blocks> {
        let at = |column: usize| headings.iter().find(|heading| heading.column == column);
        let word = |column: usize| at(column).map(|heading| fold_header(&heading.written));
        let (first, width) = headings.iter().filter(|heading| names(heading, vocabulary)).find_map(|heading| {
            let own = fold_header(&heading.written);
            let next = headings.iter().find(|h| h.column > heading.column && fold_header(&h.written) == own)?;
            Some((heading.column, next.column - heading.column))
        })?;
        let is_repeated = |column: &usize| word(*column).is_some_and(|own| word(column + width) == Some(own));
        let start = (first + 1).saturating_sub(width);
        let start = (start..first).rev().take_while(is_repeated).last().unwrap_or(first);
        let inside: Vec<usize> = (start..start + width).filter(|column| at(*column).is_some()).collect();
        let repeats = |block: usize| inside.iter().all(|column| word(column + block * width) == word(*column));
        let count = 1 + (1..).take_while(|block| repeats(*block)).count();
        let known =
            inside.iter().filter_map(|column| at(*column)).filter(|heading| is_kept(heading, vocabulary)).count();
        let after = headings.iter().filter(|heading| heading.column >= start + count * width);
        let alone = after.clone().all(|heading| !is_kept(heading, vocabulary));
        (count > 1 && known >= KNOWN_COLUMNS_MIN && alone).then_some(Blocks { start, width, count })
    }

    /// Whether the column is of the first block, or of all blocks.
    pub fn is_first(&self, column: usize) -> bool {
        column < self.start + self.width
    }

    /// The row as if only one block stood on the sheet; `None` where nothing is written in that block.
    pub fn part(&self, row: &Row, block: usize) -> Option<Row> {
        let from = self.start + block * self.width;
        if (from..from + self.width).all(|column| row.cell(column).is_empty()) {
            return None;
        }
        let mut part = Row::default();
        part.clear(row.number);
        for column in (0..self.start).chain(from..from + self.width) {
            match row.cell(column) {
                Cell::Empty => part.push_empty(),
                Cell::Text(text) => part.push_text(text),
                Cell::Number(value) => part.push_number(value),
                Cell::Date(date) => part.push_date(date),
                Cell::Error => part.push_error(),
            }
        }
        for (column, value) in row.above() {
            match *column {
                shared if shared < self.start => part.push_above(shared, value),
                own if (from..from + self.width).contains(&own) => part.push_above(own - from + self.start, value),
                _ => {}
            }
        }
        Some(part)
    }

    /// The parts of a row, the left one first.
    pub fn parts<'r>(&self, row: &'r Row) -> impl Iterator<Item = Row> + 'r {
        let blocks = *self;
        (0..blocks.count).filter_map(move |block| blocks.part(row, block))
    }
}

/// Whether the column names the person of the line.
fn names(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let name = |meaning| matches!(meaning, Meaning::Field(Field::Name, _));
    !heading.of_other && vocabulary.lists().iter().any(|list| name(meaning(heading, list, vocabulary, true)))
}

/// Whether any list keeps the column, other than as a remark.
fn is_kept(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let kept = |meaning| matches!(meaning, Meaning::Field(field, _) if field.is_kept() && field != Field::Remark);
    vocabulary.lists().iter().any(|list| kept(meaning(heading, list, vocabulary, true)))
}

#[cfg(test)]
mod tests {
    use super::super::header::headings;
    use super::*;

    fn row(cells: &[&str]) -> Row {
        let mut row = Row::default();
        row.clear(7);
        cells.iter().for_each(|cell| row.push_text(cell));
        row
    }

    fn blocks(rows: &[&[&str]]) -> Option<(usize, usize, usize)> {
        let vocabulary = Vocabulary::load(None).unwrap();
        let rows: Vec<Row> = rows.iter().map(|cells| row(cells)).collect();
        Blocks::of(&headings(&rows, &vocabulary), &vocabulary).map(|b| (b.start, b.width, b.count))
    }

    #[test]
    fn a_header_that_is_repeated_whole_stands_over_people_side_by_side() {
        assert_eq!(blocks(&[&["序号", "姓名", "身份证号", "序号", "姓名", "身份证号"]]), Some((0, 3, 2)));
        assert_eq!(
            blocks(&[&["村", "姓名", "身份证号", "姓名", "身份证号", "姓名", "身份证号", "备注"]]),
            Some((1, 2, 3))
        );
        assert_eq!(blocks(&[&["姓名", "身份证号", "", "姓名", "身份证号"]]), Some((0, 3, 2)), "a blank column between");
        assert_eq!(blocks(&[&["户主", "身份证号", "户主", "身份证号"]]), Some((0, 2, 2)));
    }

    #[test]
    fn a_second_name_is_mostly_somebody_elses() {
        assert_eq!(blocks(&[&["姓名", "身份证号", "关系", "姓名", "身份证号"]]), None, "not all of it");
        assert_eq!(blocks(&[&["姓名", "身份证号", "配偶姓名", "身份证号"]]), None);
        assert_eq!(blocks(&[&["姓名", "姓名", "姓名"]]), None);
        assert_eq!(blocks(&[&["姓名", "身份证号", "姓名", "身份证号", "扶助类别", "状态"]]), None, "a line goes on");
        let groups: [&[&str]; 2] = [&["本人", "", "子女", ""], &["姓名", "身份证号", "姓名", "身份证号"]];
        assert_eq!(blocks(&groups), None, "each under its own group");
    }

    #[test]
    fn a_part_reads_as_if_it_stood_alone() {
        let blocks = Blocks { start: 1, width: 2, count: 2 };
        let parts: Vec<Vec<String>> = blocks
            .parts(&row(&["王庄", "张三", "1", "李四", "2"]))
            .map(|part| part.cells().map(Cell::to_text).collect())
            .collect();
        assert_eq!(parts, [["王庄", "张三", "1"], ["王庄", "李四", "2"]]);
        assert_eq!(blocks.parts(&row(&["王庄", "", "", "李四"])).count(), 1);
    }
}
