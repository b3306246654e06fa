use std::path::PathBuf;

use super::session::{Session, absolute};
use super::{Outcome, Output, nightly, view};
use crate::daemon::control::client::{Parcels, Target};
use crate::daemon::control::{Exit, requests};

/// A verified copy of the store, while everything goes on
///
/// The copy is read back and checked before this says that it is there. It is under the same key as the store, and
/// plain where the store is: keep it as safe, and the key somewhere else.
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
/// A plain backup is encrypted on the way where a key is set. The store that was there is kept beside it. The parent notices that this node was restored and is compared with,
/// not trusted.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// A copy that 'rosterd backup' made
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Encrypt the store, or change its key, while the daemon is stopped
///
/// Writes the store anew under the key that [store] key_file of the settings names; the file is made where it is not
/// there. The old store goes once the new one is checked. Backups made before stay under the key they were made with.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd rekey                                          encrypts a plain store\n  \
    mv store.key store.old && rosterd rekey --old-key store.old")]
pub struct RekeyArgs {
    /// The key file that opens the store until now; without it the store is plain
    #[arg(long, value_name = "FILE")]
    old_key: Option<PathBuf>,
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

pub fn rekey(args: RekeyArgs, session: &mut Session) -> Outcome {
    let old_key = args.old_key.as_deref().map(absolute).transpose()?;
    let (row, exit) = session.row(&requests::Rekey { old_key }, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        session.screen.say_with("say-rekeyed", &[("file", &view::cell(&row, "file"))]);
        if let Some(key) = &session.settings.key_file {
            session.screen.say_with("say-keep-key", &[("file", &key.display())]);
        }
    }
    Ok(exit)
}
