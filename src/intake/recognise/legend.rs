//! Headers that say themselves what the digits below them mean: 状态（1在册 2死亡 3迁出）. Without such a map a digit means
//! nothing (DOMAIN.md 4).

use super::layout::Layout;
use crate::intake::container::row::{Cell, Row};
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// Columns of words. Those that ask a question read their digits themselves.
const OF_WORDS: [Field; 8] = [
    Field::Status,
    Field::ChangeKind,
    Field::Reason,
    Field::Sex,
    Field::Relation,
    Field::Class,
    Field::Aid,
    Field::Flow,
];
/// One digit and its word are a number in a text.
const CODES_MIN: usize = 2;
/// Codes are counted from 0 or 1 and have no more digits.
const FIRST_CODE_MAX: u8 = 1;
const CODE_DIGITS_MAX: usize = 2;
const WORD_CHARS_MAX: usize = 10;

/// What the digits of one column mean.
#[derive(Debug, PartialEq, Eq)]
pub struct Legend {
    column: usize,
    words: Vec<(u8, String)>,
}

impl Legend {
    /// The columns of a table whose headers hold such a map.
    pub fn of(layout: &Layout) -> Vec<Legend> {
        let columns = layout.kept.iter().filter(|(field, _)| OF_WORDS.contains(field)).map(|(_, column)| *column);
        columns
            .filter_map(|column| {
                let mut headers = layout.header_cells.iter().filter(|(at, _)| *at == column);
                let words = headers.find_map(|(_, header)| words(header))?;
                Some(Legend { column, words })
            })
            .collect()
    }

    /// Writes the word in the place of the digit.
    pub fn read(&self, row: &mut Row) {
        let code = match row.cell(self.column) {
            Cell::Number(value) if (0.0..100.0).contains(&value) && value.fract() == 0.0 => Some(value as u8),
            Cell::Text(text) if text.len() <= 6 => {
                let folded = fold_word(text);
                folded.strip_suffix(".0").unwrap_or(&folded).parse().ok()
            }
            _ => None,
        };
        if let Some((_, word)) = self.words.iter().find(|(own, _)| Some(*own) == code) {
            row.write(self.column, word);
        }
    }
}

/// 1 在册, 2 死亡, 3 迁出 of 状态(1在册2死亡3迁出); `None` where the header's digits are no codes.
fn words(header: &str) -> Option<Vec<(u8, String)>> {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut words: Vec<(u8, String)> = Vec::new();
    let mut rest = &header[header.find(is_digit)?..];
    while let Some(at) = rest.find(is_digit) {
        rest = &rest[at..];
        let digits = rest.find(|c| !is_digit(c))?;
        let behind = rest[digits..].trim_start_matches(['-', '.', '、', ':', '=', '为', '—']);
        let end = behind.find(|c: char| is_digit(c) || matches!(c, ',' | ';' | '/' | '、' | '。' | ')' | ']' | '|'));
        let word = &behind[..end.unwrap_or(behind.len())];
        let code = rest[..digits].parse().ok().filter(|_| digits <= CODE_DIGITS_MAX)?;
        let is_next =
            words.last().map_or(code <= FIRST_CODE_MAX, |(last, _)| code == last + 1 || code == 9 || code == 99);
        // 1档 2档: the digit is a part of the word.
        let is_told = words.iter().any(|(_, told)| told == word);
        if !is_next || is_told || word.is_empty() || word.chars().count() > WORD_CHARS_MAX {
            return None;
        }
        words.push((code, word.to_owned()));
        rest = behind;
        rest = &rest[word.len()..];
    }
    (words.len() >= CODES_MIN).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_map_where_its_digits_count_words() {
        let told = |header: &str| {
            words(header).map(|words| words.into_iter().map(|(code, word)| format!("{code}{word}")).collect::<Vec<_>>())
        };
        let three = ["1在册", "2死亡", "3迁出"].map(str::to_owned).to_vec();
        for header in [
            "状态(1在册2死亡3迁出)",
            "状态(1-在册、2-死亡、3-迁出)",
            "状态:1.在册/2.死亡/3.迁出",
            "状态(1=在册;2=死亡;3=迁出)",
        ] {
            assert_eq!(told(header), Some(three.clone()), "{header}");
        }
        assert_eq!(told("性别(1男2女9未说明)").map(|words| words.len()), Some(3));
        for header in ["状态", "状态(2026年3月15日)", "状态(1在册)", "2026年1月状态", "类别(1)", "档次(1档、2档、3档)"]
        {
            assert_eq!(told(header), None, "{header}");
        }
    }
}
