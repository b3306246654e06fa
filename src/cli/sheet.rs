//! Findings as a sheet to print and to work through: CSV as spreadsheet programs open it rightly.

use serde_json::Value;

use super::view;
use crate::domain::width::half_width_char;
use crate::domain::{FindingStatus, Severity};
use crate::error::{Context, Result};
use crate::report::text::{Text, printable};

const HEAD: [&str; 12] =
    ["no", "severity", "rule", "area", "name", "source", "finding", "due", "is-overdue", "outcome", "note", "id"];

/// Findings in the order in which they come, one a row. What nobody has decided yet is left
/// empty, to be written in by hand.
pub struct Sheet {
    rows: csv::Writer<Vec<u8>>,
    count: usize,
}

const DOING: &str = "writing the sheet";

impl Sheet {
    pub fn begin(text: &Text) -> Result<Sheet> {
        // By this a spreadsheet program knows UTF-8 from the system's own characters.
        let start = "\u{feff}".as_bytes().to_vec();
        let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(start);
        rows.write_record(HEAD.map(|key| text.say(&format!("label-{key}")))).or_say(DOING)?;
        Ok(Sheet { rows, count: 0 })
    }

    pub fn put(&mut self, finding: &Value, text: &Text) -> Result<()> {
        self.count += 1;
        let first = &finding["entries"][0];
        let severity = Severity::parse(view::field(finding, "severity"));
        let status = FindingStatus::parse(view::field(finding, "status")).filter(|s| *s != FindingStatus::Open);
        let overdue = match (finding["due"].is_null(), finding["overdue"] == true) {
            (true, _) => String::new(),
            (false, true) => text.say("say-yes"),
            (false, false) => text.say("say-no"),
        };
        let cells = [
            self.count.to_string(),
            severity.map(|severity| text.severity(severity)).unwrap_or_default(),
            text.rule(view::field(finding, "rule")),
            view::area_of(text, finding),
            view::field(first, "name").to_owned(),
            view::place_of(finding),
            view::told(text, finding),
            view::field(finding, "due").to_owned(),
            overdue,
            status.map(|status| text.finding_status(status)).unwrap_or_default(),
            view::field(&finding["decision"], "note").to_owned(),
            view::field(finding, "id").to_owned(),
        ];
        self.rows.write_record(cells.map(|cell| safe(&cell))).or_say(DOING)
    }

    /// The sheet, and how many findings are on it.
    pub fn end(self) -> Result<(String, usize)> {
        let sheet = self.rows.into_inner().map_err(|error| error.into_error()).or_say(DOING)?;
        Ok((String::from_utf8(sheet).or_say(DOING)?, self.count))
    }
}

/// From so many digits on spreadsheet programs show a number as 5.2E+11, and write it back so.
const DIGITS_MAX: usize = 11;

/// A cell that no spreadsheet program takes for a formula, nor a code for a number, on one line: names, files and notes are
/// other people's words.
fn safe(cell: &str) -> String {
    let is_formula = cell.starts_with(|c| matches!(half_width_char(c), '=' | '+' | '-' | '@' | '\t' | '\r'));
    let is_code = cell.len() > DIGITS_MAX && cell.bytes().all(|byte| byte.is_ascii_digit());
    let line = printable(&cell.replace(['\t', '\r', '\n'], " "));
    if is_formula || is_code { format!("'{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, safe};
    use crate::domain::Date;
    use crate::intake::{self, Context, Limits, Places, Sink, UnreadableCode, Vocabulary};
    use crate::report::text::Text;
    use crate::settings::Language;

    struct Nothing;

    impl Sink for Nothing {
        fn known(&mut self, _: crate::domain::List, _: crate::domain::Area, _: u64) -> bool {
            false
        }
        fn sheet(&mut self, _: &intake::SheetHead) {}
        fn line(&mut self, _: intake::Line) {}
        fn refused(&mut self, _: intake::Refusal) {}
        fn total(&mut self, _: intake::Total) {}
    }

    #[test]
    fn its_own_sheet_in_the_inbox_is_no_list() {
        let (vocabulary, places, limits) = (Vocabulary::load(None).unwrap(), Places::default(), Limits::default());
        let finding = serde_json::json!({"entries": [{"name": "张*"}], "severity": "high", "id": "f1"});
        for language in [Language::Chinese, Language::English] {
            let text = Text::new(language);
            let mut sheet = Sheet::begin(&text).unwrap();
            (0..3).for_each(|_| sheet.put(&finding, &text).unwrap());
            let (sheet, count) = sheet.end().unwrap();
            assert!(sheet.starts_with('\u{feff}') && count == 3);
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), sheet).unwrap();
            let (node_area, today) = ("519901".parse().unwrap(), Date::constant(2026, 4, 30));
            let (vocabulary, places, limits, rel_path) = (&vocabulary, &places, &limits, "流动人口疑点.csv");
            let (list, area, saved) = (None, None, today);
            let context = Context { vocabulary, places, limits, node_area, list, area, rel_path, saved, today };
            let refused = intake::read_file(file.path(), &context, &mut Nothing).unwrap_err();
            assert_eq!(refused.code, UnreadableCode::OwnSheet, "{language:?}");
        }
    }

    #[test]
    fn a_name_or_note_is_never_a_formula_and_a_code_no_number() {
        for (cell, want) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+86 138", "'+86 138"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "' =1"),
            ("已核实\n=1", "已核实 =1"),
            ("吉****", "吉****"),
            ("519901001200", "'519901001200"),
            ("5199010012", "5199010012"),
            ("200村 519901001200", "200村 519901001200"),
        ] {
            assert_eq!(safe(cell), want);
        }
    }
}
