//! Two entries side by side: the sum of what each field says, and the parts of it for people to read.

use serde::Serialize;

use super::features::Features;
use super::levels::{self, BirthLevel, HouseholdLevel, SexLevel, SupportLevel};
use super::name::NameLevel;
use super::number::NumberLevel;
use super::weights::Weights;

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Number,
    Name,
    /// How rare the characters are that both names have.
    NameRarity,
    Birth,
    Sex,
    Place,
    Household,
    Spouse,
    Phone,
}

impl Field {
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Number => "number",
            Field::Name => "name",
            Field::NameRarity => "name-rarity",
            Field::Birth => "birth",
            Field::Sex => "sex",
            Field::Place => "place",
            Field::Household => "household",
            Field::Spouse => "spouse",
            Field::Phone => "phone",
        }
    }
}

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
    pub number: NumberLevel,
    pub name: NameLevel,
    pub rarity: f32,
    pub birth: BirthLevel,
    pub sex: SexLevel,
    pub place: levels::PlaceLevel,
    pub household: HouseholdLevel,
    pub spouse: SupportLevel,
    pub phone: SupportLevel,
}

impl Levels {
    pub fn of(a: &Features, b: &Features, w: &Weights) -> Levels {
        let number = a.number.compare(&b.number);
        let (name, rarity) = a.name.compare(&b.name);
        Levels {
            number,
            name,
            rarity: (rarity * w.rarity_share).min(w.rarity_bits_max),
            birth: match number {
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

    fn parts(&self, w: &Weights) -> [Part; 9] {
        let equal = self.number == NumberLevel::Equal;
        let birth = if equal { &w.birth_beside_number } else { &w.birth };
        let place = if equal { &w.place_beside_number } else { &w.place };
        let part = |field, level, bits| Part { field, level, bits };
        [
            part(Field::Number, self.number.as_str(), w.number[self.number as usize]),
            part(Field::Name, self.name.as_str(), w.name[self.name as usize]),
            part(Field::NameRarity, "shared", self.rarity),
            part(Field::Birth, self.birth.as_str(), birth[self.birth as usize]),
            part(Field::Sex, self.sex.as_str(), w.sex[self.sex as usize]),
            part(Field::Place, self.place.as_str(), place[self.place as usize]),
            part(Field::Household, self.household.as_str(), w.household[self.household as usize]),
            part(Field::Spouse, self.spouse.as_str(), w.spouse[self.spouse as usize]),
            part(Field::Phone, self.phone.as_str(), w.phone[self.phone as usize]),
        ]
    }

    pub fn bits(&self, w: &Weights) -> f32 {
        self.parts(w).iter().map(|part| part.bits).sum()
    }

    /// Whether anything but name, sex and place agrees. A name alone never links, nor does it with a year of birth
    /// (DOMAIN.md 3.5).
    pub fn is_corroborated(&self) -> bool {
        matches!(
            self.number,
            NumberLevel::Equal
                | NumberLevel::EqualInvalid
                | NumberLevel::Slip
                | NumberLevel::TailSlip
                | NumberLevel::Prefix
        ) || matches!(
            self.birth,
            BirthLevel::Equal | BirthLevel::Month | BirthLevel::Slip | BirthLevel::Spelled | BirthLevel::Lunar
        ) || matches!(
            self.household,
            HouseholdLevel::HeadAndRelation | HouseholdLevel::Head | HouseholdLevel::BothHeads
        ) || self.spouse == SupportLevel::Equal
            || self.phone == SupportLevel::Equal
    }
}

/// The sum alone. Symmetric.
pub fn score(a: &Features, b: &Features, w: &Weights) -> f32 {
    Levels::of(a, b, w).bits(w)
}

/// The sum with its parts, for `people QUERY --explain` and clerical review. Fields that both lines leave open are
/// left out.
pub fn compare(a: &Features, b: &Features, w: &Weights) -> Comparison {
    let levels = Levels::of(a, b, w);
    let parts = levels.parts(w).into_iter().filter(|part| part.bits != 0.0 || part.level != "missing").collect();
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
}

/// The closure rule: two entries that share a block key belong to one component where this is `Some`, or where a
/// person's decision joins them. `cluster` must always be given whole components.
pub fn edge(a: &Features, b: &Features, w: &Weights) -> Option<Edge> {
    let bits = score(a, b, w);
    let same_number = a.number.same_valid(&b.number);
    (same_number || bits >= w.potential_bits.min(w.match_bits)).then_some(Edge { bits, same_number })
}
