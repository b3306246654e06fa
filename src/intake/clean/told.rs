//! Of whom a text tells a death, a move or the stop of a benefit, and whether it does: 其母死亡, 死亡1人, 疑似死亡, 未死亡, 死亡（其母）.

mod around;
mod event;
mod moves;
mod stops;
mod subject;

use rustc_hash::FxHashMap;

use super::date::western;
use crate::intake::vocabulary::fold::fold_word;
pub use around::AroundWords;
use around::Words;
use event::Event;

/// Codes of GB/T 4761 for the person, and for the head of the household.
const SELF: u8 = 1;
const HEAD: u8 = 2;
/// Of 女方, who may be the line's own person or not.
const EITHER: u8 = 0;
/// Of relations that are no kin: what is 其他 is nobody.
const KIN_CODE_MAX: u8 = 97;
/// 配偶 is called 对象 too, and so is whoever is assisted; 其他 is nobody, and 夫妻 the person as well.
const NO_KIN: [&str; 3] = ["对象", "其他", "夫妻"];

/// Whose a death or a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Own,
    /// 户主死亡: of the line's own person where that is the head.
    Heads,
    /// A name stands before it: of the line's own person where it is theirs.
    Named,
    /// 其妻死亡. The others stay entitled (DOMAIN.md X2).
    Anothers,
    /// 死亡1人, 疑似死亡: nobody can tell of whom, or whether.
    Doubtful,
    /// 未死亡, 误报死亡, 拟迁出.
    Denied,
}

impl Told {
    /// Whether it is the own death or move of the person so named, who is the head or not.
    pub fn is_own(self, text: &str, name: &str, is_head: bool) -> bool {
        match self {
            Told::Own => true,
            Told::Heads => is_head,
            Told::Named => fold_word(text).contains(&fold_word(name)),
            Told::Anothers | Told::Doubtful | Told::Denied => false,
        }
    }

    /// Whether somebody has to look at it who knows the people.
    pub fn is_doubtful(self, text: &str, name: &str) -> bool {
        match self {
            Told::Doubtful => true,
            Told::Named => !self.is_own(text, name, false),
            Told::Own | Told::Heads | Told::Anothers | Told::Denied => false,
        }
    }
}

/// Who is named before the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Nobody,
    Own,
    Head,
    Kin,
    Name,
    /// Somebody, and not who.
    Unclear,
}

/// Reads of whom a text tells a death or a move.
#[derive(Debug, Default)]
pub struct Teller {
    deaths: Event,
    moves: Event,
    /// Those that mean a move of the register in whatever text.
    sure_moves: Event,
    /// Those that mean one where they are said of the register: 户口转到.
    register_moves: Event,
    /// Those of a household that lives elsewhere now: 搬迁至.
    residences: Event,
    /// Single characters of one, beside a day.
    bare_moves: Event,
    /// Nothing on lists that pay nobody.
    stops: Event,
    /// Who may be named before the word, by the code of their relation.
    people: Vec<(String, u8)>,
    around: AroundWords,
    stays: Words,
}

/// The words of a list for the two ends that befall a person, as states have them.
#[derive(Debug, Default)]
pub struct Ends {
    pub deaths: Words,
    /// Words for a death in whatever text, though they be a single character.
    pub anyhow: Words,
    pub moves: Words,
}

/// A part of a text between two marks, and the mark before it.
type Clause<'t> = (Option<char>, &'t str);

impl Teller {
    pub fn new<'f>(
        files: impl Iterator<Item = &'f AroundWords> + Clone,
        relation: &FxHashMap<String, u8>,
        ends: Ends,
        pays: bool,
        stays: Words,
    ) -> Teller {
        let around = AroundWords::of(files);
        let kin = relation.iter().filter(|(word, code)| **code <= KIN_CODE_MAX && !NO_KIN.contains(&word.as_str()));
        let own = around.own.iter().map(|word| (word.clone(), SELF));
        let others = around.kin.iter().map(|word| (word.clone(), KIN_CODE_MAX));
        let either = around.either.iter().map(|word| (word.clone(), EITHER));
        let heads = around.heads.iter().map(|word| (word.clone(), HEAD));
        let all = |words: &Words| words.clone().into_iter();
        // A single character in a longer text proves nothing, but beside a day.
        let (deaths_alone, deaths): (Words, Words) = ends.deaths.into_iter().partition(|word| is_single(word));
        let (bare_moves, moves): (Words, Words) = ends.moves.into_iter().partition(|word| is_single(word));
        let stops =
            || Event::of(all(&around.stops)).or_alone(all(&around.stops_alone)).or_last(all(&around.stops_last));
        Teller {
            deaths: Event::of(deaths.into_iter().chain(ends.anyhow))
                .or_alone(deaths_alone.into_iter())
                .but_not(all(&around.no_death)),
            moves: Event::of(moves.into_iter()),
            bare_moves: Event::default().or_alone(bare_moves.into_iter()),
            // 搬迁至县城 is 搬迁, and no 迁至.
            sure_moves: Event::of(all(&around.moves)).but_not(around.moves.iter().map(|word| format!("搬{word}"))),
            residences: Event::of(all(&around.residences)),
            register_moves: Event::of(all(&around.goes)).behind(all(&around.registers)),
            stops: if pays { stops() } else { Event::default() },
            people: kin
                .map(|(word, code)| (word.clone(), *code))
                .chain(own)
                .chain(others)
                .chain(either)
                .chain(heads)
                .collect(),
            around,
            stays,
        }
    }

    /// Of whom a folded text tells a death; `None` where no death is spoken of.
    pub fn death(&self, folded: &str) -> Option<Told> {
        self.told(folded, &self.deaths)
    }

    /// Whether the text says of the line's own person that they live, or that what is said of them is wrong.
    pub fn is_refuted(&self, folded: &str) -> bool {
        holds(folded, &self.around.refuted)
            && clauses(folded).iter().any(|(_, clause)| {
                let at = self.around.refuted.iter().filter_map(|word| clause.find(word.as_str())).min();
                let is_own = |before: &str| !matches!(self.subject(before), Subject::Kin | Subject::Name);
                // 不在世
                at.is_some_and(|at| is_own(&clause[..at]) && !clause[..at].ends_with('不'))
            })
    }

    /// Whether the text says that another line is of the same person: 重户, 与序号3重复.
    pub fn is_twice(&self, folded: &str) -> bool {
        let is_line = |of: &str| {
            // 与他人身份证号重复 is two people.
            of.contains(|c: char| c.is_ascii_digit() || "上下前后第".contains(c)) && !of.contains(['证', '码', '电'])
        };
        clauses(folded).iter().any(|(_, part)| {
            let bare = part.trim_matches(is_date);
            self.around.twice.iter().any(|word| {
                let of = bare.strip_suffix(word.as_str());
                of.is_some_and(|of| of.is_empty() || of.starts_with(['与', '同', '和', '跟']) && is_line(of))
            })
        })
    }

    /// Whether the text asks, or leaves open.
    pub fn is_doubted(&self, folded: &str) -> bool {
        holds(folded, &self.around.doubted)
    }

    /// The word itself: of life before that of a death, and that before that of a move.
    pub fn word(&self, folded: &str) -> Option<String> {
        let refuted = self.around.refuted.iter().find(|word| folded.contains(word.as_str())).cloned();
        let events = [&self.deaths, &self.moves, &self.sure_moves, &self.register_moves, &self.bare_moves, &self.stops];
        let mut told = events.into_iter();
        refuted.or_else(|| told.find_map(|event| event.find(folded)).map(|(start, end)| folded[start..end].to_owned()))
    }

    /// The part of a text that tells the end, from the last year before it: its date stands there.
    pub fn told_in<'t>(&self, folded: &'t str) -> Option<&'t str> {
        const YEAR_DIGITS: usize = 4;
        [&self.deaths, &self.moves, &self.register_moves, &self.stops].into_iter().find_map(|event| {
            let parts = clauses(folded);
            let (part, (start, _)) = parts.into_iter().find_map(|(_, part)| Some((part, event.find(part)?)))?;
            let digits = |at: usize| part[at..start].bytes().take_while(u8::is_ascii_digit).count();
            let begins = |at: &usize| !part[..*at].ends_with(|c: char| c.is_ascii_digit());
            let mut years =
                (0..start).filter(|at| part.is_char_boundary(*at) && digits(*at) == YEAR_DIGITS).filter(begins);
            Some(&part[years.next_back().unwrap_or(0)..])
        })
    }

    /// The parts of a text that do not tell somebody else's end.
    pub fn own_parts<'t>(&self, folded: &'t str) -> impl Iterator<Item = &'t str> {
        let others = |part: &str| {
            let told = self.death(part).or_else(|| self.moved(part)).or_else(|| self.stopped(part));
            told == Some(Told::Anothers)
        };
        clauses(folded).into_iter().map(|(_, part)| part).filter(|part| !others(part)).collect::<Vec<_>>().into_iter()
    }

    /// 死亡、迁出 over the lines of both.
    pub fn is_either(&self, folded: &str) -> bool {
        const NUMBER: &str = "0123456789一二三四五六七八九十";
        if self.deaths.find(folded).is_none() {
            return false;
        }
        let parts = folded.split(['、', '/', ',', '或', '和', '及', '与']);
        // 二、死亡、迁出人员
        let mut parts = parts.filter(|part| !part.chars().all(|c| NUMBER.contains(c)));
        let (Some(first), Some(second), None) = (parts.next(), parts.next(), parts.next()) else { return false };
        self.deaths.is(first) && self.moves.is(second) || self.moves.is(first) && self.deaths.is(second)
    }

    fn told(&self, folded: &str, event: &Event) -> Option<Told> {
        event.find(folded)?;
        let clauses = clauses(folded);
        let mut told: Option<(Told, Subject)> = None;
        for at in 0..clauses.len() {
            let Some((of, subject)) = self.of_clause(&clauses, at, event) else { continue };
            told = Some(match told {
                None => (of, subject),
                Some(_) if subject == Subject::Own => (of, subject),
                Some((_, Subject::Own)) | Some((Told::Own, _)) if of == Told::Anothers => (Told::Own, Subject::Own),
                // 父亲去世，2026年3月死亡: of whom, the second time?
                Some((Told::Anothers, _)) if matches!(of, Told::Own | Told::Doubtful) => (Told::Doubtful, subject),
                Some((Told::Denied, _)) if of == Told::Own => (Told::Doubtful, subject),
                Some((Told::Doubtful, _)) if of == Told::Own => (of, subject),
                Some(before) => before,
            });
        }
        let (told, subject) = told?;
        Some(match told {
            Told::Own | Told::Heads | Told::Named if self.is_doubted(folded) => Told::Doubtful,
            // 户主死亡，现为户主: whose line is it now?
            Told::Heads if holds(folded, &self.around.succeeds) => Told::Doubtful,
            Told::Own if subject != Subject::Own && counts_people(folded) => Told::Doubtful,
            Told::Own if self.is_refuted(folded) && subject == Subject::Own => Told::Doubtful,
            Told::Own | Told::Named if self.is_refuted(folded) => Told::Denied,
            told => told,
        })
    }

    /// Of whom one part of a text tells it; `None` where it does not.
    fn of_clause(&self, clauses: &[Clause<'_>], at: usize, event: &Event) -> Option<(Told, Subject)> {
        let (mark, clause) = clauses[at];
        let (start, end) = event.find(clause)?;
        let (before, after) = (&clause[..start], &clause[end..]);
        let begins = |words: &Words| words.iter().any(|word| after.starts_with(word.as_str()));
        // 特扶 is given for a death, 死档 is a file.
        if begins(&self.around.kinds) {
            return None;
        }
        // 农转非迁出
        let ends = |words: &Words| words.iter().any(|word| before.ends_with(word.as_str()));
        if ends(&self.around.denied) && !ends(&self.around.not_denied) {
            return Some((Told::Denied, Subject::Nobody));
        }
        // 拟宣告死亡
        if before.contains('拟') {
            return Some((Told::Doubtful, Subject::Nobody));
        }
        let mut subject = self.subject(before);
        let is_death = std::ptr::eq(event, &self.deaths);
        // 已故丈夫, 死亡人员家属
        let of = ["人员", "者"].iter().find_map(|who| after.strip_prefix(who)).unwrap_or(after);
        let of = of.trim_start_matches(['之', '的']);
        let is_of =
            |(word, code): &&(String, u8)| *code != SELF && word.chars().count() > 1 && of.starts_with(word.as_str());
        if subject == Subject::Nobody
            && let Some((_, code)) = self.people.iter().find(is_of)
        {
            subject = if *code == HEAD { Subject::Head } else { Subject::Kin };
        }
        if is_death && self.is_of_somebody(before, of, subject) {
            subject = Subject::Unclear;
        }
        if subject == Subject::Nobody && before.trim_matches(is_date).is_empty() {
            let bracketed = clauses.get(at + 1).filter(|(mark, _)| *mark == Some('('));
            let behind = bracketed.map_or(Subject::Nobody, |(_, next)| self.subject(next));
            let front = at.checked_sub(1).map_or(Subject::Nobody, |front| self.subject(clauses[front].1));
            subject = match (behind, front) {
                (Subject::Nobody, Subject::Kin) if mark != Some('(') => Subject::Unclear,
                // 核减其妻(死亡)
                (Subject::Nobody, Subject::Kin | Subject::Head | Subject::Own) => front,
                // 死亡(其母)
                (behind, _) => behind,
            };
        }
        let told = match subject {
            Subject::Kin => Told::Anothers,
            Subject::Head => Told::Heads,
            Subject::Name => Told::Named,
            Subject::Unclear => Told::Doubtful,
            // 死亡证明已交
            Subject::Nobody | Subject::Own if begins(&self.around.papers) => Told::Doubtful,
            // 牛死: who, or what?
            Subject::Nobody
                if event.is_bare(&clause[start..end])
                    && !before.trim_matches(is_date).trim_end_matches(['已', '人']).is_empty() =>
            {
                Told::Doubtful
            }
            Subject::Nobody | Subject::Own => Told::Own,
        };
        Some((told, subject))
    }
}

fn holds(text: &str, words: &Words) -> bool {
    words.iter().any(|word| text.contains(word.as_str()))
}

/// What parts the clauses of a text.
const MARKS: &[char] = &[',', ';', '。', '、', '(', ')', '[', ']', '【', '】', ':', '!', '|'];

fn is_single(word: &str) -> bool {
    word.chars().count() == 1
}

/// The parts of a text, each with the mark before it.
fn clauses(folded: &str) -> Vec<Clause<'_>> {
    let mut mark = None;
    let mut clauses = Vec::new();
    for part in folded.split_inclusive(MARKS) {
        let bare = part.trim_end_matches(MARKS);
        if !bare.is_empty() {
            clauses.push((mark, bare));
        }
        mark = part.chars().next_back().filter(|c| MARKS.contains(c)).map(|c| if "[【".contains(c) { '(' } else { c });
    }
    clauses
}

/// 死亡1人, 减一人.
fn counts_people(folded: &str) -> bool {
    folded.contains('人') && {
        let counted = western(folded);
        counted.match_indices('人').any(|(at, _)| counted[..at].ends_with(|c: char| c.is_ascii_digit()))
    }
}

/// What a date and the words around it are written with.
pub fn is_date(c: char) -> bool {
    const DATE: [char; 14] = ['年', '月', '日', '号', '于', '时', '间', '期', '.', '-', '/', ':', '在', '约'];
    c.is_ascii_digit() || DATE.contains(&c)
}
