use super::session::Session;
use super::{Outcome, view, words};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Disposition, FindingId, FindingStatus};

/// Settle a finding: what a person found out about it
///
/// A dismissed finding stays dismissed until its evidence changes. A decision goes up and down with its author and
/// note; nothing on any list is changed by it. Where two people were taken for one, part their lines instead: see
/// 'rosterd match --help'.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd decide fabcdefgh01 confirm --note '已电话核实，3月起停发'\n  \
    rosterd decide fabcdefgh01 dismiss --note '已入户核实，本人健在'")]
pub struct Args {
    /// The finding's id, from 'rosterd findings'
    #[arg(value_name = "FINDING", value_parser = words::finding)]
    finding: FindingId,
    /// confirm: it is so; dismiss: it is not; reopen: look again
    #[arg(value_name = "confirm|dismiss|reopen", value_parser = words::disposition)]
    disposition: Disposition,
    /// What you found out, and how
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    note: String,
    #[command(flatten)]
    output: super::Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let ask = requests::Decide { finding: args.finding, disposition: args.disposition, note: args.note };
    let (row, exit) = session.row(&ask, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let text = session.screen.text();
        let status = FindingStatus::parse(view::field(&row, "status"));
        let decided = FindingStatus::after(args.disposition);
        let said = match status {
            _ if row["already"] == true => "say-decided-already",
            Some(FindingStatus::Closed) => "say-decided-closed",
            // Of what only the office above sees, its word counts, and that is on its way.
            status if status != Some(decided) => "say-decided-above",
            _ => "say-decided",
        };
        let status = status.map(|status| text.finding_status(status)).unwrap_or_default();
        let line = text.say_with(said, &[("id", &args.finding), ("status", &status)]);
        session.screen.tell(line);
    }
    Ok(exit)
}
