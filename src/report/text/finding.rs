//! The sentence of a finding, out of what its rule knows.

use fluent_bundle::{FluentArgs, FluentValue};
use serde_json::{Map, Value};

use super::{NOT_SAID, Text};
use crate::domain::{List, PartialDate, Severity};
use crate::settings::Language;

/// What a finding's detail can hold, all rules together. A part that is absent is passed as [`NOT_SAID`].
const DETAIL_KEYS: &[&str] = &[
    "approved",
    "areas",
    "class",
    "count",
    "counted",
    "cycle_days",
    "date",
    "dates",
    "days",
    "days_max",
    "died",
    "direction",
    "event",
    "former_number",
    "fault",
    "file",
    "ground",
    "kind",
    "last",
    "listed",
    "missing",
    "moved_in",
    "moved_out",
    "names",
    "number",
    "numbers",
    "other",
    "overdue",
    "reviewed",
    "row",
    "said",
    "sexes",
    "sheet",
    "sign",
    "sign_list",
    "sign_of_life",
    "sources",
    "stated",
    "to",
    "vanished",
    "whole_column",
];

impl Text {
    /// [`Text::date`] as it stands behind a verb: `on 5 March 2026`, `in March 2026`.
    fn when(&self, iso: &str) -> String {
        let date = self.date(iso);
        match (self.language, iso.parse::<PartialDate>().ok()) {
            (Language::English, Some(day)) if day.exact().is_some() => format!("on {date}"),
            (Language::English, Some(_)) => format!("in {date}"),
            _ => date,
        }
    }

    /// One plain sentence for a clerk: what does not fit, where, and what to do.
    ///
    /// `area` is the name of the finding's area, empty where it has none. `detail` is the finding's own (masked);
    /// every key may be absent.
    pub fn finding(
        &self,
        rule: &str,
        list: Option<List>,
        area: &str,
        severity: Severity,
        detail: &Map<String, Value>,
    ) -> String {
        let mut args = FluentArgs::new();
        for key in DETAIL_KEYS {
            args.set(*key, detail.get(*key).map_or_else(|| NOT_SAID.into(), |value| self.part(key, value)));
        }
        // Names are better than codes where the rule knows them.
        for (key, name) in [("areas", "area_names"), ("other", "other_name"), ("to", "to_name")] {
            if let Some(value) = detail.get(name).filter(|value| !value.is_null()) {
                args.set(key, self.part(name, value));
            }
        }
        if let Some(said) = detail.get("said").and_then(Value::as_array).filter(|said| !said.is_empty()) {
            let of = ["sexes", "dates"].into_iter().find(|key| detail.contains_key(*key)).unwrap_or_default();
            let said: Vec<String> = said.iter().map(|said| self.said(of, said)).collect();
            args.set("said", said.join(self.semicolon()));
        }
        // Several areas' lists of one kind would be told apart by nothing.
        if let Some(by) = detail.get("by").and_then(Value::as_array) {
            let by: Vec<String> = by.iter().filter_map(Value::as_str).map(|who| self.who_says(who)).collect();
            args.set("sources", by.join(self.comma()));
            args.set("sign_list", self.list_in(&self.list(list), area));
        }
        args.set("pays", if list.is_some_and(List::pays) { "yes" } else { "no" });
        args.set("list", self.list(list));
        args.set("severity", self.severity(severity));
        args.set("area", if area.is_empty() { self.say("area-none") } else { area.to_owned() });
        let key = format!("finding-{rule}");
        self.fill(if self.knows(&key) { &key } else { "finding-other" }, Some(&args))
    }

    /// One value of a finding's detail in words.
    fn part(&self, key: &str, value: &Value) -> FluentValue<'static> {
        match value {
            Value::Null => NOT_SAID.into(),
            Value::Array(values) if values.is_empty() => NOT_SAID.into(),
            Value::Array(values) => {
                let parts: Vec<String> = values.iter().map(|value| self.word(key, value)).collect();
                parts.join(self.comma()).into()
            }
            value => self.word(key, value).into(),
        }
    }

    /// Who says one of several values: `人口底册、身份证号：男`. `of` is the key of the values.
    fn said(&self, of: &str, said: &Value) -> String {
        let who = said["by"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let who: Vec<String> = who.map(|who| self.who_says(who)).collect();
        let value = self.word(of, &said["value"]);
        if who.is_empty() { value } else { [&who.join(self.comma()), self.colon(), &value].concat() }
    }

    /// `population`, `population 519901001200` or `number`, also `number population 519901001200`.
    fn who_says(&self, who: &str) -> String {
        match who.split_once(' ') {
            None if who == "number" => self.say("by-number"),
            None => self.coded("list", who),
            Some(("number", of)) => self.say_with("by-number-of", &[("list", &self.who_says(of))]),
            Some((list, area)) => self.list_in(&self.coded("list", list), area),
        }
    }

    fn list_in(&self, list: &str, area: &str) -> String {
        self.say_with("by-list-in", &[("list", &list), ("area", &area)])
    }

    fn word(&self, key: &str, value: &Value) -> String {
        let text = self.plain(value);
        match key {
            "sources" | "sign_list" => self.coded("list", &text),
            "missing" => self.coded("missing", &text),
            "sexes" => self.coded("sex", &text),
            "fault" => self.coded("id-fault", &text),
            "to" | "other" => self.coded("place", &text),
            "approved" | "date" | "died" | "listed" | "moved_in" | "moved_out" | "reviewed" | "sign"
            | "sign_of_life" => self.when(&text),
            "dates" | "last" | "vanished" => self.date(&text),
            // Stars alone say nothing.
            "number" if text.chars().all(|c| c == '*') => NOT_SAID.to_owned(),
            _ => text,
        }
    }
}
