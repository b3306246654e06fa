//! From a verb's arguments to its answer: the settings, then the daemon or the store.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Failed;
use super::screen::Screen;
use crate::daemon::control::client::Client;
use crate::daemon::control::requests::{Ask, Reach};
use crate::daemon::control::{Exit, Frame, Request};
use crate::error::Error;
use crate::settings::Settings;

/// Where settings are looked for after `--config` and `$ROSTERD_CONFIG` (CONTRACT.md, command line).
const PLACES: [&str; 2] = ["rosterd.toml", "/etc/rosterd/rosterd.toml"];

/// The settings file: the one that was named, else the first that is there.
pub fn find_settings(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(file) => Some(file.to_owned()),
        None => PLACES.into_iter().map(PathBuf::from).find(|file| file.exists()),
    }
}

/// One verb's conversation with its node.
pub struct Session<'a> {
    pub settings: Settings,
    pub screen: &'a mut Screen,
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
        Ok(Session { settings, screen })
    }

    /// Whether a daemon answers on the control socket.
    pub fn daemon_answers(&self) -> Result<bool, Failed> {
        Ok(Client::connect(&self.settings.control_socket())?.is_some())
    }

    /// Asks, and hands each row to `each` as it comes.
    pub fn ask<A: Ask>(&mut self, args: &A, each: &mut dyn FnMut(&mut Screen, Value)) -> Result<Exit, Failed> {
        let request = Request::new(args, &account());
        let client = Client::connect(&self.settings.control_socket())?;
        let screen = &mut *self.screen;
        match (client, A::REACH) {
            (Some(client), Reach::Daemon | Reach::Reading | Reach::Anywhere) => {
                Ok(client.ask(&request, &mut |frame| take(screen, frame, each))?)
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
                if reach == Reach::Reading {
                    screen.say("say-no-daemon");
                }
                let desk = crate::daemon::offline(&self.settings)?;
                Ok(desk.handle(request, &mut |frame| {
                    take(screen, frame, each);
                    true
                }))
            }
        }
    }

    /// Asks and collects the rows; with `json` prints them as they come instead.
    pub fn rows<A: Ask>(&mut self, args: &A, json: bool) -> Result<(Vec<Value>, Exit), Failed> {
        let mut rows = Vec::new();
        let exit = self.ask(args, &mut |screen, row| if json { screen.json(&row) } else { rows.push(row) })?;
        self.screen.clear();
        Ok((rows, exit))
    }

    /// Asks for one row, or prints it with `json`.
    pub fn row<A: Ask>(&mut self, args: &A, json: bool) -> Result<(Value, Exit), Failed> {
        let (mut rows, exit) = self.rows(args, json)?;
        Ok((rows.pop().unwrap_or(Value::Null), exit))
    }
}

fn take(screen: &mut Screen, frame: Frame, each: &mut dyn FnMut(&mut Screen, Value)) {
    match frame {
        Frame::Row(row) => each(screen, row),
        Frame::Progress(progress) => screen.progress(&progress),
        Frame::Hint(hint) => screen.tell(hint),
        Frame::Error(failure) => screen.failure(&failure),
        Frame::End { .. } => screen.clear(),
    }
}

/// The account that asks; behind `sudo` the person, not root.
pub fn account() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    // SAFETY: getuid has no preconditions and cannot fail.
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("uid {}", unsafe { libc::getuid() }))
}

/// A path as the daemon, who stands elsewhere, has to be told it.
pub fn absolute(path: &Path) -> Result<PathBuf, Failed> {
    std::path::absolute(path).map_err(|error| Error::new("reading a path").at(path).because(error).into())
}
