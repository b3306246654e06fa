//! Every sentence for people, in Chinese and English, from one catalogue (`config/text/*.ftl`).
//!
//! Programs get codes and parameters; people get sentences made here from the same. A key that is missing says its
//! own name, so that nothing is ever silent; a test keeps the two files equal and complete.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use serde_json::{Map, Value};

use crate::domain::{Area, EventKind, FindingStatus, Level, List, PartialDate, Severity};
use crate::settings::Language;

pub mod errors;
mod finding;

const CHINESE: &str = include_str!("../../config/text/zh-CN.ftl");
const ENGLISH: &str = include_str!("../../config/text/en.ftl");
/// Errors are English where they arise; see [`errors`].
const CHINESE_ERRORS: &str = include_str!("../../config/text/errors.zh-CN.ftl");
/// The help is English beside each verb, and nobody but the command line says it.
const CHINESE_HELP: &str = include_str!("../../config/text/help.zh-CN.ftl");

/// Stands in the catalogue for 'not said': selectors name it, so that a sentence can leave a part out.
const NOT_SAID: &str = "none";

/// Sentences of one language, read once in a process: a catalogue takes 1 MB.
type Catalogue = FluentBundle<FluentResource>;

/// The catalogue in one language.
#[derive(Clone, Copy)]
pub struct Text {
    language: Language,
    bundle: &'static Catalogue,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("language", &self.language).finish_non_exhaustive()
    }
}

fn read(language: Language, sources: &[&str]) -> Catalogue {
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
    bundle
}

impl Text {
    pub fn new(language: Language) -> Text {
        static IN_CHINESE: OnceLock<Catalogue> = OnceLock::new();
        static IN_ENGLISH: OnceLock<Catalogue> = OnceLock::new();
        match language {
            Language::Chinese => Text::of(language, &IN_CHINESE, &[CHINESE, CHINESE_ERRORS]),
            Language::English => Text::of(language, &IN_ENGLISH, &[ENGLISH]),
        }
    }

    /// The Chinese pages of the command line.
    pub fn help() -> Text {
        static PAGES: OnceLock<Catalogue> = OnceLock::new();
        Text::of(Language::Chinese, &PAGES, &[CHINESE_HELP, CHINESE_ERRORS])
    }

    fn of(language: Language, once: &'static OnceLock<Catalogue>, sources: &[&str]) -> Text {
        Text { language, bundle: once.get_or_init(|| read(language, sources)) }
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
