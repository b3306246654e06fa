//! One table of a sheet while its lines are being read.

use std::collections::HashSet;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::Area;

use super::fill::FillDown;
use super::line_area::LineArea;
use super::totals::Counts;
use super::undated::Undated;
use super::unread::Unread;
use crate::intake::Context;
use crate::intake::clean::record::{Cleaner, Reading};
use crate::intake::container::row::Row;
use crate::intake::labels::band::{self, Said};
use crate::intake::labels::stated::SheetTime;
use crate::intake::people::heads::{self, Heads};
use crate::intake::recognise::content;
use crate::intake::recognise::layout::Layout;
use crate::intake::recognise::legend::Legend;
use crate::intake::recognise::nameless;
use crate::intake::recognise::parents;
use crate::intake::recognise::reviews;

/// What is known of a sheet when its tables begin.
pub struct Learnt<'a> {
    /// Its first lines.
    pub data: &'a [Row],
    /// See [`Reading`].
    pub typed: bool,
    pub epoch_1904: bool,
    pub stated: SheetTime,
}

/// One of the people of a row.
pub struct Part {
    /// Their place among them.
    pub at: usize,
    /// The row as if nobody else stood on it.
    pub row: Row,
    /// Whether a death that the row tells may be another's.
    pub is_spared: bool,
}

/// What its columns mean, and what the lines above the next one leave to it.
pub struct Table<'v> {
    /// Where it stands: other tables may stand beside it.
    pub columns: Range<usize>,
    pub layout: Layout,
    /// The columns without those that may tell of a child's death, on a list of support for its parents.
    pub of_parents: Option<Layout>,
    pub reading: Reading,
    /// What is written over all its lines.
    said: Said,
    pub cleaner: Cleaner<'v>,
    /// All that decides how a line is read, beside its text.
    pub seed: u64,
    pub fill: FillDown,
    /// Columns whose headers say what their digits mean.
    pub legends: Vec<Legend>,
    /// Columns that nobody reads.
    pub unread: Vec<Unread>,
    /// Columns of dates of which most cannot be read.
    pub undated: Vec<Undated>,
    /// Heads who may have no line of their own.
    pub heads: Heads,
    pub line_area: LineArea,
    pub counts: Counts,
    /// The groups (一组, 二社) named above that were no part of what was said of some lines.
    groups: HashSet<String>,
    /// Of the people beside the first of a line.
    beside: Vec<(FillDown, LineArea)>,
    /// The head of the household on the line above, where several people stand on one.
    head_above: Option<String>,
}

impl<'v> Table<'v> {
    /// `texts`: what is written over all its lines, the nearest first; the name of the sheet is one of them.
    pub fn new(
        mut layout: Layout,
        columns: Range<usize>,
        texts: &[String],
        learnt: &Learnt<'_>,
        context: &Context<'v>,
    ) -> Table<'v> {
        let data = learnt.data;
        let parts = layout.blocks.clone().map(|blocks| {
            data.iter().flat_map(|row| blocks.parts(row, context.vocabulary).collect::<Vec<_>>()).collect::<Vec<Row>>()
        });
        let lines = parts.as_deref().unwrap_or(data);
        heads::settle(&mut layout, lines, context.vocabulary);
        content::adopt(&mut layout, lines, context.vocabulary);
        layout.names_heads_alone = nameless::names_heads_alone(&layout, lines, context.vocabulary);
        let words = context.vocabulary.of(layout.list);
        // Whose household it was that somebody left.
        let is_of_changes = context.vocabulary.changes.iter().any(|word| context.rel_path.contains(word.as_str()));
        let said = texts.iter().map(|text| band::of_sheet(text, words, context.vocabulary));
        let said = said.fold(Said::default(), Said::or);
        let reading = Reading {
            digits: content::sex_digits(&layout, lines),
            damaged_tails: content::lost_tails(&layout, lines),
            order: content::date_order(&layout, lines),
            typed: learnt.typed,
            epoch_1904: learnt.epoch_1904,
            today: context.today,
            stated: learnt.stated,
            said,
            flags: content::flags_asked(&layout, lines),
            circles: content::circles(&layout, lines, context.vocabulary),
        };
        reviews::adopt(&mut layout, lines, &reading, context.vocabulary);
        Table {
            legends: Legend::of(&layout),
            of_parents: parents::without_doubtful(&layout, lines, context.vocabulary),
            unread: Unread::of(&layout, context.vocabulary),
            undated: Undated::of(&layout, lines, &reading, context.vocabulary),
            columns,
            said,
            reading,
            cleaner: Cleaner::new(context.vocabulary, &layout, reading),
            seed: 0,
            fill: FillDown::default(),
            heads: if is_of_changes { Heads::default() } else { Heads::of(&layout, lines, context.vocabulary) },
            line_area: LineArea::new(&layout, lines),
            counts: Counts::default(),
            groups: HashSet::new(),
            beside: Vec::new(),
            head_above: None,
            layout,
        }
    }

    /// Another header in the same table.
    pub fn lay_out(&mut self, layout: Layout, context: &Context<'v>) {
        self.cleaner = Cleaner::new(context.vocabulary, &layout, self.reading);
        self.of_parents = parents::without_doubtful(&layout, &[], context.vocabulary);
        self.unread = Unread::of(&layout, context.vocabulary);
        self.undated.clear();
        self.legends = Legend::of(&layout);
        self.layout = layout;
    }

    /// Takes what is said of the lines below, and goes back to what the whole table says for the rest.
    pub fn say(&mut self, said: Said, area: Area, context: &Context<'v>) {
        let said = said.or(self.said);
        if said != self.reading.said {
            self.reading.said = said;
            self.cleaner = Cleaner::new(context.vocabulary, &self.layout, self.reading);
            self.begin_segment(area, context.vocabulary.fingerprint());
        }
    }

    /// Takes the title of a group. Where 死亡人员 stood at the end of the group above, this one's people are not dead; under
    /// a name that was there before, or where no group had one, it is a group of the dead.
    pub fn begin_group(&mut self, group: String, area: Area, context: &Context<'v>) {
        let is_said = self.reading.said != self.said;
        if is_said && (self.groups.is_empty() || self.groups.contains(&group)) {
            return;
        }
        self.groups.insert(group);
        self.say(Said::default(), area, context);
    }

    /// Takes what follows for another village's.
    pub fn begin_village(&mut self, area: Area, context: &Context<'v>) {
        self.groups.clear();
        self.say(Said::default(), area, context);
    }

    /// What follows has nothing to do with the lines above. `fingerprint`: of the vocabulary.
    pub fn begin_segment(&mut self, area: Area, fingerprint: u64) {
        self.seed = self.seed(area, fingerprint);
        self.fill = FillDown::default();
        self.beside.clear();
        self.head_above = None;
    }

    fn seed(&self, area: Area, fingerprint: u64) -> u64 {
        let mut bytes = vec![
            self.layout.list as u8,
            u8::from(self.layout.head_is_person)
                + 2 * u8::from(self.layout.names_heads_alone)
                + 4 * u8::from(self.layout.is_doubtful),
            u8::from(self.reading.typed),
            u8::from(self.reading.epoch_1904),
            u8::from(self.reading.damaged_tails),
            self.reading.order.day_first.map_or(0, |first| 1 + u8::from(first)),
            u8::from(self.reading.order.short_year_last),
            u8::from(self.reading.order.month_first),
        ];
        bytes.extend(self.layout.kept.iter().map(|(field, _)| *field as u8));
        bytes.extend(
            [self.reading.digits.zero, self.reading.digits.one, self.reading.digits.two]
                .map(|sex| sex.map_or(0, |sex| 1 + sex as u8)),
        );
        if let Some(layout) = &self.of_parents {
            bytes.push(1 + u8::from(layout.names_children));
            bytes.extend(layout.kept.iter().map(|(field, _)| *field as u8));
        }
        bytes.extend(self.reading.flags.bytes());
        bytes.extend(self.reading.circles.bytes());
        bytes.extend(self.reading.said.or(self.layout.said).bytes());
        bytes.extend(area.padded().to_le_bytes());
        xxh3_64_with_seed(&bytes, fingerprint)
    }

    /// The people of a row, the left one first; none where it is of one person, or of nobody.
    pub fn people(&mut self, row: &Row, context: &Context<'v>) -> Vec<Part> {
        let Some(blocks) = &self.layout.blocks else { return Vec::new() };
        let people = 0..blocks.people.len();
        let mut parts: Vec<Part> = people
            .filter_map(|at| {
                let row = blocks.part(row, at, context.vocabulary)?;
                Some(Part { at, row, is_spared: blocks.is_spared(at) })
            })
            .collect();
        // Who stands there alone is meant.
        if let [part] = &mut parts[..] {
            part.is_spared = false;
        }
        let head = match blocks.repeats_head(row, context.vocabulary) {
            true => self.head_above.clone(),
            false => blocks.head_of(row),
        };
        // A household of many goes on in the next line under the same head.
        if head.is_some() && head == self.head_above && parts.len() > 1 {
            parts.retain(|part| part.at > 0);
        }
        self.head_above = head;
        self.beside.resize_with(blocks.people.len() - 1, || (FillDown::default(), self.line_area.clone()));
        parts
    }

    /// Takes up what stands above one of the people of a line, or puts it back: each goes on with the household and
    /// village above, not with those beside.
    pub fn turn_to(&mut self, at: usize) {
        if let Some((fill, line_area)) = at.checked_sub(1).and_then(|at| self.beside.get_mut(at)) {
            std::mem::swap(&mut self.fill, fill);
            std::mem::swap(&mut self.line_area, line_area);
        }
    }
}
