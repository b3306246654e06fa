//! The findings as a person wants to read them: rules down, areas across, and one example of each rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::screen::Screen;
use super::super::table::Table;
use super::super::view;
use crate::domain::Severity;
use crate::rules::RULES;

/// Prints the table and the examples. `offices` are area and name, the one that found first.
pub fn print(findings: &[Value], offices: &[(&str, &str)], screen: &mut Screen) {
    let text = screen.text();
    // The columns: every office below that has a finding, then everything else.
    let villages: Vec<&(&str, &str)> = offices[1..]
        .iter()
        .filter(|(area, _)| findings.iter().any(|finding| view::field(finding, "area") == *area))
        .collect();
    let mut counts: BTreeMap<&str, (Option<Severity>, Vec<usize>)> = BTreeMap::new();
    for finding in findings {
        let place = villages.iter().position(|(area, _)| view::field(finding, "area") == *area);
        let severity = Severity::parse(view::field(finding, "severity"));
        let (highest, row) =
            counts.entry(view::field(finding, "rule")).or_insert_with(|| (None, vec![0; villages.len() + 1]));
        *highest = (*highest).max(severity);
        row[place.unwrap_or(villages.len())] += 1;
    }
    let mut head = vec![text.say("label-severity"), text.say("label-rule")];
    head.extend(villages.iter().map(|(_, name)| name.to_string()));
    head.extend([text.say("demo-elsewhere"), text.say("demo-total"), String::new()]);
    let right: Vec<usize> = (2..head.len()).collect();
    let mut table = Table::new(head).right(&right);
    let mut sums = vec![0; villages.len() + 1];
    let mut rules: Vec<_> = RULES.iter().filter_map(|rule| Some((rule.id, counts.get(rule.id)?))).collect();
    rules.sort_by_key(|(_, (severity, _))| std::cmp::Reverse(*severity));
    for (rule, (severity, row)) in &rules {
        let mut cells = vec![severity.map(|severity| text.severity(severity)).unwrap_or_default(), text.rule(rule)];
        cells.extend(row.iter().map(|count| number(*count)));
        cells.push(number(row.iter().sum()));
        table.row(cells);
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    let mut last = vec![String::new(), text.say("demo-total")];
    last.extend(sums.iter().map(|count| number(*count)));
    last.push(number(sums.iter().sum()));
    table.row(last);
    let mut examples = Table::new([text.say("label-rule"), text.say("label-source"), text.say("label-finding")]);
    for (rule, _) in &rules {
        if let Some(finding) = findings.iter().find(|finding| view::field(finding, "rule") == *rule) {
            let entry = &finding["entries"][0];
            let place = format!("{} {}", view::field(entry, "name"), view::place(entry));
            examples.row([text.rule(rule), place.trim().to_owned(), view::field(finding, "text").to_owned()]);
        }
    }
    let columns = screen.columns();
    let mut lines = table.lines(columns);
    lines.push(String::new());
    lines.push(screen.text().say("demo-examples"));
    lines.extend(examples.lines(columns));
    for line in lines {
        screen.line(line);
    }
}

/// Nothing is easier to see where there is nothing.
fn number(count: usize) -> String {
    if count == 0 { "·".into() } else { count.to_string() }
}
