//! From the first rows of a sheet to its list and the meaning of its columns.
//!
//! The rows that the vocabulary knows best are the header. Which list it is follows from the columns that only one list
//! has, supported by the title above, the sheet's name and the file's.

pub mod card;
pub mod choose;
pub mod content;
pub mod header;
pub mod header_rows;
pub mod joined;
pub mod layout;
pub mod legend;
pub mod nameless;
pub mod parents;
pub mod reviews;
pub mod tables;

use std::ops::Range;
use std::sync::Arc;

use crate::domain::{List, Status};

use super::notes::shown_headers;
use super::vocabulary::Vocabulary;
use crate::intake::container::row::Row;
use crate::intake::labels::named::Called;
use crate::intake::people::beside::{Blocks, Person};
use crate::intake::people::crowd::{Crowd, holds_number};
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;
use card::is_card;
use choose::choose;
use header::{Heading, Meaning, headings, meaning};
use header_rows::{KNOWN_CELLS_MIN, place};
use joined::Joined;
use layout::Layout;
use tables::{Tables, name_by_fate, said};

/// Rows looked at for the header (DOMAIN.md 6 row 1).
pub const HEADER_ROWS_MAX: usize = 20;

/// Fewer numbers of citizens below a header that nobody knows may be chance.
const STRANGERS_MIN: usize = 2;

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
    /// A column whose cells name several people, each read as if they had columns of their own.
    pub crowd: Option<Crowd>,
    /// The headers of what stands beside them and is nobody's, or of no list we can tell; masked.
    pub unread: Vec<String>,
    /// Whether it is called by the name of another office's roster. Then no list is told.
    pub is_foreign: bool,
    /// Whether it is called a list of people of whom it is not sure that they died.
    pub is_doubtful: bool,
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
    let mut found = find_any(window, support, forced, vocabulary)?;
    // Those who were struck off any roster may be dead.
    let is_ours = |layout: &Layout| layout.list == List::Deaths;
    if forced.is_none() && !found.layout.as_ref().is_some_and(is_ours) {
        let titles = titles(&window[..found.first], &ALL);
        let called = Called { titles: &titles, support, vocabulary };
        found.is_foreign = called.is_foreign();
        found.is_doubtful = called.is_of_doubtful_deaths();
        found.layout = found.layout.filter(|_| !found.is_foreign);
    }
    Some(found)
}

fn find_any(window: &[Row], support: &Support, forced: Option<List>, vocabulary: &Vocabulary) -> Option<Found> {
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
    nameless::name_by_cells(&mut headings, below, vocabulary);
    let crowd = Crowd::of(&headings, below, vocabulary);
    let all = crowd.as_ref().map(|_| headings.clone());
    let (crowded, headings): (Vec<Heading>, Vec<Heading>) =
        headings.into_iter().partition(|heading| content::is_crowded(heading, below, vocabulary));
    let unread = Found::written(&crowded, vocabulary).into_iter().collect();
    let (layout, beside, is_foreign, is_doubtful) = (None, Vec::new(), false, false);
    let mut found =
        Found { first, depth, layout, columns: ALL, beside, joined, crowd: None, unread, is_foreign, is_doubtful };
    if let (Some(crowd), Some(all)) = (crowd, all)
        && let unfolded = crowd.unfolded(&all)
        && let Some(people) = Blocks::of(&unfolded, vocabulary)
        && let Some(layout) = over.people(&unfolded, people).filter(|layout| crowd.is_of(layout.list))
    {
        let others: Vec<Heading> = crowded.into_iter().filter(|heading| heading.column != crowd.column).collect();
        found.unread = Found::written(&others, vocabulary).into_iter().collect();
        (found.layout, found.crowd) = (Some(layout), Some(crowd));
        return Some(found);
    }
    let people = Blocks::of(&headings, vocabulary);
    let apart = people.as_ref().and_then(|(blocks, _)| over.titled_apart(blocks));
    if let Some(people) = people.filter(|_| apart.is_none()) {
        let is_certain = !people.0.are_called_kin;
        let layout = over.people(&headings, people);
        // Beside who is supported or dead their families are named, and not on the list.
        if is_certain || layout.as_ref().is_some_and(|layout| matches!(layout.list, List::Population | List::Dibao)) {
            found.unread.extend(over.strangers(&headings, layout.as_ref(), below));
            found.layout = layout;
            return Some(found);
        }
    }
    let tables = apart.map(|columns| Tables { columns, of_nobody: Vec::new() });
    let Tables { columns, of_nobody } = tables.unwrap_or_else(|| Tables::of(&headings, vocabulary));
    let (is_nobodys, headings): (Vec<Heading>, Vec<Heading>) =
        headings.into_iter().partition(|heading| of_nobody.contains(&heading.column));
    found.unread.extend(Found::written(&is_nobodys, vocabulary));
    if columns.len() == 1 {
        found.layout = over.table(&headings, &ALL);
        found.unread.extend(over.strangers(&headings, found.layout.as_ref(), below));
        return Some(found);
    }
    over.side_by_side(headings, columns, &mut found);
    Some(found)
}

impl Found {
    /// The headers of columns that are not read, as they are told.
    fn written(headings: &[Heading], vocabulary: &Vocabulary) -> Option<String> {
        let written = headings.iter().map(|heading| heading.written.as_str());
        (!headings.is_empty()).then(|| shown_headers(written, vocabulary))
    }
}

/// What is written over these columns.
fn titles(above: &[Row], columns: &Range<usize>) -> Vec<String> {
    let cells = above.iter().flat_map(|row| row.cells().enumerate());
    let own = cells.filter(|(column, cell)| columns.contains(column) && !cell.is_empty());
    own.map(|(_, cell)| fold_word(&cell.to_text())).collect()
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
        titles(self.above, columns)
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

    /// The headers of columns that hold numbers of citizens other than the line's own and mean nothing to the list: of whom
    /// they are nobody can say.
    fn strangers(&self, headings: &[Heading], layout: Option<&Layout>, below: &[Row]) -> Option<String> {
        let layout = layout?;
        let own = layout.columns(Field::Id).first().copied();
        let holds_others = |column: usize| {
            let filled = || below.iter().filter(|row| !row.cell(column).is_empty());
            let is_own = |row: &Row| own.is_some_and(|own| row.cell(own) == row.cell(column));
            let others = filled().filter(|row| holds_number(row.cell(column)) && !is_own(row)).count();
            others >= STRANGERS_MIN && others * 2 >= filled().count()
        };
        let is_read = |column: usize| match &layout.blocks {
            Some(blocks) => blocks.reads(column),
            // The only column of numbers is the line's own.
            None => own.is_none() || layout.kept.iter().any(|(_, kept)| *kept == column),
        };
        let list = self.vocabulary.of(layout.list);
        let is_unknown = |h: &Heading| meaning(h, list, self.vocabulary, layout.head_is_person) == Meaning::Unknown;
        let strangers = headings.iter().filter(|h| !is_read(h.column) && is_unknown(h) && holds_others(h.column));
        Found::written(&strangers.cloned().collect::<Vec<_>>(), self.vocabulary)
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
