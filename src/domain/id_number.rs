//! Citizen numbers, as written and as meant (GB 11643-1999; DOMAIN.md 3.1, 6 rows 3-4).

use std::fmt;
use std::ops::RangeInclusive;

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::blank::is_blank;
use super::date::{Date, PartialDate};
use super::entry::Sex;
use super::mask;
use super::width::half_width_char;

/// A number as one line writes it, after cleaning (width, blanks, apostrophe, lower-case x).
///
/// It has no way to print itself whole by accident: `Debug` and `Display` mask it, [`IdNumber::reveal`] does not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber {
    text: CompactString,
    /// Told once: it is asked a dozen times of each line.
    state: IdState,
}

/// What can be said of a number by looking at it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdState {
    /// 18 characters, date and check digit right.
    Valid,
    /// 15 digits of before 1999; its 18-digit form is in [`IdNumber::full`].
    Old,
    /// The cell had lost digits before we saw it: a spreadsheet number, of which the first 15 can be used (DOMAIN.md 6 row
    /// 3).
    Damaged,
    Invalid(IdFault),
}

/// Why a number is not one (DOMAIN.md Q1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdFault {
    Length,
    Characters,
    Calendar,
    CheckDigit,
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Sequence and check digit of a number of which a spreadsheet kept the area and the birth.
const LOST_TAIL: &[u8] = b"0000";
const CHECK: &[u8; 11] = b"10X98765432";
/// Fewer digits are no number of a person, and what stands there is a word.
const DIGITS_MIN: usize = 6;
/// Nobody is older (DOMAIN.md Q1).
const AGE_YEARS_MAX: i16 = 120;

impl IdNumber {
    /// Places of precision in a spreadsheet's number cell (DOMAIN.md 6 row 3): the first ones of a damaged number.
    pub const KEPT_PLACES: usize = 15;
    /// Places of the area it begins with. Behind them comes a year, which rounds none of them up.
    pub const AREA_PLACES: usize = 6;

    /// Cleans `raw`. `None` for an empty cell or one of the words and digits that stand for 'none'
    /// (无, 待办, 未上户, eighteen equal digits).
    pub fn parse(raw: &str) -> Option<IdNumber> {
        if is_clean(raw.as_bytes()) {
            return Some(IdNumber::whole(raw.into()));
        }
        let text: CompactString = raw.chars().filter_map(clean_char).collect();
        // A number cell that became text, with its places behind the point: 519901….00.
        let whole = text.rsplit_once('.').filter(|(front, zeros)| {
            !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') && front.len() >= IdNumber::KEPT_PLACES
        });
        let text: CompactString =
            whole.map_or(text.as_str(), |(front, _)| front).chars().filter(|c| *c != '.').collect();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let all_equal = text.len() >= 6 && text.bytes().all(|b| b == text.as_bytes()[0]);
        (digits >= DIGITS_MIN && !all_equal).then(|| IdNumber::whole(text))
    }

    /// A number that stood in a number cell and so lost its tail: `digits` is what is left of it, be it two (`5.2E+17`).
    /// `None` where nothing is.
    pub fn damaged(digits: &str) -> Option<IdNumber> {
        let few = || {
            let text: CompactString = digits.chars().filter_map(clean_char).filter(char::is_ascii_digit).collect();
            (1..DIGITS_MIN).contains(&text.len()).then_some(IdNumber { text, state: IdState::Damaged })
        };
        IdNumber::parse(digits).map(|id| IdNumber { state: IdState::Damaged, ..id }).or_else(few)
    }

    /// One of which no digit is known to be lost.
    fn whole(text: CompactString) -> IdNumber {
        IdNumber { state: state_of(text.as_bytes()), text }
    }

    /// The whole number. Only for matching, the store, the link, and a logged reveal.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    pub fn is_damaged(&self) -> bool {
        self.state == IdState::Damaged
    }

    /// How many of its first places can be held against another number: of a damaged one those that a spreadsheet kept
    /// (DOMAIN.md 6 row 3), or showed, of which the last is rounded (`5.19901E+17`); all of a whole one.
    pub fn trusted_places(&self) -> usize {
        match self.text.len() {
            _ if !self.is_damaged() => usize::MAX,
            shown @ ..IdNumber::KEPT_PLACES => shown.saturating_sub(1),
            _ => IdNumber::KEPT_PLACES,
        }
    }

    /// How many of the first `left` places of a number that lost its tail are sure: of so few that they are short of the
    /// area the last is rounded (`5.2E+17` was 519901…), and no others.
    pub fn sure_places(left: usize) -> usize {
        if left < IdNumber::AREA_PLACES { left.saturating_sub(1) } else { left }
    }

    pub fn masked(&self) -> String {
        mask::id_number(&self.text)
    }

    pub fn state(&self) -> IdState {
        self.state
    }

    /// The days on which its person can live: from the birth to the end of the year in which they turn 120. On any other
    /// day the calendar finds the number impossible.
    pub fn lifetime(&self) -> Option<RangeInclusive<Date>> {
        let born = self.birth()?.first();
        Some(born..=Date::constant(born.year() + AGE_YEARS_MAX, 12, 31))
    }

    /// The 18 characters to match by: as they stand, or a 15-digit number brought to 18. `None` unless valid.
    pub fn full(&self) -> Option<CompactString> {
        match self.state {
            IdState::Valid => Some(self.text.clone()),
            IdState::Old => upgrade(self.text.as_bytes()),
            _ => None,
        }
    }

    /// Its canonical text for comparing two lines: 15 digits brought to 18, else as cleaned.
    pub fn canonical(&self) -> CompactString {
        self.full().unwrap_or_else(|| self.text.clone())
    }

    /// The birth date the digits spell, also where the check digit is wrong or the tail is lost.
    pub fn birth(&self) -> Option<PartialDate> {
        let bytes = self.text.as_bytes();
        match bytes.len() {
            15 if !self.is_damaged() => upgrade(bytes).and_then(|full| birth18(full.as_bytes())).map(PartialDate::from),
            14.. => birth18(bytes).map(PartialDate::from),
            _ => None,
        }
    }

    /// The sex the digits spell (place 17: odd male, even female); only where the number is whole and valid.
    pub fn sex(&self) -> Option<Sex> {
        let place = match self.state {
            IdState::Valid => 16,
            // The order number ends the old form: nothing follows it.
            IdState::Old => 14,
            _ => return None,
        };
        Some(if (self.text.as_bytes()[place] - b'0') % 2 == 1 { Sex::Male } else { Sex::Female })
    }
}

/// Whether nothing has to be cleaned: most numbers of most files, and all that come back from the store.
fn is_clean(raw: &[u8]) -> bool {
    let digits = match raw {
        [digits @ .., b'X'] => digits,
        digits => digits,
    };
    matches!(raw.len(), 15 | 18) && digits.iter().all(u8::is_ascii_digit) && digits.iter().any(|b| *b != raw[0])
}

/// Folds width, case and look-alikes; drops blanks, quotes, dots and hyphens (DOMAIN.md 6 row 4).
fn clean_char(c: char) -> Option<char> {
    match half_width_char(c) {
        'x' | '×' | 'Χ' | 'χ' | 'Х' | 'х' | '*' | '✕' | '╳' | 'Ⅹ' | 'ⅹ' | '✖' | '﹡' => Some('X'),
        'O' | 'o' | '〇' => Some('0'),
        'l' | 'I' => Some('1'),
        c if is_blank(c) => None,
        '\''
        | '`'
        | '‘'
        | '’'
        | '′'
        | '"'
        | '“'
        | '”'
        | '['
        | ']'
        | '·'
        | '-'
        | '—'
        | '–'
        | '_'
        // The mark of a damaged number, where it is written.
        | '~' => None,
        c => Some(c.to_ascii_uppercase()),
    }
}

/// What these characters are as a number of which none is known to be lost.
fn state_of(bytes: &[u8]) -> IdState {
    match bytes.len() {
        18 if !bytes[..17].iter().all(u8::is_ascii_digit) || !(bytes[17].is_ascii_digit() || bytes[17] == b'X') => {
            IdState::Invalid(IdFault::Characters)
        }
        18 if birth18(bytes).is_none() => IdState::Invalid(IdFault::Calendar),
        18 if check_digit(bytes) != bytes[17] => IdState::Invalid(IdFault::CheckDigit),
        // The sequence 000 is never given: a spreadsheet cut a tail, and what is left passes once in eleven times.
        18 if bytes.ends_with(LOST_TAIL) => IdState::Damaged,
        18 => IdState::Valid,
        15 if !bytes.iter().all(u8::is_ascii_digit) => IdState::Invalid(IdFault::Characters),
        15 => match upgrade(bytes) {
            Some(_) => IdState::Old,
            None => IdState::Invalid(IdFault::Calendar),
        },
        _ if !bytes.iter().all(|b| b.is_ascii_digit() || *b == b'X') => IdState::Invalid(IdFault::Characters),
        _ => IdState::Invalid(IdFault::Length),
    }
}

/// Whether these are the 18 characters of a number with nothing wrong in them: digits, a date, the check digit.
pub fn is_whole(bytes: &[u8]) -> bool {
    bytes.len() == 18
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && check_digit(bytes) == bytes[17]
        && !bytes.ends_with(LOST_TAIL)
        && birth18(bytes).is_some()
}

/// The check character of the first 17 digits (ISO 7064 MOD 11-2).
fn check_digit(bytes: &[u8]) -> u8 {
    let sum: u32 = bytes[..17].iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    CHECK[(sum % 11) as usize]
}

fn birth18(bytes: &[u8]) -> Option<Date> {
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        let mut digits = bytes.get(range)?.iter();
        digits.try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i16::from(byte - b'0')))
    };
    let (year, month, day) = (number(6..10)?, number(10..12)?, number(12..14)?);
    if !(1850..=2100).contains(&year) {
        return None;
    }
    Date::new(year, month as i8, day as i8).ok()
}

/// 15 -> 18: century 19, or 18 where the sequence is 996-999 (aged 100 and more at issue).
fn upgrade(bytes: &[u8]) -> Option<CompactString> {
    if bytes.len() != 15 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let century = if &text[12..15] >= "996" { "18" } else { "19" };
    let mut full = format_compact!("{}{century}{}", &text[..6], &text[6..]);
    birth18(full.as_bytes())?;
    full.push(check_digit(full.as_bytes()) as char);
    Some(full)
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// On the wire a damaged number has a `~` before it, so that it is never taken for a whole one.
impl Serialize for IdNumber {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.is_damaged() { s.collect_str(&format_args!("~{}", self.text)) } else { s.serialize_str(&self.text) }
    }
}

impl<'de> Deserialize<'de> for IdNumber {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<IdNumber, D::Error> {
        let text = CompactString::deserialize(d)?;
        Ok(match text.strip_prefix('~') {
            Some(rest) => IdNumber { text: rest.into(), state: IdState::Damaged },
            None => IdNumber::whole(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(raw: &str) -> IdNumber {
        IdNumber::parse(raw).unwrap()
    }

    /// DOMAIN.md 11.
    #[test]
    fn the_standards_own_numbers_are_valid() {
        assert_eq!(id("11010519491231002X").state(), IdState::Valid);
        assert_eq!(id("440524188001010014").state(), IdState::Valid);
        assert_eq!(id("110105491231002").full().unwrap(), "11010519491231002X");
        assert_eq!(id("11010519491231002X").sex(), Some(Sex::Female));
    }

    #[test]
    fn width_blanks_quotes_and_letters_are_cleaned_not_invalid() {
        for raw in [
            "'11010519491231002x",
            " 110105 19491231 002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105-19491231-002×",
            "11O1O519491231002*",
            "\u{202a}11010519491231002X\u{202c}",
            "~11010519491231002X",
            "～11010519491231002X",
            "11010519491231002Ⅹ",
            "11010519491231002✖",
            "11〇1〇519491231002﹡",
            "11010519491231002X.00",
            "“11010519491231002X”",
            "110105·19491231·002X",
            "[11010519491231002X]",
        ] {
            assert_eq!(id(raw).reveal(), "11010519491231002X", "{raw}");
        }
        for none in ["", "无", "待办", "未上户", "000000000000000000", "-"] {
            assert!(IdNumber::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn every_wrong_digit_and_neighbour_swap_is_caught() {
        let good = "11010519491231002X";
        for place in 0..17 {
            for digit in b'0'..=b'9' {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[place] != digit {
                    bytes[place] = digit;
                    assert_ne!(id(std::str::from_utf8(&bytes).unwrap()).state(), IdState::Valid);
                }
            }
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(id("11010519491331002X").state(), IdState::Invalid(IdFault::Calendar));
        assert_eq!(id("110105194912310021").state(), IdState::Invalid(IdFault::CheckDigit));
        assert_eq!(id("1101051949123100").state(), IdState::Invalid(IdFault::Length));
        assert_eq!(IdNumber::damaged("110105194912310000").unwrap().state(), IdState::Damaged);
        // Of eleven that lost their tail one passes its check digit.
        assert_eq!(id("519901195003130000").state(), IdState::Damaged);
        assert_eq!(id("519901195003130019").state(), IdState::Valid);
        assert_eq!(id("110105194912310000").state(), IdState::Invalid(IdFault::CheckDigit));
    }

    #[test]
    fn of_a_damaged_number_only_what_was_kept_counts() {
        let kept = |digits| IdNumber::damaged(digits).unwrap().trusted_places();
        assert_eq!((kept("110105194912310000"), kept("110105194912310"), kept("110105")), (15, 15, 5));
        assert_eq!((kept("52"), IdNumber::damaged("")), (1, None));
        assert_eq!(id("11010519491231002X").trusted_places(), usize::MAX);
    }

    #[test]
    fn nothing_prints_it_whole() {
        let id = id("11010519491231002X");
        assert!(!format!("{id} {id:?}").contains("19491231"));
    }
}
