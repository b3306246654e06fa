//! Columns that ask whether (是否死亡, 迁出, 是否注销), and what stands in the place of a date that is none (√, 已停, 去年腊月).

use crate::domain::Status;

use super::super::vocabulary::{ListWords, Vocabulary};
use super::choice::{TICKS, chosen};
use super::told::{Told, is_date};
use super::words::status;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// What a column that asks is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Silent,
    No,
    Yes,
    /// 已停, 已办: whatever is meant, it was done.
    Done,
    /// 死亡注销 under 是否注销 says more than a tick.
    As(Status),
    /// Nobody can tell.
    Doubtful,
}

/// What 0, 1 and 2 mean in a column that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagDigits(pub [Option<bool>; 3]);

impl Default for FlagDigits {
    /// 2 is no in one office and unknown in another.
    fn default() -> FlagDigits {
        FlagDigits([Some(false), Some(true), None])
    }
}

impl FlagDigits {
    /// As the header says it (1是 2否), else by what stands in the column: where 1 and 2 do and no 0, 2 is no.
    pub fn of<'t>(header: &str, texts: impl Iterator<Item = &'t str>) -> FlagDigits {
        let mut by_header = [None; 3];
        for (at, digit) in header.match_indices(|c: char| ('0'..='2').contains(&c)) {
            let word = header[at + 1..].trim_start_matches(['-', '.', ':', '、', '=', '为', '表', '示', '代']);
            let says = match word.chars().next() {
                Some('是' | '有' | '已') => Some(true),
                Some('否' | '无' | '未' | '不') => Some(false),
                _ => None,
            };
            by_header[usize::from(digit.as_bytes()[0] - b'0')] = says;
        }
        if by_header.iter().any(Option::is_some) {
            return FlagDigits(by_header);
        }
        let mut seen = [false; 3];
        for text in texts {
            if let Some(digit) = digit(&fold_word(text)).and_then(|digit| seen.get_mut(digit)) {
                *digit = true;
            }
        }
        if seen == [false, true, true] { FlagDigits([None, Some(true), Some(false)]) } else { FlagDigits::default() }
    }
}

/// Those of the columns of a sheet that ask: whether somebody died, moved out, was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlagsAsked(pub [FlagDigits; 3]);

impl FlagsAsked {
    pub const FIELDS: [Field; 3] = [Field::DiedFlag, Field::MovedFlag, Field::EndedFlag];

    /// To be hashed.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().flat_map(|digits| digits.0).map(|says| says.map_or(0, |says| 1 + u8::from(says)))
    }
}

/// 2 of 2, 2.0 and 02.
fn digit(folded: &str) -> Option<usize> {
    folded.strip_suffix(".0").unwrap_or(folded).parse().ok()
}

/// Only what says yes is one: whatever else stands there may be how somebody lives.
pub fn answer(text: &str, digits: FlagDigits, list: &ListWords, vocabulary: &Vocabulary) -> Answer {
    let folded = fold_word(chosen(text));
    if folded.is_empty() || vocabulary.none.contains(&folded) {
        return Answer::Silent;
    }
    if let Some(digit) = digit(&folded) {
        return match digits.0.get(digit).copied().flatten() {
            Some(true) => Answer::Yes,
            Some(false) => Answer::No,
            None => Answer::Doubtful,
        };
    }
    if folded.chars().all(is_date) && folded.contains(['月', '日']) {
        return Answer::Yes;
    }
    // 0-否, 1是: the word behind the number says it.
    let word = folded.trim_start_matches(|c: char| c.is_ascii_digit());
    let word = match word.trim_start_matches(['-', '.', '、', ':', '=']) {
        word if word.is_empty() || word.starts_with(['年', '月', '日']) => folded.as_str(),
        word => word,
    };
    let word = word.trim_matches(TICKS);
    let begins = |words: &[String]| words.iter().any(|begin| word.starts_with(begin.as_str()));
    if word.is_empty() || vocabulary.yes.iter().any(|yes| yes == word) {
        return Answer::Yes;
    }
    let teller = &list.teller;
    for (told, status) in [(teller.death(word), Status::Deceased), (teller.moved(word), Status::MovedOut)] {
        match told {
            Some(Told::Own) => return Answer::As(status),
            Some(Told::Denied | Told::Anothers) => return Answer::No,
            Some(Told::Heads | Told::Named | Told::Doubtful) => return Answer::Doubtful,
            None => {}
        }
    }
    if teller.is_doubted(word) || begins(&vocabulary.open) {
        return Answer::Doubtful;
    }
    if list.stays.iter().any(|stays| word.contains(stays.as_str())) {
        return Answer::No;
    }
    if teller.is_refuted(word) || vocabulary.no.iter().any(|no| no == word) || begins(&vocabulary.no_starts) {
        return Answer::No;
    }
    match status(word, list) {
        Some(Status::Active) => Answer::No,
        Some(ended) => Answer::As(ended),
        None if begins(&vocabulary.yes_starts) && !word.contains('否') => Answer::Yes,
        None if begins(&vocabulary.done_starts) => Answer::Done,
        None => Answer::Doubtful,
    }
}

/// Whether a text that is no date tells of a day or a season all the same: 去年腊月, 3/5, 年初.
pub fn is_of_a_day(folded: &str, vocabulary: &Vocabulary) -> bool {
    folded.contains(|c: char| c.is_ascii_digit() || "年月".contains(c))
        || vocabulary.lunar.iter().any(|word| folded.contains(word.as_str()))
}
