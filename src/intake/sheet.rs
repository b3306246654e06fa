//! One sheet from its first row to its last: header, lines, totals, trailers.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::{Area, Level, List, mask};

use super::area;
use super::band::{self, Said};
use super::clean::number::id_number;
use super::clean::record::{Cleaner, Reading};
use super::clean::view::View;
use super::content;
use super::field::Field;
use super::fill::FillDown;
use super::layout::Layout;
use super::line_area::LineArea;
use super::line_hash::LineHash;
use super::lines::{Kind, kind};
use super::merged::is_shared;
use super::recognise::{self, Found, HEADER_ROWS_MAX, Support};
use super::report::{FileReport, Line, Refusal, RefusalCode, SheetHead, Sink, Total, Unreadable};
use super::row::{Cell, Row, Rows};
use super::{Context, totals::Counts};

/// Lines looked at before the first is read, to learn what the digits of a sex column mean.
const LEARNING_ROWS_MAX: usize = 200;

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
    let Some(mut layout) = layout else { return Ok(Outcome::NoList) };
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
    let parts = layout.blocks.map(|blocks| data.iter().flat_map(|row| blocks.parts(row)).collect::<Vec<Row>>());
    let lines = parts.as_deref().unwrap_or(&data);
    content::adopt(&mut layout, lines, context.vocabulary);
    let reading = Reading {
        digits: content::sex_digits(&layout, lines),
        damaged_tails: content::lost_tails(&layout, lines),
        order: content::date_order(&layout, lines),
        typed: rows.typed(),
        epoch_1904: rows.epoch_1904(),
        today: context.today,
        stated_on: area::stated_on(texts(origin, &titles, context), context.today),
        said: origin.name.map_or(Said::default(), |name| {
            band::of_sheet(name, context.vocabulary.of(layout.list), context.vocabulary)
        }),
    };
    let (header_row, list) = (window[first].number, layout.list);
    let line_area = LineArea::new(&layout, lines);
    let lines_before = report.lines;
    let mut reader = SheetReader::new(origin, context, layout, (reading, line_area), &titles, sink, report);
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
    reader.tell_if_nobody(lines_before);
    report.sheets += 1;
    Ok(Outcome::Read(list))
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
    layout: Layout,
    reading: Reading,
    /// What the sheet's name says of all its lines.
    said: Said,
    cleaner: Cleaner<'v>,
    /// Where lines belong that do not say otherwise.
    area: Area,
    seed: u64,
    fill: FillDown,
    hash: LineHash,
    line_area: LineArea,
    /// Of the blocks beside the first.
    beside: Vec<(FillDown, LineArea)>,
    counts: Counts,
    /// The first row that was taken for no line though something stands in it.
    passed: Option<u32>,
}

impl<'a, 'v> SheetReader<'a, 'v> {
    fn new(
        origin: &'a Origin<'a>,
        context: &'a Context<'v>,
        layout: Layout,
        (reading, line_area): (Reading, LineArea),
        titles: &[String],
        sink: &'a mut dyn Sink,
        report: &'a mut FileReport,
    ) -> Self {
        let texts = texts(origin, titles, context);
        let area = context.area.unwrap_or_else(|| area::stated(texts, context.node_area, context.places));
        let cleaner = Cleaner::new(context.vocabulary, &layout, reading);
        let mut reader = SheetReader {
            origin,
            context,
            sink,
            report,
            layout,
            said: reading.said,
            reading,
            cleaner,
            area,
            seed: 0,
            fill: FillDown::default(),
            hash: LineHash::default(),
            line_area,
            beside: Vec::new(),
            counts: Counts::default(),
            passed: None,
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
            u8::from(self.reading.damaged_tails),
            self.reading.order.day_first.map_or(0, |first| 1 + u8::from(first)),
            u8::from(self.reading.order.short_year_last),
        ];
        bytes.extend(self.layout.kept.iter().map(|(field, _)| *field as u8));
        bytes.extend(
            [self.reading.digits.zero, self.reading.digits.one, self.reading.digits.two]
                .map(|sex| sex.map_or(0, |sex| 1 + sex as u8)),
        );
        bytes.extend(self.reading.said.or(self.layout.said).bytes());
        bytes.extend(self.area.padded().to_le_bytes());
        xxh3_64_with_seed(&bytes, self.context.vocabulary.fingerprint())
    }

    fn announce(&mut self, header_row: u32) {
        self.report.dropped_columns += self.layout.dropped;
        self.sink.sheet(&SheetHead {
            sheet: self.origin.name.map(str::to_owned),
            hidden: self.origin.hidden,
            list: self.layout.list,
            area: self.area,
            stated_on: self.reading.stated_on,
            header_row,
            recognised: self.layout.recognised.clone(),
            dropped: self.layout.dropped,
            unknown: self.layout.unknown.iter().map(|(_, header)| header.clone()).collect(),
        });
    }

    /// Reads one row and gives back a buffer for the next.
    fn row(&mut self, row: Row) -> Result<Row, Unreadable> {
        let Some(blocks) = self.layout.blocks else { return self.one(row) };
        let parts: Vec<(usize, Row)> =
            (0..blocks.count).filter_map(|block| Some((block, blocks.part(&row, block)?))).collect();
        if parts.is_empty() || kind(&row, &self.layout, self.context.vocabulary) == Kind::Header {
            return self.one(row);
        }
        self.beside.resize_with(blocks.count - 1, || (FillDown::default(), self.line_area.clone()));
        for (block, part) in parts {
            // Each block goes on with the households and villages above it, not with those beside it.
            self.turn_to(block);
            let read = self.one(part);
            self.turn_to(block);
            read?;
        }
        Ok(row)
    }

    /// Takes up what stands above in a block, or puts it back.
    fn turn_to(&mut self, block: usize) {
        if let Some((fill, line_area)) = block.checked_sub(1).and_then(|at| self.beside.get_mut(at)) {
            std::mem::swap(&mut self.fill, fill);
            std::mem::swap(&mut self.line_area, line_area);
        }
    }

    /// Reads a row on which one person stands.
    fn one(&mut self, mut row: Row) -> Result<Row, Unreadable> {
        match kind(&row, &self.layout, self.context.vocabulary) {
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
        let shared = |(field, _): &&(Field, usize)| is_shared(*field);
        row.take_from_above(|at| self.layout.kept.iter().filter(shared).any(|(_, column)| *column == at));
        let relation = self.layout.columns(Field::Relation).first().map(|column| row.cell(*column));
        let is_head = relation.and_then(|cell| self.cleaner.relation_of(cell)).map(|code| matches!(code, 1 | 2));
        self.fill.fill(&row, &self.layout, is_head, self.context.vocabulary);
        let (node, places, words) = (self.context.node_area, self.context.places, self.context.vocabulary);
        let own = self.line_area.of(&row, &self.layout, (node, self.area), places, words);
        let area = if self.context.area.is_some() { self.area } else { area::narrowed(own, self.area) };
        if let Some(code) = self.line_area.cut_code()
            && area.level() != Level::Village
        {
            self.report.notes.note(RefusalCode::AreaDamaged, &code, self.origin.name, row.number);
        }
        if !self.context.node_area.contains(area) {
            self.refuse(&row, RefusalCode::AreaOutside, area.to_string());
        } else {
            self.line(&row, area);
        }
        Ok(self.fill.swap(row))
    }

    fn line(&mut self, row: &Row, area: Area) {
        // Also of a line that is held already: what is told of a file is told anew with each reading.
        let view = View { row, layout: &self.layout, filled: self.fill.filled() };
        if let Some(word) = self.cleaner.unknown_state(view) {
            self.report.notes.note(RefusalCode::UnknownState, &word, self.origin.name, row.number);
        }
        let raw = self.hash.of(view, area, &mut self.cleaner, self.seed);
        let list = self.layout.list;
        if self.sink.known(list, raw) {
            self.report.known += 1;
            return self.sink.line(Line { area, list, row: row.number, raw, record: None });
        }
        let view = View { row, layout: &self.layout, filled: self.fill.filled() };
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

    /// A second header in the same sheet: of a printed page, or of another table below the first.
    fn header_again(&mut self, row: &Row) {
        if self.layout.is_repeated_by(row) {
            if !self.layout.is_whole_in(row) {
                self.passed.get_or_insert(row.number);
            }
            return;
        }
        let find =
            |list| recognise::find(std::slice::from_ref(row), &self.origin.support, list, self.context.vocabulary);
        let layout = find(self.context.list).and_then(|found| found.layout);
        let layout = layout.or_else(|| find(Some(self.layout.list)).and_then(|found| found.layout));
        if let Some(layout) = layout.filter(|layout| !layout.same_columns(&self.layout)) {
            self.cleaner = Cleaner::new(self.context.vocabulary, &layout, self.reading);
            self.layout = layout;
            self.begin_segment();
            self.announce(row.number);
        }
    }

    /// A line of text between the lines: the title of a village begins that village's part of the sheet, and of
    /// whatever else may be said of a part (死亡人员, A类) that part.
    fn title(&mut self, text: &str) {
        if self.context.area.is_none() {
            self.area_of_title(text);
        }
        let (list, vocabulary) = (self.layout.list, self.context.vocabulary);
        if let Some(said) = band::of_title(text, vocabulary.of(list), vocabulary) {
            self.say(said);
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
            self.say(Said::default());
            self.begin_segment();
            self.announce(0);
        }
    }

    /// Takes what is said of the lines below, and goes back to what the whole sheet says for the rest.
    fn say(&mut self, said: Said) {
        let said = said.or(self.said);
        if said != self.reading.said {
            self.reading.said = said;
            self.cleaner = Cleaner::new(self.context.vocabulary, &self.layout, self.reading);
            self.begin_segment();
        }
    }

    /// A sheet with a header, and with rows below it none of which is a person's, is read wrongly or filled in wrongly.
    fn tell_if_nobody(&mut self, lines_before: u64) {
        if let Some(number) = self.passed.filter(|_| self.report.lines == lines_before) {
            let (sheet, code) = (self.origin.name.map(str::to_owned), RefusalCode::NoLines);
            self.report.refused += 1;
            self.sink.refused(Refusal { sheet, row: Some(number), code, detail: String::new() });
        }
    }

    fn begin_segment(&mut self) {
        self.seed = self.seed();
        self.fill = FillDown::default();
        self.beside.clear();
    }
}
