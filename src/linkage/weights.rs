//! What each comparison is worth, in bits: log2 of how much likelier it is between two lines of one person than
//! between lines of two people (Fellegi and Sunter). Defaults below; `train` re-estimates them from a node's own lines.

use serde::{Deserialize, Serialize};

use super::levels::{BirthLevel, HouseholdLevel, PlaceLevel, SexLevel, SupportLevel};
use super::name::NameLevel;
use super::number::NumberLevel;

/// Weights and thresholds with the version that stored decisions refer to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// 0 for the defaults; each training counts one up.
    pub version: u32,
    /// From this sum on two lines are one person, where nothing speaks against it and nobody else is in question.
    pub match_bits: f32,
    /// From this sum on a person should look.
    pub potential_bits: f32,
    /// How far the best candidate must be ahead of another one that excludes it.
    pub margin_bits: f32,
    /// Taken off where a join would give a person two lines of one list in one village.
    pub twice_listed_bits: f32,
    /// Added for each of two lines that nothing else is joined to, where they stand on different lists: somebody who is
    /// on one list is normally on the other, and their own line there would have been found.
    pub vacancy_bits: f32,
    /// How much of the rarity of a name's characters counts: they go together (秀 with 英, both with age and sex), so the
    /// bits of one are partly said by the other.
    pub rarity_share: f32,
    /// Most that the rarity of a name can add.
    pub rarity_bits_max: f32,
    pub number: [f32; NumberLevel::COUNT],
    pub name: [f32; NameLevel::COUNT],
    pub birth: [f32; BirthLevel::COUNT],
    /// The birth columns where the valid numbers are equal: the number has spoken for the date already.
    pub birth_beside_number: [f32; BirthLevel::COUNT],
    pub sex: [f32; SexLevel::COUNT],
    pub place: [f32; PlaceLevel::COUNT],
    /// The same where the valid numbers are equal: people keep their number when they move.
    pub place_beside_number: [f32; PlaceLevel::COUNT],
    pub household: [f32; HouseholdLevel::COUNT],
    pub spouse: [f32; SupportLevel::COUNT],
    pub phone: [f32; SupportLevel::COUNT],
}

/// At this many bits below the match threshold a pair is as likely one person as two.
const EVEN_ODDS_BELOW_MATCH_BITS: f32 = 4.8;

impl Weights {
    /// How many of a hundred pairs of this sum are one person, as a share.
    pub(super) fn share(&self, bits: f32) -> f64 {
        let odds = f64::from(bits - (self.match_bits - EVEN_ODDS_BELOW_MATCH_BITS)).exp2();
        odds / (1.0 + odds)
    }

    /// How likely a pair that was left for people is one person. A sum beyond the match threshold makes it no surer than
    /// the threshold does: it would have been joined, had not something spoken against it that is in no sum.
    pub fn likelihood(&self, bits: f32) -> f64 {
        self.share(bits.min(self.match_bits))
    }
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            version: 0,
            // A county of 600,000 needs 19 bits to make one candidate as likely as not; five more make it 30 to 1.
            match_bits: 24.0,
            potential_bits: 17.0,
            margin_bits: 3.0,
            twice_listed_bits: 6.0,
            vacancy_bits: 2.5,
            rarity_share: 0.75,
            rarity_bits_max: 16.0,
            //       Equal EqInv Slip TailSl Two   Prefix Extend Unlike ValSlip ValUnl Missing
            number: [26.0, 6.0, 3.5, 2.5, -2.0, 1.5, 6.0, -7.0, -7.0, -13.0, 0.0],
            //     Equal Wild  Trunc Sound Near  Swap  One   Drop  Surname Diff   Missing
            name: [-0.1, -1.0, -2.0, -0.5, -1.5, -5.0, -4.5, -5.5, -10.0, -15.0, -4.0],
            //      Equal Month Slip Spelled Lunar Two  Year Different Missing
            birth: [14.0, 8.0, 5.5, 10.0, 3.0, 1.0, 2.0, -7.0, 0.0],
            birth_beside_number: [3.5, 2.0, 1.0, 1.0, 0.5, 0.0, 1.0, -8.0, 0.0],
            //    Equal Different Missing
            sex: [1.0, -3.5, 0.0],
            //      Village MoveNamed Township County Beyond
            place: [5.0, 3.0, 0.0, -4.0, -6.0],
            place_beside_number: [3.0, 3.0, 1.0, 0.0, -1.0],
            //          HeadRel Head Both Household Unlike Missing
            household: [7.0, 4.5, 1.5, 2.5, -1.5, 0.0],
            //       Equal Different Missing
            spouse: [6.0, -3.0, 0.0],
            // Four digits agree by chance once in 10,000, and within a household that shares a telephone often: 13 bits
            // between strangers, hardly any between a father and his son, whose names and births tell them apart.
            phone: [6.0, -0.3, 0.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_people_is_never_certain() {
        let w = Weights::default();
        let percent = |bits: f32| (w.likelihood(bits) * 100.0).round();
        assert_eq!([0.0, 17.0, 19.2, 24.0, 60.0].map(percent), [0.0, 18.0, 50.0, 97.0, 97.0]);
    }
}
