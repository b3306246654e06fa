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
    let ask = requests::Quarantine {};
    if args.output.json {
        return session.ask(&ask, &mut |screen, row| screen.json(&row));
    }
    let text = session.screen.text();
    let mut table =
        Table::new(["since", "file", "row", "count", "reason"].map(|key| text.say(&format!("label-{key}"))))
            .right(&[2, 3]);
    let mut count = 0;
    // A spoilt file has a hundred thousand: of each is kept what is shown of it.
    let exit = session.ask(&ask, &mut |screen, row| {
        count += 1;
        let text = screen.text();
        // Two sources may each have a file of this name.
        let file = match view::field(&row, "source") {
            "" => view::file(&row),
            source => format!("{source}{}{}", text.colon(), view::file(&row)),
        };
        table.row([
            view::day(view::field(&row, "since")),
            file,
            view::cell(&row, "row"),
            view::cell(&row, "count"),
            text.problem(view::field(&row, "code"), view::field(&row, "detail")),
        ]);
    })?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    session.screen.clear();
    if count == 0 {
        session.screen.say("say-no-quarantine");
    } else {
        session.screen.table(&table);
        session.screen.say_with("say-count", &[("count", &count)]);
    }
    Ok(exit)
}
