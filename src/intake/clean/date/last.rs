//! Several dates in one cell.

use crate::domain::PartialDate;

use super::super::super::vocabulary::Vocabulary;
use super::{DateHints, PLACEHOLDER_YEAR_MAX, plain, read, read_text};
use crate::intake::container::row::Cell;

/// The last day of several in one cell (2025-03-01、2026-01-05) that is not still to come (下次复核2027-01-05).
pub fn latest(cell: Cell<'_>, hints: &DateHints, vocabulary: &Vocabulary) -> Result<Option<PartialDate>, ()> {
    let Cell::Text(text) = cell else { return read(cell, hints, vocabulary) };
    if let Some(date) = plain(text.as_bytes()) {
        return Ok(Some(date).filter(|date| date.parts().0 > PLACEHOLDER_YEAR_MAX));
    }
    let whole = read(cell, hints, vocabulary);
    let starts = years(text);
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let is_next = |start: usize| {
        let before = text[..start].trim_end_matches(|c: char| !c.is_alphanumeric());
        // 下次 stands before the day or a few words before it, and behind the day before that.
        let own = &before[before.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1)..];
        vocabulary.hints_not.iter().any(|word| own.contains(word.as_str()))
    };
    let own = starts.iter().copied().zip(ends).filter(|(start, _)| !is_next(*start));
    let dates = own.filter_map(|(start, end)| read_text(&text[start..end], hints, vocabulary).ok().flatten());
    let last = dates.filter(|date| date.first() <= hints.today).max_by_key(|date| (date.last(), date.first()));
    let places = |date: PartialDate| usize::from(date.parts().1 > 0) + usize::from(date.parts().2 > 0);
    match (last, whole) {
        (Some(last), Ok(Some(whole))) if starts.len() == 1 && places(whole) >= places(last) => Ok(Some(whole)),
        (Some(last), _) => Ok(Some(last)),
        (None, whole) => whole,
    }
}

/// Where a year of four digits, or a day of eight, begins in a text.
fn years(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let is_century = bytes[at..].starts_with(b"19") || bytes[at..].starts_with(b"20");
        if is_century && matches!(digits, 4 | 8) {
            starts.push(at);
        }
        at += digits.max(1);
    }
    starts
}
