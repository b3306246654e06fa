//! Households and couples written on one line: who of them a column is of.

use std::collections::{BTreeMap, BTreeSet};

use super::beside::{Blocks, Person, Repeated, field_of, means};
use crate::intake::recognise::header::Heading;
use crate::intake::sheet::merged::is_shared;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_header;

/// A column of one of several people, with the header it has when it is not said whose it is.
type Own = (usize, String);

/// A household on one line: its head and its members, or members who are numbered.
pub fn household(headings: &[Heading], vocabulary: &Vocabulary) -> Option<(Blocks, Vec<Heading>)> {
    let is_numbered =
        headings.iter().any(|h| member(&h.written, vocabulary).is_some_and(|(number, _)| number.is_some()));
    let named_head = headings.iter().find(|h| head_word(h, vocabulary).is_some_and(|word| word == "姓名"));
    let repeated = Repeated::of(headings, vocabulary, is_numbered || named_head.is_some());
    let repeated: Option<Vec<Vec<Own>>> = repeated.map(|found| {
        let own = |block: usize| found.inside.iter().map(move |(at, word)| (at + block * found.width, word.clone()));
        (0..found.count).map(|block| own(block).collect()).collect()
    });
    let columns = |groups: &Option<Vec<Vec<Own>>>| groups.iter().flatten().map(Vec::len).sum::<usize>();
    let marked = marked(headings, vocabulary);
    let groups = if columns(&repeated) > columns(&marked) { repeated } else { marked }?;
    let start = groups.iter().flatten().map(|(column, _)| *column).min()?;
    let is_of_members = headings.iter().any(|h| h.column >= start && member(&h.written, vocabulary).is_some());
    let left = || headings.iter().filter(|heading| heading.column < start);
    let plain_head = || left().find(|h| !h.of_other && field_of(&key(h), h, vocabulary) == Some(Field::Name));
    let head = named_head.filter(|h| h.column < start).or_else(|| plain_head().filter(|_| is_of_members));
    let head_cells: Vec<Own> = head.into_iter().flat_map(|head| of_head(head, left(), vocabulary)).collect();
    let has_head = head_cells.len() > 1 || (head.is_some() && is_of_members);
    if !(has_head || is_numbered) {
        return None;
    }
    let mut people = People::of(headings, &groups, vocabulary)?;
    if has_head {
        people.lead(headings, &head_cells, vocabulary);
    }
    people.share(headings, head.filter(|_| has_head), vocabulary);
    Some((people.blocks, people.headings))
}

/// Husband and wife on one line, each with what tells them apart from all others.
pub fn couple(headings: &[Heading], vocabulary: &Vocabulary) -> Option<(Blocks, Vec<Heading>)> {
    let mut sides: [Vec<Own>; 2] = Default::default();
    let mut carried: Vec<(usize, Own)> = Vec::new();
    let mut side = None;
    for heading in headings {
        if let Some((own, word)) = spouse(heading, vocabulary) {
            sides[own].push((heading.column, word));
            side = Some(own);
        } else if let Some(side) = side.filter(|_| !heading.of_other && is_personal(heading, vocabulary)) {
            carried.push((side, (heading.column, fold_header(&heading.written))));
        }
    }
    // 身份证号 behind 丈夫姓名 and behind 妻子姓名; what stands behind one of them alone is of anybody.
    let is_of_both = |word: &str| (0..2).all(|side| carried.iter().any(|(of, (_, own))| *of == side && own == word));
    for (side, (column, word)) in carried.iter().filter(|(_, (_, word))| is_of_both(word)) {
        sides[*side].push((*column, word.clone()));
    }
    let own_field = |word: &str| headings.iter().find_map(|h| field_of(word, h, vocabulary));
    let has = |side: &Vec<Own>, field| side.iter().any(|(_, word)| own_field(word) == Some(field));
    let is_told = |side: &Vec<Own>| has(side, Field::Name) && (has(side, Field::Id) || has(side, Field::Birth));
    let columns: Vec<usize> = sides.iter().flatten().map(|(column, _)| *column).collect();
    let is_name = |h: &Heading| !h.of_other && field_of(&key(h), h, vocabulary) == Some(Field::Name);
    let of_another =
        headings.iter().any(|h| !columns.contains(&h.column) && head_word(h, vocabulary).is_none() && is_name(h));
    if !sides.iter().all(is_told) || of_another {
        return None;
    }
    let mut people = People::of(headings, &sides, vocabulary)?;
    let names: Vec<usize> = people.blocks.people.iter().filter_map(|p| p.from(people.blocks.name)).collect();
    let sex = people.told(Field::Sex, "性别", vocabulary);
    let spouse = people.free;
    let written = |column: &usize| headings.iter().find(|h| h.column == *column).map_or("", |h| h.written.as_str());
    let written = names.iter().map(written).collect::<Vec<_>>().join("/");
    people.headings.push(Heading {
        written,
        keys: vec!["配偶姓名".to_owned()],
        of_other: false,
        behind: None,
        column: spouse,
    });
    for (at, said) in ["男", "女"].into_iter().enumerate() {
        let person = &mut people.blocks.people[at];
        person.said.push((sex, said));
        person.cells.extend(names.get(1 - at).map(|name| (*name, spouse)));
    }
    people.share(headings, None, vocabulary);
    Some((people.blocks, people.headings))
}

/// Whether the column is of the name of one of several people: 女方, 成员二.
pub fn names_one_of_many(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let own = spouse(heading, vocabulary).map(|(_, word)| word);
    let own = own
        .or_else(|| member(&heading.written, vocabulary).filter(|(number, _)| number.is_some()).map(|(_, word)| word));
    own.is_some_and(|word| field_of(&word, heading, vocabulary) == Some(Field::Name))
}

/// The people of one line while their columns are being laid over each other.
struct People {
    blocks: Blocks,
    headings: Vec<Heading>,
    targets: BTreeMap<String, usize>,
    /// A column that no header stands over.
    free: usize,
}

impl People {
    fn of(headings: &[Heading], groups: &[Vec<Own>], vocabulary: &Vocabulary) -> Option<People> {
        let free = headings.iter().map(|heading| heading.column + 1).max()?;
        let mut people = People { blocks: Blocks::default(), headings: Vec::new(), targets: BTreeMap::new(), free };
        for group in groups {
            let mut person = Person::default();
            for (column, word) in group {
                let target = *people.targets.entry(word.clone()).or_insert(*column);
                person.cells.push((*column, target));
                if target == *column {
                    let heading = headings.iter().find(|heading| heading.column == *column)?;
                    people.headings.push(under(heading, word));
                }
            }
            people.blocks.people.push(person);
        }
        people.blocks.are_kin = true;
        people.blocks.name = people.target(Field::Name, vocabulary)?;
        people.blocks.id = people.target(Field::Id, vocabulary);
        people.blocks.relation = people.target(Field::Relation, vocabulary);
        Some(people)
    }

    /// The column of the layout under which all of them have this field.
    fn target(&self, field: Field, vocabulary: &Vocabulary) -> Option<usize> {
        let mut own = self.headings.iter().filter(|heading| self.targets.values().any(|at| *at == heading.column));
        own.find(|heading| field_of(&key(heading), heading, vocabulary) == Some(field)).map(|heading| heading.column)
    }

    /// The column of a field that is said of them; where they have none, one that no header names.
    fn told(&mut self, field: Field, word: &str, vocabulary: &Vocabulary) -> usize {
        if let Some(column) = self.target(field, vocabulary) {
            return column;
        }
        let column = self.free;
        self.free += 1;
        self.targets.insert(word.to_owned(), column);
        self.blocks.told.push((field, column));
        column
    }

    /// Sets the head before the members.
    fn lead(&mut self, headings: &[Heading], cells: &[Own], vocabulary: &Vocabulary) {
        let mut head = Person::default();
        for (column, word) in cells {
            let Some(heading) = headings.iter().find(|heading| heading.column == *column) else { continue };
            let field = field_of(word, heading, vocabulary);
            let target = field.filter(|field| field.is_kept()).and_then(|field| self.target(field, vocabulary));
            if target.is_none() {
                self.headings.push(under(heading, word));
            }
            head.cells.push((*column, target.unwrap_or(*column)));
        }
        let relation = self.told(Field::Relation, "与户主关系", vocabulary);
        head.said.push((relation, "户主"));
        self.blocks.people.insert(0, head);
        self.blocks.relation = Some(relation);
        self.blocks.has_head = true;
    }

    /// Takes all other columns for those of the whole line, but what can be of one person alone: whose it is nobody says.
    fn share(&mut self, headings: &[Heading], head: Option<&Heading>, vocabulary: &Vocabulary) {
        let taken = |column: usize| {
            self.blocks.people.iter().any(|person| person.cells.iter().any(|(from, _)| *from == column))
        };
        let shared = headings.iter().filter(|h| !taken(h.column) && !is_personal(h, vocabulary));
        let mut shared: Vec<Heading> = shared.cloned().collect();
        if let Some(head) = head {
            shared.push(under(head, "户主姓名"));
            self.blocks.head_name = Some(head.column);
        }
        self.blocks.shared = shared.iter().map(|heading| heading.column).collect();
        self.headings.extend(shared);
        self.headings.sort_by_key(|heading| heading.column);
    }
}

impl Person {
    fn from(&self, target: usize) -> Option<usize> {
        self.cells.iter().find(|(_, to)| *to == target).map(|(from, _)| *from)
    }
}

fn under(heading: &Heading, word: &str) -> Heading {
    let keys = [word.to_owned()].into_iter().chain(heading.keys.iter().filter(|key| *key != word).cloned()).collect();
    Heading { keys, of_other: false, behind: None, ..heading.clone() }
}

fn key(heading: &Heading) -> String {
    heading.keys.first().cloned().unwrap_or_default()
}

/// Whether some list takes the column for what belongs to one person alone.
fn is_personal(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    means(&key(heading), heading, vocabulary, |field| !is_shared(field))
}

/// The columns of the head: those that say so, and what is of one person left of the members.
fn of_head<'h>(
    head: &'h Heading,
    left: impl Iterator<Item = &'h Heading>,
    vocabulary: &Vocabulary,
) -> impl Iterator<Item = Own> {
    // How a member stands to the head is nothing of the head's.
    let is_relation = |h: &Heading| field_of(&key(h), h, vocabulary) == Some(Field::Relation);
    let cells = left.filter_map(|h| {
        if h.column == head.column {
            return Some((h.column, "姓名".to_owned()));
        }
        let marked = head_word(h, vocabulary);
        let is_own = || !h.of_other && is_personal(h, vocabulary) && !is_relation(h);
        marked.or_else(|| is_own().then(|| key(h))).map(|word| (h.column, word))
    });
    cells.collect::<Vec<_>>().into_iter()
}

/// 户主身份证号 without its head; 姓名 for the head alone.
fn head_word(heading: &Heading, vocabulary: &Vocabulary) -> Option<String> {
    heading.keys.iter().find_map(|key| {
        let rest = vocabulary.whose.behind_head(key)?;
        let word = if rest.is_empty() { "姓名" } else { rest };
        // 户主关系 is how the line's own person stands to the head.
        field_of(word, heading, vocabulary).filter(|field| *field != Field::Relation)?;
        let is_name = field_of(word, heading, vocabulary) == Some(Field::Name);
        Some(if is_name { "姓名".to_owned() } else { word.to_owned() })
    })
}

/// 家庭成员1姓名, 成员二, 第3个成员: which member, and what of him; `None` for any other header.
pub fn member(written: &str, vocabulary: &Vocabulary) -> Option<(Option<u32>, String)> {
    let whose = &vocabulary.whose;
    let folded: String = fold_header(written).chars().filter(|c| *c != '.').collect();
    let (before, behind) = whose.around_member(&folded)?;
    let ordinal = before.strip_prefix('第').map_or((None, before), numbered);
    let before = ordinal.1.strip_prefix('个').unwrap_or(ordinal.1);
    let (number, rest) = numbered(behind);
    let rest = whose.bare_of_group(rest.trim_start_matches(['-', '—', '–']));
    let (number, rest) = number.map_or_else(|| numbered(rest), |number| (Some(number), rest));
    let rest = if rest.is_empty() { "姓名" } else { rest };
    let is_member = before.is_empty() || whose.before_members.iter().any(|own| own == before);
    is_member.then(|| (number.or(ordinal.0), rest.to_owned()))
}

/// The header with 成员1姓名 in place of 家属1姓名, where several of a head's family are told apart so. One alone is whoever
/// can be called, and without a head they are nobody's household.
pub fn kin_as_members(headings: &[Heading], vocabulary: &Vocabulary) -> Option<Vec<Heading>> {
    let whose = &vocabulary.whose;
    let word = whose.members.last()?;
    let kin = |heading: &Heading| {
        let written = fold_header(&heading.written);
        let behind = whose.kin.iter().find_map(|kin| written.strip_prefix(kin.as_str()))?;
        let (number, _) = numbered(behind.trim_start_matches('.'));
        Some((number?, format!("{word}{behind}")))
    };
    let numbers: BTreeSet<u32> = headings.iter().filter_map(|heading| Some(kin(heading)?.0)).collect();
    let is_named_head = |heading: &Heading| head_word(heading, vocabulary).is_some_and(|word| word == "姓名");
    if numbers.len() < 2 || !headings.iter().any(is_named_head) {
        return None;
    }
    let renamed = |heading: &Heading| match kin(heading) {
        Some((_, written)) => Heading { keys: vec![written.clone()], written, behind: None, ..heading.clone() },
        None => heading.clone(),
    };
    Some(headings.iter().map(renamed).collect())
}

/// The number, or the letter, a text begins with, and what follows it.
fn numbered(text: &str) -> (Option<u32>, &str) {
    const NUMERALS: &str = "一二三四五六七八九十";
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        return (text[..digits].parse().ok(), &text[digits..]);
    }
    // 成员A; a word in letters is no number.
    let mut chars = text.chars();
    if let Some(letter @ 'a'..='z') = chars.next()
        && !chars.as_str().starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return (Some(letter as u32 - 'a' as u32 + 1), chars.as_str());
    }
    let rest = text.trim_start_matches(|c| NUMERALS.contains(c));
    let value = text[..text.len() - rest.len()].chars().fold(0u32, |value, numeral| {
        let place = NUMERALS.chars().position(|c| c == numeral).map_or(0, |at| at as u32 + 1);
        if place == 10 { value.max(1).saturating_mul(10) } else { value.saturating_add(place) }
    });
    ((value > 0).then_some(value), rest)
}

/// The columns of each member where the header says whose they are, and those that follow them in every group. One
/// member may have no number.
fn marked(headings: &[Heading], vocabulary: &Vocabulary) -> Option<Vec<Vec<Own>>> {
    let mut groups: BTreeMap<Option<u32>, Vec<Own>> = BTreeMap::new();
    let mut carried: Vec<(Option<u32>, Own, Option<Field>)> = Vec::new();
    let mut current = None;
    let is_numbered =
        headings.iter().any(|h| member(&h.written, vocabulary).is_some_and(|(number, _)| number.is_some()));
    let has_head = headings.iter().any(|heading| head_word(heading, vocabulary).is_some());
    // 户主姓名 and 成员姓名 over a line for each member: the head's own line is among them.
    if !is_numbered && has_head {
        return None;
    }
    for heading in headings {
        let marked = member(&heading.written, vocabulary).filter(|(number, _)| number.is_some() == is_numbered);
        if let Some((number, word)) = marked {
            groups.entry(number).or_default().push((heading.column, word));
            current = Some(number);
        } else if heading.of_other || head_word(heading, vocabulary).is_some() {
            current = None;
        } else if let Some(number) = current {
            let word = key(heading);
            let field = field_of(&word, heading, vocabulary);
            carried.push((number, (heading.column, word), field));
        }
    }
    let count = groups.len();
    let all = carried.clone();
    for (number, own, field) in carried {
        let told = all.iter().filter(|(_, (_, word), _)| *word == own.1).map(|(of, ..)| of);
        let of_all = told.collect::<BTreeSet<_>>().len() == count;
        let is_own = matches!(field, Some(Field::Id | Field::Sex | Field::Birth | Field::Relation));
        if of_all && (count > 1 || is_own) {
            groups.entry(number).or_default().push(own);
        }
    }
    let field = |word: &str| headings.iter().find_map(|heading| field_of(word, heading, vocabulary));
    let has = |group: &[Own], wanted| group.iter().filter(|(_, word)| field(word) == Some(wanted)).count();
    let is_person = |group: &Vec<Own>| has(group, Field::Name) == 1 && (count > 1 || has(group, Field::Id) == 1);
    let groups: Vec<Vec<Own>> = groups.into_values().collect();
    (!groups.is_empty() && groups.iter().all(is_person)).then_some(groups)
}

/// Whose of a couple the column is, 0 for the husband's, and its header without that.
fn spouse(heading: &Heading, vocabulary: &Vocabulary) -> Option<(usize, String)> {
    let folded: String = fold_header(&heading.written).chars().filter(|c| *c != '.').collect();
    let of_spouse = |rest: &str, is_certain: bool| {
        let rest = vocabulary.whose.bare_of_group(rest);
        let rest = if rest.is_empty() && is_certain { "姓名" } else { rest };
        let rest = rest.strip_prefix("夫妻").unwrap_or(rest);
        let field = (!rest.is_empty()).then(|| field_of(rest, heading, vocabulary)).flatten()?;
        (is_certain || matches!(field, Field::Name | Field::Id | Field::Birth)).then(|| rest.to_owned())
    };
    let is_short = |word: &String| word.chars().count() == 1;
    let begins = |words: &[String]| {
        let word = words.iter().find(|word| folded.starts_with(word.as_str()))?;
        // 男 and 女 alone are two columns to tick.
        let is_certain = !is_short(word) || folded == "夫" || folded == "妻";
        of_spouse(&folded[word.len()..], is_certain)
    };
    // 姓名(男): one character in brackets.
    let ends = |words: &[String]| {
        let mut marks = words.iter().filter(|word| is_short(word));
        marks.find_map(|word| of_spouse(folded.strip_suffix(word.as_str())?, false))
    };
    let side = |at: usize, words: &[String]| begins(words).or_else(|| ends(words)).map(|rest| (at, rest));
    side(0, &vocabulary.whose.husbands).or_else(|| side(1, &vocabulary.whose.wives))
}

#[cfg(test)]
mod tests;
