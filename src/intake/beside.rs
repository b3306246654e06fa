//! Sheets on which two or more people stand side by side to save paper: 序号 姓名 身份证号 | 序号 姓名 身份证号.

use super::field::Field;
use super::header::{Heading, Meaning, meaning};
use super::merged::is_shared;
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
    /// Whether the columns behind the last are of all blocks too: where the headers say which person each is of.
    pub shares_rest: bool,
}

impl Blocks {
    /// The blocks that a header repeats whole; `None` where it has a second 姓名 and not all that belongs to the first: then
    /// that is somebody else's.
    pub fn of(headings: &[Heading], vocabulary: &Vocabulary) -> Option<Blocks> {
        let numbered = headings.iter().any(|heading| is_numbered_member(&heading.written));
        let words: Vec<(usize, String)> =
            headings.iter().map(|heading| (heading.column, word_of(&heading.written, numbered))).collect();
        let word = |column: usize| words.iter().find(|(at, _)| *at == column).map(|(_, word)| word.as_str());
        let meant = |column: usize, of: fn(Field) -> bool| {
            let mut own = headings.iter().filter(|heading| heading.column == column && !heading.of_other);
            own.any(|heading| means(&word_of(&heading.written, numbered), heading, vocabulary, of))
        };
        let (first, width) = words.iter().filter(|(column, _)| meant(*column, |field| field == Field::Name)).find_map(
            |(column, own)| {
                let next = words.iter().find(|(at, word)| at > column && word == own)?;
                Some((*column, next.0 - column))
            },
        )?;
        let is_repeated = |column: &usize| word(*column).is_some_and(|own| word(column + width) == Some(own));
        let start = (first + 1).saturating_sub(width);
        let start = (start..first).rev().take_while(is_repeated).last().unwrap_or(first);
        let inside: Vec<usize> = (start..start + width).filter(|column| word(*column).is_some()).collect();
        let repeats = |block: usize| inside.iter().all(|column| word(column + block * width) == word(*column));
        let count = 1 + (1..).take_while(|block| repeats(*block)).count();
        let is_kept = |field: Field| field.is_kept() && field != Field::Remark;
        let known = inside.iter().filter(|column| meant(**column, is_kept)).count();
        let shares_rest =
            headings.iter().any(|h| h.column == first && fold_header(&h.written) != word_of(&h.written, numbered));
        let mut after = words.iter().filter(|(column, _)| *column >= start + count * width);
        let is_whole = shares_rest || after.all(|(column, _)| !meant(*column, is_kept));
        let blocks = Blocks { start, width, count, shares_rest };
        (count > 1 && known >= KNOWN_COLUMNS_MIN && is_whole).then_some(blocks)
    }

    /// Leaves the columns of the first block, under the words that each block has, and those that are of all. What stands
    /// behind the blocks and is of one person, a death or a remark, is nobody's.
    pub fn keep_first(&self, headings: &mut Vec<Heading>, vocabulary: &Vocabulary) {
        let numbered = headings.iter().any(|heading| is_numbered_member(&heading.written));
        let end = self.start + self.count * self.width;
        headings.retain(|h| {
            let of_one = || means(&fold_header(&h.written), h, vocabulary, |field| !is_shared(field));
            h.column < self.start + self.width || (self.shares_rest && h.column >= end && !of_one())
        });
        for heading in headings.iter_mut().filter(|h| (self.start..self.start + self.width).contains(&h.column)) {
            heading.keys.insert(0, word_of(&heading.written, numbered));
        }
    }

    /// The row as if only one block stood on the sheet; `None` where nothing is written in that block.
    pub fn part(&self, row: &Row, block: usize) -> Option<Row> {
        let from = self.start + block * self.width;
        if (from..from + self.width).all(|column| row.cell(column).is_empty()) {
            return None;
        }
        let mut part = Row::default();
        part.clear(row.number);
        let end = self.start + self.count * self.width;
        let rest = if self.shares_rest { end.min(row.width())..row.width() } else { 0..0 };
        for column in (0..self.start).chain(from..from + self.width).chain(rest) {
            if column == end {
                part.pad(end);
            }
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
                rest if self.shares_rest && rest >= end => part.push_above(rest, value),
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

/// Whether some list takes the column, under this word, for such a field.
fn means(word: &str, heading: &Heading, vocabulary: &Vocabulary, of: fn(Field) -> bool) -> bool {
    let own = Heading { keys: vec![word.to_owned()], ..heading.clone() };
    let is = |meaning| matches!(meaning, Meaning::Field(field, _) if of(field));
    vocabulary.lists().iter().any(|list| is(meaning(&own, list, vocabulary, true)))
}

/// A header without what says which of the people it is of: 成员1姓名, 男方姓名; where members are numbered beside their
/// head, also 户主姓名.
fn word_of(written: &str, numbered: bool) -> String {
    let bare: String = fold_header(written).chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect();
    let whose: &[&str] =
        if numbered { &["男方", "女方", "家庭成员", "成员", "户主"] } else { &["男方", "女方"] };
    let rest = whose.iter().find_map(|whose| bare.strip_prefix(whose));
    match rest.map(|rest| rest.trim_start_matches(is_numeral)) {
        // 户主 beside 成员一: both stand for the name.
        Some("") if numbered => "姓名".to_owned(),
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => bare,
    }
}

fn is_numeral(c: char) -> bool {
    "一二三四五六七八九十".contains(c)
}

/// 家庭成员1姓名, 成员二
fn is_numbered_member(written: &str) -> bool {
    let folded = fold_header(written);
    folded
        .find("成员")
        .is_some_and(|at| folded[at + "成员".len()..].starts_with(|c: char| c.is_ascii_digit() || is_numeral(c)))
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
        let couple = ["男方姓名", "男方身份证号", "女方姓名", "女方身份证号", "扶助类别"];
        assert_eq!(blocks(&[&couple]), Some((0, 2, 2)), "what stands behind them is of both");
        let household = ["户主姓名", "户主身份证号", "成员1姓名", "成员1身份证号", "成员2姓名", "成员2身份证号"];
        assert_eq!(blocks(&[&household]), Some((0, 2, 3)));
        assert_eq!(
            blocks(&[&["户主", "身份证号", "家庭成员一", "身份证号", "家庭成员二", "身份证号"]]),
            Some((0, 2, 3))
        );
    }

    #[test]
    fn a_second_name_is_mostly_somebody_elses() {
        assert_eq!(blocks(&[&["姓名", "身份证号", "关系", "姓名", "身份证号"]]), None, "not all of it");
        assert_eq!(blocks(&[&["姓名", "身份证号", "配偶姓名", "身份证号"]]), None);
        assert_eq!(blocks(&[&["姓名", "姓名", "姓名"]]), None);
        assert_eq!(blocks(&[&["户主姓名", "户主身份证号", "姓名", "身份证号", "与户主关系"]]), None);
        assert_eq!(blocks(&[&["姓名", "身份证号", "姓名", "身份证号", "扶助类别", "状态"]]), None, "a line goes on");
        let groups: [&[&str]; 2] = [&["本人", "", "子女", ""], &["姓名", "身份证号", "姓名", "身份证号"]];
        assert_eq!(blocks(&groups), None, "each under its own group");
    }

    #[test]
    fn a_part_reads_as_if_it_stood_alone() {
        let blocks = Blocks { start: 1, width: 2, count: 2, shares_rest: false };
        let parts: Vec<Vec<String>> = blocks
            .parts(&row(&["王庄", "张三", "1", "李四", "2"]))
            .map(|part| part.cells().map(Cell::to_text).collect())
            .collect();
        assert_eq!(parts, [["王庄", "张三", "1"], ["王庄", "李四", "2"]]);
        assert_eq!(blocks.parts(&row(&["王庄", "", "", "李四"])).count(), 1);
        let shared = Blocks { shares_rest: true, ..blocks };
        let last = shared.part(&row(&["王庄", "张三", "1", "李四", "2", "特扶"]), 1).unwrap();
        assert_eq!(last.cells().map(Cell::to_text).collect::<Vec<_>>(), ["王庄", "李四", "2", "", "", "特扶"]);
    }
}
