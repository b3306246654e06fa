//! The levels at which sex, birth, place and support can stand to each other.

use super::features::Features;
use super::number::NumberLevel;
use super::scale::scale;
use crate::domain::date::days_between;
use crate::domain::{PartialDate, Sex};

scale! {
    /// Birth dates, the best of what columns and numbers give.
    BirthLevel {
        Equal = "equal",
        /// One of the dates has no day, and the month agrees.
        Month = "month",
        /// One of year, month and day is one off, mistyped by a digit, or day and month are exchanged; or a year of days off.
        Slip = "slip",
        /// A column is missing, but the numbers are one slip apart at most and spell the dates.
        Spelled = "spelled",
        /// Apart as a lunar date and its solar one are.
        Lunar = "lunar",
        /// Two such slips, as where both lines were copied carelessly.
        TwoSlips = "two-slips",
        /// One of the dates is only a year, or 1 January, and the year agrees.
        Year = "year",
        Different = "different",
        Missing = "missing",
    }
}

scale! {
    SexLevel { Equal = "equal", Different = "different", Missing = "missing", }
}

scale! {
    PlaceLevel {
        Village = "village",
        /// One line names the other's village or township as where the person came from or went to.
        MoveNamed = "move-named",
        Township = "township",
        County = "county",
        Beyond = "beyond",
    }
}

scale! {
    /// Household and head.
    HouseholdLevel {
        /// The same head, and relations of one kind to the head.
        HeadAndRelation = "head-and-relation",
        /// The same head, and at least one line does not say the relation.
        Head = "head",
        /// Both are heads themselves.
        BothHeads = "both-heads",
        /// The same household number in one area.
        Household = "household",
        Unlike = "unlike",
        Missing = "missing",
    }
}

scale! {
    /// Anything that either supports or not.
    SupportLevel { Equal = "equal", Different = "different", Missing = "missing", }
}

/// A lunar date read as a solar one lies this many days before the day that is meant.
const LUNAR_GAP_DAYS: std::ops::RangeInclusive<i32> = 17..=52;

/// A day copied from the line above, or counted from the wrong end of a month: whichever month it fell into.
const NEAR_DAYS: i32 = 10;

/// A formula that takes an age off a day counts years in days: past a 29 February it arrives on the day before or after.
const YEAR_DAYS: std::ops::RangeInclusive<i32> = 365..=366;
/// And months.
const MONTH_DAYS: std::ops::RangeInclusive<i32> = 30..=31;

pub(super) fn birth(a: &Features, b: &Features, number: NumberLevel, worth: &[f32; BirthLevel::COUNT]) -> BirthLevel {
    if let Some(level) = birth_beside_one_date(a, b, number) {
        return level;
    }
    let mut best = BirthLevel::Missing;
    let mut seen = false;
    let mut take = |level: BirthLevel| {
        if !seen || worth[level as usize] > worth[best as usize] {
            (best, seen) = (level, true);
        }
    };
    for x in a.births() {
        for y in b.births() {
            if x == y && x.exact().is_some() {
                return BirthLevel::Equal;
            }
            take(two_dates(x, y));
        }
    }
    // A digit wrong or missing makes another date, or none, of a number that is the same.
    let one_number = matches!(number, NumberLevel::Slip | NumberLevel::TailSlip);
    if one_number && (a.birth.is_none() || b.birth.is_none()) {
        take(BirthLevel::Spelled);
    }
    best
}

/// Of two lines on which one date stands inside one number: the number speaks for itself, and its date not for both lines
/// a second time. `None` where it takes the date to say anything.
fn birth_beside_one_date(a: &Features, b: &Features, number: NumberLevel) -> Option<BirthLevel> {
    match (number, a.birth, b.birth) {
        (NumberLevel::EqualInvalid, Some(x), Some(y)) => Some(two_dates(x, y)),
        (NumberLevel::Prefix, Some(x), Some(y)) if a.number_birth == b.number_birth => Some(two_dates(x, y)),
        (NumberLevel::EqualInvalid, x, y) => {
            let apart = x.or(y).zip(a.number_birth).map(|(column, date)| two_dates(column, date));
            Some(if apart == Some(BirthLevel::Different) { BirthLevel::Missing } else { BirthLevel::Spelled })
        }
        _ => None,
    }
}

/// The columns of two lines whose valid numbers are equal; a line without the column is compared by its number.
pub(super) fn birth_beside_number(a: &Features, b: &Features) -> BirthLevel {
    match (a.birth, b.birth) {
        (Some(x), Some(y)) => two_dates(x, y),
        (None, None) => BirthLevel::Missing,
        (Some(column), None) | (None, Some(column)) => match a.number_birth.map(|number| two_dates(column, number)) {
            // That a column repeats its own number says nothing of the other line.
            None | Some(BirthLevel::Equal) => BirthLevel::Missing,
            Some(level) => level,
        },
    }
}

/// The columns of two lines that carry two numbers of one person: either may have the date that was put right. A column
/// that fits neither number nor the other line speaks of somebody else.
pub(super) fn birth_beside_change(a: &Features, b: &Features) -> BirthLevel {
    let odd = |x: &Features, y: &Features| {
        let known = || y.births().chain(x.number_birth);
        x.birth.is_some_and(|column| known().all(|date| two_dates(column, date) == BirthLevel::Different))
    };
    if odd(a, b) || odd(b, a) { BirthLevel::Different } else { BirthLevel::Missing }
}

/// Whether the columns of two lines give one whole day of birth, and none that a form fills in.
pub(super) fn is_one_birthday(a: &Features, b: &Features) -> bool {
    a.birth == b.birth && a.birth.is_some_and(|birth| birth.exact().is_some() && !is_first_of_year(birth))
}

/// Whether a line's own columns say that its number is somebody else's.
pub(super) fn denies_number(f: &Features) -> bool {
    let another_birth = f.birth.zip(f.number_birth).is_some_and(|(x, y)| two_dates(x, y) == BirthLevel::Different);
    another_birth || f.sex.zip(f.number_sex).is_some_and(|(x, y)| x != y)
}

fn two_dates(x: PartialDate, y: PartialDate) -> BirthLevel {
    let ((xy, xm, xd), (yy, ym, yd)) = (x.parts(), y.parts());
    if xd == 0 || yd == 0 {
        return match (xm == 0 || ym == 0, xy == yy, xm == ym) {
            (true, true, _) => BirthLevel::Year,
            (false, true, true) => BirthLevel::Month,
            _ => BirthLevel::Different,
        };
    }
    if x == y {
        return BirthLevel::Equal;
    }
    match (is_first_of_year(x), is_first_of_year(y)) {
        (true, true) => return BirthLevel::Different,
        (true, false) | (false, true) if xy == yy => return BirthLevel::Year,
        _ => {}
    }
    let parts = [(xy, yy), (xm.into(), ym.into()), (xd.into(), yd.into())];
    let differ = parts.iter().filter(|(p, q)| p != q).count();
    let slips = parts.iter().filter(|(p, q)| p != q && slip(*p, *q)).count();
    let exchanged = xy == yy && xm == yd && xd == ym;
    let gap = days_between(x.first(), y.first()).abs();
    match (differ, slips) {
        (1, 1) => BirthLevel::Slip,
        _ if exchanged || YEAR_DAYS.contains(&gap) || MONTH_DAYS.contains(&gap) => BirthLevel::Slip,
        _ if gap <= NEAR_DAYS => BirthLevel::Slip,
        _ if LUNAR_GAP_DAYS.contains(&gap) => BirthLevel::Lunar,
        (2, 2) => BirthLevel::TwoSlips,
        _ => BirthLevel::Different,
    }
}

/// 1 January is also what a form fills in where only the year is known: beside another day it says no more than the year,
/// and two of them differ in all that they say.
fn is_first_of_year(date: PartialDate) -> bool {
    let (_, month, day) = date.parts();
    (month, day) == (1, 1)
}

/// One off, ten off (1997 and 2007), one digit mistyped, or two digits exchanged.
fn slip(p: i16, q: i16) -> bool {
    let digits = |n: i16| [n / 1000, n / 100 % 10, n / 10 % 10, n % 10];
    let (x, y) = (digits(p), digits(q));
    let differ: Vec<usize> = (0..4).filter(|i| x[*i] != y[*i]).collect();
    matches!(p.abs_diff(q), 1 | 10)
        || differ.len() == 1
        || (differ.len() == 2 && x[differ[0]] == y[differ[1]] && x[differ[1]] == y[differ[0]])
}

pub(super) fn sex(a: &Features, b: &Features, number: NumberLevel) -> SexLevel {
    let level = |x: Option<Sex>, y: Option<Sex>| match (x, y) {
        (Some(x), Some(y)) if x == y => SexLevel::Equal,
        (Some(_), Some(_)) => SexLevel::Different,
        _ => SexLevel::Missing,
    };
    // That two lines with one number have its sex in common says nothing new; their columns do.
    if number == NumberLevel::Equal {
        return level(a.sex, b.sex);
    }
    let columns_first = level(a.sex.or(a.number_sex), b.sex.or(b.number_sex));
    // Where a column contradicts its own number, either may be wrong, and one of them agreeing takes the edge off.
    let numbers_first = level(a.number_sex.or(a.sex), b.number_sex.or(b.sex));
    if columns_first == SexLevel::Different && numbers_first == SexLevel::Equal {
        SexLevel::Missing
    } else {
        columns_first
    }
}

pub(super) fn place(a: &Features, b: &Features) -> PlaceLevel {
    if a.area == b.area {
        return PlaceLevel::Village;
    }
    let names = |x: &Features, y: &Features| {
        // A county named as origin says no more than that both are in it.
        [x.moved_from, x.moved_to].into_iter().flatten().any(|named| named.parent().is_some() && named.contains(y.area))
    };
    if names(a, b) || names(b, a) {
        PlaceLevel::MoveNamed
    } else if a.area.township() == b.area.township() {
        PlaceLevel::Township
    } else if a.area.county() == b.area.county() {
        PlaceLevel::County
    } else {
        PlaceLevel::Beyond
    }
}

pub(super) fn household(a: &Features, b: &Features) -> HouseholdLevel {
    if a.is_head && b.is_head {
        return HouseholdLevel::BothHeads;
    }
    if a.head != 0 && b.head != 0 {
        return match (a.head == b.head, kind(a.relation), kind(b.relation)) {
            // The head on one list and a member of the same head on the other are two people; so are son and grandson.
            (true, ..) if a.is_head != b.is_head => HouseholdLevel::Unlike,
            (true, Some(x), Some(y)) if x != y => HouseholdLevel::Unlike,
            (true, Some(_), Some(_)) => HouseholdLevel::HeadAndRelation,
            (true, ..) => HouseholdLevel::Head,
            // Dibao counts other households than the register, and who moved has another head.
            (false, ..) if a.area == b.area => HouseholdLevel::Unlike,
            (false, ..) => HouseholdLevel::Missing,
        };
    }
    if a.household != 0 && a.household == b.household { HouseholdLevel::Household } else { HouseholdLevel::Missing }
}

/// The kind of a relation is its first digit (GB/T 4761: 2 sons, 3 daughters); 22 长子 and 20 子 are often one person.
fn kind(relation: u8) -> Option<u8> {
    (relation != 0).then_some(relation / 10)
}

pub(super) fn support(a: u32, b: u32) -> SupportLevel {
    match (a, b) {
        (0, _) | (_, 0) => SupportLevel::Missing,
        (x, y) if x == y => SupportLevel::Equal,
        _ => SupportLevel::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_one_birth_are_told_from_dates_of_two() {
        let date = |text: &str| text.parse::<PartialDate>().unwrap();
        for (a, b, expected) in [
            ("1953-03-02", "1953-03-02", BirthLevel::Equal),
            ("1953-03", "1953-03-02", BirthLevel::Month),
            ("1953", "1953-03-02", BirthLevel::Year),
            ("1953-03-02", "1953-03-20", BirthLevel::Slip),
            ("1953-03-02", "1954-03-02", BirthLevel::Slip),
            ("1953-03-02", "1935-03-02", BirthLevel::Slip),
            ("1953-03-02", "1953-02-03", BirthLevel::Slip),
            ("1953-03-01", "1953-02-28", BirthLevel::Slip),
            ("1955-08-06", "1956-08-05", BirthLevel::Slip),
            ("1951-01-24", "1951-02-03", BirthLevel::Slip),
            ("1951-01-14", "1951-01-24", BirthLevel::Slip),
            ("1951-01-19", "1951-01-21", BirthLevel::Slip),
            ("1951-01-31", "1951-02-01", BirthLevel::Slip),
            ("1951-01-24", "1951-02-05", BirthLevel::Different),
            ("1953-03-02", "1953-04-09", BirthLevel::Lunar),
            ("1953-03-02", "1954-03-04", BirthLevel::TwoSlips),
            ("1953-03-02", "1971-08-19", BirthLevel::Different),
            ("1953", "1954-03-02", BirthLevel::Different),
            ("1997-05-15", "2007-05-15", BirthLevel::Slip),
            ("1976-01-01", "1976-01-01", BirthLevel::Equal),
            ("1976-01-01", "1977-01-01", BirthLevel::Different),
            ("1976-01-01", "1967-01-01", BirthLevel::Different),
            ("1976-01-01", "1976-05-25", BirthLevel::Year),
            ("1976-01-01", "1976-02-20", BirthLevel::Year),
            ("1976-01-01", "1977-05-25", BirthLevel::Different),
            ("1976-01-01", "1975-12-31", BirthLevel::Slip),
        ] {
            assert_eq!(two_dates(date(a), date(b)), expected, "{a} {b}");
            assert_eq!(two_dates(date(b), date(a)), expected, "{b} {a}");
        }
    }
}
