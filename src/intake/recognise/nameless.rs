//! The column of the names where no header calls it so: 低保对象 or 居民 beside 户主姓名. Taken for nobody's, everybody
//! would have the head's name.

use std::collections::HashSet;

use super::header::{Heading, Meaning, hinted, is_meant, meaning};
use super::layout::Layout;
use crate::intake::clean::words::relation;
use crate::intake::container::row::{Cell, Row};
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_word, is_han};

/// GB/T 4761: the last code that is the head's own.
const HEAD_CODE_MAX: u8 = 2;
/// Of nearly all cells of such a column somebody can be called so, percent.
const NAMES_MIN_PERCENT: usize = 80;
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=20;
/// Against one line that speaks against it this many must speak for it.
const FOR_ONE_AGAINST: usize = 5;

/// Lets the column that its header's word, or its cells, show to be that of the names be called so.
pub fn name_by_cells(headings: &mut [Heading], below: &[Row], vocabulary: &Vocabulary) {
    let is_named = |heading: &&Heading| !heading.of_other && is_meant(heading, vocabulary, false, is_name);
    if headings.iter().any(|heading| is_named(&heading)) {
        return;
    }
    let called = |h: &&Heading| is_called(h, vocabulary) && are_names(h.column, below, vocabulary);
    // 姓名 is hinted at by whoever signed or fetched the money too: then the cells say who is meant.
    let is_free = |h: &&Heading| !h.of_other && (is_unknown(h, vocabulary) || hinted(h, Field::Name, vocabulary));
    let told = |h: &&Heading| {
        is_free(h) && are_names(h.column, below, vocabulary) && is_of_persons(h, headings, below, vocabulary)
    };
    let found = headings.iter().find(called).or_else(|| headings.iter().find(told)).map(|heading| heading.column);
    let Some(at) = found.and_then(|found| headings.iter().position(|heading| heading.column == found)) else { return };
    headings[at].keys.insert(0, "姓名".to_owned());
    headings[at].behind = None;
    // What stands behind it is behind nobody else any more.
    headings[at + 1..].iter_mut().take_while(|h| h.behind.is_some()).for_each(|h| h.behind = None);
}

/// Whether the header is a word for those of a list, and for nothing else where no column is called a name.
pub fn is_called(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let key = heading.keys.first().map_or("", String::as_str);
    !heading.of_other && vocabulary.whose.called.iter().any(|word| word == key)
}

/// Whether heads alone are named on lines of whole households: beside 妻 stands the head's name again, or none. Then nobody
/// knows what the wife is called.
pub fn names_heads_alone(layout: &Layout, lines: &[Row], vocabulary: &Vocabulary) -> bool {
    let first = |field| layout.columns(field).first().copied();
    let (Some(name), Some(kin), true) = (first(Field::Name), first(Field::Relation), layout.head_is_person) else {
        return false;
    };
    let (mut repeated, mut own) = (0, 0);
    let mut head = String::new();
    for row in lines {
        let text = fold_word(&row.cell(name).to_text());
        match relation(row.cell(kin), vocabulary) {
            Some(code) if code > HEAD_CODE_MAX => {
                let is_heads = text.is_empty() || text == head || is_ditto(row.cell(name), vocabulary);
                repeated += usize::from(is_heads);
                own += usize::from(!is_heads);
            }
            _ if !text.is_empty() && !is_ditto(row.cell(name), vocabulary) => head = text,
            _ => {}
        }
    }
    repeated > own
}

fn is_ditto(cell: Cell<'_>, vocabulary: &Vocabulary) -> bool {
    matches!(cell, Cell::Text(text) if vocabulary.is_ditto(text))
}

fn is_name(field: Field) -> bool {
    field == Field::Name
}

fn is_unknown(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    vocabulary.lists().iter().all(|list| meaning(heading, list, vocabulary, false) == Meaning::Unknown)
}

/// Whether people can be called what stands in the column, nearly each by another name: 全家, 是 and 本人 are nobody's. Of no
/// cells at all nothing is said against it.
fn are_names(column: usize, below: &[Row], vocabulary: &Vocabulary) -> bool {
    let (mut filled, mut names, mut seen) = (0, 0, HashSet::new());
    for cell in below.iter().map(|row| row.cell(column)).filter(|cell| !cell.is_empty()) {
        filled += 1;
        let Cell::Text(text) = cell else { continue };
        let bare = fold_word(text.split(['(', '（', '[']).next().unwrap_or(text));
        let is_written = |c: char| is_han(c) || matches!(c, '·' | '•' | '.' | '*' | '?' | '□');
        let is_one = NAME_CHARS.contains(&bare.chars().count()) && bare.chars().all(is_written);
        names += usize::from(is_one && !vocabulary.relation.contains_key(&bare));
        seen.insert(bare);
    }
    names * 100 >= filled * NAMES_MIN_PERCENT && seen.len() * 2 >= filled
}

/// Whether the column names the heads on their own lines, and on the lines of a household behind them others, each
/// another one. Who signed or helps is the same on all lines, or on none.
fn is_of_persons(heading: &Heading, headings: &[Heading], below: &[Row], vocabulary: &Vocabulary) -> bool {
    let column = |of: Field| {
        let fits = |h: &&Heading| !h.of_other && (is_meant(h, vocabulary, false, |field| field == of));
        headings.iter().find(fits).map(|heading| heading.column)
    };
    let Some(head) = column(Field::Head).filter(|head| *head != heading.column) else { return false };
    let kin = column(Field::Relation);
    let text = |row: &Row, column: usize| fold_word(&row.cell(column).to_text());
    let (mut heads, mut members, mut against) = (0, 0, 0);
    let (mut of, mut before) = (String::new(), String::new());
    for row in below {
        let (named, own) = (text(row, head), text(row, heading.column));
        if own.is_empty() {
            continue;
        }
        let is_same = named.is_empty() || named == of || is_ditto(row.cell(head), vocabulary);
        if !is_same {
            of = named;
        }
        let code = kin.and_then(|kin| relation(row.cell(kin), vocabulary));
        let is_head = code.map_or(!is_same, |code| code <= HEAD_CODE_MAX);
        match is_head {
            true if own == of => heads += 1,
            false if own != of && own != before => members += 1,
            _ => against += 1,
        }
        before = own;
    }
    heads > 0 && members > 0 && heads + members >= against * FOR_ONE_AGAINST
}
