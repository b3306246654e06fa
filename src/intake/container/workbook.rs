//! Workbooks by calamine: sheet after sheet, each as a stream of rows.
//!
//! New workbooks (xlsx, xlsb) stream their cells; old ones (xls) and ods are read into memory by the library, so their
//! size is limited before.

use calamine::{Data, DataRef, Ods, Range, Reader as _, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use crate::domain::PartialDate;

use super::delimited::cap;
use super::feed::Feed;
use super::row::{Row, Rows};
use crate::intake::Limits;
use crate::intake::report::{Container, Unreadable, UnreadableCode};
use crate::intake::sheet::merged::Merged;

/// A larger new workbook comes from a program, which merges nothing; to look for merged cells takes a look at all others.
const MERGED_BYTES_MAX: u64 = 2 << 20;

/// An open workbook.
pub enum Workbook {
    /// Whether it may have merged cells.
    Xlsx(Box<Xlsx<Feed>>, bool),
    Xlsb(Box<Xlsb<Feed>>),
    Xls(Box<Xls<Feed>>),
    Ods(Box<Ods<Feed>>),
}

fn broken(password: bool, error: &dyn std::fmt::Display) -> Unreadable {
    if password {
        Unreadable::new(UnreadableCode::Encrypted, "the workbook asks for a password")
    } else {
        Unreadable::new(UnreadableCode::Truncated, format!("the workbook cannot be opened: {error}"))
    }
}

impl Workbook {
    pub fn open(file: Feed, container: Container) -> Result<Workbook, Unreadable> {
        let by_hand = file.kind().bytes <= MERGED_BYTES_MAX;
        Ok(match container {
            Container::Xlsb => Workbook::Xlsb(Box::new(
                Xlsb::new(file).map_err(|e| broken(matches!(e, calamine::XlsbError::Password), &e))?,
            )),
            Container::Xls => Workbook::Xls(Box::new(
                Xls::new(file).map_err(|e| broken(matches!(e, calamine::XlsError::Password), &e))?,
            )),
            Container::Ods => Workbook::Ods(Box::new(
                Ods::new(file).map_err(|e| broken(matches!(e, calamine::OdsError::Password), &e))?,
            )),
            _ => {
                let book = Xlsx::new(file).map_err(|e| broken(matches!(e, calamine::XlsxError::Password), &e))?;
                Workbook::Xlsx(Box::new(book), by_hand)
            }
        })
    }

    /// The worksheets, and whether each is hidden: hidden ones are still data (DOMAIN.md 6 row 13).
    pub fn sheets(&self) -> Vec<(String, bool)> {
        let metadata = match self {
            Workbook::Xlsx(book, _) => book.sheets_metadata(),
            Workbook::Xlsb(book) => book.sheets_metadata(),
            Workbook::Xls(book) => book.sheets_metadata(),
            Workbook::Ods(book) => book.sheets_metadata(),
        };
        let work = metadata.iter().filter(|sheet| matches!(sheet.typ, SheetType::WorkSheet));
        work.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
    }

    /// Hands the rows of one sheet to `read`.
    pub fn with_rows<T>(
        &mut self,
        sheet: &str,
        limits: &Limits,
        read: impl FnOnce(&mut dyn Rows) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        match self {
            Workbook::Xlsx(book, by_hand) => {
                let epoch_1904 = book.has_1904_epoch();
                let merged = by_hand.then(|| book.merge_cells_by_sheet_name(sheet).ok()).flatten().unwrap_or_default();
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| broken(false, &e))?;
                let next = move || -> Result<_, Unreadable> {
                    let cell = cells.next_cell().map_err(|e| broken(false, &e))?;
                    Ok(cell.map(|cell| (cell.get_position(), cell.get_value().clone())))
                };
                read(&mut CellRows::new(next, limits, epoch_1904, Merged::new(merged)))
            }
            Workbook::Xlsb(book) => {
                let epoch_1904 = book.has_1904_epoch();
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| broken(false, &e))?;
                let next = move || -> Result<_, Unreadable> {
                    let cell = cells.next_cell().map_err(|e| broken(false, &e))?;
                    Ok(cell.map(|cell| (cell.get_position(), cell.get_value().clone())))
                };
                read(&mut CellRows::new(next, limits, epoch_1904, Merged::default()))
            }
            Workbook::Xls(book) => {
                let epoch_1904 = book.has_1904_epoch();
                let range = book.worksheet_range(sheet).map_err(|e| broken(false, &e))?;
                let merged = book.merge_cells_by_sheet_name(sheet).unwrap_or_default();
                read(&mut RangeRows::new(range, limits, epoch_1904, Merged::new(merged))?)
            }
            Workbook::Ods(book) => {
                let range = book.worksheet_range(sheet).map_err(|e| broken(false, &e))?;
                read(&mut RangeRows::new(range, limits, false, Merged::default())?)
            }
        }
    }
}

fn too_many(detail: String) -> Unreadable {
    Unreadable::new(UnreadableCode::TooManyCells, detail)
}

/// Cells as they come, gathered into rows.
struct CellRows<'l, F> {
    next: F,
    limits: &'l Limits,
    epoch_1904: bool,
    merged: Merged,
    waiting: Option<(u32, u32, Held)>,
    cells: u64,
    last_row: u32,
    /// The library must not be asked again after its last cell.
    ended: bool,
}

/// A cell of the next row, kept until that row is asked for.
enum Held {
    Text(String),
    Number(f64),
    Date(PartialDate),
    Error,
}

impl<'a, 'l, F> CellRows<'l, F>
where
    F: FnMut() -> Result<Option<((u32, u32), DataRef<'a>)>, Unreadable>,
{
    fn new(next: F, limits: &'l Limits, epoch_1904: bool, merged: Merged) -> Self {
        CellRows { next, limits, epoch_1904, merged, waiting: None, cells: 0, last_row: 0, ended: false }
    }

    /// The next cell that holds something.
    fn pull(&mut self) -> Result<Option<(u32, u32, Held)>, Unreadable> {
        while !self.ended {
            let Some(((row, column), value)) = (self.next)()? else {
                self.ended = true;
                break;
            };
            let held = match value {
                DataRef::Empty | DataRef::DurationIso(_) => continue,
                DataRef::SharedString(text) => text_or_skip(text, self.limits),
                DataRef::String(text) => text_or_skip(&text, self.limits),
                DataRef::Int(value) => Some(Held::Number(value as f64)),
                DataRef::Float(value) => Some(Held::Number(value)),
                DataRef::Bool(value) => Some(Held::Text(truth(value).to_owned())),
                DataRef::DateTime(date) => held_date(&date),
                DataRef::DateTimeIso(text) => iso_date(&text),
                DataRef::Error(_) => Some(Held::Error),
            };
            let Some(held) = held else { continue };
            self.cells += 1;
            if self.cells > self.limits.cells_max {
                return Err(too_many(format!("cells_max is {}", self.limits.cells_max)));
            }
            if column >= self.limits.columns_max {
                return Err(too_many(format!(
                    "a cell in column {}; columns_max is {}",
                    column + 1,
                    self.limits.columns_max
                )));
            }
            return Ok(Some((row, column, held)));
        }
        Ok(None)
    }
}

fn text_or_skip(text: &str, limits: &Limits) -> Option<Held> {
    (!text.is_empty()).then(|| Held::Text(cap(text, limits.cell_chars_max).to_owned()))
}

fn truth(value: bool) -> &'static str {
    if value { "是" } else { "否" }
}

/// The library applies the workbook's epoch to date cells itself.
fn held_date(date: &calamine::ExcelDateTime) -> Option<Held> {
    if date.is_duration() {
        return None;
    }
    // A date format on a number that is no date: 19900506 shown as ####. The number is what was typed.
    if date.as_f64() >= 100_000.0 || date.as_f64() < 1.0 {
        return Some(Held::Number(date.as_f64()));
    }
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    PartialDate::day(year as i16, month as i8, day as i8).map(Held::Date)
}

fn iso_date(text: &str) -> Option<Held> {
    // An instant of UTC may be of the next day here.
    if text.ends_with('Z') {
        return Some(Held::Text(text.to_owned()));
    }
    let day = text.get(..10).unwrap_or(text);
    Some(day.parse::<PartialDate>().map_or_else(|_| Held::Text(text.to_owned()), Held::Date))
}

impl<'a, F> Rows for CellRows<'_, F>
where
    F: FnMut() -> Result<Option<((u32, u32), DataRef<'a>)>, Unreadable>,
{
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        let mut current = match self.waiting.take() {
            Some(cell) => Some(cell),
            None => self.pull()?,
        };
        let Some((number, ..)) = current else { return Ok(false) };
        if number < self.last_row {
            return Err(Unreadable::new(UnreadableCode::Truncated, "the rows of the sheet are out of order"));
        }
        self.last_row = number;
        row.clear(number + 1);
        while let Some((at, column, held)) = current {
            if at != number {
                self.waiting = Some((at, column, held));
                break;
            }
            row.pad(column as usize);
            push_held(row, held);
            current = self.pull()?;
        }
        self.merged.reach(row);
        Ok(true)
    }

    fn typed(&self) -> bool {
        true
    }

    fn epoch_1904(&self) -> bool {
        self.epoch_1904
    }
}

/// A sheet that the library has in memory.
struct RangeRows<'l> {
    range: Range<Data>,
    limits: &'l Limits,
    epoch_1904: bool,
    merged: Merged,
    at: usize,
}

impl<'l> RangeRows<'l> {
    fn new(range: Range<Data>, limits: &'l Limits, epoch_1904: bool, merged: Merged) -> Result<Self, Unreadable> {
        let (height, width) = range.get_size();
        if width > limits.columns_max as usize {
            return Err(too_many(format!("{width} columns; columns_max is {}", limits.columns_max)));
        }
        if (height as u64).saturating_mul(width as u64) > limits.cells_max {
            return Err(too_many(format!("{height} rows of {width} columns; cells_max is {}", limits.cells_max)));
        }
        Ok(RangeRows { range, limits, epoch_1904, merged, at: 0 })
    }
}

impl Rows for RangeRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        let (first_row, first_column) = self.range.start().unwrap_or_default();
        let (height, width) = self.range.get_size();
        if self.at >= height {
            return Ok(false);
        }
        row.clear(first_row + self.at as u32 + 1);
        row.pad(first_column as usize);
        for column in 0..width {
            match self.range.get((self.at, column)).unwrap_or(&Data::Empty) {
                Data::Empty | Data::DurationIso(_) => row.push_empty(),
                Data::String(text) => row.push_text(cap(text, self.limits.cell_chars_max)),
                Data::Int(value) => row.push_number(*value as f64),
                Data::Float(value) => row.push_number(*value),
                Data::Bool(value) => row.push_text(truth(*value)),
                Data::Error(_) => row.push_error(),
                Data::DateTime(date) => push_perhaps(row, held_date(date)),
                Data::DateTimeIso(text) => push_perhaps(row, iso_date(text)),
            }
        }
        self.at += 1;
        self.merged.reach(row);
        Ok(true)
    }

    fn typed(&self) -> bool {
        true
    }

    fn epoch_1904(&self) -> bool {
        self.epoch_1904
    }
}

fn push_held(row: &mut Row, held: Held) {
    match held {
        Held::Text(text) => row.push_text(&text),
        Held::Number(value) => row.push_number(value),
        Held::Date(date) => row.push_date(date),
        Held::Error => row.push_error(),
    }
}

fn push_perhaps(row: &mut Row, held: Option<Held>) {
    match held {
        Some(held) => push_held(row, held),
        None => row.push_empty(),
    }
}
