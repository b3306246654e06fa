//! Who is named before a word for an end: 其妻死亡, 原户主死亡, 家中顶梁柱去世.

use super::super::super::notes::SURNAMES;
use super::{EITHER, HEAD, SELF, Subject, Teller, Words, holds, is_date};

/// A name has as many characters.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=3;

impl Teller {
    /// Who is named in the text, the last of several.
    pub(super) fn subject(&self, before: &str) -> Subject {
        let known = self.people.iter().filter(|(word, _)| word.chars().count() > 1).filter_map(|(word, code)| {
            let at = before.rfind(word.as_str())?;
            Some((at + word.len(), word.len(), at, *code))
        });
        let Some((end, _, at, code)) = known.max() else { return self.short_subject(before) };
        let (front, between) = (&before[..at], &before[end..]);
        let informs = self.around.informing.iter();
        // 家属告知已去世
        if let Some(said) = informs.filter_map(|word| Some(between.rfind(word.as_str())? + word.len())).max() {
            return self.subject(&between[said..]);
        }
        // 随子女迁出
        if self.is_with(front) {
            return Subject::Nobody;
        }
        // 女儿说父亲去世 may well stand on the father's line.
        if holds(front, &self.around.informing) || holds(between, &self.around.checked) && code != SELF {
            return Subject::Unclear;
        }
        match code {
            // 原户主死亡: whoever is it now may stand on the same line.
            SELF | HEAD if self.around.former.iter().any(|word| front.ends_with(word.as_str())) => Subject::Unclear,
            SELF => Subject::Own,
            EITHER => Subject::Unclear,
            HEAD => match self.short_subject(between) {
                Subject::Kin => Subject::Kin,
                _ => Subject::Head,
            },
            _ => Subject::Kin,
        }
    }

    /// The same where it is told by a single character, or by a name.
    fn short_subject(&self, before: &str) -> Subject {
        const POSSESSIVE: &[char] = &['之', '的', '其', '该'];
        const NTH: &[char] = &[
            '长', '次', '大', '小', '二', '三', '四', '幼', '独', '生', '前', '先', '亡', '后', '继', '养', '岳', '老',
        ];
        let dated = before.trim_matches(is_date);
        let own = dated.rsplit(POSSESSIVE).next().unwrap_or(dated);
        let called = own.trim_start_matches(NTH);
        let mut chars = called.chars();
        let first = chars.next();
        let is_kin = |c: char| {
            let word = c.encode_utf8(&mut [0; 4]).to_owned();
            self.people.iter().any(|(kin, code)| *kin == word && *code > HEAD)
        };
        if first.is_some_and(is_kin) && !self.is_with(&dated[..dated.len() - own.len()]) {
            let rest = chars.as_str();
            let goes_on = rest.is_empty()
                || rest.starts_with(|c: char| c.is_ascii_digit())
                || self.around.goes_on.iter().any(|word| rest.starts_with(word.as_str()));
            return if goes_on { Subject::Kin } else { Subject::Unclear };
        }
        let is_name = dated.contains('某')
            || NAME_CHARS.contains(&dated.chars().count())
                && dated.chars().next().is_some_and(|c| SURNAMES.contains(c))
                && !holds(dated, &self.around.no_name)
                && !holds(dated, &self.around.causes);
        if is_name { Subject::Name } else { Subject::Nobody }
    }

    /// Whether a death, where nobody or the person is named before it, is of somebody of whom it is not told who they are:
    /// 家中顶梁柱去世, 持证的人死亡, 五保户已故, 已故党员遗属. What befell the person may stand there as well, and where.
    pub(super) fn is_of_somebody(&self, before: &str, behind: &str, subject: Subject) -> bool {
        if !matches!(subject, Subject::Nobody | Subject::Own) {
            return false;
        }
        let ends = |text: &str, words: &Words| words.iter().any(|word| text.ends_with(word.as_str()));
        let informs = self.around.informing.iter();
        let said = informs.filter_map(|word| Some(before.rfind(word.as_str())? + word.len())).max();
        let bare = before[said.unwrap_or(0)..].trim_matches(is_date).trim_end_matches(['已', '经', '均', '都']);
        let found = self.around.household.iter();
        let at_home = found.filter_map(|word| Some(bare.rfind(word.as_str())? + word.len())).max();
        let in_household = at_home.map_or("", |at| bare[at..].trim_start_matches(is_date));
        let is_cause = |text: &str| {
            self.around.goes_on.iter().any(|word| text.starts_with(word.as_str())) || ends(text, &self.around.causes)
        };
        let is_one = bare.ends_with('人') && bare != "人" && !ends(bare, &self.around.own);
        let is_household = bare.ends_with('户') && !ends(bare, &self.around.no_household);
        let kin = |word: &str| self.people.iter().any(|(kin, code)| kin == word && *code > HEAD);
        let leaves_kin = subject == Subject::Nobody
            && (behind.rsplit_once(['之', '的']).is_some_and(|(_, who)| kin(who))
                || self.people.iter().any(|(word, code)| {
                    *code > HEAD
                        && word.chars().count() > 1
                        && behind.len() > word.len()
                        && behind.ends_with(word.as_str())
                }));
        !in_household.is_empty() && !is_cause(in_household) || is_one || is_household || leaves_kin
    }

    fn is_with(&self, before: &str) -> bool {
        let before = before.trim_end_matches(['其', '着']);
        self.around.with.iter().any(|word| before.ends_with(word.as_str()))
    }
}
