//! How much it says that two lines have a character of a name in common: 王 little, 宓 much.
//!
//! The tables are fixed, not counted from the node's own lines: what is linked must not depend on the order in which
//! villages report. Shares are rounded from published national counts of surnames and from common given names.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// Surnames with their share of the people in ten-thousandths, the most common first.
const SURNAMES: &[(u16, &str)] = &[
    (710, "王"),
    (700, "李"),
    (670, "张"),
    (520, "刘"),
    (460, "陈"),
    (310, "杨"),
    (225, "黄"),
    (220, "赵"),
    (200, "吴周"),
    (145, "徐孙"),
    (130, "马"),
    (120, "朱胡郭何林"),
    (105, "高罗"),
    (90, "郑梁"),
    (75, "谢宋唐许"),
    (68, "邓韩冯曹"),
    (60, "彭曾肖萧田"),
    (50, "董潘袁蔡蒋余于杜"),
    (42, "叶程魏苏吕丁任卢姚沈钟"),
    (35, "姜崔谭陆范汪廖石金韦贾"),
    (30, "夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎"),
    (22, "史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"),
    (15, "康易乔赖樊兰殷施洪翟安颜倪牛温季俞章鲁葛伍申尤毕聂柴焦欧柳邢岳齐梅庄涂祝"),
];

/// Characters of given names with their share of all given-name characters, in ten-thousandths.
const GIVEN: &[(u16, &str)] = &[
    (160, "英华"),
    (120, "文玉秀明"),
    (100, "兰国春红"),
    (85, "志建金丽桂"),
    (70, "军平芳海荣小"),
    (60, "珍云林梅伟生晓"),
    (50, "永杰艳燕霞强辉德成凤东福立忠"),
    (42, "新光天庆勇宝清波龙祥贵宏学兴家雪玲美娟淑莲萍"),
    (35, "敏涛超斌鹏飞峰磊亮刚俊正世长全才元洪山水丹静琴香翠爱洁莉琼菊"),
    (28, "春阳子佳思雨欣宇浩涵轩嘉怡梓一"),
];

/// Parts in ten thousand of everything the tables do not name, so 9.3 and 9.1 bits.
const SURNAME_OTHER: f32 = 16.0;
const GIVEN_OTHER: f32 = 18.0;
const WHOLE: f32 = 10_000.0;

/// Bits of agreement on the first character of a name.
pub fn surname_bits(c: char) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    bits(TABLE.get_or_init(|| table(SURNAMES, SURNAME_OTHER)), c, SURNAME_OTHER)
}

/// Bits of agreement on a later character.
pub fn given_bits(c: char) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    bits(TABLE.get_or_init(|| table(GIVEN, GIVEN_OTHER)), c, GIVEN_OTHER)
}

/// The block all characters of the tables lie in: CJK Unified Ideographs.
const BLOCK: RangeInclusive<char> = '\u{4e00}'..='\u{9fff}';

fn bits(table: &[f32], c: char, other: f32) -> f32 {
    let place = u32::from(c).wrapping_sub(u32::from(*BLOCK.start())) as usize;
    table.get(place).copied().unwrap_or_else(|| (WHOLE / other).log2())
}

/// Bits of every character of the block, by code point.
fn table(rows: &[(u16, &str)], other: f32) -> Vec<f32> {
    let named: HashMap<char, u16> = rows.iter().flat_map(|(share, chars)| chars.chars().map(|c| (c, *share))).collect();
    BLOCK.map(|c| (WHOLE / named.get(&c).map_or(other, |share| f32::from(*share))).log2()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_surname_says_more_than_a_common_one() {
        assert!(surname_bits('王') < 4.0 && surname_bits('常') > 8.0 && surname_bits('宓') > surname_bits('常'));
        assert!(given_bits('英') < given_bits('琼') && given_bits('琼') < given_bits('璟'));
    }
}
