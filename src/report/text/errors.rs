//! Errors in the language of the office. An error is written once, in English, where it arises; its words are its key
//! in `config/text/errors.zh-CN.ftl`, and what varies in it (numbers, codes, what stands in quotes) its values, `x1`,
//! `x2` and so on. Logs keep the English.

use fluent_bundle::FluentArgs;

use super::Text;
use crate::error::Error;

/// Before every key, which may not begin with a digit.
const PREFIX: &str = "said";
/// A longer text is somebody else's page, not a sentence of ours.
const TEXT_BYTES_MAX: usize = 400;
/// Between what the system says of an error and the error's number.
const SYSTEM_REPORTS: &str = " (os error ";
const SYSTEM_REPORT: &str = "said-os-error";

/// An error as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub what: String,
    /// The causes, the nearest first.
    pub because: Vec<String>,
    pub hint: Option<String>,
}

impl Told {
    /// All of it but the hint, for one line.
    pub fn joined(self, between: &str) -> String {
        [vec![self.what], self.because].concat().join(between)
    }
}

impl Text {
    /// `error` with its whole chain and what to do about it.
    pub fn error(&self, error: &Error) -> Told {
        let mut what = self.words(error.what());
        if let Some(path) = error.path() {
            what.push_str(&format!("{}{}", self.colon(), path.display()));
        }
        let mut because = Vec::new();
        let mut at = std::error::Error::source(error);
        while let Some(cause) = at {
            let said = match cause.downcast_ref::<Error>() {
                Some(own) => self.error(own).what,
                None => self.words(&cause.to_string()),
            };
            because.push(said);
            at = cause.source();
        }
        Told { what, because, hint: error.hint_text().map(|hint| self.words(hint)) }
    }

    /// An English sentence of this program in the office's language; what nobody translated stays as it is.
    pub fn words(&self, english: &str) -> String {
        if english.len() > TEXT_BYTES_MAX {
            return english.to_owned();
        }
        if let Some(said) = self.whole(english) {
            return said;
        }
        // What the system reports, with a remark in brackets behind it, or a chain written on one line.
        if let Some((head, number)) = english.strip_suffix(')').and_then(|text| text.rsplit_once(SYSTEM_REPORTS))
            && !head.contains(": ")
            && self.knows(SYSTEM_REPORT)
        {
            return self.fill(SYSTEM_REPORT, Some(&FluentArgs::from_iter([("x1", number), ("x2", head)])));
        }
        if let Some((head, remark)) = english.strip_suffix(')').and_then(|text| text.rsplit_once(" ("))
            && let Some(head) = self.whole(head)
        {
            return format!("{head}{}", self.in_brackets(remark));
        }
        // The longest head that is a sentence of ours: there may be a colon in it.
        let known = english.rmatch_indices(": ").find_map(|(at, _)| Some((self.whole(&english[..at])?, at + 2)));
        if let Some((head, behind)) = known {
            return format!("{head}{}{}", self.colon(), self.words(&english[behind..]));
        }
        match english.split_once(": ").map(|(head, rest)| (head, rest, self.words(rest))) {
            Some((head, rest, told)) if told != rest => format!("{head}{}{told}", self.colon()),
            _ => english.to_owned(),
        }
    }

    fn whole(&self, english: &str) -> Option<String> {
        let (key, values) = key_and_values(english);
        if !self.knows(&key) {
            return None;
        }
        let mut args = FluentArgs::new();
        for (at, value) in values.iter().enumerate() {
            // A quoted value may be a sentence of its own: what a setting allows.
            args.set(format!("x{}", at + 1), self.whole(value).unwrap_or_else(|| value.clone()));
        }
        Some(self.fill(&key, Some(&args)))
    }
}

/// `nothing is held under 7` as `said-nothing-is-held-under-x` and `7`.
pub fn key_and_values(english: &str) -> (String, Vec<String>) {
    let (mut key, mut values) = (PREFIX.to_owned(), Vec::new());
    let mut rest = english.trim();
    while !rest.is_empty() {
        let (token, after) = token(rest);
        let bare = token.trim_matches(|c: char| c.is_ascii_punctuation());
        if token.starts_with('\'') || bare.chars().any(|c| c.is_ascii_digit() || !c.is_ascii()) {
            key.push_str("-x");
            values.push(if token.starts_with('\'') { quoted(token) } else { bare.to_owned() });
        } else {
            for word in bare.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
                key.push('-');
                key.push_str(&word.to_ascii_lowercase());
            }
        }
        rest = after.trim_start();
    }
    (key, values)
}

fn quoted(token: &str) -> String {
    token[1..].rsplit_once('\'').map_or(&token[1..], |(inside, _)| inside).to_owned()
}

/// The first word, or the first run in single quotes, and what follows.
fn token(text: &str) -> (&str, &str) {
    let end = match text.strip_prefix('\'') {
        Some(inside) => inside
            .match_indices('\'')
            .map(|(at, _)| at + 2)
            .find(|at| !text[*at..].starts_with(|c: char| c.is_alphanumeric()))
            .unwrap_or(text.len()),
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    text.split_at(end)
}

#[cfg(test)]
mod tests;
