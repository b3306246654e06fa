use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view, words};
use crate::daemon::control::{Exit, requests};
use requests::HeldAction;

/// Files held because they would remove too much
///
/// A filter left on, or one village missing, looks like half a list moving away. Such a file waits here until a
/// person says that it is right (release) or wrong (reject); what was known before stays meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd held\n  rosterd held release 3\n  rosterd held reject 3")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// The file is right: take it
    Release {
        /// From 'rosterd held'
        #[arg(value_parser = words::id)]
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// The file is wrong: forget it
    Reject {
        /// From 'rosterd held'
        #[arg(value_parser = words::id)]
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (id, action, said, output) = match args.action {
        None => return show(args.output, session),
        Some(Action::Release { id, output }) => (id, HeldAction::Release, "say-held-released", output),
        Some(Action::Reject { id, output }) => (id, HeldAction::Reject, "say-held-rejected", output),
    };
    let json = args.output.json || output.json;
    let (_, exit) = session.row(&requests::SettleHeld { id: id.clone(), action }, json)?;
    if exit == Exit::Done {
        session.screen.say_with(said, &[("id", &id)]);
    }
    Ok(exit)
}

fn show(output: Output, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Held {}, output.json)?;
    if output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-held");
        return Ok(exit);
    }
    let text = session.screen.text();
    let head = ["id", "list", "area", "lines", "before", "removed", "share", "since", "file"];
    let mut table = Table::new(head.map(|key| text.say(&format!("label-{key}")))).right(&[3, 4, 5, 6]);
    let mut why = Vec::new();
    for row in &rows {
        let share = row["share"].as_f64().map(|share| format!("{:.0}%", share * 100.0)).unwrap_or_default();
        if row["reason"] != "removes-much" {
            why.push(format!("{}{}{}", view::cell(row, "id"), text.colon(), view::field(row, "text")));
        }
        table.row([
            view::cell(row, "id"),
            view::list(text, row),
            view::area(text, row),
            view::cell(row, "lines"),
            view::cell(row, "before"),
            view::cell(row, "removed"),
            share,
            view::day(view::field(row, "since")),
            view::field(row, "file").to_owned(),
        ]);
    }
    session.screen.table(&table);
    for reason in why {
        session.screen.line(reason);
    }
    session.screen.say("say-held-missing");
    session.screen.say("say-held-hint");
    Ok(exit)
}
