//! Identity numbers side by side: which slip of a finger, or of a spreadsheet, could make one of the other
//! (DOMAIN.md 3.1, 6 rows 3, 4, 16).

use serde::{Deserialize, Serialize};

use super::scale::scale;
use crate::domain::{IdFault, IdNumber, IdState};

/// A disabled person's card has 20 places, a mother's number with 01 behind it too; nothing longer is kept.
const PLACES_MAX: usize = 20;
pub(super) const WHOLE: usize = 18;
/// Area and birth date: the places before the sequence.
const TAIL_AT: usize = 14;
pub(super) const CHECK_AT: usize = 17;

/// What can be built on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberState {
    /// 18 places and the check digit right.
    Valid,
    /// 15 places brought to 18: nothing checks them, but nothing is wrong with them.
    Old,
    /// Only the first 15 places can be used.
    Damaged,
    Invalid,
    Missing,
}

/// A number in canonical form (15 places brought to 18), in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    places: [u8; PLACES_MAX],
    count: u8,
    pub state: NumberState,
}

scale! {
    /// How two numbers stand to each other.
    NumberLevel {
        /// The same valid number.
        Equal = "equal",
        /// The same number, which is not a valid one.
        EqualInvalid = "equal-invalid",
        /// One digit wrong, missing, doubled or swapped with its neighbour, in the area or the birth date.
        Slip = "slip",
        /// The same in the sequence or check digit, where the numbers of neighbours and twins are alike as well.
        TailSlip = "tail-slip",
        /// Two such slips.
        TwoSlips = "two-slips",
        /// All that a spreadsheet left of one number is the beginning of the other.
        Prefix = "prefix",
        /// One is the other with something behind it: a disabled person's card, a child under its mother's number.
        Extended = "extended",
        /// At least one of them is not valid, and no slip leads from one to the other.
        Unlike = "unlike",
        /// Both valid, apart by one slip in area or birth date (and the check digit): a number lawfully changed, perhaps.
        ValidSlip = "valid-slip",
        /// Both valid and not the same: two people, unless somebody says otherwise.
        ValidUnlike = "valid-unlike",
        /// One of the two lines has no number.
        Missing = "missing",
    }
}

impl Number {
    pub const MISSING: Number = Number { places: [0; PLACES_MAX], count: 0, state: NumberState::Missing };

    pub fn new(id: Option<&IdNumber>) -> Number {
        let Some(id) = id else { return Number::MISSING };
        let state = match id.state() {
            IdState::Valid => NumberState::Valid,
            IdState::Old => NumberState::Old,
            IdState::Damaged => NumberState::Damaged,
            IdState::Invalid(_) => NumberState::Invalid,
        };
        let text = id.canonical();
        let mut number = Number { places: [0; PLACES_MAX], count: 0, state };
        for byte in text.bytes().take(PLACES_MAX) {
            number.places[usize::from(number.count)] = byte;
            number.count += 1;
        }
        // A list that went through a spreadsheet and came out as text: the cell no longer says what it was.
        if id.state() == IdState::Invalid(IdFault::CheckDigit) && number.ends_in_zeros() {
            number.state = NumberState::Damaged;
        }
        number
    }

    pub fn places(&self) -> &[u8] {
        &self.places[..usize::from(self.count)]
    }

    pub fn is_valid(&self) -> bool {
        matches!(self.state, NumberState::Valid | NumberState::Old)
    }

    /// Whether one and the same valid number stands on both.
    pub fn same_valid(&self, other: &Number) -> bool {
        self.is_valid() && other.is_valid() && self.places == other.places
    }

    /// Whether its last places may be all that a spreadsheet left of them. Of whole numbers one in a thousand ends so.
    pub fn ends_in_zeros(&self) -> bool {
        self.places().len() == WHOLE && self.places().ends_with(b"000")
    }

    /// Whether the birth date in it can be believed enough to be compared: whole, or cut behind it.
    pub fn tells_birth(&self) -> bool {
        match self.state {
            NumberState::Valid | NumberState::Old => true,
            NumberState::Damaged => self.places().len() >= TAIL_AT,
            NumberState::Invalid => self.places().len() == WHOLE,
            NumberState::Missing => false,
        }
    }

    pub fn compare(&self, other: &Number) -> NumberLevel {
        use NumberState::{Damaged, Missing, Old};
        if self.state == Missing || other.state == Missing {
            return NumberLevel::Missing;
        }
        if self.state == Damaged || other.state == Damaged {
            return damaged(self.places(), other.places());
        }
        let both_valid = self.is_valid() && other.is_valid();
        if self.places == other.places {
            return if both_valid { NumberLevel::Equal } else { NumberLevel::EqualInvalid };
        }
        // A tail of zeros that a spreadsheet left passes the check digit one time in eleven (DOMAIN.md 6 row 3).
        if both_valid && (self.ends_in_zeros() || other.ends_in_zeros()) {
            let left = damaged(self.places(), other.places());
            if left == NumberLevel::Prefix {
                return left;
            }
        }
        let unchecked = self.state == Old || other.state == Old;
        if both_valid {
            return match slips(&self.places()[..CHECK_AT], &other.places()[..CHECK_AT]) {
                // An old number typed wrong is brought to 18 places with a check digit that fits the mistake.
                Slips::One(at) if unchecked && at < TAIL_AT => NumberLevel::Slip,
                Slips::One(at) if at < TAIL_AT => NumberLevel::ValidSlip,
                // In its tail it may as well be a neighbour's or a twin's.
                Slips::One(_) if unchecked => NumberLevel::Unlike,
                Slips::Two | Slips::More if unchecked && self.places[..TAIL_AT] != other.places[..TAIL_AT] => {
                    NumberLevel::Unlike
                }
                _ => NumberLevel::ValidUnlike,
            };
        }
        let (short, long) = if self.count <= other.count { (self, other) } else { (other, self) };
        if short.places().len() == WHOLE && long.places().len() > WHOLE + 1 && long.places().starts_with(short.places())
        {
            return NumberLevel::Extended;
        }
        match slips(self.places(), other.places()) {
            Slips::One(at) if at < TAIL_AT => NumberLevel::Slip,
            Slips::One(_) => NumberLevel::TailSlip,
            Slips::Two => NumberLevel::TwoSlips,
            Slips::More => NumberLevel::Unlike,
        }
    }
}

/// `a` or `b` has lost its tail: compares what is left of both.
fn damaged(a: &[u8], b: &[u8]) -> NumberLevel {
    let keep = IdNumber::KEPT_PLACES.min(a.len()).min(b.len());
    if keep < TAIL_AT {
        // So few places are those of everybody around (5.2E+17, of which the last is rounded): they tell nobody, but may
        // tell people apart.
        let sure = IdNumber::sure_places(keep);
        return if a[..sure] == b[..sure] { NumberLevel::Missing } else { NumberLevel::Unlike };
    }
    match slips(&a[..keep], &b[..keep]) {
        _ if a[..keep] == b[..keep] => NumberLevel::Prefix,
        Slips::One(_) | Slips::Two => NumberLevel::TwoSlips,
        Slips::More => NumberLevel::Unlike,
    }
}

/// Slips between two different strings of digits; `One` says at which place.
#[derive(Debug, PartialEq, Eq)]
enum Slips {
    One(usize),
    Two,
    More,
}

/// One slip: a digit replaced, lost or added, or two neighbours swapped. Two: a second one behind the first.
fn slips(a: &[u8], b: &[u8]) -> Slips {
    let at = mismatch(a, b);
    let steps = one_step(&a[at..], &b[at..]);
    if steps.iter().flatten().any(|(x, y)| x == y) {
        return Slips::One(at);
    }
    let second = |(x, y): &(&[u8], &[u8])| {
        let at = mismatch(x, y);
        one_step(&x[at..], &y[at..]).iter().flatten().any(|(x, y)| x == y)
    };
    if steps.iter().flatten().any(second) { Slips::Two } else { Slips::More }
}

fn mismatch(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// What is left of both once the slip at their beginning is taken away, in each way it can have happened.
fn one_step<'a>(a: &'a [u8], b: &'a [u8]) -> [Option<(&'a [u8], &'a [u8])>; 4] {
    let (shorter_a, shorter_b) = (a.get(1..), b.get(1..));
    let swapped = a.len() >= 2 && b.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[0] != a[1];
    [
        shorter_a.zip(shorter_b),
        swapped.then(|| (&a[2..], &b[2..])),
        shorter_a.filter(|_| a.len() > b.len()).map(|a| (a, b)),
        shorter_b.filter(|_| b.len() > a.len()).map(|b| (a, b)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::new(IdNumber::parse(text).as_ref())
    }

    #[test]
    fn a_slip_of_the_finger_is_told_from_another_number() {
        let good = "519901198001010017";
        for (other, expected) in [
            ("519901198001010017", NumberLevel::Equal),
            ("519901198001010817", NumberLevel::TailSlip),
            ("519901189001010017", NumberLevel::Slip),
            ("51990119800101017", NumberLevel::TailSlip),
            ("5199011980010010017", NumberLevel::Slip),
            ("519901189001010018", NumberLevel::TwoSlips),
            ("519902197512240035", NumberLevel::ValidUnlike),
            ("519901198001010033", NumberLevel::ValidUnlike),
            ("519901198002010019", NumberLevel::ValidSlip),
            ("51990119800101001701", NumberLevel::Extended),
            ("519902197512240037", NumberLevel::Unlike),
            ("", NumberLevel::Missing),
        ] {
            let (a, b) = (number(good), number(other));
            assert_eq!(a.compare(&b), b.compare(&a));
            assert_eq!(a.compare(&b), expected, "{other} {:?}", b.state);
        }
    }

    #[test]
    fn an_old_number_equals_its_upgrade_and_a_lost_tail_is_a_beginning() {
        let lost_and_fits = number("519901195303010000");
        assert_eq!(lost_and_fits.state, NumberState::Damaged, "though the zeros fit its check digit by chance");
        assert_eq!(lost_and_fits.compare(&number("519901195303010027")), NumberLevel::Prefix);
        assert_eq!(lost_and_fits.compare(&lost_and_fits), NumberLevel::Prefix);
        let whole = number("11010519491231002X");
        assert_eq!(number("110105491231002").compare(&whole), NumberLevel::Equal);
        assert_eq!(number("110105491331002").state, NumberState::Invalid);
        assert_eq!(number("110105491230002").compare(&whole), NumberLevel::Slip);
        assert_eq!(number("110105491231006").compare(&whole), NumberLevel::Unlike);
        assert_eq!(number("110105491231091").compare(&whole), NumberLevel::ValidUnlike);
        let lost_as_text = number("110105194912310000");
        assert_eq!(lost_as_text.compare(&whole), NumberLevel::Prefix);
        assert_eq!(lost_as_text.state, NumberState::Damaged);
        let lost = |left| Number::new(IdNumber::damaged(left).as_ref());
        assert_eq!(lost("110105194912310000").compare(&whole), NumberLevel::Prefix);
        for (left, level) in [
            ("110105", NumberLevel::Missing),
            ("12", NumberLevel::Missing),
            ("110106", NumberLevel::Unlike),
            ("52", NumberLevel::Unlike),
        ] {
            assert_eq!(lost(left).compare(&whole), level, "{left}");
        }
    }
}
