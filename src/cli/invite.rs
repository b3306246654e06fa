use super::session::Session;
use super::{Outcome, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::Area;

/// A join code for one office below
///
/// The code is the last line of stdout. It is good once, for that one area, and names this node's certificate, so
/// hand it over in person or by telephone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rosterd invite --area 519901001200 --hours 48")]
pub struct Args {
    /// The office below, inside this node's area
    #[arg(long, value_name = "CHILD")]
    area: Area,
    /// How long the code is good
    #[arg(long, default_value_t = 24, value_parser = parse_hours)]
    hours: u32,
}

/// Hours that a join code may be good for: a week at most.
fn parse_hours(text: &str) -> Result<u32, String> {
    let hours: u32 = super::words::number(text).map_err(|error: std::num::ParseIntError| error.to_string())?;
    if (1..=168).contains(&hours) { Ok(hours) } else { Err("from 1 to 168".into()) }
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    if session.settings.listen.is_none() && session.settings.advertise.is_some() {
        session.screen.say("say-listening-none");
    }
    let (row, exit) = session.row(&requests::Invite { area: args.area, hours: args.hours }, false)?;
    if exit == Exit::Done {
        let expires = view::on_the_wall(view::field(&row, "expires"));
        session.screen.say_with("say-invited", &[("area", &args.area), ("expires", &expires)]);
        session.screen.line(view::field(&row, "code"));
    }
    Ok(exit)
}
