//! From what the store says changed to the mismatch log. A line is put into the store with its change and taken out
//! when it is on the disk: a crash between the two writes it once all the same.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::office::Office;
use super::present::{Presenter, masked_note};
use crate::crash;
use crate::domain::FindingId;
use crate::error::{Context, Result};
use crate::report::log::{Change, LogLine, MismatchLog, Subject};
use crate::store::{DecisionKind, Transition, Writer};

/// Lines written at once.
const LINES_MAX: usize = 1_000;

pub struct Logbook {
    log: Mutex<MismatchLog>,
}

/// A line as it waits in the store.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// Unix milliseconds.
    at: i64,
    change: String,
    finding: Value,
    by: Option<String>,
    note: Option<String>,
}

impl Logbook {
    pub fn new(log: MismatchLog) -> Logbook {
        Logbook { log: Mutex::new(log) }
    }

    /// Writes what waits to the files.
    pub fn drain(&self, office: &Office) -> Result<()> {
        write_waiting(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner), office)
    }

    /// That an alarm of the node itself began or `ended`, at that moment (Unix milliseconds): its code, and what its sentence
    /// takes. `seq` rises with every line of this store, as the queue's do.
    pub fn alarm(&self, office: &Office, at: i64, alarm: (&str, Map<String, Value>), ended: bool) -> Result<()> {
        // Before the number is taken: a later one in the file would say that this one is there.
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = match next_number(&mut log, office) {
            // A damaged store gives no more numbers, and so none that could come again.
            Err(error) if error.is_damaged() => log.written_to() + 1,
            given => given?,
        };
        let (code, params) = alarm;
        let subject = Subject::Alarm { code: code.to_owned(), params, ended };
        let at = Timestamp::from_millisecond(at).unwrap_or_else(|_| office.now());
        log.append(&[LogLine { seq, at, subject }])
    }
}

fn write_waiting(log: &mut MismatchLog, office: &Office) -> Result<()> {
    loop {
        let waiting = office.store.read(|view| view.queued_log(LINES_MAX))?;
        let Some((last, _)) = waiting.last() else { return Ok(()) };
        let last = *last;
        let lines: Vec<LogLine> = waiting
            .iter()
            .filter_map(|(id, text)| {
                let line: Waiting = serde_json::from_str(text).ok()?;
                let subject = Subject::Finding {
                    change: change(&line.change),
                    finding: line.finding,
                    by: line.by,
                    note: line.note,
                };
                Some(LogLine { seq: *id as u64, at: Timestamp::from_millisecond(line.at).ok()?, subject })
            })
            .collect();
        log.append(&lines)?;
        crash::point("log-written");
        office.store.write(|writer| writer.drop_logged(last))?;
    }
}

/// A number for a line that does not wait. Those that do are written first: they have lower ones, and a file that goes
/// beyond them says that they are there.
fn next_number(log: &mut MismatchLog, office: &Office) -> Result<u64> {
    loop {
        write_waiting(log, office)?;
        let given = office.store.write(|writer| match writer.queued_log(1)?.is_empty() {
            true => writer.skip_log_number().map(Some),
            // Come meanwhile.
            false => Ok(None),
        })?;
        if let Some(number) = given {
            return Ok(number);
        }
    }
}

/// Puts a line for each change beside it, in its transaction.
pub fn queue(writer: &Writer, changes: &[(Transition, FindingId)], office: &Office) -> Result<()> {
    let mut presenter = Presenter::new(writer, office)?;
    for (transition, id) in changes {
        let Some(row) = writer.finding(*id)? else { continue };
        let decision = match transition {
            Transition::Decided => writer.decisions_about(DecisionKind::Finding, &id.to_string())?.into_iter().next(),
            _ => None,
        };
        let waiting = Waiting {
            at: office.now_millis(),
            change: transition.as_str().to_owned(),
            finding: presenter.finding(&row)?,
            by: decision.as_ref().map(|d| d.author.to_string()),
            note: decision.map(|d| masked_note(writer, &row.evidence, &d.note)).transpose()?,
        };
        writer.queue_log(&serde_json::to_string(&waiting).or_say("writing a line of the mismatch log")?)?;
    }
    Ok(())
}

fn change(text: &str) -> Change {
    match text {
        "changed" => Change::Changed,
        "decided" => Change::Decided,
        "closed" => Change::Closed,
        _ => Change::Opened,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::domain::date::office_time;
    use crate::domain::mask;
    use crate::report::text::Text;
    use crate::settings::{Language, Settings};
    use crate::store::{Home, Store};

    /// An office and its logbook, both in `folder`.
    fn office(folder: &Path) -> (Office, Logbook) {
        let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
        let settings = Settings::parse(settings, &folder.join("rosterd.toml")).unwrap();
        let office = Office::new(Store::open(Home::plain(folder), settings.area).unwrap(), settings, None);
        let log = MismatchLog::open(folder, "e1", 36, Text::new(Language::Chinese)).unwrap();
        (office, Logbook::new(log))
    }

    #[test]
    fn a_line_that_waited_is_of_the_day_of_its_change() {
        let folder = tempfile::tempdir().unwrap();
        let (office, logbook) = office(folder.path());
        let march: Timestamp = "2026-03-31T15:59:00Z".parse().unwrap();
        let line = json!({"at": march.as_millisecond(), "change": "opened", "finding": {"id": "f000000000a"}});
        office.store.write(|writer| writer.queue_log(&line.to_string())).unwrap();
        logbook.drain(&office).unwrap();
        let human = std::fs::read_to_string(folder.path().join("mismatch-2026-03.txt")).unwrap();
        assert!(human.starts_with("2026-03-31 23:59 ") && human.lines().count() == 1, "{human}");
        let machine = std::fs::read_to_string(folder.path().join("mismatch-2026-03.jsonl")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&machine).unwrap()["when"], "2026-03-31T15:59:00Z");
    }

    #[test]
    fn a_name_in_a_note_is_masked_however_it_is_written_there_and_in_the_list() {
        for (name, note, want) in [
            ("王　芳", "王芳来过", "王*来过"),
            ("王芳", "王 芳、王　芳来过", "王*、王*来过"),
            ("王國強", "王国强来过", "王**来过"),
            ("王国强", "已问王國強本人", "已问王**本人"),
            ("吉木·子洛", "吉木子洛、吉木・子洛", "吉***、吉***"),
            ("王芳（户主）", "王芳来过", "王*来过"),
            ("John Smith", "JOHN SMITH 来过", "J******** 来过"),
            ("王", "王村", "王村"),
        ] {
            assert_eq!(mask::name_in(note, name), want, "{name}");
        }
    }

    #[test]
    fn an_alarm_goes_ahead_of_no_line_that_waits() {
        let folder = tempfile::tempdir().unwrap();
        let (office, logbook) = office(folder.path());
        let at = office.now_millis();
        let line = json!({"at": at, "change": "decided", "finding": {"id": "f000000000a"}}).to_string();
        office.store.write(|writer| writer.queue_log(&line)).unwrap();
        logbook.alarm(&office, at, ("store-damaged", Map::new()), false).unwrap();
        office.store.write(|writer| writer.queue_log(&line)).unwrap();
        logbook.drain(&office).unwrap();
        let month = office_time(office.now()).strftime("mismatch-%Y-%m.jsonl").to_string();
        let machine = std::fs::read_to_string(folder.path().join(month)).unwrap();
        let written = machine.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["change"].clone());
        assert_eq!(written.collect::<Vec<_>>(), ["decided", "alarm", "decided"]);
    }
}
