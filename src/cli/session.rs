//! From a verb's arguments to its answer: the settings, then the daemon or the store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Failed;
use super::owner::KeptOwner;
use super::screen::Screen;
use super::words::Place;
use crate::daemon::control::asker::name_of;
use crate::daemon::control::client::{Client, Parcels};
use crate::daemon::control::requests::{self, Ask, Reach};
use crate::daemon::control::{Exit, Frame, Request};
use crate::daemon::{called, told_apart};
use crate::domain::{Area, Level};
use crate::error::Error;
use crate::intake::areas_called;
use crate::settings::Settings;

/// Where settings are looked for after `--config` and `$ROSTERD_CONFIG` (CONTRACT.md, command line).
const PLACES: [&str; 2] = ["rosterd.toml", "/etc/rosterd/rosterd.toml"];

/// The settings file: the one that was named, else the first that is there.
pub fn find_settings(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        // An empty variable names nothing.
        Some(file) if !file.as_os_str().is_empty() => Some(file.to_owned()),
        _ => PLACES.into_iter().map(PathBuf::from).find(|file| file.exists()),
    }
}

/// One verb's conversation with its node.
pub struct Session<'a> {
    pub settings: Settings,
    pub screen: &'a mut Screen,
    /// It has been said that no daemon runs.
    is_alone: bool,
}

impl<'a> Session<'a> {
    /// Reads the settings and speaks their language from here on.
    pub fn open(named: Option<&Path>, screen: &'a mut Screen) -> Result<Session<'a>, Failed> {
        let Some(file) = find_settings(named) else {
            let text = screen.text();
            let hint =
                text.say_with("say-no-config-hint", &[("places", &format!("$ROSTERD_CONFIG, {}", PLACES.join(", ")))]);
            return Err(Error::new(text.say("say-no-config")).hint(hint).into());
        };
        let settings = Settings::read(&file)?;
        screen.speak(settings.language);
        Ok(Session::of(settings, screen))
    }

    /// Of settings that were read already.
    pub fn of(settings: Settings, screen: &'a mut Screen) -> Session<'a> {
        Session { settings, screen, is_alone: false }
    }

    /// Whether a daemon answers on the control socket.
    pub fn daemon_answers(&self) -> Result<bool, Failed> {
        Ok(Client::connect(&self.settings.control_socket())?.is_some())
    }

    /// Asks, and hands each row to `each` as it comes.
    pub fn ask<A: Ask>(&mut self, args: &A, each: &mut dyn FnMut(&mut Screen, Value)) -> Result<Exit, Failed> {
        self.exchange(args, &Parcels::default(), each)
    }

    /// The same with files that travel to the daemon and back.
    fn exchange<A: Ask>(
        &mut self,
        args: &A,
        parcels: &Parcels,
        each: &mut dyn FnMut(&mut Screen, Value),
    ) -> Result<Exit, Failed> {
        let request = Request::new(args, &account());
        let client = Client::connect(&self.settings.control_socket())?;
        let screen = &mut *self.screen;
        match (client, A::REACH) {
            (Some(client), Reach::Daemon | Reach::Reading | Reach::Anywhere) => {
                Ok(client.exchange(&request, parcels, &mut |frame| take(screen, frame, each))?)
            }
            (Some(_), Reach::Stopped) => {
                let text = screen.text();
                Err(Error::new(text.say("say-daemon-runs")).hint(text.say("say-daemon-runs-hint")).into())
            }
            (None, Reach::Daemon) => {
                let text = screen.text();
                let file = self.settings.file.display();
                let hint = text.say_with("say-needs-daemon-hint", &[("file", &file)]);
                Err(Failed { error: Error::new(text.say("say-needs-daemon")).hint(hint), exit: Exit::Unreachable })
            }
            (None, reach) => {
                if reach == Reach::Reading && !std::mem::replace(&mut self.is_alone, true) {
                    // A copy is made, and nothing shown.
                    screen.say(if A::VERB == requests::Backup::VERB { "say-no-daemon-copy" } else { "say-no-daemon" });
                }
                // Whatever is made here belongs to whom the folder belongs: the service reads it next.
                let _owner = KeptOwner::of(&self.settings.data_dir());
                let desk = crate::daemon::offline(&self.settings, reach)?;
                Ok(desk.handle(request, &mut |frame| {
                    take(screen, frame, each);
                    true
                }))
            }
        }
    }

    /// Asks and collects the rows, for people with the names of areas; with `json` prints them as they come instead.
    pub fn rows<A: Ask>(&mut self, args: &A, json: bool) -> Result<(Vec<Value>, Exit), Failed> {
        self.rows_with(args, &Parcels::default(), json)
    }

    /// The same of a verb that takes or gives a file.
    pub fn rows_with<A: Ask>(&mut self, args: &A, parcels: &Parcels, json: bool) -> Result<(Vec<Value>, Exit), Failed> {
        if let Some(target) = &parcels.target {
            target.check()?;
        }
        let mut rows = Vec::new();
        let exit =
            self.exchange(args, parcels, &mut |screen, row| if json { screen.json(&row) } else { rows.push(row) })?;
        self.screen.clear();
        if !rows.is_empty() && A::VERB != requests::Status::VERB {
            let names = self.names_for(&rows, A::REACH == Reach::Reading)?;
            rows.iter_mut().for_each(|row| name_areas(row, &names));
        }
        Ok((rows, exit))
    }

    /// Asks for rows of which there may be too many to keep, and hands on each as it comes, with the names of areas.
    pub fn each_named<A: Ask>(
        &mut self,
        args: &A,
        each: &mut dyn FnMut(&mut Screen, Value) -> Result<(), Failed>,
    ) -> Result<Exit, Failed> {
        let mut seen = Seen::default();
        // Above a county nobody tells of places.
        if self.settings.level() != Level::County {
            let exit = self.ask(args, &mut |_, row| seen.look(&row))?;
            if exit != Exit::Done {
                return Ok(exit);
            }
        }
        let names = self.names_of(seen, A::REACH == Reach::Reading)?;
        let mut failed = None;
        let exit = self.ask(args, &mut |screen, mut row| {
            name_areas(&mut row, &names);
            if failed.is_none() {
                failed = each(screen, row).err();
            }
        })?;
        self.screen.clear();
        failed.map_or(Ok(exit), Err)
    }

    /// What the areas in these rows are called: [`Session::names`], and of the others what the office above calls them
    /// where it tells of somebody there. One place has one name on one screen.
    pub fn names_for(&mut self, rows: &[Value], looks: bool) -> Result<BTreeMap<String, String>, Failed> {
        let mut seen = Seen::default();
        rows.iter().for_each(|row| seen.look(row));
        self.names_of(seen, looks)
    }

    fn names_of(&mut self, seen: Seen, looks: bool) -> Result<BTreeMap<String, String>, Failed> {
        let own = self.names(looks)?;
        let Seen { codes, mut names } = seen;
        names.extend(own.clone());
        let has_unnamed = codes.iter().any(|code| !names.contains_key(code));
        if self.settings.level() != Level::County && has_unnamed && (looks || self.daemon_answers()?) {
            self.ask(&requests::Findings::default(), &mut |_, row| learn_names(&row, &mut names))?;
            self.screen.clear();
            names.extend(own);
        }
        Ok(names)
    }

    /// What the areas near this one are called: its own, and its children's where a daemon runs to tell them, or the store
    /// was just looked into without one (`looks`).
    pub fn names(&mut self, looks: bool) -> Result<BTreeMap<String, String>, Failed> {
        let mut names = called(&self.settings);
        names.insert(self.settings.area, self.settings.name.clone());
        if self.settings.level() != Level::Village && (looks || self.daemon_answers()?) {
            self.ask(&requests::Status {}, &mut |_, row| {
                let children = row["children"].as_array().map(Vec::as_slice).unwrap_or_default();
                let below = children.iter().flat_map(|child| child["below"].as_array().into_iter().flatten());
                for office in children.iter().chain(below) {
                    let area = office["area"].as_str().and_then(|code| code.parse::<Area>().ok());
                    let name = office["name"].as_str().filter(|name| !name.is_empty());
                    if let (Some(area), Some(name)) = (area, name) {
                        names.insert(area, name.to_owned());
                    }
                }
            })?;
        }
        Ok(told_apart(&names).into_iter().map(|(area, name)| (area.to_string(), name)).collect())
    }

    /// The area that was asked for, by its code or by a name: one that some screen shows, or any word of the office's own.
    pub fn area_of(&mut self, place: Place) -> Result<Area, Failed> {
        let name = match place {
            Place::Code(area) => return Ok(area),
            Place::Name(name) => name,
        };
        let mut areas: BTreeSet<Area> = self
            .names(true)?
            .into_iter()
            .filter(|(_, called)| *called == name)
            .flat_map(|(code, _)| code.parse())
            .collect();
        let words = areas_called(&self.settings.lists_dir())?;
        areas.extend(words.into_iter().filter(|(_, words)| words.contains(&name)).map(|(area, _)| area));
        match (areas.pop_first(), areas.is_empty()) {
            (Some(area), true) => Ok(area),
            (found, _) => {
                let text = self.screen.text();
                let said = if found.is_some() { "say-areas-called-so" } else { "say-no-area-called-so" };
                let (what, hint) = (text.say_with(said, &[("name", &name)]), text.say("say-write-the-code"));
                Err(Failed { error: Error::new(what).hint(hint), exit: Exit::Usage })
            }
        }
    }

    /// Asks for one row, or prints it with `json`.
    pub fn row<A: Ask>(&mut self, args: &A, json: bool) -> Result<(Value, Exit), Failed> {
        self.row_with(args, &Parcels::default(), json)
    }

    /// The same of a verb that takes or gives a file.
    pub fn row_with<A: Ask>(&mut self, args: &A, parcels: &Parcels, json: bool) -> Result<(Value, Exit), Failed> {
        let (mut rows, exit) = self.rows_with(args, parcels, json)?;
        Ok((rows.pop().unwrap_or(Value::Null), exit))
    }
}

/// Where a row says of which area it is, or who said it.
const PLACED: [&str; 4] = ["area", "from", "to", "by"];

/// Puts the name beside every area that has one, in the row and what is inside it.
fn name_areas(row: &mut Value, names: &BTreeMap<String, String>) {
    match row {
        Value::Array(rows) => rows.iter_mut().for_each(|row| name_areas(row, names)),
        Value::Object(fields) => {
            for key in PLACED {
                let name = fields.get(key).and_then(Value::as_str).and_then(|code| names.get(code));
                if let Some(name) = name.cloned() {
                    fields.insert(format!("{key}_name"), Value::String(name));
                }
            }
            fields.values_mut().for_each(|field| name_areas(field, names));
        }
        _ => {}
    }
}

/// Takes over the names that stand beside areas, in the row and what is inside it.
fn learn_names(row: &Value, names: &mut BTreeMap<String, String>) {
    match row {
        Value::Array(rows) => rows.iter().for_each(|row| learn_names(row, names)),
        Value::Object(fields) => {
            if let (Some(code), Some(name)) = (row["area"].as_str(), row["area_name"].as_str()) {
                names.entry(code.to_owned()).or_insert_with(|| name.to_owned());
            }
            fields.values().for_each(|field| learn_names(field, names));
        }
        _ => {}
    }
}

/// The areas of some rows, and what whoever told of them calls them.
#[derive(Default)]
struct Seen {
    codes: BTreeSet<String>,
    names: BTreeMap<String, String>,
}

impl Seen {
    fn look(&mut self, row: &Value) {
        learn_names(row, &mut self.names);
        self.note_codes(row);
    }

    fn note_codes(&mut self, row: &Value) {
        match row {
            Value::Array(rows) => rows.iter().for_each(|row| self.note_codes(row)),
            Value::Object(fields) => {
                for code in PLACED.iter().filter_map(|key| row[*key].as_str()) {
                    if code.parse::<Area>().is_ok() && !self.codes.contains(code) {
                        self.codes.insert(code.to_owned());
                    }
                }
                fields.values().for_each(|field| self.note_codes(field));
            }
            _ => {}
        }
    }
}

fn take(screen: &mut Screen, frame: Frame, each: &mut dyn FnMut(&mut Screen, Value)) {
    match frame {
        Frame::Row(row) => each(screen, row),
        Frame::Progress(progress) => screen.progress(&progress),
        Frame::Hint(hint) => screen.tell(hint),
        Frame::Error(failure) => screen.failure(&failure),
        // The client has laid it where it belongs.
        Frame::File(_) => {}
        Frame::End { .. } => screen.clear(),
    }
}

/// The account that asks; behind `sudo` the person, not root. A service or a bare shell has no `$USER`.
pub fn account() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    // SAFETY: getuid has no preconditions and cannot fail.
    let uid = unsafe { libc::getuid() };
    named.filter(|name| !name.is_empty()).or_else(|| name_of(uid)).unwrap_or_else(|| format!("uid {uid}"))
}

/// A path as the daemon, who stands elsewhere, has to be told it.
pub fn absolute(path: &Path) -> Result<PathBuf, Failed> {
    std::path::absolute(path).map_err(|error| Error::new("reading a path").at(path).because(error).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_place_has_one_name_in_a_row_and_all_that_is_in_it() {
        let told = json!({"area": "519901001201", "area_name": "第1乡201村", "entries": [
            {"area": "519901001201", "area_name": "第1乡201村"}, {"area": "519901001202", "area_name": "202村"}]});
        let mut event = json!({"from": "519901001202", "to": "519901001201", "decision": {"by": "519901001"}});
        let mut seen = Seen::default();
        [&told, &event].into_iter().for_each(|row| seen.look(row));
        let Seen { codes, mut names } = seen;
        let unnamed: Vec<&String> = codes.iter().filter(|code| !names.contains_key(*code)).collect();
        assert_eq!(unnamed, ["519901001"], "nobody told what the township is called");
        names.extend([("519901001".to_owned(), "第1乡".to_owned()), ("519901001201".to_owned(), "201村".to_owned())]);
        name_areas(&mut event, &names);
        assert_eq!((&event["from_name"], &event["to_name"]), (&json!("202村"), &json!("201村")));
        assert_eq!(event["decision"]["by_name"], "第1乡");
        let mut told = told;
        name_areas(&mut told, &names);
        assert_eq!((&told["area_name"], &told["entries"][0]["area_name"]), (&json!("201村"), &json!("201村")));
    }
}
