//! One sheet from its first row to its last: header, lines, totals, trailers.

mod again;
pub mod counted;
pub mod fill;
mod line;
pub mod line_area;
pub mod line_hash;
pub mod lines;
pub mod merged;
pub mod repeats;
pub mod sheets;
pub mod table;
mod template;
mod title;
pub mod totals;
pub mod undated;
pub mod unread;

use std::ops::Range;

use crate::domain::{Area, Level, List, mask};

use super::Context;
use super::recognise::{self, Found, HEADER_ROWS_MAX, Support};
use super::report::{FileReport, Refusal, RefusalCode, SheetHead, Sink, Total, Unreadable, UnreadableCode};
use crate::intake::container::row::{Cell, Row, Rows};
use crate::intake::labels::area;
use crate::intake::labels::named;
use crate::intake::labels::stated::{SheetTime, day_of_list};
use crate::intake::recognise::card::without_header;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;
use line_hash::LineHash;
use lines::{Kind, kind};
use merged::is_shared;
use table::{Learnt, Part, Table};

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
    /// The same: its headers stand one below the other.
    Card,
    /// The same: people stand in it, and nothing over them.
    Headless,
    /// A header of no list we can tell.
    NoList,
    /// The same, and called a list of people of whom it is not sure that they died.
    DoubtfulDeaths,
    /// A roster of another office.
    OtherRoster,
    /// Written by rosterd itself.
    OwnSheet,
    /// It only shows how to fill in a list.
    Template,
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
    if window.iter().any(|row| context.vocabulary.is_own_header(row)) {
        return Ok(Outcome::OwnSheet);
    }
    let Some(Found { first, depth, layout, columns, beside, joined, crowd, unread, is_foreign, is_doubtful }) =
        recognise::find(&window, &origin.support, context.list, context.vocabulary)
    else {
        return Ok(without_header(&window, context.vocabulary));
    };
    let Some(layout) = layout else {
        return Ok(match (is_foreign, is_doubtful) {
            (true, _) => Outcome::OtherRoster,
            (_, true) => Outcome::DoubtfulDeaths,
            _ => Outcome::NoList,
        });
    };
    ended = ended || look_on(rows, &mut window, |window| window.len() < first + depth + LEARNING_ROWS_MAX)?;
    let titles: Vec<String> =
        window[..first].iter().flat_map(|row| row.cells().map(Cell::to_text)).filter(|text| !text.is_empty()).collect();
    let mut data = window.split_off(first + depth);
    // Whether all of the row can be read.
    let lay_apart = |row: &mut Row| {
        joined.iter().for_each(|joined| joined.join(row));
        crowd.as_ref().is_none_or(|crowd| crowd.unfold(row, context.vocabulary))
    };
    let read_wholly: Vec<bool> = data.iter_mut().map(lay_apart).collect();
    // Whoever says which list it is has looked.
    let may_be_template =
        ended && context.list.is_none() && template::is_called(&origin.support.names, context.vocabulary);
    if may_be_template && template::is_empty(&data, &layout, context.vocabulary) {
        return Ok(Outcome::Template);
    }
    let (header_row, list, lines_before) = (window[first].number, layout.list, report.lines);
    let stated = SheetTime::of(texts(origin, &titles, context), context.today);
    let learnt = Learnt { data: &data, typed: rows.typed(), epoch_1904: rows.epoch_1904(), stated };
    let called = called(&window[..first], &columns, origin, context);
    let table = Table::new(layout, columns, &called, &learnt, context);
    let named: Vec<String> = origin.name.map(str::to_owned).into_iter().collect();
    let others = beside.into_iter().map(|beside| {
        let texts: Vec<String> = beside.said.into_iter().chain(named.clone()).collect();
        Table::new(beside.layout, beside.columns, &texts, &learnt, context)
    });
    let mut reader = SheetReader::new(origin, context, (table, others.collect()), &titles, sink, report);
    reader.tell_unread(header_row, &unread);
    reader.announce_all(header_row);
    reader.tell_unclear(&called, header_row);
    for (row, is_whole) in data.into_iter().zip(read_wholly) {
        reader.tell_crowded(&row, is_whole);
        reader.row(row)?;
    }
    if !ended {
        let mut row = Row::default();
        while rows.next(&mut row)? {
            let is_whole = lay_apart(&mut row);
            reader.tell_crowded(&row, is_whole);
            row = reader.row(row)?;
        }
    }
    reader.end()?;
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

/// What the people of a table are called: by the titles over it, its sheet, and its file where no sheet says it better.
fn called(above: &[Row], columns: &Range<usize>, origin: &Origin<'_>, context: &Context<'_>) -> Vec<String> {
    let cells = above.iter().flat_map(|row| row.cells().enumerate());
    let titles = cells.filter(|(column, _)| columns.contains(column)).map(|(_, cell)| cell.to_text());
    let titles = titles.filter(|title| named::is_title(&fold_word(title)));
    let sheet = origin.name.map(str::to_owned);
    let states = |name: &String| {
        let mut lists = context.vocabulary.lists().iter();
        lists.any(|list| list.status_inside.iter().any(|(word, _)| name.contains(word.as_str())))
    };
    let file = context.rel_path.rsplit('/').next().unwrap_or_default();
    let file = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
    let file = Some(file).filter(|_| !sheet.as_ref().is_some_and(states));
    titles.chain(sheet.clone()).chain(file).collect()
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
    /// Whether what stands above is a table of numbers: its totals are of that.
    is_counting: bool,
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
        let (hash, is_spared, is_counting, passed) = (LineHash::default(), false, false, None);
        let mut reader =
            SheetReader { origin, context, sink, report, table, others, area, hash, is_spared, is_counting, passed };
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

    /// Tells of a line of which some people could not be read out of the cell that names them.
    fn tell_crowded(&mut self, row: &Row, is_whole: bool) {
        if !is_whole && kind(row, &self.table.layout, self.context.vocabulary) == Kind::Line {
            self.tell(row.number, RefusalCode::SeveralNames, String::new());
        }
    }

    fn announce(&mut self, header_row: u32) {
        self.report.dropped_columns += self.table.layout.dropped;
        let Context { rel_path, saved, today, .. } = *self.context;
        self.sink.sheet(&SheetHead {
            sheet: self.origin.name.map(str::to_owned),
            hidden: self.origin.hidden,
            list: self.table.layout.list,
            area: self.area,
            stated_on: day_of_list(self.table.reading.stated.on, rel_path, saved, today),
            header_row,
            recognised: self.table.layout.recognised.clone(),
            dropped: self.table.layout.dropped,
            unknown: self.table.layout.unknown.iter().map(|(_, header)| header.clone()).collect(),
        });
    }

    /// The sheet ends, and the last household of each of its tables.
    fn end(&mut self) -> Result<(), Unreadable> {
        self.end_households()?;
        for at in 0..self.others.len() {
            self.change_to(at);
            let ended = self.end_households();
            self.change_to(at);
            ended?;
        }
        Ok(())
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
        let kind = kind(&row, &self.table.layout, self.context.vocabulary);
        self.is_counting &= !matches!(kind, Kind::Line | Kind::Header);
        match kind {
            Kind::Blank | Kind::Trailer => return Ok(row),
            Kind::Counts => {
                self.is_counting = true;
                return Ok(row);
            }
            Kind::Total { .. } if self.is_counting => return Ok(row),
            Kind::Beside => {
                self.passed.get_or_insert(row.number);
                return Ok(row);
            }
            Kind::Header => {
                self.end_households()?;
                self.header_again(&row);
                return Ok(row);
            }
            Kind::Title(text) => {
                self.end_households()?;
                self.title(&text, row.number);
                return Ok(row);
            }
            Kind::Total { whole, stated } => {
                if let Some((stated, counted)) = self.table.counts.compare(whole, stated) {
                    let (sheet, list) = (self.origin.name.map(str::to_owned), self.table.layout.list);
                    // A column may say whose the lines are where the sheet does not.
                    let (area, counted) = (counted.area().unwrap_or(self.area), counted.lines);
                    self.sink.total(Total { sheet, row: row.number, area, list, stated, counted });
                }
                return Ok(row);
            }
            // Half a line may be somebody else's name. Nor does anybody know whether more lines were to follow.
            Kind::Line if row.is_cut => {
                return Err(Unreadable::new(UnreadableCode::Truncated, "its last line breaks off"));
            }
            Kind::Line => {}
        }
        if !self.table.layout.of_head.is_empty() {
            let left = self.table.heads.next(&mut row, &self.table.layout, self.context.vocabulary);
            self.head_left(left)?;
        }
        self.person(row)
    }

    /// The end of the households above.
    fn end_households(&mut self) -> Result<(), Unreadable> {
        let left = self.table.heads.end();
        self.head_left(left)
    }

    /// Reads the line of a head who had none.
    fn head_left(&mut self, row: Option<Row>) -> Result<(), Unreadable> {
        let Some(row) = row else { return Ok(()) };
        let list = self.table.layout.list.as_str();
        self.report.notes.note(RefusalCode::HeadApart, list, self.origin.name, row.number);
        // What is told beside a member of a death is not the head's.
        let before = std::mem::replace(&mut self.is_spared, true);
        let read = self.person(row);
        self.is_spared = before;
        read.map(drop)
    }

    /// Reads the line of a person.
    fn person(&mut self, mut row: Row) -> Result<Row, Unreadable> {
        self.tell_deaths(&mut row);
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
        self.table.counts.line(area);
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
