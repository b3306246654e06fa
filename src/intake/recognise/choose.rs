//! Which list a header is of, and what its columns mean to that list.

use crate::domain::List;

use super::header::{Heading, Meaning, hint, meaning};
use super::layout::Layout;
use super::parents;
use crate::intake::labels::band::Said;
use crate::intake::labels::named::Called;
use crate::intake::people::heads;
use crate::intake::recognise::Support;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// What the columns and titles must say together for a list to be believed.
const LIST_SCORE_MIN: i32 = 3;
/// A title says no more than this, however long the word in it.
const TITLE_SCORE_MAX: i32 = 5;

/// Lists that people keep with the columns of a register, and call by their name.
const NAMED_ALONE: [List; 3] = [List::Health, List::Dibao, List::Family];

/// Columns that any list of households may have.
const OF_HOUSEHOLDS: [Field; 4] = [Field::Household, Field::Head, Field::Relation, Field::Status];

/// The list whose own columns and titles fit best; `None` where two fit equally or none does.
pub fn choose(
    headings: &[Heading],
    titles: &[String],
    support: &Support,
    forced: Option<List>,
    vocabulary: &Vocabulary,
) -> Option<Layout> {
    let called = Called { titles, support, vocabulary };
    let mut fits: Vec<(Fit, Layout)> = Vec::new();
    for list in vocabulary.lists().iter().filter(|list| forced.is_none_or(|forced| forced == list.list)) {
        if let Some((mut fit, mut layout)) = lay_out(headings, list, vocabulary) {
            layout.is_doubtful = list.list == List::Deaths && called.is_doubtful();
            let title = title_score(titles.iter().map(String::as_str), list, vocabulary);
            let names = title_score(support.names.iter().map(String::as_str), list, vocabulary);
            // 疑似死亡人员 says of nobody that they died: a column may, of each.
            let says = list.list != List::Deaths || layout.has(Field::Died) || !called.is_unsure();
            let named = if says { title + names } else { 0 };
            fit.score += named;
            fit.is_named = named > 0;
            fits.push((fit, with_title(layout, titles, support, list)));
        }
    }
    fits.sort_by_key(|(fit, _)| std::cmp::Reverse(fit.score));
    // 死亡人员花名册 with the columns of a register: taken for that, the dead would live.
    if forced.is_none()
        && called.is_of_the_dead()
        && let Some(dead) = fits.iter().position(|(_, layout)| layout.list == List::Deaths)
        && fits.first().is_some_and(|(_, best)| !NAMED_ALONE.contains(&best.list) || !best.says_end())
        && !fits.first().is_some_and(|(_, best)| is_of_support(best))
    {
        return Some(fits.swap_remove(dead).1);
    }
    // 低保.csv with the columns of any household: taken for the register, its people would be all there are.
    let mut named = (0..fits.len()).filter(|at| fits[*at].0.is_named);
    if let (Some(named), None, Some((fit, best))) = (named.next(), named.next(), fits.first())
        && NAMED_ALONE.contains(&fits[named].1.list)
        // 类别 is a flow only to the floating population.
        && (best.list == List::Population && !fit.speaks || best.list == List::Migrants)
    {
        return Some(fits.swap_remove(named).1);
    }
    let clear = match fits.as_slice() {
        [] => false,
        [(best, _)] => forced.is_some() || best.score >= LIST_SCORE_MIN,
        [(best, _), (second, _), ..] => best.score >= LIST_SCORE_MIN && best.score > second.score,
    };
    clear.then(|| fits.swap_remove(0).1)
}

/// Whether columns of its own say that it is a list of support for parents, whatever it is called (DOMAIN.md F12). One of them
/// alone, as 联系人, may stand on any list.
fn is_of_support(layout: &Layout) -> bool {
    let own = [Field::Aid, Field::Since, Field::Contact, Field::Doctor];
    let count = own.into_iter().filter(|field| layout.has(*field)).count();
    layout.list == List::Family && (layout.has(Field::Green) || count > 1)
}

fn title_score<'a>(texts: impl Iterator<Item = &'a str>, list: &ListWords, vocabulary: &Vocabulary) -> i32 {
    // 停发名单 is one of dibao, and 社保停发名单 is not.
    let counts = |text: &str, word: &String| {
        let is_foreign = || vocabulary.foreign.iter().any(|foreign| text.contains(foreign.as_str()));
        text.contains(word.as_str()) && !(vocabulary.anybodys.contains(word) && is_foreign())
    };
    let longest = texts.flat_map(|text| list.titles.iter().filter(move |word| counts(text, word)));
    // An English word says as much as a Chinese one of three characters.
    let worth = longest.map(|word| if word.is_ascii() { 3 } else { word.chars().count() as i32 });
    worth.max().unwrap_or(0).min(TITLE_SCORE_MAX)
}

fn with_title(layout: Layout, titles: &[String], support: &Support, list: &ListWords) -> Layout {
    let (flow, aid) = (one_said(titles, support, &list.flow), one_said(titles, support, &list.aid));
    Layout { said: Said { flow, aid, ..Said::default() }, ..layout }
}

/// The one thing that the first text saying anything says; a title that names both says neither.
fn one_said<T: Copy + PartialEq>(titles: &[String], support: &Support, words: &[(T, String)]) -> Option<T> {
    titles.iter().chain(&support.names).find_map(|text| {
        let mut said = words.iter().filter(|(_, word)| word.chars().count() > 1 && text.contains(word.as_str()));
        let first = said.next()?.0;
        Some(said.all(|(other, _)| *other == first).then_some(first))
    })?
}

/// How much speaks for a list.
struct Fit {
    score: i32,
    /// Whether a title, the sheet's name or the file's calls it so.
    is_named: bool,
    /// Whether columns do that not any list of households has.
    speaks: bool,
}

/// The columns as one list reads them, and how they fit it. `None` where no column names a person.
fn lay_out(headings: &[Heading], list: &ListWords, vocabulary: &Vocabulary) -> Option<(Fit, Layout)> {
    let (mut meanings, head_is_person) = meanings(headings, list, vocabulary)?;
    let turned = settle_flags(headings, &mut meanings);
    let mut layout = Layout {
        list: list.list,
        columns: vec![Vec::new(); Field::KEPT],
        kept: Vec::new(),
        recognised: Vec::new(),
        unknown: Vec::new(),
        dropped: 0,
        header_cells: Vec::new(),
        head_is_person,
        names_heads_alone: false,
        reviews_beside: Vec::new(),
        of_head: Vec::new(),
        perhaps_of_head: Vec::new(),
        names_members: false,
        turned,
        ignored: ignored(headings, list, vocabulary),
        said: Said::default(),
        doubtful: parents::doubtful(headings, &meanings, list, vocabulary),
        is_doubtful: false,
        names_children: parents::names_children(headings, vocabulary),
        blocks: None,
    };
    let fit = give_columns(headings, &meanings, list, &mut layout);
    heads::set_apart(headings, &mut layout, list, vocabulary);
    keep_the_persons_own(headings, &mut layout);
    layout.kept = (headings.iter().zip(&meanings))
        .filter_map(|(heading, meaning)| match meaning {
            Meaning::Field(field, _) | Meaning::Hinted(field)
                if field.is_kept() && layout.columns(*field).contains(&heading.column) =>
            {
                Some((*field, heading.column))
            }
            _ => None,
        })
        .collect();
    layout.kept.sort();
    Some((fit, layout))
}

/// What each column means to the list, and whether only the head is named. `None` where nobody is.
fn meanings(headings: &[Heading], list: &ListWords, vocabulary: &Vocabulary) -> Option<(Vec<Meaning>, bool)> {
    let is_name = |meaning: &Meaning| matches!(meaning, Meaning::Field(Field::Name, _) | Meaning::Hinted(Field::Name));
    let read = |head_is_person: bool| {
        let own = headings.iter().map(|heading| meaning(heading, list, vocabulary, head_is_person));
        let mut meanings: Vec<Meaning> = own.collect();
        hint(headings, &mut meanings, list, vocabulary);
        parents::leave_out_childs(headings, &mut meanings, list, vocabulary);
        meanings.iter().any(is_name).then_some((meanings, head_is_person))
    };
    let by_name = read(false);
    let is_guess = |(meanings, _): &(Vec<Meaning>, bool)| is_anybodys_name(headings, meanings, vocabulary);
    match read(true).filter(|_| by_name.as_ref().is_none_or(is_guess)) {
        Some(by_head) if by_head.0.contains(&Meaning::Field(Field::Name, false)) => Some(by_head),
        by_head => by_name.or(by_head),
    }
}

/// Whether the only name is one that a header hints at, of whom it does not say that they are of the household: beside
/// 户主姓名 somebody signed, paid or called (签领姓名).
fn is_anybodys_name(headings: &[Heading], meanings: &[Meaning], vocabulary: &Vocabulary) -> bool {
    let names = |of: fn(&Meaning) -> bool| meanings.iter().any(of);
    if names(|meaning| matches!(meaning, Meaning::Field(Field::Name | Field::Relation, _)))
        || names(|meaning| *meaning == Meaning::Hinted(Field::Relation))
    {
        return false;
    }
    let whose = &vocabulary.whose;
    let own = whose.members.iter().chain(&whose.of_people).chain(&vocabulary.person_prefixes);
    let is_own = |key: &str| own.clone().any(|word| word.chars().count() > 1 && key.contains(word.as_str()));
    let hinted = headings.iter().zip(meanings).filter(|(_, meaning)| **meaning == Meaning::Hinted(Field::Name));
    hinted.into_iter().all(|(heading, _)| !heading.keys.first().is_some_and(|key| is_own(key)))
}

/// Takes 是否健在 for the flag of a death, 是否有效 for that of an end, and what came of a check for the state where no column is
/// made for that. Gives the columns in which 否 is the death or the end.
fn settle_flags(headings: &[Heading], meanings: &mut [Meaning]) -> Vec<usize> {
    let states = |meaning: &Meaning| {
        matches!(meaning, Meaning::Field(Field::Status | Field::ChangeKind, _) | Meaning::Hinted(Field::Status))
    };
    let is_stated = meanings.iter().any(states);
    let mut turned = Vec::new();
    for (heading, meaning) in headings.iter().zip(meanings) {
        match meaning {
            Meaning::Field(Field::AliveFlag, _) => {
                turned.push(heading.column);
                *meaning = Meaning::Field(Field::DiedFlag, false);
            }
            Meaning::Field(Field::KeptFlag, _) => {
                turned.push(heading.column);
                *meaning = Meaning::Field(Field::EndedFlag, false);
            }
            Meaning::Field(Field::Verdict, _) if is_stated => *meaning = Meaning::Unknown,
            Meaning::Field(Field::Verdict, _) => *meaning = Meaning::Hinted(Field::Status),
            _ => {}
        }
    }
    turned
}

/// Columns of the line's own person that are known and not read.
fn ignored(headings: &[Heading], list: &ListWords, vocabulary: &Vocabulary) -> Vec<(usize, String)> {
    let is_ignored = |heading: &&Heading| {
        let Some(key) = heading.keys.first().filter(|_| !heading.of_other && heading.behind.is_none()) else {
            return false;
        };
        let is_others = vocabulary.other_prefixes.iter().any(|other| key.contains(other.as_str()));
        list.columns.get(key).or_else(|| vocabulary.columns.get(key)) == Some(&Field::Ignored) && !is_others
    };
    headings.iter().filter(is_ignored).map(|heading| (heading.column, heading.written.clone())).collect()
}

/// Gives each field its columns.
fn give_columns(headings: &[Heading], meanings: &[Meaning], list: &ListWords, layout: &mut Layout) -> Fit {
    let mut fit = Fit { score: 0, is_named: false, speaks: false };
    let mut counted = Vec::new();
    for (heading, meaning) in headings.iter().zip(meanings) {
        match meaning {
            Meaning::Dropped => layout.dropped += 1,
            Meaning::Unknown => layout.unknown.push((heading.column, heading.written.clone())),
            Meaning::Hinted(field) => {
                layout.recognised.push(heading.written.clone());
                // A guess never decides what list it is.
                fit.score += list.weight(*field, false).clamp(0, 1);
                layout.columns[*field as usize].push(heading.column);
            }
            Meaning::Field(field, own) => {
                layout.recognised.push(heading.written.clone());
                // Ten columns of the list's own that are not kept say no more than three.
                let times = counted.iter().filter(|seen| *seen == field).count();
                counted.push(*field);
                if times == 0 || (*field == Field::Ignored && *own && times < 3) {
                    let weight = if *field == Field::Ignored && !*own { 0 } else { list.weight(*field, *own) };
                    fit.score += weight;
                    fit.speaks |= weight > 0 && !OF_HOUSEHOLDS.contains(field);
                }
                if field.is_kept() {
                    layout.columns[*field as usize].push(heading.column);
                }
            }
        }
    }
    fit
}

/// Of several columns of one field those that are the person's own.
fn keep_the_persons_own(headings: &[Heading], layout: &mut Layout) {
    // A database numbers its lines under `id`.
    let ids = &mut layout.columns[Field::Id as usize];
    let is_bare = |column: &usize| headings.iter().any(|h| h.column == *column && h.keys.iter().any(|key| key == "id"));
    if !ids.iter().all(is_bare) {
        ids.retain(|column| !is_bare(column));
    }
    // 申报人 身份证号 死者姓名 身份证号: the number behind the name is meant.
    let is_behind = |column: &usize| headings.iter().any(|h| h.column == *column && h.behind.is_some());
    for field in [Field::Id, Field::Sex, Field::Birth] {
        let columns = &mut layout.columns[field as usize];
        if !layout.head_is_person && !columns.iter().all(is_behind) {
            columns.retain(|column| !is_behind(column));
        }
    }
    // A second 姓名 or 身份证号 without a group over it is somebody else's.
    for field in [Field::Name, Field::Id, Field::Sex, Field::Birth, Field::Head, Field::Relation] {
        layout.columns[field as usize].truncate(1);
    }
}
