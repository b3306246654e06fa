use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::counts::ByArea;
use super::session::{Session, absolute};
use super::table::Table;
use super::{Failed, Outcome, Output, sheet, view, words};
use crate::daemon::control::client::Target;
use crate::daemon::control::{Exit, requests};
use crate::domain::{Area, FindingStatus, List, Severity};
use crate::error::Error;
use crate::report::text::Text;

/// What does not fit: the open findings
///
/// Each is a lead for a person to check: what differs, where, since when, and the file and row to open first. It
/// closes by itself once newer data agree. Names and numbers are masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd findings --severity high                  what touches money or rights\n  \
    rosterd findings --list dibao --area 519901001    one list of one township\n  \
    rosterd findings --summary                        how many, area by area\n  \
    rosterd findings --overdue --csv overdue.csv      what is late, to print and work through\n  \
    rosterd findings --all --json | jq .rule          everything there ever was, for a program\n\n\
    'rosterd rules' explains every rule; 'rosterd decide' settles a finding.")]
pub struct Args {
    /// Only this rule, as deceased-still-active, or by its title
    #[arg(long, value_name = "RULE", value_parser = words::rule)]
    rule: Option<String>,
    /// Only entries of this list: population, health, dibao, family, deaths, migrants
    #[arg(long, value_name = "LIST", value_parser = words::list)]
    list: Option<List>,
    /// Only this area and below; its code or its name
    #[arg(long, value_name = "CODE", value_parser = words::place)]
    area: Option<words::Place>,
    /// Only this severity: high, medium, low, info
    #[arg(long, value_name = "SEVERITY", value_parser = words::severity)]
    severity: Option<Severity>,
    /// Also decided and closed ones, with who decided, when and why
    #[arg(long)]
    all: bool,
    /// Only those whose day is past, open or confirmed
    #[arg(long)]
    overdue: bool,
    /// Only how many: by area and severity; with --json by area, rule and severity
    #[arg(long)]
    summary: bool,
    /// Write them to this file for a spreadsheet program, masked as on the screen; - is stdout
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "summary"])]
    csv: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let target = match args.csv.as_deref().filter(|file| !is_stdout(file)) {
        Some(file) => Some(Target { path: absolute(file)?, replaces: false }),
        None => None,
    };
    if let Some(target) = &target {
        target.check()?;
    }
    let area = args.area.map(|place| session.area_of(place)).transpose()?;
    let within = area.unwrap_or(session.settings.area);
    let ask = requests::Findings {
        rule: args.rule,
        list: args.list,
        area,
        severity: args.severity,
        status: None,
        all: args.all,
        // How many are late is told of all that nobody has finished.
        unfinished: args.summary,
        overdue: args.overdue,
    };
    let is_filtered = ask.rule.is_some() || ask.list.is_some() || ask.area.is_some() || ask.severity.is_some();
    let none = if is_filtered || ask.overdue { "say-no-findings-such" } else { "say-no-findings" };
    let is_streamed = args.output.json && !args.summary;
    let (mut rows, exit) = session.rows(&ask, is_streamed)?;
    if exit == Exit::Done && !is_streamed && rows.is_empty() && !session.settings.area.contains(within) {
        let here = session.settings.area;
        let what = session.screen.text().say_with("say-area-outside", &[("area", &within), ("here", &here)]);
        return Err(Failed { error: Error::new(what), exit: Exit::Usage });
    }
    if is_streamed || exit != Exit::Done {
        return Ok(exit);
    }
    rows.sort_by_key(|row| (std::cmp::Reverse(severity(row)), view::field(row, "first_seen").to_owned()));
    if let Some(file) = &args.csv {
        let sheet = sheet::of(&rows, session.screen.text())?;
        match target {
            Some(target) => {
                target.write(sheet.as_bytes())?;
                session.screen.say_with("say-sheet", &[("file", &file.display()), ("count", &rows.len())]);
            }
            None => session.screen.raw(&sheet),
        }
    } else if args.summary {
        let is_open_alone = !args.all && !args.overdue;
        summary(within, &rows, is_open_alone, args.output.json, none, session)?;
    } else if rows.is_empty() {
        session.screen.say(none);
    } else {
        show(&rows, args.all, session);
    }
    Ok(exit)
}

fn is_stdout(file: &Path) -> bool {
    file == Path::new("-")
}

fn severity(row: &Value) -> Option<Severity> {
    Severity::parse(view::field(row, "severity"))
}

/// `is_open_alone`: of what is not open, only what is late is counted. `none` is said where there is nothing.
fn summary(
    within: Area,
    rows: &[Value],
    is_open_alone: bool,
    json: bool,
    none: &str,
    session: &mut Session,
) -> Result<(), Failed> {
    let names = session.names_for(rows, true)?;
    let counted = ByArea::below(within, rows, is_open_alone, &names);
    if json {
        counted.rows().iter().for_each(|row| session.screen.json(row));
    } else if counted.is_empty() {
        session.screen.say(none);
    } else {
        for line in counted.table(session.screen.text()).lines(session.screen.columns()) {
            session.screen.line(line);
        }
    }
    Ok(())
}

fn show(rows: &[Value], all: bool, session: &mut Session) {
    let today = view::today();
    let text = session.screen.text();
    let mut head = ["severity", "age", "area", "name", "source", "id", "finding"]
        .map(|key| text.say(&format!("label-{key}")))
        .to_vec();
    if all {
        head.insert(1, text.say("label-status"));
    }
    let mut table = Table::new(head);
    let mut counts = BTreeMap::new();
    for row in rows {
        let severity = severity(row);
        *counts.entry(std::cmp::Reverse(severity)).or_insert(0u64) += 1;
        let first = &row["entries"][0];
        let status = FindingStatus::parse(view::field(row, "status"));
        let mut cells = vec![
            severity.map(|severity| text.severity(severity)).unwrap_or_default(),
            view::age(text, row, "first_seen", today),
            view::area_of(text, row),
            view::field(first, "name").to_owned(),
            view::place_of(row),
            view::field(row, "id").to_owned(),
            view::told(text, row) + &due(text, row, status) + &decided(text, row),
        ];
        if all {
            cells.insert(1, status.map(|status| text.finding_status(status)).unwrap_or_default());
        }
        table.row(cells);
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(severity, count)| format!("{} {count}", severity.0.map(|s| text.severity(s)).unwrap_or_default()))
        .collect();
    let parts = parts.join(text.comma());
    for line in table.lines(session.screen.columns()) {
        session.screen.line(line);
    }
    session.screen.say_with("say-findings-count", &[("count", &rows.len()), ("parts", &parts)]);
}

/// By when it is to be settled, as long as it is not.
fn due(text: &Text, row: &Value, status: Option<FindingStatus>) -> String {
    let is_over = matches!(status, Some(FindingStatus::Dismissed | FindingStatus::Closed));
    let Some(due) = row["due"].as_str().filter(|_| !is_over) else { return String::new() };
    let key = if row["overdue"] == true { "told-overdue" } else { "told-due" };
    text.say_with(key, &[("due", &text.date(due))])
}

/// Who settled it, when and with what words.
fn decided(text: &Text, row: &Value) -> String {
    let decision = &row["decision"];
    if decision.is_null() {
        return String::new();
    }
    let verdict = text.disposition(view::field(decision, "verdict"));
    let at = view::on_the_wall(view::field(decision, "at"));
    let (by, note) = (view::decider(decision), view::field(decision, "note"));
    text.say_with("told-decision", &[("verdict", &verdict), ("by", &by), ("at", &at), ("note", &note)])
}
