//! Cells that say that somebody died where nothing is read of it: 否 under 是否健在, and death words in columns that nobody
//! reads.

use crate::domain::{List, Status};

use super::clean::choice::chosen;
use super::clean::told::Told;
use super::clean::words::Memo;
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

/// A column of the line's own person that nobody reads.
#[derive(Debug)]
pub struct Unread {
    column: usize,
    pub header: String,
    /// 死亡年龄, 火化时间: filled in for the dead alone.
    names_death: bool,
    asks_for_pay: bool,
    /// What each distinct text of it was found to tell: such a column has a dozen of them, and half a million lines.
    told: Memo<bool>,
}

impl Unread {
    /// The columns of a table in which a death may stand and is not read.
    pub fn of(layout: &Layout, vocabulary: &Vocabulary) -> Vec<Unread> {
        if layout.list == List::Deaths {
            return Vec::new();
        }
        let columns = layout.unknown.iter().chain(&layout.ignored);
        let own = columns.filter(|(_, header)| !names_another(header, vocabulary));
        own.map(|(column, header)| Unread {
            column: *column,
            header: header.clone(),
            names_death: tells_death(&fold_header(header), vocabulary),
            asks_for_pay: layout.list.pays() && asks_for_pay(header, vocabulary),
            told: Memo::default(),
        })
        .collect()
    }

    /// Whether the line tells there of its person's death, or that they are paid no more.
    pub fn tells(&mut self, row: &Row, list: List, vocabulary: &Vocabulary) -> bool {
        let (names_death, asks_for_pay) = (self.names_death, self.asks_for_pay);
        match row.cell(self.column) {
            Cell::Empty => false,
            // Running numbers and telephones, each another one.
            Cell::Text(text) if !names_death && !asks_for_pay && text.bytes().all(|b| b.is_ascii_digit()) => false,
            Cell::Text(text) => self.told.get(text, |text| tells(text, (names_death, asks_for_pay), list, vocabulary)),
            _ => names_death,
        }
    }
}

fn tells(text: &str, (names_death, asks_for_pay): (bool, bool), list: List, vocabulary: &Vocabulary) -> bool {
    // Asked of every such cell: nearly all are told by their characters.
    let may = text.len() <= TEXT_BYTES_MAX && text.chars().any(|c| vocabulary.dead_starts.contains(&c));
    if may && tells_death(text, vocabulary) {
        let told = vocabulary.of(list).teller.death(&fold_word(text));
        return !matches!(told, Some(Told::Anothers | Told::Denied));
    }
    let says_no = |words: &[String]| words.contains(&fold_word(text));
    if names_death {
        return !says_no(&vocabulary.no) && !says_no(&vocabulary.none);
    }
    let is_end = || text.chars().count() > 1 && vocabulary.of(list).status.get(text) == Some(&Status::Closed);
    asks_for_pay && says_no(&vocabulary.no) || list.pays() && is_end()
}

fn tells_death(text: &str, vocabulary: &Vocabulary) -> bool {
    vocabulary.dead.iter().any(|word| {
        text.find(word.as_str())
            .is_some_and(|at| !vocabulary.not_dead.iter().any(|not| text[..at].ends_with(not.as_str())))
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
