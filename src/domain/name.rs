//! Names as keys: what two spellings of one name have in common (DOMAIN.md 6 rows 5-7).

use std::sync::OnceLock;

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

use super::blank::is_blank;

/// The dot inside minority names, U+00B7 (DOMAIN.md p5).
pub const DOT: char = '·';
/// What is written for it.
pub(super) const DOTS: &str = "·•・‧∙⋅●.。﹒˙‐";
/// Stands in a folded name for a character nobody can read (DOMAIN.md 6 row 7).
pub const WILDCARD: char = '?';

/// `raw` with everything folded away that is not a difference between two people: width, blanks, dots,
/// traditional and variant forms, remarks in brackets, marks and numbers around the name, what tells namesakes apart.
/// Unreadable characters become [`WILDCARD`]. Empty for placeholders such as 无名氏 and 许国强之子.
pub fn fold(raw: &str) -> CompactString {
    // Most names are of nothing but these, none of which NFKC changes.
    if raw.chars().all(is_han) {
        return known(raw.chars().map(|c| *simplified().get(&c).unwrap_or(&c)).collect());
    }
    let mut out = CompactString::default();
    let mut depth = 0u32;
    for c in raw.nfkc() {
        match c {
            c if OPENS.contains(c) => depth += 1,
            c if CLOSES.contains(c) => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c => out.extend(fold_char(c)),
        }
    }
    known(bare(&out))
}

const OPENS: &str = "([【〔<〈《";
const CLOSES: &str = ")]】〕>〉》";

/// Whether a name can be written with it; none of these is changed by NFKC.
pub fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

/// A name with a character that is written out in brackets: 王大? of 王大(龙天), where fonts have no 䶮 (DOMAIN.md 6 row 7).
/// It may as well be a remark, so this is a second spelling beside [`fold`]. `None` where no bracket is of that kind.
pub fn with_character(raw: &str) -> Option<CompactString> {
    /// So many parts make a character, and so many letters its sound.
    const PARTS: std::ops::RangeInclusive<usize> = 2..=3;
    const LETTERS: std::ops::RangeInclusive<usize> = 2..=6;
    raw.find(['(', '（', '[', '【'])?;
    let raw: CompactString = raw.nfkc().collect();
    let open = raw.find(['(', '[', '【'])?;
    let close = open + raw[open..].find([')', ']', '】'])?;
    let inner: CompactString = raw[open..close].chars().skip(1).filter(|c| !is_blank(*c) && *c != '+').collect();
    let count = inner.chars().count();
    let is_one =
        inner.chars().all(is_han) && PARTS.contains(&count) || inner.chars().all(is_latin) && LETTERS.contains(&count);
    let (front, back) = (fold(&raw[..open]), fold(&raw[close..]));
    (is_one && !front.is_empty()).then(|| [&front, "?", &back].concat().into())
}

/// Whether a character is written with it by its sound.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}') && c.is_alphabetic()
}

/// Without the marks and numbers around a name, and with [`WILDCARD`] for what stands in it for a character.
fn bare(out: &str) -> CompactString {
    let has_han = out.contains(is_han);
    let mut name = out.trim_matches(DOT);
    // 1.张三, ①张三
    if has_han {
        name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(DOT);
    }
    name = name.trim_start_matches(STANDS_FOR_ONE).trim_end_matches(|c: char| c.is_ascii_digit());
    if has_han {
        name = without_label(name);
    }
    for (mark, least) in [('*', 2), ('○', 3)] {
        let less = name.strip_suffix(mark).filter(|less| !less.ends_with(mark) && less.chars().count() >= least);
        name = less.unwrap_or(name);
    }
    let mut read = CompactString::default();
    let mut is_sound = false;
    for c in name.chars() {
        let sounds = has_han && is_latin(c);
        match c {
            _ if sounds && is_sound => {}
            _ if sounds || STANDS_FOR_ONE.contains(&c) => read.push(WILDCARD),
            c => read.push(c),
        }
        is_sound = sounds;
    }
    read
}

/// Around a name marks, and in it characters that nobody could write, or would show: 王*英, 王○○.
const STANDS_FOR_ONE: &[char] = &['*', '○'];

/// Without the letter by which namesakes are told apart: 张三A, 张三Ⅱ.
fn without_label(name: &str) -> &str {
    let front = name.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let is_label = matches!(&name[front.len()..], "A" | "B" | "C" | "D" | "E" | "F" | "I" | "II" | "III" | "IV");
    if is_label && front.chars().filter(|c| is_han(*c)).count() > 1 { front } else { name }
}

/// The name itself, empty where it is a placeholder for one.
fn known(name: CompactString) -> CompactString {
    let is_none = matches!(
        name.as_str(),
        "无名氏" | "无" | "不详" | "未知" | "未取名" | "未命名" | "无名" | "未起名" | "待取名" | "婴儿" | "新生儿"
    );
    if is_none || parent_and_kin(&name).is_some() { CompactString::default() } else { name }
}

/// Who is called by somebody else's name for want of their own: 许国强 and 子 of 许国强之子 (DOMAIN.md 6 row 5).
pub fn parent_and_kin(name: &str) -> Option<(&str, &str)> {
    /// Alone a surname is no name.
    const NAME_CHARS_MIN: usize = 2;
    const NTH: [char; 9] = ['长', '次', '大', '小', '二', '三', '四', '幼', '独'];
    const KIN: [&str; 23] = [
        "子", "女", "儿", "妻", "夫", "父", "母", "孙", "媳", "婿", "婴", "孩", "儿子", "女儿", "婴儿", "孩子", "妻子",
        "丈夫", "父亲", "母亲", "孙子", "孙女", "儿媳",
    ];
    // Without 之 they are no part of a name.
    const SURE: [&str; 7] = ["儿子", "女儿", "婴儿", "长子", "次子", "长女", "次女"];
    let is_kin = |word: &str| KIN.contains(&word.strip_prefix(NTH).filter(|rest| !rest.is_empty()).unwrap_or(word));
    let behind = name.rfind(['之', '的']).map(|at| (&name[..at], &name[at + '之'.len_utf8()..]));
    let sure = || SURE.iter().find_map(|word| Some((name.strip_suffix(word)?, &name[name.len() - word.len()..])));
    let found = behind.filter(|(_, word)| is_kin(word)).or_else(sure);
    found.filter(|(front, _)| front.chars().count() >= NAME_CHARS_MIN)
}

/// The folded name without its dots: minority names are written with any dot or none.
pub fn undotted(folded: &str) -> CompactString {
    folded.chars().filter(|c| *c != DOT).collect()
}

fn fold_char(c: char) -> Option<char> {
    match c {
        c if is_blank(c) => None,
        '\'' | '"' | '_' | '-' | ',' | '、' | ':' | ';' => None,
        // Whoever is a head, poor or new is marked so, and a member hangs on a branch.
        '★'
        | '☆'
        | '△'
        | '▲'
        | '▽'
        | '▼'
        | '◎'
        | '※'
        | '√'
        | '✓'
        | '✔'
        | '☑'
        | '#'
        | '+'
        | '='
        | '~'
        | '!'
        | '|'
        | '→'
        | '—'
        | '–'
        | '…'
        | '“'
        | '”'
        | '‘'
        | '’'
        | '「'
        | '」'
        | '『'
        | '』'
        | '\u{2500}'..='\u{257f}' => None,
        c if DOTS.contains(c) => Some(DOT),
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
            ("★王大明", "王大明"),
            ("王大明△", "王大明"),
            ("※王芳*", "王芳"),
            ("○王大明", "王大明"),
            ("#王大明", "王大明"),
            ("1.王大明", "王大明"),
            ("3、王大明", "王大明"),
            ("①王大明", "王大明"),
            ("王大明A", "王大明"),
            ("王芳Ⅱ", "王芳"),
            ("“王大明”", "王大明"),
            ("└─王大明", "王大明"),
            ("├ 王大明", "王大明"),
            ("\u{202a}孙\u{200b}友华\u{202c}", "孙友华"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("吴土斌"), fold("吴土鹏"));
        assert_eq!(fold("王□"), "王?");
        assert_eq!(fold("无名氏"), "");
        assert_eq!(remark("张三(已故)"), Some("已故"));
    }

    #[test]
    fn whatever_stands_for_a_character_is_one_that_nobody_read() {
        for (raw, want) in [
            ("王小yu", "王小?"),
            ("王yǔ英", "王?英"),
            ("王*英", "王?英"),
            ("王**", "王??"),
            ("王*", "王?"),
            ("王○英", "王?英"),
            ("王小○", "王小?"),
            ("王A", "王?"),
            ("John Smith", "JOHNSMITH"),
        ] {
            assert_eq!(fold(raw), want, "{raw}");
        }
        for (raw, want) in [
            ("王大(龙天)", Some("王大?")),
            ("王（王+乐）英", Some("王?英")),
            ("王小（yu）", Some("王小?")),
            ("王大明", None),
            ("王大明(A)", None),
            ("(王乐)", None),
        ] {
            assert_eq!(with_character(raw).as_deref(), want, "{raw}");
        }
    }

    #[test]
    fn who_is_called_by_a_parents_name_has_none() {
        for (raw, want) in [
            ("许国强之子", Some(("许国强", "子"))),
            ("许国强之次女", Some(("许国强", "次女"))),
            ("许国强的儿子", Some(("许国强", "儿子"))),
            ("许国强长女", Some(("许国强", "长女"))),
            ("徐之兰", None),
            ("王羲之", None),
            ("杨之子", None),
            ("李小儿", None),
        ] {
            assert_eq!(parent_and_kin(raw), want, "{raw}");
            assert_eq!(fold(raw).is_empty(), want.is_some(), "{raw}");
        }
    }
}
