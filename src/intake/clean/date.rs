//! Dates of every shape clerks write, with the precision they gave (DOMAIN.md 6 row 8 and the date reading rules).

pub mod clock;
mod english;
mod last;

use crate::domain::{Date, PartialDate};

use super::super::vocabulary::Vocabulary;
use crate::intake::container::row::Cell;
use crate::intake::labels::stated::SheetTime;

pub use last::latest;

/// In which order the dates of a sheet stand that do not begin with a year of four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateOrder {
    /// In `5/6/1990` the 5 is the day (`true`) or the month; `None` where it may be either.
    pub day_first: Option<bool>,
    /// `3/9/26` is 9 March 2026, and not 2003: another date of the sheet can be nothing else.
    pub short_year_last: bool,
    /// `1.12` is 12 January, and not of 2001: another date of the sheet can be nothing else.
    pub month_first: bool,
}

/// What else is known when a date is read.
#[derive(Debug, Clone, Copy)]
pub struct DateHints {
    /// Cells have types: text `1990.1` is then January, and not an October that lost its zero.
    pub typed: bool,
    /// Plain serial numbers count from 1904.
    pub epoch_1904: bool,
    pub order: DateOrder,
    pub today: Date,
    /// Of its year is a day without one.
    pub stated: SheetTime,
    /// A birth date can lie a century back; an office's own dates cannot.
    pub birth: bool,
    /// What the citizen number says of the birth: decides the century of `90.5.6`.
    pub by_number: Option<PartialDate>,
}

const SERIAL_MIN: i64 = 1_828; // 1905-01-01
const SERIAL_MAX: i64 = 73_050; // 2099-12-31
const EPOCH_1904_DAYS: i64 = 1_462;
/// What a program makes of an empty cell or of zero lies no later: 1899-12-30, 1900-01-00.
const PLACEHOLDER_YEAR_MAX: i16 = 1_900;
const YEARS: std::ops::RangeInclusive<i64> = 1_880..=YEARS_END;
const YEARS_END: i64 = 2_100;

/// `Ok(None)` where nothing is said, `Err(())` where something is said that is no date.
pub fn read(cell: Cell<'_>, hints: &DateHints, vocabulary: &Vocabulary) -> Result<Option<PartialDate>, ()> {
    let date = match cell {
        Cell::Empty | Cell::Error => Ok(None),
        Cell::Date(date) => Ok(Some(date)),
        Cell::Number(value) => number(value, hints).map(Some).ok_or(()),
        Cell::Text(text) => read_text(text, hints, vocabulary),
    };
    date.map(|date| date.filter(|date| date.parts().0 > PLACEHOLDER_YEAR_MAX))
}

fn number(value: f64, hints: &DateHints) -> Option<PartialDate> {
    let whole = value.trunc() as i64;
    let rest = value.fract();
    if (1e13..1e14).contains(&value) {
        return clock::apart(&format!("{whole}")).and_then(|apart| plain(apart.day.as_bytes()));
    }
    if !(0.0..1e9).contains(&value) {
        return None;
    }
    if (1.0..13.0).contains(&value) && rest > 1e-9 {
        let text = format!("{value}");
        return day_alone(&groups(&text), '.', true, hints);
    }
    if YEARS.contains(&whole) && rest > 1e-9 {
        // 1990.1 was typed as 1990.1 or as 1990.10.
        let text = format!("{value}");
        let places = text.split_once('.').map_or("", |(_, places)| places);
        return match (places.len(), places.parse::<i8>()) {
            (1, Ok(1)) => PartialDate::year(whole as i16),
            (1 | 2, Ok(month @ 1..=12)) => PartialDate::month(whole as i16, month),
            (4, Ok(_)) => None,
            _ => None,
        };
    }
    digits(whole, hints)
}

/// A date of nothing but digits.
fn digits(value: i64, hints: &DateHints) -> Option<PartialDate> {
    match value {
        1_900..=2_099 => PartialDate::year(value as i16),
        SERIAL_MIN..=SERIAL_MAX => serial(value, hints.epoch_1904),
        100_000..=999_999 => ymd(value / 100, value % 100, 0),
        10_000_000..=99_999_999 => ymd(value / 10_000, value / 100 % 100, value % 100),
        _ => None,
    }
}

/// Day 1 is 1900-01-01, and 1900 had a 29 February (Excel's own error).
fn serial(value: i64, epoch_1904: bool) -> Option<PartialDate> {
    let days = value + if epoch_1904 { EPOCH_1904_DAYS } else { 0 };
    let base = Date::constant(1899, 12, 30);
    Some(PartialDate::from(crate::domain::date::plus_days(base, i32::try_from(days).ok()?)))
}

/// What of year, month and day is possible: an impossible day leaves the month, an impossible month the year.
fn ymd(year: i64, month: i64, day: i64) -> Option<PartialDate> {
    if !YEARS.contains(&year) {
        return None;
    }
    let (y, m, d) = (year as i16, i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0));
    PartialDate::day(y, m, d).or_else(|| PartialDate::month(y, m)).or_else(|| PartialDate::year(y))
}

fn read_text(text: &str, hints: &DateHints, vocabulary: &Vocabulary) -> Result<Option<PartialDate>, ()> {
    if let Some(date) = plain(text.as_bytes()) {
        return Ok(Some(date));
    }
    if let Some(apart) = clock::apart(text) {
        return Ok(read_text(&apart.day, hints, vocabulary)?.map(|date| apart.here(date)));
    }
    let folded = crate::intake::vocabulary::fold::fold_word(text);
    if vocabulary.none.contains(&folded) || vocabulary.present.contains(&folded) {
        return Ok(None);
    }
    let lunar = vocabulary.lunar.iter().filter_map(|word| folded.find(word.as_str())).min();
    // 2026年3月5日(农历正月十七): the day stands before it.
    let solar = lunar.and_then(|at| loose(&folded[..at], &folded[..at], hints)).filter(|date| date.parts().2 > 0);
    if solar.is_some() {
        return Ok(solar);
    }
    // Who is still to be born was read wrong.
    let is_born = |date: &PartialDate| !hints.birth || date.first() <= hints.today;
    let date = loose(text, &folded, hints).filter(is_born).ok_or(())?;
    Ok(Some(if lunar.is_some() { PartialDate::year(date.parts().0).unwrap_or(date) } else { date }))
}

/// The shapes that nearly all files hold: `1990-05-06`, `1990/5/6`, `1990.5.6`, `19900506`, `1990年5月6日`.
fn plain(bytes: &[u8]) -> Option<PartialDate> {
    if bytes.len() < 8 || bytes.len() > 20 || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year = run(&bytes[..4])?;
    let rest = &bytes[4..];
    if bytes.len() == 8 && rest.iter().all(u8::is_ascii_digit) {
        return exact(year, run(&rest[..2])?, run(&rest[2..])?);
    }
    let (month, rest) = part(rest, "年".as_bytes())?;
    let (day, rest) = part(rest, "月".as_bytes())?;
    (rest.is_empty() || rest == "日".as_bytes()).then(|| exact(year, month, day))?
}

fn exact(year: i64, month: i64, day: i64) -> Option<PartialDate> {
    YEARS.contains(&year).then_some(())?;
    PartialDate::day(year as i16, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

/// A separator (`-`, `/`, `.` or `word`) and one or two digits behind it.
fn part<'b>(bytes: &'b [u8], word: &[u8]) -> Option<(i64, &'b [u8])> {
    let rest = match bytes.first()? {
        b'-' | b'/' | b'.' => &bytes[1..],
        _ => bytes.strip_prefix(word)?,
    };
    let length = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    (1..=2).contains(&length).then(|| Some((run(&rest[..length])?, &rest[length..])))?
}

/// The number that digits spell; `None` for anything else, and for one so long that it is no part of a date.
fn run(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Everything else: width, Chinese numerals, words around, two-digit years, other orders.
fn loose(text: &str, folded: &str, hints: &DateHints) -> Option<PartialDate> {
    if let Some(date) = english::read(text, hints) {
        return date;
    }
    // What stands behind the date is of no interest; `fold_word` has eaten the blank between them.
    let cut = text.trim().split([' ', '\u{3000}', 'T']).next().filter(|first| groups(&western(first)).len() >= 3);
    let apart: Vec<&str> = text.split_whitespace().collect();
    let numbers = apart.len() == 3 && apart.iter().all(|part| run(part.as_bytes()).is_some());
    // 2026 over 3.5, in two lines of a cell
    let over = matches!(&apart[..], [year, _] if year.len() == 4 && run(year.as_bytes()).is_some());
    let over = (over && text.contains('\n')).then(|| apart.join("."));
    // 2026 4 30
    let apart = numbers.then(|| apart.join("-"));
    let folded = over
        .or(apart)
        .unwrap_or_else(|| cut.map_or_else(|| folded.to_owned(), crate::intake::vocabulary::fold::fold_word));
    let western = western(&folded);
    // 46086.0, and 民国35年: 1912 was its first year.
    if let Some(value) = western.strip_suffix(".0").and_then(|whole| run(whole.as_bytes())) {
        return digits(value, hints);
    }
    if let Some((_, date)) = western.split_once("民国") {
        let groups = groups(date);
        let value = |at: usize| groups.get(at).and_then(|digits| run(digits.as_bytes()));
        return ymd(value(0)?.checked_add(1911)?, value(1).unwrap_or(0), value(2).unwrap_or(0));
    }
    let groups = groups(&western);
    let first = groups.first()?;
    let value = |at: usize| groups.get(at).and_then(|digits| run(digits.as_bytes()));
    // 2026年一季度, 2025年下半年: by its end.
    if first.len() == 4 && western.contains("季") {
        return ymd(value(0)?, value(1).filter(|quarter| (1..=4).contains(quarter))? * 3, 0);
    }
    if first.len() == 4 && groups.len() == 1 && western.contains("半年") {
        return ymd(value(0)?, if western.contains('上') { 6 } else { 12 }, 0);
    }
    // 18-3月 -15: as a Chinese Oracle writes it, the day first.
    if let [day, month, year] = groups[..]
        && matches!(year.len(), 2 | 4)
        && western == format!("{day}-{month}月-{year}")
    {
        let (day, month) = (value(0)?, value(1)?);
        let year = if year.len() == 2 { century(value(2)?, month, hints)? } else { value(2)? };
        return ymd(year, month, day);
    }
    match (first.len(), groups.len()) {
        (8, _) => digits(value(0)?, hints),
        // 260305: the year has two places.
        (6, 1) if value(0)? / 100 > YEARS_END && !hints.birth => {
            let (year, month) = (value(0)? / 10_000, value(0)? / 100 % 100);
            ymd(century(year, month, hints)?, month, value(0)? % 100).filter(|date| date.parts().2 > 0)
        }
        (6, 1) => digits(value(0)?, hints),
        (5, 1) if western.len() == 5 => digits(value(0)?, hints),
        (4, 1) if western.starts_with(first) || !YEARS.contains(&value(0)?) => digits(value(0)?, hints),
        (4, 1) => ymd(value(0)?, 0, 0),
        (4, 2) => year_month(&western, value(0)?, groups[1], hints),
        (4, _) => ymd(value(0)?, value(1)?, value(2)?),
        (1 | 2, 3..) if groups[2].len() == 4 => day_month_year(value(0)?, value(1)?, value(2)?, hints.order.day_first),
        // 3/5/26: no year has one place.
        (1, 3) if groups[2].len() == 2 && !hints.birth && !hints.order.short_year_last => {
            day_month_year(value(0)?, value(1)?, century(value(2)?, 0, hints)?, hints.order.day_first)
        }
        (1 | 2, 3) if hints.order.short_year_last => ymd(century(value(2)?, value(0)?, hints)?, value(0)?, value(1)?),
        // 3月5日, 3月份: of the year of the sheet.
        (1 | 2, 1 | 2) if !hints.birth && !western.contains('年') && western.contains('月') => {
            of_sheet(value(0)?, value(1).unwrap_or(0), hints)
        }
        // 1.2, 01-02
        (1 | 2, 2) if !hints.birth && value(0)? <= 12 && western.len() == first.len() + groups[1].len() + 1 => {
            let between = western[first.len()..].chars().next()?;
            day_alone(&groups, between, !hints.typed, hints)
        }
        // 11月20日, 11.20, 5.6: of which year nobody says, nor whether the first is one.
        (1 | 2, 2) if !western.contains('年') && (western.contains('月') || !hints.birth && value(0)? <= 12) => None,
        (2, 2..) => {
            let year = century(value(0)?, value(1)?, hints)?;
            ymd(year, value(1)?, value(2).unwrap_or(0))
        }
        (2, 1) if western.contains('年') => ymd(century(value(0)?, 0, hints)?, 0, 0),
        _ => None,
    }
}

/// A day or month without its year, by what the sheet states.
fn of_sheet(month: i64, day: i64, hints: &DateHints) -> Option<PartialDate> {
    let year = hints.stated.year_of(month, day, hints.today)?;
    ymd(i64::from(year), month, day)
}

/// `1.2`, `01-02` under a title that states the time, where the first cannot be a year. `loses_zeros`: `1.1` may have been
/// `1.10`.
fn day_alone(groups: &[&str], between: char, loses_zeros: bool, hints: &DateHints) -> Option<PartialDate> {
    let &[month, day] = groups else { return None };
    let is_month = month.len() == 1 || hints.order.month_first;
    if hints.birth || !is_month || day.len() > 2 || !['.', '-', '/'].contains(&between) {
        return None;
    }
    let (month, day) = (run(month.as_bytes())?, run(day.as_bytes())?);
    let is_cut = between == '.' && loses_zeros && (1..=3).contains(&day);
    of_sheet(month, if is_cut { 0 } else { day }, hints).filter(|date| is_cut || date.parts().2 > 0)
}

/// `1990.5`; but `1990.1` from a text file may have been `1990.10`.
fn year_month(text: &str, year: i64, month: &str, hints: &DateHints) -> Option<PartialDate> {
    let as_number = text.len() == 6 && text.as_bytes()[4] == b'.';
    if as_number && month == "1" && !hints.typed {
        return ymd(year, 0, 0);
    }
    match month.len() {
        // 1990.0506 and 1990-0506
        4 => ymd(year, run(&month.as_bytes()[..2])?, run(&month.as_bytes()[2..])?),
        1 | 2 => ymd(year, run(month.as_bytes())?, 0),
        _ => None,
    }
}

/// `5/6/1990`: which is the month shows only where one of them is above 12, or in the dates around it.
fn day_month_year(first: i64, second: i64, year: i64, day_first: Option<bool>) -> Option<PartialDate> {
    match (first, second) {
        (1..=12, 13..=31) => ymd(year, first, second),
        (13..=31, 1..=12) => ymd(year, second, first),
        (a, b) if a == b || day_first == Some(false) => ymd(year, a, b),
        (a, b) if day_first == Some(true) => ymd(year, b, a),
        _ => ymd(year, 0, 0),
    }
}

/// Whoever has no number yet is this young, and not a hundred years older.
const INFANT_MONTHS_MAX: i64 = 12;

/// Nothing that an office here did is of an earlier year.
const OFFICES_SINCE: i64 = 1_949;

/// The century of a two-digit year: by the citizen number, else where only one century is possible, or likely.
fn century(year: i64, month: i64, hints: &DateHints) -> Option<i64> {
    let this = i64::from(hints.today.year());
    let (late, early) = (this / 100 * 100 + year, this / 100 * 100 - 100 + year);
    let late_possible = late < this || (late == this && month <= i64::from(hints.today.month()));
    if !hints.birth {
        return if late_possible { Some(late) } else { Some(early).filter(|early| *early >= OFFICES_SINCE) };
    }
    if !late_possible {
        return Some(early);
    }
    let Some(known) = hints.by_number.map(|date| i64::from(date.parts().0)) else {
        let months = (this - late) * 12 + i64::from(hints.today.month()) - month;
        return (month > 0 && months <= INFANT_MONTHS_MAX).then_some(late);
    };
    [late, early].into_iter().find(|candidate| *candidate == known)
}

/// Whether only the year was read of a text, as nobody can say which of its numbers is the month: 5/6/1990.
pub fn lacks_order(text: &str, read: PartialDate) -> bool {
    let apart = clock::apart(text).map(|apart| apart.day);
    let groups = groups(apart.as_deref().unwrap_or(text));
    read.parts().1 == 0 && matches!(groups[..], [_, _, year] if year.len() == 4)
}

fn groups(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect()
}

/// Chinese numerals to digits: 一九九〇年五月十六日 -> 1990年5月16日. Other characters stay.
pub fn western(text: &str) -> String {
    let digit = |c: char| match c {
        '〇' | '零' | '○' | 'o' => Some(0u32),
        '一' | '壹' => Some(1),
        '二' | '贰' => Some(2),
        '三' | '叁' => Some(3),
        '四' | '肆' => Some(4),
        '五' | '伍' => Some(5),
        '六' | '陆' => Some(6),
        '七' | '柒' => Some(7),
        '八' | '捌' => Some(8),
        '九' | '玖' => Some(9),
        _ => None,
    };
    if !text.chars().any(|c| c == '十' || c == '元' || (digit(c).is_some() && c != 'o')) {
        return text.to_owned();
    }
    // 元年, 元月: the first; 公元 is no number.
    let text = &text.replace("元年", "1年").replace("元月", "1月");
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let (before, after) =
            (at.checked_sub(1).and_then(|i| digit(chars[i])), chars.get(at + 1).and_then(|c| digit(*c)));
        match (digit(*c), *c) {
            (Some(value), _) => out.extend(char::from_digit(value, 10)),
            // 十 alone is 10, 十六 16, 二十 20, 二十六 26.
            (None, '十') => match (before, after) {
                (None, None) => out.push_str("10"),
                (None, Some(_)) => out.push('1'),
                (Some(_), None) => out.push('0'),
                (Some(_), Some(_)) => {}
            },
            (None, c) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
