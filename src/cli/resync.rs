use serde_json::Value;

use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::Area;

/// Compare with the parent and repair what differs
///
/// With --area, a parent does the same with one of its children. Nothing is removed without the owner's word: what a
/// child no longer has goes by its tombstone. Exit status 1 where the two are not equal after it, or removals wait for a
/// person at the child; 3 where the other side did not acknowledge.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  rosterd resync\n  rosterd resync --area 519901001200")]
pub struct Args {
    /// The child to compare with, instead of the parent
    #[arg(long, value_name = "CHILD")]
    area: Option<Area>,
    #[command(flatten)]
    output: Output,
}

/// Compare with the parent, repairing nothing
///
/// Exit status 1 where the two differ, 0 where they are equal.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The child to compare with, instead of the parent
    #[arg(long, value_name = "CHILD")]
    area: Option<Area>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Resync { area: args.area }, args.output.json)?;
    if !args.output.json {
        show(session, &rows, &["matched", "sent", "removed", "held", "bytes"]);
    }
    Ok(exit)
}

pub fn verify(args: VerifyArgs, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Verify { area: args.area }, args.output.json)?;
    if args.output.json {
        return Ok(exit);
    }
    show(session, &rows, &["matched", "here", "parent"]);
    match exit {
        Exit::Done => session.screen.say("say-equal"),
        Exit::Failed if !rows.is_empty() => session.screen.say("say-differs"),
        _ => {}
    }
    Ok(exit)
}

fn show(session: &mut Session, rows: &[Value], numbers: &[&str]) {
    if rows.is_empty() {
        return;
    }
    let text = session.screen.text();
    let keys: Vec<&str> = ["area", "list"].iter().chain(numbers).copied().chain(["state"]).collect();
    let right: Vec<usize> = (2..2 + numbers.len()).collect();
    let mut table = Table::new(keys.iter().map(|key| text.say(&format!("label-{key}")))).right(&right);
    for row in rows {
        let mut cells = vec![view::area(text, row), view::list(text, row)];
        cells.extend(numbers.iter().map(|key| view::cell(row, key)));
        cells.push(match row["equal"].as_bool() {
            Some(true) => text.say("state-equal"),
            Some(false) => text.say("state-differs"),
            None => String::new(),
        });
        table.row(cells);
    }
    session.screen.table(&table);
}
