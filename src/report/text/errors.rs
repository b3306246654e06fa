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

/// An error as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub what: String,
    /// The causes, the nearest first.
    pub because: Vec<String>,
    pub hint: Option<String>,
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
        // With a remark in brackets behind it, or a chain written on one line.
        if let Some((head, remark)) = english.strip_suffix(')').and_then(|text| text.rsplit_once(" ("))
            && let Some(head) = self.whole(head)
        {
            return format!("{head} ({remark})");
        }
        match english.split_once(": ") {
            Some((head, rest)) => match self.whole(head) {
                Some(head) => format!("{head}{}{}", self.colon(), self.words(rest)),
                None => english.to_owned(),
            },
            None => english.to_owned(),
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

    fn colon(&self) -> &'static str {
        match self.language {
            crate::settings::Language::Chinese => "：",
            crate::settings::Language::English => ": ",
        }
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
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::settings::Language;

    #[test]
    fn what_varies_is_a_value_and_the_words_are_the_key() {
        let taken = |text: &str| {
            let (key, values) = key_and_values(text);
            (key, values.join("|"))
        };
        assert_eq!(taken("nothing is held under 7"), ("said-nothing-is-held-under-x".into(), "7".into()));
        assert_eq!(
            taken("519901001 holds no credential; 'rosterd status' lists it"),
            ("said-x-holds-no-credential-x-lists-it".into(), "519901001|rosterd status".into())
        );
        assert_eq!(
            taken("the child's area, '[node] name = \"x's\"' is wrong"),
            ("said-the-child-s-area-x-is-wrong".into(), "[node] name = \"x's\"".into())
        );
    }

    #[test]
    fn a_clerk_reads_an_error_and_its_cause_in_chinese() {
        let text = Text::new(Language::Chinese);
        let missing = std::io::Error::from_raw_os_error(libc::ENOENT);
        let error = Error::new("reading the file").at("/tmp/名册.xls").because(missing);
        let told = text.error(&error);
        assert_eq!(told.what, "读取文件：/tmp/名册.xls");
        assert_eq!(told.because, ["没有这个文件或文件夹"]);
        assert_eq!(Text::new(Language::English).error(&error).what, "reading the file: /tmp/名册.xls");
    }

    /// Folders whose errors a verb can print to a clerk.
    const SPOKEN: &[&str] = &[
        "cli",
        "daemon/control",
        "daemon/control.rs",
        "daemon/desk",
        "daemon/reading.rs",
        "intake",
        "settings",
        "store/mod.rs",
        "store/open.rs",
        "store/copies.rs",
        "store/fault.rs",
        "store/key.rs",
        "sync/authority.rs",
        "sync/client.rs",
        "sync/course.rs",
        "sync/credential.rs",
        "sync/enrol.rs",
        "sync/files.rs",
        "sync/join_code.rs",
        "sync/offline.rs",
        "sync/registry.rs",
        "sync/serve.rs",
    ];

    /// What stands before a sentence that may become one.
    const BEFORE: &[&str] = &["Error::new(", ".or_say(", ".or_say_at(", ".hint(", "Code::", "#[error(", "Fault::new("];

    #[test]
    fn whatever_a_verb_can_complain_of_has_its_chinese() {
        let text = Text::new(Language::Chinese);
        let mut missing = BTreeSet::new();
        for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let code = std::fs::read_to_string(&file).unwrap();
            let code = code.split("\n#[cfg(test)]\nmod ").next().unwrap();
            for sentence in BEFORE.iter().flat_map(|mark| code.split(mark).skip(1)).filter_map(literal) {
                let (key, _) = key_and_values(&sentence);
                // Keys of the catalogue itself, and what is only made of values.
                if !text.knows(&sentence) && !text.knows(&key) && key.replace("-x", "") != PREFIX {
                    missing.insert(format!("{key} = {sentence}"));
                }
            }
        }
        assert!(missing.is_empty(), "config/text/errors.zh-CN.ftl lacks\n{}", Vec::from_iter(missing).join("\n"));
    }

    fn files(src: &Path) -> Vec<PathBuf> {
        let mut waiting: Vec<PathBuf> = SPOKEN.iter().map(|path| src.join(path)).collect();
        let mut found = Vec::new();
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
            } else if path.extension().is_some_and(|e| e == "rs") && !spoken_by_none(&path) {
                found.push(path);
            }
        }
        assert!(found.len() > 30, "the folders are where they were");
        found
    }

    /// Tests; the demo and the packager's pages, which no clerk runs in earnest.
    fn spoken_by_none(path: &Path) -> bool {
        ["test", "/demo/", "generate.rs"].iter().any(|part| path.to_string_lossy().contains(part))
    }

    /// The string literal that begins within a few plain words, its holes as quoted values.
    fn literal(code: &str) -> Option<String> {
        /// `UnreadableCode::TooManyCells, format!(` before the quote.
        const LEAD_MAX: usize = 40;
        let start = code.find('"').filter(|at| *at < LEAD_MAX)?;
        if code[..start].contains([';', '{', ')', '=']) {
            return None;
        }
        let (mut out, mut chars, mut hole) = (String::new(), code[start + 1..].chars(), false);
        loop {
            match chars.next()? {
                '"' => return Some(out),
                '\\' => match chars.next()? {
                    '\n' => {
                        let rest = chars.as_str().trim_start();
                        chars = rest.chars();
                    }
                    other => out.push(other),
                },
                '{' => {
                    hole = true;
                    out.push('0');
                }
                '}' => hole = false,
                _ if hole => {}
                c => out.push(c),
            }
        }
    }
}
