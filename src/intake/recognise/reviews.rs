//! Days of reviews in columns that no header gives to them: 最近认定时间, and 复核通过（2026-01-05） under 复核情况 or 备注. A
//! review that is not read makes everybody's overdue.

use crate::domain::{List, PartialDate};

use super::layout::Layout;
use crate::intake::clean::date::{self, DateHints};
use crate::intake::clean::given::is_to_do;
use crate::intake::clean::record::Reading;
use crate::intake::container::row::{Cell, Row};
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// Gives the dibao list the columns that tell of reviews, where none is made for that or nothing stands in it.
pub fn adopt(layout: &mut Layout, data: &[Row], reading: &Reading, vocabulary: &Vocabulary) {
    let is_filled = |column: &usize| data.iter().any(|row| !row.cell(*column).is_empty());
    if layout.list != List::Dibao || layout.columns(Field::Reviewed).iter().any(is_filled) {
        return;
    }
    let dates = reading.dates();
    let is_of_reviews = |header: &str| {
        let header = fold_header(header);
        let holds = |words: &[String]| words.iter().any(|word| header.contains(word.as_str()));
        holds(&vocabulary.reviews) && !holds(&vocabulary.hints_not) && !holds(&vocabulary.other_prefixes)
    };
    // Under a header that nobody knows nearly all must be days: 认定单位 and 审核人 have none.
    let are_days = |column: usize| {
        let cells = || data.iter().map(|row| row.cell(column)).filter(|cell| !cell.is_empty());
        let days = cells().filter(|cell| told(*cell, false, &dates, vocabulary).is_some()).count();
        days * 2 > cells().count()
    };
    let unknown = layout.unknown.iter().filter(|(_, header)| is_of_reviews(header)).map(|(column, _)| *column);
    // 认定时间 alone is the approval; beside one it is a review.
    let is_later = |column: usize| layout.has(Field::Since) && !is_before(layout, column, data, &dates, vocabulary);
    if let Some(column) = unknown.into_iter().find(|column| are_days(*column) && is_later(*column)) {
        return layout.adopt(Field::Reviewed, column);
    }
    for field in [Field::Status, Field::ChangeKind, Field::Remark] {
        for column in layout.columns(field).to_vec() {
            let tells = |row: &Row| told(row.cell(column), field == Field::Remark, &dates, vocabulary).is_some();
            let header = layout.header_cells.iter().filter(|(at, _)| *at == column).map(|(_, header)| header.as_str());
            let is_made = field == Field::Remark || is_of_reviews(&header.collect::<String>());
            if is_made && data.iter().any(tells) {
                layout.adopt(Field::Reviewed, column);
                layout.reviews_beside.push(column);
            }
        }
    }
}

/// The day of a review that the cell of a column made for something else tells. Beside words one of them must say so; a
/// remark's day alone may be any.
pub fn told(cell: Cell<'_>, is_remark: bool, dates: &DateHints, vocabulary: &Vocabulary) -> Option<PartialDate> {
    let day = date::latest(cell, dates, vocabulary).ok().flatten().filter(|day| day.first() <= dates.today)?;
    let Cell::Text(text) = cell else { return (!is_remark).then_some(day) };
    let folded = fold_word(text);
    let holds = |words: &[String]| words.iter().any(|word| folded.contains(word.as_str()));
    let says = holds(&vocabulary.reviews) || !is_remark && holds(&vocabulary.done);
    let is_day_alone = !folded.chars().any(|c| c > '\u{3400}' && !"年月日号".contains(c));
    ((says || is_day_alone && !is_remark) && !is_to_do(text, vocabulary)).then_some(day)
}

/// Whether the days lie before the approvals on most lines: they are of looking into the application.
fn is_before(layout: &Layout, column: usize, data: &[Row], dates: &DateHints, vocabulary: &Vocabulary) -> bool {
    let Some(since) = layout.columns(Field::Since).first() else { return false };
    let day = |row: &Row, column: usize| date::latest(row.cell(column), dates, vocabulary).ok().flatten();
    let pairs = data.iter().filter_map(|row| Some((day(row, column)?, day(row, *since)?)));
    let before: Vec<bool> = pairs.map(|(own, since)| own.last() <= since.last()).collect();
    2 * before.iter().filter(|is_before| **is_before).count() > before.len()
}
