//! Where one line belongs, by its own columns.

use crate::domain::{Area, Level};

use crate::intake::clean::number::is_scientific;
use crate::intake::container::row::{Cell, Row};
use crate::intake::labels::area;
use crate::intake::labels::places::Places;
use crate::intake::recognise::content;
use crate::intake::recognise::layout::Layout;
use crate::intake::vocabulary::Vocabulary;
use crate::intake::vocabulary::field::Field;

/// Follows the area columns of one table.
#[derive(Debug, Default, Clone)]
pub struct LineArea {
    /// A cell stands for all blank ones below it: clerks merge a village's lines.
    merged: bool,
    above: Option<Area>,
    /// The last text, where it was read, and what it meant.
    last: Option<(String, Area, Option<Area>)>,
    /// What a spreadsheet left of a code on the line last read: 5.19901E+11.
    cut: Option<String>,
}

impl LineArea {
    /// Learns from the first lines how the columns are filled in.
    pub fn new(layout: &Layout, data: &[Row]) -> LineArea {
        LineArea { merged: content::is_merged_down(Field::Area, layout, data), ..LineArea::default() }
    }

    /// The deepest area that the columns of the line name (乡镇, 村, 区划代码), or where the person is registered if that
    /// lies in `node`. `here` is what the sheet says of all its lines.
    pub fn of(
        &mut self,
        row: &Row,
        layout: &Layout,
        (node, here): (Area, Area),
        places: &Places,
        vocabulary: &Vocabulary,
    ) -> Option<Area> {
        let mut blank = layout.columns(Field::Area).iter().map(|column| row.cell(*column)).map(|cell| {
            matches!(cell, Cell::Text(text) if vocabulary.is_ditto(text)) || (self.merged && cell.is_empty())
        });
        let (all, any) = (blank.clone().all(|blank| blank), blank.any(|blank| blank));
        if any && all && self.above.is_some() {
            return self.above;
        }
        // The township may be merged over more lines than its village.
        let township = self.above.filter(|_| any).map(Area::township);
        let named = self.named(row, layout, Field::Area, (township, here), places);
        self.above = named.or(self.above);
        named.or_else(|| {
            let registered = self.named(row, layout, Field::RegisteredArea, (None, node), places);
            registered.filter(|area| node.contains(*area))
        })
    }

    /// What was left of a code on the line last asked for, that names no village.
    pub fn cut_code(&mut self) -> Option<String> {
        self.cut.take()
    }

    fn named(
        &mut self,
        row: &Row,
        layout: &Layout,
        field: Field,
        (mut found, here): (Option<Area>, Area),
        places: &Places,
    ) -> Option<Area> {
        let mut short: Option<u64> = None;
        for column in layout.columns(field) {
            let within = found.unwrap_or(here);
            let own = match row.cell(*column) {
                Cell::Empty | Cell::Error | Cell::Date(_) => None,
                Cell::Text(text) => match &self.last {
                    Some((last, before, area)) if last == text && *before == within => *area,
                    _ => {
                        let area = area::of_cell(text).or_else(|| places.named(text, within));
                        self.last = Some((text.to_owned(), within, area));
                        area
                    }
                },
                cell => area::of_cell(&cell.to_text()),
            };
            if let Cell::Text(text) = row.cell(*column)
                && is_scientific(text)
            {
                self.cut = Some(text.to_owned());
            }
            if own.is_none() {
                short = short.or_else(|| area::village_number(row.cell(*column)));
            }
            found = area::narrower(found, own);
        }
        let township = found.unwrap_or(here);
        match short {
            Some(village) if township.level() == Level::Township => Area::from_padded(township.padded() + village),
            _ => found,
        }
    }
}
