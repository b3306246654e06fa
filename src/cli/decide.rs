use super::session::Session;
use super::{Outcome, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Disposition, FindingId, FindingStatus};

/// Settle a finding: what a person found out about it
///
/// A dismissed finding stays dismissed until its evidence changes. A decision goes up and down with its author and
/// note; nothing on any list is changed by it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd decide fabcdefgh01 confirm --note '已电话核实，3月起停发'\n  \
    rosterd decide fabcdefgh01 dismiss --note '同名不同人'")]
pub struct Args {
    /// The finding's id, from 'rosterd findings'
    #[arg(value_name = "FINDING")]
    finding: FindingId,
    /// confirm: it is so; dismiss: it is not; reopen: look again
    #[arg(value_name = "confirm|dismiss|reopen", value_parser = parse_disposition)]
    disposition: Disposition,
    /// What you found out, and how
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    note: String,
    #[command(flatten)]
    output: super::Output,
}

fn parse_disposition(text: &str) -> Result<Disposition, String> {
    Disposition::parse(text).ok_or_else(|| "one of 'confirm, dismiss, reopen'".into())
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let ask = requests::Decide { finding: args.finding, disposition: args.disposition, note: args.note };
    let (row, exit) = session.row(&ask, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let text = session.screen.text();
        let status = FindingStatus::parse(view::field(&row, "status")).map(|status| text.finding_status(status));
        let line = text.say_with("say-decided", &[("id", &args.finding), ("status", &status.unwrap_or_default())]);
        session.screen.tell(line);
    }
    Ok(exit)
}
