use std::path::PathBuf;

use serde_json::Value;

use super::session::{Session, absolute};
use super::table::Table;
use super::{Failed, Outcome, Output, view};
use crate::daemon::control::client::Parcels;
use crate::daemon::control::{Exit, requests};
use crate::domain::List;
use crate::error::Error;

/// Read one file now, from anywhere
///
/// The same as dropping it into the watched folder. List and area are recognised from the file; say them where it
/// does not. --dry-run shows what would change and changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd import 4月低保.xls --dry-run\n  \
    rosterd import export.csv --list dibao --area 519901001200")]
pub struct Args {
    /// Any spreadsheet or CSV
    file: PathBuf,
    /// Which list it is: population, health, dibao, family, deaths, migrants
    #[arg(long, value_name = "LIST", value_parser = super::words::list)]
    list: Option<List>,
    /// Whose lines they are: this node's area, or one inside it; its code or its name
    #[arg(long, value_name = "CODE", value_parser = super::words::place)]
    area: Option<super::words::Place>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let node = session.settings.area;
    let area = args.area.map(|place| session.area_of(place)).transpose()?;
    if let Some(area) = area.filter(|area| !node.contains(*area)) {
        let error = Error::new(format!("{area} lies outside the area of this node, {node}"));
        return Err(Failed { error, exit: Exit::Usage });
    }
    let file = absolute(&args.file)?;
    // What lies in a watched folder the daemon reads there; another file it may not be able to open.
    let send = session.settings.watched(&file).is_none().then(|| file.clone());
    let ask = requests::Import { file, list: args.list, area, dry_run: args.dry_run };
    let (rows, exit) = session.rows_with(&ask, &Parcels { send, target: None }, args.output.json)?;
    if !args.output.json && !rows.is_empty() {
        let text = session.screen.text();
        let head = ["file", "list", "area", "lines", "created", "updated", "removed", "unchanged", "refused", "state"];
        let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}")))).right(&[3, 4, 5, 6, 7, 8]);
        for row in &rows {
            let file = view::file(row);
            let state = match view::field(row, "state") {
                "refused" => text.say("state-refused-file"),
                state => text.state(state),
            };
            let mut cells = vec![file, view::list(text, row), view::area(text, row)];
            cells.extend(
                ["lines", "created", "updated", "removed", "unchanged", "refused"].map(|key| view::cell(row, key)),
            );
            cells.push(state);
            table.row(cells);
        }
        session.screen.table(&table);
        rows.iter().for_each(|row| problems(row, session));
    }
    if args.dry_run && exit == Exit::Done {
        session.screen.say("say-dry-run");
    }
    Ok(exit)
}

/// The lines of the file that are not taken, each with its row and reason.
fn problems(row: &Value, session: &mut Session) {
    let problems = row["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    for problem in problems {
        let at = match problem["sheet"].as_str() {
            Some(sheet) => format!("[{sheet}]:{}", view::cell(problem, "row")),
            None => format!(":{}", view::cell(problem, "row")),
        };
        let file = view::field(row, "file");
        session.screen.line(format_args!("  {file}{}  {}", at.trim_end_matches(':'), view::field(problem, "text")));
    }
    let more = row["refused"].as_u64().unwrap_or(0).saturating_sub(problems.len() as u64);
    if more > 0 && !problems.is_empty() {
        session.screen.say_with("say-more-refused", &[("count", &more)]);
    }
}
