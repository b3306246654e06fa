//! The findings as a person wants to read them: rules down, areas across, and one example of each rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::counts::{self, Head, Line};
use super::super::table::Table;
use super::super::view;
use crate::domain::{Area, Severity};
use crate::report::text::Text;
use crate::rules::RULES;

/// The table and the examples, no line wider than `columns` where that can be. `offices` are area and name, the one
/// that found first.
pub fn lines(findings: &[Value], offices: &[(&str, &str)], text: &Text, columns: usize) -> Vec<String> {
    // The columns: every office below that has a finding, then everything else.
    let places: Vec<Option<String>> = findings.iter().map(place_of).collect();
    let villages: Vec<&(&str, &str)> =
        offices[1..].iter().filter(|(area, _)| places.iter().any(|place| place.as_deref() == Some(*area))).collect();
    let mut found: BTreeMap<&str, (Option<Severity>, Vec<usize>)> = BTreeMap::new();
    for (finding, place) in findings.iter().zip(&places) {
        let place = villages.iter().position(|(area, _)| place.as_deref() == Some(*area));
        let severity = Severity::parse(view::field(finding, "severity"));
        let (highest, row) =
            found.entry(view::field(finding, "rule")).or_insert_with(|| (None, vec![0; villages.len() + 1]));
        *highest = (*highest).max(severity);
        row[place.unwrap_or(villages.len())] += 1;
    }
    let mut rules: Vec<_> = RULES.iter().filter_map(|rule| Some((rule.id, found.get(rule.id)?))).collect();
    rules.sort_by_key(|(_, (severity, _))| std::cmp::Reverse(*severity));
    let counted = rules.iter().map(|(rule, (severity, row))| Line {
        lead: vec![severity.map(|severity| text.severity(severity)).unwrap_or_default(), text.rule(rule)],
        counts: row.clone(),
        beside: Vec::new(),
    });
    let mut across: Vec<String> = villages.iter().map(|(_, name)| name.to_string()).collect();
    across.push(text.say("label-elsewhere"));
    let head =
        Head { lead: vec![text.say("label-severity"), text.say("label-rule")], counts: across, beside: Vec::new() };
    let table = counts::table(head, counted.collect(), text);
    let mut examples = Table::new([text.say("label-rule"), text.say("label-source"), text.say("label-finding")]);
    for (rule, _) in &rules {
        if let Some(finding) = findings.iter().find(|finding| view::field(finding, "rule") == *rule) {
            let entry = &finding["entries"][0];
            let place = format!("{} {}", view::field(entry, "name"), view::place(entry));
            examples.row([text.rule(rule), place.trim().to_owned(), view::field(finding, "text").to_owned()]);
        }
    }
    let mut lines = table.lines(columns);
    lines.push(String::new());
    lines.push(text.say("demo-examples"));
    lines.extend(examples.lines(columns));
    lines
}

/// The village that a finding is to be looked into in, as `findings --summary` of its township says.
fn place_of(finding: &Value) -> Option<String> {
    let of_lines = view::field(&finding["entries"][0], "area");
    let area: Area = [view::field(finding, "area"), of_lines].iter().find_map(|code| code.parse().ok())?;
    counts::place_below(area.township(), finding).map(|area| area.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Language;

    #[test]
    fn rules_stand_down_the_page_and_villages_across_the_worst_first() {
        let finding = |rule: &str, severity: &str, area: Option<&str>| {
            json!({
                "rule": rule, "severity": severity, "area": area, "text": "200村的低保，519901****19，请核实。",
                "entries": [{"name": "王**", "source": {"file": "低保.xls", "row": 12}}],
            })
        };
        let findings = [
            finding("id-missing", "low", Some("519901001201")),
            finding("id-missing", "low", Some("519901001200")),
            finding("shared-id", "high", None),
            // Of a person as a whole, all of whose lines stand in one village.
            {
                let mut whole = finding("name-conflict", "low", None);
                whole["entries"] = json!([{"area": "519901001201", "name": "王**", "source": {}}]);
                whole
            },
        ];
        let offices =
            [("519901", "云岭县"), ("519901001", "第1乡"), ("519901001200", "200村"), ("519901001201", "201村")];
        let lines = lines(&findings, &offices, &Text::new(Language::Chinese), usize::MAX);
        assert_eq!(
            lines,
            [
                "程度  规则        200村  201村  跨村（居）  合计",
                "高    一号多人        ·      ·           1     1",
                "低    缺身份证号      1      1           ·     2",
                "低    姓名不一致      ·      1           ·     1",
                "      合计            1      2           1     4",
                "",
                "每条规则举一例：",
                "规则        出处              情况",
                "一号多人    王** 低保.xls:12  200村的低保，519901****19，请核实。",
                "缺身份证号  王** 低保.xls:12  200村的低保，519901****19，请核实。",
                "姓名不一致  王**              200村的低保，519901****19，请核实。",
            ]
        );
    }
}
