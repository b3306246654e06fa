//! A person's line, with the lines above it known: what is told of it, and what is given to the sink.

use crate::domain::{Area, Reason, Record, Status};

use super::super::clean::name::are_names;
use super::super::clean::number::id_number;
use super::super::clean::record::Noticed;
use super::super::clean::view::View;
use super::super::notes::shown_headers;
use super::super::report::{Line, RefusalCode};
use super::SheetReader;
use super::table::Table;
use super::unread;
use crate::intake::container::row::Row;
use crate::intake::recognise::parents;
use crate::intake::vocabulary::field::Field;

impl SheetReader<'_, '_> {
    pub(in crate::intake) fn line(&mut self, row: &Row, area: Area) {
        self.tell_undated(row);
        // Also of a line that is held already: what is told of a file is told anew with each reading.
        let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
        let own = View { layout: self.table.of_parents.as_ref().unwrap_or(view.layout), ..view };
        if let Some(word) = self.table.cleaner.unknown_state(own) {
            self.report.notes.note(RefusalCode::UnknownState, &word, self.origin.name, row.number);
        }
        // Who else stands on the line decides whose death it tells.
        let seed = self.table.seed ^ u64::from(self.is_spared);
        let raw = self.hash.of(view, area, &mut self.table.cleaner, seed);
        let list = self.table.layout.list;
        if self.sink.known(list, area, raw) {
            self.report.known += 1;
            if self.is_spared || self.table.of_parents.is_some() || self.table.cleaner.may_doubt(own) {
                self.record(row, area);
            }
            return self.sink.line(Line { area, list, row: row.number, raw, record: None });
        }
        let (record, noticed) = self.record(row, area);
        self.report.unread_cells += noticed.unread;
        self.report.error_cells += noticed.errors;
        match record {
            Some(record) => self.sink.line(Line { area, list, row: row.number, raw, record: Some(record) }),
            None => {
                let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
                let id = id_number(view.cell(Field::Id)).map(|id| id.masked()).unwrap_or_default();
                let are_several = view.text(Field::Name).is_some_and(|name| are_names(&name));
                let code = if are_several { RefusalCode::SeveralNames } else { RefusalCode::NoName };
                self.refuse(row, code, id);
            }
        }
    }

    /// Whether a cell merged over several people tells a death: it is of one of them.
    pub(in crate::intake) fn is_death_of_several(&mut self, row: &Row) -> bool {
        let Table { layout, cleaner, .. } = &mut self.table;
        let is_persons = row.above().iter().any(|(column, _)| layout.columns(Field::Name).contains(column));
        !is_persons
            && row.above().iter().any(|(at, text)| {
                let mut fields = layout.kept.iter().filter(|(_, column)| column == at);
                fields.any(|(field, _)| cleaner.tells_own_death(*field, text))
            })
    }

    /// Reads digits as their header says, and 否 under 是否健在, and tells what columns that nobody reads say of a death.
    pub(in crate::intake) fn tell_deaths(&mut self, row: &mut Row) {
        self.table.legends.iter().for_each(|legend| legend.read(row));
        let (layout, vocabulary, name) = (&self.table.layout, self.context.vocabulary, self.origin.name);
        if let Some(word) = unread::turn(row, layout, vocabulary) {
            self.report.notes.note(RefusalCode::UnknownState, &word, name, row.number);
        }
        for column in &mut self.table.unread {
            if column.tells(row, layout.list, vocabulary) {
                let header = shown_headers(std::iter::once(column.header.as_str()), vocabulary);
                self.report.notes.note(RefusalCode::UnreadColumn, &header, name, row.number);
            }
        }
    }

    /// Tells of a date that cannot be read, in a column where most cannot.
    fn tell_undated(&mut self, row: &Row) {
        let Table { layout, undated, reading, .. } = &self.table;
        for column in undated.iter().filter(|column| column.is_in(row, layout, reading, self.context.vocabulary)) {
            self.report.notes.note(RefusalCode::UnreadDates, &column.told, self.origin.name, row.number);
        }
    }

    /// What a line says of its person, and nothing that it may say of another.
    fn record(&mut self, row: &Row, area: Area) -> (Option<Record>, Noticed) {
        let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
        let (mut record, mut noticed) = self.table.cleaner.record(view, area);
        if let (Some(read), Some(layout)) = (&record, &self.table.of_parents)
            && parents::is_doubtful(read, view, self.context.vocabulary)
        {
            let list = view.layout.list.as_str();
            self.report.notes.note(RefusalCode::ParentOrChild, list, self.origin.name, row.number);
            (record, noticed) = self.table.cleaner.record(View { layout, ..view }, area);
        }
        if record.is_some() {
            self.tell_doubt(row, noticed.doubt);
        }
        if self.is_spared {
            record = record.map(|record| self.spared(record, row.number));
        }
        (record, noticed)
    }

    /// Tells which words of a line tell a death or a move, and not clearly.
    fn tell_doubt(&mut self, row: &Row, doubt: Option<Field>) {
        let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
        if let Some(words) = doubt.and_then(|field| self.table.cleaner.doubted_words(view, field)) {
            self.report.notes.note(RefusalCode::DoubtfulEnd, &words, self.origin.name, row.number);
        }
    }

    /// The line of a person of whom nobody says that it is their death the line tells of. A benefit ended all the same.
    fn spared(&mut self, record: Record, row: u32) -> Record {
        if record.status != Status::Deceased {
            return record;
        }
        let list = self.table.layout.list;
        self.report.notes.note(RefusalCode::WhoseDeath, list.as_str(), self.origin.name, row);
        match list.pays() {
            true => Record { status: Status::Closed, died: None, reason: Some(Reason::Other), ..record },
            false => Record { status: Status::Active, died: None, ended: None, reason: None, ..record },
        }
    }
}
