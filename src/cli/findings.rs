use std::collections::BTreeMap;

use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Area, FindingStatus, List, Severity};
use crate::report::text::Text;

/// What does not fit: the open findings
///
/// Each is a lead for a person to check: what differs, where, since when, and the file and row to open first. It
/// closes by itself once newer data agree. Names and numbers are masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd findings --severity high                  what touches money or rights\n  \
    rosterd findings --list dibao --area 519901001    one list of one township\n  \
    rosterd findings --all --json | jq .rule          everything there ever was, for a program\n\n\
    'rosterd rules' explains every rule; 'rosterd decide' settles a finding.")]
pub struct Args {
    /// Only this rule, as deceased-still-active
    #[arg(long, value_name = "RULE", value_parser = rule_id)]
    rule: Option<String>,
    /// Only entries of this list: population, health, dibao, family, deaths, migrants
    #[arg(long, value_name = "LIST", value_parser = parse_list)]
    list: Option<List>,
    /// Only this area and below
    #[arg(long, value_name = "CODE")]
    area: Option<Area>,
    /// Only this severity: high, medium, low, info
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    severity: Option<Severity>,
    /// Also decided and closed ones
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: Output,
}

pub fn parse_list(text: &str) -> Result<List, String> {
    List::parse(text).ok_or_else(|| format!("one of '{}'", List::ALL.map(List::as_str).join(", ")))
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| format!("one of '{}'", Severity::ALL.map(Severity::as_str).join(", ")))
}

fn rule_id(text: &str) -> Result<String, String> {
    match crate::rules::rule(text) {
        Some(rule) => Ok(rule.id.to_owned()),
        None => Err("no such rule; 'rosterd rules' lists them".into()),
    }
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let ask = requests::Findings {
        rule: args.rule,
        list: args.list,
        area: args.area,
        severity: args.severity,
        status: None,
        all: args.all,
    };
    let (mut rows, exit) = session.rows(&ask, args.output.json)?;
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-findings");
        return Ok(exit);
    }
    let rank = |row: &serde_json::Value| Severity::parse(view::field(row, "severity"));
    rows.sort_by_key(|row| (std::cmp::Reverse(rank(row)), view::field(row, "first_seen").to_owned()));
    let today = view::today();
    let text = session.screen.text();
    let mut head = ["severity", "age", "area", "name", "source", "id", "finding"]
        .map(|key| text.say(&format!("label-{key}")))
        .to_vec();
    if args.all {
        head.insert(1, text.say("label-status"));
    }
    let mut table = Table::new(head);
    let mut counts = BTreeMap::new();
    for row in &rows {
        let severity = rank(row);
        *counts.entry(std::cmp::Reverse(severity)).or_insert(0u64) += 1;
        let first = &row["entries"][0];
        let mut cells = vec![
            severity.map(|severity| text.severity(severity)).unwrap_or_default(),
            view::age(text, row, "first_seen", today),
            // Of a person as a whole: where the line to look at first stands.
            view::area(text, if row["area"].is_null() { first } else { row }),
            view::field(first, "name").to_owned(),
            view::place(first),
            view::field(row, "id").to_owned(),
            told(text, row),
        ];
        if args.all {
            let status = FindingStatus::parse(view::field(row, "status"));
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
    Ok(exit)
}

/// The sentence, with the reason where an office above knows better.
fn told(text: &Text, row: &serde_json::Value) -> String {
    let said = view::field(row, "text");
    match row["withdrawn"]["text"].as_str() {
        Some(why) => format!("{said}{}", text.say_with("log-withdrawn", &[("why", &why)])),
        None => said.to_owned(),
    }
}
