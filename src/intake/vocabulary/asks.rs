//! Headers that ask whether a line ended, in words that stand in no list of headers: 档案是否注销, 注销标记, 是否退出低保,
//! 有效标志. What yes means follows from the word that is asked for.

use super::field::Field;
use super::fold::{fold_header, fold_header_bare};
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// What a header asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// Whether what the field is of happened; of [`Field::KeptFlag`] whether it did not.
    For(Field),
    /// Whether something ended, and nobody can say what.
    Unclear,
}

/// What the header, as written, asks of the lines of a list.
pub fn asked(written: &str, list: &ListWords, vocabulary: &Vocabulary) -> Asked {
    let key = if written.contains('.') { fold_header(written) } else { fold_header_bare(written) };
    let asks = &vocabulary.asks;
    let framed = asks.frames.iter().find_map(|frame| key.split_once(frame.as_str()));
    let marked = || asks.marks.iter().find_map(|mark| key.strip_suffix(mark.as_str())).map(|bare| (bare, ""));
    let Some((before, behind)) = framed.or_else(marked) else { return Asked::Nothing };
    // 是否注销标志
    let behind = asks.marks.iter().find_map(|mark| behind.strip_suffix(mark.as_str())).unwrap_or(behind);
    let words = [(Field::DiedFlag, &asks.died), (Field::MovedFlag, &asks.moved), (Field::EndedFlag, &list.asks.ended)];
    let mut is_unclear = false;
    for (field, words) in words.into_iter().chain([(Field::KeptFlag, &list.asks.kept)]) {
        for word in words {
            let rest = match (behind.split_once(word.as_str()), before.split_once(word.as_str())) {
                (Some((front, end)), _) => [before, front, end],
                (None, Some((front, end))) => [front, end, behind],
                (None, None) => continue,
            };
            if rest.into_iter().all(|part| is_of(part, list, vocabulary)) {
                return Asked::For(field);
            }
            // 是否享受医保 is no business of a list.
            is_unclear |= field != Field::KeptFlag;
        }
    }
    if is_unclear { Asked::Unclear } else { Asked::Nothing }
}

/// Whether nothing is said but of what the list is, and when: 档案已.
fn is_of(part: &str, list: &ListWords, vocabulary: &Vocabulary) -> bool {
    let mut words = list.asks.of.iter().chain(&vocabulary.asks.beside);
    part.is_empty()
        || words.any(|word| part.strip_prefix(word.as_str()).is_some_and(|rest| is_of(rest, list, vocabulary)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::List;

    #[test]
    fn a_header_asks_for_an_end_or_for_the_other_way_round() {
        use Field::{DiedFlag, EndedFlag, KeptFlag, MovedFlag};
        let vocabulary = Vocabulary::load(None).unwrap();
        for (list, header, want) in [
            (List::Health, "注销标记", Asked::For(EndedFlag)),
            (List::Health, "注销与否", Asked::For(EndedFlag)),
            (List::Health, "是否注销档案", Asked::For(EndedFlag)),
            (List::Health, "档案是否注销", Asked::For(EndedFlag)),
            (List::Health, "是否停用（是/否）", Asked::For(EndedFlag)),
            (List::Health, "是否删除", Asked::For(EndedFlag)),
            (List::Health, "作废标志", Asked::For(EndedFlag)),
            (List::Health, "终止标志", Asked::For(EndedFlag)),
            (List::Health, "封存标志", Asked::For(EndedFlag)),
            (List::Health, "是否死档", Asked::For(EndedFlag)),
            (List::Health, "失访标志", Asked::For(EndedFlag)),
            (List::Health, "档案是否有效", Asked::For(KeptFlag)),
            (List::Health, "有效标志", Asked::For(KeptFlag)),
            (List::Health, "启用标志", Asked::For(KeptFlag)),
            (List::Health, "是否启用", Asked::For(KeptFlag)),
            (List::Health, "迁出标识", Asked::For(MovedFlag)),
            (List::Health, "是否已转出", Asked::For(MovedFlag)),
            (List::Population, "死亡与否", Asked::For(DiedFlag)),
            (List::Population, "户口注销标记", Asked::For(EndedFlag)),
            (List::Dibao, "是否退出", Asked::For(EndedFlag)),
            (List::Dibao, "退出标志", Asked::For(EndedFlag)),
            (List::Dibao, "是否取消低保", Asked::For(EndedFlag)),
            (List::Dibao, "是否核减", Asked::For(EndedFlag)),
            (List::Dibao, "是否清退", Asked::For(EndedFlag)),
            (List::Dibao, "是否继续保障", Asked::For(KeptFlag)),
            (List::Dibao, "是否享受低保", Asked::For(KeptFlag)),
            (List::Dibao, "是否继续享受低保待遇", Asked::For(KeptFlag)),
            (List::Family, "是否退出扶助", Asked::For(EndedFlag)),
            (List::Health, "是否迁出本村", Asked::Unclear),
            (List::Dibao, "是否停发电费补贴", Asked::Unclear),
            (List::Population, "是否享受低保", Asked::Nothing),
            (List::Population, "是否退出低保", Asked::Nothing),
            (List::Family, "是否享受低保", Asked::Nothing),
            (List::Dibao, "是否享受医保", Asked::Nothing),
            (List::Health, "是否签约", Asked::Nothing),
            (List::Health, "有效期", Asked::Nothing),
            (List::Health, "注销日期", Asked::Nothing),
        ] {
            assert_eq!(asked(header, vocabulary.of(list), &vocabulary), want, "{} {header}", list.as_str());
        }
    }
}
