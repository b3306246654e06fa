//! Dates as offices write them: a day, or only a month, or only a year (DOMAIN.md 6, date reading rules).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// What the clock of an office shows: one civil time in the whole country, without summer time.
pub fn office_time(at: Timestamp) -> Zoned {
    const OFFSET: Offset = Offset::constant(8);
    at.to_zoned(TimeZone::fixed(OFFSET))
}

/// A date with the precision its writer gave it. Ordered by its first possible day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: i16,
    /// 0 where only the year is known.
    month: i8,
    /// 0 where only year and month are known.
    day: i8,
}

/// The years in which anybody on a roster was born, moved or is told of. A year outside is a slip or worse.
pub const YEARS: std::ops::RangeInclusive<i16> = 1800..=2200;

impl PartialDate {
    pub fn year(year: i16) -> Option<PartialDate> {
        YEARS.contains(&year).then_some(PartialDate { year, month: 0, day: 0 })
    }

    pub fn month(year: i16, month: i8) -> Option<PartialDate> {
        PartialDate::year(year).filter(|_| (1..=12).contains(&month)).map(|d| PartialDate { month, ..d })
    }

    pub fn day(year: i16, month: i8, day: i8) -> Option<PartialDate> {
        PartialDate::year(year)?;
        Date::new(year, month, day).ok().map(PartialDate::from)
    }

    /// The day itself, where the day is known.
    pub fn exact(self) -> Option<Date> {
        (self.day > 0).then(|| self.first())
    }

    /// The first day it can mean.
    pub fn first(self) -> Date {
        Date::constant(self.year, self.month.max(1), self.day.max(1))
    }

    /// The last day it can mean.
    pub fn last(self) -> Date {
        if self.day > 0 {
            self.first()
        } else if self.month > 0 {
            self.first().last_of_month()
        } else {
            self.first().last_of_year()
        }
    }

    /// Whether both can mean one and the same day.
    pub fn agrees(self, other: PartialDate) -> bool {
        self.first() <= other.last() && other.first() <= self.last()
    }

    /// Days between the two where they cannot be the same day, else 0.
    pub fn days_apart(self, other: PartialDate) -> i32 {
        if self.agrees(other) {
            0
        } else if self.first() > other.last() {
            days_between(other.last(), self.first())
        } else {
            days_between(self.last(), other.first())
        }
    }

    /// Year, month (0 unknown), day (0 unknown).
    pub fn parts(self) -> (i16, i8, i8) {
        (self.year, self.month, self.day)
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> PartialDate {
        PartialDate { year: date.year(), month: date.month(), day: date.day() }
    }
}

/// Whole days from `from` to `to`; negative where `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// `date` moved by `days`; stays at the calendar's ends instead of failing.
pub fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(jiff::Span::new().days(days))
}

impl PartialDate {
    /// Puts its text into the buffer: by hand, as a county's lines have five million of them to write.
    fn write(self, text: &mut [u8; TEXT_BYTES_MAX]) -> &str {
        let pair = |n: i16| [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        let year = self.year.clamp(0, 9_999);
        text[..2].copy_from_slice(&pair(year / 100));
        text[2..4].copy_from_slice(&pair(year % 100));
        let mut end = 4;
        for part in [self.month, self.day].into_iter().filter(|part| *part > 0) {
            text[end] = b'-';
            text[end + 1..end + 3].copy_from_slice(&pair(part.into()));
            end += 3;
        }
        std::str::from_utf8(&text[..end]).unwrap_or_default()
    }
}

/// `YYYY-MM-DD`.
const TEXT_BYTES_MAX: usize = 10;

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; TEXT_BYTES_MAX]))
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is YYYY, YYYY-MM or YYYY-MM-DD")]
pub struct DateError;

impl FromStr for PartialDate {
    type Err = DateError;

    /// Reads our own three forms only; what clerks write is read by `intake`.
    fn from_str(text: &str) -> Result<PartialDate, DateError> {
        let mut parts = text.split('-');
        let year = parts.next().and_then(|p| p.parse().ok()).ok_or(DateError)?;
        let month = parts.next().map(|p| p.parse::<i8>().map_err(|_| DateError)).transpose()?;
        let day = parts.next().map(|p| p.parse::<i8>().map_err(|_| DateError)).transpose()?;
        if parts.next().is_some() {
            return Err(DateError);
        }
        match (month, day) {
            (None, _) => PartialDate::year(year),
            (Some(month), None) => PartialDate::month(year, month),
            (Some(month), Some(day)) => PartialDate::day(year, month, day),
        }
        .ok_or(DateError)
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.write(&mut [0; TEXT_BYTES_MAX]))
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<PartialDate, D::Error> {
        let text = compact_str::CompactString::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_coarse_date_agrees_with_every_day_inside_it() {
        assert!(date("1976").agrees(date("1976-08-01")));
        assert!(date("1976-08").agrees(date("1976-08-31")));
        assert!(!date("1976-08").agrees(date("1976-09-01")));
        assert_eq!(date("1976-08").days_apart(date("1976-09-02")), 2);
        assert_eq!(date("1976-08-05").days_apart(date("1976-08-01")), 4);
    }

    #[test]
    fn impossible_days_are_refused() {
        for bad in ["2024-02-30", "2024-13", "1776", "2024-1-1-1", ""] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
        assert_eq!(date("2024-02").last().to_string(), "2024-02-29");
    }

    #[test]
    fn its_text_reads_back() {
        for text in ["1800", "1976", "2200", "1976-08", "2009-12", "1976-08-01", "2024-02-29"] {
            assert_eq!(date(text).to_string(), text);
            assert_eq!(serde_json::to_string(&date(text)).unwrap(), format!("\"{text}\""));
        }
        // No date of a roster, and nothing to break off at.
        for far in [Date::constant(-9_999, 1, 1), Date::constant(9_999, 12, 31)] {
            assert!(matches!(PartialDate::from(far).to_string().as_str(), "0000-01-01" | "9999-12-31"));
        }
    }
}
