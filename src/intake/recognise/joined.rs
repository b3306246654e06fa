//! One value written over several columns: a number with a digit in each cell, a date as year, month and day, a name as
//! 姓 and 名.

use super::header::Heading;
use crate::intake::container::row::{Cell, Row};
use crate::intake::people::beside::means;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_header;

/// Places of a citizen number, and of one from before 1999.
const NUMBER_PLACES: [usize; 2] = [18, 15];

/// What the two columns of a name are called.
const HALVES_OF_NAME: [&str; 2] = ["姓", "名"];
/// A given name is shorter.
const WHOLE_NAME_CHARS_MIN: usize = 3;

/// Columns that hold one value together. It is read in the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    Number { first: usize, places: usize },
    Date { first: usize, parts: usize },
    Name { first: usize },
}

/// Whether a header is of one of the two columns of a name.
pub fn is_half_of_name(key: &str) -> bool {
    HALVES_OF_NAME.contains(&key)
}

impl Joined {
    /// The columns that a header, and the lines below it, show to be one value. Their headings become one.
    pub fn of(headings: &mut Vec<Heading>, below: &[Row], vocabulary: &Vocabulary) -> Vec<Joined> {
        let mut found = Vec::new();
        for at in (0..headings.len()).rev() {
            let Some((joined, key)) = Joined::at(&headings[at..], below, vocabulary) else { continue };
            let first = headings[at].column;
            headings.retain(|heading| heading.column <= first || heading.column >= first + joined.width());
            headings[at].keys.splice(0..0, key);
            found.push(joined);
        }
        found
    }

    fn at(headings: &[Heading], below: &[Row], vocabulary: &Vocabulary) -> Option<(Joined, Option<String>)> {
        let [heading, behind @ ..] = headings else { return None };
        if heading.of_other {
            return None;
        }
        if let Some(found) = Joined::named(heading, behind, vocabulary) {
            return Some(found);
        }
        let first = heading.column;
        let free = behind.first().map_or(usize::MAX, |next| next.column - first);
        let is = |of: fn(Field) -> bool| heading.keys.first().is_some_and(|key| means(key, heading, vocabulary, of));
        let joined = if is(|field| field == Field::Id) {
            Joined::Number { first, places: *NUMBER_PLACES.iter().find(|places| **places <= free)? }
        } else if free >= 3 && is(Field::is_date) {
            Joined::Date { first, parts: 3 }
        } else {
            return None;
        };
        // No header says so: then every line must, and one of them whole.
        let mut filled = below.iter().filter(|row| !row.cell(first).is_empty()).peekable();
        let is_whole = |row: &Row| (first..first + joined.width()).all(|column| !row.cell(column).is_empty());
        let is_told = filled.clone().any(is_whole) && filled.all(|row| joined.value(row).is_some());
        is_told.then_some((joined, None))
    }

    /// 出生年 月 日, 年 月 日 under 死亡日期, 姓 名.
    fn named(heading: &Heading, behind: &[Heading], vocabulary: &Vocabulary) -> Option<(Joined, Option<String>)> {
        let split = |heading: &Heading| {
            let (group, own) = heading.written.rsplit_once('.').unwrap_or(("", &heading.written));
            (fold_header(group), fold_header(own))
        };
        let (group, own) = split(heading);
        let [surname, given] = HALVES_OF_NAME;
        let is_given =
            |next: &Heading| next.column == heading.column + 1 && split(next) == (group.clone(), given.to_owned());
        if own == surname && behind.first().is_some_and(is_given) {
            let key =
                if group.is_empty() || group == "姓名" { "姓名".to_owned() } else { format!("{group}姓名") };
            return Some((Joined::Name { first: heading.column }, Some(key)));
        }
        let stem = own.strip_suffix('年')?;
        let is_next = |at: usize, unit: &str| {
            behind.get(at).filter(|next| next.column == heading.column + at + 1).is_some_and(|next| {
                let (next_group, next) = split(next);
                next_group == group && (next == unit || next.strip_suffix(unit) == Some(stem))
            })
        };
        let key = if stem.is_empty() { group.clone() } else { format!("{stem}日期") };
        let is_date = !key.is_empty() && means(&key, heading, vocabulary, Field::is_date);
        let parts = if is_next(1, "日") { 3 } else { 2 };
        (is_date && is_next(0, "月")).then_some((Joined::Date { first: heading.column, parts }, Some(key)))
    }

    fn first(self) -> usize {
        let (Joined::Number { first, .. } | Joined::Date { first, .. } | Joined::Name { first }) = self;
        first
    }

    fn width(self) -> usize {
        match self {
            Joined::Number { places: width, .. } | Joined::Date { parts: width, .. } => width,
            Joined::Name { .. } => 2,
        }
    }

    /// Writes the value into the first of its columns and leaves the others empty. A cell that holds all of it stays.
    pub fn join(self, row: &mut Row) {
        let Some(value) = self.value(row) else { return };
        row.write(self.first(), &value);
        (self.first() + 1..self.first() + self.width()).for_each(|column| row.blank(column));
    }

    /// What the cells say together; `None` where one of them is no part of such a value.
    fn value(self, row: &Row) -> Option<String> {
        let cells = (self.first()..self.first() + self.width()).map(|column| row.cell(column));
        match self {
            Joined::Number { .. } => {
                let is_place = |text: &str| text.chars().count() <= 1;
                let places: Vec<String> = cells.map(Cell::to_text).collect();
                let value = places.concat();
                (places.iter().all(|place| is_place(place)) && !value.is_empty()).then_some(value)
            }
            Joined::Date { .. } => {
                let mut value = String::new();
                let mut ended = false;
                for ((cell, unit), most) in cells.zip(["年", "月", "日"]).zip([2_100, 12, 31]) {
                    let text = fold_header(&cell.to_text());
                    let text = text.strip_suffix(unit).unwrap_or(&text);
                    if text.is_empty() {
                        ended = true;
                        continue;
                    }
                    let is_part = text.parse::<u16>().is_ok_and(|part| (1..=most).contains(&part));
                    if ended || !is_part {
                        return None;
                    }
                    value.push_str(text);
                    value.push_str(unit);
                }
                (!value.is_empty()).then_some(value)
            }
            Joined::Name { .. } => {
                let [surname, given] = [self.first(), self.first() + 1].map(|column| row.cell(column).to_text());
                // 王 and 王大明
                let is_whole = given.chars().count() >= WHOLE_NAME_CHARS_MIN && given.starts_with(surname.as_str());
                let value = if is_whole { given } else { surname + &given };
                (!value.is_empty()).then_some(value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::headings;
    use super::*;

    fn row(cells: &[&str]) -> Row {
        Row::of_texts(1, cells)
    }

    fn found(header: &[&[&str]], lines: &[&[&str]]) -> Vec<Joined> {
        let vocabulary = Vocabulary::load(None).unwrap();
        let rows = |cells: &[&[&str]]| cells.iter().map(|cells| row(cells)).collect::<Vec<Row>>();
        Joined::of(&mut headings(&rows(header), &vocabulary), &rows(lines), &vocabulary)
    }

    #[test]
    fn a_date_in_three_columns_is_one_date() {
        let date = |first| vec![Joined::Date { first, parts: 3 }];
        assert_eq!(found(&[&["姓名", "出生年", "月", "日", "民族"]], &[]), date(1));
        assert_eq!(found(&[&["姓名", "出生年", "出生月", "出生日"]], &[]), date(1));
        assert_eq!(found(&[&["姓名", "死亡日期", "", ""], &["", "年", "月", "日"]], &[]), date(1));
        assert_eq!(found(&[&["姓名", "出生年", "月"]], &[]), [Joined::Date { first: 1, parts: 2 }]);
        assert_eq!(found(&[&["姓名", "年", "月", "日"]], &[]), [], "of which date nobody says");
        assert_eq!(found(&[&["姓名", "出生年", "民族", "日"]], &[]), []);
        let merged: &[&str] = &["姓名", "出生日期", "", "", "民族"];
        assert_eq!(found(&[merged], &[&["张三", "1950", "3", "2"], &["李四", "1960", "12", ""]]), date(1));
        assert_eq!(found(&[merged], &[&["张三", "1950", "3", "2"], &["李四", "1960.12", "", ""]]), []);
        assert_eq!(found(&[merged], &[&["张三", "1950", "", ""]]), []);
    }

    #[test]
    fn a_number_with_a_digit_in_each_cell_is_one_number() {
        let cut = |count: usize| {
            let blanks = vec![""; count - 1];
            [&["姓名", "身份证号"][..], &blanks, &["状态"]].concat()
        };
        let digits: Vec<String> = "11010519491231002X".chars().map(String::from).collect();
        let mut line = vec!["张三"];
        line.extend(digits.iter().map(String::as_str));
        line.push("在册");
        assert_eq!(found(&[&cut(18)], &[&line]), [Joined::Number { first: 1, places: 18 }]);
        assert_eq!(found(&[&cut(15)], &[&line[..16]]), [Joined::Number { first: 1, places: 15 }]);
        assert_eq!(found(&[&cut(12)], &[&line]), [], "too few columns for any number");
        assert_eq!(found(&[&["姓名", "身份证号"]], &[&["张三", "11010519491231002X"]]), []);
        let mut row = row(&line);
        Joined::Number { first: 1, places: 18 }.join(&mut row);
        assert_eq!(
            (row.cell(1), row.cell(2), row.cell(19)),
            (Cell::Text("11010519491231002X"), Cell::Empty, Cell::Text("在册"))
        );
    }
}
