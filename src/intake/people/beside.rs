//! Sheets on which two or more people stand side by side: to save paper (序号 姓名 身份证号 | 序号 姓名 身份证号), as a
//! household (户主姓名 … 成员1姓名 … 成员2姓名 …), or as a couple (丈夫姓名 … 妻子姓名 …).

use super::families::{couple, household, kin_as_members, member};
use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::header::{Heading, Meaning, is_meant, meaning};
use crate::intake::recognise::layout::Layout;
use crate::intake::sheet::merged::is_shared;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// Columns with a meaning that must stand in each block: a name alone beside another is anybody's.
const KNOWN_COLUMNS_MIN: usize = 2;
/// Unless more of the block is known and not kept: 序号 户主 人数 金额, once more.
const KNOWN_BLOCK_MIN: usize = 3;

/// Where one of the people of a line stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// From which column of the sheet to which column of the layout.
    pub cells: Vec<(usize, usize)>,
    /// What the header says of this person in place of a cell: a husband is male.
    pub said: Vec<(usize, &'static str)>,
}

/// The people of each line, as columns of one layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks {
    /// From the left.
    pub people: Vec<Person>,
    /// Columns of the whole line.
    pub shared: Vec<usize>,
    /// Columns of the layout that hold the name and the number.
    pub name: usize,
    pub id: Option<usize>,
    pub relation: Option<usize>,
    /// Whether the first is the head, who may be written among the members again.
    pub has_head: bool,
    /// The shared column that names the head of the others.
    pub head_name: Option<usize>,
    /// Fields of the layout that no header names, and only what is said of the people fills.
    pub told: Vec<(Field, usize)>,
    /// Whether the people are told apart by who they are, so that a death told of the line is of one of them.
    pub are_kin: bool,
    /// Whether they are called by a word for anybody's family: 家属1.
    pub are_called_kin: bool,
    /// People from this one on are not meant where the line tells of a death.
    pub spared_from: usize,
}

impl Blocks {
    /// The people of a header and the header that each of them has. `None` where it is of one person: a second 姓名 and
    /// not all that belongs to the first is somebody else's.
    pub fn of(headings: &[Heading], vocabulary: &Vocabulary) -> Option<(Blocks, Vec<Heading>)> {
        let of_kin = |headings: Vec<Heading>| {
            let (blocks, headings) = household(&headings, vocabulary)?;
            Some((Blocks { are_called_kin: true, ..blocks }, headings))
        };
        couple(headings, vocabulary)
            .or_else(|| kin_as_members(headings, vocabulary).and_then(of_kin))
            .or_else(|| household(headings, vocabulary))
            .or_else(|| Repeated::of(headings, vocabulary, false)?.alone(headings, vocabulary))
    }

    /// Notes whose death it may be that a column of the whole line tells.
    pub fn spare(&mut self, layout: &Layout) {
        use Field::{ChangeKind, Died, DiedFlag, Reason, Status};
        let columns = |fields: &[Field]| -> Vec<usize> {
            fields.iter().flat_map(|field| layout.columns(*field)).copied().collect()
        };
        let is_own = |column: &usize| self.people.iter().any(|person| person.cells.iter().any(|(_, to)| to == column));
        let own = columns(&[Status, ChangeKind, Died, DiedFlag]).iter().any(is_own);
        let members = usize::from(self.has_head);
        let behind = self.people.get(members).and_then(|person| person.cells.iter().map(|(from, _)| *from).min());
        let told_behind = columns(&[Status, ChangeKind, Reason]).iter().any(|column| Some(*column) > behind);
        self.spared_from = match (self.are_kin && !own, told_behind) {
            (false, _) => self.people.len(),
            (true, true) => 0,
            // What stands beside the head is the head's.
            (true, false) => members,
        };
    }

    /// Whether the column is of somebody of the line, or of all of them.
    pub fn reads(&self, column: usize) -> bool {
        let is_persons = |person: &Person| person.cells.iter().any(|(from, _)| *from == column);
        self.shared.contains(&column) || self.people.iter().any(is_persons)
    }

    /// Whether the state of the line cannot be this person's, where it is a death.
    pub fn is_spared(&self, at: usize) -> bool {
        at >= self.spared_from
    }

    /// The row as if only this person stood on it; `None` where nobody is written there.
    pub fn part(&self, row: &Row, at: usize, vocabulary: &Vocabulary) -> Option<Row> {
        let person = &self.people[at];
        if person.cells.iter().all(|(from, _)| row.cell(*from).is_empty()) {
            return None;
        }
        let from = |target: usize| person.cells.iter().find(|(_, to)| *to == target).map(|(from, _)| row.cell(*from));
        let (name, id) = (from(self.name).unwrap_or(Cell::Empty), self.id.and_then(from).unwrap_or(Cell::Empty));
        let says_none = |cell: Cell<'_>| !cell.is_empty() && vocabulary.none.contains(&fold_word(&cell.to_text()));
        let is_nobody = |cell: Cell<'_>| cell.is_empty() || says_none(cell);
        // 无 stands where there is no wife; a printed 子 where there is no child.
        if is_nobody(name) && is_nobody(id) && (self.are_kin || says_none(name)) {
            return None;
        }
        let is_head = self.has_head && at == 0;
        if is_head && self.is_among_members(row, name, id, vocabulary) {
            return None;
        }
        let mut part = Row::default();
        part.clear(row.number);
        // A member without a name is not the head.
        let own = |column: &&usize| Some(**column) != self.head_name || !name.is_empty();
        self.shared.iter().filter(own).for_each(|column| part.copy(*column, row, *column));
        person.cells.iter().for_each(|(from, to)| part.copy(*to, row, *from));
        // Alone in its row a text is no person's, but a title.
        if row.filled() > 1 {
            for (column, said) in &person.said {
                if part.cell(*column).is_empty() {
                    part.write(*column, said);
                }
            }
        }
        for (column, value) in row.above() {
            if self.shared.contains(column) {
                part.push_above(*column, value);
            } else if let Some((_, to)) = person.cells.iter().find(|(from, _)| from == column).filter(|_| !is_head) {
                part.push_above(*to, value);
            }
        }
        Some(part)
    }

    /// Whether one of the others is the head, by name, number or relation.
    fn is_among_members(&self, row: &Row, name: Cell<'_>, id: Cell<'_>, vocabulary: &Vocabulary) -> bool {
        let text = |cell: Cell<'_>| fold_word(&cell.to_text());
        let (name, id) = (text(name), text(id));
        self.people[1..].iter().any(|person| {
            let at = |target: Option<usize>| {
                let from = person.cells.iter().find(|(_, to)| Some(*to) == target);
                from.map(|(from, _)| text(row.cell(*from))).unwrap_or_default()
            };
            let relation = at(self.relation);
            let is_written = |own: &str, other: String| !own.is_empty() && own == other;
            is_written(&name, at(Some(self.name)))
                || is_written(&id, at(self.id))
                || (!at(Some(self.name)).is_empty()
                    && vocabulary.relation.get(&relation).is_some_and(|code| *code <= 2))
        })
    }

    /// Name and number of the head as written: a household of many takes several lines, each of which names its head.
    pub fn head_of(&self, row: &Row) -> Option<String> {
        let head = self.people.first().filter(|_| self.has_head)?;
        let is_told = |to: &usize| *to == self.name || Some(*to) == self.id;
        let told = head.cells.iter().filter(|(_, to)| is_told(to)).map(|(from, _)| row.cell(*from).to_text());
        let told: String = told.collect::<Vec<_>>().join(" ");
        (told.len() > 1).then_some(told)
    }

    /// Whether a ditto mark stands in the place of the head's name.
    pub fn repeats_head(&self, row: &Row, vocabulary: &Vocabulary) -> bool {
        let cells = self.people.first().filter(|_| self.has_head).map_or(&[][..], |head| &head.cells);
        let mut names = cells.iter().filter(|(_, to)| *to == self.name).map(|(from, _)| row.cell(*from));
        names.any(|cell| matches!(cell, Cell::Text(text) if vocabulary.is_ditto(text)))
    }

    /// The parts of a row, the left one first.
    pub fn parts<'r>(&'r self, row: &'r Row, vocabulary: &'r Vocabulary) -> impl Iterator<Item = Row> + 'r {
        (0..self.people.len()).filter_map(move |at| self.part(row, at, vocabulary))
    }
}

/// Columns that a header repeats whole, one block beside the other.
pub struct Repeated {
    pub start: usize,
    pub width: usize,
    pub count: usize,
    /// The columns of the first block, with what is written over each.
    pub inside: Vec<(usize, String)>,
}

impl Repeated {
    /// `goes_on`: what stands behind the last block may be of the whole line.
    pub fn of(headings: &[Heading], vocabulary: &Vocabulary, goes_on: bool) -> Option<Repeated> {
        let words: Vec<(usize, String)> =
            headings.iter().map(|heading| (heading.column, word_of(&heading.written, vocabulary))).collect();
        let word = |column: usize| words.iter().find(|(at, _)| *at == column).map(|(_, word)| word.as_str());
        let meant = |column: usize, of: fn(Field) -> bool| {
            let mut own = headings.iter().filter(|heading| heading.column == column && !heading.of_other);
            own.any(|heading| means(&word_of(&heading.written, vocabulary), heading, vocabulary, of))
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
        let laid = |start: usize| {
            let inside: Vec<(usize, String)> =
                (start..start + width).filter_map(|column| Some((column, word(column)?.to_owned()))).collect();
            let repeats = |block: usize| inside.iter().all(|(column, own)| word(column + block * width) == Some(own));
            let count = 1 + (1..).take_while(|block| repeats(*block)).count();
            (start, inside, count)
        };
        // 户主 身份证号 姓名 身份证号 姓名 身份证号: a block begins with its name where the last one would be cut.
        let is_cut = |(start, inside, count): &(usize, Vec<(usize, String)>, usize)| {
            inside.first().is_some_and(|(_, own)| word(start + count * width) == Some(own))
        };
        let found = laid(start);
        let (start, inside, count) = if is_cut(&found) { laid(first) } else { found };
        let is_kept = |field: Field| field.is_kept() && field != Field::Remark;
        let known = inside.iter().filter(|(column, _)| meant(*column, is_kept)).count();
        let mut after = words.iter().filter(|(column, _)| *column >= start + count * width);
        let is_known_block = inside.iter().filter(|(column, _)| meant(*column, |_| true)).count() >= KNOWN_BLOCK_MIN;
        let is_whole = goes_on || after.all(|(column, _)| !meant(*column, is_kept));
        let repeated = Repeated { start, width, count, inside };
        (count > 1 && (known >= KNOWN_COLUMNS_MIN || is_known_block) && is_whole).then_some(repeated)
    }

    /// What stands left of the first is of all of them, what stands right of the last of nobody.
    fn alone(self, headings: &[Heading], vocabulary: &Vocabulary) -> Option<(Blocks, Vec<Heading>)> {
        let first = |heading: &&Heading| heading.column < self.start + self.width;
        let mut headings: Vec<Heading> = headings.iter().filter(first).cloned().collect();
        for (column, word) in &self.inside {
            let own = headings.iter_mut().filter(|heading| heading.column == *column);
            own.for_each(|heading| heading.keys.insert(0, word.clone()));
        }
        let shared = headings.iter().map(|heading| heading.column).filter(|column| *column < self.start).collect();
        let people = (0..self.count).map(|block| {
            let cells = self.inside.iter().map(|(column, _)| (column + block * self.width, *column)).collect();
            Person { cells, said: Vec::new() }
        });
        let name = column_of(&headings, self.start, Field::Name, vocabulary)?;
        let id = column_of(&headings, self.start, Field::Id, vocabulary);
        Some((Blocks { people: people.collect(), shared, name, id, ..Blocks::default() }, headings))
    }
}

/// The first column from `start` on that some list takes for the field.
fn column_of(headings: &[Heading], start: usize, field: Field, vocabulary: &Vocabulary) -> Option<usize> {
    let is = |heading: &&Heading| heading.column >= start && !heading.of_other;
    let key = |heading: &Heading| heading.keys.first().cloned().unwrap_or_default();
    let fits = |heading: &&Heading| field_of(&key(heading), heading, vocabulary) == Some(field);
    headings.iter().filter(is).find(fits).map(|heading| heading.column)
}

/// The field some list takes the column for, under this word: one that is kept before all others.
pub fn field_of(word: &str, heading: &Heading, vocabulary: &Vocabulary) -> Option<Field> {
    let own = Heading { keys: vec![word.to_owned()], of_other: false, ..heading.clone() };
    let fields = vocabulary.lists().iter().filter_map(|list| match meaning(&own, list, vocabulary, true) {
        Meaning::Field(field, _) => Some(field),
        _ => None,
    });
    fields.min_by_key(|field| (!field.is_kept(), is_shared(*field)))
}

/// Whether some list takes the column, under this word, for such a field.
pub fn means(word: &str, heading: &Heading, vocabulary: &Vocabulary, of: fn(Field) -> bool) -> bool {
    let own = Heading { keys: vec![word.to_owned()], ..heading.clone() };
    is_meant(&own, vocabulary, true, of)
}

/// A header without the number of the block it stands in: 姓名1, 姓名（二）, 成员1姓名.
fn word_of(written: &str, vocabulary: &Vocabulary) -> String {
    match member(written, vocabulary) {
        Some((Some(_), rest)) => rest,
        _ => fold_header(written).chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::recognise::header::headings;

    fn row(cells: &[&str]) -> Row {
        Row::of_texts(7, cells)
    }

    fn of(rows: &[&[&str]]) -> Option<Blocks> {
        let vocabulary = Vocabulary::load(None).unwrap();
        let rows: Vec<Row> = rows.iter().map(|cells| row(cells)).collect();
        Some(Blocks::of(&headings(&rows, &vocabulary), &vocabulary)?.0)
    }

    /// The columns of each person.
    fn people(rows: &[&[&str]]) -> Option<Vec<Vec<usize>>> {
        let columns = |person: &Person| person.cells.iter().map(|(from, _)| *from).collect();
        Some(of(rows)?.people.iter().map(columns).collect())
    }

    #[test]
    fn a_header_that_is_repeated_whole_stands_over_people_side_by_side() {
        let side_by_side = |header: &[&str]| people(&[header]).unwrap();
        assert_eq!(side_by_side(&["序号", "姓名", "身份证号", "序号", "姓名", "身份证号"]), [[0, 1, 2], [3, 4, 5]]);
        let three = ["村", "姓名", "身份证号", "姓名", "身份证号", "姓名", "身份证号", "备注"];
        assert_eq!(side_by_side(&three), [[1, 2], [3, 4], [5, 6]]);
        let blank_between = ["姓名", "身份证号", "", "姓名", "身份证号"];
        assert_eq!(side_by_side(&blank_between), [[0, 1], [3, 4]]);
        assert_eq!(side_by_side(&["户主", "身份证号", "户主", "身份证号"]), [[0, 1], [2, 3]]);
        let counted = ["户号", "姓名1", "关系1", "身份证号1", "姓名2", "关系2", "身份证号2"];
        assert_eq!(side_by_side(&counted), [[1, 2, 3], [4, 5, 6]]);
    }

    #[test]
    fn a_second_name_is_mostly_somebody_elses() {
        assert_eq!(people(&[&["姓名", "身份证号", "关系", "姓名", "身份证号"]]), None, "not all of it");
        assert_eq!(people(&[&["姓名", "身份证号", "配偶姓名", "身份证号"]]), None);
        assert_eq!(people(&[&["姓名", "姓名", "姓名"]]), None);
        assert_eq!(people(&[&["户主姓名", "户主身份证号", "姓名", "身份证号", "与户主关系"]]), None);
        assert_eq!(people(&[&["户主姓名", "户主身份证号", "成员姓名", "成员身份证号", "与户主关系"]]), None);
        assert_eq!(people(&[&["姓名", "身份证号", "姓名", "身份证号", "扶助类别", "状态"]]), None, "a line goes on");
        let groups: [&[&str]; 2] = [&["本人", "", "子女", ""], &["姓名", "身份证号", "姓名", "身份证号"]];
        assert_eq!(people(&groups), None, "each under its own group");
    }

    #[test]
    fn a_part_reads_as_if_it_stood_alone() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let blocks = of(&[&["村", "姓名", "身份证号", "姓名", "身份证号"]]).unwrap();
        let texts = |part: Row| part.cells().map(Cell::to_text).collect::<Vec<_>>();
        let parts: Vec<Vec<String>> =
            blocks.parts(&row(&["王庄", "张三", "1", "李四", "2"]), &vocabulary).map(texts).collect();
        assert_eq!(parts, [["王庄", "张三", "1"], ["王庄", "李四", "2"]]);
        assert_eq!(blocks.parts(&row(&["王庄", "", "", "李四"]), &vocabulary).count(), 1);
        assert_eq!(blocks.parts(&row(&["王庄", "张三", "1", "无", "/"]), &vocabulary).count(), 1);
        let couple = of(&[&["男方姓名", "男方身份证号", "女方姓名", "女方身份证号", "扶助类别"]]).unwrap();
        let wife = couple.part(&row(&["张三", "1", "李四", "2", "特扶"]), 1, &vocabulary).unwrap();
        assert_eq!(texts(wife), ["李四", "2", "", "", "特扶", "女", "张三"]);
    }
}
