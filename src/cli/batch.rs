use std::path::PathBuf;

use super::session::{Session, absolute};
use super::{Outcome, Output, view};
use crate::daemon::control::client::{Parcels, Target};
use crate::daemon::control::{Exit, requests};

/// Write what has not gone up yet into a file
///
/// For offices without a link: carry the file to the parent and take it there with import-batch. The same batches,
/// in the same order, as over the link; nothing is lost or doubled when both are used.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Where to write it; it must not be there yet
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Take a file that an office below wrote with export-batch
///
/// Receipts are written beside it. Carry them back: the office below takes them in by the same verb, and then knows
/// what has arrived.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file from the office below
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub fn export(args: ExportArgs, session: &mut Session) -> Outcome {
    let path = absolute(&args.file)?;
    let ask = requests::ExportBatch { file: path.clone() };
    let parcels = Parcels { target: Some(Target { path, replaces: false }), ..Parcels::default() };
    let (row, exit) = session.row_with(&ask, &parcels, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let entries = view::cell(&row, "entries");
        let said = if entries == "0" { "say-exported-nothing" } else { "say-exported" };
        session.screen.say_with(said, &[("file", &args.file.display()), ("entries", &entries)]);
    }
    Ok(exit)
}

pub fn import(args: ImportArgs, session: &mut Session) -> Outcome {
    let path = absolute(&args.file)?;
    let ask = requests::ImportBatch { file: path.clone() };
    let target = Target { path: requests::receipts_beside(&path), replaces: true };
    let parcels = Parcels { send: Some(path), target: Some(target) };
    let (row, exit) = session.row_with(&ask, &parcels, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        // What a parent gave back: nothing was taken in by it, and something is known now.
        if row["receipts"].is_null() {
            session.screen.say_with("say-receipts-read", &[("upto", &view::cell(&row, "watermark"))]);
            return Ok(exit);
        }
        let (entries, refused) = (view::cell(&row, "entries"), view::cell(&row, "refused"));
        session.screen.say_with("say-imported", &[("entries", &entries), ("refused", &refused)]);
        if let Some(receipts) = row["receipts"].as_str() {
            session.screen.say_with("say-receipts", &[("file", &receipts)]);
        }
    }
    Ok(exit)
}
