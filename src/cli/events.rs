use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view, words};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Date, EventKind};

/// What happened to people, as far as the lists show it
///
/// Births, deaths, transfers inside the county, moves out of it and into it, corrections. Each rests on entries, and
/// goes when its entries no longer say so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd events --kind death --since 2026-03-01\n  \
    rosterd events --kind transfer --json")]
pub struct Args {
    /// Only birth, death, transfer, out_migration, in_migration or correction
    #[arg(long, value_name = "KIND", value_parser = words::event_kind)]
    kind: Option<EventKind>,
    /// Only on or after this day, as 2026-03-01
    #[arg(long, value_name = "DATE", value_parser = words::day)]
    since: Option<Date>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Events { kind: args.kind, since: args.since }, args.output.json)?;
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-events");
        return Ok(exit);
    }
    let text = session.screen.text();
    let head = ["date", "kind", "from", "to", "confidence", "name", "source"];
    let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}"))));
    for row in &rows {
        let first = &row["entries"][0];
        let kind = EventKind::parse(view::field(row, "kind"));
        let side = |key: &str| match row[format!("{key}_name").as_str()].as_str() {
            Some(name) => name.to_owned(),
            None => view::cell(row, key),
        };
        table.row([
            view::cell(row, "dated"),
            kind.map(|kind| text.event_kind(kind)).unwrap_or_default(),
            side("from"),
            side("to"),
            text.confidence(view::field(row, "confidence")),
            view::who(first),
            view::place(first),
        ]);
    }
    for line in table.lines(session.screen.columns()) {
        session.screen.line(line);
    }
    session.screen.say_with("say-count", &[("count", &rows.len())]);
    Ok(exit)
}
