use serde_json::Value;

use super::session::Session;
use super::{Outcome, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::Area;
use crate::report::text::Text;

/// Enrol with the office above, by the code it gave
///
/// Works with the daemon running or not. The key of this node is made here and never leaves it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The line that 'rosterd invite' printed on the parent
    code: String,
}

/// The office that was joined: it does not say what it is called, and its level says more than a code alone.
pub fn parent(row: &Value, text: &Text) -> String {
    let code = view::cell(row, "parent");
    code.parse().map(|area: Area| format!("{} {area}", text.level(area.level()))).unwrap_or(code)
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (row, exit) = session.row(&requests::Join { code: args.code.trim().to_owned() }, false)?;
    if exit == Exit::Done {
        session.screen.say_with("say-joined", &[("parent", &parent(&row, session.screen.text()))]);
    }
    Ok(exit)
}
