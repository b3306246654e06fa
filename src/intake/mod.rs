//! Intake: from any file or database that an office has to cleaned lines.
//!
//! A file goes through `container` (what is it really, is it safe, what are its rows), `recognise` (where is the header,
//! which list is it, what are its columns, in the words of `vocabulary`), `sheet` (line by line) and `clean` (cell by
//! cell). `labels` reads what titles and names say of all lines; where several people stand on one row, `people` parts them.
//! `diff` pairs changed lines with those held, `watch` says when to look. `database` does for databases of other programs
//! what `container` does for files.
//!
//! *Architecture invariants:* nothing that is on the drop-list, or in no field of [`Record`](crate::domain::Record),
//! leaves this module. A bad cell costs itself, a bad line itself, a bad sheet itself; a file that cannot be read gives
//! an [`Unreadable`] with a code. Text files and new workbooks are streamed.

mod clean;
mod container;
mod database;
pub mod diff;
mod labels;
mod notes;
mod people;
mod recognise;
mod report;
mod sheet;
mod vocabulary;
pub mod watch;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

pub use crate::settings::Limits;
pub use clean::number::id_number_of;
pub use container::errand::{ANSWER_MAX, Errand, unanswered};
pub use container::feed::{Feed, Kind};
pub use database::{DatabaseSource, read_database};
pub use labels::named::tells_of_ends;
pub use labels::part::{Part, PartWords};
pub use labels::places::Places;
pub use labels::stated::month_of_file;
pub use notes::shown_file;
pub use report::{
    Container, FileReport, Line, Refusal, RefusalCode, SheetHead, Sink, Total, Unreadable, UnreadableCode,
};
pub use vocabulary::{Vocabulary, areas_called};

use crate::domain::{Area, Date, List};

use container::{delimited, encoding, markup, workbook};
use recognise::Support;
use sheet::{Origin, Outcome, sheets};
use vocabulary::fold::fold_word;

/// What a file is read under.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub vocabulary: &'a Vocabulary,
    /// What the areas are called.
    pub places: &'a Places,
    pub limits: &'a Limits,
    pub node_area: Area,
    /// Forced by the source's settings.
    pub list: Option<List>,
    /// Forced by the source's settings: what the lines say of their area is then not read.
    pub area: Option<Area>,
    /// Relative to the watched folder, with `/`.
    pub rel_path: &'a str,
    /// The day on which the file was saved, where that is known; else today.
    pub saved: Date,
    pub today: Date,
}

/// Opens one file and reads it: see [`read_feed`].
pub fn read_file(path: &Path, context: &Context<'_>, sink: &mut dyn Sink) -> Result<FileReport, Unreadable> {
    read_feed(Feed::open(path, Arc::default())?, path, context, sink)
}

/// Reads one open file into `sink`. What was given to the sink before an error stands; the caller discards it.
///
/// Never panics: the library for workbooks does on some damaged ones, and a mistake of ours that one file shows must not
/// keep the others from being read.
pub fn read_feed(
    feed: Feed,
    path: &Path,
    context: &Context<'_>,
    sink: &mut dyn Sink,
) -> Result<FileReport, Unreadable> {
    let errand = feed.errand();
    let read = unbroken(|| read(feed, path, context, sink));
    // A library that reads workbooks calls a file damaged that only did not answer.
    errand.failure().map_or(read, Err)
}

/// What reading comes to, also where it panics.
fn unbroken(read: impl FnOnce() -> Result<FileReport, Unreadable>) -> Result<FileReport, Unreadable> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(Unreadable::broken("reading it broke off")))
}

fn read(mut file: Feed, path: &Path, context: &Context<'_>, sink: &mut dyn Sink) -> Result<FileReport, Unreadable> {
    container::check(path, &file, context.limits)?;
    let report = match container::recognise(&mut file, context.limits)? {
        Container::Text => read_text(file, context, sink),
        Container::Sqlite => {
            Err(Unreadable::new(UnreadableCode::UnsupportedFormat, "a database is read as a source of its own"))
        }
        container @ (Container::Html | Container::SpreadsheetXml) => read_markup(file, container, context, sink),
        container => read_workbook(file, container, context, sink),
    };
    report.map(|report| told(report, context, sink))
}

/// Tells what was read of the whole file and not understood.
fn told(mut report: FileReport, context: &Context<'_>, sink: &mut dyn Sink) -> FileReport {
    report.notes.tell(&|c| context.vocabulary.is_of_the_trade(c), sink);
    report
}

fn read_text(mut file: Feed, context: &Context<'_>, sink: &mut dyn Sink) -> Result<FileReport, Unreadable> {
    let encoding = encoding::encoding_of(&mut file)?;
    let mut rows = delimited::Delimited::new(file, encoding, context.limits)?;
    let mut report = FileReport::new(Container::Text, Some(encoding.name()));
    let outcome = sheet::read(&mut rows, &origin(None, context), context, sink, &mut report)?;
    whole(outcome).map_or(Ok(report), Err)
}

fn origin<'a>(name: Option<&'a str>, context: &Context<'a>) -> Origin<'a> {
    let mut names: Vec<String> = name.into_iter().map(fold_word).collect();
    names.push(fold_word(context.rel_path));
    Origin { name, hidden: false, support: Support { names } }
}

/// Why a file of one sheet could not be read.
fn whole(outcome: Outcome) -> Option<Unreadable> {
    match outcome {
        Outcome::Read(_) => None,
        Outcome::Empty => Some(Unreadable::new(UnreadableCode::Empty, "no filled cell in it")),
        Outcome::NoHeader => Some(Unreadable::new(UnreadableCode::NotARoster, "no header among the first rows")),
        Outcome::Card => {
            Some(Unreadable::new(UnreadableCode::NotARoster, "one person's card, or people in columns and not in rows"))
        }
        Outcome::Headless => {
            Some(Unreadable::new(UnreadableCode::NotARoster, "people, and no header that says what the columns are"))
        }
        Outcome::OtherRoster => {
            Some(Unreadable::new(UnreadableCode::OtherRoster, "called by the name of another office's roster"))
        }
        Outcome::OwnSheet => Some(Unreadable::new(UnreadableCode::OwnSheet, "a sheet of findings that rosterd wrote")),
        Outcome::Template => {
            Some(Unreadable::new(UnreadableCode::Template, "called a template, and nobody in it who is not invented"))
        }
        Outcome::DoubtfulDeaths => {
            Some(Unreadable::new(UnreadableCode::DoubtfulDeaths, "called a list of people who may not have died"))
        }
        Outcome::NoList => {
            Some(Unreadable::new(UnreadableCode::NoListRecognised, "a header, but of no list we can tell"))
        }
    }
}

fn read_markup(
    mut file: Feed,
    container: Container,
    context: &Context<'_>,
    sink: &mut dyn Sink,
) -> Result<FileReport, Unreadable> {
    let mut head = [0; 1_024];
    let length = container::read_up_to(&mut file, &mut head)?;
    let declared = markup::declared_encoding(&head[..length]);
    let (text, encoding) = delimited::decode_whole(&mut file, declared, context.limits.markup_bytes_max)?;
    let held = match container {
        Container::Html => markup::html(&text, context.limits)?,
        _ => markup::spreadsheet_xml(&text, context.limits)?,
    };
    drop(text);
    let sheets: Vec<_> = held.iter().map(|sheet| (sheet.name.clone(), false)).collect();
    let mut report = FileReport::new(container, Some(encoding.name()));
    sheets::read(&sheets, context, sink, &mut report, |at, read| read(&mut held[at].rows()))?;
    Ok(report)
}

fn read_workbook(
    file: Feed,
    container: Container,
    context: &Context<'_>,
    sink: &mut dyn Sink,
) -> Result<FileReport, Unreadable> {
    let mut book = workbook::Workbook::open(file, container)?;
    let names = book.sheets();
    let sheets: Vec<_> = names.iter().map(|(name, hidden)| (Some(name.clone()), *hidden)).collect();
    let mut report = FileReport::new(container, None);
    sheets::read(&sheets, context, sink, &mut report, |at, read| {
        book.with_rows(&names[at].0, context.limits, |rows| read(rows))
    })?;
    Ok(report)
}
