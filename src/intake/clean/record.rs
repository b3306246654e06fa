//! One line: the cells under the recognised columns to a [`Record`].

use std::borrow::Cow;

use compact_str::CompactString;

use crate::domain::{Area, Date, Flow, IdNumber, List, PartialDate, Place, Reason, Record, Sex, Status};

use super::super::band::Said;
use super::super::field::Field;
use super::super::layout::Layout;
use super::super::row::{Cell, trim};
use super::super::vocabulary::{ListWords, Vocabulary, fold_word};
use super::date::{self, DateHints, DateOrder};
use super::number::{code_text, has_lost_tail, id_number, name_and_number};
use super::place;
use super::view::View;
use super::words::{self, Memo, SexDigits};

/// GB/T 4761: 户主.
const HEAD: u8 = 2;

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
    damaged_tails: bool,
    says_status: bool,
    said: Said,
    dates: DateHints,
    statuses: Memo<Option<Status>>,
    /// Words of no state that say nothing at all: 无, /.
    silent: Memo<bool>,
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
    /// Numbers that end in three zeros are damaged, though they are text by now.
    pub damaged_tails: bool,
    pub order: DateOrder,
    pub typed: bool,
    pub epoch_1904: bool,
    pub today: Date,
    /// What the sheet's name, or a text above these lines, says of them.
    pub said: Said,
}

/// Whether the line is the household's head, or of a list that knows no households.
fn is_head(record: &Record) -> bool {
    match record.relation {
        Some(code) => code <= HEAD,
        None => record.head.as_ref().is_none_or(|head| *head == record.name),
    }
}

impl<'v> Cleaner<'v> {
    pub fn new(vocabulary: &'v Vocabulary, layout: &Layout, reading: Reading) -> Cleaner<'v> {
        let Reading { digits, damaged_tails, order, typed, epoch_1904, today, said } = reading;
        Cleaner {
            vocabulary,
            words: vocabulary.of(layout.list),
            list: layout.list,
            digits,
            damaged_tails,
            says_status: layout.says_status(),
            said: said.or(layout.said),
            dates: DateHints { typed, epoch_1904, order, today, birth: false, by_number: None },
            statuses: Memo::default(),
            silent: Memo::default(),
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
        let (name, beside) = name_and_number(&name);
        let cell = match view.cell(Field::Id) {
            Cell::Empty => beside.map_or(Cell::Empty, Cell::Text),
            cell => cell,
        };
        let id_number = match cell {
            Cell::Text(text) if self.damaged_tails && has_lost_tail(text) => IdNumber::damaged(text),
            cell => id_number(cell),
        };
        let mut record = Record {
            name: self.without_remark(name).into(),
            sex: self.sex(view),
            birth: self.birth(view, id_number.as_ref()),
            id_number,
            since: self.date(view, Field::Since),
            reviewed: self.date(view, Field::Reviewed),
            seen: self.date(view, Field::Seen),
            household: code_text(view.cell(Field::Household)),
            head: view.text(Field::Head).map(CompactString::from),
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
        record.aid = match view.text(Field::Aid) {
            Some(text) => self.read(words::aid(&text, self.words)),
            None => self.said.aid,
        };
        if view.layout.head_is_person {
            record.head = Some(record.name.clone());
            record.relation = record.relation.or(Some(HEAD));
        }
        self.settle(view, area, &mut record);
        (Some(record), self.noticed)
    }

    /// `李四 迁出` is 李四 (DOMAIN.md 6 row 5). The remark is no event: what the line says, its columns say.
    fn without_remark<'t>(&self, name: &'t str) -> &'t str {
        let Some((front, remark)) = name.rsplit_once(char::is_whitespace) else { return name };
        let folded = fold_word(remark);
        let known = self.words.status.contains_key(&folded) || self.vocabulary.relation.contains_key(&folded);
        let front = trim(front);
        if known && folded.chars().count() > 1 && front.chars().count() > 1 { front } else { name }
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

    /// The end of a line that its remark tells. Where a column says how the line stands, a remark can only strike it out.
    fn noted(&self, view: View<'_>, remark: &str) -> Option<Status> {
        let says =
            self.says_status && !(view.cell(Field::Status).is_empty() && view.cell(Field::ChangeKind).is_empty());
        words::noted(remark, self.words).filter(|_| !says || self.is_struck_out(remark))
    }

    /// Whether a remark tells that the line ended.
    pub fn is_noted(&self, view: View<'_>, remark: &str) -> bool {
        self.noted(view, remark).is_some()
    }

    /// 作废, 重复录入: the line should not be there.
    fn is_struck_out(&self, remark: &str) -> bool {
        words::noted(remark, self.words) == Some(Status::Closed)
            && words::reason(remark, self.vocabulary) == Some(Reason::Void)
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
        let (words, said) = (self.words, self.said.class);
        let Some(text) = view.text(Field::Class) else { return said };
        self.classes.get(&text, |text| words::class(text, words)).or(said)
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

    fn named(&mut self, view: View<'_>, field: Field) -> Option<CompactString> {
        let text = view.text(field)?;
        let vocabulary = self.vocabulary;
        self.given.get(&text, |text| words::is_given(Cell::Text(text), vocabulary)).then(|| text.into())
    }

    fn status_word(&mut self, view: View<'_>, field: Field) -> Option<Status> {
        let (words, text) = (self.words, view.text(field)?);
        let status = self.statuses.get(&text, |text| words::status(text, words));
        self.read(status)
    }

    /// What stands in the column of the state, where nobody knows the word and no kind of change says it better.
    pub fn unknown_state<'t>(&mut self, view: View<'t>) -> Option<Cow<'t, str>> {
        let (vocabulary, words) = (self.vocabulary, self.words);
        let text = (self.list != List::Deaths).then(|| view.text(Field::Status)).flatten()?;
        let mut is_read = |text: &str| self.statuses.get(text, |text| words::status(text, words)).is_some();
        if is_read(&text) || view.text(Field::ChangeKind).is_some_and(|kind| is_read(&kind)) {
            return None;
        }
        let says_nothing = self.silent.get(&text, |text| vocabulary.none.contains(&fold_word(text)));
        (!says_nothing).then_some(text)
    }

    /// Whether a flag column says yes.
    fn flag(&self, view: View<'_>, field: Field) -> bool {
        view.text(field).is_some_and(|text| words::is_yes(&text, self.vocabulary))
    }

    /// Status, reason, and all dates and places whose meaning depends on them (DOMAIN.md 5).
    fn settle(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        let vocabulary = self.vocabulary;
        // A column to tick may hold the day instead.
        let ticked = |field| date::read(view.cell(field), &self.dates, vocabulary).ok().flatten();
        let (died_on, moved_on) = (ticked(Field::DiedFlag), ticked(Field::MovedFlag));
        record.died = self.date(view, Field::Died).or(died_on);
        record.moved_in = self.date(view, Field::MovedIn);
        record.moved_out = self.date(view, Field::MovedOut).or(moved_on);
        record.moved_from = self.place(view, Field::MovedFrom, area);
        record.moved_to = self.place(view, Field::MovedTo, area);
        for (field, date, place) in [
            (Field::MovedInFrom, &mut record.moved_in, &mut record.moved_from),
            (Field::MovedOutTo, &mut record.moved_out, &mut record.moved_to),
        ] {
            if !view.cell(field).is_empty() {
                *date = date.or_else(|| date::read(view.cell(field), &self.dates, vocabulary).ok().flatten());
                *place = place.or_else(|| view.text(field).and_then(|text| place::read(&text, area, vocabulary)));
            }
        }
        let ended = self.date(view, Field::Ended);
        let reason =
            view.text(Field::Reason).and_then(|text| self.reasons.get(&text, |text| words::reason(text, vocabulary)));
        let is_anothers = |text: Cow<'_, str>| words::is_anothers_death(&text, is_head(record), vocabulary);
        let reason = match reason {
            Some(Reason::Died) if view.text(Field::Reason).is_some_and(is_anothers) => Some(Reason::Other),
            reason => reason,
        };
        let struck_out = view.text(Field::Remark).is_some_and(|remark| self.is_struck_out(&remark));
        let reason = if struck_out { Some(Reason::Void) } else { reason };
        self.flow(view, area, record);
        record.status = if struck_out { Status::Closed } else { self.status(view, record, ended, reason) };
        match record.status {
            Status::Active => {}
            // Money stops weeks after a death: that day is none of dying.
            Status::Deceased if self.list.pays() => record.ended = record.ended.or(ended),
            Status::Deceased => record.died = record.died.or(ended),
            Status::MovedOut => record.moved_out = record.moved_out.or(ended),
            Status::Closed | Status::Removed => record.ended = record.ended.or(ended),
        }
        if record.status != Status::Active {
            let told = || {
                view.text(Field::Status)
                    .and_then(|text| words::reason(&text, vocabulary))
                    .filter(|r| *r != Reason::Other && (*r != Reason::Died || record.status == Status::Deceased))
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
            // A list of cancellations also holds those who moved or were listed twice.
            return match reason {
                Some(Reason::Moved) if record.died.is_none() => Status::MovedOut,
                None | Some(Reason::Died | Reason::Other) => Status::Deceased,
                Some(_) if record.died.is_some() => Status::Deceased,
                Some(_) => Status::Closed,
            };
        }
        let stated = self.status_word(view, Field::Status);
        let stated = if stated.is_some() { stated } else { self.status_word(view, Field::ChangeKind) };
        let stated = stated.or_else(|| self.noted(view, &view.text(Field::Remark)?)).or(self.said.status);
        // 死亡注销 under 注销 says more than a tick.
        let ended_as = || words::status(&view.text(Field::EndedFlag)?, self.words);
        let stated = stated.or_else(|| ended_as().filter(|s| matches!(s, Status::Deceased | Status::MovedOut)));
        let own = |text: &str| !words::is_anothers_death(text, is_head(record), self.vocabulary);
        let stated = match stated {
            Some(Status::Deceased) if !view.text(Field::Status).is_none_or(|text| own(&text)) => Some(Status::Closed),
            stated => stated,
        };
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
            Some(Status::Active) if self.flag(view, Field::MovedFlag) => Status::MovedOut,
            Some(status) => status,
            None if self.flag(view, Field::DiedFlag) || record.died.is_some() => Status::Deceased,
            None if self.list == List::Migrants => {
                if record.ended.is_some() || self.flag(view, Field::EndedFlag) {
                    Status::Closed
                } else {
                    Status::Active
                }
            }
            None if record.moved_out.is_some() || self.flag(view, Field::MovedFlag) => Status::MovedOut,
            None if over || reason.is_some() || self.flag(view, Field::EndedFlag) => by_reason,
            None => Status::Active,
        }
    }

    /// The one date and place that mean by the status what they mean (变动时间, 来源/去向).
    fn change(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        let mut when = self.date(view, Field::ChangeDate);
        let mut place = self.place(view, Field::ChangePlace, area);
        let remark = view.text(Field::Remark).filter(|text| self.is_noted(view, text));
        // 死亡(2026.2.3), 2026.2.4迁出至519901002200
        let ended = |field| view.text(field).filter(|_| record.status != Status::Active);
        for told in [ended(Field::Status), ended(Field::ChangeKind), remark].into_iter().flatten() {
            when = when.or_else(|| date::read(Cell::Text(&told), &self.dates, self.vocabulary).ok().flatten());
            place = place.or_else(|| place::read(&told, area, self.vocabulary));
        }
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
                Cell::Text(text) => place::read(text, area, self.vocabulary),
                cell => place::read(&cell.to_text(), area, self.vocabulary),
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
        record.flow = stated.or(self.said.flow).or(by_dates);
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
