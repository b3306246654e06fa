//! Cells that say that somebody died where nothing is read of it: 否 under 是否健在, and death words in columns that nobody
//! reads.

use crate::domain::{List, Status};

use super::clean::choice::chosen;
use super::clean::told::Told;
use super::fold::{fold_header, fold_word};
use super::layout::Layout;
use super::row::{Cell, Row};
use super::vocabulary::Vocabulary;

/// A longer text is a story, and no cell of a column of words.
const TEXT_BYTES_MAX: usize = 120;

/// 是, where answers are digits.
const YES: &str = "1";

/// Turns 是否健在 into a flag of a death. Gives what is neither yes nor no.
pub fn turn(row: &mut Row, layout: &Layout, vocabulary: &Vocabulary) -> Option<String> {
    let mut unknown = None;
    for column in &layout.turned {
        let text = fold_word(chosen(&row.cell(*column).to_text()));
        let is = |words: &[String]| words.contains(&text);
        if text.is_empty() || is(&vocabulary.none) || is(&vocabulary.yes) || text == YES || is(&vocabulary.alive) {
            row.blank(*column);
        } else if is(&vocabulary.no) || tells_death(&text, vocabulary) {
            row.write(*column, "是");
        } else {
            unknown = Some(row.cell(*column).to_text());
            row.blank(*column);
        }
    }
    unknown
}

/// The headers of columns that nobody reads in which the line tells of its own person's death, or that they were not paid.
pub fn unread<'l>(row: &Row, layout: &'l Layout, vocabulary: &Vocabulary) -> Vec<&'l str> {
    if layout.list == List::Deaths {
        return Vec::new();
    }
    let columns = layout.unknown.iter().chain(&layout.ignored);
    let told = columns.filter(|(column, header)| is_telling(row.cell(*column), header, layout, vocabulary));
    told.map(|(_, header)| header.as_str()).collect()
}

fn is_telling(cell: Cell<'_>, header: &str, layout: &Layout, vocabulary: &Vocabulary) -> bool {
    if cell.is_empty() {
        return false;
    }
    let is_own = || !names_another(header, vocabulary);
    let Cell::Text(text) = cell else { return names_death(header, vocabulary) && is_own() };
    // Asked of every such cell: nearly all are told by their characters.
    let may = text.len() <= TEXT_BYTES_MAX && text.chars().any(|c| vocabulary.dead_starts.contains(c));
    if may && tells_death(&fold_word(text), vocabulary) {
        let told = vocabulary.of(layout.list).teller.death(&fold_word(text));
        return is_own() && !matches!(told, Some(Told::Anothers | Told::Denied));
    }
    let answer = || fold_word(text);
    if names_death(header, vocabulary) {
        let says_nothing = |answer: &String| vocabulary.no.contains(answer) || vocabulary.none.contains(answer);
        return !says_nothing(&answer()) && is_own();
    }
    layout.list.pays() && is_end_of_pay(&answer(), header, layout, vocabulary)
}

/// 死亡年龄, 火化时间: filled in for the dead alone.
fn names_death(header: &str, vocabulary: &Vocabulary) -> bool {
    header.chars().any(|c| vocabulary.dead_starts.contains(c)) && tells_death(&fold_header(header), vocabulary)
}

/// 停保, or 否 where it is asked whether somebody was paid.
fn is_end_of_pay(answer: &str, header: &str, layout: &Layout, vocabulary: &Vocabulary) -> bool {
    let status = vocabulary.of(layout.list).status.get(answer);
    let is_word = answer.chars().count() > 1;
    (is_word && status == Some(&Status::Closed)
        || vocabulary.no.iter().any(|no| no == answer) && asks_for_pay(header, vocabulary))
        && !names_another(header, vocabulary)
}

fn tells_death(folded: &str, vocabulary: &Vocabulary) -> bool {
    vocabulary.dead.iter().any(|word| {
        folded
            .find(word.as_str())
            .is_some_and(|at| !vocabulary.not_dead.iter().any(|not| folded[..at].ends_with(not.as_str())))
    })
}

/// 配偶情况, 父亲状况; 死亡或伤残 is the child's.
fn names_another(header: &str, vocabulary: &Vocabulary) -> bool {
    let header = fold_header(header);
    let whose = &vocabulary.whose;
    let mut others = vocabulary.other_prefixes.iter().chain(&whose.children).chain(&whose.spouses).chain(&whose.fates);
    others.any(|other| header.contains(other.as_str()))
}

fn asks_for_pay(header: &str, vocabulary: &Vocabulary) -> bool {
    let header = fold_header(header);
    vocabulary.paid.iter().any(|paid| header.contains(paid.as_str()))
}
