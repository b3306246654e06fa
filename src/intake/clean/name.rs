//! Whose name stands in a cell, among what else clerks write there (DOMAIN.md 6 row 5).

use std::borrow::Cow;

use super::super::vocabulary::Vocabulary;
use crate::domain::name::fold;
use crate::intake::vocabulary::fold::{fold_word, is_han};

/// Between the names of several people in one cell, or the names of one.
const BETWEEN: &[char] = &['、', '，', ',', '；', ';', '/', '／', '|', '｜', '\n'];
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=4;

/// 钱女、赵小: names of several people in one cell.
pub fn are_names(text: &str) -> bool {
    // Asked of every line: nearly all are told by there being nothing between names.
    text.contains(BETWEEN)
        && text.trim_end_matches(BETWEEN).contains(BETWEEN)
        && text.split(BETWEEN).filter(|part| !part.trim().is_empty()).all(is_name)
}

fn is_name(part: &str) -> bool {
    let name = part.split(['(', '（']).next().unwrap_or(part).trim();
    NAME_CHARS.contains(&name.chars().count()) && name.chars().all(is_han)
}

/// The name in a cell, and the relation that stands before it: 配偶：李四.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'t> {
    pub name: &'t str,
    /// Another name of the person: 王小狗 of 王大明（曾用名王小狗）.
    pub also: Option<&'t str>,
    pub relation: Option<u8>,
}

/// Of a person with several names (张三又名张小三) the one that the register has.
pub fn called<'t>(cell: &'t str, vocabulary: &Vocabulary) -> Called<'t> {
    // Nearly all cells hold a name and nothing else.
    if cell.chars().all(is_han) && cell.chars().count() <= *NAME_CHARS.end() {
        return Called { name: cell, also: None, relation: None };
    }
    let related = cell.split_once([':', '：']).filter(|(_, name)| !name.trim().is_empty());
    let related = related.and_then(|(word, name)| Some((*vocabulary.relation.get(&fold_word(word))?, name.trim())));
    let (relation, name) = related.map_or((None, cell), |(code, name)| (Some(code), name));
    let (name, also) = of_several(name, vocabulary);
    Called { name, also, relation }
}

fn of_several<'t>(name: &'t str, vocabulary: &Vocabulary) -> (&'t str, Option<&'t str>) {
    let around = |c: char| c.is_whitespace() || "(（[【)）]】:：为叫、，,；;/／|".contains(c);
    let at = |word: &String| Some((name.find(word.as_str())?, word.len()));
    let behind = |(at, length): (usize, usize)| {
        let behind = name[at + length..].trim_start_matches(around);
        let other = &behind[..behind.find(|c| !is_han(c)).unwrap_or(behind.len())];
        NAME_CHARS.contains(&other.chars().count()).then_some(other)
    };
    let before =
        |(at, _): (usize, usize)| Some(name[..at].trim_end_matches(around)).filter(|front| front.chars().count() > 1);
    // 王铁蛋（现名王小军）
    let now = vocabulary.now_called.iter().filter_map(at).max();
    if let Some((now, new)) = now.and_then(|now| Some((now, behind(now)?))) {
        return (new, before(now).filter(|old| is_name(old)));
    }
    let also = vocabulary.also_called.iter().filter_map(at).min();
    match also.and_then(|also| Some((before(also)?, behind(also)))) {
        Some((front, other)) => (front, other),
        None => (name, None),
    }
}

/// Whether a cell for another name has one, and not this one again or a placeholder.
pub fn is_another(other: &str, name: &str) -> bool {
    /// A minority's name is long; a remark on when it was changed is longer, or has a day in it.
    const CHARS: std::ops::RangeInclusive<usize> = 2..=15;
    let folded = fold(other);
    let is_name = CHARS.contains(&folded.chars().count()) && !other.contains(|c: char| c.is_ascii_digit());
    is_name && !are_names(other) && folded != fold(name)
}

/// The first of the names in a cell that one number says are one person's: 李秀英/李小花.
pub fn first_of(names: &str) -> &str {
    names.split(BETWEEN).map(str::trim).find(|part| !part.is_empty()).unwrap_or(names)
}

/// The name without the line breaks and tabs of its cell: between Chinese characters they stand for nothing.
pub fn on_one_line(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for part in name.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()) {
        let is_apart = out.ends_with(|c: char| c.is_ascii_alphanumeric()) && part.starts_with(|c: char| c.is_ascii());
        out.push_str(if is_apart { " " } else { "" });
        out.push_str(part);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_its_cell_breaks_stands_on_one_line() {
        for (cell, name) in [("张\n一", "张一"), ("张三\r\n", "张三"), ("Ada\nLee", "Ada Lee"), ("张　三", "张　三")]
        {
            assert_eq!(on_one_line(cell), name, "{cell:?}");
        }
    }

    #[test]
    fn what_else_stands_in_the_cell_of_a_name_is_no_part_of_it() {
        let vocabulary = Vocabulary::load(None).unwrap();
        for (cell, name, also, relation) in [
            ("王大明", "王大明", None, None),
            ("王大明又名王小狗", "王大明", Some("王小狗"), None),
            ("王大明（曾用名王小狗）", "王大明", Some("王小狗"), None),
            ("王大明，原名：王小狗", "王大明", Some("王小狗"), None),
            ("王大明（曾用名不在此处填写）", "王大明", None, None),
            ("王铁蛋（现名王小军）", "王小军", Some("王铁蛋"), None),
            ("王铁蛋 改名为王小军", "王小军", Some("王铁蛋"), None),
            ("户主：王大明", "王大明", None, Some(2)),
            ("配偶:李秀英", "李秀英", None, Some(10)),
            ("子：王小军", "王小军", None, Some(20)),
            ("组长：王小军", "组长：王小军", None, None),
            ("吉木·子洛", "吉木·子洛", None, None),
            ("又名王小狗", "又名王小狗", None, None),
        ] {
            assert_eq!(called(cell, &vocabulary), Called { name, also, relation }, "{cell}");
        }
        assert!(is_another("王小狗", "王大明") && is_another("吉木子洛·阿依", "王大明"));
        for none in ["王大明", "王 大明", "无", "是", "1985年前叫王小狗", "王小狗、王二狗"] {
            assert!(!is_another(none, "王大明"), "{none}");
        }
        assert_eq!((first_of("李秀英/李小花"), first_of("王大明")), ("李秀英", "王大明"));
    }
}
