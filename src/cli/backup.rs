use std::path::PathBuf;

use super::session::{Session, absolute};
use super::{Outcome, Output, nightly, view};
use crate::daemon::control::client::{Parcels, Target};
use crate::daemon::control::{Exit, requests};

/// A verified copy of the store, while everything goes on
///
/// The copy is read back and checked before this says that it is there. It holds personal data: keep it as safe as
/// the store.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd backup /srv/backup/rosterd-$(date +%F).db\n  \
    rosterd backup --nightly")]
pub struct Args {
    /// Where to write the copy; it must not be there yet
    #[arg(required_unless_present = "nightly", conflicts_with = "nightly")]
    file: Option<PathBuf>,
    /// Into the folder of [backup], restored there on trial and compared; older ones go. For a timer
    #[arg(long)]
    nightly: bool,
    #[command(flatten)]
    output: Output,
}

/// Put a backup in the place of the store, while the daemon is stopped
///
/// The store that was there is kept beside it. The parent notices that this node was restored and is compared with,
/// not trusted.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// A copy that 'rosterd backup' made
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let Some(file) = args.file.filter(|_| !args.nightly) else { return nightly::run(args.output.json, session) };
    let path = absolute(&file)?;
    let ask = requests::Backup { file: path.clone(), prove: false };
    let parcels = Parcels { target: Some(Target { path, replaces: false }), ..Parcels::default() };
    let (row, exit) = session.row_with(&ask, &parcels, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let bytes = view::cell(&row, "bytes");
        session.screen.say_with("say-backed-up", &[("file", &file.display()), ("bytes", &bytes)]);
    }
    Ok(exit)
}

pub fn restore(args: RestoreArgs, session: &mut Session) -> Outcome {
    let (row, exit) = session.row(&requests::Restore { file: absolute(&args.file)? }, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let kept = view::cell(&row, "kept");
        let said = if kept.is_empty() { "say-restored-anew" } else { "say-restored" };
        session.screen.say_with(said, &[("file", &args.file.display()), ("kept", &kept)]);
    }
    Ok(exit)
}
