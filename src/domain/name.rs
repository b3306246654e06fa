//! Names as keys: what two spellings of one name have in common (DOMAIN.md 6 rows 5-7).

use std::sync::OnceLock;

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

use super::blank::is_blank;

/// The dot inside minority names, U+00B7 (DOMAIN.md p5).
pub const DOT: char = '·';
/// Stands in a folded name for a character nobody can read (DOMAIN.md 6 row 7).
pub const WILDCARD: char = '?';

/// `raw` with everything folded away that is not a difference between two people: width, blanks, dots,
/// traditional and variant forms, remarks in brackets, a number behind the name. Unreadable characters become
/// [`WILDCARD`]. Empty for placeholders such as 无名氏.
pub fn fold(raw: &str) -> CompactString {
    // Most names are of nothing but these, none of which NFKC changes.
    if raw.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}')) {
        return folded(raw.chars());
    }
    folded(raw.nfkc())
}

fn folded(chars: impl Iterator<Item = char>) -> CompactString {
    let mut out = CompactString::default();
    let mut depth = 0u32;
    for c in chars {
        match c {
            '(' | '[' | '【' | '〔' | '<' | '〈' | '《' => depth += 1,
            ')' | ']' | '】' | '〕' | '>' | '〉' | '》' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c => out.extend(fold_char(c)),
        }
    }
    let trimmed = out.trim_matches(DOT).trim_end_matches(|c: char| c.is_ascii_digit());
    if matches!(trimmed, "无名氏" | "无" | "不详" | "未知" | "未取名" | "未命名") {
        return CompactString::default();
    }
    trimmed.into()
}

/// The folded name without its dots: minority names are written with any dot or none.
pub fn undotted(folded: &str) -> CompactString {
    folded.chars().filter(|c| *c != DOT).collect()
}

fn fold_char(c: char) -> Option<char> {
    match c {
        c if is_blank(c) => None,
        '\'' | '"' | '*' | '_' | '-' | ',' | '、' | ':' | ';' => None,
        '·' | '•' | '・' | '‧' | '∙' | '⋅' | '●' | '.' | '。' | '﹒' | '˙' | '‐' => Some(DOT),
        '?' | '□' | '〓' | '×' | '■' | '◇' | '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => {
            Some(WILDCARD)
        }
        c if c.is_ascii() => Some(c.to_ascii_uppercase()),
        c => Some(simple(c)),
    }
}

/// The simplified form of a traditional or variant character; every other character as it is.
pub fn simple(c: char) -> char {
    *simplified().get(&c).unwrap_or(&c)
}

/// Variant forms that the traditional-to-simplified tables leave alone.
const VARIANTS: &[(char, char)] = &[
    ('囯', '国'),
    ('圀', '国'),
    ('囻', '国'),
    ('呂', '吕'),
    ('峯', '峰'),
    ('羣', '群'),
    ('喆', '哲'),
    ('甦', '苏'),
    ('堃', '坤'),
    ('淼', '淼'),
    ('犇', '奔'),
    ('惪', '德'),
    ('徳', '德'),
    ('栢', '柏'),
    ('邨', '村'),
    ('菓', '果'),
    ('勳', '勋'),
    ('勲', '勋'),
    ('嶽', '岳'),
    ('昇', '升'),
    ('陞', '升'),
    ('祕', '秘'),
    ('恆', '恒'),
    ('啓', '启'),
    ('啟', '启'),
    ('荘', '庄'),
    ('沢', '泽'),
    ('髙', '高'),
    ('﨑', '崎'),
    ('栄', '荣'),
    ('亜', '亚'),
    ('恵', '惠'),
    ('児', '儿'),
    ('稲', '稻'),
    ('桜', '樱'),
    ('広', '广'),
    ('眞', '真'),
    ('淸', '清'),
    ('靑', '青'),
    ('黃', '黄'),
    ('內', '内'),
    ('戶', '户'),
    ('吳', '吴'),
    ('溫', '温'),
    ('郞', '郎'),
    ('龑', '䶮'),
    ('仝', '同'),
    ('彜', '彝'),
    ('琹', '琴'),
    ('銕', '铁'),
    ('艷', '艳'),
    ('豓', '艳'),
    ('鷰', '燕'),
    ('鳯', '凤'),
    ('槑', '梅'),
    ('楳', '梅'),
    ('氷', '冰'),
    ('竒', '奇'),
    ('畱', '留'),
    ('牀', '床'),
    ('珎', '珍'),
    ('寳', '宝'),
    ('寶', '宝'),
    ('宻', '密'),
    ('凉', '凉'),
    ('乹', '乾'),
    ('秊', '年'),
    ('朙', '明'),
    ('濶', '阔'),
    ('煕', '熙'),
    ('凞', '熙'),
    ('慜', '敏'),
    ('勅', '敕'),
    ('叡', '睿'),
    ('濬', '浚'),
    ('翶', '翱'),
    ('擕', '携'),
    ('攜', '携'),
];

/// Traditional and variant characters with the simplified one, made once from the conversion tables and then
/// kept as a plain map: the tables themselves are megabytes that an idle service should not hold.
fn simplified() -> &'static FxHashMap<char, char> {
    static MAP: OnceLock<FxHashMap<char, char>> = OnceLock::new();
    MAP.get_or_init(|| {
        let mut map = FxHashMap::default();
        if let Ok(tables) = ferrous_opencc::OpenCC::from_config(ferrous_opencc::config::BuiltinConfig::T2s) {
            let blocks = ['\u{3400}'..='\u{4dbf}', '\u{4e00}'..='\u{9fff}'];
            for c in blocks.into_iter().flatten() {
                let converted = tables.convert(c.encode_utf8(&mut [0; 4]));
                let mut chars = converted.chars();
                if let (Some(to), None) = (chars.next(), chars.next())
                    && to != c
                {
                    map.insert(c, to);
                }
            }
        }
        map.extend(VARIANTS.iter().copied());
        map
    })
}

/// What a folded name says beside the name itself, from a remark in the cell. A hint, never an event
/// (DOMAIN.md 6 row 5).
pub fn remark(raw: &str) -> Option<&str> {
    let open = raw.find(['(', '（', '[', '【'])?;
    let rest = &raw[open..];
    let rest = &rest[rest.chars().next()?.len_utf8()..];
    let end = rest.find([')', '）', ']', '】']).unwrap_or(rest.len());
    Some(rest[..end].trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_together() {
        for (a, b) in [
            ("郝  玉", "郝玉"),
            ("張豔妹", "张艳妹"),
            ("吉木・子洛", "吉木·子洛"),
            ("吉木.子洛", "吉木·子洛"),
            ("秦夏囯", "秦夏国"),
            ("张三(已故)", "张三"),
            ("张三（户主）", "张三"),
            ("王芳1", "王芳"),
            ("孙友華", "孙友华"),
            ("\u{202a}孙\u{200b}友华\u{202c}", "孙友华"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("吴土斌"), fold("吴土鹏"));
        assert_eq!(fold("王□"), "王?");
        assert_eq!(fold("无名氏"), "");
        assert_eq!(remark("张三(已故)"), Some("已故"));
    }
}
