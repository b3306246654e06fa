//! Different tables side by side on one sheet: the register on the left, this year's deaths on the right. What stands
//! beside a person must never be told of them.

use std::ops::Range;

use crate::domain::Status;

use super::header::{Heading, Meaning, is_meant, meaning};
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_header;

/// Headers under which one line holds people of different tables.
pub struct Tables {
    /// Columns of each, from the left; one where there is but one table.
    pub columns: Vec<Range<usize>>,
    /// Columns behind a second name of the only table, of which nobody can say whose they are.
    pub of_nobody: Vec<usize>,
}

impl Tables {
    /// What the tables of a header are.
    pub fn of(headings: &[Heading], vocabulary: &Vocabulary) -> Tables {
        let names: Vec<usize> = (0..headings.len()).filter(|at| names_people(&headings[*at], vocabulary)).collect();
        let (mut starts, mut of_nobody, mut first) = (vec![0], Vec::new(), 0);
        for pair in names.windows(2) {
            let (before, name) = (pair[0], pair[1]);
            let end = names.iter().find(|at| **at > name).copied().unwrap_or(headings.len());
            let is_certain = is_name(&headings[name], vocabulary);
            if !is_table(&headings[name..end], is_certain, vocabulary) {
                continue;
            }
            let left = || names.iter().copied().filter(|at| (first..name).contains(at));
            let has_name = left().any(|at| is_name(&headings[at], vocabulary));
            let has_number = |from: usize| headings[from..name].iter().any(|h| is_field(h, vocabulary, is_number));
            // 帮扶责任人姓名 alone, and a blank column behind it, is no table: it stands before the people of the only one.
            let is_table_left = match is_certain {
                true => has_name || left().any(has_number),
                false => has_number(first),
            };
            match start(headings, before, name, vocabulary).filter(|_| is_table_left) {
                Some(start) => {
                    starts.push(headings[start].column);
                    first = start;
                }
                // Whoever is named before the only name of the line, what stands behind that is of it.
                None if !is_certain || !has_name => {}
                None => of_nobody.extend(of_one_person(&headings[name + 1..], vocabulary)),
            }
        }
        let ends = starts[1..].iter().copied().chain([usize::MAX]);
        let columns = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
        Tables { columns, of_nobody }
    }
}

/// Where the table of the second name begins, as a place among the headings; `None` where nothing shows that it is one.
fn start(headings: &[Heading], before: usize, name: usize, vocabulary: &Vocabulary) -> Option<usize> {
    let key = |at: usize| headings[at].keys.first().map_or("", String::as_str);
    let follows_gap = |at: &usize| headings[*at].column > headings[*at - 1].column + 1;
    // 序号 and 户号 may stand before a name, and whatever stands before the first one.
    let leads = |at: usize| {
        let leads = |field| matches!(field, Field::Ignored | Field::Household | Field::Area | Field::RecordNo);
        (0..before).any(|left| key(left) == key(at)) || !is_field(&headings[at], vocabulary, |field| !leads(field))
    };
    let gap = (before + 1..=name).rev().find(follows_gap).filter(|gap| (*gap..name).all(leads));
    let numbered = || {
        let at = (name - 1 > before).then_some(name - 1)?;
        (0..before).any(|left| key(left) == key(at)).then_some(at)
    };
    let is_other_table = || fate(&headings[name], vocabulary) && fold_header(&headings[name].written) != key(before);
    gap.or_else(numbered).or_else(|| is_other_table().then_some(name))
}

/// Whether the columns tell of somebody: a number or an end beside the name; a number where the name may be none.
fn is_table(headings: &[Heading], is_certain: bool, vocabulary: &Vocabulary) -> bool {
    use Field::{Birth, Died, Ended, Id, MovedOut};
    let tells = |field| field == Id || is_certain && matches!(field, Birth | Died | Ended | MovedOut);
    headings[1..].iter().any(|heading| is_field(heading, vocabulary, tells))
}

/// Columns that say of one person what is true of no other.
fn of_one_person<'h>(headings: &'h [Heading], vocabulary: &'h Vocabulary) -> impl Iterator<Item = usize> + 'h {
    use Field::{Birth, Died, DiedFlag, Id, Relation, Sex};
    let is_own = |field: Field| matches!(field, Died | DiedFlag | Birth | Sex | Relation | Id);
    headings.iter().filter(move |heading| is_field(heading, vocabulary, is_own)).map(|heading| heading.column)
}

fn is_number(field: Field) -> bool {
    field == Field::Id
}

fn is_field(heading: &Heading, vocabulary: &Vocabulary, of: impl Fn(Field) -> bool) -> bool {
    is_meant(heading, vocabulary, false, of)
}

fn is_name(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    !heading.of_other
        && (is_field(heading, vocabulary, |field| field == Field::Name)
            || (fate(heading, vocabulary) && named(heading, vocabulary) != heading.keys[0]))
}

/// Whether people may be named there, whoever they are: 新增人员.
fn names_people(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let knows = |list| meaning(heading, list, vocabulary, false) != Meaning::Unknown;
    let is_free = || !vocabulary.lists().iter().any(knows);
    is_name(heading, vocabulary) || (!heading.of_other && named(heading, vocabulary) != heading.keys[0] && is_free())
}

/// What the header over the names of a table says of all of them: 停保 over 停保人员姓名.
pub fn said(headings: &[Heading], vocabulary: &Vocabulary) -> Option<String> {
    headings
        .iter()
        .find(|heading| names_people(heading, vocabulary))
        .map(|heading| named(heading, vocabulary).to_owned())
}

/// Lets a header that says how its people ended be the one of their names.
pub fn name_by_fate(headings: &mut [Heading], vocabulary: &Vocabulary) {
    let is_field_of_name = |h: &Heading| is_field(h, vocabulary, |field| field == Field::Name);
    if let Some(heading) = headings.iter_mut().find(|h| names_people(h, vocabulary)).filter(|h| !is_field_of_name(h)) {
        heading.keys.insert(0, "姓名".to_owned());
    }
}

/// 停保人员姓名 without what says that it is a name.
fn named<'h>(heading: &'h Heading, vocabulary: &Vocabulary) -> &'h str {
    let key = heading.keys.first().map_or("", String::as_str);
    let bare = key.strip_suffix("姓名").unwrap_or(key);
    let of_people = &vocabulary.whose.of_people;
    let bare = of_people.iter().find_map(|people| bare.strip_suffix(people.as_str())).unwrap_or(bare);
    // 2026年1月死亡人员
    bare.trim_start_matches(|c: char| c.is_ascii_digit() || "本当今年度季月上半下".contains(c))
}

/// Whether the header is of those who died, left or ended: 死亡人员姓名, 停保人员.
fn fate(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let word = named(heading, vocabulary);
    let is_end = |status: &Status| *status != Status::Active;
    vocabulary.lists().iter().any(|list| list.status.get(word).is_some_and(is_end))
}
