//! How those whom a text stands over ended: 附：2026年死亡人员（2人）, 以下人员已迁出, the sheet 一季度死亡. Read from the word
//! for it outwards, since anything may stand around it; what is not understood is told and never dropped.

use crate::domain::{Aid, List, Status};

use super::named::{is_bereaved, is_unsure};
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// A longer text explains something.
const TEXT_CHARS_MAX: usize = 24;

/// What a text says of the lines under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing of an end.
    Unsaid,
    Ended(Status),
    /// Of several ends, or of one in words that nobody knows.
    Unclear,
}

/// What the text says. A list of the dead or of those who come and go says of all its people how they ended.
pub fn of(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> Fate {
    if matches!(list.list, List::Deaths | List::Migrants) {
        return Fate::Unsaid;
    }
    let behind = behind_number(text);
    let folded = fold_word(behind);
    if class_of_support(&folded, list, vocabulary) != Class::None {
        return Fate::Unsaid;
    }
    let is_part = behind.len() < text.len() || folded.ends_with(':');
    let below = folded.rsplit_once("以下").map_or(folded.as_str(), |(_, below)| below);
    let bare = below.trim_matches(is_decoration);
    let (front, inner) = bare.split_once(['(', ':']).unwrap_or((bare, ""));
    // 附:死亡人员, and 减少人员:死亡.
    let (front, inner) = if words_in(front, list).is_empty() { (bare, "") } else { (front, inner) };
    let mut fate = of_part(front, is_part, list, vocabulary);
    let inside = of_part(inner.trim_end_matches(')'), true, list, vocabulary);
    // 注销人员(死亡)
    if matches!((fate, inside), (Fate::Ended(Status::Closed), Fate::Ended(_))) {
        fate = inside;
    } else if inside == Fate::Unclear
        || matches!((fate, inside), (Fate::Ended(one), Fate::Ended(other)) if one != other)
    {
        fate = Fate::Unclear;
    }
    // 疑似死亡人员, 死亡人员家属: 死亡人员(待核)
    if fate == Fate::Ended(Status::Deceased) && is_unsure(bare, vocabulary) {
        fate = Fate::Unclear;
    }
    // 减少人员: dead or moved, nobody says.
    let is_count = bare.trim_end_matches(['人', '户', '名']).ends_with(|c: char| c.is_ascii_digit());
    if fate == Fate::Unsaid && !is_count && !gone(bare, vocabulary).is_empty() {
        fate = Fate::Unclear;
    }
    // A longer text tells a story, of one of them or of how to fill in.
    let is_told = matches!(fate, Fate::Ended(_)) || bare.chars().count() <= TEXT_CHARS_MAX;
    if is_told { fate } else { Fate::Unsaid }
}

/// The words of a text that are not understood, as anybody may see them: whoever is named beside them is not.
pub fn words(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> String {
    let folded = fold_word(text);
    let mut words: Vec<&str> = Vec::new();
    for word in words_in(&folded, list).into_iter().map(|(word, _)| word).chain(gone(&folded, vocabulary)) {
        if !words.iter().any(|known| known.contains(word)) {
            words.push(word);
        }
    }
    words.join("、")
}

/// Words of the text for people who are on the list no more.
fn gone<'v>(text: &str, vocabulary: &'v Vocabulary) -> Vec<&'v str> {
    vocabulary.gone.iter().map(String::as_str).filter(|word| text.contains(word)).collect()
}

/// What a text says of the support that parents have, where it speaks of a death: on their list 死亡 is what it is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    None,
    /// 独生子女死亡家庭, 特扶死亡, 死亡对象.
    Told,
    /// 死亡人员: beside 伤残 it is one; between the lines of a list these may be dead themselves.
    Perhaps,
}

/// The same on a list of support for parents (DOMAIN.md F15). Those of a month died, and so did those whose reward ended.
pub fn class_of_support(folded: &str, list: &ListWords, vocabulary: &Vocabulary) -> Class {
    const DIED: &str = "死亡";
    let Some(at) = folded.rfind(DIED).filter(|_| list.list == List::Family) else { return Class::None };
    let (before, behind) = (&folded[..at], &folded[at + DIED.len()..]);
    let is_other_end = words_in(folded, list).iter().any(|(_, status)| *status != Status::Deceased);
    let is_reward = list
        .aid
        .iter()
        .any(|(aid, word)| *aid == Aid::Reward && word.chars().count() > 1 && before.contains(word.as_str()));
    let teller = &list.teller;
    if is_other_end || teller.is_doubted(folded) || teller.is_refuted(folded) || before.contains('拟') {
        return Class::None;
    }
    if is_bereaved(before, behind, vocabulary) {
        return Class::Told;
    }
    let is_of_days = before.contains(['月', '季', '日']) || folded.contains(['月', '季']);
    let is_bare = is_innocent(before.trim_start_matches(is_decoration), vocabulary);
    let ends = |words: &[&str]| words.iter().any(|word| behind.trim_matches(is_decoration).starts_with(word));
    match () {
        () if is_reward || is_of_days || !is_bare => Class::None,
        () if behind.trim_matches(is_decoration).is_empty() || ends(&["对象", "户", "类"]) => Class::Told,
        () if is_end(behind, false, list, vocabulary) => Class::Perhaps,
        () => Class::None,
    }
}

fn of_part(text: &str, is_part: bool, list: &ListWords, vocabulary: &Vocabulary) -> Fate {
    let words = words_in(text, list);
    let is_told = |status: Status| words.iter().any(|(_, told)| *told == status);
    let status = match (is_told(Status::Deceased), is_told(Status::MovedOut), is_told(Status::Closed)) {
        (false, false, false) => return Fate::Unsaid,
        (true, true, _) => return Fate::Unclear,
        (true, ..) => Status::Deceased,
        (_, true, _) => Status::MovedOut,
        _ => Status::Closed,
    };
    // Which words a list has for ends of its own is its trade; that somebody may be dead or gone is everybody's.
    let unclear = match status {
        Status::Closed if !is_of_the_new_too(text, list, vocabulary) => Fate::Unsaid,
        _ => Fate::Unclear,
    };
    let of_status = words.iter().filter(|(_, told)| *told == status);
    let found = of_status.filter_map(|(word, _)| Some((text.rfind(word)?, word.len())));
    let Some((at, length)) = found.max_by_key(|(at, length)| (at + length, *length)) else { return Fate::Unsaid };
    match is_innocent(&text[..at], vocabulary) && is_end(&text[at + length..], is_part, list, vocabulary) {
        true => Fate::Ended(status),
        false => unclear,
    }
}

/// The list's words for an end that stand in the text. 搬迁 is how people came to a village as well, and 搬迁户 live there.
pub fn words_in<'l>(text: &str, list: &'l ListWords) -> Vec<(&'l str, Status)> {
    // Asked of every line that names nobody, of which a sheet filled down to its last row has a million.
    if !text.contains(|c| list.end_starts.contains(&c)) {
        return Vec::new();
    }
    let is_here = |(word, _): &&(String, Status)| text.contains(word.as_str());
    let (active, ends): (Vec<_>, Vec<_>) =
        list.status_inside.iter().filter(is_here).partition(|(_, status)| *status == Status::Active);
    let is_denied =
        |active: &str, word: &str| active.strip_suffix(word).is_some_and(|no| ["未", "没", "无"].contains(&no));
    let is_of_active = |word: &str| active.iter().any(|(other, _)| other.contains(word) && !is_denied(other, word));
    let ends = ends.into_iter().filter(|(word, _)| !is_of_active(word));
    ends.map(|(word, status)| (word.as_str(), *status)).collect()
}

/// 新增、停保人员: of whom it says which is told nowhere.
pub fn is_of_the_new_too(text: &str, list: &ListWords, vocabulary: &Vocabulary) -> bool {
    let mut parts = vec![text];
    for mark in &vocabulary.between {
        parts = parts.into_iter().flat_map(|part| part.split(mark.as_str())).collect();
    }
    let holds = |part: &str, words: &[String]| words.iter().any(|word| part.contains(word.as_str()));
    let ends = |part: &&str| !words_in(part, list).is_empty();
    parts.iter().any(ends) && parts.iter().any(|part| !ends(part) && holds(part, &vocabulary.changes))
}

/// Whether what stands before the word says only when, where and of which list.
fn is_innocent(front: &str, vocabulary: &Vocabulary) -> bool {
    const PLACES: [char; 10] = ['村', '组', '社', '区', '镇', '乡', '县', '队', '屯', '道'];
    let holds = |words: &[String]| words.iter().any(|word| front.contains(word.as_str()));
    if holds(&vocabulary.between) || vocabulary.not_dead.iter().any(|word| front.ends_with(word.as_str())) {
        return false;
    }
    let mut rest = front.rfind(PLACES).map_or(front, |at| front[at..].trim_start_matches(PLACES));
    let known = || {
        let starts = vocabulary.band_starts.iter().chain(&vocabulary.band_ends);
        starts.chain(vocabulary.lists().iter().flat_map(|list| &list.titles))
    };
    loop {
        let less = rest.trim_start_matches(is_of_day);
        let less = known().find_map(|word| less.strip_prefix(word.as_str())).unwrap_or(less);
        let less = less.strip_prefix('人').filter(|_| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(less);
        if less.is_empty() {
            return true;
        }
        if less.len() == rest.len() {
            return false;
        }
        rest = less;
    }
}

/// Whether what stands behind the word only says that people are meant: 死亡人员名单(2人), 死亡销户, 死亡未销户人员.
fn is_end(behind: &str, is_part: bool, list: &ListWords, vocabulary: &Vocabulary) -> bool {
    let uncounted = behind.trim_end_matches(['人', '户', '名']);
    let uncounted = Some(uncounted.trim_end_matches(is_of_day)).filter(|less| less.len() < uncounted.len());
    // 停保3户 counts, and begins nothing.
    if uncounted == Some("") {
        return is_part;
    }
    let mut rest = uncounted.unwrap_or(behind);
    let is_closed = |text: &str| {
        let bare = text.trim_start_matches(['未', '已', '待', '的']);
        bare.is_empty() || list.status.get(bare) == Some(&Status::Closed)
    };
    while !is_closed(rest) {
        let Some(less) = vocabulary.band_ends.iter().find_map(|word| rest.strip_suffix(word.as_str())) else {
            return false;
        };
        rest = less.trim_end_matches(is_of_day);
    }
    true
}

/// What follows the number of a part: 一、 (二) 3. and 二 with a blank behind it.
fn behind_number(text: &str) -> &str {
    let text = text.trim();
    let inner = text.trim_start_matches(['(', '（']);
    let rest = inner.trim_start_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十ⅠⅡⅢⅣⅤⅥ".contains(c));
    let marks = ['、', '.', '．', ',', '，', ':', '：', ')', '）', ' ', '\u{3000}'];
    match rest.len() < inner.len() && rest.starts_with(marks) {
        true => rest.trim_start_matches(marks),
        false => text,
    }
}

fn is_decoration(c: char) -> bool {
    "【】[]《》<>—-*#=~+_.。:,、※★☆●◆■".contains(c)
}

fn is_of_day(c: char) -> bool {
    c.is_ascii_digit() || "年月日.-~至到第一二三四上下列半季度以来底初末间已均全附件为:".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_through_whatever_stands_around_it() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let (dead, moved, closed) =
            (Fate::Ended(Status::Deceased), Fate::Ended(Status::MovedOut), Fate::Ended(Status::Closed));
        for (text, want) in [
            ("附：死亡人员", dead),
            ("附件：死亡人员名单", dead),
            ("二、2026年一季度死亡人口（2人）", dead),
            ("死亡人员2人", dead),
            ("死亡人口：2人", dead),
            ("2、死亡2人", dead),
            ("死亡2人：", dead),
            ("【死亡】", dead),
            ("——死亡人员——", dead),
            ("二 死亡人员", dead),
            ("Ⅱ、死亡人员", dead),
            ("以下人员已死亡", dead),
            ("以上为在册人员，以下为死亡人员", dead),
            ("一季度死亡人员", dead),
            ("死亡人员名单（2026年1-3月）", dead),
            ("2025年以来死亡人员", dead),
            ("三、减少人员：死亡", dead),
            ("注销人员（死亡）", dead),
            ("已故村民", dead),
            ("死亡未销户人员", dead),
            ("死亡销户", dead),
            ("200村死亡", dead),
            ("王庄村死亡", dead),
            ("死亡名单1", dead),
            ("附：2026年迁出人员", moved),
            ("迁出人员（含婚嫁）", moved),
            ("户口迁出人员", moved),
            ("已迁走", moved),
            ("三、迁出人口2人", moved),
            ("销户", closed),
            ("死亡、迁出人员", Fate::Unclear),
            ("迁出死亡", Fate::Unclear),
            ("死亡存疑", Fate::Unclear),
            ("疑似死亡人员", Fate::Unclear),
            ("张三已死亡", Fate::Unclear),
            ("死亡2人", Fate::Unclear),
            ("减少人口", Fate::Unclear),
            ("应销未销人员", Fate::Unclear),
            ("拟注销人员", Fate::Unclear),
            ("下列人员已死亡", dead),
            ("本年度死亡人员合计2人", dead),
            ("本月减少3户", Fate::Unsaid),
            ("搬迁户花名册", Fate::Unsaid),
            ("在册人员", Fate::Unsaid),
            ("本月停保3户", Fate::Unsaid),
            ("此人二月在外地死亡，手续尚未办理，村里正在联系派出所补办", Fate::Unsaid),
        ] {
            assert_eq!(of(text, vocabulary.of(List::Population), &vocabulary), want, "{text}");
        }
        assert_eq!(words("张三已死亡", vocabulary.of(List::Population), &vocabulary), "已死亡");
    }
}
