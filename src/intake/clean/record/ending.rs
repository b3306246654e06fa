//! What a line says of how it stands: status, reason, and all dates and places whose meaning depends on them.

use crate::domain::{Area, Flow, List, PartialDate, Place, Reason, Record, Status};

use super::super::flag::Answer;
use super::super::view::View;
use super::super::{date, place, words};
use super::Cleaner;
use super::columns::{Verdict, When, Who};
use crate::intake::container::row::Cell;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// What a line says of its end, column by column.
struct Said {
    column: Verdict,
    kind: Verdict,
    /// What its remark tells, where no column says how the line stands.
    remark: Option<Status>,
    /// The same where one does.
    against: Option<Status>,
    died: When,
    moved_out: When,
    ended: When,
    reason: Option<Reason>,
    flags: [Answer; 3],
}

impl Cleaner<'_> {
    /// Status, reason, and all dates and places whose meaning depends on them (DOMAIN.md 5).
    pub fn settle(&mut self, view: View<'_>, area: Area, record: &mut Record) {
        let vocabulary = self.vocabulary;
        // A column to tick may hold the day instead.
        let ticked = |field| date::read(view.cell(field), &self.dates, vocabulary).ok().flatten();
        let past = |date: &PartialDate| date.first() <= self.dates.today;
        let (died_on, moved_on) = (ticked(Field::DiedFlag).filter(past), ticked(Field::MovedFlag));
        let said = self.said_of(view, record);
        record.died = said.died.date().or(died_on);
        record.moved_in = self.date(view, Field::MovedIn);
        record.moved_out = said.moved_out.date().or(moved_on);
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
        let ended = match said.ended {
            When::As(_, date) => date,
            ended => ended.date(),
        };
        let struck_out = self.is_struck_out(view);
        let reason = if struck_out { Some(Reason::Void) } else { said.reason };
        self.flow(view, area, record);
        record.status = match self.list {
            _ if struck_out => Status::Closed,
            List::Deaths => self.status_of_the_dead(view, &said, record),
            _ => self.status(&said, record),
        };
        match record.status {
            Status::Active => {}
            // Money stops weeks after a death: that day is none of dying.
            Status::Deceased if self.list.pays() || self.list == List::Deaths => record.ended = record.ended.or(ended),
            Status::Deceased => record.died = record.died.or(ended),
            Status::MovedOut => record.moved_out = record.moved_out.or(ended),
            Status::Closed | Status::Removed => record.ended = record.ended.or(ended),
        }
        if record.status != Status::Active {
            let told = |field| {
                view.text(field)
                    .and_then(|text| words::why(&text, vocabulary, self.words).reason)
                    .filter(|r| *r != Reason::Other && (*r != Reason::Died || record.status == Status::Deceased))
            };
            record.reason = reason.or_else(|| told(Field::Status)).or_else(|| told(Field::ChangeKind));
        }
        let is_noted = struck_out || said.remark.or(said.against).is_some();
        // What kind of change it was stands in a word that nobody knows: then nor does anybody know what of.
        let is_unread = (said.column.is_unread || said.kind.is_unread) && record.status == Status::Active;
        if !is_unread {
            self.change(view, area, is_noted, record);
        }
    }

    fn said_of(&mut self, view: View<'_>, record: &Record) -> Said {
        let who = Who::of(record);
        let remark = self.remark(view);
        let remark_text = view.text(Field::Remark).unwrap_or_default();
        // 2026年6月起停发, in May.
        let is_to_come = remark.stopped.is_some() && self.is_to_come(&remark_text);
        let told = match remark {
            _ if who.is_own(remark.died, &remark_text) => Some(Status::Deceased),
            _ if who.is_own(remark.moved, &remark_text) => Some(Status::MovedOut),
            _ if who.is_own(remark.stopped, &remark_text) && !is_to_come => Some(Status::Closed),
            remark => remark.ended,
        };
        let says =
            self.says_status && !(view.cell(Field::Status).is_empty() && view.cell(Field::ChangeKind).is_empty());
        let why = self.why(view);
        let reason_text = view.text(Field::Reason).unwrap_or_default();
        let reason = match why.reason {
            // 户主死亡 on the line of the wife.
            Some(Reason::Died | Reason::Moved) if !who.is_own(why.told, &reason_text) => Some(Reason::Other),
            reason => reason,
        };
        let said = Said {
            column: self.verdict(view, Field::Status, who),
            kind: self.verdict(view, Field::ChangeKind, who),
            remark: told.filter(|_| !says),
            against: told.filter(|_| says),
            died: self.when(view, Field::Died),
            moved_out: self.when(view, Field::MovedOut),
            ended: self.when(view, Field::Ended),
            reason,
            flags: [Field::DiedFlag, Field::MovedFlag, Field::EndedFlag].map(|field| self.answer(view, field)),
        };
        let remark_tells = [remark.died, remark.moved, remark.stopped];
        let doubts = [
            (Field::Status, said.column.is_doubtful),
            (Field::ChangeKind, said.kind.is_doubtful),
            (Field::DiedFlag, said.flags[0] == Answer::Doubtful),
            (Field::MovedFlag, said.flags[1] == Answer::Doubtful),
            (Field::EndedFlag, said.flags[2] == Answer::Doubtful),
            (Field::Died, said.died == When::Doubtful),
            (Field::MovedOut, said.moved_out == When::Doubtful),
            (Field::Ended, said.ended == When::Doubtful),
            (Field::Reason, who.is_doubtful(why.told, &reason_text)),
            (Field::Remark, is_to_come && who.is_own(remark.stopped, &remark_text)),
            (Field::Remark, remark_tells.into_iter().any(|told| who.is_doubtful(told, &remark_text))),
        ];
        self.noticed.doubt = doubts.into_iter().find_map(|(field, is_doubtful)| is_doubtful.then_some(field));
        said
    }

    /// What the line says of itself, in the order: status column, kind of change, remark, flags, dates, reason.
    fn status(&mut self, said: &Said, record: &Record) -> Status {
        let [died, moved, ended] = said.flags;
        // 死亡注销 under 注销 says more than a tick.
        let more = said.flags.iter().find_map(|flag| match flag {
            Answer::As(status) => Some(*status),
            _ => None,
        });
        // So does 已迁出 under 死亡日期.
        let more = more.or(as_status(said.died)).or(as_status(said.moved_out));
        let column = said.column.status;
        let stated = column.or(said.kind.status).or(said.remark).or(self.said.status).or(more);
        let has_died = said.died.is_told() || record.died.is_some();
        let has_moved = said.moved_out.is_told() || record.moved_out.is_some();
        // 注销 with 死亡 beside it says both.
        let beside = [said.kind.status, said.against, more, as_status(said.ended)];
        let beside = |status| beside.contains(&Some(status));
        let by_reason = match said.reason {
            Some(Reason::Died) => Status::Deceased,
            Some(Reason::Moved) => Status::MovedOut,
            _ if has_died || beside(Status::Deceased) => Status::Deceased,
            _ if has_moved || beside(Status::MovedOut) => Status::MovedOut,
            _ => Status::Closed,
        };
        let over = match said.ended {
            When::On(date) | When::As(_, Some(date)) => date.first() <= self.dates.today,
            When::Sometime | When::As(_, None) => true,
            When::Never | When::Doubtful => false,
        };
        // 否 under 是否死亡 beside a day of death: one of them is wrong.
        let is_denied = died == Answer::No && column.is_none();
        let status = match stated {
            Some(Status::Closed) => by_reason,
            Some(Status::Active) if died == Answer::Yes => Status::Deceased,
            Some(Status::Active) if moved == Answer::Yes => Status::MovedOut,
            Some(Status::Active) => more.filter(|more| *more != Status::Closed).unwrap_or(Status::Active),
            Some(status) => status,
            None if died == Answer::Yes || has_died && !is_denied => Status::Deceased,
            None if self.list == List::Migrants => {
                let is_over = record.ended.is_some() || ended == Answer::Yes;
                if is_over { Status::Closed } else { Status::Active }
            }
            None if has_moved || moved == Answer::Yes => Status::MovedOut,
            None if over || said.reason.is_some() || ended == Answer::Yes => by_reason,
            None => Status::Active,
        };
        if matches!(status, Status::Deceased | Status::MovedOut) {
            self.noticed.doubt = None;
        } else if self.noticed.doubt.is_none() && status == Status::Active {
            // What another column says better, and is a death.
            let unsaid = [
                (Field::Remark, said.against == Some(Status::Deceased)),
                (Field::Reason, said.reason == Some(Reason::Died)),
                (Field::Died, has_died),
            ];
            self.noticed.doubt = unsaid.into_iter().find_map(|(field, is_unsaid)| is_unsaid.then_some(field));
        }
        status
    }

    /// The same on a list of the dead, where a line is of a death that says nothing else: a list of cancellations also
    /// holds those who moved or were listed twice, one of checks those who live.
    fn status_of_the_dead(&mut self, view: View<'_>, said: &Said, record: &mut Record) -> Status {
        let words = self.words;
        let mut lives = [Field::Status, Field::DiedFlag, Field::Remark, Field::Reason].into_iter().find(|field| {
            view.texts(*field).any(|text| {
                let folded = fold_word(&text);
                words.teller.is_refuted(&folded) || *field == Field::Status && words.teller.is_doubted(&folded)
            })
        });
        lives = lives.or((said.flags[0] == Answer::No).then_some(Field::DiedFlag));
        lives = lives.or(self.noticed.doubt.filter(|field| !matches!(field, Field::Died | Field::Ended)));
        if lives.is_some() {
            self.noticed.doubt = lives;
            record.died = None;
            return Status::Active;
        }
        // 疑似死亡人员: who is said to have died on the line itself, and not by a day beside it alone.
        let says_so = || {
            let told = [said.column.status, said.kind.status, said.remark, said.against];
            told.contains(&Some(Status::Deceased))
                || matches!(said.flags[0], Answer::Yes | Answer::As(Status::Deceased))
                || said.reason == Some(Reason::Died)
        };
        if self.is_doubtful && !says_so() {
            record.died = None;
            return Status::Active;
        }
        match said.reason {
            Some(Reason::Moved) if record.died.is_none() => Status::MovedOut,
            None | Some(Reason::Died) => Status::Deceased,
            Some(_) if record.died.is_some() => Status::Deceased,
            Some(Reason::Other) => {
                self.noticed.doubt = Some(Field::Reason);
                Status::Closed
            }
            Some(_) => Status::Closed,
        }
    }

    /// The one date and place that mean by the status what they mean (变动时间, 来源/去向).
    fn change(&mut self, view: View<'_>, area: Area, is_noted: bool, record: &mut Record) {
        let mut when = self.date(view, Field::ChangeDate);
        let mut place = self.place(view, Field::ChangePlace, area);
        // 死亡(2026.2.3), 2026.2.4迁出至519901002200
        let ended = |field| view.text(field).filter(|_| record.status != Status::Active);
        let remark = ended(Field::Remark).filter(|_| is_noted);
        for told in [ended(Field::Status), ended(Field::ChangeKind), remark].into_iter().flatten() {
            when = when.or_else(|| self.date_told(&told));
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

    /// The date in a text that tells a death or a move: the one beside it, of several.
    fn date_told(&self, text: &str) -> Option<PartialDate> {
        let folded = fold_word(text);
        let read = |text: &str| {
            let date = date::read(Cell::Text(text), &self.dates, self.vocabulary).ok().flatten();
            date.filter(|date| date.first() <= self.dates.today)
        };
        self.words.teller.told_in(&folded).and_then(read).or_else(|| read(text))
    }

    /// Whether what a text tells will be on a day that is still to come.
    fn is_to_come(&self, text: &str) -> bool {
        let folded = fold_word(text);
        let told = self.words.teller.told_in(&folded).unwrap_or(&folded);
        let date = date::read(Cell::Text(told), &self.dates, self.vocabulary).ok().flatten();
        date.is_some_and(|date| date.first() > self.dates.today)
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

/// What stands in the place of a date says of how the line ended.
fn as_status(when: When) -> Option<Status> {
    match when {
        When::As(status, _) => Some(status),
        When::Never | When::On(_) | When::Sometime | When::Doubtful => None,
    }
}
