//! Names side by side: which mistakes of a clerk, or of a machine, could make one of the other.

use super::rarity::{given_bits, surname_bits};
use super::scale::scale;
use super::sound::{self, Likeness};
use crate::domain::name::{DOT, WILDCARD, fold};

/// Characters kept of a name; the longest minority names are cut behind it, the same way on every list.
pub const NAME_CHARS_MAX: usize = 12;

/// Where other systems cut long names (DOMAIN.md 6 row 6). A name of that length may lack its end.
const CUT_AT_CHARS: [usize; 2] = [4, 10];

/// A name folded, without dots: 12 characters in place, so that a million of them need no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    chars: [char; NAME_CHARS_MAX],
    count: u8,
}

scale! {
    /// How two names stand to each other, from the best to the worst.
    NameLevel {
        Equal = "equal",
        /// Equal but for characters nobody could read.
        Wildcard = "wildcard",
        /// The end is missing where a system cuts names.
        Truncated = "truncated",
        /// One character written as another of the same sound.
        Sound = "sound",
        /// One character written as another of nearly the same sound.
        NearSound = "near-sound",
        /// The characters of the given name in another order.
        Swapped = "swapped",
        /// One character is another one.
        OneCharacter = "one-character",
        /// One character too few or too many.
        Dropped = "dropped",
        /// The surname agrees, nothing else.
        SurnameOnly = "surname-only",
        Different = "different",
        /// One of the two lines has no name.
        Missing = "missing",
    }
}

impl NameLevel {
    /// Whether both can be spellings of one person's name without anybody having changed it.
    pub fn agrees(self) -> bool {
        self <= NameLevel::Truncated
    }
}

impl Name {
    pub const EMPTY: Name = Name { chars: ['\0'; NAME_CHARS_MAX], count: 0 };

    /// Folds `raw` as it stands in the cell.
    pub fn new(raw: &str) -> Name {
        let mut name = Name::EMPTY;
        for c in fold(raw).chars().filter(|c| *c != DOT).take(NAME_CHARS_MAX) {
            name.chars[usize::from(name.count)] = c;
            name.count += 1;
        }
        name
    }

    pub fn chars(&self) -> &[char] {
        &self.chars[..usize::from(self.count)]
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sounds of the first four characters in an order of their own, so that a homophone, two swapped characters or a cut
    /// name still meet; `None` where a character cannot be read.
    pub fn sound_key(&self) -> Option<[u32; 4]> {
        if self.is_empty() || self.chars().contains(&WILDCARD) {
            return None;
        }
        let mut key = [0; 4];
        for (slot, c) in key.iter_mut().zip(self.chars()) {
            *slot = sound::key(*c);
        }
        key.sort_unstable();
        Some(key)
    }

    /// How the two stand to each other, and the bits of rarity in what they have in common.
    pub fn compare(&self, other: &Name) -> (NameLevel, f32) {
        let (a, b) = (self.chars(), other.chars());
        if a.is_empty() || b.is_empty() {
            return (NameLevel::Missing, 0.0);
        }
        if a == b && !a.contains(&WILDCARD) {
            return (NameLevel::Equal, common(a, a));
        }
        if a.len() == b.len() {
            return same_length(a, b);
        }
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        if CUT_AT_CHARS.contains(&short.len()) && long.starts_with(short) {
            return (NameLevel::Truncated, common(short, short));
        }
        if long.len() == short.len() + 1 && short.len() >= 2 {
            let lost = (0..short.len()).find(|i| short[*i] != long[*i]).unwrap_or(short.len());
            if short[lost..] == long[lost + 1..] {
                return (NameLevel::Dropped, common(short, &long[..short.len()]).min(common(short, short)));
            }
        }
        (otherwise(a, b), common(&a[..1], &b[..1]))
    }
}

fn same_length(a: &[char], b: &[char]) -> (NameLevel, f32) {
    let mut differ = 0;
    let mut unread = 0;
    let mut place = 0;
    for i in 0..a.len() {
        if a[i] == WILDCARD || b[i] == WILDCARD {
            unread += 1;
        } else if a[i] != b[i] {
            differ += 1;
            place = i;
        }
    }
    let bits = common(a, b);
    // Of a name of two characters with one unreadable, only the surname is left.
    let readable = a.len() - unread;
    match differ {
        0 if readable == 0 => (NameLevel::Missing, 0.0),
        0 => (NameLevel::Wildcard, bits),
        1 if unread == 0 && a.len() > 1 => match sound::likeness(a[place], b[place]) {
            Likeness::Same => (NameLevel::Sound, bits),
            Likeness::Near => (NameLevel::NearSound, bits),
            Likeness::Other => (NameLevel::OneCharacter, bits),
        },
        2.. if permuted(a, b) => (NameLevel::Swapped, common(a, a)),
        2.. if unread == 0 && all_sound_alike(a, b) => (NameLevel::NearSound, bits),
        _ => (otherwise(a, b), bits),
    }
}

fn otherwise(a: &[char], b: &[char]) -> NameLevel {
    if a[0] == b[0] && a[0] != WILDCARD { NameLevel::SurnameOnly } else { NameLevel::Different }
}

fn permuted(a: &[char], b: &[char]) -> bool {
    let mut sorted = [['\0'; NAME_CHARS_MAX]; 2];
    for (slot, from) in sorted.iter_mut().zip([a, b]) {
        slot[..from.len()].copy_from_slice(from);
        slot.sort_unstable();
    }
    sorted[0] == sorted[1]
}

fn all_sound_alike(a: &[char], b: &[char]) -> bool {
    a.iter().zip(b).all(|(x, y)| x == y || sound::likeness(*x, *y) == Likeness::Same)
}

/// Bits of the characters that stand in the same place in both.
fn common(a: &[char], b: &[char]) -> f32 {
    let equal = |(x, y): &(&char, &char)| x == y && **x != WILDCARD;
    let mut bits = 0.0;
    for (i, (c, _)) in a.iter().zip(b).enumerate().filter(|(_, pair)| equal(pair)) {
        bits += if i == 0 { surname_bits(*c) } else { given_bits(*c) };
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(a: &str, b: &str) -> NameLevel {
        let (there, back) = (Name::new(a).compare(&Name::new(b)), Name::new(b).compare(&Name::new(a)));
        assert_eq!(there, back, "{a} {b}");
        there.0
    }

    #[test]
    fn what_a_clerk_does_to_a_name_has_a_level_of_its_own() {
        for (a, b, expected) in [
            ("王秀英", "王 秀 英（户主）", NameLevel::Equal),
            ("吉木·子洛", "吉木子洛", NameLevel::Equal),
            ("王□英", "王秀英", NameLevel::Wildcard),
            ("买买提吐尔逊", "买买提吐", NameLevel::Truncated),
            ("王红", "王虹", NameLevel::Sound),
            ("曾玲英", "曾铃英", NameLevel::Sound),
            ("王心", "王星", NameLevel::NearSound),
            ("王英秀", "王秀英", NameLevel::Swapped),
            ("王秀英", "王秀珍", NameLevel::OneCharacter),
            ("王秀英", "王英", NameLevel::Dropped),
            ("王建国", "王秀英", NameLevel::SurnameOnly),
            ("李建国", "王秀英", NameLevel::Different),
            ("", "王秀英", NameLevel::Missing),
            ("□□", "王英", NameLevel::Missing),
        ] {
            assert_eq!(level(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_homophone_a_swap_and_a_cut_name_meet_under_one_key() {
        let key = |name: &str| Name::new(name).sound_key();
        assert_eq!(key("王秀英"), key("王英秀"));
        assert_eq!(key("王虹"), key("王红"));
        assert_eq!(key("买买提吐尔逊"), key("买买提吐"));
        assert_eq!(key("王□"), None);
    }
}
