//! One line: the cells under the recognised columns to a [`Record`].

mod columns;
mod ending;

use std::borrow::Cow;

use compact_str::CompactString;

use crate::domain::{Area, Date, IdNumber, List, PartialDate, Reason, Record, Sex, Status};

use super::super::vocabulary::{ListWords, Vocabulary};
use super::date::{self, DateHints, DateOrder};
use super::flag::{Answer, FlagsAsked};
use super::given::{Circles, is_done, is_given, is_to_do};
use super::name::{are_names, called, first_of, is_another, on_one_line};
use super::number::{code_text, has_lost_tail, id_number, name_and_number};
use super::remark::{Remarked, remarked};
use super::view::View;
use super::words::{self, Memo, SexDigits, Stated, Why};
use crate::intake::container::row::{Cell, trim};
use crate::intake::labels::band::Said;
use crate::intake::labels::stated::SheetTime;
use crate::intake::recognise::layout::Layout;
use crate::intake::recognise::reviews;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// GB/T 4761: 户主.
const HEAD: u8 = 2;

/// More digits than of one number, or of the card of a disabled person, are two numbers.
const ID_PLACES_MAX: usize = 20;

/// What was noticed while cleaning one line.
#[derive(Debug, Default, Clone, Copy)]
pub struct Noticed {
    /// Filled cells that could not be read.
    pub unread: u64,
    /// Cells with an error value.
    pub errors: u64,
    /// The column whose words tell a death or a move, and not clearly whose, or whether.
    pub doubt: Option<Field>,
}

/// Cleans the lines of one sheet.
pub struct Cleaner<'v> {
    vocabulary: &'v Vocabulary,
    words: &'v ListWords,
    list: List,
    digits: SexDigits,
    damaged_tails: bool,
    says_status: bool,
    /// A list of deaths that are not sure.
    is_doubtful: bool,
    said: Said,
    dates: DateHints,
    statuses: Memo<Stated>,
    /// Words of no state that say nothing at all: 无, /.
    silent: Memo<bool>,
    reasons: Memo<Why>,
    relations: Memo<Option<u8>>,
    given: Memo<bool>,
    circles: Circles,
    remarks: Memo<Remarked>,
    flags: FlagsAsked,
    answers: [Memo<Answer>; 3],
    /// What stands in the place of a date and is none.
    undated: Memo<Answer>,
    reviews: Memo<bool>,
    month: (i16, i8),
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
    pub stated: SheetTime,
    /// What the sheet's name, or a text above these lines, says of them.
    pub said: Said,
    pub flags: FlagsAsked,
    pub circles: Circles,
}

impl Reading {
    /// How an office's own dates are to be read.
    pub fn dates(&self) -> DateHints {
        let Reading { order, typed, epoch_1904, today, stated, .. } = *self;
        DateHints { typed, epoch_1904, order, today, stated, birth: false, by_number: None }
    }
}

impl<'v> Cleaner<'v> {
    pub fn new(vocabulary: &'v Vocabulary, layout: &Layout, reading: Reading) -> Cleaner<'v> {
        let Reading { digits, damaged_tails, today, stated, said, flags, circles, .. } = reading;
        Cleaner {
            vocabulary,
            words: vocabulary.of(layout.list),
            list: layout.list,
            digits,
            damaged_tails,
            says_status: layout.says_status(),
            is_doubtful: layout.is_doubtful,
            said: said.or(layout.said),
            dates: reading.dates(),
            statuses: Memo::default(),
            silent: Memo::default(),
            reasons: Memo::default(),
            relations: Memo::default(),
            given: Memo::default(),
            circles,
            remarks: Memo::default(),
            flags,
            answers: Default::default(),
            undated: Memo::default(),
            reviews: Memo::default(),
            month: stated.on.map_or((today.year(), today.month()), |date| (date.year(), date.month())),
            classes: Memo::default(),
            noticed: Noticed::default(),
        }
    }

    /// The record of a line in `area`, and what was noticed. `None` where nobody is named.
    pub fn record(&mut self, view: View<'_>, area: Area) -> (Option<Record>, Noticed) {
        self.noticed = Noticed::default();
        let errors = view.layout.kept.iter().filter(|(_, column)| view.row.cell(*column) == Cell::Error);
        self.noticed.errors = errors.count() as u64;
        // Nobody is called 〃, and whoever stands in the line above has a line.
        let name = view.text(Field::Name).filter(|name| !self.vocabulary.is_ditto(name));
        let Some(name) = name else { return (None, self.noticed) };
        if view.layout.names_heads_alone && self.relation(view).is_some_and(|code| code > HEAD) {
            return (None, self.noticed);
        }
        let (name, beside) = name_and_number(&name);
        let cell = match view.cell(Field::Id) {
            Cell::Empty => beside.map_or(Cell::Empty, Cell::Text),
            cell => cell,
        };
        let id_number = match cell {
            Cell::Text(text) if self.damaged_tails && has_lost_tail(text) => IdNumber::damaged(text),
            cell => id_number(cell),
        };
        // One number says whose line it is, whatever stands in the name, and though it be written wrong.
        let are_two =
            matches!(cell, Cell::Text(text) if text.bytes().filter(u8::is_ascii_digit).count() > ID_PLACES_MAX);
        let is_ones = |id: &IdNumber| {
            !are_two && (id.is_damaged() || (IdNumber::KEPT_PLACES..=ID_PLACES_MAX).contains(&id.reveal().len()))
        };
        let are_several = are_names(name);
        if are_several && !id_number.as_ref().is_some_and(is_ones) {
            return (None, self.noticed);
        }
        let called = called(if are_several { first_of(name) } else { name }, self.vocabulary);
        let also = called.also.map(CompactString::from).or_else(|| self.named(view, Field::AlsoCalled));
        let mut record = Record {
            name: on_one_line(self.without_remark(called.name)).into(),
            also_called: also.filter(|also| is_another(also, called.name)),
            sex: self.sex(view),
            birth: self.birth(view, id_number.as_ref()),
            id_number,
            since: self.date(view, Field::Since),
            reviewed: self.reviewed(view),
            seen: self.latest(view, Field::Seen),
            household: code_text(view.cell(Field::Household)),
            head: view.text(Field::Head).map(CompactString::from),
            relation: self.relation(view).or(called.relation),
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
        if self.list == List::Dibao && record.reviewed.is_none() && self.is_never_reviewed(view) {
            record.reviewed = record.since;
        }
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

    /// 本月已核 is a review of the month that the sheet states.
    fn reviewed(&mut self, view: View<'_>) -> Option<PartialDate> {
        let says = view.layout.asks_for_reviews()
            && matches!(view.cell(Field::Reviewed), Cell::Text(text) if self.says_reviewed(text));
        if says { PartialDate::month(self.month.0, self.month.1) } else { self.latest(view, Field::Reviewed) }
    }

    /// The last day of those under its columns (2025年复核时间, 2026年复核时间), and of several in one cell.
    fn latest(&mut self, view: View<'_>, field: Field) -> Option<PartialDate> {
        let columns = view.layout.columns(field);
        let mut last: Option<PartialDate> = None;
        for column in columns {
            let cell = if columns.len() == 1 { view.cell(field) } else { view.row.cell(*column) };
            let is_beside = field == Field::Reviewed && view.layout.reviews_beside.contains(column);
            let date = match is_beside {
                true => self.told_beside(cell, *column, view),
                false => date::latest(cell, &self.dates, self.vocabulary).unwrap_or_else(|()| self.read(None)),
            };
            last = [last, date].into_iter().flatten().max_by_key(|date| date.last());
        }
        last
    }

    /// The day of a review in a column that is made for something else: 复核通过（2026-01-05）.
    fn told_beside(&self, cell: Cell<'_>, column: usize, view: View<'_>) -> Option<PartialDate> {
        let is_remark = view.layout.columns(Field::Remark).contains(&column);
        reviews::told(cell, is_remark, &self.dates, self.vocabulary)
    }

    /// Whether a column made for the day of a review says that there was none: blank, /, 待复核. Then the approval is the
    /// last time that anybody looked into it. Where nothing is asked, or what is said is not understood, nobody knows.
    fn is_never_reviewed(&self, view: View<'_>) -> bool {
        let said = match view.cell(Field::Reviewed) {
            Cell::Empty => true,
            cell @ Cell::Text(text) => match date::read(cell, &self.dates, self.vocabulary) {
                Ok(date) => date.is_none(),
                Err(()) => is_to_do(text, self.vocabulary),
            },
            _ => false,
        };
        said && view.layout.asks_for_reviews()
    }

    /// Whether a text that is no date says that the review was done.
    pub fn says_reviewed(&mut self, text: &str) -> bool {
        let (dates, vocabulary) = (self.dates, self.vocabulary);
        self.reviews
            .get(text, |text| date::read(Cell::Text(text), &dates, vocabulary).is_err() && is_done(text, vocabulary))
    }

    /// The year and month that [`says_reviewed`](Self::says_reviewed) stands for.
    pub fn month(&self) -> (i16, i8) {
        self.month
    }

    /// The year that a day without one (3月5日) has from its sheet.
    pub fn year_of_sheet(&self, field: Field, cell: Cell<'_>) -> Option<i16> {
        use Field::{Birth, ChangeKind, DiedFlag, MovedFlag, Remark, Status};
        let may_go_by_sheet = match cell {
            // Asked of every date: nearly all begin with their year.
            Cell::Text(text) if field.is_date() => {
                let is_year = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
                field != Birth && !text.as_bytes().windows(4).any(is_year)
            }
            Cell::Text(text) if matches!(field, Status | ChangeKind | Remark | DiedFlag | MovedFlag) => {
                !text.is_ascii() && text.contains('月') && !text.contains('年')
            }
            Cell::Number(value) => field.is_date() && field != Birth && value.fract() != 0.0,
            _ => false,
        };
        let read = |dates: &DateHints| date::read(cell, dates, self.vocabulary).ok().flatten();
        let date = may_go_by_sheet.then(|| read(&self.dates))??;
        let alone = read(&DateHints { stated: SheetTime::default(), ..self.dates });
        alone.is_none().then_some(date.parts().0)
    }

    fn birth(&mut self, view: View<'_>, id: Option<&IdNumber>) -> Option<PartialDate> {
        let hints = DateHints { birth: true, by_number: id.and_then(IdNumber::birth), ..self.dates };
        date::read(view.cell(Field::Birth), &hints, self.vocabulary).unwrap_or_else(|()| self.read(None))
    }

    fn remark(&mut self, view: View<'_>) -> Remarked {
        let words = self.words;
        let Some(text) = view.text(Field::Remark) else { return Remarked::default() };
        self.remarks.get(&text, |text| remarked(text, words))
    }

    /// Whether a remark says anything of how the line stands.
    pub fn is_noted(&mut self, text: &str) -> bool {
        let words = self.words;
        self.remarks.get(text, |text| remarked(text, words)).says_anything()
    }

    /// 作废, 重复录入: the line should not be there.
    fn is_struck_out(&mut self, view: View<'_>) -> bool {
        self.remark(view).ended == Some(Status::Closed)
            && view
                .text(Field::Remark)
                .is_some_and(|text| words::why(&text, self.vocabulary, self.words).reason == Some(Reason::Void))
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
        let (words, vocabulary) = (self.words, self.vocabulary);
        // 保障类别 农村低保, 档次 三档
        let mut told = view.texts(Field::Class);
        let class = told.find_map(|text| self.classes.get(&text, |text| words::class(text, words, vocabulary)));
        class.or(self.said.class)
    }

    /// `None` where there is no such column, else whether any of its columns holds something.
    fn given(&mut self, view: View<'_>, field: Field) -> Option<bool> {
        let (vocabulary, circles) = (self.vocabulary, self.circles);
        let columns = view.layout.columns(field);
        let mut gives = |column: &usize| match view.row.cell(*column) {
            Cell::Text(text) if circles.gives(field, text) => true,
            Cell::Text(text) => self.given.get(text, |text| is_given(Cell::Text(text), vocabulary)),
            cell => is_given(cell, vocabulary),
        };
        (!columns.is_empty()).then(|| columns.iter().any(&mut gives))
    }

    fn named(&mut self, view: View<'_>, field: Field) -> Option<CompactString> {
        let text = view.text(field)?;
        let vocabulary = self.vocabulary;
        self.given.get(&text, |text| is_given(Cell::Text(text), vocabulary)).then(|| text.into())
    }

    /// What stands in the column of the state, where nobody knows the word and no kind of change says it better.
    pub fn unknown_state<'t>(&mut self, view: View<'t>) -> Option<Cow<'t, str>> {
        let (vocabulary, words) = (self.vocabulary, self.words);
        let text = (self.list != List::Deaths).then(|| view.text(Field::Status)).flatten()?;
        let mut is_read = |text: &str| self.statuses.get(text, |text| words::stated(text, words)).is_known();
        if is_read(&text) || view.text(Field::ChangeKind).is_some_and(|kind| is_read(&kind)) {
            return None;
        }
        // The day of a review, where it stands in the place of what came of it.
        let tells_reviews = view.layout.columns(Field::Status).iter().any(|at| view.layout.reviews_beside.contains(at));
        if tells_reviews && date::read(Cell::Text(&text), &self.dates, vocabulary).is_ok() {
            return None;
        }
        let says_nothing = self.silent.get(&text, |text| vocabulary.none.contains(&fold_word(text)));
        (!says_nothing).then_some(text)
    }
}
