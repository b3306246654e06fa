//! Findings counted: what stands down the page, what across it, and what each comes to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::table::Table;
use super::view;
use crate::domain::{Area, FindingStatus, Level, Severity};
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

/// The findings of the areas directly below one, each area with those of all below it.
pub struct ByArea<'a> {
    findings: Vec<(Option<Area>, &'a Value)>,
    /// Of what is not open, only what is late is counted.
    is_open_alone: bool,
    names: &'a BTreeMap<String, String>,
}

/// The area directly below `within` in which a finding is to be looked into; `None` where it lies across several.
pub fn place_below(within: Area, finding: &Value) -> Option<Area> {
    let of = |row: &Value| -> Option<Area> {
        let area: Area = view::field(row, "area").parse().ok()?;
        Some(if within.level() == Level::County { area.township() } else { area })
    };
    // Of a person as a whole: where all the lines stand, if that is one place.
    let mut lines = finding["entries"].as_array().into_iter().flatten().map(of);
    of(finding).or_else(|| lines.next().flatten().filter(|first| lines.all(|area| area == Some(*first))))
}

impl<'a> ByArea<'a> {
    /// `names` are those of areas by their codes.
    pub fn below(
        within: Area,
        findings: &'a [Value],
        is_open_alone: bool,
        names: &'a BTreeMap<String, String>,
    ) -> ByArea<'a> {
        let counted = findings.iter().filter(|finding| !is_open_alone || is_open(finding) || is_overdue(finding));
        let findings = counted.map(|finding| (place_below(within, finding), finding)).collect();
        ByArea { findings, is_open_alone, names }
    }

    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether it is one of those that were asked for, and not only late.
    fn is_asked_for(&self, finding: &Value) -> bool {
        !self.is_open_alone || is_open(finding)
    }

    fn name(&self, area: Option<Area>) -> Option<&str> {
        self.names.get(&area?.to_string()).map(String::as_str)
    }

    /// For people: areas down, severities across, and how many are late.
    pub fn table(&self, text: &Text) -> Table {
        let mut lines: BTreeMap<(bool, Option<Area>), Line> = BTreeMap::new();
        for (area, finding) in &self.findings {
            // What is about no area in particular stands last.
            let line = lines.entry((area.is_none(), *area)).or_insert_with(|| {
                let name = match area {
                    Some(_) => text.area(self.name(*area), *area),
                    None => text.say("label-elsewhere"),
                };
                Line { lead: vec![name], counts: vec![0; Severity::ALL.len()], beside: vec![0] }
            });
            let severity = Severity::parse(view::field(finding, "severity"));
            if let Some(at) = Severity::ALL.iter().position(|one| Some(*one) == severity) {
                line.counts[at] += usize::from(self.is_asked_for(finding));
            }
            line.beside[0] += usize::from(is_overdue(finding));
        }
        let head = Head {
            lead: vec![text.say("label-area")],
            counts: Severity::ALL.map(|severity| text.severity(severity)).to_vec(),
            beside: vec![text.say("label-overdue")],
        };
        table(head, lines.into_values().collect(), text)
    }

    /// For programs: a row for each area, rule and severity. `findings` counts all that were asked for, `open` those of
    /// them that are.
    pub fn rows(&self) -> Vec<Value> {
        let mut counts: BTreeMap<(Option<Area>, &str, &str), [usize; 3]> = BTreeMap::new();
        for (area, finding) in &self.findings {
            let key = (*area, view::field(finding, "rule"), view::field(finding, "severity"));
            let row = counts.entry(key).or_default();
            let counted = [self.is_asked_for(finding), is_open(finding), is_overdue(finding)];
            for (count, is_one) in row.iter_mut().zip(counted) {
                *count += usize::from(is_one);
            }
        }
        let row = |((area, rule, severity), [findings, open, overdue]): ((Option<Area>, &str, &str), [usize; 3])| {
            json!({
                "area": area, "area_name": self.name(area), "rule": rule, "severity": severity,
                "open": open, "overdue": overdue, "findings": findings,
            })
        };
        counts.into_iter().map(row).collect()
    }
}

fn is_open(finding: &Value) -> bool {
    view::field(finding, "status") == FindingStatus::Open.as_str()
}

fn is_overdue(finding: &Value) -> bool {
    finding["overdue"] == true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Language;

    fn finding(area: Option<&str>, severity: &str, status: &str, overdue: bool) -> Value {
        json!({"area": area, "rule": "id-missing", "severity": severity, "status": status, "overdue": overdue})
    }

    #[test]
    fn a_county_counts_by_township_and_what_is_of_no_area_stands_last() {
        let findings = [
            finding(None, "high", "open", false),
            finding(Some("519901002200"), "low", "open", false),
            finding(Some("519901001200"), "medium", "open", true),
            finding(Some("519901001201"), "medium", "confirmed", true),
        ];
        let names = BTreeMap::from([("519901001".to_owned(), "第1乡".to_owned())]);
        let counted = ByArea::below("519901".parse().unwrap(), &findings, false, &names);
        assert_eq!(
            counted.table(&Text::new(Language::Chinese)).lines(80),
            [
                "地区        高  中  低  提示  合计  超期",
                "第1乡        ·   2   ·     ·     2     2",
                "519901002    ·   ·   1     ·     1     ·",
                "跨村（居）   1   ·   ·     ·     1     ·",
                "合计         1   2   1     ·     4     2",
            ]
        );
        let rows = counted.rows();
        assert_eq!(
            rows[1],
            json!({"area": "519901001", "area_name": "第1乡", "rule": "id-missing", "severity": "medium",
                   "open": 1, "overdue": 2, "findings": 2})
        );
        assert_eq!((rows.len(), &rows[0]["area"], &rows[0]["open"]), (3, &Value::Null, &json!(1)));

        // Asked for the open ones: the confirmed one is late and nothing else, and would not be counted if it were not.
        let counted = ByArea::below("519901".parse().unwrap(), &findings, true, &names);
        let lines = counted.table(&Text::new(Language::Chinese)).lines(80);
        assert_eq!(lines[1], "第1乡        ·   1   ·     ·     1     2");
        assert_eq!(
            (&counted.rows()[1]["findings"], &counted.rows()[1]["open"], &counted.rows()[1]["overdue"]),
            (&json!(1), &json!(1), &json!(2))
        );
        let in_time = [finding(Some("519901001201"), "medium", "confirmed", false)];
        assert!(ByArea::below("519901".parse().unwrap(), &in_time, true, &names).is_empty());
    }

    #[test]
    fn a_township_counts_by_village() {
        let whole = |villages: [&str; 2]| {
            let mut finding = finding(None, "low", "open", false);
            finding["entries"] = json!(villages.map(|area| json!({"area": area})));
            finding
        };
        let findings = [
            finding(Some("519901001201"), "low", "open", false),
            finding(Some("519901001"), "low", "open", false),
            whole(["519901001201", "519901001201"]),
            whole(["519901001200", "519901001201"]),
        ];
        let names = BTreeMap::new();
        let rows = ByArea::below("519901001".parse().unwrap(), &findings, true, &names).rows();
        let counted: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["area"], &row["open"])).collect();
        let want = [(Value::Null, 1), (json!("519901001"), 1), (json!("519901001201"), 2)].map(|(a, n)| (a, json!(n)));
        assert_eq!(counted, want.each_ref().map(|(area, open)| (area, open)), "across villages, here, and in one");
    }
}
