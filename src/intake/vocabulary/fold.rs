//! Words as they are compared: without width, case, blanks and decoration.

use unicode_normalization::UnicodeNormalization;

pub use crate::domain::name::is_han;
use crate::domain::{is_blank, name};

/// No sheet has more columns than are counted with these.
const ORDINAL_PLACES_MAX: usize = 2;

/// Width, case and blanks folded, and characters written for one that looks like them: what is left of a word that people
/// write in many ways.
pub fn fold_word(raw: &str) -> String {
    let folded: String = raw.nfkc().filter(|c| !is_blank(*c)).flat_map(char::to_lowercase).collect();
    if folded.contains(['己', '巳', '岀']) { without_look_alikes(&folded) } else { folded }
}

/// 己故 is 已故, and 迁岀 迁出. Behind another character 己 may end a name, or 自己.
fn without_look_alikes(folded: &str) -> String {
    const BEFORE: &str = "口人户均现于日月年号";
    let mut before = None;
    let mut meant = |c: char| {
        let begins = before.is_none_or(|b: char| !is_han(b) || BEFORE.contains(b));
        before = Some(c);
        match c {
            '己' | '巳' if begins => '已',
            '岀' => '出',
            c => c,
        }
    };
    folded.chars().map(&mut meant).collect()
}

/// Every word folded.
pub fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| fold_word(word)).collect()
}

pub fn longest_first(mut words: Vec<String>) -> Vec<String> {
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// Whether a header holds the word, or all parts of `变动*日期` in their order.
pub fn holds(key: &str, word: &str) -> bool {
    let mut rest = key;
    word.split('*').all(|part| {
        let found = rest.find(part);
        rest = found.map_or("", |at| &rest[at + part.len()..]);
        found.is_some()
    })
}

/// A header's key: also without brackets, stars and the colons people end it with, and in simplified characters.
pub fn fold_header(raw: &str) -> String {
    fold_word(raw).chars().filter(|c| !is_decoration(*c)).map(name::simple).collect()
}

/// A header's key without what stands in its brackets: a unit, a format, a remark.
pub fn fold_header_bare(raw: &str) -> String {
    let mut depth = 0u32;
    let folded = fold_word(raw);
    let bare = folded.chars().filter(|c| match c {
        '(' | '[' | '【' | '〔' | '<' | '{' => {
            depth += 1;
            false
        }
        ')' | ']' | '】' | '〕' | '>' | '}' => {
            depth = depth.saturating_sub(1);
            false
        }
        c => depth == 0 && !is_decoration(*c),
    });
    bare.map(name::simple).collect()
}

/// A header without its own number: 1.姓名, (2)户主, ③状态, 四、备注. Without more a number is a part of the word: 60岁以上.
pub fn without_ordinal(raw: &str) -> &str {
    const NUMERALS: &str = "一二三四五六七八九十";
    let text = raw.trim_start();
    let rest = match text.strip_prefix(|c| ('①'..='⑳').contains(&c) || ('⑴'..='⒛').contains(&c)) {
        Some(rest) => rest.trim_start_matches(['.', '、', '．']),
        None => {
            let bare = text.strip_prefix(['(', '（']);
            let inner = bare.unwrap_or(text);
            let is_numeral = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c) || NUMERALS.contains(c);
            let rest = inner.trim_start_matches(is_numeral);
            let places = inner[..inner.len() - rest.len()].chars().count();
            let ends: &[char] = if bare.is_some() { &[')', '）'] } else { &['.', '、', '．', ')', '）', '。'] };
            match rest.strip_prefix(ends).filter(|_| (1..=ORDINAL_PLACES_MAX).contains(&places)) {
                Some(rest) => rest.trim_start_matches(['.', '、', '．']),
                None => return raw,
            }
        }
    };
    // 3.15日 is a day, and 1. a line's number.
    let rest = rest.trim_start();
    if rest.chars().next().is_some_and(char::is_alphabetic) { rest } else { raw }
}

fn is_decoration(c: char) -> bool {
    matches!(
        c,
        '(' | ')'
            | '['
            | ']'
            | '【'
            | '】'
            | '〔'
            | '〕'
            | '<'
            | '>'
            | '{'
            | '}'
            | '*'
            | '★'
            | '☆'
            | '※'
            | ':'
            | '"'
            | '\''
            | '`'
            | '_'
            | '、'
            | ','
            | ';'
            | '。'
            | '·'
            // What a program shows of sorting and filters.
            | '▼'
            | '▲'
            | '▽'
            | '△'
            | '↑'
            | '↓'
            | '●'
            | '◆'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_written_with_a_look_alike_fold() {
        for (word, want) in [("己故", "已故"), ("2026年1月巳死亡", "2026年1月已死亡"), ("户口己迁岀", "户口已迁出")]
        {
            assert_eq!(fold_word(word), want);
        }
        assert_eq!((fold_word("吴己"), fold_word("自己")), ("吴己".to_owned(), "自己".to_owned()));
    }

    #[test]
    fn a_headers_own_number_is_no_part_of_it() {
        for header in [
            "1.姓名",
            "2、姓名",
            "12．姓名",
            "（3）姓名",
            "(十一)姓名",
            "4)姓名",
            "①姓名",
            "⑿姓名",
            "一、姓名",
            " 7. 姓名",
        ] {
            assert_eq!(without_ordinal(header), "姓名", "{header}");
        }
        for header in ["姓名1", "60岁以上", "1", "1.", "3.15日", "2026.姓名", "一组", "(2026)姓名", "三峡移民"]
        {
            assert_eq!(without_ordinal(header), header);
        }
    }

    #[test]
    fn headers_fold() {
        assert_eq!(fold_header("身 份\n证 号*："), "身份证号");
        assert_eq!((fold_header("姓名▼"), fold_header("状态 ↑")), ("姓名".to_owned(), "状态".to_owned()));
        assert_eq!(fold_header("村（居）"), "村居");
        assert_eq!(fold_header_bare("月保障金额（元）"), "月保障金额");
        assert_eq!(fold_header("身份證號碼"), "身份证号码");
        assert_eq!(fold_header_bare("與戶主關係（必填）"), "与户主关系");
    }
}
