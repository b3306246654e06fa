//! A second header in one sheet.

use super::super::notes::shown_headers;
use super::super::recognise::{self, Found};
use super::SheetReader;
use crate::intake::container::row::Row;

impl SheetReader<'_, '_> {
    /// A second header in the same sheet: of a printed page, or of another table below the first.
    pub(super) fn header_again(&mut self, row: &Row) {
        if self.table.layout.is_repeated_by(row) {
            if !self.table.layout.is_whole_in(row) {
                self.passed.get_or_insert(row.number);
            }
            return;
        }
        let find =
            |list| recognise::find(std::slice::from_ref(row), &self.origin.support, list, self.context.vocabulary);
        let is_list = |found: &Found| found.layout.is_some();
        let found = find(self.context.list).filter(is_list);
        let found = found.or_else(|| find(Some(self.table.layout.list)).filter(is_list));
        let Some(Found { layout: Some(layout), beside, mut unread, .. }) = found else { return };
        if !layout.same_columns(&self.table.layout) {
            let headers = |beside: recognise::TableBeside| {
                shown_headers(beside.layout.recognised.iter().map(String::as_str), self.context.vocabulary)
            };
            unread.extend(beside.into_iter().map(headers));
            self.tell_unread(row.number, &unread);
            self.table.lay_out(layout, self.context);
            self.table.begin_segment(self.area, self.context.vocabulary.fingerprint());
            self.announce(row.number);
        }
    }
}
