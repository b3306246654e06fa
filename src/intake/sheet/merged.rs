//! Cells merged over several rows of a workbook: only the first row holds the value, and it stands for all.

use calamine::Dimensions;

use crate::intake::container::row::{Cell, Row};
use crate::intake::vocabulary::field::Field;

/// The merged cells of one sheet, followed from its first row to its last.
#[derive(Debug, Default)]
pub struct Merged {
    /// First row, last row and column, all from 0; the last first.
    ranges: Vec<(u32, u32, usize)>,
    /// Those that the row at hand is in, below their first row.
    open: Vec<(u32, usize, String)>,
}

impl Merged {
    pub fn new(ranges: Vec<Dimensions>) -> Merged {
        let tall = ranges.into_iter().filter(|range| range.end.0 > range.start.0);
        let mut ranges: Vec<_> = tall.map(|range| (range.start.0, range.end.0, range.start.1 as usize)).collect();
        ranges.sort_unstable_by(|a, b| b.cmp(a));
        Merged { ranges, open: Vec::new() }
    }

    /// Notes in the row what reaches down to it, and what begins in it to reach below.
    pub fn reach(&mut self, row: &mut Row) {
        if self.ranges.is_empty() && self.open.is_empty() {
            return;
        }
        let at = row.number - 1;
        self.open.retain(|(last, ..)| *last >= at);
        for (_, column, value) in &self.open {
            row.push_above(*column, value);
        }
        while let Some((first, last, column)) = self.ranges.pop_if(|(first, ..)| *first <= at) {
            let cell = row.cell(column);
            if first == at && !matches!(cell, Cell::Empty | Cell::Error) {
                let value = cell.to_text();
                row.push_above(column, &value);
                self.open.push((last, column, value));
            }
        }
    }
}

/// Whether a cell of this field may stand for several people. Nobody shares a name or a death, and a remark over a
/// household is about one of them.
pub fn is_shared(field: Field) -> bool {
    use Field::{Birth, Died, DiedFlag, Id, Name, Phone, Relation, Remark, Sex, Spouse};
    !matches!(field, Name | Id | Sex | Birth | Relation | Spouse | Phone | Died | DiedFlag | Remark)
}
