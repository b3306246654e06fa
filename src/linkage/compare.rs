//! Two entries side by side: the sum of what each field says, and the parts of it for people to read.

use serde::Serialize;

use super::features::Features;
use super::levels::{self, BirthLevel, HouseholdLevel, PlaceLevel, SexLevel, SupportLevel};
use super::name::NameLevel;
use super::number::NumberLevel;
use super::scale::scale;
use super::weights::Weights;
use crate::domain::List;

scale! {
    /// What was compared.
    Field {
        Number = "number",
        Name = "name",
        /// How rare the characters are that both names have.
        NameRarity = "name-rarity",
        Birth = "birth",
        Sex = "sex",
        Place = "place",
        Household = "household",
        Spouse = "spouse",
        Phone = "phone",
    }
}

impl Field {
    /// The codes of the levels a part of this field can have: what a catalogue must have words for.
    pub fn levels(self) -> Vec<&'static str> {
        fn codes<L: Copy>(all: &[L], code: fn(L) -> &'static str) -> Vec<&'static str> {
            all.iter().map(|level| code(*level)).collect()
        }
        match self {
            Field::Number => {
                codes(NumberLevel::ALL, NumberLevel::as_str).into_iter().chain([FORMER, NOT_OWN]).collect()
            }
            Field::Name => codes(NameLevel::ALL, NameLevel::as_str),
            Field::NameRarity => vec![SHARED],
            Field::Birth => codes(BirthLevel::ALL, BirthLevel::as_str),
            Field::Sex => codes(SexLevel::ALL, SexLevel::as_str),
            Field::Place => codes(PlaceLevel::ALL, PlaceLevel::as_str),
            Field::Household => codes(HouseholdLevel::ALL, HouseholdLevel::as_str),
            Field::Spouse | Field::Phone => codes(SupportLevel::ALL, SupportLevel::as_str),
        }
    }
}

/// The one level of [`Field::NameRarity`].
const SHARED: &str = "shared";

/// What a number is called that agrees by way of a change the register tells of. It is worth what an equal one is.
const FORMER: &str = "former";

/// What two numbers are called of which one cannot be its line's own. It is worth what a missing one is.
const NOT_OWN: &str = "not-own";

/// One line of an explanation: the field, the level's code, and what it is worth in bits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Part {
    pub field: Field,
    pub level: &'static str,
    pub bits: f32,
}

/// The whole comparison; `bits` is the sum of the parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub bits: f32,
    pub parts: Vec<Part>,
}

/// What a sum means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Match,
    /// A person should look.
    Potential,
    NonMatch,
}

/// The levels of one pair, before anything is weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Levels {
    /// `Equal` also where one is what the register says the other became.
    pub number: NumberLevel,
    pub renumbered: bool,
    /// One of two valid numbers cannot be its line's own, so that `number` is `Missing`: see [`Levels::of`].
    pub not_own: bool,
    /// Their columns give one whole day of birth.
    pub one_birthday: bool,
    pub name: NameLevel,
    pub rarity: f32,
    pub birth: BirthLevel,
    pub sex: SexLevel,
    pub place: PlaceLevel,
    pub household: HouseholdLevel,
    pub spouse: SupportLevel,
    pub phone: SupportLevel,
}

impl Levels {
    /// A wife on a list under her husband's number: the birth and the sex beside it are hers, and not the number's. Where
    /// another line of that name and birth has another number, which fits, the one that does not says nothing of her.
    pub fn of(a: &Features, b: &Features, w: &Weights) -> Levels {
        let levels = Levels::as_written(a, b, w);
        if !levels.are_namesakes_with_two_numbers() || !levels.one_birthday {
            return levels;
        }
        let own = match (levels::denies_number(a), levels::denies_number(b)) {
            (true, false) => Levels::as_written(&a.without_number(), b, w),
            (false, true) => Levels::as_written(a, &b.without_number(), w),
            _ => return levels,
        };
        if own.sex == SexLevel::Different { levels } else { Levels { not_own: true, ..own } }
    }

    fn are_namesakes_with_two_numbers(&self) -> bool {
        self.name == NameLevel::Equal && matches!(self.number, NumberLevel::ValidSlip | NumberLevel::ValidUnlike)
    }

    fn as_written(a: &Features, b: &Features, w: &Weights) -> Levels {
        let (name, rarity) = a.compare_names(b);
        let renumbered = name.agrees() && renumbered(a, b);
        let number = if renumbered { NumberLevel::Equal } else { a.number.compare(&b.number) };
        Levels {
            number,
            renumbered,
            not_own: false,
            one_birthday: levels::is_one_birthday(a, b),
            name,
            rarity: (rarity * w.rarity_share).min(w.rarity_bits_max),
            birth: match number {
                NumberLevel::Equal if renumbered => levels::birth_beside_change(a, b),
                NumberLevel::Equal => levels::birth_beside_number(a, b),
                _ => levels::birth(a, b, number, &w.birth),
            },
            sex: levels::sex(a, b, number),
            place: levels::place(a, b),
            household: levels::household(a, b),
            spouse: levels::support(a.spouse, b.spouse),
            phone: levels::support(a.phone.into(), b.phone.into()),
        }
    }

    /// What each field is worth, in the order of [`Field`].
    fn worth(&self, w: &Weights) -> [f32; Field::COUNT] {
        let equal = self.number == NumberLevel::Equal;
        let birth = if equal { &w.birth_beside_number } else { &w.birth };
        let place = if equal { &w.place_beside_number } else { &w.place };
        [
            w.number[self.number as usize],
            w.name[self.name as usize],
            self.rarity,
            birth[self.birth as usize],
            w.sex[self.sex as usize],
            place[self.place as usize],
            w.household[self.household as usize],
            w.spouse[self.spouse as usize],
            w.phone[self.phone as usize],
        ]
    }

    fn codes(&self) -> [&'static str; Field::COUNT] {
        [
            match self.number {
                _ if self.renumbered => FORMER,
                _ if self.not_own => NOT_OWN,
                number => number.as_str(),
            },
            self.name.as_str(),
            SHARED,
            self.birth.as_str(),
            self.sex.as_str(),
            self.place.as_str(),
            self.household.as_str(),
            self.spouse.as_str(),
            self.phone.as_str(),
        ]
    }

    pub fn bits(&self, w: &Weights) -> f32 {
        self.worth(w).iter().sum()
    }

    /// Whether one line says neither number nor birth date, and may mean who stands on another line of the village: 王芳 on
    /// a list of benefits can be any 王芳 of the register, however many there are in the county; and somebody's daughter
    /// can be the one daughter of theirs, though one character of her name or the sex is another. So may an infant without a
    /// name be any of that day.
    pub fn may_be_meant(&self) -> bool {
        let is_same_sex = self.sex != SexLevel::Different;
        if self.number == NumberLevel::Missing && self.name == NameLevel::Missing {
            return self.birth == BirthLevel::Equal && self.place == PlaceLevel::Village && is_same_sex;
        }
        let says_little = self.number == NumberLevel::Missing
            && matches!(self.birth, BirthLevel::Missing | BirthLevel::Year)
            && self.place == PlaceLevel::Village
            && self.spouse != SupportLevel::Different;
        says_little
            && match self.household {
                HouseholdLevel::HeadAndRelation => {
                    self.name == NameLevel::Equal || is_same_sex && self.name <= NameLevel::Dropped
                }
                HouseholdLevel::BothHeads => self.name == NameLevel::Equal,
                HouseholdLevel::Unlike => false,
                _ => self.name == NameLevel::Equal && is_same_sex,
            }
    }

    /// Whether these may be one person registered under two numbers (DOMAIN.md 3.1), however common the name is: two people
    /// of one name are hardly born on one day in one village.
    pub fn may_have_two_numbers(&self) -> bool {
        self.are_namesakes_with_two_numbers()
            && self.one_birthday
            && self.sex != SexLevel::Different
            && self.place == PlaceLevel::Village
    }

    /// Whether the births are two days, however near: a year or a month that agrees is not.
    pub fn births_are_two(&self) -> bool {
        use BirthLevel::{Different, Lunar, Slip, TwoSlips};
        matches!(self.birth, Slip | Lunar | TwoSlips | Different)
    }

    /// Whether number, household, spouse or telephone agrees.
    fn is_supported(&self) -> bool {
        matches!(
            self.number,
            NumberLevel::Equal
                | NumberLevel::EqualInvalid
                | NumberLevel::Slip
                | NumberLevel::TailSlip
                | NumberLevel::Extended
                | NumberLevel::Prefix
        ) || matches!(
            self.household,
            HouseholdLevel::HeadAndRelation | HouseholdLevel::Head | HouseholdLevel::BothHeads
        ) || self.spouse == SupportLevel::Equal
            || self.phone == SupportLevel::Equal
    }

    /// Whether anything but name, sex and place agrees. A name alone never links, nor does it with a year of birth
    /// (DOMAIN.md 3.5).
    pub fn is_corroborated(&self) -> bool {
        use BirthLevel::{Equal, Lunar, Month, Slip, Spelled};
        self.is_supported() || matches!(self.birth, Equal | Month | Slip | Spelled | Lunar)
    }

    /// Whether both the name and the birth are off, with nothing beside them: brothers are called so and born so, and
    /// whatever is rare about the name they share.
    pub fn is_off_twice(&self) -> bool {
        let name_off = self.name >= NameLevel::Swapped && self.name != NameLevel::Missing;
        name_off && self.birth != BirthLevel::Equal && !self.is_supported()
    }
}

/// Whether the register says that the numbers of both are of one person. Two standing lines of registers with two numbers
/// are two people, or one registered twice: that is for a person to say.
fn renumbered(a: &Features, b: &Features) -> bool {
    let registered = |f: &Features| f.active && f.list == List::Population;
    let became = |x: &Features, y: &Features| !x.other_is_hint && x.other_number.same_valid(&y.number);
    (became(a, b) || became(b, a)) && !a.number.same_valid(&b.number) && !(registered(a) && registered(b))
}

/// The sum alone. Symmetric.
pub fn score(a: &Features, b: &Features, w: &Weights) -> f32 {
    Levels::of(a, b, w).bits(w)
}

/// The sum with its parts, for `people QUERY --explain` and clerical review. Fields that both lines leave open are
/// left out.
pub fn compare(a: &Features, b: &Features, w: &Weights) -> Comparison {
    let levels = Levels::of(a, b, w);
    let fields = Field::ALL.iter().zip(levels.codes()).zip(levels.worth(w));
    let parts = fields.map(|((field, level), bits)| Part { field: *field, level, bits });
    let parts = parts.filter(|part| part.bits != 0.0 || part.level != "missing").collect();
    Comparison { bits: levels.bits(w), parts }
}

/// What the sum of one pair means, taken alone. `cluster` decides with all candidates in view.
pub fn verdict(bits: f32, w: &Weights) -> Verdict {
    if bits >= w.match_bits {
        Verdict::Match
    } else if bits >= w.potential_bits {
        Verdict::Potential
    } else {
        Verdict::NonMatch
    }
}

/// What ties two entries into one component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub bits: f32,
    /// The same valid number stands on both.
    pub same_number: bool,
    /// Too little to join anybody, and asked all the same: see [`Levels::may_be_meant`] and
    /// [`Levels::may_have_two_numbers`].
    pub faint: bool,
    /// Faint for its two valid numbers.
    pub two_numbers: bool,
    /// Faint as well, but that a list says that it had the other's number before, under one name.
    pub once: bool,
}

/// The closure rule: two entries that share a block key belong to one component where this is `Some`, or where a
/// person's decision joins them. `cluster` must always be given whole components.
pub fn edge(a: &Features, b: &Features, w: &Weights) -> Option<Edge> {
    let levels = Levels::of(a, b, w);
    let bits = levels.bits(w);
    let same_number = a.number.same_valid(&b.number);
    let faint = !same_number && bits < w.potential_bits.min(w.match_bits);
    let two_numbers = faint && levels.may_have_two_numbers();
    let had = |x: &Features, y: &Features| x.other_is_hint && x.other_number.same_valid(&y.number);
    let once = faint && levels.name.agrees() && (had(a, b) || had(b, a));
    (!faint || two_numbers || once || a.list != b.list && levels.may_be_meant()).then_some(Edge {
        bits,
        same_number,
        faint,
        two_numbers,
        once,
    })
}
