//! What was read and not understood, told once for a file and word and not once a line.

use crate::domain::mask;

use super::clean::date::western;
use super::report::{Refusal, RefusalCode, Sink};
use super::vocabulary::Vocabulary;
use crate::intake::recognise::header::is_known_key;
use crate::intake::vocabulary::fold::{fold_header, is_han};

/// Different words told of one file under one code; the rest is told as one.
const WORDS_MAX: usize = 12;
/// Words remembered of one file under one code: a column with more is a column of something else.
const REMEMBERED_MAX: usize = 200;
/// A longer text is no word of a state, and is cut.
const WORD_CHARS_MAX: usize = 12;
/// From so many digits on they may be a number of somebody.
const DIGITS_MIN: usize = 5;
/// The same name shifted into a wrong column stands there on the lines of a household, and hardly on more.
const NAMESAKE_LINES_MAX: u64 = 6;
/// Characters behind a surname that may be the rest of a name: names of four are not rare in many counties.
const GIVEN_CHARS_MAX: usize = 3;
/// The commonest surnames: four people of five have one of them.
pub(super) const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙陶贺顾毛郝龚邵钱";

/// The notes of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notes {
    noted: Vec<Note>,
    /// Lines with a word beyond those remembered.
    beyond: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Note {
    code: RefusalCode,
    word: String,
    lines: u64,
    sheet: Option<String>,
    row: u32,
}

impl Notes {
    pub fn note(&mut self, code: RefusalCode, word: &str, sheet: Option<&str>, row: u32) {
        if let Some(note) = self.noted.iter_mut().find(|note| note.code == code && note.word == word) {
            note.lines += 1;
        } else if self.noted.len() < REMEMBERED_MAX {
            let (word, sheet) = (word.to_owned(), sheet.map(str::to_owned));
            self.noted.push(Note { code, word, lines: 1, sheet, row });
        } else {
            self.beyond += 1;
        }
    }

    /// Tells each word with how many lines have it, at the first of them. `is_of_the_trade` says of a character whether
    /// words that are known are written with it, as names hardly are.
    pub fn tell(&mut self, is_of_the_trade: &dyn Fn(char) -> bool, sink: &mut dyn Sink) {
        let mut noted = std::mem::take(&mut self.noted);
        noted.sort_by_key(|note| (note.code, std::cmp::Reverse(note.lines)));
        let mut rest: Vec<Note> = Vec::new();
        let mut told = 0;
        let mut before = None;
        for note in noted {
            told = if before == Some(note.code) { told + 1 } else { 1 };
            before = Some(note.code);
            if told > WORDS_MAX {
                match rest.iter_mut().find(|all| all.code == note.code) {
                    Some(all) => all.lines += note.lines,
                    None => rest.push(Note { word: "…".to_owned(), ..note }),
                }
                continue;
            }
            let word = match note.code {
                // No village has a name in it, and no person a number of twelve places; headers are masked already.
                RefusalCode::UnreadDates => note.word.clone(),
                RefusalCode::AreaDamaged | RefusalCode::UnreadColumn => cut(&note.word),
                _ => shown(&note.word, note.lines, is_of_the_trade),
            };
            sink.refused(Note { word, ..note }.told());
        }
        if let Some(all) = rest.first_mut() {
            all.lines += std::mem::take(&mut self.beyond);
        }
        rest.into_iter().for_each(|all| sink.refused(all.told()));
    }
}

impl Note {
    fn told(self) -> Refusal {
        let detail = format!("{} ×{}", self.word, self.lines);
        Refusal { sheet: self.sheet, row: Some(self.row), code: self.code, detail }
    }
}

/// Headers as anybody may see them. Over a group of columns may stand whose they are, and with what number.
pub fn shown_headers<'h>(headers: impl Iterator<Item = &'h str>, vocabulary: &Vocabulary) -> String {
    let part = |part: &str| match is_known_key(&fold_header(part), vocabulary) {
        true => part.to_owned(),
        false => shown(part, 1, &|c| vocabulary.is_of_headers(c)),
    };
    let header = |written: &str| written.split('.').map(part).collect::<Vec<_>>().join(".");
    headers.map(header).collect::<Vec<_>>().join("、")
}

/// How a date is written, without the date: `**-*月 -**`.
pub fn shown_shape(text: &str, vocabulary: &Vocabulary) -> String {
    let shape = western(text).replace(|c: char| c.is_ascii_digit(), "*");
    let is_of_the_trade = |c: char| vocabulary.is_of_headers(c) || vocabulary.is_of_the_trade(c);
    cut(&without_names(&shape, &is_of_the_trade))
}

/// A file's name as the log of the service shows it. Offices write whose file it is into it, and the person's number.
pub fn shown_file(rel_path: &str, vocabulary: &Vocabulary) -> String {
    let is_of_the_trade = |c: char| vocabulary.is_of_headers(c) || vocabulary.is_of_the_trade(c);
    let mut out = String::with_capacity(rel_path.len());
    let mut rest = mask::numbers_in(rel_path);
    while !rest.is_empty() {
        let is_word = rest.starts_with(is_han);
        let end = rest.find(|c| is_han(c) != is_word).unwrap_or(rest.len());
        let word: String = rest.drain(..end).collect();
        out += &match is_word && looks_like_a_name(&word, &is_of_the_trade) {
            true => mask::name(&word),
            false => without_names(&word, &is_of_the_trade),
        };
    }
    out
}

/// The word as anybody may see it: no number, no name, no story.
fn shown(word: &str, lines: u64, is_of_the_trade: &dyn Fn(char) -> bool) -> String {
    if word.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN {
        let without_digits = word.replace(|c: char| c.is_ascii_digit(), "*");
        return cut(&without_names(&without_digits, is_of_the_trade));
    }
    if lines > NAMESAKE_LINES_MAX {
        return cut(word);
    }
    match looks_like_a_name(word, is_of_the_trade) {
        true => mask::name(word),
        false => cut(&without_names(word, is_of_the_trade)),
    }
}

/// 问村医钱守义 names somebody too: what may be a given name behind a surname is not shown, where no word of the trade is
/// written with it.
fn without_names(word: &str, is_of_the_trade: &dyn Fn(char) -> bool) -> String {
    let mut given = 0;
    word.chars()
        .map(|c| {
            if given > 0 && is_han(c) && !is_of_the_trade(c) {
                given -= 1;
                return '*';
            }
            given = if SURNAMES.contains(c) { GIVEN_CHARS_MAX } else { 0 };
            c
        })
        .collect()
}

fn cut(word: &str) -> String {
    match word.char_indices().nth(WORD_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

/// Two to four characters behind a surname, or three and more of which no word of the trade is written; or with the dot
/// of a name of two parts.
fn looks_like_a_name(word: &str, is_of_the_trade: &dyn Fn(char) -> bool) -> bool {
    let length = word.chars().count();
    let by_surname = word.chars().next().is_some_and(|first| SURNAMES.contains(first));
    word.contains('·')
        || ((2..=4).contains(&length)
            && word.chars().all(is_han)
            && (by_surname || length > 2 && !word.chars().any(is_of_the_trade)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_without_the_person_it_is_named_for() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let told = |path: &str| shown_file(path, &vocabulary);
        assert_eq!(told("低保_519901195003021015_王秀英.csv"), "低保_519901**********15_王**.csv");
        assert_eq!(told("2026/钱守义低保申请.xlsx"), "2026/钱**低保申请.xlsx");
        assert_eq!(told("519901001201/健康档案2026-03.csv"), "519901001201/健康档案2026-03.csv");
    }

    #[test]
    fn a_word_is_shown_and_a_person_is_not() {
        let is_of_the_trade = |c: char| "出婚归未已在".contains(c);
        let shown = |word: &str, lines| shown(word, lines, &is_of_the_trade);
        assert_eq!((shown("婚出未归", 1), shown("1", 900)), ("婚出未归".into(), "1".into()));
        assert_eq!(
            (shown("张三", 1), shown("王秀英", 2), shown("吉木子洛", 1)),
            ("张*".into(), "王**".into(), "吉***".into())
        );
        assert_eq!((shown("吉木·子洛", 5), shown("任务", 40)), ("吉****".into(), "任务".into()));
        assert_eq!(shown("519901195001110030", 1), "************…");
        assert_eq!(shown("本人随子女到外地居住已有两年", 1), "本人随子女到外地居住已有…");
        assert_eq!(shown("问村医钱守义", 1), "问村医钱**");
        assert_eq!(shown("金丝雀戊未归", 1), "金***未归");
        assert_eq!(shown("女儿张小红 13800001111", 1), "女儿张** ******…");
        assert_eq!(shown("赵大海已归", 1), "赵**已归");
        assert_eq!((shown("何时归来不知", 1), shown("高龄老人", 7)), ("何*归来不知".into(), "高龄老人".into()));
    }
}
