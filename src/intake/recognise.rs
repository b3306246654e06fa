//! From the first rows of a sheet to its list and the meaning of its columns.
//!
//! Every row, and every two or three rows together (merged headers), is scored by how many of its cells the vocabulary
//! knows. The best is the header. Which list it is follows from the columns that only one list has, supported by the
//! title above, the sheet's name and the file's.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::{List, Status};

use super::beside::{Blocks, Person};
use super::card::is_card;
use super::choose::choose;
use super::content;
use super::families::names_one_of_many;
use super::field::Field;
use super::fold::{fold_header, fold_word};
use super::header::{Heading, Meaning, headings, hinted, is_known, is_known_key, meaning};
use super::joined::Joined;
use super::layout::Layout;
use super::notes::shown_headers;
use super::row::{Cell, Row};
use super::tables::{Tables, name_by_fate, said};
use super::vocabulary::Vocabulary;

/// Rows looked at for the header (DOMAIN.md 6 row 1).
pub const HEADER_ROWS_MAX: usize = 20;
/// Merged headers of more rows than this have not been seen.
const HEADER_DEPTH_MAX: usize = 3;
/// Known cells that make a row a header.
const KNOWN_CELLS_MIN: usize = 3;

/// A header found in a window of rows.
#[derive(Debug)]
pub struct Found {
    /// Index of its first row in the window.
    pub first: usize,
    /// Rows it takes.
    pub depth: usize,
    /// `None` where it is a header, but of no list we can tell.
    pub layout: Option<Layout>,
    /// Where it stands; all columns, unless other tables stand beside it.
    pub columns: Range<usize>,
    /// Other tables on the same rows.
    pub beside: Vec<TableBeside>,
    /// Values that are written over several columns.
    pub joined: Vec<Joined>,
    /// The headers of what stands beside them and is nobody's, or of no list we can tell; masked.
    pub unread: Vec<String>,
}

/// A table beside another one.
#[derive(Debug)]
pub struct TableBeside {
    pub columns: Range<usize>,
    pub layout: Layout,
    /// What is written over it of all its people.
    pub said: Vec<String>,
}

const ALL: Range<usize> = 0..usize::MAX;

/// Texts that support one list or another: sheet name, file name, folder.
#[derive(Debug, Clone, Default)]
pub struct Support {
    pub names: Vec<String>,
}

/// Finds the header in `window`, or `None` where no row is one.
pub fn find(window: &[Row], support: &Support, forced: Option<List>, vocabulary: &Vocabulary) -> Option<Found> {
    let (known, first, depth) = place(window, vocabulary)?;
    let mut headings = headings(&window[first..first + depth], vocabulary);
    let below = &window[first + depth..];
    let all_known = known >= 2 && known == headings.len();
    if known < KNOWN_CELLS_MIN && !all_known {
        return None;
    }
    let over = Over { above: &window[..first], header: &window[first..first + depth], support, forced, vocabulary };
    if is_card(window, vocabulary) {
        return None;
    }
    let joined = Joined::of(&mut headings, below, vocabulary);
    let (crowded, headings): (Vec<Heading>, Vec<Heading>) =
        headings.into_iter().partition(|heading| content::is_crowded(heading, below, vocabulary));
    let unread = Found::written(&crowded, vocabulary).into_iter().collect();
    let mut found = Found { first, depth, layout: None, columns: ALL, beside: Vec::new(), joined, unread };
    let people = Blocks::of(&headings, vocabulary);
    let apart = people.as_ref().and_then(|(blocks, _)| over.titled_apart(blocks));
    if let Some(people) = people.filter(|_| apart.is_none()) {
        found.layout = over.people(&headings, people);
        return Some(found);
    }
    let tables = apart.map(|columns| Tables { columns, of_nobody: Vec::new() });
    let Tables { columns, of_nobody } = tables.unwrap_or_else(|| Tables::of(&headings, vocabulary));
    let (is_nobodys, headings): (Vec<Heading>, Vec<Heading>) =
        headings.into_iter().partition(|heading| of_nobody.contains(&heading.column));
    found.unread.extend(Found::written(&is_nobodys, vocabulary));
    if columns.len() == 1 {
        found.layout = over.table(&headings, &ALL);
        return Some(found);
    }
    over.side_by_side(headings, columns, &mut found);
    Some(found)
}

/// How many known cells the header has, its first row, and the rows it takes.
fn place(window: &[Row], vocabulary: &Vocabulary) -> Option<(usize, usize, usize)> {
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for first in 0..window.len() {
        let mut best: Option<(usize, usize)> = None;
        for depth in 1..=HEADER_DEPTH_MAX.min(window.len() - first) {
            let Some(known) = known_cells(&window[first..first + depth], vocabulary) else { break };
            // A title over the header knows nothing by itself.
            let without = (depth > 1).then(|| known_cells(&window[first + 1..first + depth], vocabulary)).flatten();
            if known > best.map_or(0, |(most, _)| most) && without.is_none_or(|without| without < known) {
                best = Some((known, depth));
            }
        }
        candidates.extend(best.map(|(known, depth)| (known, first, depth)));
    }
    // The first that is nearly as good as the best: another table may stand below with more columns.
    let most = candidates.iter().map(|(known, ..)| *known).max()?;
    let enough = |known: usize| known == most || (known >= KNOWN_CELLS_MIN && known * 5 >= most * 3);
    candidates.into_iter().find(|(known, ..)| enough(*known))
}

impl Found {
    /// The headers of columns that are not read, as they are told.
    fn written(headings: &[Heading], vocabulary: &Vocabulary) -> Option<String> {
        let written = headings.iter().map(|heading| heading.written.as_str());
        (!headings.is_empty()).then(|| shown_headers(written, vocabulary))
    }
}

/// What stands over the lines: titles and header rows.
struct Over<'a> {
    above: &'a [Row],
    header: &'a [Row],
    support: &'a Support,
    forced: Option<List>,
    vocabulary: &'a Vocabulary,
}

impl Over<'_> {
    fn titles(&self, columns: &Range<usize>) -> Vec<String> {
        let cells = self.above.iter().flat_map(|row| row.cells().enumerate());
        let own = cells.filter(|(column, cell)| columns.contains(column) && !cell.is_empty());
        own.map(|(_, cell)| fold_word(&cell.to_text())).collect()
    }

    /// The columns of each block where a title of its own says that its people ended: 在册人员 over one, 死亡人员 over the next.
    fn titled_apart(&self, blocks: &Blocks) -> Option<Vec<Range<usize>>> {
        let first = |person: &Person| person.cells.iter().map(|(from, _)| *from).min();
        let starts: Vec<usize> = blocks.people.iter().filter_map(first).collect();
        let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
        let starts = [0].into_iter().chain(starts.iter().skip(1).copied());
        let columns: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..end).collect();
        let is_end = |title: &String| {
            let mut lists = self.vocabulary.lists().iter();
            lists.any(|list| {
                list.status_inside.iter().any(|(word, s)| *s != Status::Active && title.contains(word.as_str()))
            })
        };
        let says_end = |columns: &Range<usize>| self.titles(columns).iter().any(is_end);
        (!blocks.are_kin && columns.iter().skip(1).any(says_end)).then_some(columns)
    }

    fn header_cells(&self, columns: &Range<usize>) -> Vec<(usize, String)> {
        let cells = self.header.iter().flat_map(|row| row.cells().enumerate());
        let own = cells.filter(|(column, _)| columns.contains(column));
        own.map(|(column, cell)| (column, fold_word(&cell.to_text()))).filter(|(_, text)| !text.is_empty()).collect()
    }

    fn told(&self, headings: &[Heading], columns: &Range<usize>, forced: Option<List>) -> Option<Layout> {
        choose(headings, &self.titles(columns), self.support, forced, self.vocabulary)
    }

    /// A table with a person on each line.
    fn table(&self, headings: &[Heading], columns: &Range<usize>) -> Option<Layout> {
        let layout = self.told(headings, columns, self.forced)?;
        Some(Layout { header_cells: self.header_cells(columns), ..layout })
    }

    /// The tables of a header, each in columns of its own; the first of a list we can tell is the sheet's.
    fn side_by_side(&self, mut headings: Vec<Heading>, columns: Vec<Range<usize>>, found: &mut Found) {
        for columns in columns {
            let behind = headings.iter().position(|heading| heading.column >= columns.end).unwrap_or(headings.len());
            let mut own: Vec<Heading> = headings.drain(..behind).collect();
            let said = said(&own, self.vocabulary);
            name_by_fate(&mut own, self.vocabulary);
            let layout = match Blocks::of(&own, self.vocabulary) {
                Some(people) => self.people(&own, people),
                None => self.table(&own, &columns),
            };
            match layout {
                None => found.unread.extend(Found::written(&own, self.vocabulary)),
                Some(layout) if found.layout.is_none() => (found.layout, found.columns) = (Some(layout), columns),
                Some(layout) => {
                    let said = said.into_iter().chain(self.titles(&columns)).collect();
                    found.beside.push(TableBeside { columns, layout, said });
                }
            }
        }
    }

    /// A table with several people on each line.
    fn people(&self, headings: &[Heading], (mut blocks, own): (Blocks, Vec<Heading>)) -> Option<Layout> {
        // One person alone may tell less than the whole header.
        let whole = self.told(headings, &ALL, self.forced).map(|layout| layout.list);
        let layout = self.told(&own, &ALL, self.forced).or_else(|| self.told(&own, &ALL, Some(whole?)));
        let mut layout = layout?;
        blocks.told.iter().for_each(|(field, column)| layout.adopt(*field, *column));
        blocks.spare(&layout);
        Some(Layout { header_cells: self.header_cells(&ALL), blocks: Some(Arc::new(blocks)), ..layout })
    }
}

/// How many columns of this header somebody knows; `None` where these rows cannot be a header.
fn known_cells(rows: &[Row], vocabulary: &Vocabulary) -> Option<usize> {
    let last = rows.last()?;
    if last.filled() == 0 || rows[0].filled() == 0 || last.cells().any(looks_like_data) {
        return None;
    }
    if rows.len() > 1 {
        // A line of data must never be eaten as the lower half of a header: at least half of it are header words.
        let upper = headings(&rows[..rows.len() - 1], vocabulary);
        let below = headings(rows, vocabulary);
        let known = last
            .cells()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
            .filter(|(column, _)| {
                below
                    .iter()
                    .find(|heading| heading.column == *column)
                    .is_some_and(|heading| is_known(heading, vocabulary))
            })
            .filter(|(column, cell)| {
                let own = fold_header(&cell.to_text());
                // 一组 below and beside 姓名 is the name of a part, and nobody's header.
                let is_part = |heading: &Heading| {
                    let [joined, above @ ..] = &heading.keys[..] else { return false };
                    !is_known_key(joined, vocabulary) && above.iter().any(|key| names_of(key, vocabulary))
                };
                if !is_known_key(&own, vocabulary) && below.iter().any(|h| h.column == *column && is_part(h)) {
                    return false;
                }
                // A digit below a merged header is known by that alone.
                let is_digits = own.chars().all(|c| c.is_ascii_digit());
                // Known only because of the row above it: that is a remark or a line of data.
                !is_digits && upper.iter().all(|heading| heading.column != *column || !is_known(heading, vocabulary))
                    || is_known_key(&own, vocabulary)
            })
            .count();
        if known * 2 < last.filled() {
            return None;
        }
    }
    let headings = headings(rows, vocabulary);
    let named = headings.iter().any(|heading| {
        let field = vocabulary.lists().iter().map(|list| meaning(heading, list, vocabulary, true));
        field.clone().any(|meaning| matches!(meaning, Meaning::Field(Field::Name | Field::Head, _)))
            || hinted(heading, Field::Name, vocabulary)
            || names_one_of_many(heading, vocabulary)
    });
    // The upper row of two may name nobody, and be no header without the lower one.
    Some(if named { headings.iter().filter(|heading| is_known(heading, vocabulary)).count() } else { 0 })
}

/// Whether the header names people.
fn names_of(key: &str, vocabulary: &Vocabulary) -> bool {
    let is_name = |columns: &HashMap<String, Field>| columns.get(key) == Some(&Field::Name);
    is_name(&vocabulary.columns) || vocabulary.lists().iter().any(|list| is_name(&list.columns))
}

/// A long number, or a number cell that is no year: headers have neither.
fn looks_like_data(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Number(value) => !(1990.0..2100.0).contains(&value),
        Cell::Date(_) => true,
        Cell::Text(text) => text.bytes().filter(u8::is_ascii_digit).count() >= 6,
        _ => false,
    }
}

/// Whether a row below the header is the header of another table: no digits in it, and mostly header words.
pub fn is_another_header(row: &Row, vocabulary: &Vocabulary) -> bool {
    let word = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if is_known_key(&fold_header(text), vocabulary));
    let known = row.cells().filter(|cell| word(*cell)).count();
    let is_name = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if vocabulary.columns.get(&fold_header(text)) == Some(&Field::Name));
    let is_whole = known == KNOWN_CELLS_MIN && known == row.filled() && row.cells().any(is_name);
    (known > KNOWN_CELLS_MIN || is_whole) && known * 2 > row.filled() && !row.cells().any(looks_like_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(rows: &[&[&str]]) -> Vec<Row> {
        rows.iter().zip(1..).map(|(cells, number)| Row::of_texts(number, cells)).collect()
    }

    fn found(rows: &[&[&str]]) -> Option<Found> {
        find(&window(rows), &Support::default(), None, &Vocabulary::load(None).unwrap())
    }

    fn list_of(headers: &[&str]) -> Option<List> {
        found(&[headers]).and_then(|found| found.layout).map(|layout| layout.list)
    }

    #[test]
    fn each_list_is_told_by_the_columns_only_it_has() {
        for (headers, want) in [
            (
                &[
                    "户号",
                    "户主姓名",
                    "姓名",
                    "与户主关系",
                    "性别",
                    "证件号码",
                    "民族",
                    "状态",
                    "变动时间",
                    "迁入迁出地",
                ][..],
                List::Population,
            ),
            (
                &["姓名", "性别", "公民身份号码", "户别", "何时由何地迁入", "户号", "注销日期", "注销原因"],
                List::Population,
            ),
            (
                &[
                    "健康档案编号",
                    "姓名",
                    "性别",
                    "身份证号",
                    "责任医生",
                    "建档日期",
                    "最后更新时间",
                    "档案状态",
                    "死亡日期",
                ],
                List::Health,
            ),
            (
                &["低保证号", "户主", "保障对象姓名", "与户主关系", "身份证号", "保障类别", "月补差金额", "停保原因"],
                List::Dibao,
            ),
            (&["扶助类别", "姓名", "确认年度", "签约医生", "就医绿色通道", "配偶姓名", "身份证号码"], List::Family),
            (&["姓名", "性别", "身份证号码", "死亡日期", "户籍地行政区划代码"], List::Deaths),
            (&["逝者姓名", "逝者证件号", "逝者户籍地址", "死亡日期", "火化日期"], List::Deaths),
            (&["姓名", "性别", "身份证号", "流动类型", "流入日期", "户籍地", "现居住地"], List::Migrants),
        ] {
            assert_eq!(list_of(headers), Some(want), "{headers:?}");
        }
        assert_eq!(list_of(&["姓名", "性别", "身份证号", "联系电话"]), None);
    }

    #[test]
    fn a_benefit_list_with_the_columns_of_a_register_is_what_it_is_called() {
        let list = |name: &str, headers: &[&str]| {
            let support = Support { names: vec![name.to_owned()] };
            let found = find(&window(&[headers]), &support, None, &Vocabulary::load(None).unwrap());
            found.and_then(|found| found.layout).map(|layout| layout.list)
        };
        let plain = ["户号", "姓名", "与户主关系", "身份证号", "状态"];
        assert_eq!(list("低保.csv", &plain), Some(List::Dibao));
        assert_eq!(list("2026年3月健康档案.xlsx", &plain), Some(List::Health));
        assert_eq!(list("低保户人口.csv", &plain), Some(List::Population), "it is called both");
        assert_eq!(list("花名册.csv", &plain), Some(List::Population));
        let register = ["户号", "姓名", "与户主关系", "身份证号", "何时由何地迁入"];
        assert_eq!(list("计生.csv", &register), Some(List::Population), "a column that only a register has");
    }

    #[test]
    fn titles_units_and_merged_headers_above_the_lines_are_no_obstacle() {
        let found = found(&[
            &["某某村农村最低生活保障花名册"],
            &["填报单位：", "", "", "单位：元"],
            &["序号", "户主姓名", "保障对象", "", "配偶", "", "领取金额", ""],
            &["", "", "姓名", "身份证号码", "姓名", "身份证号码", "家庭补差", "分类施保金额"],
            &["1", "张三", "张三", "519901194501190052", "李四", "519901194501190060", "300", "0"],
        ])
        .unwrap();
        assert_eq!((found.first, found.depth), (2, 2));
        let layout = found.layout.unwrap();
        assert_eq!(layout.list, List::Dibao);
        assert_eq!(
            (layout.columns(Field::Name), layout.columns(Field::Id), layout.columns(Field::Head)),
            (&[2][..], &[3][..], &[1][..])
        );
    }

    #[test]
    fn a_line_of_data_is_never_the_lower_half_of_a_header() {
        let found =
            found(&[&["姓名", "称谓", "户号", "住址"], &["张三", "户主", "12", "二组"], &["李四", "妻", "12", "二组"]])
                .unwrap();
        assert_eq!((found.first, found.depth), (0, 1));
    }

    #[test]
    fn a_roster_of_heads_alone_is_read_as_the_heads_lines() {
        let found = found(&[&["低保证号", "户主姓名", "户主身份证号", "保障人口", "月补差额", "保障类别"]]).unwrap();
        let layout = found.layout.unwrap();
        assert!(layout.head_is_person);
        assert_eq!((layout.columns(Field::Name), layout.columns(Field::Id)), (&[1][..], &[2][..]));
    }

    #[test]
    fn columns_on_the_drop_list_are_counted_and_never_read() {
        let found = found(&[&[
            "姓名",
            "身份证号",
            "户号",
            "与户主关系",
            "避孕措施",
            "末次月经",
            "银行账号",
            "死亡原因",
            "孕产妇姓名",
        ]])
        .unwrap();
        let layout = found.layout.unwrap();
        assert_eq!(layout.dropped, 5);
        assert!(layout.kept.iter().all(|(_, column)| *column < 4));
        assert!(layout.unknown.is_empty());
    }

    #[test]
    fn spaces_breaks_and_remarks_in_headers_are_folded() {
        let found = found(&[&[
            "户号（必填）",
            "姓  名*",
            "身 份\n证 号",
            "性别（男/女）",
            "出生日期(YYYY-MM-DD)",
            "与户主关系：",
        ]])
        .unwrap();
        let layout = found.layout.unwrap();
        assert_eq!(layout.list, List::Population);
        assert_eq!(layout.kept.len(), 6);
    }
}
