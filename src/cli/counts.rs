//! Findings counted: what stands down the page, what across it, and what each comes to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::table::Table;
use super::view;
use crate::daemon;
use crate::domain::{Area, Severity};
use crate::report::text::Text;

/// One line of a table of counts.
pub struct Line {
    /// What it is of.
    pub lead: Vec<String>,
    /// They come to the line's total.
    pub counts: Vec<usize>,
    /// Of the same findings, behind the total.
    pub beside: Vec<usize>,
}

/// What stands over the columns of [`Line`].
pub struct Head {
    pub lead: Vec<String>,
    pub counts: Vec<String>,
    pub beside: Vec<String>,
}

/// The table with the total of each line and column.
pub fn table(head: Head, mut lines: Vec<Line>, text: &Text) -> Table {
    let total = text.say("label-total");
    let sum = |of: fn(&Line) -> &Vec<usize>, columns: usize| -> Vec<usize> {
        (0..columns).map(|at| lines.iter().map(|line| of(line)[at]).sum()).collect()
    };
    let (counts, beside) = (sum(|line| &line.counts, head.counts.len()), sum(|line| &line.beside, head.beside.len()));
    let mut lead = vec![String::new(); head.lead.len()];
    if let Some(last) = lead.last_mut() {
        last.clone_from(&total);
    }
    lines.push(Line { lead, counts, beside });
    let first = head.lead.len();
    let mut over = head.lead;
    over.extend(head.counts);
    over.push(total);
    over.extend(head.beside);
    // The last column of a table is for sentences.
    over.push(String::new());
    let right: Vec<usize> = (first..over.len()).collect();
    let mut table = Table::new(over).right(&right);
    for line in lines {
        let mut cells = line.lead;
        cells.extend(line.counts.iter().map(|count| number(*count)));
        cells.push(number(line.counts.iter().sum()));
        cells.extend(line.beside.iter().map(|count| number(*count)));
        table.row(cells);
    }
    table
}

/// Nothing is easier to see where there is nothing.
fn number(count: usize) -> String {
    if count == 0 { "·".into() } else { count.to_string() }
}

/// Findings by area, rule and severity, as they were counted where they are.
pub struct ByArea {
    rows: Vec<Value>,
}

/// The area directly below `within` in which a finding is to be looked into; `None` where it lies across several.
pub fn place_below(within: Area, finding: &Value) -> Option<Area> {
    let of = |row: &Value| -> Option<Area> { view::field(row, "area").parse().ok() };
    daemon::place_below(within, of(finding), finding["entries"].as_array().into_iter().flatten().map(of))
}

impl ByArea {
    /// Of what was counted; `names` are those of areas by their codes.
    pub fn of(mut rows: Vec<Value>, names: &BTreeMap<String, String>) -> ByArea {
        for row in &mut rows {
            row["area_name"] = json!(names.get(view::field(row, "area")));
        }
        ByArea { rows }
    }

    /// For programs.
    pub fn rows(&self) -> &[Value] {
        &self.rows
    }

    /// For people: areas down, severities across, and how many are late.
    pub fn table(&self, text: &Text) -> Table {
        let mut lines: BTreeMap<(bool, Option<Area>), Line> = BTreeMap::new();
        for row in &self.rows {
            let area: Option<Area> = view::field(row, "area").parse().ok();
            let count = |key: &str| row[key].as_u64().map_or(0, |count| count as usize);
            // What is about no area in particular stands last.
            let line = lines.entry((area.is_none(), area)).or_insert_with(|| {
                let name = match area {
                    Some(_) => text.area(row["area_name"].as_str(), area),
                    None => text.say("label-elsewhere"),
                };
                Line { lead: vec![name], counts: vec![0; Severity::ALL.len()], beside: vec![0] }
            });
            let severity = Severity::parse(view::field(row, "severity"));
            if let Some(at) = Severity::ALL.iter().position(|one| Some(*one) == severity) {
                line.counts[at] += count("findings");
            }
            line.beside[0] += count("overdue");
        }
        let head = Head {
            lead: vec![text.say("label-area")],
            counts: Severity::ALL.map(|severity| text.severity(severity)).to_vec(),
            beside: vec![text.say("label-overdue")],
        };
        table(head, lines.into_values().collect(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Language;

    #[test]
    fn areas_stand_down_the_page_and_what_is_of_no_area_last() {
        let row = |area: Option<&str>, severity: &str, [findings, open, overdue]: [u64; 3]| {
            json!({"area": area, "area_name": null, "rule": "id-missing", "severity": severity,
                   "open": open, "overdue": overdue, "findings": findings})
        };
        let rows = vec![
            row(None, "high", [1, 1, 0]),
            row(Some("519901001"), "medium", [1, 1, 2]),
            row(Some("519901001"), "low", [1, 1, 0]),
            row(Some("519901002"), "low", [1, 1, 0]),
        ];
        let names = BTreeMap::from([("519901001".to_owned(), "第1乡".to_owned())]);
        let counted = ByArea::of(rows, &names);
        assert_eq!(
            counted.table(&Text::new(Language::Chinese)).lines(80),
            [
                "地区        高  中  低  提示  合计  超期",
                "第1乡        ·   1   1     ·     2     2",
                "519901002    ·   ·   1     ·     1     ·",
                "跨村（居）   1   ·   ·     ·     1     ·",
                "合计         1   1   2     ·     4     2",
            ]
        );
        let names: Vec<&Value> = counted.rows().iter().map(|row| &row["area_name"]).collect();
        assert_eq!(names, [&Value::Null, &json!("第1乡"), &json!("第1乡"), &Value::Null]);
    }
}
