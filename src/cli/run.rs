use super::Outcome;
use super::logging;
use super::session::Session;
use crate::daemon::control::Exit;
use crate::domain::Date;

/// The daemon, in the foreground
///
/// Reads the watched files, checks them, pushes up, answers the other verbs. SIGTERM lets it finish what it is in the
/// middle of and ends with status 0. Under systemd it says when it is ready.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The date the rules go by, in the place of the calendar: for replays and tests
    #[arg(long, value_name = "DATE", value_parser = super::words::day)]
    today: Option<Date>,
}

pub fn run(args: Args, session: Session) -> Outcome {
    // What a daemon makes is its account's alone, also where no unit says so.
    // SAFETY: umask has no preconditions and cannot fail.
    unsafe {
        libc::umask(0o077);
    }
    // Before the log is begun in it: somebody else's folder is told by its name.
    crate::daemon::must_be_ours(&session.settings.data_dir())?;
    let log = logging::start(&session.settings)?;
    crate::daemon::run(session.settings, args.today, &|level| log.set_level(level))?;
    Ok(Exit::Done)
}
