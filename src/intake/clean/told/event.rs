//! The words for one kind of event, and where in a text one of them stands.

use super::{MARKS, is_date};

/// What follows a word that stands at its end: 死了, 死于, 停(车辆).
const ENDS_A_WORD: &[char] = &['了', '于', '在', '后', '者', '掉', '(', ',', '。', ';'];

/// Words for one kind of event, the longest first, and with what they begin.
#[derive(Debug, Default)]
pub(super) struct Event {
    words: Vec<String>,
    /// Those that count only where nothing but a day stands before them: 2026.1.10亡, 已于2026年1月停.
    alone: Vec<String>,
    /// Those that count only at the end: 2025年第4季度退出, and not 退出现役.
    last: Vec<String>,
    /// Behind one of these alone the others count, where there are any: 户口2026年1月转到.
    behind: Vec<String>,
    /// Texts at whose end none of them counts: 坏死 is no 死, 搬迁至 no 迁至.
    but_not: Vec<String>,
    starts: String,
}

impl Event {
    pub fn of(words: impl Iterator<Item = String>) -> Event {
        Event::default().with(words, |event| &mut event.words)
    }

    pub fn or_alone(self, words: impl Iterator<Item = String>) -> Event {
        self.with(words, |event| &mut event.alone)
    }

    pub fn or_last(self, words: impl Iterator<Item = String>) -> Event {
        self.with(words, |event| &mut event.last)
    }

    pub fn behind(self, words: impl Iterator<Item = String>) -> Event {
        Event { behind: words.collect(), ..self }
    }

    pub fn but_not(self, texts: impl Iterator<Item = String>) -> Event {
        Event { but_not: texts.collect(), ..self }
    }

    fn with(mut self, words: impl Iterator<Item = String>, of: fn(&mut Event) -> &mut Vec<String>) -> Event {
        let all = of(&mut self);
        all.extend(words);
        all.sort_by_key(|word| (std::cmp::Reverse(word.len()), word.clone()));
        all.dedup();
        let every = self.words.iter().chain(&self.alone).chain(&self.last);
        self.starts = every.filter_map(|word| word.chars().next()).collect();
        self
    }

    /// Whether the whole text is one of its words.
    pub fn is(&self, text: &str) -> bool {
        self.words.iter().any(|word| text == word)
    }

    /// Whether it is a single character, which in a longer text is a part of anything.
    pub fn is_bare(&self, word: &str) -> bool {
        word.chars().count() == 1 && self.is(word)
    }

    /// The first of them in the text: from where to where.
    pub fn find(&self, text: &str) -> Option<(usize, usize)> {
        // Asked of every text: nearly all are told by no word beginning in them.
        let mut from = text.find(|c| self.starts.contains(c))?;
        if !self.behind.is_empty() {
            let registers = self.behind.iter().filter_map(|word| Some(text.find(word.as_str())? + word.len()));
            from = registers.min()?.max(from);
        }
        let ends = |end: usize| text[end..].is_empty() || text[end..].starts_with(ENDS_A_WORD);
        // 死 alone is no word in 死刑 and 生死不明.
        let of_words = |_: usize, end: usize, word: &str| word.chars().count() > 1 || ends(end);
        let of_last =
            |_: usize, end: usize, _: &str| ends(end) || text[end..].starts_with(|c: char| c.is_ascii_digit());
        let of_alone = |start: usize, end: usize, word: &str| {
            // 已停, 2026年1月起停; and not 生意已停.
            let before = text[..start].trim_end_matches(['已', '起']).chars().next_back();
            before.is_none_or(|c| is_date(c) || MARKS.contains(&c)) && of_last(start, end, word)
        };
        let first = |words: &[String], stands: &dyn Fn(usize, usize, &str) -> bool| {
            let at = |word: &String| {
                let mut found =
                    text[from..].match_indices(word.as_str()).map(|(at, _)| (from + at, from + at + word.len()));
                let is_other = |end: usize| self.but_not.iter().any(|other| text[..end].ends_with(other.as_str()));
                found.find(|(start, end)| stands(*start, *end, word) && !is_other(*end))
            };
            words.iter().filter_map(at).min_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)))
        };
        let found = [first(&self.words, &of_words), first(&self.alone, &of_alone), first(&self.last, &of_last)];
        found.into_iter().flatten().min_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)))
    }
}
