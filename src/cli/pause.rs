use super::Outcome;
use super::session::Session;
use crate::daemon::control::{Exit, requests};

/// Stop reading files and pushing, losing nothing
///
/// For a copy of the disk, a network that costs, a file server under repair. Children can still deliver.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Go on after a pause
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {}

pub fn run(_: Args, session: &mut Session) -> Outcome {
    let (_, exit) = session.row(&requests::Pause {}, false)?;
    if exit == Exit::Done {
        session.screen.say("say-paused");
    }
    Ok(exit)
}

pub fn resume(_: ResumeArgs, session: &mut Session) -> Outcome {
    let (_, exit) = session.row(&requests::Resume {}, false)?;
    if exit == Exit::Done {
        session.screen.say("say-resumed");
    }
    Ok(exit)
}
