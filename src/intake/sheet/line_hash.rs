//! What a line is recognised by when it is read again: a hash of its text.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::Area;

use crate::intake::clean::record::Cleaner;
use crate::intake::clean::view::View;
use crate::intake::container::row::Cell;
use crate::intake::vocabulary::field::Field;

/// Between two cells.
const SEPARATOR: u8 = 0x1f;

#[derive(Default)]
pub struct LineHash {
    bytes: Vec<u8>,
}

impl LineHash {
    /// Hashes the text under the kept columns, in the order of the fields, so that columns may change places.
    pub fn of(&mut self, view: View<'_>, area: Area, cleaner: &mut Cleaner<'_>, seed: u64) -> u64 {
        self.bytes.clear();
        // It may stand in a line far above.
        self.bytes.extend_from_slice(&area.padded().to_le_bytes());
        let mut field_before = None;
        for (field, column) in &view.layout.kept {
            if field_before != Some(*field)
                && let Some(value) = view.filled.get(*field)
            {
                self.bytes.extend_from_slice(value.as_bytes());
            } else {
                match view.row.cell(*column) {
                    Cell::Empty => {}
                    // Most remarks say nothing that is kept: a changed one changes no line.
                    Cell::Text(text) if *field == Field::Remark && !cleaner.is_noted(text) => {}
                    Cell::Text(text) => {
                        self.bytes.extend_from_slice(text.as_bytes());
                        if let Some(year) = cleaner.year_of_sheet(*field, Cell::Text(text)) {
                            self.bytes.extend_from_slice(&year.to_le_bytes());
                        }
                        // The same words mean another month in next month's list.
                        if *field == Field::Reviewed && cleaner.says_reviewed(text) {
                            let (year, month) = cleaner.month();
                            self.bytes.extend_from_slice(&year.to_le_bytes());
                            self.bytes.push(month as u8);
                        }
                    }
                    Cell::Error => self.bytes.push(0),
                    // Typed apart from text: a number cell of 18 digits is damaged, the same text is not.
                    Cell::Number(value) => {
                        self.bytes.push(1);
                        self.bytes.extend_from_slice(&value.to_le_bytes());
                        if let Some(year) = cleaner.year_of_sheet(*field, Cell::Number(value)) {
                            self.bytes.extend_from_slice(&year.to_le_bytes());
                        }
                    }
                    Cell::Date(date) => {
                        let (year, month, day) = date.parts();
                        self.bytes.push(2);
                        self.bytes.extend_from_slice(&year.to_le_bytes());
                        self.bytes.extend([month as u8, day as u8]);
                    }
                }
            }
            self.bytes.push(SEPARATOR);
            field_before = Some(*field);
        }
        xxh3_64_with_seed(&self.bytes, seed)
    }
}
