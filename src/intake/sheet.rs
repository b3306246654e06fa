//! One sheet from its first row to its last: header, lines, totals, trailers.

use crate::domain::{Area, Level, List, Reason, Record, Status, mask};

use super::Context;
use super::area;
use super::band;
use super::clean::number::id_number;
use super::clean::view::View;
use super::clean::words::{are_names, are_two_ends};
use super::field::Field;
use super::fold::fold_word;
use super::line_hash::LineHash;
use super::lines::{Kind, is_group, kind};
use super::merged::is_shared;
use super::notes::shown_headers;
use super::recognise::{self, Found, HEADER_ROWS_MAX, Support};
use super::report::{FileReport, Line, Refusal, RefusalCode, SheetHead, Sink, Total, Unreadable};
use super::row::{Cell, Row, Rows};
use super::table::{Learnt, Part, Table};

/// Lines looked at before the first is read, to learn what the digits of a sex column mean.
const LEARNING_ROWS_MAX: usize = 200;
/// Headers of columns that are not read are cut at this length.
const UNREAD_CHARS_MAX: usize = 60;

/// What is known of a sheet before it is opened.
#[derive(Clone)]
pub struct Origin<'a> {
    pub name: Option<&'a str>,
    pub hidden: bool,
    /// Folder and file name, for support and area.
    pub support: Support,
}

/// How one sheet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Read(List),
    /// Nothing in it.
    Empty,
    /// No header in it.
    NoHeader,
    /// A header of no list we can tell.
    NoList,
}

/// Reads one sheet into `sink`.
pub fn read(
    rows: &mut dyn Rows,
    origin: &Origin<'_>,
    context: &Context<'_>,
    sink: &mut dyn Sink,
    report: &mut FileReport,
) -> Result<Outcome, Unreadable> {
    let mut window = Vec::new();
    let filled = |window: &[Row]| window.iter().filter(|row| row.filled() > 0).count();
    let is_short = |window: &[Row]| filled(window) < HEADER_ROWS_MAX && window.len() < LEARNING_ROWS_MAX;
    let mut ended = look_on(rows, &mut window, is_short)?;
    if filled(&window) == 0 {
        return Ok(Outcome::Empty);
    }
    let Some(Found { first, depth, layout, columns, beside, joined, unread }) =
        recognise::find(&window, &origin.support, context.list, context.vocabulary)
    else {
        return Ok(Outcome::NoHeader);
    };
    let Some(layout) = layout else { return Ok(Outcome::NoList) };
    ended = ended || look_on(rows, &mut window, |window| window.len() < first + depth + LEARNING_ROWS_MAX)?;
    let titles: Vec<String> =
        window[..first].iter().flat_map(|row| row.cells().map(Cell::to_text)).filter(|text| !text.is_empty()).collect();
    let mut data = window.split_off(first + depth);
    data.iter_mut().for_each(|row| joined.iter().for_each(|joined| joined.join(row)));
    let (header_row, list, lines_before) = (window[first].number, layout.list, report.lines);
    let stated_on = area::stated_on(texts(origin, &titles, context), context.today);
    let learnt = Learnt { data: &data, typed: rows.typed(), epoch_1904: rows.epoch_1904(), stated_on };
    let named = origin.name.map(str::to_owned);
    let table = Table::new(layout, columns, named.as_slice(), &learnt, context);
    let others = beside.into_iter().map(|beside| {
        let texts: Vec<String> = beside.said.into_iter().chain(named.clone()).collect();
        Table::new(beside.layout, beside.columns, &texts, &learnt, context)
    });
    let mut reader = SheetReader::new(origin, context, (table, others.collect()), &titles, sink, report);
    reader.tell_unread(header_row, &unread);
    reader.announce_all(header_row);
    for row in data {
        reader.row(row)?;
    }
    if !ended {
        let mut row = Row::default();
        while rows.next(&mut row)? {
            joined.iter().for_each(|joined| joined.join(&mut row));
            row = reader.row(row)?;
        }
    }
    reader.tell_if_nobody(lines_before);
    report.sheets += 1;
    Ok(Outcome::Read(list))
}

/// Takes rows into the window while it is too short; whether the sheet ended.
fn look_on(rows: &mut dyn Rows, window: &mut Vec<Row>, is_short: impl Fn(&[Row]) -> bool) -> Result<bool, Unreadable> {
    while is_short(window) {
        let mut row = Row::default();
        if !rows.next(&mut row)? {
            return Ok(true);
        }
        window.push(row);
    }
    Ok(false)
}

/// Where the area and the day of a sheet may be stated.
fn texts<'t>(
    origin: &Origin<'t>,
    titles: &'t [String],
    context: &Context<'t>,
) -> impl Iterator<Item = &'t str> + Clone {
    origin.name.into_iter().chain(titles.iter().map(String::as_str)).chain([context.rel_path])
}

struct SheetReader<'a, 'v> {
    origin: &'a Origin<'a>,
    context: &'a Context<'v>,
    sink: &'a mut dyn Sink,
    report: &'a mut FileReport,
    table: Table<'v>,
    /// Other tables on the same rows.
    others: Vec<Table<'v>>,
    /// Where lines belong that do not say otherwise.
    area: Area,
    hash: LineHash,
    /// Whether the line is of several people, and the death it may tell of is another's.
    is_spared: bool,
    /// The first row that was taken for no line though something stands in it.
    passed: Option<u32>,
}

impl<'a, 'v> SheetReader<'a, 'v> {
    fn new(
        origin: &'a Origin<'a>,
        context: &'a Context<'v>,
        (table, others): (Table<'v>, Vec<Table<'v>>),
        titles: &[String],
        sink: &'a mut dyn Sink,
        report: &'a mut FileReport,
    ) -> Self {
        let texts = texts(origin, titles, context);
        let area = context.area.unwrap_or_else(|| area::stated(texts, context.node_area, context.places));
        let (hash, is_spared, passed) = (LineHash::default(), false, None);
        let mut reader = SheetReader { origin, context, sink, report, table, others, area, hash, is_spared, passed };
        reader.begin_segments();
        reader
    }

    /// Announces all tables under a header.
    fn announce_all(&mut self, header_row: u32) {
        self.announce(header_row);
        for at in 0..self.others.len() {
            self.change_to(at);
            self.announce(header_row);
            self.change_to(at);
        }
    }

    /// Takes up another table of the same rows, or puts it back.
    fn change_to(&mut self, at: usize) {
        std::mem::swap(&mut self.table, &mut self.others[at]);
    }

    /// Tells of columns beside a table that are not read.
    fn tell_unread(&mut self, row: u32, headers: &[String]) {
        for headers in headers {
            self.tell(row, RefusalCode::TableBeside, headers.chars().take(UNREAD_CHARS_MAX).collect());
        }
    }

    fn announce(&mut self, header_row: u32) {
        self.report.dropped_columns += self.table.layout.dropped;
        self.sink.sheet(&SheetHead {
            sheet: self.origin.name.map(str::to_owned),
            hidden: self.origin.hidden,
            list: self.table.layout.list,
            area: self.area,
            stated_on: self.table.reading.stated_on,
            header_row,
            recognised: self.table.layout.recognised.clone(),
            dropped: self.table.layout.dropped,
            unknown: self.table.layout.unknown.iter().map(|(_, header)| header.clone()).collect(),
        });
    }

    /// Reads one row and gives back a buffer for the next.
    fn row(&mut self, row: Row) -> Result<Row, Unreadable> {
        if self.others.is_empty() && self.table.columns.end == usize::MAX {
            return self.people(row);
        }
        self.people(row.within(&self.table.columns))?;
        for at in 0..self.others.len() {
            let part = row.within(&self.others[at].columns);
            self.change_to(at);
            let read = self.people(part);
            self.change_to(at);
            read?;
        }
        Ok(row)
    }

    /// Reads the people of one row of a table.
    fn people(&mut self, row: Row) -> Result<Row, Unreadable> {
        if self.table.layout.blocks.is_none() {
            return self.one(row);
        }
        let people = self.table.people(&row, self.context);
        if people.is_empty() || kind(&row, &self.table.layout, self.context.vocabulary) == Kind::Header {
            return self.one(row);
        }
        for Part { at, row, is_spared } in people {
            self.is_spared = is_spared;
            self.table.turn_to(at);
            let read = self.one(row);
            self.table.turn_to(at);
            self.is_spared = false;
            read?;
        }
        Ok(row)
    }

    /// Reads a row on which one person stands.
    fn one(&mut self, mut row: Row) -> Result<Row, Unreadable> {
        match kind(&row, &self.table.layout, self.context.vocabulary) {
            Kind::Blank | Kind::Trailer => return Ok(row),
            Kind::Beside => {
                self.passed.get_or_insert(row.number);
                return Ok(row);
            }
            Kind::Header => {
                self.header_again(&row);
                return Ok(row);
            }
            Kind::Title(text) => {
                self.title(&text, row.number);
                return Ok(row);
            }
            Kind::Total { whole, stated } => {
                if let Some((stated, counted)) = self.table.counts.compare(whole, stated) {
                    let (sheet, list) = (self.origin.name.map(str::to_owned), self.table.layout.list);
                    self.sink.total(Total { sheet, row: row.number, area: self.area, list, stated, counted });
                }
                return Ok(row);
            }
            Kind::Line => {}
        }
        self.table.counts.line();
        self.report.lines += 1;
        let is_spared = self.is_spared;
        self.is_spared |= self.is_death_of_several(&row);
        let shared = |(field, _): &&(Field, usize)| is_shared(*field);
        row.take_from_above(|at| self.table.layout.kept.iter().filter(shared).any(|(_, column)| *column == at));
        let relation = self.table.layout.columns(Field::Relation).first().map(|column| row.cell(*column));
        let is_head = relation.and_then(|cell| self.table.cleaner.relation_of(cell)).map(|code| matches!(code, 1 | 2));
        self.table.fill.fill(&row, &self.table.layout, is_head, self.context.vocabulary);
        let (node, places, words) = (self.context.node_area, self.context.places, self.context.vocabulary);
        let own = self.table.line_area.of(&row, &self.table.layout, (node, self.area), places, words);
        let area = if self.context.area.is_some() { self.area } else { area::narrowed(own, self.area) };
        if let Some(code) = self.table.line_area.cut_code()
            && area.level() != Level::Village
        {
            self.report.notes.note(RefusalCode::AreaDamaged, &code, self.origin.name, row.number);
        }
        if !self.context.node_area.contains(area) {
            self.refuse(&row, RefusalCode::AreaOutside, area.to_string());
        } else {
            self.line(&row, area);
        }
        self.is_spared = is_spared;
        Ok(self.table.fill.swap(row))
    }

    /// Whether a cell merged over several people tells a death: it is of one of them.
    fn is_death_of_several(&mut self, row: &Row) -> bool {
        let Table { layout, cleaner, .. } = &mut self.table;
        let is_persons = row.above().iter().any(|(column, _)| layout.columns(Field::Name).contains(column));
        !is_persons
            && row.above().iter().any(|(at, text)| {
                let mut fields = layout.kept.iter().filter(|(_, column)| column == at);
                fields.any(|(field, _)| cleaner.tells_own_death(*field, text))
            })
    }

    fn line(&mut self, row: &Row, area: Area) {
        // Also of a line that is held already: what is told of a file is told anew with each reading.
        let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
        if let Some(word) = self.table.cleaner.unknown_state(view) {
            self.report.notes.note(RefusalCode::UnknownState, &word, self.origin.name, row.number);
        }
        // Who else stands on the line decides whose death it tells.
        let seed = self.table.seed ^ u64::from(self.is_spared);
        let raw = self.hash.of(view, area, &mut self.table.cleaner, seed);
        let list = self.table.layout.list;
        if self.sink.known(list, raw) {
            self.report.known += 1;
            if (self.is_spared || self.table.cleaner.may_doubt(view))
                && let (Some(record), noticed) = self.table.cleaner.record(view, area)
            {
                self.tell_doubt(row, noticed.doubt);
                if self.is_spared {
                    self.spared(record, row.number);
                }
            }
            return self.sink.line(Line { area, list, row: row.number, raw, record: None });
        }
        let view = View { row, layout: &self.table.layout, filled: self.table.fill.filled() };
        let (record, noticed) = self.table.cleaner.record(view, area);
        self.report.unread_cells += noticed.unread;
        self.report.error_cells += noticed.errors;
        match record {
            Some(record) => {
                self.tell_doubt(row, noticed.doubt);
                let record = if self.is_spared { self.spared(record, row.number) } else { record };
                self.sink.line(Line { area, list, row: row.number, raw, record: Some(record) });
            }
            None => {
                let id = id_number(view.cell(Field::Id)).map(|id| id.masked()).unwrap_or_default();
                let are_several = view.text(Field::Name).is_some_and(|name| are_names(&name));
                let code = if are_several { RefusalCode::SeveralNames } else { RefusalCode::NoName };
                self.refuse(row, code, id);
            }
        }
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

    fn refuse(&mut self, row: &Row, code: RefusalCode, mut detail: String) {
        if code == RefusalCode::AreaOutside
            && let Some(column) = self.table.layout.columns(Field::Name).first()
        {
            detail = format!("{} {detail}", mask::name(&row.cell(*column).to_text()));
        }
        self.tell(row.number, code, detail);
    }

    fn tell(&mut self, row: u32, code: RefusalCode, detail: String) {
        self.report.refused += 1;
        self.sink.refused(Refusal { sheet: self.origin.name.map(str::to_owned), row: Some(row), code, detail });
    }

    /// A second header in the same sheet: of a printed page, or of another table below the first.
    fn header_again(&mut self, row: &Row) {
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

    /// A line of text between the lines: the title of a village begins that village's part of the sheet, and of
    /// whatever else may be said of a part (死亡人员, A类) that part.
    fn title(&mut self, text: &str, row: u32) {
        if self.context.area.is_none() {
            self.area_of_title(text);
        }
        let (list, vocabulary) = (self.table.layout.list, self.context.vocabulary);
        if are_two_ends(text, vocabulary.of(list), vocabulary) {
            self.report.notes.note(RefusalCode::DoubtfulEnd, text, self.origin.name, row);
        }
        if let Some(said) = band::of_title(text, vocabulary.of(list), vocabulary) {
            self.table.say(said, self.area, self.context);
        } else if let Some(group) = Some(fold_word(text)).filter(|text| is_group(text)) {
            self.table.begin_group(group, self.area, self.context);
        }
    }

    fn area_of_title(&mut self, text: &str) {
        // The county's own heading above a village's page says nothing new.
        let (node, places) = (self.context.node_area, self.context.places);
        // 200村 is one of the township whose sheet this is.
        let here = if self.area.level() == Level::County { node } else { self.area.township() };
        let named = area::named([text].into_iter(), node, places);
        let named = named.or_else(|| area::named([text].into_iter(), here, places));
        if let Some(area) = named.filter(|area| !area.contains(self.area)) {
            self.area = area;
            // Another village's part is not that of the dead of the one above.
            self.table.begin_village(self.area, self.context);
            self.begin_segments();
            self.announce_all(0);
        }
    }

    /// A sheet with a header, and with rows below it none of which is a person's, is read wrongly or filled in wrongly.
    fn tell_if_nobody(&mut self, lines_before: u64) {
        if let Some(number) = self.passed.filter(|_| self.report.lines == lines_before) {
            self.tell(number, RefusalCode::NoLines, String::new());
        }
    }

    fn begin_segments(&mut self) {
        let fingerprint = self.context.vocabulary.fingerprint();
        for table in std::iter::once(&mut self.table).chain(&mut self.others) {
            table.begin_segment(self.area, fingerprint);
        }
    }
}
