//! What villages and townships are called. Sheets, columns and titles name them so, and seldom by their codes.

use crate::domain::{Area, Level};

use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::fold::fold_word;

/// What people leave out or put behind a name: 幸福村 is 幸福, and 幸福村民委员会.
const KINDS: [&str; 18] = [
    "村民委员会",
    "社区居民委员会",
    "居民委员会",
    "社区居委会",
    "村委会",
    "居委会",
    "街道办事处",
    "镇人民政府",
    "乡人民政府",
    "人民政府",
    "镇政府",
    "乡政府",
    "行政村",
    "街道",
    "社区",
    "村",
    "镇",
    "乡",
];
/// A shorter name stands in too many words.
const NAME_CHARS_MIN: usize = 2;

/// The kinds a village may go by, whichever it told.
const VILLAGE_KINDS: [&str; 4] = ["村", "社区", "村委会", "居委会"];

/// Names and what they mean.
#[derive(Debug, Default)]
pub struct Places {
    /// As they were told, folded, the longest first.
    told: Vec<(String, Area)>,
    /// What else villages may be called, where no other is called so.
    meant: Vec<(String, Area)>,
}

impl Places {
    /// The names that offices gave themselves, and those that an office wrote down (`[areas]` in `common.toml`).
    pub fn new(names: impl IntoIterator<Item = (Area, String)>, vocabulary: &Vocabulary) -> Places {
        let named = names.into_iter().map(|(area, name)| (fold_word(&name), area));
        let told = sorted(named.chain(vocabulary.areas.iter().cloned()).collect());
        let villages = told.iter().filter(|(_, area)| area.level() == Level::Village);
        let others =
            villages.flat_map(|(name, area)| VILLAGE_KINDS.map(|kind| (format!("{}{kind}", stem(name)), *area)));
        let is_told = |name: &String| told.iter().any(|(other, _)| other == name);
        let meant = sorted(others.filter(|(name, _)| !is_told(name)).collect());
        Places { told, meant }
    }

    /// The area below `within` that `text` names. A township named beside it tells which of two villages of one name;
    /// where two are named, or meant, it is what holds both, and `None` where that is no less than `within`.
    pub fn named(&self, text: &str, within: Area) -> Option<Area> {
        if self.told.is_empty() {
            return None;
        }
        let folded = fold_word(text);
        let found = |level: Level| -> Vec<Area> {
            let below = |area: Area| within.contains(area) && area != within && area.level() == level;
            [&self.told, &self.meant]
                .into_iter()
                .map(|names| inside(&folded, names, below))
                .find(|found| !found.is_empty())
                .unwrap_or_else(|| self.alone(&folded, below))
        };
        let (townships, mut meant) = (found(Level::Township), found(Level::Village));
        if meant.iter().any(|village| townships.iter().any(|township| township.contains(*village))) {
            meant.retain(|village| townships.iter().any(|township| township.contains(*village)));
        }
        if meant.is_empty() {
            meant = townships;
        }
        let all = meant.into_iter().reduce(|a, b| a.common(b).unwrap_or(within))?;
        (all != within && within.contains(all)).then_some(all)
    }

    /// Where the text is nothing but the name, its kind may be left out.
    fn alone(&self, folded: &str, below: impl Fn(Area) -> bool) -> Vec<Area> {
        let stem = stem(folded);
        let is_meant = |name: &str| stem.chars().count() >= NAME_CHARS_MIN && self::stem(name) == stem;
        self.told.iter().filter(|(name, area)| below(*area) && is_meant(name)).map(|(_, area)| *area).collect()
    }
}

fn sorted(mut names: Vec<(String, Area)>) -> Vec<(String, Area)> {
    names.retain(|(name, _)| name.chars().count() >= NAME_CHARS_MIN);
    names.sort_by(|(a, x), (b, y)| b.len().cmp(&a.len()).then(a.cmp(b)).then(x.cmp(y)));
    names.dedup();
    names
}

/// The areas whose names stand in the text.
fn inside(text: &str, names: &[(String, Area)], below: impl Fn(Area) -> bool) -> Vec<Area> {
    let mut found: Vec<Area> = Vec::new();
    let mut taken: Vec<(usize, usize, &str)> = Vec::new();
    for (name, area) in names.iter().filter(|(_, area)| below(*area)) {
        for (at, _) in text.match_indices(name.as_str()).filter(|(at, _)| stands_alone(text, *at, name)) {
            let end = at + name.len();
            // 小王庄村 is not 王庄村.
            if !taken.iter().any(|(from, to, other)| *from <= at && end <= *to && other != name) {
                taken.push((at, end, name));
                found.push(*area);
            }
        }
    }
    found
}

fn stem(folded: &str) -> &str {
    KINDS.iter().find_map(|kind| folded.strip_suffix(kind)).unwrap_or(folded)
}

/// 200村 does not stand in 1200村, nor 一村 in 十一村.
fn stands_alone(text: &str, at: usize, name: &str) -> bool {
    let is_numeral = |c: char| c.is_ascii_digit() || "〇零一二三四五六七八九十百".contains(c);
    !(name.starts_with(is_numeral) && text[..at].ends_with(is_numeral))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> Area {
        code.parse().unwrap()
    }

    fn places() -> Places {
        let names = [
            ("519901001", "第1乡"),
            ("519901002", "第2乡"),
            ("519901001200", "200村"),
            ("519901002200", "200村"),
            ("519901001201", "王庄村"),
            ("519901001202", "小王庄村"),
            ("519901002201", "幸福社区居委会"),
        ];
        Places::new(names.map(|(code, name)| (area(code), name.to_owned())), &Vocabulary::load(None).unwrap())
    }

    #[test]
    fn a_village_is_known_by_the_name_it_gave_itself() {
        let (places, county) = (places(), area("519901"));
        for (text, within, want) in [
            ("王庄村", county, Some("519901001201")),
            ("王 庄", county, Some("519901001201")),
            ("小王庄村低保花名册", county, Some("519901001202")),
            ("幸福社区", county, Some("519901002201")),
            ("幸福社区居民委员会", county, Some("519901002201")),
            ("200村", area("519901001"), Some("519901001200")),
            ("第2乡200村", county, Some("519901002200")),
            ("第1乡/200村/人口.xlsx", county, Some("519901001200")),
            ("第1乡2026年4月花名册", county, Some("519901001")),
            ("王庄村、小王庄村", county, Some("519901001")),
            ("200村", county, None),
            ("1200村", area("519901001"), None),
            ("519901001200村", area("519901001"), None),
            ("李庄村", county, None),
            ("", county, None),
        ] {
            assert_eq!(places.named(text, within), want.map(area), "{text}");
        }
    }
}
