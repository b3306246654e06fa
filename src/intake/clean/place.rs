//! Areas and places inside free text.

use crate::domain::{Area, Place};

use super::super::vocabulary::Vocabulary;
use crate::intake::vocabulary::fold::fold_word;

/// How many digits the code of a county, a township and a village has, and how many a year.
const CODE_DIGITS: [usize; 3] = [6, 9, 12];
const YEAR_DIGITS: usize = 4;

/// Runs of exactly 12, 9 or 6 digits that are area codes, also with a year right behind them, in the order of the text.
pub fn codes(text: &str) -> impl Iterator<Item = Area> + '_ {
    text.split_inclusive(|c: char| !c.is_ascii_digit()).filter_map(|run| {
        let digits = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        let code = code_and_year(digits, &run[digits.len()..]).map_or(digits, |(code, _)| code);
        if CODE_DIGITS.contains(&code.len()) { code.parse().ok() } else { None }
    })
}

/// The code of an area and the year right behind it, where the digits before a text are both: 5199010012002026年3月.
pub fn code_and_year<'t>(digits: &'t str, behind: &str) -> Option<(&'t str, &'t str)> {
    let code = digits.len().checked_sub(YEAR_DIGITS).filter(|code| CODE_DIGITS.contains(code))?;
    behind.starts_with('年').then(|| digits.split_at(code))
}

/// Where a cell of a line in `here` says somebody came from or went to. `None` where it says nothing.
pub fn read(text: &str, here: Area, vocabulary: &Vocabulary) -> Option<Place> {
    // Twelve digits are a code and nothing else; most cells are that or empty.
    if let Some(area) = text.parse::<Area>().ok().filter(|area| !looks_like_month(*area)) {
        return Some(Place::Area(area));
    }
    let folded = fold_word(text);
    if folded.is_empty() || vocabulary.none.contains(&folded) {
        return None;
    }
    // A year and month written as six digits is no place.
    let place =
        codes(&folded).filter(|area| !looks_like_month(*area)).max_by_key(|area| std::cmp::Reverse(area.level()));
    if let Some(area) = place {
        return Some(Place::Area(area));
    }
    let has = |words: &[String]| words.iter().any(|word| folded.contains(word.as_str()));
    let province = here.padded() / 10_000_000_000;
    // 广东深圳, 2026.3迁至浙江; 北京路 is a street in any town, 河南村 and 河北组 lie south and north of any river.
    const OF_ANY_TOWN: [&str; 6] = ["路", "街", "巷", "村", "组", "社区"];
    let is_in = |part: &str, name: &str| {
        part.strip_prefix(name).is_some_and(|rest| !OF_ANY_TOWN.iter().any(|place| rest.starts_with(place)))
    };
    let is_elsewhere =
        |part: &str| vocabulary.provinces.iter().any(|(code, name)| *code != province && is_in(part, name));
    let elsewhere = folded.split(['至', '到', '往', '去', '由', '从', '自', '在']).any(is_elsewhere);
    Some(if elsewhere || has(&vocabulary.outside) { Place::Outside } else { Place::Unclear })
}

/// 201903 has the form of a county code of no province; 190001-209912 are months.
fn looks_like_month(area: Area) -> bool {
    let head = area.padded() / 1_000_000;
    area.level() == crate::domain::Level::County
        && (190_001..=209_912).contains(&head)
        && (1..=12).contains(&(head % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_code_or_outside_or_unclear() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let place = |text| read(text, "519901001200".parse().unwrap(), &vocabulary);
        let area = |code: &str| Some(Place::Area(code.parse().unwrap()));
        assert_eq!(place("519901002202"), area("519901002202"));
        assert_eq!(place("迁往519901002202村"), area("519901002202"));
        assert_eq!(place("201903由519901002迁入"), area("519901002"));
        assert_eq!(place("县外"), Some(Place::Outside));
        assert_eq!(place("广东省外出务工（外省）"), Some(Place::Outside));
        assert_eq!((place("广东深圳"), place("四川成都")), (Some(Place::Outside), Some(Place::Unclear)));
        assert_eq!((place("2026.3迁至浙江"), place("由广东迁入")), (Some(Place::Outside), Some(Place::Outside)));
        assert_eq!((place("迁往河南村"), place("河南社旗")), (Some(Place::Unclear), Some(Place::Outside)));
        assert_eq!((place("迁往四川成都"), place("搬到北京路")), (Some(Place::Unclear), Some(Place::Unclear)));
        assert_eq!(place("隔壁村"), Some(Place::Unclear));
        assert_eq!(place("201903"), Some(Place::Unclear));
        assert_eq!((place("无"), place("")), (None, None));
    }
}
