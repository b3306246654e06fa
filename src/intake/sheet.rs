//! One sheet from its first row to its last: header, lines, totals, trailers.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::{Area, IdState, mask};

use super::area;
use super::clean::record::{Cleaner, Filled, Reading, View, id_number};
use super::clean::words::{SexEvidence, sex_digit};
use super::field::Field;
use super::lines::{Kind, kind};
use super::recognise::{self, Found, HEADER_ROWS_MAX, Layout, Support};
use super::report::{FileReport, Line, Refusal, RefusalCode, SheetHead, Sink, Total, Unreadable};
use super::row::{Cell, Row, Rows};
use super::vocabulary::fold_word;
use super::{Context, totals::Counts};

/// Lines looked at before the first is read, to learn what the digits of a sex column mean.
const LEARNING_ROWS_MAX: usize = 200;
/// Between two cells of a hashed line.
const SEPARATOR: u8 = 0x1f;

/// What is known of a sheet before it is opened.
pub struct Origin<'a> {
    pub name: Option<&'a str>,
    /// Folder and file name, for support and area.
    pub support: Support,
}

/// How one sheet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Read,
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
    let mut ended = false;
    while filled(&window) < HEADER_ROWS_MAX && window.len() < LEARNING_ROWS_MAX {
        let mut row = Row::default();
        if !rows.next(&mut row)? {
            ended = true;
            break;
        }
        window.push(row);
    }
    if filled(&window) == 0 {
        return Ok(Outcome::Empty);
    }
    let Some(Found { first, depth, layout }) =
        recognise::find(&window, &origin.support, context.list, context.vocabulary)
    else {
        return Ok(Outcome::NoHeader);
    };
    let Some(layout) = layout else { return Ok(Outcome::NoList) };
    while !ended && window.len() < first + depth + LEARNING_ROWS_MAX {
        let mut row = Row::default();
        if !rows.next(&mut row)? {
            ended = true;
            break;
        }
        window.push(row);
    }
    let titles: Vec<String> =
        window[..first].iter().flat_map(|row| row.cells().map(Cell::to_text)).filter(|text| !text.is_empty()).collect();
    let data = window.split_off(first + depth);
    let reading = Reading {
        digits: learn_sex(&layout, &data),
        typed: rows.typed(),
        epoch_1904: rows.epoch_1904(),
        today: context.today,
    };
    let header_row = window[first].number;
    let mut reader = SheetReader::new(origin, context, layout, reading, &titles, sink, report);
    reader.announce(header_row);
    for row in data {
        reader.row(row)?;
    }
    if !ended {
        let mut row = Row::default();
        while rows.next(&mut row)? {
            row = reader.row(row)?;
        }
    }
    reader.finish();
    Ok(Outcome::Read)
}

fn learn_sex(layout: &Layout, data: &[Row]) -> super::clean::words::SexDigits {
    let mut evidence = SexEvidence::default();
    let (Some(sex), Some(id)) = (layout.columns(Field::Sex).first(), layout.columns(Field::Id).first()) else {
        return evidence.digits();
    };
    for row in data {
        if let Some(digit) = sex_digit(row.cell(*sex))
            && let Some(by_number) =
                id_number(row.cell(*id)).filter(|id| id.state() == IdState::Valid).and_then(|id| id.sex())
        {
            evidence.add(digit, by_number);
        }
    }
    evidence.digits()
}

struct SheetReader<'a, 'v> {
    origin: &'a Origin<'a>,
    context: &'a Context<'v>,
    sink: &'a mut dyn Sink,
    report: &'a mut FileReport,
    layout: Layout,
    reading: Reading,
    cleaner: Cleaner<'v>,
    /// Where lines belong that do not say otherwise.
    area: Area,
    stated_on: Option<crate::domain::Date>,
    seed: u64,
    filled: Filled,
    household: Carried,
    previous: Row,
    /// Ditto marks resolved in the row before, by column.
    dittos: Vec<(usize, u32, String)>,
    bytes: Vec<u8>,
    last_area: Option<(String, Option<Area>)>,
    counts: Counts,
    text: String,
}

/// What the lines of one household share and only its first line says.
#[derive(Debug, Default)]
struct Carried {
    household: String,
    record_no: String,
    head: String,
}

impl<'a, 'v> SheetReader<'a, 'v> {
    fn new(
        origin: &'a Origin<'a>,
        context: &'a Context<'v>,
        layout: Layout,
        reading: Reading,
        titles: &[String],
        sink: &'a mut dyn Sink,
        report: &'a mut FileReport,
    ) -> Self {
        let texts = || origin.name.into_iter().chain(titles.iter().map(String::as_str)).chain([context.rel_path]);
        let area = context.area.unwrap_or_else(|| area::stated(texts(), context.node_area));
        let stated_on = area::stated_on(texts(), context.today);
        let cleaner = Cleaner::new(context.vocabulary, &layout, reading);
        let mut reader = SheetReader {
            origin,
            context,
            sink,
            report,
            layout,
            reading,
            cleaner,
            area,
            stated_on,
            seed: 0,
            filled: Filled::default(),
            household: Carried::default(),
            previous: Row::default(),
            dittos: Vec::new(),
            bytes: Vec::new(),
            last_area: None,
            counts: Counts::default(),
            text: String::new(),
        };
        reader.seed = reader.seed();
        reader
    }

    /// All that decides how a line is read, beside its text.
    fn seed(&self) -> u64 {
        let mut bytes = vec![
            self.layout.list as u8,
            u8::from(self.layout.head_is_person),
            u8::from(self.reading.typed),
            u8::from(self.reading.epoch_1904),
        ];
        bytes.extend(self.layout.kept.iter().map(|(field, _)| *field as u8));
        bytes.extend(
            [self.reading.digits.zero, self.reading.digits.one, self.reading.digits.two]
                .map(|sex| sex.map_or(0, |sex| 1 + sex as u8)),
        );
        bytes.push(self.layout.default_flow.map_or(0, |flow| 1 + flow as u8));
        bytes.extend(self.area.padded().to_le_bytes());
        xxh3_64_with_seed(&bytes, self.context.vocabulary.fingerprint())
    }

    fn announce(&mut self, header_row: u32) {
        self.report.dropped_columns += self.layout.dropped;
        self.sink.sheet(&SheetHead {
            sheet: self.origin.name.map(str::to_owned),
            list: self.layout.list,
            area: self.area,
            stated_on: self.stated_on,
            header_row,
            recognised: self.layout.recognised.clone(),
            dropped: self.layout.dropped,
            unknown: self.layout.unknown.clone(),
        });
    }

    /// Reads one row and gives back a buffer for the next.
    fn row(&mut self, row: Row) -> Result<Row, Unreadable> {
        match kind(&row, &self.layout, self.context.vocabulary) {
            Kind::Blank | Kind::Trailer => return Ok(row),
            Kind::Header => {
                self.header_again(&row);
                return Ok(row);
            }
            Kind::Title(text) => {
                self.title(&text);
                return Ok(row);
            }
            Kind::Total { whole, stated } => {
                if let Some((stated, counted)) = self.counts.compare(whole, stated) {
                    let (sheet, list) = (self.origin.name.map(str::to_owned), self.layout.list);
                    self.sink.total(Total { sheet, row: row.number, area: self.area, list, stated, counted });
                }
                return Ok(row);
            }
            Kind::Line => {}
        }
        self.counts.line();
        self.report.lines += 1;
        self.fill_down(&row);
        let own = if self.layout.has(Field::Area) { self.area_of(&row) } else { None };
        let area = if self.context.area.is_some() { self.area } else { area::narrowed(own, self.area) };
        if !self.context.node_area.contains(area) {
            self.refuse(&row, RefusalCode::AreaOutside, area.to_string());
        } else {
            self.line(&row, area);
        }
        Ok(std::mem::replace(&mut self.previous, row))
    }

    fn line(&mut self, row: &Row, area: Area) {
        let raw = self.raw(row);
        let list = self.layout.list;
        if self.sink.known(list, raw) {
            self.report.known += 1;
            return self.sink.line(Line { area, list, row: row.number, raw, record: None });
        }
        let view = View { row, layout: &self.layout, filled: &self.filled };
        let (record, noticed) = self.cleaner.record(view, area);
        self.report.unread_cells += noticed.unread;
        self.report.error_cells += noticed.errors;
        match record {
            Some(record) => self.sink.line(Line { area, list, row: row.number, raw, record: Some(record) }),
            None => {
                let id = id_number(view.cell(Field::Id)).map(|id| id.masked()).unwrap_or_default();
                self.refuse(row, RefusalCode::NoName, id);
            }
        }
    }

    fn refuse(&mut self, row: &Row, code: RefusalCode, mut detail: String) {
        if code == RefusalCode::AreaOutside
            && let Some(column) = self.layout.columns(Field::Name).first()
        {
            detail = format!("{} {detail}", mask::name(&row.cell(*column).to_text()));
        }
        self.report.refused += 1;
        self.sink.refused(Refusal { sheet: self.origin.name.map(str::to_owned), row: Some(row.number), code, detail });
    }

    /// The text under the kept columns, in the order of the fields, so that columns may change places.
    fn raw(&mut self, row: &Row) -> u64 {
        self.bytes.clear();
        let mut field_before = None;
        for (field, column) in &self.layout.kept {
            if field_before != Some(*field)
                && let Some(value) = self.filled.get(*field)
            {
                self.bytes.extend_from_slice(value.as_bytes());
            } else {
                match row.cell(*column) {
                    Cell::Empty => {}
                    Cell::Text(text) => self.bytes.extend_from_slice(text.as_bytes()),
                    Cell::Error => self.bytes.push(0),
                    // Typed apart from text: a number cell of 18 digits is damaged, the same text is not.
                    Cell::Number(value) => {
                        self.bytes.push(1);
                        self.bytes.extend_from_slice(&value.to_le_bytes());
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
        xxh3_64_with_seed(&self.bytes, self.seed)
    }

    fn area_of(&mut self, row: &Row) -> Option<Area> {
        // The deepest area that any of the columns (乡镇, 村, 区划代码) names.
        let mut found: Option<Area> = None;
        for column in self.layout.columns(Field::Area) {
            let own = match row.cell(*column) {
                Cell::Empty | Cell::Error | Cell::Date(_) => None,
                Cell::Text(text) => match &self.last_area {
                    Some((last, area)) if last == text => *area,
                    _ => {
                        let area = area::of_cell(text);
                        self.last_area = Some((text.to_owned(), area));
                        area
                    }
                },
                cell => area::of_cell(&cell.to_text()),
            };
            found = match (found, own) {
                (Some(before), Some(own)) if before.contains(own) => Some(own),
                (before, own) => before.or(own),
            };
        }
        found
    }

    /// Resolves ditto marks and fills down what a household's first line says for all (DOMAIN.md 6 rows 9, 14).
    fn fill_down(&mut self, row: &Row) {
        self.filled.clear();
        self.resolve_dittos(row);
        let is_head = match self.layout.columns(Field::Relation).first() {
            Some(column) => self.cleaner.relation_of(row.cell(*column)).map(|code| matches!(code, 1 | 2)),
            None => None,
        };
        let by_certificate = self.layout.list == crate::domain::List::Dibao;
        let mut new_household = false;
        for field in [Field::Household, Field::RecordNo] {
            if !self.layout.has(field) || (field == Field::RecordNo && !by_certificate) {
                continue;
            }
            self.text.clear();
            View { row, layout: &self.layout, filled: &self.filled }.cell(field).write_to(&mut self.text);
            let carried =
                if field == Field::Household { &mut self.household.household } else { &mut self.household.record_no };
            if !self.text.is_empty() {
                new_household |= *carried != self.text;
                carried.clone_from(&self.text);
            } else if is_head != Some(true) && !carried.is_empty() {
                self.filled.set(field, carried);
            }
        }
        if new_household {
            self.household.head.clear();
        }
        if !self.layout.has(Field::Head) || self.layout.head_is_person {
            return;
        }
        View { row, layout: &self.layout, filled: &self.filled }.cell(Field::Head).write_to(&mut self.text);
        let name = self.layout.columns(Field::Name).first().map(|column| row.cell(*column));
        if !self.text.is_empty() {
            self.household.head.clone_from(&self.text);
            // The head's own line names them only as head (DOMAIN.md 5, dibao shape c).
            if name == Some(Cell::Empty) {
                self.filled.set(Field::Name, &self.text);
            }
        } else if is_head == Some(true) {
            name.unwrap_or(Cell::Empty).write_to(&mut self.household.head);
        } else if !self.household.head.is_empty() {
            self.filled.set(Field::Head, &self.household.head);
        }
    }

    fn resolve_dittos(&mut self, row: &Row) {
        for (field, column) in &self.layout.kept {
            let Cell::Text(text) = row.cell(*column) else { continue };
            // Nobody shares a name, a number or a birth with the line above.
            if text.len() > 6 || matches!(field, Field::Name | Field::Id | Field::Birth) {
                continue;
            }
            if !self.context.vocabulary.ditto.iter().any(|ditto| ditto == text) {
                continue;
            }
            let above = self.dittos.iter().find(|(at, number, _)| at == column && *number == self.previous.number);
            let value = above.map_or_else(|| self.previous.cell(*column).to_text(), |(_, _, value)| value.clone());
            self.filled.set(*field, &value);
            self.dittos.retain(|(at, ..)| at != column);
            self.dittos.push((*column, row.number, value));
        }
    }

    /// A second header in the same sheet: of a printed page, or of another table below the first.
    fn header_again(&mut self, row: &Row) {
        let window = std::slice::from_ref(row);
        let found = recognise::find(window, &self.origin.support, Some(self.layout.list), self.context.vocabulary);
        if let Some(layout) = found.and_then(|found| found.layout)
            && !layout.same_columns(&self.layout)
        {
            self.cleaner = Cleaner::new(self.context.vocabulary, &layout, self.reading);
            self.layout = layout;
            self.begin_segment();
            self.announce(row.number);
        }
    }

    /// A line of text between the lines: a village's title begins that village's part of the sheet.
    fn title(&mut self, text: &str) {
        if self.context.area.is_some() {
            return;
        }
        let area = area::stated([text].into_iter(), self.context.node_area);
        let named = area::of_cell(&fold_word(text)).is_some() || area != self.context.node_area;
        if named && area != self.area {
            self.area = area;
            self.begin_segment();
            self.announce(0);
        }
    }

    fn begin_segment(&mut self) {
        self.seed = self.seed();
        self.household = Carried::default();
        self.dittos.clear();
    }

    fn finish(&mut self) {
        self.report.sheets += 1;
    }
}
