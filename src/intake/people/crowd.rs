//! The members of a household written into one cell beside its head: 户主姓名 户主身份证号 家庭成员, with 钱女(妻,519901…)；赵小(子,519901…)
//! under the last. Each is read as if the header had columns of their own (成员1姓名 成员1身份证号 成员1与户主关系 …).

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::domain::{IdNumber, IdState, List};

use super::families::member;
use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::header::{Heading, is_known_key, is_meant};
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word, is_han};

/// No household on a roster is larger; of a cell that names more nobody is read.
const PEOPLE_MAX: usize = 20;
/// What each of them may have: 姓名, 身份证号, 与户主关系, and how they stand.
const COLUMNS_EACH: usize = 4;
/// Of the cells of such a column nearly all can be read so, percent.
const READ_MIN_PERCENT: usize = 80;
/// Fewer digits are an age, a birthday or a telephone.
const NUMBER_DIGITS_MIN: usize = 14;
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=4;
/// Of a name with a dot in it: 尔古·布都.
const DOTTED_CHARS_MAX: usize = 20;

/// A column whose cells name several members of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    pub column: usize,
    /// The first of the columns that no header stands over.
    free: usize,
    style: Style,
    /// Whether a number stands beside most of the names.
    has_numbers: bool,
}

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    /// 妻李四、子张小: before a name stands who it is.
    is_related: bool,
    /// 男 and 女 are sexes; without the first, 女 is a daughter.
    has_sexes: bool,
    /// 钱女(已死亡): some are said to be in some state.
    has_states: bool,
}

/// What is told of one of the people of a cell, by [`Kind`].
type Member = [Option<String>; COLUMNS_EACH];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Relation,
    State,
}

/// What a piece of a cell turned out to be.
enum Told {
    Of(Kind, String),
    Strong,
    Weak,
}

enum Piece {
    /// Between people: a line, a semicolon.
    Strong,
    /// Between people, or between what is told of one: a comma.
    Weak,
    Number(String),
    /// Whether it stands in brackets.
    Text(String, bool),
}

impl Crowd {
    /// The column of a header that the lines below show to be one; `None` where each member has a line of their own.
    pub fn of(headings: &[Heading], below: &[Row], vocabulary: &Vocabulary) -> Option<Crowd> {
        let is = |of: fn(Field) -> bool| {
            headings.iter().find(|h| !h.of_other && is_meant(h, vocabulary, false, of) && !is_of_members(h, vocabulary))
        };
        let head = is(|field| field == Field::Head).or_else(|| is(|field| field == Field::Name))?.column;
        let heading = headings
            .iter()
            .find(|h| h.column != head && is_of_members(h, vocabulary) && is_crowded(h.column, below, vocabulary))?;
        let names_another = |h: &Heading| {
            let is_other = h.column != head && h.column != heading.column && !h.of_other;
            is_other && is_meant(h, vocabulary, false, |field| matches!(field, Field::Name | Field::Relation))
        };
        if headings.iter().any(names_another) {
            return None;
        }
        let free = headings.iter().map(|heading| heading.column + 1).max()?;
        let mut style = Style::of(heading.column, below, vocabulary);
        let people =
            || cells(heading.column, below, vocabulary).filter_map(|text| style.members(&text, vocabulary)).flatten();
        let own: HashSet<String> = cells(head, below, vocabulary).map(|name| fold_word(&name)).collect();
        let has_line = |[name, ..]: &Member| name.as_ref().is_some_and(|name| own.contains(&fold_word(name)));
        let (count, with_line) = (people().count(), people().filter(has_line).count());
        let has_numbers = people().filter(|member| member[Kind::Number as usize].is_some()).count() * 2 > count;
        // A state of the line would be everybody's.
        style.has_states &= is(|field| matches!(field, Field::Status | Field::ChangeKind)).is_none();
        (with_line * 4 < count).then_some(Crowd { column: heading.column, free, style, has_numbers })
    }

    /// Whether those who are named so are on such a list: beside who is supported or dead their families are not. On a
    /// list that pays, somebody without a number would be looked for in the register in vain.
    pub fn is_of(&self, list: List) -> bool {
        list == List::Population || list == List::Dibao && self.has_numbers
    }

    /// The header with columns for each of them in place of the one.
    pub fn unfolded(&self, headings: &[Heading]) -> Vec<Heading> {
        let words = ["姓名", "身份证号", "与户主关系", "人员状态"];
        let each = if self.style.has_states { COLUMNS_EACH } else { COLUMNS_EACH - 1 };
        let own = (0..PEOPLE_MAX).flat_map(|at| words.into_iter().take(each).enumerate().map(move |own| (at, own)));
        let own = own.map(|(at, (place, word))| {
            let written = format!("成员{}{word}", at + 1);
            let (keys, column) = (vec![written.clone()], self.free + at * COLUMNS_EACH + place);
            Heading { written, keys, of_other: false, behind: None, column }
        });
        headings.iter().filter(|heading| heading.column != self.column).cloned().chain(own).collect()
    }

    /// Writes what the cell says of each into their columns; false where it cannot be read.
    pub fn unfold(&self, row: &mut Row, vocabulary: &Vocabulary) -> bool {
        let text = row.cell(self.column).to_text();
        // What no header stands over is nobody's.
        (self.free..row.width()).take(PEOPLE_MAX * COLUMNS_EACH).for_each(|column| row.blank(column));
        if text.is_empty() || vocabulary.none.contains(&fold_word(&text)) {
            return true;
        }
        let members = self.style.members(&text, vocabulary).filter(|members| members.len() <= PEOPLE_MAX);
        let Some(members) = members else { return false };
        for (member, first) in members.into_iter().zip((self.free..).step_by(COLUMNS_EACH)) {
            member.into_iter().zip(first..).for_each(|(told, column)| {
                if let Some(told) = told {
                    row.write(column, &told);
                }
            });
        }
        true
    }
}

/// Whether the header is of members, and not of one of them.
fn is_of_members(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let names = |member_word: &String| heading.written.contains(member_word.as_str());
    let is_one = || member(&heading.written, vocabulary).is_some_and(|(number, _)| number.is_some());
    vocabulary.whose.members.iter().any(names) && !is_one()
}

/// Whether nearly all cells of the column name people, and some of them several.
pub fn is_crowded(column: usize, below: &[Row], vocabulary: &Vocabulary) -> bool {
    let style = Style::of(column, below, vocabulary);
    let (mut filled, mut read, mut several) = (0, 0, 0);
    for text in cells(column, below, vocabulary) {
        let count = style.members(&text, vocabulary).map_or(0, |members| members.len());
        filled += 1;
        read += usize::from(count > 0);
        several += usize::from(count > 1);
    }
    several > 0 && several * 4 >= filled && read * 100 >= filled * READ_MIN_PERCENT
}

/// The cells that name somebody.
fn cells(column: usize, below: &[Row], vocabulary: &Vocabulary) -> impl Iterator<Item = String> {
    let texts = below.iter().map(move |row| row.cell(column)).filter(|cell| matches!(cell, Cell::Text(_)));
    texts.map(Cell::to_text).filter(|text| !vocabulary.none.contains(&fold_word(text)))
}

impl Style {
    fn of(column: usize, below: &[Row], vocabulary: &Vocabulary) -> Style {
        let (mut names, mut related) = (0, 0);
        let mut style = Style::default();
        for piece in cells(column, below, vocabulary).flat_map(|text| pieces(&text)) {
            let Piece::Text(text, in_brackets) = piece else { continue };
            style.has_sexes |= text == "男";
            style.has_states |= is_state(&text, in_brackets, vocabulary);
            if !in_brackets && !vocabulary.relation.contains_key(&text) && !is_state(&text, false, vocabulary) {
                names += 1;
                related += usize::from(after_relation(&text, 1, vocabulary).is_some());
            }
        }
        style.is_related = related * 100 >= names * READ_MIN_PERCENT && related > 0;
        style
    }

    /// The people of a cell; `None` where something in it is understood by nobody.
    fn members(self, text: &str, vocabulary: &Vocabulary) -> Option<Vec<Member>> {
        let mut told = Vec::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text, in_brackets) => self.tell(&text, in_brackets, &mut told, vocabulary)?,
                Piece::Number(number) => told.push(Told::Of(Kind::Number, number)),
                Piece::Strong => told.push(Told::Strong),
                Piece::Weak => told.push(Told::Weak),
            }
        }
        let is_one = |part: &&[Told]| part.iter().filter(|told| matches!(told, Told::Of(Kind::Name, _))).count() == 1;
        let parts = |is_end: fn(&Told) -> bool| -> Vec<&[Told]> {
            told.split(is_end).filter(|part| part.iter().any(|told| matches!(told, Told::Of(..)))).collect()
        };
        let finest = parts(|told| matches!(told, Told::Strong | Told::Weak));
        let finest = if finest.iter().all(is_one) { finest } else { parts(|told| matches!(told, Told::Strong)) };
        let members: Vec<Member> = finest.into_iter().flat_map(one_by_one).collect();
        (!members.is_empty() && members.iter().all(|member| member[Kind::Name as usize].is_some())).then_some(members)
    }

    fn tell(self, text: &str, in_brackets: bool, told: &mut Vec<Told>, vocabulary: &Vocabulary) -> Option<()> {
        const UNITS: [&str; 5] = ["男", "岁", "周岁", "年", "族"];
        let is_relation = vocabulary.relation.contains_key(text);
        let is_title =
            is_known_key(&fold_header(text), vocabulary) && !is_relation && !is_state(text, in_brackets, vocabulary);
        let is_idle = UNITS.contains(&text) || self.has_sexes && text == "女" || is_title || text.ends_with('族');
        let least = if self.is_related { 1 } else { 2 };
        if is_idle {
            return Some(());
        }
        if is_relation {
            told.push(Told::Of(Kind::Relation, text.to_owned()));
        } else if is_state(text, in_brackets, vocabulary) {
            told.push(self.has_states.then(|| Told::Of(Kind::State, text.to_owned()))?);
        } else if in_brackets {
            return None;
        } else if let Some((relation, name)) = after_relation(text, least, vocabulary) {
            told.extend([Told::Of(Kind::Relation, relation.to_owned()), Told::Of(Kind::Name, name.to_owned())]);
        } else if is_name(text) {
            told.push(Told::Of(Kind::Name, text.to_owned()));
        } else {
            return None;
        }
        Some(())
    }
}

/// The people of a part: another one begins where something is told a second time.
fn one_by_one(part: &[Told]) -> Vec<Member> {
    let mut members = Vec::new();
    let mut member = Member::default();
    for told in part {
        let Told::Of(kind, text) = told else { continue };
        if member[*kind as usize].is_some() {
            members.push(std::mem::take(&mut member));
        }
        member[*kind as usize] = Some(text.clone());
    }
    members.push(member);
    members
}

/// The words, numbers and marks of a cell.
fn pieces(text: &str) -> Vec<Piece> {
    let folded: Vec<char> = text.nfkc().collect();
    let (mut pieces, mut depth, mut at) = (Vec::new(), 0u32, 0);
    let run = |from: usize, of: fn(char) -> bool| folded[from..].iter().take_while(|c| of(**c)).count();
    let mut follows_blank = false;
    while let Some(c) = folded.get(at).copied() {
        let number =
            if c.is_ascii_digit() { run(at, |c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*')) } else { 0 };
        let word = run(at, |c| is_han(c) || is_dot(c));
        if number > 0 {
            let text: String = folded[at..at + number].iter().collect();
            if text.bytes().filter(u8::is_ascii_digit).count() >= NUMBER_DIGITS_MIN || text.contains('*') {
                pieces.push(Piece::Number(text));
            }
        } else if word > 0 {
            let text: String = folded[at..at + word].iter().collect();
            match pieces.last_mut() {
                // 张 三
                Some(Piece::Text(before, _)) if follows_blank && word == 1 && before.chars().count() == 1 => {
                    before.push_str(&text);
                }
                _ => pieces.push(Piece::Text(text, depth > 0)),
            }
        } else {
            match c {
                '(' | '[' | '【' | '〔' => depth += 1,
                ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
                '\n' | '\r' | ';' | '。' if depth == 0 => pieces.push(Piece::Strong),
                ',' | '、' | '/' | '|' | '+' if depth == 0 => pieces.push(Piece::Weak),
                // A name in letters, or a sign nobody knows.
                c if c.is_alphabetic() => pieces.push(Piece::Text(c.to_string(), false)),
                _ => {}
            }
        }
        follows_blank = c.is_whitespace();
        at += number.max(word).max(1);
    }
    pieces
}

fn is_dot(c: char) -> bool {
    matches!(c, '·' | '•' | '‧' | '・')
}

fn is_name(text: &str) -> bool {
    let count = text.chars().count();
    NAME_CHARS.contains(&count) || text.contains(is_dot) && count <= DOTTED_CHARS_MAX
}

fn is_state(text: &str, in_brackets: bool, vocabulary: &Vocabulary) -> bool {
    let is_word = vocabulary.lists().iter().any(|list| list.status.contains_key(text));
    let is_end = || vocabulary.dead.iter().any(|word| text.contains(word.as_str()));
    !vocabulary.relation.contains_key(text) && text.chars().count() > 1 && (is_word || in_brackets && is_end())
}

/// Relation and name of 妻李四, where the word for the first has so many characters. 子 and 孙 alone may begin a name.
fn after_relation<'t>(text: &'t str, least: usize, vocabulary: &Vocabulary) -> Option<(&'t str, &'t str)> {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(least).collect();
    ends.reverse();
    let split = ends.into_iter().map(|at| text.split_at(at));
    split.into_iter().find(|(word, name)| vocabulary.relation.contains_key(*word) && is_name(name))
}

/// Whether the cell holds the number of some citizen.
pub fn holds_number(cell: Cell<'_>) -> bool {
    let Cell::Text(text) = cell else { return false };
    let is_good =
        |number: &String| IdNumber::parse(number).is_some_and(|id| matches!(id.state(), IdState::Valid | IdState::Old));
    pieces(text).iter().any(|piece| matches!(piece, Piece::Number(number) if is_good(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIFE: &str = "519901194701190060";
    const SON: &str = "519901195003110077";

    /// Name, end of the number, relation and state of each, of cells written alike.
    fn told(cell: &str) -> Option<Vec<[String; 4]>> {
        let vocabulary = Vocabulary::load(None).unwrap();
        let row = Row::of_texts(1, &[cell]);
        let members = Style::of(0, &[row], &vocabulary).members(cell, &vocabulary)?;
        let text = |text: Option<String>| text.unwrap_or_default();
        let end = |number: Option<String>| number.map(|number| number[14..].to_owned()).unwrap_or_default();
        let told = |[name, number, relation, state]: Member| [text(name), end(number), text(relation), text(state)];
        Some(members.into_iter().map(told).collect())
    }

    #[test]
    fn people_in_one_cell_are_told_apart() {
        let two = |first: [&str; 4], second: [&str; 4]| Some(vec![first.map(str::to_owned), second.map(str::to_owned)]);
        let (wife, son) = (["尔古·布都", "0060", "", ""], ["赵小", "0077", "", ""]);
        for cell in [
            format!("尔古·布都 {WIFE}\n赵小 {SON}"),
            format!("尔古·布都{WIFE}、赵小{SON}"),
            format!("1.尔古·布都，{WIFE}；2.赵小，{SON}"),
            format!("尔古·布都 {WIFE} 赵小 {SON}"),
            format!("尔古·布都（{WIFE}），赵 小（{SON}）"),
            format!("尔古·布都 男 52岁 彝族 身份证号：{WIFE}\n赵小 女 12岁 彝族 身份证号：{SON}"),
        ] {
            assert_eq!(told(&cell), two(wife, son), "{cell}");
        }
        let (wife, son) = (["钱乙", "0060", "妻", ""], ["赵小", "0077", "子", ""]);
        for cell in [
            format!("钱乙(妻,{WIFE})；赵小(子,{SON})"),
            format!("妻：钱乙 {WIFE}，子：赵小 {SON}"),
            format!("妻钱乙{WIFE}、子赵小{SON}"),
            format!("钱乙、妻、{WIFE}；赵小、子、{SON}"),
            format!("钱乙 妻 {WIFE} 赵小 子 {SON}"),
        ] {
            assert_eq!(told(&cell), two(wife, son), "{cell}");
        }
        assert_eq!(told("配偶钱乙、女赵小"), two(["钱乙", "", "配偶", ""], ["赵小", "", "女", ""]));
        assert_eq!(told("钱乙、赵小"), two(["钱乙", "", "", ""], ["赵小", "", "", ""]));
        assert_eq!(told("钱乙(已死亡)、赵小"), two(["钱乙", "", "", "已死亡"], ["赵小", "", "", ""]));
        for cell in
            ["全家均在外地务工", "钱乙嫁到外县多年未归、赵小", "Anna、赵小", "钱乙(住在女儿家)、赵小", "3", "妻、子"]
        {
            assert_eq!(told(cell), None, "{cell}");
        }
    }
}
