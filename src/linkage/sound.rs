//! How a character is said: homophones are what a clerk writes who knows the person by ear.

use std::sync::OnceLock;

use pinyin::{ToPinyin, ToPinyinMulti};

/// A syllable without its tone, letters packed five bits each (`zhuang` fills 30); 0 where a character has none.
pub type Syllable = u32;

/// Readings kept of one character: surnames are read otherwise than words (曾 zēng, 单 shàn).
const READINGS_MAX: usize = 3;

/// First code point of the block with a table, and how many follow: CJK Unified Ideographs.
const BLOCK: (u32, usize) = (0x4e00, 0x5200);

type Readings = [Syllable; READINGS_MAX];

/// The syllable under which a character is looked up: its first reading with regional confusions folded away.
pub fn key(c: char) -> u32 {
    match readings(c)[0] {
        // A letter, or a character out of the table, stands for itself; no packed syllable is that large.
        0 => 0x8000_0000 | u32::from(c),
        syllable => near(syllable),
    }
}

/// How close two different characters are in sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// One reading in common, whatever the tone: 红 虹.
    Same,
    /// Common only where zh and z, n and ng are said alike: 心 星.
    Near,
    Other,
}

pub fn likeness(a: char, b: char) -> Likeness {
    let (a, b) = (readings(a), readings(b));
    let common =
        |fold: fn(Syllable) -> Syllable| a.iter().filter(|s| **s != 0).any(|x| b.iter().any(|y| fold(*x) == fold(*y)));
    if common(|s| s) {
        Likeness::Same
    } else if common(near) {
        Likeness::Near
    } else {
        Likeness::Other
    }
}

fn readings(c: char) -> Readings {
    static TABLE: OnceLock<Vec<Readings>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        (0..BLOCK.1 as u32).map(|i| char::from_u32(BLOCK.0 + i).map_or([0; READINGS_MAX], spell)).collect()
    });
    let place = u32::from(c).wrapping_sub(BLOCK.0) as usize;
    table.get(place).copied().unwrap_or([0; READINGS_MAX])
}

fn spell(c: char) -> Readings {
    let mut out = [0; READINGS_MAX];
    let first = c.to_pinyin().map(|p| pack(p.plain()));
    let all = c.to_pinyin_multi().into_iter().flatten().map(|p| pack(p.plain()));
    let mut used = 0;
    for syllable in first.into_iter().chain(all) {
        if used < READINGS_MAX && !out[..used].contains(&syllable) {
            out[used] = syllable;
            used += 1;
        }
    }
    out
}

fn pack(plain: &str) -> Syllable {
    plain.chars().take(6).fold(0, |packed, c| {
        let letter = match c {
            'ü' => 'v',
            c => c.to_ascii_lowercase(),
        };
        packed << 5 | if letter.is_ascii_lowercase() { letter as u32 - 'a' as u32 + 1 } else { 31 }
    })
}

const LETTER: u32 = 31;
const G: u32 = 7;
const H: u32 = 8;
const N: u32 = 14;

/// Folds what southern speech does not tell apart: zh ch sh as z c s, a final ng as n.
fn near(syllable: Syllable) -> Syllable {
    let mut letters = [0u32; 6];
    let mut count = 0;
    for place in (0..6).rev() {
        let letter = syllable >> (5 * place) & LETTER;
        let retroflex_mark = letter == H && count == 1 && matches!(letters[0], 3 | 19 | 26);
        if letter != 0 && !retroflex_mark {
            letters[count] = letter;
            count += 1;
        }
    }
    if count >= 2 && letters[count - 1] == G && letters[count - 2] == N {
        count -= 1;
    }
    letters[..count].iter().fold(0, |packed, letter| packed << 5 | letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homophones_and_what_a_dialect_confuses_are_alike() {
        for (a, b, like) in [
            ('红', '虹', Likeness::Same),
            ('玲', '铃', Likeness::Same),
            ('单', '善', Likeness::Same),
            ('张', '章', Likeness::Same),
            ('心', '星', Likeness::Near),
            ('志', '子', Likeness::Near),
            ('红', '军', Likeness::Other),
            ('红', 'A', Likeness::Other),
        ] {
            assert_eq!(likeness(a, b), like, "{a} {b}");
        }
        assert_eq!(key('红'), key('虹'));
        assert_eq!(key('张'), key('脏'));
        assert_ne!(key('A'), key('B'));
    }
}
