use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::counts::ByArea;
use super::screen::Screen;
use super::session::{Session, absolute};
use super::sheet::Sheet;
use super::table::Table;
use super::{Failed, Outcome, Output, view, words};
use crate::daemon::control::client::Target;
use crate::daemon::control::{Exit, requests};
use crate::domain::{Area, Date, FindingStatus, List, Severity};
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
        oldest_first: !args.output.json,
    };
    let is_filtered = ask.rule.is_some() || ask.list.is_some() || ask.area.is_some() || ask.severity.is_some();
    let none = if is_filtered || ask.overdue { "say-no-findings-such" } else { "say-no-findings" };
    if args.summary {
        let open_alone = !args.all && !args.overdue;
        let ask = requests::FindingsCounted { of: ask, within: Some(within), open_alone };
        return summary(&ask, within, args.output.json, none, session);
    }
    if args.output.json {
        return session.ask(&ask, &mut |screen, row| screen.json(&row));
    }
    // Of each is kept what is shown of it.
    if let Some(file) = &args.csv {
        let mut sheet = Sheet::begin(session.screen.text())?;
        let exit = session.each_named(&ask, &mut |screen, row| Ok(sheet.put(&row, screen.text())?))?;
        let (sheet, count) = sheet.end()?;
        if exit != Exit::Done {
            return Ok(exit);
        }
        must_be_here(within, count, session)?;
        match target {
            Some(target) => {
                target.write(sheet.as_bytes())?;
                session.screen.say_with("say-sheet", &[("file", &file.display()), ("count", &count)]);
            }
            None => session.screen.raw(&sheet),
        }
        return Ok(exit);
    }
    let mut shown = Shown::new(args.all, session.screen.text());
    let exit = session.each_named(&ask, &mut |screen, row| {
        shown.put(&row, screen.text());
        Ok(())
    })?;
    if exit == Exit::Done {
        must_be_here(within, shown.count(), session)?;
        shown.print(none, session.screen);
    }
    Ok(exit)
}

/// Of an area that is not this office's, nothing found says nothing.
fn must_be_here(within: Area, count: usize, session: &Session) -> Result<(), Failed> {
    let here = session.settings.area;
    if count > 0 || here.contains(within) {
        return Ok(());
    }
    let what = session.screen.text().say_with("say-area-outside", &[("area", &within), ("here", &here)]);
    Err(Failed { error: Error::new(what), exit: Exit::Usage })
}

fn is_stdout(file: &Path) -> bool {
    file == Path::new("-")
}

fn severity(row: &Value) -> Option<Severity> {
    Severity::parse(view::field(row, "severity"))
}

/// `none` is said where there is nothing.
fn summary(ask: &requests::FindingsCounted, within: Area, json: bool, none: &str, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(ask, false)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    must_be_here(within, rows.len(), session)?;
    let names = session.names_for(&rows, true)?;
    let counted = ByArea::of(rows, &names);
    if json {
        counted.rows().iter().for_each(|row| session.screen.json(row));
    } else if counted.rows().is_empty() {
        session.screen.say(none);
    } else {
        session.screen.table(&counted.table(session.screen.text()));
    }
    Ok(exit)
}

/// What is shown of findings.
struct Shown {
    /// Whether they are not all open.
    all: bool,
    today: Date,
    table: Table,
    counts: BTreeMap<Reverse<Option<Severity>>, usize>,
}

impl Shown {
    fn new(all: bool, text: &Text) -> Shown {
        let mut head = ["severity", "age", "area", "name", "source", "id", "finding"]
            .map(|key| text.say(&format!("label-{key}")))
            .to_vec();
        if all {
            head.insert(1, text.say("label-status"));
        }
        Shown { all, today: view::today(), table: Table::new(head), counts: BTreeMap::new() }
    }

    fn put(&mut self, row: &Value, text: &Text) {
        let severity = severity(row);
        *self.counts.entry(Reverse(severity)).or_default() += 1;
        let first = &row["entries"][0];
        let status = FindingStatus::parse(view::field(row, "status"));
        let mut cells = vec![
            severity.map(|severity| text.severity(severity)).unwrap_or_default(),
            view::age(text, row, "first_seen", self.today),
            view::area_of(text, row),
            view::field(first, "name").to_owned(),
            view::place_of(row),
            view::field(row, "id").to_owned(),
            view::told(text, row) + &due(text, row, status) + &decided(text, row),
        ];
        if self.all {
            cells.insert(1, status.map(|status| text.finding_status(status)).unwrap_or_default());
        }
        self.table.row(cells);
    }

    fn count(&self) -> usize {
        self.counts.values().sum()
    }

    /// `none` is said where there is nothing.
    fn print(&self, none: &str, screen: &mut Screen) {
        if self.counts.is_empty() {
            return screen.say(none);
        }
        screen.table(&self.table);
        let text = screen.text();
        let parts = self.counts.iter().map(|(severity, count)| {
            format!("{} {count}", severity.0.map(|severity| text.severity(severity)).unwrap_or_default())
        });
        let parts = parts.collect::<Vec<String>>().join(text.comma());
        screen.say_with("say-findings-count", &[("count", &self.count()), ("parts", &parts)]);
    }
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
