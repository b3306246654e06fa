//! What a sheet's name, or a text alone between the lines, says of all lines under it: 二、死亡人员, （一）A类, 流出人口.

use crate::domain::{Aid, Flow, List, Status};

use super::clean::words;
use super::fold::fold_word;
use super::vocabulary::{ListWords, Vocabulary};

/// A longer text explains something.
const BAND_CHARS_MAX: usize = 16;

/// What lines have in common that do not say otherwise themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// How their lines ended; `None` also for those that did not.
    pub status: Option<Status>,
    pub class: Option<char>,
    pub flow: Option<Flow>,
    pub aid: Option<Aid>,
}

impl Said {
    /// With what `other` says where this says nothing.
    pub fn or(self, other: Said) -> Said {
        Said {
            status: self.status.or(other.status),
            class: self.class.or(other.class),
            flow: self.flow.or(other.flow),
            aid: self.aid.or(other.aid),
        }
    }

    /// To be hashed: zero for what is not said.
    pub fn bytes(self) -> [u8; 4] {
        [
            self.status.map_or(0, |status| 1 + status as u8),
            self.class.map_or(0, |class| class as u8),
            self.flow.map_or(0, |flow| 1 + flow as u8),
            self.aid.map_or(0, |aid| 1 + aid as u8),
        ]
    }
}

/// What the name of a sheet says: 死亡, 迁出人员, 2026年停保名单, A类.
pub fn of_sheet(name: &str, list: &ListWords, vocabulary: &Vocabulary) -> Said {
    said(bare(&fold_word(name), vocabulary).0, list)
}

/// What a text alone in its row says of the lines below it; `None` where it begins no part of the list.
pub fn of_title(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> Option<Said> {
    let folded = fold_word(text);
    if folded.chars().count() > BAND_CHARS_MAX {
        return None;
    }
    let (numbered, rest) = match after_number(&folded) {
        Some(rest) => (true, rest),
        None => (false, folded.as_str()),
    };
    let (bare, named) = bare(rest, vocabulary);
    let said = said(bare, list);
    let says = said.status.is_some() || said.class.is_some() || is_status(bare, list);
    // Over every printed page stands the title of the whole list.
    let named = named && !list.titles.iter().any(|title| rest.contains(title.as_str()));
    (numbered || named || says).then_some(said)
}

fn is_status(bare: &str, list: &ListWords) -> bool {
    bare.chars().count() > 1 && list.status.contains_key(bare)
}

fn said(bare: &str, list: &ListWords) -> Said {
    let said = match list.list {
        // 流出 is how somebody stands on this list, and which way they went.
        List::Migrants => Said { flow: words::flow(bare, list), ..Said::default() },
        _ if is_status(bare, list) => Said::default(),
        // 死亡 stands in the name of a kind of support: what the children's death gives.
        List::Family => Said { aid: words::aid(bare, list), ..Said::default() },
        List::Dibao if bare.chars().count() > 1 => Said { class: words::class(bare, list), ..Said::default() },
        _ => Said::default(),
    };
    if said == Said::default() { Said { status: words::noted(bare, list), ..said } } else { said }
}

/// Without what stands around the word: 以下为死亡人员名单(3人): is 死亡; and whether a word for persons followed it.
fn bare<'t>(text: &'t str, vocabulary: &Vocabulary) -> (&'t str, bool) {
    let mut bare = text.trim_end_matches([':', '。', '-', '—']);
    if let Some((front, counted)) = bare.rsplit_once('(')
        && counted.starts_with(|c: char| c.is_ascii_digit() || c == '共')
    {
        bare = front;
    }
    while let Some(rest) = vocabulary.band_starts.iter().find_map(|word| bare.strip_prefix(word.as_str())) {
        bare = rest;
    }
    let whole = bare;
    while let Some(rest) = vocabulary.band_ends.iter().find_map(|word| bare.strip_suffix(word.as_str())) {
        bare = rest;
    }
    (bare, bare.len() < whole.len())
}

/// What follows the number of a part: 一、, (二), 3.
fn after_number(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(').unwrap_or(text);
    let rest = inner.trim_start_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    if rest.len() == inner.len() {
        return None;
    }
    let marks = if inner.len() < text.len() { &[')'][..] } else { &['、', '.', ',', ':', ')'] };
    let behind = rest.strip_prefix(marks)?;
    Some(behind.trim_start_matches(['、', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(list: List, text: &str) -> Option<Said> {
        let vocabulary = Vocabulary::load(None).unwrap();
        of_title(text, vocabulary.of(list), &vocabulary)
    }

    #[test]
    fn a_band_says_how_the_lines_below_it_stand() {
        let status = |list, text| said(list, text).map(|said| said.status);
        for (list, text, want) in [
            (List::Population, "二、死亡人员", Some(Some(Status::Deceased))),
            (List::Population, "死亡人员：", Some(Some(Status::Deceased))),
            (List::Population, "（三）迁出人员（共12人）", Some(Some(Status::MovedOut))),
            (List::Population, "以下为已迁出人员名单", Some(Some(Status::MovedOut))),
            (List::Population, "3.本月已注销户口的人员", Some(Some(Status::Closed))),
            (List::Dibao, "本月停发人员：", Some(Some(Status::Closed))),
            (List::Dibao, "2026年3月停保", Some(Some(Status::Closed))),
            (List::Population, "一、在册人员", Some(None)),
            (List::Population, "常住人口", Some(None)),
            (List::Population, "四、新增人员", Some(None)),
            (List::Population, "第二组", None),
            (List::Population, "519901001201村", None),
            (List::Population, "12", None),
            (List::Population, "此人二月在外地死亡，手续尚未办理", None),
        ] {
            assert_eq!(status(list, text), want, "{text}");
        }
    }

    #[test]
    fn a_band_names_the_class_the_flow_or_the_support_of_its_lines() {
        let class = |text| said(List::Dibao, text).and_then(|said| said.class);
        assert_eq!((class("一、A类"), class("二类对象："), class("(1)农村低保")), (Some('A'), Some('B'), None));
        let flow = |text| said(List::Migrants, text).and_then(|said| said.flow);
        assert_eq!((flow("二、流出人口"), flow("流入人员名单")), (Some(Flow::Out), Some(Flow::In)));
        let family = |text| said(List::Family, text).map(|said| (said.aid, said.status));
        assert_eq!(family("二、特扶（死亡）对象"), Some((Some(Aid::Special), None)));
        assert_eq!(family("一、奖励扶助对象"), Some((Some(Aid::Reward), None)));
        assert_eq!(family("三、退出人员"), Some((None, Some(Status::Closed))));
    }
}
