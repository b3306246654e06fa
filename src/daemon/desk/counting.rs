//! Findings counted area by area: of a county's each is looked at once, and none is kept.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::present::is_overdue;
use crate::domain::{Area, Date, FindingStatus, Level};
use crate::store::FindingRow;

/// The area directly below `within` in which a finding is to be looked into: its own, or of a person as a whole that where
/// all `lines` stand; `None` where it lies across several.
pub fn place_below(within: Area, area: Option<Area>, lines: impl IntoIterator<Item = Option<Area>>) -> Option<Area> {
    let place = |area: Area| if within.level() == Level::County { area.township() } else { area };
    let mut lines = lines.into_iter().map(|line| line.map(place));
    area.map(place).or_else(|| lines.next().flatten().filter(|first| lines.all(|line| line == Some(*first))))
}

/// A finding, as far as it is counted.
pub(super) struct Counted<'f> {
    area: Option<Area>,
    lines: Vec<Option<Area>>,
    rule: &'f str,
    severity: &'f str,
    is_open: bool,
    pub is_overdue: bool,
    /// What its area, and those of its lines, are called by whoever told of it.
    names: Vec<(Area, &'f str)>,
}

impl<'f> Counted<'f> {
    pub fn own(finding: &'f FindingRow, today: Date) -> Counted<'f> {
        Counted {
            area: finding.area,
            lines: finding.areas.iter().copied().map(Some).collect(),
            rule: &finding.rule,
            severity: &finding.severity,
            is_open: finding.status == FindingStatus::Open,
            is_overdue: is_overdue(Some(finding.status), finding.due, today),
            names: Vec::new(),
        }
    }

    /// Of one that the parent told.
    pub fn told(finding: &'f Value, today: Date) -> Counted<'f> {
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        let of = |row: &Value| row["area"].as_str().and_then(|code| code.parse::<Area>().ok());
        let lines = finding["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let status = FindingStatus::parse(text("status"));
        let named = |row: &'f Value| of(row).zip(row["area_name"].as_str());
        Counted {
            area: of(finding),
            lines: lines.iter().map(of).collect(),
            rule: finding["rule"].as_str().unwrap_or_default(),
            severity: finding["severity"].as_str().unwrap_or_default(),
            is_open: status == Some(FindingStatus::Open),
            is_overdue: is_overdue(status, text("due").parse().ok(), today),
            names: std::iter::once(finding).chain(lines).filter_map(named).collect(),
        }
    }
}

/// How many findings there are of each area, rule and severity.
pub(super) struct Counts {
    within: Area,
    /// Of what is not open, only what is late is counted.
    open_alone: bool,
    counts: BTreeMap<(Option<Area>, String, String), [usize; 3]>,
    names: BTreeMap<Area, String>,
}

impl Counts {
    /// Of the areas directly below `within`, each area with those of all below it.
    pub fn new(within: Area, open_alone: bool) -> Counts {
        Counts { within, open_alone, counts: BTreeMap::new(), names: BTreeMap::new() }
    }

    pub fn add(&mut self, finding: &Counted) {
        let is_asked_for = !self.open_alone || finding.is_open;
        if !is_asked_for && !finding.is_overdue {
            return;
        }
        let place = place_below(self.within, finding.area, finding.lines.iter().copied());
        for (area, name) in &finding.names {
            if !self.names.contains_key(area) {
                self.names.insert(*area, (*name).to_owned());
            }
        }
        let key = (place, finding.rule.to_owned(), finding.severity.to_owned());
        let counted = [is_asked_for, finding.is_open, finding.is_overdue];
        for (count, is_one) in self.counts.entry(key).or_default().iter_mut().zip(counted) {
            *count += usize::from(is_one);
        }
    }

    /// `findings` counts all that were asked for, `open` those of them that are.
    pub fn rows(&self) -> Vec<Value> {
        let row =
            |((area, rule, severity), [findings, open, overdue]): (&(Option<Area>, String, String), &[usize; 3])| {
                let name = area.as_ref().and_then(|area| self.names.get(area));
                json!({
                    "area": area, "area_name": name, "rule": rule, "severity": severity,
                    "open": open, "overdue": overdue, "findings": findings,
                })
            };
        self.counts.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(area: Option<&str>, status: &str, due: Option<&str>) -> Value {
        json!({"area": area, "rule": "id-missing", "severity": "low", "status": status, "due": due})
    }

    fn counted(within: &str, findings: &[Value], open_alone: bool) -> Vec<(Value, [u64; 3])> {
        let mut counts = Counts::new(within.parse().unwrap(), open_alone);
        findings.iter().for_each(|finding| counts.add(&Counted::told(finding, Date::constant(2026, 3, 31))));
        let count = |row: &Value| ["findings", "open", "overdue"].map(|key| row[key].as_u64().unwrap());
        counts.rows().iter().map(|row| (row["area"].clone(), count(row))).collect()
    }

    #[test]
    fn a_county_counts_by_township_and_of_what_is_not_open_only_what_is_late() {
        let findings = [
            finding(None, "open", None),
            finding(Some("519901002200"), "open", Some("2026-04-01")),
            finding(Some("519901001200"), "open", Some("2026-03-30")),
            finding(Some("519901001201"), "confirmed", Some("2026-03-30")),
            finding(Some("519901001201"), "confirmed", None),
        ];
        let elsewhere = (Value::Null, [1, 1, 0]);
        let (first, second) = (json!("519901001"), json!("519901002"));
        let want = [elsewhere.clone(), (first.clone(), [3, 1, 2]), (second.clone(), [1, 1, 0])];
        assert_eq!(counted("519901", &findings, false), want);
        let want = [elsewhere, (first, [1, 1, 2]), (second, [1, 1, 0])];
        assert_eq!(counted("519901", &findings, true), want);
        assert_eq!(counted("519901", &findings[4..], true), []);
    }

    #[test]
    fn a_township_counts_by_village() {
        let whole = |villages: [&str; 2]| {
            let mut finding = finding(None, "open", None);
            finding["entries"] = json!(villages.map(|area| json!({"area": area})));
            finding
        };
        let findings = [
            finding(Some("519901001201"), "open", None),
            finding(Some("519901001"), "open", None),
            whole(["519901001201", "519901001201"]),
            whole(["519901001200", "519901001201"]),
        ];
        let want = [(Value::Null, 1), (json!("519901001"), 1), (json!("519901001201"), 2)];
        let want = want.map(|(area, count)| (area, [count, count, 0]));
        assert_eq!(counted("519901001", &findings, true), want, "across villages, here, and in one");
    }
}
