//! What a line leaves to the lines above it: ditto marks, and the values of a household that only its first line gives.

use crate::domain::List;

use crate::intake::clean::view::{Filled, View};
use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;

/// Follows the lines of one table.
#[derive(Debug, Default)]
pub struct FillDown {
    filled: Filled,
    household: Carried,
    previous: Row,
    /// Ditto marks resolved in the row before, by column.
    dittos: Vec<(usize, u32, String)>,
    text: String,
}

/// What the lines of one household share and only its first line says.
#[derive(Debug, Default)]
struct Carried {
    household: String,
    record_no: String,
    head: String,
    /// Class, approval and review of a dibao household, which clerks merge with the certificate.
    benefit: [String; BENEFIT.len()],
}

/// What a dibao household has in common beside its certificate (DOMAIN.md 5, dibao shape b).
const BENEFIT: [Field; 3] = [Field::Class, Field::Since, Field::Reviewed];

impl FillDown {
    /// What was filled in for the row last given.
    pub fn filled(&self) -> &Filled {
        &self.filled
    }

    /// Takes the row as the one above the next, and gives back a buffer.
    pub fn swap(&mut self, row: Row) -> Row {
        std::mem::replace(&mut self.previous, row)
    }

    /// Resolves ditto marks and fills down what a household's first line says for all (DOMAIN.md 6 rows 9, 14).
    #[inline]
    pub fn fill(&mut self, row: &Row, layout: &Layout, is_head: Option<bool>, vocabulary: &Vocabulary) {
        self.filled.clear();
        self.resolve_dittos(row, layout, vocabulary);
        let by_certificate = layout.list == List::Dibao;
        let (mut new_household, mut merged) = (false, false);
        for field in [Field::Household, Field::RecordNo] {
            if !layout.has(field) || (field == Field::RecordNo && !by_certificate) {
                continue;
            }
            self.text.clear();
            View { row, layout, filled: &self.filled }.cell(field).write_to(&mut self.text);
            let carried =
                if field == Field::Household { &mut self.household.household } else { &mut self.household.record_no };
            if !self.text.is_empty() {
                new_household |= *carried != self.text;
                carried.clone_from(&self.text);
            } else if is_head != Some(true) && !carried.is_empty() {
                self.filled.set(field, carried);
                merged = true;
            }
        }
        if new_household {
            self.household.head.clear();
        }
        if layout.has(Field::Head) && !layout.head_is_person {
            merged |= self.fill_head(row, layout, is_head, vocabulary);
        }
        if by_certificate {
            self.fill_benefit(row, layout, merged);
        }
    }

    /// True where the head was filled in from a line above.
    fn fill_head(&mut self, row: &Row, layout: &Layout, is_head: Option<bool>, vocabulary: &Vocabulary) -> bool {
        View { row, layout, filled: &self.filled }.cell(Field::Head).write_to(&mut self.text);
        let name = layout.columns(Field::Name).first().map(|column| row.cell(*column));
        let is_ditto = |cell: &Cell<'_>| matches!(cell, Cell::Text(text) if vocabulary.is_ditto(text));
        if !self.text.is_empty() {
            self.household.head.clone_from(&self.text);
            let is_written = !layout.columns(Field::Head).iter().any(|column| is_ditto(&row.cell(*column)));
            // The head's own line names them only as head (DOMAIN.md 5, dibao shape c), or as the one to the left.
            if is_written && name.is_some_and(|name| name.is_empty() || is_ditto(&name)) {
                self.filled.set(Field::Name, &self.text);
            }
        } else if is_head == Some(true) {
            name.unwrap_or(Cell::Empty).write_to(&mut self.household.head);
        } else if !self.household.head.is_empty() {
            self.filled.set(Field::Head, &self.household.head);
            return true;
        }
        false
    }

    /// Only a line whose certificate or head was merged takes the rest from above: another line's blank is a blank.
    fn fill_benefit(&mut self, row: &Row, layout: &Layout, merged: bool) {
        for (field, carried) in BENEFIT.into_iter().zip(&mut self.household.benefit) {
            View { row, layout, filled: &self.filled }.cell(field).write_to(&mut self.text);
            if !self.text.is_empty() || !merged {
                carried.clone_from(&self.text);
            } else if layout.has(field) && !carried.is_empty() {
                self.filled.set(field, carried);
            }
        }
    }

    fn resolve_dittos(&mut self, row: &Row, layout: &Layout, vocabulary: &Vocabulary) {
        for (field, column) in &layout.kept {
            let Cell::Text(text) = row.cell(*column) else { continue };
            // Nobody shares a name, a number or a birth with the line above.
            if text.len() > 6 || matches!(field, Field::Name | Field::Id | Field::Birth) {
                continue;
            }
            if !vocabulary.is_ditto(text) {
                continue;
            }
            let above = self.dittos.iter().find(|(at, number, _)| at == column && *number == self.previous.number);
            let carried = match field {
                Field::Household => self.household.household.as_str(),
                Field::RecordNo => self.household.record_no.as_str(),
                Field::Head => self.household.head.as_str(),
                _ => "",
            };
            let value = match above {
                _ if !carried.is_empty() => carried.to_owned(),
                Some((_, _, value)) => value.clone(),
                None => self.previous.cell(*column).to_text(),
            };
            self.filled.set(*field, &value);
            self.dittos.retain(|(at, ..)| at != column);
            self.dittos.push((*column, row.number, value));
        }
    }
}
