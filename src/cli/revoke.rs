use super::session::Session;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::Area;

/// End the credential of an office below, now
///
/// For a stolen computer or an office that closes. What it delivered stays; it needs a new invitation to come back.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The office below
    #[arg(long, value_name = "CHILD")]
    area: Area,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (_, exit) = session.row(&requests::Revoke { area: args.area }, false)?;
    if exit == Exit::Done {
        session.screen.say_with("say-revoked", &[("area", &args.area)]);
    }
    Ok(exit)
}

/// Take the key that an office below signs with now as its own
///
/// For an office that joined anew, after asking it by telephone: its 'rosterd status' shows the same print. Until then
/// its words are an alarm, because somebody between may be signing in its place. Refused while no such key has arrived.
/// Also ends the alarm that rows of the office's access log are gone, where it says that it restored a backup.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rosterd trust --area 519901001200")]
pub struct TrustArgs {
    /// The office, at any level below
    #[arg(long, value_name = "AREA")]
    area: Area,
    #[command(flatten)]
    output: Output,
}

pub fn trust(args: TrustArgs, session: &mut Session) -> Outcome {
    let (row, exit) = session.row(&requests::Trust { area: args.area }, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let (key, before) = (view::cell(&row, "key"), view::cell(&row, "before"));
        let said = if key == before { "say-trusted-looks" } else { "say-trusted" };
        session.screen.say_with(said, &[("area", &args.area), ("key", &key), ("before", &before)]);
    }
    Ok(exit)
}
