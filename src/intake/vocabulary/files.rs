//! The files of words as they are written: `config/lists`, built in, and those of an office beside its settings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use xxhash_rust::xxh3::Xxh3;

use super::super::clean::told::AroundWords;
use super::field::Field;
use super::whose::Whose;
use crate::domain::{Aid, Area, Flow, List, Reason, Status};
use crate::error::{Context as _, Error};

pub type Words = Vec<String>;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct CommonFile {
    pub columns: BTreeMap<Field, Words>,
    pub hints: BTreeMap<Field, Words>,
    pub hints_not: Drop,
    pub provinces: BTreeMap<String, Words>,
    pub prefixes: Prefixes,
    pub whose: Whose,
    pub drop: Drop,
    pub words: CommonWords,
    pub sex: Sexes,
    pub status: BTreeMap<Status, Words>,
    pub reasons: BTreeMap<Reason, Words>,
    pub relation: BTreeMap<String, Words>,
    pub told: AroundWords,
    pub areas: BTreeMap<Area, Words>,
    pub foreign: Foreign,
    pub parts: Parts,
    pub asks: Asks,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct Prefixes {
    pub person: Words,
    pub other: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct Drop {
    pub words: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct Sexes {
    pub male: Words,
    pub female: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct CommonWords {
    pub total: Words,
    pub subtotal: Words,
    pub counts: Words,
    pub trailer: Words,
    pub example: Words,
    pub templates: Words,
    pub invented: Words,
    pub invented_marks: Words,
    pub ditto: Words,
    pub own_sheets: Words,
    pub none: Words,
    pub no: Words,
    pub yes: Words,
    pub yes_starts: Words,
    pub done_starts: Words,
    pub no_starts: Words,
    pub not_given_starts: Words,
    pub not_given_ends: Words,
    pub open: Words,
    pub summary_sheets: Words,
    pub stale_sheets: Words,
    pub outside: Words,
    pub lunar: Words,
    pub present: Words,
    pub changes: Words,
    pub band_starts: Words,
    pub band_ends: Words,
    pub nobody: Words,
    pub done: Words,
    pub to_do: Words,
    pub reviews: Words,
    pub stays: Words,
    pub whole: Words,
    pub also_called: Words,
    pub now_called: Words,
    pub alive: Words,
    pub paid: Words,
    pub dead: Words,
    pub bereaved: Words,
    pub survivors: Words,
    pub checks: Words,
    pub gone: Words,
    pub not_dead: Words,
    pub between: Words,
    pub residence: Words,
    pub became: Words,
    pub formerly: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct Foreign {
    pub words: Words,
    pub anybodys: Words,
    pub always: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct Parts {
    pub units: Words,
    pub additions: Words,
    pub some: Words,
    pub sources: Vec<Words>,
    pub kinds: Vec<Vec<Words>>,
}

/// Around and in a header that asks whether a line ended.
#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Asks {
    /// Before what is asked for, and behind it.
    pub frames: Words,
    pub marks: Words,
    /// What else may stand beside it.
    pub beside: Words,
    pub died: Words,
    pub moved: Words,
    /// Of any list.
    pub ended: Words,
}

/// What a list's own headers ask for: the end of a line, that it goes on, and of what.
#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct ListAsks {
    pub ended: Words,
    pub kept: Words,
    pub of: Words,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(in crate::intake) struct ListFile {
    pub list: Option<List>,
    pub titles: Words,
    pub columns: BTreeMap<Field, Words>,
    pub hints: BTreeMap<Field, Words>,
    pub weights: BTreeMap<Field, i32>,
    pub status: BTreeMap<Status, Words>,
    pub class: BTreeMap<char, Words>,
    pub class_of: Words,
    pub aid: BTreeMap<Aid, Words>,
    pub flow: BTreeMap<Flow, Words>,
    pub asks: ListAsks,
}

pub(in crate::intake) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    path: &Path,
    hash: &mut Xxh3,
) -> Result<T, Error> {
    hash.update(text.as_bytes());
    toml::from_str(text).or_say_at("reading a list's words", path)
}

pub(in crate::intake) fn extra<T: serde::de::DeserializeOwned>(
    dir: Option<&Path>,
    name: &str,
    hash: &mut Xxh3,
) -> Result<Option<T>, Error> {
    let Some(path) = dir.map(|dir| dir.join(format!("{name}.toml"))) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path, hash).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_say_at("reading a list's words", path),
    }
}

/// What the words of an office itself, in this folder, call areas: each by its words, the one to speak with first.
///
/// # Errors
/// Where there is a file, and it does not read.
pub fn areas_called(lists: &Path) -> Result<BTreeMap<Area, Words>, Error> {
    let own: Option<CommonFile> = extra(Some(lists), "common", &mut Xxh3::new())?;
    Ok(own.map(|file| file.areas).unwrap_or_default())
}
