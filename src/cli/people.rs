use super::session::Session;
use super::table::Table;
use super::{Failed, Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::error::Error;

/// One person's entries on all lists
///
/// Looking is logged (rosterd access). Names and numbers are masked; the whole ones need --reveal and a reason, which
/// is logged too. Below the entries stands what they said before, and until when, of the last twelve changes. Open
/// somebody's file for your task alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd people 王小明\n  \
    rosterd people fabcdefgh01                         whoever a finding is about\n  \
    rosterd people 王小明 --reveal --reason '核对3月低保停发'")]
pub struct Args {
    /// A name or an identity number, or part of one; a person's, an entry's or a finding's id
    #[arg(value_parser = super::words::query)]
    query: String,
    /// Show names and numbers whole; logged
    #[arg(long, requires = "reason")]
    reveal: bool,
    /// Why these lines are one person: each comparison with its weight in bits
    #[arg(long)]
    explain: bool,
    /// Why they are to be shown
    #[arg(long, value_name = "TEXT", requires = "reveal")]
    reason: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let reason = args.reason.clone().map(|reason| reason.trim().to_owned());
    if reason.as_ref().is_some_and(String::is_empty) {
        let error = Error::new(session.screen.text().say("say-reveal-reason"));
        return Err(Failed { error, exit: Exit::Usage });
    }
    let ask = requests::People { query: args.query.clone(), reveal: args.reveal, reason: reason.clone() };
    let (rows, exit) = session.rows(&ask, args.output.json)?;
    if let Some(reason) = reason.filter(|_| exit == Exit::Done) {
        session.screen.say_with("say-reveal-logged", &[("reason", &reason)]);
    }
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-people");
    }
    for (at, person) in rows.iter().enumerate() {
        if at > 0 {
            session.screen.line("");
        }
        let text = session.screen.text();
        if let Some(told) = person["text"].as_str() {
            let (id, file) = (view::field(person, "finding"), view::place(person));
            let line = text.say_with("people-whole-list", &[("id", &id), ("file", &file), ("text", &told)]);
            session.screen.line(line);
            continue;
        }
        let head = ["list", "area", "status", "name", "number", "source"];
        let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}"))));
        for entry in person["entries"].as_array().into_iter().flatten() {
            table.row([
                view::list(text, entry),
                view::area(text, entry),
                text.entry_status(view::field(entry, "status")),
                view::field(entry, "name").to_owned(),
                view::field(entry, "id_number").to_owned(),
                view::place(entry),
            ]);
        }
        let title = match person["finding"].as_str() {
            Some(id) => text.say_with("people-told", &[("id", &id)]),
            None => format!("{} {}", text.say("label-person"), view::cell(person, "person")).trim_end().to_owned(),
        };
        session.screen.line(title);
        for line in table.lines(session.screen.columns()) {
            session.screen.line(format_args!("  {line}"));
        }
        said_before(session, person);
        decisions(session, person);
        if args.explain {
            explain(session, person);
        }
    }
    Ok(exit)
}

/// What the person's lines said before, and until when.
fn said_before(session: &mut Session, person: &serde_json::Value) {
    let text = session.screen.text();
    let head = ["list", "area", "until", "status", "name", "number"];
    let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}"))));
    let mut is_empty = true;
    for entry in person["entries"].as_array().into_iter().flatten() {
        for before in entry["before"].as_array().into_iter().flatten() {
            table.row([
                view::list(text, entry),
                view::area(text, entry),
                view::field(before, "until").to_owned(),
                text.entry_status(view::field(before, "status")),
                view::field(before, "name").to_owned(),
                view::field(before, "id_number").to_owned(),
            ]);
            is_empty = false;
        }
    }
    if is_empty {
        return;
    }
    let title = text.say("label-said-before");
    session.screen.line(title);
    for line in table.lines(session.screen.columns()) {
        session.screen.line(format_args!("  {line}"));
    }
}

/// What was decided about the person's findings: by whom, when and with what words.
fn decisions(session: &mut Session, person: &serde_json::Value) {
    let made = person["decisions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if made.is_empty() {
        return;
    }
    let text = session.screen.text();
    let head = ["outcome", "office", "when", "rule", "id", "note"];
    let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}"))));
    for decision in made {
        table.row([
            text.disposition(view::field(decision, "verdict")),
            view::decider(decision).to_owned(),
            view::on_the_wall(view::field(decision, "at")),
            text.rule(view::field(decision, "rule")),
            view::field(decision, "finding").to_owned(),
            view::field(decision, "note").to_owned(),
        ]);
    }
    for line in table.lines(session.screen.columns()) {
        session.screen.line(format_args!("  {line}"));
    }
}

/// Each line of the person with the one it is tied to best, by the id that `match` takes, with where both stand and what
/// every comparison adds or takes, in bits.
fn explain(session: &mut Session, person: &serde_json::Value) {
    let text = session.screen.text();
    let entries = || person["entries"].as_array().into_iter().flatten();
    let mut lines = Vec::new();
    for link in person["links"].as_array().into_iter().flatten() {
        let part = |part: &serde_json::Value| {
            let what = text.compared(view::field(part, "what"));
            format!("{what} {:+}", part["weight"].as_f64().unwrap_or(0.0))
        };
        let why: Vec<String> = link["why"].as_array().into_iter().flatten().map(part).collect();
        let why = text.in_brackets(&why.join(text.comma()));
        let [a, b] = ["a", "b"].map(|key| {
            let entry = entries().find(|entry| entry["uid"] == link[key]);
            entry.map(|entry| format!("{} {}", view::list(text, entry), view::place(entry))).unwrap_or_default()
        });
        let (id, weight) = (view::field(link, "id"), link["weight"].as_f64().unwrap_or(0.0));
        lines.push(format!("  {id}{}{} = {}", text.colon(), b.trim_end(), a.trim_end()));
        lines.push(format!("    {weight:+} {}", why.trim_start()));
    }
    if !lines.is_empty() {
        lines.push(format!("  {}", text.say("say-part-hint")));
    }
    lines.into_iter().for_each(|line| session.screen.line(line));
}
