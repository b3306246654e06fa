use std::fmt::Display;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::session::Session;
use super::table::Table;
use super::{Failed, Outcome, Output, view, words};
use crate::daemon::control::{Exit, Progress, requests};
use crate::domain::Severity;

/// How often `--wait` asks at first; the longer it has waited, the less a late answer matters.
const ASK_EVERY: Duration = Duration::from_millis(10);
const ASK_EVERY_MAX: Duration = Duration::from_millis(250);

/// A clock that is off by less is not worth a line: nothing is ordered by clocks.
const SKEW_SECS_MIN: i64 = 60;

/// How this node stands
///
/// Node, parent, children with their last contact, what waits to go up, the last error, sources with their last read,
/// held and quarantined files, findings. Where no daemon answers it shows what the store says, and exits with 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd status\n  \
    rosterd status --wait 60        return once everything is read, checked, pushed and acknowledged\n  \
    rosterd status --json | jq .backlog")]
pub struct Args {
    /// Wait until nothing is dirty, running, unacknowledged or unread from the parent; exit 3 if not in time
    #[arg(long, value_name = "SECS", value_parser = words::number::<u64>)]
    wait: Option<u64>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (row, exit) = match args.wait {
        Some(secs) => settled(session, Duration::from_secs(secs))?,
        None => look(session)?,
    };
    if row.is_null() {
        // It stands by, and has said why.
    } else if args.output.json {
        session.screen.json(&row);
    } else {
        for line in page(session, &row) {
            session.screen.line(line);
        }
        hints(session, &row);
    }
    if let (Exit::Unreachable, Some(secs)) = (exit, args.wait) {
        session.screen.say_with("say-not-settled", &[("secs", &secs)]);
        if let Some(what @ ("paused" | "parent" | "below" | "file")) = row["waits"]["for"].as_str() {
            let file = view::field(&row["waits"], "file");
            session.screen.say_with(&format!("status-waits-{what}"), &[("file", &file)]);
        }
    }
    Ok(exit)
}

/// One look: the daemon's row, or the store's with exit 3, also where the store does not open.
fn look(session: &mut Session) -> Result<(Value, Exit), Failed> {
    let answers = session.daemon_answers()?;
    match session.row(&requests::Status {}, false) {
        Ok((row, exit)) => Ok((row, if answers { exit } else { Exit::Unreachable })),
        Err(failed) if !answers => Err(Failed { exit: Exit::Unreachable, ..failed }),
        Err(failed) => Err(failed),
    }
}

/// Looks until the daemon says that it is settled. A daemon that is still starting is waited for too.
fn settled(session: &mut Session, wait: Duration) -> Result<(Value, Exit), Failed> {
    let started = Instant::now();
    loop {
        let mut is_settled = false;
        if session.daemon_answers()? {
            let exit = session.ask(&requests::Settled {}, &mut |_, row| is_settled = row["settled"] == true)?;
            if exit != Exit::Done {
                return Ok((Value::Null, exit));
            }
        }
        if is_settled {
            let (row, exit) = look(session)?;
            // Something may have come meanwhile: then the row says so, and the wait goes on.
            if exit != Exit::Done || row["settled"] == true {
                return Ok((row, exit));
            }
        }
        let waited = started.elapsed();
        if waited >= wait {
            let (row, _) = look(session)?;
            return Ok((row, Exit::Unreachable));
        }
        session.screen.progress(&Progress { done: waited.as_secs(), total: wait.as_secs(), what: "wait".into() });
        let pause = (waited / 20).clamp(ASK_EVERY, ASK_EVERY_MAX);
        std::thread::sleep(pause.min(wait - waited));
    }
}

/// The page for a person.
fn page(session: &Session, row: &Value) -> Vec<String> {
    let text = session.screen.text();
    let now = jiff::Timestamp::now();
    let label = |key: &str| text.say(&format!("label-{key}"));
    let state = match (row["running"] == true, row["paused"] == true, row["settled"] == true) {
        (false, _, _) => text.say("state-stopped"),
        (true, true, _) => text.say("state-paused"),
        (true, false, true) => text.say("state-settled"),
        (true, false, false) => match row["waits"]["for"].as_str() {
            Some(what @ ("parent" | "below")) => text.say(&format!("state-waits-{what}")),
            Some("file") => text.say_with("state-waits-file", &[("file", &view::field(&row["waits"], "file"))]),
            _ => text.say("state-working"),
        },
    };
    let settings = &session.settings;
    let mut table = Table::new([String::new(), String::new()]);
    let level = text.level(settings.level());
    let node =
        [("name", &settings.name as &dyn Display), ("area", &settings.area), ("level", &level), ("state", &state)];
    table.row([label("node"), text.say_with("status-node", &node)]);
    table.row([label("version"), view::cell(row, "version")]);
    let parent = &row["parent"];
    let parent = match parent["url"].as_str() {
        None => text.say("state-none"),
        // Nobody runs here who would have asked it.
        Some(url) if view::field(parent, "state") == "stopped" => {
            text.say_with("status-parent-unasked", &[("url", &url)])
        }
        Some(url) => {
            let contact = view::ago(text, view::field(parent, "last_contact"), now);
            [url, &text.state(view::field(parent, "state")), &contact].join(text.pause())
        }
    };
    table.row([label("parent"), parent]);
    if let Some(key) = row["parent"]["own_key"].as_str() {
        table.row([label("own-key"), key.to_owned()]);
    }
    if let Some(equal) = row["parent"]["last_equal"].as_str() {
        table.row([label("equal"), view::ago(text, equal, now)]);
    }
    if let Some(secs) = row["parent"]["clock_skew_secs"].as_i64().filter(|secs| secs.abs() >= SKEW_SECS_MIN) {
        table.row([label("clock"), view::skew(text, secs)]);
    }
    let backlog = &row["backlog"];
    let (entries, bytes) = (view::cell(backlog, "entries"), view::cell(backlog, "bytes"));
    table.row([label("backlog"), text.say_with("status-backlog", &[("entries", &entries), ("bytes", &bytes)])]);
    table.row([label("held"), view::cell(row, "held")]);
    table.row([label("quarantined"), view::cell(row, "quarantined")]);
    let findings: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| Some((severity, row["findings"][severity.as_str()].as_u64()?)))
        .map(|(severity, count)| format!("{} {count}", text.severity(severity)))
        .collect();
    table.row([label("findings"), findings.join(text.comma())]);
    let error = view::cell(row, "last_error");
    table.row([label("error"), if error.is_empty() { text.say("state-none") } else { error }]);
    if let Some(last) = row["backup"]["last"].as_str() {
        table.row([label("backup"), view::ago(text, last, now)]);
    }
    for alarm in row["alarms"].as_array().into_iter().flatten() {
        let since = view::ago(text, view::field(alarm, "since"), now);
        table.row([label("alarm"), [view::field(alarm, "text"), &since].join(text.pause())]);
        table.row([String::new(), view::cell(alarm, "hint")]);
    }
    let columns = session.screen.columns();
    // The first line is the empty header.
    let mut lines: Vec<String> = table.lines(columns).into_iter().skip(1).collect();
    let children = row["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !children.is_empty() {
        let mut table = Table::new([label("children"), String::new(), label("last-contact"), label("state")]);
        for child in children {
            let contact = view::ago(text, view::field(child, "last_contact"), now);
            table.row([
                view::cell(child, "area"),
                view::cell(child, "name"),
                contact,
                text.state(view::field(child, "state")),
            ]);
        }
        lines.push(String::new());
        lines.extend(table.lines(columns));
    }
    // Only words with which something is wrong: the others are what everybody expects.
    let words = row["words"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wrong = words.iter().filter(|word| !matches!(view::field(word, "state"), "pending" | "equal"));
    for word in wrong {
        let state = text.say(&format!("word-{}", view::field(word, "state")));
        lines.push(format!("{}{}{state}", view::cell(word, "area"), text.colon()));
    }
    let sources = row["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !sources.is_empty() {
        let head = [label("sources"), label("list"), label("last-read"), label("lines"), label("state")];
        let mut table = Table::new(head).right(&[3]);
        for source in sources {
            let read = view::ago(text, view::field(source, "last_read"), now);
            table.row([
                view::cell(source, "path"),
                view::list(text, source),
                read,
                view::cell(source, "lines"),
                text.state(view::field(source, "state")),
            ]);
        }
        lines.push(String::new());
        lines.extend(table.lines(columns));
    }
    lines
}

/// What to do about what the page shows.
fn hints(session: &mut Session, row: &Value) {
    for (field, key) in [("held", "status-held-hint"), ("quarantined", "status-quarantined-hint")] {
        if let Some(count) = row[field].as_u64().filter(|count| *count > 0) {
            session.screen.say_with(key, &[("count", &count)]);
        }
    }
    if let Some(lists) = row["awaited"].as_array().filter(|lists| !lists.is_empty()) {
        session.screen.say_with("status-awaited-hint", &[("count", &lists.len())]);
    }
}
