//! From the first rows of a sheet to its list and the meaning of its columns.
//!
//! Every row, and every two or three rows together (merged headers), is scored by how many of its cells the vocabulary
//! knows. The best is the header. Which list it is follows from the columns that only one list has, supported by the
//! title above, the sheet's name and the file's.

use crate::domain::List;

use super::band::Said;
use super::beside::Blocks;
use super::field::Field;
use super::header::{Heading, Meaning, headings, hint, hinted, is_known, is_known_key, meaning};
use super::layout::Layout;
use super::row::{Cell, Row};
use super::vocabulary::{ListWords, Vocabulary, fold_header, fold_word};

/// Rows looked at for the header (DOMAIN.md 6 row 1).
pub const HEADER_ROWS_MAX: usize = 20;
/// Merged headers of more rows than this have not been seen.
const HEADER_DEPTH_MAX: usize = 3;
/// Known cells that make a row a header.
const KNOWN_CELLS_MIN: usize = 3;
/// What the columns and titles must say together for a list to be believed.
const LIST_SCORE_MIN: i32 = 3;
/// A title says no more than this, however long the word in it.
const TITLE_SCORE_MAX: i32 = 5;

/// A header found in a window of rows.
#[derive(Debug)]
pub struct Found {
    /// Index of its first row in the window.
    pub first: usize,
    /// Rows it takes.
    pub depth: usize,
    /// `None` where it is a header, but of no list we can tell.
    pub layout: Option<Layout>,
}

/// Texts that support one list or another: sheet name, file name, folder.
#[derive(Debug, Clone, Default)]
pub struct Support {
    pub names: Vec<String>,
}

/// Finds the header in `window`, or `None` where no row is one.
pub fn find(window: &[Row], support: &Support, forced: Option<List>, vocabulary: &Vocabulary) -> Option<Found> {
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
    let (known, first, depth) = candidates.into_iter().find(|(known, ..)| enough(*known))?;
    let mut headings = headings(&window[first..first + depth], vocabulary);
    let all_known = known >= 2 && known == headings.len();
    if known < KNOWN_CELLS_MIN && !all_known {
        return None;
    }
    let titles: Vec<String> =
        window[..first].iter().flat_map(|row| row.cells().map(|cell| fold_word(&cell.to_text()))).collect();
    let header_cells = window[first..first + depth]
        .iter()
        .flat_map(|row| row.cells().enumerate().map(|(column, cell)| (column, fold_word(&cell.to_text()))))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let blocks = Blocks::of(&headings, vocabulary);
    let told = |headings: &[Heading], forced| choose(headings, &titles, support, forced, vocabulary);
    let whole = blocks.and_then(|_| told(&headings, forced)).map(|layout| layout.list);
    blocks.iter().for_each(|blocks| blocks.keep_first(&mut headings, vocabulary));
    // One block alone may tell less than the whole header.
    let layout = told(&headings, forced).or_else(|| told(&headings, Some(whole?)));
    let layout = layout.map(|layout| Layout { header_cells, blocks, ..layout });
    Some(Found { first, depth, layout })
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
                // Known only because of the row above it: that is a remark or a line of data.
                upper.iter().all(|heading| heading.column != *column || !is_known(heading, vocabulary))
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
    });
    // The upper row of two may name nobody, and be no header without the lower one.
    Some(if named { headings.iter().filter(|heading| is_known(heading, vocabulary)).count() } else { 0 })
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
    known > KNOWN_CELLS_MIN && known * 2 > row.filled() && !row.cells().any(looks_like_data)
}

/// The list whose own columns and titles fit best; `None` where two fit equally or none does.
fn choose(
    headings: &[Heading],
    titles: &[String],
    support: &Support,
    forced: Option<List>,
    vocabulary: &Vocabulary,
) -> Option<Layout> {
    let mut scored: Vec<(i32, Layout)> = Vec::new();
    for list in vocabulary.lists().iter().filter(|list| forced.is_none_or(|forced| forced == list.list)) {
        if let Some((score, layout)) = lay_out(headings, list, vocabulary) {
            let title = title_score(titles.iter().map(String::as_str), list);
            let names = title_score(support.names.iter().map(String::as_str), list);
            scored.push((score + title + names, with_title(layout, titles, support, list)));
        }
    }
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let clear = match scored.as_slice() {
        [] => false,
        [(best, _)] => forced.is_some() || *best >= LIST_SCORE_MIN,
        [(best, _), (second, _), ..] => *best >= LIST_SCORE_MIN && best > second,
    };
    clear.then(|| scored.swap_remove(0).1)
}

fn title_score<'a>(texts: impl Iterator<Item = &'a str>, list: &ListWords) -> i32 {
    let longest = texts.flat_map(|text| list.titles.iter().filter(move |word| text.contains(word.as_str())));
    // An English word says as much as a Chinese one of three characters.
    let worth = longest.map(|word| if word.is_ascii() { 3 } else { word.chars().count() as i32 });
    worth.max().unwrap_or(0).min(TITLE_SCORE_MAX)
}

fn with_title(layout: Layout, titles: &[String], support: &Support, list: &ListWords) -> Layout {
    let (flow, aid) = (one_said(titles, support, &list.flow), one_said(titles, support, &list.aid));
    Layout { said: Said { flow, aid, ..Said::default() }, ..layout }
}

/// The one thing that the first text saying anything says; a title that names both says neither.
fn one_said<T: Copy + PartialEq>(titles: &[String], support: &Support, words: &[(T, String)]) -> Option<T> {
    titles.iter().chain(&support.names).find_map(|text| {
        let mut said = words.iter().filter(|(_, word)| word.chars().count() > 1 && text.contains(word.as_str()));
        let first = said.next()?.0;
        Some(said.all(|(other, _)| *other == first).then_some(first))
    })?
}

/// The columns as one list reads them, and how much they speak for it. `None` where no column names a person.
fn lay_out(headings: &[Heading], list: &ListWords, vocabulary: &Vocabulary) -> Option<(i32, Layout)> {
    let is_name = |meaning: &Meaning| matches!(meaning, Meaning::Field(Field::Name, _) | Meaning::Hinted(Field::Name));
    let mut head_is_person = false;
    let mut meanings: Vec<Meaning> = headings.iter().map(|heading| meaning(heading, list, vocabulary, false)).collect();
    hint(headings, &mut meanings, list, vocabulary);
    if !meanings.iter().any(is_name) {
        head_is_person = true;
        meanings = headings.iter().map(|heading| meaning(heading, list, vocabulary, true)).collect();
        hint(headings, &mut meanings, list, vocabulary);
    }
    if !meanings.iter().any(is_name) {
        return None;
    }
    let mut layout = Layout {
        list: list.list,
        columns: vec![Vec::new(); Field::KEPT],
        kept: Vec::new(),
        recognised: Vec::new(),
        unknown: Vec::new(),
        dropped: 0,
        header_cells: Vec::new(),
        head_is_person,
        said: Said::default(),
        blocks: None,
    };
    let mut score = 0;
    let mut counted = Vec::new();
    for (heading, meaning) in headings.iter().zip(&meanings) {
        match meaning {
            Meaning::Dropped => layout.dropped += 1,
            Meaning::Unknown => layout.unknown.push((heading.column, heading.written.clone())),
            Meaning::Hinted(field) => {
                layout.recognised.push(heading.written.clone());
                // A guess never decides what list it is.
                score += list.weight(*field, false).clamp(0, 1);
                layout.columns[*field as usize].push(heading.column);
            }
            Meaning::Field(field, own) => {
                layout.recognised.push(heading.written.clone());
                // Ten columns of the list's own that are not kept say no more than three.
                let times = counted.iter().filter(|seen| *seen == field).count();
                counted.push(*field);
                if times == 0 || (*field == Field::Ignored && *own && times < 3) {
                    score += if *field == Field::Ignored && !*own { 0 } else { list.weight(*field, *own) };
                }
                if field.is_kept() {
                    layout.columns[*field as usize].push(heading.column);
                }
            }
        }
    }
    // A database numbers its lines under `id`.
    let ids = &mut layout.columns[Field::Id as usize];
    let is_bare = |column: &usize| headings.iter().any(|h| h.column == *column && h.keys.iter().any(|key| key == "id"));
    if !ids.iter().all(is_bare) {
        ids.retain(|column| !is_bare(column));
    }
    // A second 姓名 or 身份证号 without a group over it is somebody else's.
    for field in [Field::Name, Field::Id, Field::Sex, Field::Birth, Field::Head, Field::Relation] {
        layout.columns[field as usize].truncate(1);
    }
    layout.kept = (headings.iter().zip(&meanings))
        .filter_map(|(heading, meaning)| match meaning {
            Meaning::Field(field, _) | Meaning::Hinted(field)
                if field.is_kept() && layout.columns(*field).contains(&heading.column) =>
            {
                Some((*field, heading.column))
            }
            _ => None,
        })
        .collect();
    layout.kept.sort();
    Some((score, layout))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(rows: &[&[&str]]) -> Vec<Row> {
        let make = |(at, cells): (usize, &&[&str])| {
            let mut row = Row::default();
            row.clear(at as u32 + 1);
            cells.iter().for_each(|cell| row.push_text(cell));
            row
        };
        rows.iter().enumerate().map(make).collect()
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
