//! What a parent knows of the offices below it besides their entries: what they are called, and how they stand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::office::Office;
use crate::domain::Area;
use crate::error::Result;
use crate::intake;
use crate::report::text::printable;
use crate::settings::{NAME_CHARS_MAX, Settings};
use crate::store::{Child, View};
use crate::sync::protocol::{ResyncReport, VerifyReport};

/// Names a child may tell; a township has some dozens of villages. More are not taken.
const NAMES_MAX: usize = 2_000;

/// What is kept of a child as JSON beside its watermark.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChildState {
    /// An old copy of it came; another life is followed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub copy: bool,
    /// Another machine joined in the place of the one that reported for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
    /// Its credential was ended; nobody waits for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// When it was last believed that this node's store was restored: Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_noticed: Option<i64>,
    /// Its first call since this node's store began an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// What its last comparison came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resync: Option<ResyncReport>,
    /// What its last comparison found that was to repair nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<VerifyReport>,
    /// What the offices below the child are called.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub below: BTreeMap<Area, String>,
}

/// A machine that reported for an area until another joined as it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Unix milliseconds.
    pub at: i64,
    /// Of its store; `None` where it never called.
    pub epoch: Option<u64>,
}

/// How far a child had come when it called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// This node's.
    pub epoch: u64,
    /// The last number of the child.
    pub head: u64,
}

/// Whether `child` called since the store here began `epoch` and sent all that it had then. One that never called, or that
/// nobody waits for any more, has nothing to bring back.
pub fn is_heard_since(child: &Child, epoch: u64) -> bool {
    let state = ChildState::of(child);
    let is_awaited = child.last_contact.is_some() && !state.revoked;
    !is_awaited || state.heard.is_some_and(|heard| heard.epoch == epoch && child.watermark >= heard.head)
}

impl ChildState {
    pub fn of(child: &Child) -> ChildState {
        serde_json::from_str(&child.state).unwrap_or_default()
    }

    /// Changes what is kept of `child`.
    pub fn change(child: &mut Child, work: impl FnOnce(&mut ChildState)) {
        let mut state = ChildState::of(child);
        work(&mut state);
        child.state = serde_json::to_string(&state).unwrap_or_else(|_| "{}".to_owned());
    }
}

/// Takes over what a child says that it and the offices below it are called. A name outside its area is none of its
/// business; what would steer a terminal is taken out.
pub fn learn(child: &mut Child, told: &[(Area, String)]) {
    let area = child.area;
    let mut below: BTreeMap<Area, String> = told
        .iter()
        .filter(|(named, _)| area.contains(*named))
        .take(NAMES_MAX)
        .map(|(named, name)| (*named, printable(name).chars().take(NAME_CHARS_MAX).collect()))
        .collect();
    // An older child tells none: what was known stays.
    if let Some(name) = below.remove(&area) {
        child.name = name;
        ChildState::change(child, |state| state.below = below);
    }
}

/// What this office and those below it are called.
pub fn names(view: &View, office: &Office) -> Result<BTreeMap<Area, String>> {
    let mut names = BTreeMap::from([(office.area(), office.settings().name)]);
    for child in view.children()? {
        names.extend(ChildState::of(&child).below);
        if !child.name.is_empty() {
            names.insert(child.area, child.name);
        }
    }
    Ok(names)
}

/// What the office's own words call areas, by the first of them.
pub fn called(settings: &Settings) -> BTreeMap<Area, String> {
    // Words that do not read keep the daemon from starting, and say so there.
    let words = intake::areas_called(&settings.lists_dir()).unwrap_or_default();
    let first = |words: Vec<String>| Some(printable(words.first()?.trim())).filter(|name| !name.is_empty());
    words.into_iter().filter_map(|(area, words)| Some((area, first(words)?))).collect()
}

/// [`names`] for people to read: with what the office's own words call areas of which no node told a name.
pub fn names_to_say(view: &View, office: &Office) -> Result<BTreeMap<Area, String>> {
    let mut names_to_say = office.called().clone();
    names_to_say.extend(names(view, office)?);
    Ok(names_to_say)
}

/// `names` as people read them: of several areas with one name each is called by the area above it as well, `第1乡200村`,
/// and by its code where that does not tell them apart either. What stands alone stays short.
pub fn told_apart(names: &BTreeMap<Area, String>) -> BTreeMap<Area, String> {
    let above = |area: Area| area.parent().and_then(|above| names.get(&above));
    let longer = |area: Area, name: &str| above(area).map(|above| format!("{above}{name}"));
    let (short, long) = (counted(names.values().cloned()), counted(names.iter().filter_map(|(a, n)| longer(*a, n))));
    let told = |area: Area, name: &String| match (short[name], longer(area, name)) {
        (1, _) => name.clone(),
        (_, Some(longer)) if long[&longer] == 1 && !short.contains_key(&longer) => longer,
        _ => format!("{name} {area}"),
    };
    names.iter().map(|(area, name)| (*area, told(*area, name))).collect()
}

fn counted(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    names.for_each(|name| *count.entry(name).or_default() += 1);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> Area {
        code.parse().unwrap()
    }

    #[test]
    fn two_villages_of_one_name_are_told_apart_by_their_townships() {
        let names = |of: &[(&str, &str)]| of.iter().map(|(code, name)| (area(code), name.to_string())).collect();
        let told = |of: &[(&str, &str)]| -> Vec<String> { told_apart(&names(of)).into_values().collect() };
        let county = [
            ("519901", "云岭县"),
            ("519901001", "第1乡"),
            ("519901001200", "200村"),
            ("519901001201", "201村"),
            ("519901002", "第2乡"),
            ("519901002200", "200村"),
        ];
        assert_eq!(told(&county), ["云岭县", "第1乡", "第1乡200村", "201村", "第2乡", "第2乡200村"]);
        // Where nobody told what the township is called, and where two are called the same.
        let direct = [("519901001200", "200村"), ("519901002200", "200村")];
        assert_eq!(told(&direct), ["200村 519901001200", "200村 519901002200"]);
        let same = [("519901001", "乡"), ("519901001200", "甲村"), ("519901002", "乡"), ("519901002200", "甲村")];
        assert_eq!(told(&same), ["乡 519901001", "甲村 519901001200", "乡 519901002", "甲村 519901002200"]);
    }

    #[test]
    fn a_township_names_itself_and_its_villages_and_nobody_else() {
        let mut child = Child::new(area("519901001"));
        let told = [
            (area("519901001"), "第1乡".to_owned()),
            (area("519901001200"), "200村\u{1b}[2J".to_owned()),
            (area("519901002200"), "别人的村".to_owned()),
        ];
        learn(&mut child, &told);
        let below = ChildState::of(&child).below;
        assert_eq!((child.name.as_str(), below.len()), ("第1乡", 1));
        assert_eq!(below[&area("519901001200")], "200村\u{fffd}[2J");
        ChildState::change(&mut child, |state| state.copy = true);
        learn(&mut child, &[]);
        let state = ChildState::of(&child);
        assert!(state.copy && state.below.len() == 1 && child.name == "第1乡", "an older child says nothing of names");
    }
}
