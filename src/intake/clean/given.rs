//! Whether a cell gives what it should hold: a contact, a doctor, a green channel, the day of a review.

use super::super::vocabulary::Vocabulary;
use crate::intake::container::row::Cell;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// What a circle says in each column of support: yes against crosses, noes and blanks, and nothing beside ticks and
/// names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circles([bool; 3]);

impl Circles {
    pub const FIELDS: [Field; 3] = [Field::Contact, Field::Doctor, Field::Green];

    /// By the texts under each of them.
    pub fn of(columns: [Vec<String>; 3], vocabulary: &Vocabulary) -> Circles {
        const CROSSES: &[char] = &['×', '╳', '✕', '✖', '✗', '✘', 'x', 'X'];
        let is_cross = |text: &String| !text.is_empty() && text.chars().all(|c| CROSSES.contains(&c));
        let gives = |text: &String| {
            !text.is_empty() && !is_circle(text) && !is_cross(text) && is_given(Cell::Text(text), vocabulary)
        };
        // Whoever writes crosses in one column writes circles against them in the next.
        let has_crosses = columns.iter().flatten().any(is_cross);
        Circles(columns.map(|column| {
            let denies = |text: &String| !is_circle(text) && !gives(text);
            !column.iter().any(gives) && (has_crosses || column.iter().any(denies))
        }))
    }

    /// To be hashed.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().map(u8::from)
    }

    /// Whether the text is a circle that gives what the column asks for.
    pub fn gives(self, field: Field, text: &str) -> bool {
        is_circle(text) && Circles::FIELDS.iter().zip(self.0).any(|(of, is_yes)| *of == field && is_yes)
    }
}

fn is_circle(text: &str) -> bool {
    matches!(text, "○" | "◯" | "〇")
}

/// Whether a cell that should hold a name, a clinic or a yes holds one (DOMAIN.md F12).
pub fn is_given(cell: Cell<'_>, vocabulary: &Vocabulary) -> bool {
    match cell {
        Cell::Empty | Cell::Error => false,
        Cell::Number(value) => value != 0.0,
        Cell::Date(_) => true,
        Cell::Text(text) => {
            let folded = fold_word(text);
            // 无。 is none too; of a dash alone nothing would be left.
            let bare = folded.trim_end_matches(['。', '.', '!', ';', ',', '、']);
            // (空)
            let bare = bare.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(bare);
            let is = |words: &[String]| words.iter().any(|word| *word == folded || word == bare);
            let begins = |words: &[String]| words.iter().any(|word| bare.starts_with(word.as_str()));
            let ends = |words: &[String]| words.iter().any(|word| bare.ends_with(word.as_str()));
            let is_none = begins(&vocabulary.not_given_starts) || ends(&vocabulary.not_given_ends);
            !(is(&vocabulary.no) || is(&vocabulary.none) || is_none)
        }
    }
}

/// Whether a text in the place of a date says that what it is the date of was done (本月已核, 合格, √), and not that it is
/// still to be done.
pub fn is_done(text: &str, vocabulary: &Vocabulary) -> bool {
    let folded = fold_word(text);
    let holds = |words: &[String]| words.iter().any(|word| folded.contains(word.as_str()));
    is_given(Cell::Text(text), vocabulary) && holds(&vocabulary.done) && !is_to_do(text, vocabulary)
}

/// Whether a text in the place of a date says that it is still to be done: 待复核, 未核.
pub fn is_to_do(text: &str, vocabulary: &Vocabulary) -> bool {
    let folded = fold_word(text);
    vocabulary.to_do.iter().any(|word| folded.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_where_it_says_so() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let is_given = |text| is_given(Cell::Text(text), &vocabulary);
        for none in [
            "无",
            "无。",
            "尚未签约",
            "拒绝签约",
            "本人拒绝",
            "不需要",
            "未签",
            "暂未落实",
            "无人联系",
            "/",
            "-",
            "联系不上",
            "待安排",
            "待补",
            "已离职",
            "待办",
            "正在办理",
            "过期",
            "已过期",
            "否（未办）",
            "NA",
            "空白",
            "拟定中",
            "×××",
            "无此项",
            "无卡",
            "办理中",
            "原联系人已退休",
            "无帮扶人",
            "（空）",
            "岗位空缺",
            "已解约",
            "解约",
            "到期未续",
            "本人外出未签",
        ] {
            assert!(!is_given(none), "{none}");
        }
        for given in [
            "张三",
            "尚小云",
            "200村医",
            "是",
            "√",
            "已签约",
            "无锡路卫生站",
            "过小明",
            "办理",
            "王医生（前一位解约）",
            "（李四）",
        ] {
            assert!(is_given(given), "{given}");
        }
    }

    #[test]
    fn a_circle_is_a_yes_against_a_cross_and_nothing_against_a_tick() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let column = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        for (contact, doctor, green, want) in [
            ("○,○,○", "○,○,×", "○,×,×", [true, true, true]),
            ("○,,○", "○,○,○", "√,○,√", [true, false, false]),
            ("村干部甲,○,○", "○,○,○", "○,是,○", [false, false, false]),
            ("村干部甲,村干部甲", "×,○", "√,○", [false, true, false]),
            ("无,○", "○,○", "未开通,○", [true, false, true]),
        ] {
            let circles = Circles::of([contact, doctor, green].map(column), &vocabulary);
            assert_eq!(Circles::FIELDS.map(|field| circles.gives(field, "○")), want, "{contact} {doctor} {green}");
            assert!(!circles.gives(Field::Contact, "×"));
        }
    }
}
