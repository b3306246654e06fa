//! What keeps two lines apart, whatever ties them: a person's word, two good numbers, one list of one village.

use super::compare::Levels;
use super::decided::Decided;
use super::features::Features;
use super::levels::{BirthLevel, PlaceLevel, SexLevel};
use super::name::NameLevel;
use super::number::NumberLevel;
use super::weights::Weights;
use crate::domain::List;

/// By these decisions and weights.
pub(super) struct Apart<'a> {
    pub decided: &'a Decided,
    pub w: &'a Weights,
}

impl Apart<'_> {
    /// Whether these two can never be one person, whatever else speaks for it.
    pub fn excludes(&self, x: &Features, y: &Features) -> bool {
        if self.decided.are_parted(x.uid, y.uid) {
            return true;
        }
        if self.decided.are_joined(x.uid, y.uid) {
            return false;
        }
        let levels = Levels::of(x, y, self.w);
        let unlikely = || levels.bits(self.w) < self.w.match_bits;
        match levels.number {
            // Two good numbers on one list: whoever is there twice, a person must say so.
            _ if levels.not_own => twice_listed(x, y),
            NumberLevel::Equal if levels.renumbered && twice_listed(x, y) => true,
            // A number used by two people, as by children entered under their mother's: their names have nothing in
            // common and nothing outweighs that, or they are like siblings' and something else speaks against it.
            NumberLevel::Equal => match levels.name {
                NameLevel::Different => unlikely(),
                NameLevel::SurnameOnly if unlikely() => {
                    levels.birth == BirthLevel::Different || levels.sex == SexLevel::Different
                }
                // Turned round it is hers, whose date of birth is written wrong as well: two sisters are not called so.
                NameLevel::Swapped if levels.sex != SexLevel::Different && levels.place == PlaceLevel::Village => false,
                // Brothers on one list, the younger under the elder's number.
                name if twice_listed(x, y) && levels.births_are_two() => {
                    name > NameLevel::Swapped && name != NameLevel::Missing
                }
                name => !name.agrees() && levels.birth == BirthLevel::Different,
            },
            NumberLevel::ValidSlip | NumberLevel::ValidUnlike => {
                twice_listed(x, y) || !levels.name.agrees() || unlikely()
            }
            // Whoever typed a number that is none typed it for two people.
            NumberLevel::EqualInvalid | NumberLevel::Prefix
                if levels.birth == BirthLevel::Different && !levels.name.agrees() =>
            {
                true
            }
            // A slip in area or birth leaves the sequence as it was; twins differ in nothing but the sequence.
            NumberLevel::Slip | NumberLevel::EqualInvalid => false,
            // Two lines of one list in one village with two names: twins, siblings, neighbours.
            _ => twice_listed(x, y) && levels.name >= NameLevel::Swapped && levels.name != NameLevel::Missing,
        }
    }

    /// Whether nobody need look at these two: decided, or two names beside two good numbers or on one list.
    pub fn are_surely_two(&self, x: &Features, y: &Features) -> bool {
        if self.decided.are_parted(x.uid, y.uid) {
            return true;
        }
        let two_numbers = x.number.is_valid() && y.number.is_valid() && !x.number.same_valid(&y.number);
        let levels = Levels::of(x, y, self.w);
        // Twins, or somebody entered twice, the second time without the number and with one character wrong.
        let may_be_twice = levels.number == NumberLevel::Missing
            && x.number.is_valid() != y.number.is_valid()
            && levels.birth == BirthLevel::Equal
            && levels.sex != SexLevel::Different
            && levels.name <= NameLevel::Dropped;
        (two_numbers || twice_listed(x, y) && !may_be_twice) && !levels.name.agrees() && self.excludes(x, y)
    }

    /// Whether these two are hardly one person, so that a third line cannot belong to both.
    pub fn contradicts(&self, x: &Features, y: &Features) -> bool {
        if x.number.same_valid(&y.number) {
            return self.excludes(x, y);
        }
        let levels = Levels::of(x, y, self.w);
        let one_number = matches!(levels.number, NumberLevel::Slip | NumberLevel::EqualInvalid);
        // A number that is written wrong may be so in its date.
        let is_told = |f: &Features| f.birth.is_some() || f.number.is_valid();
        let two_births = levels.birth == BirthLevel::Different && is_told(x) && is_told(y);
        (twice_listed(x, y) && !one_number) || two_births || self.excludes(x, y)
    }
}

pub(super) fn is_one_number_and_name(x: &Features, y: &Features) -> bool {
    x.number.same_valid(&y.number) && x.compare_names(y).0.agrees()
}

/// Whether these would be two standing lines of one list in one village. Death and migrant lists tell events, which
/// several sources report and one person can have several of.
pub(super) fn twice_listed(x: &Features, y: &Features) -> bool {
    let standing = !matches!(x.list, List::Deaths | List::Migrants);
    standing && x.list == y.list && x.area == y.area && x.active && y.active
}
