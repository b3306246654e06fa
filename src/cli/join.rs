use super::session::Session;
use super::{Outcome, view};
use crate::daemon::control::{Exit, requests};

/// Enrol with the office above, by the code it gave
///
/// Works with the daemon running or not. The key of this node is made here and never leaves it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The line that 'rosterd invite' printed on the parent
    code: String,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (row, exit) = session.row(&requests::Join { code: args.code.trim().to_owned() }, false)?;
    if exit == Exit::Done {
        session.screen.say_with("say-joined", &[("parent", &view::cell(&row, "parent"))]);
    }
    Ok(exit)
}
