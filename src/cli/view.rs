//! Rows of an answer as a person wants to read them. Nothing here reveals what came masked.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::date::{days_between, office_time};
use crate::domain::{Area, Date, List};
use crate::report::text::Text;

/// The text of a row's field, empty where there is none.
pub fn field<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or("")
}

/// A row's number or text, empty where there is none.
pub fn cell(row: &Value, name: &str) -> String {
    match &row[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The area of a row by the name beside it, else by its code.
pub fn area(text: &Text, row: &Value) -> String {
    let code: Option<Area> = field(row, "area").parse().ok();
    match (row["area_name"].as_str(), code) {
        (None, None) => String::new(),
        (name, code) => text.area(name, code),
    }
}

/// Where a finding is to be looked into: of a person as a whole, where the line to look at first stands.
pub fn area_of(text: &Text, finding: &Value) -> String {
    area(text, if finding["area"].is_null() { &finding["entries"][0] } else { finding })
}

/// Where to look first: the line, or the file where a finding is of a list as a whole.
pub fn place_of(finding: &Value) -> String {
    match place(&finding["entries"][0]) {
        none if none.is_empty() => place(finding),
        first => first,
    }
}

/// The sentence of a finding, with the reason where an office above knows better.
pub fn told(text: &Text, finding: &Value) -> String {
    let said = field(finding, "text");
    let withdrawn = &finding["withdrawn"];
    if withdrawn.is_null() {
        return said.to_owned();
    }
    let (by, area, list) = (decider(withdrawn), area(text, withdrawn), list(text, withdrawn));
    let key = if withdrawn["perhaps"] == true { "finding-perhaps-listed" } else { "finding-withdrawn" };
    let why = text.say_with(key, &[("by", &by), ("area", &area), ("list", &list)]);
    format!("{said}{}", text.say_with("log-withdrawn", &[("why", &why)]))
}

/// The office that decided, by its name where that is known.
pub fn decider(decision: &Value) -> &str {
    match field(decision, "by_name") {
        "" => field(decision, "by"),
        name => name,
    }
}

/// The list of a row in words, empty where it has none.
pub fn list(text: &Text, row: &Value) -> String {
    match List::parse(field(row, "list")) {
        Some(list) => text.list(Some(list)),
        None => field(row, "list").to_owned(),
    }
}

/// `dibao.xls[Sheet1]` of a row that names a file, and perhaps a sheet of it.
pub fn file(row: &Value) -> String {
    let file = field(row, "file");
    match row["sheet"].as_str().filter(|sheet| !sheet.is_empty()) {
        Some(sheet) => format!("{file}[{sheet}]"),
        None => file.to_owned(),
    }
}

/// `dibao.xls[Sheet1]:12` of the source of an ENTRY, or of a finding about a list as a whole.
pub fn place(entry: &Value) -> String {
    let source = &entry["source"];
    let mut place = file(source);
    if let Some(row) = source["row"].as_u64() {
        place += &format!(":{row}");
    }
    place
}

/// `王** 519901**********19` of an ENTRY.
pub fn who(entry: &Value) -> String {
    format!("{} {}", field(entry, "name"), field(entry, "id_number")).trim().to_owned()
}

/// How long since a date or instant, in whole days: `12天`. The row's own `age_days` goes first: a node that runs
/// with another calendar knows better.
pub fn age(text: &Text, row: &Value, since: &str, today: Date) -> String {
    let days = row["age_days"].as_i64().or_else(|| {
        let written = field(row, since);
        let day: Date = written.get(..10).unwrap_or(written).parse().ok()?;
        Some(i64::from(days_between(day, today)))
    });
    match days {
        None => String::new(),
        Some(days) if days <= 0 => text.say("age-today"),
        Some(days) => text.say_with("age-days", &[("days", &days)]),
    }
}

/// How long ago an instant was: `12秒前`; 'never' for none.
pub fn ago(text: &Text, instant: &str, now: Timestamp) -> String {
    let Ok(then) = instant.parse::<Timestamp>() else { return text.say("state-never") };
    let secs = (now.as_second() - then.as_second()).max(0);
    let (key, count) = match secs {
        0..=119 => ("seconds-ago", secs),
        120..=7_199 => ("minutes-ago", secs / 60),
        7_200..=172_799 => ("hours-ago", secs / 3_600),
        _ => ("days-ago", secs / 86_400),
    };
    text.say_with(key, &[("count", &count)])
}

/// An instant as the office's clock on the wall shows it, to the minute: `2026-03-31 18:00`.
pub fn on_the_wall(instant: &str) -> String {
    match instant.parse::<Timestamp>() {
        Ok(at) => office_time(at).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => instant.to_owned(),
    }
}

/// The day of an instant by the office's clock.
pub fn day(instant: &str) -> String {
    match instant.parse::<Timestamp>() {
        Ok(at) => office_time(at).date().to_string(),
        Err(_) => instant.to_owned(),
    }
}

/// How far this computer's clock is off the parent's, in the unit that says it best: `比上级慢约 56 年`.
pub fn skew(text: &Text, secs: i64) -> String {
    let span = text.span(secs.unsigned_abs());
    text.say_with(if secs < 0 { "status-slow" } else { "status-fast" }, &[("span", &span)])
}

/// Today by the office's clock, for ages. The rules have their own date, from the node.
pub fn today() -> Date {
    office_time(Timestamp::now()).date()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Language;

    #[test]
    fn an_age_counts_days_and_an_instant_its_nearest_unit() {
        let text = Text::new(Language::English);
        let today = "2026-03-31".parse().unwrap();
        assert_eq!(age(&text, &json!({"first_seen": "2026-03-19T10:00:00Z"}), "first_seen", today), "12 d");
        assert_eq!(age(&text, &json!({"first_seen": "2026-04-02"}), "first_seen", today), "today");
        assert_eq!(age(&text, &json!({"first_seen": "2026-01-01", "age_days": 3}), "first_seen", today), "3 d");
        let now = "2026-03-31T10:00:00Z".parse().unwrap();
        assert_eq!(ago(&text, "2026-03-31T09:59:48Z", now), "12 s ago");
        assert_eq!(ago(&text, "2026-03-29T09:00:00Z", now), "2 d ago");
        assert_eq!(ago(&text, "", now), "never");
    }

    #[test]
    fn a_clock_that_is_off_is_told_in_a_unit_that_says_something() {
        let text = Text::new(Language::Chinese);
        for (secs, told) in [
            (-1_783_008_581, "比上级慢约 56 年"),
            (100_000_000, "比上级快约 3 年"),
            (-86_400, "比上级慢约 1 天"),
            (7_300, "比上级快约 2 小时"),
            (300, "比上级快约 5 分钟"),
            (-61, "比上级慢约 61 秒"),
        ] {
            assert_eq!(skew(&text, secs), told);
        }
        let text = Text::new(Language::English);
        assert_eq!(skew(&text, -1_783_008_581), "about 56 years behind the parent's");
        assert_eq!(skew(&text, 300), "about 5 minutes ahead of the parent's");
    }

    #[test]
    fn the_day_of_an_instant_is_the_office_s() {
        assert_eq!((day("2026-11-30T16:04:00Z").as_str(), day("").as_str()), ("2026-12-01", ""));
    }

    #[test]
    fn a_line_is_named_by_file_sheet_and_row() {
        let entry = json!({"source": {"file": "3月/低保.xls", "sheet": "200村", "row": 12}});
        assert_eq!(place(&entry), "3月/低保.xls[200村]:12");
        assert_eq!(place(&json!({"source": {"file": "a.csv", "sheet": null, "row": 2}})), "a.csv:2");
    }
}
