//! A line as its layout and the lines above it show it.

use std::borrow::Cow;

use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::field::Field;

/// Values that do not stand in the line itself: ditto marks resolved, households filled down.
#[derive(Debug, Default)]
pub struct Filled {
    values: Vec<(Field, String)>,
    used: usize,
}

impl Filled {
    pub fn clear(&mut self) {
        self.used = 0;
    }

    pub fn set(&mut self, field: Field, value: &str) {
        if self.used == self.values.len() {
            self.values.push((field, String::new()));
        }
        let slot = &mut self.values[self.used];
        slot.0 = field;
        slot.1.clear();
        slot.1.push_str(value);
        self.used += 1;
    }

    pub fn get(&self, field: Field) -> Option<&str> {
        self.values[..self.used].iter().find(|(f, _)| *f == field).map(|(_, value)| value.as_str())
    }
}

/// A row seen through its layout.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub row: &'a Row,
    pub layout: &'a Layout,
    pub filled: &'a Filled,
}

impl<'a> View<'a> {
    /// The cell of a field: what was filled in, else the first of its columns that holds something.
    pub fn cell(&self, field: Field) -> Cell<'a> {
        if let Some(value) = self.filled.get(field) {
            return Cell::Text(value);
        }
        let columns = self.layout.columns(field);
        columns.iter().map(|column| self.row.cell(*column)).find(|cell| !cell.is_empty()).unwrap_or(Cell::Empty)
    }

    /// What stands in each of the field's columns, blank or not.
    pub fn cells(&self, field: Field) -> impl Iterator<Item = Cell<'a>> {
        let filled = self.filled.get(field).map(Cell::Text);
        let (columns, row) = (if filled.is_some() { &[][..] } else { self.layout.columns(field) }, self.row);
        filled.into_iter().chain(columns.iter().map(|column| row.cell(*column)))
    }

    pub fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        match self.cell(field) {
            Cell::Empty | Cell::Error => None,
            Cell::Text(text) => Some(Cow::Borrowed(text)),
            cell => Some(Cow::Owned(cell.to_text())),
        }
    }

    /// What stands in each of its columns that holds something.
    pub fn texts(self, field: Field) -> impl Iterator<Item = Cow<'a, str>> {
        let filled = self.filled.get(field).map(Cow::Borrowed);
        let columns = if filled.is_some() { &[] } else { self.layout.columns(field) };
        let cells = columns.iter().filter_map(move |column| match self.row.cell(*column) {
            Cell::Empty | Cell::Error => None,
            Cell::Text(text) => Some(Cow::Borrowed(text)),
            cell => Some(Cow::Owned(cell.to_text())),
        });
        filled.into_iter().chain(cells)
    }
}
