//! Which part of a list a file is, by its name: 人口1组.xlsx lies beside 人口2组.xlsx, 农村低保.csv beside 城市低保.csv, and
//! 新增低保.csv is no whole list (DOMAIN.md 6). Whether they are parts indeed, and not two lists or two months of one, is told
//! by who stands in both.

use std::collections::BTreeSet;

use crate::intake::vocabulary::Words;
use crate::intake::vocabulary::fold::fold_word;

/// Words by which parts of a list are called.
#[derive(Debug, Clone, Default)]
pub struct PartWords {
    /// Behind a number: 组. The longest first.
    pub units: Words,
    /// Of each kind the parts, of each part the words: [[城镇, 城市], [农村]].
    pub kinds: Vec<Vec<Words>>,
    /// What a file is called that tells of changes or additions alone.
    pub changes: Words,
    /// What a file is called that names some of the people of a list for a purpose.
    pub some: Words,
    /// Who keeps a list of the dead, of each the words.
    pub sources: Vec<Words>,
}

/// What a file's name says of its part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The unit with its number: 组 1.
    numbers: BTreeSet<(String, String)>,
    /// Which of the kinds, and which part of it.
    kinds: BTreeSet<(usize, usize)>,
    /// The name without what tells parts and days apart, and the number or letter at its end.
    whole: String,
    end: Option<char>,
    /// It tells of changes alone: 新增低保.csv.
    pub is_of_changes: bool,
    /// Words by which it names some of the people for a purpose: 65岁以上体检.csv.
    some: BTreeSet<String>,
    /// Which of the sources it names.
    sources: BTreeSet<usize>,
}

impl PartWords {
    /// Of a file by its path below the watched folder.
    pub fn of(&self, rel_path: &str) -> Part {
        let folded = fold_word(rel_path);
        let stem = folded.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(&*folded, |(stem, _)| stem);
        let is_of_changes = self.changes.iter().any(|word| stem.contains(word.as_str()));
        let some = self.some.iter().filter(|word| stem.contains(word.as_str())).cloned().collect();
        let named = |words: &Words| words.iter().any(|word| stem.contains(word.as_str()));
        let sources = self.sources.iter().enumerate().filter(|(_, words)| named(words)).map(|(of, _)| of).collect();
        let western: String = stem.chars().map(western).collect();
        let mut rest = western.clone();
        let mut numbers = BTreeSet::new();
        for unit in &self.units {
            while let Some((from, to, number)) = numbered(&rest, unit) {
                rest.replace_range(from..to, "|");
                numbers.insert((unit.clone(), number));
            }
        }
        let mut kinds = BTreeSet::new();
        for (kind, parts) in self.kinds.iter().enumerate() {
            let named = |words: &Words| words.iter().any(|word| is_named(stem, word));
            kinds.extend(parts.iter().enumerate().filter(|(_, words)| named(words)).map(|(part, _)| (kind, part)));
        }
        let undated = without_days(&rest);
        let bare = undated.trim_end_matches(is_decoration);
        let end = bare.chars().next_back().filter(|c| c.is_ascii_digit() || ('a'..='f').contains(c));
        let before = end.map_or(bare, |c| &bare[..bare.len() - c.len_utf8()]);
        // A letter at the end of a word is of the word.
        let is_apart =
            !before.ends_with(|c: char| c.is_ascii_alphanumeric()) || end.is_some_and(|c| c.is_ascii_digit());
        let (end, before) = if is_apart { (end, before) } else { (None, bare) };
        let whole = before.chars().filter(|c| !is_decoration(*c)).collect();
        Part { numbers, kinds, whole, end, is_of_changes, some, sources }
    }
}

impl Part {
    /// Another part of the list that `other` is a part of.
    pub fn is_beside(&self, other: &Part) -> bool {
        self.compare(other) == Some(false)
    }

    /// The same part, perhaps of another month.
    pub fn is_same(&self, other: &Part) -> bool {
        self.compare(other) == Some(true)
    }

    /// Whether its name tells which part it is: 人口1组.csv, and not 人口.csv.
    pub fn is_called(&self) -> bool {
        !self.numbers.is_empty() || !self.kinds.is_empty()
    }

    /// Whether its name tells that it picks some of the people, and that of `other` does not.
    pub fn picks_from(&self, other: &Part) -> bool {
        !self.some.is_empty() && other.some.is_empty()
    }

    /// Whether they do not tell the same of who kept them.
    pub fn is_from_another(&self, other: &Part) -> bool {
        self.sources != other.sources
    }

    /// Whether but for days and parts one name is the other with something added: 死亡名单 and 死亡名单(更正).
    pub fn is_called_after(&self, other: &Part) -> bool {
        self.whole.contains(&other.whole) || other.whole.contains(&self.whole)
    }

    /// `None` where the names say nothing of it.
    fn compare(&self, other: &Part) -> Option<bool> {
        let units = |part: &Part| part.numbers.iter().map(|(unit, _)| unit.clone()).collect::<BTreeSet<_>>();
        let kinds = |part: &Part| part.kinds.iter().map(|(kind, _)| *kind).collect::<BTreeSet<_>>();
        if units(self) != units(other) || kinds(self) != kinds(other) {
            return None;
        }
        let ends = (self.whole == other.whole && !self.whole.is_empty()).then_some((self.end, other.end));
        match ends {
            _ if self.numbers != other.numbers || self.kinds != other.kinds => Some(false),
            Some((Some(one), Some(another))) => Some(one == another),
            _ => self.is_called().then_some(true),
        }
    }
}

/// Whether a part is called so. 西头村 is a village, and 西头村民 are people.
fn is_named(text: &str, word: &str) -> bool {
    let is_village = |rest: &str| rest.starts_with('村') && !rest.starts_with("村民");
    text.match_indices(word).any(|(at, _)| !is_village(&text[at + word.len()..]))
}

/// Where the unit stands behind a number, and the number: 第1组, 1-3组.
fn numbered(text: &str, unit: &str) -> Option<(usize, usize, String)> {
    text.match_indices(unit).find_map(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + unit.len()..]);
        // 3社区 is a place.
        if behind.starts_with('区') {
            return None;
        }
        let of_number = |c: char| c.is_ascii_digit() || "第-~至到、,和及".contains(c);
        let from = before.char_indices().rev().take_while(|(_, c)| of_number(*c)).last().map(|(from, _)| from)?;
        let number = before[from..].trim_start_matches(|c: char| !c.is_ascii_digit());
        (!number.is_empty()).then(|| (from, at + unit.len(), number.to_owned()))
    })
}

/// The digit for a numeral.
fn western(c: char) -> char {
    const NUMERALS: &str = "零一二三四五六七八九";
    NUMERALS.chars().position(|numeral| numeral == c).and_then(|n| char::from_digit(n as u32, 10)).unwrap_or(c)
}

/// Without years, months and days: numbers of four digits and more, of two with a point or line between, and before
/// 年, 月 and 日.
fn without_days(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        left.push_str(&rest[..at]);
        let run =
            rest[at..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').map_or(rest.len(), |to| at + to);
        let number = rest[at..run].trim_end_matches(['.', '-']);
        let behind = &rest[at + number.len()..];
        let unit = behind.chars().next().filter(|c| "年月日号".contains(*c));
        let is_day = unit.is_some() || number.contains(['.', '-']) || number.len() >= 4;
        if !is_day {
            left.push_str(number);
        }
        rest = &behind[unit.map_or(0, char::len_utf8)..];
    }
    left + rest
}

fn is_decoration(c: char) -> bool {
    "()[]【】_- .第|".contains(c)
}

#[cfg(test)]
mod tests {
    use crate::intake::vocabulary::Vocabulary;

    fn compare(one: &str, other: &str) -> Option<bool> {
        let vocabulary = Vocabulary::load(None).unwrap();
        let (one, other) = (vocabulary.parts.of(one), vocabulary.parts.of(other));
        assert_eq!(one.compare(&other), other.compare(&one), "whichever comes first");
        one.compare(&other)
    }

    #[test]
    fn parts_of_a_list_are_told_by_what_their_files_are_called() {
        for (one, other) in [
            ("人口1组.xlsx", "人口2组.xls"),
            ("一组常住人口.csv", "第二组人口花名册.csv"),
            ("1组/人口.csv", "2组/人口.csv"),
            ("人口（第一村民小组）.csv", "人口（第三村民小组）.csv"),
            ("人口1-3组.csv", "人口4、5组.csv"),
            ("农村低保.csv", "城市低保花名册.csv"),
            ("特扶.csv", "奖励扶助2026.csv"),
            ("低保A类.csv", "低保Ｂ类.csv"),
            ("人口（上）.csv", "人口（下）.csv"),
            ("人口1.csv", "人口2.csv"),
            ("人口2026年3月(1).csv", "人口2026年3月(2).csv"),
            ("户籍人口-A.csv", "户籍人口-B.csv"),
            ("2026年3月1组人口.csv", "2026年4月2组人口.csv"),
            ("人口东头.csv", "人口西头.csv"),
            ("东头村/上屯.csv", "东头村/下屯人口.csv"),
            ("西头村前组村民.csv", "西头村后组村民.csv"),
        ] {
            assert_eq!(compare(one, other), Some(false), "{one} {other}");
        }
    }

    #[test]
    fn the_same_part_is_known_again_in_another_month() {
        for (one, other) in [
            ("人口1组2026年3月.csv", "人口1组2026年4月.csv"),
            ("202603/人口一组.csv", "202604/人口1组.xlsx"),
            ("农村低保3月.csv", "农村低保4月.csv"),
            ("人口1（3.31）.csv", "人口1（4.30）.csv"),
        ] {
            assert_eq!(compare(one, other), Some(true), "{one} {other}");
        }
    }

    #[test]
    fn other_names_say_nothing() {
        for (one, other) in [
            ("人口3月.csv", "人口4月.csv"),
            ("人口202603.csv", "人口202604.csv"),
            ("人口2026-03.csv", "人口2026-04.csv"),
            ("人口2026.3.31.csv", "人口2026.4.30.csv"),
            ("人口.csv", "人口(1).csv"),
            ("人口.csv", "人口1组.csv"),
            ("王庄人口1.csv", "李庄人口2.csv"),
            ("3社区人口.csv", "4社区人口.csv"),
            ("农村低保.csv", "低保.csv"),
            ("1.csv", "2.csv"),
            ("population.csv", "populatioe.csv"),
        ] {
            assert_eq!(compare(one, other), None, "{one} {other}");
        }
    }

    #[test]
    fn a_list_put_right_is_called_after_the_one_that_was_wrong() {
        let parts = Vocabulary::load(None).unwrap().parts;
        let after = |one: &str, other: &str| parts.of(one).is_called_after(&parts.of(other));
        assert!(after("2026年1月死亡名单(更正).csv", "2026年1月死亡名单.xls"));
        assert!(after("1月/死亡名单.csv", "1月/死亡名单2.csv"));
        assert!(!after("2026年1月火化名单.csv", "2026年1月死亡名单.csv"));
    }

    #[test]
    fn who_keeps_a_list_of_the_dead_is_told_by_its_name() {
        let parts = Vocabulary::load(None).unwrap().parts;
        for (one, other, is_another) in [
            ("公安死亡注销名单.xlsx", "火化名单.xlsx", true),
            ("民政/死亡名单.csv", "派出所/死亡名单.csv", true),
            ("卫生院死因监测.csv", "死亡名单.csv", true),
            ("2月火化名单.csv", "殡仪馆3月火化名单.csv", false),
            ("公安2月死亡.csv", "派出所3月死亡.csv", false),
            ("死亡名单.csv", "死亡名单4月.csv", false),
        ] {
            assert_eq!(parts.of(one).is_from_another(&parts.of(other)), is_another, "{one} {other}");
        }
    }

    #[test]
    fn who_is_picked_for_a_purpose_is_told_by_the_name() {
        let parts = Vocabulary::load(None).unwrap().parts;
        for (one, other, picks) in [
            ("65岁以上体检.csv", "健康档案.csv", true),
            ("健康/六十五岁以上老年人.xlsx", "健康/居民健康档案.xlsx", true),
            ("低保户家庭成员表.xls", "低保花名册.xls", true),
            ("健康档案.csv", "65岁以上体检.csv", false),
            ("4月老年人健康管理.csv", "3月老年人体检.csv", false),
            ("低保4月.csv", "低保3月.csv", false),
        ] {
            assert_eq!(parts.of(one).picks_from(&parts.of(other)), picks, "{one} {other}");
        }
    }

    #[test]
    fn a_file_of_changes_is_called_so() {
        let parts = Vocabulary::load(None).unwrap().parts;
        assert!(parts.of("2026年4月新增低保.csv").is_of_changes && parts.of("低保补录.xlsx").is_of_changes);
        for name in ["人口异动.csv", "低保动态调整表.xlsx", "4月人口增减.csv", "低保更正.csv"] {
            assert!(parts.of(name).is_of_changes, "{name}");
        }
        assert!(!parts.of("2026年4月低保.csv").is_of_changes);
    }
}
