//! What a sheet's name, or a text alone between the lines, says of all lines under it: 二、死亡人员, （一）A类, 流出人口.

use crate::domain::{Aid, Flow, List, Status};

use super::fate::{self, Class, Fate};
use super::named::is_unsure;
use crate::intake::clean::remark::noted;
use crate::intake::clean::words;
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::vocabulary::{ListWords, Vocabulary};

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
    let folded = fold_word(name);
    let rest = after_number(&folded).unwrap_or(&folded);
    with_fate(name, said(rest, bare(rest, vocabulary).0, list, vocabulary), list, vocabulary)
}

/// With how the people of the text ended, where it says nothing else of them.
fn with_fate(text: &str, said: Said, list: &ListWords, vocabulary: &Vocabulary) -> Said {
    let is_other = said.class.is_some() || said.flow.is_some() || said.aid.is_some();
    if is_other || is_empty(&fold_word(text), vocabulary) {
        return said;
    }
    match fate::of(text, list, vocabulary) {
        Fate::Ended(status) => Said { status: Some(status), ..said },
        // 死亡、迁出人员: of whom it says which is told nowhere.
        Fate::Unclear => Said { status: None, ..said },
        Fate::Unsaid => said,
    }
}

/// Whether a text tells of an end, and nobody can say of which or whose.
pub fn is_unclear(text: &str, is_band: bool, list: &ListWords, vocabulary: &Vocabulary) -> bool {
    let folded = fold_word(text);
    let rest = after_number(&folded).unwrap_or(&folded);
    if is_band && fate::class_of_support(rest, list, vocabulary) == Class::Perhaps {
        return true;
    }
    // 疑似死亡奖扶对象 names a kind of support as well.
    let is_other = || {
        let said = said(rest, bare(rest, vocabulary).0, list, vocabulary);
        !is_unsure(rest, vocabulary) && (said.class.is_some() || said.aid.is_some())
    };
    fate::of(text, list, vocabulary) == Fate::Unclear && !is_empty(&folded, vocabulary) && !is_other()
}

/// What a text alone in its row says of the lines below it; `None` where it begins no part of the list.
pub fn of_title(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> Option<Said> {
    let folded = fold_word(text);
    let behind = after_number(&folded);
    let rest = behind.unwrap_or(&folded);
    let (bare, named) = bare(rest, vocabulary);
    if fate::class_of_support(rest, list, vocabulary) == Class::Perhaps {
        return Some(Said::default());
    }
    let said = with_fate(text, said(rest, bare, list, vocabulary), list, vocabulary);
    if folded.chars().count() > BAND_CHARS_MAX {
        return said.status.map(|_| said);
    }
    // A story of somebody begins no part of the list.
    let is_unclear = || !folded.contains([',', '。', ';']) && is_unclear(text, true, list, vocabulary);
    let is_told = said.status.is_some() || said.class.is_some();
    let says = is_told || is_status(bare, list) || is_empty(rest, vocabulary) || is_unclear();
    // Over every printed page stands the title of the whole list.
    let named = named && !list.titles.iter().any(|title| rest.contains(title.as_str()));
    (behind.is_some() || named || says).then_some(said)
}

fn is_status(bare: &str, list: &ListWords) -> bool {
    bare.chars().count() > 1 && list.status.contains_key(bare)
}

fn said(rest: &str, bare: &str, list: &ListWords, vocabulary: &Vocabulary) -> Said {
    let flow = flow(bare, list);
    // 搬迁户 is what a household is, and not that it left.
    let is_state = flow.is_none() && list.status.get(rest) == Some(&Status::Active);
    if is_state || is_empty(rest, vocabulary) {
        return Said::default();
    }
    let said = match list.list {
        // 流出 is how somebody stands on this list, and which way they went.
        List::Migrants => Said { flow, ..Said::default() },
        List::Family if fate::class_of_support(rest, list, vocabulary) != Class::None => {
            Said { aid: Some(Aid::Special), ..Said::default() }
        }
        _ if is_status(bare, list) => Said::default(),
        // 死亡 stands in the name of a kind of support: what the children's death gives.
        List::Family => Said { aid: words::aid(bare, list), ..Said::default() },
        List::Dibao if bare.chars().count() > 1 => Said { class: class(bare, list), ..Said::default() },
        _ => Said::default(),
    };
    // 搬迁户人口信息 is of those who live there, 新增、停保人员 of both.
    let is_end = || !fate::words_in(rest, list).is_empty() && !fate::is_of_the_new_too(rest, list, vocabulary);
    if said == Said::default() && is_end() { Said { status: noted(bare, list), ..said } } else { said }
}

/// Which way the people of the text went. One character of it alone may stand in any name: 来凤村, 去年.
fn flow(bare: &str, list: &ListWords) -> Option<Flow> {
    let says = |word: &str| bare == word || (word.chars().count() > 1 && bare.contains(word));
    list.flow.iter().filter(|(_, word)| says(word)).max_by_key(|(_, word)| word.len()).map(|(flow, _)| *flow)
}

/// The class that the text is, and nothing beside it but what the list is called: 低保A类. 一级残疾 is no class.
fn class(bare: &str, list: &ListWords) -> Option<char> {
    let front = bare.split_once('(').map_or(bare, |(front, _)| front).trim_start_matches('第');
    let around =
        list.titles.iter().flat_map(|title| [front.strip_prefix(title.as_str()), front.strip_suffix(title.as_str())]);
    let mut called = [Some(front)].into_iter().chain(around).flatten();
    called.find_map(|called| list.class.iter().find(|(word, _)| *word == called).map(|(_, class)| *class))
}

/// Whether the text says itself that nobody is meant: 死亡人员(0人), 迁出:无.
fn is_empty(text: &str, vocabulary: &Vocabulary) -> bool {
    let bare = text.trim_end_matches(['。', ')']).trim_end_matches(['人', '户', '名']);
    let zero =
        bare.strip_suffix('0').is_some_and(|front| !front.is_empty() && !front.ends_with(|c: char| c.is_ascii_digit()));
    zero || text
        .rsplit_once([':', '('])
        .is_some_and(|(_, rest)| vocabulary.none.iter().any(|none| none == rest.trim_end_matches(')')))
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
    // 3月死亡, 2026年停保
    let month = bare.rfind(['年', '月']).map(|at| bare.split_at(at + '月'.len_utf8()));
    if let Some((_, rest)) = month.filter(|(when, rest)| !rest.is_empty() && when.chars().all(is_of_day)) {
        bare = rest;
    }
    let whole = bare;
    // 停保3户 counts, and begins nothing.
    let is_count = |rest: &&str| rest.ends_with(|c: char| c.is_ascii_digit());
    let ends = |bare: &'t str| vocabulary.band_ends.iter().find_map(|word| bare.strip_suffix(word.as_str()));
    while let Some(rest) = ends(bare).filter(|rest| !is_count(rest)) {
        bare = rest;
    }
    (bare, bare.len() < whole.len())
}

fn is_of_day(c: char) -> bool {
    c.is_ascii_digit() || "年月.-".contains(c)
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
            (List::Population, "搬迁户", Some(None)),
            (List::Population, "二、迁出人员（0人）", Some(None)),
            (List::Population, "死亡：无", Some(None)),
            (List::Population, "死亡人员（10人）", Some(Some(Status::Deceased))),
            (List::Dibao, "本月停保3户", None),
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
        assert_eq!((class("农村低保A类（重点保障）"), class("第三类")), (Some('A'), Some('C')));
        assert_eq!((class("一级残疾"), class("一类村"), class("A组")), (None, None, None));
        let flow = |text| said(List::Migrants, text).and_then(|said| said.flow);
        assert_eq!((flow("二、流出人口"), flow("流入人员名单")), (Some(Flow::Out), Some(Flow::In)));
        assert_eq!((flow("来凤村"), flow("去年新增人员"), flow("入")), (None, None, None));
        let family = |text| said(List::Family, text).map(|said| (said.aid, said.status));
        assert_eq!(family("二、特扶（死亡）对象"), Some((Some(Aid::Special), None)));
        assert_eq!(family("一、奖励扶助对象"), Some((Some(Aid::Reward), None)));
        assert_eq!(family("3月死亡"), Some((None, Some(Status::Deceased))));
        assert_eq!(family("三、退出人员"), Some((None, Some(Status::Closed))));
    }
}
