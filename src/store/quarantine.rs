//! Lines and files that could not be taken. A file's rows are replaced when it is read again; a line of a batch stands in
//! quarantine at both ends until the same thing is taken.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Doing, area};
use super::{View, Writer};
use crate::domain::Area;
use crate::error::Result;

/// A line or a file that could not be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct QuarantineRow {
    pub id: i64,
    pub at: i64,
    pub origin: Area,
    /// Empty for the inbox and for batches, else the name of the configured source.
    pub stream: String,
    pub file: String,
    pub sheet: Option<String>,
    pub row: Option<u32>,
    pub code: String,
    pub detail: String,
}

/// Of a file that is gone only what is missing in a list that still counts: somebody may look for them. Offices below have
/// files of the same name.
const CONCERNS: &str = "thing IS NOT NULL OR (stream, file) NOT IN (SELECT stream, path FROM sources WHERE gone)
                        OR (origin, stream, file) IN (SELECT origin, stream, file FROM snapshots)";

/// Of a file of which nothing counts and nothing waits for a person.
pub(super) const COUNTS_NOWHERE: &str = "(origin, stream, file) NOT IN (SELECT origin, stream, file FROM snapshots)
                          AND (stream, file) NOT IN (SELECT stream, file FROM held WHERE state = 'held')";

/// What a line of a batch is about, as a number: the same when it comes again under another number or with other words.
/// Of a line that does not read, and of a kind that this version does not know, all but its number in the sequence.
pub fn thing_of(line: &str) -> u64 {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else { return xxh3_64(line.as_bytes()) };
    // A page is a part of its list, which is taken or not.
    if fields.get("t").is_some_and(|kind| kind == "page") {
        fields.insert("t".to_owned(), "snapshot".into());
    }
    let names: &[&str] = match fields.get("t").and_then(Value::as_str) {
        Some("entry") => &["t", "uid"],
        Some("snapshot") => &["t", "list", "area", "origin", "stream"],
        Some("decision") => &["t", "kind", "subject", "verdict", "area", "at"],
        Some("attestation") => &["t", "area"],
        Some("gone") => &["t", "area", "key"],
        _ => &[],
    };
    let named: Vec<&Value> = names.iter().map(|name| fields.get(*name).unwrap_or(&Value::Null)).collect();
    if named.is_empty() {
        fields.remove("seq");
        return xxh3_64(Value::Object(fields).to_string().as_bytes());
    }
    let text: Vec<String> = named.into_iter().map(Value::to_string).collect();
    xxh3_64(text.join(" ").as_bytes())
}

impl View<'_> {
    /// What is not taken, but for what was noted of files that are gone and do not count.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        self.conn
            .prepare_cached(&format!(
                "SELECT id, at, origin, stream, file, sheet, row, code, detail FROM quarantine WHERE {CONCERNS}
                 ORDER BY file, stream, sheet, row, id"
            ))
            .and_then(|mut s| {
                s.query_map([], |row| {
                    Ok(QuarantineRow {
                        id: row.get(0)?,
                        at: row.get(1)?,
                        origin: area(row, 2)?,
                        stream: row.get(3)?,
                        file: row.get(4)?,
                        sheet: row.get(5)?,
                        row: row.get(6)?,
                        code: row.get(7)?,
                        detail: row.get(8)?,
                    })
                })?
                .collect()
            })
            .doing("reading the quarantine")
    }

    pub fn quarantine_count(&self) -> Result<u64> {
        self.conn
            .prepare_cached(&format!("SELECT count(*) FROM quarantine WHERE {CONCERNS}"))
            .and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)))
            .map(|n| n as u64)
            .doing("counting the quarantine")
    }

    /// Whether any line of this node's batches waits to be taken.
    pub fn has_refused(&self, origin: Area) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE origin = ?1 AND thing IS NOT NULL)")
            .and_then(|mut s| s.query_row([origin.padded() as i64], |row| row.get(0)))
            .doing("reading the quarantine")
    }
}

impl Writer<'_> {
    /// Takes all that is noted under a code out of the quarantine.
    pub fn forget_code(&self, origin: Area, code: &str) -> Result<()> {
        self.conn
            .execute("DELETE FROM quarantine WHERE origin = ?1 AND code = ?2", (origin.padded() as i64, code))
            .doing("writing the quarantine")?;
        Ok(())
    }

    /// Replaces what a file's last reading put into quarantine.
    pub fn put_quarantine(&self, origin: Area, stream: &str, file: &str, rows: &[QuarantineRow]) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM quarantine WHERE stream = ?1 AND file = ?2 AND origin = ?3")
            .and_then(|mut s| s.execute((stream, file, origin.padded() as i64)))
            .doing("writing the quarantine")?;
        self.add_quarantine(rows)
    }

    /// Takes one thing that was noted of a file out of the quarantine.
    pub fn forget_noted(&self, origin: Area, stream: &str, file: &str, (code, detail): (&str, &str)) -> Result<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE stream = ?1 AND file = ?2 AND origin = ?3 AND code = ?4 AND detail = ?5",
            )
            .and_then(|mut s| s.execute((stream, file, origin.padded() as i64, code, detail)))
            .doing("writing the quarantine")?;
        Ok(())
    }

    /// Forgets what was noted before `cutoff` (Unix milliseconds) of files that were imported from elsewhere and of which
    /// nothing counts: no folder shows that they are gone. Gives how many rows. What has no row among the sources either and
    /// is no import goes under the code `but`.
    pub fn forget_imports(&self, cutoff: i64, but: &str) -> Result<usize> {
        self.conn
            .prepare_cached(&format!(
                "DELETE FROM quarantine WHERE at < ?1 AND code <> ?2 AND thing IS NULL AND {COUNTS_NOWHERE}
                 AND (stream, file) NOT IN (SELECT stream, path FROM sources)"
            ))
            .and_then(|mut s| s.execute((cutoff, but)))
            .doing("writing the quarantine")
    }

    /// Forgets what was only not understood of files that do not count any more, because later ones took their place.
    pub fn forget_notes(&self, origin: Area, code: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE origin = ?1 AND code = ?2
                 AND (stream, file) NOT IN (SELECT stream, file FROM snapshots WHERE origin = ?1)",
            )
            .and_then(|mut s| s.execute((origin.padded() as i64, code)))
            .doing("writing the quarantine")?;
        Ok(())
    }

    pub fn add_quarantine(&self, rows: &[QuarantineRow]) -> Result<()> {
        for row in rows {
            self.conn
                .prepare_cached(
                    "INSERT INTO quarantine (at, origin, stream, file, sheet, row, code, detail)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )
                .and_then(|mut s| {
                    let origin = row.origin.padded() as i64;
                    let (stream, file, sheet) = (&row.stream, &row.file, &row.sheet);
                    s.execute((row.at, origin, stream, file, sheet, row.row, &row.code, &row.detail))
                })
                .doing("writing the quarantine")?;
        }
        Ok(())
    }

    /// Puts a thing that was not taken into quarantine. What was said of it before is past.
    pub fn refuse(&self, thing: u64, row: &QuarantineRow) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO quarantine (at, origin, stream, file, code, detail, thing)
                 VALUES (?1, ?2, '', ?3, ?4, ?5, ?6)",
            )
            .and_then(|mut s| {
                s.execute((row.at, row.origin.padded() as i64, &row.file, &row.code, &row.detail, thing as i64))
            })
            .doing("writing the quarantine")?;
        Ok(())
    }

    /// The thing was taken after all, where it had not been.
    pub fn no_longer_refused(&self, origin: Area, thing: u64) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM quarantine WHERE origin = ?1 AND thing = ?2")
            .and_then(|mut s| s.execute((origin.padded() as i64, thing as i64)))
            .doing("writing the quarantine")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Home, Store};

    #[test]
    fn a_file_of_that_name_of_an_office_below_is_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let own: Area = "519901001".parse().unwrap();
        let below: Area = "519901001201".parse().unwrap();
        let store = Store::open(Home::plain(dir.path()), own).unwrap();
        // What was noted of a file of ours that is gone, and a list that counts, of each office.
        let noted = |lists_of: Area| {
            store
                .write(|writer| {
                    let meddled = format!(
                        "DELETE FROM snapshots; DELETE FROM sources; DELETE FROM quarantine;
                         INSERT INTO snapshots (seq, origin, area, list, stream, file, taken_on, read_at, lines, damaged,
                                                awaits, placement, pages, sum)
                         VALUES (1, {0}, {0}, 1, '', 'a.csv', 20260501, 0, 1, 0, 0, x'', 1, 0);
                         INSERT INTO sources VALUES ('', 'a.csv', 0, 0, NULL, NULL, 'read', '[]', 0, 1);
                         INSERT INTO quarantine (at, origin, stream, file, code, detail)
                         VALUES (0, {1}, '', 'a.csv', 'unknown-state', '');",
                        lists_of.padded(),
                        own.padded()
                    );
                    writer.conn.execute_batch(&meddled).doing("meddling")?;
                    let counts = writer.counts(own, "", "a.csv")?;
                    let shown = writer.quarantine_count()?;
                    writer.conn.execute_batch("UPDATE sources SET gone = 0").doing("meddling")?;
                    Ok((counts, shown, writer.reread_refused(lists_of.padded())?))
                })
                .unwrap()
        };
        assert_eq!(noted(own), (true, 1, 1));
        assert_eq!(noted(below), (false, 0, 0));
    }

    #[test]
    fn a_line_is_about_the_same_thing_whatever_it_says_of_it_and_whenever() {
        let first = r#"{"t":"entry","seq":3,"area":"519901001200","uid":"0000000000001","body":{"name":"王一"}}"#;
        let later = r#"{"t":"entry","seq":9,"area":"519901001200","uid":"0000000000001","removed":"2026-04-01"}"#;
        let other = r#"{"t":"entry","seq":9,"area":"519901001200","uid":"0000000000002"}"#;
        assert_eq!(thing_of(first), thing_of(later));
        assert_ne!(thing_of(first), thing_of(other));
        let of_list = |kind: &str, more: &str| {
            format!(r#"{{"t":"{kind}","seq":3,"area":"519901001200","list":"health","origin":"519901001200"{more}}}"#)
        };
        assert_eq!(thing_of(&of_list("page", r#","nth":0,"last":3"#)), thing_of(&of_list("snapshot", "")));
        let of_tomorrow = |seq: u32| format!(r#"{{"t":"visit","seq":{seq},"area":"519901001200"}}"#);
        assert_eq!(thing_of(&of_tomorrow(1)), thing_of(&of_tomorrow(2)));
        assert_ne!(thing_of("no line"), thing_of("another"));
    }
}
