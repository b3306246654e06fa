//! What a sheet's cells say of its columns: the meaning of a column whose header nobody knows, and how digits in it are
//! to be read. Looked at once, in the first lines.

use std::borrow::Cow;

use crate::domain::{IdState, List};

use super::header::Heading;
use super::layout::Layout;
use crate::intake::clean::date::{DateOrder, clock};
use crate::intake::clean::flag::{FlagDigits, FlagsAsked};
use crate::intake::clean::given::Circles;
use crate::intake::clean::name::are_names;
use crate::intake::clean::number::{has_lost_tail, id_number, is_long_number};
use crate::intake::clean::words::{SexDigits, SexEvidence, sex_digit};
use crate::intake::container::row::{Cell, Row};
use crate::intake::people::crowd;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// Fewer filled cells say nothing of their column.
const FILLED_MIN: usize = 3;
/// How many of a column's filled cells must be words of the field, percent. Of citizen numbers many may be damaged.
const WORDS_MIN_PERCENT: usize = 95;
const NUMBERS_MIN_PERCENT: usize = 50;
/// Fewer lines with a lost tail prove nothing of a column.
const DAMAGED_LINES_MIN: usize = 5;
/// Unless there are no others.
const DAMAGED_ALL_MIN: usize = 2;

/// Gives fields that no header named to the one column whose cells can be nothing else (人员情况 over 在册, 迁出, 死亡).
/// Columns that are somebody else's, or must not be kept, have a known header and are not asked.
pub fn adopt(layout: &mut Layout, data: &[Row], vocabulary: &Vocabulary) {
    use Field::{Aid, Class, DiedFlag, Id, Relation, Sex, Status};
    for field in [Id, Sex, Relation, Status, Class, Aid, DiedFlag] {
        let meant = match field {
            // A check of a death list against who lives: 健在, 已死亡, 误报.
            Field::DiedFlag => layout.list == List::Deaths,
            Field::Class => layout.list == List::Dibao,
            Field::Aid => layout.list == List::Family,
            // Every line of such a list is an end or a stay; it needs no column to say so.
            Field::Status => !matches!(layout.list, List::Deaths | List::Migrants),
            _ => true,
        };
        if !meant || layout.has(field) {
            continue;
        }
        // 死亡 under 配偶情况 is the spouse's; under 与户主的称谓 stands how the line's own person is related.
        let is_others = |header: &str| {
            let header = fold_header(header);
            field != Field::Relation && vocabulary.other_prefixes.iter().any(|other| header.contains(other.as_str()))
        };
        let own = layout.unknown.iter().filter(|(_, header)| !is_others(header)).map(|(column, _)| *column);
        let fitting: Vec<usize> = own.filter(|column| fits(field, layout.list, *column, data, vocabulary)).collect();
        if let [only] = fitting[..] {
            layout.adopt(field, only);
        }
    }
}

/// Whether the column names all others of a household in each of its cells (家庭成员 over 钱女、赵小): nobody's line.
pub fn is_crowded(heading: &Heading, data: &[Row], vocabulary: &Vocabulary) -> bool {
    let texts = || data.iter().map(|row| row.cell(heading.column)).filter(|cell| !cell.is_empty()).map(Cell::to_text);
    let is_of_members = vocabulary.whose.members.iter().any(|member| heading.written.contains(member.as_str()));
    let are_several = || 2 * texts().filter(|text| are_names(text)).count() >= texts().count().max(1);
    is_of_members && (are_several() || crowd::is_crowded(heading.column, data, vocabulary))
}

fn fits(field: Field, list: List, column: usize, data: &[Row], vocabulary: &Vocabulary) -> bool {
    let words = vocabulary.of(list);
    let (mut filled, mut fitting, mut telling) = (0, 0, false);
    for cell in data.iter().map(|row| row.cell(column)).filter(|cell| !cell.is_empty()) {
        filled += 1;
        if field == Field::Id {
            fitting +=
                usize::from(id_number(cell).is_some_and(|id| matches!(id.state(), IdState::Valid | IdState::Old)));
            continue;
        }
        let Cell::Text(text) = cell else { continue };
        let folded = fold_word(text);
        let known = match field {
            Field::Sex => vocabulary.sex.contains_key(&folded),
            Field::Relation => vocabulary.relation.contains_key(&folded),
            // 否 answers what the header asks, and nobody knows what that is.
            Field::Status => {
                words.status.contains_key(&folded)
                    && !vocabulary.no.contains(&folded)
                    && !vocabulary.yes.contains(&folded)
            }
            Field::Class => words.class.contains_key(&folded),
            Field::DiedFlag => words.teller.is_refuted(&folded) || words.teller.death(&folded).is_some(),
            _ => words.aid.iter().any(|(_, word)| word.chars().count() > 1 && folded.contains(word.as_str())),
        };
        fitting += usize::from(known);
        // 是 and 1 stand in columns of any meaning.
        telling |= known
            && field != Field::DiedFlag
            && (field == Field::Sex
                || folded.chars().count() > 1
                || folded.parse::<u8>().is_err() && field == Field::Class);
        telling |= field == Field::DiedFlag && words.teller.is_refuted(&folded);
    }
    let least = if field == Field::Id { NUMBERS_MIN_PERCENT } else { WORDS_MIN_PERCENT };
    filled >= FILLED_MIN && fitting * 100 >= filled * least && (telling || field == Field::Id)
}

/// Whether a filled cell of the field's columns stands for the blank ones below it, as where cells are merged: the first
/// line has it, and most others have not.
pub fn is_merged_down(field: Field, layout: &Layout, data: &[Row]) -> bool {
    let Some(column) = layout.columns(field).last() else { return false };
    let lines = || data.iter().filter(|row| layout.columns(Field::Name).iter().any(|name| !row.cell(*name).is_empty()));
    let filled = lines().filter(|row| !row.cell(*column).is_empty()).count();
    lines().next().is_some_and(|first| !first.cell(*column).is_empty()) && filled * 2 < lines().count()
}

/// What 0, 1 and 2 mean in the sex column, by the valid numbers beside them.
pub fn sex_digits(layout: &Layout, data: &[Row]) -> SexDigits {
    let mut evidence = SexEvidence::default();
    let (Some(sex), Some(id)) = (layout.columns(Field::Sex).first(), layout.columns(Field::Id).first()) else {
        return evidence.digits();
    };
    for row in data {
        if let Some(digit) = sex_digit(row.cell(*sex))
            && let Some(by_number) =
                id_number(row.cell(*id)).filter(|id| id.state() == IdState::Valid).and_then(|id| id.sex())
        {
            evidence.add(digit, by_number);
        }
    }
    evidence.digits()
}

/// What the digits of the columns that ask mean.
pub fn flags_asked(layout: &Layout, data: &[Row]) -> FlagsAsked {
    FlagsAsked(FlagsAsked::FIELDS.map(|field| {
        let Some(column) = layout.columns(field).first() else { return FlagDigits::default() };
        let header = layout.header_cells.iter().filter(|(of, _)| of == column).map(|(_, text)| text.as_str());
        let texts: Vec<String> = data.iter().map(|row| row.cell(*column).to_text()).collect();
        FlagDigits::of(&header.collect::<String>(), texts.iter().map(String::as_str))
    }))
}

/// What a circle says in the columns of support.
pub fn circles(layout: &Layout, data: &[Row], vocabulary: &Vocabulary) -> Circles {
    let lines = || data.iter().filter(|row| layout.columns(Field::Name).iter().any(|name| !row.cell(*name).is_empty()));
    let texts = |field| {
        let columns = layout.columns(field);
        columns.iter().flat_map(|column| lines().map(|row| row.cell(*column).to_text().trim().to_owned())).collect()
    };
    Circles::of(Circles::FIELDS.map(texts), vocabulary)
}

/// Whether the column of numbers lost its tails before it became text: nearly all end in three zeros, as only 1 in 110
/// would by chance (DOMAIN.md 6 row 3).
pub fn lost_tails(layout: &Layout, data: &[Row]) -> bool {
    let Some(id) = layout.columns(Field::Id).first() else { return false };
    let (mut whole, mut cut) = (0, 0);
    for row in data {
        if let Cell::Text(text) = row.cell(*id)
            && is_long_number(text)
        {
            whole += 1;
            cut += usize::from(has_lost_tail(text));
        }
    }
    (cut >= DAMAGED_LINES_MIN && cut * 5 >= whole * 4) || (cut >= DAMAGED_ALL_MIN && cut == whole)
}

/// What dates like 5/6/1990 and 5/6/26 mean, where the other dates of the sheet show it.
pub fn date_order(layout: &Layout, data: &[Row]) -> DateOrder {
    let (mut day, mut month, mut short_year_last) = (false, false, false);
    let (mut month_first, mut year_first) = (false, false);
    for (_, column) in layout.kept.iter().filter(|(field, _)| field.is_date()) {
        for row in data {
            let text = match row.cell(*column) {
                Cell::Text(text) => clock::apart(text).map_or(Cow::Borrowed(text), |apart| Cow::Owned(apart.day)),
                cell @ Cell::Number(value) if value.fract() != 0.0 => Cow::Owned(cell.to_text()),
                _ => continue,
            };
            let mut parts = text.split(['/', '-', '.']).map(|part| part.trim().parse::<u16>().unwrap_or(0));
            let (first, second, third) = (parts.next(), parts.next(), parts.next());
            let (Some(first), Some(second)) = (first, second) else { continue };
            let Some(third) = third else {
                month_first |= (1..=12).contains(&first) && (13..=31).contains(&second);
                year_first |= (13..=99).contains(&first);
                continue;
            };
            if third > 999 {
                day |= (13..=31).contains(&first);
                month |= (13..=31).contains(&second);
            } else {
                short_year_last |= (1..=12).contains(&first) && (13..=31).contains(&second) && third < 100;
            }
        }
    }
    DateOrder { day_first: (day != month).then_some(day), short_year_last, month_first: month_first && !year_first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::recognise::{Support, find};

    fn row(cells: &[&str]) -> Row {
        Row::of_texts(1, cells)
    }

    fn read(header: &[&str], lines: &[&[&str]]) -> (Layout, DateOrder) {
        let vocabulary = Vocabulary::load(None).unwrap();
        let mut layout = find(&[row(header)], &Support::default(), None, &vocabulary).unwrap().layout.unwrap();
        let data: Vec<Row> = lines.iter().map(|line| row(line)).collect();
        adopt(&mut layout, &data, &vocabulary);
        let order = date_order(&layout, &data);
        (layout, order)
    }

    #[test]
    fn a_column_under_a_header_nobody_knows_is_told_by_its_cells() {
        let (layout, _) = read(
            &["户号", "户主姓名", "姓名", "称呼", "号码一", "人在哪里", "党员"],
            &[
                &["1", "张三", "张三", "户主", "11010519491231002X", "在册", "是"],
                &["1", "张三", "李四", "妻", "110105491231002", "迁出", "是"],
                &["2", "王五", "王五", "户主", "11010519491231", "在册", "是"],
                &["2", "王五", "王六", "长子", "", "死亡", "是"],
            ],
        );
        let column = |field: Field| layout.columns(field).first().copied();
        assert_eq!(
            (column(Field::Relation), column(Field::Id), column(Field::Status)),
            (Some(3), Some(4), Some(5)),
            "a column of 是 is no status"
        );
    }

    #[test]
    fn two_columns_that_may_both_be_meant_are_left_alone() {
        let line: &[&str] = &["1", "张三", "张三", "在册", "正常"];
        let (layout, _) = read(&["户号", "姓名", "户主姓名", "甲", "乙"], &[line, line, line]);
        assert!(!layout.has(Field::Status));
    }

    #[test]
    fn the_order_of_day_and_month_is_that_of_the_other_dates_of_the_sheet() {
        let header = &["户号", "姓名", "与户主关系", "出生日期"];
        let of = |dates: &[&str]| {
            let lines: Vec<[&str; 4]> = dates.iter().map(|date| ["1", "张三", "子", *date]).collect();
            read(header, &lines.iter().map(|line| &line[..]).collect::<Vec<_>>()).1
        };
        assert_eq!(of(&["5/6/1990", "12/31/1960"]).day_first, Some(false));
        assert_eq!(of(&["5/6/1990", "31/12/1960"]).day_first, Some(true));
        assert_eq!(of(&["5/6/1990 0:00", "12/31/1960 12:00:00 AM"]).day_first, Some(false));
        assert!(of(&["01-02", "01-13"]).month_first);
        assert!(!of(&["01-02", "01-13", "26-03"]).month_first && !of(&["1990.5"]).month_first);
        for dates in [&["5/6/1990"][..], &["31/12/1960", "12/31/1960"], &["1990/12/31"], &["26/3/30", "3/9/26"]] {
            assert_eq!(of(dates), DateOrder::default(), "{dates:?}");
        }
        assert!(of(&["3/9/26", "3/30/26"]).short_year_last);
    }
}
