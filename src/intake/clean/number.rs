//! Numbers of persons, households and certificates, and what spreadsheets do to them (DOMAIN.md 6 rows 3-4).

use compact_str::CompactString;

use crate::domain::{IdNumber, IdState};

use crate::intake::container::row::Cell;

/// Places of precision in a spreadsheet's number cell (DOMAIN.md 6 row 3).
const EXACT_DIGITS: usize = 15;

/// Fewer digits beside a remark are no citizen number, damaged or not.
const COMPANY_DIGITS_MIN: usize = 14;

/// Numbers of households and certificates. A number cell that long has lost its tail: it would join strangers
/// (DOMAIN.md 3.3 trap 4).
pub fn code_text(cell: Cell<'_>) -> Option<CompactString> {
    match cell {
        Cell::Number(value) if value.abs() >= 1e15 => None,
        Cell::Text(text) if is_scientific(text) => None,
        cell => Some(CompactString::from(cell.to_text()))
            .filter(|text| text != "无" && text.chars().any(char::is_alphanumeric)),
    }
}

/// `5.19901E+17`: what a spreadsheet program shows of a long number, saved as text.
pub fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    !exponent.is_empty()
        && exponent.len() <= 3
        && exponent.bytes().all(|b| b.is_ascii_digit())
        && mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Reads a number cell by cell (DOMAIN.md 6 rows 3-4).
pub fn id_number(cell: Cell<'_>) -> Option<IdNumber> {
    match cell {
        Cell::Empty | Cell::Error | Cell::Date(_) => None,
        Cell::Number(value) => {
            let digits = whole_digits(value);
            if digits.len() >= EXACT_DIGITS { IdNumber::damaged(&digits) } else { IdNumber::parse(&digits) }
        }
        Cell::Text(text) if is_scientific(text) => {
            let mantissa: String =
                text.split(['E', 'e']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
            IdNumber::damaged(&mantissa)
        }
        Cell::Text(text) if let Some(shown) = before_mask(text) => IdNumber::damaged(shown),
        Cell::Text(text) => {
            let id = IdNumber::parse(text)?;
            // One in a thousand ends so by chance, and of those that are wrong as well hardly any.
            if has_lost_tail(id.reveal()) && matches!(id.state(), IdState::Invalid(_)) {
                return IdNumber::damaged(id.reveal());
            }
            if matches!(id.state(), IdState::Valid | IdState::Old) {
                Some(id)
            } else {
                Some(within(text).unwrap_or(id))
            }
        }
    }
}

/// The same of a cell that is text.
pub fn id_number_of(text: &str) -> Option<IdNumber> {
    id_number(Cell::Text(text))
}

/// What stands before the stars of a number masked for the notice board: `519901********0029`.
fn before_mask(text: &str) -> Option<&str> {
    /// One or two may stand for a check character or a digit nobody could read.
    const STARS_MIN: usize = 4;
    let is_star = |c: char| matches!(c, '*' | '＊' | '×' | 'x' | 'X' | '●');
    let at = text.find(is_star)?;
    let stars = text[at..].chars().take_while(|c| is_star(*c)).count();
    (stars >= STARS_MIN).then(|| &text[..at])
}

/// Eighteen digits in a row.
pub fn is_long_number(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Eighteen digits of which a spreadsheet may have kept fifteen.
pub fn has_lost_tail(text: &str) -> bool {
    is_long_number(text) && text.ends_with("000")
}

/// The digits of a number cell. A spreadsheet program keeps 15 of them and fills up with zeros, but the double that it
/// stores is a neighbour (519901198001010000 is held as ...009984); other software wrote the whole number as a double.
fn whole_digits(value: f64) -> String {
    let exact = format!("{value:.0}");
    let Some(tail) = exact.len().checked_sub(EXACT_DIGITS).filter(|tail| *tail > 0) else { return exact };
    let rounded = format!("{value:.14e}");
    let kept: String = rounded.split('e').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let filled = kept + &"0".repeat(tail);
    if filled.parse() == Ok(value) { filled } else { exact }
}

/// The number in a cell that holds more than a number: a remark, a word before it, a second number. The first valid one,
/// else the only one there is.
fn within(text: &str) -> Option<IdNumber> {
    let is_company = |c: char| {
        matches!(
            c,
            '/' | '、' | ',' | '，' | ';' | '；' | '(' | '（' | ')' | '）' | ':' | '：' | '\n' | '\u{3400}'
                ..='\u{9fff}'
        )
    };
    let is_long = |piece: &&str| piece.bytes().filter(u8::is_ascii_digit).count() >= COMPANY_DIGITS_MIN;
    let alone: Vec<&str> = text.split(is_company).filter(is_long).collect();
    if let [only] = alone[..]
        && let Some(too_long) =
            IdNumber::parse(only).filter(|id| has_digit_too_many(id) && !only.trim_end().ends_with(STARS))
    {
        return Some(too_long);
    }
    let apart = text.split(|c: char| is_company(c) || c.is_whitespace()).filter(is_long);
    let mut each = alone.iter().copied().chain(apart).filter_map(IdNumber::parse);
    let valid = each.find(|id| matches!(id.state(), IdState::Valid | IdState::Old));
    valid.or_else(|| undressed(text)).or_else(|| if let [only] = alone[..] { IdNumber::parse(only) } else { None })
}

/// The number without all marks that stand before, in and behind it: No.519901…, 519901…？, 519901/19800101/1002. Only
/// where a good one is left: of marks in a wrong number nobody knows which stands for a digit.
fn undressed(text: &str) -> Option<IdNumber> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '０'..='９');
    // What its last place may look like.
    let ends = |c: char| is_part(c) || IdNumber::parse(&format!("11010519491231002{c}")).is_some_and(|id| is_good(&id));
    let number = text.trim_start_matches(|c| !is_part(c)).trim_end_matches(|c| !ends(c));
    let bare = |number: &str| IdNumber::parse(&number.chars().filter(|c| ends(*c)).collect::<String>()).filter(is_good);
    bare(number).or_else(|| bare(number.trim_end_matches(STARS)))
}

/// A star behind a number points to a note. A cross stands for the check character.
const STARS: [char; 3] = ['*', '＊', '﹡'];

/// Eighteen digits and an X. Nobody knows which digit is too many, and one time in eleven they are a good number of
/// somebody else.
fn has_digit_too_many(id: &IdNumber) -> bool {
    id.reveal().strip_suffix('X').is_some_and(is_long_number)
}

fn is_good(id: &IdNumber) -> bool {
    matches!(id.state(), IdState::Valid | IdState::Old)
}

/// A citizen number in the cell of the name: `张三/519901…`, `张三(519901…)`.
pub fn name_and_number(cell: &str) -> (&str, Option<&str>) {
    /// Of a citizen number before 1999.
    const DIGITS_MIN: usize = 15;
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let Some(start) = cell.find(is_digit) else { return (cell, None) };
    let number = &cell[start..];
    // 519901 19800101 1002
    let end = number.find(|c: char| !is_digit(c) && !c.is_whitespace()).unwrap_or(number.len());
    if number[..end].chars().filter(|c| is_digit(*c)).count() < DIGITS_MIN {
        return (cell, None);
    }
    let end = end + number[end..].chars().next().filter(|c| "xXＸｘ".contains(*c)).map_or(0, char::len_utf8);
    let around = |c: char| c.is_whitespace() || "/／,，、:：;；(（-".contains(c);
    let name = cell[..start].trim_end_matches(around);
    if name.is_empty() { (cell, None) } else { (name, Some(&number[..end])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IdFault;

    #[test]
    fn a_number_cell_is_never_formatted_back_into_a_number() {
        let damaged = id_number(Cell::Number(519_901_198_001_010_000.0)).unwrap();
        assert_eq!(damaged.state(), IdState::Damaged);
        assert_eq!(damaged.reveal(), "519901198001010000");
        // DOMAIN.md 11: ...0028 written as a double by other software.
        assert_eq!(id_number(Cell::Number(110_105_194_912_310_028.0)).unwrap().reveal(), "110105194912310032");
        assert_eq!(id_number(Cell::Text("5.19901E+17")).unwrap().state(), IdState::Damaged);
        assert_eq!(id_number(Cell::Text("5.19901198001010E+17")).unwrap().reveal(), "519901198001010");
        for text in ["5.2E+17", "5E17", "5.2e+017"] {
            assert_eq!(id_number(Cell::Text(text)).unwrap().state(), IdState::Damaged, "{text}");
        }
        // Pasted as text from where it had lost its tail, among others that had not.
        assert_eq!(id_number(Cell::Text("519901198001011000")).unwrap().state(), IdState::Damaged);
        assert_eq!(id_number(Cell::Text("519901198001011002")).unwrap().state(), IdState::Invalid(IdFault::CheckDigit));
    }

    #[test]
    fn a_masked_number_is_damaged_and_no_wrong_one() {
        for text in ["519901********0029", "519901＊＊＊＊＊＊＊＊0029", "5199011970XXXX0029"] {
            assert_eq!(id_number(Cell::Text(text)).unwrap().state(), IdState::Damaged, "{text}");
        }
        assert_eq!(id_number(Cell::Text("****************29")), None);
        assert_eq!(id_number(Cell::Text("11010519491231002*")).unwrap().state(), IdState::Valid);
    }

    #[test]
    fn a_number_with_company_is_found() {
        for text in [
            "11010519491231002X（已核）",
            "身份证：11010519491231002X",
            "11010519491231002X/110105491231002",
            "11010519491231002X。",
            "11010519491231002X？",
            "11010519491231002X！",
            "11010519491231002X√",
            "#11010519491231002X",
            "=11010519491231002X",
            "+11010519491231002X",
            "No.11010519491231002X",
            "No：440524188001010014？",
            "110105/19491231/002X",
        ] {
            assert_eq!(id_number(Cell::Text(text)).unwrap().state(), IdState::Valid, "{text}");
        }
        let shown = |text| id_number(Cell::Text(text)).unwrap().reveal().to_owned();
        assert_eq!(shown("身份证号: 110105 19491231 002X（已核）"), "11010519491231002X");
        assert_eq!(shown("身份证:110105194912310021"), "110105194912310021", "an invalid number is invalid by itself");
        assert_eq!((id_number(Cell::Text("待补")), id_number(Cell::Empty)), (None, None));
    }

    #[test]
    fn a_digit_too_many_before_the_x_stays_as_written() {
        assert_eq!(id_number_of("440524188001010014").unwrap().state(), IdState::Valid);
        for text in [
            "440524188001010014X",
            "440524188001010014x",
            "440524188001010014×",
            "440524188001010014 X",
            "440524 18800101 0014 x",
            "身份证：440524188001010014X（已核）",
        ] {
            let id = id_number_of(text).unwrap();
            assert_eq!((id.reveal(), id.state()), ("440524188001010014X", IdState::Invalid(IdFault::Length)), "{text}");
        }
        for text in ["440524188001010014X？", "No.440524188001010014X", "440524188001010014x。"] {
            assert!(!is_good(&id_number_of(text).unwrap()), "{text}");
        }
        for text in ["440524188001010014*", "440524188001010014 ＊", "11010519491231002X*"] {
            assert!(is_good(&id_number_of(text).unwrap()), "{text}: a star points to a note");
        }
    }

    #[test]
    fn a_household_number_that_lost_its_tail_joins_nobody() {
        assert_eq!(code_text(Cell::Number(51_990_100_120_000_001.0)), None);
        assert_eq!(code_text(Cell::Number(12.0)).as_deref(), Some("12"));
        assert_eq!(
            (code_text(Cell::Text("5.1E+16")), code_text(Cell::Text("—")), code_text(Cell::Text("张庄-3")).as_deref()),
            (None, None, Some("张庄-3"))
        );
    }

    #[test]
    fn a_number_in_the_cell_of_the_name_is_found() {
        for (cell, want) in [
            ("赵甲/519901195001110030", ("赵甲", Some("519901195001110030"))),
            ("钱女 51990119700101002x", ("钱女", Some("51990119700101002x"))),
            ("孙丙(519901500511003)", ("孙丙", Some("519901500511003"))),
            ("李丁\n519901195001110030", ("李丁", Some("519901195001110030"))),
            ("赵戊（519901 19800101 1002）", ("赵戊", Some("519901 19800101 1002"))),
            ("李丁2", ("李丁2", None)),
            ("519901195001110030", ("519901195001110030", None)),
            ("吉木·子洛", ("吉木·子洛", None)),
        ] {
            assert_eq!(name_and_number(cell), want);
        }
    }
}
