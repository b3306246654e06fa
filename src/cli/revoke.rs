use super::Outcome;
use super::session::Session;
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
