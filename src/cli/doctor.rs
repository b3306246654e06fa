use std::ffi::CString;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::screen::Screen;
use super::session::Session;
use super::table::Table;
use super::{Failed, Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Date, Level};
use crate::report::text::Text;
use crate::settings::SourceKind;

/// Check the whole installation and say what to do
///
/// Settings, folders and their permissions, disk, clock, sources, store, daemon, link, backlog. Exit status 1 where
/// something is broken.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
}

/// With less free the daemon may stop writing soon.
const DISK_FREE_MB_MIN: u64 = 512;

/// No clock can rightly be before this program was written.
const CLOCK_MIN: Date = jiff::civil::date(2026, 1, 1);

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Warn,
    Bad,
}

/// One check: a catalogue key `check-…` without its prefix, and what its sentences take.
#[derive(Debug)]
struct Check {
    check: String,
    state: State,
    params: Map<String, Value>,
}

fn check(check: &str, state: State, params: Value) -> Check {
    let params = if let Value::Object(params) = params { params } else { Map::new() };
    Check { check: check.to_owned(), state, params }
}

fn bad_unless(good: bool) -> State {
    if good { State::Ok } else { State::Bad }
}

fn warn_unless(good: bool) -> State {
    if good { State::Ok } else { State::Warn }
}

pub fn run(args: Args, config: Option<&Path>, screen: &mut Screen) -> Outcome {
    let mut session = Session::open(config, screen)?;
    let mut checks = vec![check("settings", State::Ok, Value::Null)];
    let answers = session.daemon_answers();
    folders(&session, &mut checks);
    sources(&session, &mut checks);
    checks.push(check("clock", bad_unless(view::today() >= CLOCK_MIN), Value::Null));
    match answers {
        Ok(true) => checks.push(check("daemon", State::Ok, Value::Null)),
        Ok(false) => {
            checks.push(check("daemon", State::Bad, Value::Null));
            listen(&session, &mut checks);
        }
        Err(failed) => session.screen.error(&failed.error),
    }
    inside(&mut session, &mut checks);
    show(args.output.json, &checks, session.screen);
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let (bad, warn) = (count(State::Bad), count(State::Warn));
    match bad + warn {
        0 => session.screen.say("say-healthy"),
        _ => session.screen.say_with("say-unhealthy", &[("bad", &bad), ("warn", &warn)]),
    }
    Ok(if bad > 0 { Exit::Failed } else { Exit::Done })
}

fn folders(session: &Session, checks: &mut Vec<Check>) {
    let settings = &session.settings;
    let data = settings.data_dir();
    let path = json!({"path": data.display().to_string()});
    let found = std::fs::metadata(&data);
    let mode = found.as_ref().map(|meta| meta.permissions().mode() & 0o077).unwrap_or(0);
    checks.push(check("writable", bad_unless(found.is_ok() && writable(&data)), path.clone()));
    checks.push(check("data-mode", warn_unless(mode == 0), path));
    // One that ran made it.
    if settings.log.dir.exists() || data.join("rosterd.db").exists() {
        let path = json!({"path": settings.log.dir.display().to_string()});
        checks.push(check("log-dir", bad_unless(writable(&settings.log.dir)), path));
    }
    if let Some(free) = free_mb(&settings.dir) {
        let params = json!({"path": settings.dir.display().to_string(), "free": free});
        checks.push(check("disk", warn_unless(free >= DISK_FREE_MB_MIN), params));
    }
}

fn sources(session: &Session, checks: &mut Vec<Check>) {
    for source in &session.settings.sources {
        let readable = match source.kind {
            SourceKind::Folder => std::fs::read_dir(&source.path).is_ok(),
            SourceKind::File | SourceKind::Sqlite => std::fs::File::open(&source.path).is_ok(),
        };
        let params = json!({"name": source.name, "path": source.path.display().to_string()});
        checks.push(check("source", bad_unless(readable), params));
    }
}

/// While no daemon holds it, the address for children has to be free.
fn listen(session: &Session, checks: &mut Vec<Check>) {
    if let Some(addr) = session.settings.listen {
        checks.push(check("listen", bad_unless(TcpListener::bind(addr).is_ok()), json!({"addr": addr.to_string()})));
    }
}

/// What the daemon, or the store alone, knows of itself.
fn inside(session: &mut Session, checks: &mut Vec<Check>) {
    match session.row(&requests::Status {}, false) {
        Ok((row, _)) if !row.is_null() => status(session, &row, checks),
        // A daemon that stands by answers everything by why it does.
        Ok(_) => {
            checks.push(check("store-sound", State::Bad, Value::Null));
            return;
        }
        Err(failed) => {
            let why = why(&failed, session.screen.text());
            checks.push(check("store-opens", State::Bad, json!({"why": why})));
            return;
        }
    }
    if let Ok((rows, _)) = session.rows(&requests::Check {}, false) {
        checks.extend(rows.iter().map(|row| {
            let state = match view::field(row, "state") {
                "ok" => State::Ok,
                "warn" => State::Warn,
                _ => State::Bad,
            };
            check(view::field(row, "check"), state, row["params"].clone())
        }));
    }
}

fn why(failed: &Failed, text: &Text) -> String {
    text.error(&failed.error).joined(text.colon())
}

fn status(session: &Session, row: &Value, checks: &mut Vec<Check>) {
    let settings = &session.settings;
    let joined = !row["parent"].is_null() && view::field(&row["parent"], "state") != "not-joined";
    // Nobody stands above a county; whoever has not joined is to know it.
    if settings.level() != Level::County {
        checks.push(check("joined", warn_unless(joined), Value::Null));
        if joined {
            let connected = view::field(&row["parent"], "state") == "connected";
            checks.push(parent(&row["parent"], connected));
            let entries = row["backlog"]["entries"].as_u64().unwrap_or(0);
            checks.push(check("backlog", warn_unless(connected || entries == 0), json!({"entries": entries})));
        }
    }
    for alarm in row["alarms"].as_array().into_iter().flatten() {
        checks.push(check("alarm", State::Warn, json!({"text": alarm["text"], "hint": alarm["hint"]})));
    }
    checks.push(check("backup", warn_unless(row["backup"]["last"].is_string()), Value::Null));
    if row["paused"] == true {
        checks.push(check("paused", State::Warn, Value::Null));
    }
    for name in ["held", "quarantined"] {
        let count = row[name].as_u64().unwrap_or(0);
        checks.push(check(name, warn_unless(count == 0), json!({"count": count})));
    }
}

/// The link upward. Where the parent does not know this office any more, waiting for the network helps nobody.
fn parent(parent: &Value, connected: bool) -> Check {
    let is_unknown = ["no-certificate", "certificate-unknown", "certificate-expired", "revoked", "superseded"]
        .contains(&view::field(parent, "refused"));
    let why = json!({"why": parent["error"]});
    match parent["error"].is_string() {
        true if is_unknown => check("parent-refuses", State::Bad, why),
        true => check("parent-fails", State::Warn, why),
        false => check("parent", warn_unless(connected), Value::Null),
    }
}

fn show(json: bool, checks: &[Check], screen: &mut Screen) {
    if json {
        for check in checks {
            let state = match check.state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Bad => "bad",
            };
            let text = screen.text();
            let what = text.say_json(&format!("check-{}", check.check), &check.params);
            let hint = (check.state != State::Ok)
                .then(|| text.say_json(&format!("check-{}-hint", check.check), &check.params));
            screen.json(&json!({
                "check": check.check, "state": state, "params": check.params, "what": what, "hint": hint,
            }));
        }
        return;
    }
    let text = screen.text();
    let mut table = Table::new([text.say("label-state"), text.say("label-check"), text.say("say-hint")]);
    for check in checks {
        let (state, hint) = match check.state {
            State::Ok => ("state-ok", String::new()),
            State::Warn => ("state-warn", text.say_json(&format!("check-{}-hint", check.check), &check.params)),
            State::Bad => ("state-bad", text.say_json(&format!("check-{}-hint", check.check), &check.params)),
        };
        table.row([text.say(state), text.say_json(&format!("check-{}", check.check), &check.params), hint]);
    }
    screen.table(&table);
}

fn writable(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: `path` is a string closed by a zero, alive during the call.
    unsafe { libc::access(path.as_ptr(), libc::W_OK | libc::X_OK) == 0 }
}

/// Megabytes free for us on the disk of `path`; `None` where the system will not say.
fn free_mb(path: &Path) -> Option<u64> {
    crate::daemon::free_bytes(path).map(|bytes| bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Language;

    #[test]
    fn every_check_of_ours_says_what_it_is_and_what_to_do() {
        let text = Text::new(Language::Chinese);
        for name in [
            "data-mode",
            "writable",
            "disk",
            "source",
            "daemon",
            "parent",
            "parent-fails",
            "parent-refuses",
            "joined",
            "backlog",
            "held",
            "quarantined",
            "clock",
            "listen",
            "store-opens",
            "store-sound",
            "store-encrypted",
            "store-key-apart",
            "access-log",
            "log-dir",
        ] {
            assert!(text.knows(&format!("check-{name}")) && text.knows(&format!("check-{name}-hint")), "{name}");
        }
    }

    #[test]
    fn a_parent_that_knows_this_office_no_more_is_broken_and_one_that_is_away_is_not() {
        let told = |parent: Value, connected| {
            let check = super::parent(&parent, connected);
            (check.check, check.state == State::Bad, check.state == State::Ok)
        };
        assert_eq!(told(json!({"error": null, "refused": null}), true), ("parent".into(), false, true));
        assert_eq!(told(json!({"error": "no route"}), false), ("parent-fails".into(), false, false));
        assert_eq!(told(json!({"error": "no", "refused": "busy"}), false), ("parent-fails".into(), false, false));
        assert_eq!(told(json!({"error": "no", "refused": "revoked"}), false), ("parent-refuses".into(), true, false));
    }

    #[test]
    fn the_disk_of_the_root_has_some_room_told_in_megabytes() {
        assert!(free_mb(Path::new("/")).is_some());
        assert!(free_mb(Path::new("/no such folder")).is_none());
    }
}
