//! Sheets of a workbook that say again what another one says: 打印, 核对, or the heads and the old of the register. Read as
//! well, everybody would be listed twice. Told by who stands on them, not by their names.

use std::hash::{Hash, Hasher as _};

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::Xxh3;

use crate::domain::{Area, List, Record, Status, name};

use crate::intake::container::row::{Row, Rows};
use crate::intake::report::{Line, Refusal, SheetHead, Sink, Total, Unreadable};

/// Of a sheet's people this many must stand on the other one, percent: a copy that was kept is a little older.
const REPEATED_MIN_PERCENT: usize = 80;
/// Of fewer people without a number, namesakes may stand on the other one.
const NAMES_MIN: usize = 3;
/// People compared, over all sheets of a workbook; of a larger one every sheet is read.
pub const COMPARED_MAX: usize = 300_000;
/// Rows that show of what list and area a sheet is.
pub const FIRST_ROWS: u32 = 60;

/// The first rows of a sheet.
pub struct First<'r> {
    pub rows: &'r mut dyn Rows,
    pub left: u32,
}

impl Rows for First<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        self.rows.next(row)
    }

    fn typed(&self) -> bool {
        self.rows.typed()
    }

    fn epoch_1904(&self) -> bool {
        self.rows.epoch_1904()
    }
}

/// What a sheet says of whom.
#[derive(Default)]
pub struct Says {
    /// Place among the sheets of the workbook.
    pub at: usize,
    pub hidden: bool,
    /// Called by a word for what is no longer so: of two equal sheets this is not the list.
    pub stale: bool,
    of: Vec<(List, Area)>,
    /// Everybody, by number, or by name where there is none, and how they stand.
    people: FxHashMap<u64, Status>,
    /// Everybody by name.
    names: FxHashSet<u64>,
    has_numbers: bool,
    tells: Tells,
    /// How many more can be compared.
    left: usize,
}

/// Which things any of its lines tell.
type Tells = [bool; 15];

impl Says {
    pub fn new(at: usize, hidden: bool, stale: bool, left: usize) -> Says {
        Says { at, hidden, stale, left, ..Says::default() }
    }

    pub fn left(&self) -> usize {
        self.left
    }

    /// Whether both are, or begin as, the same list of one place.
    pub fn may_repeat(&self, other: &Says) -> bool {
        let same = |(list, area): &(List, Area)| {
            other.of.iter().any(|(of, place)| list == of && (area.contains(*place) || place.contains(*area)))
        };
        self.of.iter().any(same)
    }

    /// Whether nearly all of its people stand on the other sheet, and it tells nothing of them that is not told there: no
    /// end, no review.
    fn repeats(&self, other: &Says) -> bool {
        let found = |person: &&u64| other.people.contains_key(person) || other.names.contains(person);
        let repeated = self.people.keys().filter(found).count();
        let is_sure = self.has_numbers || self.people.len() >= NAMES_MIN;
        // Whoever ended on a hidden copy and stands on the list no more left it long ago.
        let is_old = self.hidden && !other.hidden;
        let is_told = |(person, status): (&u64, &Status)| match other.people.get(person) {
            Some(there) => *status == Status::Active || there == status,
            None => *status == Status::Active || is_old,
        };
        is_sure
            && repeated * 100 >= self.people.len() * REPEATED_MIN_PERCENT
            && self.people.iter().all(is_told)
            && self.tells.iter().zip(other.tells).all(|(own, there)| !own || there)
    }

    /// By what one of two sheets that repeat each other is the list: it is shown, its name says nothing against it, it is
    /// the fuller one, it stands first.
    fn rank(&self) -> impl Ord {
        (!self.hidden, !self.stale, self.people.len(), std::cmp::Reverse(self.at))
    }
}

/// The places of the sheets that repeat others.
pub fn repeated(sheets: &[Says]) -> Vec<usize> {
    // The least first, so that what they repeat is still there.
    let mut order: Vec<&Says> = sheets.iter().filter(|says| !says.people.is_empty()).collect();
    order.sort_by_key(|says| says.rank());
    order.sort_by_key(|says| says.people.len());
    let mut gone: Vec<usize> = Vec::new();
    for says in &order {
        let is_repeated_by = |other: &&&Says| {
            other.at != says.at
                && !gone.contains(&other.at)
                && says.repeats(other)
                && (says.rank() < other.rank() || !other.repeats(says))
        };
        if order.iter().find(is_repeated_by).is_some() {
            gone.push(says.at);
        }
    }
    gone
}

impl Sink for Says {
    fn known(&mut self, _: List, _: Area, _: u64) -> bool {
        false
    }

    fn sheet(&mut self, head: &SheetHead) {
        self.of.push((head.list, head.area));
    }

    fn line(&mut self, line: Line) {
        let Some(record) = line.record else { return };
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let key = |what: &dyn Fn(&mut Xxh3)| {
            let mut hasher = Xxh3::new();
            (line.list, line.area).hash(&mut hasher);
            what(&mut hasher);
            hasher.finish()
        };
        let by_name = key(&|hasher| name::fold(&record.name).hash(hasher));
        let number = record.id_number.as_ref().filter(|number| !number.is_damaged());
        let person = number.map_or(by_name, |number| key(&|hasher| number.canonical().hash(hasher)));
        self.has_numbers |= number.is_some();
        self.names.insert(by_name);
        let stands = self.people.entry(person).or_insert(record.status);
        if record.status != Status::Active {
            *stands = record.status;
        }
        self.tells.iter_mut().zip(tells(&record)).for_each(|(told, tells)| *told |= tells);
    }

    fn refused(&mut self, _: Refusal) {}

    fn total(&mut self, _: Total) {}
}

fn tells(record: &Record) -> Tells {
    let Record { died, ended, moved_in, moved_from, moved_out, moved_to, since, reviewed, seen, .. } = record;
    let dates = [died, ended, moved_in, moved_out, since, reviewed, seen].map(Option::is_some);
    let places = [moved_from, moved_to].map(Option::is_some);
    let aid = [record.class.is_some(), record.aid.is_some(), record.flow.is_some()];
    let cover = [record.contact, record.doctor, record.green].map(|told| told.is_some());
    let mut all = dates.into_iter().chain(places).chain(aid).chain(cover);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}
