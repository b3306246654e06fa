//! What one column's header means to one list.

use rustc_hash::FxHashMap;

use crate::domain::{List, Status};

use crate::intake::container::row::Row;
use crate::intake::vocabulary::asks::{Asked, asked};
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_header_bare, holds, without_ordinal};
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// One column's header: what was written, and the keys to look it up by, the most telling first.
#[derive(Debug, Clone)]
pub struct Heading {
    pub written: String,
    pub keys: Vec<String>,
    /// The group it stands under names another person (配偶, 户主).
    pub of_other: bool,
    /// Stands behind the name of somebody else, and does not say itself whose it is.
    pub behind: Option<Behind>,
    pub column: usize,
}

/// Who is named before a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    Child,
    /// A child, and behind that something of the line's own person: 子女姓名 档案编号.
    BeforeOwn,
    Spouse,
    /// The head, or whoever applied, reported or answers for somebody.
    Other,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Meaning {
    /// The field, and whether the word is the list's own.
    Field(Field, bool),
    /// No header names it, but this one comes near.
    Hinted(Field),
    Dropped,
    Unknown,
}

/// GB/T 4761: from this code on a word says no more than that somebody is a relative.
const FIRST_DISTANT_KIN: u8 = 80;

/// Builds the path names parent.child of every column. A group's name stands only over its first column.
pub fn headings(rows: &[Row], vocabulary: &Vocabulary) -> Vec<Heading> {
    let width = rows.iter().map(Row::width).max().unwrap_or(0);
    let mut carried: Vec<String> = vec![String::new(); rows.len()];
    let mut out = Vec::new();
    for column in 0..width {
        let mut path: Vec<String> = Vec::new();
        for (level, row) in rows.iter().enumerate() {
            let text = row.cell(column).to_text();
            let text = without_ordinal(&text).to_owned();
            let below = rows[level + 1..].iter().any(|lower| !lower.cell(column).is_empty());
            if !text.is_empty() {
                carried[level].clone_from(&text);
                carried[level + 1..].iter_mut().for_each(String::clear);
                path.push(text);
            } else if below && !carried[level].is_empty() {
                path.push(carried[level].clone());
            }
        }
        let Some(own) = path.last() else { continue };
        let parents = &path[..path.len() - 1];
        let others = &vocabulary.other_prefixes;
        let other = parents.iter().find_map(|parent| {
            let parent = fold_header(parent);
            others.iter().find(|other| parent.starts_with(other.as_str()))
        });
        // 户主姓名 and 与户主关系 under 户主信息 say themselves whose they are.
        let bare = fold_header(own);
        let other = other.filter(|_| !bare.starts_with('与') && !others.iter().any(|o| bare.starts_with(o.as_str())));
        let mut keys = Vec::new();
        // 姓名 under 户主情况 is 户主姓名.
        keys.extend(other.map(|other| fold_header(&format!("{other}{own}"))));
        if !parents.is_empty() {
            keys.push(fold_header(&path.concat()));
        }
        keys.push(fold_header(own));
        keys.push(fold_header_bare(own));
        keys.extend(parents.iter().rev().map(|parent| fold_header(parent)));
        keys.dedup();
        keys.retain(|key| !key.is_empty());
        if !keys.is_empty() {
            out.push(Heading { written: path.join("."), keys, of_other: other.is_some(), behind: None, column });
        }
    }
    set_apart_kin(&mut out, vocabulary);
    set_behind(&mut out, vocabulary);
    out
}

/// Notes of every column which other person is the last one named before it.
fn set_behind(headings: &mut [Heading], vocabulary: &Vocabulary) {
    let is = |key: &str, of: fn(Field) -> bool| {
        let field = |columns: &FxHashMap<String, Field>| columns.get(key).is_some_and(|field| of(*field));
        field(&vocabulary.columns) || vocabulary.lists().iter().any(|list| field(&list.columns))
    };
    let is_name = |key: &str| is(key, |field| matches!(field, Field::Name | Field::Head));
    let is_own = |key: &str| {
        use Field::{Aid, Class, Doctor, Household, RecordNo, Reviewed, Seen, Since};
        is(key, |field| matches!(field, RecordNo | Household | Class | Aid | Since | Reviewed | Seen | Doctor))
    };
    let mut behind = None;
    for heading in headings {
        let key = heading.keys[0].as_str();
        // 子女数 and 配偶状况 name nobody.
        let names = |word: &str| key.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest == "姓名");
        let begins = |words: &[String]| words.iter().any(|word| names(word));
        let is_others = begins(&vocabulary.other_prefixes);
        if begins(&vocabulary.whose.children) {
            behind = Some(Behind::Child);
        } else if begins(&vocabulary.whose.spouses) {
            behind = Some(Behind::Spouse);
        } else if is_others {
            behind = Some(Behind::Other);
        } else if is_name(key)
            || key.ends_with("姓名")
            || vocabulary.person_prefixes.iter().any(|own| key.starts_with(own.as_str()))
        {
            behind = None;
        } else {
            heading.behind = behind;
            if behind == Some(Behind::Child) && is_own(key) {
                behind = Some(Behind::BeforeOwn);
            }
        }
    }
}

/// Whether a death told there is of the one named before: a child's or a spouse's on a list of support for them.
fn is_death_of_another(heading: &Heading, list: &ListWords) -> bool {
    match heading.behind {
        Some(Behind::Child) => list.list != List::Deaths,
        Some(Behind::BeforeOwn | Behind::Spouse) => list.list.pays(),
        Some(Behind::Other) | None => false,
    }
}

/// Says of 与本人关系 behind 代办人 that it is the agent's: how the line's own person stands to their household is asked
/// beside nobody else.
fn set_apart_kin(headings: &mut [Heading], vocabulary: &Vocabulary) {
    for at in 1..headings.len() {
        let key = headings[at].keys[0].clone();
        if !key.ends_with("关系") || vocabulary.whose.is_of_household(&key) {
            continue;
        }
        let whose = named_before(&headings[..at], vocabulary).filter(|other| {
            // How a wife or a child stands to somebody is said already.
            let is_kin = vocabulary.relation.get(*other).is_some_and(|code| *code < FIRST_DISTANT_KIN);
            !vocabulary.whose.heads.contains(other) && !is_kin
        });
        if let Some(other) = whose {
            headings[at].keys.insert(0, format!("{other}{key}"));
            headings[at].of_other = true;
        }
    }
}

/// Who else is named last, where only numbers and telephones stand behind that: 户主姓名 联系人电话 names the head.
fn named_before<'v>(headings: &[Heading], vocabulary: &'v Vocabulary) -> Option<&'v String> {
    let is_number = |key: &str| matches!(vocabulary.columns.get(key), Some(Field::Id | Field::Phone));
    for key in headings.iter().rev().map(|heading| &heading.keys[0]) {
        let other = vocabulary.other_prefixes.iter().find_map(|other| Some((other, key.strip_prefix(other.as_str())?)));
        match other {
            Some((other, "" | "姓名")) => return Some(other),
            Some((_, rest)) if is_number(rest) => {}
            None if vocabulary.columns.get(key) == Some(&Field::Phone) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a column says how somebody stands to another than the head: 监护人与其关系, 与代办人关系, 与死者关系.
fn is_others_kin(key: &str, vocabulary: &Vocabulary) -> bool {
    let names = |word: &String| key.contains(word.as_str());
    key.ends_with("关系")
        && !vocabulary.whose.is_of_household(key)
        && (vocabulary.other_prefixes.iter().any(names)
            || (key.starts_with('与') && key != "与本人关系" && vocabulary.person_prefixes.iter().any(names)))
}

pub fn meaning(heading: &Heading, list: &ListWords, vocabulary: &Vocabulary, head_is_person: bool) -> Meaning {
    match meaning_of_own(heading, list, vocabulary, head_is_person) {
        Meaning::Field(Field::Died | Field::DiedFlag | Field::AliveFlag, _) if is_death_of_another(heading, list) => {
            Meaning::Field(Field::Ignored, false)
        }
        meaning => meaning,
    }
}

fn meaning_of_own(heading: &Heading, list: &ListWords, vocabulary: &Vocabulary, head_is_person: bool) -> Meaning {
    // Before anything else: no synonym can open a column that must not be kept (DOMAIN.md 5, drop-list).
    if heading.keys.iter().any(|key| vocabulary.drop.iter().any(|word| key.contains(word.as_str()))) {
        return Meaning::Dropped;
    }
    if heading.keys.first().is_some_and(|key| is_others_kin(key, vocabulary)) {
        return Meaning::Field(Field::Ignored, false);
    }
    // Before what is left of it without its brackets.
    let is_known = |key: &String| list.columns.contains_key(key) || vocabulary.columns.contains_key(key);
    if heading.keys.first().is_some_and(|key| !heading.of_other && !is_known(key) && is_date_of_either(key, list)) {
        return Meaning::Field(Field::ChangeDate, false);
    }
    for (at, key) in heading.keys.iter().enumerate() {
        if head_is_person && let Some(meaning) = of_head(key, list, vocabulary) {
            return meaning;
        }
        if let Some(field) = list.columns.get(key) {
            return Meaning::Field(*field, true);
        }
        // 帮扶人姓名 is who helps, though 帮扶人 is somebody else.
        let of_helper = key.strip_suffix("姓名").and_then(|stem| list.columns.get(stem));
        if let Some(field @ (Field::Contact | Field::Doctor)) = of_helper {
            return Meaning::Field(*field, true);
        }
        // Under a group that names somebody else only the joined key, which is the first, can be meant.
        if heading.of_other && at > 0 {
            return Meaning::Field(Field::Ignored, false);
        }
        if let Some(field) = vocabulary.columns.get(key) {
            return Meaning::Field(*field, false);
        }
        let person = vocabulary.person_prefixes.iter().find_map(|prefix| key.strip_prefix(prefix.as_str()));
        if let Some(rest) = person.filter(|rest| !rest.is_empty())
            && let Some(field) = list.columns.get(rest).or_else(|| vocabulary.columns.get(rest))
            && *field != Field::Ignored
        {
            return Meaning::Field(*field, false);
        }
        let other = vocabulary.other_prefixes.iter().find_map(|prefix| key.strip_prefix(prefix.as_str()));
        if other.is_some_and(|rest| vocabulary.columns.contains_key(rest)) {
            return Meaning::Field(Field::Ignored, false);
        }
    }
    let Some(key) = heading.keys.first().filter(|_| !heading.of_other) else { return Meaning::Unknown };
    if is_choice(key, list) {
        return Meaning::Field(Field::Status, false);
    }
    match asked(&heading.written, list, vocabulary) {
        Asked::For(field) if !vocabulary.other_prefixes.iter().any(|other| key.contains(other.as_str())) => {
            Meaning::Field(field, false)
        }
        _ => Meaning::Unknown,
    }
}

/// 迁出(死亡)日期: of which of the two the day is follows from how the line stands. On a list of deaths it is of that.
fn is_date_of_either(key: &str, list: &ListWords) -> bool {
    let of = |status| list.status_inside.iter().any(|(word, told)| *told == status && key.contains(word.as_str()));
    list.list != List::Deaths
        && ["日期", "时间", "年月", "年月日"].iter().any(|end| key.ends_with(end))
        && of(Status::Deceased)
        && of(Status::MovedOut)
}

/// Whether some list takes the column for such a field.
pub fn is_meant(heading: &Heading, vocabulary: &Vocabulary, head_is_person: bool, of: impl Fn(Field) -> bool) -> bool {
    let is = |meaning| matches!(meaning, Meaning::Field(field, _) if of(field));
    vocabulary.lists().iter().any(|list| is(meaning(heading, list, vocabulary, head_is_person)))
}

/// 在家/外出/死亡: a header that asks which of the states it is.
fn is_choice(key: &str, list: &ListWords) -> bool {
    let mut words = key.split(['/', '、', '或']);
    key.contains(['/', '、', '或']) && words.all(|word| list.status.contains_key(word))
}

/// What 户主身份证号 means where the head is the line's only person.
fn of_head(key: &str, list: &ListWords, vocabulary: &Vocabulary) -> Option<Meaning> {
    let rest = vocabulary.whose.behind_head(key)?;
    let field = if rest.is_empty() {
        Some(&Field::Name)
    } else {
        list.columns.get(rest).or_else(|| vocabulary.columns.get(rest))
    };
    field.filter(|field| **field != Field::Ignored).map(|field| Meaning::Field(*field, false))
}

pub fn hinted(heading: &Heading, field: Field, vocabulary: &Vocabulary) -> bool {
    let Some(key) = heading.keys.first() else { return false };
    !heading.of_other
        && vocabulary.hints.iter().any(|(hint, word)| *hint == field && holds(key, word))
        && !vocabulary.other_prefixes.iter().any(|other| key.contains(other.as_str()))
        // 疑似死亡日期 is nobody's yet.
        && (field != Field::Died || !vocabulary.of(List::Deaths).teller.is_doubted(key))
        // 长子姓名 is somebody of the household, and not whose line it is.
        && (field != Field::Name || key.strip_suffix("姓名").is_none_or(|of| !vocabulary.relation.contains_key(of)))
}

pub fn is_known(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let of_list = |list: &ListWords| {
        meaning(heading, list, vocabulary, false) != Meaning::Unknown
            || list.hints.iter().any(|(_, word)| hints_at(heading, word, vocabulary))
    };
    vocabulary.lists().iter().any(of_list)
        || vocabulary.hints.iter().any(|(field, _)| hinted(heading, *field, vocabulary))
}

pub fn is_known_key(key: &str, vocabulary: &Vocabulary) -> bool {
    vocabulary.columns.contains_key(key) || vocabulary.lists().iter().any(|list| list.columns.contains_key(key))
}

/// Whether a list's own hint is in the header.
fn hints_at(heading: &Heading, word: &str, vocabulary: &Vocabulary) -> bool {
    let key = heading.keys.first().map_or("", String::as_str);
    holds(key, word) && !vocabulary.hints_not.iter().any(|not| key.contains(not.as_str()))
}

/// Gives a field that no header names exactly to the one unknown column that hints at it; the list's own hints first.
pub fn hint(headings: &[Heading], meanings: &mut [Meaning], list: &ListWords, vocabulary: &Vocabulary) {
    for (field, word) in &list.hints {
        give(headings, meanings, list, *field, |heading| hints_at(heading, word, vocabulary));
    }
    for (field, _) in &vocabulary.hints {
        give(headings, meanings, list, *field, |heading| hinted(heading, *field, vocabulary));
    }
}

fn give(
    headings: &[Heading],
    meanings: &mut [Meaning],
    list: &ListWords,
    field: Field,
    fits: impl Fn(&Heading) -> bool,
) {
    let taken =
        |meaning: &Meaning| matches!(meaning, Meaning::Field(taken, _) | Meaning::Hinted(taken) if *taken == field);
    // Two contacts stand in two columns.
    if field != Field::Contact && meanings.iter().any(taken) {
        return;
    }
    let mut first: Option<&str> = None;
    for (heading, meaning) in headings.iter().zip(meanings) {
        let is_anothers = || matches!(field, Field::Died | Field::DiedFlag) && is_death_of_another(heading, list);
        // 2025年复核时间, 2026年复核时间
        let of_year = heading.keys[0].trim_start_matches(|c: char| c.is_ascii_digit() || c == '年');
        let is_same = first.is_none_or(|first| first == of_year && matches!(field, Field::Reviewed | Field::Seen));
        if *meaning == Meaning::Unknown && fits(heading) && !is_anothers() && (is_same || field == Field::Contact) {
            *meaning = Meaning::Hinted(field);
            first.get_or_insert(of_year);
        }
    }
}
