//! Sheets that are no list: one person's card, or people in columns.

use super::header::is_known_key;
use crate::intake::container::row::{Cell, Row};
use crate::intake::people::crowd::holds_number;
use crate::intake::sheet::Outcome;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::fold::fold_header;

/// Fewer different headers below one another may be chance.
const LABELS_MIN: usize = 3;
/// Fewer rows with somebody's number are no list.
const NUMBERED_ROWS_MIN: usize = 2;

/// Whether the headers stand one below the other, each before its value: a card of one person, or people in columns.
pub fn is_card(window: &[Row], vocabulary: &Vocabulary) -> bool {
    let key = |cell: Cell<'_>| match cell {
        Cell::Text(text) => Some(fold_header(text)).filter(|key| is_known_key(key, vocabulary)),
        _ => None,
    };
    let is_header = |row: &&Row| row.filled() > 0 && row.cells().any(|cell| !cell.is_empty() && key(cell).is_none());
    let rows = window.iter().filter(is_header);
    let begun: Vec<String> = rows.clone().filter_map(|row| key(row.first_filled()?.1)).collect();
    // 户主, 爱人, 死亡 are headers somewhere, and values in the first column of a roster.
    let is_value = |key: &&String| {
        vocabulary.relation.contains_key(*key) || vocabulary.lists().iter().any(|list| list.status.contains_key(*key))
    };
    let values = begun.iter().filter(is_value).count();
    let mut keys = begun.clone();
    keys.sort();
    keys.dedup();
    let of_people = keys.iter().filter(|key| vocabulary.columns.get(*key).is_some_and(|field| field.is_kept())).count();
    keys.len() >= LABELS_MIN && of_people >= 2 && begun.len() * 2 >= rows.count() && values * 2 <= begun.len()
}

/// What a sheet without a header looks like.
pub fn without_header(window: &[Row], vocabulary: &Vocabulary) -> Outcome {
    let numbered = window.iter().filter(|row| row.filled() > 1 && row.cells().any(holds_number)).count();
    if is_card(window, vocabulary) {
        Outcome::Card
    } else if numbered >= NUMBERED_ROWS_MIN && numbered * 2 >= window.iter().filter(|row| row.filled() > 0).count() {
        Outcome::Headless
    } else {
        Outcome::NoHeader
    }
}
