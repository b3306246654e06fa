//! Every sentence for people, in Chinese and English, from one catalogue (`config/text/*.ftl`).
//!
//! Programs get codes and parameters; people get sentences made here from the same. A key that is missing says its
//! own name, so that nothing is ever silent; a test keeps the two files equal and complete.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde_json::{Map, Value};

use crate::domain::{Area, EventKind, FindingStatus, Level, List, PartialDate, Severity};
use crate::settings::Language;

pub mod errors;

const CHINESE: &str = include_str!("../../config/text/zh-CN.ftl");
const ENGLISH: &str = include_str!("../../config/text/en.ftl");
/// Errors are English where they arise; see [`errors`].
const CHINESE_ERRORS: &str = include_str!("../../config/text/errors.zh-CN.ftl");
/// The help is English beside each verb, and nobody but the command line says it.
const CHINESE_HELP: &str = include_str!("../../config/text/help.zh-CN.ftl");

/// Stands in the catalogue for 'not said': selectors name it, so that a sentence can leave a part out.
const NOT_SAID: &str = "none";

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

/// The catalogue in one language.
pub struct Text {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Text {
    pub fn new(language: Language) -> Text {
        match language {
            Language::Chinese => Text::of(language, &[CHINESE, CHINESE_ERRORS]),
            Language::English => Text::of(language, &[ENGLISH]),
        }
    }

    /// The Chinese pages of the command line.
    pub fn help() -> Text {
        Text::of(Language::Chinese, &[CHINESE_HELP, CHINESE_ERRORS])
    }

    fn of(language: Language, sources: &[&str]) -> Text {
        let locale = language.as_str().parse().expect("both languages are well-formed tags");
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks that Fluent puts round a value show as boxes in terminals and spreadsheets.
        bundle.set_use_isolating(false);
        for source in sources {
            // What cannot be parsed is left out and shows as its key; the catalogue's test allows no such thing.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(rest, _)| rest);
            if bundle.add_resource(resource).is_err() {
                tracing::warn!(language = language.as_str(), "the text catalogue holds a key twice");
            }
        }
        Text { language, bundle }
    }

    pub fn language(&self) -> Language {
        self.language
    }

    pub fn knows(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// The sentence of `key`, which takes no values.
    pub fn say(&self, key: &str) -> String {
        self.fill(key, None)
    }

    /// The sentence of `key` with `values` in it.
    pub fn say_with(&self, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(name.to_string(), value.to_string());
        }
        self.fill(key, Some(&args))
    }

    /// So many seconds in the unit that says something: `56 年`.
    pub fn span(&self, secs: u64) -> String {
        let (key, count) = match secs {
            0..=119 => ("span-seconds", secs),
            120..=7_199 => ("span-minutes", secs / 60),
            7_200..=86_399 => ("span-hours", secs / 3_600),
            86_400..=63_071_999 => ("span-days", secs / 86_400),
            _ => ("span-years", secs / 31_557_600),
        };
        self.say_with(key, &[("count", &count)])
    }

    /// The sentence of `key` with the members of `values` in it, as they come from a row's `params`; `secs` also as `span`.
    pub fn say_json(&self, key: &str, values: &Map<String, Value>) -> String {
        let mut args = FluentArgs::new();
        if let Some(secs) = values.get("secs").and_then(Value::as_i64) {
            args.set("span", self.span(secs.unsigned_abs()));
        }
        for (name, value) in values {
            args.set(name.clone(), self.plain(value));
        }
        self.fill(key, Some(&args))
    }

    fn fill(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        // A value the sentence names and nobody gave stays visible as {$name}; that is all there is to report.
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, args, &mut errors).into_owned()
    }

    /// `prefix-code`, or `prefix-other` for a code that this version does not know.
    fn coded(&self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}-{code}");
        if self.knows(&key) { self.say(&key) } else { code.to_owned() }
    }

    /// What to do about an alarm of the node itself.
    pub fn alarm_hint(&self, code: &str, params: &Map<String, Value>) -> String {
        self.say_json(&format!("alarm-{code}-hint"), params)
    }

    pub fn list(&self, list: Option<List>) -> String {
        self.coded("list", list.map_or(NOT_SAID, List::as_str))
    }

    pub fn severity(&self, severity: Severity) -> String {
        self.coded("severity", severity.as_str())
    }

    pub fn level(&self, level: Level) -> String {
        self.coded("level", level.as_str())
    }

    pub fn finding_status(&self, status: FindingStatus) -> String {
        self.coded("status", status.as_str())
    }

    /// What a person decided; `verdict` as on the wire.
    pub fn disposition(&self, verdict: &str) -> String {
        self.coded("disposition", verdict)
    }

    /// `status` is an entry's, as on the wire.
    pub fn entry_status(&self, status: &str) -> String {
        self.coded("entry", status)
    }

    pub fn event_kind(&self, kind: EventKind) -> String {
        self.coded("event", kind.as_str())
    }

    /// `confidence` as on the wire.
    pub fn confidence(&self, confidence: &str) -> String {
        self.coded("confidence", confidence)
    }

    /// What somebody did who looked at a person: `search` or `reveal`.
    pub fn look(&self, what: &str) -> String {
        self.coded("look", what)
    }

    /// What one comparison of two lines came to, from its codes: `number: equal`.
    pub fn compared(&self, codes: &str) -> String {
        let Some((field, level)) = codes.split_once(": ") else { return codes.to_owned() };
        let (what, how) = (self.field(field), self.likeness(level));
        self.say_with("compared", &[("what", &what), ("how", &how)])
    }

    /// What of two lines is compared, by its code.
    pub fn field(&self, code: &str) -> String {
        self.coded("compared", code)
    }

    /// How alike it is, by its code.
    pub fn likeness(&self, code: &str) -> String {
        self.coded("likeness", code)
    }

    /// The title of a rule.
    pub fn rule(&self, rule: &str) -> String {
        self.coded("rule", rule)
    }

    /// A state of a status row, a source, a check.
    pub fn state(&self, state: &str) -> String {
        self.coded("state", state)
    }

    /// Why a file or line was not taken, with what is known besides. `code` is the intake's or the link's; `detail` may
    /// begin with the code of a list.
    pub fn problem(&self, code: &str, detail: &str) -> String {
        let key = format!("problem-{code}");
        let known = self.knows(&key);
        let said = self.say(if known { &key } else { "problem-other" });
        let (first, rest) = detail.split_at(detail.find(' ').unwrap_or(detail.len()));
        let detail = match List::parse(first) {
            Some(list) => format!("{}{rest}", self.list(Some(list))),
            None => self.words(detail),
        };
        match (known, detail.is_empty()) {
            (true, true) => said,
            (true, false) => said + &self.in_brackets(&detail),
            (false, true) => said + &self.in_brackets(code),
            (false, false) => said + &self.in_brackets(&format!("{code}{}{detail}", self.colon())),
        }
    }

    /// `2026-03-05` as `2026年3月5日` or `5 March 2026`; also months and years; anything else as it stands.
    pub fn date(&self, iso: &str) -> String {
        let Ok(date) = iso.parse::<PartialDate>() else { return iso.to_owned() };
        let (year, month, day) = date.parts();
        match self.language {
            Language::Chinese => match (month, day) {
                (0, _) => format!("{year}年"),
                (month, 0) => format!("{year}年{month}月"),
                (month, day) => format!("{year}年{month}月{day}日"),
            },
            Language::English => {
                let name = |month: i8| MONTHS[(month as usize - 1) % 12];
                match (month, day) {
                    (0, _) => year.to_string(),
                    (month, 0) => format!("{} {year}", name(month)),
                    (month, day) => format!("{day} {} {year}", name(month)),
                }
            }
        }
    }

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

    fn plain(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Bool(true) => "yes".into(),
            Value::Bool(false) => "no".into(),
            other => other.to_string(),
        }
    }

    /// Between the members of a list.
    pub fn comma(&self) -> &'static str {
        match self.language {
            Language::Chinese => "、",
            Language::English => ", ",
        }
    }

    /// Between the members of a list that are lists themselves.
    fn semicolon(&self) -> &'static str {
        match self.language {
            Language::Chinese => "；",
            Language::English => "; ",
        }
    }

    /// Between what something is and what is said of it.
    pub fn colon(&self) -> &'static str {
        match self.language {
            Language::Chinese => "：",
            Language::English => ": ",
        }
    }

    /// Between the parts of one line that are no list.
    pub fn pause(&self) -> &'static str {
        match self.language {
            Language::Chinese => "，",
            Language::English => ", ",
        }
    }

    /// A remark behind a word or a sentence.
    pub fn in_brackets(&self, remark: &str) -> String {
        match self.language {
            Language::Chinese => format!("（{remark}）"),
            Language::English => format!(" ({remark})"),
        }
    }

    /// An area by its name, with the code where nobody told the name.
    pub fn area(&self, name: Option<&str>, area: Option<Area>) -> String {
        match (name, area) {
            (Some(name), _) if !name.is_empty() => name.to_owned(),
            (_, Some(area)) => area.to_string(),
            _ => self.say("area-none"),
        }
    }
}

/// `text` without what would steer a terminal or turn the direction of writing: a name comes from somebody's file.
pub fn printable(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests;
