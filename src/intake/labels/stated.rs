//! The day, the months or the year that a title, the name of a sheet or a file's name states.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::domain::{Date, PartialDate};

use crate::intake::clean::date::western;
use crate::intake::clean::place::code_and_year;
use crate::intake::vocabulary::fold::is_han;

/// What a sheet says of its time: days without a year (3月5日) are read by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SheetTime {
    /// The day that the list is of; of months their last.
    pub on: Option<Date>,
    /// The year that is named without a month (2026年死亡人员名单), where it is one.
    pub year: Option<i16>,
}

impl SheetTime {
    pub fn of<'t>(texts: impl Iterator<Item = &'t str> + Clone, today: Date) -> SheetTime {
        let years: BTreeSet<i16> = texts.clone().flat_map(|text| Text::of(text).bare_years(today)).collect();
        let year = years.first().copied().filter(|_| years.len() == 1);
        SheetTime { on: stated_on(texts, today), year }
    }

    /// A day or month without its year: the last one before the end of what the sheet speaks of. `None` where nothing is
    /// stated, and where a year is named and the day would be of another.
    pub fn year_of(self, month: i64, day: i64, today: Date) -> Option<i16> {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let year = self.year.filter(|year| self.on.is_none_or(|on| on.year() != *year));
        let until = self.on.or_else(|| Some(Date::new(year?, 12, 31).ok()?.min(today)))?;
        // 2月30日 is some day of the month.
        let first = |year| Date::new(year, month, day.max(1)).or_else(|_| Date::new(year, month, 1));
        let is_past = |year: &i16| first(*year).is_ok_and(|first| first <= until);
        let found = [until.year(), until.year() - 1].into_iter().find(is_past)?;
        (year.is_none_or(|year| year == found)).then_some(found)
    }
}

/// The date written on a sheet (填报日期：2026年4月30日) or in a name (2026年4月低保名单, 202604, 2026年1-4月): the latest of them,
/// as a title is often left from an earlier month. A month is its last day, and so is a span of months, but none that is
/// still to come.
pub fn stated_on<'t>(texts: impl Iterator<Item = &'t str>, today: Date) -> Option<Date> {
    let spans = texts.flat_map(|text| Text::of(text).spans());
    // A date in the future is a slip of the pen.
    let begun = spans.filter(|span| span.first.first() <= today);
    begun.map(|span| span.last.last().min(today.last_of_month())).max()
}

/// The day that a list is of, by what it and the names around it state (`stated`) and by the month without a year that the
/// file's name or the nearest of its folders has (1月人口.csv, 9月/人口.csv): the later of the two. That month is of the year
/// that a folder names, else of the one in which it lies nearest to what is stated, or to the day on which the file was
/// saved. Next month's is a list that came ahead, and states nothing.
pub fn day_of_list(stated: Option<Date>, rel_path: &str, saved: Date, today: Date) -> Option<Date> {
    let named = || {
        let month = rel_path.rsplit('/').map(Text::of).find_map(|name| match name.spans().is_empty() {
            true => name.month_alone().map(Some),
            false => Some(None),
        })??;
        let folders = rel_path.split('/').filter_map(|name| name.trim().parse().ok());
        let folders = folders.filter(|year| (2000..=today.year()).contains(year));
        let years: BTreeSet<i16> = Text::of(rel_path).bare_years(today).into_iter().chain(folders).collect();
        let (_, month, of_month) = month.parts();
        let year = match years.first().filter(|_| years.len() == 1) {
            Some(year) => *year,
            None => nearest_year(month, stated.unwrap_or(saved), today),
        };
        let day = PartialDate::day(year, month, of_month).or_else(|| PartialDate::month(year, month))?;
        (day.first() <= today).then(|| day.last().min(today.last_of_month()))
    };
    stated.max(named())
}

/// The year in which a month lies nearest to `about` and at most one month ahead of `today`.
fn nearest_year(month: i8, about: Date, today: Date) -> i16 {
    let count = |year: i16, month: i8| i32::from(year) * 12 + i32::from(month);
    let (about_on, today_on) = (count(about.year(), about.month()), count(today.year(), today.month()));
    let years = (about.year() - 1..=about.year() + 1).filter(|year| count(*year, month) <= today_on + 1);
    years.min_by_key(|year| (count(*year, month) - about_on).abs()).unwrap_or(today.year())
}

/// The month that the name of a file states, or the nearest of its folders.
pub fn month_of_file(rel_path: &str, today: Date) -> Option<(i16, i8)> {
    rel_path.rsplit('/').find_map(|name| month_in(name, today))
}

/// The month that a sheet's name states: 2026年3月, 202603, 26年3月, or 3月 and 三月 of the last twelve months; of several
/// (1-4月) and of a year (2026年度) the last.
pub fn month_in(text: &str, today: Date) -> Option<(i16, i8)> {
    let text = Text::of(text);
    if let Some(last) = text.spans().iter().map(|span| span.last).max_by_key(|last| last.last()) {
        return Some((last.parts().0, last.parts().1));
    }
    let Some(month) = text.month_alone().map(|month| month.parts().1) else {
        let digits = text.0.trim_matches(|c: char| !c.is_ascii_digit());
        return digits.parse().ok().filter(|year| (2000..2100).contains(year)).map(|year| (year, 12));
    };
    Some((if month > today.month() { today.year() - 1 } else { today.year() }, month))
}

/// From the first day or month to the last.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: PartialDate,
    last: PartialDate,
}

/// A text with Western digits.
struct Text(String);

/// A year that has all days.
const LEAP_YEAR: i16 = 2000;
/// Between the parts of a date.
const POINTS: [char; 3] = ['-', '.', '/'];
/// Between the first and the last of a span, and between months that are counted up.
const TO: [char; 13] = ['-', '~', '至', '到', '—', '–', '―', '、', ',', '和', '及', '与', '_'];
/// Before a month of the year behind the one in which a span begins.
const NEXT_YEAR: [&str; 3] = ["次年", "翌年", "第二年"];
/// Behind the number of a part of the list: 2026/1组/人口.csv.
const PARTS: [char; 6] = ['组', '村', '社', '队', '区', '户'];
/// Behind a day or a year from which on all is meant.
const ON: [&str; 4] = ["至今", "到今", "以来", "起至今"];
/// Behind a year that is the end or the beginning of what is meant, or not a year of the calendar.
const NO_YEAR: [char; 13] = ['以', '前', '后', '起', '至', '到', '来', '-', '~', '—', '内', '、', '和'];

impl Text {
    fn of(text: &str) -> Text {
        Text(western(&text.nfkc().collect::<String>()))
    }

    /// Each run of digits with what follows it; of a year that stands right behind an area's code (5199010012002026年3月) the
    /// year.
    fn runs(&self) -> impl Iterator<Item = (&str, &str)> {
        let digit = |c: char| c.is_ascii_digit();
        let begins = self.0.match_indices(digit).map(|(at, _)| at);
        let begins = begins.filter(move |at| !self.0[..*at].ends_with(digit));
        begins
            .map(|at| run(&self.0[at..]))
            .map(|(digits, rest)| (code_and_year(digits, rest).map_or(digits, |(_, year)| year), rest))
    }

    fn spans(&self) -> Vec<Span> {
        self.runs().filter_map(|(digits, rest)| span(digits, rest)).collect()
    }

    /// Years that stand for themselves: 2026年死亡人员名单, 2026年度, not 2026年以前.
    fn bare_years(&self, today: Date) -> Vec<i16> {
        let year = |(digits, rest): (&str, &str)| {
            let year = digits.parse().ok().filter(|year| digits.len() == 4 && (2000..=today.year()).contains(year))?;
            let behind = rest.trim_start().strip_prefix('年')?.trim_start_matches('度');
            (span(digits, rest).is_none() && !behind.trim_start().starts_with(NO_YEAR)).then_some(year)
        };
        self.runs().filter_map(year).collect()
    }

    /// April of 4月 and of 1-4月, and the day of 4月5日, where no year stands before it: of any year.
    fn month_alone(&self) -> Option<PartialDate> {
        let last = |(digits, rest): (&str, &str)| {
            let months = Months { year: LEAP_YEAR, point: None, shown_by: ShownBy::Word };
            // 6月龄 is how old a child is.
            let is_age = rest.trim_start().strip_prefix('月').is_some_and(|behind| behind.starts_with('龄'));
            (!is_age).then(|| Some(months.from(small(digits)?, rest)?.last))?
        };
        self.runs().find_map(last)
    }
}

/// The digits that a text begins with, and the rest.
fn run(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// The number that a text begins with, where it is short enough for a month or a day.
fn small(digits: &str) -> Option<i8> {
    (1..=2).contains(&digits.len()).then(|| digits.parse().ok())?
}

fn number(text: &str) -> Option<(i8, &str)> {
    let (digits, rest) = run(text.trim_start());
    Some((small(digits)?, rest))
}

/// One of these characters, and the rest.
fn one_of<'t>(text: &'t str, chars: &[char]) -> Option<(char, &'t str)> {
    let text = text.trim_start();
    let first = text.chars().next().filter(|c| chars.contains(c))?;
    Some((first, &text[first.len_utf8()..]))
}

/// The days or months that begin with these digits.
fn span(digits: &str, rest: &str) -> Option<Span> {
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i8>().ok();
    let year = |places: usize| digits[..places].parse::<i16>().ok().filter(|year| (2000..2100).contains(year));
    let span = match digits.len() {
        8 => {
            let first = PartialDate::day(year(4)?, part(4..6)?, part(6..8)?)?;
            // 20260101-0430
            let last = one_of(rest, &TO).map(|(_, rest)| run(rest.trim_start()).0).filter(|last| last.len() == 4);
            let last = last.and_then(|last| PartialDate::day(year(4)?, small(&last[..2])?, small(&last[2..])?));
            Span { first, last: last.filter(|last| *last > first).unwrap_or(first) }
        }
        6 => {
            let (year, month) = (year(4)?, part(4..6)?);
            let first = PartialDate::month(year, month)?;
            // 202601-04
            let last = one_of(rest, &TO).map(|(_, rest)| run(rest.trim_start()).0).filter(|last| last.len() == 2);
            let last =
                last.and_then(small).filter(|last| *last > month).and_then(|last| PartialDate::month(year, last));
            Span { first, last: last.unwrap_or(first) }
        }
        4 => of_year(year(4)?, rest)?,
        2 => rest.trim_start().starts_with('年').then(|| of_year(2000 + i16::from(part(0..2)?), rest))??,
        _ => return None,
    };
    // 2025年1月至今 is of now, as a list that states nothing.
    let is_open = ON.iter().any(|on| rest_behind(rest).trim_start().starts_with(on));
    (!is_open).then_some(span)
}

/// What follows the first day or month of a span.
fn rest_behind(rest: &str) -> &str {
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || POINTS.contains(&c) || "年月日号份度 ".contains(c))
}

/// The months or the day behind a year.
fn of_year(year: i16, rest: &str) -> Option<Span> {
    let (point, rest) = one_of(rest, &['年', '-', '.', '/'])?;
    let is_named = point == '年';
    let rest = if is_named { rest.trim_start().trim_start_matches('度').trim_start_matches('第') } else { rest };
    let months = |first: i8, last: i8| {
        Some(Span { first: PartialDate::month(year, first)?, last: PartialDate::month(year, last)? })
    };
    for (half, (first, last)) in [("上半年", (1, 6)), ("下半年", (7, 12))] {
        if is_named && rest.trim_start().starts_with(half) {
            return months(first, last);
        }
    }
    let (first, rest) = number(rest)?;
    if is_named && let Some(last) = quarter(first, rest) {
        return months(first * 3 - 2, last * 3);
    }
    let months = match is_named {
        true => Months { year, point: None, shown_by: ShownBy::Rest },
        false => Months { year, point: Some(point), shown_by: ShownBy::Point },
    };
    months.from(first, rest)
}

/// The last of the quarters counted up: 2 of 第1、2季度.
fn quarter(first: i8, rest: &str) -> Option<i8> {
    let rest = rest.trim_start();
    if rest.starts_with('季') {
        return (1..=4).contains(&first).then_some(first);
    }
    let (_, rest) = one_of(rest, &TO)?;
    let (next, rest) = number(rest.trim_start().trim_start_matches('第'))?;
    (next > first).then(|| quarter(next, rest))?
}

/// How the months of a year are written.
#[derive(Clone, Copy)]
struct Months {
    year: i16,
    /// Between year and month, where it is no 年: the same between month and day makes a day.
    point: Option<char>,
    shown_by: ShownBy,
}

/// What shows that numbers are months.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShownBy {
    /// 2026.1
    Point,
    /// 2026年1, but not 2026年1组.
    Rest,
    /// Only 月.
    Word,
}

impl Months {
    /// From this month, or a day in it, to the last.
    fn from(self, month: i8, rest: &str) -> Option<Span> {
        let first = PartialDate::month(self.year, month)?;
        if let Some(rest) = rest.trim_start().strip_prefix('月') {
            let rest = rest.trim_start_matches('份');
            let day = number(rest).filter(|(_, rest)| !is_word(rest)).map(|(day, rest)| (day, of_day(rest)));
            if let Some((day, rest)) = day.and_then(|(day, rest)| Some((self.day(month, day)?, rest))) {
                return Some(Span { first: day, last: self.until(day, rest) });
            }
            let last = one_of(rest, &TO).and_then(|(_, rest)| {
                let (year, rest) = self.in_next_year(rest);
                let (next, rest) = number(rest)?;
                year.or_else(|| self.going_on(month, next, rest))?.from(next, rest)
            });
            let last = last.filter(|span| span.is_of_months());
            return Some(Span { first, last: last.map_or(first, |span| span.last) });
        }
        let next = one_of(rest, &TO).or_else(|| one_of(rest, &POINTS)).and_then(|(c, rest)| Some((c, number(rest)?)));
        if let Some((between, (next, behind))) = next {
            let is_month = behind.trim_start().starts_with('月');
            let may_be_day = POINTS.contains(&between) && !is_month && !behind.starts_with(PARTS);
            if !(may_be_day && self.point == Some(between))
                && let Some(span) = self.going_on(month, next, behind).and_then(|year| year.from(next, behind))
            {
                return Some(Span { first, last: span.last });
            }
            if may_be_day
                && (self.shown_by == ShownBy::Point || !is_word(behind))
                && let Some(day) = self.day(month, next)
            {
                return Some(Span { first: day, last: self.until(day, of_day(behind)) });
            }
        }
        let is_shown = match self.shown_by {
            ShownBy::Point => !rest.starts_with(PARTS),
            ShownBy::Rest => !is_word(next.map_or(rest, |(_, (_, behind))| behind)),
            ShownBy::Word => false,
        };
        is_shown.then_some(Span { first, last: first })
    }

    /// The year in which a span that began in `month` comes to `next`. An earlier month is the next year's (12月-1月), where
    /// a word says that it is a month: 2026年3月-1 is a second copy.
    fn going_on(self, month: i8, next: i8, behind: &str) -> Option<Months> {
        if next > month {
            return Some(self);
        }
        let is_month = behind.trim_start().starts_with('月');
        (next < month && is_month).then_some(Months { year: self.year + 1, ..self })
    }

    /// The next year, where the text begins with a word for it (2025年12月至次年1月), and the rest.
    fn in_next_year(self, text: &str) -> (Option<Months>, &str) {
        let text = text.trim_start();
        match NEXT_YEAR.iter().find_map(|word| text.strip_prefix(word)) {
            Some(rest) => (Some(Months { year: self.year + 1, ..self }), rest),
            None => (None, text),
        }
    }

    fn day(self, month: i8, day: i8) -> Option<PartialDate> {
        PartialDate::day(self.year, month, day)
    }

    /// The last day of a span of days: 4月30日, 4.30, 30日.
    fn until(self, first: PartialDate, rest: &str) -> PartialDate {
        let last = || {
            let (_, rest) = one_of(rest, &TO)?;
            let (year, rest) = self.in_next_year(rest);
            let (begun, rest) = number(rest)?;
            let month = first.parts().1;
            if rest.trim_start().starts_with(['日', '号']) {
                return self.day(month, begun);
            }
            let year = year.or_else(|| self.going_on(month, begun, rest)).unwrap_or(self);
            let (_, rest) = one_of(rest, &['月', '-', '.', '/'])?;
            year.day(begun, number(rest)?.0)
        };
        last().filter(|last| *last > first).unwrap_or(first)
    }
}

impl Span {
    fn is_of_months(self) -> bool {
        self.last.parts().2 == 0
    }
}

/// Whether a word goes on behind a number that makes it no day and no month: 1组, 3村.
fn is_word(rest: &str) -> bool {
    rest.trim_start().chars().next().is_some_and(|c| is_han(c) && !"日号至到".contains(c))
}

fn of_day(rest: &str) -> &str {
    rest.trim_start().trim_start_matches(['日', '号'])
}

#[cfg(test)]
mod tests;
