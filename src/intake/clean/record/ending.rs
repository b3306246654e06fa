//! What a line says of how it stands: status, reason, and all dates and places whose meaning depends on them.

use std::borrow::Cow;

use crate::domain::{Area, Flow, List, PartialDate, Place, Reason, Record, Status};

use super::super::super::field::Field;
use super::super::super::row::Cell;
use super::super::view::View;
use super::super::{date, place, words};
use super::{Cleaner, HEAD};

/// Whether the line is the household's head, or of a list that knows no households.
fn is_head(record: &Record) -> bool {
    match record.relation {
        Some(code) => code <= HEAD,
        None => record.head.as_ref().is_none_or(|head| *head == record.name),
    }
}

impl Cleaner<'_> {
    /// Status, reason, and all dates and places whose meaning depends on them (DOMAIN.md 5).
    pub fn settle(&mut self, view: View<'_>, area: Area, record: &mut Record) {
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
