//! What the columns of one sheet mean.

use std::sync::Arc;

use crate::domain::List;

use crate::intake::container::row::{Cell, Row};
use crate::intake::labels::band::Said;
use crate::intake::people::beside::Blocks;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;

/// What the columns of a sheet mean.
#[derive(Debug, Clone)]
pub struct Layout {
    pub list: List,
    /// Columns of each kept field, by [`Field`] as a number; the first is the most trusted.
    pub(in crate::intake) columns: Vec<Vec<usize>>,
    /// The kept fields that have a column, with all of these, in the order of the fields: what is hashed of a line.
    pub kept: Vec<(Field, usize)>,
    pub recognised: Vec<String>,
    /// Columns of which nobody knows what they are, with their headers.
    pub unknown: Vec<(usize, String)>,
    pub dropped: u32,
    /// What the header rows write, by column, folded: a row that repeats it is no line.
    pub(in crate::intake) header_cells: Vec<(usize, String)>,
    /// Whether the head is the only person named, so that the line is theirs (DOMAIN.md 5, dibao shape a).
    pub head_is_person: bool,
    /// Whether the lines of the other members name the head alone, too: then they are nobody's.
    pub names_heads_alone: bool,
    /// Columns made for something else in which reviews are told as well (复核情况, 备注).
    pub reviews_beside: Vec<usize>,
    /// Columns of a head who is named beside the members, with what they tell of them; empty where no number does.
    pub of_head: Vec<(usize, Field)>,
    /// Columns between a head and the members that may be either's: the cells tell.
    pub perhaps_of_head: Vec<(usize, Field)>,
    /// Whether the people are named as the members of a household.
    pub names_members: bool,
    /// Columns of 是否健在 and 是否有效: flags of a death or an end the other way round.
    pub turned: Vec<usize>,
    /// Columns of the line's own person that are known and not read, with their headers.
    pub ignored: Vec<(usize, String)>,
    /// What the title says of all lines, where no column says it of each.
    pub said: Said,
    /// On a list of support for parents, columns that tell of a death and not that it is the parent's.
    pub doubtful: Vec<usize>,
    /// Whether it is a list of deaths of which its name says that they are not sure (疑似死亡人员): a line is one that says so.
    pub is_doubtful: bool,
    /// Whether a column speaks of children.
    pub names_children: bool,
    /// Where people stand side by side: the columns are those of the first block.
    pub blocks: Option<Arc<Blocks>>,
}

impl Layout {
    pub fn columns(&self, field: Field) -> &[usize] {
        self.columns.get(field as usize).map_or(&[], Vec::as_slice)
    }

    pub fn has(&self, field: Field) -> bool {
        !self.columns(field).is_empty()
    }

    /// Takes a column for a field that its cells told.
    pub fn adopt(&mut self, field: Field, column: usize) {
        let at = self.unknown.iter().position(|(unknown, _)| *unknown == column);
        self.recognised.extend(at.map(|at| self.unknown.remove(at).1));
        self.columns[field as usize].push(column);
        self.kept.push((field, column));
        self.kept.sort();
    }

    /// The layout without some of its columns.
    pub fn without(&self, columns: &[usize]) -> Layout {
        let mut rest = self.clone();
        rest.columns.iter_mut().for_each(|own| own.retain(|column| !columns.contains(column)));
        rest.kept.retain(|(_, column)| !columns.contains(column));
        rest
    }

    /// Whether a column says of each line how it stands.
    pub fn says_status(&self) -> bool {
        self.has(Field::Status) || self.has(Field::ChangeKind)
    }

    /// Whether any column may tell that a line ended.
    pub fn says_end(&self) -> bool {
        use Field::{Died, DiedFlag, Ended, EndedFlag, MovedFlag, MovedOut, MovedOutTo, Reason};
        let fields = [Died, DiedFlag, MovedOut, MovedOutTo, MovedFlag, Ended, EndedFlag, Reason];
        self.says_status() || fields.into_iter().any(|field| self.has(field))
    }

    /// Whether at least half of the row's cells, and two of them, write what the header writes over them.
    pub fn is_repeated_by(&self, row: &Row) -> bool {
        let same = |(column, text): &&(usize, String)| matches!(row.cell(*column), Cell::Text(cell) if fold_word(cell) == *text);
        let repeated = self.header_cells.iter().filter(same).count();
        repeated >= 2 && repeated * 2 >= row.filled()
    }

    /// Whether the row holds nothing that does not stand in the header: a printed page begins.
    pub fn is_whole_in(&self, row: &Row) -> bool {
        let texts = row.cells().map(|cell| fold_word(&cell.to_text())).filter(|text| !text.is_empty());
        texts.into_iter().all(|text| self.header_cells.iter().any(|(_, header)| *header == text))
    }

    /// Whether a column is made for the days of reviews: only that can say that there was none.
    pub fn asks_for_reviews(&self) -> bool {
        self.columns(Field::Reviewed).iter().any(|column| !self.reviews_beside.contains(column))
    }

    /// Whether both read the same columns in the same way.
    pub fn same_columns(&self, other: &Layout) -> bool {
        self.list == other.list && self.kept == other.kept && self.blocks == other.blocks
    }
}
