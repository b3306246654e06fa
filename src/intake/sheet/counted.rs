//! Rows in which people are counted and nobody stands: totals, and tables of numbers between and below the lines.

use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::header::is_known_key;
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// A longer text that ends in a total's word is a remark.
const TOTAL_CHARS_MAX: usize = 8;

/// 三组, 第2村民小组, 五社, 200村: whose lines follow, and nobody's name.
pub fn is_group(text: &str) -> bool {
    let part = ["村民小组", "小组", "组", "社", "队", "屯", "村"].iter().find_map(|word| text.strip_suffix(word));
    let number = part.map(|part| part.strip_prefix('第').unwrap_or(part));
    number.is_some_and(|number| {
        !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || "〇零一二三四五六七八九十百".contains(c))
    })
}

/// Whether the text is a total's word; true for one over all, false for a part.
pub fn total_word(text: &str, vocabulary: &Vocabulary) -> Option<bool> {
    let bare = text.trim_end_matches([':', '：']);
    let begins = |words: &[String]| {
        words.iter().any(|word| {
            bare == word
                || bare.strip_prefix(word.as_str()).is_some_and(|rest| {
                    // 小计(一组), 合计:14人
                    let counted = rest.trim_start_matches([':', '：', '(', '共']);
                    rest.starts_with('(') || counted.starts_with(|c: char| c.is_ascii_digit() || c == '人' || c == '户')
                })
        })
    };
    if begins(&vocabulary.subtotal) {
        return Some(false);
    }
    let counted = bare
        .strip_prefix('共')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(['人', '户', '名']));
    if begins(&vocabulary.total) || counted {
        return Some(true);
    }
    // 本村合计, 三组小计, 第一组计: of whatever part it may be.
    let mut words = vocabulary.total.iter().chain(&vocabulary.subtotal);
    let ends = words.any(|word| bare.ends_with(word.as_str())) || bare.starts_with('第') && bare.ends_with('计');
    (ends && bare.chars().count() <= TOTAL_CHARS_MAX).then_some(false)
}

/// Under the name there is a count: what stands below or between the lines is a table of numbers.
pub fn is_count(name: &str) -> bool {
    let digits = name.trim_end_matches(['人', '户', '名', '个', '元']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// 0-18, 60岁以上, 男25人: of whom or how many a table of numbers tells.
pub fn is_measure(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || "-~—.%至以上下岁周组队社户人名个男女共约".contains(c))
}

/// What stands under the name where a table of numbers stands below the list: a number, or a word of a header.
pub fn is_nobody(name: &str, vocabulary: &Vocabulary) -> bool {
    let is_word = || name.chars().count() > 1 && is_known_key(&fold_header(name), vocabulary);
    is_measure(name) || vocabulary.counts.contains(name) || is_word()
}

/// Whether the row is the header of a table of numbers: each cell says what is counted, and none how many.
pub fn is_counts(row: &Row, first: &str, vocabulary: &Vocabulary) -> bool {
    let texts = || row.cells().filter(|cell| !cell.is_empty()).map(|cell| fold_word(&cell.to_text()));
    vocabulary.counts.contains(first)
        && total_word(first, vocabulary).is_none()
        && row.filled() > 1
        && texts().all(|text| vocabulary.counts.contains(&text) || is_measure(&text) && !is_count(&text))
}

/// 总户数 20: what is counted, and behind it nothing but numbers.
pub fn is_counted(row: &Row, vocabulary: &Vocabulary) -> bool {
    let mut texts = row.cells().filter(|cell| !cell.is_empty()).map(|cell| fold_word(&cell.to_text()));
    let is_what = texts.next().is_some_and(|first| vocabulary.counts.contains(&first) || is_group(&first));
    is_what && row.filled() > 1 && texts.all(|text| is_measure(&text))
}

/// The persons a total states: `14人` anywhere, or a bare number under the name or the citizen number.
pub fn stated(row: &Row, layout: &Layout) -> Option<u64> {
    let persons = row.cells().find_map(|cell| match cell {
        Cell::Text(text) => persons_in(&fold_word(text)),
        _ => None,
    });
    persons.or_else(|| {
        let columns = layout.columns(Field::Name).iter().chain(layout.columns(Field::Id));
        columns.filter_map(|column| row.cell(*column).to_text().parse().ok()).next()
    })
}

fn persons_in(text: &str) -> Option<u64> {
    text.match_indices(['人', '名']).find_map(|(at, _)| {
        let digits = text[..at].chars().rev().take_while(char::is_ascii_digit).count();
        text[at - digits..at].parse().ok()
    })
}
