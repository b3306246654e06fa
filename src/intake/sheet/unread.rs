//! Cells that say that somebody died where nothing is read of it: 否 under 是否健在, and death words in columns that nobody
//! reads.

use crate::domain::{List, Status};

use crate::intake::clean::choice::chosen;
use crate::intake::clean::told::Told;
use crate::intake::clean::words::Memo;
use crate::intake::container::row::{Cell, Row};
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::asks::{Asked, asked};
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::{fold_header, fold_word};

/// A longer text is a story, and no cell of a column of words.
const TEXT_BYTES_MAX: usize = 120;

/// 是, where answers are digits.
const YES: &str = "1";

/// Turns 是否健在 into a flag of a death, and 是否有效 into one of an end. Gives what is neither yes nor no.
pub fn turn(row: &mut Row, layout: &Layout, vocabulary: &Vocabulary) -> Option<String> {
    let mut unknown = None;
    for column in &layout.turned {
        let text = fold_word(chosen(&row.cell(*column).to_text()));
        let is = |words: &[String]| words.contains(&text);
        // Of an end a word says more than yes and no: 无效, 死亡.
        let is_kept = layout.columns(Field::EndedFlag).contains(column);
        let begins_no = || vocabulary.no_starts.iter().any(|no| text.starts_with(no.as_str()));
        match vocabulary.of(layout.list).status.get(&text) {
            _ if !is_kept || is(&vocabulary.no) || is(&vocabulary.yes) => {}
            Some(Status::Closed) => {
                row.write(*column, "是");
                continue;
            }
            Some(Status::Active) => {
                row.blank(*column);
                continue;
            }
            Some(_) => continue,
            None if begins_no() || text.bytes().all(|b| b.is_ascii_digit()) => {}
            None => continue,
        }
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
    is_for: For,
    /// What each distinct text of it was found to tell: such a column has a dozen of them, and half a million lines.
    told: Memo<bool>,
}

/// What its header says that it is for.
#[derive(Debug, Clone, Copy)]
struct For {
    /// 死亡年龄, 火化时间: filled in for the dead alone.
    death: bool,
    pay: bool,
    /// It asks whether something ended.
    end: bool,
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
            is_for: For {
                death: tells_death(&fold_header(header), vocabulary),
                pay: layout.list.pays() && asks_for_pay(header, vocabulary),
                end: asked(header, vocabulary.of(layout.list), vocabulary) == Asked::Unclear,
            },
            told: Memo::default(),
        })
        .collect()
    }

    /// Whether the line tells there of its person's death, or that they are paid no more.
    pub fn tells(&mut self, row: &Row, list: List, vocabulary: &Vocabulary) -> bool {
        let is_for = self.is_for;
        let is_asked = is_for.death || is_for.pay || is_for.end;
        match row.cell(self.column) {
            Cell::Empty => false,
            // Running numbers and telephones, each another one.
            Cell::Text(text) if !is_asked && text.bytes().all(|b| b.is_ascii_digit()) => false,
            Cell::Text(text) => self.told.get(text, |text| tells(text, is_for, list, vocabulary)),
            Cell::Number(value) if is_for.end => value == 1.0,
            _ => is_for.death,
        }
    }
}

fn tells(text: &str, is_for: For, list: List, vocabulary: &Vocabulary) -> bool {
    // Asked of every such cell: nearly all are told by their characters.
    let may = text.len() <= TEXT_BYTES_MAX && text.chars().any(|c| vocabulary.dead_starts.contains(&c));
    let told = || vocabulary.of(list).teller.death(&fold_word(text));
    if may && tells_death(text, vocabulary) {
        return !matches!(told(), Some(Told::Anothers | Told::Denied));
    }
    // 亡 2026-02-03
    if may && told() == Some(Told::Own) {
        return true;
    }
    let says = |words: &[String]| words.contains(&fold_word(text));
    if is_for.end && (says(&vocabulary.yes) || text == YES) {
        return true;
    }
    if is_for.death {
        return !says(&vocabulary.no) && !says(&vocabulary.none);
    }
    let is_end = || text.chars().count() > 1 && vocabulary.of(list).status.get(text) == Some(&Status::Closed);
    is_for.pay && says(&vocabulary.no) || list.pays() && is_end()
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
