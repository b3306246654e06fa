//! What a row below the header is: a person's line, a total, a trailer, a title, the header again, or nothing.

use crate::domain::Level;

use super::counted::{is_count, is_counted, is_counts, is_group, is_measure, is_nobody, stated, total_word};
use crate::intake::clean::place::codes;
use crate::intake::container::row::{Cell, Row};
use crate::intake::labels::band::{self, Said};
use crate::intake::recognise::header::is_known_key;
use crate::intake::recognise::header_rows::is_another_header;
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// A title between the lines stands alone, or beside a unit and a date.
const TITLE_CELLS_MAX: usize = 3;
/// Signatures at the foot of a sheet stand in a few cells.
const TRAILER_CELLS_MAX: usize = 4;
const SIGNER_CHARS_MAX: usize = 8;
/// Fewer columns are never numbered.
const NUMBERED_CELLS_MIN: usize = 4;
/// A running number and a remark.
const REMARKED_CELLS_MAX: usize = 2;
/// The name of a part of the list stands alone, or beside a count.
const BAND_CELLS_MAX: usize = 2;
/// Under the name a shorter one may be somebody: 李户.
const BAND_CHARS_MIN: usize = 4;
/// A shorter text is a cell of a line.
const TITLE_CHARS_MIN: usize = 6;
/// A longer text alone under the names is a title.
const ALONE_NAME_CHARS_MAX: usize = 5;
/// Fewer words of headers in a line may stand in their own columns.
const LABELS_MIN: usize = 2;
/// A shorter number alone in its row is a running number, and no code of an area.
const CODE_DIGITS_MIN: usize = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Line,
    Blank,
    /// Something stands in it, and nothing under the columns that are kept.
    Beside,
    /// Who filled it in, checked it, printed it (DOMAIN.md 6 row 2).
    Trailer,
    Header,
    /// Over a table of numbers: 组别 户数 人数.
    Counts,
    /// Text alone in its row, which may name another village.
    Title(String),
    /// `whole` for 合计 and 总计, not for 小计; the number of persons where it states one.
    Total {
        whole: bool,
        stated: Option<u64>,
    },
}

/// Tells the row's kind. Nearly all rows are lines, and those are told by a name and a number in their columns.
pub fn kind(row: &Row, layout: &Layout, vocabulary: &Vocabulary) -> Kind {
    let cell = |field: Field| layout.columns(field).first().map_or(Cell::Empty, |column| row.cell(*column));
    let (name, id) = (cell(Field::Name), cell(Field::Id));
    let Some((first_column, first)) = row.first_filled() else { return Kind::Blank };
    if is_example(first, vocabulary) || is_example(name, vocabulary) {
        return Kind::Trailer;
    }
    if is_labels(row, first, vocabulary) && !layout.is_repeated_by(row) {
        return Kind::Blank;
    }
    if !id.is_empty() && is_number(id) && !name.is_empty() {
        return Kind::Line;
    }
    if layout.is_repeated_by(row) || is_another_header(row, vocabulary) {
        return Kind::Header;
    }
    if is_numbering(row) {
        return Kind::Blank;
    }
    let first_text = first.to_text();
    let first_folded = fold_word(&first_text);
    let name_folded = fold_word(&name.to_text());
    if is_counts(row, &first_folded, vocabulary) {
        return Kind::Counts;
    }
    for text in [&first_folded, &name_folded] {
        if let Some(whole) = total_word(text, vocabulary) {
            // 发放金额合计 counts money.
            let stated = if text.contains(['额', '元']) { None } else { stated(row, layout) };
            return Kind::Total { whole, stated };
        }
    }
    if is_number(id) && !id.is_empty() {
        return Kind::Line;
    }
    let names_nobody = name.is_empty() || is_count(&name_folded);
    if row.filled() <= BAND_CELLS_MAX
        && (names_nobody || first == name)
        && let Some(said) = band::of_title(&first_text, vocabulary.of(layout.list), vocabulary)
        && (names_nobody || said != Said::default() || calls_people(&first_folded, vocabulary))
    {
        return Kind::Title(first_text);
    }
    // 二、 in the first column, 死亡人员 in the next.
    if row.filled() == 2 && first_folded.ends_with(['、', ')']) {
        let both = format!("{first_folded}{name_folded}");
        let said = band::of_title(&both, vocabulary.of(layout.list), vocabulary);
        if said.is_some_and(|said| said != Said::default()) {
            return Kind::Title(both);
        }
    }
    let who = if name.is_empty() { fold_word(&cell(Field::Head).to_text()) } else { name_folded.clone() };
    let has_number = !id.is_empty() && !is_measure(&fold_word(&id.to_text()));
    if !has_number && (is_nobody(&who, vocabulary) || who.is_empty() && is_counted(row, vocabulary)) {
        return Kind::Blank;
    }
    if is_count(&name_folded) || is_none_here(row, layout, vocabulary) {
        return Kind::Blank;
    }
    // Over every printed page, with the page's number beside it.
    if first_folded.contains("单位") && first_folded.contains(':') {
        return Kind::Title(first_text);
    }
    if is_trailer(&first_folded, row.filled(), vocabulary) {
        return Kind::Trailer;
    }
    // Under the name there is nothing, or a unit (单位：元).
    let unnamed = name.is_empty() || name_folded.contains([':', '：']);
    if id.is_empty() && unnamed && row.filled() <= TITLE_CELLS_MAX && first_text.chars().count() > TITLE_CHARS_MIN {
        let named = codes(&first_text).any(|area| area.level() != Level::County);
        if named || vocabulary.of(layout.list).titles.iter().any(|word| first_folded.contains(word.as_str())) {
            return Kind::Title(first_text);
        }
    }
    if row.filled() == 1 {
        return alone(first_column, first, layout, vocabulary);
    }
    let says = |(field, column): &&(Field, usize)| *field != Field::Remark && !row.cell(*column).is_empty();
    match layout.kept.iter().filter(says).count() {
        0 if row.filled() > REMARKED_CELLS_MAX => Kind::Beside,
        0 => Kind::Blank,
        _ => Kind::Line,
    }
}

/// 在册人员 under the name; 1、张三 and 李户 are somebody.
fn calls_people(text: &str, vocabulary: &Vocabulary) -> bool {
    let ends = |word: &String| text.ends_with(word.as_str());
    text.chars().count() >= BAND_CHARS_MIN && vocabulary.band_ends.iter().any(ends)
}

/// The kind of a row in which nothing stands but this cell.
fn alone(column: usize, cell: Cell<'_>, layout: &Layout, vocabulary: &Vocabulary) -> Kind {
    let text = cell.to_text();
    let folded = fold_word(&text);
    let may_be_a_name = layout.columns(Field::Name).first() == Some(&column)
        && text.chars().count() <= ALONE_NAME_CHARS_MAX
        && column > 0
        && !vocabulary.nobody.iter().any(|word| folded.starts_with(word.as_str()))
        && !is_group(&folded);
    match cell {
        // A form with its running numbers printed and nothing in it.
        Cell::Number(_) | Cell::Error => Kind::Blank,
        _ if folded.bytes().all(|b| b.is_ascii_digit()) && folded.len() < CODE_DIGITS_MIN => Kind::Blank,
        _ if may_be_a_name => Kind::Line,
        _ => Kind::Title(text),
    }
}

/// A line that shows how to fill in the others: somebody invented, or what each column asks for.
fn is_example(first: Cell<'_>, vocabulary: &Vocabulary) -> bool {
    let Cell::Text(text) = first else { return false };
    // Asked of every line: nearly all are told by one character.
    let start = text.chars().find(|c| !matches!(c, '(' | '（' | '[' | '【' | '*' | '※' | ' '));
    start.is_some_and(|c| !c.is_ascii_digit() && vocabulary.example_starts.contains(&c))
        && vocabulary.example.contains(&fold_header(text))
}

/// What a household has in common, over its lines: 户主姓名 王大明 户号 7 人口数 3. Each other cell is a header's word, and
/// the one behind it is what it asks for.
fn is_labels(row: &Row, first: Cell<'_>, vocabulary: &Vocabulary) -> bool {
    let Cell::Text(text) = first else { return false };
    // Asked of every line: nearly all begin with a number or a name.
    let of_household = |field: &Field| matches!(field, Field::Head | Field::Household | Field::RecordNo);
    let key = text.trim_end_matches([':', '：']);
    if !vocabulary.columns.get(key).is_some_and(of_household) {
        return false;
    }
    let is_word = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if is_known_key(&fold_header(text), vocabulary));
    let words: Vec<bool> = row.cells().filter(|cell| !cell.is_empty()).map(is_word).collect();
    let count = words.iter().filter(|is_word| **is_word).count();
    // A header may have a column that nobody knows, or two.
    let is_answered = (words.len() - count) * 2 >= count && words.windows(2).all(|two| two[0] || two[1]);
    count >= LABELS_MIN && is_answered && words.last() == Some(&false)
}

/// The columns' own numbers, printed under the header: 1 2 3 4, or 甲 乙 丙 1 2.
fn is_numbering(row: &Row) -> bool {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    let place = |cell: Cell<'_>| match cell {
        Cell::Number(value) => Some((0, value as usize)),
        Cell::Text(text) => {
            let mut chars = text.trim_matches(['(', ')', '（', '）']).chars();
            match (chars.next()?, chars.next()) {
                (c, None) if STEMS.contains(c) => Some((1, STEMS.chars().position(|stem| stem == c)? + 1)),
                (c, None) if c.is_ascii_uppercase() => Some((2, c as usize - 'A' as usize + 1)),
                _ => Some((0, text.trim_matches(['(', ')', '（', '）']).parse().ok()?)),
            }
        }
        _ => None,
    };
    let mut next = [1, 1, 1];
    let counts = |cell: Cell<'_>| {
        let Some((kind, number)) = place(cell) else { return false };
        let counted = next[kind] == number;
        next[kind] += 1;
        counted
    };
    row.filled() >= NUMBERED_CELLS_MIN && row.cells().filter(|cell| !cell.is_empty()).all(counts)
}

fn is_number(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Number(value) => value >= 1e13,
        Cell::Text(text) => text.bytes().filter(u8::is_ascii_digit).count() >= 14,
        _ => false,
    }
}

/// A line that says that there is nobody: 无 under the name, and nothing else under any other column.
fn is_none_here(row: &Row, layout: &Layout, vocabulary: &Vocabulary) -> bool {
    let names = layout.columns(Field::Name);
    let said = |column: usize| fold_word(&row.cell(column).to_text());
    let says_nothing = |(_, column): &(Field, usize)| {
        let said = said(*column);
        said.is_empty() || vocabulary.none.contains(&said) || names.contains(column) && says_none(&said, vocabulary)
    };
    names.iter().any(|column| !said(*column).is_empty()) && layout.kept.iter().all(says_nothing)
}

fn says_none(name: &str, vocabulary: &Vocabulary) -> bool {
    vocabulary.nobody.iter().any(|word| name.starts_with(word.as_str())) && (name.contains('无') || name.contains('没'))
}

fn is_trailer(first: &str, filled: usize, vocabulary: &Vocabulary) -> bool {
    let begins = vocabulary.trailer.iter().any(|word| {
        first
            .strip_prefix(word.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '：', '(', '1', '、', '.', '_', '签']))
    });
    let page = first.starts_with('第') && first.contains('页');
    // 村主任: 某某. Signatures come with any title, and nothing of a person's line stands behind a colon.
    let signed = first.find([':', '：']).is_some_and(|at| {
        first[..at].chars().count() <= SIGNER_CHARS_MAX && !first[..at].bytes().any(|b| b.is_ascii_digit())
    });
    begins || ((page || signed) && filled <= TRAILER_CELLS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::recognise::{Support, find};

    fn told(cells: &[&str]) -> Kind {
        let vocabulary = Vocabulary::load(None).unwrap();
        let header = Row::of_texts(1, &["序号", "姓名", "与户主关系", "身份证号", "户号", "状态", "备注"]);
        let layout = find(&[header], &Support::default(), None, &vocabulary).unwrap().layout.unwrap();
        kind(&Row::of_texts(2, cells), &layout, &vocabulary)
    }

    #[test]
    fn the_columns_own_numbers_and_an_example_are_nobody() {
        assert_eq!(told(&["1", "2", "3", "4", "5", "6", "7"]), Kind::Blank);
        assert_eq!(told(&["甲", "乙", "丙", "丁", "1", "2", "3"]), Kind::Blank);
        assert_eq!(told(&["A", "B", "C", "D", "E"]), Kind::Blank);
        assert_eq!(told(&["（1）", "（2）", "（3）", "（4）"]), Kind::Blank);
        assert_eq!(told(&["示例", "张三", "户主", "519901194501190052", "7", "在册"]), Kind::Trailer);
        assert_eq!(told(&["例：", "张三", "户主", "", "7", "在册"]), Kind::Trailer);
        assert_eq!(told(&["", "（必填）", "", "（必填）"]), Kind::Trailer);
        assert_eq!(told(&["数字", "汉字", "文本", "18位", "文本", "在册/迁出/死亡"]), Kind::Trailer);
        assert_eq!(told(&["填报单位：519901001200", "第2页"]), Kind::Title("填报单位：519901001200".into()));
        assert_eq!(told(&["1", "张三", "02", "", "4", "在册"]), Kind::Line);
        assert_eq!(told(&["", "200村"]), Kind::Title("200村".into()));
        assert_eq!(told(&["7", "", "", "", "", "", "同上"]), Kind::Blank);
        for band in
            [["二、死亡人员", ""], ["死亡人员", "3人"], ["二、", "死亡人员"], ["", "迁出人员"], ["", "在册人员"]]
        {
            assert!(matches!(told(&band), Kind::Title(_)), "{band:?}");
        }
        assert_eq!(told(&["死亡人员", "张三", "子"]), Kind::Line);
        assert_eq!(told(&["", "李户"]), Kind::Line);
        assert_eq!(told(&["1、", "张三"]), Kind::Line);
        assert_eq!(told(&["", "1、欧阳春梅", "子"]), Kind::Line);
    }

    #[test]
    fn persons_totals_trailers_and_blanks_are_told_apart() {
        assert_eq!(told(&["1", "张三", "户主", "519901194501190052", "7", "在册"]), Kind::Line);
        assert_eq!(told(&["1", "张三", "户主", "", "7", "在册"]), Kind::Line);
        assert_eq!(told(&["1", "", "户主", "519901194501190052", "7", "在册"]), Kind::Line);
        assert_eq!(told(&["合计", "", "", "14人"]), Kind::Total { whole: true, stated: Some(14) });
        assert_eq!(told(&["合 计：14户35人"]), Kind::Total { whole: true, stated: Some(35) });
        assert_eq!(told(&["本村合计", "7", "", ""]), Kind::Total { whole: false, stated: Some(7) });
        assert_eq!(told(&["", "三组"]), Kind::Title("三组".into()));
        assert_eq!(told(&["", "张三"]), Kind::Line);
        assert_eq!(told(&["", "小计", "", "7"]), Kind::Total { whole: false, stated: Some(7) });
        assert_eq!(told(&["填表人:某某  审核人:某某"]), Kind::Trailer);
        assert_eq!(told(&["审核人", "", "", "填表人"]), Kind::Trailer);
        assert_eq!(told(&["注：本表一式三份"]), Kind::Trailer);
        assert_eq!(told(&["", "", ""]), Kind::Blank);
        assert_eq!(told(&["12", "", "", ""]), Kind::Blank);
        assert_eq!(told(&["序号", "姓名", "与户主关系", "身份证号"]), Kind::Header);
        assert_eq!(told(&["519901001201村花名册"]), Kind::Title("519901001201村花名册".into()));
        assert_eq!(told(&["519901001201村", "张三", "子"]), Kind::Line);
        assert_eq!(told(&["村主任：某某", "", "", "制表：某某"]), Kind::Trailer);
        assert_eq!(told(&["", "说明书", "子", "", "7", "在册"]), Kind::Line);
    }

    #[test]
    fn a_table_of_numbers_among_the_lines_is_nobody() {
        let part = |stated: Option<u64>| Kind::Total { whole: false, stated };
        assert_eq!(told(&["一组小计", "", "3"]), part(None));
        assert_eq!(told(&["小计（一组）", "3"]), part(Some(3)));
        assert_eq!(told(&["200村小计", "1户", "1人"]), part(Some(1)));
        assert_eq!(told(&["第一组计", "3"]), part(Some(3)));
        assert_eq!(told(&["户数", "3", "人数", "3"]), part(Some(3)));
        assert_eq!(told(&["月发放金额合计", "900"]), part(None));
        for count in [["男性", "2"], ["本组", "12人"]] {
            assert_eq!(told(&count), Kind::Blank, "{count:?}");
        }
        assert_eq!(told(&["1", "计小三", "妻", "", "4", "在册"]), Kind::Line);
    }

    #[test]
    fn a_table_of_numbers_below_the_lines_is_nobody() {
        for header in [
            &["组别", "户数", "人数"][..],
            &["组别", "户数", "人数", "男", "女"],
            &["", "项目", "数量"],
            &["村组", "总户数", "总人口", "常住"],
            &["总人口", "男", "女", "户数"],
            &["年龄段", "0-18", "19-59", "60以上"],
        ] {
            assert_eq!(told(header), Kind::Counts, "{header:?}");
        }
        for line in [
            &["1组", "2", "3"][..],
            &["一组", "12", "3", "4", "5"],
            &["", "男25人", "", "女25人"],
            &["", "常住", "20"],
            &["60岁以上", "12"],
        ] {
            assert_eq!(told(line), Kind::Blank, "{line:?}");
        }
        for line in
            [&["", "王芳1", "子"][..], &["1", "张三", "", "", "20"], &["", "常在春", "妻"], &["1", "男男", "女"]]
        {
            assert_eq!(told(line), Kind::Line, "{line:?}");
        }
    }

    #[test]
    fn a_list_that_says_that_it_has_nobody_has_nobody() {
        assert_eq!(told(&["1", "无", "无", "无"]), Kind::Blank);
        assert_eq!(told(&["", "本月无死亡"]), Kind::Blank);
        assert_eq!(told(&["1", "本月无变动", "", "", "", "", "——"]), Kind::Blank);
        assert_eq!(told(&["1", "无", "子", "", "4", "在册"]), Kind::Line, "a child without a name");
        assert_eq!(told(&["1", "吴无病", "", "", "", ""]), Kind::Line);
    }
}
