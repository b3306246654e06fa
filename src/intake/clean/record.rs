//! One line: the cells under the recognised columns to a [`Record`].

use crate::domain::{Area, Date, Flow, IdNumber, IdState, List, PartialDate, Place, Reason, Record, Sex, Status};

use super::super::field::Field;
use super::super::recognise::Layout;
use super::super::row::{Cell, Row};
use super::super::vocabulary::{ListWords, Vocabulary};
use super::date::{self, DateHints};
use super::place;
use super::words::{self, Memo, SexDigits};

/// Places of precision in a spreadsheet's number cell (DOMAIN.md 6 row 3).
const EXACT_DIGITS: usize = 15;

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

    fn text(&self, field: Field) -> Option<String> {
        Some(self.cell(field).to_text()).filter(|text| !text.is_empty())
    }
}

/// What was noticed while cleaning one line.
#[derive(Debug, Default, Clone, Copy)]
pub struct Noticed {
    /// Filled cells that could not be read.
    pub unread: u64,
    /// Cells with an error value.
    pub errors: u64,
}

/// Cleans the lines of one sheet.
pub struct Cleaner<'v> {
    vocabulary: &'v Vocabulary,
    words: &'v ListWords,
    list: List,
    digits: SexDigits,
    dates: DateHints,
    default_flow: Option<Flow>,
    statuses: Memo<Option<Status>>,
    reasons: Memo<Option<Reason>>,
    relations: Memo<Option<u8>>,
    given: Memo<bool>,
    classes: Memo<Option<char>>,
    noticed: Noticed,
}

/// How the sheet is to be read, beside its columns.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub digits: SexDigits,
    pub typed: bool,
    pub epoch_1904: bool,
    pub today: Date,
}

impl<'v> Cleaner<'v> {
    pub fn new(vocabulary: &'v Vocabulary, layout: &Layout, reading: Reading) -> Cleaner<'v> {
        let Reading { digits, typed, epoch_1904, today } = reading;
        Cleaner {
            vocabulary,
            words: vocabulary.of(layout.list),
            list: layout.list,
            digits,
            dates: DateHints { typed, epoch_1904, today, birth: false, by_number: None },
            default_flow: layout.default_flow,
            statuses: Memo::default(),
            reasons: Memo::default(),
            relations: Memo::default(),
            given: Memo::default(),
            classes: Memo::default(),
            noticed: Noticed::default(),
        }
    }

    /// The record of a line in `area`, and what was noticed. `None` where nobody is named.
    pub fn record(&mut self, view: View<'_>, area: Area) -> (Option<Record>, Noticed) {
        self.noticed = Noticed::default();
        let errors = view.layout.kept.iter().filter(|(_, column)| view.row.cell(*column) == Cell::Error);
        self.noticed.errors = errors.count() as u64;
        let Some(name) = view.text(Field::Name) else { return (None, self.noticed) };
        let id_number = id_number(view.cell(Field::Id));
        let mut record = Record {
            name,
            sex: self.sex(view),
            birth: self.birth(view, id_number.as_ref()),
            id_number,
            since: self.date(view, Field::Since),
            reviewed: self.date(view, Field::Reviewed),
            seen: self.date(view, Field::Seen),
            household: code_text(view.cell(Field::Household)),
            head: view.text(Field::Head),
            relation: self.relation(view),
            spouse: self.named(view, Field::Spouse),
            record_no: code_text(view.cell(Field::RecordNo)),
            phone_tail: view.text(Field::Phone).and_then(|text| words::phone_tail(&text)),
            class: self.class(view),
            contact: self.given(view, Field::Contact),
            doctor: self.given(view, Field::Doctor),
            green: self.given(view, Field::Green),
            ..Record::default()
        };
        if let Some(text) = view.text(Field::Aid) {
            record.aid = self.read(words::aid(&text, self.words));
        }
        self.settle(view, area, &mut record);
        (Some(record), self.noticed)
    }

    /// Counts what is written and not understood.
    fn read<T>(&mut self, value: Option<T>) -> Option<T> {
        self.noticed.unread += u64::from(value.is_none());
        value
    }

    fn sex(&mut self, view: View<'_>) -> Option<Sex> {
        words::sex(view.cell(Field::Sex), self.digits, self.vocabulary).unwrap_or_else(|()| self.read(None))
    }

    fn date(&mut self, view: View<'_>, field: Field) -> Option<PartialDate> {
        date::read(view.cell(field), &self.dates, self.vocabulary).unwrap_or_else(|()| self.read(None))
    }

    fn birth(&mut self, view: View<'_>, id: Option<&IdNumber>) -> Option<PartialDate> {
        let hints = DateHints { birth: true, by_number: id.and_then(IdNumber::birth), ..self.dates };
        date::read(view.cell(Field::Birth), &hints, self.vocabulary).unwrap_or_else(|()| self.read(None))
    }

    pub fn relation_of(&mut self, cell: Cell<'_>) -> Option<u8> {
        let vocabulary = self.vocabulary;
        match cell {
            Cell::Text(text) => self.relations.get(text, |text| words::relation(Cell::Text(text), vocabulary)),
            cell => words::relation(cell, vocabulary),
        }
    }

    fn relation(&mut self, view: View<'_>) -> Option<u8> {
        let cell = view.cell(Field::Relation);
        if cell.is_empty() {
            return None;
        }
        let code = self.relation_of(cell);
        self.read(code)
    }

    fn class(&mut self, view: View<'_>) -> Option<char> {
        let (words, text) = (self.words, view.text(Field::Class)?);
        self.classes.get(&text, |text| words::class(text, words))
    }

    /// `None` where there is no such column, else whether any of its columns holds something.
    fn given(&mut self, view: View<'_>, field: Field) -> Option<bool> {
        let vocabulary = self.vocabulary;
        let columns = view.layout.columns(field);
        let mut is_given = |column: &usize| match view.row.cell(*column) {
            Cell::Text(text) => self.given.get(text, |text| words::is_given(Cell::Text(text), vocabulary)),
            cell => words::is_given(cell, vocabulary),
        };
        (!columns.is_empty()).then(|| columns.iter().any(&mut is_given))
    }

    fn named(&mut self, view: View<'_>, field: Field) -> Option<String> {
        let text = view.text(field)?;
        let vocabulary = self.vocabulary;
        self.given.get(&text, |text| words::is_given(Cell::Text(text), vocabulary)).then_some(text)
    }

    fn status_word(&mut self, view: View<'_>, field: Field) -> Option<Status> {
        let (words, text) = (self.words, view.text(field)?);
        let status = self.statuses.get(&text, |text| words::status(text, words));
        self.read(status)
    }

    /// Whether a flag column says yes.
    fn flag(&self, view: View<'_>, field: Field) -> bool {
        view.text(field).is_some_and(|text| words::is_yes(&text, self.vocabulary))
    }

    /// Status, reason, and all dates and places whose meaning depends on them (DOMAIN.md 5).
    fn settle(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        let vocabulary = self.vocabulary;
        record.died = self.date(view, Field::Died);
        record.moved_in = self.date(view, Field::MovedIn);
        record.moved_out = self.date(view, Field::MovedOut);
        record.moved_from = self.place(view, Field::MovedFrom, area);
        record.moved_to = self.place(view, Field::MovedTo, area);
        for (field, date, place) in [
            (Field::MovedInFrom, &mut record.moved_in, &mut record.moved_from),
            (Field::MovedOutTo, &mut record.moved_out, &mut record.moved_to),
        ] {
            if !view.cell(field).is_empty() {
                *date = date.or_else(|| date::read(view.cell(field), &self.dates, vocabulary).ok().flatten());
                *place = place.or_else(|| view.text(field).and_then(|text| place::read(&text, vocabulary)));
            }
        }
        let ended = self.date(view, Field::Ended);
        let reason =
            view.text(Field::Reason).and_then(|text| self.reasons.get(&text, |text| words::reason(text, vocabulary)));
        self.flow(view, area, record);
        record.status = self.status(view, record, ended, reason);
        match record.status {
            Status::Active => {}
            Status::Deceased => record.died = record.died.or(ended),
            Status::MovedOut => record.moved_out = record.moved_out.or(ended),
            Status::Closed | Status::Removed => record.ended = record.ended.or(ended),
        }
        if record.status != Status::Active {
            let told = || {
                view.text(Field::Status)
                    .and_then(|text| words::reason(&text, vocabulary))
                    .filter(|r| *r != Reason::Other)
            };
            record.reason = reason.or_else(told);
        }
        self.change(view, area, record);
    }

    /// What the line says of itself, in the order: status column, kind of change, flags, dates, reason.
    fn status(
        &mut self,
        view: View<'_>,
        record: &Record,
        ended: Option<PartialDate>,
        reason: Option<Reason>,
    ) -> Status {
        if self.list == List::Deaths {
            return Status::Deceased;
        }
        let stated = self.status_word(view, Field::Status);
        let stated = if stated.is_some() { stated } else { self.status_word(view, Field::ChangeKind) };
        let by_reason = match reason {
            Some(Reason::Died) => Status::Deceased,
            Some(Reason::Moved) => Status::MovedOut,
            _ if record.died.is_some() => Status::Deceased,
            _ if record.moved_out.is_some() => Status::MovedOut,
            _ => Status::Closed,
        };
        let over = ended.is_some_and(|date| date.first() <= self.dates.today);
        match stated {
            Some(Status::Closed) => by_reason,
            Some(Status::Active) if self.flag(view, Field::DiedFlag) => Status::Deceased,
            Some(status) => status,
            None if self.flag(view, Field::DiedFlag) || record.died.is_some() => Status::Deceased,
            None if self.list == List::Migrants => {
                if record.ended.is_some() {
                    Status::Closed
                } else {
                    Status::Active
                }
            }
            None if record.moved_out.is_some() => Status::MovedOut,
            None if over || reason.is_some() || self.flag(view, Field::EndedFlag) => by_reason,
            None => Status::Active,
        }
    }

    /// The one date and place that mean by the status what they mean (变动时间, 来源/去向).
    fn change(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        let when = self.date(view, Field::ChangeDate);
        let place = self.place(view, Field::ChangePlace, area);
        match record.status {
            Status::Active if place.is_some() => {
                record.moved_in = record.moved_in.or(when);
                record.moved_from = record.moved_from.or(place);
            }
            Status::Active => record.since = record.since.or(when),
            Status::MovedOut => {
                record.moved_out = record.moved_out.or(when);
                record.moved_to = record.moved_to.or(place);
            }
            Status::Deceased => record.died = record.died.or(when),
            Status::Closed | Status::Removed => record.ended = record.ended.or(when),
        }
    }

    /// The first place named that is not where the line itself stands.
    fn place(&mut self, view: View<'_>, field: Field, area: Area) -> Option<Place> {
        let mut named = None;
        for column in view.layout.columns(field) {
            let read = match view.row.cell(*column) {
                Cell::Empty | Cell::Error => None,
                Cell::Text(text) => place::read(text, self.vocabulary),
                cell => place::read(&cell.to_text(), self.vocabulary),
            };
            if read.is_some() && read != Some(Place::Area(area)) {
                return read;
            }
            named = named.or(read);
        }
        named
    }

    /// The dates and places of a stay on the floating-population list.
    fn flow(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        if self.list != List::Migrants {
            return;
        }
        let stated = view.text(Field::Flow).and_then(|text| words::flow(&text, self.words));
        let by_dates = match (record.moved_in, record.moved_out) {
            (Some(_), None) => Some(Flow::In),
            (None, Some(_)) => Some(Flow::Out),
            _ => None,
        };
        record.flow = stated.or(self.default_flow).or(by_dates);
        let (when, place) = (self.date(view, Field::FlowDate), self.place(view, Field::FlowPlace, area));
        let returned = self.date(view, Field::Returned);
        match record.flow {
            Some(Flow::In) => {
                record.moved_in = record.moved_in.or(when);
                record.moved_from = record.moved_from.or(place);
                // Where they live now is this village; when they left home is not when they left here.
                (record.moved_to, record.moved_out) = (None, returned);
                record.ended = returned;
            }
            Some(Flow::Out) => {
                record.moved_out = record.moved_out.or(when);
                record.moved_to = record.moved_to.or(place);
                (record.moved_from, record.moved_in) = (None, None);
                record.ended = returned;
            }
            None => {}
        }
    }
}

/// Numbers of households and certificates. A number cell that long has lost its tail: it would join strangers
/// (DOMAIN.md 3.3 trap 4).
fn code_text(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Number(value) if value.abs() >= 1e15 => None,
        Cell::Text(text) if is_scientific(text) => None,
        cell => Some(cell.to_text()).filter(|text| text != "无" && text.chars().any(char::is_alphanumeric)),
    }
}

/// `5.19901E+17`: what a spreadsheet program shows of a long number, saved as text.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    !exponent.is_empty()
        && exponent.len() <= 2
        && exponent.bytes().all(|b| b.is_ascii_digit())
        && mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Reads a number cell by cell (DOMAIN.md 6 rows 3-4).
pub fn id_number(cell: Cell<'_>) -> Option<IdNumber> {
    match cell {
        Cell::Empty | Cell::Error | Cell::Date(_) => None,
        Cell::Number(value) => {
            let digits = whole_digits(value);
            if digits.len() >= EXACT_DIGITS { IdNumber::damaged(&digits) } else { IdNumber::parse(&digits) }
        }
        Cell::Text(text) if is_scientific(text) => {
            let mantissa: String =
                text.split(['E', 'e']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
            IdNumber::damaged(&mantissa)
        }
        Cell::Text(text) => {
            let id = IdNumber::parse(text)?;
            if matches!(id.state(), IdState::Valid | IdState::Old) {
                Some(id)
            } else {
                Some(within(text).unwrap_or(id))
            }
        }
    }
}

/// The digits of a number cell. A spreadsheet program keeps 15 of them and fills up with zeros, but the double that it
/// stores is a neighbour (519901198001010000 is held as ...009984); other software wrote the whole number as a double.
fn whole_digits(value: f64) -> String {
    let exact = format!("{value:.0}");
    let Some(tail) = exact.len().checked_sub(EXACT_DIGITS).filter(|tail| *tail > 0) else { return exact };
    let rounded = format!("{value:.14e}");
    let kept: String = rounded.split('e').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let filled = kept + &"0".repeat(tail);
    if filled.parse() == Ok(value) { filled } else { exact }
}

/// The one valid number in a cell that holds more than a number: a remark, a second number, a word before it.
fn within(text: &str) -> Option<IdNumber> {
    let pieces = text.split(['/', '、', ',', '，', ';', '；', '(', '（', ')', '）', ':', '：', ' ', '\n', '\u{3000}']);
    let mut valid = pieces.filter(|piece| piece.len() >= EXACT_DIGITS).filter_map(IdNumber::parse);
    valid.find(|id| matches!(id.state(), IdState::Valid | IdState::Old))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_cell_is_never_formatted_back_into_a_number() {
        let damaged = id_number(Cell::Number(519_901_198_001_010_000.0)).unwrap();
        assert_eq!(damaged.state(), IdState::Damaged);
        assert_eq!(damaged.reveal(), "519901198001010000");
        // DOMAIN.md 11: ...0028 written as a double by other software.
        assert_eq!(id_number(Cell::Number(110_105_194_912_310_028.0)).unwrap().reveal(), "110105194912310032");
        assert_eq!(id_number(Cell::Text("5.19901E+17")).unwrap().state(), IdState::Damaged);
        assert_eq!(id_number(Cell::Text("5.19901198001010E+17")).unwrap().reveal(), "519901198001010");
    }

    #[test]
    fn a_number_with_company_is_found() {
        for text in ["11010519491231002X（已核）", "身份证：11010519491231002X", "11010519491231002X/110105491231002"]
        {
            assert_eq!(id_number(Cell::Text(text)).unwrap().state(), IdState::Valid, "{text}");
        }
        assert_eq!((id_number(Cell::Text("待补")), id_number(Cell::Empty)), (None, None));
    }

    #[test]
    fn a_household_number_that_lost_its_tail_joins_nobody() {
        assert_eq!(code_text(Cell::Number(51_990_100_120_000_001.0)), None);
        assert_eq!(code_text(Cell::Number(12.0)).as_deref(), Some("12"));
        assert_eq!(
            (code_text(Cell::Text("5.1E+16")), code_text(Cell::Text("—")), code_text(Cell::Text("张庄-3")).as_deref()),
            (None, None, Some("张庄-3"))
        );
    }
}
