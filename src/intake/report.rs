//! What reading one file gives: lines, refusals, totals, and a report of the file itself.

use serde::{Deserialize, Serialize};

use crate::domain::{Area, Date, List, Record};

use super::notes::Notes;

/// Where everything read is put, in the order of the file.
pub trait Sink {
    /// Whether an equal line (same text under the same columns) is already held there: then it is not cleaned again.
    fn known(&mut self, list: List, area: Area, raw: u64) -> bool;
    fn sheet(&mut self, sheet: &SheetHead);
    fn line(&mut self, line: Line);
    fn refused(&mut self, refusal: Refusal);
    fn total(&mut self, total: Total);
}

/// What is known of a sheet before its first line. Given again where a second table begins in the same sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetHead {
    /// `None` for files that have no sheets.
    pub sheet: Option<String>,
    /// Hidden sheets are read like others; the clerk may not know that they are there.
    pub hidden: bool,
    pub list: List,
    /// Where its lines belong that do not say otherwise.
    pub area: Area,
    /// The date or month-end written on the sheet or in the file's name.
    pub stated_on: Option<Date>,
    /// Row of the header; 0 for a database, and where only another area begins below a title.
    pub header_row: u32,
    /// Headers that were understood, as written.
    pub recognised: Vec<String>,
    /// Columns never to be kept (DOMAIN.md 5, drop-list). Counted only: even the header is not passed on.
    pub dropped: u32,
    /// Headers that nobody knows, as written.
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub area: Area,
    pub list: List,
    /// As seen in the spreadsheet program, from 1.
    pub row: u32,
    /// Hash of the text under the columns that are kept, together with all that decides how it is read.
    pub raw: u64,
    /// `None` where [`Sink::known`] said yes.
    pub record: Option<Record>,
}

/// A line or sheet that could not be taken, or what of the lines that were taken nobody understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub sheet: Option<String>,
    pub row: Option<u32>,
    pub code: RefusalCode,
    /// Masked; short enough for one line on a screen.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// There is data in the line, and no name.
    NoName,
    /// Several people in one cell, and no one number that says whose line it is, nor who each of them is.
    SeveralNames,
    /// The line's own area lies outside the area of this node.
    AreaOutside,
    /// A sheet with data whose header tells no list.
    NoListRecognised,
    /// A sheet that is called a list of people of whom it is not sure that they died (疑似死亡人员), and of no other list.
    DoubtfulDeaths,
    /// A sheet that is called by the name of another office's roster (党员, 医保), and like none of our lists.
    OtherRoster,
    /// A sheet with a header and with rows below it, none of which is a person's line.
    NoLines,
    /// A sheet that repeats the others (汇总, a copy, a part of their people), or explains them.
    SheetRepeatsOthers,
    /// One of several sheets that are months of the same list, and not the latest.
    OlderMonth,
    /// Columns beside a table that are of somebody else, and of no list we can tell. They are not read.
    TableBeside,
    /// Cells of the line cannot be read as text.
    UnreadableText,
    /// A word in the column of the state that nobody knows. Its lines are taken: as their other columns say, else as active.
    UnknownState,
    /// A code in the column of the area that a spreadsheet cut (5.19901E+11). Its lines are taken without their village.
    AreaDamaged,
    /// A line of several people tells of a death, and not whose it is. They are taken as living.
    WhoseDeath,
    /// A list of support for parents tells of a death, and not whether it is the parent's or the child's for whose sake they
    /// are on it. They are taken as living.
    ParentOrChild,
    /// Heads are named beside the members of their households, each with a number, and have no line of their own. They are
    /// taken for people of the list.
    HeadApart,
    /// A title, or the name of a sheet or file, tells of a death or a move and not of whose: 死亡、迁出人员. The lines under it
    /// are taken as they say themselves, else as active.
    UnclearTitle,
    /// A column that nobody reads tells of deaths, or that people were not paid. Its lines are taken as their other columns say.
    UnreadColumn,
    /// A column of dates of which most cannot be read. Its lines are taken without them.
    UnreadDates,
    /// Words that tell a death or a move, and not clearly whose, or whether. Neither is read from them.
    DoubtfulEnd,
}

impl RefusalCode {
    /// Codes of what was taken all the same, and only not understood.
    pub const NOTES: [RefusalCode; 9] = [
        RefusalCode::UnknownState,
        RefusalCode::AreaDamaged,
        RefusalCode::WhoseDeath,
        RefusalCode::DoubtfulEnd,
        RefusalCode::ParentOrChild,
        RefusalCode::HeadApart,
        RefusalCode::UnclearTitle,
        RefusalCode::UnreadColumn,
        RefusalCode::UnreadDates,
    ];

    pub fn is_note(self) -> bool {
        RefusalCode::NOTES.contains(&self)
    }
}

/// A control total as written, against the lines it stands under (DOMAIN.md 6 row 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub sheet: Option<String>,
    pub row: u32,
    pub area: Area,
    pub list: List,
    pub stated: u64,
    pub counted: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    Text,
    Xlsx,
    Xlsb,
    Xls,
    Ods,
    Html,
    SpreadsheetXml,
    Sqlite,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    pub container: Container,
    /// Of text files: `UTF-8`, `gb18030`, `UTF-16LE`, `UTF-16BE`.
    pub encoding: Option<&'static str>,
    pub sheets: u32,
    pub lines: u64,
    /// Of these, lines that were already held.
    pub known: u64,
    pub refused: u64,
    /// Columns never kept (DOMAIN.md 5), over all sheets.
    pub dropped_columns: u32,
    /// Filled cells of kept columns that could not be read (an impossible date, an unheard-of status).
    pub unread_cells: u64,
    /// Cells that held an error value such as `#REF!`.
    pub error_cells: u64,
    #[serde(skip)]
    pub(super) notes: Notes,
}

impl FileReport {
    pub(super) fn new(container: Container, encoding: Option<&'static str>) -> FileReport {
        FileReport {
            container,
            encoding,
            sheets: 0,
            lines: 0,
            known: 0,
            refused: 0,
            dropped_columns: 0,
            unread_cells: 0,
            error_cells: 0,
            notes: Notes::default(),
        }
    }
}

/// Why a file could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Unreadable {
    pub code: UnreadableCode,
    /// English, without any content of the file.
    pub detail: String,
    /// Whether the same file may be read later without having changed (it is in use, the share is away).
    pub transient: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadableCode {
    Empty,
    /// `~$name.xlsx`: the note a spreadsheet program leaves beside an open file.
    LockFile,
    Encrypted,
    TooLarge,
    ZipBomb,
    TooManyCells,
    /// An archive without its end, a workbook without its sheets: a copy that was cut short.
    Truncated,
    /// A container we know and do not read (.et, .doc, .pdf, pictures).
    UnsupportedFormat,
    UnreadableText,
    NotARoster,
    NoListRecognised,
    /// Called a list of people of whom it is not sure that they died, or of those whom the dead left behind (疑似死亡人员,
    /// 死亡人员家属), and of no other list we can tell.
    DoubtfulDeaths,
    /// Called by the name of another office's roster (党员, 医保), and like none of our lists.
    OtherRoster,
    /// What rosterd itself wrote for people to work through.
    OwnSheet,
    /// Called a template (模板, 样表), and with nobody in it, or a few whom it invents.
    Template,
    DatabaseBusy,
    Database,
    Io,
    /// The program itself failed at it.
    Broken,
}

impl UnreadableCode {
    pub fn as_str(self) -> &'static str {
        match self {
            UnreadableCode::Empty => "empty",
            UnreadableCode::LockFile => "lock-file",
            UnreadableCode::Encrypted => "encrypted",
            UnreadableCode::TooLarge => "too-large",
            UnreadableCode::ZipBomb => "zip-bomb",
            UnreadableCode::TooManyCells => "too-many-cells",
            UnreadableCode::Truncated => "truncated",
            UnreadableCode::UnsupportedFormat => "unsupported-format",
            UnreadableCode::UnreadableText => "unreadable-text",
            UnreadableCode::NotARoster => "not-a-roster",
            UnreadableCode::NoListRecognised => "no-list-recognised",
            UnreadableCode::DoubtfulDeaths => "doubtful-deaths",
            UnreadableCode::OtherRoster => "other-roster",
            UnreadableCode::OwnSheet => "own-sheet",
            UnreadableCode::Template => "template",
            UnreadableCode::DatabaseBusy => "database-busy",
            UnreadableCode::Database => "database",
            UnreadableCode::Io => "io",
            UnreadableCode::Broken => "broken",
        }
    }
}

impl Unreadable {
    pub(super) fn new(code: UnreadableCode, detail: impl Into<String>) -> Unreadable {
        Unreadable { code, detail: detail.into(), transient: false }
    }

    /// The program itself failed at it.
    pub fn broken(detail: &str) -> Unreadable {
        Unreadable::new(UnreadableCode::Broken, detail)
    }

    pub(super) fn transient(self) -> Unreadable {
        Unreadable { transient: true, ..self }
    }
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Unreadable {
        Unreadable::by_io(&error)
    }
}

impl Unreadable {
    pub(super) fn by_io(error: &std::io::Error) -> Unreadable {
        use std::io::ErrorKind;
        // A file that is gone or locked comes back as a change of its own; everything else is worth another look.
        let transient =
            !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData | ErrorKind::UnexpectedEof);
        Unreadable { code: UnreadableCode::Io, detail: error.to_string(), transient }
    }
}
