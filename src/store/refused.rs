//! Lines of a batch that were not taken, in quarantine at both ends until the same thing is.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::Doing;
use super::{QuarantineRow, View, Writer};
use crate::domain::Area;
use crate::error::Result;

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
    /// Whether any line of this node's batches waits to be taken.
    pub fn has_refused(&self, origin: Area) -> Result<bool> {
        self.conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE origin = ?1 AND thing IS NOT NULL)")
            .and_then(|mut s| s.query_row([origin.padded() as i64], |row| row.get(0)))
            .doing("reading the quarantine")
    }
}

impl Writer<'_> {
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
