use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};

/// Files and lines that could not be taken, and why
///
/// Nothing else stops for them. Correct the file and drop it again: what is right then leaves this list by itself.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Quarantine {}, args.output.json)?;
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-quarantine");
        return Ok(exit);
    }
    let text = session.screen.text();
    let mut table =
        Table::new(["since", "file", "row", "count", "reason"].map(|key| text.say(&format!("label-{key}"))))
            .right(&[2, 3]);
    for row in &rows {
        // Two sources may each have a file of this name.
        let file = match view::field(row, "source") {
            "" => view::file(row),
            source => format!("{source}{}{}", text.colon(), view::file(row)),
        };
        table.row([
            view::day(view::field(row, "since")),
            file,
            view::cell(row, "row"),
            view::cell(row, "count"),
            text.problem(view::field(row, "code"), view::field(row, "detail")),
        ]);
    }
    for line in table.lines(session.screen.columns()) {
        session.screen.line(line);
    }
    session.screen.say_with("say-count", &[("count", &rows.len())]);
    Ok(exit)
}
