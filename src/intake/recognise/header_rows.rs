//! Which rows of a sheet are its header. Every row, and every two or three rows together (merged headers), is scored by how
//! many of its cells the vocabulary knows. The best is the header.

use rustc_hash::FxHashMap;

use super::header::{Heading, headings, hinted, is_known, is_known_key, is_meant};
use super::joined::is_half_of_name;
use super::nameless::is_called;
use crate::intake::container::row::{Cell, Row};
use crate::intake::people::families::names_one_of_many;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_header;

/// Merged headers of more rows than this have not been seen.
const HEADER_DEPTH_MAX: usize = 3;
/// Known cells that make a row a header.
pub const KNOWN_CELLS_MIN: usize = 3;

/// How many known cells the header has, its first row, and the rows it takes.
pub fn place(window: &[Row], vocabulary: &Vocabulary) -> Option<(usize, usize, usize)> {
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for first in 0..window.len() {
        let mut best: Option<(usize, usize)> = None;
        for depth in 1..=HEADER_DEPTH_MAX.min(window.len() - first) {
            let Some(known) = known_cells(&window[first..first + depth], vocabulary) else { break };
            // A title over the header knows nothing by itself.
            let without = (depth > 1).then(|| known_cells(&window[first + 1..first + depth], vocabulary)).flatten();
            // 时间 below 复核, and nothing else below any other: no column more is known, and the row is nobody's.
            let is_part = depth > 1 && known > 0 && is_lower_half(&window[first..first + depth], vocabulary);
            let most = best.map_or(0, |(most, _)| most);
            if (known > most || is_part && known == most) && without.is_none_or(|without| without < known) {
                best = Some((known, depth));
            }
        }
        candidates.extend(best.map(|(known, depth)| (known, first, depth)));
    }
    // The first that is nearly as good as the best: another table may stand below with more columns.
    let most = candidates.iter().map(|(known, ..)| *known).max()?;
    let enough = |known: usize| known == most || (known >= KNOWN_CELLS_MIN && known * 5 >= most * 3);
    candidates.into_iter().find(|(known, ..)| enough(*known))
}

/// How many columns of this header somebody knows; `None` where these rows cannot be a header.
fn known_cells(rows: &[Row], vocabulary: &Vocabulary) -> Option<usize> {
    let last = rows.last()?;
    if last.filled() == 0 || rows[0].filled() == 0 || last.cells().any(looks_like_data) {
        return None;
    }
    if rows.len() > 1 {
        // A line of data must never be eaten as the lower half of a header: at least half of it are header words.
        let upper = headings(&rows[..rows.len() - 1], vocabulary);
        let below = headings(rows, vocabulary);
        let known = last
            .cells()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
            .filter(|(column, _)| {
                below
                    .iter()
                    .find(|heading| heading.column == *column)
                    .is_some_and(|heading| is_known(heading, vocabulary))
            })
            .filter(|(column, cell)| {
                let own = fold_header(&cell.to_text());
                if is_half_of_name(&own) {
                    return true;
                }
                // 一组 below and beside 姓名 is the name of a part, and nobody's header.
                let is_part = |heading: &Heading| {
                    let [joined, above @ ..] = &heading.keys[..] else { return false };
                    !is_known_key(joined, vocabulary) && above.iter().any(|key| names_of(key, vocabulary))
                };
                if !is_known_key(&own, vocabulary) && below.iter().any(|h| h.column == *column && is_part(h)) {
                    return false;
                }
                // A digit below a merged header is known by that alone.
                let is_digits = own.chars().all(|c| c.is_ascii_digit());
                // Known only because of the row above it: that is a remark or a line of data.
                !is_digits && upper.iter().all(|heading| heading.column != *column || !is_known(heading, vocabulary))
                    || is_known_key(&own, vocabulary)
                    || below.iter().any(|heading| heading.column == *column && is_made_of_two(heading, vocabulary))
            })
            .count();
        if known * 2 < last.filled() {
            return None;
        }
    }
    let headings = headings(rows, vocabulary);
    let named = headings.iter().any(|heading| {
        is_meant(heading, vocabulary, true, |field| matches!(field, Field::Name | Field::Head))
            || hinted(heading, Field::Name, vocabulary)
            || names_one_of_many(heading, vocabulary)
            || is_called(heading, vocabulary)
    });
    // The upper row of two may name nobody, and be no header without the lower one.
    let is_known = |heading: &&Heading| is_known(heading, vocabulary) || is_called(heading, vocabulary);
    Some(if named { headings.iter().filter(is_known).count() } else { 0 })
}

/// Whether the header is one only together with the row above it: 时间 below 复核.
fn is_made_of_two(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    matches!(&heading.keys[..], [joined, _, ..] if heading.written.contains('.') && is_known_key(joined, vocabulary))
}

/// Whether each cell of the last row makes a header with the one above it.
fn is_lower_half(rows: &[Row], vocabulary: &Vocabulary) -> bool {
    let Some(last) = rows.last() else { return false };
    let headings = headings(rows, vocabulary);
    let is_made = |at: usize| headings.iter().any(|h| h.column == at && is_made_of_two(h, vocabulary));
    last.cells().enumerate().all(|(column, cell)| cell.is_empty() || is_made(column))
}

/// Whether the header names people.
fn names_of(key: &str, vocabulary: &Vocabulary) -> bool {
    let is_name = |columns: &FxHashMap<String, Field>| columns.get(key) == Some(&Field::Name);
    is_name(&vocabulary.columns) || vocabulary.lists().iter().any(|list| is_name(&list.columns))
}

/// A long number, or a number cell that is no year: headers have neither.
fn looks_like_data(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Number(value) => !(1990.0..2100.0).contains(&value),
        Cell::Date(_) => true,
        Cell::Text(text) => text.bytes().filter(u8::is_ascii_digit).count() >= 6,
        _ => false,
    }
}

/// Whether a row below the header is the header of another table: no digits in it, and mostly header words.
pub fn is_another_header(row: &Row, vocabulary: &Vocabulary) -> bool {
    let word = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if is_known_key(&fold_header(text), vocabulary));
    let known = row.cells().filter(|cell| word(*cell)).count();
    let is_name = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if vocabulary.columns.get(&fold_header(text)) == Some(&Field::Name));
    let is_whole = known == KNOWN_CELLS_MIN && known == row.filled() && row.cells().any(is_name);
    (known > KNOWN_CELLS_MIN || is_whole) && known * 2 > row.filled() && !row.cells().any(looks_like_data)
}
