//! A database of another program as a source: opened read-only, for a short time, and never waited for long. It is asked by
//! a thread of its own: see [`Errand`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::Limits;
use super::report::{Container, FileReport, Sink, Unreadable, UnreadableCode};
use super::sheet;
use super::{Context, origin, told, unbroken, whole};
use crate::intake::container::errand::Errand;
use crate::intake::container::row::{Row, Rows};

/// How long to wait for the program that owns the database; then we come back later.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// Virtual machine steps between two looks at the clock.
const STEPS_PER_LOOK: i32 = 100_000;
/// Rows given at once, and how often so many may wait to be read.
const ROWS_AT_ONCE: usize = 256;
const WAITING_MAX: usize = 2;
/// Integers a double holds exactly are numbers like any others; longer ones are citizen numbers and codes.
const NUMBER_MAX: i64 = 10_000_000_000_000;

/// What to read of a SQLite file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSource {
    pub path: PathBuf,
    /// A SELECT; its column names are the header.
    #[serde(default)]
    pub query: Option<String>,
    /// Read whole where there is no query. Needed unless the file has one table only.
    #[serde(default)]
    pub table: Option<String>,
}

impl DatabaseSource {
    /// Changes whenever the file, or the log beside it, was written.
    pub fn stamp(&self) -> Result<u64, Unreadable> {
        let mut bytes = Vec::new();
        for path in [self.path.clone(), beside(&self.path, "-wal")] {
            let meta = match std::fs::metadata(&path) {
                Ok(meta) => meta,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && path != self.path => continue,
                Err(error) => return Err(error.into()),
            };
            let modified = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            bytes.extend(meta.len().to_le_bytes());
            bytes.extend(modified.as_nanos().to_le_bytes());
        }
        Ok(xxh3_64(&bytes))
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Reads one database source into `sink`. Never panics: see [`super::read_feed`].
pub fn read_database(
    source: &DatabaseSource,
    context: &Context<'_>,
    errand: Arc<Errand>,
    sink: &mut dyn Sink,
) -> Result<FileReport, Unreadable> {
    let (give, given) = sync_channel(WAITING_MAX);
    let (asked, limits, sent) = (source.clone(), context.limits.clone(), errand.clone());
    std::thread::Builder::new().name("query".to_owned()).spawn(move || {
        let answer = ask(&asked, &limits, &sent, &give);
        // Whoever does not want it any more says so by going.
        let _ = give.send(answer.map(|()| Given::End));
    })?;
    let read = unbroken(|| {
        let mut answer = Answer::new(&errand, &given, context.limits)?;
        let mut report = FileReport::new(Container::Sqlite, None);
        let table = answer.table.take();
        let outcome = sheet::read(&mut answer, &origin(table.as_deref(), context), context, sink, &mut report)?;
        whole(outcome).map_or_else(|| Ok(told(report, context, sink)), Err)
    });
    errand.failure().map_or(read, Err)
}

/// What the thread that asks gives, in this order.
enum Given {
    /// The name of the table, where one is read, and of the columns.
    Head(Option<String>, Vec<String>),
    Rows(Vec<Row>),
    End,
}

type Answered = Result<Given, Unreadable>;

/// Asks the database, and gives its rows until nobody takes them.
fn ask(
    source: &DatabaseSource,
    limits: &Limits,
    errand: &Arc<Errand>,
    give: &SyncSender<Answered>,
) -> Result<(), Unreadable> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // SQLite would call a missing file 'unable to open', which may pass; this one may not.
    std::fs::metadata(&source.path)?;
    let mut connection = Connection::open_with_flags(&source.path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_WAIT).map_err(failed)?;
    let until = Instant::now() + Duration::from_secs(limits.database_secs_max);
    let alive = errand.clone();
    let look = move || {
        alive.goes_on();
        Instant::now() > until
    };
    connection.progress_handler(STEPS_PER_LOOK, Some(look)).map_err(failed)?;
    let (table, query) = question(source, &connection)?;
    let mut statement = connection.prepare(&query).map_err(failed)?;
    if !statement.readonly() {
        return Err(Unreadable::new(UnreadableCode::Database, "the query would write"));
    }
    let header: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let width = header.len();
    let mut answer = statement.query([]).map_err(failed)?;
    let mut next = Given::Head(table, header);
    let mut number = 0;
    while give.send(Ok(next)).is_ok() {
        errand.goes_on();
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        while rows.len() < ROWS_AT_ONCE
            && let Some(values) = answer.next().map_err(failed)?
        {
            number += 1;
            rows.push(row_of(values, number, width, limits)?);
        }
        if rows.is_empty() {
            break;
        }
        next = Given::Rows(rows);
    }
    Ok(())
}

fn row_of(values: &rusqlite::Row, number: u32, width: usize, limits: &Limits) -> Result<Row, Unreadable> {
    let mut row = Row::default();
    row.clear(number);
    for column in 0..width {
        match values.get_ref(column).map_err(failed)? {
            ValueRef::Null | ValueRef::Blob(_) => row.push_empty(),
            ValueRef::Integer(value) if value.abs() < NUMBER_MAX => row.push_number(value as f64),
            ValueRef::Integer(value) => row.push_text(&value.to_string()),
            ValueRef::Real(value) => row.push_number(value),
            ValueRef::Text(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                row.push_text(crate::intake::container::delimited::cap(&text, limits.cell_chars_max));
            }
        }
    }
    Ok(row)
}

/// The table's name, where one is read, and the query.
fn question(source: &DatabaseSource, connection: &Connection) -> Result<(Option<String>, String), Unreadable> {
    if let Some(query) = &source.query {
        return Ok((source.table.clone(), query.clone()));
    }
    let table = match &source.table {
        Some(table) => table.clone(),
        None => {
            let list = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'";
            let mut statement = connection.prepare(list).map_err(failed)?;
            let names =
                statement.query_map([], |row| row.get::<_, String>(0)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            match names.map_err(failed)?.as_slice() {
                [only] => only.clone(),
                names => {
                    let detail = format!("{} tables in it; the source must name one, or a query", names.len());
                    return Err(Unreadable::new(UnreadableCode::Database, detail));
                }
            }
        }
    };
    let query = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
    Ok((Some(table), query))
}

fn failed(error: rusqlite::Error) -> Unreadable {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Unreadable::new(UnreadableCode::DatabaseBusy, "another program is writing to it").transient()
        }
        Some(ErrorCode::OperationInterrupted) => {
            Unreadable::new(UnreadableCode::DatabaseBusy, "reading took longer than database_secs_max").transient()
        }
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
            Unreadable::new(UnreadableCode::Io, error.to_string()).transient()
        }
        Some(ErrorCode::NotADatabase) => {
            Unreadable::new(UnreadableCode::Encrypted, "not a database, or an encrypted one")
        }
        _ => Unreadable::new(UnreadableCode::Database, error.to_string()),
    }
}

/// The rows of a query as they come, its column names before them as row 0.
struct Answer<'a> {
    errand: &'a Errand,
    given: &'a Receiver<Answered>,
    table: Option<String>,
    header: Option<Vec<String>>,
    width: usize,
    rows: std::vec::IntoIter<Row>,
    is_over: bool,
    cells: u64,
    limits: &'a Limits,
}

impl<'a> Answer<'a> {
    fn new(errand: &'a Errand, given: &'a Receiver<Answered>, limits: &'a Limits) -> Result<Answer<'a>, Unreadable> {
        let Given::Head(table, header) = errand.wait(given)?? else {
            return Err(Unreadable::broken("rows without a head"));
        };
        let (width, rows) = (header.len(), Vec::new().into_iter());
        Ok(Answer { errand, given, table, header: Some(header), width, rows, is_over: false, cells: 0, limits })
    }
}

impl Rows for Answer<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        if let Some(header) = self.header.take() {
            row.clear(0);
            header.iter().for_each(|name| row.push_text(name));
            return Ok(true);
        }
        if self.rows.len() == 0 && !self.is_over {
            match self.errand.wait(self.given)?? {
                Given::Rows(rows) => self.rows = rows.into_iter(),
                Given::Head(..) | Given::End => self.is_over = true,
            }
        }
        let Some(next) = self.rows.next() else { return Ok(false) };
        self.cells += self.width as u64;
        if self.cells > self.limits.cells_max {
            return Err(Unreadable::new(
                UnreadableCode::TooManyCells,
                format!("cells_max is {}", self.limits.cells_max),
            ));
        }
        *row = next;
        Ok(true)
    }

    fn typed(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::gathered::gather_from;
    use super::*;

    fn office(dir: &Path) -> DatabaseSource {
        let path = dir.join("公卫.db");
        let database = Connection::open(&path).unwrap();
        database
            .execute_batch(
                "CREATE TABLE 健康档案(健康档案编号 TEXT, 姓名 TEXT, 身份证号 INTEGER, 出生日期 TEXT, 建档日期 TEXT, 档案状态 TEXT, 末次月经 TEXT);
                 INSERT INTO 健康档案 VALUES('51990100120000001', '廖莺', 519901197608010027, '1976-08-01', '20150419', '正常', 'x');
                 INSERT INTO 健康档案 VALUES('51990100120000002', '王云凡', NULL, NULL, '2015-04-20', '死亡', NULL);
                 CREATE TABLE other(x);",
            )
            .unwrap();
        DatabaseSource { path, query: None, table: Some("健康档案".into()) }
    }

    #[test]
    fn a_table_is_read_with_its_whole_numbers_and_without_its_dropped_columns() {
        let dir = tempfile::tempdir().unwrap();
        let source = office(dir.path());
        let (result, sink) =
            gather_from("519901001200", |context, sink| read_database(&source, context, Arc::default(), sink));
        let report = result.unwrap();
        assert_eq!((report.lines, report.dropped_columns, report.refused), (2, 1, 0));
        let records = sink.records();
        assert_eq!(records[0].id_number.as_ref().unwrap().state(), crate::domain::IdState::Valid);
        assert_eq!(sink.lines[1].row, 2);
        assert_eq!(records[1].status, crate::domain::Status::Deceased);
    }

    #[test]
    fn what_cannot_be_asked_is_an_error_with_a_code() {
        let dir = tempfile::tempdir().unwrap();
        let source = office(dir.path());
        let code = |source: &DatabaseSource| {
            gather_from("519901001200", |context, sink| read_database(source, context, Arc::default(), sink))
                .0
                .map_err(|error| (error.code, error.transient))
        };
        assert_eq!(code(&DatabaseSource { table: None, ..source.clone() }), Err((UnreadableCode::Database, false)));
        let writing = DatabaseSource { query: Some("DELETE FROM other".into()), ..source.clone() };
        assert_eq!(code(&writing), Err((UnreadableCode::Database, false)));
        let writer = Connection::open(&source.path).unwrap();
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_eq!(code(&source), Err((UnreadableCode::DatabaseBusy, true)));
    }

    #[test]
    fn a_write_changes_the_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let source = office(dir.path());
        let before = source.stamp().unwrap();
        assert_eq!(source.stamp().unwrap(), before);
        let blob = "CREATE TABLE more(x); INSERT INTO more VALUES(zeroblob(100000))";
        Connection::open(&source.path).unwrap().execute_batch(blob).unwrap();
        assert_ne!(source.stamp().unwrap(), before);
    }

    #[test]
    fn a_mistake_of_ours_that_a_database_shows_is_told_and_passes() {
        struct Failing;
        impl Sink for Failing {
            fn line(&mut self, _: crate::intake::Line) {
                panic!("as by a mistake of ours");
            }
            fn refused(&mut self, _: crate::intake::Refusal) {}
            fn sheet(&mut self, _: &crate::intake::SheetHead) {}
            fn total(&mut self, _: crate::intake::Total) {}
            fn known(&mut self, _: crate::domain::List, _: crate::domain::Area, _: u64) -> bool {
                false
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let source = office(dir.path());
        let (result, _) =
            gather_from("519901001200", |context, _| read_database(&source, context, Arc::default(), &mut Failing));
        assert_eq!(result.unwrap_err().code, UnreadableCode::Broken);
    }
}
