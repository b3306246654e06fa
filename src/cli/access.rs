use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};

/// Who looked at whom, when and why
///
/// Every look at a person is written down before it is shown, in a chain that tells when a line was changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Access {}, args.output.json)?;
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-access");
        return Ok(exit);
    }
    let text = session.screen.text();
    let mut table = Table::new(["when", "who", "what", "query", "reason"].map(|key| text.say(&format!("label-{key}"))));
    for row in &rows {
        table.row([
            view::on_the_wall(view::field(row, "when")),
            view::cell(row, "who"),
            text.look(view::field(row, "what")),
            view::cell(row, "query"),
            view::cell(row, "reason"),
        ]);
    }
    session.screen.table(&table);
    Ok(exit)
}
