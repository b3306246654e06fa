//! Sex, status, reason, relation and the other cells that are words.

use compact_str::CompactString;
use rustc_hash::FxHashMap;

use crate::domain::{Aid, Flow, List, Reason, Sex, Status};

use super::super::vocabulary::{ListWords, Vocabulary};
use super::choice::chosen;
use super::date::western;
use super::told::{Told, is_date};
use crate::intake::container::row::Cell;
use crate::intake::vocabulary::fold::fold_word;

/// Distinct cell texts remembered; a column of free text must not grow the memory.
const REMEMBERED_MAX: usize = 4_096;

/// Remembers what each distinct text of a column was read as: a column of words has a dozen of them.
#[derive(Debug)]
pub struct Memo<T> {
    map: FxHashMap<String, T>,
    /// Nearly every line of a village says what the one above it said.
    last: Option<(String, T)>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo { map: FxHashMap::default(), last: None }
    }
}

impl<T: Copy> Memo<T> {
    pub fn get(&mut self, text: &str, read: impl FnOnce(&str) -> T) -> T {
        if let Some((last, value)) = &self.last
            && last == text
        {
            return *value;
        }
        let value = match self.map.get(text) {
            Some(value) => *value,
            None => {
                let value = read(text);
                if self.map.len() < REMEMBERED_MAX {
                    self.map.insert(text.to_owned(), value);
                }
                value
            }
        };
        let (last, of_last) = self.last.get_or_insert_with(|| (String::new(), value));
        last.clear();
        last.push_str(text);
        *of_last = value;
        value
    }
}

/// What the digits 0, 1 and 2 of one sex column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SexDigits {
    pub zero: Option<Sex>,
    pub one: Option<Sex>,
    pub two: Option<Sex>,
}

impl SexDigits {
    /// GB/T 2261.1: 1 male, 2 female, 0 unknown.
    pub const STANDARD: SexDigits = SexDigits { zero: None, one: Some(Sex::Male), two: Some(Sex::Female) };
}

/// Agreements of a column's digits with place 17 of valid numbers (DOMAIN.md 4, sex).
#[derive(Debug, Default)]
pub struct SexEvidence {
    /// By digit 0-2: how often the number says male, female.
    seen: [[u32; 2]; 3],
}

/// Fewer lines than this prove nothing against the standard.
const SEX_EVIDENCE_MIN: u32 = 5;

impl SexEvidence {
    pub fn add(&mut self, digit: usize, by_number: Sex) {
        self.seen[digit][usize::from(by_number == Sex::Female)] += 1;
    }

    /// The standard, unless the numbers of the file say otherwise with a clear majority.
    pub fn digits(&self) -> SexDigits {
        let mut digits = SexDigits::STANDARD;
        for (digit, slot) in [&mut digits.zero, &mut digits.one, &mut digits.two].into_iter().enumerate() {
            let [male, female] = self.seen[digit];
            if male + female >= SEX_EVIDENCE_MIN && male >= 4 * female {
                *slot = Some(Sex::Male);
            } else if male + female >= SEX_EVIDENCE_MIN && female >= 4 * male {
                *slot = Some(Sex::Female);
            }
        }
        digits
    }
}

/// The digit of a sex cell, where it is one: `1`, `1.0`, `1男`? is text and read as such.
pub fn sex_digit(cell: Cell<'_>) -> Option<usize> {
    match cell {
        Cell::Number(value) if value == 0.0 || value == 1.0 || value == 2.0 => Some(value as usize),
        Cell::Text(text) => match text {
            "0" | "０" | "0.0" => Some(0),
            "1" | "１" | "1.0" | "01" => Some(1),
            "2" | "２" | "2.0" | "02" => Some(2),
            _ => None,
        },
        _ => None,
    }
}

/// `Err` where something is written that is no sex.
pub fn sex(cell: Cell<'_>, digits: SexDigits, vocabulary: &Vocabulary) -> Result<Option<Sex>, ()> {
    match cell {
        Cell::Empty | Cell::Error => Ok(None),
        Cell::Text("男") => Ok(Some(Sex::Male)),
        Cell::Text("女") => Ok(Some(Sex::Female)),
        cell => match (sex_digit(cell), cell) {
            (Some(digit), _) => Ok([digits.zero, digits.one, digits.two][digit]),
            (None, Cell::Text(text)) => {
                let folded = fold_word(chosen(text));
                let inside = || match (folded.contains('男'), folded.contains('女')) {
                    (true, false) => Some(Sex::Male),
                    (false, true) => Some(Sex::Female),
                    _ => None,
                };
                let known = vocabulary.sex.get(&folded).copied().or_else(inside);
                let silent = || folded == "9" || vocabulary.none.contains(&folded) || folded.contains('未');
                known.map(Some).or_else(|| silent().then_some(None)).ok_or(())
            }
            _ => Err(()),
        },
    }
}

/// What the cell of a state, or of a kind of change, says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stated {
    /// Beside a death and a move.
    pub status: Option<Status>,
    pub died: Option<Told>,
    pub moved: Option<Told>,
    /// 本月停发: whether the benefit stopped, nobody can tell.
    pub is_open: bool,
}

impl Stated {
    pub fn is_known(self) -> bool {
        self.status.is_some() || self.died.is_some() || self.moved.is_some() || self.is_open
    }
}

/// Nothing for a word nobody knows: a bare digit means nothing without the office's own map (DOMAIN.md 4).
pub fn stated(text: &str, list: &ListWords) -> Stated {
    let folded = fold_word(chosen(text));
    // 2026年2月停
    let exact = list.status.get(&folded).or_else(|| list.status.get(folded.trim_matches(is_date)));
    // 死亡档案
    let exact = exact.or_else(|| list.status.get(folded.strip_suffix("档案")?));
    match exact {
        Some(Status::Deceased) => return Stated { died: Some(Told::Own), ..Stated::default() },
        Some(Status::MovedOut) => return Stated { moved: Some(Told::Own), ..Stated::default() },
        Some(status) => return Stated { status: Some(*status), ..Stated::default() },
        None => {}
    }
    if list.teller.is_either(&folded) {
        return Stated { died: Some(Told::Doubtful), ..Stated::default() };
    }
    let (died, moved) = (list.teller.death(&folded), list.teller.moved(&folded));
    let open = list.teller.stop_left_open(&folded);
    let status = list.teller.own_parts(&folded).find_map(|part| inside(part, list));
    let status = match open {
        Some(_) => status.filter(|status| *status == Status::Active),
        // 自2026.1起停
        None => status.or_else(|| (list.teller.stopped(&folded) == Some(Told::Own)).then_some(Status::Closed)),
    };
    // 未死亡, 迁出未办, 停保后恢复: still there.
    let denied = [died, moved, open].contains(&Some(Told::Denied));
    let is_open = open == Some(Told::Doubtful);
    Stated { status: status.or(denied.then_some(Status::Active)), died, moved, is_open }
}

/// The same where nobody asks of whom it is told.
pub fn status(text: &str, list: &ListWords) -> Option<Status> {
    let stated = stated(text, list);
    match stated {
        Stated { died: Some(Told::Own), .. } => Some(Status::Deceased),
        Stated { moved: Some(Told::Own), .. } => Some(Status::MovedOut),
        _ => stated.status,
    }
}

/// The word of an end that is no death and no move, or of none, in a longer text.
fn inside(text: &str, list: &ListWords) -> Option<Status> {
    let ends = list.status_inside.iter().filter(|(_, status)| matches!(status, Status::Closed | Status::Active));
    for (word, status) in ends {
        let Some(at) = text.find(word.as_str()) else { continue };
        // 核减1人 is a household that goes on.
        if *status == Status::Closed && western(&text[at + word.len()..]).starts_with(|c: char| c.is_ascii_digit()) {
            let counted = western(&text[at + word.len()..]);
            if counted.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('人') {
                continue;
            }
        }
        let denials = ["未", "没有", "无", "不", "非", "不再", "不能", "不能再", "停止", "终止", "取消"];
        let denied = denials.iter().any(|no| text[..at].ends_with(no));
        // Who is away from the village is on its lists all the same (DOMAIN.md 1.5).
        let is_away = list.list != List::Migrants && list.residence.contains(word);
        return Some(if denied && !is_away { opposite(*status) } else { *status });
    }
    None
}

fn opposite(status: Status) -> Status {
    if status == Status::Active { Status::Closed } else { Status::Active }
}

/// Why a line ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Why {
    /// `None` where the cell is empty or says nothing.
    pub reason: Option<Reason>,
    /// Of whom it is told, where the reason is a death or a move.
    pub told: Option<Told>,
}

pub fn why(text: &str, vocabulary: &Vocabulary, list: &ListWords) -> Why {
    let reason = reason(text, vocabulary);
    let folded = fold_word(chosen(text));
    let told = match reason {
        Some(Reason::Died) => list.teller.death(&folded),
        Some(Reason::Moved) => list.teller.moved(&folded),
        _ => return Why { reason, told: None },
    };
    // 死档 is neither.
    Why { reason: if told.is_none() { Some(Reason::Other) } else { reason }, told }
}

fn reason(text: &str, vocabulary: &Vocabulary) -> Option<Reason> {
    let folded = fold_word(chosen(text));
    if folded.is_empty() || vocabulary.none.contains(&folded) {
        return None;
    }
    let known = vocabulary.reasons.iter().find(|(_, word)| folded.contains(word.as_str()));
    Some(known.map_or(Reason::Other, |(reason, _)| *reason))
}

/// GB/T 4761 two digits; `None` for a word nobody knows.
pub fn relation(cell: Cell<'_>, vocabulary: &Vocabulary) -> Option<u8> {
    let text = match cell {
        Cell::Number(value) => return (1.0..=99.0).contains(&value).then_some(value as u8).filter(|code| *code != 98),
        Cell::Text(text) => text,
        _ => return None,
    };
    let folded = fold_word(text);
    if folded.len() == 2 && folded.bytes().all(|b| b.is_ascii_digit()) {
        return folded.parse().ok().filter(|code| *code > 0);
    }
    let find = |word: &str| vocabulary.relation.get(word).copied();
    // '户主之长子', '张三之妻', '与户主系父子', and a remark in brackets.
    let bare = folded.split(['(', '[']).next().unwrap_or(&folded);
    let behind = |mark: char| bare.rsplit_once(mark).map(|(_, rest)| rest);
    find(&folded)
        .or_else(|| find(bare))
        .or_else(|| behind('之').and_then(find))
        .or_else(|| behind('的').and_then(find))
        .or_else(|| bare.strip_prefix("户主").and_then(find))
}

/// A dibao class: a letter or a number of it anywhere in the cell; of one that was changed the new one.
pub fn class(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> Option<char> {
    let folded = fold_word(chosen(text));
    let folded = folded.strip_suffix(".0").unwrap_or(&folded);
    if let Some(class) = list.class.get(folded) {
        return Some(*class);
    }
    // 由A类调为C类
    let became =
        vocabulary.became.iter().filter_map(|word| folded.rfind(word.as_str()).map(|at| at + word.len())).max();
    if let Some(class) = became.and_then(|at| only_class(&folded[at..], list)) {
        return Some(class);
    }
    // B类(原A类)
    let parts = folded.split(['(', ')', ',', ';', '、']);
    let now = parts.filter(|part| !vocabulary.formerly.iter().any(|word| part.starts_with(word.as_str())));
    only_class(&now.collect::<Vec<_>>().join(","), list)
}

/// The class of which a word stands in the text, where it is one.
fn only_class(text: &str, list: &ListWords) -> Option<char> {
    let around = list.titles.iter().chain(&list.class_of);
    let bare = around.filter_map(|of| text.strip_prefix(of.as_str()).or_else(|| text.strip_suffix(of.as_str())));
    // 农村A: a single character says it alone.
    let alone = [text].into_iter().chain(bare).find_map(|bare| list.class.get(bare));
    let mut inside: Vec<char> = list
        .class
        .iter()
        .filter(|(word, _)| word.chars().count() > 1 && text.contains(word.as_str()))
        .map(|(_, c)| *c)
        .collect();
    inside.sort_unstable();
    inside.dedup();
    alone.copied().or(match inside[..] {
        [one] => Some(one),
        _ => None,
    })
}

/// Special before reward: `特扶(奖扶转入)` is special.
pub fn aid(text: &str, list: &ListWords) -> Option<Aid> {
    let folded = fold_word(text);
    let find = |aid: Aid| {
        list.aid.iter().any(|(a, word)| {
            *a == aid && if word.chars().count() == 1 { folded == *word } else { folded.contains(word.as_str()) }
        })
    };
    if folded.starts_with("奖扶") || folded.starts_with("奖励") {
        return Some(Aid::Reward);
    }
    [Aid::Special, Aid::Reward].into_iter().find(|aid| find(*aid))
}

pub fn flow(text: &str, list: &ListWords) -> Option<Flow> {
    let folded = fold_word(text);
    let found = list.flow.iter().filter_map(|(flow, word)| Some((flow, word.len(), folded.rfind(word.as_str())?)));
    // 省外流入: of two words as long the one behind.
    found.max_by_key(|(_, length, at)| (*length, *at)).map(|(flow, ..)| *flow)
}

/// The last four digits of the first telephone number in a cell (DOMAIN.md 6 row 10).
pub fn phone_tail(text: &str) -> Option<CompactString> {
    let first = text
        .split(['/', ',', ';', '、', '，', '；', '\n'])
        .find(|part| part.bytes().filter(u8::is_ascii_digit).count() >= 7)?;
    let digits: Vec<u8> = first.bytes().filter(u8::is_ascii_digit).collect();
    let tail = &digits[digits.len() - 4..];
    Some(tail.iter().map(|b| char::from(*b)).collect())
}

#[cfg(test)]
mod tests;
