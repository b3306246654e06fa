//! Columns of dates in which hardly a day can be read. Their lines are taken without it, which is told once.

use crate::domain::IdNumber;
use crate::intake::clean::date::{self, DateHints};
use crate::intake::clean::number::id_number;
use crate::intake::clean::record::Reading;
use crate::intake::container::row::{Cell, Row};
use crate::intake::notes::{shown_headers, shown_shape};
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;

/// Fewer that cannot be read are slips, for which their lines are looked at.
const UNREAD_MIN: usize = 3;

/// A column of dates of which most cannot be read.
#[derive(Debug)]
pub struct Undated {
    field: Field,
    column: usize,
    /// Its header, and how such a date is written there: 死亡日期：*.*
    pub told: String,
}

impl Undated {
    /// `data`: the first lines of the table.
    pub fn of(layout: &Layout, data: &[Row], reading: &Reading, vocabulary: &Vocabulary) -> Vec<Undated> {
        let columns = layout.kept.iter().filter(|(field, _)| field.is_date());
        // What is told there of reviews stands between other words.
        let columns = columns.filter(|(_, column)| !layout.reviews_beside.contains(column));
        let undated = |(field, column): &(Field, usize)| {
            let mut undated = Undated { field: *field, column: *column, told: String::new() };
            let dates = data.iter().filter(|row| may_be_date(row.cell(*column))).count();
            let unread: Vec<&Row> = data.iter().filter(|row| undated.is_in(row, layout, reading, vocabulary)).collect();
            if unread.len() < UNREAD_MIN || unread.len() * 2 <= dates {
                return None;
            }
            let header = layout.header_cells.iter().rfind(|(of, _)| of == column).map_or("", |(_, header)| header);
            let header = shown_headers(std::iter::once(header), vocabulary);
            let shape = shown_shape(&unread[0].cell(*column).to_text(), vocabulary);
            undated.told = format!("{header}：{shape}");
            Some(undated)
        };
        columns.filter_map(undated).collect()
    }

    /// Whether what the row has there looks like a date and is none that can be read.
    pub fn is_in(&self, row: &Row, layout: &Layout, reading: &Reading, vocabulary: &Vocabulary) -> bool {
        let cell = row.cell(self.column);
        if !may_be_date(cell) {
            return false;
        }
        let birth = self.field == Field::Birth;
        let id = || layout.columns(Field::Id).first().and_then(|id| id_number(row.cell(*id)));
        let by_number = if birth { id().as_ref().and_then(IdNumber::birth) } else { None };
        let hints = DateHints { birth, by_number, ..reading.dates() };
        match date::latest(cell, &hints, vocabulary) {
            Err(()) => true,
            Ok(Some(read)) => matches!(cell, Cell::Text(text) if date::lacks_order(text, read)),
            Ok(None) => false,
        }
    }
}

/// Words (√, 待复核) stand in such columns too, and say something else.
fn may_be_date(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => date::western(text).contains(|c: char| c.is_ascii_digit()),
        Cell::Number(_) | Cell::Date(_) => true,
        Cell::Empty | Cell::Error => false,
    }
}
