//! Times of day beside a date: cut off, and where they are of another zone, reckoned to ours.
//!
//! Programs keep a birth as an instant: midnight of 18 March here is `2015-03-17T16:00:00.000Z`.

use std::ops::RangeInclusive;

use crate::domain::PartialDate;
use crate::domain::date::plus_days;

use super::{plain, run};

/// What an office's clock is ahead of UTC.
const OURS_MINUTES: i32 = 8 * 60;
const DAY_MINUTES: i32 = 24 * 60;
/// In these years the clocks were an hour ahead in summer, and midnight was 15:00 UTC.
const SUMMER_TIME: [RangeInclusive<i16>; 2] = [1940..=1949, 1986..=1991];
const COLONS: [char; 2] = [':', '：'];
const MERIDIEMS: [(&str, bool); 8] = [
    ("上午", false),
    ("凌晨", false),
    ("am", false),
    ("a.m.", false),
    ("下午", true),
    ("晚上", true),
    ("pm", true),
    ("p.m.", true),
];

/// A date that a time of day stood beside.
#[derive(Debug, PartialEq)]
pub struct Apart {
    /// The text without it.
    pub day: String,
    /// How many days later that moment was here.
    turn: i32,
    /// Whether it was eleven at night here: midnight in a year with summer time.
    is_eleven: bool,
}

impl Apart {
    /// The day here.
    pub fn here(&self, date: PartialDate) -> PartialDate {
        let Some(day) = date.exact() else { return date };
        let has_summer_time = SUMMER_TIME.iter().any(|years| years.contains(&day.year()));
        let late = i32::from(self.is_eleven && has_summer_time);
        plus_days(day, self.turn + late).into()
    }
}

struct Time {
    minutes: i32,
    /// Whether seconds are written, and which.
    seconds: Option<i64>,
}

/// The text without the first time of day in it; `None` where there is none, and where nothing else is said.
pub fn apart(text: &str) -> Option<Apart> {
    let (head, time, tail) = with_colons(text).or_else(|| compact(text)).or_else(|| with_points(text))?;
    let (tail, is_after) = without_meridiem(tail);
    let (head, is_before) = match meridiem_behind(head) {
        Some((head, is_late)) => (head, Some(is_late)),
        None => (head, None),
    };
    let minutes = match is_after.or(is_before) {
        Some(true) if time.minutes < DAY_MINUTES / 2 => time.minutes + DAY_MINUTES / 2,
        Some(false) if time.minutes >= DAY_MINUTES / 2 && time.minutes < DAY_MINUTES / 2 + 60 => {
            time.minutes - DAY_MINUTES / 2
        }
        _ => time.minutes,
    };
    let (offset, tail) = zone(tail, time.seconds.is_some());
    let tail = if tail.trim_start().starts_with(['(', '（', '[']) { "" } else { tail };
    let day = format!("{} {}", head.trim(), tail.trim()).trim().to_owned();
    if !day.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let here = offset.map_or(minutes, |offset| minutes - offset + OURS_MINUTES);
    let is_eleven = offset.is_some() && here.rem_euclid(DAY_MINUTES) == 23 * 60 && time.seconds == Some(0);
    let turn = if offset.is_some() { here.div_euclid(DAY_MINUTES) } else { 0 };
    Some(Apart { day, turn, is_eleven })
}

/// `16:00:00.000` and `8:05` with what stands before and behind.
fn with_colons(text: &str) -> Option<(&str, Time, &str)> {
    for (at, _) in text.match_indices(COLONS) {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let (head, hour) = text[..at].split_at(at - digits);
        let behind = text[at..].trim_start_matches(COLONS);
        let (Some(hour), Some(minute)) = (run(hour.as_bytes()), digits_of(behind, 2)) else { continue };
        if !(1..=2).contains(&digits) || head.ends_with(COLONS) || hour > 24 || minute > 59 {
            continue;
        }
        let mut tail = &behind[2..];
        let second = tail.strip_prefix(COLONS).and_then(|rest| Some((digits_of(rest, 2)?, &rest[2..])));
        if let Some((_, rest)) = second {
            tail = without_fraction(rest);
        }
        // 2015-03-17T16:00
        let day = head.strip_suffix(['T', 't']).filter(|day| day.ends_with(|c: char| c.is_ascii_digit()));
        let time = Time { minutes: (hour * 60 + minute) as i32, seconds: second.map(|(second, _)| second) };
        return Some((day.unwrap_or(head), time, tail));
    }
    None
}

/// `20150318000000` and `20150317T160000Z`.
fn compact(text: &str) -> Option<(&str, Time, &str)> {
    let text = text.trim();
    let (head, rest) = (text.get(..8)?, text.get(8..)?);
    plain(head.as_bytes())?;
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest);
    let places = rest.bytes().take_while(u8::is_ascii_digit).count();
    let part = |at: usize| run(rest.get(at..at + 2)?.as_bytes());
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    let is_time = places == 6 && hour <= 24 && minute < 60 && second < 60;
    let time = Time { minutes: (hour * 60 + minute) as i32, seconds: Some(second) };
    is_time.then(|| (head, time, without_fraction(&rest[places..])))
}

/// `12.00.00.000000000 上午`, as Oracle writes it.
fn with_points(text: &str) -> Option<(&str, Time, &str)> {
    let rest = meridiem_behind(text)?.0;
    let meridiem = &text[rest.len()..];
    let (head, time) = rest.rsplit_once(char::is_whitespace)?;
    let parts: Vec<i64> = time.split('.').map(|part| run(part.as_bytes())).collect::<Option<_>>()?;
    let (&[hour, minute, seconds], _) = parts.split_first_chunk::<3>()?;
    (hour <= 24 && minute < 60).then(|| {
        let time = Time { minutes: (hour * 60 + minute) as i32, seconds: Some(seconds) };
        (head, time, meridiem)
    })
}

/// The number of just so many digits that a text begins with.
fn digits_of(text: &str, places: usize) -> Option<i64> {
    let is_whole = |digits: &&str| !text[digits.len()..].starts_with(|c: char| c.is_ascii_digit());
    text.get(..places).filter(is_whole).and_then(|digits| run(digits.as_bytes()))
}

/// The text before 上午 or PM at its end, and whether that is the second half of the day.
fn meridiem_behind(text: &str) -> Option<(&str, bool)> {
    let text = text.trim_end();
    MERIDIEMS.iter().find_map(|(word, is_late)| {
        let (head, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
        end.eq_ignore_ascii_case(word).then_some((head.trim_end(), *is_late))
    })
}

fn without_fraction(text: &str) -> &str {
    match text.strip_prefix(['.', ',']) {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => text,
    }
}

fn without_meridiem(text: &str) -> (&str, Option<bool>) {
    let text = text.trim_start();
    let is_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let found = MERIDIEMS.iter().find_map(|(word, is_late)| {
        let begin = text.get(..word.len())?;
        let rest = &text[word.len()..];
        (begin.eq_ignore_ascii_case(word) && is_word(rest)).then_some((rest, Some(*is_late)))
    });
    found.unwrap_or((text, None))
}

/// The minutes that a zone's clock is ahead of UTC, where one is written by its number; names of zones stay: CST is ours.
/// `exact`: behind seconds. In 8:00-12:00 the second is an hour.
fn zone(text: &str, exact: bool) -> (Option<i32>, &str) {
    let text = text.trim_start();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':');
    if let Some(rest) = text.strip_prefix(['Z', 'z']).filter(|rest| ends(rest)) {
        return (Some(0), rest);
    }
    let name = text.get(..3).filter(|name| ["utc", "gmt"].iter().any(|utc| name.eq_ignore_ascii_case(utc)));
    let numbered = if name.is_some() { &text[3..] } else { text };
    let ahead = || {
        let is_behind = numbered.starts_with('-');
        let rest = numbered.strip_prefix(['+', '-'])?;
        let (digits, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits, None),
            4 => (&digits[..2], run(&digits.as_bytes()[2..])),
            _ => return None,
        };
        let behind_colon = rest.strip_prefix(':').and_then(|rest| Some((digits_of(rest, 2)?, &rest[2..])));
        let (minutes, rest) = match (minutes, behind_colon) {
            (None, Some((minutes, rest))) => (minutes, rest),
            (minutes, _) => (minutes.unwrap_or(0), rest),
        };
        let hours = run(hours.as_bytes())?;
        let minutes = (hours * 60 + minutes) as i32;
        (hours <= 14 && ends(rest)).then_some((if is_behind { -minutes } else { minutes }, rest))
    };
    match ahead().filter(|_| exact || name.is_some()) {
        Some((minutes, rest)) => (Some(minutes), rest),
        None if name.is_some() && ends(numbered) => (Some(0), numbered),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(text: &str, date: &str) -> String {
        let apart = apart(text).unwrap_or_else(|| panic!("no time in {text}"));
        format!("{} {}", apart.day, apart.here(date.parse().unwrap()))
    }

    #[test]
    fn a_time_of_day_is_cut_off_wherever_it_stands() {
        for (text, day) in [
            ("2026-04-30 12:30:00", "2026-04-30"),
            ("20150318 00:00:00", "20150318"),
            ("20150318000000", "20150318"),
            ("20150318T000000", "20150318"),
            ("1/2/2026 0:00", "1/2/2026"),
            ("1/2/2026 12:00:00 AM", "1/2/2026"),
            ("2026/1/2 上午12:00:00", "2026/1/2"),
            ("18-12月-85 12.00.00.000000000 上午", "18-12月-85"),
            ("Thu Apr 20 00:00:00 CST 1967", "Thu Apr 20 CST 1967"),
            ("2026-03-05 08:00-12:00", "2026-03-05 -12:00"),
            ("2026-03-05T00:00:00+08:00[Asia/Shanghai]", "2026-03-05"),
        ] {
            assert_eq!(apart(text).map(|apart| (apart.day, apart.turn)), Some((day.to_owned(), 0)), "{text}");
        }
        for text in [
            "2026-04-30",
            "3:1年2",
            "2026-03-05 1:3年",
            "8:é0",
            "死亡时间:2026-03-05",
            "2026:03:05",
            "2026.3.5 下午",
            "0:00",
            "519901001200",
            "20159999000000",
            "",
        ] {
            assert_eq!(apart(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_of_the_day_that_it_was_here() {
        for (text, day) in [
            ("2015-03-17T16:00:00.000Z", "2015-03-18"),
            ("2015-03-17T15:59:59Z", "2015-03-17"),
            ("2015-03-17T00:00:00Z", "2015-03-17"),
            ("2015-03-17 16:00:00+00:00", "2015-03-18"),
            ("2015-03-17 16:00:00 UTC", "2015-03-18"),
            ("2015-03-17 17:00:00+0100", "2015-03-18"),
            ("2015-03-17T11:00:00-05:00", "2015-03-18"),
            ("2015-03-17T00:00:00+08:00", "2015-03-17"),
            ("2015-03-17T00:30:00+09:00", "2015-03-16"),
            ("Wed Mar 17 2015 00:00:00 GMT+0800 (中国标准时间)", "2015-03-17"),
            ("20150317T160000Z", "2015-03-18"),
            ("1988-06-04T15:00:00.000Z", "1988-06-05"),
            ("2015-06-04T15:00:00.000Z", "2015-06-04"),
        ] {
            let written = if text.starts_with("1988") { "1988-06-04" } else { "2015-03-17" };
            let written = if text.starts_with("2015-06") { "2015-06-04" } else { written };
            assert!(here(text, written).ends_with(day), "{text}: {}", here(text, written));
        }
    }
}
