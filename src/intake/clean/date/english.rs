//! Dates with an English month, as spreadsheets, databases and Java write them.

use unicode_normalization::UnicodeNormalization;

use crate::domain::PartialDate;

use super::{DateHints, century, of_sheet, run, ymd};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Shorter words may be anything.
const MONTH_LETTERS_MIN: usize = 3;

/// `6-May-90`, `May-1990`, `Apr 20, 1967`, `Thu Apr 20 CST 1967`; no year where it may be of either century, as of a birth
/// in `05-Mar-25`. `None` where there is no English month.
pub fn read(text: &str, hints: &DateHints) -> Option<Option<PartialDate>> {
    if !text.contains(|c: char| c.is_alphabetic() && !crate::intake::vocabulary::fold::is_han(c)) {
        return None;
    }
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words = words(&folded);
    let month_of = |word: &str| {
        let is_of = |name: &&str| {
            word.len() >= MONTH_LETTERS_MIN && name.starts_with(word) || word == "sept" && name.starts_with("sep")
        };
        MONTHS.iter().position(is_of)
    };
    let (at, month) = words.iter().enumerate().find_map(|(at, word)| Some((at, month_of(word)? as i64 + 1)))?;
    let numbers = |words: &[&'_ str]| -> Vec<String> {
        words.iter().filter(|word| run(word.as_bytes()).is_some()).map(|word| (*word).to_owned()).collect()
    };
    let (before, after) = (numbers(&words[..at]), numbers(&words[at + 1..]));
    let value = |digits: &String| run(digits.as_bytes());
    let (day, year) = match (&before[..], &after[..]) {
        // 1990-May-06
        ([.., year], [day, ..]) if year.len() == 4 => (Some(day), year),
        ([.., day], [year, ..]) => (Some(day), year),
        // Mar 5, 2026
        ([], [day, year, ..]) if day.len() <= 2 => (Some(day), year),
        ([.., year], []) | ([], [year, ..]) if year.len() == 4 => (None, year),
        // May-90
        ([], [year]) if year.len() == 2 => (None, year),
        // 6-May
        ([.., day], []) | ([], [day]) if day.len() <= 2 && !hints.birth => {
            return Some(value(day).and_then(|day| of_sheet(month, day, hints)));
        }
        _ => return Some(None),
    };
    let year = match (year.len(), value(year)?) {
        (2, year) => century(year, month, hints),
        (4, year) => Some(year),
        _ => None,
    };
    Some(year.and_then(|year| ymd(year, month, day.and_then(value).unwrap_or(0))))
}

/// Runs of letters and of digits.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_alphabetic());
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        if kind(first) != (false, false) {
            words.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    words
}
