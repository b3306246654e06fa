//! The mismatch log: one JSON line and one human line for each finding opened, changed, decided or closed.
//!
//! `DIR/data/log/mismatch-YYYY-MM.jsonl` is for programs, `.txt` beside it for people. Lines are only ever appended
//! and are on the disk when [`MismatchLog::append`] returns. Every line carries the number its change has in the
//! store; a line that is there already is not written again, so the store may simply repeat what it is not sure of:
//! after a crash it goes on from [`MismatchLog::written_to`].

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::text::{Text, printable};
use crate::domain::date::office_time;
use crate::domain::{Date, FindingStatus, List, Severity, mask};
use crate::error::{Context, Error, Result};

/// What happened to a finding, or to the node itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Opened,
    Changed,
    Decided,
    Closed,
}

impl Change {
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Opened => "opened",
            Change::Changed => "changed",
            Change::Decided => "decided",
            Change::Closed => "closed",
        }
    }
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// `finding` in the shape of CONTRACT.md, masked; `note` is the decision's.
    Finding { change: Change, finding: Value, by: Option<String>, note: Option<String> },
    /// A catalogue key `alarm-…` without its prefix, and what its sentence takes. `ended` says that it is over.
    Alarm { code: String, params: Map<String, Value>, ended: bool },
}

/// One change with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Rises with every change of one store.
    pub seq: u64,
    /// When it changed, which may be long before there is room to write it down.
    pub at: Timestamp,
    pub subject: Subject,
}

/// No line of ours is longer; more than this without a line's end is not our file.
const LINE_BYTES_MAX: u64 = 1 << 20;

const PREFIX: &str = "mismatch-";

/// No office is closed for longer than this: a longer gap is a clock that leapt.
const LEAP_MONTHS: i64 = 24;

/// The open log of one node.
#[derive(Debug)]
pub struct MismatchLog {
    folder: PathBuf,
    /// Tells one store's numbers from those of a store restored in its place.
    epoch: String,
    keep_months: u32,
    text: Text,
    /// The month the files are open for.
    month: Option<(i16, i8)>,
    machine: Stream,
    human: Stream,
}

fn path_of(folder: &Path, month: (i16, i8), suffix: &str) -> PathBuf {
    folder.join(format!("{PREFIX}{:04}-{:02}.{suffix}", month.0, month.1))
}

/// One of the two files, with the highest number that is safely in it.
#[derive(Debug)]
struct Stream {
    suffix: &'static str,
    file: Option<File>,
    written_to: u64,
    /// How it is brought to the disk, for tests in which that fails.
    sync: fn(&File) -> std::io::Result<()>,
}

impl MismatchLog {
    /// Opens the log in `folder`, making it where it is not there, and repairs a last line that was cut off by a
    /// power failure. `epoch` is the store's; it has no blanks.
    pub fn open(folder: &Path, epoch: &str, keep_months: u32, text: Text) -> Result<MismatchLog> {
        std::fs::create_dir_all(folder).or_say_at("making the log folder", folder)?;
        let mut log = MismatchLog {
            folder: folder.to_owned(),
            epoch: epoch.to_owned(),
            keep_months,
            text,
            month: None,
            machine: Stream { suffix: "jsonl", file: None, written_to: 0, sync: File::sync_data },
            human: Stream { suffix: "txt", file: None, written_to: 0, sync: File::sync_data },
        };
        for stream in [&mut log.machine, &mut log.human] {
            for (_, path) in months(folder, stream.suffix)? {
                let last = repair(&path)?;
                stream.written_to = stream.written_to.max(last.and_then(|line| number(&line, epoch)).unwrap_or(0));
            }
        }
        Ok(log)
    }

    /// Every change up to this number is in both files.
    pub fn written_to(&self) -> u64 {
        self.machine.written_to.min(self.human.written_to)
    }

    /// Appends `lines`, rising in number, each to the month it is of. Lines already written are left out. On the disk when
    /// this returns; after an error the log may be ahead of what it said, never behind.
    pub fn append(&mut self, lines: &[LogLine]) -> Result<()> {
        lines.chunk_by(|one, next| month_of(one) == month_of(next)).try_for_each(|lines| self.append_to_month(lines))
    }

    fn append_to_month(&mut self, lines: &[LogLine]) -> Result<()> {
        self.turn_to(month_of(&lines[0]))?;
        let (mut machine, mut human) = (String::new(), String::new());
        let (mut machine_to, mut human_to) = (self.machine.written_to, self.human.written_to);
        for line in lines {
            if line.seq > machine_to {
                machine.push_str(&self.machine_line(line).to_string());
                machine.push('\n');
                machine_to = line.seq;
            }
            if line.seq > human_to {
                let stamp = office_time(line.at).strftime("%Y-%m-%d %H:%M");
                let said = printable(&mask::numbers_in(&self.human_line(&line.subject)));
                human.push_str(&format!("{stamp} {said} #{}:{}\n", self.epoch, line.seq));
                human_to = line.seq;
            }
        }
        self.machine.write(&machine, machine_to)?;
        self.human.write(&human, human_to)
    }

    fn turn_to(&mut self, month: (i16, i8)) -> Result<()> {
        if self.month == Some(month) && self.is_in_place() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder).or_say_at("making the log folder", &self.folder)?;
        for stream in [&mut self.machine, &mut self.human] {
            let path = path_of(&self.folder, month, stream.suffix);
            let open = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
            stream.file = Some(open.or_say_at("opening the mismatch log", &path)?);
        }
        // The names of new files are safe only when their folder is.
        sync_folder(&self.folder)?;
        self.month = Some(month);
        self.prune()
    }

    /// Whether the open files are still those of their names: what is written to one that somebody took away nobody reads.
    fn is_in_place(&self) -> bool {
        let name = |file: &Metadata| (file.dev(), file.ino());
        let stands = |stream: &Stream, month| {
            let open = stream.file.as_ref()?.metadata().ok()?;
            let there = std::fs::metadata(path_of(&self.folder, month, stream.suffix)).ok()?;
            Some(name(&open) == name(&there))
        };
        self.month.is_some_and(|month| {
            [&self.machine, &self.human].into_iter().all(|stream| stands(stream, month) == Some(true))
        })
    }

    /// Removes months beyond those to keep. What cannot be removed stays, and is tried again next month. A month that is
    /// far from all others is of a clock that leapt: it makes no other old, and no other makes it old.
    fn prune(&self) -> Result<()> {
        let count = |(year, month): (i16, i8)| i64::from(year) * 12 + i64::from(month);
        for stream in [&self.machine, &self.human] {
            let (mut newest, mut later) = (i64::MAX, i64::MAX);
            for (month, path) in months(&self.folder, stream.suffix)?.into_iter().rev() {
                let month = count(month);
                if later - month > LEAP_MONTHS {
                    newest = month;
                }
                later = month;
                if newest - month > i64::from(self.keep_months)
                    && let Err(error) = std::fs::remove_file(&path)
                {
                    tracing::warn!(%error, path = %path.display(), "an old mismatch log could not be removed");
                }
            }
        }
        Ok(())
    }

    fn machine_line(&self, line: &LogLine) -> Value {
        let mut row = match &line.subject {
            Subject::Finding { change, finding, by, note } => {
                json!({"change": change.as_str(), "finding": finding, "by": by, "note": note})
            }
            Subject::Alarm { code, params, ended } => json!({
                "change": if *ended { "alarm-ended" } else { "alarm" },
                "alarm": code, "params": params, "text": self.text.say_json(&format!("alarm-{code}"), params),
                "hint": (!*ended).then(|| self.text.alarm_hint(code, params)),
            }),
        };
        mask_in(&mut row);
        // What tells whose line it is comes unmasked: an epoch may have as many digits as a number.
        let head = json!({"when": line.at.to_string(), "epoch": self.epoch, "seq": line.seq});
        if let (Value::Object(row), Value::Object(head)) = (&mut row, head) {
            row.retain(|_, value| !value.is_null());
            row.extend(head);
        }
        row
    }

    fn human_line(&self, subject: &Subject) -> String {
        let text = &self.text;
        match subject {
            Subject::Alarm { code, params, ended } => {
                let said = text.say_json(&format!("alarm-{code}"), params);
                let more = if *ended { text.say("alarm-ended") } else { text.alarm_hint(code, params) };
                let mark = if *ended { "" } else { "! " };
                format!("{mark}{said}{}", text.in_brackets(&more))
            }
            Subject::Finding { change, finding, by, note } => {
                let field = |name: &str| finding[name].as_str().unwrap_or("");
                let severity = Severity::parse(field("severity")).map(|severity| text.severity(severity));
                let mut out =
                    format!("{} [{}] ", text.say(&format!("log-{}", change.as_str())), severity.unwrap_or_default());
                out.push_str(&text.rule(field("rule")));
                if *change == Change::Decided
                    && let Some(status) = FindingStatus::parse(field("status"))
                {
                    out.push_str(&format!(" → {}", text.finding_status(status)));
                }
                out.push_str(text.colon());
                out.push_str(field("text"));
                out.push_str(&self.whose(&finding["entries"][0]));
                if let Some(why) = finding["withdrawn"]["text"].as_str() {
                    out.push_str(&text.say_with("log-withdrawn", &[("why", &why)]));
                }
                if let Some(due) = finding["due"].as_str() {
                    out.push_str(&text.say_with("log-due", &[("due", &text.date(due))]));
                }
                if let Some(by) = by {
                    out.push_str(&format!(" [{by}]"));
                }
                if let Some(note) = note {
                    out.push_str(&text.say_with("log-note", &[("note", note)]));
                }
                out.push(' ');
                out.push_str(field("id"));
                out
            }
        }
    }

    /// `（王**，低保名册 dibao.xls:12）`: whose line to open first.
    fn whose(&self, entry: &Value) -> String {
        let name = entry["name"].as_str().unwrap_or("");
        let list = entry["list"].as_str().and_then(List::parse);
        match (name, place(&entry["source"])) {
            ("", None) => String::new(),
            (name, place) => {
                let list = [Some(self.text.list(list)), place].into_iter().flatten().collect::<Vec<_>>().join(" ");
                self.text.in_brackets(&[name, &list].join(self.text.pause()))
            }
        }
    }
}

/// Masks every number in the texts of `value`.
fn mask_in(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask::numbers_in(text),
        Value::Array(values) => values.iter_mut().for_each(mask_in),
        Value::Object(fields) => fields.values_mut().for_each(mask_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn month_of(line: &LogLine) -> (i16, i8) {
    let local = office_time(line.at);
    (local.year(), local.month())
}

/// `file:row` of an entry's source, with the sheet where there is one.
fn place(source: &Value) -> Option<String> {
    let file = source["file"].as_str()?;
    let sheet = source["sheet"].as_str().filter(|sheet| !sheet.is_empty());
    let row = source["row"].as_u64().map(|row| format!(":{row}")).unwrap_or_default();
    Some(match sheet {
        Some(sheet) => format!("{file}[{sheet}]{row}"),
        None => format!("{file}{row}"),
    })
}

impl Stream {
    fn write(&mut self, lines: &str, to: u64) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let file = self.file.as_mut().expect("turn_to opened both files of the month");
        let before = file.metadata().or_say("writing the mismatch log")?.len();
        let written = file.write_all(lines.as_bytes()).or_say("writing the mismatch log");
        let kept = written.and_then(|()| (self.sync)(file).or_say("writing the mismatch log to disk"));
        if kept.is_err() {
            // They are written again: half a line would spoil the one behind it, and whole ones would stand there twice.
            // Where even this fails, the next start mends it.
            let _ = file.set_len(before);
        }
        kept.map(|()| self.written_to = to)
    }
}

/// The log's files of one kind, the oldest month first. Other files in the folder are not ours.
fn months(folder: &Path, suffix: &str) -> Result<Vec<((i16, i8), PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).or_say_at("reading the log folder", folder)? {
        let entry = entry.or_say_at("reading the log folder", folder)?;
        let name = entry.file_name();
        let month = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|name| name.strip_suffix(suffix));
        let month = month.and_then(|name| name.strip_suffix('.')).and_then(|month| format!("{month}-01").parse().ok());
        if let Some(first) = month {
            let first: Date = first;
            found.push(((first.year(), first.month()), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Cuts off a last line without end; gives the last whole line.
fn repair(path: &Path) -> Result<Option<String>> {
    let say = |error: std::io::Error| Error::new("repairing the mismatch log").at(path).because(error);
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(say)?;
    let length = file.metadata().map_err(say)?.len();
    let from = length.saturating_sub(2 * LINE_BYTES_MAX);
    file.seek(SeekFrom::Start(from)).map_err(say)?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).map_err(say)?;
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < end.len() {
        file.set_len(from + whole as u64).map_err(say)?;
        file.sync_data().map_err(say)?;
    }
    let last = end[..whole].split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    Ok(last.map(|line| String::from_utf8_lossy(line).into_owned()))
}

/// The number a line carries, `None` where it is another store's.
fn number(line: &str, epoch: &str) -> Option<u64> {
    if let Ok(row) = serde_json::from_str::<Value>(line) {
        return row["seq"].as_u64().filter(|_| row["epoch"] == epoch);
    }
    let (_, mark) = line.rsplit_once(" #")?;
    let (whose, seq) = mark.rsplit_once(':')?;
    seq.parse().ok().filter(|_| whose == epoch)
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).or_say_at("writing the log folder to disk", folder)
}

#[cfg(test)]
mod tests;
