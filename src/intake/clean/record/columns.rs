//! What single columns of a line say of its end, each text of them read once.

use std::borrow::Cow;

use crate::domain::{List, PartialDate, Record, Status};

use super::super::date;
use super::super::flag::{Answer, FlagDigits, FlagsAsked, answer, is_of_a_day};
use super::super::told::Told;
use super::super::view::View;
use super::super::words::{self, Stated, Why};
use super::{Cleaner, HEAD};
use crate::intake::container::row::Cell;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// Who a line is about.
#[derive(Debug, Clone, Copy)]
pub struct Who<'r> {
    pub name: &'r str,
    /// The household's head, or of a list that knows no households.
    pub is_head: bool,
}

impl<'r> Who<'r> {
    pub fn of(record: &'r Record) -> Who<'r> {
        let is_head = match record.relation {
            Some(code) => code <= HEAD,
            None => record.head.as_ref().is_none_or(|head| *head == record.name),
        };
        Who { name: &record.name, is_head }
    }

    pub fn is_own(self, told: Option<Told>, text: &str) -> bool {
        told.is_some_and(|told| told.is_own(text, self.name, self.is_head))
    }

    pub fn is_doubtful(self, told: Option<Told>, text: &str) -> bool {
        told.is_some_and(|told| told.is_doubtful(text, self.name))
    }
}

/// When something befell the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Never,
    On(PartialDate),
    /// It did, and nobody says when.
    Sometime,
    /// 死亡, 2026.3死亡 in the place of the day on which a benefit ended.
    As(Status, Option<PartialDate>),
    Doubtful,
}

impl When {
    pub fn is_told(self) -> bool {
        matches!(self, When::On(_) | When::Sometime)
    }

    pub fn date(self) -> Option<PartialDate> {
        match self {
            When::On(date) => Some(date),
            When::Never | When::Sometime | When::As(..) | When::Doubtful => None,
        }
    }
}

/// What a column that states how the line stands says of its own person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verdict {
    pub status: Option<Status>,
    pub is_doubtful: bool,
    /// Whether something stands there that nobody knows.
    pub is_unread: bool,
}

impl Cleaner<'_> {
    /// Of several columns (变动类别 减少, 变动原因 死亡) the one that says more.
    pub fn verdict(&mut self, view: View<'_>, field: Field, who: Who<'_>) -> Verdict {
        let rank = |status: Option<Status>| match status {
            Some(Status::Deceased) => 4,
            Some(Status::MovedOut) => 3,
            Some(Status::Closed | Status::Removed) => 2,
            Some(Status::Active) => 1,
            None => 0,
        };
        let mut all = Verdict::default();
        for text in view.texts(field) {
            let words = self.words;
            let stated = self.statuses.get(&text, |text| words::stated(text, words));
            self.noticed.unread += u64::from(!stated.is_known());
            all.is_unread |= !stated.is_known();
            let status = match stated {
                Stated { died, .. } if who.is_own(died, &text) => Some(Status::Deceased),
                Stated { moved, .. } if who.is_own(moved, &text) => Some(Status::MovedOut),
                stated => stated.status,
            };
            all.is_doubtful |= who.is_doubtful(stated.died, &text) || who.is_doubtful(stated.moved, &text);
            all.is_doubtful |= stated.is_open;
            all.status = if rank(status) > rank(all.status) { status } else { all.status };
        }
        all
    }

    pub fn why(&mut self, view: View<'_>) -> Why {
        let (vocabulary, words) = (self.vocabulary, self.words);
        let Some(text) = view.text(Field::Reason) else { return Why::default() };
        self.reasons.get(&text, |text| words::why(text, vocabulary, words))
    }

    /// What the columns that ask are answered with, of several (是否注销 否, 是否失访 是) the one that says more; a day is a
    /// yes.
    pub fn answer(&mut self, view: View<'_>, field: Field) -> Answer {
        let rank = |answer: &Answer| match answer {
            Answer::Silent => 0,
            Answer::No => 1,
            Answer::Doubtful => 2,
            Answer::Yes | Answer::Done => 3,
            Answer::As(_) => 4,
        };
        let answers = view.cells(field).map(|cell| self.answer_of(cell, field));
        answers.max_by_key(rank).unwrap_or(Answer::Silent)
    }

    fn answer_of(&mut self, cell: Cell<'_>, field: Field) -> Answer {
        if cell.is_empty() {
            return Answer::Silent;
        }
        let (vocabulary, words) = (self.vocabulary, self.words);
        if let Ok(Some(date)) = date::read(cell, &self.dates, vocabulary) {
            return if date.first() > self.dates.today { Answer::Doubtful } else { Answer::Yes };
        }
        let at = FlagsAsked::FIELDS.iter().position(|asked| *asked == field).unwrap_or_default();
        let digits = self.flags.0[at];
        let answered = self.answers[at].get(&text_of(cell), |text| answer(text, digits, words, vocabulary));
        match answered {
            // 已注销 under 是否死亡 may have another cause.
            Answer::As(Status::Closed) | Answer::Done if field == Field::EndedFlag => Answer::Yes,
            Answer::As(Status::Closed) | Answer::Done => Answer::Doubtful,
            Answer::As(Status::MovedOut) if self.list == List::Migrants => Answer::Yes,
            answered => answered,
        }
    }

    /// When the person died, moved or lost a benefit, where the cell says that they did.
    pub fn when(&mut self, view: View<'_>, field: Field) -> When {
        let cell = view.cell(field);
        if cell.is_empty() || cell == Cell::Error {
            return When::Never;
        }
        let read = date::read(cell, &self.dates, self.vocabulary);
        if let (Ok(None), _) | (Ok(Some(_)), Cell::Date(_) | Cell::Number(_)) = (read, cell) {
            return read.ok().flatten().map_or(When::Never, |date| self.not_to_come(date, field));
        }
        let text = text_of(cell);
        let is_plain = !text.contains(|c: char| c >= '\u{3400}' && !"年月日号".contains(c));
        let dated = read.ok().flatten();
        if let Some(date) = dated.filter(|_| is_plain) {
            return self.not_to_come(date, field);
        }
        let answered = self.instead_of_a_day(&text);
        match (answered, dated) {
            (Answer::Silent | Answer::No, _) => When::Never,
            (Answer::Doubtful, _) => When::Doubtful,
            // 已停 and 已注销 under 死亡日期 are no death.
            (Answer::Done | Answer::As(Status::Closed), None) if field != Field::Ended => When::Doubtful,
            (Answer::As(Status::Deceased), None) if field == Field::Died => When::Sometime,
            (Answer::As(Status::MovedOut), None) if field == Field::MovedOut => When::Sometime,
            (Answer::As(Status::Closed), None) if field == Field::Ended => When::Sometime,
            (Answer::As(status), date) if date.is_none() || field == Field::Ended => When::As(status, date),
            (_, Some(date)) => self.not_to_come(date, field),
            (Answer::Yes | Answer::Done | Answer::As(_), None) => When::Sometime,
        }
    }

    /// What a text in the place of a day says, whether a day stands in it or not.
    fn instead_of_a_day(&mut self, text: &str) -> Answer {
        let (vocabulary, words, dates) = (self.vocabulary, self.words, self.dates);
        self.undated.get(text, |text| {
            let folded = fold_word(text);
            let told = [words.teller.death(&folded), words.teller.moved(&folded)];
            match answer(text, FlagDigits::default(), words, vocabulary) {
                _ if told.iter().flatten().any(|told| matches!(told, Told::Anothers | Told::Denied)) => Answer::No,
                _ if words.teller.is_doubted(&folded) => Answer::Doubtful,
                Answer::As(status) => Answer::As(status),
                _ if date::read(Cell::Text(text), &dates, vocabulary).is_ok_and(|date| date.is_some()) => Answer::Yes,
                Answer::Doubtful if is_of_a_day(&folded, vocabulary) => Answer::Yes,
                answered => answered,
            }
        })
    }

    /// Nobody has died on a day that is still to come.
    fn not_to_come(&self, date: PartialDate, field: Field) -> When {
        if field == Field::Died && date.first() > self.dates.today { When::Doubtful } else { When::On(date) }
    }

    /// Whether a cell that stands for several people tells a death, and not of whom.
    pub fn tells_own_death(&mut self, field: Field, text: &str) -> bool {
        let words = self.words;
        match field {
            // There the whole list is of deaths.
            _ if self.list == List::Deaths => false,
            Field::Status | Field::ChangeKind | Field::Reason => {
                self.statuses.get(text, |text| words::stated(text, words)).died == Some(Told::Own)
            }
            Field::DiedFlag | Field::Died => {
                matches!(self.instead_of_a_day(text), Answer::Yes | Answer::As(Status::Deceased))
            }
            Field::EndedFlag => self.instead_of_a_day(text) == Answer::As(Status::Deceased),
            _ => false,
        }
    }

    /// Whether any column of a line may say something that has to be told: then it is cleaned although it is held.
    pub fn may_doubt(&mut self, view: View<'_>) -> bool {
        let words = self.words;
        if self.list == List::Deaths {
            return [Field::Status, Field::Reason, Field::Remark, Field::DiedFlag].iter().any(|f| view.layout.has(*f));
        }
        let is_open = |told: Option<Told>| matches!(told, Some(Told::Doubtful | Told::Named));
        for field in [Field::Status, Field::ChangeKind] {
            for text in view.texts(field) {
                let stated = self.statuses.get(&text, |text| words::stated(text, words));
                if is_open(stated.died) || is_open(stated.moved) || stated.is_open {
                    return true;
                }
            }
        }
        let remark = self.remark(view);
        remark.died.is_some()
            || remark.moved.is_some()
            || remark.stopped.is_some()
            || self.why(view).told.is_some()
            || !view.cell(Field::Died).is_empty()
            || FlagsAsked::FIELDS.iter().any(|field| self.answer(view, *field) == Answer::Doubtful)
            || [Field::MovedOut, Field::Ended].iter().any(|field| self.when(view, *field) == When::Doubtful)
    }

    /// The words of a doubt as they may be shown: a remark may name anybody.
    pub fn doubted_words<'t>(&self, view: View<'t>, field: Field) -> Option<Cow<'t, str>> {
        let text = view.text(field)?;
        if field != Field::Remark {
            return Some(text);
        }
        self.words.teller.word(&fold_word(&text)).map(Cow::Owned)
    }
}

fn text_of(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        cell => Cow::Owned(cell.to_text()),
    }
}
