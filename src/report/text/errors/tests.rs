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

#[test]
fn what_varies_may_be_a_word_of_any_letters() {
    let text = Text::new(Language::Chinese);
    assert_eq!(text.words("there is no finding 'fabcdefghjk'"), "没有编号为 fabcdefghjk 的疑点");
    assert_eq!(text.words("there is no pair ''"), "没有编号为  的待认定人员");
    assert_eq!(
        text.words("the parent at 10.77.1.1:7443 cannot be reached: Connection refused (os error 111)"),
        "连不上上级（10.77.1.1:7443）：对方没有开启服务"
    );
    // A sentence with a colon in it, and what stands behind one.
    assert_eq!(
        text.words("the disk is full (0 MB left): nothing is read until there is room: /srv/rosterd/data"),
        "磁盘已满（只剩 0 MB）：腾出空间之前不再读入文件：/srv/rosterd/data"
    );
    assert_eq!(
        text.words("adding entries: Error code 13: database or disk is full"),
        "新增记录：数据库报错 13：磁盘已满"
    );
}

#[test]
fn what_the_system_says_is_told_by_its_number_where_nobody_translated_it() {
    let text = Text::new(Language::Chinese);
    let busy = std::io::Error::from_raw_os_error(libc::EBUSY).to_string();
    assert_eq!(text.words(&busy), "系统报错 16（Device or resource busy）");
    assert_eq!(text.words(&format!("writing the file: {busy}")), format!("写入文件：{}", text.words(&busy)));
    assert_eq!(Text::new(Language::English).words(&busy), busy);
    assert_eq!(text.words("some library broke: reading the file"), "some library broke：读取文件");
}

/// What a file of another kind is called goes into a sentence as it stands.
#[test]
fn files_of_other_kinds_are_called_so_in_chinese() {
    let code = include_str!("../../../intake/container.rs");
    let kinds = code.split_once("const FOREIGN").unwrap().1.split_once("];").unwrap().0;
    let kinds: Vec<&str> =
        kinds.lines().filter_map(|line| line.trim().strip_suffix("\"),")?.rsplit('"').next()).collect();
    assert!(kinds.len() > 8, "{kinds:?}");
    let text = Text::new(Language::Chinese);
    for kind in kinds {
        let (key, _) = key_and_values(kind);
        assert!(text.knows(&key), "{key} = {kind}");
    }
    assert_eq!(text.words("this is a 'PNG picture'"), "这是PNG 图片");
    assert_eq!(text.words("this is a '7z archive'"), "这是7z 压缩包");
}

/// What stands before a sentence, and which of the arguments behind it that is. Where the third says so, an argument
/// that is not written out is somebody else's.
const BEFORE: &[(&str, usize, bool)] = &[
    ("Error::new(", 0, false),
    (".or_say(", 0, false),
    (".or_say_at(", 0, false),
    (".doing(", 0, false),
    (".hint(", 0, false),
    ("#[error(", 0, false),
    ("Refusal::new(", 1, false),
    ("Unreadable::new(", 1, false),
    ("Error::other(", 0, false),
    ("fail_pending(", 0, true),
    ("found_damaged(", 0, true),
    (" fault(", 2, true),
    ("(fault(", 2, true),
    ("missing(", 1, true),
    ("must(", 1, true),
    ("refused(", 0, true),
    ("Err(", 0, true),
    ("ok_or_else(|| ", 0, true),
    ("map_err(|_| ", 0, true),
];

/// What takes a sentence that somebody else said, who is in [`BEFORE`] or took it from the catalogue.
const GIVEN_ON: &[&str] = &[
    "else_said",
    "what",
    "why",
    "text",
    "detail",
    "text.to_owned()",
    "fault.to_string()",
    "failure.to_string()",
    "error.to_string()",
    "fault::HINT",
    "screen.text().say(key)",
    "transparent",
];

/// What always has a digit in it: it is a value without standing in quotes.
const NUMBERED: &[&str] = &[
    "PREFIX",
    "SCHEMA_VERSION",
    "address",
    "after",
    "area",
    "bad",
    "bytes",
    "bytes >> 20",
    "cells",
    "child",
    "entries",
    "found",
    "free >> 20",
    "from",
    "from + 1",
    "height",
    "id",
    "len",
    "length",
    "line",
    "listen",
    "mode & 0o777",
    "node",
    "number",
    "origin",
    "other",
    "parent",
    "watermark",
    "width",
];

/// A hole in a sentence, which reads as a value.
const HOLE: char = '\u{e000}';

#[test]
fn whatever_goes_wrong_has_its_chinese() {
    // What clap shows of a wrong argument stands with the help.
    let texts = [Text::new(Language::Chinese), Text::help()];
    let (mut faults, mut seen) = (BTreeSet::new(), 0);
    for file in files() {
        let code = std::fs::read_to_string(&file).unwrap();
        // Tests written out stand last in a file; those of a file of their own may be named anywhere.
        let code = code.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display();
        for (mark, at, is_optional) in BEFORE {
            for behind in code.split(mark).skip(1) {
                let Some(argument) = arguments(behind).into_iter().nth(*at) else { continue };
                let is_said = ["\"", "format!(\""].iter().any(|start| argument.starts_with(start));
                let is_named = argument.ends_with("_ALLOWED");
                if *is_optional && !is_said && !is_named {
                    continue;
                }
                let sentences = sentences(argument, code);
                if sentences.is_empty() && !GIVEN_ON.contains(&argument) {
                    faults.insert(format!("{name}: nobody knows what {mark}{argument}) says"));
                }
                seen += sentences.len();
                for (sentence, values) in sentences {
                    faults.extend(fault(&texts, &sentence, &values).map(|fault| format!("{name}: {fault}")));
                }
            }
        }
    }
    assert!(seen > 600, "the sentences are where they were: {seen}");
    assert!(faults.is_empty(), "see config/text/errors.zh-CN.ftl\n{}", Vec::from_iter(faults).join("\n"));
}

/// What keeps a sentence from being told in Chinese, whatever its values are.
fn fault(texts: &[Text], sentence: &str, values: &[String]) -> Option<String> {
    // One that tells another behind a colon is told part by part.
    let (words, told) = match sentence.strip_suffix(HOLE).and_then(|head| head.strip_suffix(": ")) {
        Some(head) => (head, &values[..values.len() - 1]),
        None => (sentence, values),
    };
    let (key, _) = key_and_values(words);
    let is_only_values = key.replace("-x", "") == PREFIX;
    if !is_only_values && !texts.iter().any(|text| text.knows(words) || text.knows(&key)) {
        return Some(format!("no Chinese for {key} = {words}"));
    }
    let (mut rest, mut told) = (words.trim(), told.iter());
    while !rest.is_empty() {
        let (token, after) = token(rest);
        for value in told.by_ref().take(token.matches(HOLE).count()) {
            let last = value.rsplit(['.', ':']).next().unwrap_or(value);
            let is_numbered = NUMBERED.contains(&last) || last.to_ascii_lowercase().ends_with("_max");
            if !token.starts_with('\'') && !is_numbered && !is_only_values {
                return Some(format!("'{value}' may be words: put it in quotes: {words}"));
            }
        }
        rest = after.trim_start();
    }
    None
}

/// Every folder: even what only logs today is an error that a verb may meet tomorrow.
fn files() -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], Vec::new());
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|e| e == "rs") && !spoken_by_none(&path) {
            found.push(path);
        }
    }
    found
}

/// Tests; the demo and the packager's pages, which no clerk runs in earnest; where errors are made of what others say.
fn spoken_by_none(path: &Path) -> bool {
    ["test", "/demo/", "generate.rs", "src/error.rs"].iter().any(|part| path.to_string_lossy().contains(part))
}

/// The arguments at the beginning of `code`, up to the bracket that closes them; of a statement the one up to its end.
fn arguments(code: &str) -> Vec<&str> {
    let (mut found, mut begin, mut depth, mut at) = (Vec::new(), 0, 0, 0);
    while at < code.len() {
        match code.as_bytes()[at] {
            b'"' => at += quoted_bytes(&code[at..]),
            // A character, which may be a bracket or a quote; else a lifetime.
            b'\'' => {
                at += ["'\"'", "'('", "')'"].iter().find(|c| code[at..].starts_with(**c)).map_or(0, |c| c.len() - 1)
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' | b';' if depth == 0 => {
                found.push(code[begin..at].trim());
                return found;
            }
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                found.push(code[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Bytes of the literal at the beginning of `code` without its last quote.
fn quoted_bytes(code: &str) -> usize {
    let bytes = code.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// What an argument says, each with what its holes hold: it is written out, chosen among such, or named in this file.
fn sentences(argument: &str, code: &str) -> Vec<(String, Vec<String>)> {
    if argument.contains('"') {
        let is_choice = argument.starts_with("if ") || argument.starts_with("match ");
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = argument[at..].find('"').map(|start| at + start) {
            let end = start + quoted_bytes(&argument[start..]);
            let before = argument[..start].trim_end();
            let (before, is_made) = before.strip_suffix("format!(").map_or((before, false), |before| (before, true));
            let values = if is_made { arguments(&argument[start..]).split_off(1) } else { Vec::new() };
            at = end + 1;
            // What is only compared with is not said.
            if is_choice && !["{", "=>"].iter().any(|sign| before.trim_end().ends_with(sign)) {
                continue;
            }
            found.push(filled(&argument[start + 1..end], &values));
            if !is_choice {
                break;
            }
        }
        return found;
    }
    let name = argument.rsplit("::").next().unwrap_or(argument);
    [format!("let {name} = "), format!("const {name}: &str = ")]
        .iter()
        .flat_map(|mark| code.split(mark.as_str()).skip(1))
        .filter_map(|value| arguments(value).into_iter().next())
        .filter(|value| value.contains('"'))
        .flat_map(|value| sentences(value, code))
        .collect()
}

/// A literal as it reads, with [`HOLE`] for what varies, and the names of that.
fn filled(literal: &str, values: &[&str]) -> (String, Vec<String>) {
    let (mut out, mut names, mut values) = (String::new(), Vec::new(), values.iter());
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') => chars = chars.as_str().trim_start().chars(),
                Some(other) => out.push(other),
                None => {}
            },
            '{' => {
                let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let name = inside.split(':').next().unwrap_or_default();
                let name = if name.is_empty() { values.next().copied().unwrap_or_default() } else { name };
                names.push(name.trim_end_matches("()").to_owned());
                out.push(HOLE);
            }
            _ => out.push(c),
        }
    }
    (out, names)
}
