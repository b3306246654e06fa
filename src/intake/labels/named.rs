//! What a list is called: the titles over it, the name of its sheet, of its file and of the folders that is in.

use super::fate::{self, Fate};
use crate::domain::List;
use crate::intake::recognise::Support;
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// A longer text explains something.
const TITLE_CHARS_MAX: usize = 30;

/// All that a list is called by.
pub struct Called<'a> {
    pub titles: &'a [String],
    pub support: &'a Support,
    pub vocabulary: &'a Vocabulary,
}

impl Called<'_> {
    /// The nearest text that says what list it is is one of the dead.
    pub fn is_of_the_dead(&self) -> bool {
        let is_dead = |text: &&str| is_of_the_dead(text, self.vocabulary);
        let names_list = |text: &&str| is_dead(text) || self.is_ours(text);
        if self.names_of_file().find(names_list).as_ref().is_some_and(is_dead) {
            // A sheet or a title within it may be of those who live.
            return self.titles().chain(self.sheet()).find(names_list).as_ref().is_none_or(is_dead);
        }
        // 死亡 is a part of 人口.xlsx; 附件1.xlsx says nothing, and a title speaks for itself.
        let is_part = self.names_of_file().any(|text| self.is_ours(text));
        self.titles().chain(self.sheet().filter(|_| !is_part)).find(names_list).as_ref().is_some_and(is_dead)
    }

    /// Whether the nearest text that speaks of death says of nobody that they died.
    pub fn is_unsure(&self) -> bool {
        self.nearest_of_death()
            .is_some_and(|text| is_unsure(text, self.vocabulary) || is_of_a_check(text, self.vocabulary))
    }

    /// The same where it says so of whatever its columns tell; 死亡人员核查表 may hold what came of the check.
    pub fn is_doubtful(&self) -> bool {
        self.nearest_of_death().is_some_and(|text| is_unsure(text, self.vocabulary))
    }

    /// Whether it is called a list of such people, and may be of nobody's death.
    pub fn is_of_doubtful_deaths(&self) -> bool {
        self.is_unsure() && self.nearest().any(|text| last_dead(text, self.vocabulary).is_some())
    }

    fn nearest(&self) -> impl Iterator<Item = &str> {
        self.titles().chain(self.sheet()).chain(self.names_of_file().take(1))
    }

    fn nearest_of_death(&self) -> Option<&str> {
        // 疑似 is a sheet of 死亡.xlsx.
        let speaks = |text: &&str| {
            last_dead(text, self.vocabulary).is_some() || self.vocabulary.of(List::Deaths).teller.is_doubted(text)
        };
        self.nearest().find(speaks)
    }

    /// The nearest text that says what list it is says one that is none of ours: 党员花名册.
    pub fn is_foreign(&self) -> bool {
        let vocabulary = self.vocabulary;
        let foreign = |text: &str| {
            // 低保、临时救助花名册 is of both.
            let holds = |words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
            if holds(&vocabulary.foreign_always) && !holds(&vocabulary.between) {
                return Some(true);
            }
            let is_in = |word: &&String| text.contains(word.as_str());
            let mut rest = text.to_owned();
            let named = vocabulary.foreign.iter().filter(is_in).map(|word| rest = rest.replace(word.as_str(), "|"));
            (named.count() > 0).then(|| {
                vocabulary.anybodys.iter().for_each(|word| rest = rest.replace(word.as_str(), "|"));
                !self.is_ours(&rest)
            })
        };
        let all = self.titles().chain(self.sheet()).chain(self.names_of_file());
        let mut told = all.filter_map(|text| foreign(text).or_else(|| self.is_ours(text).then_some(false)));
        told.next().unwrap_or(false)
    }

    fn titles(&self) -> impl Iterator<Item = &str> {
        self.titles.iter().map(String::as_str).filter(|text| is_title(text))
    }

    fn sheet(&self) -> impl Iterator<Item = &str> {
        let (_, sheet) = self.support.names.split_last().unwrap_or((&NOTHING, &[]));
        sheet.iter().map(String::as_str)
    }

    /// The name of the file, and those of its folders from the inmost.
    fn names_of_file(&self) -> impl Iterator<Item = &str> {
        let path = self.support.names.last().map_or("", String::as_str);
        let stem = path.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(path, |(stem, _)| stem);
        stem.rsplit('/')
    }

    fn is_ours(&self, text: &str) -> bool {
        self.vocabulary.lists().iter().any(|list| list.titles.iter().any(|word| text.contains(word.as_str())))
    }
}

/// Whether a file is called by how all its people ended (2026年4月停保.csv): it is never the whole list, and says nothing of
/// those whom it does not name. Lists of the dead are lists of their own.
pub fn tells_of_ends(rel_path: &str, vocabulary: &Vocabulary) -> bool {
    let file = fold_word(rel_path.rsplit('/').next().unwrap_or(rel_path));
    let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
    let ended = |list: &ListWords| matches!(fate::of(stem, list, vocabulary), Fate::Ended(_));
    !is_of_the_dead(stem, vocabulary) && vocabulary.lists().iter().any(ended)
}

static NOTHING: String = String::new();

/// A title, and neither who filled it in nor how to.
pub fn is_title(text: &str) -> bool {
    text.chars().count() <= TITLE_CHARS_MAX && !text.contains([':', '。', '请']) && !text.contains("单位")
}

/// Whether the text names the dead and nobody else: 2026年死亡人员名单, and not 死亡、迁出人员.
fn is_of_the_dead(text: &str, vocabulary: &Vocabulary) -> bool {
    let holds = |part: &str, words: &[String]| words.iter().any(|word| part.contains(word.as_str()));
    let Some((before, behind)) = last_dead(text, vocabulary) else { return false };
    let behind = behind.split('(').next().unwrap_or(behind);
    let mut rest = behind.trim_matches(is_of_day);
    while let Some(less) = vocabulary.band_ends.iter().find_map(|word| rest.strip_suffix(word.as_str())) {
        rest = less.trim_matches(is_of_day);
    }
    rest.is_empty()
        && is_title(text)
        && !holds(before, &vocabulary.between)
        && !holds(before, &vocabulary.changes)
        && !vocabulary.not_dead.iter().any(|word| before.ends_with(word.as_str()))
        && !is_unsure(text, vocabulary)
}

/// What stands before the last word for the dead, and behind it.
fn last_dead<'t>(text: &'t str, vocabulary: &Vocabulary) -> Option<(&'t str, &'t str)> {
    let found = vocabulary.dead.iter().filter_map(|word| Some((text.rfind(word.as_str())?, word.len())));
    let (at, length) = found.max_by_key(|(at, length)| (at + length, *length))?;
    Some((&text[..at], &text[at + length..]))
}

/// Whether a text that speaks of death says of nobody under it that they died: 疑似死亡人员, 死亡人员(待核), 误报死亡人员; the
/// child did whose parents are supported (独生子女死亡), or somebody whose kin are listed (死亡人员家属).
pub fn is_unsure(text: &str, vocabulary: &Vocabulary) -> bool {
    let teller = &vocabulary.of(List::Deaths).teller;
    let (before, behind) = last_dead(text, vocabulary).unwrap_or((text, ""));
    // 死亡未销户人员 died.
    let mut dead = vocabulary.dead.iter().flat_map(|word| text.match_indices(word.as_str())).peekable();
    let is_denied = |at: usize| vocabulary.not_dead.iter().any(|word| text[..at].ends_with(word.as_str()));
    teller.is_doubted(text)
        || teller.is_refuted(text)
        || before.contains('拟')
        || dead.peek().is_some() && dead.all(|(at, _)| is_denied(at))
        || is_bereaved(before, behind, vocabulary)
}

/// Whether a death between these two is a child's, or that of somebody whose kin are meant.
pub fn is_bereaved(before: &str, behind: &str, vocabulary: &Vocabulary) -> bool {
    let holds = |part: &str, words: &[String]| words.iter().any(|word| part.contains(word.as_str()));
    holds(before, &vocabulary.bereaved) || holds(behind, &vocabulary.survivors)
}

/// Whether a list of the dead is one to be looked into: 死亡人员核实表.
fn is_of_a_check(text: &str, vocabulary: &Vocabulary) -> bool {
    let holds = |behind: &str| vocabulary.checks.iter().any(|word| behind.contains(word.as_str()));
    last_dead(text, vocabulary).is_some_and(|(_, behind)| holds(behind))
}

fn is_of_day(c: char) -> bool {
    c.is_ascii_digit() || "年月日度-—.~至".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_dead_is_called_by_that_alone() {
        let vocabulary = Vocabulary::load(None).unwrap();
        for (text, want) in [
            ("死亡人员花名册", true),
            ("200村2026年死亡人员名单", true),
            ("2026年死亡", true),
            ("死亡人员登记表(2026年1-3月)", true),
            ("已故人员", true),
            ("注销户口名单", true),
            ("户籍人口死亡名单", true),
            ("死亡、迁出人员名单", false),
            ("迁出死亡", false),
            ("出生和死亡人口", false),
            ("人口花名册(含死亡)", false),
            ("未死亡人员", false),
            ("疑似死亡人员核查表", false),
            ("死亡的请填写死亡日期", false),
            ("死亡时间", false),
            ("人口花名册", false),
        ] {
            assert_eq!(is_of_the_dead(text, &vocabulary), want, "{text}");
        }
    }

    #[test]
    fn a_file_is_called_by_how_its_people_ended() {
        let vocabulary = Vocabulary::load(None).unwrap();
        for name in ["2026年4月停保.csv", "200/农村低保停发名单.xlsx", "2026年3月迁出人口.csv", "特扶退出人员.xls"]
        {
            assert!(tells_of_ends(name, &vocabulary), "{name}");
        }
        for name in ["低保.csv", "停保/低保.csv", "死亡人员名单.csv", "人口变动.csv", "新增及停保.csv", "搬迁户.csv"]
        {
            assert!(!tells_of_ends(name, &vocabulary), "{name}");
        }
    }

    #[test]
    fn the_roster_of_another_office_is_told_by_its_name() {
        let vocabulary = Vocabulary::load(None).unwrap();
        let foreign = |title: &str, names: &[&str]| {
            let support = Support { names: names.iter().map(|name| (*name).to_owned()).collect() };
            let titles = if title.is_empty() { vec![] } else { vec![title.to_owned()] };
            Called { titles: &titles, support: &support, vocabulary: &vocabulary }.is_foreign()
        };
        for file in ["特困供养人员花名册.csv", "2026年医保缴费名单.xlsx", "党员/花名册.csv", "脱贫户建档立卡.csv"]
        {
            assert!(foreign("", &[file]), "{file}");
        }
        for file in [
            "低保边缘户花名册.xlsx",
            "边缘家庭.xlsx",
            "临时救助花名册.xlsx",
            "低保户临时救助发放表.xlsx",
            "低保户慰问名单.xlsx",
            "特扶对象春节慰问.xlsx",
            "独生子女父母光荣证.xlsx",
            "计划生育家庭意外保险名单.xlsx",
        ] {
            assert!(foreign("", &[file]), "{file}");
        }
        assert!(foreign("200村选民登记册", &["附件1.xls"]));
        assert!(foreign("", &["党员", "人口.xlsx"]), "a sheet for itself");
        for file in [
            "人口.csv",
            "残疾人低保.csv",
            "养老/低保.csv",
            "残疾人健康档案.csv",
            "户籍人口医保.csv",
            "花名册.csv",
            "低保及边缘户花名册.xlsx",
            "低保、临时救助.csv",
            "慰问/低保.csv",
            "低保户家庭成员表.xlsx",
        ] {
            assert!(!foreign("", &[file]), "{file}");
        }
        assert!(!foreign("填报单位:退役军人服务站", &["花名册.csv"]));
    }
}
